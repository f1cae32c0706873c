"""Says in words why an invocation found no warm environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lambda_tui.engine.environment import ExecutionEnvironment, Partition
from lambda_tui.engine.events import CreationReason, RemovalReason, changed_files
from lambda_tui.project.function import LATEST

_NAMED = 3
"""Busy environments that are named; if there are more, they are counted."""


class Departure(NamedTuple):
    """An environment that has ended, as far as the next invocation has to know of it."""

    number: int
    reason: RemovalReason
    files: tuple[str, ...]
    """The changed files, when a reload has ended it."""

    @classmethod
    def of(cls, environment: ExecutionEnvironment) -> Departure:
        """Return that of an environment."""
        replacement = environment.replacement
        files = replacement.files if replacement is not None else ()
        return cls(environment.number, environment.removal_reason, files)

    def clause(self) -> str:
        """Return why it is there no more."""
        env = f"env {self.number}"
        match self.reason:
            case "idle":
                return f"{env} was removed after its idle time"
            case "reload":
                return f"{changed_files(self.files)} changed"
            case "request":
                return f"{env} was replaced by hand"
        return f"{env} had failed"


def made_because(
    reason: CreationReason,
    partition: Partition,
    environments: Sequence[ExecutionEnvironment],
    gone: Departure | None,
) -> str:
    """Return one clause on why an environment is made beside those that there are.

    ``gone`` is the one that ended last; None if none has.
    """
    match reason:
        case "reload":
            return "the function changed"
        case "provisioned":
            return "the provisioned environment was still initialising"
        case "request":
            return "the environment was replaced by hand"
    same = [one for one in environments if one.partition == partition]
    busy = [one for one in same if one.invocation is not None]
    if busy:
        return _busy(busy)
    if same:
        return f"env {same[-1].number} was ending"
    if environments or gone is None:
        return _first(partition)
    return gone.clause()


def _busy(environments: Sequence[ExecutionEnvironment]) -> str:
    if len(environments) > _NAMED:
        return f"{len(environments)} environments were busy"
    names = (
        f"env {one.number} was busy with #{one.invocation.number}"
        for one in environments
        if one.invocation is not None
    )
    return ", ".join(names)


def _first(partition: Partition) -> str:
    if partition.tenant_id is not None:
        return "it is the first of this tenant"
    if partition.version != LATEST:
        return f"it is the first of version {partition.version}"
    return "it is the first"
