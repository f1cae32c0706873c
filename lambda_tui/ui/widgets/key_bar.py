"""The last line of the main screen: the keys of the focused pane, each of them a button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.dom import DOMNode
from textual.strip import Strip

from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip

_ALWAYS = ("help", "palette", "quit")
"""Ids of the bindings that are shown at the right end, whatever has the focus."""


@dataclass(frozen=True, slots=True)
class _Key:
    key: str
    description: str
    action: str
    node: DOMNode
    """The widget that the action is one of."""

    @property
    def width(self) -> int:
        return len(self.key) + len(self.description) + 3


class KeyBar(LineWidget):
    """Keys with their actions, as many as fit; the least important are left out first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key"}
    DEFAULT_CSS = "KeyBar { height: 1; dock: bottom; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._ids: Sequence[str] = ()

    def show_keys(self, ids: Sequence[str]) -> None:
        """Show the bindings with these ids, the most important first."""
        self._ids = ids
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Render ``i Invoke  b Burst …        ? Help  ^p Palette  q Quit``."""
        left, right = self._fitting()
        style = self.style_of("key-bar--key")
        text = Text()
        for key in left:
            text.append(f" {key.key}", style).append(f" {key.description} ")
        text.append(" " * (self.size.width - sum(key.width for key in left + right)))
        for key in right:
            text.append(f" {key.key}", style).append(f" {key.description} ")
        return text_strip(text, self.size.width, self.base)

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the clicked key."""
        left, right = self._fitting()
        start = 0
        for key in left:
            if start <= event.x < start + key.width:
                await self.app.run_action(key.action, key.node)
                return
            start += key.width
        start = self.size.width - sum(key.width for key in right)
        for key in right:
            if start <= event.x < start + key.width:
                await self.app.run_action(key.action, key.node)
                return
            start += key.width

    def _fitting(self) -> tuple[list[_Key], list[_Key]]:
        """Return the keys that fit at the left, and those at the right."""
        keys = self._keys()
        right = [keys[name] for name in _ALWAYS if name in keys]
        room = self.size.width - sum(key.width for key in right)
        left: list[_Key] = []
        for name in self._ids:
            key = keys.get(name)
            if key is None or name in _ALWAYS:
                continue
            if key.width > room:
                break
            room -= key.width
            left.append(key)
        return left, right

    def _keys(self) -> dict[str, _Key]:
        """Return the enabled keys of the user's keymap by the ids of their bindings."""
        found: dict[str, _Key] = {}
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.id and enabled and binding.id not in found:
                key = self.app.get_key_display(binding)
                found[binding.id] = _Key(key, binding.description, binding.action, node)
        return found
