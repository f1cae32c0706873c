"""Node.js functions in the real engine: what they find around them, and what becomes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Protocol

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project
from support.node_process import NODE
from support.workbench import TIMEOUT, Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

EVALUATES = "exports.handler = async (event, context) => eval(event);\n"


class OpenNode(Protocol):
    """Starts the engine on a Node.js function, at the sandbox level of the test."""

    def __call__(
        self, source: str, name: str = "index.js", **configuration: Any
    ) -> Awaitable[Workbench]: ...


@pytest.fixture
def open_node(open_project: Open, tmp_path: Path) -> OpenNode:
    async def open_node(source: str, name: str = "index.js", **configuration: Any) -> Workbench:
        folder = tmp_path / "function"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(source)
        given = {
            "handler": "index.handler",
            "runtime": "nodejs22.x",
            "timeout": TIMEOUT,
            **configuration,
        }
        function = Function("function", code_directory=folder, file=folder / name, **given)
        return await open_project(Project(folder, (function,)), node=NODE)

    return open_node


def expected_variables(folder: Path, level: str, stream: str) -> dict[str, str]:
    root, language = "/var/task", "/var/lang/bin"
    if level == "processes":
        root, language = str(folder), str(NODE.resolve().parent)
    return {
        "_HANDLER": "index.handler",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "PATH": f"{language}:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
            f"{root}:{root}/lib:/opt/lib"
        ),
        "NODE_PATH": (
            "/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:"
            f"/var/runtime/node_modules:/var/runtime:{root}"
        ),
        "PWD": root,
        "SHLVL": "0",
        "TZ": ":UTC",
        "COLOUR": "green",
    }


async def test_the_variables_are_awss_and_the_functions_own_and_nothing_of_the_shells(
    open_node: OpenNode, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "do not tell")
    workbench = await open_node(EVALUATES, environment={"COLOUR": "green", "AWS_REGION": "moon"})
    variables: dict[str, str] = await workbench.answer("process.env")

    assert re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};", variables.pop("_X_AMZN_TRACE_ID"))
    assert re.fullmatch(r"127\.0\.0\.1:\d+", variables.pop("AWS_LAMBDA_RUNTIME_API"))
    secrets = {name for name in variables if "KEY" in name or "TOKEN" in name}
    assert secrets == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    own = {name: value for name, value in variables.items() if name not in secrets}
    stream = workbench.environment.log_stream
    assert own == expected_variables(workbench.directory, level, stream)


async def test_node_is_started_with_awss_arguments(open_node: OpenNode) -> None:
    workbench = await open_node(EVALUATES, memory_size=512)
    _, runtime = await workbench.answer("[process.execArgv.sort(), typeof gc]")
    arguments: list[str] = (await workbench.answer("[process.execArgv]"))[0]

    assert runtime == "function"
    assert sorted(arguments) == [
        "--expose-gc",
        "--max-http-header-size=81920",
        "--max-old-space-size=461",
        "--max-semi-space-size=25",
        "--no-experimental-detect-module",
        "--no-experimental-require-module",
    ]


async def test_node_options_take_awss_arguments_back(open_node: OpenNode) -> None:
    options = "--experimental-require-module --max-old-space-size=300"
    workbench = await open_node(EVALUATES, environment={"NODE_OPTIONS": options})
    arguments: list[str] = await workbench.answer("process.execArgv")

    assert sorted(arguments) == [
        "--expose-gc",
        "--max-http-header-size=81920",
        "--no-experimental-detect-module",
    ]


async def test_a_js_file_that_only_looks_like_an_es_module_is_a_syntax_error_as_on_aws(
    open_node: OpenNode,
) -> None:
    workbench = await open_node("export const handler = async () => 1;")
    payload = response_of(await workbench.invoke())

    assert payload["errorType"] == "Runtime.UserCodeSyntaxError"
    assert payload["errorMessage"] == "SyntaxError: Unexpected token 'export'"


async def test_typescript_source_runs_as_an_es_module(open_node: OpenNode) -> None:
    source = "export const handler = async (event: number): Promise<number> => event + 1;"
    workbench = await open_node(source, "index.ts")

    assert await workbench.answer(1) == 2


async def test_the_environment_looks_like_awss(open_node: OpenNode, level: str) -> None:
    workbench = await open_node(EVALUATES)
    here = await workbench.answer("[process.cwd(), __filename, process.argv[1], process.version]")
    root = "/var/task" if level == "namespaces" else str(workbench.directory)

    assert here[:3] == [root, f"{root}/index.js", "/var/runtime/index.mjs"]
    assert here[3] == f"v{workbench.pool.runtime_version}"
    if level == "namespaces":
        listed = await workbench.answer("require('fs').readdirSync('/var/lang/bin')")
        assert "node" in listed
        assert await workbench.answer("process.execPath") == "/var/lang/bin/node"
    started = "require('child_process').execFileSync(process.execPath, ['-v']).toString().trim()"
    assert await workbench.answer(started) == here[3]
    (init_start,) = workbench.records(events.InitStart)
    assert re.fullmatch(r"nodejs:\d+\.v\d+", init_start.runtime_version)


async def test_a_failed_init_is_repeated_and_reported(open_node: OpenNode) -> None:
    workbench = await open_node("throw new TypeError('not today');")
    payload = response_of(await workbench.invoke())

    assert (payload["errorType"], payload["errorMessage"]) == ("TypeError", "not today")
    reports = workbench.records(events.InitReport)
    assert [(one.phase, one.status) for one in reports] == [("init", "error"), ("invoke", "error")]
    assert {one.error_type for one in reports} == {"Runtime.Unknown"}
    first, *_ = workbench.records(events.FunctionLog)
    assert "\tundefined\tERROR\tUncaught Exception \t" in first.message


@pytest.mark.rule("6.2.14")
@pytest.mark.parametrize(
    ("body", "error_type"),
    [
        ("setTimeout(() => { throw new RangeError('x'); }, 1)", "RangeError"),
        ("Promise.reject(new RangeError('x'))", "Runtime.UnhandledPromiseRejection"),
    ],
)
async def test_what_nobody_catches_resets_the_environment(
    open_node: OpenNode, body: str, error_type: str
) -> None:
    source = f"""
