"""Extensions on fixed ports: each environment's own network, or one environment at a time."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from lambda_tui.engine.events import Notice, StateChange, Throttled
from lambda_tui.engine.launch import find_connector, network
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.settings import FunctionSettings
from support import SECONDS
from support.extensions import HELLO, PYTHON, RECORDER, project, said
from support.network import ASKS, ENTER_AND_ROUTE, PORT, listening, put_connector
from support.workbench import Open, Workbench, published, response_of

OWN_API = "169.254.100.1:9001"
own_namespaces = pytest.mark.parametrize("level", ["namespaces"])


async def both(workbench: Workbench, status: str = "success") -> list[Any]:
    """Return the answers to two concurrent invocations, the second with the given status."""
    invocations = [workbench.call(b"null") for _ in range(2)]
    for invocation in invocations:
        await asyncio.wait_for(invocation.wait(), SECONDS)
    assert [one.status for one in invocations] == ["success", status], invocations[1].response
    return [response_of(one) for one in invocations]


def notices(workbench: Workbench) -> list[str]:
    return [record.message for record in workbench.records(Notice)]


SetConnector = Callable[[str | None], None]


@pytest.fixture
def set_connector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SetConnector:
    """Return a function that makes a program the machine's only connector, or removes them all."""

    def set_connector(source: str | None) -> None:
        monkeypatch.setenv("PATH", str(put_connector(tmp_path, source)))
        monkeypatch.setattr(network, "_DEVICE", Path("/dev/null"))

    return set_connector


@pytest.fixture
def no_connector(set_connector: SetConnector) -> None:
    set_connector(None)


