"""Own networks of an engine in another process: an ordinary user's, or one that is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from support import SECONDS
from support.files import ROOT
from support.leftovers import still_alive
from support.network import ENTER_AND_ROUTE, listening, put_connector

DRIVER = """
import asyncio, json, os, sys
from pathlib import Path
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.launch import network
from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Function, Project
from lambda_tui.project.settings import Settings

async def main():
    code, choice, programs = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.environ["PATH"] = programs
    network._DEVICE = Path("/dev/null")
    layers = code.parent / "layers"
    function = Function(
        "function", "lambda_function.lambda_handler", code, layers_directory=layers
    )
    settings = Settings(watch=False, network=choice)
    engine = Engine(Project(code, (function,)), settings, open_environment_api)
    notices = []
    engine.events.listen(lambda e: e.record.type == "notice" and notices.append(e.record.message))
    await engine.start()
    (pool,) = engine.pools.values()
    invocations = [pool.invoke(b"null") for _ in range(2)]
    for invocation in invocations:
        await invocation.wait()
    seen = {
        "user": os.getuid(),
        "level": pool.sandbox.level,
        "answers": [json.loads(one.response) for one in invocations],
        "notices": notices,
    }
    print(json.dumps(seen), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await engine.close()

asyncio.run(main())
"""


@contextmanager
def driven(
    prefix: list[str], folder: Path, choice: str
) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Run an engine on the project in the folder; yield its process and what it reports."""
    arguments = [str(folder / "code"), choice, str(folder / "programs")]
    with subprocess.Popen(
        [*prefix, sys.executable, "-c", DRIVER, *arguments],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        try:
            assert driver.stdout is not None
            yield driver, json.loads(driver.stdout.readline())
            assert driver.stdin is not None
            driver.stdin.close()
            driver.wait(SECONDS)
        finally:
            driver.kill()


@pytest.mark.usefixtures("nothing_is_left")
def test_an_ordinary_user_has_networks_of_their_own(
    as_ordinary_user: list[str], tmp_path: Path
) -> None:
    listening(tmp_path)
    with driven(as_ordinary_user, tmp_path, "own") as (_, seen):
        assert seen["user"] != 0
        assert seen["level"] == "namespaces"
        addresses, identifiers = zip(*seen["answers"], strict=True)
        assert addresses == ("169.254.100.1:9001",) * 2
        assert len(set(identifiers)) == 2
        assert "no way to the outside" in seen["notices"][0]


@pytest.mark.usefixtures("nothing_is_left")
def test_the_connector_of_an_ordinary_user_enters_the_network(
    as_ordinary_user: list[str], tmp_path: Path
) -> None:
    listening(tmp_path)
    put_connector(tmp_path, f"{ENTER_AND_ROUTE}\nsignal.pause()")
    with driven(as_ordinary_user, tmp_path, "auto") as (_, seen):
        assert [address for address, _ in seen["answers"]] == ["169.254.100.1:9001"] * 2
        assert seen["notices"] == []


# Root of a user namespace of its own, in which no further one is allowed.
WITHOUT_NAMESPACES = """\
echo 0 > /proc/sys/user/max_user_namespaces
exec "$@"
"""


@pytest.mark.usefixtures("nothing_is_left")
def test_where_it_turns_out_late_that_there_are_no_namespaces_the_second_is_refused(
    tmp_path: Path,
) -> None:
    listening(tmp_path)
    put_connector(tmp_path, "")
    script = tmp_path / "without_namespaces.sh"
    script.write_text(WITHOUT_NAMESPACES)
    prefix = ["unshare", "--user", "--map-root-user", "sh", str(script)]
    with driven(prefix, tmp_path, "auto") as (_, seen):
        assert seen["level"] == "processes"
        answer, refusal = seen["answers"]
        assert answer[0].startswith("127.0.0.1:")
        assert refusal["errorMessage"] == seen["notices"][0]
        assert "no network of their own" in seen["notices"][0]


@pytest.mark.usefixtures("nothing_is_left")
def test_a_connector_ends_with_an_engine_that_is_killed(tmp_path: Path) -> None:
    listening(tmp_path)
    put_connector(tmp_path, f"{ENTER_AND_ROUTE}\nsignal.pause()")
    with driven([], tmp_path, "auto") as (driver, seen):
        assert seen["notices"] == []
        below = psutil.Process(driver.pid).children(recursive=True)
        connectors = [one for one in below if any("pasta" in part for part in one.cmdline())]
        assert len(connectors) == 2
        driver.kill()
        driver.wait(SECONDS)
        assert still_alive(below, seconds=3) == []
