"""Some failures have a reason that the error alone does not tell: the remedy is told with them."""

from __future__ import annotations

import _ctypes
import platform
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.environment.hints import hint
from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import write_program
from support.node_process import NODE
from support.workbench import Open, Workbench

READS = """
import logging, os

def lambda_handler(event, context):
    try:
        return open(event).read()
    except OSError:
        if event.endswith("caught.json"):
            logging.exception("no configuration")
            return None
        raise
"""
READS_IN_NODE = """
const fs = require('node:fs');
exports.handler = async (event) => fs.readFileSync(event, 'utf8');
"""
LISTENS = """
import socket
def lambda_handler(event, context):
    server = socket.create_server(("127.0.0.1", event))
    server.close()
"""


def hints(workbench: Workbench) -> list[str]:
    return [one.message for one in workbench.records(events.Notice)]


@pytest.mark.parametrize("level", ["namespaces"])
@pytest.mark.parametrize("name", ["config.json", "caught.json"])
@pytest.mark.parametrize("language", ["python", "node"])
async def test_a_data_file_that_lambda_could_not_read_is_told_when_it_is_read(
    open_project: Open, tmp_path: Path, name: str, language: str
) -> None:
    source, file = (READS, "app.py") if language == "python" else (READS_IN_NODE, "index.js")
    (tmp_path / file).write_text(source.replace("lambda_handler", "handler"))
    for data in ("config.json", "caught.json", "private.txt"):
        (tmp_path / data).write_text("{}")
        (tmp_path / data).chmod(0o600)
    project = load_project(tmp_path)
    assert project.problems == ()
    workbench = await open_project(project, node=NODE)

    await workbench.invoke(f"/var/task/{name}")
    await workbench.invoke(f"/var/task/{name}")

    (told,) = hints(workbench)
    assert told.startswith(f"{project.functions[0].name} cannot read /var/task/{name}, and could")
    assert told.endswith("run chmod o+rX on it.")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_port_that_is_taken_on_the_shared_network_is_told_once(
    open_project: Open, taken_port: int
) -> None:
    workbench = await open_project(LISTENS)

    await workbench.invoke(taken_port)
    await workbench.invoke(taken_port)

    (told,) = hints(workbench)
    assert told.startswith(f"function: port {taken_port} is taken, because environments share")
    assert 'set network = "own"' in told


async def test_the_port_that_an_extension_finds_taken_is_named(
    open_project: Open, tmp_path: Path, taken_port: int
) -> None:
    layer = tmp_path / "layer"
    said = f"listen tcp 127.0.0.1:{taken_port}: bind: address already in use"
    write_program(layer / "extensions" / "listener", f"#!/bin/sh\necho '{said}'\nexit 1\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def lambda_handler(event, context): pass\n")
    project = load_project(tmp_path / "code", Settings(layers=(layer,)))
    workbench = await open_project(project, network="shared")

    await workbench.invoke(None)

    assert [told for told in hints(workbench) if f"port {taken_port} is taken" in told]


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("2026-01-02T10:20:30Z Error: listen EADDRINUSE: address already in use :::8080", "8080"),
        ("Error: listen EADDRINUSE: address already in use 127.0.0.1:80", "80"),
        ("[Errno 48] error while attempting to bind on address ('::1', 90, 0, 0): address already "
         "in use", "90"),
        ("10:20:30 Address already in use (os error 98)", None),
    ],
)  # fmt: skip
def test_a_port_is_named_where_the_error_names_it(text: str, port: str | None) -> None:
    told = hint(Function("web", "app.handler", Path()), text, None, has_own_network=False)

    assert told is not None
    assert told.startswith(f"web: port {port} is" if port else "web: the port that it or an")
    assert hint(Function("web", "app.handler", Path()), text, None, has_own_network=True) is None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/tmp/project/bootstrap: line 3: /tmp/x: Permission denied", "/tmp/x"),
        ("open /tmp/cache/x: permission denied", "/tmp/cache/x"),
        ("Error: EACCES: permission denied, open '/tmp/x'", "/tmp/x"),
        ("touch: /tmp/x: Operation not permitted", "/tmp/x"),
        ("/tmp/project/bootstrap: Permission denied", None),
        ("/tmp/lambda-tui-0123/x: Permission denied", None),
        ("/var/tmp/x: Permission denied", None),
        ("/tmp/x: No such file or directory", None),
    ],
)
def test_a_program_that_is_denied_a_literal_tmp_is_told_of_the_variable(
    text: str, path: str | None
) -> None:
    function = Function("web", "app.handler", Path("/tmp/project"))

    told = hint(function, text, None, has_own_network=True, finds_storage=False)

    assert (told or "").startswith(f"web cannot write {path} at" if path else "")
    assert (told is None) == (path is None)
    assert hint(function, text, None, has_own_network=True, finds_storage=True) is None


