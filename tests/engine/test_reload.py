"""A save puts new code to work, and no invocation is lost to it."""

from __future__ import annotations

import asyncio
import os
import py_compile
import time
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from support import SECONDS
from support.files import save
from support.workbench import TIMEOUT, Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

RETURNS = "def lambda_handler(event, context): return {}\n"

WAITS = """
import os, time
def lambda_handler(event, context):
    print("waiting")
    while not os.path.exists(os.environ["LAMBDA_TASK_ROOT"] + "/.git/release"):
        time.sleep(0.001)
    return "old"
"""

WAITS_AT_IMPORT = """
import os, time
print("importing")
while not os.path.exists(os.environ["LAMBDA_TASK_ROOT"] + "/.git/release"):
    time.sleep(0.001)
def lambda_handler(event, context):
    print("waiting")
    while not os.path.exists(os.environ["LAMBDA_TASK_ROOT"] + "/.git/answer"):
        time.sleep(0.001)
    time.sleep(0.2)
"""


async def watch(open_project: Open, source: str | Project) -> Workbench:
    workbench = await open_project(source, watch=True)
    await workbench.until_watched()
    return workbench


def waiting_project(directory: Path) -> Project:
    """Write a function that waits to be released, and never times out meanwhile, as a project."""
    template = f"""
Resources:
  Waits:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: lambda_function.lambda_handler
      Runtime: python3.11
      Timeout: {TIMEOUT}
"""
    folder = directory / "waiting"
    folder.mkdir()
    (folder / "template.yaml").write_text(template)
    (folder / "lambda_function.py").write_text(WAITS)
    return load_project(folder)


async def test_a_save_initialises_an_idle_environment_again(open_project: Open) -> None:
    workbench = await watch(open_project, RETURNS.format(1))
    assert await workbench.answer() == 1
    old = await workbench.until_frozen()
    workbench.write(RETURNS.format(2))
    fresh = await workbench.until_replaced(old)
    assert fresh.number == 2
    (stale,), (reloaded,) = (
        workbench.records(events.EnvironmentStale),
        workbench.records(events.Reloaded),
    )
    assert stale.files == reloaded.files == ("lambda_function.py",)
    assert reloaded.duration_ms > 0
    assert workbench.reasons(State.ENDED) == ["reload"]
    invocation = await workbench.invoke()
    assert response_of(invocation) == 2
    assert not invocation.cold_start


@pytest.mark.parametrize("has_bytecode", [True, False])
async def test_a_second_save_in_the_same_second_and_of_the_same_size_is_seen(
    open_project: Open, has_bytecode: bool
) -> None:
    moment = int(time.time())
    workbench = await watch(open_project, RETURNS.format(1))
    file = workbench.directory / "lambda_function.py"
    os.utime(file, (moment, moment))
    if has_bytecode:
        compiled = py_compile.compile(str(file), doraise=True)
        assert compiled is not None
        os.utime(compiled, (moment, moment))
    for number in range(2, 6):
        await workbench.invoke()
        old = await workbench.until_frozen()
        save(file, RETURNS.format(number), modified=moment)
        await workbench.until_replaced(old)
        assert await workbench.answer() == number


async def test_bytecode_that_lies_does_not_run(open_project: Open) -> None:
    moment = int(time.time())
    workbench = await open_project(RETURNS.format(1))
    file = workbench.directory / "lambda_function.py"
    os.utime(file, (moment, moment))
    compiled = py_compile.compile(str(file), doraise=True)
    assert compiled is not None
    os.utime(compiled, (moment, moment))
    save(file, RETURNS.format(2), modified=moment)
    assert await workbench.answer() == 2


