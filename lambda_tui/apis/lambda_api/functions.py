"""GetFunction, ListFunctions and the like: functions, versions and aliases as AWS has them.

The configurations lack only what a deployment alone has.
"""

from __future__ import annotations

import asyncio
import json
import platform
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from lambda_tui import limits
from lambda_tui.apis.http import Response
from lambda_tui.apis.lambda_api.errors import (
    alias_not_found,
    constraint_failure,
    invalid_value,
    not_one_of,
    validation_error,
)
from lambda_tui.apis.lambda_api.function_names import Target
from lambda_tui.engine.environment import runtime_version, runtime_version_arn
from lambda_tui.engine.pool import Pool
from lambda_tui.project.code import CodePackage, CodePackages
from lambda_tui.project.function import LATEST, Alias, Function
from lambda_tui.project.runtimes import runtime_of

Packages = Mapping[Path, CodePackage]
"""The packages of code and layers, by the folder or archive that they lie in."""

_REVISIONS = uuid.UUID("5d1d59c6-6ee1-4f0c-9c58-0f8d5f7b3c41")

Item = TypeVar("Item")


class FunctionDescriptions:
    """Describes functions. Packages are read in a thread, and once for each change."""

    def __init__(self) -> None:
        self._packages = CodePackages()

    async def list_functions(self, pools: Mapping[str, Pool], query: Mapping[str, str]) -> Response:
        """Return a page of the functions' configurations. Raises ``LambdaApiError``."""
        version = query.get("FunctionVersion")
        if version not in (None, "ALL"):
            raise validation_error([not_one_of(str(version), "functionVersion", "ALL")])
        targets = [
            Target(pool, qualifier)
            for pool in pools.values()
            for qualifier in (pool.function.versions if version else (None,))
        ]
        chosen, marker = _page(targets, query)
        return _json_response({"NextMarker": marker, "Functions": await self._all(chosen)})

    async def list_versions(self, target: Target, query: Mapping[str, str]) -> Response:
        """Return a page of a function's versions. Raises ``LambdaApiError``."""
        targets = [Target(target.pool, version) for version in target.pool.function.versions]
        chosen, marker = _page(targets, query)
        return _json_response({"NextMarker": marker, "Versions": await self._all(chosen)})

    async def list_aliases(self, target: Target, query: Mapping[str, str]) -> Response:
        """Return a page of a function's aliases. Raises ``LambdaApiError``."""
        function, version = target.pool.function, query.get("FunctionVersion")
        named = [alias for alias in function.aliases if version in (None, alias.version)]
        chosen, marker = _page(sorted(named, key=lambda alias: alias.name), query)
        aliases = [_alias(function, alias) for alias in chosen]
        return _json_response({"NextMarker": marker, "Aliases": aliases})

    async def get_alias(self, name: str, target: Target, _query: Mapping[str, str]) -> Response:
        """Return one of a function's aliases. Raises ``LambdaApiError``."""
        function = target.pool.function
        alias = function.alias(name)
        if alias is None:
            raise alias_not_found(f"{function.arn}:{name}")
        return _json_response(_alias(function, alias))

    async def get_function(self, target: Target, _query: Mapping[str, str]) -> Response:
        """Return a function's configuration and state, and where its code lies."""
        function = target.pool.function
        location = function.code_path.as_uri()
        body: dict[str, Any] = {
            "Configuration": await self._configuration_and_state(target),
            "Code": {"RepositoryType": "File", "Location": location},
            "Tags": {},
        }
        if function.reserved_concurrency is not None:
            body["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return _json_response(body)

    async def get_configuration(self, target: Target, _query: Mapping[str, str]) -> Response:
        """Return a function's configuration and state."""
        return _json_response(await self._configuration_and_state(target))

    async def _all(self, targets: Sequence[Target]) -> list[dict[str, Any]]:
        packages = await self._read(*(target.pool.function for target in targets))
        return [_configuration(target, packages) for target in targets]

    async def _configuration_and_state(self, target: Target) -> dict[str, Any]:
        packages = await self._read(target.pool.function)
        return _configuration(target, packages) | _state(target.pool)

    async def _read(self, *functions: Function) -> Packages:
        paths = {path for function in functions for path in _package_paths(function)}
        return await asyncio.to_thread(lambda: {path: self._packages.read(path) for path in paths})


def _page(items: Sequence[Item], query: Mapping[str, str]) -> tuple[Sequence[Item], str | None]:
    """Return the items of the page that is asked for, and the marker of the next, if any."""
    most_items = query.get("MaxItems", str(limits.FUNCTIONS_PER_PAGE))
    marker = query.get("Marker", "0")
    least, most = limits.LISTED_FUNCTIONS
    if not most_items.isdecimal() or not least <= int(most_items) <= most:
        constraint = f"have value between {least} and {most}"
        raise validation_error([constraint_failure(most_items, "maxItems", constraint)])
    if not marker.isdecimal() or int(marker) > len(items):
        raise invalid_value("Invalid pagination token.")
    start = int(marker)
    end = start + min(int(most_items), limits.FUNCTIONS_PER_PAGE)
    return items[start:end], str(end) if end < len(items) else None


def _package_paths(function: Function) -> list[Path]:
    """Return where the packages lie that a configuration describes."""
    layers = [layer.path for layer in function.layers if layer.path is not None]
    return [function.code_path, *layers]


def _configuration(target: Target, packages: Packages) -> dict[str, Any]:
    """Return the members of ``FunctionConfiguration`` that ListFunctions has.

    They do not change while the function is deployed.
    """
    pool, function = target.pool, target.pool.function.at(target.version)
    has_snapshot = function.snap_start and function.version != LATEST
    code = packages[function.code_path]
    configuration: dict[str, Any] = {
        "FunctionName": function.name,
        "Role": f"arn:aws:iam::{function.account_id}:role/lambda-tui",
        "CodeSize": code.size,
        "CodeSha256": code.sha256,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "LastModified": _last_modified(function),
        "Version": function.version,
        "TracingConfig": {"Mode": function.tracing},
        **_of_package(pool, function),
        "Architectures": [function.architecture],
        "EphemeralStorage": {"Size": function.ephemeral_storage},
        "SnapStart": {
            "ApplyOn": "PublishedVersions" if function.snap_start else "None",
            "OptimizationStatus": "On" if has_snapshot else "Off",
        },
        "LoggingConfig": _logging(function),
        **_optional_members(function, packages),
    }
    return {"FunctionArn": target.arn, **configuration, "RevisionId": _revision(configuration)}


def _of_package(pool: Pool, function: Function) -> dict[str, Any]:
    """Return the members that tell how the code is packaged, and what a zip file alone names."""
    if function.image is not None:
        return {"PackageType": "Image"}
    runtime = function.runtime or runtime_of(function.language, _version(pool))
    return {"PackageType": "Zip", "Runtime": runtime, "Handler": function.handler}


def _alias(function: Function, alias: Alias) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
    }
    if alias.weights:
        configuration["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return {**configuration, "RevisionId": _revision(configuration)}


def _revision(configuration: dict[str, Any]) -> str:
    """Return an id that changes with the configuration, whatever the ARN that it is asked by."""
    return str(uuid.uuid5(_REVISIONS, json.dumps(configuration, sort_keys=True)))


def _state(pool: Pool) -> dict[str, Any]:
    """Return the members that GetFunction has besides: the state, and the runtime's version."""
    version = runtime_version(pool.function, _version(pool))
    arn = runtime_version_arn(version, pool.function.region)
    running = {"RuntimeVersionConfig": {"RuntimeVersionArn": arn}}
    if pool.problem is None:
        return {"State": "Active", "LastUpdateStatus": "Successful", **running}
    return {
        "State": "Failed",
        "StateReason": pool.problem,
        "StateReasonCode": "InternalError",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": pool.problem,
        "LastUpdateStatusReasonCode": "InternalError",
        **running,
    }


def _optional_members(function: Function, packages: Packages) -> dict[str, Any]:
    """Return the members that AWS leaves out where nothing is set."""
    members: dict[str, Any] = {}
    if function.environment:
        members["Environment"] = {"Variables": dict(function.environment)}
    if function.is_tenant_isolated:
        members["TenancyConfig"] = {"TenantIsolationMode": "PER_TENANT"}
    if function.layers:
        members["Layers"] = [
            {"Arn": layer.arn, "CodeSize": packages[layer.path].size if layer.path else 0}
            for layer in function.layers
        ]
    # In a project without a template there is no access point.
    file_systems = [one for one in function.file_systems if one.arn]
    if file_systems:
        members["FileSystemConfigs"] = [
            {"Arn": one.arn, "LocalMountPath": one.local_mount_path} for one in file_systems
        ]
    if function.asynchronous.dead_letter is not None:
        members["DeadLetterConfig"] = {"TargetArn": function.asynchronous.dead_letter}
    return members


def _logging(function: Function) -> dict[str, str]:
    logging: dict[str, str] = {
        "LogFormat": function.logging.format,
        "LogGroup": function.log_group,
    }
    if function.logging.format == "JSON":
        logging["ApplicationLogLevel"] = function.logging.application_level or "INFO"
        logging["SystemLogLevel"] = function.logging.system_level
    return logging


def _version(pool: Pool) -> str | None:
    """Return the interpreter's version; for a Python that has not started yet our own, a guess."""
    if pool.runtime_version is None and pool.function.language == "python":
        return platform.python_version()
    return pool.runtime_version


def _last_modified(function: Function) -> str:
    """Return when the file that declares the function, or its folder, was last modified."""
    try:
        seconds = (function.file or function.code_directory).stat().st_mtime
    except OSError:
        seconds = 0.0
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _json_response(body: object) -> Response:
    return Response(
        200,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())},
    )
