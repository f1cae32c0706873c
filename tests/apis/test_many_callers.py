"""More callers at a time than there is room for: each gets an answer, sooner or later."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambda_tui import limits
from support.lambda_api import (
    Answer,
    Api,
    Serving,
    invocations,
    read_answer,
    serving_project,
    write_project,
)

MANY = limits.ACCOUNT_CONCURRENCY + 200
NEEDED_DESCRIPTORS = MANY + 200


@pytest.fixture
def serving(tmp_path: Path, nothing_is_left: None) -> Iterator[Serving]:
    with serving_project(write_project(tmp_path)) as serving:
        yield serving


@pytest.fixture
def room_for_many() -> Iterator[None]:
    """Lets this process have a descriptor for each caller."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, NEEDED_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, wanted)))


def answers_of(api: Api, name: str, event: bytes, count: int) -> list[Answer]:
    """Return the answers to invocations that were all sent before the first was read."""
    head = f"POST {invocations(name)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    request = f"{head}Content-Length: {len(event)}\r\n\r\n".encode() + event
    with ExitStack() as stack:
        callers = [stack.enter_context(api.connect()) for _ in range(count)]
        for caller in callers:
            caller.sendall(request)
        return [read_answer(caller) for caller in callers]


def check(answers: list[Answer]) -> Counter[int]:
    """Check that each has its event or the reason why it was throttled; count the statuses."""
    for answer in answers:
        if answer.status == 429:
            assert answer.error[1] == "TooManyRequestsException"
            assert answer.json["Reason"] == "ConcurrentInvocationLimitExceeded"
        else:
            assert (answer.status, answer.json) == (200, 0.3)
    return Counter(answer.status for answer in answers)


def test_more_callers_than_the_account_allows_are_all_answered(
    serving: Serving, room_for_many: None
) -> None:
    statuses = check(answers_of(serving.api(), "waits", b'{"seconds": 0.3}', MANY))

    assert set(statuses) == {200, 429}


def test_without_descriptors_callers_wait_for_them(serving: Serving) -> None:
    api, pid = serving.api(), serving.process.pid
    assert check(answers_of(api, "waits", b'{"seconds": 0.3}', 1)) == {200: 1}
    in_use = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 20, hard))
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(api.connect())
        assert check(answers_of(api, "waits", b'{"seconds": 0.3}', 60)).total() == 60

    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    assert check(answers_of(api, "waits", b'{"seconds": 0.3}', 1)) == {200: 1}
