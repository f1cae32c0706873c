"""Chooses the network of a function's environments: the machine's, or one of their own.

Extensions listen on fixed ports. On AWS every environment has a network of its own; here that
needs a program that connects the network namespace to the outside.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.engine.launch.runtime import is_snapshot_taken_of
from lambda_tui.project.function import Function
from lambda_tui.project.layers import external_extensions
from lambda_tui.project.settings import NetworkChoice

RESOLVER = "10.0.2.3"
"""The name server in a connected network; it forwards to the machine's own."""
_MACHINE = "10.0.2.2"
"""The machine itself, in a network that slirp4netns connects."""
_DEVICE = Path("/dev/net/tun")
_SLIRP = ("--configure", "PID", "tap0")
# No port inside is exposed to the machine. The machine's loopback ports can be reached from inside,
# as with the shared network, or a local database would be out of reach.
_PASTA = (
    *("--foreground", "--quiet", "--config-net", "--dns-forward", RESOLVER),
    *("-t", "none", "-u", "none", "-T", "auto", "-U", "none", "PID"),
)


class NetworkRefusedError(Exception):
    """An environment cannot exist beside another; ``str()`` is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A program that connects a network namespace to the outside."""

    name: str
    command: tuple[str, ...]
    """``PID`` in it stands for the id of a process in the namespace."""


@dataclass(frozen=True, slots=True)
class Network:
    """The network of an environment."""

    is_own: bool = False
    connector: Connector | None = None
    """Connects its own network; None leaves it without an outside."""
    refusal: str = ""
    """Why no second environment may exist beside it; empty when one may."""

    shortcoming: str = ""
    """One sentence about what the environment lacks; empty when it lacks nothing."""

    def reaches(self, address: str) -> str | None:
        """Return the address inside of what this machine serves at one; None without a way there.

        Both are URLs.
        """
        if not self.is_own:
            return address
        if self.connector is None:
            return None
        # The other one has the machine's loopback at an address of its own.
        is_pasta = self.connector.name == "pasta"
        return address if is_pasta else address.replace("//127.0.0.1:", f"//{_MACHINE}:")

    @property
    def resolver(self) -> str:
        """Address of its name server; empty where that is the machine's."""
        return RESOLVER if self.connector else ""


class NetworkPolicy:
    """Which environments of a function may exist beside one another, given their network."""

    def __init__(
        self,
        choice: NetworkChoice,
        has_namespaces: Callable[[], bool],
        warn: Callable[[str], None],
    ) -> None:
        """``has_namespaces`` tells whether the machine has them or, while unknown, may have them.

        ``warn`` receives one sentence about what environments lack, once.
        """
        self._choice = choice
        self._has_namespaces = has_namespaces
        self._warn = warn
        self._told: set[str] = set()

    def network(self, function: Function, *, has_others: bool) -> Network:
        """Return the network of an environment, beside others or not.

        Raise ``NetworkRefusedError``.
        """
        network = self._network_for(function)
        if network.refusal and has_others:
            raise NetworkRefusedError(network.refusal)
        return network

    def allows_another(self, function: Function, *, has_others: bool) -> bool:
        """Return whether one more may be made; tell what it lacks, or why not."""
        try:
            sentence, is_allowed = self.network(function, has_others=has_others).shortcoming, True
        except NetworkRefusedError as error:
            sentence, is_allowed = str(error), False
        if sentence and sentence not in self._told:
            self._told.add(sentence)
            self._warn(sentence)
        return is_allowed

    def must_wait(self, function: Function) -> bool:
        """Return whether environments that are ending must have gone before another can start."""
        return bool(self._network_for(function).refusal)

    def forget(self) -> None:
        """Tell again what was told before: something has changed."""
        self._told.clear()

    def _network_for(self, function: Function) -> Network:
        return network_for(function, self._choice, has_namespaces=self._has_namespaces())


def network_for(function: Function, choice: NetworkChoice, *, has_namespaces: bool) -> Network:
    """Return the network that the setting, the function and the machine allow."""
    if choice == "shared" or (choice == "auto" and not external_extensions(function)):
        return Network()
    if not has_namespaces:
        why = "this machine gives environments no network of their own"
        return Network(refusal=_refusal(function, why, 'set network = "shared"'))
    if is_snapshot_taken_of(function):
        why = "what is restored from a snapshot has no network of its own here"
        return Network(refusal=_refusal(function, why, 'set network = "shared"'))
    connector = find_connector()
    if connector is None and choice == "auto":
        remedy = f'{connector_remedy()}, or set network = "shared" or "own"'
        why = "nothing connects a network of its own to the outside"
        return Network(refusal=_refusal(function, why, remedy))
    shortcoming = "" if connector else _shortcoming(function)
    return Network(is_own=True, connector=connector, shortcoming=shortcoming)


def find_connector() -> Connector | None:
    """Return the program on ``PATH`` that connects networks, where the machine permits it."""
    if not os.access(_DEVICE, os.R_OK | os.W_OK):
        return None
    pasta, slirp = shutil.which("pasta"), shutil.which("slirp4netns")
    if pasta is not None:
        # Started by root it would become nobody, who may not enter the namespace.
        user = ("--runas", "0") if os.geteuid() == 0 else ()
        return Connector("pasta", (os.path.abspath(pasta), *user, *_PASTA))
    if slirp is not None:
        return Connector("slirp4netns", (os.path.abspath(slirp), *_SLIRP))
    return None


def connector_remedy() -> str:
    """Return what to do where no connector is found."""
    if shutil.which("pasta") or shutil.which("slirp4netns"):
        return f"make {_DEVICE} open to you"
    return "install pasta (package passt)"


def _shortcoming(function: Function) -> str:
    return (
        f"Each environment of {function.name} has a network of its own with no way to the outside; "
        f"to connect it {connector_remedy()}."
    )


def _refusal(function: Function, why: str, remedy: str) -> str:
    return (
        f"A second environment of {function.name} is refused: extensions listen on fixed ports, "
        f"and {why}; {remedy}."
    )
