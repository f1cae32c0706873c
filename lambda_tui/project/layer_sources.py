"""Which layers a template's function has, and where their content lies on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lambda_tui.project.function import Layer, Problem
from lambda_tui.project.intrinsics import Absent, Resolver, UnresolvedError, section
from lambda_tui.project.properties import Findings, Properties
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.wording import shown

MOST_LAYERS = 5
"""Layers of one function."""

_CONTENT_PROPERTIES = {
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Lambda::LayerVersion": "Content",
}
_LAYER_ARN = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:layer:([a-zA-Z0-9_-]+):\d+")
_BUILT = Path(".aws-sam", "build")
_CONSEQUENCE = "so it is missing from /opt"
_REMEDY = "Layers needs a list of layer versions, such as [!Ref MyLayer]."


class LayerSources:
    """Finds the layers of one template's functions, each where the settings or the template say."""

    def __init__(
        self,
        file: Path,
        resources: LinedMapping,
        resolver: Resolver,
        layer_paths: Mapping[str, Path],
    ) -> None:
        self._file = file
        self._resources = resources
        self._resolver = resolver
        self._layer_paths = layer_paths
        self._found: dict[str, Path | None] = {}
        self._declared: dict[str, str] = {}
        """Logical ids of the template's own layers, by ARN."""
        self._missing: dict[str, list[tuple[str, int | None]]] = {}
        """By ARN: the functions that name it, and on which line."""
        self._problems: list[Problem] = []
        for logical_id in resources:
            if section(resources, logical_id).get("Type") in _CONTENT_PROPERTIES:
                self._declare(logical_id)

    def read(self, properties: Properties) -> tuple[Layer, ...]:
        """What ``Layers`` says; refused as AWS refuses it."""
        listed = properties.value("Layers", _CONSEQUENCE)
        if listed is None:
            return ()
        if not isinstance(listed, list):
            properties.refuse("Layers", _REMEDY)
            return ()
        arns = [arn for item in listed if (arn := _arn(properties, item)) is not None]
        if len(arns) > MOST_LAYERS:
            properties.refuse(
                "Layers", f"Layers names {len(arns)} layers, but Lambda takes {MOST_LAYERS}."
            )
        names = [without_version(arn) for arn in arns]
        for name in {name for name in names if names.count(name) > 1}:
            properties.refuse("Layers", f"Layers names {name} twice, which Lambda refuses.")
        if properties.findings.refused:
            return ()
        return tuple(self._layer(arn, properties) for arn in arns)

    def problems(self) -> list[Problem]:
        """What is wrong with the layers that were read, each once for all functions."""
        return [*self._problems, *(self._missing_problem(arn) for arn in self._missing)]

    def _declare(self, logical_id: str) -> None:
        try:
            arn = self._resolver.text({"Ref": logical_id})
        except UnresolvedError:
            # Its name is known only in the cloud, and so is whatever refers to it.
            return
        self._declared[arn] = logical_id

    def _layer(self, arn: str, properties: Properties) -> Layer:
        if arn not in self._found:
            self._found[arn] = self._find(arn)
        place = (properties.findings.function, properties.line_of("Layers"))
        if arn in self._missing:
            self._missing[arn].append(place)
        return Layer(arn, self._found[arn])

    def _find(self, arn: str) -> Path | None:
        path = self._layer_paths.get(arn) or self._layer_paths.get(without_version(arn))
        if path is not None:
            problem = path_problem(path)
            if problem is not None:
                self._problems.append(Problem(f"the setting layers, for {arn}: {problem}"))
                return None
            return path
        if arn in self._declared:
            return self._content(self._declared[arn])
        self._missing[arn] = []
        return None

    def _content(self, logical_id: str) -> Path | None:
        """Where the content of a layer of the template lies."""
        resource = section(self._resources, logical_id)
        line = self._resources.lines.get(logical_id)
        findings = Findings(self._file, logical_id, logical_id)
        content = Properties(section(resource, "Properties"), line, self._resolver, findings)
        path = self._local_path(content, _CONTENT_PROPERTIES[str(resource["Type"])])
        if path is not None and "BuildMethod" in section(resource, "Metadata"):
            path = self._built(logical_id, content)
        self._problems += [Problem(one.message, one.file, one.line) for one in findings.problems]
        return path

    def _local_path(self, content: Properties, name: str) -> Path | None:
        known = len(content.findings.problems)
        value = content.value(name, _CONSEQUENCE)
        if isinstance(value, str) and not value.startswith("s3://"):
            path = Path(os.path.join(self._file.parent, value))
            problem = path_problem(path)
            if problem is None:
                return path.resolve()
            content.warn(name, f"{name} names {shown(value)}, {_CONSEQUENCE}: {problem}")
        elif len(content.findings.problems) == known:
            content.warn(
                name, f"{name} is not on this machine, {_CONSEQUENCE}; name a folder or a zip file."
            )
        return None

    def _built(self, logical_id: str, content: Properties) -> Path | None:
        """What ``sam build`` has made of a layer's source."""
        path = self._file.parent / _BUILT / logical_id
        if os.path.isdir(path):
            return path.resolve()
        content.warn(
            "ContentUri",
            f"its BuildMethod makes what is in it, {_CONSEQUENCE}; run `sam build` for that.",
        )
        return None

    def _missing_problem(self, arn: str) -> Problem:
        places = self._missing[arn]
        function, line = places[0]
        match = _LAYER_ARN.fullmatch(arn)
        name = match[1] if match else "layer"
        message = (
            f"Layers names {arn}, which is not on this machine, {_CONSEQUENCE}; unpack it and add, "
            f'below [layers] in lambda-tui.toml: "{without_version(arn)}" = "layers/{name}"'
        )
        functions = {one for one, _ in places}
        return Problem(message, self._file, line, function if len(functions) == 1 else None)


