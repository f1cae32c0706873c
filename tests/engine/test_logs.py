"""The output of a function becomes log records between the START and END of its invocation."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path
from typing import Literal

import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.wire.log_pipe import FRAME_TYPES, LogPipe
from lambda_tui.project.function import Function, LoggingConfig, Project
from support.workbench import Open, Workbench

pytestmark = pytest.mark.also_on_macos

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

RUNS = """
import logging, os, subprocess, sys, threading, time
def lambda_handler(event, context):
    exec(event)
"""


def messages(workbench: Workbench) -> list[str]:
    return [record.message for record in workbench.records(events.FunctionLog)]


@pytest.mark.rule("5.1.6")
async def test_log_records_lie_between_start_and_end(open_project: Open) -> None:
    workbench = await open_project('print("init")\n' + RUNS)
    for number in range(3):
        code = f"print({number}); print('error', file=sys.stderr); os.system('echo child')"
        invocation = await workbench.invoke(code)
        start = events.Start(invocation.request_id, trace_id=invocation.trace_id)
        kinds = [event.record for event in workbench.events]
        served = kinds[kinds.index(start) :]
        served = served[: served.index(invocation.report)]  # type: ignore[arg-type]
        records = [record for record in served if isinstance(record, events.FunctionLog)]
        assert [record.message for record in records] == [str(number), "error", "child"]
        assert {record.request_id for record in records} == {invocation.request_id}
    first = workbench.records(events.FunctionLog)[0]
    assert (first.message, first.request_id) == ("init", None)
    types = workbench.types()
    assert types.index("platform.initStart") < types.index("function")
    assert types.index("function") < types.index("platform.initRuntimeDone")


@pytest.mark.rule("5.5.1")
async def test_what_is_printed_before_a_crash_is_not_lost(open_project: Open) -> None:
    workbench = await open_project(RUNS)
    invocation = await workbench.invoke("print('a'); print('b', end=''); os._exit(1)")
    assert messages(workbench) == ["a", "b"]
    types = workbench.types()
    assert types.index("platform.report") > len(types) - 1 - types[::-1].index("function")
    assert invocation.status == "error"


async def test_text_without_a_line_end_is_a_record_when_the_invocation_ends(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS)
    await workbench.invoke("print('half', end='')")
    await workbench.invoke("print('line')")
    assert messages(workbench) == ["half", "line"]


@pytest.mark.rule("5.3.2", "5.3.5")
@ONE_LEVEL
async def test_a_multi_line_record_stays_together_and_an_empty_line_is_none(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS)
    await workbench.invoke(
        "logging.error('a\\nb'); print(); print('c\\n\\nd\\n'); print(' '); print('e\\rf'); print()"
    )
    first, *rest = messages(workbench)
    assert first.splitlines()[0].endswith("\ta")
    assert first.splitlines()[1:] == ["b"]
    assert rest == ["c", "d", " ", "e\rf"]


@pytest.mark.rule("5.3.5")
@ONE_LEVEL
async def test_an_empty_record_is_no_event_in_whatever_way_it_is_written(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS)
    await workbench.invoke(
        "handler, = logging.getLogger().handlers\n"
        "handler.setFormatter(logging.Formatter('%(message)s'))\n"
        "logging.error(''); logging.error('\\n'); os.write(1, b'\\n' * 100); os.write(2, b'\\n')\n"
        "logging.error('last')"
    )
    assert messages(workbench) == ["last"]


@ONE_LEVEL
async def test_bytes_that_are_not_utf_8_are_replaced(open_project: Open) -> None:
    workbench = await open_project(RUNS)
    await workbench.invoke(r"os.write(1, b'\xff\xfe tea \xc3\n'); print('\x1b[31mred\udcff')")
    assert messages(workbench) == ["\ufffd\ufffd tea \ufffd", "\x1b[31mred\ufffd"]


@pytest.mark.rule("5.5.8")
@ONE_LEVEL
async def test_bytes_that_begin_like_a_frame_do_not_swallow_the_lines_behind_them(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS)
    header = r"b'\xa5\x5a\x00\x03\xff\xff\xff\xff12345678\n'"
    await workbench.invoke(f"os.write(1, {header}); print('first'); print('second')")
    assert messages(workbench)[-2:] == ["first", "second"]


@pytest.mark.rule("5.3.3")
@ONE_LEVEL
async def test_a_line_of_a_megabyte_is_split_into_the_largest_records(open_project: Open) -> None:
    workbench = await open_project(RUNS)
    await workbench.invoke("print('x' * (1 << 20)); print('next')")
    assert messages(workbench) == ["x" * limits.LOG_RECORD_BYTES] * 4 + ["next"]
    await workbench.invoke("print('x' * (1 << 20), end=''); time.sleep(0.05); print()")
    assert messages(workbench)[5:] == ["x" * limits.LOG_RECORD_BYTES] * 4


@ONE_LEVEL
async def test_a_hundred_thousand_lines_arrive_whole_and_in_order(open_project: Open) -> None:
    workbench = await open_project(RUNS, timeout=30)
    code = (
        "text = ''.join(f'{n}\\n' for n in range(100_000)); os.write(2, b''); print(text, end='')"
    )
    invocation = await workbench.invoke(code)
    assert messages(workbench) == [str(number) for number in range(100_000)]
    assert {record.request_id for record in workbench.records(events.FunctionLog)} == {
        invocation.request_id
    }


@ONE_LEVEL
async def test_a_thread_that_writes_without_end_does_not_hold_up_the_answer(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS)
    chatter = "def chat():\n  while True: os.write(1, b'tea\\n' * 100)\n"
    invocation = await workbench.invoke(
        chatter + "threading.Thread(target=chat, daemon=True).start()"
    )
    assert invocation.status == "success"
    await workbench.until_frozen()
    assert (await workbench.invoke("pass")).status == "success"


@pytest.mark.rule("5.5.8")
async def test_a_frame_of_every_type_is_read_as_one_record() -> None:
    read: list[str] = []
    pipe = LogPipe(lambda text, _level: read.append(text))
    for number, frame_type in enumerate(FRAME_TYPES):
        text = f"first {number}\nsecond".encode()
        header = struct.pack("!IIQ", frame_type, len(text), time.time_ns() // 1000)
        os.write(pipe.write_end, header + text)
    pipe.close()

    assert read == [f"first {number}\nsecond" for number in range(len(FRAME_TYPES))]


@pytest.mark.rule("5.5.8")
@ONE_LEVEL
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
async def test_every_level_of_logging_is_one_record(
    open_project: Open, tmp_path: Path, log_format: Literal["Text", "JSON"]
) -> None:
    (tmp_path / "app.py").write_text(
        "import logging\ndef handler(event, context):\n"
        "    for level in range(0, 60, 5):\n        logging.log(level, 'a\\nb')\n"
    )
    function = Function(
        "function",
        handler="app.handler",
        code_directory=tmp_path,
        logging=LoggingConfig(log_format, application_level="TRACE"),
    )
    workbench = await open_project(Project(tmp_path, (function,)))
    await workbench.invoke()

    level = 10 if log_format == "JSON" else 30
    assert len(messages(workbench)) == len(range(level, 60, 5))
    assert not any("\ufffd" in message for message in messages(workbench))
