"""The same handlers under AWS's own client for Python and under the runtime here, side by side.

Both run in the engine, the client over the Runtime API. What differs is listed with its reason.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Function, Project
from support.files import ROOT
from support.workbench import TIMEOUT, Open, Workbench

RUNTIME = f"python3.{sys.version_info[1]}"
# As AWS's own script starts the client.
SCRIPT = """
import sys
sys.path[:0] = [{task_root!r}]
import awslambdaric.__main__
def main():
    awslambdaric.__main__.main(["", sys.argv[1]])
if __name__ == "__main__":
    main()
"""
HANDLER = """
import faulthandler, inspect, warnings
import asyncio, collections, decimal, enum, io, json, logging, os, pickle, signal, sys, threading
import time, traceback

Point = collections.namedtuple("Point", "x y")

class Row:
    def _asdict(self):
        return {"id": 1}

class Colour(str, enum.Enum):
    RED = "red"

def raises(error):
    raise error

def depth(frame):
    return 0 if frame is None else 1 + depth(frame.f_back)

def recursion(levels=0):
    try:
        return recursion(levels + 1)
    except RecursionError:
        return levels

class Unspeakable(Exception):
    def __str__(self):
        raise LookupError("no text")

async def never_awaited():
    pass

def hook(kind, error, trace):
    traceback.print_exception(kind, error, trace)

def end_badly():
    raise LookupError("at the end")

def handler(event, context):
    return eval(event)
"""

EVALUATED: dict[str, str] = {
    "a named tuple": "Point(1, Point(2, 3))",
    "a row": "[Row(), {'row': Row()}]",
    "bytes inside": "{'b': b'raw', b'key': 1}",
    "bytes that are no UTF-8": "{'b': b'\\xff'}",
    "a decimal": "[decimal.Decimal('1.10'), decimal.Decimal('NaN'), decimal.Decimal('Infinity')]",
    "not a number": "[float('nan'), float('inf')]",
    "an enumeration": "[Colour.RED, {Colour.RED: 1}]",
    "other letters": "'na\\u00efve \\U0001d11e \\u2028'",
    "keys of all kinds": "{1: 1, 1.5: 2, None: 3, True: 4}",
    "a key that is none": "{(1, 2): 3}",
    "a set": "{1, 2}",
    "a circle": "(lambda loop: loop.append(loop) or loop)([])",
    "raw bytes": "b'\\x00raw'",
    "a surrogate": "'\\udcff'",
    "an error": "raises(LookupError('nothing there'))",
    "an error in other letters": "raises(LookupError('na\\u00efve'))",
    "an error without text": "raises(KeyError())",
    "an error with a surrogate": "raises(LookupError('\\udcff'))",
    "an error without an event of its own": "1 / 0",
    "a group of errors": "raises(LookupError('a') if sys.version_info < (3, 11) else "
    "ExceptionGroup('several', [LookupError('a')]))",
    "a warning": "logging.warning('two\\nlines')",
    "a log call that fails": "logging.error('order %d', 'x')",
    "a dict that is logged": "logging.warning({'a': 1})",
    "an error that is logged": "[1][2:] or logging.exception('none')",
    "a print": "print('a', 'b', sep='\\n')",
    "a print to the error stream": "print('a', file=sys.stderr)",
    "context.log": "context.log('a') or context.log('b\\nc') or print('d')",
    "the context": "repr(context).replace(context.log_stream_name, 'stream')",
    "the name of the context": "[type(context).__name__, type(context).__module__]",
    "the context pickled": "pickle.loads(pickle.dumps(context)).aws_request_id",
    "the class of the context": "isinstance(context, __import__('awslambdaric.lambda_context')"
    ".lambda_context.LambdaContext)",
    "trace context": "context.w3c()",
    "attributes of the context": "sorted(name for name in vars(context))",
    "the release of the client": "__import__('awslambdaric').__version__",
    "the kind of the streams": "[type(sys.stdout).__name__, type(sys.stdout).__module__, "
    "type(sys.stderr).__name__, type(sys.__stdout__).__name__, sys.stdout.name, sys.stdout.mode, "
    "sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.line_buffering, sys.stderr.name, "
    "sys.stderr.errors, sys.stderr.line_buffering, sys.stdin.name, sys.stdin.mode, "
    "isinstance(sys.stdout, io.TextIOBase), sys.stdout.buffer.raw.name]",
    "what a write returns": "[sys.stdout.write('a\\n'), print('b', end='')]",
    # All but the mode that is on where a locale is not installed.
    "the flags": "{name: getattr(sys.flags, name) for name in dir(sys.flags) "
    "if not name.startswith(('_', 'n_', 'count', 'index', 'utf8_mode'))}",
    "the path hooks": "[getattr(hook, '__name__', '') for hook in sys.path_hooks]",
    "the depth": "depth(sys._getframe())",
    "recursion": "recursion()",
    "the root logger": "[logging.root.level, [type(one).__name__ for one in logging.root.handlers],"
    " [type(one).__name__ for handler in logging.root.handlers for one in handler.filters]]",
    "the finders": "[getattr(one, '__name__', '') for one in sys.meta_path]",
    "frozen objects": "__import__('gc').get_freeze_count()",
    "what is not written": "sys.dont_write_bytecode",
    "threads": "[thread.name for thread in threading.enumerate()]",
    "signals": "[str(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]"
    "[0].split(' at ')[0]",
    "an interruption": "raises(KeyboardInterrupt())",
    "a signal": "os.kill(os.getpid(), signal.SIGINT) or time.sleep(5)",
    "an exit": "sys.exit()",
    "an exit with a number": "sys.exit(3)",
    "an exit with words": "sys.exit('so it ends')",
    "an exit with a thread alive": "threading.Thread(target=lambda: (time.sleep(0.3), "
    "print('the thread ends'))).start() or sys.exit(4)",
    "an exit past everything": "os._exit(5)",
    "an exit with something to flush": "sys.__stdout__.write('flushed') and None or sys.exit(6)",
    "an exit of a generator": "raises(GeneratorExit())",
    "an end by a signal": "os.kill(os.getpid(), signal.SIGTERM) or time.sleep(5)",
    "another program": "os.execv('/bin/sh', ['sh', '-c', 'sleep 0.2; exit 7'])",
    "another program that succeeds": "os.execv('/bin/true', ['true'])",
    "another program that is killed": "os.execv('/bin/sh', ['sh', '-c', 'kill -9 $$'])",
    "an uncallable": "(3)(event)",
}

KNOWN = {
    "the finders": "snapshot_restore_py is no file here: a finder of its own makes it",
    "frozen objects": "those that all environments share: a collection would copy their memory",
    "what is not written": "the code is the user's own folder where there is no sandbox",
}
"""Reasons for what differs."""

_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?Z?")
# The client is a program of the function's own, and runs on the interpreter where it stands.
_LIBRARY = re.compile(re.escape(sysconfig.get_path("stdlib")) + "/")
_OF_THE_CLIENT = re.compile(r'[^" ]*/awslambdaric/bootstrap\.py(\\?"), line \d+')


def masked(text: str) -> str:
    text = _LIBRARY.sub(f"/var/lang/lib/{RUNTIME}/", text)
    text = _OF_THE_CLIENT.sub(r"<bootstrap>\1", text)
    text = _REQUEST_ID.sub("<id>", _TIME.sub("<time>", text))
    return re.sub("(function:|function_name=|/lambda/)client", r"\1ours", text)


@pytest.fixture
async def side_by_side(open_project: Open, tmp_path: Path) -> Workbench:
    """Start the engine on one function twice: here, and under AWS's client."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "app.py").write_text(HANDLER)
    (code / "bootstrap.py").write_text(SCRIPT.format(task_root="/var/task"))
    settings: dict[str, Any] = {
        "handler": "app.handler",
        "code_directory": code,
        "runtime": RUNTIME,
        "timeout": TIMEOUT,
        "memory_size": 512,
    }
    ours = Function("ours", **settings)
    client = Function("client", bootstrap=(sys.executable, "/var/task/bootstrap.py"), **settings)
    return await open_project(Project(code, (ours, client)), python=Path(sys.executable))


