"""``lambda-tui event``: prints the event of a service, or lists the services that there are."""

from __future__ import annotations

import argparse
import difflib
import json
import shutil
import textwrap
from collections.abc import Iterable

from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.opened_project import find_function, open_project
from lambda_tui.commands.output import write_output, writes_unicode
from lambda_tui.project.function import Trigger
from lambda_tui.project.wording import shown
from lambda_tui.sample_events import BUILDERS, Builder, ParameterError, builder_of, prefilled

_NARROWEST = 40


def run(options: argparse.Namespace) -> int:
    """Print the event, or the list. Returns the exit status; raises ``CommandError``."""
    if options.service is None and options.function is None:
        if options.given:
            raise CommandError("--set needs a service, such as `lambda-tui event sqs`.")
        write_output(_services_as_json() if options.output == "json" else _services())
        return 0
    builder, trigger = _builder_and_trigger(options)
    values = prefilled(builder, trigger) | _given(builder, options.given)
    try:
        event = builder.build(values)
    except ParameterError as error:
        raise CommandError(f"{builder.name}: {error}") from error
    indent = None if options.output == "json" else 2
    write_output(json.dumps(event, indent=indent, ensure_ascii=not writes_unicode()) + "\n")
    return 0


def _builder_and_trigger(options: argparse.Namespace) -> tuple[Builder, Trigger | None]:
    """Return the builder that is named, with the function's trigger of that service."""
    builder = None if options.service is None else _builder(options.service)
    if options.function is None:
        assert builder is not None
        return builder, None
    function = find_function(open_project(options), options.function)
    if builder is not None:
        own = (one for one in function.triggers if one.service == builder.name)
        return builder, next(own, None)
    found = builder_of(function)
    if found is None:
        raise CommandError(
            f"the template names no service that invokes {function.name} and that there are "
            "events of; name one, such as `lambda-tui event sqs`."
        )
    return found


def _builder(name: str) -> Builder:
    builders = {builder.name: builder for builder in BUILDERS}
    if name in builders:
        return builders[name]
    raise CommandError(f"there are no events of {shown(name)}; {_hint(name, builders)}")


def _given(builder: Builder, pairs: Iterable[str]) -> dict[str, str]:
    """Return the values of ``--set``; raise ``CommandError`` for an unknown parameter."""
    names = [parameter.name for parameter in builder.parameters]
    values = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise CommandError(f"--set takes KEY=VALUE, not {shown(pair)}.")
        # The words of AWS have dashes as often as not.
        name = name.strip().replace("-", "_")
        if name not in names:
            raise CommandError(f"{builder.name} has no {shown(name)}; {_hint(name, names)}")
        values[name] = value
    return values


def _hint(name: str, known: Iterable[str]) -> str:
    known = list(known)
    near = difflib.get_close_matches(name[:64].casefold(), known, n=3)
    if near:
        return f"did you mean {' or '.join(near)}?"
    containing = [one for one in known if name and name.casefold() in one][:3]
    if containing:
        return f"did you mean {' or '.join(containing)}?"
    return "`lambda-tui event` lists what there is."


def _services() -> str:
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, 100))
    lines = []
    for builder in BUILDERS:
        lines.append(f"{builder.name}  {builder.title}")
        column = max(len(parameter.name) for parameter in builder.parameters) + 2
        for parameter in builder.parameters:
            default = f" ({parameter.default})" if parameter.default else ""
            lines += textwrap.wrap(
                f"{parameter.help}{default}",
                width - 2,
                initial_indent=f"  {parameter.name:{column}}",
                subsequent_indent=" " * (column + 2),
                break_on_hyphens=False,
            )
    example = "lambda-tui event sqs --set records=2 | lambda-tui invoke FUNCTION -e -"
    return "\n".join([*lines, "", f"Such as: {example}", ""])


def _services_as_json() -> str:
    services = [
        {
            "service": builder.name,
            "title": builder.title,
            "parameters": [
                {"name": one.name, "default": one.default, "help": one.help}
                for one in builder.parameters
            ],
        }
        for builder in BUILDERS
    ]
    return json.dumps(services, indent=2, ensure_ascii=not writes_unicode()) + "\n"
