"""Reads a function's ``FileSystemConfigs``."""

from __future__ import annotations

from lambda_tui import limits
from lambda_tui.project.file_systems import is_mount_path
from lambda_tui.project.function import FileSystem
from lambda_tui.project.kinds.template.language import LinedMapping, UnresolvedError
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.wording import shown

_NAME = "FileSystemConfigs"
_CONSEQUENCE = "so the file system is not mounted"
_REMEDY = (
    f"{_NAME} needs a list with an Arn and a LocalMountPath, such as "
    f"{_NAME}: [{{Arn: !GetAtt AccessPoint.Arn, LocalMountPath: /mnt/data}}]."
)


def read_file_systems(properties: Properties) -> tuple[FileSystem, ...]:
    """Return the file systems that a function mounts; refuse what Lambda does not take."""
    # Element by element: of one whose ARN is not known here, the path may be.
    configs = properties.mapping.get(_NAME)
    if not isinstance(configs, list):
        configs = properties.value(_NAME, _CONSEQUENCE)
    if configs is None or configs == []:
        return ()
    if not isinstance(configs, list):
        properties.refuse(_NAME, _REMEDY)
        return ()
    if len(configs) > limits.FILE_SYSTEMS:
        properties.refuse(
            _NAME, f"{_NAME} has {len(configs)} elements, where Lambda takes {limits.FILE_SYSTEMS}."
        )
        return ()
    found = [one for one in (_read_one(properties, config) for config in configs) if one]
    if found and not properties.is_given("VpcConfig"):
        properties.warn(
            _NAME, "Lambda mounts file systems for functions in a VPC only; add a VpcConfig."
        )
    return tuple(found)


def _read_one(properties: Properties, config: object) -> FileSystem | None:
    lines = config.lines if isinstance(config, LinedMapping) else {}
    line = min(lines.values(), default=properties.line_of(_NAME))
    if not isinstance(config, LinedMapping) or "LocalMountPath" not in config:
        # It may be an intrinsic function.
        holder = LinedMapping()
        holder.put(_NAME, config, line)
        inner = Properties(holder, line, properties.resolver, properties.findings)
        config = inner.value(_NAME, _CONSEQUENCE)
        if config is None:
            return None
    if not isinstance(config, LinedMapping) or not {"Arn", "LocalMountPath"} <= config.keys():
        properties.refuse(_NAME, _REMEDY)
        return None
    own = Properties(config, line, properties.resolver, properties.findings, f"{_NAME}.")
    path = own.text("LocalMountPath", _CONSEQUENCE)
    if path is None:
        return None
    if not is_mount_path(path):
        own.refuse(
            "LocalMountPath",
            f"LocalMountPath is {shown(path)}, but Lambda takes /mnt/ with a name of letters, "
            "digits, -, _ and . behind it, such as /mnt/data.",
        )
        return None
    return FileSystem(path, _arn(own), line=line)


def _arn(own: Properties) -> str:
    """Return the ARN of the access point; empty where it is not known here."""
    try:
        arn = own.resolver.resolve(own.mapping["Arn"])
    except UnresolvedError:
        return ""
    return arn if isinstance(arn, str) else ""
