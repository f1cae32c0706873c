"""InvokeWithResponseStream of functions that stream: boto3 gets each part when it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambda_tui.project.function import Function, Project
from support.lambda_api import served
from support.node_process import NODE
from support.workbench import TIMEOUT, Open, Workbench, file_in

WAITS = """
const fs = require("fs");
const go = `${process.env.TMPDIR || "/tmp"}/go`;
const wait = () => new Promise((resolve) => {
  const look = () => fs.existsSync(go) ? resolve() : setTimeout(look, 5);
  look();
});
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.setContentType("text/plain");
  stream.write("first");
  await wait();
  if (event.fails) throw new RangeError("too far");
  stream.write("second");
  stream.end();
});
"""
BULKY = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  for (let part = 0; part < event.parts; part++) {
    if (!stream.write(Buffer.alloc(1 << 20, part % 256)))
      await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
});
"""


async def open_function(open_project: Open, folder: Path, source: str) -> Workbench:
    (folder / "index.js").write_text(source)
    function = Function(
        "function",
        "index.handler",
        folder,
        runtime="nodejs22.x",
        timeout=TIMEOUT,
        memory_size=512,
        file=folder / "index.js",
    )
    return await open_project(Project(folder, (function,)), node=NODE)


def begin(client: Any, event: str) -> tuple[Any, Iterator[dict[str, Any]]]:
    answer = client.invoke_with_response_stream(FunctionName="function", Payload=event)
    return answer, iter(answer["EventStream"])


async def test_a_part_is_there_before_the_next_is_given(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(open_project, tmp_path, WAITS)
    async with served(workbench.engine) as api:
        answer, events = await asyncio.to_thread(begin, api.client(), "{}")
        first = await asyncio.to_thread(next, events)
        file_in(workbench.environment, "go").touch()
        rest = await asyncio.to_thread(list, events)

    assert answer["ResponseStreamContentType"] == "text/plain"
    assert first == {"PayloadChunk": {"Payload": b"first"}}
    assert rest == [{"PayloadChunk": {"Payload": b"second"}}, {"InvokeComplete": {}}]


async def test_an_error_after_a_part_is_told_at_the_end(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_function(open_project, tmp_path, WAITS)
    async with served(workbench.engine) as api:
        _answer, events = await asyncio.to_thread(begin, api.client(), '{"fails": true}')
        first = await asyncio.to_thread(next, events)
        file_in(workbench.environment, "go").touch()
        (end,) = await asyncio.to_thread(list, events)

    assert first == {"PayloadChunk": {"Payload": b"first"}}
    assert end["InvokeComplete"]["ErrorCode"] == "Unhandled"
    assert '"errorType":"RangeError"' in end["InvokeComplete"]["ErrorDetails"].replace(" ", "")


async def test_a_stream_whose_runtime_ends_has_an_error_code_of_its_own(
    open_project: Open, tmp_path: Path
) -> None:
    source = WAITS.replace('throw new RangeError("too far")', "process.exit(1)")
    workbench = await open_function(open_project, tmp_path, source)
    async with served(workbench.engine) as api:
        _answer, events = await asyncio.to_thread(begin, api.client(), '{"fails": true}')
        first = await asyncio.to_thread(next, events)
        file_in(workbench.environment, "go").touch()
        (end,) = await asyncio.to_thread(list, events)

    assert first == {"PayloadChunk": {"Payload": b"first"}}
    assert end == {"InvokeComplete": {"ErrorCode": "Runtime.TruncatedResponse"}}


async def test_more_than_a_buffered_response_may_have_is_streamed(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_function(open_project, tmp_path, BULKY)
    async with served(workbench.engine) as api:
        _answer, events = await asyncio.to_thread(begin, api.client(), '{"parts": 9}')
        *chunks, end = await asyncio.to_thread(list, events)

    body = b"".join(chunk["PayloadChunk"]["Payload"] for chunk in chunks)
    assert [len(body), set(body)] == [9 << 20, set(range(9))]
    assert end == {"InvokeComplete": {}}


async def test_the_connection_serves_the_next_request_behind_a_stream(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_function(open_project, tmp_path, BULKY)

    def twice(client: Any) -> list[int]:
        sizes = []
        for _ in range(2):
            _answer, events = begin(client, '{"parts": 1}')
            sizes.append(sum(len(event["PayloadChunk"]["Payload"]) for event in list(events)[:-1]))
        return sizes

    async with served(workbench.engine) as api:
        assert await asyncio.to_thread(twice, api.client()) == [1 << 20, 1 << 20]


async def test_a_caller_who_leaves_in_the_middle_disturbs_nobody(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_function(open_project, tmp_path, WAITS)
    async with served(workbench.engine) as api:
        answer, events = await asyncio.to_thread(begin, api.client(), "{}")
        await asyncio.to_thread(next, events)
        answer["EventStream"].close()
        file_in(workbench.environment, "go").touch()
        await workbench.until_frozen()
        _answer, events = await asyncio.to_thread(begin, api.client(), "{}")
        assert len(await asyncio.to_thread(list, events)) == 3
