"""The extensions of one environment, from an Init phase to the next reset: who is there, and busy.

The rules are those of AWS's Extensions API; ``apis/extensions_api.py`` puts it on HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence

from lambda_tui import limits
from lambda_tui.engine.runtime_api.api_refusal import ApiRefusal
from lambda_tui.engine.runtime_api.extension import (
    INVOKE,
    SHUTDOWN,
    Extension,
    ExtensionState,
    InvokeEvent,
    ShutdownEvent,
)

_EVENTS = (INVOKE, SHUTDOWN)


class Extensions:
    """Registration, the waiting for events, and who has yet to be done."""

    def __init__(
        self,
        external: Iterable[str],
        on_change: Callable[[], None],
        on_failure: Callable[[Extension, str, str], None],
    ) -> None:
        """``external`` names those that are started as processes.

        ``on_change`` is called when one has registered, or has nothing to do; ``on_failure`` with
        the fatal error type and a message when one reports an error.
        """
        self.is_open = True
        """Whether one may still register: until the runtime asks for its first event."""
        self._on_change = on_change
        self._on_failure = on_failure
        self._all: dict[str, Extension] = {name: Extension(name, "external") for name in external}

    def __iter__(self) -> Iterator[Extension]:
        """All, in the order of their start or registration."""
        return iter(self._all.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    @property
    def external(self) -> list[Extension]:
        """Those that are processes of their own."""
        return [one for one in self._all.values() if one.kind == "external"]

    @property
    def have_registered(self) -> bool:
        """Whether every external one has."""
        return all(one.is_registered for one in self._all.values())

    @property
    def are_busy(self) -> bool:
        """Whether one has yet to ask for its next event."""
        return any(one.is_busy for one in self._all.values())

    # What they ask for ---------------------------------------------------------------------------

    def register(self, name: str, events: Sequence[str]) -> Extension:
        """A new extension, or the external one of this name; refused as AWS does."""
        if not name:
            raise ApiRefusal(403, "Extension.InvalidExtensionName", "Empty extension name")
        known = self._all.get(name)
        kind = known.kind if known is not None else "internal"
        self._check_events(kind, events)
        if known is not None and known.is_registered:
            raise _already_registered(known)
        if not self.is_open:
            raise ApiRefusal(
                403, "Extension.RegistrationClosed", "Extension registration closed already"
            )
        if known is None and len(self._all) >= limits.EXTENSIONS:
            raise ApiRefusal(
                403,
                "Extension.TooManyExtensions",
                f"Extension limit ({limits.EXTENSIONS}) reached",
            )
        extension = self._all.setdefault(name, Extension(name, kind))
        extension.register(tuple(dict.fromkeys(events)))
        self._on_change()
        return extension

    def find(self, identifier: str | None) -> Extension:
        """The one that a request comes from; refused unless it names one."""
        if not identifier:
            raise ApiRefusal(
                403,
                "Extension.MissingExtensionIdentifier",
                "Missing Lambda-Extension-Identifier header",
            )
        try:
            wanted = str(uuid.UUID(identifier))
        except ValueError:
            raise ApiRefusal(
                403,
                "Extension.InvalidExtensionIdentifier",
                "Invalid Lambda-Extension-Identifier",
            ) from None
        for extension in self._all.values():
            if extension.identifier == wanted and extension.is_registered:
                return extension
        raise ApiRefusal(403, "Extension.UnknownExtensionIdentifier", f"Unknown extension {wanted}")

    async def next(self, extension: Extension) -> InvokeEvent | ShutdownEvent:
        """Waits for the extension's next event; its first call says that it is initialised."""
        waiting = extension.begin_wait()
        try:
            if not waiting.done():
                self._on_change()
            return await waiting
        finally:
            extension.end_wait()

    def init_error(self, extension: Extension, error_type: str) -> None:
        """It cannot initialise. A repeated call is taken, the first counts."""
        if extension.state is ExtensionState.INIT_ERROR:
            return
        if extension.state is not ExtensionState.REGISTERED:
            raise extension.refusal(ExtensionState.INIT_ERROR)
        extension.fail(ExtensionState.INIT_ERROR, error_type)
        self._on_failure(extension, "Extension.InitError", error_type)

    def exit_error(self, extension: Extension, error_type: str) -> None:
        """It is about to end for an error. A repeated call is taken, the first counts."""
        if extension.state is ExtensionState.EXIT_ERROR:
            return
        if not extension.is_busy and extension.state is not ExtensionState.READY:
            raise extension.refusal(ExtensionState.EXITED)
        extension.fail(ExtensionState.EXIT_ERROR, error_type)
        self._on_failure(extension, "Extension.ExitError", error_type)

    # What the environment does with them ---------------------------------------------------------

    def invoke(self, event: InvokeEvent) -> None:
        """Tells those that want to hear of invocations; external ones first."""
        for extension in sorted(self._all.values(), key=lambda one: one.kind):
            if INVOKE in extension.events:
                extension.deliver(event)

    def shut_down(self, event: ShutdownEvent) -> list[Extension]:
        """Tells external ones that want to hear of it; those that must end by themselves."""
        told = [one for one in self.external if SHUTDOWN in one.events and not one.has_exited]
        for extension in told:
            extension.deliver(event)
        return told

    def named(self, name: str) -> Extension | None:
        """The one of this name."""
        return self._all.get(name)

    def close(self) -> None:
        """Their processes are gone."""
        self.is_open = False
        for extension in self._all.values():
            extension.close()

    def _check_events(self, kind: str, events: Sequence[str]) -> None:
        for event in events:
            if event not in _EVENTS:
                raise ApiRefusal(
                    403, "Extension.InvalidEventType", f"{event}: ErrorInvalidEventType"
                )
            if kind == "internal" and event == SHUTDOWN:
                raise ApiRefusal(
                    403,
                    "Extension.InvalidEventType",
                    f"{event}: ShutdownEventNotSupportedForInternalExtension",
                )


def _already_registered(extension: Extension) -> ApiRefusal:
    if extension.kind == "external":
        return extension.refusal(ExtensionState.REGISTERED)
    return ApiRefusal(
        403, "Extension.InvalidExtensionState", "Extension with this name already registered"
    )
