"""``awslambdaric``, AWS's client, as far as functions use it: the classes that they meet."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

from .context import Client, ClientContext, CognitoIdentity, LambdaContext
from .logs import (
    JsonFormatter,
    LambdaLoggerFilter,
    LambdaLoggerHandler,
    LambdaLoggerHandlerWithFrameType,
    Unbuffered,
)

_PACKAGE = "awslambdaric"
_VERSION = "4.2.2"
_CLASSES: dict[str, tuple[type, ...]] = {
    "bootstrap": (
        LambdaLoggerFilter,
        LambdaLoggerHandler,
        LambdaLoggerHandlerWithFrameType,
        Unbuffered,
    ),
    "lambda_context": (Client, ClientContext, CognitoIdentity, LambdaContext),
    "lambda_runtime_log_utils": (JsonFormatter,),
}
"""By the module of the client that has them."""


def provide_package() -> None:
    """Load the package, as AWS's runtime has it when a handler is imported.

    The classes have its names, by which a context is pickled.
    """
    package = _load(_PACKAGE, "__init__")
    package.__path__ = [f"/var/runtime/{_PACKAGE}"]
    vars(package)["__version__"] = _VERSION
    for name, classes in _CLASSES.items():
        module = _load(f"{_PACKAGE}.{name}", name)
        vars(package)[name] = module
        for one in classes:
            one.__module__ = module.__name__
            vars(module)[one.__name__] = one
    vars(package.bootstrap)["LambdaContext"] = LambdaContext


def _load(name: str, file: str) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=file == "__init__")
    module.__package__ = _PACKAGE
    module.__file__ = f"/var/runtime/{_PACKAGE}/{file}.py"
    return module
