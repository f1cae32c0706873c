"""Which Node.js a function runs on, found without running one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import (
    Interpreter,
    find_interpreter,
    nodes_on_machine,
    version_mismatch,
)
from lambda_tui.project.settings import Settings


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for variable in ("NVM_DIR", "FNM_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "NODENV_ROOT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("VOLTA_HOME", raising=False)
    monkeypatch.setenv("N_PREFIX", str(tmp_path / "n"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/nowhere")
    return tmp_path / "home"


def executable(file: Path) -> Path:
    """A file that could not be run: nothing may be run to find a Node.js."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/false\n")
    file.chmod(0o755)
    return file


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str | None = None) -> Path:
    """A Node.js on PATH, with the header that tells its version where one is given."""
    monkeypatch.setenv("PATH", f"relative:{folder / 'bin'}")
    if version is not None:
        header = folder / "include" / "node" / "node_version.h"
        header.parent.mkdir(parents=True)
        names = ("MAJOR", "MINOR", "PATCH")
        header.write_text(
            "\n".join(
                f"#define NODE_{name}_VERSION {part}"
                for name, part in zip(names, version.split("."), strict=True)
            )
        )
    return executable(folder / "bin" / "node")


def found(
    project: Path, runtime: str | None = "nodejs22.x", node: Path | None = None
) -> Interpreter:
    code = project / "src"
    code.mkdir(parents=True, exist_ok=True)
    function = Function("hello", "app.handler", code, runtime=runtime, file=code / "app.mjs")
    return find_interpreter(project, function, Settings(node=node))


def test_the_setting_goes_before_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(tmp_path / "usr", monkeypatch, "22.1.0")
    chosen = tmp_path / "chosen"
    assert found(tmp_path, node=chosen) == Interpreter(chosen, "the setting node", "node")


def test_node_on_path_is_used_whatever_it_is_when_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = on_path(tmp_path / "usr", monkeypatch)
    assert found(tmp_path) == Interpreter(node, "node on PATH", "node")


INSTALLED = [
    ".nvm/versions/node/v{}/bin/node",
    ".local/share/fnm/node-versions/v{}/installation/bin/node",
    ".asdf/installs/nodejs/{}/bin/node",
    ".local/share/mise/installs/node/{}/bin/node",
    ".nodenv/versions/{}/bin/node",
    ".volta/tools/image/node/{}/bin/node",
]


@pytest.mark.parametrize("pattern", INSTALLED)
def test_the_newest_of_the_version_of_runtime_is_found_where_managers_keep_it(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    on_path(tmp_path / "usr", monkeypatch, "20.1.0")
    for version in ("20.2.0", "22.9.1", "22.10.0", "24.0.0"):
        executable(home / pattern.format(version))
    node = home / pattern.format("22.10.0")
    assert found(tmp_path) == Interpreter(node, "the version of Runtime", "node")


def test_node_on_path_goes_before_an_installed_one_of_the_same_version(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = on_path(tmp_path / "usr", monkeypatch, "22.1.0")
    executable(home / INSTALLED[0].format("22.9.1"))
    assert found(tmp_path) == Interpreter(node, "node on PATH", "node")


@pytest.mark.parametrize("name", [".nvmrc", ".node-version"])
@pytest.mark.parametrize("text", ["v20\n", "20.2.0", "20.2"])
def test_the_projects_version_file_goes_before_runtime(
    tmp_path: Path, home: Path, name: str, text: str
) -> None:
    for version in ("20.1.0", "20.2.0", "22.9.1"):
        executable(home / INSTALLED[0].format(version))
    (tmp_path / name).write_text(text)
    node = home / INSTALLED[0].format("20.2.0")
    assert found(tmp_path) == Interpreter(node, f"the version of {name}", "node")


@pytest.mark.parametrize("text", ["lts/jod", "19", "", "\x00"])
def test_a_version_file_that_names_none_that_is_there_is_passed_over(
    tmp_path: Path, home: Path, text: str
) -> None:
    (tmp_path / ".nvmrc").write_text(text)
    executable(home / INSTALLED[0].format("22.9.1"))
    assert found(tmp_path).origin == "the version of Runtime"


def test_a_shim_on_path_is_not_run_but_the_newest_installed_one(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(home / ".asdf" / "shims" / "node")
    monkeypatch.setenv("PATH", str(home / ".asdf" / "shims"))
    node = executable(home / ".asdf/installs/nodejs/20.2.0/bin/node")
    assert found(tmp_path, None) == Interpreter(node, "the newest Node.js installed", "node")


@pytest.mark.parametrize(
    ("runtime", "version"),
    [
        ("nodejs26.x", "24.2.0"),
        ("nodejs22.x", "24.2.0"),
        ("nodejs20.x", "21.1.0"),
        ("nodejs16.x", "18.2.0"),
        ("nodejs12.x", "18.2.0"),
        ("nodejs8.10", "18.2.0"),
        ("nodejs4.3-edge", "18.2.0"),
    ],
)
def test_the_nearest_version_stands_in_for_one_that_is_not_there(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, version: str
) -> None:
    nodes = {"21.1.0": on_path(tmp_path / "usr", monkeypatch, "21.1.0")}
    # The oldest is too old for any function.
    for installed in ("12.1.0", "18.1.0", "18.2.0", "24.2.0"):
        nodes[installed] = executable(home / INSTALLED[0].format(installed))
    assert found(tmp_path, runtime).executable == nodes[version]


def test_the_nearest_to_runtime_goes_before_the_nearest_to_a_version_file(
    tmp_path: Path, home: Path
) -> None:
    for version in ("18.1.0", "24.2.0"):
        executable(home / INSTALLED[0].format(version))
    (tmp_path / ".nvmrc").write_text("16")
    assert found(tmp_path).executable == home / INSTALLED[0].format("24.2.0")
    assert found(tmp_path, None).executable == home / INSTALLED[0].format("18.1.0")


def test_without_any_node_one_sentence_says_so(tmp_path: Path) -> None:
    interpreter = found(tmp_path)
    assert interpreter.problem is not None
    assert interpreter.problem.startswith("There is no Node.js for it: put node on PATH")


def test_a_version_that_is_not_runtimes_is_said() -> None:
    function = Function("hello", "index.handler", Path(), runtime="nodejs22.x")
    assert version_mismatch(function, "22.1.0") is None
    sentence = "runs on Node.js 20, but Runtime names nodejs22.x"
    assert version_mismatch(function, "20.1.0") == sentence
    assert version_mismatch(replace(function, runtime=None), "20.1.0") is None


def test_every_runtime_that_the_machine_has_a_node_for_is_listed(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nodes_on_machine() == {}
    newest = executable(home / ".nvm/versions/node/v24.2.0/bin/node")
    executable(home / ".nvm/versions/node/v24.1.0/bin/node")
    executable(home / ".nvm/versions/node/v23.0.0/bin/node")
    assert nodes_on_machine() == {"nodejs24.x": newest}
    of_22 = on_path(tmp_path / "usr", monkeypatch, "22.1.0")
    assert list(nodes_on_machine().items()) == [("nodejs22.x", of_22), ("nodejs24.x", newest)]


@pytest.mark.parametrize("version", [None, "23.4.0"])
def test_a_node_on_path_that_is_of_no_runtime_is_listed_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    node = on_path(tmp_path / "usr", monkeypatch, version)

    assert nodes_on_machine() == {"node": node}
