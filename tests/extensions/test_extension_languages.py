"""Extensions in bash and Node.js, with nothing but what these bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.engine.events import ExtensionStatus
from lambda_tui.engine.lifecycle import State
from support.extensions import project, said
from support.files import PROJECTS
from support.workbench import Open, response_of

pytestmark = pytest.mark.usefixtures("unhurried_shutdown")

FOLDER = PROJECTS / "extensions"
BASH = (FOLDER / "bash-recorder").read_text()
NODE = (FOLDER / "node-recorder").read_text()


@pytest.mark.rule("3.1.1")
async def test_a_bash_extension_hears_of_its_events(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_project(project(tmp_path, {"bash": BASH}))

    request_id = await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    invoked, shut_down = said(workbench, "bash")
    assert (invoked["eventType"], invoked["requestId"]) == ("INVOKE", request_id)
    assert (shut_down["eventType"], shut_down["shutdownReason"]) == ("SHUTDOWN", "spindown")


@pytest.mark.rule("3.4.4")
async def test_a_bash_extension_reports_its_error(open_project: Open, tmp_path: Path) -> None:
    source = "import time\n\ndef lambda_handler(event, context):\n    time.sleep(60)\n"
    workbench = await open_project(
        project(tmp_path, {"bash": BASH}, source, environment={"FAILS": "yes"})
    )

    invocation = await workbench.invoke()
    await workbench.until_state(State.RESET)

    assert response_of(invocation)["errorType"] == "Extension.ExitError"
    assert said(workbench, "bash")[1] == {"status": "OK"}


@pytest.mark.rule("3.1.1", "4.3.1")
@pytest.mark.parametrize("protocol", ["HTTP", "TCP"])
async def test_a_node_extension_hears_of_everything(
    open_project: Open, tmp_path: Path, protocol: str
) -> None:
    workbench = await open_project(
        project(tmp_path, {"node": NODE}, environment={"PROTOCOL": protocol})
    )

    await workbench.answer()
    await workbench.until_frozen()
    await workbench.engine.close()

    assert said(workbench, "node") == [
        "OK",
        "INVOKE",
        "SHUTDOWN",
        [
            "platform.initStart",
            "platform.telemetrySubscription",
            "platform.initRuntimeDone",
            "platform.extension",
            "platform.initReport",
            "platform.start",
            "function",
            "platform.runtimeDone",
            "platform.report",
        ],
    ]
    (status,) = workbench.records(ExtensionStatus)
    assert status == ExtensionStatus("node", "Ready", ("INVOKE", "SHUTDOWN"))
