"""A project whose events are told by a script, at times of the script's own.

The engine is the real one but is not started, so that no process runs and no figure differs from
run to run. Environments, invocations and events are the engine's own classes; the script says what
happens to them and when.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment, Usage
from lambda_tui.engine.events import (
    Event,
    FunctionLog,
    ImportedModule,
    InitProfile,
    InitReport,
    InitStart,
    InvocationAccepted,
    Record,
    Report,
    RuntimeDone,
    Span,
    Start,
    StateChange,
    Status,
)
from lambda_tui.engine.invocation import KEY, Caller, Invocation, InvocationStatus
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.engine.wire import Sandbox, Zygote
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.settings import Settings
from lambda_tui.sample_events import identifiers
from lambda_tui.ui import LambdaTuiApp
from lambda_tui.ui.keymap import make_keymap
from lambda_tui.ui.lives import columns

NOON = 1_800_014_400.0
"""15 January 2027, 12:00:00 UTC."""
AGE = 150.0
"""Seconds since each environment was made, as the screen says."""
FOLDER = Path("/srv/shop")
"""The project's folder, which does not exist: no path differs from machine to machine."""
MODULES = (
    ImportedModule(0, "app", 0.0, 118.0),
    ImportedModule(1, "boto3", 1.0, 96.0, "", "app.py", 3),
    ImportedModule(2, "botocore.session", 2.0, 71.0, "", "boto3/__init__.py", 17),
    ImportedModule(1, "json", 98.0, 4.0, "", "app.py", 1),
)


class ScriptedClock:
    """The wall clock of a script, and the ids of events; the clock of the event loop goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        local_time, text_of = time.localtime, time.strftime
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()
        monkeypatch.setattr(time, "time", lambda: self.now)
        monkeypatch.setattr(time, "time_ns", lambda: int(self.now * 1e9))
        for name in ("new_id", "new_upper_id", "new_hex", "new_digits"):
            monkeypatch.setattr(getattr(identifiers, name), "__code__", _same_id.__code__)
        monkeypatch.setattr(identifiers.new_uuid, "__code__", _same_uuid.__code__)
        monkeypatch.setattr(identifiers, "datetime", _ScriptedDatetime)
        # Every environment is as old as another, however long the script takes.
        monkeypatch.setattr(columns, "time", SimpleNamespace(monotonic=lambda: AGE))
        monkeypatch.setattr(
            time, "localtime", lambda at=None: local_time(self.now if at is None else at)
        )
        monkeypatch.setattr(
            time, "strftime", lambda form, at=None: text_of(form, at or local_time(self.now))
        )


def _same_id(length: int) -> str:
    return "1234567890" * (length // 10) + "1234567890"[: length % 10]


def _same_uuid() -> str:
    return "12345678-1234-4123-8123-123456789012"


class _ScriptedDatetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> _ScriptedDatetime:
        return cls.fromtimestamp(time.time(), tz)


def stop_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let engines be as if they had started: their interpreters have booted, and nothing runs."""

    async def start(_: Engine) -> None:
        pass

    def boot(zygote: Zygote) -> None:
        zygote.runtime_version = "3.13.1"
        zygote.sandbox = Sandbox("namespaces")
        zygote.booted.set_result(None)

    monkeypatch.setattr(Engine, "start", start)
    monkeypatch.setattr(Zygote, "start", boot)


def function(name: str, **fields: Any) -> Function:
    """Return a function of the project."""
    usual = {
        "handler": "app.handler",
        "code_directory": FOLDER / "api",
        "runtime": "python3.13",
        "timeout": 10,
        "memory_size": 256,
        "file": FOLDER / "template.yaml",
        "line": 14,
        "logical_id": name,
    }
    return Function(name=name, **{**usual, **fields})


