"""What a function's environments have of the network: the machine's, or each one of its own.

Extensions listen on fixed ports, as on AWS, where every environment has a network of its own. Here
a network of its own needs a program that connects it to the outside.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.engine.launch.runtime import external_extensions, is_snapshot_taken_of
from lambda_tui.project.function import Function
from lambda_tui.project.settings import NetworkChoice

RESOLVER = "10.0.2.3"
"""The name server in a connected network: both programs ask the machine's own behind it."""
_DEVICE = Path("/dev/net/tun")
_SLIRP = ("--configure", "PID", "tap0")
# No port inside is opened to the machine; to the machine's own loopback all are, as where it is
# shared, or a local database would be out of reach.
_PASTA = (
    *("--foreground", "--quiet", "--config-net", "--dns-forward", RESOLVER),
    *("-t", "none", "-u", "none", "-T", "auto", "-U", "none", "PID"),
)


class NetworkRefusedError(Exception):
    """An environment cannot be made beside another; ``str()`` is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A program that connects a network namespace to the outside."""

    name: str
    command: tuple[str, ...]
    """``PID`` in it stands for a process of the namespace."""


@dataclass(frozen=True, slots=True)
class Network:
    """What an environment gets."""

    is_own: bool = False
    connector: Connector | None = None
    """Of its own network; without one there is no outside."""
    refusal: str = ""
    """Why there may be no second environment beside it; empty when there may."""

    shortcoming: str = ""
    """What the environment lacks, in one sentence; empty when that is nothing."""

    @property
    def resolver(self) -> str:
        """The address of its name server, where that is not the machine's."""
        return RESOLVER if self.connector else ""


def network_for(function: Function, choice: NetworkChoice, *, has_namespaces: bool) -> Network:
    """What the setting, the function and the machine come to together."""
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
    """The program on ``PATH`` that connects networks, where the machine lets it."""
    if not os.access(_DEVICE, os.R_OK | os.W_OK):
        return None
    pasta, slirp = shutil.which("pasta"), shutil.which("slirp4netns")
    if pasta is not None:
        # As root it would become nobody, who may not enter the namespace.
        user = ("--runas", "0") if os.geteuid() == 0 else ()
        return Connector("pasta", (os.path.abspath(pasta), *user, *_PASTA))
    if slirp is not None:
        return Connector("slirp4netns", (os.path.abspath(slirp), *_SLIRP))
    return None


def connector_remedy() -> str:
    """What to do where there is none."""
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
