"""The command: what it says, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from support.command_line import PATIENCE
from support.extensions import PYTHON as EXTENSION
from support.files import write_program
from support.lambda_api import VERSION, Api, Serving, invocations, read_answer, write_project


@pytest.fixture
def serve(tmp_path: Path, nothing_is_left: None) -> Iterator[Callable[..., Serving]]:
    begun: list[Serving] = []

    def serve(*options: str, folder: Path | None = None) -> Serving:
        serving = Serving(folder or write_project(tmp_path), *options)
        begun.append(serving)
        return serving

    yield serve
    for serving in begun:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait()


def ask_for(api: Api, seconds: float) -> socket.socket:
    """An invocation that takes so long, begun."""
    event = b'{"seconds": %g}' % seconds
    head = f"POST {invocations('waits')} HTTP/1.1\r\nHost: localhost\r\n"
    end = api.connect()
    end.sendall(f"{head}Content-Length: {len(event)}\r\n\r\n".encode() + event)
    return end


def test_it_says_where_and_how_and_shows_the_functions_log(serve: Callable[..., Serving]) -> None:
    serving = serve("--port", "0")
    api = serving.api()
    assert api.invoke("waits", b'{"seconds": 0}').json == 0
    serving.wait_for("REPORT RequestId")
    serving.signal()

    assert serving.end() == 0
    assert f" at {api.url}; " in serving.text
    assert f"  export AWS_ENDPOINT_URL_LAMBDA={api.url} AWS_REGION=us-east-1 " in serving.text
    assert "  aws lambda invoke --function-name echo /dev/stdout\n" in serving.text
    assert "  waits #1  waiting\n" in serving.text


def test_the_lines_to_paste_work_in_a_shell_without_any_settings(
    serve: Callable[..., Serving], tmp_path: Path
) -> None:
    serving = serve("--port", "0")
    serving.api()
    pasted = serving.wait_for(r"(?m)^  export .*\n  aws lambda invoke .*$")[0]

    done = subprocess.run(
        ["/bin/sh", "-c", pasted],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    serving.signal()

    assert serving.end() == 0
    assert done.stderr == ""
    assert '"StatusCode": 200' in done.stdout


def test_an_interpreter_of_another_version_than_is_named_is_said_once(
    serve: Callable[..., Serving], tmp_path: Path
) -> None:
    folder = write_project(tmp_path)
    template = folder / "template.yaml"
    other = "python3.14" if sys.version_info[:2] != (3, 14) else "python3.13"
    template.write_text(template.read_text().replace(VERSION, other, 1))
    serving = serve("--port", "0", folder=folder)
    said = serving.wait_for(f"runs on Python [0-9.]+, but Runtime names {other}")
    serving.api().invoke("echo", b"1")
    serving.wait_for("REPORT RequestId")
    serving.signal()

    assert serving.end() == 0
    assert serving.text.count(f"lambda-tui: echo {said[0]}") == 1


def test_what_does_not_hold_without_isolation_is_said_once(serve: Callable[..., Serving]) -> None:
    serving = serve("--port", "0", "--sandbox", "processes")
    serving.wait_for(r"No isolation \(forced by a setting\): /var/task, /opt and /tmp are other")
    serving.api().invoke("echo", b"1")
    serving.wait_for("REPORT RequestId")
    serving.signal()

    assert serving.end() == 0
    assert serving.text.count("No isolation") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_is_in_flight_finish(
    serve: Callable[..., Serving], number: signal.Signals
) -> None:
    serving = serve("--port", "0")
    api = serving.api()
    with api.connect() as idle, ask_for(api, 1.0) as end:
        serving.wait_for("waits #1  waiting")
        serving.signal(number)
        assert read_answer(end).json == 1.0
        assert idle.recv(1) == b""

    assert serving.end() == 0
    assert "answering 1 more" in serving.text
    assert "gave up" not in serving.text


WATCHER = f"""{EXTENSION}
GO = "/var/task/go" if os.path.exists("/var/task/app.py") else "CODE/go"
register("INVOKE", "SHUTDOWN")
event = {{"eventType": ""}}
while event["eventType"] != "SHUTDOWN":
    event = next_event()
    say(event.get("shutdownReason", event["eventType"]))
    while event["eventType"] == "INVOKE" and not os.path.exists(GO):
        time.sleep(0.01)
"""
WATCHED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
  Hello:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: hello, CodeUri: code, Handler: app.handler, Timeout: 60,
                 Runtime: VERSION, Layers: [!Ref Layer]}
"""


def test_extensions_end_their_work_and_hear_of_the_end(
    serve: Callable[..., Serving], tmp_path: Path
) -> None:
    folder, go = tmp_path / "watched", tmp_path / "watched" / "code" / "go"
    (folder / "layer" / "extensions").mkdir(parents=True)
    go.parent.mkdir()
    (go.parent / "app.py").write_text("def handler(event, context): return 1\n")
    (folder / "template.yaml").write_text(WATCHED.replace("VERSION", VERSION))
    (folder / "lambda-tui.toml").write_text(f'python = "{sys.executable}"\n')
    source = WATCHER.replace("CODE", str(go.parent))
    write_program(folder / "layer" / "extensions" / "watcher", source)
    serving = serve("--port", "0", "--no-watch", folder=folder)

    assert serving.api().invoke("hello").json == 1
    serving.wait_for('"INVOKE"')
    serving.signal()
    serving.wait_for("hello")
    go.touch()

    assert serving.end() == 0
    assert '"spindown"' in serving.text
    assert "Status:" not in serving.text


def test_a_second_signal_ends_at_once_and_says_what_was_given_up(
    serve: Callable[..., Serving],
) -> None:
    serving = serve("--port", "0")
    with ask_for(serving.api(), 15) as end:
        serving.wait_for("waits #1  waiting")
        serving.signal()
        serving.wait_for("answering 1 more")
        serving.signal()
        assert serving.end() == 0
        with pytest.raises((ConnectionError, OSError)):
            read_answer(end)

    assert "gave up 1 invocation" in serving.text


def test_the_next_port_is_taken_when_the_usual_one_is_in_use(
    serve: Callable[..., Serving],
) -> None:
    # The port is taken in any case: where this fails, by somebody else, who may let go of it again.
    for _ in range(10):
        with ExitStack() as held:
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", 3001)))
            serving = serve()
            port = serving.api().port
        if port != 3001:
            break
        serving.signal()
        assert serving.end() == 0
    assert "port 3001 is in use" in serving.text
    assert port > 3001
    serving.signal()
    assert serving.end() == 0


def test_a_port_that_was_asked_for_must_be_free(serve: Callable[..., Serving]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        serving = serve("--port", str(port))
        assert serving.end() == 2
    assert f"cannot listen on 127.0.0.1 port {port}: address already in use" in serving.text


def test_a_project_without_functions_is_refused_in_one_line(
    serve: Callable[..., Serving], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    serving = serve(folder=empty)

    assert serving.end() == 2
    (line,) = serving.text.splitlines()
    assert line.startswith("lambda-tui: ")
