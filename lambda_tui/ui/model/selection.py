"""The selection: a function, an environment or all, an invocation, and one of its tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model.past import Opened


class Tab(StrEnum):
    """The views of an invocation. The values are the ids of their panes."""

    LOG = "log"
    EVENT = "event"
    RESPONSE = "response"
    TMP = "tmp"
    INIT = "init"
    DETAILS = "details"


@dataclass(slots=True)
class Selection:
    """The one selection that everything on the screen belongs to.

    ``environment`` and ``invocation`` hold what the user has chosen; None stands for all
    environments, and for the newest invocation whichever that is.
    """

    function: str = ""
    """The name that was chosen; the project may be without it for a moment."""
    environment: int | None = None
    """The number of the only environment whose invocations are listed."""
    invocation: tuple[str, int] | None = None
    """``InvocationRecord.key`` of the chosen one."""
    tab: Tab = Tab.LOG
    session: str | None = None
    """This session, whose environments can be chosen; None where there is no other."""
    beside: Tab = field(default=Tab.RESPONSE)
    """The tab that stands beside where there is room for two."""

    def choose_function(self, name: str) -> None:
        """Choose another function, with all its environments and its newest invocation."""
        if name != self.function:
            self.function = name
            self.environment = self.invocation = None

    def choose_environment(self, number: int | None) -> None:
        """Choose an environment, and the newest invocation in it; None chooses all."""
        self.environment = number
        self.invocation = None

    def choose_invocation(self, key: tuple[str, int] | None) -> None:
        """Choose an invocation; None follows the newest."""
        self.invocation = key

    def choose_tab(self, tab: Tab) -> None:
        """Bring a tab forward; what was there stands beside it."""
        if tab is self.beside or tab is not self.tab:
            self.beside = self.tab
        self.tab = tab

    def listed(self, records: Sequence[InvocationRecord]) -> list[InvocationRecord]:
        """Return the records of the chosen environment, newest first."""
        return [record for record in reversed(records) if self._is_in_scope(record)]

    def _is_in_scope(self, record: InvocationRecord) -> bool:
        if self.environment is None:
            return True
        # Environments of earlier sessions have the same numbers.
        is_own = self.session in (None, record.session)
        return is_own and record.environment == self.environment

    def find(self, listed: Sequence[InvocationRecord]) -> InvocationRecord | None:
        """Return the selected record among those that are listed, newest first."""
        if self.invocation is not None:
            for record in listed:
                if record.key == self.invocation:
                    return record
        return listed[0] if listed else None


@dataclass(frozen=True, slots=True)
class Selected:
    """The things that the selection stands for at this moment; the tabs show them."""

    pool: Pool
    record: InvocationRecord | None = None
    """None before the first invocation."""
    invocation: Invocation | None = None
    """The invocation itself; None when the engine has forgotten it."""
    environment: ExecutionEnvironment | None = None
    """The environment that serves or served it, or the chosen one; None when that has ended."""
    kept: Opened | None = None
    """The same from the history, once read, where ``invocation`` is None."""

    @property
    def response(self) -> bytes | None:
        """The response, or the beginning that is kept of it; None where there is none."""
        if self.invocation is not None:
            return self.invocation.response
        kept = None if self.kept is None else self.kept.contents.response
        return None if kept is None else kept.content
