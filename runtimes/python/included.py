"""``snapshot_restore_py``, which AWS's Python runtimes include, for functions that come without."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_NAME = "snapshot_restore_py"
# The first of AWS's runtimes that takes snapshots.
_OLDEST = (3, 12)

Hook = tuple[Callable[..., Any], tuple[object, ...], dict[str, object]]


def include() -> None:
    """Makes it importable; what is installed or packed with the function comes first."""
    if (
        sys.version_info >= _OLDEST
        or os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    ):
        sys.meta_path.append(_Finder())


class _Finder:
    """Finds the one module, and makes it."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == _NAME else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Python's own will do."""

    def exec_module(self, module: ModuleType) -> None:
        before_snapshot, after_restore = _Registry(), _Registry()
        vars(module).update(
            register_before_snapshot=before_snapshot.register,
            register_after_restore=after_restore.register,
            get_before_snapshot=before_snapshot.all,
            get_after_restore=after_restore.all,
            __all__=["register_before_snapshot", "register_after_restore"],
        )


class _Registry:
    def __init__(self) -> None:
        self._hooks: list[Hook] = []

    def register(
        self, hook: Callable[..., Any], *arguments: object, **named: object
    ) -> Callable[..., Any]:
        """Adds a hook, to be called with what follows; also as a decorator."""
        self._hooks.append((hook, arguments, named))
        return hook

    def all(self) -> list[Hook]:
        """Those that are registered, in their order."""
        return self._hooks
