"""Code and layers as they are deployed: folders walked, archives unpacked, packages measured."""

from __future__ import annotations

from lambda_tui.project.code.archive import (
    ArchiveError,
    folder_of_file,
    is_archive,
    unpack,
)
from lambda_tui.project.code.assembled import AssembledCode, assemble
from lambda_tui.project.code.cache import Cache
from lambda_tui.project.code.deployment import is_deployed, is_deployed_in_plain_folder
from lambda_tui.project.code.folder_walk import Entry, deployed_files, is_of_a_tool, walk
from lambda_tui.project.code.links import OutwardLink, OutwardLinks, leads_out
from lambda_tui.project.code.packages import CodePackage, CodePackages, packaged_files
from lambda_tui.project.code.unreadable import unreadable_paths

__all__ = [
    "ArchiveError",
    "AssembledCode",
    "Cache",
    "CodePackage",
    "CodePackages",
    "Entry",
    "OutwardLink",
    "OutwardLinks",
    "assemble",
    "deployed_files",
    "folder_of_file",
    "is_archive",
    "is_deployed",
    "is_deployed_in_plain_folder",
    "is_of_a_tool",
    "leads_out",
    "packaged_files",
    "unpack",
    "unreadable_paths",
    "walk",
]
