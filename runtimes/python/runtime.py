"""The Python runtime's process: initialises the function and serves invocations.

Frames from the engine: ``invoke`` (payload: the event). Frames to the engine: ``ready``,
``init_error`` and ``restore_error`` (payload: the error), ``response`` and ``error`` (payload: the
result).
"""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import resource
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, Protocol

from ..frames import Channel, Frame, Message
from . import hooks, included
from .context import LambdaContext
from .event_memory import EventMemory
from .faults import (
    ErrorPayload,
    Fault,
    error_log_json,
    error_log_text,
    error_payload,
    to_bytes,
)
from .importing import Handler, load_handler, set_import_path
from .logs import (
    RequestIdFilter,
    configure_logging,
    logs_json,
    take_over_standard_streams,
    write_record,
)
from .results import ResultEncoder
from .trace import TraceVariable

MAXIMUM_RESPONSE = 6_291_556
"""Bytes that the Runtime API takes: 6 MiB and 100."""
_OWN_PACKAGE = (__package__ or "").split(".", maxsplit=1)[0]
_UNHANDLED_AT_INIT = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the "
    "runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html\r"
)


class Restores(Protocol):
    """Who forks environments from an initialised runtime."""

    def serve(self, channel: Channel, resume: Callable[[Channel, Message], int]) -> None:
        """Does so until the engine goes; ``resume`` serves in each of them."""


def main(channel: Channel, message: Message, restores: Restores | None = None) -> int:
    """Runs until the engine goes or the function ends the process; its exit status.

    With ``restores`` it is a snapshot once the function is initialised.
    """
    return _with_pythons_own_end(lambda: _Runtime(channel, message).run(restores))


def _with_pythons_own_end(run: Callable[[], int]) -> int:
    try:
        return run()
    except SystemExit as error:
        return _exit_status(error)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        atexit._run_exitfuncs()


def _exit_status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


class _Runtime:
    def __init__(self, channel: Channel, message: Message) -> None:
        self._channel = channel
        self._event_memory = EventMemory()
        self._results = ResultEncoder()
        self._trace = TraceVariable()
        self._told_peak_memory_kb = 0
        self._handler_name: str = message["handler"]
        self._environment: dict[str, str] = message["environment"]
        _take_environment(self._environment)
        self._request_id = self._prepare_process(message["task_root"], message["layers_root"])

    def _prepare_process(self, task_root: str, layers_root: str) -> RequestIdFilter:
        take_over_standard_streams()
        set_import_path(task_root, layers_root)
        included.include()
        _hide_own_modules()
        return configure_logging()

    def run(self, restores: Restores | None) -> int:
        began = time.monotonic()
        try:
            handler = load_handler(self._handler_name)
        except Exception as error:
            logging.warning(_UNHANDLED_AT_INIT)
            return self._fail("init_error", error, began, "", 1)
        if restores is not None:
            return self._be_snapshot(handler, restores, began)
        return self._serve_all(handler, began)

    def _be_snapshot(self, handler: Handler, restores: Restores, began: float) -> int:
        try:
            hooks.run_before_snapshot()
        except BaseException as error:
            kind, status = hooks.BEFORE_SNAPSHOT_ERROR, hooks.BEFORE_SNAPSHOT_STATUS
            return self._fail("init_error", error, began, kind, status)
        # It is not to be gone through by every collection in every fork.
        gc.freeze()
        self._tell_ready(began, threads=_count_threads())
        restores.serve(
            self._channel,
            lambda channel, message: _with_pythons_own_end(
                lambda: self._take_up(handler, channel, message)
            ),
        )
        return 0

    def _take_up(self, handler: Handler, channel: Channel, message: Message) -> int:
        """Goes on in a restored environment."""
        began = time.monotonic()
        self._channel = channel
        _change_environment(self._environment, message["environment"])
        try:
            hooks.run_after_restore()
        except BaseException as error:
            kind, status = hooks.AFTER_RESTORE_ERROR, hooks.AFTER_RESTORE_STATUS
            return self._fail("restore_error", error, began, kind, status)
        return self._serve_all(handler, began)

    def _serve_all(self, handler: Handler, began: float) -> int:
        self._tell_ready(began)
        while True:
            frame = self._channel.receive()
            if frame is None:
                return 0
            self._serve(handler, frame)

    def _tell_ready(self, began: float, **more: int) -> None:
        ready = {"kind": "ready", "function_init_at": began, "at": time.monotonic(), **more}
        self._channel.send(ready)

    def _fail(
        self, kind: str, error: BaseException, began: float, error_type: str, status: int
    ) -> int:
        payload = error_payload(error)
        _log_error(payload)
        answer: Message = {
            "kind": kind,
            "function_init_at": began,
            "error_type": error_type or payload["errorType"],
        }
        self._channel.send(answer, to_bytes(payload))
        return status

    def _serve(self, handler: Handler, frame: Frame) -> None:
        invocation = frame.message
        request_id = invocation["request_id"]
        self._request_id.request_id = request_id
        self._trace.set(invocation.get("trace_id"))
        answer: Message = {"kind": "response", "request_id": request_id}
        try:
            result = self._results.to_bytes(handler(self._parse(frame), LambdaContext(invocation)))
        except Exception as error:
            payload = error_payload(error, request_id)
            _log_error(payload)
            result = to_bytes(payload)
            answer["kind"] = "error"
            answer["error_type"] = payload["errorType"]
        peak_memory_kb = _peak_memory_kb()
        if peak_memory_kb > self._told_peak_memory_kb:
            answer["peak_memory_kb"] = self._told_peak_memory_kb = peak_memory_kb
        if len(result) > MAXIMUM_RESPONSE:
            # Only its size is of use.
            answer["response_size"] = len(result)
            result = b""
        self._channel.send(answer, result)

    def _parse(self, frame: Frame) -> Any:  # noqa: ANN401 - any JSON value
        try:
            return json.loads(self._event_memory.event_of(frame))
        except (OSError, ValueError) as error:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def _log_error(payload: ErrorPayload) -> None:
    is_json = logs_json()
    text = error_log_json(payload) if is_json else error_log_text(payload)
    write_record(text, logging.ERROR, is_json)


def _take_environment(variables: dict[str, str]) -> None:
    """Replaces every variable: the shell that lambda-tui was started from must not show."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()


def _change_environment(before: dict[str, str], now: dict[str, str]) -> None:
    """Takes the variables that are others than those of the snapshot; the function's own stay."""
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    os.environ.update(changed)
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None and "TMPDIR" in changed:
        # It looks there once, and remembers.
        vars(tempfile)["tempdir"] = None


def _count_threads() -> int:
    """Of this process; those of Python where the machine does not tell."""
    if sys.platform.startswith("linux"):
        return len(os.listdir("/proc/self/task"))
    return threading.active_count()


def _hide_own_modules() -> None:
    """Leaves a fresh ``__main__`` and no trace of this package in ``sys.modules``."""
    for name in list(sys.modules):
        if name.split(".", maxsplit=1)[0] == _OWN_PACKAGE:
            del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = ["/var/runtime/bootstrap.py"]


def _peak_memory_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform.startswith("linux") else peak // 1024
