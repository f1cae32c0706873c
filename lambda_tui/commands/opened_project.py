"""Opens the project that a command's options name, with its settings, and finds a function."""

from __future__ import annotations

import argparse
import difflib
from dataclasses import dataclass, replace

from platformdirs import user_config_path

from lambda_tui.commands.arguments import FOLDER_GIVEN
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.output import write_error
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.kinds.cdk import Synthesis, SynthesisError
from lambda_tui.project.kinds.template import parameter_pairs, project_above
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import (
    PROFILE,
    Settings,
    load_settings,
    read_endpoint,
    read_option,
)
from lambda_tui.project.wording import shown
from lambda_tui.terminal_text import one_line


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """A project, its settings, and what is wrong with those."""

    project: Project
    settings: Settings
    settings_problems: tuple[Problem, ...]

    def problems_of(self, function: Function) -> list[Problem]:
        """Return the problems of the settings, of the project, and of this function."""
        own = [one for one in self.project.problems if one.concerns(function.name)]
        return [*self.settings_problems, *own]


def open_project(options: argparse.Namespace) -> OpenedProject:
    """Read ``options.project`` with the settings for it, synthesised first if they say so."""
    settings, problems = read_settings(options)
    synthesise_if_asked(options, settings)
    return OpenedProject(load_project(options.project, settings), settings, problems)


def read_settings(options: argparse.Namespace) -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings for ``options.project``, over which options of the same names go."""
    settings, problems = load_settings(options.project, user_config_path("lambda-tui"))
    if getattr(options, "sandbox", None) is not None:
        settings = replace(settings, sandbox=options.sandbox)
    if getattr(options, "sync", False):
        settings = _installing(settings)
    if getattr(options, "template", None) is not None:
        settings = replace(settings, template=options.template.absolute())
    if getattr(options, "env_file", None) is not None:
        settings = replace(settings, env_file=options.env_file.absolute())
    if getattr(options, "config_env", None) is not None:
        settings = replace(settings, config_env=options.config_env)
    if getattr(options, "parameter_overrides", None):
        try:
            given = dict(parameter_pairs(options.parameter_overrides))
        except ValueError as error:
            raise CommandError(f"--parameter-overrides: {error}.") from error
        settings = replace(settings, parameter_overrides=given)
    try:
        return _with_cloud(settings, options), problems
    except ValueError as error:
        raise CommandError(str(error)) from error


def _with_cloud(settings: Settings, options: argparse.Namespace) -> Settings:
    """Return the settings with what the options say of AWS; raise ``ValueError``."""
    if getattr(options, "profile", None) is not None:
        profile = read_option("--profile", "credentials", f"{PROFILE}{options.profile}")
        settings = replace(settings, credentials=profile)
    elif getattr(options, "credentials", None) is not None:
        whose = read_option("--credentials", "credentials", options.credentials)
        settings = replace(settings, credentials=whose)
    if getattr(options, "region", None) is not None:
        settings = replace(settings, region=read_option("--region", "region", options.region))
    given = getattr(options, "endpoint_url", [])
    addresses = dict(read_endpoint("--endpoint-url", one) for one in given)
    return replace(settings, endpoint_url={**settings.endpoint_url, **addresses})


def synthesise_if_asked(options: argparse.Namespace, settings: Settings) -> None:
    """Synthesise the CDK app of ``options.project`` if the options say so.

    The command's output goes to standard error. Raises ``CommandError`` when it fails.
    """
    if not getattr(options, "synth", False):
        return

    def write(line: str) -> None:
        write_error(f"{one_line(line)}\n")

    write(f"lambda-tui: {settings.cdk.synth}")
    synthesis = Synthesis(options.project, settings.cdk.synth, write)
    try:
        synthesis.run()
    except SynthesisError as error:
        raise CommandError(str(error)) from error
    finally:
        # Ctrl+C reaches this process alone.
        synthesis.cancel()


def _installing(settings: Settings) -> Settings:
    """Return settings that install what functions lack, where they do not say never to."""
    return replace(
        settings,
        sdk="install" if settings.sdk == "ask" else settings.sdk,
        dependencies="install" if settings.dependencies == "ask" else settings.dependencies,
    )


def find_project(options: argparse.Namespace) -> str | None:
    """Set ``options.project`` where it is not named; return a sentence where that is to be told.

    It is then the folder of the template that is named, or the nearest one above with a template
    that the present folder belongs to.
    """
    if getattr(options, FOLDER_GIVEN, False) or not hasattr(options, "template"):
        return None
    if options.template is not None:
        options.project = options.template.parent
        return None
    above = project_above(options.project.absolute())
    if above is None:
        return None
    options.project = above
    return f"the project is {shown(str(above))}, which this folder belongs to by its template."


def require_functions(opened: OpenedProject) -> None:
    """Raise ``CommandError``, with everything that is wrong, when there is no function."""
    if not opened.project.functions:
        raise CommandError(*opened.settings_problems, *opened.project.problems)


def find_function(opened: OpenedProject, name: str | None) -> Function:
    """Return the function of this name, logical id or path of a stack; for None the only one.

    Raises ``CommandError``, which for an unknown name suggests similar ones.
    """
    require_functions(opened)
    project = opened.project
    functions = {function.name: function for function in project.functions}
    if name is None:
        if len(functions) > 1:
            raise CommandError(f"name a function: {_listed(functions)}.")
        return project.functions[0]
    if name in functions:
        return functions[name]
    for function in project.functions:
        if function.logical_id == name:
            return function
    # A problem of a function that was refused begins with its logical id.
    start = f"{shown(name)}: "
    why = [
        problem
        for problem in project.problems
        if name in problem.functions or problem.message.startswith(start)
    ]
    if why:
        raise CommandError(*why)
    raise CommandError(f"there is no function {shown(name)}; {_hint(name, functions)}")


def _hint(name: str, functions: dict[str, Function]) -> str:
    folded = {known.casefold(): known for known in functions}
    near = difflib.get_close_matches(name[:64].casefold(), folded, n=3)
    if near:
        return f"did you mean {' or '.join(folded[one] for one in near)}?"
    return f"there {'is' if len(functions) == 1 else 'are'} {_listed(functions)}."


def _listed(functions: dict[str, Function]) -> str:
    names = list(functions)
    more = f" and {len(names) - 8} more (`lambda-tui list`)" if len(names) > 8 else ""
    return ", ".join(names[:8]) + more