@pytest.mark.rule("1.7.4")
async def test_a_busy_environment_answers_first_and_is_then_replaced(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await watch(open_project, waiting_project(tmp_path))
    invocation = workbench.pool.invoke(b"{}")
    await workbench.until_logged("waiting")
    old = workbench.environment
    workbench.write(RETURNS.format('"new"'))
    await workbench.until(lambda: old.stale)
    assert not invocation.is_over
    workbench.write("", ".git/release")
    await invocation.wait()
    assert response_of(invocation) == "old"
    await workbench.until_replaced(old)
    assert await workbench.answer() == "new"
    (reloaded,) = workbench.records(events.Reloaded)
    assert reloaded.files == ("lambda_function.py",)


async def test_a_stale_environment_takes_no_more_work(open_project: Open, tmp_path: Path) -> None:
    workbench = await watch(open_project, waiting_project(tmp_path))
    first = workbench.pool.invoke(b"{}")
    await workbench.until_logged("waiting")
    workbench.write(RETURNS.format('"new"'))
    await workbench.until(lambda: workbench.pool.environments[0].stale)
    assert await workbench.answer() == "new"
    workbench.write("", ".git/release")
    await first.wait()
    assert response_of(first) == "old"


@pytest.mark.rule("1.7.4")
@ONE_LEVEL
async def test_no_invocation_is_lost_to_saves_during_a_burst(open_project: Open) -> None:
    workbench = await watch(open_project, RETURNS.format(0))
    invocations = []
    for number in range(1, 11):
        invocations += [workbench.pool.invoke(b"{}") for _ in range(5)]
        workbench.write(RETURNS.format(number))
        await invocations[-1].wait()
    await asyncio.wait_for(asyncio.gather(*(one.wait() for one in invocations)), SECONDS)
    assert {one.status for one in invocations} == {"success"}
    assert {response_of(one) for one in invocations} <= set(range(11))
    for _ in range(20):
        last = await workbench.invoke()
        if response_of(last) == 10:
            break
        environment = workbench.serving(last)
        await workbench.until(lambda e=environment: e.state is State.ENDED)  # type: ignore[misc]
    assert response_of(last) == 10


@ONE_LEVEL
async def test_files_of_tools_and_sample_events_do_not_reload(open_project: Open) -> None:
    workbench = await open_project(RETURNS.format("'data.json'"), watch=True)
    for folder in (".git", "__pycache__", "events", ".venv"):
        (workbench.directory / folder).mkdir()
    await workbench.until_watched()
    await workbench.invoke()
    old = await workbench.until_frozen()
    for name in (".git/index", "__pycache__/a.pyc", "a.pyc", "events/order.json", "b.py.swp"):
        workbench.write("x", name)
    workbench.write("x", "data.json")
    await workbench.until_replaced(old)
    files = {name for stale in workbench.records(events.EnvironmentStale) for name in stale.files}
    assert files == {"data.json"}
    assert len(workbench.records(events.Reloaded)) == 1


@ONE_LEVEL
@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("1 / 0\n" + RETURNS.format(2), "ZeroDivisionError"),
        ("def lambda_handler(event, context) return 2\n", "Runtime.UserCodeSyntaxError"),
    ],
)
async def test_a_mistake_that_is_saved_is_told_and_the_next_save_mends_it(
    open_project: Open, source: str, error_type: str
) -> None:
    workbench = await watch(open_project, RETURNS.format(1))
    await workbench.invoke()
    await workbench.until_frozen()
    workbench.write(source)
    await workbench.until_state(State.RESET)
    assert workbench.environment.init.error_type == error_type
    assert workbench.records(events.Reloaded) == []
    failed = await workbench.invoke()
    assert response_of(failed)["errorType"] == error_type
    workbench.write(RETURNS.format(3))
    await workbench.until(
        lambda: (
            [(one.state, one.init.error_type) for one in workbench.pool.environments]
            == [(State.FROZEN, None)]
        )
    )
    assert len(workbench.records(events.Reloaded)) == 1
    assert await workbench.answer() == 3