exports.handler = async (event) => {{
  if (event) {{ {body}; await new Promise((resolve) => setTimeout(resolve, 60000)); }}
}};
"""
    workbench = await open_node(source)
    failed = await workbench.invoke(1)
    await workbench.until_state(State.RESET)

    assert response_of(failed)["errorType"] == error_type
    (report,) = workbench.records(events.Report)
    assert (report.status, report.error_type) == ("error", "Runtime.ExitError")
    assert workbench.reasons(State.RESET) == ["failure"]
    again = await workbench.invoke(0)
    assert (response_of(again), again.cold_start) == (None, True)


async def test_a_promise_that_never_settles_leaves_the_environment_warm(
    open_node: OpenNode,
) -> None:
    source = "exports.handler = async (event) => { if (event) await new Promise(() => {}); };"
    workbench = await open_node(source)
    failed, after = await workbench.invoke(1), await workbench.invoke(0)

    assert response_of(failed)["errorType"] == "Runtime.NodeJsExit"
    assert (after.status, after.cold_start) == ("success", False)


async def test_from_node_24_on_a_promise_that_never_settles_is_an_exit(
    open_node: OpenNode,
) -> None:
    source = "exports.handler = async () => { await new Promise(() => {}); };"
    workbench = await open_node(source, runtime="nodejs24.x")
    payload = response_of(await workbench.invoke())

    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited without providing a reason")


STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType('text/plain');
  for (const part of event) { stream.write(part); await new Promise(setImmediate); }
  stream.end();
});
"""


