"""ListFunctions, GetFunction, GetFunctionConfiguration: the project as AWS would tell it."""

from __future__ import annotations

import json
import platform
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambda_tui.apis.errors import invalid_value, outside, validation
from lambda_tui.apis.message import Response
from lambda_tui.apis.names import LATEST, Target
from lambda_tui.engine.pool import Pool

_PAGE = 50
"""Functions that one answer lists at most."""
_MOST_ITEMS = 10_000
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}
_REVISIONS = uuid.UUID("5d1d59c6-6ee1-4f0c-9c58-0f8d5f7b3c41")


def list_functions(pools: Mapping[str, Pool], query: Mapping[str, str]) -> Response:
    """A page of the functions' configurations. Raises ``ApiError``."""
    version = query.get("FunctionVersion")
    if version not in (None, "ALL"):
        raise validation([outside(str(version), "functionVersion", "ALL")])
    start, count = _page(query, len(pools))
    chosen = list(pools.values())[start : start + count]
    qualifier = LATEST if version else None
    records = [_record(Target(pool, qualifier), with_state=False) for pool in chosen]
    marker = str(start + count) if start + count < len(pools) else None
    return _json({"NextMarker": marker, "Functions": records})


def get_function(target: Target) -> Response:
    """The configuration, and where the code lies."""
    function = target.pool.function
    body: dict[str, Any] = {
        "Configuration": configuration(target),
        "Code": {"RepositoryType": "File", "Location": function.code_directory.as_uri()},
        "Tags": {},
    }
    if function.reserved_concurrency is not None:
        body["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
    return _json(body)


def get_configuration(target: Target) -> Response:
    """The configuration alone."""
    return _json(configuration(target))


def configuration(target: Target) -> dict[str, Any]:
    """Lambda's ``FunctionConfiguration``, but for what only a deployment has."""
    return _record(target, with_state=True)


def _record(target: Target, *, with_state: bool) -> dict[str, Any]:
    pool, function = target.pool, target.pool.function
    arn = f"{function.arn}:{target.qualifier}" if target.qualifier else function.arn
    record: dict[str, Any] = {
        "FunctionName": function.name,
        "FunctionArn": arn,
        "Runtime": function.runtime or _runtime(pool.python_version),
        "Role": f"arn:aws:iam::{function.account_id}:role/lambda-tui",
        "Handler": function.handler,
        "Description": function.description,
        "Timeout": function.timeout,
        "MemorySize": function.memory_size,
        "LastModified": _last_modified(pool),
        "Version": LATEST,
        "Environment": {"Variables": dict(function.environment)},
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": [_ARCHITECTURES.get(platform.machine(), "x86_64")],
        "EphemeralStorage": {"Size": function.ephemeral_storage},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _logging(pool),
    }
    if function.asynchronous.dead_letter is not None:
        record["DeadLetterConfig"] = {"TargetArn": function.asynchronous.dead_letter}
    record["RevisionId"] = str(uuid.uuid5(_REVISIONS, json.dumps(record, sort_keys=True)))
    return record | _state(pool) if with_state else record


def _state(pool: Pool) -> dict[str, str]:
    if pool.problem is None:
        return {"State": "Active", "LastUpdateStatus": "Successful"}
    return {"State": "Failed", "StateReason": pool.problem, "LastUpdateStatus": "Failed"}


def _logging(pool: Pool) -> dict[str, str]:
    function = pool.function
    logging: dict[str, str] = {
        "LogFormat": function.logging.format,
        "LogGroup": function.log_group,
    }
    if function.logging.format == "JSON":
        logging["ApplicationLogLevel"] = function.logging.application_level or "INFO"
        logging["SystemLogLevel"] = function.logging.system_level
    return logging


def _runtime(python_version: str | None) -> str:
    version = python_version or platform.python_version()
    return "python" + ".".join(version.split(".")[:2])


def _last_modified(pool: Pool) -> str:
    """Of the file that declares the function, or of its folder."""
    try:
        seconds = (pool.function.file or pool.function.code_directory).stat().st_mtime
    except OSError:
        seconds = 0.0
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def _page(query: Mapping[str, str], available: int) -> tuple[int, int]:
    """Where the page begins, and how many it has."""
    items, marker = query.get("MaxItems", str(_PAGE)), query.get("Marker", "0")
    if not items.isdecimal() or not 1 <= int(items) <= _MOST_ITEMS:
        raise validation(
            [
                f"Value '{items}' at 'maxItems' failed to satisfy constraint: "
                f"Member must have value between 1 and {_MOST_ITEMS}"
            ]
        )
    if not marker.isdecimal() or int(marker) > available:
        raise invalid_value("Invalid pagination token.")
    return int(marker), min(int(items), _PAGE)


def _json(body: object) -> Response:
    return Response(
        200,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "x-amzn-RequestId": str(uuid.uuid4())},
    )
