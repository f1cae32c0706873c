"""Explains why a machine refuses the sandbox, and what has to change there."""

from __future__ import annotations

import errno
import os
import sys
from typing import NamedTuple

_ELSEWHERE = "`lambda-tui --in docker`, `--in podman` or `--in lima` runs it in real sandboxes."
_ANY_SANDBOX = "allow user, mount, process and IPC namespaces: `unshare -Urmpf true` has to work."
_SECCOMP_FILTER = "2"
"""The field ``Seccomp`` of ``/proc/self/status`` under a profile."""
_PROFILE_HINT = "; docs/containers/seccomp.json allows only what is needed."


class Refusal(NamedTuple):
    """Why environments are not isolated, and the remedy."""

    reason: str
    """A clause without a full stop, for any sentence."""
    remedy: str
    """An instruction, with the command or the options to paste."""


def explain_system() -> Refusal | None:
    """Return why an operating system has no sandbox; None on Linux."""
    if sys.platform.startswith("linux"):
        return None
    return Refusal("namespaces exist on Linux only", _ELSEWHERE)


def explain(error: OSError, root: str = "") -> Refusal:
    """Return what made a step of building the sandbox fail.

    The error's text begins with the system call or the file that was refused, as those of
    ``linux`` do. ``root`` is the path of the root directory whose ``/proc`` is read.
    """
    step = str(error.strerror)
    is_denied = error.errno in (errno.EPERM, errno.EACCES)
    if step.startswith("unshare"):
        setting = _forbidding_setting(error.errno, root)
        if setting is not None:
            return setting
    elif is_denied and _is_restricted_by_apparmor(root) and "/self/" in step:
        # A process without a profile may enter a user namespace, and then has no powers in it.
        return _setting("kernel.apparmor_restrict_unprivileged_userns", 1, 0, root)
    container = _Container(root)
    call = step.partition(":")[0]
    name = call.partition(" ")[0]
    if error.errno == errno.ENOSYS:
        return Refusal(f"this kernel has no {name}", "namespaces need Linux 5.12 or later.")
    if error.errno == errno.EPERM and call.startswith("mount ") and call.endswith("/proc"):
        return container.refusal(f"parts of /proc are masked ({container.masked_text})", "masks")
    if error.errno == errno.EACCES and container.apparmor_profile:
        reason = f"the AppArmor profile {container.apparmor_profile} refuses {name}"
        return container.refusal(reason, "apparmor")
    if error.errno == errno.EPERM and container.has_seccomp:
        return container.refusal(f"a seccomp profile refuses {name}", "seccomp")
    return Refusal(step, _ANY_SANDBOX)


def _forbidding_setting(number: int | None, root: str) -> Refusal | None:
    """Return the setting of the kernel by which no user namespace can be entered, if one does."""
    if number == errno.ENOSPC:
        limit = _setting_value("user.max_user_namespaces", root)
        return _setting("user.max_user_namespaces", limit or 0, 15000, root)
    if _setting_value("kernel.unprivileged_userns_clone", root) == 0:
        return _setting("kernel.unprivileged_userns_clone", 0, 1, root)
    # A seccomp profile answers first, before the kernel comes to look at the setting.
    if _is_restricted_by_apparmor(root) and not _Container(root).has_seccomp:
        return _setting("kernel.apparmor_restrict_unprivileged_userns", 1, 0, root)
    return None


def _is_restricted_by_apparmor(root: str) -> bool:
    return _setting_value("kernel.apparmor_restrict_unprivileged_userns", root) == 1


def _setting(name: str, value: int, wanted: int, root: str) -> Refusal:
    # In a container the settings are read-only.
    place = "on the container's host: " if _Container(root).is_known else ""
    return Refusal(f"{name} is {value}", f"{place}sudo sysctl -w {name}={wanted}")


def _setting_value(name: str, root: str) -> int | None:
    """Return a setting of the kernel; None if it has no such setting."""
    text = _read(f"{root}/proc/sys/{name.replace('.', '/')}").strip()
    return int(text) if text.isdigit() else None


class _Container:
    """A container: the rules that it adds to the kernel's own, and the options that lift them."""

    def __init__(self, root: str) -> None:
        self._is_docker = os.path.exists(f"{root}/.dockerenv")
        self._is_podman = os.path.exists(f"{root}/run/.containerenv")
        self._is_kubernetes = os.path.exists(f"{root}/var/run/secrets/kubernetes.io")
        self.is_known = self._is_docker or self._is_podman or self._is_kubernetes
        status = _read(f"{root}/proc/self/status")
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        self.has_seccomp = fields.get("Seccomp") == _SECCOMP_FILTER
        profile = _read(f"{root}/proc/self/attr/current").strip("\0\n")
        self.apparmor_profile = "" if profile == "unconfined" else profile.partition(" (")[0]
        mounts = [line.split()[4] for line in _read(f"{root}/proc/self/mountinfo").splitlines()]
        self._masked = sorted(path for path in set(mounts) if path.startswith("/proc/"))

    @property
    def masked_text(self) -> str:
        """The first of the masked paths, and the number of the others."""
        first = self._masked[0] if self._masked else "unknown ones"
        return first if len(self._masked) < 2 else f"{first} and {len(self._masked) - 1} more"

    def refusal(self, reason: str, missing: str) -> Refusal:
        """Return a refusal with everything that has to be taken away, ``missing`` first.

        A mask or an AppArmor profile that has not been met yet would be the next to refuse.
        """
        refusing = [missing]
        if missing != "masks":
            if self.apparmor_profile and missing != "apparmor":
                refusing.append("apparmor")
            if self._masked:
                refusing.append("masks")
        if self._is_kubernetes:
            fields = {
                "seccomp": "seccompProfile.type: Unconfined",
                "apparmor": "appArmorProfile.type: Unconfined",
                "masks": "procMount: Unmasked",
            }
            wanted = ", ".join(fields[one] for one in refusing)
            return Refusal(reason, f"set in the container's securityContext: {wanted}")
        if not self.is_known:
            return Refusal(reason, _ANY_SANDBOX)
        options = {
            "seccomp": "seccomp=unconfined",
            "apparmor": "apparmor=unconfined",
            "masks": "unmask=ALL" if self._is_podman else "systempaths=unconfined",
        }
        wanted = " ".join(f"--security-opt {options[one]}" for one in refusing)
        hint = _PROFILE_HINT if "seccomp" in refusing else ""
        return Refusal(reason, f"start the container with {wanted}{hint}")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
