"""The servers measured over HTTP: lambda-tui's Lambda API, and its peers' if installed.

Environment variables say where the peers are: ``BENCHMARK_RIE`` is AWS's emulator (the wheel of
``aws-sam-cli`` carries it as ``aws-lambda-rie-x86_64``) and ``BENCHMARK_RIC_PYTHON`` a Python with
``awslambdaric``; ``BENCHMARK_CARGO_LAMBDA`` is cargo-lambda's binary; ``BENCHMARK_OSLS`` is
``node_modules/.bin/osls`` where ``osls`` and ``serverless-offline`` are installed.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .example import TIMEOUT
from .placement import placed
from .rows import Row, spread

ROOT = Path(__file__).resolve().parents[2]
LAMBDA_TUI = "lambda-tui"
EMULATOR = "AWS's emulator"
CARGO_LAMBDA = "cargo-lambda"
SERVERLESS_OFFLINE = "serverless-offline"

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Size:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: size, Handler: app.handler, Runtime: %s, Timeout: 900}
"""
SERVERLESS = """\
service: size
provider: {name: aws, runtime: %s, stage: dev}
plugins: [serverless-offline]
functions:
  size: {handler: app.handler, timeout: 900}
"""
SOURCE = """\
def handler(event, context):
    return {"n": len(event)}
"""


@dataclass(frozen=True, slots=True)
class LambdaServer:
    """A process that serves the Invoke API."""

    name: str
    port: int
    function: str


@contextmanager
def running_servers(cores: frozenset[int]) -> Iterator[list[LambdaServer]]:
    """lambda-tui's, and those of the peers that are there, each with one warm function."""
    with ExitStack() as stack:
        folder = stack.enter_context(_project())
        with placed(cores):
            servers = [stack.enter_context(_lambda_tui(folder))]
            if "BENCHMARK_RIE" in os.environ:
                servers.append(stack.enter_context(_emulator(folder)))
            if "BENCHMARK_CARGO_LAMBDA" in os.environ:
                servers.append(stack.enter_context(_cargo_lambda(folder)))
            if "BENCHMARK_OSLS" in os.environ:
                servers.append(stack.enter_context(_serverless_offline(folder)))
        yield servers


@contextmanager
def running_clients(cores: frozenset[int]) -> Iterator[list[LambdaServer]]:
    """lambda-tui's, and AWS's emulator if it is there, with the same client of the Runtime API."""
    with ExitStack() as stack:
        folder = stack.enter_context(_project())
        settings = f'[functions.size]\nbootstrap = ["{_client_python()}", "-m", "awslambdaric"]\n'
        (folder / "lambda-tui.toml").write_text(settings)
        with placed(cores):
            servers = [stack.enter_context(_lambda_tui(folder))]
            if "BENCHMARK_RIE" in os.environ:
                servers.append(stack.enter_context(_emulator(folder)))
        yield servers


def _client_python() -> str:
    return os.environ.get("BENCHMARK_RIC_PYTHON", sys.executable)


@contextmanager
def _project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-") as name:
        folder = Path(name).resolve()
        runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
        (folder / "template.yaml").write_text(TEMPLATE % runtime)
        (folder / "serverless.yml").write_text(SERVERLESS % runtime)
        (folder / "app.py").write_text(SOURCE)
        # cargo-lambda requires one, though it only serves its APIs here.
        (folder / "Cargo.toml").write_text(
            '[package]\nname = "size"\nversion = "0.1.0"\n[[bin]]\nname = "size"\npath = "m.rs"\n'
        )
        (folder / "m.rs").write_text("fn main() {}\n")
        yield folder


@contextmanager
def _lambda_tui(folder: Path) -> Iterator[LambdaServer]:
    port = _free_port()
    command = [sys.executable, "-m", "lambda_tui", "serve"]
    command += ["--project", str(folder), "--port", str(port)]
    with _process(command, ROOT, port):
        yield LambdaServer(LAMBDA_TUI, port, "size")


@contextmanager
def _emulator(folder: Path) -> Iterator[LambdaServer]:
    port, runtime_port = _free_port(), _free_port()
    command = [os.environ["BENCHMARK_RIE"]]
    command += ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    command += ["--runtime-api-address", f"127.0.0.1:{runtime_port}"]
    with _process([*command, _client_python(), "-m", "awslambdaric", "app.handler"], folder, port):
        yield LambdaServer(EMULATOR, port, "function")


@contextmanager
def _cargo_lambda(folder: Path) -> Iterator[LambdaServer]:
    port = _free_port()
    command = [os.environ["BENCHMARK_CARGO_LAMBDA"], "lambda", "watch", "--only-lambda-apis"]
    command += ["--invoke-address", "127.0.0.1", "--invoke-port", str(port)]
    client = [sys.executable, str(Path(__file__).with_name("peer_function.py"))]
    with (
        _process(command, folder, port),
        _process([*client, str(port), "/.rt/size"], folder, port),
    ):
        yield LambdaServer(CARGO_LAMBDA, port, "size")


@contextmanager
def _serverless_offline(folder: Path) -> Iterator[LambdaServer]:
    port = _free_port()
    program = Path(os.environ["BENCHMARK_OSLS"])
    # It looks for the plugin in the project.
    (folder / "node_modules").symlink_to(program.parents[1])
    command = [str(program), "offline", "start", "--noPrependStageInUrl"]
    command += ["--lambdaPort", str(port), "--httpPort", str(_free_port())]
    with _process(command, folder, port):
        yield LambdaServer(SERVERLESS_OFFLINE, port, "size-dev-size")


@contextmanager
def _process(command: list[str], folder: Path, port: int) -> Iterator[None]:
    """Run a server until the end of the block, which begins when the port is listened on."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RUST_LOG": "off", "AWS_LAMBDA_FUNCTION_TIMEOUT": "900"},
    )
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{process.args!r} does not listen") from None
            time.sleep(0.01)
        else:
            return


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def latency_rows(measure: str, times: dict[str, list[float]], rival: str) -> list[Row]:
    """Milliseconds by the server's name, beside AWS's emulator; ours are to be under a rival's."""
    emulator, limit = (_median(times.get(name)) for name in (EMULATOR, rival))
    rows = []
    for name, values in times.items():
        figure = statistics.median(values)
        is_judged = name == LAMBDA_TUI and limit is not None
        rows.append(
            Row(
                measure if name == LAMBDA_TUI else f"  {name}",
                figure,
                "ms",
                spread(values),
                figure / emulator if emulator else None,
                f"under {rival}" if is_judged else "",
                figure < limit if is_judged and limit else None,
            )
        )
    return rows


def _median(values: list[float] | None) -> float | None:
    return statistics.median(values) if values else None
