"""The frames below a handler, which show in stacks, are named as those of AWS's own client.

A function sees them in the traceback of what ends its process, in ``traceback.print_stack()``,
``inspect.stack()``, ``faulthandler`` and warnings.
"""

from __future__ import annotations

import ctypes
import linecache
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any, Callable

_Function = Callable[..., Any]

SCRIPT_FILE = "/var/runtime/bootstrap.py"
_CLIENT = "/var/runtime/awslambdaric"
BOOTSTRAP_FILE = f"{_CLIENT}/bootstrap.py"


def name_frames_as_on_aws(main: _Function, run: _Function, handle: _Function) -> None:
    """Give the functions that are below a handler the files, names and lines of release 4.2.2.

    All others of this package, which can be above one of the function's, get the client's file. To
    be called once, by what the script of this process has called.
    """
    _align(main, f"{_CLIENT}/__main__.py", "main", 31, "status = run()")
    call = "_handle_event_request("
    _align(run, BOOTSTRAP_FILE, "run", 549, call)
    _align(handle, BOOTSTRAP_FILE, "handle_event_request", 178, "= request_handler(")
    package = __name__.rpartition(".")[0]
    for module in [sys.modules[name] for name in sys.modules if name.startswith(package)]:
        _move(module)
    frame: FrameType | None = sys._getframe()
    codes = []
    while frame is not None:
        codes.append(frame.f_code)
        frame = frame.f_back
    # The script's, which runs already: its module, and the function that this calls.
    _remember_lines(SCRIPT_FILE, 1, linecache.getlines(codes[-1].co_filename))
    for code in codes[-2:]:
        _set_file(code, SCRIPT_FILE)


def from_the_bottom(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback with the frames below the one in which the exception was caught."""
    frame = trace.tb_frame.f_back if trace is not None else None
    while frame is not None:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return trace


def _move(module: ModuleType) -> None:
    """Have the functions of a module appear behind what the client's file has already."""
    lines = linecache.getlines(module.__file__ or "")
    end = len(_text_of(BOOTSTRAP_FILE))
    _remember_lines(BOOTSTRAP_FILE, end + 1, lines)
    for function in _functions_of(module):
        code = function.__code__
        if code.co_filename == module.__file__:
            function.__code__ = _in_file(code, BOOTSTRAP_FILE, end)


def _align(function: _Function, file: str, name: str, line: int, call: str) -> None:
    """Have a function appear in another file, where the line with a call has this number."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename)
    first = code.co_firstlineno
    here = next((number for number in range(first, len(lines)) if call in lines[number - 1]), None)
    if here is None:
        return
    shift = line - here
    _remember_lines(file, first + shift, lines[first - 1 : here + 1])
    function.__code__ = _in_file(code, file, shift).replace(co_name=name)


def _remember_lines(file: str, first: int, lines: list[str]) -> None:
    """Have tracebacks show lines of a file that is not there."""
    text = _text_of(file)
    text += ["\n"] * (first - 1 + len(lines) - len(text))
    text[first - 1 : first - 1 + len(lines)] = lines


def _text_of(file: str) -> list[str]:
    entry: Any = linecache.cache.setdefault(file, (0, None, [], file))
    text: list[str] = entry[2]
    return text


def _functions_of(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        for one in vars(value).values() if isinstance(value, type) else (value,):
            found = getattr(one, "fget", None) or getattr(one, "__func__", one)
            if isinstance(found, FunctionType):
                yield found


def _in_file(code: CodeType, file: str, shift: int) -> CodeType:
    """Return code, and all that is defined in it, as that of other lines of another file."""
    inner = tuple(
        _in_file(one, file, shift) if isinstance(one, CodeType) else one for one in code.co_consts
    )
    first = code.co_firstlineno + shift
    return code.replace(co_filename=file, co_consts=inner, co_firstlineno=first)


def _set_file(code: CodeType, file: str) -> None:
    """Set the file of code that runs already, which Python itself lets nobody change."""
    count = code.__sizeof__() // ctypes.sizeof(ctypes.c_size_t)
    words = (ctypes.c_size_t * count).from_address(id(code))
    place = next((n for n, word in enumerate(words) if word == id(code.co_filename)), None)
    if place is not None:
        # The code takes over a reference.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(file))
        words[place] = id(file)
