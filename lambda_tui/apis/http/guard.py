"""Keeps web pages away from the APIs, whatever name or origin they use.

A page in the user's browser can send requests to this machine: from its own origin, or under a name
of its own that its name server lets stand for this machine (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from lambda_tui.apis.http.message import Request

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})
_PRIVATE_SUFFIXES = (".internal", ".local")


class Guard:
    """Accepts requests whose ``Host`` and ``Origin`` are this machine, as the user bound it."""

    def __init__(self, host: str, *others: str) -> None:
        """Accept ``host``, which the server is bound to, and the other names."""
        self._names = _LOOPBACK | {host.lower(), *others}
        self._is_bound_everywhere = host in _EVERYWHERE
        self._last_host: tuple[str, str] | None = None
        """The last ``Host`` header that was accepted, and its name: the next is often the same."""

    def refusal(self, request: Request) -> str | None:
        """Return why a request from elsewhere is refused, as a sentence; None accepts it."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if self._last_host is None or host != self._last_host[0]:
            name = _name_in(f"//{host}") if host is not None else None
            if host is None or name is None or not self._is_ours(name):
                return f"The Host header {host!r} does not name this server."
            self._last_host = host, name
        if origin is None:
            return None
        name = _name_in(origin)
        if name is None or name not in self._names | {self._last_host[1]}:
            return f"The origin {origin!r} may not use this server."
        return None

    def _is_ours(self, name: str) -> bool:
        return name in self._names or (self._is_bound_everywhere and _is_private(name))


def _name_in(url: str) -> str | None:
    """Return the host of a URL that has nothing behind it; None for any other text."""
    if "," in url:
        # Two headers of a name are joined by it.
        return None
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        _ = parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return parts.hostname


def _is_private(name: str) -> bool:
    """Return whether no public name server can answer for a name.

    True for addresses, for names of one word as in a network of containers, and for names such as
    ``host.docker.internal``.
    """
    return "." not in name or name.endswith(_PRIVATE_SUFFIXES) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
