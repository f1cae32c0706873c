"""``lambda-tui doctor``: reports what works on this machine, what does not, and the remedies."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_config_path

from lambda_tui import __version__
from lambda_tui.commands.errors import FAILURE
from lambda_tui.commands.machine import Finding, machine_findings, network_finding
from lambda_tui.commands.opened_project import OpenedProject, open_project
from lambda_tui.commands.output import write_output, writes_unicode
from lambda_tui.commands.program_versions import version_of
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.dependencies import (
    ManifestError,
    SyncedPackages,
    undeclared_packages,
)
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import (
    Interpreter,
    find_interpreter,
    interpreters_on_path,
    nodes_on_machine,
    own_program,
    version_mismatch,
)
from lambda_tui.project.runtimes import NODE_RUNTIMES, PYTHON_RUNTIMES, Language, runtime_of
from lambda_tui.project.sdk import (
    has_packages,
    installed_sdk,
    installed_version,
    needed_packages,
)
from lambda_tui.project.settings import PROJECT_FILE, USER_FILE
from lambda_tui.terminal_text import one_line

_REMEDIES: dict[Language, str] = {
    "python": "install {}, or make a .venv with it in the project.",
    "node": "install {}, or name one with the setting node.",
}

_MARKS = ("✓", "·", "▲", "→")
"""The marks of what is well, of what is neither good nor bad, of what falls short, of remedies."""
_PLAIN_MARKS = ("[ok]", "[--]", "[!!]", "->")
_LACKS = {
    "writes": "functions can write to your files; Linux 6.2 and later, with Landlock, and Seatbelt "
    "on macOS keep them from it without namespaces",
    "sockets": "abstract Unix sockets of this machine can be reached; Linux 6.12 and later, with "
    "Landlock, keeps them apart",
    "processes": "processes without end are noticed, not refused: their environment is ended",
}


def run(options: argparse.Namespace) -> int:
    """Write the report. Returns the exit status, which tells whether anything falls short."""
    opened = open_project(options)
    zygotes = asyncio.run(_boot(opened))
    sections = {
        "Sandbox": _sandbox(opened, zygotes.values()),
        f"Functions of {opened.project.directory}": _functions(opened, zygotes),
        "Runtimes": _runtimes(),
        "Machine": [
            *machine_findings(opened.project.directory, opened.project.functions),
            _network(opened, zygotes),
        ],
        "Settings": _settings(opened),
    }
    write_output(f"lambda-tui {__version__} on Python {sys.version.split()[0]}\n")
    for heading, findings in sections.items():
        write_output(f"\n{one_line(heading)}\n{''.join(map(_lines, findings))}")
    found = [finding for findings in sections.values() for finding in findings]
    return FAILURE if any(finding.falls_short for finding in found) else 0


def _lines(finding: Finding) -> str:
    good, note, bad, arrow = _MARKS if writes_unicode() else _PLAIN_MARKS
    if not finding.falls_short:
        return f"  {note if finding.is_note else good} {one_line(finding.text)}\n"
    remedy = f"    {arrow} {one_line(finding.remedy)}\n" if finding.remedy else ""
    return f"  {bad} {one_line(finding.text)}\n{remedy}"


async def _boot(opened: OpenedProject) -> dict[Path, Zygote]:
    """Start every interpreter that a function runs on, or our own, to see what it can do."""
    functions = opened.project.functions
    wanted = {_interpreter(opened, index) for index in range(len(functions))}
    zygotes = {
        interpreter.executable: Zygote(interpreter, opened.settings.sandbox)
        for interpreter in wanted or {Interpreter(Path(sys.executable), "lambda-tui's own")}
    }
    for zygote in zygotes.values():
        zygote.start()
    await asyncio.gather(*(zygote.booted for zygote in zygotes.values()))
    await asyncio.gather(*(zygote.close() for zygote in zygotes.values()))
    return zygotes


def _interpreter(opened: OpenedProject, index: int) -> Interpreter:
    project = opened.project
    return find_interpreter(project.directory, project.functions[index], opened.settings)


def _sandbox(opened: OpenedProject, zygotes: Iterable[Zygote]) -> list[Finding]:
    """Return how environments are isolated, once for each way."""
    findings = []
    for sandbox in dict.fromkeys(zygote.sandbox for zygote in zygotes):
        if sandbox is None:
            continue
        if sandbox.level == "namespaces":
            findings.append(Finding("namespaces: every environment has its own world"))
        elif opened.settings.sandbox == "processes":
            text = "processes, without isolation: you have set it so"
            findings.append(Finding(text, is_note=True))
        else:
            refused = ", and functions are refused" if sandbox.refusal else ""
            text = f"processes, without isolation{refused}: {sandbox.reason}"
            findings.append(Finding(text, sandbox.remedy, is_problem=True))
        findings += [Finding(_LACKS[lack], is_note=True) for lack in sandbox.lacks]
    return findings or [Finding("unknown: no interpreter runs", "see the functions below.")]


def _network(opened: OpenedProject, zygotes: dict[Path, Zygote]) -> Finding:
    levels = [one.sandbox.level for one in zygotes.values() if one.sandbox is not None]
    return network_finding(
        opened.project.functions, opened.settings, has_namespaces="namespaces" in levels
    )


def _functions(opened: OpenedProject, zygotes: dict[Path, Zygote]) -> list[Finding]:
    findings = []
    wrong = {name for problem in opened.project.problems for name in problem.functions}
    for index, function in enumerate(opened.project.functions):
        # The problem itself follows; what the function runs on is still good to know.
        is_wrong = function.name in wrong
        interpreter = _interpreter(opened, index)
        zygote = zygotes[interpreter.executable]
        where = f"{interpreter.executable} ({interpreter.origin})"
        if function.obstacle is not None:
            # It is among the project's problems.
            continue
        if interpreter.problem is not None:
            findings.append(Finding(f"{function.name}: {interpreter.problem}", is_problem=True))
            continue
        if zygote.runtime_version is None:
            remedy = (
                f"mend that interpreter, or name another with the setting {interpreter.language}."
            )
            findings.append(Finding(f"{function.name}: {zygote.problem}", remedy))
            continue
        program = own_program(function)
        if program is not None:
            text = f"{function.name}: {program}, a runtime of its own"
            findings.append(Finding(text, is_note=is_wrong))
            continue
        missing = undeclared_packages(opened.project.directory, function, interpreter)
        findings += [Finding(str(one), is_problem=True) for one in missing]
        text = f"{function.name}: {interpreter.title(zygote.runtime_version)}, {where}"
        mismatch = version_mismatch(function, zygote.runtime_version)
        if mismatch is None:
            findings.append(Finding(text, is_note=is_wrong or bool(missing)))
        else:
            remedy = _REMEDIES[interpreter.language].format(function.runtime)
            findings.append(Finding(f"{text}: {mismatch}", remedy))
        if opened.settings.dependencies != "off":
            findings += _packages(opened.project.directory, function, interpreter)
        if opened.settings.sdk != "off":
            findings += _sdk(function, interpreter, zygote.runtime_version)
    project = opened.project
    is_readable = os.access(project.directory, os.R_OK | os.X_OK)
    if not project.functions and project.template is None and is_readable:
        # A folder without a project has nothing that could be wrong with it.
        return [Finding(str(problem), is_note=True) for problem in project.problems]
    return [*findings, *(Finding(str(one), is_problem=True) for one in project.problems)]


def _packages(directory: Path, function: Function, interpreter: Interpreter) -> list[Finding]:
    """Return what the function's files name that it does not find; nothing where it finds all."""
    try:
        lacking = SyncedPackages(directory).lacking(function, interpreter)
    except ManifestError as error:
        return [Finding(f"{function.name}: {error}", is_note=True)]
    remedy = f"lambda-tui invoke {function.name} --sync, or S on the screen, installs it."
    return [
        Finding(f"{function.name}: not all that {need.file.name} lists is installed", remedy)
        for need in lacking
    ]


