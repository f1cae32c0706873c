"""The Telemetry and the Logs API's endpoints: who may subscribe, when, and to one of the two."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui.apis import extensions_api
from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import ShutdownEvent
from support.environment_host import LOGS, TELEMETRY, ExtensionsHost, extensions_host, soon
from support.telemetry_listener import HttpListener, TcpListener

APIS = pytest.mark.parametrize(
    ("path", "prefix"), [(TELEMETRY, ""), (LOGS, "Logs.")], ids=["telemetry", "logs"]
)
START = events.InitStart("python:3.13.v7", "arn")


@pytest.fixture
async def host() -> AsyncIterator[ExtensionsHost]:
    async with extensions_host() as host:
        yield host


@pytest.fixture
async def listener() -> AsyncIterator[HttpListener]:
    listener = HttpListener()
    await listener.start()
    yield listener
    await listener.close()


def subscription(listener: HttpListener | TcpListener, path: str, **fields: Any) -> dict[str, Any]:
    """A valid body."""
    destination = {"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{listener.port}"}
    if isinstance(listener, TcpListener):
        destination = {"protocol": "TCP", "port": listener.port}  # type: ignore[dict-item]
    return {
        "schemaVersion": "2022-12-13" if path.startswith(TELEMETRY) else "2021-03-18",
        "types": ["platform", "function", "extension"],
        "buffering": {"timeoutMs": 25},
        "destination": destination,
        **fields,
    }


@pytest.mark.rule("4.1.1")
@APIS
async def test_a_subscription_is_taken(
    host: ExtensionsHost, listener: HttpListener, path: str, prefix: str
) -> None:
    answer = await host.subscribe(await host.registered(), subscription(listener, path), path)

    assert (answer.status, answer.json) == (200, "OK")
    assert answer.headers["content-type"] == "application/json"
    kind = events.LogsSubscription if prefix else events.TelemetrySubscription
    assert host.records == [kind("first", ("platform", "function", "extension"))]
    await listener.until(lambda: listener.requests)
    assert listener.events[0]["type"] == host.records[0].type


@pytest.mark.rule("4.1.12")
async def test_the_path_may_end_in_a_slash(host: ExtensionsHost, listener: HttpListener) -> None:
    path = f"{TELEMETRY}/"

    answer = await host.subscribe(await host.registered(), subscription(listener, path), path)

    assert answer.status == 200


@pytest.mark.rule("4.2.5")
async def test_what_was_before_the_subscription_comes_first(
    host: ExtensionsHost, listener: HttpListener
) -> None:
    identifier = await host.registered()
    host.emit(START)
    host.emit(events.ExtensionLog("starting"))
    await host.subscribe(identifier, subscription(listener, TELEMETRY))
    host.emit(events.FunctionLog("hello"))

    await listener.until(lambda: len(listener.events) == 4)
    assert [event["type"] for event in listener.events] == [
        "platform.initStart",
        "extension",
        "platform.telemetrySubscription",
        "function",
    ]


@pytest.mark.rule("4.3.5")
async def test_each_subscriber_hears_of_the_others_subscription(
    host: ExtensionsHost, listener: HttpListener
) -> None:
    for name in ("first", "second"):
        await host.subscribe(await host.registered(name), subscription(listener, TELEMETRY))

    await listener.until(lambda: len(listener.events) == 4)
    names = sorted(event["record"]["name"] for event in listener.events)
    assert names == ["first", "first", "second", "second"]


@pytest.mark.rule("4.1.7")
@APIS
@pytest.mark.parametrize(
    ("identifier", "error_type"),
    [
        (None, "Extension.MissingExtensionIdentifier"),
        ("me", "Extension.InvalidExtensionIdentifier"),
        ("a5f9b8f4-1d3c-4b5e-9f57-0b4b6d2f3c11", "Extension.UnknownExtensionIdentifier"),
    ],
)
async def test_only_a_registered_extension_subscribes(
    host: ExtensionsHost,
    listener: HttpListener,
    path: str,
    prefix: str,
    identifier: str | None,
    error_type: str,
) -> None:
    answer = await host.subscribe(identifier, subscription(listener, path), path)

    assert answer.error[:2] == (403, error_type)


@pytest.mark.rule("4.1.6")
@APIS
async def test_all_that_is_wrong_with_a_subscription_is_said(
    host: ExtensionsHost, path: str, prefix: str
) -> None:
    body: dict[str, object] = {
        "schemaVersion": "2022-12-13" if not prefix else "2020-08-15",
        "types": [],
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain"},
    }

    answer = await host.subscribe(await host.registered(), body, path)

    message = "URI port is not provided; types should not be empty"
    assert answer.error == (400, f"{prefix}ValidationError", message)


@pytest.mark.rule("4.1.8")
@APIS
async def test_nobody_subscribes_after_init(
    host: ExtensionsHost, listener: HttpListener, path: str, prefix: str
) -> None:
    identifier = await host.registered()
    host.telemetry.close_registration()

    answer = await host.subscribe(identifier, subscription(listener, path), path)

    name = "Logs" if prefix else "Telemetry"
    assert answer.error == (
        403,
        f"{name}.SubscriptionClosed",
        f"{name} API subscription is closed",
    )


@pytest.mark.rule("4.1.9")
@APIS
async def test_a_repeated_subscription_is_taken_and_changes_nothing(
    host: ExtensionsHost, listener: HttpListener, path: str, prefix: str
) -> None:
    identifier = await host.registered()
    for _ in range(3):
        answer = await host.subscribe(identifier, subscription(listener, path), path)
        assert (answer.status, answer.json) == (200, "OK")

    assert len(host.records) == 1
    assert len(host.telemetry.subscribers) == 1


@pytest.mark.rule("4.1.9")
async def test_another_subscription_takes_the_place_of_the_first(
    host: ExtensionsHost, listener: HttpListener
) -> None:
    other = HttpListener()
    await other.start()
    identifier = await host.registered()
    await host.subscribe(identifier, subscription(listener, TELEMETRY, types=["function"]))
    await host.subscribe(identifier, subscription(other, TELEMETRY, types=["function"]))
    host.emit(events.FunctionLog("hello"))

    await other.until(lambda: other.requests)
    await other.close()
    assert len(host.telemetry.subscribers) == 1
    assert listener.requests == []


@pytest.mark.rule("4.1.10")
@pytest.mark.parametrize(("first", "second"), [(TELEMETRY, LOGS), (LOGS, TELEMETRY)])
async def test_one_extension_subscribes_to_one_of_the_two_apis(
    host: ExtensionsHost, listener: HttpListener, first: str, second: str
) -> None:
    identifier = await host.registered()
    await host.subscribe(identifier, subscription(listener, first), first)

    answer = await host.subscribe(identifier, subscription(listener, second), second)

    status, error_type, message = answer.error
    assert (status, error_type.rpartition(".")[2]) == (400, "ValidationError")
    assert message.endswith("API already")
    other = await host.registered("second")
    assert (await host.subscribe(other, subscription(listener, second), second)).status == 200


@pytest.mark.rule("4.2.9")
async def test_all_has_come_before_the_shutdown_event(
    host: ExtensionsHost, listener: HttpListener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions_api, "FLUSH_SECONDS", 60.0)
    identifier = await host.registered("first", "SHUTDOWN")
    slowly = subscription(listener, TELEMETRY, buffering={"timeoutMs": 30_000})
    await host.subscribe(identifier, slowly)
    waiting = await host.waits(identifier)
    host.emit(events.StateChange(State.FROZEN))
    host.emit(events.FunctionLog("last words"))
    listener.may_answer.clear()

    deadline = _in_seconds(60)
    host.extensions.shut_down(ShutdownEvent("spindown", deadline))
    await listener.until(lambda: listener.requests)
    # About this delivery, which would otherwise never end.
    host.emit(events.FunctionLog("another line"))
    await asyncio.sleep(0.02)
    listener.may_answer.set()

    told = (await waiting.answer()).json
    assert told["eventType"] == "SHUTDOWN"
    # The time of the delivery is not the extension's own.
    assert told["deadlineMs"] >= deadline + 20
    assert listener.records[-1] == "last words"


@pytest.mark.rule("4.2.9")
async def test_a_subscriber_that_cannot_listen_still_hears_of_its_end(
    host: ExtensionsHost, listener: HttpListener
) -> None:
    listener.may_answer.clear()
    identifier = await host.registered("first", "SHUTDOWN")
    await host.subscribe(identifier, subscription(listener, TELEMETRY))
    waiting = await host.waits(identifier)

    host.extensions.shut_down(ShutdownEvent("failure", _in_seconds(0.2)))

    assert (await waiting.answer()).json["shutdownReason"] == "failure"


@pytest.mark.rule("4.2.9")
async def test_a_reset_ends_all_subscriptions(host: ExtensionsHost, listener: HttpListener) -> None:
    await host.subscribe(await host.registered(), subscription(listener, TELEMETRY))
    await listener.until(lambda: listener.requests)

    host.telemetry.close()

    assert host.telemetry.subscribers == ()


@pytest.mark.rule("4.2.2")
async def test_over_tcp_a_subscription_works_alike(host: ExtensionsHost) -> None:
    listener = TcpListener()
    await listener.start()

    answer = await host.subscribe(await host.registered(), subscription(listener, TELEMETRY))

    assert answer.status == 200
    await listener.until(lambda: listener.lines)
    await listener.close()
    assert listener.events[0]["type"] == "platform.telemetrySubscription"


@pytest.mark.rule("4.1.12")
@pytest.mark.parametrize("path", [TELEMETRY, LOGS])
async def test_each_path_has_its_method(host: ExtensionsHost, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await soon(host.call(method, path))
        assert (answer.status, answer.headers["allow"]) == (405, "PUT")
    assert (await host.call("PUT", path)).status == 403


@pytest.mark.rule("4.1.12")
@pytest.mark.parametrize("path", ["/2022-07-01/logs", "/2020-08-15/telemetry", "/telemetry"])
async def test_there_is_nothing_elsewhere(host: ExtensionsHost, path: str) -> None:
    assert (await host.call("PUT", path)).status == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.rule("4.1.6")
@given(
    JSON.map(lambda body: json.dumps(body).encode()) | st.binary(),
    st.sampled_from([TELEMETRY, LOGS]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_body_is_answered_with_a_refusal(body: bytes, path: str) -> None:
    async def subscribe() -> Any:
        async with extensions_host() as host:
            return await host.subscribe(await host.registered(), body, path)

    answer = asyncio.run(subscribe())
    assert answer.error[0] == 400


def _in_seconds(seconds: float) -> int:
    return int((time.time() + seconds) * 1000)
