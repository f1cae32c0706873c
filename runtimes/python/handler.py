"""Loading the handler: import path, bytecode that can be trusted, AWS's errors."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import cache_from_source
from typing import Any, Callable, FrozenSet

from .errors import FaultError

Handler = Callable[[Any, Any], Any]

# Python takes bytecode for current when the source's size and time agree, the time in seconds: a
# second save within the same second, of the same length, would run the old code.
_TRUSTED_AGE_SECONDS = 1.0
_PACKAGE_FOLDERS = ("site-packages", "dist-packages")


class FreshSourceLoader(SourceFileLoader):
    """Loads a function's module from its source, unless its bytecode is certainly newer."""

    def path_stats(self, path: str) -> Any:  # noqa: ANN401 - as typeshed has it, by version
        """Return what bytecode must match; raise ``OSError``, so that none is used, if it is young.

        The importing machinery takes that error to mean that there is no bytecode.
        """
        bytecode = cache_from_source(path)
        if os.stat(bytecode).st_mtime < os.stat(path).st_mtime + _TRUSTED_AGE_SECONDS:
            raise OSError("the bytecode may be older than the source")
        return super().path_stats(path)


# It shows in the specification of every module of the function's.
FreshSourceLoader.__module__ = SourceFileLoader.__module__
FreshSourceLoader.__qualname__ = FreshSourceLoader.__name__ = SourceFileLoader.__name__


class _DeclaredPackagesFinder(FileFinder):
    """Finds the packages in a folder of the interpreter's, without those that are hidden."""

    hidden: FrozenSet[str] = frozenset()
    """Names of modules; a folder of installed packages is asked for outermost ones only."""

    def find_spec(self, fullname: str, target: Any = None) -> Any:  # noqa: ANN401 - by version
        """Return the spec of a module; None for a hidden one, as if it was not installed."""
        return None if fullname in self.hidden else super().find_spec(fullname, target)


def set_import_path(
    task_root: str, packages_root: str, layers_root: str, sdk_root: str, hidden: FrozenSet[str]
) -> None:
    """Put the function's code first, then the layers' directories, then the interpreter's own.

    Packages that stand among the code on AWS, and have a folder of their own here, follow it.
    The SDK that AWS's runtime brings is last: the interpreter's packages are those that a project
    would deploy. Those modules of them that are ``hidden`` would be missing on Lambda.
    """
    sys.dont_write_bytecode = True
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    python = f"{layers_root}/python"
    beside = (packages_root,) if packages_root else ()
    own = (task_root, *beside, f"{python}/lib/{version}/site-packages", python)
    # PYTHONPATH has put the SDK before the interpreter's own.
    others = [path for path in sys.path if path != sdk_root]
    sys.path[:] = [*own, *others, sdk_root]
    loaders = (
        (ExtensionFileLoader, EXTENSION_SUFFIXES),
        (FreshSourceLoader, SOURCE_SUFFIXES),
        (SourcelessFileLoader, BYTECODE_SUFFIXES),
    )
    make_finder = FileFinder.path_hook(*loaders)
    # In the place of Python's own, so that there are as many as on AWS.
    place = next(
        number
        for number, hook in enumerate(sys.path_hooks)
        if getattr(hook, "__name__", "") == "path_hook_for_FileFinder"
    )
    make_pythons_finder = sys.path_hooks[place]

    def path_hook_for_FileFinder(path: str) -> Any:  # noqa: ANN401
        if path in own:
            # Also for a folder that does not exist, and may later.
            return FileFinder(path, *loaders)
        if hidden and os.path.basename(path) in _PACKAGE_FOLDERS and path in others:
            finder = _DeclaredPackagesFinder(path, *loaders)
            finder.hidden = hidden
            return finder
        is_own = path.startswith((f"{task_root}{os.sep}", f"{python}{os.sep}"))
        return make_finder(path) if is_own else make_pythons_finder(path)

    sys.path_hooks[place] = path_hook_for_FileFinder
    # Finders that were cached before the hook was there would go on without it.
    for path in list(sys.path_importer_cache):
        if path.startswith((task_root, python)) or (hidden and path in others):
            del sys.path_importer_cache[path]


def load_handler(name: str) -> Handler:
    """Import the module of ``module.function``; raise ``FaultError`` in AWS's words."""
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise FaultError("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    try:
        if module_name.split(".")[0] in sys.builtin_module_names:
            raise FaultError(
                "Runtime.BuiltInModuleConflict",
                f"Cannot use built-in module {module_name} as a handler module",
            )
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise FaultError(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from None
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise FaultError(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{module_name}': {error}",
            [place],
        ) from None
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        raise FaultError(
            "Runtime.HandlerNotFound",
            f"Handler '{function_name}' missing on module '{module_name}'",
        ) from None
    return handler
