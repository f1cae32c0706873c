"""Reads the layers of a template's functions, and finds their content on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.function import Layer, LayerSource, Problem
from lambda_tui.project.kinds.template.code_location import named_path, warn_if_far
from lambda_tui.project.kinds.template.language import (
    Absent,
    UnresolvedError,
    section,
    text_under,
)
from lambda_tui.project.kinds.template.properties import Findings, Properties
from lambda_tui.project.kinds.template.stack import Stack
from lambda_tui.project.layers import LayerArn, path_problem
from lambda_tui.project.runtimes import language_of
from lambda_tui.project.wording import shown

_CONTENT_PROPERTIES = {
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Lambda::LayerVersion": "Content",
}
_CONSEQUENCE = "so it is missing from /opt"
_REMEDY = "Layers needs a list of layer versions, such as [!Ref MyLayer]."


class TemplateLayers:
    """The layers of one stack's functions, each found where the settings or a template say."""

    @classmethod
    def of_stacks(
        cls, stacks: Iterable[Stack], layer_paths: Mapping[str, Path]
    ) -> list[TemplateLayers]:
        """Return the layers of each stack; what one declares may be given to another."""
        declared: dict[str, tuple[TemplateLayers, str]] = {}
        return [cls(stack, layer_paths, declared) for stack in stacks]

    def __init__(
        self,
        stack: Stack,
        layer_paths: Mapping[str, Path],
        declared: dict[str, tuple[TemplateLayers, str]],
    ) -> None:
        """Add the layers that the stack declares to ``declared``, those of all stacks by ARN."""
        self._stack = stack
        self._file = stack.file
        self._resources = stack.resolver.resources
        self._resolver = stack.resolver
        self._layer_paths = layer_paths
        self._found: dict[LayerArn, Layer] = {}
        """The layers that were read, some of which are not on this machine."""
        self._declared = declared
        """The stacks that declare layers, with the logical ids of these, by ARN."""
        self._users: dict[LayerArn, list[tuple[str, int | None]]] = {}
        """The functions that name each layer that was read, and the lines."""
        self._missing: list[LayerArn] = []
        """The layers found nowhere."""
        self._problems: list[tuple[LayerArn, Problem]] = []
        for logical_id in self._resources:
            if text_under(section(self._resources, logical_id), "Type") in _CONTENT_PROPERTIES:
                self._declare(logical_id)

    def read(self, properties: Properties) -> tuple[Layer, ...]:
        """Return the layers that a function's ``Layers`` names, refused where AWS refuses them."""
        listed = properties.value("Layers", _CONSEQUENCE)
        if listed is None:
            return ()
        if not isinstance(listed, list):
            properties.refuse("Layers", _REMEDY)
            return ()
        arns = [arn for item in listed if (arn := _arn(properties, item)) is not None]
        if len(arns) > limits.LAYERS:
            properties.refuse(
                "Layers", f"Layers names {len(arns)} layers, but Lambda takes {limits.LAYERS}."
            )
        names = [arn.layer for arn in arns]
        for name in {name for name in names if names.count(name) > 1}:
            properties.refuse("Layers", f"Layers names {name} twice, which Lambda refuses.")
        if properties.findings.refused:
            return ()
        return tuple(self._layer(arn, properties) for arn in arns)

    def problems(self) -> list[Problem]:
        """Return the problems of the layers that were read, each once for all functions."""
        missing = [(arn, self._missing_problem(arn)) for arn in self._missing]
        return [
            replace(problem, functions=tuple(dict.fromkeys(name for name, _ in self._users[arn])))
            for arn, problem in (*self._problems, *missing)
        ]

    def _declare(self, logical_id: str) -> None:
        try:
            arn = self._resolver.text({"Ref": logical_id})
        except UnresolvedError:
            # Its name is known only in the cloud, and so is all that refers to it.
            return
        self._declared[arn] = self, logical_id

    def _layer(self, arn: LayerArn, properties: Properties) -> Layer:
        if arn not in self._found:
            self._found[arn] = Layer(str(arn), *self._find(arn))
        user = (properties.findings.function, properties.line_of("Layers"))
        self._users.setdefault(arn, []).append(user)
        return self._found[arn]

    def _find(self, arn: LayerArn) -> tuple[Path | None, LayerSource | None]:
        path = self._layer_paths.get(str(arn)) or self._layer_paths.get(arn.layer)
        if path is not None:
            problem = path_problem(path)
            if problem is not None:
                sentence = f"the setting layers, for {arn}: {problem}"
                self._problems.append((arn, Problem(sentence)))
                return None, None
            return path, None
        if str(arn) in self._declared:
            owner, logical_id = self._declared[str(arn)]
            path, source, problems = owner._content(logical_id)
            self._problems += [(arn, problem) for problem in problems]
            return path, source
        self._missing.append(arn)
        return None, None

    def _content(self, logical_id: str) -> tuple[Path | None, LayerSource | None, list[Problem]]:
        """Return the path of the content of a layer that the template declares, or its source."""
        resource = section(self._resources, logical_id)
        line = self._resources.lines.get(logical_id)
        name = f"{self._stack.path}{logical_id}"
        findings = Findings(self._file, name, name)
        content = Properties(section(resource, "Properties"), line, self._resolver, findings)
        path = self._local_path(content, _CONTENT_PROPERTIES[str(resource["Type"])])
        source = None
        metadata = section(resource, "Metadata")
        if path is not None and "BuildMethod" in metadata:
            language = language_of(text_under(metadata, "BuildMethod"))
            is_known = language is not None and path.is_dir()
            source = LayerSource(path, language) if language is not None and is_known else None
            path = self._built(logical_id, None if source is not None else content)
        return path, source, findings.problems

    def _local_path(self, content: Properties, name: str) -> Path | None:
        known = len(content.findings.problems)
        value = content.value(name, _CONSEQUENCE)
        if isinstance(value, str) and not value.startswith("s3://"):
            path = Path(os.path.join(self._file.parent, value))
            problem = path_problem(path)
            if problem is None:
                path = Path(named_path(content, name, value) or path)
                warn_if_far(content, name, str(path))
                return path.resolve()
            content.warn(name, f"{name} names {shown(value)}, {_CONSEQUENCE}: {problem}")
        elif len(content.findings.problems) == known:
            content.warn(
                name, f"{name} is not on this machine, {_CONSEQUENCE}; name a folder or a zip file."
            )
        return None

    def _built(self, logical_id: str, content: Properties | None) -> Path | None:
        """Return the folder that ``sam build`` has built from a layer's source.

        Without one, it is a problem of the ``content``, if that is given.
        """
        path = self._stack.built_folder(logical_id)
        if os.path.isdir(path):
            return path.resolve()
        if content is not None:
            content.warn(
                "ContentUri",
                f"its BuildMethod makes what is in it, {_CONSEQUENCE}; run `sam build` for that.",
            )
        return None

    def _missing_problem(self, arn: LayerArn) -> Problem:
        _, line = self._users[arn][0]
        message = (
            f"Layers names {arn}, which is not on this machine, {_CONSEQUENCE}; unpack it and add, "
            f'below [layers] in lambda-tui.toml: "{arn.layer}" = "layers/{arn.name}"'
        )
        return Problem(message, self._file, line)


def _arn(properties: Properties, item: object) -> LayerArn | None:
    """Return the ARN of a layer version that an item is; None when it is absent or refused."""
    try:
        value = properties.resolver.resolve(item)
        if value is Absent.NO_VALUE:
            return None
        text = properties.resolver.text(value)
    except UnresolvedError as error:
        sentence = f"a layer is not known here, {_CONSEQUENCE}: {error.sentence}"
        properties.warn("Layers", sentence, error.name)
        return None
    arn = LayerArn.parse(text)
    if arn is not None and arn.version is not None:
        return arn
    properties.refuse(
        "Layers",
        f"Layers names {shown(text)}, but it takes ARNs of layer versions, such as !Ref MyLayer.",
    )
    return None
