"""The credentials that environments get: resolved in a thread, and refreshed before they expire."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from lambda_tui.project.credentials import (
    PLACEHOLDERS,
    Credentials,
    CredentialsError,
    resolve_credentials,
)
from lambda_tui.project.settings import PLACEHOLDER

_AHEAD_SECONDS = 300.0
"""Before credentials expire by so much they are refreshed: functions have them for no less."""
_RETRY_SECONDS = 60.0
"""Between two attempts to get what there is not yet, such as the session that has ended."""


class FunctionCredentials:
    """Whose credentials functions get, as the user chooses; placeholders where there are none.

    AWS gives a function the credentials of its role at Init, and ends environments before these
    expire. Here ``on_changed`` has environments replaced whenever the credentials change.
    """

    def __init__(
        self, choice: str, on_changed: Callable[[], None], on_problem: Callable[[str], None]
    ) -> None:
        """``choice`` is that of the setting; ``on_problem`` gets each new sentence once."""
        self.choice = choice
        self.current = PLACEHOLDERS
        self.problem: str | None = None
        """Why functions do not have what was chosen, or will not have it for long."""
        self.known: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the first choice was resolved, or cannot be."""
        self._on_changed = on_changed
        self._on_problem = on_problem
        self._chosen_for = PLACEHOLDER
        """The choice that the current ones are of."""
        self._attempts = 0
        """The attempts to resolve a choice; the result of the last one counts."""
        self._timer: asyncio.TimerHandle | None = None
        if choice == PLACEHOLDER:
            self.known.set_result(None)

    def start(self) -> None:
        """Begin to resolve the setting's choice."""
        if not self.known.done():
            self.refresh()

    def choose(self, choice: str) -> None:
        """Resolve another choice, or the same once more."""
        self.choice, self.problem = choice, None
        self.refresh()

    def refresh(self) -> None:
        """Resolve the choice anew; what there is of the same choice stays where that fails."""
        self.close()
        loop, attempt, choice = asyncio.get_running_loop(), self._attempts, self.choice

        def resolve() -> None:
            found: Credentials | CredentialsError
            try:
                found = resolve_credentials(choice)
            except CredentialsError as error:
                found = error
            # The loop may have ended.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._settle, attempt, found)

        # The end of the process does not wait for it, as it would for an executor's.
        threading.Thread(target=resolve, name="credentials", daemon=True).start()

    def close(self) -> None:
        """Refresh no more, and wait for no result."""
        self._attempts += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settle(self, attempt: int, found: Credentials | CredentialsError) -> None:
        if attempt != self._attempts:
            return
        if isinstance(found, CredentialsError):
            self._fail(str(found))
            delay = _RETRY_SECONDS if found.may_pass else None
        else:
            self.problem = None
            self._take(found)
            delay = _seconds_to_refresh(found)
        if not self.known.done():
            self.known.set_result(None)
        if delay is not None:
            self._timer = asyncio.get_running_loop().call_later(delay, self.refresh)

    def _take(self, credentials: Credentials) -> None:
        is_other, self.current = credentials != self.current, credentials
        self._chosen_for = self.choice
        if is_other:
            self._on_changed()

    def _fail(self, problem: str) -> None:
        is_new, self.problem = problem != self.problem, problem
        if self._chosen_for != self.choice:
            # Nobody else's either: what another choice gave is not what is asked for.
            self._take(PLACEHOLDERS)
        if is_new:
            self._on_problem(problem)


def _seconds_to_refresh(credentials: Credentials) -> float | None:
    """Return when credentials are to be resolved again; None where they last."""
    if credentials.expires_at is None:
        return None
    return max(credentials.expires_at - time.time() - _AHEAD_SECONDS, _RETRY_SECONDS)
