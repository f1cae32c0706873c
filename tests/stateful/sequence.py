"""One random sequence over the real engine: its function, the actions, and the observations."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.events import Event
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Function, Project
from lambda_tui.project.settings import Settings
from support import SECONDS
from support.leftovers import mounts, survivors

TIMEOUT = 0.4
"""Seconds of the function: less than AWS's least, so that many sequences fit into a run."""

HANDLER = """
import os, subprocess, sys, tempfile, threading, time
with open(os.path.join(tempfile.gettempdir(), "inits"), "a") as file:
    file.write("init\\n")
{top_level}
def lambda_handler(event, context):
    print("serving", event["number"])
    exec(event["do"])
    return event["number"]
"""

DOINGS = {
    "nothing": "",
    "a little": "time.sleep(0.01)",
    "much text": "print('line\\n' * 2000)",
    "a thread": "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()",
    "a child": "subprocess.Popen(['sleep', '1000'])",
    "an error": "raise LookupError(event['number'])",
    "an exit": "os._exit(event['number'] % 3)",
    "a signal": "os.kill(os.getpid(), 9)",
    "an exit with a child": "subprocess.Popen(['sleep', '1000']); sys.exit(3)",
    "no end": "time.sleep(1000)",
}
"""The actions of an invocation, by name."""

MAY_SUCCEED = frozenset({"nothing", "a little", "much text", "a thread", "a child"})

TOP_LEVELS = {
    "good": "",
    "slow": "time.sleep(0.05)",
    "raises": "1 / 0",
    "exits": "os._exit(1)",
    "does not parse": "(",
}
"""The statements that a save may put at the top of the function's file, by name."""


class Sequence:
    """An engine in an event loop of its own, which runs while something is done to it."""

    def __init__(self, sandbox: str, idle_timeout: float, **configuration: Any) -> None:
        self.events: list[tuple[Event, State | None]] = []
        """The events, each with the state that its environment was in."""
        self.raised: list[str] = []
        """The exceptions that the loop had to catch."""
        self.asked: list[tuple[Invocation, str]] = []
        """Every invocation with the name of its action."""
        self.storages: set[Path] = set()
        self._processes = psutil.Process().children(recursive=True)
        self._mounts = mounts()
        self._environments: dict[str, ExecutionEnvironment] = {}
        self._folder = tempfile.TemporaryDirectory()
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_exception_handler(self._catch)
        directory = Path(self._folder.name)
        self.save("good")
        # The engine takes what it is given; only projects that are read from disk are checked.
        function = Function("function", "lambda_function.lambda_handler", directory)
        function = replace(function, timeout=TIMEOUT, **configuration)  # type: ignore[arg-type]
        # A template, so that a save of code is a change of the code and of nothing else.
        project = Project(directory, (function,), template=directory / "template.yaml")
        settings = Settings(
            sandbox=sandbox,  # type: ignore[arg-type]
            idle_timeout=idle_timeout,
            maximum_environments=8,
        )
        self._engine = self._runner.run(self._start(project, settings))

    async def _start(self, project: Project, settings: Settings) -> Engine:
        engine = Engine(project, settings, open_environment_api)
        engine.events.listen(self._note)
        self._engine = engine
        await engine.start()
        return engine

    @property
    def pool(self) -> Pool:
        """The pool of the function."""
        return self._engine.pools["function"]

    @property
    def ever(self) -> dict[str, ExecutionEnvironment]:
        """Every environment that there has been, by id."""
        return self._environments

    def _note(self, event: Event) -> None:
        for environment in self.pool.environments:
            self._environments[environment.id] = environment
            if not environment.is_isolated and environment.tmp_directory is not None:
                self.storages.add(environment.tmp_directory)
        known = self._environments.get(event.environment)
        self.events.append((event, known.state if known else None))

    def _catch(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.raised.append(f"{context['message']}: {context.get('exception')!r}")

    # The actions --------------------------------------------------------------------------------

    def invoke(self, doing: str, count: int) -> None:
        """Start some invocations at once, and wait for none."""

        async def invoke() -> None:
            for _ in range(count):
                event = {"number": len(self.asked), "do": DOINGS[doing]}
                invocation = self.pool.invoke(json.dumps(event).encode())
                self.asked.append((invocation, doing))

        self._runner.run(invoke())

    def wait(self) -> None:
        """Wait until every invocation is over. Raise ``TimeoutError`` when one is not."""

        async def wait() -> None:
            async with asyncio.timeout(SECONDS):
                for invocation, _doing in self.asked:
                    await invocation.wait()

        self._runner.run(wait())

    def pass_time(self, seconds: float) -> None:
        """Let the loop run."""
        self._runner.run(asyncio.sleep(seconds))

    def save(self, top_level: str) -> None:
        """Write the function's file."""
        source = HANDLER.format(top_level=TOP_LEVELS[top_level])
        Path(self._folder.name, "lambda_function.py").write_text(source)

    def choose(self, number: int) -> ExecutionEnvironment | None:
        """Return one of the present environments; None when there is none."""
        environments = self.pool.environments
        return environments[number % len(environments)] if environments else None

    def act(self, action: str, number: int) -> None:
        """Do to one of the environments what a user may do by hand."""

        async def act() -> None:
            environment = self.choose(number)
            if environment is None:
                return
            match action:
                case "shut down":
                    environment.shut_down("request")
                case "reinitialise":
                    self.pool.reinitialise(environment)
                case "end the init process":
                    end_process(environment.pid)
                case _:
                    getattr(environment, action)()

        self._runner.run(act())

    def reinitialise_all(self) -> None:
        """Replace every environment."""

        async def reinitialise() -> None:
            self.pool.reinitialise()

        self._runner.run(reinitialise())

    def still_running(self, environment: ExecutionEnvironment) -> list[str]:
        """Return the processes that run although their environment is frozen or reset."""

        def found() -> list[str]:
            with contextlib.suppress(psutil.NoSuchProcess):
                processes = psutil.Process(environment.pid).children(recursive=True)
                at_rest = {psutil.STATUS_ZOMBIE}
                if environment.state is State.FROZEN:
                    at_rest.add(psutil.STATUS_STOPPED)
                return [str(one) for one in processes if one.status() not in at_rest]
            return []

        # A stop takes hold when a system call that was under way is finished.
        deadline = time.monotonic() + SECONDS
        while running := found():
            if time.monotonic() > deadline:
                return running
        return []

    def close(self) -> list[str]:
        """End the engine and return what is left of it, in words."""
        self._runner.run(self._engine.close())
        left = [f"environment {one.number}" for one in self.pool.environments]
        self._runner.close()
        left += [str(process) for process in survivors(besides=self._processes)]
        left += [str(path) for path in self.storages if path.exists()]
        if mounts() != self._mounts:
            left.append("mounts")
        self._folder.cleanup()
        return left


def end_process(pid: int | None) -> None:
    """Kill a process, if it is a descendant of this one and has not ended."""
    for process in psutil.Process().children(recursive=True):
        if process.pid == pid:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