async def test_a_streamed_response_comes_in_parts_or_whole_as_the_caller_takes_it(
    open_node: OpenNode,
) -> None:
    workbench = await open_node(STREAMS)
    parts: list[bytes] = []
    event = json.dumps(["one", "two"]).encode()
    # The environment is cold: it will ask when it has been initialised.
    streamed = workbench.pool.invoke(event)
    streamed.is_streamed, streamed.on_part = True, parts.append
    await streamed.wait()
    whole = workbench.pool.invoke(event)
    await whole.wait()

    assert parts == [b"one", b"two"]
    assert (streamed.status, streamed.content_type) == ("success", "text/plain")
    assert (whole.status, whole.response) == ("success", b"onetwo")


async def test_a_node_of_another_version_is_said(open_node: OpenNode) -> None:
    workbench = await open_node(EVALUATES, runtime="nodejs18.x")
    await workbench.answer("1")
    version = str(workbench.pool.runtime_version).partition(".")[0]

    expected = f"runs on Node.js {version}, but Runtime names nodejs18.x"
    assert workbench.pool.version_mismatch == expected


@pytest.mark.parametrize("runtime", ["nodejs", "nodejs4.3", "nodejs8.10", "nodejs12.x"])
async def test_a_function_of_a_retired_runtime_runs_with_callbacks_on_a_later_node(
    open_node: OpenNode, runtime: str
) -> None:
    calls_back = "exports.handler = (event, context, callback) => callback(null, event);"
    workbench = await open_node(calls_back, runtime=runtime)

    assert await workbench.answer({"a": 1}) == {"a": 1}
    names = runtime if runtime != "nodejs" else None
    assert workbench.pool.version_mismatch == (
        names
        and f"runs on Node.js {str(workbench.pool.runtime_version).split('.')[0]}, but Runtime "
        f"names {names}"
    )


async def test_without_a_node_one_sentence_says_so(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("HOME", str(tmp_path))
    function = Function("function", "index.handler", tmp_path, runtime="nodejs22.x")
    workbench = await open_project(Project(tmp_path, (function,)))
    invocation = await workbench.invoke()

    assert invocation.status == "error"
    assert workbench.pool.problem is not None
    assert workbench.pool.problem.startswith("There is no Node.js for it: put node on PATH")


async def test_what_is_no_node_is_said(open_project: Open, tmp_path: Path) -> None:
    false = tmp_path / "node"
    false.write_text("#!/bin/sh\necho 'not this one' >&2\n")
    false.chmod(0o755)
    function = Function("function", "index.handler", tmp_path, runtime="nodejs22.x")
    workbench = await open_project(Project(tmp_path, (function,)), node=false)
    await workbench.until(lambda: workbench.pool.problem)

    assert workbench.pool.problem == f"The interpreter {false} cannot run functions: not this one."


@pytest.mark.parametrize("level", ["namespaces"], indirect=True)
async def test_a_node_outside_the_systems_directories_is_seen_and_nothing_beside_it(
    open_project: Open, tmp_path: Path
) -> None:
    installed = tmp_path / "versions" / "v24" / "bin"
    installed.mkdir(parents=True)
    (installed / "node").hardlink_to(NODE)
    (tmp_path / "versions" / "v22").mkdir()
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "index.js").write_text(EVALUATES)
    function = Function("function", "index.handler", folder, runtime="nodejs22.x", timeout=TIMEOUT)
    workbench = await open_project(Project(folder, (function,)), node=installed / "node")
    versions = f"require('fs').readdirSync({json.dumps(str(tmp_path / 'versions'))})"

    assert await workbench.answer(versions) == ["v24"]
    assert await workbench.answer("process.execPath") == "/var/lang/bin/node"


