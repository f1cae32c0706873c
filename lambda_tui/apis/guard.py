"""Keeps web pages out: they may not reach the API under a name of theirs, nor from their origin."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from lambda_tui.apis.errors import ApiError
from lambda_tui.apis.message import Request, Response

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})


_PRIVATE_SUFFIXES = (".internal", ".local")


class Guard:
    """Lets requests in whose ``Host`` and ``Origin`` are this machine, as the user bound it."""

    def __init__(self, host: str, *others: str) -> None:
        self._names = _LOOPBACK | {host.lower(), *others}
        self._is_bound_everywhere = host in _EVERYWHERE
        self._last_host: tuple[str, str] | None = None
        """The header that was let in last, and its name: most often those of the next too."""

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request from elsewhere; None lets it in."""
        host, origin = request.headers.get("host"), request.headers.get("origin")
        if self._last_host is None or host != self._last_host[0]:
            name = _name_in(f"//{host}") if host is not None else None
            if host is None or name is None or not self._is_ours(name):
                return _forbidden(f"The Host header {host!r} does not name this server.")
            self._last_host = host, name
        if origin is None:
            return None
        name = _name_in(origin)
        if name is None or name not in self._names | {self._last_host[1]}:
            return _forbidden(f"The origin {origin!r} may not use this server.")
        return None

    def _is_ours(self, name: str) -> bool:
        return name in self._names or (self._is_bound_everywhere and _is_nobodys_to_give(name))


def _name_in(url: str) -> str | None:
    """The host of a URL that has nothing behind it; None for any other text."""
    try:
        parts = urlsplit(url)
        # Reading it checks it.
        _ = parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return parts.hostname


def _is_nobodys_to_give(name: str) -> bool:
    """Whether no stranger's name server can let a name stand for this machine.

    Addresses, names of one word as in a network of containers, ``host.docker.internal``.
    """
    return "." not in name or name.endswith(_PRIVATE_SUFFIXES) or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _forbidden(message: str) -> Response:
    return ApiError(403, "AccessDeniedException", message).response()
