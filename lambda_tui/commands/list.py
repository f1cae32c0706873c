"""``lambda-tui list``: lists the functions of a project, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from lambda_tui.commands.opened_project import OpenedProject, open_project, require_functions
from lambda_tui.commands.output import table, write_error, write_output, writes_unicode
from lambda_tui.commands.program_versions import version_of
from lambda_tui.project.function import Function, Project
from lambda_tui.project.interpreters import find_interpreter, own_program, version_mismatch
from lambda_tui.project.kinds.template import KIND, command_for
from lambda_tui.terminal_text import one_line
from lambda_tui.wording import counted

_HEADINGS = ("FUNCTION", "ALIASES", "RUNTIME", "HANDLER", "TIMEOUT", "MEMORY", "CODE", "PATH")


def run(options: argparse.Namespace) -> int:
    """List the functions. Returns the exit status; raises ``CommandError``."""
    opened = open_project(options)
    project = opened.project
    if not project.functions:
        _list_unread(project)
    require_functions(opened)
    for problem in (*opened.settings_problems, *project.problems, *_interpreter_problems(opened)):
        write_error(f"lambda-tui: {one_line(str(problem))}\n")
    if options.json:
        functions = [_fields(opened, function) for function in project.functions]
        write_output(json.dumps(functions, indent=2, ensure_ascii=not writes_unicode()) + "\n")
    else:
        write_output(_grouped(project))
    return 0


def _list_unread(project: Project) -> None:
    """Write the command that opens each of the templates that were seen."""
    rows = [
        (one_line(command_for(one.file, project.directory)), counted(one.unread, "function"))
        for one in project.listings
        if one.file is not None and one.kind == KIND and one.unread
    ]
    if rows:
        write_output(table([("COMMAND", "FUNCTIONS"), *rows]))


def _grouped(project: Project) -> str:
    """Return the table of functions, below the file that declares them where there are several."""
    functions = {function.name: function for function in project.functions}
    groups = [[functions[name] for name in one.functions] for one in project.listings]
    rows = [_row(project.directory, function) for group in groups for function in group]
    heading, *lines = table([_HEADINGS, *rows]).splitlines(keepends=True)
    if not project.is_grouped:
        return "".join([heading, *lines])
    text = heading
    for listing, group in zip(project.listings, groups, strict=True):
        name = f"{listing.name(project.directory)}: {listing.kind}, {listing.summary()}"
        name = one_line(f"{name}; -t opens it" if listing.unread else name)
        text += f"\n{name}\n" + "".join(lines[: len(group)])
        del lines[: len(group)]
    return text


def _interpreter_problems(opened: OpenedProject) -> list[str]:
    """Return a sentence for each function that has no interpreter, or another than it names."""
    versions: dict[Path, str | None] = {}
    problems = []
    for function in opened.project.functions:
        if own_program(function) is not None:
            continue
        interpreter = find_interpreter(opened.project.directory, function, opened.settings)
        if interpreter.problem is not None:
            problems.append(f"{function.name}: {interpreter.problem}")
            continue
        executable = interpreter.executable
        if executable not in versions:
            versions[executable] = version_of(executable)
        version = versions[executable]
        if version is None:
            problems.append(
                f"{function.name}: the interpreter {executable} ({interpreter.origin}) does not "
                f"run; mend it, or name another with the setting {interpreter.language}."
            )
        mismatch = version_mismatch(function, version) if version is not None else None
        if mismatch is not None:
            problems.append(f"{function.name} {mismatch}.")
    return problems


def _fields(opened: OpenedProject, function: Function) -> dict[str, Any]:
    interpreter = find_interpreter(opened.project.directory, function, opened.settings)
    return {
        "name": function.name,
        "logical_id": function.logical_id,
        "arn": function.arn,
        "runtime": function.runtime,
        "handler": function.handler,
        "timeout_seconds": function.timeout,
        "memory_size_mb": function.memory_size,
        "ephemeral_storage_mb": function.ephemeral_storage,
        "reserved_concurrency": function.reserved_concurrency,
        "aliases": {alias.name: alias.version for alias in function.aliases},
        "provisioned_concurrency": function.provisioned_concurrency,
        "snap_start": function.snap_start,
        "tracing": function.tracing,
        "is_tenant_isolated": function.is_tenant_isolated,
        "log_group": function.log_group,
        "triggers": [
            {"service": one.service, "name": one.name, **one.details} for one in function.triggers
        ],
        "description": function.description,
        "code": str(function.code_path),
        "file": None if function.file is None else str(function.file),
        "listing": _listing_of(opened.project, function),
        "line": function.line,
        "interpreter": str(interpreter.executable) if own_program(function) is None else None,
    }


def _listing_of(project: Project, function: Function) -> str | None:
    """Return the file that the function is grouped by; None in a plain folder."""
    files = (one.file for one in project.listings if function.name in one.functions)
    file = next(files, None)
    return None if file is None else str(file)


def _row(directory: Path, function: Function) -> tuple[str, ...]:
    code = function.code_path
    if not code.is_relative_to(directory):
        # In the cache: what it was made of is more to the point.
        source = function.image.dockerfile if function.image else function.file
        code = source or code
    cells = (
        function.name,
        ", ".join(f"{alias.name} → {alias.version}" for alias in function.aliases),
        function.runtime or "-",
        function.handler,
        f"{function.timeout} s",
        f"{function.memory_size} MB",
        str(code.relative_to(directory) if code.is_relative_to(directory) else code),
        function.stack_path,
    )
    return tuple(map(one_line, cells))
