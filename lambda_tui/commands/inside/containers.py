"""Runs lambda-tui in a container of Docker or Podman."""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NoReturn

from lambda_tui.commands.inside.errand import Errand
from lambda_tui.commands.inside.programs import become, output_of, run_visibly, succeeds
from lambda_tui.commands.inside.source import copy_source, source_digest, source_file
from lambda_tui.project.function import Function

ContainerEngine = Literal["docker", "podman"]

IMAGE_VARIABLE = "LAMBDA_TUI_IMAGE"
"""Names an image of the user's own, which is then not built."""
_LEAST_PYTHON = 11
_EVERYWHERE = "0.0.0.0"
_TUN = "/dev/net/tun"
"""The device by which pasta connects environments with a network of their own."""
_CONFIGURATION, _CACHE = "/config", "/cache"


def run_in_container(
    engine: ContainerEngine, errand: Errand, functions: Iterable[Function]
) -> NoReturn:
    """Run the errand in a container in the place of this process, and build the image first.

    The image has the versions of Python and Node.js that most of the functions name.
    """
    is_rootless = _is_rootless(engine)
    image = os.environ.get(IMAGE_VARIABLE) or _built_image(engine, functions)
    options = _run_options(engine, errand, is_rootless=is_rootless)
    become([engine, *options, image, *_inside(errand)])


def _is_rootless(engine: ContainerEngine) -> bool:
    """Return whether root inside is the user outside; ask the engine, which must be running."""
    if engine == "podman":
        return False
    return "name=rootless" in output_of(engine, "info", "--format", "{{json .SecurityOptions}}")


def _built_image(engine: ContainerEngine, functions: Iterable[Function]) -> str:
    """Return the image of this very source, and build it where it does not exist."""
    versions = _versions(function.runtime or "" for function in functions)
    suffix = "".join(f"-{name}{version}" for name, version in versions.items())
    image = f"lambda-tui:{source_digest()}{suffix}".lower()
    if succeeds(engine, "image", "inspect", image):
        return image
    arguments = [
        part for name, version in versions.items() for part in ("--build-arg", f"{name}={version}")
    ]
    with TemporaryDirectory(prefix="lambda-tui-") as folder:
        context = Path(folder) / "source"
        copy_source(context)
        containerfile = context / "docs/containers/Containerfile"
        tags = ("--tag", image, "--tag", "lambda-tui:latest")
        run_visibly(
            [engine, "build", *tags, *arguments, "--file", str(containerfile), str(context)],
            f"{engine} could not build the image",
        )
    return image


def _versions(runtimes: Iterable[str]) -> dict[str, str]:
    """Return the build arguments for the versions that most functions name.

    lambda-tui itself runs on the same Python, and needs one of a certain version.
    """
    names = list(runtimes)
    pythons = Counter(
        found[1] for name in names if (found := re.fullmatch(r"python3\.(\d+)", name))
    )
    nodes = Counter(found[1] for name in names if (found := re.fullmatch(r"nodejs(\d+)\.x", name)))
    versions = {}
    usable = [(count, minor) for minor, count in pythons.items() if int(minor) >= _LEAST_PYTHON]
    if usable:
        versions["PYTHON"] = f"3.{max(usable)[1]}"
    if nodes:
        versions["NODE"] = nodes.most_common(1)[0][0]
    return versions


def _run_options(engine: ContainerEngine, errand: Errand, *, is_rootless: bool) -> list[str]:
    options = ["run", "--rm", "--interactive", *(["--tty"] if errand.has_terminal else [])]
    for option in _security(engine):
        options += ["--security-opt", option]
    if engine == "podman":
        # Root needs no mapping, and Podman refuses one.
        options += ["--userns", "keep-id"] if os.getuid() != 0 else []
    else:
        # Functions reach the services of this machine by the name that Docker Desktop has for it.
        options += ["--add-host", "host.docker.internal:host-gateway"]
        if not is_rootless:
            options += ["--user", f"{os.getuid()}:{os.getgid()}"]
    if os.access(_TUN, os.R_OK | os.W_OK):
        options += ["--device", _TUN]
    for folder in errand.folders:
        options += ["--mount", _mount(type="bind", source=folder, target=folder)]
    if errand.configuration.is_dir():
        target = f"{_CONFIGURATION}/{errand.configuration.name}"
        settings = _mount("readonly", type="bind", source=errand.configuration, target=target)
        options += ["--mount", settings]
    # A volume for each user: its files are that user's own.
    volume = f"lambda-tui-cache-{os.getuid()}"
    options += ["--mount", _mount(type="volume", source=volume, target=_CACHE)]
    options += ["--workdir", str(errand.directory)]
    for name, value in errand.variables.items():
        options += ["--env", f"{name}={value}"]
    if errand.port is not None:
        host = f"[{errand.host}]" if ":" in errand.host else errand.host
        options += ["--publish", f"{host}:{errand.port}:{errand.port}"]
    return options


def _security(engine: ContainerEngine) -> list[str]:
    """Return the security options with which a container lets sandboxes be built.

    SELinux would keep the project from the container, and AppArmor any mount.
    """
    unmasked = "unmask=ALL" if engine == "podman" else "systempaths=unconfined"
    profile = source_file("docs/containers/seccomp.json")
    return [f"seccomp={profile}", unmasked, "apparmor=unconfined", "label=disable"]


def _mount(*flags: str, **fields: object) -> str:
    """Return a value for ``--mount``, in which a path may have a comma."""
    text = io.StringIO()
    row = [*(f"{name}={value}" for name, value in fields.items()), *flags]
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


def _inside(errand: Errand) -> list[str]:
    """Return lambda-tui's arguments; a server has to listen where the engine forwards to."""
    if errand.port is None:
        return list(errand.arguments)
    return [*errand.arguments, "--host", _EVERYWHERE, "--port", str(errand.port)]
