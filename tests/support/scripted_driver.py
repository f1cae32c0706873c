"""The application on a scripted world, driven by keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from textual.pilot import Pilot

from support.app_driver import Driver
from support.scripted_world import ScriptedWorld


class ScriptedDriver(Driver):
    """Drives the application on a scripted world."""

    def __init__(self, world: ScriptedWorld, pilot: Pilot[None]) -> None:
        super().__init__(world.app, pilot)
        self.world = world


OpenWorld = Callable[..., AbstractAsyncContextManager[ScriptedDriver]]
"""Opens the application on a scripted world; see the fixture ``open_world``."""
