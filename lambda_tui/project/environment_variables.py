"""The variables that a template's function sets, with their values resolved."""

from __future__ import annotations

from lambda_tui.project.intrinsics import Absent, UnresolvedError
from lambda_tui.project.properties import Properties
from lambda_tui.project.variables import variable_refusal, variables_size_refusal

_CONSEQUENCE = "so no variable is set"
_REMEDY = "Environment needs Variables with a value for each name."


def read_environment(properties: Properties) -> dict[str, str]:
    """The function's own variables, by name; without those whose value is not known here."""
    environment = properties.nested("Environment", _CONSEQUENCE, _REMEDY)
    if environment is None:
        return {}
    variables = environment.nested("Variables", _CONSEQUENCE, _REMEDY)
    if variables is None:
        return {}
    values = {name: _value(variables, name) for name in variables.mapping}
    known = {name: value for name, value in values.items() if value is not None}
    refusal = variables_size_refusal(known)
    if refusal is not None:
        properties.refuse("Environment", refusal)
    return known


def _value(variables: Properties, name: str) -> str | None:
    refusal = variable_refusal(name)
    if refusal is not None:
        variables.refuse(name, refusal)
        return None
    label = variables.label(name)
    try:
        value = variables.resolver.resolve(variables.mapping[name])
        if value is Absent.NO_VALUE:
            return None
        text = variables.resolver.text(value)
    except UnresolvedError as error:
        sentence = f"{label} is left out, since its value is not known here: {error}."
        variables.warn(name, sentence)
        return None
    if not _is_valid_value(text):
        variables.refuse(name, f"{label} holds a character that no variable can hold.")
        return None
    return text


def _is_valid_value(text: str) -> bool:
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
