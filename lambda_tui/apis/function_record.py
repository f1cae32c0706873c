"""Lambda's ``FunctionConfiguration`` of a function, but for what only a deployment has."""

from __future__ import annotations

import json
import platform
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lambda_tui.apis.names import LATEST, Target
from lambda_tui.engine.environment import runtime_version, runtime_version_arn
from lambda_tui.engine.pool import Pool
from lambda_tui.project.code import CodePackage
from lambda_tui.project.function import Function
from lambda_tui.project.runtimes import runtime_of

Packages = Mapping[Path, CodePackage]
"""What is deployed, by where it lies."""

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}
_REVISIONS = uuid.UUID("5d1d59c6-6ee1-4f0c-9c58-0f8d5f7b3c41")


def package_paths(function: Function) -> list[Path]:
    """Where the packages lie that a record tells of."""
    layers = [layer.path for layer in function.layers if layer.path is not None]
    return [function.code_archive or function.code_directory, *layers]


def record(target: Target, packages: Packages) -> dict[str, Any]:
    """What ListFunctions tells: all that does not change while the function is deployed."""
    pool, function = target.pool, target.pool.function
    code = packages[function.code_archive or function.code_directory]
    arn = f"{function.arn}:{target.qualifier}" if target.qualifier else function.arn
    record: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Runtime": function.runtime or runtime_of(function.language, _version(pool)),
        "Role": f"arn:aws:iam::{function.account_id}:role/lambda-tui",
        "Handler": function.handler,
        "CodeSize": code.size,
        "CodeSha256": code.sha256,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "LastModified": _last_modified(function),
        "Version": LATEST,
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": [_ARCHITECTURES.get(platform.machine(), "x86_64")],
        "EphemeralStorage": {"Size": function.ephemeral_storage},
        "SnapStart": {
            "ApplyOn": "PublishedVersions" if function.snap_start else "None",
            "OptimizationStatus": "On" if function.snap_start else "Off",
        },
        "LoggingConfig": _logging(function),
        **_where_given(function, packages),
    }
    record["RevisionId"] = str(uuid.uuid5(_REVISIONS, json.dumps(record, sort_keys=True)))
    return record


def state(pool: Pool) -> dict[str, Any]:
    """What GetFunction tells beside: how the function is doing, and on what it runs."""
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


def _where_given(function: Function, packages: Packages) -> dict[str, Any]:
    """What AWS leaves out of a record where nothing is set."""
    given: dict[str, Any] = {}
    if function.environment:
        given["Environment"] = {"Variables": dict(function.environment)}
    if function.layers:
        given["Layers"] = [
            {"Arn": layer.arn, "CodeSize": packages[layer.path].size if layer.path else 0}
            for layer in function.layers
        ]
    if function.asynchronous.dead_letter is not None:
        given["DeadLetterConfig"] = {"TargetArn": function.asynchronous.dead_letter}
    return given


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
    """Of the interpreter; of a Python that has not started yet lambda-tui's own, as a guess."""
    if pool.runtime_version is None and pool.function.language == "python":
        return platform.python_version()
    return pool.runtime_version


def _last_modified(function: Function) -> str:
    """Of the file that declares the function, or of its folder."""
    try:
        seconds = (function.file or function.code_directory).stat().st_mtime
    except OSError:
        seconds = 0.0
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"
