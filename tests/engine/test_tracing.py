"""Traces: who decides that one is sampled, where it shows, and what belongs to it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import telemetry
from support.workbench import Open, Workbench, one_function, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["processes"])
TELLS_ITS_TRACE = """
import os
def lambda_handler(event, context):
    return os.environ["_X_AMZN_TRACE_ID"]
"""
FAILS = """
import os
def lambda_handler(event, context):
    raise LookupError(os.environ["_X_AMZN_TRACE_ID"])
"""
ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"


async def trace_of(workbench: Workbench, header: str | None) -> str:
    invocation = workbench.pool.invoke(b"{}", trace_header=header)
    await invocation.wait()
    trace = response_of(invocation)
    assert invocation.trace_id == trace
    return str(trace)


@pytest.mark.rule("8.4.9")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("tracing", "header", "sampled"),
    [
        ("Active", None, 1),
        ("Active", ROOT, 1),
        ("Active", f"{ROOT};Sampled=?", 1),
        ("Active", f"{ROOT};Sampled=0", 0),
        ("PassThrough", None, 0),
        ("PassThrough", ROOT, 0),
        ("PassThrough", f"{ROOT};Sampled=1", 1),
    ],
)
async def test_active_tracing_samples_what_its_caller_has_not_decided(
    open_project: Open, tracing: str, header: str | None, sampled: int
) -> None:
    workbench = await open_project(TELLS_ITS_TRACE, tracing=tracing)

    trace = await trace_of(workbench, header)

    root = ROOT if header else r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}"
    assert re.fullmatch(rf"{root};Parent=[0-9a-f]{{16}};Sampled={sampled}", trace)


@pytest.mark.rule("5.1.7")
@ONE_LEVEL
async def test_the_report_of_a_sampled_invocation_names_its_trace(open_project: Open) -> None:
    workbench = await open_project(TELLS_ITS_TRACE, tracing="Active")

    trace = await trace_of(workbench, None)

    root, parent, _sampled = (part.partition("=")[2] for part in trace.split(";"))
    report, line = workbench.log()[-1].rsplit("\n", 1)
    assert report.endswith("\t")
    assert line == f"XRAY TraceId: {root}\tSegmentId: {parent}\tSampled: true\t"
    told = [telemetry(one) for one in workbench.events if isinstance(one.record, events.Start)]
    assert told[0] is not None
    assert told[0]["record"]["tracing"] == {"type": "X-Amzn-Trace-Id", "value": trace}


@ONE_LEVEL
async def test_the_line_of_a_trace_follows_the_status_of_a_failure(open_project: Open) -> None:
    workbench = await open_project("1 / 0", tracing="Active")

    await workbench.invoke()

    assert re.search(r"Error Type: \S+\nXRAY TraceId: \S+\tSeg", workbench.log()[-1])


@pytest.mark.rule("8.4.10")
@ONE_LEVEL
@pytest.mark.parametrize("header", [None, f"{ROOT};Parent=53995c3f42cd8ad8;Sampled=1"])
async def test_all_tries_of_an_event_share_the_root_of_its_trace(
    open_project: Open, tmp_path: Path, header: str | None
) -> None:
    (tmp_path / "lambda_function.py").write_text(FAILS)
    workbench = await open_project(
        one_function(tmp_path, tracing="Active"), retry_delays=(0.01, 0.01)
    )

    workbench.engine.asynchronous.accept(workbench.pool, b"{}", trace_header=header)
    await workbench.until(lambda: workbench.engine.asynchronous.waiting == 0)

    traces = [json.loads(one.response or b"")["errorMessage"] for one in workbench.pool.invocations]
    roots = {trace.partition(";")[0] for trace in traces}
    parents = {trace.split(";")[1] for trace in traces}
    assert (len(roots), len(parents), len(traces)) == (1, 3, 3)
    assert all(trace.endswith("Sampled=1") for trace in traces)
    assert header is None or roots == {ROOT}
