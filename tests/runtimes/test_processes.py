"""Signalling every process of an environment, and never one outside."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.files import ROOT
from support.runtimes_package import RUNTIMES, load_module

processes = load_module("processes")


@pytest.fixture
def signalled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Replace ``os.kill``, so that no test here can signal any process."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: calls.append((pid, number)))
    assert processes.os.kill is os.kill
    return calls


def test_a_process_that_is_not_the_first_of_its_namespace_is_refused(
    signalled: list[tuple[int, int]],
) -> None:
    assert os.getpid() != 1
    with pytest.raises(processes.NotInOwnNamespaceError, match="is not process 1"):
        processes.PidNamespace("pid:[another]")
    assert signalled == []


def test_process_1_of_the_namespace_that_its_parent_was_in_is_refused(
    signalled: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = processes.current_pid_namespace()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(processes.NotInOwnNamespaceError, match="of its own"):
        processes.PidNamespace(outer)
    assert signalled == []


@pytest.mark.parametrize("number", [9, 18, 19])
def test_the_proof_is_asked_for_again_at_every_signal(
    signalled: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    namespace = processes.PidNamespace.__new__(processes.PidNamespace)
    namespace._outer = "pid:[another]"
    with pytest.raises(processes.NotInOwnNamespaceError):
        namespace.signal_all(number)
    namespace._outer = processes.current_pid_namespace()
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(processes.NotInOwnNamespaceError):
        namespace.signal_all(number)
    assert signalled == []


def calls_that_signal_everything(file: Path) -> list[int]:
    """Return the lines of a file that call ``kill`` or the like with a negative process id."""
    lines = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        first = node.args[0]
        is_negative = isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.USub)
        if name in ("kill", "killpg", "send_signal") and is_negative:
            lines.append(node.lineno)
    return lines


def python_files() -> list[Path]:
    folders = [ROOT / name for name in ("lambda_tui", "runtimes", "tests", "screenshots")]
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]


def test_one_place_in_the_repository_signals_everything() -> None:
    broken = ROOT / "tests" / "projects"
    found = {
        file.relative_to(ROOT): lines
        for file in python_files()
        if not file.is_relative_to(broken) and (lines := calls_that_signal_everything(file))
    }
    assert list(found) == [Path("runtimes/processes.py")]
    assert [len(lines) for lines in found.values()] == [1]


def test_no_text_in_the_tests_or_the_engine_signals_everything() -> None:
    # Functions under test are text, which the syntax tree does not show.
    pattern = re.compile(r"(os\.|\.|\b)kill(pg)?\s*\(\s*-\s*\d")
    inside = [RUNTIMES / "processes.py"]
    found = [
        (file, match[0])
        for file in python_files()
        if file not in inside
        for match in pattern.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


TREE = """
import json, os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
from support.runtimes_package import load_module
processes = load_module("processes")
linux = load_module("linux")
linux.become_subreaper()

# A child, a grandchild, and one that has left its session and its parent.
shell = "sleep 1000 & setsid sleep 1000 & echo started; wait"
parents = [subprocess.Popen(["sh", "-c", shell], stdout=subprocess.PIPE) for _ in range(2)]
for parent in parents:
    parent.stdout.readline()
parents[1].kill()
parents[1].wait()

def states():
    found = {}
    for pid in processes.descendants(os.getpid()):
        with open(f"/proc/{pid}/stat") as file:
            found[pid] = file.read().rpartition(")")[2].split()[0]
    return found

def until(wanted):
    # Signals are delivered in their own time: bounded by the test's own limit.
    while set((found := states()).values()) - set(wanted):
        pass
    return found

tree = processes.ProcessTree()
seen = {"before": len(states())}
for name, number, wanted in (
    ("stopped", processes.STOP, "T"),
    ("continued", processes.CONTINUE, "SR"),
    ("stopped again", processes.STOP, "T"),
):
    tree.signal_all(number)
    seen[name] = len(until(wanted))
tree.signal_all(processes.KILL)
seen["reaped"] = len(processes.reap(block=True))
seen["after"] = len(states())
print(json.dumps(seen))
"""


@pytest.mark.usefixtures("nothing_is_left")
def test_a_tree_of_processes_is_stopped_continued_and_killed() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", TREE, str(ROOT / "tests")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen == {
        "before": 5,
        "stopped": 5,
        "continued": 5,
        "stopped again": 5,
        "reaped": seen["reaped"],
        "after": 0,
    }
    assert seen["reaped"] >= 3
