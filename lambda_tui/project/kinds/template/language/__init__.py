"""The language of templates: YAML with CloudFormation's tags, intrinsic functions, references."""

from __future__ import annotations

from lambda_tui.project.kinds.template.language.expansion import Expansion, extensions_remark
from lambda_tui.project.kinds.template.language.intrinsics import Resolver, intrinsic_name
from lambda_tui.project.kinds.template.language.json_reader import read_json
from lambda_tui.project.kinds.template.language.references import (
    ALIAS_TYPE,
    APPLICATION_TYPE,
    NESTED_STACK_TYPES,
    VERSION_TYPE,
    Absent,
    Nesting,
    Unknown,
    UnresolvedError,
    as_text,
    function_name,
    physical_function_name,
    physical_name,
    with_remedy,
)
from lambda_tui.project.kinds.template.language.return_values import fill_in, return_values
from lambda_tui.project.kinds.template.language.yaml_reader import (
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
    "APPLICATION_TYPE",
    "NESTED_STACK_TYPES",
    "VERSION_TYPE",
    "Absent",
    "Expansion",
    "FileLine",
    "InvalidYamlError",
    "LinedMapping",
    "Nesting",
    "Resolver",
    "Unknown",
    "UnresolvedError",
    "YamlDocument",
    "as_text",
    "extensions_remark",
    "fill_in",
    "function_name",
    "intrinsic_name",
    "physical_function_name",
    "physical_name",
    "read_json",
    "read_yaml",
    "return_values",
    "section",
    "text_under",
    "with_remedy",
]