async def test_a_log_that_tells_of_something_else_is_no_hint(open_project: Open) -> None:
    source = "def lambda_handler(event, context): print('Permission denied: /var/task/x')"
    workbench = await open_project(source)
    await workbench.answer(None)

    assert hints(workbench) == []


IMPORTS = """
import package.{name}
def lambda_handler(event, context): pass
"""
REQUIRES = "require('./package/core.node'); exports.lambda_handler = async () => null;"
# The first bytes of files: one for Linux on another processor, and one for macOS.
_OTHER = 62 if platform.machine() in ("aarch64", "arm64") else 183
FOR_ANOTHER_PROCESSOR = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, _OTHER, 1)
FOR_MACOS = b"\xcf\xfa\xed\xfe" + struct.pack("<I", 0x0100000C) + bytes(24)
FOR_THIS = Path(_ctypes.__file__).read_bytes()[:64]


async def told_of(
    open_project: Open, folder: Path, source: str, library: str, content: bytes
) -> str:
    """Return what is told of a function whose package has a library, invoked twice."""
    is_node = library.endswith(".node")
    (folder / ("app.js" if is_node else "app.py")).write_text(source)
    (folder / "package").mkdir()
    (folder / "package" / library).write_bytes(content.ljust(4096, b"\0"))
    (folder / "package" / "__init__.py").touch()
    runtime = "nodejs22.x" if is_node else None
    function = Function("function", "app.lambda_handler", folder, runtime=runtime)
    workbench = await open_project(Project(folder, (function,)), node=NODE)

    await workbench.invoke(None)
    await workbench.invoke(None)

    (told,) = hints(workbench)
    return told


@pytest.mark.parametrize("content", [FOR_ANOTHER_PROCESSOR, FOR_MACOS], ids=["Linux", "macOS"])
@pytest.mark.parametrize("library", ["core.abi3.so", "core.node"])
async def test_a_library_for_another_machine_is_named_once_when_it_cannot_be_loaded(
    open_project: Open, tmp_path: Path, library: str, content: bytes
) -> None:
    source = REQUIRES if library.endswith(".node") else IMPORTS.format(name="core")

    told = await told_of(open_project, tmp_path, source, library, content)

    assert told.startswith(f"function: package/{library} is built for ")
    assert ("macOS on arm64" in told) == (content == FOR_MACOS)
    assert told.endswith("install the package for this machine in its place.")


@pytest.mark.parametrize(
    "source",
    [IMPORTS.format(name="core"), "from package import core\n" + IMPORTS.format(name="core")],
    ids=["import", "from"],
)
async def test_a_module_for_another_python_is_named_when_it_is_not_found(
    open_project: Open, tmp_path: Path, source: str
) -> None:
    library = "core.cpython-399-x86_64-linux-gnu.so"

    told = await told_of(open_project, tmp_path, source, library, FOR_THIS)

    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert told == (
        f"function: package/{library} is built for Python 3.99, and cannot be loaded by Python "
        f"{here}; install the package for Python {here}, or name a Python 3.99 with the setting "
        "python."
    )


