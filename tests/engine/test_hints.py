"""Some failures have a reason that the error alone does not tell: the remedy is told with them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.environment.hints import hint
from lambda_tui.project.function import Function
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
    told = hint(Function("web", "app.handler", Path()), text, has_own_network=False)

    assert told is not None
    assert told.startswith(f"web: port {port} is" if port else "web: the port that it or an")
    assert hint(Function("web", "app.handler", Path()), text, has_own_network=True) is None


async def test_a_log_that_tells_of_something_else_is_no_hint(open_project: Open) -> None:
    source = "def lambda_handler(event, context): print('Permission denied: /var/task/x')"
    workbench = await open_project(source)
    await workbench.answer(None)

    assert hints(workbench) == []
