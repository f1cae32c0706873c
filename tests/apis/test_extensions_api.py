"""The Extensions API's endpoints: what they take, what they answer, and in which order."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui.engine.runtime_api import (
    Extension,
    ExtensionState,
    InvokeEvent,
    ShutdownEvent,
)
from support.environment_host import (
    ERROR_TYPE,
    IDENTIFIER,
    REGISTER,
    ExtensionsHost,
    Host,
    extensions_host,
    soon,
)
from support.environment_host import EXTENSION_EXIT_ERROR as EXIT_ERROR
from support.environment_host import EXTENSION_INIT_ERROR as INIT_ERROR
from support.environment_host import EXTENSION_NEXT as NEXT

INVOKED = InvokeEvent("the-request", 1_700_000_003_000, "arn:aws:lambda:f", "Root=1-2;Sampled=1")
INVOKE_BODY = {
    "eventType": "INVOKE",
    "deadlineMs": 1_700_000_003_000,
    "requestId": "the-request",
    "invokedFunctionArn": "arn:aws:lambda:f",
    "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1-2;Sampled=1"},
}
SHUTDOWN_BODY = {
    "eventType": "SHUTDOWN",
    "shutdownReason": "spindown",
    "deadlineMs": 1_700_000_009_000,
}
SHUT_DOWN = ShutdownEvent("spindown", 1_700_000_009_000)


@pytest.fixture
async def host() -> AsyncIterator[ExtensionsHost]:
    async with extensions_host() as host:
        yield host


def extension(host: Host, name: str) -> Extension:
    found = host.extensions.named(name)
    assert found is not None
    return found


def state(host: Host, name: str) -> ExtensionState:
    return extension(host, name).state


def not_allowed(state: str, wanted: str, identifier: str) -> tuple[int, str, str]:
    """The answer to a call that an extension's state does not allow."""
    return (
        403,
        "Extension.InvalidExtensionState",
        f"State transition from {state} to {wanted} failed for extension {identifier}. "
        "Error: State transition is not allowed",
    )


# register ----------------------------------------------------------------------------------------


@pytest.mark.rule("3.2.1")
async def test_an_extension_registers_under_its_name(host: ExtensionsHost) -> None:
    answer = await host.register("first", {"events": ["INVOKE", "SHUTDOWN", "INVOKE"]})

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert uuid.UUID(answer.headers[IDENTIFIER.lower()])
    assert answer.json == {
        "functionName": "custom",
        "functionVersion": "$LATEST",
        "handler": "app.handler",
    }
    assert extension(host, "first").events == ("INVOKE", "SHUTDOWN")
    assert extension(host, "first").kind == "external"


@pytest.mark.rule("3.2.2")
@pytest.mark.parametrize("feature", ["accountId", "nothing, accountId", "accountId,other"])
async def test_the_account_is_told_to_who_accepts_it(host: ExtensionsHost, feature: str) -> None:
    answer = await host.register("first", **{"Lambda-Extension-Accept-Feature": feature})

    assert answer.json["accountId"] == "123456789012"


@pytest.mark.rule("3.2.2")
async def test_a_feature_that_nobody_knows_is_ignored(host: ExtensionsHost) -> None:
    answer = await host.register("first", **{"Lambda-Extension-Accept-Feature": "accountid"})

    assert "accountId" not in answer.json


@pytest.mark.rule("3.2.3")
@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": None}, b"null"])
async def test_an_extension_need_not_want_any_event(host: ExtensionsHost, body: object) -> None:
    assert (await host.register("first", body)).status == 200
    assert extension(host, "first").events == ()


@pytest.mark.rule("3.1.2")
async def test_another_name_is_an_internal_extensions(host: ExtensionsHost) -> None:
    assert (await host.register("inside")).status == 200
    assert extension(host, "inside").kind == "internal"


@pytest.mark.rule("3.2.4")
@pytest.mark.parametrize("name", [None, ""])
async def test_an_extension_has_a_name(host: ExtensionsHost, name: str | None) -> None:
    answer = await host.register(name, b"not even JSON")

    assert answer.error == (403, "Extension.InvalidExtensionName", "Empty extension name")


