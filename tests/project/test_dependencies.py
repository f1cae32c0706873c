"""Packages that a function imports, and that its requirements do not bring to Lambda."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambda_tui.project.dependencies import undeclared_packages
from lambda_tui.project.function import Function, Layer
from lambda_tui.project.interpreters import Interpreter
from support.files import save

UV_LOCK = """
[[package]]
name = "mine"
source = {{ virtual = "." }}
dependencies = [{{ name = "{dependency}" }}, {{ name = "between" }}]
[package.dev-dependencies]
dev = [{{ name = "slow" }}]
[package.optional-dependencies]
more = [{{ name = "faster" }}]
[[package]]
name = "between"
source = {{ registry = "https://example.com" }}
dependencies = [{{ name = "direct" }}]
[[package]]
name = "direct"
source = {{ registry = "https://example.com" }}
[[package]]
name = "slow"
source = {{ registry = "https://example.com" }}
"""
MARKER = 'Requires-Dist: deep-one[fast]>=1; python_version > "3"\n'


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    """Return a virtual environment with a few packages, as installers leave them."""
    site = tmp_path / ".venv" / "lib" / "python3.12" / "site-packages"
    install(site, "Direct", "direct", MARKER)
    install(site, "deep_one", "deep", 'Requires-Dist: faster; extra == "fast"\nRequires-Dist: x\n')
    install(site, "faster", "faster")
    install(site, "py-test", "pytest", 'Requires-Dist: slow; extra == "never"\n')
    install(site, "slow", "slow")
    return Interpreter(tmp_path / ".venv" / "bin" / "python", "the project's .venv")


def install(site: Path, name: str, module: str, more: str = "") -> None:
    folder = site / f"{name}-1.2.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n{more}")
    (folder / "RECORD").write_text(f"{module}/__init__.py,,\n{name}-1.2.dist-info/METADATA,,\n")
    (site / module).mkdir()
    (site / module / "__init__.py").touch()


def found(folder: Path, interpreter: Interpreter, source: str, **files: str) -> list[str]:
    """Return what is said of a function with this source and these other files."""
    code = folder / "code"
    for name, text in {"app.py": source, **files}.items():
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        save(code / name, text)
    function = Function("Hello", "app.handler", code)
    return [str(one) for one in undeclared_packages(folder, function, interpreter)]


def said(line: int, module: str, package: str, file: str = "requirements.txt") -> str:
    return (
        f"code/app.py:{line}: Hello imports {module}, which {file} does not bring to Lambda; "
        f"add {package}==1.2 to it."
    )


def test_a_package_that_is_not_required_is_told_with_the_line_to_add(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    texts = {"requirements.txt": "direct\n"}

    assert found(tmp_path, interpreter, "import os\nimport pytest.raises\n", **texts) == [
        said(2, "pytest", "py-test")
    ]


@pytest.mark.parametrize("module", ["direct", "deep", "faster"])
def test_what_comes_with_a_required_package_is_there(
    tmp_path: Path, interpreter: Interpreter, module: str
) -> None:
    texts = {"requirements.txt": "Direct>=1.0,<2  # the one\n"}

    assert found(tmp_path, interpreter, f"from {module} import it\n", **texts) == []


def test_an_extra_that_nobody_asks_for_brings_nothing(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    texts = {"requirements.txt": "py-test\n"}

    assert found(tmp_path, interpreter, "import slow\n", **texts) == [said(1, "slow", "slow")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "-r more.txt\n--index-url https://example.org/simple\n"),
        ("requirements.txt", "py_test == 1.2 \\\n    --hash=sha256:00\n"),
        ("requirements.txt", "py-test @ https://example.org/py_test-1.2.whl\n"),
        ("pyproject.toml", '[project]\ndependencies = ["py.test[all]>=1"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npy-test = "^1"\n'),
        ("Pipfile.lock", '{"default": {"py-test": {}}, "develop": {}}'),
        ("pylock.toml", '[[packages]]\nname = "py-test"\n'),
        ("uv.lock", UV_LOCK.format(dependency="py-test")),
        ("poetry.lock", '[[package]]\nname = "py-test"\ngroups = ["main", "dev"]\n'),
        ("poetry.lock", '[[package]]\nname = "py-test"\ncategory = "main"\n'),
        ("pdm.lock", '[[package]]\nname = "py-test"\ngroups = ["default"]\n'),
    ],
)
def test_every_kind_of_file_names_packages(
    tmp_path: Path, interpreter: Interpreter, name: str, text: str
) -> None:
    texts = {name: text, "more.txt": "py-test\n"}

    assert found(tmp_path, interpreter, "import pytest\n", **texts) == []
    others = {one: it.replace("py", "ju") for one, it in texts.items()}
    told = [said(1, "pytest", "py-test", name)]
    assert found(tmp_path, interpreter, "import pytest\n", **others) == told


def test_a_package_for_development_is_not_deployed(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    text = '[project]\ndependencies = []\n[dependency-groups]\ndev = ["py-test"]\n'

    assert found(tmp_path, interpreter, "import pytest\n", **{"pyproject.toml": text}) == [
        said(1, "pytest", "py-test", "pyproject.toml")
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV_LOCK.format(dependency="other")),
        ("poetry.lock", '[[package]]\nname = "slow"\ngroups = ["dev"]\n'),
        ("poetry.lock", '[[package]]\nname = "slow"\ncategory = "dev"\n'),
        ("pdm.lock", '[[package]]\nname = "slow"\ngroups = ["test"]\n'),
        ("Pipfile.lock", '{"default": {}, "develop": {"slow": {}}}'),
    ],
)
def test_a_package_that_is_locked_for_development_is_not_deployed(
    tmp_path: Path, interpreter: Interpreter, name: str, text: str
) -> None:
    assert found(tmp_path, interpreter, "import slow\n", **{name: text}) == [
        said(1, "slow", "slow", name)
    ]


def test_a_lock_file_tells_what_the_project_file_leaves_open(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    texts = {
        "pyproject.toml": '[project]\ndynamic = ["dependencies"]\n',
        "uv.lock": UV_LOCK.format(dependency="slow"),
    }

    told = found(tmp_path, interpreter, "import slow, direct, faster, pytest\n", **texts)

    assert told == [said(1, "pytest", "py-test", "pyproject.toml")]


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"uv.lock": "package = 1"},
        {"uv.lock": '[[package]]\nname = "a"\nsource = "x"'},
        {"poetry.lock": '[[package]]\nname = "slow"\n'},
        {"pdm.lock": "package = [1]"},
        {"pylock.toml": "packages = [[]]"},
        {"Pipfile.lock": "[]"},
        {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
        {"pyproject.toml": '[project]\ndynamic = ["dependencies"]\n'},
        {"requirements.txt": "-e .\n"},
        {"requirements.txt": "git+https://example.org/it.git\n"},
        {"requirements.txt": "-r gone.txt\n"},
        {"pyproject.toml": "not TOML"},
    ],
)
def test_where_requirements_are_not_told_nothing_is_said(
    tmp_path: Path, interpreter: Interpreter, texts: dict[str, str]
) -> None:
    assert found(tmp_path, interpreter, "import pytest\n", **texts) == []


def test_the_projects_requirements_count_where_the_function_has_none(
    tmp_path: Path, interpreter: Interpreter
) -> None:
    (tmp_path / "requirements.txt").write_text("direct\n")

    assert found(tmp_path, interpreter, "import pytest\n") == [said(1, "pytest", "py-test")]
    texts = {"requirements.txt": "py-test\n"}
    assert found(tmp_path, interpreter, "import pytest\n", **texts) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os, json, boto3, botocore.client, urllib3, dateutil.tz\n",
        "import helper\nfrom package.inner import it\nfrom . import other\n",
        "import nowhere\n",
        "try:\n    import pytest\nexcept ImportError:\n    pytest = None\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pytest\n",
    ],
)
def test_what_lambda_has_or_can_do_without_is_not_told(
    tmp_path: Path, interpreter: Interpreter, source: str
) -> None:
    texts = {
        "requirements.txt": "",
        "helper.py": "",
        "package/__init__.py": "",
        "package/inner.py": "",
        "other.py": "",
        "unused.py": "import pytest\n",
    }

    assert found(tmp_path, interpreter, source, **texts) == []


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("def handler(event, context):\n    import pytest\n", "code/app.py:2"),
        ("import helper\n", "code/helper.py:1"),
        ("from package import inner\n", "code/package/deeper.py:1"),
        ("import package.inner\n", "code/package/deeper.py:1"),
    ],
)
def test_every_module_that_is_reached_is_looked_at(
    tmp_path: Path, interpreter: Interpreter, source: str, where: str
) -> None:
    texts = {
        "requirements.txt": "direct\n",
        "helper.py": "import pytest\n",
        "package/__init__.py": "",
        "package/inner.py": "from .deeper import it\n",
        "package/deeper.py": "from pytest import it\n",
    }

    (sentence,) = found(tmp_path, interpreter, source, **texts)

    assert sentence.startswith(f"{where}: Hello imports pytest,")


@pytest.mark.parametrize("is_here", [True, False])
def test_a_layer_may_have_the_package(
    tmp_path: Path, interpreter: Interpreter, is_here: bool
) -> None:
    found(tmp_path, interpreter, "import pytest\n", **{"requirements.txt": ""})
    layers = tmp_path / "layers"
    (layers / "python" / "pytest").mkdir(parents=True)
    layer = Layer("arn", layers if is_here else None)
    function = Function(
        "Hello",
        "app.handler",
        tmp_path / "code",
        layers=(layer,),
        layers_directory=layers if is_here else None,
    )

    assert undeclared_packages(tmp_path, function, interpreter) == ()


def test_our_own_environment_is_read(tmp_path: Path) -> None:
    interpreter = Interpreter(Path(sys.prefix) / "bin" / "python", "this")
    texts = {"requirements.txt": "textual\n"}

    (sentence,) = found(tmp_path, interpreter, "import pytest, rich\n", **texts)

    assert "imports pytest, which requirements.txt does not bring to Lambda" in sentence
