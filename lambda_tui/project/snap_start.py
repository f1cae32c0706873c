"""Whether a template's function is to be restored from a snapshot."""

from __future__ import annotations

from lambda_tui.project.function import DEFAULT_EPHEMERAL_STORAGE
from lambda_tui.project.properties import Properties
from lambda_tui.project.runtimes import PYTHON_RUNTIMES

_PROPERTY = "SnapStart"
_APPLY_ON = ("PublishedVersions", "None")
_REMEDY = f"{_PROPERTY} needs ApplyOn, such as {_PROPERTY}: {{ApplyOn: PublishedVersions}}."
_OLDEST = "python3.12"
"""The first Python runtime that AWS takes snapshots of."""


def read_snap_start(
    properties: Properties,
    *,
    runtime: str | None,
    ephemeral_storage: int,
    is_provisioned: bool,
    is_serverless: bool,
) -> bool:
    """Whether it is; where AWS would not, or nothing is taken here, there is a note."""
    config = properties.nested(_PROPERTY, "so no snapshot is taken", _REMEDY)
    if config is None:
        return False
    if not config.is_given("ApplyOn"):
        properties.refuse(_PROPERTY, _REMEDY)
        return False
    if config.choice("ApplyOn", _APPLY_ON, "so no snapshot is taken") != "PublishedVersions":
        return False
    if runtime is not None and runtime not in PYTHON_RUNTIMES:
        properties.warn(
            _PROPERTY, f"snapshots are taken of Python functions only here, not of {runtime}."
        )
        return False
    for sentence in _conflicts(runtime, ephemeral_storage, is_provisioned=is_provisioned):
        properties.warn(_PROPERTY, sentence)
    if is_serverless and not properties.is_given("AutoPublishAlias"):
        properties.warn(
            _PROPERTY,
            "snapshots are of published versions, and SAM publishes none without an alias; "
            "add one, such as AutoPublishAlias: live.",
        )
    return True


def _conflicts(runtime: str | None, ephemeral_storage: int, *, is_provisioned: bool) -> list[str]:
    """What AWS does not take together with snapshots; it works here."""
    found = []
    if runtime is not None and PYTHON_RUNTIMES.index(runtime) < PYTHON_RUNTIMES.index(_OLDEST):
        found.append(
            f"Lambda takes snapshots of {_OLDEST} and later, not of {runtime}; "
            f"name one of those as Runtime."
        )
    if ephemeral_storage > DEFAULT_EPHEMERAL_STORAGE:
        found.append(
            f"Lambda takes snapshots with up to {DEFAULT_EPHEMERAL_STORAGE} MB of /tmp, and "
            f"EphemeralStorage is {ephemeral_storage}."
        )
    if is_provisioned:
        found.append(
            "Lambda takes no snapshots of functions with provisioned concurrency; "
            "leave one of the two out."
        )
    return found
