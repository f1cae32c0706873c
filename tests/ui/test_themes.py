"""Every theme can be read: each text on each background that it stands on."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from textual.color import Color
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget

from lambda_tui.project.settings import Settings
from lambda_tui.ui.textual_private import component_classes, rendered_lines
from lambda_tui.ui.themes import CONTRAST, DARK, LIGHT, contrast
from support.app_driver import Driver, OpenApp

FRAMES = frozenset("─│╭╮╰╯┌┐└┘━┃▌▐▎▏▔▁▂▃▄▅▆▇█▊▕▍▋▉🬂░ ")
"""Characters that are no text: frames, edges and scrollbars."""
THEMES = (DARK.name, LIGHT.name, *BUILTIN_THEMES)
ANSI = [name for name, theme in BUILTIN_THEMES.items() if theme.ansi]
THEMES_OF_DIALOGS = (
    THEMES
    if os.environ.get("DIALOGS_IN_THEMES") == "all"
    else (DARK.name, LIGHT.name, *ANSI, "dracula", "solarized-light")
)
"""Dialogs have the colours of panes, which are looked at in every theme."""
XTERM_NORMAL = [
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0)),
    *((0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229), (127, 127, 127)),
]
XTERM_BRIGHT = [
    *((255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255)),
    *((255, 0, 255), (0, 255, 255), (255, 255, 255)),
]
PALETTES = {
    True: TerminalTheme((0, 0, 0), (229, 229, 229), XTERM_NORMAL, XTERM_BRIGHT),
    False: TerminalTheme((255, 255, 255), (0, 0, 0), XTERM_NORMAL, XTERM_BRIGHT),
}
"""The colours of xterm, by whether the terminal is dark."""
BROKEN = "def greet(event, context):\n    raise ValueError('no')\n"


def too_faint_pairs(screen: Widget) -> Iterator[str]:
    """Yield each text of a component class, or of a widget, that its backgrounds swallow."""
    for widget in screen.walk_children(Widget, with_self=True):
        own = widget.background_colors[1]
        if own.ansi is not None:
            continue
        styles = {name: widget.get_component_styles(name) for name in component_classes(widget)}
        cursors = [
            own + each.background
            for each in styles.values()
            if each.has_rule("background") and not each.has_rule("color")
        ]
        for name, each in styles.items():
            if not each.has_rule("color"):
                continue
            has_own = each.has_rule("background") and each.background.a > 0
            for behind in [own + each.background] if has_own else [own, *cursors]:
                ratio = contrast(behind + each.color, behind)
                if each.color.a > 0 and ratio < CONTRAST:
                    yield f"{widget!r} .{name}: {each.color.hex} on {behind.hex}: {ratio:.2f}"


def too_faint_cells(driver: Driver, palette: TerminalTheme, inside: str = "") -> set[str]:
    """Return the painted texts that can hardly be read, with their colours.

    ``inside`` selects a dialog; a veil lies over what is behind it.
    """
    found = set()
    screen = driver.app.screen
    region = screen.query_one(inside).region if inside else screen.region
    for strip in rendered_lines(screen)[region.y : region.bottom]:
        for segment in strip.crop(region.x, region.right):
            if set(segment.text) <= FRAMES:
                continue
            text, behind = colours(segment.style or Style(), palette)
            if contrast(text, behind) < CONTRAST:
                found.add(f"{segment.text!r}: {text.hex} on {behind.hex}")
    return found


def colours(style: Style, palette: TerminalTheme) -> tuple[Color, Color]:
    """Return the colours of text and background, as a terminal with this palette shows them."""
    text = Color(*(style.color.get_truecolor(palette) if style.color else palette.foreground_color))
    behind = Color(
        *(
            style.bgcolor.get_truecolor(palette, foreground=False)
            if style.bgcolor
            else palette.background_color
        )
    )
    if style.dim:
        text = text.blend(behind, 0.5)
    return (behind, text) if style.reverse else (text, behind)


async def show_everything(driver: Driver) -> None:
    """Invoke, fail, search and open what has colours of its own."""
    await driver.invoke()
    await driver.press("j", "i")
    await driver.until(lambda: "✗" in driver.text(), "a failure")
    await driver.press("/", *"KeyError", "enter")


async def test_every_text_can_be_read_in_every_theme(open_app: OpenApp) -> None:
    faint = []
    async with open_app(size=(160, 48)) as driver:
        await show_everything(driver)
        for name in THEMES:
            driver.app.theme = name
            await driver.settle()
            palette = PALETTES[driver.app.current_theme.dark]
            faint += [f"{name}: {each}" for each in too_faint_pairs(driver.app.screen)]
            faint += [f"{name}: {each}" for each in too_faint_cells(driver, palette)]

    assert len(THEMES) > 20
    assert not faint, "\n".join(faint)


@pytest.mark.parametrize("key", ["?", "p", "b", "E", "q", "ctrl+p"])
async def test_every_dialog_can_be_read(open_app: OpenApp, key: str) -> None:
    faint = []
    async with open_app() as driver:
        if key == "q":
            await driver.press("j", "j", "i")
        await driver.press(key)
        for name in THEMES_OF_DIALOGS:
            driver.app.theme = name
            await driver.settle()
            palette = PALETTES[driver.app.current_theme.dark]
            inside = "CommandPalette > Vertical" if key == "ctrl+p" else ".dialog"
            faint += [f"{name}: {each}" for each in too_faint_cells(driver, palette, inside)]

    assert not faint, "\n".join(faint)


async def test_the_error_of_a_failed_invocation_stands_out_without_colours(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(settings=Settings(watch=False, theme=DARK.name)) as driver:
        await driver.press("j", "i")
        await driver.until_seen("✗ #1", "[ERROR]")
        texts = [
            (segment.text, segment.style)
            for strip in rendered_lines(driver.app.screen)
            for segment in strip
            if segment.text.strip() and segment.style is not None
        ]

    assert all(style.color is None or style.color.is_default for _, style in texts)
    assert not any(style.dim for _, style in texts)
    errors = [(text, style) for text, style in texts if "ERROR" in text or "✗ KeyError" in text]
    assert len(errors) > 1
    assert all(style.bold for _, style in errors), errors


BLOCKS = set("▒▓█▏▎▍▌▋▊▉")
"""Signs of Init and of an invocation, however short."""


@pytest.mark.parametrize("theme", ANSI)
async def test_the_chosen_row_keeps_the_colours_of_its_timeline(
    open_app: OpenApp, theme: str
) -> None:
    async with open_app(settings=Settings(watch=False, theme=theme)) as driver:
        await driver.invoke()
        await driver.press("2")
        lines = rendered_lines(driver.app.screen)
        row = next(
            strip for strip in lines if "❅ frozen" in strip.text and set(strip.text) & BLOCKS
        )
        life = [segment for segment in row if set(segment.text) & (BLOCKS | set("·❅"))]
        words = [segment for segment in row if "1" in segment.text]

    assert life
    assert not any(segment.style and segment.style.reverse for segment in life)
    assert any(segment.style and segment.style.reverse for segment in words)
