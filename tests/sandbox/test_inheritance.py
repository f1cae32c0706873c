"""A function's processes have nothing of the session that lambda-tui was started in.

All of them are looked at: forked, executed, restored from a snapshot, and extensions.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from support import users_session
from support.files import ROOT
from support.ordinary_user import ordinary_user_prefix

Facts = dict[str, Any]
KINDS = {"python", "wrapped", "bash", "nodejs22.x", "extended", "restored"}
_SIGPIPE, _SIGXFSZ = 1 << 12, 1 << 24
_IO_NONE = 0
_INFINITY = resource.RLIM_INFINITY


class Seen:
    """Everything that the script ``users_session.py`` has seen."""

    def __init__(self, seen: dict[str, list[Facts]], level: str, *, is_root: bool) -> None:
        (self.host,) = seen.pop("host")
        self.kinds = seen
        self.level = level
        self.is_root = is_root

    def __iter__(self) -> Iterator[tuple[str, Facts]]:
        for kind, processes in self.kinds.items():
            yield from ((f"{kind}: {facts['name']}", facts) for facts in processes)

    def values(self, name: str) -> dict[str, Any]:
        """Return one fact about every process."""
        return {process: facts[name] for process, facts in self}


@pytest.fixture(
    scope="module",
    params=[(user, level) for user in ("root", "user") for level in ("namespaces", "processes")],
    ids="-".join,
)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    user, level = request.param
    folder = tmp_path_factory.mktemp(f"{user}-{level}")
    is_root = user == "root" and os.geteuid() == 0
    prefix = [] if is_root else ordinary_user_prefix(folder)
    functions = folder / "functions"
    functions.mkdir()
    functions.chmod(0o777)
    ran = subprocess.run(
        [*prefix, sys.executable, users_session.__file__, level, str(functions)],
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{ROOT}/tests",
            "HOME": "/nonexistent",
            "SECRET_OF_THE_SHELL": "secret",
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return Seen(json.loads(ran.stdout), level, is_root=is_root)


def all_are(expected: Any, values: dict[str, Any]) -> bool:
    return {process: value for process, value in values.items() if value != expected} == {}


def test_every_kind_of_process_is_looked_at(seen: Seen) -> None:
    assert seen.kinds.keys() == KINDS
    assert all(seen.kinds.values())
    assert len(seen.kinds["extended"]) >= 2


def test_no_process_has_the_users_terminal(seen: Seen) -> None:
    assert seen.host["terminal"] != 0
    assert all_are(0, seen.values("terminal"))
    assert seen.host["session"] not in seen.values("session").values()
    assert not [file for _, facts in seen for file in facts["files"] if "/pts/" in file]


def test_no_process_has_signals_blocked(seen: Seen) -> None:
    spoilt = int(seen.host["SigBlk"], 16)
    assert spoilt != 0
    # Programs such as bash block others by themselves.
    assert all_are(
        0, {name: int(mask, 16) & spoilt for name, mask in seen.values("SigBlk").items()}
    )


def test_no_process_ignores_what_the_shell_ignored(seen: Seen) -> None:
    # Python ignores two by itself.
    spoilt = int(seen.host["SigIgn"], 16) & ~(_SIGPIPE | _SIGXFSZ)
    assert spoilt.bit_count() == 4
    assert all_are(
        0, {name: int(mask, 16) & spoilt for name, mask in seen.values("SigIgn").items()}
    )


def test_files_are_made_with_the_usual_mode(seen: Seen) -> None:
    assert seen.host["Umask"] == "0077"
    assert all_are("0022", seen.values("Umask"))


def test_every_process_has_the_usual_priority(seen: Seen) -> None:
    assert seen.host["nice"] == users_session.NICE
    # Only root may take a low priority back, unless the user's limits allow it.
    allowed = seen.is_root or seen.host["limits"]["NICE"][0] >= 20
    assert all_are(0 if allowed else users_session.NICE, seen.values("nice"))
    assert all_are(os.SCHED_OTHER, seen.values("policy"))
    assert all_are(_IO_NONE, seen.values("io"))


def test_no_process_may_get_ahead_of_others(seen: Seen) -> None:
    for name in ("NICE", "RTPRIO"):
        assert all_are([0, 0], {process: one["limits"][name] for process, one in seen})


def test_no_limit_of_the_shells_holds(seen: Seen) -> None:
    assert seen.host["limits"]["FSIZE"][0] == 1 << 40
    for name in ("FSIZE", "CPU", "DATA", "AS"):
        limits = {process: one["limits"][name] for process, one in seen}
        assert all_are([_INFINITY, _INFINITY], limits)


def test_every_process_has_awss_limits(seen: Seen) -> None:
    core = 10 * 1024**3 if seen.level == "namespaces" else 0
    for name, limit in (("NOFILE", 1024), ("MEMLOCK", 65536), ("CORE", core)):
        assert all_are([limit, limit], {process: one["limits"][name] for process, one in seen})


def test_a_function_is_the_first_to_go_when_the_machine_has_no_memory(seen: Seen) -> None:
    assert all_are(1000, seen.values("oom_score_adj"))


def test_addresses_are_random_and_timers_exact_again(seen: Seen) -> None:
    assert seen.host["personality"] != 0
    assert all_are(0, seen.values("personality"))
    slack = {name: one["timer_slack"] for name, one in seen if "timer_slack" in one}
    assert all_are(50_000, slack)
    assert len(slack) == len(list(seen)) or not seen.is_root


def test_a_core_file_has_no_memory_in_it(seen: Seen) -> None:
    assert all_are("00000000", seen.values("coredump_filter"))


def test_no_process_can_gain_a_privilege(seen: Seen) -> None:
    assert all_are("1", seen.values("NoNewPrivs"))
    assert all_are("0" * 16, seen.values("CapEff"))


def test_every_process_has_the_filter_of_system_calls(seen: Seen) -> None:
    assert all_are("2", seen.values("Seccomp"))


def test_no_process_of_roots_has_a_group_of_the_users(seen: Seen) -> None:
    if seen.is_root:
        assert all_are("", seen.values("Groups"))


def test_the_namespaces_are_those_that_the_documents_name(seen: Seen) -> None:
    # The clocks are the machine's, as all processes compare times, and the network is by design.
    shared = {"net", "time"} if seen.level == "namespaces" else set(seen.host["namespaces"])
    for process, facts in seen:
        same = {
            name
            for name, inode in facts["namespaces"].items()
            if inode == seen.host["namespaces"][name]
        }
        assert (process, same) == (process, shared)


def test_no_variable_of_the_shells_is_there(seen: Seen) -> None:
    assert not [process for process, facts in seen if "SECRET_OF" in facts["variables"]]
