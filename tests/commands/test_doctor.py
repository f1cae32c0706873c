from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from lambda_tui.commands import machine
from lambda_tui.engine.launch import Connector
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.command_line import Outcome, run, set_up, write_project
from support.files import write_program

HANDLER = "def handler(event, context): ...\n"
VERSION = sys.version.split()[0]

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def section(doctor: Outcome, heading: str) -> list[str]:
    """The lines below a heading."""
    for part in doctor.output.split("\n\n"):
        first, *lines = part.splitlines()
        if first.startswith(heading):
            return lines
    raise AssertionError(f"no {heading} in {doctor.output}")


def test_a_machine_where_all_is_well_has_nothing_to_be_done(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})

    doctor = run("doctor", project, LAMBDA_TUI_SANDBOX="processes")

    assert doctor.errors == ""
    assert section(doctor, "Functions") == [
        f"  ✓ Order: Python {VERSION}, {sys.executable} (the setting python)"
    ]
    assert "  · processes, without isolation: you have set it so" in section(doctor, "Sandbox")
    lack = "  · processes without end are noticed, not refused: their environment is ended"
    assert lack in section(doctor, "Sandbox")
    assert f"  ✓ {project / 'lambda-tui.toml'}: read" in section(doctor, "Settings")
    assert len(section(doctor, "Machine")) >= 5
    assert doctor.status == (1 if "▲" in doctor.output else 0)
    assert "▲" not in doctor.output.partition("\nMachine\n")[0]


def test_the_sandbox_level_is_what_an_interpreter_found(tmp_path: Path) -> None:
    doctor = run(
        "doctor", write_project(tmp_path / "shop", {"Order": HANDLER}), LAMBDA_TUI_SANDBOX="auto"
    )

    first, *remedy = section(doctor, "Sandbox")
    if "namespaces: " in first:
        # Others may say what the kernel lacks, about which there is nothing to be done.
        assert first[:4] == "  ✓ "
        assert {line[:4] for line in remedy} <= {"  · "}
    else:
        assert first.startswith("  ▲ processes, without isolation: ")
        assert remedy[0].startswith("    → ")
        assert doctor.status == 1


def network(doctor: Outcome) -> list[str]:
    """Return the sentence about it."""
    lines = section(doctor, "Machine")
    (first,) = [number for number, line in enumerate(lines) if " network: " in line]
    return lines[first:]


