"""Installs AWS's SDK from the package index, by pip or npm, into a folder of the user's cache."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.sdk.folders import GROUP, family_of
from lambda_tui.project.wording import shown

LONGEST_SECONDS = 600.0
"""After so long an installation is given up."""

_KEPT_LINES = 200
_PROGRESS = re.compile(r"(?:Collecting|Downloading|Installing|Using cached) \S+.*")
_UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|ConnectionError|Max retries|name resolution|"
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network request"
)
_PIP_OPTIONS = (
    *("install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
    *("--retries", "1"),
)
# The user's own settings of pip do not fit an installation into a folder.
_PIP_VARIABLES = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
_NPM_OPTIONS = (
    *("install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"),
    *("--fetch-retries", "1"),
)


_TIED = """\
import ctypes, os, signal, sys
parent, *command = sys.argv[1:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
try:
    os.execv(command[0], command)
except OSError as error:
    sys.exit(f"{command[0]} does not start: {error.strerror}.")
"""
"""Executes a command that the kernel kills when this process ends, however it ends."""


class InstallationError(Exception):
    """The SDK cannot be installed; ``str()`` is a sentence that says why."""


class Installation:
    """One installation of packages for a runtime; ``run`` belongs in a thread."""

    def __init__(
        self,
        interpreter: Interpreter,
        runtime: str,
        packages: Iterable[str],
        on_progress: Callable[[str], None],
    ) -> None:
        """``runtime`` is AWS's name for the interpreter's version, such as ``python3.13``.

        ``on_progress`` is called in the thread, with a line at a time of what the installer says.
        """
        self._interpreter = interpreter
        self._runtime = runtime
        self._packages = sorted(packages)
        self._on_progress = on_progress
        self._process: subprocess.Popen[bytes] | None = None
        self._is_cancelled = False

    def run(self) -> Path:
        """Return the folder, once everything is installed in it. Raise ``InstallationError``."""
        digest = hashlib.sha256("\0".join(self._packages).encode()).hexdigest()
        family = family_of(self._runtime)
        is_node = self._interpreter.language == "node"
        fill = self._install_by_npm if is_node else self._install_by_pip
        try:
            return Cache.of_user().folder(GROUP, f"{family}{digest[:16]}", fill, family=family)
        except OSError as error:
            raise InstallationError(
                f"the SDK cannot be installed: {error.filename}: {error.strerror}."
            ) from error

    def cancel(self) -> None:
        """End the installer and what it has started; ``run`` then fails."""
        self._is_cancelled = True
        process = self._process
        if process is not None and process.poll() is None:
            # It leads a group of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _install_by_pip(self, folder: Path) -> None:
        # Said in any case: it is what makes another Python's pip install for this one.
        version = ["--python-version", self._runtime.removeprefix("python")]
        options = [*_PIP_OPTIONS, *version, "--only-binary", ":all:", "--target", str(folder)]
        command = [*self._pip(), *options, *self._packages]
        self._install(command, folder, {**os.environ, **_PIP_VARIABLES}, "pip's index-url")

    def _pip(self) -> list[str]:
        """Return the command of the interpreter's pip, or of ours: an environment may have none."""
        for python in (str(self._interpreter.executable), sys.executable):
            if _runs([python, "-m", "pip", "--version"]):
                return [python, "-m", "pip"]
        raise InstallationError(
            f"the SDK cannot be installed: neither {self._interpreter.executable} nor "
            f"lambda-tui's own Python has pip; run `{sys.executable} -m ensurepip`."
        )

    def _install_by_npm(self, folder: Path) -> None:
        # With a range of versions, npm takes the newest that its Node.js can run.
        packages = [f"{name}@*" for name in self._packages]
        command = [*self._npm(), *_NPM_OPTIONS, "--prefix", str(folder), *packages]
        self._install(command, folder, dict(os.environ), "npm's registry")

    def _npm(self) -> list[str]:
        """Return the command of the npm that came with the Node.js, or else of the one on PATH."""
        node = Path(os.path.realpath(self._interpreter.executable))
        own = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        npm = str(own) if own.is_file() else shutil.which("npm")
        if npm is None:
            raise InstallationError(
                f"the SDK cannot be installed: there is no npm beside {node} or on PATH; "
                "install it."
            )
        script = os.path.realpath(npm)
        # Some managers put a program of their own in its place.
        return [str(node), script] if script.endswith(".js") else [npm]

    def _install(
        self, command: list[str], folder: Path, variables: dict[str, str], setting: str
    ) -> None:
        try:
            # By posix_spawn or vfork, as a fork of a process with threads could deadlock.
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *command],
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise InstallationError(
                f"the SDK cannot be installed: {command[0]} does not start: {error.strerror}."
            ) from error
        self._process = process
        if self._is_cancelled:
            self.cancel()
        limit = threading.Timer(LONGEST_SECONDS, self.cancel)
        limit.start()
        try:
            said = self._read(process)
            status = process.wait()
        finally:
            limit.cancel()
        if status != 0:
            raise InstallationError(self._reason(said, setting))

    def _read(self, process: subprocess.Popen[bytes]) -> list[str]:
        """Return the last lines that the installer writes, and pass on those of progress."""
        lines: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stdout is not None
        with process.stdout as stream:
            for line in stream:
                lines.append(line.decode(errors="replace").strip())
                if _PROGRESS.fullmatch(lines[-1]):
                    self._on_progress(shown(lines[-1]))
        return list(lines)

    def _reason(self, said: list[str], setting: str) -> str:
        if self._is_cancelled:
            return "the installation of the SDK was given up."
        names = ", ".join(self._packages)
        if any(map(_UNREACHABLE.search, said)):
            return (
                f"the package index cannot be reached, so {names} is not installed: look at this "
                f"machine's network, or at {setting}."
            )
        errors = [line for line in said if re.match(r"(?i)(?:npm )?err(?:or)?\b", line)]
        last = next(iter(errors or reversed(said)), "it ended without a word")
        return f"{names} cannot be installed: {shown(last)}"


def _runs(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
