"""Tells what a file is from its first bytes, and the dimensions of a picture from its header.

Pictures are not decoded: whatever a function writes is untrusted, and decoders of pictures are
where such files do harm.
"""

from __future__ import annotations

import struct

_BEGINNINGS = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x7fELF", "ELF program"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"PAR1", "Parquet"),
    (b"\x89HDF", "HDF5"),
    (b"\x93NUMPY", "NumPy array"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
)
_WITHOUT_SIZE = frozenset({0x01, *range(0xD0, 0xDA)})
"""Markers of a JPEG that stand alone."""
_NO_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
"""Markers of a JPEG among those of frames that begin no frame."""


def kind_of_file(data: bytes) -> str:
    """Return what a file is, such as ``PNG picture, 800 × 600``; empty where it is not known."""
    for read in (_png, _gif, _jpeg, _webp, _bmp):
        try:
            if found := read(data):
                return found
        except (struct.error, IndexError):
            continue
    return next((name for magic, name in _BEGINNINGS if data.startswith(magic)), "")


def _png(data: bytes) -> str:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    width, height = struct.unpack(">II", data[16:24])
    return f"PNG picture, {width:,} × {height:,}"


def _gif(data: bytes) -> str:
    if not data.startswith((b"GIF87a", b"GIF89a")):
        return ""
    width, height = struct.unpack("<HH", data[6:10])
    return f"GIF picture, {width:,} × {height:,}"


def _jpeg(data: bytes) -> str:
    if not data.startswith(b"\xff\xd8\xff"):
        return ""
    position = 2
    while position + 9 <= len(data):
        marker = data[position + 1]
        if data[position] != 0xFF or marker in _WITHOUT_SIZE:
            position += 1 if data[position] != 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAMES:
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return f"JPEG picture, {width:,} × {height:,}"
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return "JPEG picture"


def _webp(data: bytes) -> str:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return ""
    if data[12:16] == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return f"WebP picture, {width:,} × {height:,}"
    return "WebP picture"


def _bmp(data: bytes) -> str:
    if data[:2] != b"BM" or data[6:10] != bytes(4):
        return ""
    width, height = struct.unpack("<ii", data[18:26])
    return f"BMP picture, {width:,} × {abs(height):,}"
