"""How many invocations may run at a time: the account's limit and what functions reserve of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from typing import Protocol

from lambda_tui.project.function import Function

ACCOUNT_LIMIT = "ConcurrentInvocationLimitExceeded"
RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"


class ConcurrentPool(Protocol):
    """A pool as the limits see it."""

    @property
    def function(self) -> Function:
        """What it reserves of the account's concurrency is one of its fields."""

    @property
    def environments(self) -> Sized:
        """Each of them serves one invocation at a time."""

    @property
    def running(self) -> int:
        """Its invocations under way."""


@dataclass(frozen=True, slots=True)
class AccountConcurrency:
    """The account's limit over all functions of the project."""

    limit: int
    pools: Callable[[], Iterable[ConcurrentPool]]

    def refusal(self, pool: ConcurrentPool) -> str | None:
        """AWS's ``Reason`` for throttling one more invocation of the function; None lets it run."""
        reserved = pool.function.reserved_concurrency
        if reserved is not None:
            return RESERVED_LIMIT if pool.running >= reserved else None
        left, most = self.limit, 0
        for one in self.pools():
            reserved = one.function.reserved_concurrency
            if reserved is None:
                most += len(one.environments)
            else:
                left -= reserved
        # Quick to tell, and most often enough.
        if most < left:
            return None
        unreserved = (one for one in self.pools() if one.function.reserved_concurrency is None)
        return ACCOUNT_LIMIT if sum(one.running for one in unreserved) >= left else None
