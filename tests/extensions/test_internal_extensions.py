"""Extensions that live inside the function's own process."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lambda_tui.engine.events import ExtensionStatus
from support import SECONDS
from support.extensions import PYTHON, RECORDER, project, said
from support.workbench import Open

pytestmark = pytest.mark.also_on_macos

INSIDE = f"""\
import threading

{PYTHON.split(chr(10), 1)[1]}
NAME = "inside"
ENDS = {{}}
external_only = register("SHUTDOWN", name="inside")
unknown = register("RESTART", name="inside")
taken = register("INVOKE", name="inside", Lambda_Extension_Accept_Feature="accountId, other")
again = register("INVOKE", name="inside")
told = threading.Event()
events = []


def listen():
    while True:
        events.append(next_event())
        told.set()


threading.Thread(target=listen, daemon=True).start()


def lambda_handler(event, context):
    if event == "register late":
        return register("INVOKE", name="another")
    assert told.wait(50)
    told.clear()
    answers = [external_only, unknown, taken, again]
    return {{"answers": answers, "invoked": events[-1]["requestId"] == context.aws_request_id}}
"""


@pytest.mark.rule("3.1.2", "3.2.6")
async def test_an_internal_extension_hears_of_invocations(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {}, INSIDE))

    answer = await workbench.answer()

    refused, unknown, taken, again = answer["answers"]
    assert answer["invoked"]
    assert refused == [
        403,
        {
            "errorMessage": "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
            "errorType": "Extension.InvalidEventType",
        },
    ]
    assert unknown[1]["errorMessage"] == "RESTART: ErrorInvalidEventType"
    assert taken == [
        200,
        {
            "functionName": "function",
            "functionVersion": "$LATEST",
            "handler": "lambda_function.lambda_handler",
            "accountId": "123456789012",
        },
    ]
    assert again[1]["errorMessage"] == "Extension with this name already registered"
    assert workbench.records(ExtensionStatus) == [ExtensionStatus("inside", "Ready", ("INVOKE",))]
    assert (await workbench.answer())["invoked"]


@pytest.mark.rule("3.2.8")
async def test_nobody_registers_after_init(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_project(project(tmp_path, {}, INSIDE))
    await workbench.answer()

    assert await workbench.answer("register late") == [
        403,
        {
            "errorMessage": "Extension registration closed already",
            "errorType": "Extension.RegistrationClosed",
        },
    ]


@pytest.mark.rule("1.7.2")
@pytest.mark.usefixtures("unhurried_shutdown")
async def test_beside_an_internal_extension_the_runtime_is_told_of_its_end(
    open_project: Open, tmp_path: Path
) -> None:
    source = (
        INSIDE
        + """
import signal

signal.signal(signal.SIGTERM, lambda *_: (print("told", flush=True), os._exit(0)))
"""
    )
    workbench = await open_project(project(tmp_path, {}, source))
    await workbench.answer()
    await workbench.until_frozen()

    await workbench.engine.close()

    assert "told" in workbench.log()


@pytest.mark.rule("1.7.2", "9.18")
async def test_beside_an_internal_extension_a_deaf_runtime_is_killed(
    open_project: Open, tmp_path: Path
) -> None:
    source = f"{INSIDE}\nimport signal\n\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    workbench = await open_project(project(tmp_path, {}, source))
    await workbench.answer()

    await asyncio.wait_for(workbench.engine.close(), SECONDS)

    assert "environment.ended" in workbench.types()


@pytest.mark.rule("3.1.2")
async def test_internal_and_external_extensions_go_together(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"recorder": RECORDER}, INSIDE))

    assert (await workbench.answer())["invoked"]
    await workbench.until(lambda: said(workbench, "recorder"))

    assert [status.name for status in workbench.records(ExtensionStatus)] == ["recorder", "inside"]
