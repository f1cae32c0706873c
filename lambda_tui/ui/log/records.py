"""The entries of the log, and the scopes of which each belongs to several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from lambda_tui.terminal_text import UNSAFE_CHARACTER, one_line, plain_text

RECORD_LIMIT = 64_000
"""Characters of one record that are kept."""


class Kind(StrEnum):
    """The kind of a log line; the component class ``log--<kind>`` styles it."""

    FUNCTION = "function"
    EXTENSION = "extension"
    PLATFORM = "platform"
    REPORT = "report"
    DIVIDER = "divider"
    WARNING = "warning"
    ERROR = "error"


class Fold(IntEnum):
    """Whether a record shows one line in place of its message until it is opened."""

    NONE = 0
    SUMMARY = 1
    """The one line is the record's ``summary``."""
    JSON = 2
    """The message is or ends in a JSON object or array, whose outline is the one line."""


@dataclass(slots=True, eq=False)
class LogRecord:
    """One entry of the log: bounded in size, and as untrusted as the function wrote it."""

    function: str
    """The function's name; empty when the entry concerns all."""
    environment: int | None
    """The environment's number within its function."""
    time: float
    """Seconds since the epoch; 0 where it is not known."""
    kind: Kind
    message: str
    """The lines, separated by ``\\n``; may hold escape sequences."""
    invocation: int | None = None
    """The number, within its function, of the invocation that it belongs to."""
    fold: Fold = Fold.NONE
    summary: str = ""
    """For ``Fold.SUMMARY``: parts that ``·`` separates, the most important ones first."""
    index: int = -1
    """The place among all records of the session, counted from 0; the store sets it."""

    @property
    def searched_text(self) -> str:
        """The text that a search looks through: the summary and the message, without escapes."""
        text = f"{self.summary}\n{self.message}" if self.summary else self.message
        return plain_text(text) if UNSAFE_CHARACTER.search(text) else text


class Extent(StrEnum):
    """How far a scope reaches, the narrowest first."""

    INVOCATION = "invocation"
    ENVIRONMENT = "environment"
    FUNCTION = "function"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Scope:
    """The records of one invocation, of one environment, of one function, or all of them."""

    function: str | None = None
    """None for all functions."""
    environment: int | None = None
    invocation: int | None = None

    @property
    def extent(self) -> Extent:
        """How far it reaches."""
        if self.function is None:
            return Extent.ALL
        if self.invocation is not None:
            return Extent.INVOCATION
        return Extent.FUNCTION if self.environment is None else Extent.ENVIRONMENT

    @property
    def name(self) -> str:
        """The name in the frame: ``Greet #12``, ``Greet env 2``, ``Greet``, ``all functions``."""
        match self.extent:
            case Extent.ALL:
                return "all functions"
            case Extent.INVOCATION:
                return f"{one_line(self.function or '')} #{self.invocation}"
            case Extent.ENVIRONMENT:
                return f"{one_line(self.function or '')} env {self.environment}"
        return one_line(self.function or "")

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of the functions whose records it holds; for a single invocation, of its own.

        Records that concern all functions have no function's name, and belong to each function.
        """
        if self.function is None:
            return ()
        return ("", self.function) if self.extent is Extent.FUNCTION else (self.function,)

    def holds(self, function: str, environment: int | None, invocation: int | None) -> bool:
        """Return whether a record with these marks belongs to the scope."""
        if self.function is None:
            return True
        if self.invocation is not None:
            return invocation == self.invocation and function == self.function
        if self.environment is not None:
            return environment == self.environment and function == self.function
        return function in self.functions

    def has(self, record: LogRecord) -> bool:
        """Return whether the record belongs to the scope."""
        return self.holds(record.function, record.environment, record.invocation)

    def to(self, extent: Extent) -> Scope:
        """Return the scope of this extent around the same selection.

        A selection without an invocation or environment gives the next wider scope.
        """
        if extent is Extent.ALL:
            return Scope()
        if extent is Extent.INVOCATION and self.invocation is not None:
            return replace(self, environment=None)
        if extent is not Extent.FUNCTION and self.environment is not None:
            return Scope(self.function, self.environment)
        return Scope(self.function)

    def around(self) -> Iterator[Scope]:
        """Yield the scope and the wider ones that hold each of its records."""
        if self.invocation is not None or self.environment is not None:
            yield self
        if self.function is not None:
            yield Scope(self.function)
        yield Scope()
