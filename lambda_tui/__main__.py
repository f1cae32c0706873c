"""The ``lambda-tui`` command, and ``python -m lambda_tui``: hears Ctrl+C from the first moment."""

from __future__ import annotations

_INTERRUPTED = 130


def main() -> int:
    """Runs the command; its exit status."""
    try:
        from lambda_tui import cli

        return cli.main()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
