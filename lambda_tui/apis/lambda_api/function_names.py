"""Finds the function that a request names, by any form of ``FunctionName``, and ``Qualifier``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from lambda_tui import limits
from lambda_tui.apis.lambda_api.errors import (
    LambdaApiError,
    constraint_failure,
    invalid_value,
    not_found,
    validation_error,
)
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import LATEST, Function

NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)"
    r"(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
"""The pattern that AWS quotes in its errors."""
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

_NAME = re.compile(NAME_PATTERN)
_QUALIFIER = re.compile(QUALIFIER_PATTERN)
_REGION, _ACCOUNT, _BARE, _INNER_QUALIFIER = 3, 9, 11, 13


class Target(Struct, frozen=True):
    """A function as a request names it."""

    pool: Pool
    qualifier: str | None
    """The version or alias as the request has it; None when it names the function without one."""

    @property
    def arn(self) -> str:
        """The ARN as the request has it: with the qualifier, if it has one."""
        function = self.pool.function
        return f"{function.arn}:{self.qualifier}" if self.qualifier else function.arn

    @property
    def version(self) -> str:
        """The version that is meant; of an alias for several the main one."""
        alias = self.pool.function.alias(self.qualifier)
        return alias.version if alias is not None else self.qualifier or LATEST


def find_target(
    pools: Mapping[str, Pool], name: str, qualifier: str | None, *, latest_is_implied: bool
) -> Target:
    """Return the function that is meant. Raises ``LambdaApiError`` as AWS words it.

    For a function that does not exist, the error of Invoke has the ARN of its latest version, that
    of other operations does not (``latest_is_implied``).
    """
    named = pools.get(name)
    if named is not None and qualifier in (None, LATEST):
        return Target(named, qualifier)
    failures = _failures(name, qualifier)
    match = _NAME.fullmatch(name)
    if failures or match is None:
        raise validation_error(failures)
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
        raise LambdaApiError(
            404,
            "ResourceNotFoundException",
            f"Functions from '{region}' are not reachable in this region ('{home.region}')",
        )
    is_elsewhere = bool(account) and account != home.account_id
    if pool is None or is_elsewhere or pool.function.resolve(chosen) is None:
        version = chosen or (LATEST if latest_is_implied else None)
        arn = f"arn:aws:lambda:{home.region}:{account or home.account_id}:function:{match[_BARE]}"
        raise not_found(f"{arn}:{version}" if version else arn)
    return Target(pool, chosen)


def _failures(name: str, qualifier: str | None) -> list[str]:
    failures = []
    if qualifier:
        if len(qualifier) > limits.QUALIFIER_CHARACTERS:
            failures.append(_too_long(qualifier, "qualifier", limits.QUALIFIER_CHARACTERS))
        if not _QUALIFIER.fullmatch(qualifier):
            failures.append(_mismatch(qualifier, "qualifier", QUALIFIER_PATTERN))
    if len(name) > limits.FUNCTION_REFERENCE_CHARACTERS:
        failures.append(_too_long(name, "functionName", limits.FUNCTION_REFERENCE_CHARACTERS))
    if not _NAME.fullmatch(name):
        failures.append(_mismatch(name, "functionName", NAME_PATTERN))
    return failures


def _too_long(value: str, member: str, limit: int) -> str:
    return constraint_failure(value, member, f"have length less than or equal to {limit}")


def _mismatch(value: str, member: str, pattern: str) -> str:
    return constraint_failure(value, member, f"satisfy regular expression pattern: {pattern}")


def _any_function(pools: Mapping[str, Pool]) -> Function:
    """Return one of the project's functions, all of which are in one region and account.

    Raises ``LambdaApiError`` when there is none.
    """
    for pool in pools.values():
        return pool.function
    raise LambdaApiError(404, "ResourceNotFoundException", "The project has no functions.")
