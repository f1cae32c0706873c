"""Reads the functions of a project of the Serverless Framework, ``serverless.yml``."""

from __future__ import annotations

from lambda_tui.project.kinds.serverless.project import (
    FILES,
    KIND,
    read_project,
    unread_listings,
    unread_programs,
)

__all__ = ["FILES", "KIND", "read_project", "unread_listings", "unread_programs"]
