"""Reads the functions of a project of the Serverless Framework, ``serverless.yml``."""

from __future__ import annotations

from lambda_tui.project.serverless.project import FILES, read_project, unread_programs

__all__ = ["FILES", "read_project", "unread_programs"]
