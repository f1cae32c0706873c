"""Synthesises the project's CDK app on the user's word, and has the project read again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from lambda_tui.project.kinds.cdk import Synthesis, SynthesisError
from lambda_tui.project.settings import Settings


class AppSynthesis:
    """The synthesis of one app: at most one runs at a time."""

    def __init__(
        self, directory: Path, settings: Settings, read_again: Callable[[], Awaitable[None]]
    ) -> None:
        """``read_again`` is awaited once the app is synthesised."""
        self._directory = directory
        self._read_again = read_again
        self._synthesis: Synthesis | None = None
        self.command = settings.cdk.synth

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self.command = settings.cdk.synth

    async def run(self, on_line: Callable[[str], None]) -> None:
        """Synthesise the app, and read the project again; raise ``SynthesisError``.

        ``on_line`` is called in the event loop with each line of output, as it is written.
        """
        if self._synthesis is not None:
            raise SynthesisError("the app is being synthesised already.")
        loop = asyncio.get_running_loop()

        def pass_on(line: str) -> None:
            # The loop is closed when lambda-tui ends meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(on_line, line)

        self._synthesis = Synthesis(self._directory, self.command, pass_on)
        try:
            await asyncio.to_thread(self._synthesis.run)
        finally:
            # Whoever waited for it may have been cancelled.
            self._synthesis.cancel()
            self._synthesis = None
        await self._read_again()

    def cancel(self) -> None:
        """End the synthesis that runs, if one does."""
        if self._synthesis is not None:
            self._synthesis.cancel()