def test_a_network_of_their_own_that_functions_cannot_leave_is_a_shortcoming(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    set_up(project, 'network = "own"')
    doctor = run("doctor", project, PATH=str(tmp_path))
    if "namespaces: " in section(doctor, "Sandbox")[0]:
        assert network(doctor) == [
            "  ▲ network: nothing connects environments with one of their own to the outside",
            "    → install pasta (package passt).",
        ]
        assert doctor.status == 1
    else:
        assert network(doctor)[0].startswith("  · network: all environments share")


def test_functions_that_share_the_network_lack_nothing(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    doctor = run("doctor", project, PATH=str(tmp_path))
    (line,) = network(doctor)
    assert line in (
        "  ✓ network: shared; for extensions on fixed ports, install pasta (package passt)",
        "  · network: all environments share this machine's, for want of namespaces",
    )


def test_a_folder_without_a_project_is_no_shortcoming(tmp_path: Path) -> None:
    doctor = run("doctor", cwd=tmp_path)

    (line,) = section(doctor, "Functions")
    assert line.startswith("  · no function here")
    assert section(doctor, "Sandbox"), "our own interpreter tells"


def test_each_shortcoming_has_its_remedy(tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "shop", {"Order": HANDLER, "Old": HANDLER, "Wrong": HANDLER}, Wrong="Timeout: 0"
    )
    template = project / "template.yaml"
    other = "python3.9" if sys.version_info[:2] != (3, 9) else "python3.10"
    ours = f"Runtime: python{VERSION.rpartition('.')[0]}"
    before, _, after = template.read_text().partition("  Old:")
    template.write_text(before + "  Old:" + after.replace(ours, f"Runtime: {other}", 1))
    set_up(project, "thme = 1")

    doctor = run("doctor", project)

    assert doctor.status == 1
    functions = section(doctor, "Functions")
    assert any(line.startswith("  ✓ Order: ") for line in functions)
    mismatch = next(index for index, line in enumerate(functions) if "▲ Old: " in line)
    assert functions[mismatch].endswith(f"but Runtime names {other}")
    assert functions[mismatch + 1].startswith(f"    → install {other}, or make a .venv")
    assert any("▲ template.yaml:" in line and "Wrong: Timeout is 0" in line for line in functions)
    assert any("did you mean theme?" in line for line in section(doctor, "Settings"))


def test_a_function_without_an_interpreter_is_said_to_run_itself(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    template = project / "template.yaml"
    version = VERSION.rpartition(".")[0]
    template.write_text(template.read_text().replace(f"python{version}", "provided.al2023"))
    write_program(project / "Order" / "bootstrap", "#!/bin/sh\n")

    doctor = run("doctor", project)
    (function,) = json.loads(run("list", project, "--json").output)

    expected = "  ✓ Order: provided.al2023, a runtime of its own"
    assert section(doctor, "Functions") == [expected]
    assert function["interpreter"] is None


def test_an_interpreter_that_does_not_run_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'I am no Python' >&2; exit 1\n")
    broken.chmod(0o755)
    (project / "lambda-tui.toml").write_text(f'python = "{broken}"\n')

    doctor = run("doctor", project)

    assert doctor.status == 1
    assert "▲ Order: The interpreter" in doctor.output
    assert "I am no Python" in doctor.output
    assert "→ mend that interpreter, or name another with the setting python." in doctor.output


def test_a_node_that_is_missing_has_one_remedy(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    template = project / "template.yaml"
    version = VERSION.rpartition(".")[0]
    template.write_text(template.read_text().replace(f"python{version}", "nodejs22.x"))

    doctor = run("doctor", project, PATH=str(tmp_path), HOME=str(tmp_path))

    first, second = section(doctor, "Functions")
    assert first.startswith("  ▲ Order: There is no Node.js for it: put node on PATH, ")
    assert second.startswith("  ▲ template.yaml:"), "no other remedy stands between"
    assert doctor.status == 1


def test_runtimes_are_listed_with_the_interpreter_that_each_finds(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "bin"
    newest = home / ".nvm/versions/node/v24.1.0/bin/node"
    for program in (folder / "python3.12", folder / "node", newest):
        program.parent.mkdir(parents=True, exist_ok=True)
        version = "v24.1.0" if program == newest else "3.12.4"
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    for name, script in (("python3.11", "exit 1"), ("python3.10", "echo Python 3.9.1")):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    doctor = run("doctor", write_project(tmp_path, {}), PATH=str(folder), HOME=str(home))

    *listed, missing = section(doctor, "Runtimes")
    assert listed == [
        f"  · python3.10: {folder / 'python3.10'} is of version 3.9.1",
        f"  · python3.11: {folder / 'python3.11'} does not run",
        f"  ✓ python3.12: {folder / 'python3.12'}",
        f"  ✓ nodejs24.x: {newest}",
        f"  ✓ node: {folder / 'node'}",
    ]
    assert missing.startswith("  · not found: python3.8, ")
    assert missing.endswith(", nodejs26.x")


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        finding = machine._port(port)
    assert finding.text == f"port {port}: in use, so `lambda-tui serve` takes the next free one"
    assert finding.is_note
    assert not finding.falls_short
    assert machine._port(port).text == f"port {port}: free for `lambda-tui serve`"


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
def test_a_port_that_another_program_has_on_all_addresses_is_in_use_on_macos(
    monkeypatch: pytest.MonkeyPatch, everywhere: str
) -> None:
    # There an address can be taken all the same, as here where both ends allow it.
    monkeypatch.setattr(socket, "SO_REUSEADDR", socket.SO_REUSEPORT)
    with socket.create_server(
        (everywhere, 0),
        family=socket.AF_INET6 if ":" in everywhere else socket.AF_INET,
        reuse_port=True,
        dualstack_ipv6=":" in everywhere,
    ) as listening:
        port = listening.getsockname()[1]
        assert machine._port(port).text.endswith("free for `lambda-tui serve`")
        monkeypatch.setattr(sys, "platform", "darwin")
        assert machine._port(port).is_note
    assert not machine._port(port).is_note


def test_without_a_folder_for_temporary_files_the_interpreter_is_not_blamed(
    tmp_path: Path,
) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    missing = tmp_path / "missing"

    invoked = run(
        "invoke", "--project", project, TMPDIR=str(missing), LAMBDA_TUI_SANDBOX="processes"
    )

    assert f"TMPDIR is {missing}, where the function's /tmp cannot be made" in invoked.errors
    assert "interpreter" not in invoked.errors
    assert invoked.status == 2


def test_few_watches_and_descriptors_are_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_SYSTEM", tmp_path)
    (tmp_path / "fs" / "inotify").mkdir(parents=True)
    (tmp_path / "fs" / "inotify" / "max_user_watches").write_text("100")
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 512))

    found = machine.machine_findings(tmp_path, [])
    findings = {finding.text: finding.remedy for finding in found}

    assert findings["watched folders: 100 at most"] == (
        "sudo sysctl -w fs.inotify.max_user_watches=524288"
    )
    assert findings["open files: 512 at most"].startswith("sudo prlimit --nofile=1024 --pid $$,")


def test_descriptors_that_the_engine_can_have_are_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 4096))

    texts = {one.text: one.falls_short for one in machine.machine_findings(tmp_path, [])}

    assert texts["open files: 4,096 at most"] is False


def test_the_memory_is_that_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text(f"{256 << 20}\n")
    (tmp_path / "memory.current").write_text(f"{200 << 20}\n")
    (function, *_) = load_project(write_project(tmp_path / "shop", {"Order": HANDLER})).functions

    found = {one.text: one.remedy for one in machine.machine_findings(tmp_path, [function])}

    assert found["memory: 56 of 256 MB available"] == (
        "close something: a function may use 128 MB."
    )


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    project = write_project(tmp_path / "shop", {"Order": HANDLER})

    doctor = run("doctor", project, XDG_CACHE_HOME=str(tmp_path / "file"))

    assert f"  ▲ cache: {tmp_path}/file/lambda-tui cannot be written: not a directory" in (
        section(doctor, "Machine")
    )
    assert doctor.status == 1


def test_a_folder_for_temporary_files_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})

    doctor = run("doctor", project, TMPDIR="/nowhere")

    assert "  ▲ TMPDIR is /nowhere, which cannot be written" in section(doctor, "Machine")


