"""The colours of the screen: our themes, and what every theme's colours are used for.

The stylesheet names colours by their purpose, such as ``$state-invoking``. ``css_variables`` makes
them from any theme, and moves each that is text towards white or black until it can be read on
every background that it may stand on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

CONTRAST = 4.5
"""The least ratio of luminances between a text and its background, as WCAG 2.2 has it for AA."""

_AIM = 4.6
"""Aimed at, so that rounding a colour to 24 bits does not fall below ``CONTRAST``."""
_HALVINGS = 6
"""Times that the way from a colour to white or black is halved in search of the nearest one."""

DARK = Theme(
    name="lambda-tui",
    primary="#7aa2c8",
    secondary="#8ab6a8",
    accent="#f0a04b",
    warning="#e3b341",
    error="#f0808a",
    success="#7fbf8e",
    foreground="#d5d9e0",
    background="#14171c",
    surface="#191d24",
    panel="#232933",
    dark=True,
)
LIGHT = Theme(
    name="lambda-tui-light",
    primary="#2a5d8f",
    secondary="#2c6b66",
    accent="#a5480b",
    warning="#7d5700",
    error="#b3202c",
    success="#216e39",
    foreground="#24292f",
    background="#fbfaf8",
    surface="#f1efeb",
    panel="#e6e3dd",
    dark=False,
)
NO_COLOR = Theme(name="no-color", primary="ansi_default", ansi=True)
"""Takes the place of every theme where ``NO_COLOR`` is set: attributes alone tell things apart."""

THEMES = (DARK, LIGHT)
"""The themes of our own, to be registered beside Textual's."""

_PURPOSES: dict[str, tuple[str, ...]] = {
    "text-primary": ("primary",),
    "text-secondary": ("secondary",),
    "text-accent": ("accent",),
    "text-warning": ("warning",),
    "text-error": ("error",),
    "text-success": ("success",),
    "text-dim": ("foreground", "background", "foreground"),
    "state-creating": ("warning", "background", "warning"),
    "state-initialising": ("warning",),
    "state-idle": ("foreground",),
    "state-invoking": ("success",),
    "state-frozen": ("primary",),
    "state-resetting": ("error", "foreground"),
    "state-reset": ("error",),
    "state-shutting-down": ("foreground", "background", "foreground"),
    "state-ended": ("foreground", "background", "foreground"),
    "segment-sandbox": ("foreground", "background", "foreground"),
    "segment-extension-init": ("secondary",),
    "segment-runtime-init": ("warning", "foreground"),
    "segment-init": ("warning",),
    "segment-restore": ("accent",),
    "segment-invoke": ("success",),
    "segment-extension-overhead": ("secondary", "foreground"),
    "segment-idle": ("foreground", "background", "foreground"),
    "segment-frozen": ("primary",),
    "segment-reset": ("error", "warning"),
    "segment-failure": ("error",),
    "segment-shutdown": ("foreground", "background", "foreground"),
    "segment-ended": ("foreground", "background", "foreground"),
    "outcome-running": ("warning",),
    "outcome-success": ("success",),
    "outcome-failure": ("error",),
    "outcome-throttled": ("error", "warning"),
    "start-cold": ("accent",),
    "start-warm": ("foreground", "background", "foreground"),
    "level-debug": ("foreground", "background", "foreground"),
    "level-info": ("foreground",),
    "level-warning": ("warning",),
    "level-error": ("error",),
    "log-platform": ("primary", "foreground"),
    "json-key": ("primary",),
    "json-string": ("success",),
    "json-number": ("accent",),
    "json-constant": ("warning",),
    "json-mark": ("foreground", "background", "foreground"),
    "change-added": ("success",),
    "change-changed": ("warning",),
    "change-removed": ("error",),
    "bar-used": ("primary",),
    "bar-peak": ("accent",),
    "bar-free": ("foreground", "background", "foreground"),
}
"""Each variable for text, and the theme's colours that it is a mixture of, in equal parts."""

# The sixteen colours of a terminal are its user's choice. These can be read on the usual palettes;
# what they cannot tell apart, signs and words do.
_ANSI_DARK = {
    "primary": "ansi_cyan",
    "secondary": "ansi_bright_magenta",
    "accent": "ansi_yellow",
    "warning": "ansi_yellow",
    "error": "ansi_bright_red",
    "success": "ansi_green",
    "foreground": "ansi_default",
    "background": "ansi_default",
}
_ANSI_LIGHT = {
    "primary": "ansi_blue",
    "secondary": "ansi_default",
    "accent": "ansi_magenta",
    "warning": "ansi_magenta",
    "error": "ansi_red",
    "success": "ansi_blue",
    "foreground": "ansi_default",
    "background": "ansi_default",
}

