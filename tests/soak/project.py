"""The project that is served for long: a function of each kind of runtime and extension."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

from support.extensions import PYTHON
from support.files import PROJECTS, save, write_program
from support.lambda_api import VERSION
from support.node_process import NODE

_SOURCES = PROJECTS / "every_kind"
_SUBSCRIBER = f"""{PYTHON}
import http.server
import random
import threading

class Listener(http.server.BaseHTTPRequestHandler):
    # It accepts most batches, refuses some, and leaves some without an answer.
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if random.random() < 0.1:
            return
        self.send_response(random.choice([200, 200, 200, 500]))
        self.end_headers()

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("0.0.0.0", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
register("INVOKE", "SHUTDOWN")
subscribe({{"protocol": "HTTP", "URI": f"http://sandbox.localdomain:{{server.server_port}}"}})
while next_event()["eventType"] != "SHUTDOWN":
    pass
"""
_HOG = """
def handler(event, context):
    if "memory" in event:
        return sum(len(part) for part in [b"x" * (1 << 20) for _ in range(1024)])
    return event["echo"]
"""
_SETTINGS = f"""
python = "{sys.executable}"
node = "{NODE}"
maximum_environments = 4
idle_timeout = 0.5
retry_delays = [0.1, 0.2]
sdk = "off"

[functions.client]
bootstrap = ["{sys.executable}", "-m", "awslambdaric"]
"""
_PYTHON, _NODE, _BASH = VERSION, "nodejs24.x", "provided.al2023"
_FUNCTIONS = {
    # Name: runtime, layer, memory size, timeout.
    "python": (_PYTHON, None, 512, 60),
    "node": (_NODE, None, 1024, 60),
    "bash": (_BASH, None, 512, 60),
    "client": (_PYTHON, None, 512, 60),
    "external": (_PYTHON, "External", 512, 60),
    "telemetry": (_PYTHON, "Telemetry", 512, 60),
    "internal": (_PYTHON, None, 512, 60),
    "hog": (_PYTHON, None, 128, 60),
    "slow": (_PYTHON, None, 512, 1),
    "edited": (_PYTHON, None, 512, 60),
}
SAYINGS = ("Once more", "Again", "And again")


def write_project(folder: Path) -> Path:
    """Write the project into a folder and return it."""
    folder.mkdir()
    for name, (runtime, _layer, _memory, _timeout) in _FUNCTIONS.items():
        code = folder / name
        code.mkdir()
        suffix = {_NODE: ".js", _BASH: ".sh"}.get(runtime, ".py")
        source = (_SOURCES / f"function{suffix}").read_text()
        (code / f"app{suffix}").write_text(_HOG if name == "hog" else source)
    write_program(folder / "bash" / "bootstrap", (_SOURCES / "bootstrap").read_text())
    shutil.copy(_SOURCES / "internal.py", folder / "internal")
    with (folder / "internal" / "app.py").open("a") as file:
        file.write("\nimport internal\n")
    recorder = (PROJECTS / "extensions" / "bash-recorder").read_text()
    write_program(folder / "layers" / "external" / "extensions" / "recorder", recorder)
    write_program(folder / "layers" / "telemetry" / "extensions" / "subscriber", _SUBSCRIBER)
    (folder / "lambda-tui.toml").write_text(_SETTINGS)
    edit_template(folder, random.Random(0))
    return folder


def edit_template(folder: Path, chance: random.Random) -> None:
    """Save the template with other settings of the function that is edited."""
    lines = ["Transform: AWS::Serverless-2016-10-31", "Resources:"]
    for name in ("External", "Telemetry"):
        lines += [f"  {name}:", "    Type: AWS::Serverless::LayerVersion"]
        lines += [f"    Properties: {{ContentUri: layers/{name.lower()}}}"]
    for name, (runtime, layer, memory, timeout) in _FUNCTIONS.items():
        memory = memory if name != "edited" else chance.choice([256, 512, 1024])
        handler = "app.handler"
        properties = (
            f"FunctionName: {name}, CodeUri: {name}, Handler: {handler}, Runtime: {runtime}"
        )
        properties += f", MemorySize: {memory}, Timeout: {timeout}"
        if layer is not None:
            properties += f", Layers: [!Ref {layer}]"
        lines += [f"  {name.title()}Function:", "    Type: AWS::Serverless::Function"]
        lines += [f"    Properties: {{{properties}}}"]
    save(folder / "template.yaml", "\n".join(lines) + "\n")


def save_source(folder: Path, chance: random.Random) -> None:
    """Save the source of the function that is edited; one time in four it does not parse."""
    source = (_SOURCES / "function.py").read_text()
    ending = chance.choice([*(f"# {saying}.\n" for saying in SAYINGS), "(\n"])
    save(folder / "edited" / "app.py", source + ending)
