"""The record of what Init has spent its time on: exact, bounded, and unseen by the function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.engine.environment.init_phase import MOST_MODULES, imported_modules
from lambda_tui.engine.events import (
    Event,
    FunctionLog,
    ImportedModule,
    InitProfile,
    InitReport,
    log_text,
    logs,
    telemetry,
)
from support.extensions import RECORDER, project
from support.workbench import Open, Workbench, response_of

APP = """
import json
import slow
try:
    import not_there
except ImportError:
    pass
import package.inner


def late():
    import later


late()


def lambda_handler(event, context):
    return event
"""
FILES = {
    "slow.py": "import time, below\ntime.sleep(0.03)\n",
    "below.py": "import time\ntime.sleep(0.02)\n",
    "later.py": "import time\ntime.sleep(0.01)\n",
    "package/__init__.py": "import time\ntime.sleep(0.01)\n",
    "package/inner.py": "import time\ntime.sleep(0.01)\n",
}
EXECUTED = {"PYTHONHASHSEED": "1"}
KINDS = pytest.mark.parametrize("variables", [{}, EXECUTED], ids=["forked", "executed"])


async def profiled(open_project: Open, source: str = APP, **options: Any) -> Workbench:
    workbench = await open_project(source, profiles_init=True, **options)
    for name, text in FILES.items():
        workbench.write(text, name)
    return workbench


def modules_of(workbench: Workbench) -> dict[str, ImportedModule]:
    (profile,) = workbench.records(InitProfile)
    return {one.name: one for one in profile.modules}


@KINDS
async def test_each_module_tells_its_time_and_the_line_that_imported_it(
    open_project: Open, variables: dict[str, str]
) -> None:
    workbench = await profiled(open_project, environment=variables)
    await workbench.answer("tea")

    found = modules_of(workbench)
    places = {name: (one.depth, Path(one.file).name, one.line) for name, one in found.items()}
    expected = {
        "lambda_function": (0, "", 0),
        "slow": (1, "lambda_function.py", 3),
        "below": (2, "slow.py", 1),
        "package": (2, "lambda_function.py", 8),
        "package.inner": (1, "lambda_function.py", 8),
        "later": (1, "lambda_function.py", 15),
    }
    assert expected.items() <= places.items()
    assert found["below"].duration_ms >= 20
    assert found["slow"].duration_ms >= found["below"].duration_ms + 30
    assert found["lambda_function"].duration_ms >= 80
    assert not any(one.error_type for name, one in found.items() if name in expected)
    # In the order in which they began, each within the one around it.
    beginnings = [one.began_ms for one in found.values()]
    assert beginnings == sorted(beginnings)
    assert found["slow"].began_ms <= found["below"].began_ms
    (report,) = workbench.records(InitReport)
    assert found["lambda_function"].duration_ms <= report.duration_ms


async def test_an_import_that_fails_is_told_as_such(open_project: Open) -> None:
    source = "import slow\nimport breaks\n"
    workbench = await profiled(open_project, source)
    workbench.write("import time\ntime.sleep(0.01)\n1 / 0\n", "breaks.py")
    await workbench.invoke()

    first, repeated = workbench.records(InitProfile)
    assert (first.phase, repeated.phase) == ("init", "invoke")
    for profile in (first, repeated):
        errors = {one.name: one.error_type for one in profile.modules}
        assert errors["slow"] == ""
        assert errors["breaks"] == errors["lambda_function"] == "ZeroDivisionError"
    # The sandbox is built once.
    assert first.sandbox_ms > 0
    assert repeated.sandbox_ms == repeated.waiting_ms == 0


async def test_what_ends_the_process_is_told_with_the_imports_before_it(
    open_project: Open,
) -> None:
    workbench = await profiled(open_project, "import slow\nimport ends\n")
    workbench.write("import sys\nsys.exit(3)\n", "ends.py")
    await workbench.invoke()

    first, _repeated = workbench.records(InitProfile)
    errors = {one.name: one.error_type for one in first.modules}
    assert errors["slow"] == ""
    assert errors["lambda_function"] == "SystemExit"


LOOKS = """
import importlib._bootstrap as machinery
import gc, json, sys, threading, traceback

