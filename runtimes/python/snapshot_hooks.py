"""The function's hooks around a snapshot, and ``snapshot_restore_py``, AWS's package for them.

AWS's client needs the package, so functions come without it: ``provide_package`` stands in for it.
What is installed or packed with the function is used instead, and keeps its hooks in the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable, Dict, Tuple

BEFORE_SNAPSHOT_ERROR, BEFORE_SNAPSHOT_STATUS = "Runtime.BeforeSnapshotError", 64
AFTER_RESTORE_ERROR, AFTER_RESTORE_STATUS = "Runtime.AfterRestoreError", 65
"""Error types, and the exit statuses of the runtime that has them."""

_PACKAGE = "snapshot_restore_py"

Hook = Tuple[Callable[..., Any], Tuple[object, ...], Dict[str, object]]


def run_before_snapshot() -> None:
    """Run the hooks in the reverse order of their registration, and forget each."""
    package = sys.modules.get(_PACKAGE)
    hooks = package.get_before_snapshot() if package is not None else []
    while hooks:
        hook, arguments, named = hooks.pop()
        hook(*arguments, **named)


def run_after_restore() -> None:
    """Run the hooks in the order of their registration."""
    package = sys.modules.get(_PACKAGE)
    for hook, arguments, named in package.get_after_restore() if package is not None else []:
        hook(*arguments, **named)


def provide_package() -> None:
    """Make the package importable."""
    # Behind all other finders, so that an installed or packed one comes first.
    sys.meta_path.append(_Finder())


class _Finder:
    """Finds the one package, and makes its module."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name == _PACKAGE else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        """Return None, upon which Python makes an empty module itself."""

    def exec_module(self, module: ModuleType) -> None:
        before_snapshot, after_restore = _Registry(), _Registry()
        vars(module).update(
            __version__="1.0.0",
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
        """Add a hook, to be called with these arguments; usable as a decorator too."""
        self._hooks.append((hook, arguments, named))
        return hook

    def all(self) -> list[Hook]:
        """Return the hooks in the order of their registration."""
        return self._hooks
