"""Functions that bring their own runtime: a ``bootstrap`` in the code or in a layer."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment import runtime_version
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project
from support import SECONDS
from support.files import write_program
from support.workbench import TIMEOUT, Open, Workbench, file_in, response_of

pytestmark = pytest.mark.also_on_macos

# After the tutorial in AWS's guide, "Building a custom runtime".
TUTORIAL = """#!/bin/sh

set -euo pipefail

# Initialization - load function handler
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"

# Processing
while true
do
  HEADERS="$(mktemp)"
  # Get an event. The HTTP request will block until one is received
  EVENT_DATA=$(curl -sS -LD "$HEADERS" \\
    "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")

  # Extract request ID by scraping response headers received above
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" \\
    | tr -d '[:space:]' | cut -d: -f2)

  # Run the handler function from the script
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")

  # Send the response
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" \\
    -d "$RESPONSE"
done
"""
FUNCTION = """
function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"

  echo $RESPONSE
}
"""
# A few lines of Python without any package, for what the tutorial does not do.
CLIENT = (
    f"#!{sys.executable}"
    + """
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
ROOT = "/2018-06-01/runtime/"

def call(method, path, body=None, headers={}, chunked=False):
    api.request(method, ROOT + path, body, headers, encode_chunked=chunked)
    answer = api.getresponse()
    return answer.status, answer.headers, answer.read()

def serve(work):
    while True:
        status, headers, event = call("GET", "invocation/next")
        work(headers["Lambda-Runtime-Aws-Request-Id"], json.loads(event), headers)

def respond(id, value):
    return call("POST", f"invocation/{id}/response", json.dumps(value))[0]

"""
)


ANSWERS = "serve(lambda id, event, headers: respond(id, 1))\n"


def project_of(directory: Path, bootstrap: str | None, **configuration: Any) -> Project:
    """One function with a bootstrap."""
    directory.mkdir(exist_ok=True)
    if bootstrap is not None:
        write_program(directory / "bootstrap", bootstrap)
    settings = {
        "handler": "function.handler",
        "runtime": "provided.al2023",
        "timeout": TIMEOUT,
        **configuration,
    }
    return Project(directory, (Function("custom", code_directory=directory, **settings),))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "custom"


async def open_client(
    open_project: Open, folder: Path, work: str, **configuration: Any
) -> Workbench:
    """Start the engine on a bootstrap whose body is given."""
    return await open_project(project_of(folder, CLIENT + work, **configuration))


def is_on_the_machine(path: str) -> bool:
    return os.path.lexists(path)


def for_this_level(bootstrap: str, level: str) -> str:
    """In the sandbox sh is bash, as on Amazon Linux; without one it is the machine's."""
    return bootstrap if level == "namespaces" else bootstrap.replace("/bin/sh", "/bin/bash")


@pytest.mark.rule("2.8.1")
async def test_the_bootstrap_of_awss_tutorial_runs(
    open_project: Open, folder: Path, level: str
) -> None:
    project = project_of(folder, for_this_level(TUTORIAL, level))
    (folder / "function.sh").write_text(FUNCTION)
    workbench = await open_project(project)
    for number in range(2):
        invocation = await workbench.invoke({"number": number})
        answer = f"Echoing request: '{json.dumps({'number': number})}'"
        assert invocation.response == answer.encode()
        assert invocation.status == "success"
    await workbench.until_frozen()
    assert len(workbench.pool.environments) == 1
    assert '{"number": 1}' in workbench.log()
    assert workbench.log()[0].startswith("INIT_START Runtime Version: provided:al2023.v0\t")


@pytest.mark.rule("2.8.1")
async def test_a_bootstrap_may_be_in_a_layer(open_project: Open, folder: Path) -> None:
    layer = folder.parent / "layer"
    work = "serve(lambda id, event, headers: respond(id, __file__))\n"
    write_program(layer / "bootstrap", CLIENT + work)
    project = project_of(folder, None, layers_directory=layer)
    workbench = await open_project(project)

    place = await workbench.answer()
    assert place in ("/opt/bootstrap", str(layer / "bootstrap"))


@pytest.mark.rule("2.8.1")
async def test_the_bootstrap_in_the_code_goes_before_the_layers(
    open_project: Open, folder: Path
) -> None:
    layer = folder.parent / "layer"
    write_program(layer / "bootstrap", "#!/bin/bash\nexit 9\n")
    workbench = await open_client(open_project, folder, ANSWERS, layers_directory=layer)

    assert await workbench.answer() == 1


