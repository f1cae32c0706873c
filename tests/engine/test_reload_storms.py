"""A file that changes whenever a function runs does not reload the function without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lambda_tui.engine import events
from support.workbench import Open, Workbench

pytestmark = pytest.mark.also_on_macos

# A function cannot write to its folder: what it calls does.
CALLS = """
# It writes data.json.
import socket
def call():
    with socket.create_connection(("127.0.0.1", {port})) as end:
        return end.recv(1)
{at_import}
def lambda_handler(event, context):
    {at_invoke}
    return "done"
"""


class Writer:
    """A server that writes a file of the project for each connection."""

    def __init__(self) -> None:
        self.writes = 0
        self.port = 0
        self.workbench: Workbench | None = None

    async def serve(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.workbench is not None:
            self.writes += 1
            self.workbench.write(str(self.writes), "data.json")
        writer.write(b".")
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def writer() -> AsyncIterator[Writer]:
    writer = Writer()
    server = await asyncio.start_server(writer.serve, "127.0.0.1", 0)
    writer.port = server.sockets[0].getsockname()[1]
    yield writer
    server.close()
    await server.wait_closed()


async def watch(open_project: Open, writer: Writer, **calls: str) -> Workbench:
    source = CALLS.format(port=writer.port, **{"at_import": "", "at_invoke": "pass", **calls})
    workbench = await open_project(source, watch=True)
    await workbench.until_watched()
    writer.workbench = workbench
    return workbench


def warnings(workbench: Workbench) -> list[str]:
    return [one.message for one in workbench.records(events.Notice) if "again and" in one.message]


async def test_a_file_that_each_init_writes_reloads_the_function_only_for_a_while(
    open_project: Open, writer: Writer
) -> None:
    workbench = await watch(open_project, writer, at_import="call()")

    await workbench.invoke()
    await workbench.until(lambda: warnings(workbench))

    (warning,) = warnings(workbench)
    assert warning.startswith("function: data.json is written again and again while")
    assert "use /tmp" in warning
    frozen = await workbench.until_frozen()
    written = writer.writes
    assert await workbench.answer() == "done"
    assert await workbench.until_frozen() is frozen
    assert writer.writes == written

    # Saved by the user, it counts as before, and only the new Init's own write does not.
    workbench.write("saved", "data.json")
    replacement = await workbench.until_replaced(frozen)
    assert await workbench.answer() == "done"
    assert await workbench.until_frozen() is replacement
    assert writer.writes == written + 1
    assert len(warnings(workbench)) == 1


async def test_a_file_that_each_invocation_writes_leaves_the_function_warm_after_a_while(
    open_project: Open, writer: Writer
) -> None:
    workbench = await watch(open_project, writer, at_invoke="call()")

    async def invoke_until_told() -> None:
        while not warnings(workbench):
            await workbench.answer()

    await asyncio.wait_for(invoke_until_told(), 60)

    frozen = await workbench.until_frozen()
    written = writer.writes
    for _ in range(3):
        assert await workbench.answer() == "done"
        assert await workbench.until_frozen() is frozen
    assert writer.writes == written + 3
