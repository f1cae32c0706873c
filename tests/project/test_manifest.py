"""Requirement files, lock files and package.json say what is to be installed for a function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.dependencies.manifest import (
    Manifest,
    ManifestError,
    manifest_file,
    read_manifest,
)
from lambda_tui.project.function import Function


def read(folder: Path, files: Mapping[str, str]) -> Manifest:
    """Write the files, and return what the first of them says."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return read_manifest(folder / next(iter(files)))


def digest(folder: Path, files: Mapping[str, str]) -> str:
    return read(folder, files).digest


def function(code: Path, **given: Any) -> Function:
    return Function("Order", "app.handler", code, **{"runtime": "python3.13", **given})


def test_requirements_are_read_with_what_they_include(tmp_path: Path) -> None:
    manifest = read(
        tmp_path,
        {
            "requirements.txt": (
                "# All\nOne==1 # pinned\n-r more/base.txt\n--index-url https://example.com\n"
                "-c limits.txt\nother[a,b]>=2; python_version < '3.9'\n"
                "three==3 \\\n --hash=sha256:0"
            ),
            "more/base.txt": "two\n-r ../requirements.txt\n",
            "limits.txt": "one<2\n",
        },
    )

    assert manifest.lines == (
        *("One==1", "two", "--index-url https://example.com", f"-c {tmp_path / 'limits.txt'}"),
        *("other[a,b]>=2; python_version < '3.9'", "three==3"),
    )
    assert manifest.names == {"one", "two", "three"}
    assert [file.name for file in manifest.files] == [
        *("requirements.txt", "base.txt", "limits.txt")
    ]
    assert not manifest.is_complete


@pytest.mark.parametrize(
    ("line", "path", "rest"),
    [
        ("../lib", "lib", ""),
        ("-e ../lib", "lib", ""),
        ("--editable=../lib[fast]", "lib", "[fast]"),
        ("file:../lib", "lib", ""),
        ("lib @ file:../lib ; python_version > '3'", "lib", " ; python_version > '3'"),
        ("lib[fast] @ file:../lib", "lib", "[fast]"),
        ("inner/wheels/x-1-py3-none-any.whl", "code/inner/wheels/x-1-py3-none-any.whl", ""),
        ("inner/lib", "code/inner/lib", ""),
    ],
)
def test_a_path_is_made_absolute_and_watched(
    tmp_path: Path, line: str, path: str, rest: str
) -> None:
    for folder in ("lib", "code/inner/lib"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "code" / "inner" / "wheels").mkdir()
    (tmp_path / "code" / "inner" / "wheels" / "x-1-py3-none-any.whl").touch()

    manifest = read(tmp_path / "code", {"requirements.txt": f"{line}\n"})

    assert manifest.lines == (f"{tmp_path / path}{rest}",)
    assert manifest.local == (tmp_path / path,)


@pytest.mark.parametrize(
    "line",
    [
        "name @ https://example.com/name.whl",
        "git+https://example.com/name.git@main#egg=name",
        "name @ git+ssh://git@example.com/a/name.git",
        "name~=1.2",
        "--pre",
    ],
)
def test_any_other_line_is_the_installers(tmp_path: Path, line: str) -> None:
    manifest = read(tmp_path, {"requirements.txt": f"{line}\n"})

    assert (manifest.lines, manifest.local) == ((line,), ())


UV_LOCK = """\
[[package]]
name = "mine"
source = { virtual = "." }
dependencies = [
    { name = "one" }, { name = "member" }, { name = "two", marker = "sys_platform == 'win32'" },
]
[package.dev-dependencies]
dev = [{ name = "slow" }]
[[package]]
name = "member"
source = { editable = "../member" }
dependencies = [{ name = "git" }]
[[package]]
name = "one"
version = "1.0"
source = { registry = "https://example.com" }
dependencies = [{ name = "three", marker = "python_version < '3.9'" }]
wheels = [{ url = "https://example.com/one.whl", hash = "sha256:1" }]
[[package]]
name = "two"
version = "2.0"
source = { registry = "https://example.com" }
dependencies = [{ name = "three" }]
[[package]]
name = "three"
version = "3.0"
source = { registry = "https://example.com" }
[[package]]
name = "git"
version = "4.0"
source = { git = "https://example.com/git?rev=main#abc" }
[[package]]
name = "slow"
version = "5.0"
source = { registry = "https://example.com" }
"""
POETRY_LOCK = """\
[[package]]
name = "one"
version = "1.0"
groups = ["main", "dev"]
markers = "python_version > '3'"
files = [{ file = "one.whl", hash = "sha256:1" }]
[[package]]
name = "slow"
version = "5.0"
groups = ["dev"]
[[package]]
name = "git"
version = "4.0"
groups = ["main"]
[package.source]
type = "git"
url = "https://example.com/git"
resolved_reference = "abc"
"""
PDM_LOCK = """\
[[package]]
name = "one"
version = "1.0"
groups = ["default"]
marker = "python_version > '3'"
[[package]]
name = "slow"
version = "5.0"
groups = ["dev"]
"""
PYLOCK = """\
lock-version = "1.0"
[[packages]]
name = "one"
version = "1.0"
marker = "python_version > '3'"
wheels = [{ url = "https://example.com/one.whl", hashes = { sha256 = "1" } }]
"""
PIPFILE_LOCK = json.dumps(
    {
        "default": {
            "one": {"version": "==1.0", "hashes": ["sha256:1", "sha256:2"]},
            "two": {"version": "==2.0", "hashes": ["sha256:3"], "markers": "os_name == 'nt'"},
        },
        "develop": {"slow": {"version": "==5.0"}},
    }
)


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "uv.lock",
            UV_LOCK,
            [
                "git @ git+https://example.com/git@abc",
                "{member}",
                "one==1.0",
                "three==3.0 ; ((python_version < '3.9')) or ((sys_platform == 'win32'))",
                "two==2.0 ; ((sys_platform == 'win32'))",
            ],
        ),
        (
            "poetry.lock",
            POETRY_LOCK,
            ["one==1.0 ; python_version > '3'", "git @ git+https://example.com/git@abc"],
        ),
        ("pdm.lock", PDM_LOCK, ["one==1.0 ; python_version > '3'"]),
        ("pylock.toml", PYLOCK, ["one==1.0 ; python_version > '3' --hash=sha256:1"]),
        (
            "Pipfile.lock",
            PIPFILE_LOCK,
            [
                "one==1.0 --hash=sha256:1 --hash=sha256:2",
                "two==2.0 ; os_name == 'nt' --hash=sha256:3",
            ],
        ),
    ],
)
def test_a_lock_file_names_versions_markers_and_hashes(
    tmp_path: Path, name: str, text: str, lines: list[str]
) -> None:
    (tmp_path / "member").mkdir()

    manifest = read(tmp_path / "code", {name: text})

    assert sorted(manifest.lines) == sorted(
        line.format(member=tmp_path / "member") for line in lines
    )
    assert manifest.is_complete