@own_namespaces
@pytest.mark.usefixtures("no_connector")
async def test_environments_with_networks_of_their_own_have_a_listener_each_on_one_port(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(listening(tmp_path), network="own")

    answers = await both(workbench)

    assert [address for address, _ in answers] == [OWN_API, OWN_API]
    heard = [identifier for _, identifier in answers]
    assert len(set(heard)) == 2
    assert sorted(heard) == sorted(said(workbench, "listener"))


@own_namespaces
@pytest.mark.usefixtures("no_connector")
async def test_a_network_without_a_way_to_the_outside_is_told_of_once(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(listening(tmp_path), network="own")
    await both(workbench)
    assert notices(workbench) == [
        "Each environment of function has a network of its own with no way to the outside; "
        "to connect it install pasta (package passt)."
    ]


REMEDIES = {
    "namespaces": "nothing connects a network of its own to the outside; install pasta "
    '(package passt), or set network = "shared" or "own".',
    "processes": 'this machine gives environments no network of their own; set network = "shared".',
}


@pytest.mark.usefixtures("no_connector")
async def test_without_a_connector_a_second_environment_is_refused_and_it_is_said_why(
    open_project: Open, tmp_path: Path, level: str
) -> None:
    workbench = await open_project(listening(tmp_path))

    answer, refusal = await both(workbench, "throttled")

    assert answer[0].startswith("127.0.0.1:")
    assert refusal["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert len(workbench.records(Throttled)) == 1
    sentence = "A second environment of function is refused: extensions listen on fixed ports, and "
    assert notices(workbench) == [sentence + REMEDIES[level]]
    await both(workbench, "throttled")
    assert len(notices(workbench)) == 1


@own_namespaces
async def test_what_is_restored_from_a_snapshot_has_no_network_of_its_own(
    open_project: Open, tmp_path: Path
) -> None:
    plain = listening(tmp_path)
    functions = tuple(replace(one, snap_start=True, **published()) for one in plain.functions)
    workbench = await open_project(replace(plain, functions=functions), network="own")

    answer, _ = await both(workbench, "throttled")

    assert answer[0].startswith("127.0.0.1:")
    assert notices(workbench) == [
        "A second environment of function is refused: extensions listen on fixed ports, and what "
        'is restored from a snapshot has no network of its own here; set network = "shared".'
    ]


@pytest.mark.parametrize("level", ["processes"])
async def test_without_namespaces_a_network_of_its_own_is_no_environments(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(listening(tmp_path), network="own")
    await both(workbench, "throttled")
    assert REMEDIES["processes"] in notices(workbench)[0]


@pytest.mark.usefixtures("no_connector")
async def test_functions_without_external_extensions_share_the_network_in_any_number(
    open_project: Open,
) -> None:
    workbench = await open_project(
        "import os\n"
        "def lambda_handler(event, context):\n"
        "    return os.stat('/proc/self/ns/net').st_ino"
    )
    assert await both(workbench) == [os.stat("/proc/self/ns/net").st_ino] * 2
    assert notices(workbench) == []


@pytest.mark.usefixtures("no_connector")
async def test_a_function_of_which_it_is_set_shares_the_network_in_any_number(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(
        project(tmp_path, {"recorder": RECORDER}),
        network="own",
        functions={"function": FunctionSettings(network="shared")},
    )
    await both(workbench)
    assert len(workbench.pool.environments) == 2
    assert notices(workbench) == []


@own_namespaces
async def test_with_a_connector_environments_of_a_function_with_extensions_run_side_by_side(
    open_project: Open, tmp_path: Path, set_connector: SetConnector
) -> None:
    set_connector(f"{ENTER_AND_ROUTE}\nsignal.pause()")
    workbench = await open_project(listening(tmp_path))

    answers = await both(workbench)

    assert [address for address, _ in answers] == [OWN_API, OWN_API]
    assert notices(workbench) == []
    assert len(connectors()) == 2
    workbench.pool.environments[0].shut_down("idle")
    await workbench.until(lambda: len(workbench.pool.environments) == 1)
    await workbench.until(lambda: len(connectors()) == 1)
    # The engine hears of that before this one is made.
    await both(workbench)
    assert notices(workbench) == []


def connectors() -> list[psutil.Process]:
    below = psutil.Process().children(recursive=True)
    return [one for one in below if any("programs/pasta" in part for part in command_of(one))]


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@own_namespaces
async def test_a_connector_that_fails_is_quoted(
    open_project: Open, tmp_path: Path, set_connector: SetConnector
) -> None:
    set_connector("print('There is no such thing.')")
    workbench = await open_project(listening(tmp_path))

    invocation = await workbench.invoke()

    sentence = (
        "pasta cannot connect an environment to the outside: There is no such thing; "
        'set network = "shared" for it, or mend that.'
    )
    assert invocation.status == "error"
    assert response_of(invocation)["errorMessage"] == sentence
    assert notices(workbench) == [sentence]


@own_namespaces
async def test_a_connector_that_cannot_be_executed_is_named(
    open_project: Open, tmp_path: Path, set_connector: SetConnector
) -> None:
    set_connector("")
    (tmp_path / "programs" / "pasta").write_text("#!/no/such/interpreter\n")
    workbench = await open_project(listening(tmp_path))
    await workbench.invoke()
    assert f"{tmp_path}/programs/pasta: No such file or directory;" in notices(workbench)[0]


@own_namespaces
async def test_the_loss_of_the_outside_is_told_and_the_environment_goes_on(
    open_project: Open, tmp_path: Path, set_connector: SetConnector
) -> None:
    set_connector(f"{ENTER_AND_ROUTE}\nsignal.pause()")
    workbench = await open_project(listening(tmp_path))
    await workbench.answer()
    (connector,) = connectors()

    connector.kill()

    await workbench.until(lambda: notices(workbench))
    assert notices(workbench) == [
        "pasta no longer connects an environment to the outside; "
        'set network = "shared" for it, or mend that.'
    ]
    assert (await workbench.answer())[0] == OWN_API


@own_namespaces
async def test_an_environment_that_ends_before_it_is_connected_leaves_nothing(
    open_project: Open, tmp_path: Path, set_connector: SetConnector
) -> None:
    set_connector("import signal\nsignal.pause()")
    workbench = await open_project(listening(tmp_path))
    invocation = workbench.call(b"null")
    await workbench.until(connectors)
    assert workbench.environment.state is State.CREATING

    workbench.environment.shut_down("request")

    await asyncio.wait_for(invocation.wait(), SECONDS)
    assert invocation.status == "error"
    await workbench.until(lambda: not connectors())


@own_namespaces
@pytest.mark.usefixtures("no_connector")
async def test_a_runtime_of_the_users_own_and_extensions_find_the_api_in_their_network(
    open_project: Open, tmp_path: Path
) -> None:
    described = listening(tmp_path, runtime="provided.al2023")
    (function,) = described.functions
    bootstrap = function.code_directory / "bootstrap"
    bootstrap.write_text(f"""{PYTHON}
sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
import lambda_function
PATH = "/2018-06-01/runtime/invocation"
while True:
    _, headers, event = call("GET", f"{{PATH}}/next")
    answer = lambda_function.lambda_handler(event, None)
    call("POST", f"{{PATH}}/{{headers['Lambda-Runtime-Aws-Request-Id']}}/response", answer)
""")
    bootstrap.chmod(0o755)
    workbench = await open_project(described, network="own")

    answers = await both(workbench)

    assert [address for address, _ in answers] == [OWN_API, OWN_API]
    assert len({identifier for _, identifier in answers}) == 2


@own_namespaces
@pytest.mark.usefixtures("no_connector")
async def test_an_environment_keeps_its_network_through_a_reset(
    open_project: Open, tmp_path: Path
) -> None:
    source = f"""{ASKS}

def ask_or_end(event, context):
    return lambda_handler(event, context) if event else os._exit(1)
"""
    described = listening(tmp_path, source, handler="lambda_function.ask_or_end")
    workbench = await open_project(described, network="own")
    first = await workbench.answer("ask")
    await workbench.invoke()
    second = await workbench.answer("ask")
    assert first[0] == second[0] == OWN_API
    assert first[1] != second[1]
    assert len(workbench.pool.environments) == 1


TELEMETRY = f"""{PYTHON}
import http.server
import socket
import threading

heard = []


class Http(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def read_lines(listener):
    for line in listener.accept()[0].makefile():
        heard.append(json.loads(line))


protocol = NAME
if protocol == "HTTP":
    server = http.server.HTTPServer(("sandbox.localdomain", {PORT}), Http)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    destination = {{"protocol": "HTTP", "URI": "http://sandbox.localdomain:{PORT}"}}
else:
    listener = socket.create_server(("127.0.0.1", {PORT}))
    threading.Thread(target=read_lines, args=(listener,), daemon=True).start()
    destination = {{"protocol": "TCP", "port": {PORT}}}
register("INVOKE", "SHUTDOWN")
subscribe(destination)
while next_event()["eventType"] != "SHUTDOWN":
    pass
until = time.time() + 1
while "platform.report" not in [event["type"] for event in heard] and time.time() < until:
    time.sleep(0.005)
say(heard)
"""


@own_namespaces
@pytest.mark.usefixtures("no_connector")
@pytest.mark.parametrize("protocol", ["HTTP", "TCP"])
async def test_telemetry_is_delivered_to_the_listener_inside(
    open_project: Open, tmp_path: Path, protocol: str
) -> None:
    described = project(tmp_path, {protocol: TELEMETRY}, HELLO)
    workbench = await open_project(described, network="own")

    request_ids = await both(workbench)
    await workbench.engine.close()

    events = [event for heard in said(workbench, protocol) for event in heard]
    starts = [event["record"] for event in events if event["type"] == "platform.start"]
    started = [record["requestId"] for record in starts]
    assert sorted(started) == sorted(request_ids)


@pytest.mark.usefixtures("no_connector")
async def test_an_environment_that_replaces_the_only_one_waits_for_its_end(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(listening(tmp_path))
    first = await workbench.answer()
    await workbench.until_frozen()
    (old,) = workbench.pool.environments

    workbench.pool.reinitialise()
    second = await workbench.answer()

    assert first[1] != second[1]
    (new,) = workbench.pool.environments
    order = [(event.environment, event.record.type) for event in workbench.events]
    ended = StateChange(State.ENDED, State.SHUTTING_DOWN, "request")
    removed = [event.record for event in workbench.events].index(ended)
    assert workbench.events[removed].environment == old.id
    assert removed < order.index((new.id, "platform.initStart"))
    assert notices(workbench) == []


REACHES = """
import os, socket, struct

def lambda_handler(port, context):
    hosts = ["127.0.0.1", "10.0.2.2"]
    for host in hosts:
        try:
            with socket.create_connection((host, port), 5) as end:
                return [end.makefile().read(), open("/etc/resolv.conf").readline()]
        except OSError:
            pass
    return None
"""


@own_namespaces
async def test_the_outside_is_reached_if_the_machine_has_a_connector_and_else_it_is_said(
    open_project: Open, tmp_path: Path
) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    workbench = await open_project(listening(tmp_path, REACHES, timeout=30), network="own")
    answer = await workbench.answer(port)
    server.close()
    if find_connector() is None:
        assert answer is None
        assert "no way to the outside" in notices(workbench)[0]
    else:
        assert answer == ["hello", "nameserver 10.0.2.3\n"]
        assert notices(workbench) == []
