"""Telemetry from the real engine to a real extension: what it hears, when, and what it may ask."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_tui import limits
from lambda_tui.apis.telemetry import delivery
from lambda_tui.engine.events import LogsDropped
from lambda_tui.project.function import LoggingConfig
from support.extensions import HELLO, PYTHON, project, said
from support.workbench import Open, response_of

pytestmark = pytest.mark.usefixtures("unhurried_shutdown")

LISTENER = f"""{PYTHON}
import http.server
import threading

heard = []
requests = []


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        requests.append([self.command, self.path, self.headers["Host"].split(":")[0]])
        heard.extend(batch)
        answer(self)

    do_PUT = do_POST

    def log_message(self, *_):
        pass


def answer(request):
    request.send_response(200)
    request.end_headers()


def listen():
    server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def over_http(port, path="/"):
    return {{"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{{port}}{{path}}"}}


def until_heard(kind, count=1):
    until = time.time() + 30
    while sum(event["type"] == kind for event in heard) < count and time.time() < until:
        time.sleep(0.005)


def until_shutdown():
    while next_event()["eventType"] != "SHUTDOWN":
        pass
"""
"""With what an extension listens."""

COLD = [
    "platform.initStart",
    "platform.telemetrySubscription",
    "platform.initRuntimeDone",
    "platform.extension",
    "platform.initReport",
    "platform.start",
    "function",
    "platform.runtimeDone",
    "platform.report",
]


def types_of(heard: list[Any]) -> list[str]:
    return [event["type"] for event in heard]


@pytest.mark.rule("4.2.9", "1.7.2")
async def test_a_listener_that_writes_of_each_delivery_is_told_of_the_end_in_time(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
Listener.log_message = lambda self, *_: print("POST", flush=True)
port = listen()
register("INVOKE", "SHUTDOWN")
subscribe(over_http(port), types=["extension"], buffering={{"timeoutMs": 30000}})
event = {{"eventType": ""}}
while event["eventType"] != "SHUTDOWN":
    print("a line before each event", flush=True)
    event = next_event()
say([len(requests), event["deadlineMs"] - int(time.time() * 1000)])
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    ((requests, milliseconds),) = said(workbench, "listener")
    # It receives the records that were there, and not one about each delivery.
    assert requests == 1
    assert milliseconds > 1000 * (limits.SHUTDOWN_SECONDS * 0.9)


@pytest.mark.rule("4.2.5", "4.3.1", "5.1.8")
async def test_everything_since_the_beginning_has_come_before_the_shutdown_event(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
port = listen()
register("INVOKE", "SHUTDOWN")
say(subscribe(over_http(port, "/a/b?c=d"), buffering={{"timeoutMs": 30000}}))
until_shutdown()
until_heard("platform.report")
say(heard)
say(requests)
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    request_id = await workbench.answer()
    log_stream = workbench.environment.log_stream
    await workbench.until_frozen()
    await workbench.engine.close()

    subscribed, heard, requests = said(workbench, "listener")
    assert subscribed == [200, "OK"]
    assert types_of(heard) == COLD
    assert {tuple(request) for request in requests} == {("POST", "/a/b?c=d", "sandbox.localdomain")}
    records = {event["type"]: event["record"] for event in heard}
    assert records["platform.initStart"]["functionName"] == "function"
    assert records["platform.initStart"]["instanceId"] == log_stream
    assert records["platform.initStart"]["instanceMaxMemory"] == 128 * 1024 * 1024
    assert records["platform.telemetrySubscription"] == {
        "name": "listener",
        "state": "Subscribed",
        "types": ["platform", "function"],
    }
    assert records["platform.extension"]["state"] == "Ready"
    assert records["platform.start"] == {"requestId": request_id, "version": "$LATEST"}
    assert records["function"] == "hello"
    assert records["platform.runtimeDone"]["metrics"]["producedBytes"] == 38
    spans = [span["name"] for span in records["platform.runtimeDone"]["spans"]]
    assert spans[:2] == ["responseLatency", "responseDuration"]
    (overhead,) = records["platform.report"]["spans"]
    assert overhead["name"] == "extensionOverhead"
    assert all(event["time"].endswith("Z") for event in heard)
    subscription = "TELEMETRY\tName: listener\tState: Subscribed\tTypes: [Platform, Function]"
    log = workbench.log()
    assert log.index(subscription) < next(
        number for number, line in enumerate(log) if line.startswith("EXTENSION")
    )


async def test_how_an_init_has_failed_has_come_before_the_shutdown_event(
    open_project: Open, tmp_path: Path
) -> None:
    file = 'os.path.join(os.environ.get("TMPDIR", "/tmp"), "subscribed")'
    extension = f"""{LISTENER}
