"""The ``lambda-tui`` command, and ``python -m lambda_tui``."""

from __future__ import annotations

_INTERRUPTED = 130


def main() -> int:
    """Run the command. Returns its exit status."""
    try:
        # Imported within the try: a Ctrl+C while modules load ends the command quietly too.
        from lambda_tui import cli

        return cli.main()
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
