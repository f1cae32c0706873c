"""``AWS_LAMBDA_EXEC_WRAPPER``: a program of the user's starts Python's runtime."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import Function, Project
from support.files import write_program
from support.runtime_kinds import WRAPPER
from support.workbench import Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

SHOWS = """
import colorsys, os, sys

def lambda_handler(event, context):
    return eval(event)
"""
# As AWS's guide has it: an option of the interpreter, before the last argument.
IMPORT_TIME = """#!/bin/bash
args=("$@")
extra_args=("-X" "importtime")
args=("${args[@]:0:$#-1}" "${extra_args[@]}" "${args[@]: -1}")
exec "${args[@]}"
"""


async def open_wrapped(
    open_project: Open, folder: Path, wrapper: str, **configuration: Any
) -> Workbench:
    """Start the engine on a function whose variables name a wrapper."""
    (folder / "app.py").write_text(SHOWS)
    environment = {"AWS_LAMBDA_EXEC_WRAPPER": wrapper, "OWN": "mine"}
    settings = {"handler": "app.lambda_handler", "environment": environment, **configuration}
    return await open_project(
        Project(folder, (Function("wrapped", code_directory=folder, **settings),))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wrapped").mkdir()
    return tmp_path / "wrapped"


@pytest.mark.rule("8.2.1")
async def test_a_wrapper_may_change_the_variables(open_project: Open, folder: Path) -> None:
    write_program(folder / "wrapper", WRAPPER)
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")

    assert await workbench.answer("[os.environ['WRAPPED'], os.environ['OWN']]") == ["yes", "mine"]


@pytest.mark.rule("8.2.1")
async def test_a_wrapper_may_change_the_options_of_the_interpreter(
    open_project: Open, folder: Path
) -> None:
    write_program(folder / "wrapper", IMPORT_TIME)
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")

    assert await workbench.answer("sys._xoptions") == {"importtime": True}
    assert any(line.rstrip().endswith("| colorsys") for line in workbench.log())


@pytest.mark.rule("8.2.1")
async def test_a_wrapper_may_be_in_a_layer(open_project: Open, folder: Path) -> None:
    write_program(folder.parent / "layer" / "wrapper", WRAPPER)
    workbench = await open_wrapped(
        open_project, folder, "/opt/wrapper", layers_directory=folder.parent / "layer"
    )

    assert await workbench.answer("os.environ['WRAPPED']") == "yes"


@pytest.mark.rule("8.2.1")
async def test_a_wrapped_function_finds_what_any_function_finds(
    open_project: Open, folder: Path, level: str
) -> None:
    write_program(folder / "wrapper", WRAPPER)
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")

    hidden = "[name for name in os.environ if 'LAMBDA_TUI' in name or name.endswith('LOG_FD')]"
    assert await workbench.answer(hidden) == []
    ours = "[name for name in sys.modules if name.startswith('_lambda_tui')]"
    assert await workbench.answer(ours) == []
    assert await workbench.answer("[sys.argv, sys.path[0]]") == [
        ["/var/runtime/bootstrap.py"],
        "/var/task" if level == "namespaces" else str(folder),
    ]
    # Nothing of ours can be imported by an innocent name.
    find = "__import__('importlib.util').util.find_spec"
    found = f"[{find}(name) for name in ('boot', 'frames', 'start')]"
    assert await workbench.answer(found) == [None] * 3
    own = "[fd for fd in range(3, 1024) if os.path.exists(f'/proc/self/fd/{fd}')]"
    inherited = f"{{fd: os.get_inheritable(fd) for fd in {own}}}"
    # The runtime's channel, and AWS's for whole log records.
    assert await workbench.answer(inherited) == {"15": False, "62": False}


@pytest.mark.rule("8.2.2")
@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (None, 127, "/var/task/wrapper: does not exist"),
        ("#!/bin/bash\n", 126, "/var/task/wrapper: is not an executable"),
        ("#!/there/is/none\n", 127, ""),
    ],
)
async def test_a_wrapper_that_cannot_be_executed_ends_as_awss_script_does(
    open_project: Open, folder: Path, text: str | None, status: int, said: str
) -> None:
    if text is not None:
        write_program(folder / "wrapper", text).chmod(0o644 if status == 126 else 0o755)
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")
    invocation = await workbench.invoke("1")

    assert response_of(invocation) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {invocation.request_id} Error: "
        f"Runtime exited with error: exit status {status}",
    }
    # In the first Init, and in the one that the invocation repeats.
    messages = [one.message.strip() for one in workbench.records(events.FunctionLog)]
    assert len(messages) == 2
    assert all(said in message for message in messages)


@pytest.mark.rule("8.2.2")
@pytest.mark.parametrize("language", ["python", "node"])
async def test_a_wrapper_in_a_layer_that_is_not_there_is_named_by_its_path_on_aws(
    open_project: Open, folder: Path, language: str
) -> None:
    (folder.parent / "layer").mkdir()
    (folder / "index.cjs").write_text("exports.handler = async () => 1")
    node = {"handler": "index.handler", "runtime": "nodejs20.x"} if language == "node" else {}
    workbench = await open_wrapped(
        open_project, folder, "/opt/wrap", layers_directory=folder.parent / "layer", **node
    )
    await workbench.invoke("1")

    messages = [one.message.strip() for one in workbench.records(events.FunctionLog)]
    assert messages == ["/opt/wrap: does not exist"] * 2


@pytest.mark.rule("8.2.1")
async def test_a_wrapper_without_a_first_line_is_a_script_of_the_shell(
    open_project: Open, folder: Path
) -> None:
    write_program(folder / "wrapper", 'export WRAPPED=bare\nexec "$@"\n')
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")

    assert await workbench.answer("os.environ['WRAPPED']") == "bare"


@pytest.mark.rule("8.2.2")
async def test_a_wrapper_that_does_not_go_on_is_a_runtime_that_ends(
    open_project: Open, folder: Path
) -> None:
    write_program(folder / "wrapper", "#!/bin/bash\necho no such luck\nexit 3\n")
    workbench = await open_wrapped(open_project, folder, "/var/task/wrapper")
    invocation = await workbench.invoke("1")

    assert response_of(invocation)["errorMessage"].endswith("exit status 3")
    assert [one.message.strip() for one in workbench.records(events.FunctionLog)] == [
        "no such luck",
        "no such luck",
    ]


@pytest.mark.rule("8.2.3")
async def test_a_runtime_of_the_functions_own_knows_of_no_wrapper(
    open_project: Open, folder: Path
) -> None:
    write_program(
        folder / "bootstrap",
        f"#!{sys.executable}\n"
        "import http.client, os\n"
        "api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])\n"
        "api.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "answer = api.getresponse()\n"
        "id, event = answer.headers['Lambda-Runtime-Aws-Request-Id'], answer.read()\n"
        "api.request('POST', f'/2018-06-01/runtime/invocation/{id}/response', event)\n"
        "api.getresponse().read()\n"
        "api.request('GET', '/2018-06-01/runtime/invocation/next')\n"
        "api.getresponse()\n",
    )
    workbench = await open_wrapped(open_project, folder, "/nowhere", runtime="provided.al2023")

    assert await workbench.answer("as it is") == "as it is"
