"""Reads the functions of an AWS CDK app from what a synthesis leaves, and runs the synthesis."""

from __future__ import annotations

from lambda_tui.project.kinds.cdk.project import FILES, is_cdk_app, read_project
from lambda_tui.project.kinds.cdk.synthesis import Synthesis, SynthesisError

__all__ = ["FILES", "Synthesis", "SynthesisError", "is_cdk_app", "read_project"]
