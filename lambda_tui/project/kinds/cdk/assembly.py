"""Reads a cloud assembly, the ``cdk.out`` of a synthesis: its stacks, stages and assets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.language import LinedMapping, read_json, section, text_under
from lambda_tui.project.wording import shown

MANIFEST = "manifest.json"
VERSION_FILE = "cdk.out"
"""A file in each assembly, beside its manifest, with the version of the format."""

_LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; the files of an app with hundreds of stacks have some."""
_DEEPEST = 8
"""Stages in stages."""
_MOST_STACKS = 500
_STACK = "aws:cloudformation:stack"
_STAGE = "cdk:cloud-assembly"
_ASSETS = "cdk:asset-manifest"
_LOGICAL_ID = "aws:cdk:logicalId"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack of an assembly, as its manifest describes it."""

    template: Path
    name: str
    """The name that it is deployed by."""
    region: str | None
    """None where the deployment decides it."""
    assets: Mapping[str, Path]
    """The files and folders that are uploaded for the assembly's stacks, by their keys in S3."""
    marks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The types of CDK's metadata on constructs, by the constructs' paths."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """The paths of constructs by the logical ids of their resources."""


def is_assembly(directory: Path) -> bool:
    """Return whether a folder is an assembly, such as ``cdk.out``."""
    return (directory / VERSION_FILE).is_file() and (directory / MANIFEST).is_file()


class Assembly:
    """The stacks of an assembly and of the stages in it, and what is wrong with its files."""

    def __init__(self, directory: Path) -> None:
        """Read the assembly in a folder; never raise."""
        self.directory = directory
        self.problems: list[Problem] = []
        self.stacks: list[Stack] = []
        self._read_stage(directory, 0)

    def holds(self, path: Path) -> bool:
        """Return whether a path is in the assembly, and no source outside of it."""
        return path.is_relative_to(self.directory)

    def _read_stage(self, directory: Path, depth: int) -> None:
        file = directory / MANIFEST
        manifest = read_object(file, self.problems)
        artifacts = manifest.get("artifacts")
        if not isinstance(artifacts, LinedMapping):
            if manifest:
                sentence = f"artifacts is {shown(artifacts)}, not a mapping; synthesise the app."
                self._warn(sentence, file, manifest.lines.get("artifacts", 1))
            return
        assets = {}
        for artifact in self._of_type(artifacts, _ASSETS):
            name = text_under(section(artifact, "properties"), "file")
            if name is not None:
                assets.update(self._asset_paths(directory / name))
        for id in artifacts:
            artifact, line = section(artifacts, id), artifacts.lines.get(id)
            kind = text_under(artifact, "type")
            if kind == _STACK and len(self.stacks) < _MOST_STACKS:
                self._add_stack(id, artifact, directory, assets, line)
            elif kind == _STAGE and depth < _DEEPEST:
                name = text_under(section(artifact, "properties"), "directoryName")
                below = _below(directory, name)
                if below is None:
                    sentence = f"the stage {shown(id)} has no folder; synthesise the app."
                    self._warn(sentence, file, line)
                else:
                    self._read_stage(below, depth + 1)

    def _of_type(self, artifacts: LinedMapping, kind: str) -> Iterator[LinedMapping]:
        return (
            section(artifacts, id)
            for id, one in artifacts.items()
            if text_under(one, "type") == kind
        )

    def _add_stack(
        self,
        id: str,
        artifact: LinedMapping,
        directory: Path,
        assets: Mapping[str, Path],
        line: int | None,
    ) -> None:
        properties = section(artifact, "properties")
        template = text_under(properties, "templateFile")
        if template is None:
            sentence = f"the stack {shown(id)} has no templateFile; synthesise the app."
            self._warn(sentence, directory / MANIFEST, line)
            return
        metadata = [section(artifact, "metadata")]
        more = text_under(artifact, "additionalMetadataFile")
        if more is not None:
            metadata.append(read_object(directory / more, self.problems))
        region = (text_under(artifact, "environment") or "").rpartition("/")[2]
        self.stacks.append(
            Stack(
                directory / template,
                text_under(properties, "stackName") or id,
                None if region in ("", "unknown-region") else region,
                assets,
                {path: kinds for one in metadata for path, kinds in _marks(one)},
                {name: path for one in metadata for name, path in _paths(one)},
            )
        )

    def _asset_paths(self, file: Path) -> dict[str, Path]:
        """Return what an asset manifest lists, by the keys in S3."""
        paths: dict[str, Path] = {}
        files = section(read_object(file, self.problems), "files")
        for id in files:
            source = text_under(section(section(files, id), "source"), "path")
            if source is None:
                continue
            path = join(file.parent, source)
            destinations = section(section(files, id), "destinations")
            for name in destinations:
                key = text_under(section(destinations, name), "objectKey")
                if key is not None:
                    paths[key] = path
        return paths

    def _warn(self, sentence: str, file: Path, line: int | None) -> None:
        self.problems.append(Problem(sentence, file, line))


def read_object(file: Path, problems: list[Problem]) -> LinedMapping:
    """Return the object of a JSON file; an empty one, with a problem, where there is none."""
    try:
        content = read_json(read_text(file, _LARGEST_FILE))
        if isinstance(content, LinedMapping):
            return content
        problems.append(Problem("the file is no JSON object; synthesise the app.", file, 1))
    except UnreadableFileError as error:
        problems.append(Problem(f"{str(error).removesuffix('.')}; synthesise the app.", file))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        problems.append(Problem("the file is not valid JSON; synthesise the app.", file, line))
    return LinedMapping()


def join(directory: Path, path: str) -> Path:
    """Return a path of an assembly's files, which may be absolute, without its ``..``."""
    return Path(os.path.normpath(directory / path.replace("\0", "")))


def _below(directory: Path, name: str | None) -> Path | None:
    """Return the folder of a stage, which is below its parent's; None without one."""
    folder = None if not name else join(directory, name)
    is_below = folder is not None and directory in folder.parents and folder.is_dir()
    return folder if is_below else None


def _marks(metadata: LinedMapping) -> Iterator[tuple[str, frozenset[str]]]:
    for path, entries in metadata.items():
        listed = entries if isinstance(entries, list) else []
        yield (
            path.removeprefix("/"),
            frozenset(kind for one in listed if (kind := text_under(one, "type")) is not None),
        )


def _paths(metadata: LinedMapping) -> Iterator[tuple[str, str]]:
    for path, entries in metadata.items():
        for one in entries if isinstance(entries, list) else []:
            name = text_under(one, "data")
            if name is not None and text_under(one, "type") == _LOGICAL_ID:
                yield name, path.removeprefix("/")
