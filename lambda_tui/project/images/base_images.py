"""AWS's base images for Lambda, by their names, and the runtimes in them."""

from __future__ import annotations

import re
from typing import NamedTuple

from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES, PYTHON_RUNTIMES
from lambda_tui.project.wording import shown

_REFERENCE = re.compile(
    r"(?:public\.ecr\.aws/lambda/|(?:docker\.io/)?amazon/aws-lambda-)"
    r"(python|nodejs|provided|java|dotnet|ruby|go)(?:[:@.](.*))?"
)
_FOR_BUILDING = "public.ecr.aws/sam/build-"
_VERSION = re.compile(r"\d+(?:\.\d{1,2}(?!\d))?(?:\.al2)?|al\d+")
_LATEST = {"python": PYTHON_RUNTIMES[-1], "nodejs": "nodejs24.x"}
"""The runtimes of images whose tags name no version."""
TASK_ROOT = "/var/task"
RUNTIME_DIRECTORY = "/var/runtime"
VARIABLES = {
    "LANG": "en_US.UTF-8",
    "TZ": ":/etc/localtime",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": (
        "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:"
        "/opt/lib"
    ),
    "LAMBDA_TASK_ROOT": TASK_ROOT,
    "LAMBDA_RUNTIME_DIR": RUNTIME_DIRECTORY,
}
"""The variables that a Dockerfile finds set in each of them."""


class BaseImage(NamedTuple):
    """The image that another is built on."""

    runtime: str | None = None
    """Lambda's identifier of the runtime in it; None where it is not AWS's for Lambda."""
    remark: str | None = None
    """A sentence on it; None where there is nothing to say."""


def base_image(reference: str) -> BaseImage:
    """Return what is known of an image by its name, such as ``public.ecr.aws/lambda/python:3.13``.

    The runtime may be one that nothing runs here.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return BaseImage()
    name, tag = found[1], found[2] or ""
    match = _VERSION.match(tag)
    version = match[0] if match else ""
    if name == "go":
        return BaseImage("go1.x")
    if name == "provided":
        system = f"provided.{version}"
        is_known = system in OS_ONLY_RUNTIMES
        return BaseImage(system if is_known else OS_ONLY_RUNTIMES[0 if tag == "alami" else -1])
    if not version and name in _LATEST:
        taken = _LATEST[name]
        number = taken.removeprefix(name).removesuffix(".x")
        return BaseImage(
            taken,
            f"FROM {shown(reference)} names no version, so {taken} is taken; name one, such as "
            f"{name}:{number}.",
        )
    return BaseImage(f"{name}{version}.x" if name == "nodejs" else f"{name}{version}")


def begins_in_task_root(reference: str) -> bool:
    """Return whether an image has ``/var/task`` as its working directory, as all of AWS's do."""
    return reference.startswith(_FOR_BUILDING) or _REFERENCE.fullmatch(reference) is not None
