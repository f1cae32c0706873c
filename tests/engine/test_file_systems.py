"""Saves are seen on folders that another machine shares, by looking at them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lambda_tui.engine.watching import Watcher
from lambda_tui.engine.watching.file_systems import file_system_type, must_poll
from support.files import save

MOUNTS = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:31 / /Users/me rw,relatime - {shared} /run/host_mark/Users rw
31 30 0:32 / /Users/me/cache rw,relatime - tmpfs none rw
32 22 0:33 / /Users/me/My\040Shop rw,relatime - ext4 /dev/vda2 rw
33 22 0:34 / /Users/me/My\040Shop rw,relatime - {shared} on-top rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS.format(shared="virtiofs").strip())
    return file


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/shop", "ext4"),
        ("/Users/me", "virtiofs"),
        ("/Users/me/shop/Order", "virtiofs"),
        ("/Users/me/cache/x", "tmpfs"),
        ("/Users/me/My Shop", "virtiofs"),
        ("/Users/melanie/shop", "ext4"),
    ],
)
def test_a_path_is_on_the_file_system_that_is_mounted_last_and_deepest(
    mounts: Path, path: str, kind: str
) -> None:
    assert file_system_type(Path(path), mounts) == kind


def test_this_machines_mounts_can_be_read() -> None:
    assert file_system_type(Path("/proc/self")) == "proc"


@pytest.mark.parametrize("shared", ["virtiofs", "9p", "fakeowner", "fuse.grpcfuse", "fuse.sshfs"])
def test_folders_of_another_machine_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS.format(shared=shared).strip())

    assert must_poll([Path("/Users/me/shop"), Path("/srv")], file) is True
    assert must_poll([Path("/srv"), Path("/Users/me/cache")], file) is None
    assert must_poll([Path("/Users/me/shop")], tmp_path / "none") is None
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "false")
    assert must_poll([Path("/Users/me/shop")], file) is None


async def test_a_save_is_seen_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    seen: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
    problems: list[str] = []
    watcher = Watcher(seen.put_nowait, problems.append)
    watcher.cover([tmp_path], [])
    try:
        async with asyncio.timeout(60):
            number = 0
            # A save before the first look is not seen as a change.
            while seen.empty():
                number += 1
                save(tmp_path / "app.py", f"number = {number}\n")
                await asyncio.sleep(0.2)
        changed = await seen.get()
    finally:
        await watcher.close()

    assert tmp_path / "app.py" in changed
    assert problems == []
