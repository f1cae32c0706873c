"""The same function in each language: what holds for every runtime is asked of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node_process import NODE
from workbench import TIMEOUT

from lambda_tui.project.function import Function, Project


@dataclass(frozen=True, slots=True)
class Written:
    """A runtime, and how the functions that tests share are written for it."""

    file: str
    handler: str
    runtime: str | None
    remembers: str
    """Answers ``[how many invocations it remembers, whether /tmp remembers any before]``.

    First it does what the event says: ``exit`` with a status, kill itself with a ``signal``,
    ``sleep`` so many seconds, ``spin`` without end, leave a ``child`` and exit, ``fail``. Of an
    ``echo`` it answers that.
    """
    ticks: str
    """Counts on in a file ``ticks``, and in a child's ``child``; answers once both are above the
    event."""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def project(self, directory: Path, source: str, **configuration: Any) -> Project:
        """A project of one function with this source."""
        directory.mkdir(exist_ok=True)
        (directory / self.file).write_text(source)
        given = {
            "name": "function",
            "runtime": self.runtime,
            "timeout": TIMEOUT,
            **configuration,
        }
        function = Function(
            handler=self.handler, code_directory=directory, file=directory / self.file, **given
        )
        return Project(directory, (function,))


PYTHON = Written(
    "lambda_function.py",
    "lambda_function.lambda_handler",
    None,
    remembers="""
import os, subprocess, tempfile, time
count, mark = 0, os.path.join(tempfile.gettempdir(), "mark")
def lambda_handler(event, context):
    global count
    count += 1
    was_kept = os.path.exists(mark)
    open(mark, "w").close()
    event = event or {}
    if "child" in event:
        subprocess.Popen(["sleep", "1000"])
        os._exit(1)
    if "exit" in event:
        os._exit(event["exit"])
    if "signal" in event:
        os.kill(os.getpid(), event["signal"])
    if "echo" in event:
        return event["echo"]
    if "fail" in event:
        raise ValueError(event["fail"])
    time.sleep(event.get("sleep", 0))
    while "spin" in event:
        pass
    return [count, was_kept]
""",
    ticks="""
import os, subprocess, sys, tempfile, threading, time
FOLDER = tempfile.gettempdir()
def tick(name):
    path, count = os.path.join(FOLDER, name), 0
    while True:
        count += 1
        with open(path + ".new", "w") as file:
            file.write(str(count))
        os.replace(path + ".new", path)
        time.sleep(0.001)
def read(name):
    try:
        return int(open(os.path.join(FOLDER, name)).read())
    except FileNotFoundError:
        return 0
started = False
def lambda_handler(event, context):
    global started
    if not started:
        threading.Thread(target=tick, args=("ticks",), daemon=True).start()
        if os.fork() == 0:
            tick("child")
        started = True
    while min(read("ticks"), read("child")) <= event:
        time.sleep(0.001)
""",
)

_NODE_REMEMBERS = """
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const mark = path.join(os.tmpdir(), 'mark');
let count = 0;
exports.handler = async (event) => {
  count += 1;
  const wasKept = fs.existsSync(mark);
  fs.writeFileSync(mark, '');
  event ??= {};
  if ('child' in event) { spawn('sleep', ['1000']); process.exit(1); }
  if ('exit' in event) process.exit(event.exit);
  if ('signal' in event) { process.kill(process.pid, event.signal); await wait(60); }
  if ('echo' in event) return event.echo;
  if ('fail' in event) throw new RangeError(event.fail);
  if ('sleep' in event) await wait(event.sleep);
  while ('spin' in event);
  return [count, wasKept];
};
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
"""

_NODE_TICKS = """
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const file = (name) => path.join(os.tmpdir(), name);
const write = (name, count) => {
  fs.writeFileSync(file(name + '.new'), String(count));
  fs.renameSync(file(name + '.new'), file(name));
};
const read = (name) => (fs.existsSync(file(name)) ? Number(fs.readFileSync(file(name))) : 0);
const start = () => {
  let count = 0;
  setInterval(() => write('ticks', ++count), 1).unref();
  const step = 'n=$((n+1)); echo $n > "$0.new"; mv "$0.new" "$0"; sleep 0.001';
  const loop = `n=0; while :; do ${step}; done`;
  spawn('/bin/sh', ['-c', loop, file('child')], { detached: true, stdio: 'ignore' }).unref();
};
let isStarted = false;
exports.handler = async (event) => {
  if (!isStarted) start();
  isStarted = true;
  while (Math.min(read('ticks'), read('child')) <= event) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
"""


def _node(runtime: str) -> Written:
    return Written(
        "index.js",
        "index.handler",
        runtime,
        remembers=_NODE_REMEMBERS,
        ticks=_NODE_TICKS,
        settings={"node": NODE},
    )


RUNTIMES = {
    "python": PYTHON,
    "nodejs22.x": _node("nodejs22.x"),
    "nodejs24.x": _node("nodejs24.x"),
}
