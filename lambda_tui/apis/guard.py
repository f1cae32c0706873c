"""Keeps web pages out: they may not reach the API under a name of theirs, nor from their origin."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from lambda_tui.apis.errors import ApiError
from lambda_tui.apis.message import Request, Response

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})


class Guard:
    """Lets requests in whose ``Host`` and ``Origin`` are this machine, as the user bound it."""

    def __init__(self, host: str) -> None:
        self._names = _LOOPBACK | {host.lower()}
        # A page cannot rebind an address, only a name.
        self._takes_addresses = host in _EVERYWHERE
        self._last_host: str | None = None
        """The header that was let in last: most often that of the next request too."""

    def refusal(self, request: Request) -> Response | None:
        """The answer to a request from elsewhere; None lets it in."""
        host, origin = request.header("host"), request.header("origin")
        if host is None or (host != self._last_host and not self._is_ours(f"//{host}")):
            return _forbidden(f"The Host header {host!r} does not name this server.")
        self._last_host = host
        if origin is not None and not self._is_ours(origin):
            return _forbidden(f"The origin {origin!r} may not use this server.")
        return None

    def _is_ours(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            # Reading it checks it.
            _ = parts.port
            name = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            return False
        return name in self._names or (self._takes_addresses and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _forbidden(message: str) -> Response:
    return ApiError(403, "AccessDeniedException", message).response()
