"""Reads the functions of Terraform's configurations, and of plans that are made of them."""

from __future__ import annotations

from lambda_tui.project.kinds.terraform.folders import (
    FILES,
    SUFFIXES,
    read_project,
    unread_folders,
)

__all__ = ["FILES", "SUFFIXES", "read_project", "unread_folders"]
