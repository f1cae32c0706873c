"""The Python runtime's process: initialises the function and serves invocations.

Frames from the engine: ``invoke`` (payload: the event). Frames to the engine: ``init_profile``
(payload: the imports), ``ready``, ``init_error`` and ``restore_error`` (payload: the error),
``response`` and ``error`` (payload: the result). Where a wrapper has changed the address of the
Runtime API, the same goes by HTTP.
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
from functools import partial
from typing import Any, Callable

from .. import interpreter
from ..frames import Channel, Frame, Message
from ..processes import Step
from . import client_package, paths, snapshot_hooks
from .client_frames import SCRIPT_FILE, from_the_bottom, name_frames_as_on_aws
from .context import context_of
from .errors import (
    ErrorPayload,
    FaultError,
    encode_payload,
    error_log_json,
    error_log_text,
    error_payload,
)
from .event_loops import EventLoops
from .event_memory import EventMemory
from .handler import Handler, load_handler, set_import_path
from .import_times import ImportTimes
from .logs import (
    LambdaLoggerFilter,
    configure_logging,
    logs_json,
    take_over_standard_streams,
    write_record,
)
from .response import ResponseEncoder
from .runtime_api import RuntimeApi
from .storage import Storage
from .trace_id import TraceVariable

Resume = Callable[[Channel, Message], Step]
"""Returns what the runtime of a restored environment has to do."""
ServeRestores = Callable[[Channel, Resume], Step]
"""Forks environments from an initialised runtime, and returns in the init process of each."""

RESPONSE_BYTES = 6_291_556
"""Largest response that the Runtime API takes: 6 MiB and 100 bytes."""
_LONGEST_PATH = 256
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
) -> Step:
    """Prepare the process for a function; return what serves until the function ends the process.

    ``message`` has the function's variables, handler and directories. With ``serve_restores`` the
    process becomes a snapshot once the function is initialised.
    """
    kind = _ProxiedRuntime if isinstance(channel, RuntimeApi) else _Runtime
    runtime = kind(channel, message)
    return partial(_run_to_exit_status, partial(runtime.run, serve_restores))


def name_frames() -> None:
    """Name the frames below a handler as AWS's client does; to be called once."""
    name_frames_as_on_aws(_run_to_exit_status, _Runtime.run, _Runtime._handle_event_request)