def look():
    frames, frame = [], sys._getframe()
    while frame is not None:
        frames.append((frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return {
        "frames": frames,
        "stack": traceback.format_stack(),
        "hooks": [repr(type(one)) for one in (*sys.meta_path, *sys.path_hooks)],
        "modules": sorted(sys.modules),
        "traced": [repr(sys.gettrace()), repr(sys.getprofile()), repr(threading._trace_hook)],
        "code": [machinery._find_and_load.__code__.co_name, str(__import__)],
    }

def trace(name):
    try:
        __import__(name)
    except BaseException as error:
        return traceback.format_exception(type(error), error, error.__traceback__)

while_importing = look()
traces = [trace(name) for name in ("not_there", "breaks", "no_syntax", "ends", "lacks")]

def lambda_handler(event, context):
    manager = machinery._ModuleLockManager
    own = [getattr(manager, name) for name in ("__enter__", "__exit__")]
    return {
        "importing": while_importing,
        "traces": traces,
        "serving": look(),
        "methods": [[one.__code__.co_filename, one.__code__.co_firstlineno] for one in own],
        "ours": [one for one in map(repr, map(type, gc.get_objects())) if "ImportTimes" in one],
    }
"""
LOOKED_AT = {
    "breaks.py": "def fail():\n    raise LookupError('here')\nfail()\n",
    "no_syntax.py": "x = = 1\n",
    "ends.py": "raise SystemExit(3)\n",
    "lacks.py": "from json import nothing_of_this_name\n",
}


@KINDS
async def test_a_function_sees_nothing_of_it(open_project: Open, variables: dict[str, str]) -> None:
    seen = []
    for profiles_init in (False, True):
        workbench = await open_project(
            LOOKS, profiles_init=profiles_init, environment=variables, memory_size=512
        )
        for name, text in LOOKED_AT.items():
            workbench.write(text, name)
        seen.append(await workbench.answer())
        assert bool(workbench.records(InitProfile)) is profiles_init

    without, with_profile = seen
    assert with_profile == without
    assert with_profile["ours"] == []


async def test_nothing_is_timed_unless_it_is_asked_for(open_project: Open) -> None:
    workbench = await open_project(APP)
    for name, text in FILES.items():
        workbench.write(text, name)
    await workbench.answer()

    assert workbench.records(InitProfile) == []


async def test_extensions_tell_when_they_registered_and_were_ready(
    open_project: Open, tmp_path: Path
) -> None:
    slow = RECORDER.replace('register("INVOKE"', 'time.sleep(0.05)\nregister("INVOKE"')
    extensions = {"quick": RECORDER, "slow": slow}
    workbench = await open_project(project(tmp_path, extensions), profiles_init=True)
    await workbench.answer()

    (profile,) = workbench.records(InitProfile)
    times = {one.name: (one.registered_ms, one.ready_ms) for one in profile.extensions}
    assert set(times) == {"quick", "slow"}
    for registered, ready in times.values():
        assert registered is not None
        assert ready is not None
        assert 0 < registered <= ready
    registered, _ready = times["slow"]
    assert registered is not None
    assert registered > 50


async def test_a_snapshot_tells_of_its_init_and_what_is_restored_of_no_modules(
    open_project: Open,
) -> None:
    workbench = await profiled(open_project, snap_start=True)
    await workbench.answer()

    by_environment = {
        event.environment: event.record
        for event in workbench.events
        if isinstance(event.record, InitProfile)
    }
    snapshot = workbench.pool.snapshot
    assert snapshot is not None
    assert "slow" in {one.name for one in by_environment[snapshot.id].modules}
    restored = by_environment[workbench.environment.id]
    assert restored.modules == ()
    assert restored.waiting_ms > 0


MANY = """
import sys, time, types, importlib.abc, importlib.machinery

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("made_"):
            return importlib.machinery.ModuleSpec(name, self)
    def create_module(self, spec): return None
    def exec_module(self, module): time.sleep(0.0005 if int(module.__name__[5:]) % 9 else 0.002)

sys.meta_path.append(Finder())
for number in range(900):
    __import__(f"made_{number}")

def lambda_handler(event, context): return event
"""


async def test_the_longest_imports_are_kept_with_all_that_is_around_them(
    open_project: Open,
) -> None:
    workbench = await open_project(MANY, profiles_init=True)
    await workbench.answer()

    found = modules_of(workbench)
    (profile,) = workbench.records(InitProfile)
    assert len(profile.modules) == MOST_MODULES
    assert {f"made_{number}" for number in range(0, 900, 9)} <= set(found)
    assert found["lambda_function"].depth == 0
    assert {one.depth for name, one in found.items() if name.startswith("made_")} == {1}


FORGES = """
import json, os, socket, struct
{imports}
channel = next(number for number in (1000, 15) if os.path.exists(f"/proc/self/fd/{{number}}"))
message = b"\\x81\\xa4kind\\xacinit_profile"
for payload in [b"", b"nonsense", b"[[0]]", b'[[0, "app", -1, 1]]', b"[" * 100000, b"x" * 2000000]:
    head = struct.pack("!II", len(message), len(payload))
    with socket.socket(fileno=os.dup(channel)) as end:
        end.sendall(head + message + payload)

def lambda_handler(event, context): return event
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for descriptors in /proc")
async def test_what_a_function_sends_in_its_place_harms_nobody(open_project: Open) -> None:
    workbench = await open_project(FORGES.format(imports=""), profiles_init=True)

    assert await workbench.answer("tea") == "tea"
    assert await workbench.answer("milk") == "milk"
    assert "lambda_function" in modules_of(workbench)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_no_payload_is_more_than_a_list_of_bounded_modules(payload: Any) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode("utf-8", "replace")
    assert all(isinstance(one, ImportedModule) for one in imported_modules(data))


def test_a_payload_beyond_the_bounds_is_no_profile() -> None:
    row = [0, "app", 0.5, 1.5, "", "/var/task/app.py", 3]
    (module,) = imported_modules(json.dumps([row]).encode())
    assert (module.depth, module.name, module.file, module.line) == (0, "app", row[5], 3)
    for wrong in (
        [row] * (MOST_MODULES + 1),
        [[0, "x" * 300, 0.5, 1.5]],
        [[-1, "app", 0.5, 1.5]],
        [[0, "app", 0.5, 1e300]],
        [[0, "app", 0.5, 1.5, "", "y" * 600, 1]],
    ):
        assert imported_modules(json.dumps(wrong).encode()) == ()


def test_neither_the_log_nor_subscribers_are_told_of_it() -> None:
    event = Event(record=InitProfile(), function="api", environment="1")
    assert telemetry(event) is None
    assert not any(logs(event, schema) for schema in ("2020-08-15", "2021-03-18"))
    assert log_text(event) is None


async def test_a_profile_comes_before_the_report_of_its_init(open_project: Open) -> None:
    workbench = await profiled(open_project)
    await workbench.answer()

    types = workbench.types(workbench.environment.id)
    assert types.index("environment.initProfile") + 1 == types.index("platform.initReport")
    assert not any("ImportTimes" in one.message for one in workbench.records(FunctionLog))
    assert response_of(await workbench.invoke("again")) == "again"
