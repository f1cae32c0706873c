"""The engine answers what AWS Lambda answered when it was recorded."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from lambda_tui.engine.events import AsyncDelivered
from lambda_tui.engine.invocation import Invocation
from lambda_tui.project.function import DEFAULT_TIMEOUT, Function, Project
from recorded.proofs import NOT_COVERED, PROOFS, Given, Proof
from recorded.recordings import (
    cloudwatch_messages,
    mask,
    mask_configuration,
    mask_message,
    mask_payload,
    part,
    parts_of_entries,
    recorded_metadata,
)
from support import SECONDS
from support.files import write_program
from support.lambda_api import served
from support.node_process import NODE
from support.workbench import TIMEOUT, Open, Workbench, response_of

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])


def proofs_of(*given: Given) -> pytest.MarkDecorator:
    chosen = [proof for proof in PROOFS if proof.gives in given]
    return pytest.mark.parametrize("proof", chosen, ids=[proof.part for proof in chosen])


async def open_recorded(open_project: Open, folder: Path, proof: Proof) -> Workbench:
    """Start the engine on a function like the recorded one."""
    file = folder / ("bootstrap" if proof.is_bootstrap else f"{proof.module}{proof.suffix}")
    if proof.is_bootstrap:
        write_program(file, proof.source)
    else:
        file.write_text(proof.source)
    function = Function(
        "the-recorded-function",
        f"{proof.module}.handler",
        folder,
        account_id="111111111111",
        # Where it is not what is compared it is no matter, and the machine may be busy.
        timeout=DEFAULT_TIMEOUT if proof.gives == "configuration" else TIMEOUT,
        file=file,
        **proof.configuration,
    )
    return await open_project(
        Project(folder, (function,)), retry_delays=proof.retry_delays, node=NODE
    )


async def play(open_project: Open, folder: Path, proof: Proof) -> tuple[Workbench, Invocation]:
    """Invoke a function like the recorded one."""
    workbench = await open_recorded(open_project, folder, proof)
    event = json.dumps(proof.event).encode()
    invocation = workbench.pool.invoke(event, qualifier=proof.qualifier)
    await asyncio.wait_for(invocation.wait(), SECONDS)
    return workbench, invocation


@pytest.mark.rule("6.2.1", "8.1.1", "8.1.2", "8.4.1", "8.4.8")
@ONE_LEVEL
@proofs_of("payload")
async def test_the_payload_is_the_recorded_one(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench, invocation = await play(open_project, tmp_path, proof)

    recorded = part(proof.part)
    payload = mask_payload(response_of(invocation), recorded)
    for key in proof.without:
        del recorded[key]
    text = mask(json.dumps(payload, sort_keys=True), workbench, invocation, proof.name)
    assert json.loads(text) == recorded
    assert text == json.dumps(recorded, sort_keys=True)


@pytest.mark.rule("6.1.1")
@ONE_LEVEL
@proofs_of("function error")
async def test_the_function_error_is_the_recorded_one(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    _workbench, invocation = await play(open_project, tmp_path, proof)

    assert invocation.function_error == part(proof.part)


@pytest.mark.rule("5.1.1", "5.3.2")
@ONE_LEVEL
@proofs_of("log events")
async def test_the_log_is_the_recorded_one_event_by_event(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench, invocation = await play(open_project, tmp_path, proof)

    messages = [
        mask_message(text, invocation.request_id) for text in cloudwatch_messages(workbench)
    ]
    version = workbench.pool.runtime_version
    assert version is not None
    # The recorded function ran on 3.13, this one on what is here.
    minor = ".".join(version.split(".")[:2])
    assert messages == [
        event["message"].replace("python:3.13.", f"python:{minor}.") for event in part(proof.part)
    ]


@pytest.mark.rule("5.5.5")
@ONE_LEVEL
@proofs_of("log lines")
async def test_the_tail_of_the_log_is_the_recorded_one_line_by_line(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench, invocation = await play(open_project, tmp_path, proof)

    text = mask("".join(cloudwatch_messages(workbench)), workbench, invocation, proof.name)
    text = re.sub(TIME, "date", text)
    lines = text.split("\n")
    start, end = lines.index("START RequestId: <uuid> Version: $LATEST"), len(lines) - 2
    assert lines[end].startswith("REPORT RequestId: <uuid>\t")
    assert lines[start:end] == part(proof.part)


@ONE_LEVEL
@proofs_of("destination", "dead letter")
async def test_the_record_of_an_asynchronous_invocation_is_the_recorded_one(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench = await open_recorded(open_project, tmp_path, proof)
    is_dead_letter = proof.gives == "dead letter"

    def delivered() -> list[str]:
        records = workbench.records(AsyncDelivered)
        return [one.payload for one in records if one.is_dead_letter == is_dead_letter]

    # An age is measured below: the interpreter's start is no part of it.
    await workbench.until(lambda: workbench.pool.sandbox)
    workbench.engine.asynchronous.accept(workbench.pool, json.dumps(proof.event).encode())
    await workbench.until(delivered)

    (payload,) = delivered()
    text = json.dumps(json.loads(payload), sort_keys=True)
    text = mask(text, workbench, workbench.pool.invocations[-1], proof.name)
    text = re.sub(rf'"timestamp": "{TIME}"', '"timestamp": "date"', text)
    recorded = part(proof.part)
    assert json.loads(text) == recorded
    assert text == json.dumps(recorded, sort_keys=True)


@pytest.mark.rule("6.1.2")
@ONE_LEVEL
@proofs_of("answer")
async def test_what_a_caller_is_told_beside_the_payload_is_what_was_recorded(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench = await open_recorded(open_project, tmp_path, proof)
    event = json.dumps(proof.event).encode()
    name = workbench.pool.function.name

    async with served(workbench.engine) as api:
        answer = await asyncio.to_thread(api.client().invoke, FunctionName=name, Payload=event)

    told = {**answer, "ResponseMetadata": recorded_metadata(answer)}
    assert told[proof.part.rpartition("/")[2]] == part(proof.part)


@ONE_LEVEL
@proofs_of("configuration")
async def test_the_configuration_is_the_recorded_one(
    open_project: Open, tmp_path: Path, proof: Proof
) -> None:
    workbench = await open_recorded(open_project, tmp_path, proof)
    name = workbench.pool.function.name

    async with served(workbench.engine) as api:
        describe = api.client().get_function_configuration
        configuration = await asyncio.to_thread(describe, FunctionName=name)

    recorded = part(proof.part)
    for key in proof.without:
        del recorded[key]
    for key in ("ResponseMetadata", "State", "LastUpdateStatus"):
        del configuration[key]
    assert mask_configuration(configuration, proof.name) == recorded


ENTRIES = parts_of_entries()


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_part_of_an_entry_is_proven_or_listed_with_a_reason(entry: str) -> None:
    neither = [leaf for leaf in ENTRIES[entry] if not is_proven(leaf) and not is_listed(leaf)]
    both = [leaf for leaf in ENTRIES[entry] if is_proven(leaf) and is_listed(leaf)]

    assert (neither, both) == ([], [])


def is_proven(leaf: str) -> bool:
    return any(
        is_below(leaf, proof.part)
        and not any(is_below(leaf, f"{proof.part}/{key}") for key in proof.without)
        for proof in PROOFS
    )


def is_below(leaf: str, part: str) -> bool:
    return f"{leaf}/".startswith(f"{part}/")


def is_listed(leaf: str) -> bool:
    return any(re.fullmatch(pattern, leaf) for pattern in NOT_COVERED)


def test_nothing_is_listed_or_proven_that_was_not_recorded() -> None:
    parts = [leaf for entry in ENTRIES.values() for leaf in entry]

    for pattern in NOT_COVERED:
        assert any(re.fullmatch(pattern, leaf) for leaf in parts), pattern
    for proof in PROOFS:
        assert any(is_below(leaf, proof.part) for leaf in parts), proof.part


def test_an_entry_is_listed_by_its_name_only_when_it_has_no_content() -> None:
    names = [entry for entry, parts in ENTRIES.items() if parts == [entry]]

    assert names
    assert all(part(name) == {} for name in names)
