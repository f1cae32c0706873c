"""The content of a file in ``/tmp`` as the pane shows it: text, JSON, or bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from rich.text import Text
from textual.content import Content

from lambda_tui.ui.figures import size
from lambda_tui.ui.model.tmp import CONTENT, TmpContent
from lambda_tui.ui.panes.file_kinds import kind_of_file
from lambda_tui.ui.terminal_text import terminal_text

_BYTES = 4_096
"""Bytes that are shown of a file that is no text."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The content of a file, ready to be shown."""

    kind: str
    """The kind of file, such as ``JSON`` or ``PNG picture, 800 × 600``."""
    content: Content
    text: str
    """The content to be copied: text as it stands in the file, other bytes as they are shown."""

    @classmethod
    def of(cls, name: str, found: TmpContent) -> Preview:
        """Return the preview of a file with this name; call it in a thread."""
        if not found.total:
            return cls("empty", Content.styled("empty", "$text-muted italic"), "")
        if found.is_binary:
            lines = "\n".join(_hexadecimal(found.data[:_BYTES]))
            kind = kind_of_file(found.data) or "binary"
            return cls(kind, _cut(Content(lines), _BYTES, found.total), lines)
        text = found.data.decode("utf-8", "replace")
        is_like_json = name.endswith(".json") or text.lstrip()[:1] in ("{", "[")
        if is_like_json and (formatted := _formatted(found)) is not None:
            return cls("JSON", formatted, text)
        plain = Content.from_rich_text(_ended(terminal_text(text, CONTENT)))
        return cls(kind_of_file(found.data) or "text", _cut(plain, CONTENT, found.total), text)


def _formatted(found: TmpContent) -> Content | None:
    """Return JSON that is whole, indented and coloured; None for anything else."""
    if len(found.data) != found.total:
        return None
    try:
        text = msgspec.json.format(found.data, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    # Imported here: Pygments takes a while, and is needed once there is something to colour.
    from textual.highlight import highlight

    return highlight(terminal_text(text, CONTENT * 2).plain, language="json")


def _ended(text: Text) -> Text:
    text.end = ""
    return text


def _cut(content: Content, shown: int, total: int) -> Content:
    if total <= shown:
        return content
    note = f"\n… the first {size(shown)} of {size(total)}"
    return content + Content.styled(note, "$text-warning")


def _hexadecimal(data: bytes, width: int = 16) -> Iterator[str]:
    """Yield lines of offset, bytes and characters."""
    for offset in range(0, len(data), width):
        row = data[offset : offset + width]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        yield f"{offset:06x}  {row.hex(' '):{width * 3 - 1}}  {text}"