class ScriptedWorld:
    """The application on a project, and what the script lets happen there."""

    def __init__(
        self,
        clock: ScriptedClock,
        functions: Iterable[Function],
        problems: tuple[Problem, ...] = (),
        theme: str | None = None,
    ) -> None:
        self.clock = clock
        settings = Settings(watch=False, theme=theme)
        project = Project(FOLDER, tuple(functions), problems, FOLDER / "template.yaml")
        self.engine = Engine(project, settings, open_environment_api, profiles_init=True)
        for pool in self.engine.pools.values():
            pool.interpreter = Interpreter(Path("/usr/bin/python3.13"), "found on PATH")
            pool._boot()
        self._created = 0
        self.app = LambdaTuiApp(self.engine, settings, make_keymap({}, ()), serve_at=None)

    def pool(self, function: str) -> Pool:
        """Return a function's pool."""
        return self.engine.pools[function]

    def tell(
        self, record: Record, function: str = "", environment: ExecutionEnvironment | None = None
    ) -> None:
        """Emit an event at the present time of the script."""
        id = environment.id if environment is not None else ""
        self.engine.events.emit(
            Event(record=record, function=function, environment=id, time=self.clock.now)
        )

    def create(self, function: str, number: int | None = None) -> ExecutionEnvironment:
        """Let an environment be made, which then initialises."""
        pool = self.pool(function)
        number = number or len(pool.environments) + 1
        zygote = self.engine._zygote_of(pool.interpreter)
        environment = ExecutionEnvironment(
            pool.function, number, zygote, pool, open_environment_api
        )
        self._created += 1
        environment.id = f"{self._created:032x}"
        environment.log_stream = f"2027/01/15/{function}[$LATEST]{environment.id}"
        environment.created = 0.0
        pool.environments.append(environment)
        self.tell(StateChange(State.CREATING, None, "invocation"), function, environment)
        self.clock.now += 0.006
        self.move(environment, State.INITIALISING)
        self.tell(InitStart("python:3.13.v1", "arn"), function, environment)
        return environment

    def move(self, environment: ExecutionEnvironment, state: State, reason: Any = None) -> None:
        """Let an environment enter a state."""
        previous, environment.state = environment.state, state
        self.tell(StateChange(state, previous, reason), environment.function.name, environment)

    def initialise(
        self, environment: ExecutionEnvironment, milliseconds: float = 157.0, error: str = ""
    ) -> None:
        """Let an Init end, well or with an error."""
        name = environment.function.name
        self.clock.now += milliseconds / 1000
        profile = InitProfile(sandbox_ms=6.0, ready_ms=milliseconds, modules=MODULES)
        self.tell(profile, name, environment)
        spans = (
            Span("runtimeInit", milliseconds * 0.2),
            Span("functionInit", milliseconds * 0.8),
        )
        status: Status = "error" if error else "success"
        if error:
            message = f"[ERROR] {error}: Unable to import module 'app': No module named 'httpx'"
            self.tell(FunctionLog(message, level="ERROR"), name, environment)
        self.tell(
            InitReport(status, milliseconds, error_type=error or None, spans=spans),
            name,
            environment,
        )

    def accept(self, function: str, payload: bytes, caller: Caller = KEY) -> Invocation:
        """Let the function be invoked, without an environment yet."""
        pool = self.pool(function)
        pool._invocations_made += 1
        number = pool._invocations_made
        request_id = f"{number:08x}-0000-4000-8000-{number:012x}"
        invocation = Invocation(function, number, payload, caller=caller, request_id=request_id)
        pool.invocations.add(invocation)
        accepted = InvocationAccepted(request_id, number, caller.name, caller.attempt)
        self.tell(accepted, function)
        name = "" if caller is not KEY else "api.json"
        self.app._main.feed.invocations.name_event(invocation, name)
        return invocation

    def begin(
        self,
        invocation: Invocation,
        environment: ExecutionEnvironment,
        cold_because: str = "",
        logs: Iterable[str] = (),
    ) -> None:
        """Let the runtime receive an invocation, and log."""
        name = environment.function.name
        environment.invocation = invocation
        environment.invocations += 1
        invocation.assign(environment.id, environment.number, cold_because)
        self.move(environment, State.INVOKING)
        invocation.begin()
        self.tell(Start(invocation.request_id), name, environment)
        for line in logs:
            self.clock.now += 0.001
            self.tell(FunctionLog(line, invocation.request_id), name, environment)

    def end_invocation(
        self,
        invocation: Invocation,
        environment: ExecutionEnvironment,
        *,
        response: bytes = b'{"statusCode": 200, "body": "{\\"orders\\": 2}"}',
        milliseconds: float = 14.2,
        init_ms: float | None = None,
        status: InvocationStatus = "success",
        memory: int = 74,
        tmp: float = 3.2,
    ) -> None:
        """Let an invocation end: with a success, an error of the handler's, or a timeout."""
        function = environment.function
        self.clock.now += milliseconds / 1000
        # A handler that raises is a success to the platform.
        outcome: Status = "timeout" if status == "timeout" else "success"
        error_type = "Function.Timeout" if status == "timeout" else None
        request_id = invocation.request_id
        invocation.answer(status, response)
        done = RuntimeDone(request_id, outcome, milliseconds, len(response), error_type)
        self.tell(done, function.name, environment)
        report = Report(
            request_id,
            outcome,
            milliseconds,
            int(milliseconds + (init_ms or 0)) + 1,
            function.memory_size,
            memory,
            init_ms,
            error_type=error_type,
        )
        invocation.finish(status, response, report)
        self.tell(report, function.name, environment)
        # Taken after whatever comes, so that no other sample is awaited.
        later = time.monotonic() + 1e6
        environment.usage = Usage(memory * 0.8, 0.0, 1, 2, tmp, taken=later)
        environment._init_process.peak_memory_kb = memory * 1024
        environment.invocation = None

    def rest(self, environment: ExecutionEnvironment, seconds: float = 2.0) -> None:
        """Let an environment be frozen, and time pass."""
        self.move(environment, State.IDLE)
        self.move(environment, State.FROZEN)
        self.clock.now += seconds

    def invoke(
        self,
        function: str,
        environment: ExecutionEnvironment | None = None,
        *,
        payload: bytes = b'{"path": "/orders", "stage": "dev"}',
        cold_because: str = "",
        logs: Iterable[str] = ("GET /orders stage=dev",),
        caller: Caller = KEY,
        seconds: float = 2.0,
        **end: Any,
    ) -> ExecutionEnvironment:
        """Let an invocation happen from its beginning to the rest after it."""
        invocation = self.accept(function, payload, caller)
        if environment is None:
            environment = self.create(function)
            self.initialise(environment)
            end = {"init_ms": 157.0, **end}
            cold_because = cold_because or "there was no environment"
        self.begin(invocation, environment, cold_because, logs)
        self.end_invocation(invocation, environment, **end)
        self.rest(environment, seconds)
        return environment