BROKEN = {
    "an import that fails": "import nothing_of_this_name",
    "a syntax error": "def handler(:\n    pass",
    "an error": "1 / 0",
    "an error further down": "def fail():\n    raise LookupError('na\u00efve')\nfail()",
    "no handler": "x = 1",
    "an exit": "import sys\nsys.exit(3)",
    "an interruption": "raise KeyboardInterrupt",
    "an end past everything": "import os\nos._exit(4)",
    "a log call that fails": "import logging\nlogging.error('%d', 'x')",
}
HANDLERS = {"no module": "nowhere.handler", "no dot": "handler", "a built-in": "sys.exit"}


@pytest.mark.parametrize("level", ["namespaces"])
async def test_modules_that_fail_end_as_they_do_under_awss_client(
    open_project: Open, tmp_path: Path
) -> None:
    functions = []
    for number, source in enumerate(BROKEN.values()):
        (tmp_path / f"app{number}.py").write_text(source)
    (tmp_path / "bootstrap.py").write_text(SCRIPT.format(task_root="/var/task"))
    handlers = {name: f"app{number}.handler" for number, name in enumerate(BROKEN)} | HANDLERS
    for number, handler in enumerate(handlers.values()):
        settings: dict[str, Any] = {
            "handler": handler,
            "code_directory": tmp_path,
            "runtime": RUNTIME,
            "timeout": TIMEOUT,
            "memory_size": 512,
        }
        program = (sys.executable, "/var/task/bootstrap.py")
        functions += [
            Function(f"ours-{number}", **settings),
            Function(f"client-{number}", bootstrap=program, **settings),
        ]
    workbench = await open_project(Project(tmp_path, tuple(functions)), python=Path(sys.executable))
    differ = {}
    for number, name in enumerate(handlers):
        ours = await outcome(workbench, f"ours-{number}", "None")
        awss = await outcome(workbench, f"client-{number}", "None")
        if ours != awss:
            differ[name] = (ours, awss)

    assert differ == {}


