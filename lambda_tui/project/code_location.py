"""Where a template's function has its code: a folder on this machine, or a refusal."""

from __future__ import annotations

import os
from pathlib import Path

from lambda_tui.project.properties import Properties
from lambda_tui.project.template_yaml import LinedMapping
from lambda_tui.project.wording import shown


def read_code_directory(properties: Properties, name: str) -> Path | None:
    """The folder that the property ``name``, ``CodeUri`` or ``Code``, says; None when refused."""
    package = properties.value("PackageType", "so Zip holds")
    if package == "Image" or "ImageUri" in properties:
        properties.refuse(
            "PackageType" if package == "Image" else "ImageUri",
            "container images (PackageType: Image) are not supported yet; give a Handler, "
            f"a Runtime and a {name} folder.",
        )
        return None
    if "InlineCode" in properties:
        _refuse_inline_code(properties, name, "InlineCode")
        return None
    known_problems = len(properties.findings.problems)
    code = properties.value(name, "so the function is left out")
    if len(properties.findings.problems) > known_problems:
        properties.findings.refused = True
        return None
    return _local_directory(properties, name, "." if code is None else code)


def _local_directory(properties: Properties, name: str, code: object) -> Path | None:
    if isinstance(code, LinedMapping) and "ZipFile" in code:
        _refuse_inline_code(properties, name, "Code.ZipFile")
    elif not isinstance(code, str) or code.startswith("s3://"):
        properties.refuse(name, f"{name} lies in S3; name the folder that holds the source.")
    else:
        directory = os.path.join(properties.findings.file.parent, code)
        # Unlike Path's own, takes any text and never raises.
        if os.path.isdir(directory):
            return Path(directory).resolve()
        what = "is a file" if os.path.isfile(directory) else "does not exist"
        properties.refuse(name, f"{name} names {shown(code)}, which {what}; name a folder.")
    return None


def _refuse_inline_code(properties: Properties, name: str, where: str) -> None:
    properties.refuse(
        where.partition(".")[0],
        f"code inside the template ({where}) is not supported yet; put it into a file "
        f"and name its folder in {name}.",
    )
