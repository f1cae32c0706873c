"""``AWS::Lambda::EventInvokeConfig``: a resource that says how a function is invoked by events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lambda_tui.project.async_config import read_event_invoke_config
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.intrinsics import Resolver, section
from lambda_tui.project.properties import Findings, Properties
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.wording import shown

EVENT_INVOKE_CONFIG = "AWS::Lambda::EventInvokeConfig"


def apply_event_invoke_configs(
    functions: dict[str, Function], file: Path, resources: LinedMapping, resolver: Resolver
) -> list[Problem]:
    """Gives the functions, by name, what the template's resources say; what is wrong with these.

    One that is refused leaves its function as it was.
    """
    problems: list[Problem] = []
    for logical_id in resources:
        resource = section(resources, logical_id)
        if resource.get("Type") != EVENT_INVOKE_CONFIG:
            continue
        findings = Findings(file, logical_id, "")
        line = resources.lines.get(logical_id)
        config = Properties(section(resource, "Properties"), line, resolver, findings)
        function = functions.get(_function_name(config))
        if function is None:
            _note_unknown(config)
        else:
            findings.function = function.name
            read = read_event_invoke_config(config)
            if not findings.refused:
                dead_letter = function.asynchronous.dead_letter
                asynchronous = replace(read, dead_letter=dead_letter)
                functions[function.name] = replace(function, asynchronous=asynchronous)
        problems += findings.problems
    return problems


def _function_name(config: Properties) -> str:
    """The name in a name or an ARN, with a qualifier or without."""
    text = config.text("FunctionName", "so it is given to no function") or ""
    return text.rpartition("function:")[2].partition(":")[0]


def _note_unknown(config: Properties) -> None:
    if not config.findings.problems:
        name = shown(config.mapping.get("FunctionName"))
        config.warn(
            "FunctionName",
            f"FunctionName is {name}, which is no function here; name one, such as !Ref Function.",
        )
