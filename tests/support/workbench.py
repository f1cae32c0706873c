"""A project in a folder, the real engine that runs it, and what tests ask of the two."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.events import Event, Record, StateChange, log_text
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Alias, Function, Project, PublishedVersion
from lambda_tui.project.settings import Settings
from support import SECONDS
from support.files import is_watched, save

TIMEOUT = 60
"""Seconds of a function's timeout that never passes on a loaded machine."""
# Not everything that the engine does is an event: a changed project, for one, is not.
_SECOND_LOOK = 0.02

AnyRecord = TypeVar("AnyRecord", bound=Record)


async def until(engine: Engine, condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until a condition holds, checked after every event of the engine.

    Raises ``TimeoutError`` when it does not within the seconds, and what the condition raises.
    """
    loop = asyncio.get_running_loop()
    met = loop.create_future()

    def look() -> None:
        if met.done():
            return
        try:
            if condition():
                met.set_result(None)
        except Exception as error:
            met.set_exception(error)

    def look_again() -> None:
        look()
        if not met.done():
            loop.call_later(_SECOND_LOOK, look_again)

    def note(_event: Event) -> None:
        # After its own handling: a state may be set behind the event that tells of it.
        loop.call_soon(look)

    forget = engine.events.listen(note)
    try:
        look_again()
        await asyncio.wait_for(met, seconds)
    finally:
        forget()


class Workbench:
    """An engine on one project, and every event that it has emitted."""

    def __init__(
        self, project: Project, settings: Settings, *, profiles_init: bool = False
    ) -> None:
        self.directory = project.directory
        self.engine = Engine(project, settings, open_environment_api, profiles_init=profiles_init)
        self.events: list[Event] = []
        self.storages: set[Path] = set()
        """The private directories that stand in for ``/tmp`` at level ``processes``."""
        self.engine.events.listen(self._note)

    def _note(self, event: Event) -> None:
        self.events.append(event)
        for pool in self.engine.pools.values():
            for environment in pool.environments:
                if not environment.is_isolated and environment.tmp_directory is not None:
                    self.storages.add(environment.tmp_directory)

    @property
    def pool(self) -> Pool:
        """The pool of the first function."""
        first, *_others = self.engine.pools.values()
        return first

    @property
    def environment(self) -> ExecutionEnvironment:
        """The only environment of the first function."""
        (environment,) = self.pool.environments
        return environment

    def serving(self, invocation: Invocation) -> ExecutionEnvironment:
        """Return the environment that serves, or has served, an invocation."""
        pool = self.engine.pools[invocation.function]
        return next(one for one in pool.environments if one.id == invocation.environment_id)

    def call(self, payload: bytes, pool: Pool | None = None) -> Invocation:
        """Invoke a function, the first by default, as an event source does: by its alias."""
        pool = pool or self.pool
        return pool.invoke(payload, qualifier=pool.function.event_qualifier)

    async def invoke(self, event: object = None, pool: Pool | None = None) -> Invocation:
        """Invoke a function, the first by default, and wait for the outcome."""
        invocation = self.call(json.dumps(event).encode(), pool)
        await asyncio.wait_for(invocation.wait(), SECONDS)
        return invocation

    async def answer(self, event: object = None, pool: Pool | None = None) -> Any:
        """Invoke a function and return its result, which must be a success."""
        invocation = await self.invoke(event, pool)
        assert invocation.status == "success", invocation.response
        return response_of(invocation)

    async def until(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait until a condition holds."""
        await until(self.engine, condition, seconds)

    async def until_state(
        self, state: State, environment: ExecutionEnvironment | None = None
    ) -> ExecutionEnvironment:
        """Wait until an environment, the only one by default, is in a state."""
        if environment is None:
            await self.until_all(1, state)
            return self.environment
        await self.until(lambda: _is_in(environment, state))
        return environment

    async def until_all(self, count: int, state: State) -> None:
        """Wait until there are exactly ``count`` environments, all in the state."""
        await self.until(
            lambda: (
                len(self.pool.environments) == count
                and all(_is_in(one, state) for one in self.pool.environments)
            )
        )

    async def until_frozen(
        self, environment: ExecutionEnvironment | None = None
    ) -> ExecutionEnvironment:
        """Wait until an environment, the only one by default, is frozen."""
        return await self.until_state(State.FROZEN, environment)

    async def until_settled(self, pool: Pool) -> None:
        """Wait until a function's only environment has nothing to do, or has no runtime."""
        await self.until(
            lambda: all(one.state in (State.FROZEN, State.RESET) for one in pool.environments)
        )

    async def until_stopped(self, environment: ExecutionEnvironment) -> None:
        """Wait for a freeze, and for the system calls that were under way when it came."""
        await self.until_frozen(environment)
        await self.until(lambda: set(thread_states(environment)) <= {"T", "Z"})

    async def until_watched(self, directory: Path | None = None) -> None:
        """Wait until a folder is watched for changes, the project's own by default."""
        await self.until(lambda: is_watched(directory or self.directory))

    async def until_replaced(self, old: ExecutionEnvironment) -> ExecutionEnvironment:
        """Wait until an environment has ended and its replacement is frozen."""
        await self.until(lambda: old.state is State.ENDED)
        return await self.until_frozen()

    def lift_the_timeout(self) -> None:
        """Give the only environment the timeout of a loaded machine from now on."""
        environment = self.environment
        environment.function = replace(environment.function, timeout=TIMEOUT)

    async def until_logged(self, text: str) -> None:
        """Wait until the function has written a line."""
        await self.until(lambda: text in self.log())

    def records(self, kind: type[AnyRecord]) -> list[AnyRecord]:
        """Return all records of a kind so far."""
        return [event.record for event in self.events if isinstance(event.record, kind)]

    def types(self, environment: str | None = None) -> list[str]:
        """Return the names of all records so far, or of those of one environment.

        A change of state goes by the name of the state: ``environment.frozen``.
        """
        return [
            _name_of(event.record)
            for event in self.events
            if environment in (None, event.environment)
        ]

    def reasons(self, state: State) -> list[str | None]:
        """Return the reason of each change to a state so far."""
        changes = self.records(StateChange)
        return [change.reason for change in changes if change.state is state]

    def log(self) -> list[str]:
        """Return the log so far, as CloudWatch would show it."""
        texts = (log_text(event) for event in self.events)
        return [text for text in texts if text is not None]

    def write(self, source: str, name: str = "lambda_function.py") -> Path:
        """Save a file of the project and return its path."""
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save(path, source)
        return path


def _is_in(environment: ExecutionEnvironment, state: State) -> bool:
    """Return whether an environment is in a state, and its process id is known.

    The zygote reports the id on a channel of its own, which may be read last. psutil takes the id
    None for this very process.
    """
    is_running = state not in (State.CREATING, State.ENDED)
    return environment.state is state and not (is_running and environment.pid is None)


def _name_of(record: Record) -> str:
    return f"environment.{record.state}" if isinstance(record, StateChange) else record.type


Open = Callable[..., Awaitable[Workbench]]
"""Starts the engine on a function's source or a ``Project``, at the sandbox level of the test.

Options are fields of the settings and of the function, and ``profiles_init`` of the engine."""


def thread_states(environment: ExecutionEnvironment) -> list[str]:
    """Return the kernel's letter for each thread of an environment's processes: T if stopped."""
    processes = psutil.Process(environment.pid).children(recursive=True)
    assert processes
    if sys.platform != "linux":
        letters = {psutil.STATUS_STOPPED: "T", psutil.STATUS_ZOMBIE: "Z"}
        return [letters.get(one.status(), "S") for one in processes]
    stats = [stat for one in processes for stat in Path(f"/proc/{one.pid}/task").glob("*/stat")]
    return [_state_in(stat) for stat in stats]


def _state_in(stat: Path) -> str:
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


def response_of(invocation: Invocation) -> Any:
    """Return the response that the caller got, decoded from JSON."""
    assert invocation.response is not None
    return json.loads(invocation.response)


def one_function(directory: Path, **configuration: Any) -> Project:
    """Return a project of the function in ``lambda_function.py``, without reading the folder.

    What only a published version has is that of version 1, whose alias is ``live``.
    """
    provisioned = configuration.pop("provisioned_concurrency", 0)
    if provisioned or configuration.get("snap_start"):
        configuration |= published(provisioned)
    settings = {
        "name": "function",
        "handler": "lambda_function.lambda_handler",
        "timeout": TIMEOUT,
        **configuration,
    }
    return Project(directory, (Function(code_directory=directory, **settings),))


def published(provisioned: int = 0) -> dict[str, Any]:
    """Return the fields of a function whose alias ``live`` names a version with environments."""
    return {
        "published": (PublishedVersion("1", provisioned_concurrency=provisioned),),
        "aliases": (Alias("live", "1"),),
    }


def file_in(environment: ExecutionEnvironment, name: str) -> Path:
    """Return the path of a file of the environment's ``/tmp``, as seen from outside."""
    assert environment.tmp_directory is not None
    return environment.tmp_directory / name
