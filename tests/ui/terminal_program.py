"""Opens the real application on a folder, for tests that look at its bytes.

With ``KEYS`` in the environment, F9 raises an exception whose local variables hold a secret, and F8
never gives the loop back. ``LEVEL`` is the level of the sandboxes.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import cast

from lambda_tui.project.settings import Settings
from lambda_tui.project.settings.settings import SandboxChoice
from lambda_tui.ui import make_app


async def main() -> int:
    level = cast("SandboxChoice", os.environ.get("LEVEL", Settings().sandbox))
    app = make_app(Path(sys.argv[1]), Settings(sandbox=level))
    if "KEYS" in os.environ:
        app.bind("f9", "crash")

        def action_crash() -> None:
            secret = "AKIA" + "SECRET"
            raise ValueError(f"no {secret}")

        app.action_crash = action_crash  # type: ignore[attr-defined]
        app.bind("f8", "loop")

        def action_loop() -> None:
            os.write(2, b"LOOPING")
            while True:
                pass

        app.action_loop = action_loop  # type: ignore[attr-defined]
    return await app.run_to_end()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