@ONE_LEVEL
async def test_the_time_of_a_reload_has_no_part_of_the_invocation_that_waited_for_it(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await watch(open_project, waiting_project(tmp_path))
    workbench.write("", ".git/release")
    await workbench.invoke()
    await workbench.until_frozen()
    (workbench.directory / ".git" / "release").unlink()
    began = time.monotonic()
    workbench.write(WAITS_AT_IMPORT)
    await workbench.until_logged("importing")
    invocation = workbench.pool.invoke(b"{}")
    workbench.write("", ".git/release")
    await workbench.until(lambda: workbench.log().count("waiting") == 2)
    initialised = time.monotonic()
    workbench.write("", ".git/answer")
    await invocation.wait()
    (reloaded,) = workbench.records(events.Reloaded)
    assert reloaded.duration_ms <= (initialised - began) * 1000


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      CodeUri: shop
      Handler: app.lambda_handler
      MemorySize: {memory}
"""
SECOND = """  Till:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.11, CodeUri: shop, Handler: app.lambda_handler}
"""


async def open_template(open_project: Open, tmp_path: Path) -> Workbench:
    directory = tmp_path / "project"
    (directory / "shop").mkdir(parents=True)
    (directory / "template.yaml").write_text(TEMPLATE.format(memory=128))
    code = "def lambda_handler(event, context): return context.memory_limit_in_mb\n"
    (directory / "shop" / "app.py").write_text(code)
    workbench = await open_project(load_project(directory), watch=True)
    await workbench.until_watched()
    return workbench


@ONE_LEVEL
async def test_a_change_of_the_template_applies(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_template(open_project, tmp_path)
    assert await workbench.answer() == "128"
    old = await workbench.until_frozen()
    workbench.write(TEMPLATE.format(memory=256), "template.yaml")
    await workbench.until_replaced(old)
    assert workbench.pool.function.memory_size == 256
    assert await workbench.answer() == "256"


@ONE_LEVEL
async def test_what_no_environment_depends_on_is_known_without_a_reload(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_template(open_project, tmp_path)
    await workbench.invoke()
    kept = await workbench.until_frozen()
    line = workbench.pool.function.line or 0
    text = TEMPLATE.format(memory=128).replace("Resources:", "# moved\nResources:")
    workbench.write(f"{text}      Events: {{Get: {{Type: HttpApi}}}}\n", "template.yaml")
    await workbench.until(lambda: workbench.pool.function.triggers)
    assert workbench.pool.function.line == line + 1
    assert workbench.pool.environments == [kept]


@ONE_LEVEL
async def test_functions_come_and_go_with_the_template(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_template(open_project, tmp_path)
    await workbench.invoke()
    kept = await workbench.until_frozen()
    pools = workbench.engine.pools
    assert list(pools) == ["Shop"]
    workbench.write(TEMPLATE.format(memory=128) + SECOND, "template.yaml")
    await workbench.until(lambda: list(workbench.engine.pools) == ["Shop", "Till"])
    assert workbench.pool.environments == [kept]
    assert await workbench.answer(pool=workbench.engine.pools["Till"]) == "128"
    gone = workbench.engine.pools["Till"].environments[0]
    workbench.write(TEMPLATE.format(memory=128), "template.yaml")
    await workbench.until(lambda: list(workbench.engine.pools) == ["Shop"])
    await workbench.until(lambda: gone.state is State.ENDED)
    assert workbench.pool.environments == [kept]


@ONE_LEVEL
async def test_a_broken_template_is_told_and_a_mended_one_works_again(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_template(open_project, tmp_path)
    workbench.write("Resources: [", "template.yaml")
    await workbench.until(lambda: workbench.engine.project.problems)
    workbench.write(TEMPLATE.format(memory=512), "template.yaml")
    await workbench.until(
        lambda: [pool.function.memory_size for pool in workbench.engine.pools.values()] == [512]
    )
    assert workbench.engine.project.problems == ()
    assert await workbench.answer() == "512"


@ONE_LEVEL
async def test_a_mistake_that_is_mended_is_no_problem_any_more(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_template(open_project, tmp_path)
    workbench.write("def lambda_handler(event, context) return 1\n", "shop/app.py")
    workbench.write(TEMPLATE.format(memory=256), "template.yaml")
    await workbench.until(lambda: workbench.engine.project.problems)
    workbench.write(RETURNS.format(3), "shop/app.py")
    await workbench.until(lambda: not workbench.engine.project.problems)
    assert await workbench.answer() == 3


@ONE_LEVEL
async def test_a_code_folder_that_comes_back_is_seen(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_template(open_project, tmp_path)
    await workbench.invoke()
    await workbench.until_frozen()
    code, elsewhere = workbench.directory / "shop", tmp_path / "elsewhere"
    code.rename(elsewhere)
    await workbench.until(lambda: workbench.pool.problem)
    elsewhere.rename(code)
    await workbench.until(lambda: not workbench.pool.problem)
    assert await workbench.answer() == "128"


@ONE_LEVEL
async def test_saves_count_again_in_a_project_that_was_away(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_template(open_project, tmp_path)
    project, elsewhere = workbench.directory, tmp_path / "elsewhere"
    project.rename(elsewhere)
    await workbench.until(lambda: workbench.engine.project.problems)
    elsewhere.rename(project)
    await workbench.until(lambda: not workbench.engine.project.problems)
    assert await workbench.answer() == "128"

    workbench.write(TEMPLATE.format(memory=512), "template.yaml")

    await workbench.until(lambda: workbench.pool.function.memory_size == 512)


@ONE_LEVEL
async def test_a_file_that_others_may_now_read_is_read(open_project: Open, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    source = folder / "lambda_function.py"
    source.write_text(RETURNS.format("'open'"))
    source.chmod(0o600)
    workbench = await watch(open_project, load_project(folder))
    failed = response_of(await workbench.invoke())
    assert failed["errorType"] == "PermissionError"

    source.chmod(0o644)

    await workbench.until(lambda: not workbench.pool.function.unreadable)
    assert await workbench.answer() == "open"
    assert workbench.engine.project.problems == ()
