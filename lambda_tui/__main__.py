"""``python -m lambda_tui`` is ``lambda-tui``."""

from __future__ import annotations

from lambda_tui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