_COLOUR_STYLES = {
    "error-style": "bold",
    "warning-style": "none",
    "dim-style": "none",
    "cursor-style": "bold",
    "cursor-blurred-style": "bold",
    "match-style": "bold",
    "toast-style": "not reverse",
}
_ANSI_STYLES = _COLOUR_STYLES | {
    "cursor-style": "bold reverse",
    "cursor-blurred-style": "bold underline",
    "toast-style": "reverse",
}
_ANSI_DEFAULTS = (
    *("foreground", "row-cursor", "row-cursor-focused", "banner", "alarm"),
    *("text-muted", "text-disabled"),
    *("block-cursor-background", "block-cursor-foreground", "block-hover-background"),
    *("block-cursor-blurred-background", "block-cursor-blurred-foreground"),
)
_UNCOLOURED = {
    **dict.fromkeys(("match", "match-text", "banner-text", "alarm-text"), "ansi_default"),
    **dict.fromkeys(("line", "line-strong"), "ansi_default"),
    **dict.fromkeys(("input-selection-background", "input-selection-foreground"), "ansi_default"),
    "error-style": "bold underline",
    "warning-style": "bold",
    "match-style": "bold reverse underline",
}


def css_variables(theme: Theme, generated: Mapping[str, str], no_color: bool) -> dict[str, str]:
    """Return the variables for the stylesheet that are made from a theme, by their names.

    ``generated`` are those that Textual makes from it. Besides those of ``_PURPOSES`` they are
    ``foreground``, the backgrounds ``row-cursor`` and ``row-cursor-focused``, ``match``,
    ``banner`` and ``alarm`` each with its ``-text``, ``line`` and ``line-strong`` for frames, and
    styles such as ``error-style``.
    """
    if no_color:
        without = NO_COLOR.to_color_system().generate()
        return without | _ansi_variables(dict.fromkeys(_ANSI_DARK, "ansi_default")) | _UNCOLOURED
    if theme.ansi:
        return _ansi_variables(_ANSI_DARK if theme.dark else _ANSI_LIGHT)
    return _variables(generated)


def _variables(generated: Mapping[str, str]) -> dict[str, str]:
    colours = {
        name: Color.parse(generated[name]).with_alpha(1.0)
        for name in (*_ANSI_DARK, "surface", "panel")
    }
    background, accent = colours["background"], colours["accent"]
    foreground = _readable(colours["foreground"], (background, colours["surface"]))
    cursor = background.blend(foreground, 0.1)
    focused = background.blend(accent, 0.16)
    banner = background.blend(colours["warning"], 0.14)
    alarm = background.blend(colours["error"], 0.2)
    behind = (background, colours["surface"], cursor, focused)
    variables = {"foreground": _readable(foreground, behind)}
    for name, parts in _PURPOSES.items():
        variables[name] = _readable(_mixed(colours[part] for part in parts), behind)
    variables |= {
        "row-cursor": cursor,
        "row-cursor-focused": focused,
        "match": colours["warning"],
        "match-text": _readable(background, (colours["warning"],)),
        "banner": banner,
        "banner-text": _readable(colours["warning"], (banner,)),
        "alarm": alarm,
        "alarm-text": _readable(colours["error"], (alarm,)),
        "line": background.blend(foreground, 0.28),
        "line-strong": _readable(accent, (background,)),
        "block-cursor-background": focused,
        "block-cursor-foreground": variables["foreground"],
        "block-cursor-blurred-background": cursor,
        "block-cursor-blurred-foreground": variables["foreground"],
        "block-hover-background": cursor,
        "input-selection-background": background.blend(accent, 0.35),
        "input-selection-foreground": _readable(foreground, (background.blend(accent, 0.35),)),
        "input-cursor-background": foreground,
        "input-cursor-foreground": _readable(background, (foreground,)),
    }
    texts = {name: colour.hex for name, colour in variables.items()}
    texts |= dict.fromkeys(("text", "text-muted", "foreground-muted"), texts["foreground"])
    texts |= dict.fromkeys(("text-disabled", "foreground-disabled"), texts["text-dim"])
    return texts | _COLOUR_STYLES


def _ansi_variables(colours: Mapping[str, str]) -> dict[str, str]:
    """Return the variables where colours are those of the terminal, which cannot be mixed."""
    purposes = {name: colours[parts[0]] for name, parts in _PURPOSES.items()}
    return {
        **purposes,
        **dict.fromkeys(_ANSI_DEFAULTS, "ansi_default"),
        "match": "ansi_yellow",
        "match-text": "ansi_black",
        "input-selection-background": "ansi_yellow",
        "input-selection-foreground": "ansi_black",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "banner-text": colours["warning"],
        "alarm-text": colours["error"],
        "line": "ansi_bright_black",
        "line-strong": colours["accent"],
        "block-cursor-text-style": "bold reverse",
        "block-cursor-blurred-text-style": "bold underline",
        **_ANSI_STYLES,
    }


def contrast(one: Color, other: Color) -> float:
    """Return the ratio of the luminances of two opaque colours, from 1 to 21, as WCAG has it."""
    return _ratio(_luminance(one), _luminance(other))


def _ratio(one: float, other: float) -> float:
    darker, lighter = sorted((one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colours: Iterable[Color]) -> Color:
    first, *others = colours
    for number, other in enumerate(others, 2):
        first = first.blend(other, 1 / number)
    return first


def _readable(colour: Color, behind: Iterable[Color]) -> Color:
    """Return the colour, or the nearest one on its way to white or black that can be read."""
    luminances = [_luminance(each) for each in behind]

    def least(candidate: Color) -> float:
        own = _luminance(candidate)
        return min(_ratio(own, each) for each in luminances)

    if least(colour) >= _AIM:
        return colour
    target = max(WHITE, BLACK, key=least)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if least(colour.blend(target, middle)) >= _AIM else (middle, high)
    return colour.blend(target, high)
