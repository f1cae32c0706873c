"""Finds the code of a template's function: a folder or a zip file on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import ArchiveError, Cache, unpack
from lambda_tui.project.template.properties import Properties
from lambda_tui.project.template.yaml_reader import LinedMapping
from lambda_tui.project.wording import shown


class CodeLocation(NamedTuple):
    """The folder of a function's code."""

    directory: Path
    archive: Path | None = None
    """The zip file that the folder was unpacked from."""


def is_container_image(properties: Properties, name: str) -> bool:
    """Return whether the code is a container image, which is refused; ``name`` as below."""
    code = properties.mapping.get(name)
    named_by = "ImageUri" if "ImageUri" in properties else None
    if isinstance(code, LinedMapping) and "ImageUri" in code:
        named_by = name
    if properties.value("PackageType", "so Zip holds") == "Image":
        named_by = "PackageType"
    if named_by is None:
        return False
    properties.refuse(
        named_by,
        "a container image (PackageType: Image) cannot be run, so the function is left out; only "
        f"one whose {name} names a folder or a zip file can.",
    )
    return True


def read_code_location(properties: Properties, name: str, cache: Cache) -> CodeLocation | None:
    """Return what the property ``name``, ``CodeUri`` or ``Code``, says; None when it is refused."""
    if "InlineCode" in properties:
        _refuse_inline_code(properties, name, "InlineCode")
        return None
    known_problems = len(properties.findings.problems)
    code = properties.value(name, "so the function is left out")
    if len(properties.findings.problems) > known_problems:
        properties.findings.refused = True
        return None
    return _on_this_machine(properties, name, "." if code is None else code, cache)


def _on_this_machine(
    properties: Properties, name: str, code: object, cache: Cache
) -> CodeLocation | None:
    if isinstance(code, LinedMapping) and "ZipFile" in code:
        _refuse_inline_code(properties, name, "Code.ZipFile")
    elif not isinstance(code, str) or code.startswith("s3://"):
        properties.refuse(name, f"{name} lies in S3; name the folder that holds the source.")
    else:
        path = os.path.join(properties.findings.file.parent, code)
        # Unlike Path's own, these take any text and never raise.
        if os.path.isdir(path):
            return CodeLocation(Path(path).resolve())
        if os.path.isfile(path):
            archive = Path(path).resolve()
            try:
                return CodeLocation(unpack(archive, cache), archive)
            except ArchiveError as error:
                properties.refuse(name, f"{name} names {shown(code)}, which {error}")
                return None
        properties.refuse(
            name, f"{name} names {shown(code)}, which does not exist; name a folder or a zip file."
        )
    return None


def _refuse_inline_code(properties: Properties, name: str, written_in: str) -> None:
    properties.refuse(
        written_in.partition(".")[0],
        f"code inside the template ({written_in}) is not supported yet; put it into a file "
        f"and name its folder in {name}.",
    )
