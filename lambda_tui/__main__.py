"""The ``lambda-tui`` command, and ``python -m lambda_tui``."""

from __future__ import annotations

_INTERRUPTED = 130


def main() -> int:
    """Run the command. Returns its exit status."""
    try:
        # Imported within the try: a Ctrl+C while modules load ends the command quietly too.
        from lambda_tui import cli

        return cli.main()
    except BaseException as error:
        if _is_interrupt(error):
            return _INTERRUPTED
        raise


def _is_interrupt(error: BaseException | None) -> bool:
    """Return whether Ctrl+C is behind an exception: code may fail that it has interrupted."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


if __name__ == "__main__":
    raise SystemExit(main())
