"""AWS's encoding ``application/vnd.amazon.eventstream``, in which responses are streamed."""

from __future__ import annotations

import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = struct.Struct("!II")
_CRC = struct.Struct("!I")
_STRING = 7


def encode_message(event_type: str, content_type: str, payload: bytes) -> bytes:
    """Return one message: lengths and their checksum, headers, payload, checksum of it all."""
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (":message-type", "event"),
            (":event-type", event_type),
            (":content-type", content_type),
        )
    )
    total = _PRELUDE.size + _CRC.size + len(headers) + len(payload) + _CRC.size
    prelude = _PRELUDE.pack(total, len(headers))
    front = prelude + _CRC.pack(zlib.crc32(prelude)) + headers
    return front + payload + _CRC.pack(zlib.crc32(payload, zlib.crc32(front)))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return bytes([len(key)]) + key + struct.pack("!BH", _STRING, len(text)) + text