@pytest.mark.rule("3.2.5")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 50_000,
        [],
        "INVOKE",
        {"events": "INVOKE"},
        {"events": {"INVOKE": 1}},
        {"events": [1]},
        {"events": [None]},
        {"events": ["INVOKE"], "configurationKeys": ["KEY"]},
    ],
)
async def test_a_body_of_another_form_is_refused(host: ExtensionsHost, body: object) -> None:
    status, error_type, message = (await host.register("first", body)).error

    assert (status, error_type) == (403, "InvalidRequestFormat")
    assert message
    assert state(host, "first") is ExtensionState.STARTED


@pytest.mark.rule("3.2.6")
@pytest.mark.parametrize(
    ("name", "event", "message"),
    [
        ("first", "RESTART", "RESTART: ErrorInvalidEventType"),
        ("first", "invoke", "invoke: ErrorInvalidEventType"),
        ("inside", "SHUTDOWN", "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension"),
    ],
)
async def test_an_extension_wants_events_that_there_are(
    host: ExtensionsHost, name: str, event: str, message: str
) -> None:
    answer = await host.register(name, {"events": ["INVOKE", event]})

    assert answer.error == (403, "Extension.InvalidEventType", message)


@pytest.mark.rule("3.2.7")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("first", "State transition from Registered to Registered failed for extension first. "),
        ("inside", "Extension with this name already registered"),
    ],
)
async def test_an_extension_registers_once(host: ExtensionsHost, name: str, message: str) -> None:
    await host.registered(name)

    status, error_type, said = (await host.register(name)).error

    assert (status, error_type) == (403, "Extension.InvalidExtensionState")
    assert said.startswith(message)


@pytest.mark.rule("3.2.8")
async def test_nobody_registers_after_init(host: ExtensionsHost) -> None:
    host.close_registration()

    assert (await host.register("inside")).error == (
        403,
        "Extension.RegistrationClosed",
        "Extension registration closed already",
    )


@pytest.mark.rule("3.1.3")
async def test_the_eleventh_extension_is_one_too_many(host: ExtensionsHost) -> None:
    for number in range(8):
        await host.registered(f"inside-{number}")

    assert (await host.register("one-too-many")).error == (
        403,
        "Extension.TooManyExtensions",
        "Extension limit (10) reached",
    )
    assert (await host.register("second")).status == 200


# event/next --------------------------------------------------------------------------------------


@pytest.mark.rule("3.3.1")
async def test_next_waits_for_an_invocation(host: ExtensionsHost) -> None:
    waiting = await host.waits(await host.registered("first", "INVOKE"))
    assert state(host, "first") is ExtensionState.READY

    host.extensions.invoke(INVOKED)
    answer = await waiting.answer()

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert uuid.UUID(answer.headers["lambda-extension-event-identifier"])
    assert answer.json == INVOKE_BODY
    assert state(host, "first") is ExtensionState.RUNNING


@pytest.mark.rule("3.3.1")
async def test_next_waits_for_the_end(host: ExtensionsHost) -> None:
    waiting = await host.waits(await host.registered("first", "SHUTDOWN"))

    host.extensions.invoke(INVOKED)
    host.extensions.shut_down(SHUT_DOWN)

    assert (await waiting.answer()).json == SHUTDOWN_BODY


@pytest.mark.rule("3.3.1")
async def test_an_event_that_came_in_the_meantime_is_given_at_once(host: ExtensionsHost) -> None:
    identifier = await host.registered("first", "SHUTDOWN")
    host.extensions.shut_down(SHUT_DOWN)

    answer = await host.call("GET", NEXT, headers={IDENTIFIER: identifier})

    assert answer.json == SHUTDOWN_BODY


@pytest.mark.rule("3.3.1")
async def test_each_event_has_an_identifier_of_its_own(host: ExtensionsHost) -> None:
    identifier = await host.registered("first", "INVOKE")
    seen = set()
    for _ in range(3):
        waiting = await host.waits(identifier)
        host.extensions.invoke(INVOKED)
        seen.add((await waiting.answer()).headers["lambda-extension-event-identifier"])

    assert len(seen) == 3