def test_a_project_file_lists_what_it_depends_on(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    text = """\
[project]
dependencies = ["one>=1", "lib ; python_version > '3'"]
[tool.uv.sources]
lib = { path = "../lib", editable = true }
"""

    manifest = read(tmp_path / "code", {"pyproject.toml": text})

    assert manifest.lines == ("one>=1", f"{tmp_path / 'lib'} ; python_version > '3'")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"requirements.txt": "../lib\n"}, "it names ../lib, which is not there."),
        ({"requirements.txt": "-r absent.txt\n"}, "the file does not exist, or is not a file."),
        ({"poetry.lock": '[[package]]\nname = "a"\n'}, "it tells of no groups; run `poetry lock`"),
        ({"uv.lock": "package = 1"}, "it is not of the form that is known"),
        ({"package.json": "[]"}, "it is not of the form that is known"),
        ({"package.json": '{"dependencies": {"a": 1}}'}, "it is not of the form that is known"),
        ({"package.json": "{"}, "it is not of the form that is known"),
        ({"pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'}, "they are dynamic"),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\na = "^1"\n'},
            "its dependencies are in poetry's form; run `poetry lock`.",
        ),
    ],
)
def test_a_file_that_does_not_tell_is_named(
    tmp_path: Path, files: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ManifestError) as raised:
        read(tmp_path, files)

    name = next(iter(files))
    assert str(raised.value).startswith(f"{name} does not tell what is to be installed: ")
    assert sentence.split("they are ")[-1] in str(raised.value)


def test_the_digest_is_of_what_decides(tmp_path: Path) -> None:
    def packages(**given: Any) -> dict[str, str]:
        return {"package.json": json.dumps({"dependencies": {"a": "1"}, **given})}

    plain = digest(tmp_path / "1", packages())

    assert digest(tmp_path / "2", packages(scripts={"test": "x"}, version="2")) == plain
    assert digest(tmp_path / "3", packages(dependencies={"a": "2"})) != plain
    assert digest(tmp_path / "4", {**packages(), "package-lock.json": "{}"}) != plain
    one = digest(tmp_path / "5", {"requirements.txt": "# Hello\none\n"})
    assert digest(tmp_path / "6", {"requirements.txt": "one\n"}) == one
    assert digest(tmp_path / "7", {"requirements.txt": "one==1\n"}) != one


def test_a_package_json_names_packages_and_paths(tmp_path: Path) -> None:
    dependencies = {"a": "^1", "b": "file:../b", "c": "link:./c", "d": "npm:e@1", "f": "~1.2"}
    package = {"dependencies": dependencies, "devDependencies": {"g": "file:../g"}}

    manifest = read(tmp_path / "code", {"package.json": json.dumps(package)})

    assert manifest.names == set(dependencies)
    assert manifest.local == (tmp_path / "b", tmp_path / "code" / "c")


def test_the_nearest_file_decides_and_the_functions_own_first(tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    one = function(code)
    assert manifest_file(tmp_path, one) is None
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert manifest_file(tmp_path, one) is None
    for file in (
        tmp_path / "uv.lock",
        tmp_path / "requirements.txt",
        code / "poetry.lock",
        code / "requirements.txt",
    ):
        file.touch()
        assert manifest_file(tmp_path, one) == file

    assert manifest_file(tmp_path, function(code, runtime="nodejs22.x")) is None
    (code / "package.json").touch()
    node = function(code, runtime="nodejs22.x")
    assert manifest_file(tmp_path, node) == code / "package.json"


@pytest.mark.parametrize(
    "given",
    [{"runtime": "provided.al2023"}, {"bootstrap": ("x",)}, {"code_archive": Path("code.zip")}],
)
def test_a_function_that_brings_its_own_needs_nothing(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    (tmp_path / "requirements.txt").touch()

    assert manifest_file(tmp_path, function(tmp_path, **given)) is None
