"""The two walls of the file system: /tmp has a size, and nothing else can be written to.

Watch: with the event "full_disk" the handler writes to /tmp until there is no space left, at the
512 MB of the template's EphemeralStorage; raise it to 1024, save, and twice as much fits. With
"full_disk-outside" it tries to write beside its own code, where the file system is read-only.
(At the sandbox level "processes" the first wall is missing, and the handler says so.)
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from pathlib import Path

MEGABYTE = b"\0" * 1024 * 1024
# A /tmp larger than this is the machine's own: filling it would be no demonstration.
LARGEST_TMP = 1200 * len(MEGABYTE)


def write_until_full(file):
    written = 0
    try:
        with file.open("wb", buffering=0) as stream:
            while True:
                written += stream.write(MEGABYTE)
    except OSError as error:
        return written, error
    finally:
        # The space is given back, or the next invocation would find /tmp full.
        file.unlink(missing_ok=True)


def handler(event, context):
    if event.get("write") == "outside":
        file = Path(__file__).with_name("note.txt")
        try:
            file.write_text("is anybody here?")
        except OSError as error:
            print(f"writing {file} failed: {error}")
            return {"file": str(file), "error": errno.errorcode[error.errno]}
        file.unlink()
        return {"file": str(file), "error": None, "message": "nothing stopped me"}

    tmp = Path(tempfile.gettempdir())
    if shutil.disk_usage(tmp).total > LARGEST_TMP:
        return {"megabytes": 0, "error": None, "message": f"{tmp} has no size of its own here"}
    written, error = write_until_full(tmp / "filling.bin")
    megabytes = written // len(MEGABYTE)
    print(f"wrote {megabytes} MB: {error}")
    return {"megabytes": megabytes, "error": errno.errorcode[error.errno]}
