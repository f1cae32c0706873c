"""Invocations of every kind, sent over HTTP, and the one answer that each may get."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from support import SECONDS
from support.lambda_api import invocations

_STREAMING = "/2021-11-15/functions/{}/response-streaming-invocations"
_CRASHES: tuple[Mapping[str, object], ...] = ({"exit": 3}, {"signal": 9}, {"fail": 7})
# The share of each function in the invocations, in percent: the quick ones have most.
_SHARES = {
    "python": 70,
    "node": 10,
    "hog": 5,
    "internal": 5,
    "client": 4,
    "slow": 2,
    "edited": 4,
    "bash": 2,
    "external": 2,
    "telemetry": 3,
}


@dataclass(frozen=True)
class Call:
    """One invocation, and how its client behaves."""

    function: str
    event: Mapping[str, object]
    kind: str
    """``whole``, ``stream`` or ``event``; ``leaves`` for a client that hangs up."""
    cut: float
    """The part of the request after which such a client leaves."""

    @property
    def must_fail(self) -> bool:
        """Whether the function cannot answer well."""
        return "echo" not in self.event

    def request(self) -> bytes:
        """Return the bytes to send."""
        body = json.dumps(self.event).encode()
        path = invocations(self.function)
        if self.kind == "stream":
            path = _STREAMING.format(self.function)
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        if self.kind == "event":
            lines.append("X-Amz-Invocation-Type: Event")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def random_call(chance: random.Random) -> Call:
    """Return any call."""
    (function,) = chance.choices([*_SHARES], weights=[*_SHARES.values()])
    event: Mapping[str, object] = {"echo": chance.randrange(1 << 30)}
    if chance.random() < 0.03:
        event = chance.choice([*_CRASHES, {"signal": 11}])
    if function == "hog" and chance.random() < 0.1:
        event = {"memory": 1}
    elif function == "hog":
        event = {"echo": 5}
    elif function == "slow" and chance.random() < 0.1:
        event = {"sleep": 30}
    kind = chance.choice(["whole"] * 17 + ["stream", "event", "leaves"])
    if kind == "event" and "echo" not in event:
        kind = "whole"
    return Call(function, event, kind, chance.random())


@dataclass
class Answers:
    """The answers to the calls so far."""

    counts: Counter[str] = field(default_factory=Counter)
    """By the kind of answer."""
    wrong: list[str] = field(default_factory=list)
    """Calls without the one answer that they may get, in words."""
    request_ids: set[str] = field(default_factory=set)
    latest: dict[str, str] = field(default_factory=dict)

    def check(self, call: Call, answer: bytes) -> None:
        """Note the answer to a call, and whether it is the one that it may get."""
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])
        }
        status = lines[0].split(" ")[1] if lines[0].startswith("HTTP/1.1 ") else "none"
        kind = self._kind(call, status, headers, body)
        self.counts[kind] += 1
        request_id = headers.get("x-amzn-requestid", "")
        if kind == "wrong" or request_id in self.request_ids:
            self.wrong.append(f"{call}: {answer[:1000]!r}")
        self.request_ids.add(request_id)

    def _kind(self, call: Call, status: str, headers: Mapping[str, str], body: bytes) -> str:
        if status == "429" and b"TooManyRequestsException" in "\n".join(headers.values()).encode():
            return "throttled"
        if call.kind == "event":
            return "queued" if status == "202" else "wrong"
        if status != "200":
            return "wrong"
        if call.kind == "stream":
            is_error, is_good = b'"ErrorCode"' in body, body.endswith(b"0\r\n\r\n")
            if "content-length" in headers:
                is_good = len(body) == int(headers["content-length"])
            if not is_good:
                return "wrong"
        else:
            is_error = "x-amz-function-error" in headers
            if len(body) != int(headers["content-length"]):
                return "wrong"
            if not is_error and json.loads(body) != call.event.get("echo"):
                return "wrong"
        if is_error:
            # The function that is edited may not parse at that moment.
            is_expected = call.must_fail or call.function == "edited"
            return "failed" if is_expected else "wrong"
        return "wrong" if call.must_fail else "succeeded"


async def send(port: int, call: Call, answers: Answers) -> None:
    """Send a call and check its answer. Raise ``ConnectionError`` if the server is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 24)
    try:
        request = call.request()
        if call.kind == "leaves":
            writer.write(request[: int(call.cut * len(request)) + 1])
            await writer.drain()
            answers.counts["left"] += 1
            return
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(), 3 * SECONDS)
        if not answer:
            raise ConnectionResetError("closed without an answer")
        answers.check(call, answer)
    finally:
        writer.transport.abort()
