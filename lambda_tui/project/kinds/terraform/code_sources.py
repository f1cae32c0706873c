"""Finds the source behind the packages of functions and layers.

A deployment uploads archives. What they are made of is what a developer changes, so it goes before
the archive itself: the ``archive_file`` that makes it, the ``source_path`` of the module
terraform-aws-modules/lambda, or what a ``sam_metadata_…`` resource says.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import Cache
from lambda_tui.project.kinds.template.language import LinedMapping, Unknown
from lambda_tui.project.kinds.terraform.cloud_values import unknown_value
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.wording import shown

CODE_KINDS = frozenset(
    {"archive_file", "aws_s3_object", "aws_s3_bucket_object", "null_resource", "terraform_data"}
)
"""Types of resources and data that code is made by."""
_METADATA = "sam_metadata_"
_IMAGE_KEYS = {
    "docker_context": "DockerContext",
    "docker_file": "Dockerfile",
    "docker_tag": "DockerTag",
    "docker_build_args": "DockerBuildArgs",
}
"""Words of metadata of images, with SAM's words for the same in templates."""
_REQUIREMENTS = ("requirements.txt", "pyproject.toml", "poetry.lock", "package.json")
"""Files in a ``source_path`` that name packages to install, and are no code."""
_MOST_PARTS = 100


class _Part(NamedTuple):
    """A folder or a file that is packed, and the folder of the package that it goes to."""

    path: str
    prefix: str


