"""AWS's public price of an invocation, in dollars: us-east-1, the first tier, no free tier.

Source: https://aws.amazon.com/lambda/pricing/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lambda_tui.project.function import DEFAULT_EPHEMERAL_STORAGE, Architecture

_REQUEST: Final = 0.20 / 1_000_000
_GB_SECOND: Mapping[Architecture, float] = {"x86_64": 0.000_016_666_7, "arm64": 0.000_013_333_4}
_PROVISIONED_GB_SECOND: Mapping[Architecture, float] = {
    "x86_64": 0.000_009_722_2,
    "arm64": 0.000_007_777_8,
}
"""In an environment that was initialised ahead; that it is kept ready is billed by the hour."""
_STORAGE_GB_SECOND: Final = 0.000_000_030_9
"""For ``/tmp`` beyond what is free."""
_RESTORED_GB: Final = 0.000_139_799_8
"""For memory, each time that an environment is restored from a snapshot."""
_MB_PER_GB: Final = 1024


def price(
    billed_ms: int,
    memory_mb: int,
    *,
    architecture: Architecture,
    storage_mb: int = DEFAULT_EPHEMERAL_STORAGE,
    is_provisioned: bool = False,
    is_restored: bool = False,
) -> float:
    """Return what AWS bills for an invocation that it has accepted.

    ``billed_ms`` is that of the REPORT, ``memory_mb`` and ``storage_mb`` are the configured sizes.
    A throttled invocation is not billed.
    """
    seconds = billed_ms / 1000
    memory_gb = memory_mb / _MB_PER_GB
    storage_gb = max(storage_mb - DEFAULT_EPHEMERAL_STORAGE, 0) / _MB_PER_GB
    rate = (_PROVISIONED_GB_SECOND if is_provisioned else _GB_SECOND)[architecture]
    restored = memory_gb * _RESTORED_GB if is_restored else 0.0
    return _REQUEST + seconds * (memory_gb * rate + storage_gb * _STORAGE_GB_SECOND) + restored
