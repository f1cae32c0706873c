"""The process that a function runs in: its limits, its descriptors, its modules."""

from __future__ import annotations

import pytest

from support.files import ROOT
from support.workbench import Open

NAMESPACES = pytest.mark.parametrize("level", ["namespaces"])

EVALUATES = """
import os, resource, subprocess, sys
def lambda_handler(event, context):
    return eval(event)
"""


GIBIBYTE = 1024**3


@pytest.mark.rule("8.3.4", "9.9")
@pytest.mark.parametrize("memory_size", [128, 192, 512])
async def test_a_function_has_awss_limits(open_project: Open, level: str, memory_size: int) -> None:
    workbench = await open_project(EVALUATES, memory_size=memory_size)
    limit = "resource.getrlimit(resource.RLIMIT_{})"
    assert await workbench.answer(limit.format("NOFILE")) == [1024, 1024]
    assert await workbench.answer(limit.format("MEMLOCK")) == [64 * 1024, 64 * 1024]
    stack, _most = await workbench.answer(limit.format("STACK"))
    assert stack == 8 * 1024 * 1024
    if level == "namespaces":
        assert await workbench.answer(limit.format("CORE")) == [10 * GIBIBYTE, 10 * GIBIBYTE]
        # 742 are recorded with 128 MB; 1,024 are documented.
        expected = {128: 742, 192: 742 + 4 * 64, 512: 1024}[memory_size]
        assert await workbench.answer(limit.format("NPROC")) == [expected, expected]
    else:
        # No core file is left in the project's folder.
        assert await workbench.answer(limit.format("CORE")) == [0, 0]


async def test_a_core_file_would_have_nothing_of_the_functions_memory(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    kept = "open('/proc/self/coredump_filter').read().strip()"
    executed = "subprocess.check_output(['cat', '/proc/self/coredump_filter']).decode().strip()"
    assert await workbench.answer(f"[{kept}, {executed}]") == ["00000000", "00000000"]


async def test_a_function_has_the_standard_descriptors_and_hands_on_no_others(
    open_project: Open,
) -> None:
    workbench = await open_project(EVALUATES)
    own = "[fd for fd in range(1024) if os.path.exists(f'/proc/self/fd/{fd}')]"
    # Beside the standard ones AWS's for whole log records, and the runtime's channel.
    assert await workbench.answer(own) == [0, 1, 2, 62, 1000]
    listing = "subprocess.check_output(['ls', '/proc/self/fd'], close_fds=False).decode().split()"
    # The fourth is the listing's own, for the folder that it lists.
    assert await workbench.answer(listing) == ["0", "1", "2", "3"]


async def test_nothing_of_ours_is_in_the_functions_modules(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    names: list[str] = await workbench.answer("list(sys.modules)")
    ours = ("lambda_tui", "msgpack", "runtimes", "_lambda_tui", "_msgpack")
    assert [name for name in names if name.startswith(ours)] == []
    assert await workbench.answer("sorted(vars(sys.modules['__main__']))") == [
        "__doc__",
        "__file__",
        "__loader__",
        "__name__",
        "__package__",
        "__spec__",
    ]


async def test_modules_that_are_named_like_ours_are_the_users(open_project: Open) -> None:
    sources = (ROOT / "runtimes").rglob("*.py")
    names = {path.parent.name if path.stem == "__init__" else path.stem for path in sources}
    names |= {"lambda_tui", "_msgpack"}
    ours = sorted(names)
    source = "import importlib\n"
    source += f"whose = [importlib.import_module(name).WHOSE for name in {ours!r}]\n"
    workbench = await open_project(source + "def lambda_handler(event, context): return whose\n")
    for name in ours[::2]:
        workbench.write("WHOSE = 'mine'\n", f"{name}.py")
    for name in ours[1::2]:
        workbench.write("WHOSE = 'mine'\n", f"{name}/__init__.py")
    assert set(await workbench.answer()) == {"mine"}


@NAMESPACES
async def test_python_on_the_path_is_the_functions_own(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    ask = ["python3", "-c", "import sys; print(sys.prefix, sys.version_info[:3])"]
    version, prefix, answer = await workbench.answer(
        f"[sys.version_info[:3], sys.prefix, subprocess.check_output({ask!r}).decode().strip()]"
    )
    assert answer.endswith(str(tuple(version)))
    assert answer.startswith(("/var/lang ", f"{prefix} "))


async def test_a_function_can_use_multiprocessing(open_project: Open) -> None:
    workbench = await open_project(
        """
import multiprocessing
def double(pipe):
    pipe.send(pipe.recv() * 2)
def lambda_handler(event, context):
    forking = multiprocessing.get_context("fork")
    here, there = forking.Pipe()
    process = forking.Process(target=double, args=(there,))
    process.start()
    here.send(event)
    answer = here.recv()
    process.join()
    return [answer, process.exitcode]
"""
    )
    assert await workbench.answer(21) == [42, 0]
