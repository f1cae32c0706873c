"""Containers by crun with what Docker gives one: its capabilities, masked paths and a profile."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.files import ROOT

PROFILE = ROOT / "docs/containers/seccomp.json"
_CAPABILITIES = [
    f"CAP_{name}"
    for name in (
        *("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID"),
        *("SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"),
    )
]
_MASKED = ["/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/timer_list"]
_READ_ONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
_SAFE = ["nosuid", "noexec", "nodev"]
# crun wants the one kind of control groups or the other, where some machines have both.
_SCRIPT = """
mount --bind / {rootfs} && mount -o remount,ro,bind {rootfs} || exit 90
umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup
exec crun --root {state} --cgroup-manager=disabled run --bundle {bundle} {name}
"""


@dataclass(frozen=True)
class Container:
    """How the commands of a container are confined."""

    folder: Path
    """A new folder for its bundle; the container does not see it."""
    user: int = 0
    masks: bool = False
    """Whether parts of ``/proc`` are masked, as they are by default."""
    refused: tuple[str, ...] = ()
    """System calls that the profile refuses besides its own."""

    def run(self, command: Iterable[object], folders: Iterable[Path]) -> str:
        """Run a command to its end; return its output, standard error included."""
        bundle = self.folder / "bundle"
        (bundle / "rootfs").mkdir(parents=True, exist_ok=True)
        config = self._config([str(part) for part in command], folders)
        (bundle / "config.json").write_text(json.dumps(config))
        script = _SCRIPT.format(
            rootfs=shlex.quote(str(bundle / "rootfs")),
            bundle=shlex.quote(str(bundle)),
            state=shlex.quote(str(self.folder / "state")),
            name=f"lambda-tui-{abs(hash(bundle))}",
        )
        ran = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return ran.stdout

    def _config(self, command: list[str], folders: Iterable[Path]) -> dict[str, Any]:
        held = _CAPABILITIES if self.user == 0 else []
        seen = dict.fromkeys([ROOT, Path(sys.prefix), Path(sys.base_prefix), *folders])
        return {
            "ociVersion": "1.0.2",
            "process": {
                "terminal": False,
                "user": {"uid": self.user, "gid": self.user},
                "args": command,
                "env": ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", f"PYTHONPATH={ROOT}"],
                "cwd": "/",
                "capabilities": {
                    "bounding": _CAPABILITIES,
                    "effective": held,
                    "permitted": held,
                },
            },
            "root": {"path": "rootfs", "readonly": True},
            "mounts": [
                _mount("/proc", "proc", *_SAFE),
                _mount("/dev", "tmpfs", "nosuid", "mode=755"),
                _mount("/dev/pts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666"),
                _mount("/dev/shm", "tmpfs", *_SAFE, "mode=1777"),
                {**_mount("/sys", "bind", "rbind", "ro", *_SAFE), "source": "/sys"},
                _mount("/tmp", "tmpfs", "mode=1777"),
                # A user may not enter some folders above these, such as root's home.
                *(_mount(folder, "tmpfs", "mode=755") for folder in _closed_folders(seen)),
                *({**_mount(str(one), "bind", "rbind"), "source": str(one)} for one in seen),
            ],
            "linux": {
                "namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")],
                "maskedPaths": _MASKED if self.masks else [],
                "readonlyPaths": _READ_ONLY if self.masks else [],
                "seccomp": self._seccomp(),
            },
        }

    def _seccomp(self) -> dict[str, Any]:
        """Return the profile as Docker hands it to what runs containers."""
        profile = json.loads(PROFILE.read_text())
        calls = [
            {key: value for key, value in call.items() if key != "comment"}
            for call in profile["syscalls"]
        ]
        if self.refused:
            calls.append({"names": list(self.refused), "action": "SCMP_ACT_ERRNO", "errnoRet": 1})
        architectures = [
            name
            for entry in profile["archMap"]
            if entry["architecture"] in ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
            for name in (entry["architecture"], *entry["subArchitectures"])
        ]
        return {
            "defaultAction": profile["defaultAction"],
            "architectures": architectures,
            "syscalls": calls,
        }


def _closed_folders(paths: Iterable[Path]) -> list[str]:
    """Return the outermost folders above paths that others may not enter, but for those in /tmp."""
    closed = set()
    for path in paths:
        above = [one for one in reversed(path.parents) if one.stat().st_mode & 0o001 == 0]
        if above and not path.is_relative_to("/tmp"):
            closed.add(str(above[0]))
    return sorted(closed)


def _mount(target: str, kind: str, *options: str) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": kind, "options": list(options)}
