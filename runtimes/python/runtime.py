"""The Python runtime's process: initialises the function and serves invocations.

Frames from the engine: ``invoke`` (payload: the event). Frames to the engine: ``ready``,
``init_error`` and ``restore_error`` (payload: the error), ``response`` and ``error`` (payload: the
result). Where a wrapper has changed the address of the Runtime API, the same goes by HTTP.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import logging
import os
import resource
import signal
import sys
import threading
import time
import types
from typing import Any, Callable

from .. import interpreter
from ..frames import Channel, Frame, Message
from . import client_package, snapshot_hooks
from .context import context_of
from .errors import (
    ErrorPayload,
    FaultError,
    encode_payload,
    error_log_json,
    error_log_text,
    error_payload,
)
from .event_memory import EventMemory
from .handler import Handler, load_handler, set_import_path
from .logs import (
    LambdaLoggerFilter,
    configure_logging,
    logs_json,
    take_over_standard_streams,
    write_record,
)
from .response import ResponseEncoder
from .runtime_api import RuntimeApi
from .trace_id import TraceVariable

Resume = Callable[[Channel, Message], int]
"""Serves as the runtime of a restored environment; returns the process's exit status."""
ServeRestores = Callable[[Channel, Resume], None]
"""Forks environments from an initialised runtime, in each of which it calls the ``Resume``."""

RESPONSE_BYTES = 6_291_556
"""Largest response that the Runtime API takes: 6 MiB and 100 bytes."""
# On AWS: two frames of a script, two of the client as it starts, one for an event, the handler.
_DEPTH_OF_A_HANDLER = 6
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


def main(
    channel: Channel | RuntimeApi, message: Message, serve_restores: ServeRestores | None = None
) -> int:
    """Serve until the engine goes or the function ends the process; return the exit status.

    ``message`` has the function's variables, handler and directories. With ``serve_restores`` the
    process becomes a snapshot once the function is initialised.
    """
    runtime = _ProxiedRuntime if isinstance(channel, RuntimeApi) else _Runtime
    return _run_to_exit_status(lambda: runtime(channel, message).run(serve_restores))


def _run_to_exit_status(run: Callable[[], int]) -> int:
    """Do as the interpreter does at its end, which a fork does not reach: it leaves by _exit."""
    interrupted = False
    try:
        status = run()
    except SystemExit as error:
        status = _exit_status(error)
    except BaseException as error:
        sys.excepthook(*sys.exc_info())
        interrupted = isinstance(error, KeyboardInterrupt)
        status = 1
    # It waits for the threads that are no daemons.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    if interrupted:
        # As a shell expects it of a program that was interrupted.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return status


def _exit_status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


