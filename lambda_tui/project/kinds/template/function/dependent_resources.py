"""Applies the resources that name a function by ``FunctionName`` and change it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path

from lambda_tui.project.function import Function, Problem
from lambda_tui.project.kinds.template.function.event_invoke_config import (
    EVENT_INVOKE_CONFIG_TYPE,
    set_event_invoke_config,
)
from lambda_tui.project.kinds.template.function.published_versions import add_alias, add_version
from lambda_tui.project.kinds.template.language import (
    ALIAS_TYPE,
    VERSION_TYPE,
    LinedMapping,
    Resolver,
    function_name,
    section,
    text_under,
)
from lambda_tui.project.kinds.template.properties import Findings, Properties
from lambda_tui.project.wording import shown

# In this order: an alias names a version.
_CHANGES: Mapping[str, Callable[[Function, Properties], Function]] = {
    VERSION_TYPE: add_version,
    ALIAS_TYPE: add_alias,
    EVENT_INVOKE_CONFIG_TYPE: set_event_invoke_config,
}


def apply_dependent_resources(
    functions: dict[str, Function],
    refused: Container[str],
    file: Path,
    resources: LinedMapping,
    resolver: Resolver,
) -> list[Problem]:
    """Change ``functions``, by name, as the template's versions, aliases and configurations say.

    Return what is wrong with them, but for those of functions that are ``refused``. A resource that
    is refused leaves its function unchanged.
    """
    problems: list[Problem] = []
    for kind, change in _CHANGES.items():
        for logical_id in resources:
            resource = section(resources, logical_id)
            if text_under(resource, "Type") != kind:
                continue
            findings = Findings(file, f"{resolver.nesting.path}{logical_id}", "")
            line = resources.lines.get(logical_id)
            properties = Properties(section(resource, "Properties"), line, resolver, findings)
            function = _function_of(properties, functions, refused)
            if function is not None:
                findings.function = function.name
                changed = change(function, properties)
                if not findings.refused:
                    functions[function.name] = changed
            problems += findings.problems
    return problems


def _function_of(
    properties: Properties, functions: dict[str, Function], refused: Container[str]
) -> Function | None:
    """Return the function that a resource names; add a problem if there is none."""
    text = properties.text("FunctionName", "so it is given to no function")
    named = function_name(text or "")
    function = functions.get(named)
    if function is None and named not in refused and not properties.findings.problems:
        name = shown(properties.mapping.get("FunctionName"))
        properties.warn(
            "FunctionName",
            f"FunctionName is {name}, which is no function here; name one, such as !Ref Function.",
        )
    return function
