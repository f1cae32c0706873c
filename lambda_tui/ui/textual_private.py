"""Every private name of Textual that the application and its tests rely on, and nothing else.

Textual's public API has no way to do what these functions and classes do. ``pyproject.toml`` keeps
Textual to the releases in which each of the names was found; ``tests/ui/test_textual_private.py``
fails when one is missing, or when one is used outside this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Set
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary, ref

from rich.console import RenderableType
from textual import events
from textual.app import App
from textual.binding import Binding
from textual.css.styles import RenderStyles, RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.drivers.linux_driver import LinuxDriver
from textual.reactive import Reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

ScreenResult = TypeVar("ScreenResult")

if TYPE_CHECKING:
    # Drives the tests alone: the application starts without importing it.
    from textual.pilot import Pilot


class CrashSentenceApp(App[None]):
    """An application that ends on an uncaught exception with one sentence.

    Textual prints the traceback with its local variables, which hold events and credentials. Public
    hooks for the handling of an exception and for what is printed after it are missing.
    """

    crash_sentence_to_print = ""
    """Written to standard error once the terminal is restored; empty when nothing went wrong."""

    def crash_sentence(self, error: Exception) -> str:
        """Return what the user is told about an uncaught exception."""
        raise NotImplementedError

    def _handle_exception(self, error: Exception) -> None:
        self._return_code = 1
        if self._exception is None:
            # The pilot raises this exception again in the test that caused it.
            self._exception = error
            self._exception_event.set()
            if not self.is_headless:
                self.crash_sentence_to_print = self.crash_sentence(error)
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        if self.crash_sentence_to_print:
            self.error_console.file.write(self.crash_sentence_to_print + "\n")
        self.crash_sentence_to_print = ""


_STATES = 16
"""States of a widget for which the styles of its parts are kept."""


class _Parts(dict[str, RenderStyles]):
    """The styles of a widget's parts in one state of it, each computed when it is asked for."""

    def __init__(self, names: Set[str], style_of: Callable[[str], RenderStyles]) -> None:
        super().__init__()
        self.names = names
        self.style_of = style_of

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __missing__(self, name: str) -> RenderStyles:
        styles = self[name] = self.style_of(name)
        return styles


class FrugalStylesheet(Stylesheet):
    """A stylesheet that does less when a widget comes, or a class or the focus changes.

    Textual computes the styles of all of a widget's parts, up to forty in a list, when it comes and
    each time that its pane gets or loses the focus; here that is done for the parts that are drawn,
    once for each state of the widget. It sets all rules of a node that has the same ones as before,
    and paints it anew. There is no public hook.
    """

    def __init__(self, *, variables: dict[str, str] | None = None) -> None:
        super().__init__(variables=variables)
        self.known_parts: WeakKeyDictionary[DOMNode, dict[Hashable, _Parts]] = WeakKeyDictionary()
        self.known_from = self._rules
        self.known_rules: WeakKeyDictionary[DOMNode, RulesMap] = WeakKeyDictionary()

    def update(self, root: DOMNode, animate: bool = False) -> None:
        """Set all rules: another theme may change what is behind a node that keeps its own."""
        super().update(root, animate=False)

    # A method of the class in Textual, which only ever calls it by the object.
    def replace_rules(self, node: DOMNode, rules: RulesMap, animate: bool = False) -> None:  # type: ignore[override]
        """Set the rules of a node that has others."""
        if not animate or self.known_rules.get(node) != rules:
            self.known_rules[node] = rules
            super().replace_rules(node, rules, animate=animate)

    def _process_component_classes(self, node: DOMNode) -> None:
        if self.known_from is not self._rules:
            # Another theme: the sources were parsed anew.
            self.known_parts.clear()
            self.known_from = self._rules
        names = node._get_component_classes()
        if not names:
            return
        states = self.known_parts.setdefault(node, {})
        path = node.css_path_nodes
        state = tuple((one.classes, frozenset(one.get_pseudo_classes())) for one in path)
        parts = states.get(state)
        if parts is None:
            if len(states) >= _STATES:
                states.clear()
            parts = states[state] = _Parts(names, partial(self.style_of, ref(node)))
        drawn, node._component_styles = node._component_styles, parts
        if any(parts[name] != styles for name, styles in [*drawn.items()]):
            # The rules of the node itself may be the same.
            node.notify_style_update()
            node.refresh()

    def style_of(self, owner: ref[DOMNode], name: str) -> RenderStyles:
        """Return the styles of a part of a widget."""
        parent, node = owner(), DOMNode(classes=name)
        assert parent is not None
        node._attach(parent)
        self.apply(node, animate=False)
        return node.styles


