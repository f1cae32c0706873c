"""Terraform's language: its syntax, its values, and the evaluation of its expressions."""

from __future__ import annotations

from lambda_tui.project.kinds.terraform.language.evaluation import Evaluator, Scope, pairs
from lambda_tui.project.kinds.terraform.language.functions import has_unknown
from lambda_tui.project.kinds.terraform.language.json_form import parse_json_file, parse_json_values
from lambda_tui.project.kinds.terraform.language.parser import (
    MissingParserError,
    parse_file,
    parse_template,
)
from lambda_tui.project.kinds.terraform.language.syntax import (
    Argument,
    Block,
    Call,
    Entries,
    Expression,
    InvalidSyntaxError,
    Literal,
    Name,
)
from lambda_tui.project.kinds.terraform.language.types import converted
from lambda_tui.project.kinds.terraform.language.values import (
    Failure,
    FunctionError,
    Members,
    mapping,
    text_of,
)

__all__ = [
    "Argument",
    "Block",
    "Call",
    "Entries",
    "Evaluator",
    "Expression",
    "Failure",
    "FunctionError",
    "InvalidSyntaxError",
    "Literal",
    "Members",
    "MissingParserError",
    "Name",
    "Scope",
    "converted",
    "has_unknown",
    "mapping",
    "pairs",
    "parse_file",
    "parse_json_file",
    "parse_json_values",
    "parse_template",
    "text_of",
]
