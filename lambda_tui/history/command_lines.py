"""An invocation as a command to paste into a shell: of the AWS CLI, and of lambda-tui."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shlex
from pathlib import Path

from msgspec import Struct
from platformdirs import user_state_path

from lambda_tui.terminal_text import UNSAFE_CHARACTER

INLINE_BYTES = 4096
"""The largest event that stands in the command itself."""

MOST_EVENT_FILES = 100
"""Files of larger events that are kept."""

_STRING_OR_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|[\t\r\n]+ *', re.DOTALL)
"""A string of JSON, or white space between tokens that a terminal would act upon."""


class Call(Struct, frozen=True, kw_only=True):
    """The arguments of an invocation."""

    function: str
    event: bytes
    """JSON."""
    qualifier: str | None = None
    client_context: str | None = None
    """JSON text."""
    tenant_id: str | None = None
    is_asynchronous: bool = False


def aws_line(call: Call, endpoint: str | None, region: str) -> str:
    """Return the invocation as one line of ``aws lambda invoke``, for a POSIX shell.

    ``endpoint`` is the URL where lambda-tui serves the Lambda API; None leaves the line to AWS
    itself. The response goes to standard output. It works with both versions of the AWS CLI, of
    which the second takes an event as base64 unless it is a file's. A large event is written to a
    file; raise ``OSError`` when that fails.
    """
    event = _inline(call.event)
    source = "/dev/stdin" if event is not None else str(event_file(call.event))
    words = ["aws", "lambda", "invoke", *_option("--function-name", call.function)]
    words += _options(call)
    if call.is_asynchronous:
        words += ["--invocation-type", "Event"]
    if call.client_context is not None:
        encoded = base64.b64encode(call.client_context.encode()).decode()
        words += _option("--client-context", encoded)
    words += ["--payload", f"fileb://{source}"]
    if endpoint is not None:
        words += ["--endpoint-url", endpoint, "--region", region]
    line = shlex.join([*words, "/dev/stdout"])
    if endpoint is not None:
        # The CLI insists on credentials, which lambda-tui does not look at.
        line = f"AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local {line}"
    return line if event is None else f"printf %s {shlex.quote(event)} | {line}"


def lambda_tui_line(call: Call, project: Path) -> str:
    """Return the invocation as one line of ``lambda-tui invoke``, for a POSIX shell.

    ``project`` is the project's folder. A large event is written to a file; raise ``OSError`` when
    that fails.
    """
    event = _inline(call.event)
    words = ["lambda-tui", "invoke", *_option("--project", str(project.absolute()))]
    words += _options(call)
    if call.is_asynchronous:
        words.append("--async")
    if call.client_context is not None and not call.is_asynchronous:
        words += _option("--client-context", call.client_context)
    if event is None:
        words += ["--event", str(event_file(call.event))]
    else:
        words += _option("--payload", event)
    # The name of a function may begin like an option.
    return shlex.join([*words, "--", call.function])


def event_file(event: bytes) -> Path:
    """Write an event to a file that the user alone can read, and return its path.

    It lies in the user's state directory, by its content. Raises ``OSError``.
    """
    folder = events_directory()
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{hashlib.sha256(event).hexdigest()[:16]}.json"
    unfinished = folder / f".{os.getpid()}"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(event)
    unfinished.rename(file)
    # The file just written is the newest.
    oldest_first = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in oldest_first[:-MOST_EVENT_FILES]:
        path.unlink(missing_ok=True)
    return file


def remove_event_files() -> None:
    """Remove the files of all larger events. Raises ``OSError``."""
    for path in events_directory().glob("*.json"):
        path.unlink(missing_ok=True)


def events_directory() -> Path:
    """Return the folder of the events that are too large for a command."""
    return user_state_path("lambda-tui") / "events"


def _options(call: Call) -> list[str]:
    """Return the options that both programs have."""
    words = []
    if call.qualifier is not None:
        words += _option("--qualifier", call.qualifier)
    if call.tenant_id is not None:
        words += _option("--tenant-id", call.tenant_id)
    return words


def _option(name: str, value: str) -> list[str]:
    """Return an option with its value, which may look like another option."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def _inline(event: bytes) -> str | None:
    """Return an event as one line with the same value; None where it is too large or no text.

    A terminal acts upon a tab or a control character that is pasted into it, so that none is left.
    """
    if len(event) > INLINE_BYTES:
        return None
    try:
        text = event.decode()
    except UnicodeDecodeError:
        return None
    text = _STRING_OR_SPACE.sub(lambda match: match[1] or " ", text).strip()
    # Outside of strings JSON has no such character.
    return UNSAFE_CHARACTER.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