@pytest.mark.rule("8.2.8")
@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("index.js", "exports.handler = async () => require('shared').word;"),
        ("index.mjs", "import s from 'shared'; export const handler = async () => s.word;"),
    ],
)
@pytest.mark.parametrize("folder", ["nodejs/node_modules", "nodejs/node22/node_modules"])
async def test_modules_of_layers_are_found(
    open_node: OpenNode, tmp_path: Path, name: str, source: str, folder: str
) -> None:
    package = tmp_path / "layers" / folder / "shared"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.word = 'layer';")
    workbench = await open_node(source, name, layers_directory=tmp_path / "layers")

    assert await workbench.answer() == "layer"


async def test_a_wrapper_starts_node_in_place_of_aws(open_node: OpenNode, tmp_path: Path) -> None:
    (tmp_path / "function").mkdir()
    wrapper = tmp_path / "function" / "wrapper"
    wrapper.write_text('#!/bin/bash\nexport WRAPPED=yes\nexec "$@" --title=wrapped\n')
    wrapper.chmod(0o755)
    workbench = await open_node(
        "exports.handler = async () => process.env.WRAPPED;",
        environment={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"},
    )

    assert await workbench.answer() == "yes"
    assert await workbench.answer() == "yes"


LISTS_DESCRIPTORS = """
const { execFileSync } = require('node:child_process');
exports.handler = async () => {
  console.log('told');
  return execFileSync('ls', ['/proc/self/fd'], { encoding: 'utf8' }).trim().split('\\n').sort();
};
"""


async def test_what_a_function_starts_inherits_neither_the_channel_nor_the_log(
    open_node: OpenNode,
) -> None:
    workbench = await open_node(LISTS_DESCRIPTORS)

    # The last is its own, for the folder that it lists.
    for _ in range(2):
        assert await workbench.answer() == ["0", "1", "2", "3"]
    told = [record.message.split("\t")[-1] for record in workbench.records(events.FunctionLog)]
    assert told == ["told", "told"]


BREAKS_OFF = """
const { setTimeout: wait } = require('node:timers/promises');
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.parts) stream.write('first');
  await new Promise((resolve) => stream.write('', resolve));
  if (event.end === 'exit') process.exit(3);
  if (event.end === 'kill') process.kill(process.pid, 'SIGKILL');
  if (event.end === 'throw') setImmediate(() => { throw new RangeError('outside'); });
  if (event.end === 'reject') Promise.reject(new RangeError('outside'));
  await wait(100_000);
});
"""


@pytest.mark.rule("2.7.9")
@pytest.mark.parametrize("runtime", ["nodejs22.x", "nodejs24.x"])
@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("end", ["exit", "kill", "throw", "reject"])
async def test_a_stream_whose_runtime_ends_is_truncated_for_its_caller(
    open_node: OpenNode, runtime: str, is_streamed: bool, end: str
) -> None:
    workbench = await open_node(BREAKS_OFF, runtime=runtime)
    parts: list[bytes] = []
    event = json.dumps({"parts": True, "end": end}).encode()
    invocation = workbench.pool.invoke(event, on_part=parts.append if is_streamed else None)
    await workbench.until(lambda: invocation.is_over)

    assert b"".join(parts) == (b"first" if is_streamed else b"")
    assert response_of(invocation) == {
        "errorType": "Runtime.TruncatedResponse",
        "errorMessage": f"RequestId: {invocation.request_id} Error: "
        "The runtime's response was truncated",
    }
    assert (invocation.status, invocation.function_error) == ("error", "Unhandled")
    assert invocation.report is not None
    assert invocation.report.error_type == "Runtime.ExitError"
    (done,) = workbench.records(events.RuntimeDone)
    assert (done.status, done.error_type) == ("error", "Runtime.ExitError")


@pytest.mark.rule("2.7.9")
async def test_a_stream_whose_runtime_ends_before_its_first_part_is_not_truncated(
    open_node: OpenNode,
) -> None:
    workbench = await open_node(BREAKS_OFF)
    invocation = await workbench.invoke({"end": "exit"})
    assert response_of(invocation)["errorType"] == "Runtime.ExitError"
    invocation = await workbench.invoke({"end": "throw"})
    assert response_of(invocation)["errorType"] == "RangeError"