@pytest.mark.rule("3.3.3")
async def test_an_extension_waits_once_at_a_time(host: ExtensionsHost) -> None:
    identifier = await host.registered("first", "INVOKE")
    waiting = await host.waits(identifier)

    second = await host.call("GET", NEXT, headers={IDENTIFIER: identifier})

    assert second.error == not_allowed("Ready", "Ready", identifier)
    host.extensions.invoke(INVOKED)
    assert (await waiting.answer()).status == 200


@pytest.mark.rule("3.3.3")
async def test_an_extension_that_hangs_up_may_ask_again(host: ExtensionsHost) -> None:
    identifier = await host.registered("first", "INVOKE")
    waiting = await host.waits(identifier)
    given_up = extension(host, "first")._waiting
    assert given_up is not None
    waiting.hang_up()
    await soon(asyncio.wait([given_up]))

    again = await host.waits(identifier)
    host.extensions.invoke(INVOKED)

    assert (await again.answer()).json == INVOKE_BODY


@pytest.mark.rule("3.5.4")
async def test_who_waits_at_a_reset_is_answered(host: ExtensionsHost) -> None:
    waiting = await host.waits(await host.registered("first", "INVOKE"))

    host.extensions.close()

    assert (await waiting.answer()).error[:2] == (500, "InternalServerError")


@pytest.mark.rule("3.3.2")
@pytest.mark.parametrize(
    ("method", "path"), [("GET", NEXT), ("POST", INIT_ERROR), ("POST", EXIT_ERROR)]
)
@pytest.mark.parametrize(
    ("identifier", "error_type", "message"),
    [
        (
            None,
            "Extension.MissingExtensionIdentifier",
            "Missing Lambda-Extension-Identifier header",
        ),
        ("me", "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"),
        (
            "A5F9B8F4-1d3c-4b5e-9f57-0b4b6d2f3c11",
            "Extension.UnknownExtensionIdentifier",
            "Unknown extension a5f9b8f4-1d3c-4b5e-9f57-0b4b6d2f3c11",
        ),
    ],
)
async def test_an_extension_says_who_it_is(
    host: ExtensionsHost,
    method: str,
    path: str,
    identifier: str | None,
    error_type: str,
    message: str,
) -> None:
    headers = {ERROR_TYPE: "Extension.NoKey"}
    if identifier is not None:
        headers[IDENTIFIER] = identifier

    assert (await host.call(method, path, headers=headers)).error == (403, error_type, message)


@pytest.mark.rule("3.3.2")
async def test_an_extension_that_has_not_registered_is_unknown(host: ExtensionsHost) -> None:
    unregistered = extension(host, "first").identifier

    answer = await host.call("GET", NEXT, headers={IDENTIFIER: unregistered})

    assert answer.error[:2] == (403, "Extension.UnknownExtensionIdentifier")


# init/error and exit/error -----------------------------------------------------------------------


@pytest.mark.rule("3.4.1")
async def test_an_error_in_init_is_fatal(host: ExtensionsHost) -> None:
    identifier = await host.registered("first")

    answer = await host.report(INIT_ERROR, identifier)

    assert (answer.status, answer.json) == (202, {"status": "OK"})
    assert [failure[:2] for failure in host.failures] == [("first", "Extension.InitError")]
    assert state(host, "first") is ExtensionState.INIT_ERROR
    assert extension(host, "first").error_type == "Extension.NoKey"


@pytest.mark.rule("3.4.2")
async def test_an_error_at_exit_is_fatal_in_every_state(host: ExtensionsHost) -> None:
    first, second = await host.registered("first", "INVOKE"), await host.registered("second")
    third = await host.registered("third", "INVOKE")
    invoked = await host.waits(third)
    host.extensions.invoke(INVOKED)
    await invoked.answer()
    await host.waits(second)

    for identifier in (first, second, third):
        assert (await host.report(EXIT_ERROR, identifier)).status == 202

    assert [failure[:2] for failure in host.failures] == [
        ("first", "Extension.ExitError"),
        ("second", "Extension.ExitError"),
        ("third", "Extension.ExitError"),
    ]


