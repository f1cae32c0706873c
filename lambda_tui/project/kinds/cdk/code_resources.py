"""The functions and layers of an app, and where the code of each lies on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.cdk.assembly import Assembly
from lambda_tui.project.kinds.cdk.constructs import construct_path, is_cdks_own
from lambda_tui.project.kinds.cdk.sources import Ambiguous, Found, ProjectFiles
from lambda_tui.project.kinds.cdk.stack_templates import StackTemplate
from lambda_tui.project.kinds.template.language import LinedMapping, section, text_under
from lambda_tui.project.wording import shown

_CODE_PROPERTIES = {
    "AWS::Lambda::Function": "Code",
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Lambda::LayerVersion": "Content",
    "AWS::Serverless::LayerVersion": "ContentUri",
}
_LAYERS = ("Content", "ContentUri")
_PATH = "aws:asset:path"
"""The metadata of a resource that names its asset; for an image, the folder that it is built of."""


@dataclass(slots=True, eq=False)
class CodeResource:
    """A function or a layer of a template."""

    template: StackTemplate
    logical_id: str
    path: tuple[str, ...]
    """The ids on the way to its construct, the construct's own last."""
    code_property: str
    """The property that has its code, such as ``Code``."""
    name: str = ""
    """A function's name; the construct's id of a layer."""
    asset: Path | None = None
    """Where its code was put by the synthesis; None for code that is no asset."""

    @property
    def is_layer(self) -> bool:
        """Whether it is a layer, and no function."""
        return self.code_property in _LAYERS

    @property
    def is_cdks_own(self) -> bool:
        """Whether it is a function that CDK has added by itself."""
        return not self.is_layer and is_cdks_own(self.template.stack, self.path)

    @property
    def is_bundled(self) -> bool:
        """Whether a program has made the code of other files, such as esbuild of TypeScript."""
        return section(self.resource, "Metadata").get("aws:asset:is-bundled") is True

    @property
    def resource(self) -> LinedMapping:
        """The resource as it is written."""
        return section(self.template.resources, self.logical_id)

    @property
    def properties(self) -> LinedMapping:
        """The properties of the resource."""
        return section(self.resource, "Properties")

    @property
    def is_image(self) -> bool:
        """Whether its code is a container image."""
        code = self.properties.get(self.code_property)
        return isinstance(code, dict) and "ImageUri" in code

    @property
    def has_asset(self) -> bool:
        """Whether its code should be an asset, and is no text in the template."""
        code = self.properties.get(self.code_property)
        return isinstance(code, dict) and "ZipFile" not in code

    def put_code(self, path: Path) -> None:
        """Have it run what lies at a path."""
        name, holder = self.code_property, self.properties
        if self.is_image:
            name, holder = _PATH, section(self.resource, "Metadata")
        holder.put(name, os.path.relpath(path, self.template.file.parent), holder.lines.get(name))

    def problem(self, sentence: str) -> Problem:
        """Return a problem of it, at its line."""
        line = self.template.resources.lines.get(self.logical_id)
        functions = () if self.is_layer else (self.name,)
        return Problem(f"{shown(self.name)}: {sentence}", self.template.file, line, functions)


def code_resources(templates: Iterable[StackTemplate]) -> Iterator[CodeResource]:
    """Yield the functions and layers of templates in their order."""
    for template in templates:
        for logical_id, resource in template.resources.items():
            code_property = _CODE_PROPERTIES.get(text_under(resource, "Type") or "")
            if code_property is None or not isinstance(resource, LinedMapping):
                continue
            path = construct_path(template.stack, logical_id, resource)
            one = CodeResource(template, logical_id, path, code_property, path[-1])
            if one.has_asset:
                name = f"{code_property}.ImageUri" if one.is_image else code_property
                code = one.properties.get(code_property)
                one.asset = template.asset_path(resource, name, code)
            yield one


class AppCode:
    """Finds the code of functions and layers: the source where it is known, else the asset."""

    def __init__(
        self, assembly: Assembly, files: ProjectFiles, given: Mapping[str, Path], synthesis: str
    ) -> None:
        """Take the user's ``given`` folders, by names, and how a synthesis is begun."""
        self._assembly = assembly
        self._files = files
        self._given = given
        self._synthesis = synthesis
        self._sources: dict[Path, Found] = {}
        self.used: set[str] = set()
        """The names in ``given`` that there are."""
        self.problems: list[Problem] = []
        self.live: set[Path] = set()
        """The code that is run from where it is written."""
        self.copied: list[CodeResource] = []
        """Functions that are run from the assembly, as a synthesis has left them."""

    def find(self, resources: Iterable[CodeResource], told: Iterable[CodeResource]) -> None:
        """Write the path of its code into each resource; remove a function without any.

        It is told for ``told`` that they are run from copies.
        """
        resources, told = list(resources), set(told)
        copies = (
            one.asset
            for one in resources
            if one.asset is not None and not one.is_bundled and self._assembly.holds(one.asset)
        )
        self._sources = self._files.sources_of(copies)
        missing = [asset for asset, source in self._sources.items() if source is None]
        around = self._files.of_repository() if missing else None
        if around is not None:
            self._sources |= around.sources_of(missing, self._sources.values())
        for one in resources:
            path = self._path(one, is_told=one in told)
            if path is not None:
                one.put_code(path)
            elif one.has_asset and not one.is_layer and not one.is_image:
                del one.template.resources[one.logical_id]

    def _path(self, resource: CodeResource, *, is_told: bool) -> Path | None:
        for name in (resource.name, "/".join(resource.path), resource.path[-1]):
            if name in self._given:
                self.used.add(name)
                return self._given_path(resource, name)
        asset = resource.asset
        is_told_elsewhere = resource.is_image and (asset is None or not asset.exists())
        if not resource.has_asset or is_told_elsewhere:
            return None
        if asset is None:
            self._tell(
                resource, f"its code lies in S3 and is no asset of the app; {_remedy(resource)}"
            )
            return None
        if not os.path.exists(asset):
            name = shown(os.path.relpath(asset, self._assembly.directory.parent))
            self._tell(resource, f"its code, {name}, is not there: {self._synthesis}.")
            return None
        source = self._sources.get(asset)
        if not self._assembly.holds(asset):
            source = asset
        if isinstance(source, Path):
            self.live.add(source)
            return source
        if not resource.is_layer and is_told:
            self.copied.append(resource)
        if is_told and not resource.is_bundled:
            self._tell_copy(resource, source)
        return asset

    def _given_path(self, resource: CodeResource, name: str) -> Path | None:
        path = self._given[name]
        if path.exists():
            self.live.add(path)
            return path
        self._tell(
            resource,
            f"the setting cdk.sources has {shown(str(path))} for it, which does not exist; name "
            "the folder of its source.",
        )
        return None

    def _tell_copy(self, resource: CodeResource, source: Ambiguous | None) -> None:
        if source is None:
            what = "no folder of the project holds what its asset does"
        else:
            first, second = (shown(self._files.named(one)) for one in source.folders[:2])
            what = f"its source may be {first} or {second}, which are alike"
        remedy = f"synthesise it with --no-staging, or {_remedy(resource)}"
        self._tell(resource, f"{what}, so the copy in the assembly runs; {remedy}")

    def _tell(self, resource: CodeResource, sentence: str) -> None:
        self.problems.append(resource.problem(sentence))


def _remedy(resource: CodeResource) -> str:
    line = f'"{shown(resource.name)}" = "…"'
    return f"add its folder, below [cdk.sources] in lambda-tui.toml: {line}"
