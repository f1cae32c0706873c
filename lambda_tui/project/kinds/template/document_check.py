"""Checks the outline of a template: its sections, and what they consist of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.known_names import GLOBAL_PROPERTIES, GLOBALS, hint
from lambda_tui.project.kinds.template.language import (
    LinedMapping,
    YamlDocument,
    extensions_remark,
    section,
)
from lambda_tui.project.wording import shown

_EXAMPLES = {
    "Globals": "Globals: {Function: {Timeout: 10}}",
    "Parameters": "Parameters: {Stage: {Type: String}}",
    "Mappings": "Mappings: {Levels: {prod: {level: INFO}}}",
    "Conditions": "Conditions: {IsProd: !Equals [!Ref Stage, prod]}",
    "Resources": "Resources: {Hello: {Type: AWS::Serverless::Function}}",
}
"""The sections that are read, each with an example."""
_SECTIONS = (
    *_EXAMPLES,
    *("AWSTemplateFormatVersion", "Description", "Metadata", "Rules", "Transform", "Hooks"),
    *("Outputs", "Fn::Transform"),
)
"""All sections."""


def document_problems(file: Path, document: YamlDocument) -> list[Problem]:
    """Return the problems of a template's outline; what is malformed is read as if it were empty.

    The content of the document has to be a mapping.
    """
    content = document.content
    assert isinstance(content, LinedMapping)
    problems = [
        Problem(
            f"{shown(one.key)} stands twice in one mapping, where the last counts; take one out.",
            file,
            one.line,
        )
        for one in document.repeated
    ]
    checks = (_unknown_sections, _malformed, _unknown_globals, _extensions)
    for found in (check(content) for check in checks):
        problems += [Problem(message, file, line) for message, line in found]
    return problems


def _unknown_sections(content: LinedMapping) -> Iterator[tuple[str, int | None]]:
    """Yield a sentence, with its line, for each section that no template has."""
    for name in content:
        advice = hint(name, _SECTIONS)
        # A file of another kind has none of them.
        if name not in _SECTIONS and ("Resources" in content or advice.endswith("?")):
            yield f"a template has no {shown(name)}; {advice}", content.lines.get(name, 1)


def _malformed(content: LinedMapping) -> Iterator[tuple[str, int | None]]:
    """Yield a sentence, with its line, for each section that is no mapping of mappings."""
    for name, example in _EXAMPLES.items():
        value, line = content.get(name), content.lines.get(name)
        if value is None and (name != "Globals" or name not in content):
            # Only an empty section Globals is refused.
            continue
        if not isinstance(value, LinedMapping):
            yield f"{name} is {shown(value)}, but it is a mapping, such as {example}.", line
        elif name in ("Globals", "Parameters", "Mappings"):
            for key, inner in value.items():
                if not isinstance(inner, LinedMapping):
                    yield (
                        f"{name}.{shown(key)} is {shown(inner)}, but it is a mapping, as in "
                        f"{example}.",
                        value.lines.get(key),
                    )


def _unknown_globals(content: LinedMapping) -> Iterator[tuple[str, int | None]]:
    """Yield a sentence, with its line, for each name that SAM does not take in ``Globals``."""
    common = section(content, "Globals")
    for name in common:
        if name not in GLOBALS:
            yield f"Globals has no {shown(name)}; {hint(name, GLOBALS)}", common.lines.get(name)
    functions = section(common, "Function")
    for name in functions:
        if name not in GLOBAL_PROPERTIES:
            yield (
                f"Globals.Function takes no {shown(name)}; {hint(name, GLOBAL_PROPERTIES)}",
                functions.lines.get(name),
            )


def _extensions(content: LinedMapping) -> Iterator[tuple[str, int | None]]:
    remark = extensions_remark(content)
    if remark is not None:
        yield remark, content.lines.get("Transform", 1)
