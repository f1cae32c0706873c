"""Reads the environment variables of a template's function, and checks them as Lambda does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.kinds.template.language import (
    Absent,
    FileLine,
    LinedMapping,
    UnresolvedError,
    section,
)
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.wording import shown

RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_MAX_CONCURRENCY",
        "AWS_LAMBDA_METADATA_API",
        "AWS_LAMBDA_METADATA_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
"""Variables that Lambda sets itself and refuses in a function's configuration."""

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_CONSEQUENCE = "so no variable is set"
_REMEDY = "Environment needs Variables with a value for each name."


class Environment(NamedTuple):
    """A function's own variables."""

    known: dict[str, str]
    unknown: dict[str, str]
    """The variables whose values are not known here, with the sentences that say why."""


def read_environment(properties: Properties) -> Environment:
    """Return the function's own variables."""
    found = Environment({}, {})
    environment = properties.nested("Environment", _CONSEQUENCE, _REMEDY)
    if environment is None:
        return found
    variables = environment.nested("Variables", _CONSEQUENCE, _REMEDY)
    if variables is None:
        return found
    for name in variables.mapping:
        try:
            value = _value(variables, name)
        except UnresolvedError as error:
            found.unknown[name] = error.sentence
            label = variables.label(name)
            sentence = f"{label} is left out, since its value is not known here: {error.sentence}"
            variables.warn(name, sentence, error.name)
        else:
            if value is not None:
                found.known[name] = value
    refusal = _size_refusal(found.known)
    if refusal is not None:
        properties.refuse("Environment", refusal)
    return found


def variable_origins(
    environment: Mapping[str, str], properties: Properties, own: LinedMapping
) -> dict[str, str]:
    """Return the place that sets each variable, such as ``Globals, template.yaml:5``.

    ``properties`` are those of the function with Globals merged in, ``own`` those without.
    """
    merged = section(section(properties.mapping, "Environment"), "Variables")
    of_function = section(section(own, "Environment"), "Variables")
    file = properties.findings.file.name
    origins = {}
    for name in environment:
        line = merged.lines.get(name)
        holder = line.file.name if isinstance(line, FileLine) else file
        place = holder if line is None else f"{holder}:{line}"
        if name in merged and name not in of_function:
            place = f"Globals, {place}"
        source = properties.resolver.source_of(merged.get(name))
        if source is not None:
            place = f"{place}, the value by {source}"
        origins[name] = place
    return origins


def _value(variables: Properties, name: str) -> str | None:
    """Return a variable's text; None when it is absent or refused.

    Raise ``UnresolvedError`` when it is not known here.
    """
    refusal = _name_refusal(name)
    if refusal is not None:
        variables.refuse(name, refusal)
        return None
    label = variables.label(name)
    value = variables.resolver.resolve(variables.mapping[name])
    if value is Absent.NO_VALUE:
        return None
    text = variables.resolver.text(value)
    if "{{resolve:ssm-secure:" in str(variables.mapping[name]):
        variables.warn(
            name,
            f"{label} is a SecureString, which CloudFormation refuses for a variable; use "
            "{{resolve:secretsmanager:…}}, or have the function read it.",
        )
    if not _is_valid_value(text):
        variables.refuse(name, f"{label} holds a character that no variable can hold.")
        return None
    return text


def _name_refusal(name: str) -> str | None:
    """Return one sentence on why Lambda refuses a variable's name; None when it does not."""
    if name in RESERVED_VARIABLES:
        return f"Environment sets {name}, which Lambda reserves for itself; take it out."
    if not _NAME.fullmatch(name):
        return (
            f"Environment sets {shown(name)}, but a name has at least two characters, starts with "
            "a letter and holds letters, digits and _ only."
        )
    return None


def _size_refusal(variables: Mapping[str, str]) -> str | None:
    """Return one sentence on why Lambda refuses so many bytes; None when it does not."""
    size = sum(len(text.encode("utf-8", "replace")) for item in variables.items() for text in item)
    if size <= limits.ENVIRONMENT_BYTES:
        return None
    takes = f"{limits.ENVIRONMENT_BYTES // 1024} KB"
    return f"Environment holds {size:,} bytes, but Lambda takes {takes} of names and values."


def _is_valid_value(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
