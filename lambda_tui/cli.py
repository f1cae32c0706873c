"""The ``lambda-tui`` command: parses the arguments, and runs the command or opens the screen."""

from __future__ import annotations

import argparse
import asyncio
import difflib
import io
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from lambda_tui.commands import arguments
from lambda_tui.commands.errors import SIGNALLED, USAGE_ERROR, CommandError
from lambda_tui.commands.output import (
    STANDARD_ERROR,
    hold_standard_descriptors,
    write_error,
    write_output,
)
from lambda_tui.project.wording import shown
from lambda_tui.terminal_text import one_line


def main(given: list[str] | None = None) -> int:
    """Run the command. Returns its exit status; raises ``KeyboardInterrupt``."""
    given = sys.argv[1:] if given is None else given
    hold_standard_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may have characters that the locale cannot encode.
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(given)
    except CommandError as error:
        write_error("".join(f"lambda-tui: {one_line(str(sentence))}\n" for sentence in error.args))
        return USAGE_ERROR
    except BrokenPipeError:
        return SIGNALLED + signal.SIGPIPE


def _run(given: list[str]) -> int:
    place, given = arguments.take_place(given)
    if place is not None:
        return _inside(place, given)
    command = _COMMANDS.get(given[0]) if given else None
    try:
        return command(given[1:]) if command is not None else _screen(given)
    finally:
        # A parser that prints help does not check whether it could be written.
        write_output("")


def _parse(parser: argparse.ArgumentParser, given: list[str]) -> argparse.Namespace:
    """Return the options, and start the debug log if they ask for it."""
    options = _options(parser, given)
    if options.log_file is not None:
        from lambda_tui import debug_log

        try:
            debug_log.start(options.log_file, parser.prog)
        except debug_log.DebugLogError as error:
            raise CommandError(str(error)) from error
    return options


def _options(parser: argparse.ArgumentParser, given: list[str]) -> argparse.Namespace:
    # Intermixed: places may come before, between and after options.
    options = parser.parse_intermixed_args(given)
    try:
        os.getcwd()
    except OSError as error:
        reason = "the present folder is not there any more, or cannot be entered"
        raise CommandError(f"{reason}; change to another.") from error
    if hasattr(options, "template"):
        from lambda_tui.commands.opened_project import find_project

        found = find_project(options)
        if found is not None:
            write_error(f"lambda-tui: {one_line(found)}\n")
    return options


def _inside(place: arguments.Place, given: list[str]) -> NoReturn:
    # Parsed here too: a mistake in the arguments, or help, needs no container.
    if given and given[0] in _PARSERS:
        options = _options(_PARSERS[given[0]](), given[1:])
    else:
        _require_known(given)
        options = _options(arguments.screen_parser(), given)
    from lambda_tui.commands import inside

    inside.run(place, given, options)


# Each command is imported only when it runs, so that none slows the others down. Parsing comes
# first: a mistake in the arguments, or help, needs no more than the parser.


def _list(given: list[str]) -> int:
    options = _parse(arguments.list_parser(), given)
    from lambda_tui.commands import list as command

    return command.run(options)


def _invoke(given: list[str]) -> int:
    options = _parse(arguments.invoke_parser(), given)
    from lambda_tui.commands import invoke

    return invoke.run(options)


def _event(given: list[str]) -> int:
    options = _parse(arguments.event_parser(), given)
    from lambda_tui.commands import event as command

    return command.run(options)


def _serve(given: list[str]) -> int:
    options = _parse(arguments.serve_parser(), given)
    from lambda_tui.commands import serve

    return serve.run(options)


def _history(given: list[str]) -> int:
    parser = arguments.history_parser()
    options = _parse(parser, given)
    if (options.action is None) != (options.which is None):
        parser.error("show takes the id of an invocation")
    from lambda_tui.commands import history as command

    return command.run(options)


def _doctor(given: list[str]) -> int:
    options = _parse(arguments.doctor_parser(), given)
    from lambda_tui.commands import doctor

    return doctor.run(options)


def _init(given: list[str]) -> int:
    options = _parse(arguments.init_parser(), given)
    from lambda_tui.commands import init

    return init.run(options)


def _demo(given: list[str]) -> int:
    options = _parse(arguments.demo_parser(), given)
    from lambda_tui.commands import demo

    return demo.run(options, _open_screen)


def _screen(given: list[str]) -> int:
    _require_known(given)
    options = _parse(arguments.screen_parser(), given)
    return _open_screen(options.project, options)


def _require_known(given: list[str]) -> None:
    if given and _is_unknown_command(given[0]):
        raise CommandError(_unknown_command(given[0]))


def _is_unknown_command(word: str) -> bool:
    """Return whether a first argument is no option and no folder, but looks like a command."""
    return not word.startswith("-") and os.sep not in word and not os.path.lexists(word)


def _unknown_command(word: str) -> str:
    near = difflib.get_close_matches(word[:64], _COMMANDS, n=1)
    hint = f"did you mean `lambda-tui {near[0]}`?" if near else "see `lambda-tui --help`."
    return f"there is no command and no folder {shown(word)}; {hint}"


def _open_screen(directory: Path, options: argparse.Namespace) -> int:
    if not options.plain:
        _require_terminal()
    from lambda_tui.commands.opened_project import read_settings, synthesise_if_asked

    options.project = directory
    settings, problems = read_settings(options)
    synthesise_if_asked(options, settings)
    if options.no_watch:
        settings = replace(settings, watch=False)
    if options.plain:
        from lambda_tui.commands import plain

        return plain.run(directory, settings, problems, options.host, options.port)
    from lambda_tui.ui import run_app

    return asyncio.run(run_app(directory, settings, problems, options.host, options.port))


def _require_terminal() -> None:
    """Raise ``CommandError`` where no screen can be shown."""
    for stream, name in ((sys.stdout, "output"), (sys.stdin, "input")):
        if not stream.isatty():
            raise CommandError(
                f"standard {name} is no terminal, so there can be no screen; use "
                "`lambda-tui --plain`, `lambda-tui invoke`, `lambda-tui serve` or "
                "`lambda-tui list` instead."
            )
    if os.environ.get("TERM") == "dumb":
        raise CommandError(
            "this terminal can show no screen (its TERM is dumb); use `lambda-tui --plain` instead."
        )
    if not sys.stderr.isatty():
        # Textual draws on standard error, which may well go to a file.
        os.dup2(sys.stdout.fileno(), STANDARD_ERROR)


_COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "list": _list,
    "invoke": _invoke,
    "event": _event,
    "serve": _serve,
    "history": _history,
    "doctor": _doctor,
    "init": _init,
    "demo": _demo,
}
_PARSERS = {
    "list": arguments.list_parser,
    "invoke": arguments.invoke_parser,
    "event": arguments.event_parser,
    "serve": arguments.serve_parser,
    "history": arguments.history_parser,
    "doctor": arguments.doctor_parser,
    "init": arguments.init_parser,
    "demo": arguments.demo_parser,
}
