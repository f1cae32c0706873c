"""Every field of a subscription, its limits, and AWS's answers to wrong ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.apis.telemetry.subscription import (
    Api,
    Buffering,
    Destination,
    Subscription,
    read_subscription,
)
from lambda_tui.engine.runtime_api import ApiError

HTTP = {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080/lambda_logs"}
VALID: dict[str, Any] = {
    "schemaVersion": "2022-12-13",
    "types": ["platform", "function"],
    "buffering": {"maxItems": 1000, "maxBytes": 262144, "timeoutMs": 100},
    "destination": HTTP,
}


def read(body: object, api: Api = "telemetry") -> Subscription:
    return read_subscription(api, json.dumps(body).encode())


def refusal(body: object, api: Api = "telemetry") -> str:
    with pytest.raises(ApiError) as refused:
        read(body, api)
    assert refused.value.status == 400
    expected = "ValidationError" if api == "telemetry" else "Logs.ValidationError"
    assert refused.value.error_type == expected
    return refused.value.message


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in VALID.items() if key != name}


@pytest.mark.rule("4.1.5")
def test_a_valid_request_is_read_whole() -> None:
    assert read(VALID) == Subscription(
        "telemetry",
        "2022-12-13",
        ("platform", "function"),
        Buffering(1000, 262144, 100),
        Destination("HTTP", 8080, "sandbox.localdomain", "/lambda_logs"),
    )


@pytest.mark.rule("4.1.4")
def test_buffering_has_awss_defaults() -> None:
    assert read(without("buffering")).buffering == Buffering(10000, 262144, 1000)
    assert read({**VALID, "buffering": {}}).buffering == Buffering(10000, 262144, 1000)
    partly = {**VALID, "buffering": {"timeoutMs": 25}}
    assert read(partly).buffering == Buffering(10000, 262144, 25)


@pytest.mark.rule("4.1.2")
@pytest.mark.parametrize("schema", ["2022-07-01", "2022-12-13", "2025-01-29"])
def test_each_schema_of_the_telemetry_api_is_taken(schema: str) -> None:
    assert read({**VALID, "schemaVersion": schema}).schema == schema


@pytest.mark.rule("4.1.2")
def test_the_logs_api_has_schemas_and_a_default_of_its_own() -> None:
    assert read(without("schemaVersion"), "logs").schema == "2020-08-15"
    assert read({**VALID, "schemaVersion": "2021-03-18"}, "logs").schema == "2021-03-18"
    assert "schemaVersion" in refusal(VALID, "logs")
    assert "schemaVersion" in refusal({**VALID, "schemaVersion": "2021-03-18"})


@pytest.mark.rule("4.1.3")
def test_a_type_that_is_named_twice_counts_once() -> None:
    assert read({**VALID, "types": ["function", "function"]}).types == ("function",)


@pytest.mark.rule("4.2.1")
@pytest.mark.parametrize(
    ("uri", "host", "port", "path"),
    [
        ("http://sandbox:1", "sandbox", 1, "/"),
        ("http://sandbox.localdomain:65535/", "sandbox.localdomain", 65535, "/"),
        ("http://SANDBOX:4243/a/b?c=d", "sandbox", 4243, "/a/b?c=d"),
    ],
)
def test_the_path_of_a_uri_is_kept(uri: str, host: str, port: int, path: str) -> None:
    destination = {"protocol": "HTTP", "URI": uri}

    assert read({**VALID, "destination": destination}).destination == Destination(
        "HTTP", port, host, path
    )


@pytest.mark.rule("4.1.5")
def test_a_tcp_destination_is_a_port() -> None:
    destination = {"protocol": "TCP", "port": 4243}

    assert read({**VALID, "destination": destination}).destination == Destination("TCP", 4243)


@pytest.mark.rule("4.4.3")
def test_only_the_logs_api_lets_the_method_be_chosen() -> None:
    body = {**without("schemaVersion"), "destination": {**HTTP, "method": "PUT"}}

    assert read(body, "logs").destination.method == "PUT"
    assert read({**body, "schemaVersion": "2022-07-01"}).destination.method == "POST"
    body["destination"] = {**HTTP, "method": "PATCH", "encoding": "XML"}
    assert refusal(body, "logs") == (
        "destination.method should be POST or PUT; destination.encoding should be JSON"
    )


@pytest.mark.rule("4.1.3", "4.1.4")
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "The request body should be a JSON object"),
        (without("schemaVersion"), "schemaVersion is not provided"),
        (
            {**VALID, "schemaVersion": "2023-01-01"},
            "schemaVersion should be 2022-07-01 or 2022-12-13 or 2025-01-29",
        ),
        ({**VALID, "schemaVersion": 1}, "schemaVersion should be"),
        (without("types"), "types should not be empty"),
        ({**VALID, "types": []}, "types should not be empty"),
        ({**VALID, "types": "platform"}, "types should not be empty"),
        ({**VALID, "types": ["logs"]}, "types should be among platform, function, extension"),
        ({**VALID, "types": [["platform"]]}, "types should be among"),
        ({**VALID, "buffering": None}, "buffering should be an object"),
        ({**VALID, "buffering": {"maxItems": 999}}, "maxItems should be from 1000 to 10000"),
        ({**VALID, "buffering": {"maxItems": 10001}}, "maxItems should be from"),
        ({**VALID, "buffering": {"maxBytes": 262143}}, "maxBytes should be from 262144 to 1048576"),
        ({**VALID, "buffering": {"maxBytes": 1048577}}, "maxBytes should be from"),
        ({**VALID, "buffering": {"timeoutMs": 24}}, "timeoutMs should be from 25 to 30000"),
        ({**VALID, "buffering": {"timeoutMs": 30001}}, "timeoutMs should be from"),
        ({**VALID, "buffering": {"timeoutMs": 100.5}}, "timeoutMs should be from"),
        ({**VALID, "buffering": {"timeoutMs": True}}, "timeoutMs should be from"),
        (without("destination"), "destination should be an object"),
        ({**VALID, "destination": {}}, "destination.protocol is not provided"),
        (
            {**VALID, "destination": {"protocol": "UDP"}},
            "destination.protocol should be HTTP or TCP",
        ),
        ({**VALID, "destination": {"protocol": "TCP"}}, "destination.port is not provided"),
        ({**VALID, "destination": {"protocol": "TCP", "port": "80"}}, "port should be from 1 to"),
        ({**VALID, "destination": {"protocol": "TCP", "port": 9001}}, "port 9001 is reserved"),
        ({**VALID, "destination": {"protocol": "HTTP"}}, "URI should be an HTTP URI"),
    ],
)
def test_a_wrong_field_is_named(body: object, message: str) -> None:
    assert message in refusal(body)


@pytest.mark.rule("4.1.5")
@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://sandbox.localdomain/logs", "URI port is not provided"),
        ("https://sandbox.localdomain:8080", "URI should begin with http://"),
        ("http://127.0.0.1:8080", "URI host should be sandbox.localdomain"),
        ("http://example.com:8080", "URI host should be sandbox.localdomain"),
        ("http://sandbox:9001/", "port 9001 is reserved"),
        ("http://sandbox:99999", "URI should be an HTTP URI"),
        ("http://sandbox:port", "URI should be an HTTP URI"),
        ("http://[sandbox:80", "URI should be an HTTP URI"),
        ("http://sandbox:80/\r\nX-Injected: 1", "URI should be an HTTP URI"),
        ("http://sandbox:80/a b", "URI should be an HTTP URI"),
        ("sandbox:8080", "URI"),
        ("", "URI"),
    ],
)
def test_a_uri_leads_into_the_environment_or_nowhere(uri: str, message: str) -> None:
    assert message in refusal({**VALID, "destination": {"protocol": "HTTP", "URI": uri}})


@pytest.mark.rule("4.1.6")
def test_all_that_is_wrong_is_said_at_once() -> None:
    destination = {"protocol": "HTTP", "URI": "http://sandbox.localdomain"}

    assert refusal({**VALID, "types": [], "destination": destination}) == (
        "URI port is not provided; types should not be empty"
    )


@pytest.mark.rule("4.1.6")
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="The request body is not valid JSON"):
        read_subscription("telemetry", body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = ("schemaVersion", "types", "buffering", "destination")
DEEPER = {
    "buffering": st.dictionaries(st.sampled_from(["maxItems", "maxBytes", "timeoutMs"]), JSON),
    "destination": st.fixed_dictionaries(
        {"protocol": st.sampled_from(["HTTP", "TCP"]) | JSON},
        optional={"URI": st.text() | JSON, "port": JSON, "method": JSON, "encoding": JSON},
    ),
}
FIELDS = {name: st.just(VALID[name]) | DEEPER.get(name, JSON) | JSON for name in NAMES}


@pytest.mark.rule("4.1.6")
@given(st.fixed_dictionaries({}, optional=FIELDS) | JSON, st.sampled_from(["telemetry", "logs"]))
def test_any_json_is_a_subscription_or_a_refusal(body: object, api: Api) -> None:
    try:
        subscription = read(body, api)
    except ApiError:
        return
    assert subscription.types
    assert 0 < subscription.destination.port < 65536


@pytest.mark.rule("4.1.5")
@given(st.text(), st.sampled_from(["http://sandbox:8080/", "http://sandbox.localdomain:1", ""]))
def test_no_uri_breaks_out_of_the_request_line(text: str, start: str) -> None:
    try:
        subscription = read({**VALID, "destination": {"protocol": "HTTP", "URI": start + text}})
    except ApiError:
        return
    path = subscription.destination.path
    assert path.startswith("/")
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
