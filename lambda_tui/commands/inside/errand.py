"""A command line to be run elsewhere, and its needs: folders, variables, a port."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from lambda_tui.apis.http import DEFAULT_HOST, DEFAULT_PORT, ServerError, listen
from lambda_tui.commands.errors import CommandError
from lambda_tui.project.function import Function

_PORTS_TRIED = 100
_PASSED_ON = (
    *("TERM", "COLORTERM", "TERM_PROGRAM", "NO_COLOR", "TZ"),
    *("LAMBDA_TUI_SANDBOX", "LAMBDA_TUI_LOG", "WATCHFILES_FORCE_POLLING"),
)
"""Variables of the terminal and of lambda-tui itself; functions see none of them."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A command line of lambda-tui, to be run elsewhere with the same files at the same paths."""

    arguments: tuple[str, ...]
    directory: Path
    """The current folder."""
    folders: tuple[Path, ...]
    """Folders that have to be there, none inside another."""
    configuration: Path
    """The folder of the user's settings; it need not exist."""
    variables: dict[str, str]
    host: str
    """The address of this machine at which a server is to be reached."""
    port: int | None
    """The port of the server, which is free here; None where nothing is served."""
    has_terminal: bool


def errand_of(
    given: list[str], options: argparse.Namespace, functions: Iterable[Function]
) -> Errand:
    """Return what a command line needs.

    ``options`` are its parsed arguments, and ``functions`` those of the project.
    """
    directory, project = Path.cwd(), options.project
    # By both names where there are links on its path.
    projects = {Path(os.path.abspath(project)), project.resolve()}
    folders = {_with_repository(folder) for folder in (directory, *projects)}
    named = map(os.path.abspath, (*_files_of(options), *_sources_of(functions)))
    folders |= {path if path.is_dir() else path.parent for path in map(Path, named)}
    serves = hasattr(options, "host")
    host = options.host if serves else DEFAULT_HOST
    return Errand(
        arguments=tuple(given),
        directory=directory,
        folders=_outermost(folders),
        configuration=user_config_path("lambda-tui"),
        variables={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        host=host,
        port=_free_port(host, options.port) if serves else None,
        has_terminal=sys.stdin.isatty() and sys.stdout.isatty(),
    )


def _files_of(options: argparse.Namespace) -> list[Path]:
    names = (getattr(options, name, None) for name in ("event", "template", "env_file", "log_file"))
    return [Path(name) for name in names if name not in (None, "-")]


def _sources_of(functions: Iterable[Function]) -> Iterator[Path]:
    """Yield the files and folders of functions, layers and mounts, which may lie anywhere."""
    for function in functions:
        yield function.code_archive or function.code_directory
        yield from (layer.path for layer in function.layers if layer.path is not None)
        yield from (folder for folder, _ in function.mounts)


def _with_repository(folder: Path) -> Path:
    """Return the repository that a folder is in, whose other folders a project may well use."""
    home = Path.home()
    for above in (folder, *folder.parents):
        if above == home:
            break
        if (above / ".git").exists():
            return above
    return folder


def _outermost(folders: set[Path]) -> tuple[Path, ...]:
    existing = {next(one for one in (path, *path.parents) if one.is_dir()) for path in folders}
    if Path("/") in existing:
        raise CommandError("the whole machine cannot be mounted; go to the project's folder.")
    return tuple(
        path for path in sorted(existing) if not any(above in existing for above in path.parents)
    )


def _free_port(host: str, wanted: int | None) -> int:
    """Return the port that a server is to have; where none is named, the usual or the next."""
    first = DEFAULT_PORT if wanted is None else wanted
    last = first + _PORTS_TRIED if wanted is None else first + 1
    for port in range(first, last):
        try:
            with listen(host, port) as probe:
                return int(probe.getsockname()[1])
        except ServerError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
    raise CommandError(
        f"cannot listen on {host} port {first}: {reason}; choose another with --port or --host."
    )