def _run_to_exit_status(run: Callable[[], int | Step]) -> int | Step:
    """Do as the interpreter does at its end, which a fork does not reach: it leaves by _exit."""
    interrupted = False
    try:
        status = run()
        if callable(status):
            # In a process that was forked from a snapshot: this one goes on elsewhere.
            return status
    except SystemExit as error:
        status = _exit_status(error)
    except BaseException as error:
        sys.excepthook(type(error), error, from_the_bottom(error.__traceback__))
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
        self._paths: paths.Paths | None = None
        self._event_loops: EventLoops | None = None
        self._handler_name: str = message["handler"]
        self._import_times = ImportTimes() if message.get("profiles_init") else None
        self._variables: dict[str, str] = message["environment"]
        _replace_environment(self._variables)
        self._log_filter = self._prepare_process(message)

    def _prepare_process(self, message: Message) -> LambdaLoggerFilter:
        take_over_standard_streams()
        set_import_path(
            message["task_root"],
            message.get("packages_root", ""),
            message["layers_root"],
            message["sdk_root"],
            frozenset(message["hidden_modules"]),
        )
        snapshot_hooks.provide_package()
        # Once all of this package is imported, and before the first module of the function is.
        _hide_runtime()
        client_package.provide_package()
        storage = self._variables.get("TMPDIR")
        if message["task_root"] != paths.TASK_ROOT and storage is not None:
            roots = {
                paths.TASK_ROOT: message["task_root"],
                paths.LAYERS_ROOT: message["layers_root"],
                paths.SDK_ROOT: message["sdk_root"],
            }
            self._paths = paths.Paths(roots, dict(message["mounts"]), storage)
            Storage(self._paths, message["ephemeral_storage_mb"]).limit()
            paths.install(self._paths)
        return configure_logging()

    def run(self, serve_restores: ServeRestores | None) -> int | Step:
        """Initialise the function, and serve invocations until the engine closes the channel."""
        began = time.monotonic()
        if self._import_times is not None:
            self._import_times.start()
        try:
            try:
                handler = load_handler(self._handler_name)
            finally:
                # Also where the function ends its process by an exception.
                self._send_import_times()
        except Exception as error:
            logging.warning(_UNHANDLED_AT_INIT)
            return self._fail("init_error", error, began, "", 1)
        if serve_restores is not None:
            return self._become_snapshot(handler, serve_restores, began)
        self._send_ready(began)
        while (frame := self._channel.receive()) is not None:
            self._channel.send(*self._handle_event_request(handler, frame))
        return 0

    def _become_snapshot(
        self, handler: Handler, serve_restores: ServeRestores, began: float
    ) -> int | Step:
        try:
            snapshot_hooks.run_before_snapshot()
        except BaseException as error:
            kind, status = (
                snapshot_hooks.BEFORE_SNAPSHOT_ERROR,
                snapshot_hooks.BEFORE_SNAPSHOT_STATUS,
            )
            return self._fail("init_error", error, began, kind, status)
        if self._paths is not None:
            # Init processes of restored environments are forked from this process.
            self._paths.stop()
        if not sys.platform.startswith("linux"):
            self._event_loops = EventLoops()
        # Exclude existing objects from later collections: one in a restored fork would copy the
        # memory that it shares with the snapshot. Before the engine freezes this process.
        gc.freeze()
        self._send_ready(began, threads=_count_threads())
        assert isinstance(self._channel, Channel)

        def resume(channel: Channel, message: Message) -> Step:
            return partial(
                _run_to_exit_status, partial(self.run_restored, handler, channel, message)
            )

        return serve_restores(self._channel, resume)

    def run_restored(self, handler: Handler, channel: Channel, message: Message) -> int:
        """Do as ``run`` does, in a restored environment."""
        began = time.monotonic()
        self._channel = channel
        _update_environment(self._variables, message["environment"])
        if self._paths is not None:
            self._paths.move_storage(message["environment"]["TMPDIR"])
        if self._event_loops is not None:
            self._event_loops.renew()
        try:
            snapshot_hooks.run_after_restore()
        except BaseException as error:
            kind, status = snapshot_hooks.AFTER_RESTORE_ERROR, snapshot_hooks.AFTER_RESTORE_STATUS
            return self._fail("restore_error", error, began, kind, status)
        self._send_ready(began)
        while (frame := self._channel.receive()) is not None:
            self._channel.send(*self._handle_event_request(handler, frame))
        return 0

    def _send_import_times(self) -> None:
        """Send what the engine has asked for, and time no more imports."""
        times, self._import_times = self._import_times, None
        if times is not None:
            self._channel.send({"kind": "init_profile"}, times.stop())

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

    def _handle_event_request(
        self, request_handler: Handler, frame: Frame
    ) -> tuple[Message, bytes]:
        """Return the answer to an invocation, to be sent when nothing is left of the handler's."""
        invocation = frame.message
        request_id = invocation["request_id"]
        self._log_filter.request_id = request_id
        self._log_filter.tenant_id = invocation.get("tenant_id")
        self._trace.set(invocation.get("trace_id"))
        answer: Message = {"kind": "response", "request_id": request_id}
        payload = None
        try:
            event, lambda_context = self._parse(frame), context_of(invocation)
            response = request_handler(event, lambda_context)
            result = self._encoder.to_bytes(response)
            if result is response:
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
        if self._paths is not None and self._paths.machine_path:
            answer["machine_path"] = self._paths.machine_path[:_LONGEST_PATH]
            self._paths.machine_path = ""
        if len(result) > self.largest_result:
            answer["response_size"] = len(result)
            result = b""
        return answer, result

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


def _count_threads() -> int:
    """Return the number of this process's threads; of Python's alone where only those are known."""
    if sys.platform.startswith("linux"):
        return len(os.listdir("/proc/self/task"))
    return threading.active_count()


def _hide_runtime() -> None:
    """Leave only those modules loaded that AWS's runtime has, and a fresh ``__main__``."""
    interpreter.present_as_on_aws()
    main_module = sys.modules["__main__"] = types.ModuleType("__main__")
    main_module.__file__ = SCRIPT_FILE
    sys.argv = [SCRIPT_FILE]


def _peak_memory_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform.startswith("linux") else peak // 1024
