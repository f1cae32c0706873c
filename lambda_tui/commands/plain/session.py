"""Acts on the keys: which function is chosen, with which event, and what is invoked."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.commands.output import STANDARD_ERROR
from lambda_tui.commands.plain.keyboard import Keyboard
from lambda_tui.commands.serve.log import ServeLog
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.invocation import KEY, TENANT_ID, Invocation
from lambda_tui.engine.pool import Pool
from lambda_tui.project.event_files import DEFAULT_EVENT, check_event, find_events, read_event
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.kinds.cdk import SynthesisError, is_cdk_app
from lambda_tui.project.settings import Settings
from lambda_tui.terminal_text import one_line
from lambda_tui.wording import counted

LARGEST_BURST = 1_000
"""Invocations at once that may be asked for."""

_LISTED = 40
"""Functions or files that are listed at most."""
_END_OF_TRANSMISSION = "\x04"


@dataclass(frozen=True, slots=True)
class _Event:
    """An event, and where it is from."""

    name: str
    text: str


class PlainSession:
    """The chosen function and its event, and an action for each key."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        log: ServeLog,
        keyboard: Keyboard,
        leave: Callable[[], object],
    ) -> None:
        self._engine = engine
        self._log = log
        self._keyboard = keyboard
        self._leave = leave
        self._function = next(iter(engine.pools), "")
        self._events: dict[str, _Event] = {}
        """By the functions' names."""
        self._burst = 10
        self._tenant_id = ""
        self._is_leaving_meant = False
        """Whether the last key was the one that leaves, and was asked about."""
        # The ids of the screen's bindings, whose keys the settings may change.
        actions: dict[str, tuple[str, str, Callable[[], Awaitable[None]]]] = {
            "invoke": ("i", "invoke", self._invoke),
            "burst": ("b", "burst", self._ask_burst),
            "event": ("e", "event", self._ask_event),
            "search": ("/", "choose a function by name", self._ask_function),
            "reinit": ("r", "re-init", self._reinitialise),
            "sync": ("S", "sync", self._sync),
            "synth": ("K", "synthesise the CDK app", self._synthesise),
            "problems": ("p", "problems", self._list_problems),
            "help": ("?", "help", self._help),
            "quit": ("q", "quit", self._quit),
        }
        self._actions: dict[str, Callable[[], Awaitable[None]]] = {}
        self._help_lines: list[str] = []
        for id, (key, what, act) in actions.items():
            own = [one for one in settings.keys.get(id, "").split(",") if len(one) == 1]
            for one in own or [key]:
                self._actions[one] = act
            self._help_lines.append(f"{'/'.join(own or [key])} {what}")

    async def run(self) -> None:
        """Say what there is, and act on each key in its turn, for ever."""
        await self._help()
        self._list_functions()
        while True:
            key = await self._keyboard.key()
            act = self._quit if key == _END_OF_TRANSMISSION else self._actions.get(key)
            if act != self._quit:
                self._is_leaving_meant = False
            if act is not None:
                await act()
            elif key in "123456789":
                self._choose_number(int(key))

    @property
    def _pool(self) -> Pool | None:
        return self._engine.pools.get(self._function)

    def _say(self, text: str) -> None:
        self._log.write(f"{text}\n", STANDARD_ERROR)

    async def _ask(self, question: str) -> str:
        """Return what the user answers; events are held back until then."""
        with self._log.held():
            self._log.write(question, STANDARD_ERROR)
            line = await self._keyboard.line(lambda typed: self._log.write(typed, STANDARD_ERROR))
        return line.strip()

    # Which function

    def _list_functions(self, part: str = "") -> None:
        names = [name for name in self._engine.pools if part.casefold() in name.casefold()]
        for number, name in enumerate(self._engine.pools, 1):
            if name in names[:_LISTED]:
                sign = ">" if name == self._function else " "
                self._say(f"{sign}{number:>3} {one_line(name)}")
        if len(names) > _LISTED:
            self._say(f"     … {len(names) - _LISTED} more")

    def _choose_number(self, number: int) -> None:
        names = list(self._engine.pools)
        if number > len(names):
            self._say(
                f"There {'is' if len(names) == 1 else 'are'} {counted(len(names), 'function')}."
            )
        else:
            self._choose(names[number - 1])

    def _choose(self, name: str) -> None:
        self._function = name
        self._say(f"> {one_line(name)}")

    async def _ask_function(self) -> None:
        """Choose a function by its number, by its name, or by a part that only its name has."""
        answer = await self._ask("Function (name, part or number; enter lists all): ")
        names = list(self._engine.pools)
        folded = answer.casefold()
        same = [name for name in names if name.casefold() == folded]
        near = same or [name for name in names if folded in name.casefold()]
        if answer.isdecimal() and not near:
            self._choose_number(int(answer[:9]))
        elif len(near) == 1:
            self._choose(near[0])
        elif near:
            self._list_functions(answer)
        else:
            self._say(f"No function is named {one_line(answer)}.")

    # With which event

    async def _event(self, pool: Pool) -> _Event:
        """Return the function's event: the one that was chosen, else the first of its files."""
        name = pool.function.name
        if name not in self._events:
            files = await asyncio.to_thread(find_events, self._engine.project, pool.function)
            found = await self._read(files[0].path) if files else None
            self._events[name] = found or _Event("default", DEFAULT_EVENT)
        return self._events[name]

    async def _read(self, path: Path) -> _Event | None:
        """Return a file's event, or say why there is none."""
        try:
            text = await asyncio.to_thread(read_event, path)
        except (UnreadableFileError, OSError) as error:
            self._say(f"{one_line(str(path))}: {one_line(str(error))}")
            return None
        problem = check_event(text)
        if problem is not None:
            self._say(f"{one_line(str(path))}: {one_line(problem)}.")
            return None
        return _Event(path.name, text)

    async def _ask_event(self) -> None:
        """Take one of the project's event files, any file, or JSON that is typed."""
        pool = self._pool
        if pool is None:
            self._say_no_function()
            return
        present = await self._event(pool)
        files = await asyncio.to_thread(find_events, self._engine.project, pool.function)
        for number, file in enumerate(files[:_LISTED], 1):
            self._say(f" {number:>3} {one_line(file.path.name)}")
        if len(files) > _LISTED:
            self._say(f"     … {len(files) - _LISTED} more, which their names choose")
        keeps = one_line(present.name)
        answer = await self._ask(f"Event (number, file or JSON; enter keeps {keeps}): ")
        if not answer:
            return
        named = [file for file in files if answer in (file.name, file.path.name)]
        if answer.isdecimal() and 1 <= int(answer[:9]) <= len(files):
            taken = await self._read(files[int(answer) - 1].path)
        elif named:
            taken = await self._read(named[0].path)
        elif check_event(answer) is None:
            taken = _Event("typed", answer)
        else:
            taken = await self._read(_path(self._engine.project.directory, answer))
        if taken is not None:
            self._events[pool.function.name] = taken
            self._say(f"> {one_line(pool.function.name)} with {one_line(taken.name)}")

    # Invocations and environments

    async def _invoke(self, count: int = 1) -> None:
        pool = self._pool
        if pool is None:
            self._say_no_function()
            return
        event = await self._event(pool)
        tenant_id = None
        if pool.function.is_tenant_isolated:
            keeps = f"; enter keeps {self._tenant_id}" if self._tenant_id else ""
            tenant_id = await self._ask(f"Tenant ID{keeps}: ") or self._tenant_id
            if not TENANT_ID.fullmatch(tenant_id):
                self._say("Nothing was sent: a tenant ID has letters, digits and . _ : / = + - @.")
                return
            self._tenant_id = tenant_id
        self._say(f"> {one_line(pool.function.name)} with {one_line(event.name)}")
        payload = event.text.encode("utf-8", "replace")
        for _ in range(count):
            invocation = pool.invoke(
                payload, KEY, qualifier=pool.function.event_qualifier, tenant_id=tenant_id
            )
            invocation.when_over(self._write_outcome)

    def _write_outcome(self, invocation: Invocation) -> None:
        """Write the outcome behind the invocation's log."""
        figures = []
        if invocation.duration_ms is not None:
            figures.append(f"{invocation.duration_ms:.2f} ms")
        if invocation.cold_start:
            figures.append("cold")
        name = f"{one_line(invocation.function)} #{invocation.number}"
        outcome = " · ".join((invocation.status, *figures))
        response = one_line((invocation.response or b"").decode("utf-8", "replace"))
        self._log.write(f"{name} {outcome}: {response}\n")

    async def _ask_burst(self) -> None:
        answer = await self._ask(f"Invocations at once (enter for {self._burst}): ")
        count = int(answer[:9]) if answer.isdecimal() else 0 if answer else self._burst
        if not 1 <= count <= LARGEST_BURST:
            self._say(f"A whole number from 1 to {LARGEST_BURST:,}, please.")
            return
        self._burst = count
        await self._invoke(count)

    async def _reinitialise(self) -> None:
        """Replace all environments of the function."""
        if self._pool is None:
            self._say_no_function()
            return
        self._pool.reinitialise()
        self._say(f"> {one_line(self._function)}: new environments")

    async def _sync(self) -> None:
        """Install what the function lacks, or give that up; the log says how far it is."""
        if self._pool is None:
            self._say_no_function()
        elif self._engine.sync.is_under_way:
            self._engine.sync.cancel()
        else:
            self._engine.sync.sync_soon(self._pool)

    def _say_no_function(self) -> None:
        if self._function:
            self._say(f"{one_line(self._function)} is not there any more: / chooses another.")
        else:
            self._say("There is no function here; p says why.")

    # The rest

    async def _synthesise(self) -> None:
        if not is_cdk_app(self._engine.project):
            self._say("There is no cdk.json here, so there is no CDK app to synthesise.")
            return
        command = one_line(self._engine.synthesis.command)
        if await self._ask(f"Run `{command}`, outside of every sandbox? (y) ") not in ("", "y"):
            return
        try:
            await self._engine.synthesis.run(lambda line: self._say(one_line(line)))
        except SynthesisError as error:
            self._say(one_line(str(error)))
        else:
            self._list_functions()

    async def _list_problems(self) -> None:
        problems = [one_line(str(problem)) for problem in self._engine.project.problems]
        for name, pool in self._engine.pools.items():
            problems += [f"{name}: {one_line(text)}" for text in (pool.problem,) if text]
        for sentence in problems or ["Nothing needs a hand."]:
            self._say(sentence)

    async def _help(self) -> None:
        self._say(" · ".join((*self._help_lines, "1-9 choose a function")))

    async def _quit(self) -> None:
        """Leave; ask first where something would be lost."""
        running = sum(pool.running for pool in self._engine.pools.values())
        waiting = self._engine.asynchronous.waiting
        lost = [counted(running, "running invocation")] if running else []
        lost += [counted(waiting, "asynchronous event")] if waiting else []
        if lost and not self._is_leaving_meant:
            self._is_leaving_meant = True
            self._say(f"{' and '.join(lost)} would be lost: the same key again leaves.")
        else:
            self._leave()


def _path(directory: Path, typed: str) -> Path:
    return directory / os.path.expanduser(typed)