if os.path.exists({file}):
    os.remove({file})
port = listen()
register("SHUTDOWN")
subscribe(over_http(port), types=["platform"], buffering={{"timeoutMs": 30000}})
open({file}, "w").close()
until_shutdown()
say([event["type"] for event in heard])
"""
    source = f"import os\nwhile not os.path.exists({file}): pass\n1 / 0\n"
    workbench = await open_project(project(tmp_path, {"listener": extension}, source))

    await workbench.invoke()

    in_init, in_invoke = said(workbench, "listener")
    assert in_init == COLD[:5]
    assert in_invoke == [*COLD[:6], "platform.runtimeDone"]


@pytest.mark.rule("4.2.8")
async def test_a_freeze_loses_nothing_and_repeats_nothing(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
def answer(request):
    time.sleep(0.2)
    request.send_response(200)
    request.end_headers()


port = listen()
register("INVOKE", "SHUTDOWN")
subscribe(over_http(port))
until_shutdown()
until_heard("platform.report", 4)
say([event["type"] for event in heard])
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))

    for _ in range(4):
        await workbench.answer()
        await workbench.until_frozen()
    await workbench.engine.close()

    (heard,) = said(workbench, "listener")
    warm = ["platform.start", "function", "platform.runtimeDone", "platform.report"]
    assert heard == COLD + warm * 3
    assert workbench.records(LogsDropped) == []


@pytest.mark.rule("4.2.2")
async def test_over_tcp_come_the_same_events(open_project: Open, tmp_path: Path) -> None:
    extension = f"""{LISTENER}
import socketserver


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            heard.append(json.loads(line))


server = socketserver.ThreadingTCPServer(("0.0.0.0", 0), Lines)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
register("INVOKE", "SHUTDOWN")
say(subscribe({{"protocol": "TCP", "port": server.server_address[1]}}))
until_shutdown()
until_heard("platform.report")
say([event["type"] for event in heard])
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    assert said(workbench, "listener") == [[200, "OK"], COLD]


