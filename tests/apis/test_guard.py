"""The guard admits requests by the server's address and by their Host and Origin."""

from __future__ import annotations

import pytest

from lambda_tui.apis.http import Guard, Request


def is_let_in(guard: Guard, host: str, origin: str | None = None) -> bool:
    headers = {"host": host} | ({"origin": origin} if origin is not None else {})
    return guard.refusal(Request("GET", "/", "", headers, keep_alive=True)) is None


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
@pytest.mark.parametrize(
    "host",
    [
        *("localhost:3001", "127.0.0.1", "192.168.1.5:3001", "[fe80::1]:3001"),
        *("host.docker.internal:3001", "my-machine.local", "lambda:3001"),
    ],
)
def test_bound_everywhere_it_takes_what_no_stranger_can_name(everywhere: str, host: str) -> None:
    assert is_let_in(Guard(everywhere), host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "192.168.1.5.evil.example", "internal.evil.example", "", "a@lambda"),
        *("evil.example,a.internal", "lambda,evil"),
    ],
)
def test_bound_everywhere_a_name_that_could_be_a_strangers_is_kept_out(host: str) -> None:
    assert not is_let_in(Guard("0.0.0.0"), host)


@pytest.mark.parametrize("host", ["192.168.1.5", "host.docker.internal", "lambda"])
def test_bound_to_loopback_it_takes_no_other_name(host: str) -> None:
    assert not is_let_in(Guard("127.0.0.1"), host)


def test_bound_to_an_address_it_takes_that_and_loopback() -> None:
    guard = Guard("192.168.1.5")

    assert is_let_in(guard, "192.168.1.5:3001")
    assert is_let_in(guard, "localhost:3001")
    assert not is_let_in(guard, "192.168.1.6:3001")


@pytest.mark.parametrize(
    ("origin", "is_ours"),
    [
        ("http://localhost:8080", True),
        ("http://192.168.1.5:8080", True),
        ("http://203.0.113.9", False),
        ("http://lambda", False),
        ("http://evil.example", False),
        ("null", False),
    ],
)
def test_bound_everywhere_a_page_must_come_from_this_machine(origin: str, is_ours: bool) -> None:
    guard = Guard("0.0.0.0")

    # The second is that of a host that was just let in.
    for _ in range(2):
        assert is_let_in(guard, "192.168.1.5:3001", origin) == is_ours