async def test_variables_of_a_bootstrap_lead_to_the_environments_own_tmp(
    open_project: Open, folder: Path
) -> None:
    work = """
def answer(id, event, headers):
    with open(os.environ["CACHE"], "x") as file:
        file.write(os.environ["OTHERS"])
    respond(id, os.environ["CACHE"])
serve(answer)
"""
    variables = {"CACHE": "/tmp/cache", "OTHERS": "/tmpx --dir=/tmp:/x/tmp"}
    workbench = await open_client(open_project, folder, work, environment=variables)

    cache = await workbench.answer()

    own = cache.removesuffix("/cache")
    written = file_in(workbench.environment, "cache").read_text()
    assert written == f"/tmpx --dir={own}:/x/tmp"


async def test_a_bootstrap_that_cannot_write_its_literal_tmp_is_told_why_once(
    open_project: Open, folder: Path, level: str
) -> None:
    # Only a literal path; that there is nothing makes it the same in each run.
    work = """
def answer(id, event, headers):
    try:
        with open("/tmp/lambda-tui-none/literal", "w"):
            pass
    except OSError as error:
        print(error, flush=True)
    try:
        with open("/tmp/literal", "w"):
            respond(id, "written")
    except OSError as error:
        print(error, flush=True)
        respond(id, "denied")
serve(answer)
"""
    workbench = await open_client(open_project, folder, work)

    answers = [await workbench.answer() for _ in range(2)]

    assert answers == (["written"] * 2 if level == "namespaces" else ["denied"] * 2)
    if level == "namespaces":
        assert workbench.records(events.Notice) == []
        return
    await workbench.until(lambda: workbench.records(events.Notice))
    (notice,) = workbench.records(events.Notice)
    assert notice.message.startswith("custom cannot write /tmp/literal at the sandbox level")
    assert not is_on_the_machine("/tmp/literal")


@pytest.mark.rule("2.8.2", "6.3.8")
@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda file: None, "no such file or directory"),
        (lambda file: file.write_text("#!/bin/bash\n"), "permission denied"),
        (lambda file: write_program(file, "#!/there/is/none\n"), "no such file or directory"),
        (lambda file: write_program(file, "\x7fELFnot"), "exec format error"),
    ],
)
async def test_a_bootstrap_that_cannot_be_executed_is_an_invalid_entrypoint(
    open_project: Open, folder: Path, level: str, prepare: Any, reason: str
) -> None:
    project = project_of(folder, None)
    prepare(folder / "bootstrap")
    workbench = await open_project(project)
    invocation = await workbench.invoke()

    root = "/var/task" if level == "namespaces" else str(folder)
    assert response_of(invocation) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": f"RequestId: {invocation.request_id} Error: "
        f"fork/exec {root}/bootstrap: {reason}",
    }
    statuses = [
        (one.phase, one.status, one.error_type) for one in workbench.records(events.InitReport)
    ]
    assert statuses == [
        ("init", "error", "Runtime.InvalidEntrypoint"),
        ("invoke", "error", "Runtime.InvalidEntrypoint"),
    ]


@pytest.mark.rule("8.1.1")
async def test_it_finds_the_variables_of_an_os_only_runtime(
    open_project: Open, folder: Path, level: str
) -> None:
    work = """
serve(lambda id, event, headers: respond(id, dict(os.environ)))
"""
    workbench = await open_client(open_project, folder, work, environment={"OWN": "mine"})
    variables: dict[str, str] = await workbench.answer()

    address = variables.pop("AWS_LAMBDA_RUNTIME_API")
    assert address.startswith("127.0.0.1:")
    # Python itself sets it when it starts in the locale of C.
    variables.pop("LC_CTYPE", None)
    storage = variables.pop("TMPDIR", None)
    assert (storage is None) == (level == "namespaces")
    root = "/var/task" if level == "namespaces" else str(folder)
    assert variables == {
        "AWS_ACCESS_KEY_ID": "ASIALAMBDATUILOCAL00",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "custom",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/custom",
        "AWS_LAMBDA_LOG_STREAM_NAME": workbench.environment.log_stream,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "lambda-tui-placeholder",
        "AWS_SESSION_TOKEN": "lambda-tui-placeholder",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": root,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
            f"{root}:{root}/lib:/opt/lib"
        ),
        "OWN": "mine",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TZ": ":UTC",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "_HANDLER": "function.handler",
    }


