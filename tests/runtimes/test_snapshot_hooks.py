"""The end of a runtime whose hooks around a snapshot fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.runtimes_package import RUNTIMES

FUNCTION = """
from snapshot_restore_py import register_after_restore, register_before_snapshot

@register_{when}
def fail():
    raise SystemExit("a hook may raise anything")

def lambda_handler(event, context): ...
"""
# A runtime on its own, whose restores take place in the same process.
SCRIPT = """
import importlib, importlib.util, os, socket, sys
runtimes, task_root = sys.argv[1:]
specification = importlib.util.spec_from_file_location("boot", runtimes + "/boot.py")
boot = importlib.util.module_from_spec(specification)
specification.loader.exec_module(boot)
boot.load_package("hidden", runtimes)
Channel = importlib.import_module("hidden.frames").Channel
python = importlib.import_module("hidden.python")
message = {
    "environment": {},
    "handler": "lambda_function.lambda_handler",
    "task_root": task_root,
    "layers_root": "/opt",
    "sdk_root": "/var/runtime",
    "hidden_modules": [],
}
ours, theirs = (Channel(end.detach()) for end in socket.socketpair())
os.dup2(2, 62)

def serve_restores(channel, resume):
    assert ours.receive().message["kind"] == "ready"
    os.write(1, b"taken ")
    finish(resume(channel, message)())

def finish(status):
    frame = ours.receive()
    os.write(1, f"{frame.message['kind']} {frame.message['error_type']}".encode())
    os._exit(status)

finish(python.main(theirs, message, serve_restores)())
"""


@pytest.mark.rule("6.2.8")
@pytest.mark.parametrize(
    ("when", "said", "status"),
    [
        ("before_snapshot", "init_error Runtime.BeforeSnapshotError", 64),
        ("after_restore", "taken restore_error Runtime.AfterRestoreError", 65),
    ],
)
def test_a_runtime_whose_hook_fails_ends_with_awss_status(
    tmp_path: Path, when: str, said: str, status: int
) -> None:
    (tmp_path / "lambda_function.py").write_text(FUNCTION.format(when=when))
    arguments = [str(RUNTIMES), str(tmp_path)]

    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert (ran.stdout.decode(), ran.returncode) == (said, status), ran.stderr