class CodeSources:
    """The sources of one project's packages."""

    def __init__(self, directory: Path, resources: Iterable[Resource], cache: Cache) -> None:
        self._directory = directory
        self._cache = cache
        self._archives: dict[str, Resource] = {}
        """By the paths of the archives that are made."""
        self._objects: dict[str, object] = {}
        """The paths of files that are put into S3, by their keys there."""
        self._images: dict[str, LinedMapping] = {}
        """The metadata by which SAM builds images, by the addresses of their functions."""
        self._metadata: dict[str, object] = {}
        """The sources, by the addresses of the resources that have them, and by packages."""
        for resource in resources:
            self._note(resource)

    def of(self, resource: Resource) -> object:
        """Return the path of a resource's code, in the project's folder where it is in that.

        An ``Unknown`` where it is not on this machine, with the line that names it.
        """
        values = resource.values
        if resource.source_path is not None:
            return self._source_path(resource, resource.source_path)
        if resource.address in self._metadata:
            return self._source_path(resource, self._metadata[resource.address])
        package = values.get("filename")
        if package is None and values.get("s3_key") is not None:
            key = values["s3_key"]
            package = self._objects.get(key) if isinstance(key, str) else key
            if package is None:
                return self._unknown(resource, f"{shown(key)} lies in S3")
        if package is None:
            return self._unknown(resource, "it names no filename")
        return self._package(resource, package)

    def image_metadata(self, function: Resource) -> LinedMapping | None:
        """Return what a template has as ``Metadata`` of a function whose code is an image."""
        return self._images.get(function.address)

    def _note(self, resource: Resource) -> None:
        values = resource.values
        if resource.kind == "archive_file":
            path = values.get("output_path")
            if isinstance(path, str):
                self._archives[self._absolute(path)] = resource
        elif resource.kind in ("aws_s3_object", "aws_s3_bucket_object"):
            key = values.get("key")
            if isinstance(key, str):
                self._objects[key] = values.get("source")
        else:
            label = resource.address.rpartition(".")[2]
            triggers = values.get("triggers") or values.get("input")
            if label.startswith(_METADATA) and isinstance(triggers, dict):
                self._note_metadata(resource, triggers)

    def _note_metadata(self, resource: Resource, triggers: Mapping[str, object]) -> None:
        module = resource.address.rpartition(f"{resource.kind}.")[0]
        address = f"{module}{triggers.get('resource_name')}"
        if isinstance(triggers.get("docker_context"), str):
            self._images[address] = _image_metadata(triggers)
        source = triggers.get("original_source_code")
        if isinstance(source, str):
            # A path may stand there as it is.
            with contextlib.suppress(ValueError, RecursionError):
                source = json.loads(source)
        key = triggers.get("source_code_property")
        if isinstance(source, dict) and isinstance(key, str) and key in source:
            source = source[key]
        if source is None or isinstance(source, Unknown):
            return
        self._metadata[address] = source
        package = triggers.get("built_output_path")
        if isinstance(package, str):
            self._metadata[self._absolute(package)] = source

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._directory, os.path.expanduser(path)))

    def _written(self, path: str) -> str:
        """Return a path as the project would write it: relative, unless it leads out of it."""
        absolute = self._absolute(path)
        inside = os.path.relpath(absolute, self._directory)
        return absolute if inside.startswith("..") else inside

    def _unknown(self, resource: Resource, reason: str) -> Unknown:
        return unknown_value(
            f"{resource.address}.filename", f"is not on this machine, since {reason}"
        )

    def _package(self, resource: Resource, package: object) -> object:
        if not isinstance(package, str):
            return package
        path = self._absolute(package)
        if path in self._metadata:
            return self._source_path(resource, self._metadata[path])
        made = self._archives.get(path)
        source = None if made is None else self._archive_source(made)
        if source is not None:
            return source
        if made is None and not os.path.exists(path):
            return self._unknown(resource, f"{shown(package)} is not built")
        return self._written(package)

    def _archive_source(self, archive: Resource) -> object:
        """Return what an archive is made of; None where its own content is all that is known."""
        if archive.source_path is not None:
            return self._source_path(archive, archive.source_path)
        values = archive.values
        for name in ("source_dir", "source_file"):
            source = values.get(name)
            if isinstance(source, Unknown):
                return source
            if isinstance(source, str):
                is_built = os.path.exists(self._absolute(str(values.get("output_path"))))
                is_there = os.path.exists(self._absolute(source))
                return None if is_built and not is_there else self._written(source)
        files = dict(self._contents(values))
        if not files:
            return None
        unknown = next((one for one in files.values() if isinstance(one, Unknown)), None)
        return unknown or self._folder_of_texts(files)

    def _contents(self, values: LinedMapping) -> Iterator[tuple[str, object]]:
        """Yield the names and texts of files that the configuration itself holds."""
        blocks = values.get("source")
        parts = [one for one in blocks if isinstance(one, dict)] if isinstance(blocks, list) else []
        own = {"content": values.get("source_content")}
        for one in (*parts, {**own, "filename": values.get("source_content_filename")}):
            name, content = one.get("filename"), one.get("content")
            if isinstance(name, str) and isinstance(content, str | Unknown):
                yield name, content

    def _folder_of_texts(self, files: Mapping[str, object]) -> object:
        digest = hashlib.sha256(repr(sorted(files.items(), key=str)).encode("utf-8", "replace"))

        def write(folder: Path) -> None:
            for name, content in files.items():
                file = _inside(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(str(content), encoding="utf-8", errors="replace")

        return self._made("inline", digest.hexdigest(), write)

    def _made(self, group: str, name: str, fill: Callable[[Path], None]) -> object:
        try:
            return str(self._cache.folder(group, name, fill))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Unknown(f"it cannot be written to the cache: {shown(reason).lower()}")

    def _source_path(self, resource: Resource, source: object) -> object:
        """Return the folder or file that a ``source_path`` is, or one that links to all of it."""
        if isinstance(source, Unknown):
            return source
        parts = list(_parts(source))[:_MOST_PARTS]
        unknown = next((one for one in parts if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        known = [one for one in parts if isinstance(one, _Part)]
        if not known:
            return self._unknown(resource, "its source_path names no path")
        if len(known) == 1 and not known[0].prefix:
            return self._written(known[0].path)
        missing = next((one for one in known if not os.path.exists(self._absolute(one.path))), None)
        return self._written(missing.path) if missing is not None else self._linked(known)

    def _linked(self, parts: list[_Part]) -> object:
        links: dict[str, str] = {}
        for part in parts:
            path = self._absolute(part.path)
            try:
                names = os.listdir(path) if os.path.isdir(path) else None
            except OSError as error:
                return Unknown(f"{shown(part.path)} cannot be read: {shown(error.strerror)}")
            if names is None:
                links[os.path.join(part.prefix, os.path.basename(path))] = path
            else:
                links |= {os.path.join(part.prefix, one): os.path.join(path, one) for one in names}
        digest = hashlib.sha256(repr(sorted(links.items())).encode("utf-8", "surrogateescape"))

        def link(folder: Path) -> None:
            for name, target in links.items():
                place = _inside(folder, name)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(target)

        return self._made("linked", digest.hexdigest(), link)


def _image_metadata(triggers: Mapping[str, object]) -> LinedMapping:
    metadata = LinedMapping()
    for name, key in _IMAGE_KEYS.items():
        value = triggers.get(name)
        if name == "docker_build_args" and isinstance(value, str):
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(value)
        if value is not None:
            metadata[key] = value
    return metadata


def _inside(folder: Path, name: str) -> Path:
    """Return a path below a folder; raise ``ValueError`` for one that leads out of it."""
    path = Path(os.path.normpath(folder / name.lstrip("/")))
    if not path.is_relative_to(folder) or path == folder:
        raise ValueError(f"{shown(name)} leads out of the package")
    return path


def _parts(source: object) -> Iterator[_Part | Unknown]:
    """Yield the parts of a ``source_path``: a path, a mapping with one, or a list of both."""
    for one in source if isinstance(source, list) else [source]:
        if isinstance(one, Unknown):
            yield one
        elif isinstance(one, str):
            yield _Part(one, "")
        elif isinstance(one, dict):
            path, prefix = one.get("path"), one.get("prefix_in_zip")
            if isinstance(path, Unknown):
                yield path
            elif isinstance(path, str) and os.path.basename(path) not in _REQUIREMENTS:
                yield _Part(path, prefix.strip("/") if isinstance(prefix, str) else "")
