"""Names resources by their constructs, and tells those that CDK has added by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lambda_tui import limits
from lambda_tui.project.kinds.cdk.assembly import Stack
from lambda_tui.project.kinds.template.language import section, text_under

_OWN_MARK = "aws:cdk:is-custom-resource-handler"
"""The beginning of the metadata that newer versions of CDK put on their own functions."""
_OWN_PART = re.compile(
    r"LogRetention[0-9a-f]{32}|BucketNotificationsHandler[0-9a-f]{32}|AWS[0-9a-f]{32}"
    r"|CrossRegionAwsSdk[0-9a-f]{32}|framework-(?:onEvent|isComplete|onTimeout)|@aws-cdk--.*"
    r"|AWSCDK\..*|Custom::(?:AWSCDK|CDK|S3AutoDelete|E[Cc][Rr]AutoDelete|SyntheticsAutoDelete"
    r"|VpcRestrictDefault|CrossAccountZoneDelegation|CrossRegion|DeleteExistingRecordSet"
    r"|DynamoDBReplica|DynamodbReplica).*"
)
"""Ids of constructs that CDK makes for its own custom resources."""
_MADE_FOR_RESOURCES = ("Resource", "Default")
"""Ids of the constructs that stand for the resource of the construct around them."""
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]+")
_HASH = re.compile(r"[0-9A-F]{8}$")
"""The end that CDK gives to logical ids."""


def construct_path(stack: Stack, logical_id: str, resource: object) -> tuple[str, ...]:
    """Return the ids on the way to the construct of a resource, the construct's own last.

    Where neither the template nor the manifest has them, it is the logical id without its hash, in
    its stack.
    """
    path = text_under(section(resource, "Metadata"), "aws:cdk:path") or stack.paths.get(logical_id)
    parts = [part for part in (path or "").split("/") if part]
    if len(parts) > 1 and parts[-1] in _MADE_FOR_RESOURCES:
        parts.pop()
    return tuple(parts) or (stack.name, _HASH.sub("", logical_id) or logical_id)


def is_cdks_own(stack: Stack, path: Sequence[str]) -> bool:
    """Return whether CDK has added a function for its own purposes, such as custom resources."""
    if any(map(_OWN_PART.fullmatch, path)):
        return True
    # The mark is on the function's construct, or on the one around it.
    around = ("/".join(path[:end]) for end in (len(path), len(path) - 1))
    marks = (mark for one in around for mark in stack.marks.get(one, ()))
    return any(mark.startswith(_OWN_MARK) for mark in marks)


def unique_names(paths: Sequence[tuple[str, ...]], given: Sequence[str | None]) -> list[str]:
    """Return a function's name for each path of a construct.

    ``given`` are the names that the app gives itself, of which the first of a kind counts. Others
    are the constructs' ids, with as many of those before them as it takes to tell them apart.
    """
    names: dict[int, str] = {}
    for index, name in enumerate(given):
        if name is not None and name not in names.values():
            names[index] = name
    left = [index for index in range(len(paths)) if index not in names]
    for length in range(1, max((len(paths[index]) for index in left), default=0) + 1):
        counts = Counter([*names.values(), *(_name(paths[index], length) for index in left)])
        for index in left.copy():
            name = _name(paths[index], length)
            if counts[name] == 1:
                names[index] = name
                left.remove(index)
    for index in left:
        # Characters that names do not have, or a path that is not known, can make them alike.
        name = _name(paths[index], len(paths[index]))[:-5]
        numbered = (f"{name}-{number}" for number in range(2, len(paths) + 3))
        names[index] = next(one for one in numbered if one not in names.values())
    return [names[index] for index in range(len(paths))]


def _name(path: tuple[str, ...], length: int) -> str:
    name = "-".join(_NOT_IN_NAMES.sub("-", part).strip("-") for part in path[-length:]).strip("-")
    return name[-limits.FUNCTION_NAME_CHARACTERS :] or "function"
