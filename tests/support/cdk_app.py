"""A copy of the CDK app of the tests' projects, with its assembly, to be changed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from support.files import PROJECTS


def copy_app(folder: Path) -> Path:
    """Copy the app to a folder, as if it had just been synthesised, and return the folder."""
    shutil.copytree(PROJECTS / "cdk", folder)
    synthesised(folder)
    return folder


def synthesised(folder: Path) -> None:
    """Have the assembly newer than all files of the app."""
    newest = max(file.stat().st_mtime for file in folder.rglob("*"))
    os.utime(folder / "cdk.out" / "manifest.json", (newest + 1, newest + 1))


def change(file: Path, *place: str, value: object) -> None:
    """Set a value in a JSON file, or remove it for None; the file is no newer for that."""
    status = file.stat()
    content: Any = json.loads(file.read_text())
    inner = content
    for key in place[:-1]:
        inner = inner[key]
    if value is None:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    file.write_text(json.dumps(content, indent=1))
    os.utime(file, (status.st_atime, status.st_mtime))
