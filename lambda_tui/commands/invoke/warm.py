"""``lambda-tui invoke --warm``: invokes in the environments of a screen or ``serve`` that runs."""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import re
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import parse_headers
from typing import Any
from urllib.parse import quote, urlsplit

from lambda_tui import limits
from lambda_tui.apis.lambda_api import RunningServer, find_running
from lambda_tui.commands.errors import FAILURE, SIGNALLED, CommandError
from lambda_tui.commands.invoke.calls import Plan
from lambda_tui.commands.output import STANDARD_ERROR, OutputStream, unwritable
from lambda_tui.end_signals import EndSignals
from lambda_tui.project.function import Function, Project
from lambda_tui.terminal_text import one_line

_WITHOUT_EFFECT = {
    "sync": "--sync",
    "sandbox": "--sandbox",
    "credentials": "--credentials",
    "profile": "--profile",
    "region": "--region",
    "endpoint_url": "--endpoint-url",
}
"""Options of environments, by their names in the namespace: here they are there already."""
_FIGURES = {
    "duration_ms": ("Duration", "durationMs"),
    "billed_duration_ms": ("Billed Duration", "billedDurationMs"),
    "init_duration_ms": ("Init Duration", "initDurationMs"),
    "memory_size_mb": ("Memory Size", "memorySizeMB"),
    "max_memory_used_mb": ("Max Memory Used", "maxMemoryUsedMB"),
}
"""The figures of a REPORT: by the names of ``--output json``, those of its line and its record."""

_FLUSH_SECONDS = 1.0
"""For how long an interrupted command waits for somebody to read its last output."""


@dataclass(frozen=True, slots=True)
class _Result:
    """One invocation as the Lambda API has answered it."""

    request_id: str
    status: str
    """The word of the REPORT, such as ``timeout``; else ``throttled`` or ``queued``."""
    function_error: str | None
    payload: bytes
    log: str
    """The last 4 KB of it, as of every client."""


def run(project: Project, function: Function, plan: Plan, options: argparse.Namespace) -> int:
    """Invoke the function; return the exit status. Raises ``CommandError``."""
    for name, option in _WITHOUT_EFFECT.items():
        if getattr(options, name):
            raise CommandError(f"{option} is for new environments; leave out that or --warm.")
    if options.output == "events":
        raise CommandError("--output events is of new environments; leave out that or --warm.")
    server = find_running(project.directory)
    if server is None:
        raise CommandError(
            "no screen and no `lambda-tui serve` of this project is running; start one, or leave "
            "out --warm."
        )
    return asyncio.run(_run(server, function, plan, is_json=options.output == "json"))


async def _run(server: RunningServer, function: Function, plan: Plan, *, is_json: bool) -> int:
    return await _WarmRun(server, function, plan, is_json=is_json).run()


