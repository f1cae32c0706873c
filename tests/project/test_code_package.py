from __future__ import annotations

import base64
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from lambda_tui.project.code import CodePackage, CodePackages


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "package").mkdir(parents=True)
    (folder / "app.py").write_text("x = 1\n")
    (folder / "package" / "module.py").write_text("y = 22\n")
    return folder


def read(path: Path) -> CodePackage:
    return CodePackages().read(path)


def test_an_archive_has_its_own_size_and_digest(tmp_path: Path) -> None:
    archive = tmp_path / "app.zip"
    archive.write_bytes(b"as it is")

    digest = base64.b64encode(hashlib.sha256(b"as it is").digest()).decode()
    assert read(archive) == CodePackage(8, digest)


def test_a_folder_has_the_size_of_its_files_and_a_digest_like_awss(code: Path) -> None:
    package = read(code)

    assert package.size == 6 + 7
    assert len(base64.b64decode(package.sha256, validate=True)) == 32


def test_the_same_files_elsewhere_at_another_time_have_the_same_digest(
    code: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(code, tmp_path / "copy"))
    os.utime(copy / "app.py", (1, 1))

    assert read(copy) == read(code)


def test_what_would_not_be_deployed_does_not_count(code: Path) -> None:
    before = read(code)
    for name in (".git", ".venv", "__pycache__", ".aws-sam"):
        (code / "package" / name).mkdir()
        (code / "package" / name / "file").write_text(name)

    assert read(code) == before


@pytest.mark.parametrize("change", ["content", "name", "mode", "link"])
def test_the_digest_is_another_after_each_change(code: Path, change: str) -> None:
    packages = CodePackages()
    before = packages.read(code)
    match change:
        case "content":
            (code / "app.py").write_text("x = 2\n")
        case "name":
            (code / "app.py").rename(code / "main.py")
        case "mode":
            (code / "app.py").chmod(0o755)
        case "link":
            (code / "link").symlink_to("app.py")

    assert packages.read(code).sha256 != before.sha256


def test_files_are_read_again_only_when_something_has_changed(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = CodePackages()
    before = packages.read(code)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", lambda *_arguments: pytest.fail("a file was read again"))
        assert packages.read(code) is before

    (code / "app.py").write_text("x = 3\n")
    assert packages.read(code) != before


def test_where_there_is_nothing_the_package_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") == CodePackage()
    assert CodePackage().size == 0


def test_what_links_out_of_the_folder_lead_to_is_in_the_package(tmp_path: Path) -> None:
    plain, linked, shared = tmp_path / "plain", tmp_path / "linked", tmp_path / "shared"
    (shared / "inner").mkdir(parents=True)
    (shared / "inner" / "a.py").write_text("a = 1\n")
    (shared / "b.py").write_text("b = 22\n")
    (tmp_path / "far.txt").write_text("far away")
    (shared / "inner" / "far.txt").symlink_to("../../far.txt")
    for folder in (plain, linked):
        folder.mkdir()
        (folder / "app.py").write_text("x = 1\n")
        (folder / "within").symlink_to("app.py")
    (plain / "inner").mkdir()
    (plain / "inner" / "a.py").write_text("a = 1\n")
    (plain / "inner" / "far.txt").write_text("far away")
    (plain / "b.py").write_text("b = 22\n")
    (linked / "inner").symlink_to("../shared/inner")
    (linked / "b.py").symlink_to(shared / "b.py")
    (linked / "everything").symlink_to(tmp_path)

    packages = CodePackages()
    (linked / "everything").unlink()
    assert packages.read(linked) == packages.read(plain)
    before = packages.read(linked)
    (linked / "everything").symlink_to(tmp_path)
    # It holds the function itself: it is not followed, and stays a link.
    assert packages.read(linked).size == before.size + len(str(tmp_path))
    (linked / "everything").unlink()
    (shared / "b.py").write_text("b = 333\n")
    assert packages.read(linked).size == before.size + 1
