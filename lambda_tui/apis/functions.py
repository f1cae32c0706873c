"""ListFunctions, GetFunction, GetFunctionConfiguration: the project as AWS would tell it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from lambda_tui.apis.errors import invalid_value, outside, validation
from lambda_tui.apis.function_record import Packages, package_paths, record, state
from lambda_tui.apis.message import Response
from lambda_tui.apis.names import LATEST, Target
from lambda_tui.engine.pool import Pool
from lambda_tui.project.code import CodePackages
from lambda_tui.project.function import Function

_PAGE = 50
"""Functions that one answer lists at most."""
_MOST_ITEMS = 10_000


class FunctionDescriptions:
    """Describes functions; reads what is in their packages off the loop, once for each change."""

    def __init__(self) -> None:
        self._packages = CodePackages()

    async def list_functions(self, pools: Mapping[str, Pool], query: Mapping[str, str]) -> Response:
        """A page of the functions' configurations. Raises ``ApiError``."""
        version = query.get("FunctionVersion")
        if version not in (None, "ALL"):
            raise validation([outside(str(version), "functionVersion", "ALL")])
        start, count = _page(query, len(pools))
        chosen = list(pools.values())[start : start + count]
        qualifier = LATEST if version else None
        marker = str(start + count) if start + count < len(pools) else None
        packages = await self._read(*(pool.function for pool in chosen))
        records = [record(Target(pool, qualifier), packages) for pool in chosen]
        return _json({"NextMarker": marker, "Functions": records})

    async def get_function(self, target: Target) -> Response:
        """The configuration, and where the code lies."""
        function = target.pool.function
        location = (function.code_archive or function.code_directory).as_uri()
        body: dict[str, Any] = {
            "Configuration": await self._configuration(target),
            "Code": {"RepositoryType": "File", "Location": location},
            "Tags": {},
        }
        if function.reserved_concurrency is not None:
            body["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return _json(body)

    async def get_configuration(self, target: Target) -> Response:
        """The configuration alone."""
        return _json(await self._configuration(target))

    async def _configuration(self, target: Target) -> dict[str, Any]:
        packages = await self._read(target.pool.function)
        return record(target, packages) | state(target.pool)

    async def _read(self, *functions: Function) -> Packages:
        paths = {path for function in functions for path in package_paths(function)}
        return await asyncio.to_thread(lambda: {path: self._packages.read(path) for path in paths})


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
