"""Reads the templates of an assembly's stacks and of those nested in them, with their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.kinds.cdk.assembly import Assembly, Stack, join, read_object
from lambda_tui.project.kinds.template.language import (
    LinedMapping,
    Resolver,
    UnresolvedError,
    section,
    text_under,
)

NESTED_STACK = "AWS::CloudFormation::Stack"
_DEEPEST = 8
"""Stacks nested in stacks."""
_MOST_TEMPLATES = 500


@dataclass(slots=True, eq=False)
class StackTemplate:
    """The template of a stack, or of one that is nested in it."""

    stack: Stack
    file: Path
    content: LinedMapping
    owner: StackTemplate | None = None
    """The template that it is nested in."""
    logical_id: str = ""
    """The resource there that it is."""
    values: dict[str, str] = field(default_factory=dict)
    """Values from other templates: parameters, outputs of stacks nested in it, exports."""

    @property
    def resources(self) -> LinedMapping:
        """The resources as they are written."""
        return section(self.content, "Resources")

    def asset_path(self, resource: LinedMapping, name: str, value: object) -> Path | None:
        """Return where the asset lies that a resource's property ``name`` has as ``value``."""
        metadata = section(resource, "Metadata")
        path = text_under(metadata, "aws:asset:path")
        if path and text_under(metadata, "aws:asset:property") in (name, None):
            return join(self.stack.template.parent, path)
        keys = (text.rpartition("/")[2] for text in _texts(value))
        found = (self.stack.assets.get(key) for key in (*_texts(value), *keys))
        return next((one for one in found if one is not None), None)

    def resolver(self, given: Mapping[str, str]) -> Resolver:
        """Return a resolver with the values of the template, over which those ``given`` go."""
        return Resolver(self.content, self.all_values(given))

    def all_values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the values by their names in the template, over which those ``given`` go."""
        pseudo = {"AWS::StackName": self.stack.name}
        if self.stack.region is not None:
            pseudo["AWS::Region"] = self.stack.region
        return {**pseudo, **self.values, **given}


def read_templates(assembly: Assembly, given: Mapping[str, str]) -> list[StackTemplate]:
    """Return the templates of an assembly, each before those nested in it, with their values.

    ``given`` are the user's values. What is wrong with the files is added to the assembly.
    """
    templates: list[StackTemplate] = []
    for stack in assembly.stacks:
        content = read_object(stack.template, assembly.problems)
        templates += _with_nested(StackTemplate(stack, stack.template, content), assembly)
    templates = templates[:_MOST_TEMPLATES]
    _exchange_values(templates, given)
    return templates


def _with_nested(
    template: StackTemplate, assembly: Assembly, around: tuple[Path, ...] = ()
) -> Iterator[StackTemplate]:
    yield template
    around = (*around, template.file)
    for logical_id in template.resources:
        resource = section(template.resources, logical_id)
        if text_under(resource, "Type") != NESTED_STACK or len(around) > _DEEPEST:
            continue
        url = section(resource, "Properties").get("TemplateURL")
        file = template.asset_path(resource, "TemplateURL", url)
        # A stack of another app's lies in S3 only, and has none of this app's functions.
        if file is not None and file not in around:
            content = read_object(file, assembly.problems)
            nested = StackTemplate(template.stack, file, content, template, logical_id)
            yield from _with_nested(nested, assembly, around)


def _exchange_values(templates: list[StackTemplate], given: Mapping[str, str]) -> None:
    """Give each template what others have for it, until nothing more is found."""
    exports: dict[str, str] = {}
    # Each round finds something, or is the last.
    for _ in range(len(templates) + 1):
        known = len(exports) + sum(len(one.values) for one in templates)
        for template in templates:
            _take_parameters(template, given)
            _give_outputs(template, given, exports)
        for template in templates:
            template.values = {**exports, **template.values}
        if known == len(exports) + sum(len(one.values) for one in templates):
            return


def _take_parameters(template: StackTemplate, given: Mapping[str, str]) -> None:
    if template.owner is None:
        return
    resource = section(template.owner.resources, template.logical_id)
    parameters = section(section(resource, "Properties"), "Parameters")
    wanted = section(template.content, "Parameters")
    missing = [name for name in parameters if name in wanted and name not in template.values]
    if missing:
        resolver = template.owner.resolver(given)
        for name in missing:
            value = _known(resolver, parameters[name])
            if value is not None:
                template.values[name] = value


def _give_outputs(
    template: StackTemplate, given: Mapping[str, str], exports: dict[str, str]
) -> None:
    outputs = section(template.content, "Outputs")
    if not outputs:
        return
    resolver = template.resolver(given)
    for name in outputs:
        output = section(outputs, name)
        value = _known(resolver, output.get("Value"))
        if value is None:
            continue
        if template.owner is not None:
            template.owner.values.setdefault(f"{template.logical_id}.Outputs.{name}", value)
        export = _known(resolver, section(output, "Export").get("Name"))
        if export is not None:
            exports.setdefault(export, value)


def _known(resolver: Resolver, value: object) -> str | None:
    try:
        return None if value is None else resolver.text(value)
    except UnresolvedError:
        return None


def _texts(value: object) -> list[str]:
    """Return all texts in a value, which is not deep: a file is read no deeper than it can be."""
    match value:
        case str():
            return [value]
        case list():
            return [text for one in value for text in _texts(one)]
        case dict():
            return [text for one in value.values() for text in _texts(one)]
    return []
