"""The keys that the framework takes of a function, and the one that is meant by a misspelt one."""

from __future__ import annotations

import difflib

from lambda_tui.project.wording import shown

_FUNCTION_KEYS = """
architecture awsKmsKeyArn build condition dependsOn description destinations disableLogs
durableConfig environment ephemeralStorageSize events fileSystemConfig handler image kmsKeyArn
layers logs logRetentionInDays maximumEventAge maximumRetryAttempts memorySize module name onError
package provisionedConcurrency reservedConcurrency role runtime runtimeManagement snapStart tags
tenancy timeout tracing url versionFunction vpc warmup
"""


def key_remark(key: str) -> str | None:
    """Return one sentence on a key that is almost one of the framework's; else None.

    Plugins add keys of their own, so any other is left to them.
    """
    known = _FUNCTION_KEYS.split()
    if key in known:
        return None
    near = difflib.get_close_matches(key[:64], known, n=1, cutoff=0.85)
    return f"the framework knows no {shown(key)}; did you mean {near[0]}?" if near else None
