"""``python -m tests.benchmarks.call_path``: follows one invocation through lambda-tui's code.

Prints each call of a warm and of a cold invocation, from its request to its REPORT, and how many
calls of how many functions in how many files these are. Calls of libraries do not count.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Literal

import lambda_tui
from lambda_tui.engine.events import Event, Report
from lambda_tui.engine.lifecycle import State

from .example import TIMEOUT, answered, example_project, running_engine, until

PACKAGE = Path(lambda_tui.__file__).parent


@dataclass
class CallPath:
    """The calls of one invocation, in their order."""

    calls: list[tuple[int, str, str]] = field(default_factory=list)
    """Depth, file relative to the package, and qualified name of the function."""

    @property
    def files(self) -> set[str]:
        """Files that the invocation passes through."""
        return {file for _depth, file, _name in self.calls}

    @property
    def functions(self) -> set[tuple[str, str]]:
        """Functions that the invocation passes through, each with its file."""
        return {(file, name) for _depth, file, name in self.calls}

    def note(self, frame: FrameType, event: str, _argument: object) -> None:
        """Record a call; for ``sys.setprofile``."""
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(str(PACKAGE)):
            relative = str(Path(file).relative_to(PACKAGE))
            call = (_depth_of(frame), relative, frame.f_code.co_qualname)
            # A loop that polls takes as many turns as the machine is slow. It counts once.
            if self.calls[-1:] != [call]:
                self.calls.append(call)

    def __str__(self) -> str:
        """Return a line for each call, indented by its depth, and the counts."""
        lines = [f"{'  ' * depth}{name}  ({file})" for depth, file, name in self.calls]
        counts = f"{len(self.calls)} calls of {len(self.functions)} functions"
        return "\n".join([*lines, f"{counts} in {len(self.files)} files"])


def _depth_of(frame: FrameType) -> int:
    """Return the number of lambda-tui's callers of a frame."""
    depth, caller = 0, frame.f_back
    while caller is not None:
        depth += caller.f_code.co_filename.startswith(str(PACKAGE))
        caller = caller.f_back
    return depth


async def follow(kind: Literal["warm", "cold"]) -> CallPath:
    """Return the path of an invocation of a trivial Python function."""
    path = CallPath()
    reported = asyncio.Event()

    def stop(_event: Event) -> None:
        sys.setprofile(None)
        reported.set()

    with example_project() as directory:
        async with running_engine(directory) as engine:
            pool = engine.pools["Trivial"]
            if kind == "warm":
                await answered(pool)
                await until(lambda: pool.environments[0].state is State.FROZEN)
            engine.events.listen(stop, Report)
            sys.setprofile(path.note)
            try:
                pool.invoke(b"{}")
                await asyncio.wait_for(reported.wait(), TIMEOUT)
            finally:
                sys.setprofile(None)
    return path


def main() -> None:
    """Print both paths."""
    for kind in ("warm", "cold"):
        print(f"{kind} invocation\n{asyncio.run(follow(kind))}\n")


if __name__ == "__main__":
    main()
