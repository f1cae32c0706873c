"""Finds the code of a template's function: a folder, a zip file, or a text in the template."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import ArchiveError, Cache, folder_of_file, is_archive, unpack
from lambda_tui.project.kinds.template.inline_code import inline_files
from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.runtimes import language_of
from lambda_tui.project.spelling import true_path
from lambda_tui.project.wording import shown


class CodeLocation(NamedTuple):
    """The folder of a function's code."""

    directory: Path
    archive: Path | None = None
    """The zip file that the folder was unpacked from."""
    file: Path | None = None
    """The only file, which the folder links to."""


def read_code_location(
    properties: Properties, name: str, cache: Cache, runtime: str | None
) -> CodeLocation | None:
    """Return what the property ``name``, ``CodeUri`` or ``Code``, says; None when it is refused.

    Code that the template itself holds is written into the cache, for the runtime's language.
    """
    known_problems = len(properties.findings.problems)
    if properties.is_given("InlineCode"):
        code = properties.value("InlineCode", "so the function is left out")
    else:
        code = properties.value(name, "so the function is left out")
    if len(properties.findings.problems) > known_problems:
        properties.findings.refuse_unknown()
        return None
    if properties.is_given("InlineCode"):
        return _inline(properties, "InlineCode", code, cache, runtime)
    if isinstance(code, LinedMapping) and "ZipFile" in code:
        inside = Properties(
            code, properties.line_of(name), properties.resolver, properties.findings, f"{name}."
        )
        text = inside.value("ZipFile", "so the function is left out")
        return _inline(inside, "ZipFile", text, cache, runtime)
    return _on_this_machine(properties, name, "." if code is None else code, cache)


def source_location(properties: Properties, name: str) -> CodeLocation:
    """Return the folder that the property names, or else the template's own."""
    project = properties.findings.file.parent
    code = properties.mapping.get(name)
    path = os.path.join(project, code) if isinstance(code, str) else project
    return CodeLocation(Path(os.path.realpath(path if os.path.isdir(path) else project)))


def _inline(
    properties: Properties, name: str, code: object, cache: Cache, runtime: str | None
) -> CodeLocation | None:
    """Return a folder with the code that a property holds, in the files that are made of it."""
    label = properties.label(name)
    if not isinstance(code, str):
        properties.refuse(name, f"{label} is {shown(code)}, where the source text is needed.")
        return None
    files = inline_files(code, language_of(runtime))
    if files is None:
        properties.refuse(
            name, f"{label} holds code, which Lambda takes for Python and Node.js only."
        )
        return None
    return _written(properties, name, files, cache)


def _written(
    properties: Properties, name: str, files: Mapping[str, str], cache: Cache
) -> CodeLocation | None:
    digest = hashlib.sha256(repr(files).encode("utf-8", "replace")).hexdigest()

    def write(folder: Path) -> None:
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", errors="replace")

    try:
        return CodeLocation(cache.folder("inline", digest, write))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        properties.refuse(
            name,
            f"{properties.label(name)} cannot be written to the cache "
            f"{shown(str(cache.directory))}: {reason}; see `lambda-tui doctor`.",
        )
    return None


def _on_this_machine(
    properties: Properties, name: str, code: object, cache: Cache
) -> CodeLocation | None:
    if isinstance(code, LinedMapping) or (isinstance(code, str) and code.startswith("s3://")):
        properties.refuse(name, f"{name} lies in S3; name the folder that holds the source.")
    elif not isinstance(code, str):
        properties.refuse(
            name, f"{name} is {shown(code)}, where a path is needed; name the folder of the source."
        )
    else:
        return _at_path(properties, name, code, cache)
    return None


def _at_path(properties: Properties, name: str, code: str, cache: Cache) -> CodeLocation | None:
    path = named_path(properties, name, code)
    if path is None:
        return None
    warn_if_far(properties, name, path)
    resolved = Path(path).resolve()
    if resolved.is_dir():
        return CodeLocation(resolved)
    try:
        if is_archive(resolved):
            return CodeLocation(unpack(resolved, cache), resolved)
        return CodeLocation(folder_of_file(Path(path), cache), file=resolved)
    except ArchiveError as error:
        properties.refuse(name, f"{name} names {shown(code)}, which {error}")
    return None


def named_path(properties: Properties, name: str, value: str) -> str | None:
    """Return the path of the folder or file that a property names; None when it is refused.

    A name in another case is told, and means the one that the file system lists: saves are told by
    that, and Lambda's builders know no other.
    """
    project = properties.findings.file.parent
    path = os.path.join(project, value)
    listed = true_path(project, value)
    # Unlike Path's own, these take any text and never raise.
    exists = os.path.isdir(path) or os.path.isfile(path)
    if listed is None or listed == Path(path):
        if not exists:
            advice = _similar(project, value) or "name a folder or a zip file."
            properties.refuse(name, f"{name} names {shown(value)}, which does not exist; {advice}")
        return path if exists else None
    spelling = shown(os.path.relpath(listed, project))
    if not exists:
        properties.refuse(
            name, f"{name} names {shown(value)}, which does not exist; did you mean {spelling}?"
        )
        return None
    properties.warn(
        name,
        f"{name} names {shown(value)}, which is {spelling} where upper and lower case are told "
        f"apart; write {spelling}.",
    )
    return str(listed)


def _similar(folder: Path, value: str) -> str | None:
    """Return a question for the folder or file that a path may mean; None where none is alike."""
    parent, name = os.path.split(os.path.normpath(value))
    try:
        listed = os.listdir(os.path.join(folder, parent))
    except (OSError, ValueError):
        return None
    near = difflib.get_close_matches(name[:64], listed, n=1, cutoff=0.7)
    return f"did you mean {shown(os.path.join(parent, near[0]))}?" if near else None


def warn_if_far(properties: Properties, name: str, path: str) -> None:
    """Warn of a path that leads out of the project, and of the repository that it is in.

    Without a repository, what lies beside the project is near to it too.
    """
    target = Path(path).resolve()
    if target.is_relative_to(Cache.of_user().directory.resolve()):
        # It was made of what is in the project.
        return
    project = properties.findings.file.parent.resolve()
    around = (project, *project.parents)
    app = next((one for one in around if (one / "cdk.json").exists()), project)
    root = next((one for one in around if (one / ".git").exists()), app.parent)
    if root == Path(root.anchor):
        root = project
    if not target.is_relative_to(root):
        properties.warn(
            name,
            f"{name} leads far out of the project, to {shown(str(target))}: a package has its "
            "content of the moment when that is made; copy it into the project to be sure of it.",
        )
