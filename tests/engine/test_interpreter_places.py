"""The places of the interpreter are AWS's, in what functions read and in what they print."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from support.workbench import Open, response_of

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
STANDARD_LIBRARY = os.path.dirname(os.__file__)

pytestmark = pytest.mark.parametrize("level", ["namespaces"])

SOURCE = """
import json, logging, os, subprocess, sys, threading, traceback

def lambda_handler(event, context):
    if event == "raise":
        json.loads("{")
    if event == "log":
        try:
            json.loads("{")
        except ValueError:
            logging.exception("logged")
            traceback.print_exc()
        thread = threading.Thread(target=json.loads, args=("{",), name="reader")
        thread.start()
        thread.join()
        return None
    if event == "uncaught":
        raise KeyboardInterrupt
    return eval(event)
"""
PLACES = "[sys.executable, sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]"
ENVIRONMENTS = pytest.mark.parametrize(
    "options",
    [{}, {"snap_start": True}, {"environment": {"PYTHONHASHSEED": "1"}}],
    ids=["forked", "restored", "executed"],
)


@ENVIRONMENTS
async def test_python_and_its_prefixes_are_at_awss_places(
    open_project: Open, options: dict[str, Any]
) -> None:
    workbench = await open_project(SOURCE, **options)
    program = f"/var/lang/bin/{VERSION}"

    assert await workbench.answer(PLACES) == [program, *["/var/lang"] * 4]
    assert (await workbench.answer("sys.orig_argv"))[0] == program
    assert await workbench.answer("os.access(sys.executable, os.X_OK)") is True


@ENVIRONMENTS
async def test_the_interpreter_can_be_started_again(
    open_project: Open, options: dict[str, Any]
) -> None:
    workbench = await open_project(SOURCE, **options)
    asked = "import json, sys; print(json.dumps([list(sys.version_info[:3]), sys.executable]))"
    run = f"subprocess.check_output([sys.executable, '-c', {asked!r}]).decode()"

    version, program = json.loads(await workbench.answer(run))

    assert version == list(sys.version_info[:3])
    assert program == f"/var/lang/bin/{VERSION}"


@ENVIRONMENTS
async def test_a_stack_trace_names_the_standard_library_as_on_aws(
    open_project: Open, options: dict[str, Any]
) -> None:
    workbench = await open_project(SOURCE, **options)

    first, *others = response_of(await workbench.invoke("raise"))["stackTrace"]

    assert first.startswith('  File "/var/task/lambda_function.py", line 6, in lambda_handler\n')
    assert len(others) == 3
    for entry, name in zip(others, ("__init__", "decoder", "decoder"), strict=True):
        assert entry.startswith(f'  File "/var/lang/lib/{VERSION}/json/{name}.py", line ')
        assert "\n    " in entry, "the source line is missing"


@ENVIRONMENTS
async def test_modules_of_the_standard_library_lie_where_they_do_on_aws(
    open_project: Open, options: dict[str, Any]
) -> None:
    workbench = await open_project(SOURCE, **options)
    library = f"/var/lang/lib/{VERSION}"

    # Loaded before the function is, and by it.
    for module in ("os", "json.decoder", "colorsys", "email.message"):
        load = f"__import__('importlib').import_module({module!r})"
        file = f"{library}/{module.replace('.', '/')}.py"
        assert await workbench.answer(f"{load}.__file__") == file
        assert await workbench.answer(f"__import__('inspect').getsourcefile({load})") == file
        assert await workbench.answer(f"os.path.exists({load}.__file__)") is True
    assert await workbench.answer("json.__spec__.origin") == f"{library}/json/__init__.py"
    assert await workbench.answer("json.__path__") == [f"{library}/json"]
    assert await workbench.answer("[one for one in sys.path if 'python3' in one][:1]") != []
    shown = "str([sys.path, [getattr(one, '__file__', '') for one in list(sys.modules.values())]])"
    assert STANDARD_LIBRARY not in await workbench.answer(shown)


@ENVIRONMENTS
async def test_what_is_logged_of_an_exception_names_awss_places(
    open_project: Open, options: dict[str, Any]
) -> None:
    workbench = await open_project(SOURCE, **options)

    await workbench.answer("log")
    await workbench.invoke("uncaught")

    log = "\n".join(workbench.log())
    assert "Exception in thread reader:\n" in log
    assert f'File "/var/lang/lib/{VERSION}/threading.py", line ' in log
    assert log.count(f'File "/var/lang/lib/{VERSION}/json/__init__.py"') == 3
    assert "KeyboardInterrupt" in log
    assert STANDARD_LIBRARY not in log


async def test_a_virtual_environment_is_found_by_what_the_function_starts(
    open_project: Open, tmp_path: Path
) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    packages = environment / "lib" / VERSION / "site-packages"
    (packages / "installed.py").write_text("def fail(): raise LookupError('nothing there')\n")
    source = SOURCE.replace("import json", "import installed, json", 1)
    workbench = await open_project(source, python=environment / "bin" / "python")

    assert await workbench.answer(PLACES) == [f"/var/lang/bin/{VERSION}", *["/var/lang"] * 4]
    child = "import installed, sys; print(sys.executable)"
    for program in ("sys.executable", "'python3'", f"'{VERSION}'"):
        run = f"subprocess.check_output([{program}, '-c', {child!r}]).decode()"
        assert (await workbench.answer(run)).startswith("/var/lang/bin/python")
    _own, _evaluated, entry = response_of(await workbench.invoke("installed.fail()"))["stackTrace"]
    assert f'"/var/lang/lib/{VERSION}/site-packages/installed.py"' in entry
    _own, *library = response_of(await workbench.invoke("raise"))["stackTrace"]
    assert all(f'"/var/lang/lib/{VERSION}/json/' in entry for entry in library)