class _Runtime:
    largest_result = RESPONSE_BYTES
    """Bytes of a result; the engine refuses a larger one, and needs its size only."""

    def __init__(self, channel: Channel | RuntimeApi, message: Message) -> None:
        self._channel = channel
        self._event_memory = EventMemory()
        self._encoder = ResponseEncoder()
        self._trace = TraceVariable()
        self._reported_peak_memory_kb = 0
        self._handler_name: str = message["handler"]
        self._variables: dict[str, str] = message["environment"]
        _replace_environment(self._variables)
        self._log_filter = self._prepare_process(message)

    def _prepare_process(self, message: Message) -> LambdaLoggerFilter:
        take_over_standard_streams()
        set_import_path(
            message["task_root"],
            message["layers_root"],
            message["sdk_root"],
            frozenset(message["hidden_modules"]),
        )
        snapshot_hooks.provide_package()
        # Once all of this package is imported, and before the first module of the function is.
        _hide_runtime()
        client_package.provide_package()
        return configure_logging()

    def run(self, serve_restores: ServeRestores | None) -> int:
        _allow_awss_depth()
        began = time.monotonic()
        try:
            handler = load_handler(self._handler_name)
        except Exception as error:
            logging.warning(_UNHANDLED_AT_INIT)
            return self._fail("init_error", error, began, "", 1)
        if serve_restores is not None:
            return self._become_snapshot(handler, serve_restores, began)
        return self._serve(handler, began)

    def _become_snapshot(
        self, handler: Handler, serve_restores: ServeRestores, began: float
    ) -> int:
        try:
            snapshot_hooks.run_before_snapshot()
        except BaseException as error:
            kind, status = (
                snapshot_hooks.BEFORE_SNAPSHOT_ERROR,
                snapshot_hooks.BEFORE_SNAPSHOT_STATUS,
            )
            return self._fail("init_error", error, began, kind, status)
        # Exclude existing objects from later collections: one in a restored fork would copy the
        # memory that it shares with the snapshot. Before the engine freezes this process.
        gc.freeze()
        self._send_ready(began, threads=_count_threads())
        assert isinstance(self._channel, Channel)
        serve_restores(
            self._channel,
            lambda channel, message: _run_to_exit_status(
                lambda: self._resume(handler, channel, message)
            ),
        )
        return 0

    def _resume(self, handler: Handler, channel: Channel, message: Message) -> int:
        """Serve in a restored environment."""
        began = time.monotonic()
        self._channel = channel
        _update_environment(self._variables, message["environment"])
        try:
            snapshot_hooks.run_after_restore()
        except BaseException as error:
            kind, status = snapshot_hooks.AFTER_RESTORE_ERROR, snapshot_hooks.AFTER_RESTORE_STATUS
            return self._fail("restore_error", error, began, kind, status)
        return self._serve(handler, began)

    def _serve(self, handler: Handler, began: float) -> int:
        """Serve invocations until the engine closes the channel."""
        self._send_ready(began)
        while True:
            frame = self._channel.receive()
            if frame is None:
                return 0
            self._serve_invocation(handler, frame)

    def _send_ready(self, began: float, **more: int) -> None:
        ready = {"kind": "ready", "function_init_at": began, "at": time.monotonic(), **more}
        self._channel.send(ready)

    def _fail(
        self, kind: str, error: BaseException, began: float, error_type: str, status: int
    ) -> int:
        """Log and send an error of Init or of a restore; return the exit status."""
        payload = error_payload(error)
        _log_error(payload)
        answer: Message = {
            "kind": kind,
            "function_init_at": began,
            "error_type": error_type or payload["errorType"],
        }
        self._channel.send(answer, encode_payload(payload))
        return status

    def _serve_invocation(self, handler: Handler, frame: Frame) -> None:
        invocation = frame.message
        request_id = invocation["request_id"]
        self._log_filter.request_id = request_id
        self._log_filter.tenant_id = invocation.get("tenant_id")
        self._trace.set(invocation.get("trace_id"))
        answer: Message = {"kind": "response", "request_id": request_id}
        payload = None
        try:
            returned = handler(self._parse(frame), context_of(invocation))
            result = self._encoder.to_bytes(returned)
            if result is returned:
                answer["is_binary"] = True
        except Exception as error:
            payload = error_payload(error, request_id)
        if payload is not None:
            # Outside: an error in it has nothing to do with the handler's.
            _log_error(payload)
            result = encode_payload(payload)
            answer["kind"] = "error"
            answer["error_type"] = payload["errorType"]
        peak_memory_kb = _peak_memory_kb()
        if peak_memory_kb > self._reported_peak_memory_kb:
            answer["peak_memory_kb"] = self._reported_peak_memory_kb = peak_memory_kb
        if len(result) > self.largest_result:
            answer["response_size"] = len(result)
            result = b""
        self._channel.send(answer, result)

    def _parse(self, frame: Frame) -> Any:  # noqa: ANN401 - any JSON value
        try:
            return json.loads(self._event_memory.event_of(frame))
        except (OSError, ValueError) as error:
            raise FaultError(
                "Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"
            ) from None


class _ProxiedRuntime(_Runtime):
    """The runtime behind a proxy, which may want to see every result."""

    largest_result = sys.maxsize

    def _parse(self, frame: Frame) -> Any:  # noqa: ANN401 - any JSON value, or bytes
        """Return the event; as AWS's runtime, do not decode what is declared to be no JSON."""
        content_type = frame.message.get("content_type", "application/json")
        return super()._parse(frame) if content_type == "application/json" else frame.payload


def _log_error(payload: ErrorPayload) -> None:
    is_json = logs_json()
    text = error_log_json(payload) if is_json else error_log_text(payload)
    write_record(text, logging.ERROR, is_json)


def _replace_environment(variables: dict[str, str]) -> None:
    """Replace every variable: those of the shell that started lambda-tui must not show."""
    os.environ.clear()
    os.environ.update(variables)
    # The C library has read TZ already, from the environment of before.
    time.tzset()


def _update_environment(before: dict[str, str], now: dict[str, str]) -> None:
    """Set the variables that differ from the snapshot's, and leave those that the function set."""
    changed = {name: value for name, value in now.items() if before.get(name) != value}
    os.environ.update(changed)
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None and "TMPDIR" in changed:
        # The module reads the variable once, and keeps the directory.
        vars(tempfile)["tempdir"] = None


def _allow_awss_depth() -> None:
    """Let a handler recurse as deep as on AWS, where it begins with fewer frames below it."""
    depth = 0
    frame: types.FrameType | None = sys._getframe()
    while frame is not None:
        depth += 1
        frame = frame.f_back
    # This function is two less than a handler.
    sys.setrecursionlimit(sys.getrecursionlimit() + depth + 2 - _DEPTH_OF_A_HANDLER)


def _count_threads() -> int:
    """Return the number of this process's threads; of Python's alone where only those are known."""
    if sys.platform.startswith("linux"):
        return len(os.listdir("/proc/self/task"))
    return threading.active_count()


def _hide_runtime() -> None:
    """Leave only those modules loaded that AWS's runtime has, and a fresh ``__main__``."""
    interpreter.present_as_on_aws()
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = ["/var/runtime/bootstrap.py"]


def _peak_memory_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform.startswith("linux") else peak // 1024
