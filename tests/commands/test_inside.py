"""``--in`` runs any command in a container or a virtual machine, with the same files and ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from lambda_tui.commands.inside.source import copy_source
from support.command_line import Outcome, outcome, run, set_up, start, write_project
from support.fake_engines import FakeEngine, values
from support.files import ROOT

ECHO = "def handler(event, context): return event\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = write_project(tmp_path / "shop", {"Order": ECHO})
    (project / ".git").mkdir()
    return project


@pytest.fixture
def docker(tmp_path: Path) -> FakeEngine:
    return FakeEngine(tmp_path / "docker", "docker")


def run_in(
    engine: FakeEngine, cwd: Path, *arguments: object, standard_input: bytes = b"", **variables: str
) -> Outcome:
    """Run a command with ``--in``, on a ``PATH`` with the engine."""
    place = {"limactl": "lima"}.get(engine.name, engine.name)
    variables = {"PATH": engine.path, "HOME": str(cwd.parent), **variables}
    return run("--in", place, *arguments, cwd=cwd, standard_input=standard_input, **variables)


def test_a_command_runs_in_a_container_and_its_output_and_status_are_its_own(
    docker: FakeEngine, project: Path
) -> None:
    event = b'{"colour": "green"}'

    answered = run_in(docker, project, "invoke", "--event", "-", standard_input=event)
    refused = run_in(docker, project, "invoke", "Other")

    assert json.loads(answered.output) == {"colour": "green"}
    assert answered.status == 0
    assert (refused.status, refused.output) == (2, "")
    assert "there is no function Other" in refused.errors


def test_the_image_is_built_once_from_this_very_source_for_the_functions_versions(
    docker: FakeEngine, project: Path
) -> None:
    first = run_in(docker, project, "list")
    run_in(docker, project, "list")

    assert "building" in first.errors
    assert "building" not in first.output, "standard output is the command's own"
    build = docker.call("build")
    image = docker.calls[-1][-2]
    assert values(build, "--tag") == [image, "lambda-tui:latest"]
    assert values(build, "--build-arg") == [f"PYTHON=3.{sys.version_info.minor}"]
    context = docker.context
    assert {"pyproject.toml", "LICENSE", "README.md", "docs/containers/Containerfile"} <= context
    assert {"lambda_tui/cli.py", "runtimes/boot.py", "docs/containers/seccomp.json"} <= context
    assert not any("__pycache__" in name or name.startswith(("tests", ".git")) for name in context)


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of a checkout, or of a copy of what belongs to it."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_what_the_image_is_given_makes_the_same_wheel(tmp_path: Path) -> None:
    copy_source(tmp_path / "source")
    wheels = [
        zipfile.ZipFile(build_wheel(source, tmp_path / str(number)))
        for number, source in enumerate([ROOT, tmp_path / "source"])
    ]
    first, second = ({entry.filename: entry.CRC for entry in wheel.infolist()} for wheel in wheels)
    assert first == second
    for wheel in wheels:
        wheel.close()


def test_an_installed_lambda_tui_builds_the_image_from_its_wheel(
    docker: FakeEngine, project: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(build_wheel(ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path / "installed")
    run_in(docker, project, "list")
    of_checkout = docker.context

    run_in(docker, project, "list", PYTHONPATH=str(tmp_path / "installed"), PYTHONSAFEPATH="1")
    first, second = (call[-2] for call in docker.calls if call[0] == "run")

    assert first == second, "the same source has the same image"
    docker.forget_image()
    run_in(docker, project, "list", PYTHONPATH=str(tmp_path / "installed"))
    assert docker.context == of_checkout


def test_the_container_may_build_sandboxes_and_has_no_other_privilege(
    docker: FakeEngine, project: Path
) -> None:
    run_in(docker, project, "list")
    call = docker.call("run")

    assert values(call, "--security-opt") == [
        f"seccomp={ROOT / 'docs/containers/seccomp.json'}",
        "systempaths=unconfined",
        "apparmor=unconfined",
        "label=disable",
    ]
    assert not {"--privileged", "--cap-add"}.intersection(call)
    assert values(call, "--user") == [f"{os.getuid()}:{os.getgid()}"]
    assert {"--rm", "--interactive"} <= set(call)
    assert "--tty" not in call, "there is none here"


def test_the_project_its_repository_and_files_that_are_named_are_at_their_own_paths(
    docker: FakeEngine, project: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config" / "lambda-tui"
    config.mkdir(parents=True)
    events = tmp_path / "events, of all kinds"
    events.mkdir()
    (events / "one.json").write_text("1")
    inner = project / "Order"

    ran = run_in(
        docker,
        inner,
        *("invoke", "Order", "--project", "..", "--event", events / "one.json"),
        HOME=str(tmp_path / "home"),
        XDG_CONFIG_HOME=str(config.parent),
    )

    call = docker.call("run")
    bind = "type=bind,source={0},target={0}"
    assert values(call, "--mount") == [
        f'type=bind,"source={events}","target={events}"',
        bind.format(project),
        f"type=bind,source={config},target=/config/lambda-tui,readonly",
        f"type=volume,source=lambda-tui-cache-{os.getuid()},target=/cache",
    ]
    assert values(call, "--workdir") == [str(inner)]
    assert ran.output.strip() == "1"


def test_layers_and_file_systems_that_lie_elsewhere_are_there(
    docker: FakeEngine, project: Path, tmp_path: Path
) -> None:
    layer = tmp_path / "layers" / "common"
    layer.mkdir(parents=True)
    mounted = tmp_path / "efs"
    mounted.mkdir()
    set_up(project, f'layers = ["{layer}"]\nfile_systems = {{"/mnt/data" = "{mounted}"}}')
    (project / "template.yaml").unlink()
    (project / "lambda_function.py").write_text("def lambda_handler(event, context): ...\n")

    run_in(docker, project, "list", HOME=str(tmp_path))

    mounts = values(docker.call("run"), "--mount")
    assert f"type=bind,source={layer},target={layer}" in mounts
    assert f"type=bind,source={mounted},target={mounted}" in mounts


def test_variables_of_the_terminal_are_handed_on_and_no_others(
    docker: FakeEngine, project: Path
) -> None:
    run_in(docker, project, "list", TERM="xterm", AWS_SECRET_ACCESS_KEY="secret", NO_COLOR="1")
    assert values(docker.call("run"), "--env") == ["TERM=xterm", "NO_COLOR=1"]


def test_what_is_served_inside_is_reached_from_this_machine_alone(
    docker: FakeEngine, project: Path
) -> None:
    serving = start("serve", "--port", "0", "--in", "docker", cwd=project, PATH=docker.path)
    try:
        assert serving.stderr is not None
        text = ""
        while "export AWS_ENDPOINT_URL_LAMBDA=" not in text:
            line = serving.stderr.readline().decode()
            assert line, text
            text += line
        address = text.rpartition("export AWS_ENDPOINT_URL_LAMBDA=")[2].split()[0]
        request = urllib.request.Request(
            f"{address}/2015-03-31/functions/Order/invocations", data=b"[1]", method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.read() == b"[1]"
    finally:
        serving.send_signal(signal.SIGINT)
        ended = outcome(serving)

    assert ended.status == 0
    call = docker.call("run")
    (published,) = values(call, "--publish")
    host, port, inside = published.split(":")
    assert (host, port) == ("127.0.0.1", inside)
    assert address == f"http://127.0.0.1:{port}"
    assert call[-4:] == ["--host", "0.0.0.0", "--port", port]


def test_a_port_in_use_is_told_before_a_container_is_made(
    docker: FakeEngine, project: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run_in(docker, project, "serve", "--port", port)

    assert refused.status == 2
    assert f"cannot listen on 127.0.0.1 port {port}: address already in use" in refused.complaint


def test_a_terminal_is_handed_on(docker: FakeEngine, project: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lambda_tui", "--in", "docker", "list"]
    master, slave = os.openpty()
    environment = {
        **{"PATH": docker.path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        "TERM": "xterm",
    }
    ran = subprocess.run(
        command,
        cwd=project,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(slave)
    os.close(master)

    assert ran.returncode == 0, ran.stderr
    assert "--tty" in docker.call("run")


def test_a_project_that_does_not_exist_yet_is_made_in_a_container(
    docker: FakeEngine, tmp_path: Path
) -> None:
    copied = run_in(docker, tmp_path, "demo", "--no-open")
    assert copied.status == 0, copied.errors
    assert (tmp_path / "lambda-tui-demo" / "template.yaml").is_file()


def test_mistakes_and_help_need_no_container(docker: FakeEngine, project: Path) -> None:
    wrong = run_in(docker, project, "invoke", "--count", "0")
    helped = run_in(docker, project, "serve", "--help")
    elsewhere = run("list", "--in", "moon", cwd=project)

    assert wrong.status == 2
    assert "argument --count: '0' is no whole number above 0" in wrong.complaint
    assert helped.output.startswith("usage: lambda-tui serve ")
    assert "argument --in: invalid choice: 'moon'" in elsewhere.complaint
    with pytest.raises(FileNotFoundError):
        _ = docker.calls


def test_an_engine_that_is_missing_or_does_not_run_is_named(
    docker: FakeEngine, project: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    missing = run("--in", "docker", cwd=project, PATH=str(empty))
    docker.take_down()
    down = run_in(docker, project, "list")

    assert (missing.status, down.status) == (2, 2)
    assert missing.complaint == (
        "lambda-tui: docker is not on PATH; install it, or use --in podman, --in lima."
    )
    assert down.complaint == "lambda-tui: docker info fails: Cannot connect to the daemon."


def test_the_whole_machine_is_not_mounted(docker: FakeEngine) -> None:
    refused = run_in(docker, Path("/"), "list")
    assert refused.complaint == (
        "lambda-tui: the whole machine cannot be mounted; go to the project's folder."
    )


def test_an_image_of_the_users_own_is_taken_as_it_is(docker: FakeEngine, project: Path) -> None:
    run_in(docker, project, "list", LAMBDA_TUI_IMAGE="registry.example/mine:1")
    assert [call[0] for call in docker.calls] == ["info", "run"]
    assert docker.call("run")[-2:] == ["registry.example/mine:1", "list"]


def test_podman_unmasks_proc_and_keeps_the_users_id(tmp_path: Path, project: Path) -> None:
    podman = FakeEngine(tmp_path / "podman", "podman")
    ran = run_in(podman, project, "list", "--json")

    assert [function["name"] for function in json.loads(ran.output)] == ["Order"]
    call = podman.call("run")
    assert values(call, "--security-opt") == [
        f"seccomp={ROOT / 'docs/containers/seccomp.json'}",
        "unmask=ALL",
        "apparmor=unconfined",
        "label=disable",
    ]
    assert values(call, "--userns") == ([] if os.getuid() == 0 else ["keep-id"])
    assert "--user" not in call


def test_a_virtual_machine_is_made_and_given_lambda_tui_once(tmp_path: Path, project: Path) -> None:
    lima = FakeEngine(tmp_path / "lima", "limactl")
    first = run_in(lima, project, "list", "--json")
    again = run_in(lima, project, "list", "--json")

    assert first.status == 0, first.errors
    assert first.output == again.output
    template = ROOT / "docs/containers/lima.yaml"
    started = ["start", "--tty=false", "--name=lambda-tui", str(template)]
    assert lima.call("start") == started
    assert len([call for call in lima.calls if call[0] == "copy"]) == 1
    command = lima.calls[-1]
    assert command[:4] == ["shell", "--workdir", str(project), "lambda-tui"]
    assert command[-2:] == ["list", "--json"]


def test_a_project_that_a_virtual_machine_does_not_have_is_refused(
    tmp_path: Path, project: Path
) -> None:
    lima = FakeEngine(tmp_path / "lima", "limactl")
    home = tmp_path / "home"
    home.mkdir()
    refused = run_in(lima, project, "list", HOME=str(home))
    assert refused.complaint == (
        f"lambda-tui: the virtual machine has your home folder only, not {project}."
    )
