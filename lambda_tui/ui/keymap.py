"""Turns the user's table of keys into a keymap in which no key has two actions in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from textual.binding import Binding, BindingsMap, InvalidBinding

from lambda_tui.terminal_text import one_line


@dataclass(slots=True)
class Keymap:
    """The keys that hold, and what is wrong with those that were wanted."""

    keys: dict[str, str] = field(default_factory=dict)
    """By the ids of the bindings, as Textual takes them: ``slash,f5``."""
    problems: dict[str, str] = field(default_factory=dict)
    """A sentence for each id whose keys have other actions too, or are none."""


def make_keymap(
    wanted: Mapping[str, str],
    bindings: Iterable[Binding],
    of_panes: Iterable[Iterable[Binding]] = (),
) -> Keymap:
    """Return the keymap for the wanted keys, by the ids of bindings.

    A key that two entries want is the first one's. A key that is the usual one of another binding
    is taken from that. ``bindings`` are the screen's; those of a pane go before them where it has
    the focus, and take keys from each other alone.
    """
    groups = [list(bindings), *map(list, of_panes)]
    keymap = Keymap()
    for group in groups:
        ids = {binding.id for binding in group}
        own = {id: keys for id, keys in wanted.items() if id in ids}
        found = _keymap_of(own, group)
        keymap.keys.update(found.keys)
        keymap.problems.update(found.problems)
    return keymap


def _keymap_of(wanted: Mapping[str, str], bindings: Iterable[Binding]) -> Keymap:
    keymap = Keymap()
    usual: dict[str, list[str]] = {}
    for binding in bindings:
        if binding.id:
            usual.setdefault(binding.id, []).extend(_key_names(binding.key))
    entries: dict[str, str] = {}
    for id, text in wanted.items():
        names = _key_names(text)
        if not names:
            keymap.problems[id] = f'keys.{id} is "{one_line(text)}", which is no key.'
            continue
        taken = [name for name in names if name in entries]
        for name in names:
            entries.setdefault(name, id)
        if taken:
            owner = entries[taken[0]]
            keymap.problems[id] = f"keys.{id} wants {taken[0]}, which keys.{owner} has already."
        if own := [name for name in names if entries[name] == id]:
            keymap.keys[id] = ",".join(own)
    for id, names in usual.items():
        lost = [name for name in names if entries.get(name, id) != id]
        if id in keymap.keys or not lost:
            continue
        owner = entries[lost[0]]
        kept = [name for name in names if name not in lost]
        left = f"keeps {' and '.join(kept)}" if kept else f"has none now: give keys.{id} another"
        keymap.problems.setdefault(owner, f"keys.{owner} takes {lost[0]} from {id}, which {left}.")
    return keymap


def _key_names(text: str) -> list[str]:
    """Return the keys of a list such as ``?, f5`` by Textual's names; none if that is no list."""
    try:
        return list(BindingsMap([Binding(text, "key", "key")]).key_to_bindings)
    except InvalidBinding:
        return []
