"""The package ``runtimes``, loaded here as the boot script of an interpreter loads it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

from support.files import ROOT

RUNTIMES = ROOT / "runtimes"
SOURCES = sorted(RUNTIMES.rglob("*.py"))

_NAME = "_runtimes_under_test"


def boot_script() -> ModuleType:
    """Return a fresh copy of ``boot.py`` as a module, without running it."""
    specification = importlib.util.spec_from_file_location("boot_under_test", RUNTIMES / "boot.py")
    assert specification is not None
    assert specification.loader is not None
    boot = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(boot)
    return boot


def load_module(name: str) -> ModuleType:
    """Return a module of the package, loaded under a private name."""
    if _NAME not in sys.modules:
        boot = boot_script()
        boot.load_package(_NAME, str(RUNTIMES))
    return importlib.import_module(f"{_NAME}.{name}")