def layers_of_settings(paths: Sequence[Path]) -> tuple[tuple[Layer, ...], list[Problem]]:
    """The layers that the settings list for a project without a template, and what is wrong."""
    problems = [path_problem(path) for path in paths]
    sentences = [f"the setting layers: {problem}" for problem in problems if problem]
    if len(paths) > MOST_LAYERS:
        sentences.append(
            f"the setting layers names {len(paths)} layers, but Lambda takes {MOST_LAYERS}."
        )
    usable = [path for path, problem in zip(paths, problems, strict=True) if problem is None]
    layers = tuple(Layer(_local_arn(path), path) for path in usable[:MOST_LAYERS])
    return layers, [Problem(sentence) for sentence in sentences]


def _local_arn(path: Path) -> str:
    name = path.stem if path.is_file() else path.name
    name = re.sub(r"[^a-zA-Z0-9_-]+", "-", name)
    return f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:1"


def without_version(arn: str) -> str:
    """The ARN of a layer version, without the version."""
    return arn.rpartition(":")[0]


def path_problem(path: Path) -> str | None:
    """Why a path cannot be a layer, as the end of a sentence; None when it can."""
    if os.path.isdir(path) or os.path.isfile(path):
        return None
    return f"there is no {shown(str(path))}; name a folder or a zip file."


def _arn(properties: Properties, item: object) -> str | None:
    try:
        value = properties.resolver.resolve(item)
        if value is Absent.NO_VALUE:
            return None
        arn = properties.resolver.text(value)
    except UnresolvedError as error:
        properties.warn("Layers", f"a layer is not known here, {_CONSEQUENCE}: {error}.")
        return None
    if _LAYER_ARN.fullmatch(arn):
        return arn
    properties.refuse(
        "Layers",
        f"Layers names {shown(arn)}, but it takes ARNs of layer versions, such as !Ref MyLayer.",
    )
    return None