def _sdk(function: Function, interpreter: Interpreter, version: str) -> list[Finding]:
    """Return what a function gets that relies on its runtime for AWS's SDK; nothing for others."""
    needed = needed_packages(function, interpreter)
    if not needed:
        return []
    runtime = runtime_of(interpreter.language, version)
    folder = installed_sdk(runtime)
    text = f"{function.name}: AWS's runtime brings {', '.join(sorted(needed))}"
    if folder is not None and has_packages(folder, needed):
        return [Finding(f"{text}; here it is {installed_version(folder)}, in {folder}")]
    remedy = f"lambda-tui invoke {function.name} --sync, or S on the screen, installs it."
    return [Finding(f"{text}, which is not installed for {runtime}", remedy)]


def _runtimes() -> list[Finding]:
    """Return the interpreters that a function gets by its Runtime if the project has none."""
    found = {**interpreters_on_path(), **nodes_on_machine()}
    findings = [_runtime(runtime, executable) for runtime, executable in found.items()]
    missing = [runtime for runtime in (*PYTHON_RUNTIMES, *NODE_RUNTIMES) if runtime not in found]
    if missing:
        findings.append(Finding(f"not found: {', '.join(missing)}", is_note=True))
    return findings


def _runtime(runtime: str, executable: Path) -> Finding:
    """Return whether the interpreter that a runtime gets runs, and is of its version.

    One that does not harms nobody until a function needs it, of which the functions tell.
    """
    version = version_of(executable)
    if version is None:
        return Finding(f"{runtime}: {executable} does not run", is_note=True)
    if runtime != "node" and runtime_of(_language(runtime), version) != runtime:
        return Finding(f"{runtime}: {executable} is of version {version}", is_note=True)
    return Finding(f"{runtime}: {executable}")


def _language(runtime: str) -> Language:
    return "python" if runtime in PYTHON_RUNTIMES else "node"


def _settings(opened: OpenedProject) -> list[Finding]:
    files = (
        user_config_path("lambda-tui") / USER_FILE,
        opened.project.directory / PROJECT_FILE,
    )
    problems = opened.settings_problems
    wrong = {os.path.realpath(one.file) for one in problems if one.file is not None}
    findings = []
    for file in files:
        if os.path.realpath(file) not in wrong:
            is_there = os.path.lexists(file)
            findings.append(
                Finding(f"{file}: {'read' if is_there else 'none'}", is_note=not is_there)
            )
    for problem in problems:
        position = f":{problem.line}" if problem.line is not None else ""
        where = f"{os.path.abspath(problem.file)}{position}: " if problem.file is not None else ""
        findings.append(Finding(f"{where}{problem.message}", is_problem=True))
    return findings
