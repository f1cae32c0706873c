"""Merges SAM's ``Globals`` into the properties of a function."""

from __future__ import annotations

from typing import Final

from lambda_tui.project.kinds.template.language import LinedMapping, intrinsic_name

_REPLACED: Final = "Architectures"
"""The list that is not added to, since a function has one architecture only."""


def merge_globals(common: LinedMapping, own: LinedMapping, ignored: object) -> LinedMapping:
    """Return a function's properties by SAM's rules for ``Globals``.

    Mappings are merged, lists but ``Architectures`` are concatenated, and any other value is the
    function's own.
    ``ignored`` is the resource's ``IgnoreGlobals``: names of properties, or ``*`` for all.
    """
    names = ignored if isinstance(ignored, list) else []
    kept = LinedMapping()
    for name, value in common.items():
        is_replaced = name == _REPLACED and name in own
        if ignored != "*" and name not in names and not is_replaced:
            kept.put(name, value, common.lines.get(name))
    merged = _merged(kept, own)
    assert isinstance(merged, LinedMapping)
    return merged


def _merged(common: object, own: object) -> object:
    if isinstance(common, list) and isinstance(own, list):
        return common + own
    if not isinstance(common, LinedMapping) or not isinstance(own, LinedMapping):
        return own
    if intrinsic_name(common) is not None or intrinsic_name(own) is not None:
        return own
    merged = LinedMapping()
    for mapping in (common, own):
        for name, value in mapping.items():
            both = _merged(common[name], value) if name in common else value
            merged.put(name, value if mapping is common else both, mapping.lines.get(name))
    return merged
