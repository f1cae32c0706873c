"""The signs for states and statuses, so that colour only repeats what they say.

Each is one cell wide in every terminal, and none of them is an emoji.
"""

from __future__ import annotations

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import ExtensionState

STATE_GLYPHS: dict[State, str] = {
    State.CREATING: "◌",
    State.INITIALISING: "◐",
    State.IDLE: "○",
    State.INVOKING: "►",
    State.FROZEN: "❅",
    State.RESETTING: "▽",
    State.RESET: "×",
    State.SHUTTING_DOWN: "▼",
    State.ENDED: "┤",
}

EXTENSION_GLYPHS: dict[ExtensionState, str] = {
    ExtensionState.STARTED: "◌",
    ExtensionState.REGISTERED: "◐",
    ExtensionState.READY: "○",
    ExtensionState.RUNNING: "►",
    ExtensionState.INIT_ERROR: "✗",
    ExtensionState.EXIT_ERROR: "✗",
    ExtensionState.LAUNCH_ERROR: "✗",
    ExtensionState.EXITED: "×",
    ExtensionState.SHUTDOWN_FAILED: "✗",
}

STATE_CLASSES: dict[State, str] = {state: f"state--{state.replace(' ', '-')}" for state in State}
"""The component class that styles a state."""

STATUS_GLYPHS: dict[str, str] = {
    "pending": "◌",
    "running": "►",
    "success": "✓",
    "error": "✗",
    "timeout": "✗",
    "throttled": "⊘",
}
"""Signs by ``Invocation.status``."""
