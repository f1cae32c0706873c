"""Functions get the credentials that the user chooses, from their Init on."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.credentials import _seconds_to_refresh
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.credentials import PLACEHOLDERS
from support.aws_profiles import KEY_ID, SECRET, TOKEN, write_answer, write_profiles
from support.workbench import Open, Workbench

BOTO3 = """
import boto3, hashlib

def lambda_handler(event, context):
    session = boto3.Session()
    keys = session.get_credentials().get_frozen_credentials()
    return {
        "method": session.get_credentials().method,
        "key": keys.access_key,
        "secret": hashlib.sha256(keys.secret_key.encode()).hexdigest(),
        "token": keys.token,
        "region": session.region_name,
        "endpoint": session.client("dynamodb").meta.endpoint_url,
    }
"""
VARIABLES = """
import os

def lambda_handler(event, context):
    return [os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SESSION_TOKEN")]
"""
SOON, LATER = "2126-11-30T12:00:00+00:00", "2126-11-30T13:00:00+00:00"
LATER_SECONDS = datetime.fromisoformat(LATER).timestamp()
PYTHON = Path(sys.executable)
PLACEHOLDER = ["ASIALAMBDATUILOCAL00", "lambda-tui-placeholder"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_profiles(tmp_path / "home", monkeypatch)
    return tmp_path / "home"


def notices(workbench: Workbench) -> list[str]:
    records = [event.record for event in workbench.events]
    return [record.message for record in records if isinstance(record, events.Notice)]


def test_credentials_are_refreshed_five_minutes_before_they_expire() -> None:
    now = time.time()
    hours = replace(PLACEHOLDERS, expires_at=now + 3600)
    late = replace(PLACEHOLDERS, expires_at=now + 10)

    assert _seconds_to_refresh(PLACEHOLDERS) is None
    assert _seconds_to_refresh(hours) == pytest.approx(3300, abs=60)
    assert _seconds_to_refresh(late) == 60


async def test_boto3_in_a_function_has_the_profiles_credentials(open_project: Open) -> None:
    workbench = await open_project(BOTO3, credentials="profile:dev", python=PYTHON, memory_size=512)

    answer = await workbench.answer()

    assert answer["method"] == "env"
    assert answer["key"] == KEY_ID
    assert answer["secret"] == hashlib.sha256(SECRET.encode()).hexdigest()
    assert answer["token"] is None
    assert "functions get the credentials of profile dev, 111122223333." in notices(workbench)


async def test_a_cold_start_waits_for_the_credentials(open_project: Open, home: Path) -> None:
    # Whoever reads this pipe, the profile's program, waits until somebody writes.
    answer = home / ".aws" / "answer.json"
    os.mkfifo(answer)
    workbench = await open_project(VARIABLES, credentials="profile:by-program")
    invocation = workbench.call(b"{}")
    await workbench.pool.boot()
    assert workbench.environment.state is State.CREATING

    await asyncio.to_thread(write_answer, home, "ASIA1")
    await asyncio.wait_for(invocation.wait(), 60)

    assert invocation.response == f'["ASIA1", "{TOKEN}"]'.encode()
    # It was made with them: nothing had to be replaced.
    assert workbench.environment.number == 1
    assert not workbench.environment.stale


async def test_chosen_credentials_replace_warm_environments(open_project: Open) -> None:
    workbench = await open_project(VARIABLES, watch=True)
    assert await workbench.answer() == PLACEHOLDER

    workbench.engine.choose_credentials("profile:dev")
    await workbench.until(lambda: workbench.engine.credentials.current.are_real)

    assert await workbench.answer() == [KEY_ID, None]
    workbench.engine.choose_credentials("placeholder")
    await workbench.until(lambda: not workbench.engine.credentials.current.are_real)
    assert await workbench.answer() == PLACEHOLDER


async def test_refreshed_credentials_are_given_to_new_environments(
    open_project: Open, home: Path
) -> None:
    write_answer(home, "ASIA1", SOON)
    workbench = await open_project(VARIABLES, credentials="profile:by-program")
    assert await workbench.answer() == ["ASIA1", TOKEN]

    write_answer(home, "ASIA2", LATER)
    workbench.engine.credentials.refresh()
    await workbench.until(lambda: [one.number for one in workbench.pool.environments] == [2])

    assert await workbench.answer() == ["ASIA2", TOKEN]
    assert workbench.environment.made_because == "credentials changed"


async def test_what_cannot_be_had_is_said_and_nobody_elses_is_given(
    open_project: Open, home: Path
) -> None:
    workbench = await open_project(VARIABLES, credentials="profile:dev")
    assert await workbench.answer() == [KEY_ID, None]

    workbench.engine.choose_credentials("profile:by-program")
    await workbench.until(lambda: workbench.engine.credentials.problem)

    assert "Until then functions have placeholders." in notices(workbench)[-1]
    assert await workbench.answer() == PLACEHOLDER
    write_answer(home, "ASIA1")
    workbench.engine.credentials.refresh()
    await workbench.until(lambda: workbench.engine.credentials.problem is None)
    assert await workbench.answer() == ["ASIA1", TOKEN]


async def test_credentials_that_cannot_be_refreshed_stay(open_project: Open, home: Path) -> None:
    write_answer(home, "ASIA1", SOON)
    workbench = await open_project(VARIABLES, credentials="profile:by-program")
    await workbench.answer()

    (home / ".aws" / "answer.json").unlink()
    workbench.engine.credentials.refresh()
    await workbench.until(lambda: workbench.engine.credentials.problem)

    assert await workbench.answer() == ["ASIA1", TOKEN]
    assert workbench.environment.number == 1


async def test_the_region_follows_the_credentials(open_project: Open, tmp_path: Path) -> None:
    source = "import os\ndef lambda_handler(event, context): return os.environ['AWS_REGION']\n"
    workbench = await open_project(source, watch=True)
    assert await workbench.answer() == "us-east-1"

    workbench.engine.choose_credentials("profile:dev")
    await workbench.until(lambda: workbench.pool.function.region == "eu-central-1")

    assert await workbench.answer() == "eu-central-1"


async def test_a_functions_own_variable_does_not_replace_them(open_project: Open) -> None:
    own = {"AWS_SESSION_TOKEN": "mine"}
    workbench = await open_project(VARIABLES, credentials="profile:dev", environment=own)

    assert await workbench.answer() == [KEY_ID, None]


async def test_snapshots_are_taken_anew_with_refreshed_credentials(
    open_project: Open, home: Path
) -> None:
    write_answer(home, "ASIA1", SOON)
    workbench = await open_project(
        VARIABLES, credentials="profile:by-program", snap_start=True, runtime="python3.13"
    )
    assert await workbench.answer() == ["ASIA1", TOKEN]

    write_answer(home, "ASIA2", LATER)
    workbench.engine.credentials.refresh()
    await workbench.until(lambda: workbench.engine.credentials.current.expires_at == LATER_SECONDS)

    assert await workbench.answer() == ["ASIA2", TOKEN]