class _WarmRun:
    """The invocations of one command on a server, and what ends them early."""

    def __init__(
        self, server: RunningServer, function: Function, plan: Plan, *, is_json: bool
    ) -> None:
        self._server = server
        self._function = function
        self._plan = plan
        self._is_json = is_json
        self._started = 0
        self._tally: Counter[str] = Counter()
        self._signal = 0
        """The signal that ends the command early; SIGPIPE for an output that cannot be written."""
        self._output = OutputStream(partial(self._end_by, signal.SIGPIPE))
        self._calls: list[asyncio.Future[None]] = []

    async def run(self) -> int:
        """Invoke until the plan is carried out or a signal comes; return the exit status."""
        began = time.monotonic()
        with EndSignals(self._end_by):
            workers = range(min(self._plan.count, self._plan.concurrency))
            self._calls = [asyncio.ensure_future(self._call_in_turn()) for _ in workers]
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_EXCEPTION)
            errors = [one.exception() for one in self._calls if one.done() and not one.cancelled()]
            self._cancel()
            done = self._tally.total()
            if self._plan.count > 1 or self._signal:
                words = ", ".join(f"{count:,} {word}" for word, count in self._tally.most_common())
                number = f"{done:,} of {self._plan.count:,} invocations of {self._function.name}"
                self._say(f"{number} in {time.monotonic() - began:.1f} s: {words or 'none ended'}.")
            await self._flush()
        if self._output.failure is not None:
            raise unwritable(self._output.failure)
        if (error := next(filter(None, errors), None)) is not None:
            raise error
        if self._signal:
            return SIGNALLED + self._signal
        return 0 if done == self._tally["success"] + self._tally["queued"] else FAILURE

    async def _flush(self) -> None:
        """Wait until everything is written; after a signal for a moment only."""
        if not self._signal:
            self._calls = [asyncio.ensure_future(self._output.flush())]
            await asyncio.wait(self._calls)
        if self._signal != signal.SIGPIPE:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._output.flush(), _FLUSH_SECONDS)

    def _end_by(self, number: int) -> None:
        self._signal = self._signal or number
        self._cancel()

    def _cancel(self) -> None:
        for call in self._calls:
            call.cancel()

    async def _call_in_turn(self) -> None:
        while self._started < self._plan.count:
            self._started += 1
            result = await self._call()
            self._tally[result.status] += 1
            self._write(result)
            await self._output.drain()

    async def _call(self) -> _Result:
        """Invoke once; raise ``CommandError`` where the API refuses or cannot be reached."""
        address = urlsplit(self._server.address)
        try:
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            try:
                writer.write(self._request(address.netloc))
                await writer.drain()
                answer = await reader.read()
            finally:
                writer.close()
        except OSError as error:
            raise CommandError(
                f"{self._server.address} cannot be reached: {error.strerror or error}."
            ) from error
        if not answer:
            raise CommandError(f"{self._server.address} has ended before it answered.")
        return self._result(answer)

    def _request(self, host: str) -> bytes:
        plan = self._plan
        path = f"/2015-03-31/functions/{quote(self._function.name, safe='')}/invocations"
        if plan.qualifier is not None:
            path += f"?Qualifier={quote(plan.qualifier, safe='')}"
        headers = {
            "Host": host,
            "Connection": "close",
            "Content-Length": str(len(plan.payload)),
            "X-Amz-Invocation-Type": "Event" if plan.is_asynchronous else "RequestResponse",
        }
        if not plan.is_asynchronous:
            headers["X-Amz-Log-Type"] = "Tail"
        if plan.tenant_id is not None:
            headers["X-Amz-Tenant-Id"] = plan.tenant_id
        if plan.client_context is not None:
            context = base64.b64encode(plan.client_context.encode()).decode()
            headers["X-Amz-Client-Context"] = context
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + plan.payload

    def _result(self, answer: bytes) -> _Result:
        head, _, payload = answer.partition(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        code = int(line.split()[1])
        headers = parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
        log = base64.b64decode(headers.get("X-Amz-Log-Result", "")).decode("utf-8", "replace")
        error = headers.get("X-Amz-Function-Error")
        status = "success" if error is None else _figures(log).get("status", "error")
        if code == 429:
            status = "throttled"
        elif code == 202:
            status = "queued"
        elif code != 200:
            raise CommandError(f"the Lambda API refuses it: {_message(payload)}")
        return _Result(headers.get("x-amzn-RequestId", ""), status, error, payload, log)

    def _write(self, result: _Result) -> None:
        if self._is_json:
            self._output.put(json.dumps(self._fields(result), ensure_ascii=False) + "\n")
            return
        if len(result.log.encode()) >= limits.LOG_TAIL_BYTES:
            self._output.put("… the lines before are left out\n", STANDARD_ERROR)
        self._output.put(result.log, STANDARD_ERROR)
        if result.status == "queued":
            self._say(f"{result.request_id} is queued; the log of the one that runs tells of it.")
        else:
            self._output.put(f"{result.payload.decode('utf-8', 'replace')}\n")

    def _say(self, sentence: str) -> None:
        self._output.put(f"lambda-tui: {one_line(sentence)}\n", STANDARD_ERROR)

    def _fields(self, result: _Result) -> dict[str, Any]:
        figures = _figures(result.log)
        return {
            "request_id": result.request_id,
            "function": self._function.name,
            "status": result.status,
            "function_error": result.function_error,
            "payload": _json_value(result.payload),
            "cold_start": "init_duration_ms" in figures,
            **{name: figures.get(name) for name in _FIGURES},
            "log": result.log,
        }


def _figures(log: str) -> dict[str, Any]:
    """Return the figures of the REPORT in a log of either format, and its status."""
    for line in reversed(log.splitlines()):
        if line.startswith("REPORT "):
            fields = dict(one.split(": ", 1) for one in line.split("\t") if ": " in one)
            found: dict[str, Any] = {
                name: float(re.sub(r" \w+$", "", fields[label]))
                for name, (label, _) in _FIGURES.items()
                if label in fields
            }
            return {**found, "status": fields["Status"]} if "Status" in fields else found
        if '"platform.report"' in line and isinstance(_json_value(line.encode()), dict):
            record = _json_value(line.encode()).get("record", {})
            metrics = record.get("metrics", {})
            found = {name: metrics[key] for name, (_, key) in _FIGURES.items() if key in metrics}
            return {**found, "status": record.get("status", "success")}
    return {}


def _message(payload: bytes) -> str:
    value = _json_value(payload)
    if isinstance(value, dict):
        return str(value.get("message") or value.get("Message") or value)
    return str(value)


def _json_value(payload: bytes) -> Any:  # noqa: ANN401 - any JSON value
    text = payload.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
