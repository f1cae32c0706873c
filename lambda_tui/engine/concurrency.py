"""How many invocations may run at a time: the account's limit and what functions reserve of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

ACCOUNT_LIMIT = "ConcurrentInvocationLimitExceeded"
RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"


class ConcurrentFunction(Protocol):
    """A function as the limits see it."""

    @property
    def reserved_concurrency(self) -> int | None:
        """What it reserves of the account's concurrency; None when nothing."""

    @property
    def running(self) -> int:
        """Its invocations under way."""

    @property
    def most_running(self) -> int:
        """A bound of ``running`` that is quick to tell."""


@dataclass(frozen=True, slots=True)
class AccountConcurrency:
    """The account's limit over all functions of the project."""

    limit: int
    functions: Callable[[], Iterable[ConcurrentFunction]]

    def refusal(self, function: ConcurrentFunction) -> str | None:
        """AWS's ``Reason`` for throttling one more invocation of the function; None lets it run."""
        reserved = function.reserved_concurrency
        if reserved is not None:
            return RESERVED_LIMIT if function.running >= reserved else None
        left, most = self.limit, 0
        for one in self.functions():
            if one.reserved_concurrency is None:
                most += one.most_running
            else:
                left -= one.reserved_concurrency
        if most < left:
            return None
        running = sum(one.running for one in self.functions() if one.reserved_concurrency is None)
        return ACCOUNT_LIMIT if running >= left else None
