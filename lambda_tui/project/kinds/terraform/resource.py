"""A resource with its values, whether a plan says them or the configuration itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.kinds.template.language import LinedMapping


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that Terraform would make, or the data of one that it would read."""

    address: str
    """The name that Terraform has for it, such as ``module.orders.aws_lambda_function.this[0]``."""
    kind: str
    """The type, such as ``aws_lambda_function``."""
    values: LinedMapping
    """The arguments, with lists of nested blocks; those that are not known are ``Unknown``."""
    file: Path
    line: int | None
    """The line in the file, counted from 1."""
    is_data: bool = False
    source_path: object = None
    """The folders and files that the module terraform-aws-modules/lambda makes its code of."""
