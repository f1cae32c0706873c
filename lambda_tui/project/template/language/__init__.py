"""The language of templates: YAML with CloudFormation's tags, intrinsic functions, references."""

from __future__ import annotations

from lambda_tui.project.template.language.intrinsics import Resolver, intrinsic_name
from lambda_tui.project.template.language.json_reader import read_json
from lambda_tui.project.template.language.references import (
    ALIAS_TYPE,
    VERSION_TYPE,
    Absent,
    Unknown,
    UnresolvedError,
    as_text,
    function_name,
    with_remedy,
)
from lambda_tui.project.template.language.return_values import fill_in, return_values
from lambda_tui.project.template.language.yaml_reader import (
    FileLine,
    InvalidYamlError,
    LinedMapping,
    YamlDocument,
    read_yaml,
    section,
    text_under,
)

__all__ = [
    "ALIAS_TYPE",
    "VERSION_TYPE",
    "Absent",
    "FileLine",
    "InvalidYamlError",
    "LinedMapping",
    "Resolver",
    "Unknown",
    "UnresolvedError",
    "YamlDocument",
    "as_text",
    "fill_in",
    "function_name",
    "intrinsic_name",
    "read_json",
    "read_yaml",
    "return_values",
    "section",
    "text_under",
    "with_remedy",
]
