from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_tui import limits
from lambda_tui.project.code import ArchiveError, Cache, unpack

LINK = stat.S_IFLNK | 0o777


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2026, 1, 31, 12, 0, 0))
    info.external_attr = mode << 16
    info.create_system = 3
    return info


def pack(path: Path, *entries: tuple[zipfile.ZipInfo, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, content in entries:
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def refusal(archive: Path, cache: Cache) -> str:
    with pytest.raises(ArchiveError) as refused:
        unpack(archive, cache)
    return str(refused.value)


def everything_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_folders_and_links_come_out_as_they_were_packed(tmp_path: Path, cache: Cache) -> None:
    archive = pack(
        tmp_path / "a.zip",
        (entry("./", stat.S_IFDIR | 0o755), ""),
        (entry("empty/", stat.S_IFDIR | 0o755), ""),
        (entry("bin/tool", stat.S_IFREG | 0o755), "#!/bin/sh\n"),
        (entry("lib/libz.so", LINK), "libz.so.1"),
        (entry("lib/libz.so.1"), "library"),
        (entry("bin/lib", LINK), "../lib"),
    )

    folder = unpack(archive, cache)

    assert everything_below(folder) == [
        *("bin", "bin/lib", "bin/tool", "empty", "lib", "lib/libz.so", "lib/libz.so.1"),
    ]
    assert (folder / "bin" / "lib" / "libz.so").read_text() == "library"
    assert (folder / "bin" / "tool").stat().st_mtime == 1769860800


@pytest.mark.parametrize(
    ("packed", "unpacked"),
    [
        (0o755, 0o755),
        (0o644, 0o644),
        (0o666, 0o644),
        (0o6777, 0o755),
        (0o600, 0o600),
        (0o100, 0o600),
        (0o744, 0o644),
        (0o701, 0o711),
        (0, 0o644),
    ],
)
def test_of_a_files_mode_what_others_may_is_kept(
    tmp_path: Path, cache: Cache, packed: int, unpacked: int
) -> None:
    archive = pack(tmp_path / "a.zip", (entry("file", stat.S_IFREG | packed), ""))

    mode = (unpack(archive, cache) / "file").stat().st_mode

    assert stat.S_IMODE(mode) == unpacked


def test_a_folder_is_for_others_unless_its_entry_says_otherwise(
    tmp_path: Path, cache: Cache
) -> None:
    archive = pack(
        tmp_path / "a.zip",
        (entry("given/", stat.S_IFDIR | 0o775), ""),
        (entry("closed/", stat.S_IFDIR | 0o700), ""),
        (entry("closed/app.py"), ""),
        (entry("implied/deep/app.py"), ""),
    )
    before = os.umask(0o077)
    try:
        folder = unpack(archive, cache)
    finally:
        os.umask(before)

    names = ("given", "closed", "implied", "implied/deep")
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in names}
    assert modes == {"given": 0o705, "closed": 0o700, "implied": 0o755, "implied/deep": 0o755}


def test_what_was_packed_on_windows_is_unpacked_too(tmp_path: Path, cache: Cache) -> None:
    info = entry("app.py", 0)
    info.create_system, info.external_attr = 0, 0x20

    assert (unpack(pack(tmp_path / "a.zip", (info, "x = 1")), cache) / "app.py").is_file()


def test_the_same_content_is_unpacked_once_wherever_it_lies(tmp_path: Path, cache: Cache) -> None:
    first = pack(tmp_path / "a.zip", (entry("file"), "content"))
    second = tmp_path / "b.zip"
    second.write_bytes(first.read_bytes())

    folder = unpack(first, cache)
    before = (folder / "file").stat().st_ino

    assert unpack(second, cache) == folder
    assert (folder / "file").stat().st_ino == before
    assert unpack(pack(second, (entry("file"), "changed")), cache) != folder


@pytest.mark.parametrize("name", ["/etc/passwd", "../evil", "a/../../evil", "a/.."])
def test_an_entry_that_lies_outside_is_refused(tmp_path: Path, cache: Cache, name: str) -> None:
    archive = pack(tmp_path / "a.zip", (entry("good"), ""), (entry(name), "evil"))

    assert refusal(archive, cache) == f"holds {name}, which lies outside of it; pack it anew."
    assert everything_below(tmp_path / "cache" / "unpacked") == []


@pytest.mark.parametrize(
    "links",
    [
        {"link": "/etc"},
        {"link": "../../x"},
        {"sub/link": "../.."},
        # Within, as far as the texts tell; outside, as the file system has it.
        {"p/q/r": "../..", "link": "p/q/r/../.."},
        {"link": "second", "second": "/"},
    ],
)
def test_a_link_that_leads_outside_is_refused(
    tmp_path: Path, cache: Cache, links: dict[str, str]
) -> None:
    entries = [(entry(name, LINK), target) for name, target in links.items()]

    assert "which lies outside of it" in refusal(pack(tmp_path / "a.zip", *entries), cache)
    assert everything_below(tmp_path / "cache" / "unpacked") == []


def test_nothing_is_written_through_a_link(tmp_path: Path, cache: Cache) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = pack(
        tmp_path / "a.zip", (entry("link", LINK), str(outside)), (entry("link/file"), "evil")
    )

    assert refusal(archive, cache) == "holds link twice, as a folder and as something else."
    assert everything_below(outside) == []


@pytest.mark.parametrize("kind", [stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_devices_and_pipes_are_refused(tmp_path: Path, cache: Cache, kind: int) -> None:
    archive = pack(tmp_path / "a.zip", (entry("null", kind | 0o666), ""))

    assert refusal(archive, cache).startswith("holds null, which is a device or a pipe;")


@pytest.mark.rule("9.15")
def test_more_than_lambda_takes_is_refused_unread(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 3 << 20)
    archive = pack(tmp_path / "a.zip", (entry("a"), "x" * (2 << 20)), (entry("b"), "x" * (2 << 20)))

    expected = "holds 4 MB unpacked, but Lambda takes 3 MB of code and layers."
    assert refusal(archive, cache) == expected


def test_too_many_entries_are_refused(
    tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_tui.project.code.archive.MAXIMUM_ENTRIES", 2)
    archive = pack(tmp_path / "a.zip", *((entry(name), "") for name in "abc"))

    assert refusal(archive, cache) == "holds 3 entries; 2 are the most."


def test_more_than_deflate_can_hold_is_refused(tmp_path: Path, cache: Cache) -> None:
    """Entries that share their bytes: a bomb that grows with the square of its size."""
    archive = tmp_path / "a.zip"
    pack(archive, (entry("bomb"), "\0" * (8 << 20)))
    with zipfile.ZipFile(archive, "a") as growing:
        shared = growing.infolist()[0]
        for number in range(29):
            other = entry(f"bomb{number}")
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(other, field, getattr(shared, field))
            growing.filelist.append(other)
        growing._didModify = True  # type: ignore[attr-defined]

    assert refusal(archive, cache).startswith("claims to hold 240 MB in ")


def test_an_entry_gives_no_more_than_it_declares(tmp_path: Path, cache: Cache) -> None:
    archive = pack(tmp_path / "a.zip", (entry("file"), "x" * 1000))
    content = archive.read_bytes()
    size = (1000).to_bytes(4, "little")
    assert content.count(size) == 2
    archive.write_bytes(content.replace(size, (10).to_bytes(4, "little")))

    assert refusal(archive, cache) == "is no zip file, or a damaged one; pack it anew."


def test_an_encrypted_entry_is_refused(tmp_path: Path, cache: Cache) -> None:
    archive = pack(tmp_path / "a.zip", (entry("secret"), "x"))
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)

    assert refusal(archive, cache) == "holds secret, which is encrypted; pack it anew without."


def test_what_is_not_deflated_is_refused(tmp_path: Path, cache: Cache) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("file", "x" * 100)

    assert refusal(tmp_path / "a.zip", cache) == "holds file, which is not deflated; pack it anew."


@pytest.mark.parametrize("content", [b"", b"PK", b"text", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(tmp_path: Path, cache: Cache, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)

    expected = "is no zip file, or a damaged one; pack it anew."
    assert refusal(tmp_path / "a.zip", cache) == expected


def test_a_file_that_is_gone_is_refused(tmp_path: Path, cache: Cache) -> None:
    expected = "cannot be unpacked: no such file or directory."
    assert refusal(tmp_path / "a.zip", cache) == expected


def a_good_archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry("python/module.py"), "x = 1\n" * 50)
        archive.writestr(entry("link", LINK), "python")
    return buffer.getvalue()


GOOD = a_good_archive()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_a_damaged_archive_is_refused_or_stays_inside(
    tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(GOOD)
    for place, byte in changes:
        content[place] = byte
    (tmp_path / "a.zip").write_bytes(content)
    try:
        folder = unpack(tmp_path / "a.zip", Cache(tmp_path / "cache"))
    except ArchiveError:
        pass
    else:
        inside = os.path.realpath(folder)
        found = [os.path.realpath(path) for path in folder.rglob("*")]
        assert all(path == inside or path.startswith(inside + os.sep) for path in found)
    assert sorted(path.name for path in tmp_path.iterdir()) in (["a.zip"], ["a.zip", "cache"])