@pytest.mark.rule("3.4.1", "3.4.2")
@pytest.mark.parametrize("path", [INIT_ERROR, EXIT_ERROR])
async def test_a_repeated_error_is_taken_and_the_first_counts(
    host: ExtensionsHost, path: str
) -> None:
    identifier = await host.registered("first")
    await host.report(path, identifier, "Extension.First")

    assert (await host.report(path, identifier, "Extension.Second")).status == 202
    assert len(host.failures) == 1
    assert extension(host, "first").error_type == "Extension.First"


@pytest.mark.rule("3.4.3")
@pytest.mark.parametrize("path", [INIT_ERROR, EXIT_ERROR])
@pytest.mark.parametrize("error_type", [None, ""])
async def test_an_error_has_a_type(host: ExtensionsHost, path: str, error_type: str | None) -> None:
    identifier = await host.registered("first")

    answer = await host.report(path, identifier, error_type)

    assert answer.error == (403, "Extension.MissingHeader", f"{ERROR_TYPE} not found")
    assert host.failures == []


@pytest.mark.rule("3.4.1")
async def test_there_is_no_error_of_init_after_it(host: ExtensionsHost) -> None:
    identifier = await host.registered("first")
    await host.waits(identifier)

    answer = await host.report(INIT_ERROR, identifier)

    assert answer.error == not_allowed("Ready", "InitError", identifier)


async def test_who_could_not_initialise_has_no_other_error(host: ExtensionsHost) -> None:
    identifier = await host.registered("first")
    await host.report(INIT_ERROR, identifier)

    answer = await host.report(EXIT_ERROR, identifier)

    assert answer.error == not_allowed("InitError", "Exited", identifier)


@pytest.mark.rule("3.4.3")
@pytest.mark.parametrize("body", [b"", b"not JSON", b"\x00" * 1000])
async def test_what_an_error_says_is_its_own_affair(host: ExtensionsHost, body: bytes) -> None:
    headers = {IDENTIFIER: await host.registered("first"), ERROR_TYPE: "Extension.NoKey"}

    assert (await host.call("POST", EXIT_ERROR, body, headers)).status == 202


@pytest.mark.rule("3.3.3")
async def test_after_an_error_there_are_no_events(host: ExtensionsHost) -> None:
    identifier = await host.registered("first")
    await host.report(INIT_ERROR, identifier)

    answer = await host.call("GET", NEXT, headers={IDENTIFIER: identifier})

    assert answer.error == not_allowed("InitError", "Ready", identifier)


# All ---------------------------------------------------------------------------------------------


@pytest.mark.rule("3.5.5")
@pytest.mark.parametrize(
    ("path", "allowed"),
    [(REGISTER, "POST"), (NEXT, "GET"), (INIT_ERROR, "POST"), (EXIT_ERROR, "POST")],
)
async def test_each_path_has_its_method(host: ExtensionsHost, path: str, allowed: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = await soon(host.call(method, path))
        if method == allowed:
            assert answer.status == 403
        else:
            assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.rule("3.5.5")
@pytest.mark.parametrize(
    "path",
    [
        "/2020-01-01/extension",
        "/2020-01-01/extension/event",
        "/2020-01-02/extension/register",
        "/extension/register",
    ],
)
async def test_there_is_nothing_elsewhere(host: ExtensionsHost, path: str) -> None:
    assert (await host.call("POST", path)).status == 404


@pytest.mark.rule("3.5.5")
async def test_a_body_of_more_than_a_megabyte_is_refused(host: ExtensionsHost) -> None:
    answer = await host.register("first", b" " * (1 << 20) + b"{}")

    assert answer.error[:2] == (413, "RequestEntityTooLarge")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
EVENTS = st.lists(st.sampled_from(["INVOKE", "SHUTDOWN"]) | st.text(max_size=8), max_size=4)
BODIES = st.fixed_dictionaries({}, optional={"events": EVENTS | JSON, "configurationKeys": JSON})


@pytest.mark.rule("3.2.5")
@given(BODIES.map(lambda body: json.dumps(body).encode()) | st.binary())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_body_registers_or_is_refused(body: bytes) -> None:
    async def register() -> Any:
        async with extensions_host() as host:
            return await host.register("first", body)

    answer = asyncio.run(register())
    assert answer.status in (200, 403)
    if answer.status == 403:
        assert answer.error[1] in ("InvalidRequestFormat", "Extension.InvalidEventType")