@pytest.mark.parametrize(
    ("content", "system", "remedy"),
    [
        (FOR_THIS, "darwin", "or run lambda-tui with --in docker."),
        (FOR_MACOS, "linux", "install the package for this machine in its place."),
    ],
    ids=["Linux", "macOS"],
)
def test_a_linux_for_the_same_processor_is_a_remedy_for_its_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, system: str, remedy: str
) -> None:
    (tmp_path / "core.so").write_bytes(content)
    monkeypatch.setattr(sys, "platform", system)
    # As macOS says it of a file for Linux.
    text = f"dlopen({tmp_path}/core.so, 0x0002): tried: '{tmp_path}/core.so' (not a mach-o file)"

    told = hint(Function("web", "app.handler", tmp_path), text, "3.11.2", has_own_network=True)

    assert told is not None
    assert told.startswith("web: core.so is built for")
    assert told.endswith(remedy)


def test_a_library_that_is_nowhere_is_no_hint(tmp_path: Path) -> None:
    function = Function("web", "app.handler", tmp_path)
    for text in (
        "libpq.so.5: cannot open shared object file: No such file or directory",
        f"{tmp_path}/core.so: cannot open shared object file: No such file or directory",
        "No module named 'nowhere.at_all'",
        "cannot import name 'nothing' from 'nowhere' (unknown location)",
    ):
        assert hint(function, text, "3.11.2", has_own_network=True) is None


@pytest.mark.parametrize("level", ["processes"])
@pytest.mark.parametrize("place", ["module", "handler"])
@pytest.mark.parametrize("language", ["python", "node", "es module"])
async def test_a_missing_module_is_told_with_its_remedy_once(
    open_project: Open, tmp_path: Path, language: str, place: str
) -> None:
    file, at_top, inside = {
        "python": ("app.py", "import absent\n", "def handler(event, context):\n    {}pass\n"),
        "node": ("index.js", "require('absent');\n", "exports.handler = async () => {{ {} }};\n"),
        "es module": (
            "index.mjs",
            "import 'absent';\n",
            "export const handler = async () => {{ {} }};\n",
        ),
    }[language]
    call = "await import('absent');" if language == "es module" else f"{at_top.strip()}; "
    source = inside.format("") if place == "module" else inside.format(call)
    (tmp_path / file).write_text((at_top if place == "module" else "") + source)
    workbench = await open_project(load_project(tmp_path), node=NODE)

    await workbench.invoke(None)
    await workbench.invoke(None)
    await workbench.engine.dependencies.settle()

    (told,) = [one for one in hints(workbench) if "absent" in one]
    name = workbench.pool.function.name
    listed = "requirements.txt or pyproject.toml" if language == "python" else "package.json"
    assert told.startswith(f"{name} misses absent, which no {listed} lists: run `")


@pytest.mark.parametrize("level", ["processes"])
async def test_a_variable_without_a_value_here_is_told_with_the_line_to_add_once(
    open_project: Open, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(
        "import os\ndef handler(event, context):\n"
        "    return int(os.environ.get('PORT_OF_CACHE')) if event else os.environ['TABLE']\n"
    )
    (tmp_path / "template.yaml").write_text(
        "Parameters: {Table: {Type: String}}\nResources:\n  Hello:\n"
        "    Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n"
        "      Runtime: python3.12\n      Environment:\n        Variables:\n"
        "          TABLE: !Ref Table\n          PORT_OF_CACHE: !ImportValue cache-port\n"
        "          UNUSED: !ImportValue unused\n"
    )
    workbench = await open_project(load_project(tmp_path))

    for event in (None, None, True):
        assert (await workbench.invoke(event)).status == "error"

    told = [one for one in hints(workbench) if "is not set here" in one]
    assert told == [
        "Hello: TABLE is not set here, since the parameter Table has no Default; add, below "
        '[values] in lambda-tui.toml: "Table" = "…".',
        "Hello: PORT_OF_CACHE is not set here, since cache-port is the export of another stack; "
        'add, below [values] in lambda-tui.toml: "cache-port" = "…".',
    ]