@pytest.mark.rule("4.3.5")
async def test_what_extensions_write_is_heard_by_who_subscribes_to_it(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
port = listen()
register("SHUTDOWN")
subscribe(over_http(port), types=["extension"])
print("one line", flush=True)
until_heard("extension")
until_shutdown()
say(heard)
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    await workbench.answer()
    await workbench.engine.close()

    (heard,) = said(workbench, "listener")
    assert [(event["type"], event["record"]) for event in heard] == [("extension", "one line")]


@pytest.mark.rule("4.3.4")
@pytest.mark.parametrize(
    ("schema", "is_object"), [("2022-07-01", False), ("2022-12-13", True), ("2025-01-29", True)]
)
async def test_a_json_line_is_an_object_from_the_second_schema_on(
    open_project: Open, tmp_path: Path, schema: str, is_object: bool
) -> None:
    extension = f"""{LISTENER}
port = listen()
register("SHUTDOWN")
subscribe(over_http(port), schemaVersion="{schema}", types=["function"])
until_shutdown()
until_heard("function", 2)
say([event["record"] for event in heard])
"""
    source = """\
def lambda_handler(event, context):
    print('{"level": "INFO", "message": "hi"}')
    print("plain")
"""
    workbench = await open_project(
        project(tmp_path, {"listener": extension}, source, logging=LoggingConfig(format="JSON"))
    )
    await workbench.answer()
    await workbench.engine.close()

    ((line, plain),) = said(workbench, "listener")
    expected = {"level": "INFO", "message": "hi"}
    assert line == (expected if is_object else json.dumps(expected))
    assert plain == "plain"


@pytest.mark.rule("4.4.1", "4.4.2")
@pytest.mark.parametrize("schema", ["2020-08-15", "2021-03-18"])
async def test_the_logs_api_has_records_of_its_own(
    open_project: Open, tmp_path: Path, schema: str
) -> None:
    extension = f"""{LISTENER}
port = listen()
register("INVOKE", "SHUTDOWN")
destination = {{**over_http(port), "method": "PUT"}}
say(subscribe(destination, "/2020-08-15/logs", schemaVersion="{schema}"))
until_shutdown()
until_heard("platform.report")
say([event["type"] for event in heard])
say(requests[0][0])
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    done = ["platform.runtimeDone"] if schema == "2021-03-18" else []
    assert said(workbench, "listener") == [
        [200, "OK"],
        [
            "platform.logsSubscription",
            "platform.extension",
            "platform.start",
            "function",
            *done,
            "platform.end",
            "platform.report",
        ],
        "PUT",
    ]
    assert "LOGS\tName: listener\tState: Subscribed\tTypes: [Platform, Function]" in workbench.log()


@pytest.mark.rule("4.1.8", "4.1.10")
async def test_one_subscribes_to_one_of_the_two_apis_and_during_init(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
port = listen()
say(subscribe(over_http(port)))
register("INVOKE", "SHUTDOWN")
say(subscribe(over_http(port), types=[]))
say(subscribe(over_http(port)))
say(subscribe(over_http(port)))
say(subscribe(over_http(port), "/2020-08-15/logs", schemaVersion="2020-08-15"))
next_event()
say(subscribe(over_http(port)))
say(subscribe(over_http(port), "/2020-08-15/logs", schemaVersion="2020-08-15"))
until_shutdown()
until_heard("platform.report")
say([event["type"] for event in heard].count("platform.telemetrySubscription"))
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}))
    await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    stranger, empty, first, again, other, late, late_logs, subscriptions = said(
        workbench, "listener"
    )
    assert [stranger[0], stranger[1]["errorType"]] == [
        403,
        "Extension.MissingExtensionIdentifier",
    ]
    assert empty == [
        400,
        {"errorMessage": "types should not be empty", "errorType": "ValidationError"},
    ]
    assert first == again == [200, "OK"]
    assert [other[0], other[1]["errorType"]] == [400, "Logs.ValidationError"]
    assert late == [
        403,
        {
            "errorMessage": "Telemetry API subscription is closed",
            "errorType": "Telemetry.SubscriptionClosed",
        },
    ]
    assert late_logs[1]["errorType"] == "Logs.SubscriptionClosed"
    assert subscriptions == 1


@pytest.mark.rule("4.2.7")
async def test_a_listener_that_refuses_everything_does_not_hold_the_function_up(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_DELAYS", (0.01,))
    extension = f"""{LISTENER}
refused = []


def answer(request):
    request.send_response(500)
    request.end_headers()
    refused.append(request)


port = listen()
register("INVOKE", "SHUTDOWN")
subscribe(over_http(port))
while next_event()["eventType"] != "SHUTDOWN":
    while len(refused) < 2:
        time.sleep(0.005)
"""
    source = """\
def lambda_handler(event, context):
    for number in range(20_000):
        print("line", number)
    return "done"
"""
    workbench = await open_project(project(tmp_path, {"listener": extension}, source))

    invocation = await workbench.invoke()
    await workbench.until(lambda: workbench.records(LogsDropped))

    assert response_of(invocation) == "done"
    assert "line 19999" in workbench.log()
    loss, *_ = workbench.records(LogsDropped)
    assert loss.reason == "could not send events: HTTP status 500"
    assert loss.dropped_records > 0


@pytest.mark.rule("4.2.4")
async def test_a_lost_runtime_shows_in_the_telemetry_of_its_environment(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{LISTENER}
port = listen()
register("INVOKE", "SHUTDOWN")
subscribe(over_http(port), buffering={{"timeoutMs": 30000}})
until_shutdown()
until_heard("platform.runtimeDone")
say([event["record"].get("status") for event in heard if event["type"] == "platform.runtimeDone"])
"""
    source = f"import os\n\n{HELLO}    os._exit(1)\n".replace(
        "    return", "    os._exit(1)\n    return"
    )
    workbench = await open_project(project(tmp_path, {"listener": extension}, source))

    invocation = await workbench.invoke()
    await workbench.until(lambda: said(workbench, "listener"))

    assert invocation.function_error == "Unhandled"
    assert said(workbench, "listener") == [["error"]]
