"""Reads the container image of a template's function: its Dockerfile, and ``ImageConfig``."""

from __future__ import annotations

import os
from pathlib import Path

from lambda_tui.project.code import AssembledCode, Cache
from lambda_tui.project.images import ImageConfig, ImageSource, ReadImage, Remark, read_image
from lambda_tui.project.kinds.template.code_location import warn_if_far
from lambda_tui.project.kinds.template.language import LinedMapping, UnresolvedError
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.wording import shown

_OF_ZIP_FILES = ("Handler", "Runtime", "Layers")
_DOCKERFILE = "Dockerfile"
_CONSEQUENCE = "so it is left out"
_CONFIG_REMEDY = 'ImageConfig is a mapping, such as ImageConfig: {Command: ["app.handler"]}.'
_NO_SOURCE = (
    "its image is built elsewhere, and only the source of one runs here; name its Dockerfile, such "
    "as Metadata: {Dockerfile: Dockerfile, DockerContext: ./app}."
)


def is_container_image(properties: Properties, name: str) -> bool:
    """Return whether the code is a container image; ``name`` is ``CodeUri`` or ``Code``."""
    code = properties.mapping.get(name)
    if "ImageUri" in properties or (isinstance(code, LinedMapping) and "ImageUri" in code):
        return True
    return properties.value("PackageType", "so Zip holds") == "Image"


def read_container_image(properties: Properties, metadata: Properties, cache: Cache) -> ReadImage:
    """Return what the image runs, as its Dockerfile and ``ImageConfig`` say.

    Refuse what AWS takes for zip files only.
    """
    given = [name for name in _OF_ZIP_FILES if properties.is_given(name)]
    if given:
        properties.refuse(
            given[0],
            f"{' and '.join(given)} cannot be there together with PackageType: Image, not even "
            "from Globals; take out what only a zip file has.",
        )
    source = _source(properties.findings.file.parent, metadata)
    if source is None:
        obstacle = Remark(_NO_SOURCE, None)
        code = AssembledCode(properties.findings.file.parent.resolve())
        return ReadImage(None, code, obstacle=obstacle)
    return read_image(source, _config(properties), cache)


def _source(project: Path, metadata: Properties) -> ImageSource | None:
    """Return what SAM, or else the CDK, builds the image from."""
    context = metadata.text("DockerContext", _CONSEQUENCE)
    dockerfile = metadata.text(_DOCKERFILE, _CONSEQUENCE)
    arguments = metadata.value("DockerBuildArgs", _CONSEQUENCE)
    if context is None and dockerfile is None:
        context = metadata.text("aws:asset:path", _CONSEQUENCE)
        dockerfile = metadata.text("aws:asset:dockerfile-path", _CONSEQUENCE)
        arguments = metadata.value("aws:asset:docker-build-args", _CONSEQUENCE)
    if context is None and dockerfile is None:
        return None
    if "\0" in f"{context}{dockerfile}":
        metadata.warn("DockerContext", "its image is named by a path that no file can have.")
        return None
    folder = Path(os.path.realpath(os.path.join(project, context or ".")))
    warn_if_far(metadata, "DockerContext", str(folder))
    return ImageSource(
        Path(os.path.normpath(folder / (dockerfile or _DOCKERFILE))),
        folder,
        _texts(metadata, arguments),
        metadata.text("DockerBuildTarget", _CONSEQUENCE),
    )


def _texts(properties: Properties, values: object) -> dict[str, str]:
    """Return the values of a mapping that are known here, as texts."""
    known = {}
    for name, value in values.items() if isinstance(values, LinedMapping) else ():
        try:
            known[name] = properties.resolver.text(value)
        except UnresolvedError:
            continue
    return known


def _config(properties: Properties) -> ImageConfig:
    config = properties.nested("ImageConfig", "so the image's own holds", _CONFIG_REMEDY)
    if config is None:
        return ImageConfig()
    return ImageConfig(
        _words(config, "Command"),
        _words(config, "EntryPoint"),
        config.text("WorkingDirectory", "so the image's own holds"),
    )


def _words(config: Properties, name: str) -> list[str] | None:
    """Return a list of texts; None when it is absent, not known here, or refused."""
    value = config.value(name, "so the image's own holds")
    if value is None:
        return None
    try:
        if isinstance(value, list):
            return [config.resolver.text(one) for one in value]
    except UnresolvedError as error:
        config.warn(name, f"{config.label(name)} is not known here: {error}.", error.name)
        return None
    config.refuse(
        name, f'{config.label(name)} is {shown(value)}, but it is a list, such as ["app.handler"].'
    )
    return None
