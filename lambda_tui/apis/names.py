"""Which function a request means: every form of ``FunctionName``, and ``Qualifier``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from lambda_tui.apis.errors import ApiError, invalid_value, not_found, validation
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import Function

LATEST = "$LATEST"
"""The only version that there is."""

NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)"
    r"(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
"""As AWS quotes it."""
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

_NAME = re.compile(NAME_PATTERN)
_QUALIFIER = re.compile(QUALIFIER_PATTERN)
_LONGEST_NAME = 256
_LONGEST_QUALIFIER = 128
_REGION, _ACCOUNT, _BARE, _INNER_QUALIFIER = 3, 9, 11, 13


class Target(Struct, frozen=True):
    """A function as a request names it."""

    pool: Pool
    qualifier: str | None
    """As written; None when the function was named without one."""


def find(
    pools: Mapping[str, Pool], name: str, qualifier: str | None, *, latest_is_implied: bool
) -> Target:
    """The function that is meant. Raises ``ApiError`` as AWS words it.

    For a function that does not exist, Invoke tells the ARN of its latest version, others do not.
    """
    named = pools.get(name)
    if named is not None and qualifier in (None, LATEST):
        return Target(named, qualifier)
    failures = _failures(name, qualifier)
    match = _NAME.fullmatch(name)
    if failures or match is None:
        raise validation(failures)
    inner = match[_INNER_QUALIFIER]
    if qualifier and inner and qualifier != inner:
        raise invalid_value(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    chosen = qualifier or inner
    pool = pools.get(match[_BARE])
    home = pool.function if pool else _any_function(pools)
    region, account = (match[_REGION] or "").rstrip(":"), (match[_ACCOUNT] or "").rstrip(":")
    if region and region != home.region:
        raise ApiError(
            404,
            "ResourceNotFoundException",
            f"Functions from '{region}' are not reachable in this region ('{home.region}')",
        )
    is_elsewhere = bool(account) and account != home.account_id
    if pool is None or is_elsewhere or chosen not in (None, LATEST):
        told = chosen or (LATEST if latest_is_implied else None)
        arn = f"arn:aws:lambda:{home.region}:{account or home.account_id}:function:{match[_BARE]}"
        raise not_found(f"{arn}:{told}" if told else arn)
    return Target(pool, chosen)


def _failures(name: str, qualifier: str | None) -> list[str]:
    failures = []
    if qualifier:
        if len(qualifier) > _LONGEST_QUALIFIER:
            failures.append(_too_long(qualifier, "qualifier", _LONGEST_QUALIFIER))
        if not _QUALIFIER.fullmatch(qualifier):
            failures.append(_mismatch(qualifier, "qualifier", QUALIFIER_PATTERN))
    if len(name) > _LONGEST_NAME:
        failures.append(_too_long(name, "functionName", _LONGEST_NAME))
    if not _NAME.fullmatch(name):
        failures.append(_mismatch(name, "functionName", NAME_PATTERN))
    return failures


def _too_long(value: str, member: str, limit: int) -> str:
    return (
        f"Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {limit}"
    )


def _mismatch(value: str, member: str, pattern: str) -> str:
    return (
        f"Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )


def _any_function(pools: Mapping[str, Pool]) -> Function:
    """Any of the project's: all lie in one region and account. Raises without one."""
    for pool in pools.values():
        return pool.function
    raise ApiError(404, "ResourceNotFoundException", "The project has no functions.")