@pytest.mark.rule("8.1.1")
async def test_on_amazon_linux_2_there_is_no_language(open_project: Open, folder: Path) -> None:
    work = """
def work(id, event, headers):
    respond(id, [os.environ["PATH"], os.environ["LD_LIBRARY_PATH"][:7]])
serve(work)
"""
    workbench = await open_client(open_project, folder, work, runtime="provided.al2")

    assert await workbench.answer() == ["/usr/local/bin:/usr/bin/:/bin:/opt/bin", "/lib64:"]


@pytest.mark.rule("2.4.1", "2.4.5")
async def test_an_error_that_it_posts_at_init_is_the_payload(
    open_project: Open, folder: Path
) -> None:
    work = """
error = b'{"errorMessage": "no", "errorType": "Own.Type"}'
call("POST", "init/error", error, {"Lambda-Runtime-Function-Error-Type": "Runtime.NoLuck"})
sys.exit(1)
"""
    workbench = await open_client(open_project, folder, work)
    invocation = await workbench.invoke()

    assert response_of(invocation) == {"errorMessage": "no", "errorType": "Own.Type"}
    (report,) = workbench.records(events.Report)
    assert (report.status, report.error_type) == ("error", "Runtime.NoLuck")


@pytest.mark.rule("1.4.7", "2.6.4")
async def test_who_asks_for_more_while_it_owes_an_answer_gets_the_same_event(
    open_project: Open, folder: Path
) -> None:
    work = """
def work(id, event, headers):
    status, again, body = call("GET", "invocation/next")
    respond(id, [json.loads(body) == event, again["Lambda-Runtime-Aws-Request-Id"] == id])
serve(work)
"""
    workbench = await open_client(open_project, folder, work)

    assert await workbench.answer({"a": 1}) == [True, True]


@pytest.mark.rule("2.3.5", "2.5.1")
async def test_a_second_answer_and_a_stale_one_are_refused(
    open_project: Open, folder: Path
) -> None:
    work = """
codes, last = [], "nothing"
def work(id, event, headers):
    global last
    codes.append(respond(last, "late"))
    codes.append(respond(id, codes))
    codes.append(respond(id, "again"))
    codes.append(call("POST", f"invocation/{id}/error", b"1")[0])
    last = id
serve(work)
"""
    workbench = await open_client(open_project, folder, work)

    assert await workbench.answer() == [400]
    assert await workbench.answer() == [400, 202, 403, 403, 400]


async def test_the_caller_has_its_answer_before_the_runtime_asks_for_more(
    open_project: Open, folder: Path
) -> None:
    work = """
def work(id, event, headers):
    respond(id, 1)
    while not os.path.exists(event): time.sleep(0.001)
    print("done", flush=True)
serve(work)
"""
    gate = folder / "gate"
    workbench = await open_client(open_project, folder, work)
    inside = gate if workbench.engine.settings.sandbox == "processes" else "/var/task/gate"
    invocation = workbench.pool.invoke(json.dumps(str(inside)).encode())

    await workbench.until(lambda: invocation.response is not None)
    assert workbench.records(events.RuntimeDone) == []
    assert workbench.environment.state is State.INVOKING
    gate.touch()
    await workbench.until(lambda: workbench.records(events.Report))
    types = workbench.types()
    assert types.index("function") < types.index("platform.runtimeDone")


async def test_what_it_does_after_its_answer_counts_against_the_timeout(
    open_project: Open, folder: Path
) -> None:
    work = """
def work(id, event, headers):
    respond(id, 1)
    time.sleep(1000)
serve(work)
"""
    workbench = await open_client(open_project, folder, work, timeout=3)
    invocation = await workbench.invoke()

    assert invocation.response == b"1"
    await workbench.until_state(State.RESET)
    (done,) = workbench.records(events.RuntimeDone)
    assert done.status == "timeout"


