"""Symbolic links in a function's files that lead out of them.

Whoever packages the function follows them, so an environment has their content in their place. A
sandbox does not have what they lead to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from lambda_tui.project.function import Function

_NOT_SEARCHED = frozenset({"__pycache__", "cdk.out", "venv"})
_VIRTUAL_ENVIRONMENT = "pyvenv.cfg"
# Sandboxes have these directories of the machine's under their own names.
_SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/nix/", "/proc/", "/usr/")
_MOST = 1000
"""Links of one function that are followed: some lead to folders with links of their own."""


@dataclass(frozen=True, slots=True)
class OutwardLink:
    """A link that leads out of the folder that it is in."""

    path: str
    """Relative to the code or the layers, with the names of the links that it is behind."""
    target: Path
    """The real path of its content."""
    is_in_layers: bool = False
    """Whether it is in the layers and not in the code."""


class OutwardLinks:
    """The links of a project's functions, found when they are first needed.

    May be called from several threads; at worst a folder is then searched twice.
    """

    def __init__(self, project: Path) -> None:
        """``project`` is the project's folder."""
        self._project = Path(os.path.realpath(project))
        self._found: dict[Path, tuple[OutwardLink, ...]] = {}
        """By the folder that they are in."""
        self._told: set[str] = set()

    def search(self, function: Function) -> list[OutwardLink]:
        """Return all links of a function, each before those in its content."""
        found = list(self._links_in(function.code_directory))
        if function.layers_directory is not None:
            layers = [self._links_in(folder) for folder in _layer_folders(function)]
            standing = _standing(layers, function.layers_directory)
            found += [replace(link, is_in_layers=True) for link in standing]
        return found

    def of(self, function: Function, warn: Callable[[str], None]) -> list[OutwardLink]:
        """Return the links of a function that are followed.

        ``warn`` receives one sentence, once, for each that leads out of the project or is not.
        """
        followed = []
        for link in self.search(function):
            folders = _layer_folders(function) if link.is_in_layers else [function.code_directory]
            is_followed = not any(_holds_too_much(link.target, folder) for folder in folders)
            if is_followed:
                followed.append(link)
            # Links that code is put together of lead to where its description says.
            is_meant = function.linked_folders is not None and not link.is_in_layers
            is_near = is_meant or link.target.is_relative_to(self._project)
            if not is_followed or not is_near:
                sentence = _remark(function, link, is_followed=is_followed)
                if sentence not in self._told:
                    self._told.add(sentence)
                    warn(sentence)
        return followed

    def note_change(self, function: Function, files: Iterable[str]) -> None:
        """Search anew, unless all changes are to plain files: those make no link, and end none."""
        folders = [function.code_directory, *_layer_folders(function)]
        known = {link.path for folder in folders for link in self._found.get(folder, ())}
        for name in files:
            paths = [folder / name for folder in folders]
            if name in known or not any(one.is_file() and not one.is_symlink() for one in paths):
                for folder in folders:
                    self._found.pop(folder, None)

    def _links_in(self, folder: Path) -> tuple[OutwardLink, ...]:
        found = self._found.get(folder)
        if found is None:
            below = _links_below(Path(os.path.realpath(folder)), "", ())
            found = self._found[folder] = tuple(islice(below, _MOST))
        return found


def followed_links(folder: Path) -> tuple[OutwardLink, ...]:
    """Return the links that lead out of a folder and are followed, each before those behind it."""
    below = _links_below(Path(os.path.realpath(folder)), "", ())
    return tuple(one for one in islice(below, _MOST) if not _holds_too_much(one.target, folder))


def _layer_folders(function: Function) -> list[Path]:
    """Return the folders that the layers are made of: archives have no links that lead out."""
    if function.layers_directory is None:
        return []
    folders = [layer.path for layer in function.layers if layer.path and layer.path.is_dir()]
    is_merged = function.layers_directory not in folders
    return folders if is_merged and folders else [function.layers_directory]


def _standing(layers: Iterable[Iterable[OutwardLink]], directory: Path) -> Iterator[OutwardLink]:
    """Yield the links of layers that stand in the directory into which these are merged."""
    standing: dict[str, OutwardLink] = {}
    for links in layers:
        behind: tuple[str, ...] = ()
        for link in links:
            place = directory / link.path
            if link.path.startswith(behind):
                standing[link.path] = link
            elif place.is_symlink() and os.path.realpath(place) == os.fspath(link.target):
                behind = (*behind, f"{link.path}/")
                standing[link.path] = link
    return iter(standing.values())


def _remark(function: Function, link: OutwardLink, *, is_followed: bool) -> str:
    if is_followed:
        return (
            f"The link {link.path} of {function.name} leads out of the project, to {link.target}: "
            "a package has its content of the moment when that is made; copy or install it to be "
            "sure of it."
        )
    return (
        f"The link {link.path} of {function.name} leads to {link.target}, which holds far more "
        "than the function should see, and is not followed; link to what is needed."
    )


def _links_below(folder: Path, prefix: str, behind: tuple[Path, ...]) -> Iterator[OutwardLink]:
    """Yield the links that lead out of a folder, and those in their content.

    ``prefix`` is the path of the folder, and ``behind`` are the folders that it was reached by.
    """
    chain = (*behind, folder)
    for path in _links_in(folder, ""):
        link = folder / path
        if not leads_out(path, os.readlink(link)):
            continue
        target = Path(os.path.realpath(link))
        if not target.exists():
            continue
        yield OutwardLink(prefix + path, target)
        is_circle = any(one.is_relative_to(target) for one in chain)
        if target.is_dir() and not is_circle:
            yield from _links_below(target, f"{prefix}{path}/", chain)


def _links_in(folder: Path, prefix: str) -> Iterator[str]:
    """Yield the relative paths of all links in a folder that is searched."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError:
        return
    if any(one.name == _VIRTUAL_ENVIRONMENT for one in entries):
        return
    is_installed = _is_of_packages(folder)
    for one in entries:
        if one.is_symlink():
            yield prefix + one.name
        elif one.is_dir(follow_symlinks=False) and not one.name.startswith("."):
            # npm installs no links within packages, and there are many of those.
            is_package = is_installed and not one.name.startswith("@")
            if one.name not in _NOT_SEARCHED and not is_package:
                yield from _links_in(folder / one.name, f"{prefix}{one.name}/")


def _is_of_packages(folder: Path) -> bool:
    is_scope = folder.name.startswith("@") and folder.parent.name == "node_modules"
    return is_scope or folder.name == "node_modules"


def leads_out(path: str, text: str) -> bool:
    """Return whether a link at a relative path leads elsewhere than to something beside it."""
    if os.path.isabs(text):
        return not text.startswith(_SYSTEM)
    return os.path.normpath(os.path.join(os.path.dirname(path), text)).startswith("..")


def _holds_too_much(target: Path, folder: Path) -> bool:
    """Return whether a target has the function's own files in it, or all that is the user's."""
    return any(one.is_relative_to(target) for one in (folder, Path.home(), Path("/usr")))
