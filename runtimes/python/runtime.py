"""The Python runtime's process: initialises the function and serves invocations.

Frames from the engine: ``invoke`` (payload: the event). Frames to the engine: ``ready``,
``init_error`` (payload: the error), ``response`` and ``error`` (payload: the result).
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import resource
import sys
import time
import types
from typing import Any

from ..frames import Channel, Message
from .context import LambdaContext
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
from .results import to_bytes as result_to_bytes
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


def main(channel: Channel, message: Message) -> int:
    """Runs until the engine goes or the function ends the process; its exit status."""
    try:
        return _Runtime(channel, message).run()
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
        self._trace = TraceVariable()
        self._told_peak_memory_kb = 0
        self._handler_name: str = message["handler"]
        _take_environment(message["environment"])
        self._request_id = self._prepare_process(message["task_root"], message["layers_root"])

    def _prepare_process(self, task_root: str, layers_root: str) -> RequestIdFilter:
        take_over_standard_streams()
        set_import_path(task_root, layers_root)
        _hide_own_modules()
        return configure_logging()

    def run(self) -> int:
        began = time.monotonic()
        try:
            handler = load_handler(self._handler_name)
        except Exception as error:
            return self._fail_init(error, began)
        self._channel.send({"kind": "ready", "function_init_at": began, "at": time.monotonic()})
        while True:
            frame = self._channel.receive()
            if frame is None:
                return 0
            self._serve(handler, frame.message, frame.payload)

    def _fail_init(self, error: Exception, began: float) -> int:
        payload = error_payload(error)
        logging.warning(_UNHANDLED_AT_INIT)
        _log_error(payload)
        answer: Message = {
            "kind": "init_error",
            "function_init_at": began,
            "error_type": payload["errorType"],
        }
        self._channel.send(answer, to_bytes(payload))
        return 1

    def _serve(self, handler: Handler, invocation: Message, event: bytes | bytearray) -> None:
        request_id = invocation["request_id"]
        self._request_id.request_id = request_id
        self._trace.set(invocation.get("trace_id"))
        answer: Message = {"kind": "response", "request_id": request_id}
        try:
            result = result_to_bytes(handler(_parse(event), LambdaContext(invocation)))
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


def _log_error(payload: ErrorPayload) -> None:
    is_json = logs_json()
    text = error_log_json(payload) if is_json else error_log_text(payload)
    write_record(text, logging.ERROR, is_json)


def _take_environment(variables: dict[str, str]) -> None:
    """Replaces every variable: the shell that lambda-tui was started from must not show."""
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()


def _hide_own_modules() -> None:
    """Leaves a fresh ``__main__`` and no trace of this package in ``sys.modules``."""
    for name in list(sys.modules):
        if name.split(".", maxsplit=1)[0] == _OWN_PACKAGE:
            del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    sys.argv = ["/var/runtime/bootstrap.py"]


def _parse(event: bytes | bytearray) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(event)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def _peak_memory_kb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform.startswith("linux") else peak // 1024