@pytest.mark.rule("2.7.1")
async def test_a_streamed_response_reaches_its_caller_part_by_part(
    open_project: Open, folder: Path
) -> None:
    work = """
def parts(gate):
    yield b"one"
    while not os.path.exists(gate): time.sleep(0.001)
    yield b"two"
def work(id, event, headers):
    mode = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked"}
    call("POST", f"invocation/{id}/response", parts(event), mode, chunked=True)
serve(work)
"""
    gate = folder / "gate"
    workbench = await open_client(open_project, folder, work)
    inside = gate if workbench.engine.settings.sandbox == "processes" else "/var/task/gate"
    parts: list[bytes] = []
    invocation = workbench.pool.invoke(json.dumps(str(inside)).encode(), on_part=parts.append)

    await workbench.until(lambda: parts == [b"one"])
    gate.touch()
    await workbench.until(lambda: invocation.is_over, SECONDS)
    assert parts == [b"one", b"two"]
    # A caller that waits for all of it gets it whole.
    assert (await workbench.invoke(str(inside))).response == b"onetwo"


@pytest.mark.rule("2.5.5")
async def test_a_result_that_breaks_off_fails_the_invocation(
    open_project: Open, folder: Path
) -> None:
    work = """
def work(id, event, headers):
    api.putrequest("POST", ROOT + f"invocation/{id}/response")
    api.putheader("Content-Length", "100")
    api.endheaders(b"half")
    api.close()
serve(work)
"""
    workbench = await open_client(open_project, folder, work)
    for _ in range(2):
        invocation = await workbench.invoke()
        assert response_of(invocation)["errorType"] == "Runtime.TruncatedResponse"
    assert workbench.environment.invocations == 2


@pytest.mark.rule("2.7.9")
@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("head", ["Content-Length: 100", "Transfer-Encoding: chunked"])
async def test_a_result_whose_bootstrap_dies_is_truncated_for_its_caller(
    open_project: Open, folder: Path, is_streamed: bool, head: str
) -> None:
    work = f"""
def work(id, event, headers):
    api.putrequest("POST", ROOT + f"invocation/{{id}}/response")
    api.putheader(*{head.split(": ")})
    api.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
    api.endheaders(b"4\\r\\nhalf\\r\\n")
    call_again = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    call_again.request("GET", "/2018-06-01/ping")
    call_again.getresponse().read()
    os._exit(3)
serve(work)
"""
    workbench = await open_client(open_project, folder, work)
    parts: list[bytes] = []
    for _ in range(3):
        invocation = workbench.pool.invoke(b"{}", on_part=parts.append if is_streamed else None)
        await asyncio.wait_for(invocation.wait(), SECONDS)
        assert response_of(invocation)["errorType"] == "Runtime.TruncatedResponse"
        assert invocation.report is not None
        assert invocation.report.error_type == "Runtime.ExitError"
    done = [one.error_type for one in workbench.records(events.RuntimeDone)]
    assert done == ["Runtime.ExitError"] * 3


async def test_a_bootstrap_that_never_asks_for_an_event_is_out_of_time(
    open_project: Open, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 0.1)
    workbench = await open_client(open_project, folder, "time.sleep(1000)\n", timeout=1)
    invocation = await workbench.invoke()

    assert invocation.status == "timeout"
    statuses = [(one.phase, one.status) for one in workbench.records(events.InitReport)]
    assert statuses == [("init", "timeout"), ("invoke", "timeout")]


async def test_what_it_posts_wrongly_harms_its_own_environment_only(
    open_project: Open, folder: Path
) -> None:
    work = """
import socket
name, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
NOISE = b"GARBAGE\\r\\n\\r\\n", b"POST / HTTP/1.1\\r\\nContent-Length: 9\\r\\n\\r\\n"
def work(id, event, headers):
    for noise in NOISE:
        for number in range(50):
            end = socket.create_connection((name, int(port)))
            end.sendall(noise * number)
    respond(id, event)
serve(work)
"""
    project = project_of(folder, CLIENT + work)
    other = project_of(folder.parent / "other", CLIENT + ANSWERS)
    (function,) = other.functions
    functions = (*project.functions, dataclasses.replace(function, name="other"))
    workbench = await open_project(dataclasses.replace(project, functions=functions))
    for number in range(3):
        assert await workbench.answer(number) == number
        assert await workbench.answer(None, workbench.engine.pools["other"]) == 1


@pytest.mark.parametrize(
    ("runtime", "version"), [("nodejs22.x", "nodejs:22.v0"), ("python3.12", "python:3.12.v0")]
)
def test_a_client_in_place_of_a_runtime_is_of_a_version_that_nobody_knows(
    runtime: str, version: str
) -> None:
    function = Function("order", "h", Path(), runtime=runtime, bootstrap=("/usr/bin/client",))
    assert runtime_version(function, "3.11.7") == version
