"""Reads how a template's function writes its log: ``LoggingConfig``, as Lambda takes it."""

from __future__ import annotations

import re
from typing import get_args

from lambda_tui.project.function import (
    ApplicationLogLevel,
    LogFormat,
    LoggingConfig,
    SystemLogLevel,
)
from lambda_tui.project.kinds.template.properties import Choice, Properties
from lambda_tui.project.wording import shown

_FORMATS: tuple[LogFormat, ...] = get_args(LogFormat)
_APPLICATION_LEVELS: tuple[ApplicationLogLevel, ...] = get_args(ApplicationLogLevel)
_SYSTEM_LEVELS: tuple[SystemLogLevel, ...] = get_args(SystemLogLevel)
_LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_REMEDY = "LoggingConfig needs a mapping, such as LoggingConfig: {LogFormat: JSON}."


def read_logging_config(properties: Properties) -> LoggingConfig:
    """Return the function's ``LoggingConfig``; Lambda's default where the template has none."""
    config = properties.nested("LoggingConfig", "so the log is written as Text", _REMEDY)
    if config is None:
        return LoggingConfig()
    log_format = config.choice("LogFormat", _FORMATS, "so Text holds")
    application_level = _level(config, "ApplicationLogLevel", _APPLICATION_LEVELS, log_format)
    system_level = _level(config, "SystemLogLevel", _SYSTEM_LEVELS, log_format)
    return LoggingConfig(
        format=log_format or "Text",
        application_level=application_level,
        system_level=system_level or "INFO",
        group=_group(config),
    )


def _level(
    config: Properties, name: str, levels: tuple[Choice, ...], log_format: LogFormat | None
) -> Choice | None:
    level = config.choice(name, levels, "so INFO holds")
    if level is None or log_format == "JSON":
        return level
    # A format that is not known here may be JSON once it is deployed.
    if log_format == "Text" or not config.is_given("LogFormat"):
        config.refuse(
            name,
            f"{config.label(name)} is {level}, but Lambda takes a level with LogFormat: JSON only.",
        )
    return None


def _group(config: Properties) -> str | None:
    group = config.text("LogGroup", "so the function's own log group holds")
    if group is not None and not _LOG_GROUP.fullmatch(group):
        config.refuse(
            "LogGroup",
            f"{config.label('LogGroup')} is {shown(group)}, but Lambda takes 1 to 512 letters, "
            "digits, and any of . - _ / #.",
        )
    return group