async def outcome(workbench: Workbench, name: str, expression: str) -> Any:
    before = len(workbench.events)
    invocation = await workbench.invoke(expression, workbench.engine.pools[name])
    logged = [
        masked(event.record.message).splitlines()
        for event in workbench.events[before:]
        if isinstance(event.record, events.FunctionLog)
    ]
    # A traceback that ends the process names the files of the one or the other.
    shown = [lines for lines in logged if not "".join(lines).startswith(("  ", "Traceback"))]
    response = invocation.response or b""
    return invocation.function_error, masked(response.decode(errors="replace")), shown


@pytest.mark.parametrize("level", ["namespaces"])
async def test_handlers_end_as_they_do_under_awss_client(side_by_side: Workbench) -> None:
    differ = {}
    for name, expression in EVALUATED.items():
        ours = await outcome(side_by_side, "ours", expression)
        awss = await outcome(side_by_side, "client", expression)
        if ours != awss:
            differ[name] = (ours, awss)

    assert {name: pair for name, pair in differ.items() if name not in KNOWN} == {}
    assert set(differ) == set(KNOWN), "a difference that has gone is no longer known"


STACKS: dict[str, str] = {
    "an interruption": "raises(KeyboardInterrupt())",
    "an error that is no exception": "raises(type('Odd', (BaseException,), {})('odd'))",
    "a hook of the function's own": "setattr(sys, 'excepthook', hook) "
    "or raises(KeyboardInterrupt())",
    "a coroutine that is never awaited": "never_awaited()",
    "a printed stack": "traceback.print_stack()",
    "a formatted stack": "print(*traceback.format_stack())",
    "a logged stack": "logging.warning('here', stack_info=True)",
    "an inspected stack": 'print(*[f\'File "{one.filename}", line {one.lineno}, in '
    "{one.function}' for one in inspect.stack()], sep='\\n')",
    "a dump": "faulthandler.dump_traceback(file=sys.__stderr__)",
    "a dump as it dies": "faulthandler.enable(sys.__stderr__) or os.kill(os.getpid(), 11)",
    "a warning about the caller's caller": "warnings.warn('careful', stacklevel=3)",
    "a warning about the script": "warnings.warn('careful', stacklevel=9)",
    "a thread's error": "threading.Thread(target=raises, args=(LookupError('t'),)).start()",
    "an error at the end": "__import__('atexit').register(end_badly) and sys.exit(3)",
    "a recursion without end": "recursion() and raises(KeyboardInterrupt())",
}
_FRAME = re.compile(r'File "([^"]+)", line (\d+),? in (\S+)|^(/\S+):(\d+): \w*Warning', re.M)
_CLIENT = re.compile(r".*/awslambdaric/")
_SCRIPT = "/var/runtime/bootstrap.py"


def frames_in(log: str) -> list[tuple[str, ...]]:
    """Return the files, lines and functions that a log names."""
    found: list[tuple[str, ...]] = []
    for file, line, name, warned, warned_line in _FRAME.findall(log):
        place = _CLIENT.sub("/var/runtime/awslambdaric/", masked_library(file or warned))
        # AWS's own script is not at hand.
        place = place.replace("/var/task/bootstrap.py", _SCRIPT)
        found.append((place, "" if place == _SCRIPT else line or warned_line, name))
    return found


def masked_library(text: str) -> str:
    return _LIBRARY.sub(f"/var/lang/lib/{RUNTIME}/", text)


async def log_of(workbench: Workbench, name: str, expression: str) -> str:
    before = len(workbench.events)
    await workbench.invoke(expression, workbench.engine.pools[name])
    await workbench.until_settled(workbench.engine.pools[name])
    logs = [event.record for event in workbench.events[before:]]
    return "\n".join(one.message for one in logs if isinstance(one, events.FunctionLog))


@pytest.mark.parametrize("level", ["namespaces"])
async def test_stacks_show_the_frames_of_awss_client(side_by_side: Workbench) -> None:
    differ = {}
    for name, expression in STACKS.items():
        ours = await log_of(side_by_side, "ours", expression)
        awss = await log_of(side_by_side, "client", expression)
        if frames_in(ours) != frames_in(awss):
            differ[name] = (ours, awss)

    assert differ == {}


@pytest.mark.parametrize("level", ["namespaces", "processes"])
@pytest.mark.parametrize("options", [{}, {"PYTHONHASHSEED": "1"}], ids=["forked", "executed"])
async def test_no_stack_shows_a_file_of_ours(
    open_project: Open, tmp_path: Path, options: dict[str, str]
) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    function = Function("ours", "app.handler", tmp_path, environment=options, timeout=TIMEOUT)
    workbench = await open_project(Project(tmp_path, (function,)))
    expressions = [*STACKS.values(), *EVALUATED.values(), "raises(Unspeakable())"]
    logs = [await log_of(workbench, "ours", expression) for expression in expressions]

    shown = [log for log in logs if str(ROOT) in log or "lambda_tui" in log or "runtimes/" in log]
    assert shown == []
    assert sum("/var/runtime/awslambdaric/bootstrap.py" in log for log in logs) > len(STACKS) // 2