def test_a_function_with_a_problem_has_no_tick(tmp_path: Path) -> None:
    names = {"Order": HANDLER, "Refund": HANDLER, "Layered": HANDLER}
    missing = "Layers: [arn:aws:lambda:us-east-1:123456789012:layer:tools:1]"
    project = write_project(tmp_path / "shop", names, Layered=missing)
    (project / "Refund" / "app.py").rename(project / "Refund" / "other.py")

    doctor = run("doctor", project, LAMBDA_TUI_SANDBOX="processes")

    ticked = [line for line in section(doctor, "Functions") if line.startswith("  ✓")]
    assert [line.split(":")[0] for line in ticked] == ["  ✓ Order"]
    assert "▲ template.yaml:" in doctor.output
    assert "Handler app.handler needs app.py in Refund" in doctor.output


@pytest.mark.parametrize("content", ["idle_timeout = ", 'colour = "red"', "idle_timeout = 0"])
def test_settings_with_a_problem_have_no_tick(tmp_path: Path, content: str) -> None:
    project = write_project(tmp_path / "shop", {"Order": HANDLER})
    (project / "lambda-tui.toml").write_text(f"{content}\n")

    file = str(project / "lambda-tui.toml")
    settings = section(run("doctor", "shop", cwd=tmp_path), "Settings")

    assert not any(line.startswith("  ✓") and file in line for line in settings)
    assert any(line.startswith(f"  ▲ {file}") for line in settings)


def test_a_connector_of_networks_that_does_not_run_has_no_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = write_program(tmp_path / "pasta", "#!/bin/sh\nexit 1\n")
    connector = Connector("pasta", (str(broken),))
    monkeypatch.setattr(machine, "find_connector", lambda: connector)

    finding = machine.network_finding([], Settings(), has_namespaces=True)

    assert finding.text == f"network: {broken}, which connects environments, does not run"
    assert finding.remedy == "install pasta anew, or remove it."


def test_a_package_that_lambda_would_miss_is_told(tmp_path: Path) -> None:
    project = write_project(tmp_path / "shop", {"Order": f"import pytest\n{HANDLER}"})
    (project / "Order" / "requirements.txt").touch()

    doctor = run("doctor", project, LAMBDA_TUI_SANDBOX="processes")

    (first, *_others) = section(doctor, "Functions")
    assert first.startswith(
        "  ▲ Order/app.py:1: Order imports pytest, which requirements.txt does not"
    )
    assert doctor.status == 1
