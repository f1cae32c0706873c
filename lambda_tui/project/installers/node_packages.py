"""Installs packages of Node.js into a folder, by the package manager whose lock file there is."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.installers.installer import InstallationError, Installer
from lambda_tui.project.installers.local_packages import copy_packages
from lambda_tui.project.interpreters import Interpreter

NODE_MODULES = "node_modules"
NPM_SETTINGS = "npm's registry"
LOCKS = {
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "pnpm-lock.yaml": "pnpm",
    "yarn.lock": "yarn",
}
"""The package managers by their lock files; it is npm where there is none of them."""
_SETTINGS = (".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", "pnpm-workspace.yaml")
"""Files beside a package.json by which package managers go."""
_NPM_OPTIONS = ("--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1")
_LARGEST_LOCK = 64 << 20


def install_node(
    installer: Installer,
    folder: Path,
    local: Sequence[Path],
    target: Path,
    *,
    what: str,
    builder: str = "",
) -> None:
    """Install what the package.json of a folder needs in production into ``target``.

    The folder itself is not touched: its files are copied, and so are the packages in ``local``,
    which it names by their paths. A ``builder`` is a further package, such as ``esbuild@*``. No
    script of a package is run. Raise ``InstallationError``.
    """
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        package = _copy(folder, local, Path(scratch))
        command, variables = _command(installer.interpreter, package, has_local=bool(local))
        installer.run(command, package, variables, what=what, settings=NPM_SETTINGS)
        modules = package / NODE_MODULES
        modules.mkdir(exist_ok=True)
        _replace_links(modules)
        if builder:
            _add(installer, builder, modules, Path(scratch, ".builder"))
        modules.rename(target / NODE_MODULES)


def _add(installer: Installer, package: str, modules: Path, scratch: Path) -> None:
    """Install one more package, with what it needs, of which nothing replaces what is there."""
    scratch.mkdir()
    command = [*npm_of(installer.interpreter), "install", "--no-package-lock", *_NPM_OPTIONS]
    command += ["--prefix", str(scratch), package]
    installer.run(command, scratch, {}, what=package, settings=NPM_SETTINGS)
    for entry in (scratch / NODE_MODULES).iterdir():
        if not entry.name.startswith(".") and not (modules / entry.name).exists():
            entry.rename(modules / entry.name)


def npm_of(interpreter: Interpreter) -> list[str]:
    """Return the command of the npm that came with the Node.js, or else of the one on PATH."""
    node = Path(os.path.realpath(interpreter.executable))
    own = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = str(own) if own.is_file() else shutil.which("npm")
    if npm is None:
        raise InstallationError(
            f"nothing can be installed: there is no npm beside {node} or on PATH; install it."
        )
    script = os.path.realpath(npm)
    # Some managers put a program of their own in its place.
    return [str(node), script] if script.endswith(".js") else [npm]


def _command(
    interpreter: Interpreter, package: Path, *, has_local: bool
) -> tuple[list[str], dict[str, str]]:
    """Return the command that installs exactly what a lock file names, and its variables."""
    lock = next((name for name in LOCKS if (package / name).is_file()), None)
    if lock is None or LOCKS[lock] == "npm":
        # Only with packed copies of packages at paths is installed what they need, and no lock
        # file knows such; the other packages have the lock file's versions all the same.
        is_exact = lock is not None and not has_local
        verb = ("ci",) if is_exact else ("install", "--install-links")
        return [*npm_of(interpreter), *verb, *_NPM_OPTIONS], {}
    manager = LOCKS[lock]
    program = shutil.which(manager)
    if program is None:
        raise InstallationError(
            f"{lock} is {manager}'s, and {manager} is not on PATH; install it, or run "
            f"`corepack enable {manager}`."
        )
    if manager == "pnpm":
        options = ("--prod", "--frozen-lockfile", "--ignore-scripts", "--ignore-workspace")
        # As npm lays packages out: without links that lead to a store.
        return [program, "install", *options, "--config.node-linker=hoisted"], {"CI": "true"}
    if b"__metadata:" in _read(package / lock):
        # It is in the files of yarn from 2 on.
        variables = {"YARN_NODE_LINKER": "node-modules", "YARN_ENABLE_SCRIPTS": "false"}
        return [program, "install", "--immutable"], variables
    options = ("--production", "--frozen-lockfile", "--ignore-scripts", "--non-interactive")
    return [program, "install", *options, "--no-progress"], {}


def _copy(folder: Path, local: Sequence[Path], scratch: Path) -> Path:
    """Copy a package.json, and the packages that it names, so that their paths still lead there."""
    for path in local:
        if folder.is_relative_to(path):
            raise InstallationError(
                f"{folder / 'package.json'} names the folder {path} that it is in; move what the "
                "function needs of it into a folder of its own."
            )
    package = copy_packages(local, folder, scratch)[folder]
    for name in ("package.json", *LOCKS, *_SETTINGS):
        if (folder / name).is_file():
            shutil.copy2(folder / name, package / name)
    return package


def _replace_links(modules: Path) -> None:
    """Put the packages themselves in the place of links to copies of them, which will be gone."""
    scopes = [entry for entry in modules.glob("@*") if entry.is_dir()]
    for entry in [each for parent in (modules, *scopes) for each in parent.iterdir()]:
        real = Path(os.path.realpath(entry))
        if entry.is_symlink() and not real.is_relative_to(os.path.realpath(modules)):
            entry.unlink()
            if real.is_dir():
                shutil.copytree(real, entry, symlinks=True)


def _read(file: Path) -> bytes:
    try:
        return read_bytes(file, _LARGEST_LOCK)
    except UnreadableFileError:
        return b""