class FrameApp(CrashSentenceApp):
    """An application that leaves frames out while its terminal does not read.

    Textual paints for a terminal that is behind too, and waits for it. There is no public hook.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        stylesheet = self.stylesheet
        self.stylesheet = FrugalStylesheet(variables=stylesheet._variables)

    def is_terminal_behind(self) -> bool:
        """Return whether the frame that is due is to be left out."""
        return False

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if not self.is_terminal_behind():
            super()._display(screen, renderable)


async def wait_until_mounted(screen: Screen[Any]) -> None:
    """Wait until a screen has set its focus; it is on the stack, and given keys, before that."""
    await screen._mounted_event.wait()


class SteadyScreen(Screen[ScreenResult]):
    """A screen that is laid out for the present size of the terminal, and for no earlier one.

    A screen tells itself of each new size once more. When two sizes are under way at a time, each
    makes it lay itself out and tell itself of that size again, for ever.
    """

    # Another focus paints the widgets that it concerns; Textual's own paints the whole screen.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    async def _on_resize(self, event: events.Resize) -> None:
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()


class SizedLinuxDriver(LinuxDriver):
    """Textual's driver with the size that the terminal has, whatever ``COLUMNS`` and ``LINES`` say.

    Those may be exported from a window of another size, and never change.
    """

    def _get_terminal_size(self) -> tuple[int, int]:
        return terminal_size(self.fileno)


def terminal_size(descriptor: int) -> tuple[int, int]:
    """Return columns and lines of a terminal; 80 and 24 where it does not know or is lost."""
    try:
        columns, lines = os.get_terminal_size(descriptor)
    except OSError:
        columns = lines = 0
    return columns or 80, lines or 24


# Needed by the application


async def run_binding(app: App[Any], key: str, *, priority: bool = False) -> bool:
    """Run the action that a key is bound to now, and return whether there was one.

    Needed to finish a key's action before the next key is looked at. The public
    ``App.simulate_key`` only adds the key to the queue.
    """
    return await app._check_bindings(key, priority)


def all_bindings(node: DOMNode) -> Iterator[Binding]:
    """Yield the bindings of a screen or widget; a screen's with the keys of the user's keymap.

    Needed to list them in the help. The public ``Screen.active_bindings`` leaves out those whose
    actions are disabled at the moment.
    """
    return (binding for _, binding in node._bindings)


def needs_paint(screen: Screen[Any]) -> bool:
    """Return whether a widget, the layout or a scroll position waits for the next frame.

    Needed to paint the effect of a key early. There is no public way to ask.
    """
    return bool(screen._dirty_widgets or screen._layout_required or screen._scroll_required)


def paint_now(screen: Screen[Any]) -> None:
    """Lay out and paint what has changed, without waiting for the next frame.

    The public ``refresh`` only marks what the next frame is to paint.
    """
    screen._on_timer_update()


def update_scrollbars(widget: Widget) -> None:
    """Bring the scrollbars of a widget into step with its ``virtual_size``.

    Needed where another size lays nothing out anew. The public ``refresh`` does all of it or none.
    """
    widget._scroll_update(widget.virtual_size)


# Needed by the tests as well


async def wait_for_messages(pilot: Pilot[Any]) -> None:
    """Wait until every widget has handled the messages that were in its queue.

    The public ``Pilot.pause`` waits in addition until the process is idle, which it is not while a
    function logs.
    """
    await pilot._wait_for_screen()


def is_laid_out(screen: Screen[Any]) -> bool:
    """Return whether neither the layout, a scroll position nor a callback waits for a frame.

    There is no public way to ask.
    """
    return not (screen._layout_required or screen._scroll_required or screen._callbacks)


def is_ending(app: App[Any]) -> bool:
    """Return whether ``exit`` was called. The public ``App.is_running`` stays true for a while."""
    return app._exit


def component_classes(widget: Widget) -> frozenset[str]:
    """Return all component classes of a widget; the public attribute has those of one class."""
    return widget._get_component_classes()


def rendered_lines(screen: Screen[Any]) -> list[Strip]:
    """Return the screen's lines as they are painted. The public API only exports a picture."""
    return screen._compositor.render_strips()


def frame_timer(screen: Screen[Any]) -> Timer:
    """Return the timer of the screen's frames. The public API has no access to it."""
    return screen._update_timer


DISPLAY = "_display"
"""The method of ``App`` that writes a frame to the terminal, to be replaced by one that counts.

There is no public event for a frame.
"""
