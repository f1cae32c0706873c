"""The project on the screen: its functions, its problems, and its changes."""

from __future__ import annotations

import sys
from pathlib import Path

from lambda_tui.project.settings import Settings
from lambda_tui.ui.screens.problems import Problems
from support.app_driver import Driver, OpenApp
from support.files import is_watched


async def test_a_folder_without_a_function_says_what_to_do(
    open_app: OpenApp, tmp_path: Path
) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    async with open_app(folder, size=(80, 24)) as driver:
        await driver.until_seen(
            "No function here yet", "lambda-tui demo", "def lambda_handler(event, context):"
        )
        await driver.press("i", "b", "r", "space", "t", "z", "slash", "y")
        assert driver.app.screen is driver.screen
        await driver.leave("q")


async def test_templates_below_a_folder_are_opened_without_a_restart(
    open_app: OpenApp, tmp_path: Path
) -> None:
    for name in ("orders", "users"):
        folder = tmp_path / "shop" / name
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(f"def run(*_): return '{name}'\n")
        (folder / "template.yaml").write_text(
            f"Resources:\n  {name.title()}:\n    Type: AWS::Serverless::Function\n"
            "    Properties: {CodeUri: ., Handler: app.run, Runtime: python3.12}\n"
        )
    async with open_app(tmp_path / "shop") as driver:
        await driver.until_seen("Open a template", "orders/template.yaml", "1 function")
        await driver.press("down", "enter")
        await driver.until(lambda: "Users" in driver.app.engine.pools, "the functions of users")
        await driver.until_painted()
        assert driver.app.focused is driver.screen.panes.functions.list
        await driver.invoke("Users")
        assert "users" in driver.text()

        entries = {one.text: one for one in await driver.screen.palette_entries()}
        template = [text for text in entries if text.startswith("Template: ")]
        assert template == ["Template: orders/template.yaml (1 function)"]
        entries[template[0]].choose()
        await driver.until(lambda: list(driver.app.engine.pools) == ["Orders"], "those of orders")


async def test_problems_are_named_with_file_and_line(open_app: OpenApp, project: Path) -> None:
    template = project / "template.yaml"
    template.write_text(
        template.read_text()
        + "  Lost:\n    Type: AWS::Serverless::Function\n"
        + "    Properties: {CodeUri: nowhere, Handler: app.x, Runtime: python3.11}\n"
    )
    async with open_app() as driver:
        await driver.until_seen("▲ 1 problem", "template.yaml:")
        await driver.press("p")
        assert isinstance(driver.app.screen, Problems)
        assert "nowhere" in driver.text()
        assert "Lost: template.yaml" not in driver.text()
        await driver.press("escape")
        await driver.invoke()
        assert "✓" in driver.summary


async def test_the_header_says_when_there_is_no_isolation(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, sandbox="processes")) as driver:
        await driver.until(lambda: "processes: no isolation" in driver.text())


async def test_the_header_names_what_runs_a_function_without_an_interpreter(
    open_app: OpenApp, project: Path
) -> None:
    template = project / "template.yaml"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    template.write_text(template.read_text().replace(version, "provided.al2023", 1))
    async with open_app() as driver:
        await driver.until(lambda: "│ provided.al2023 │ credentials" in driver.text())
        await driver.press("down")
        await driver.until(lambda: f"│ Python {sys.version.split()[0]} │" in driver.text())


async def test_a_new_function_in_the_template_appears(open_app: OpenApp, project: Path) -> None:
    async with open_app(settings=Settings()) as driver:
        await driver.until(lambda: is_watched(project))
        template = project / "template.yaml"
        template.write_text(template.read_text().replace("Fail:", "Renamed:"))
        await driver.until(lambda: "Renamed" in driver.text())


async def test_a_chosen_function_that_is_renamed_stays_chosen_and_nothing_else_is_invoked(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app(settings=Settings(), size=(160, 40)) as driver:
        await driver.until(lambda: is_watched(project))
        await driver.press("down")
        assert driver.screen.function == "Fail"
        template = project / "template.yaml"
        before = template.read_text()
        template.write_text(before.replace("Fail:", "Renamed:"))
        await driver.until(lambda: "Renamed" in driver.text())
        await driver.until_seen("▲ Fail is not in the project")
        await driver.press("i")
        pools = driver.app.engine.pools
        assert not any(pool.invocations for pool in pools.values())
        assert any("Nothing was sent: Fail" in notice for notice in driver.notices)
        template.write_text(before)
        await driver.until(lambda: driver.screen.function == "Fail", "the function again")
        assert "Fail" in driver.title("invocations")
        assert "is not in the project" not in driver.text().splitlines()[0].split("•")[0]


async def test_enter_chooses_a_function_instead_of_one_that_is_gone(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app(settings=Settings()) as driver:
        await driver.until(lambda: is_watched(project))
        await driver.press("down")
        template = project / "template.yaml"
        template.write_text(template.read_text().replace("Fail:", "Renamed:"))
        await driver.until(lambda: "Renamed" in driver.text())
        await driver.press("enter", "i")
        assert driver.screen.selection.function == "Greet"
        assert len(driver.app.engine.pools["Greet"].invocations) == 1


def function_rows(driver: Driver) -> list[str]:
    """Return the rows of the functions' list."""
    shown = driver.screen.panes.functions.list
    lines = driver.text().splitlines()[shown.region.y : shown.region.bottom]
    return [line.strip("│ ▁▂▃▄▅▆▇█·") for line in lines]


async def test_the_list_follows_its_cursor(open_app: OpenApp, project: Path) -> None:
    template = project / "template.yaml"
    fail = "  Fail:\n" + template.read_text().split("  Fail:\n")[1].split("  Slow:")[0]
    template.write_text(
        template.read_text() + "".join(fail.replace("Fail", f"Other{n}") for n in range(30))
    )
    async with open_app(size=(80, 24)) as driver:
        await driver.press("1")
        await driver.until(lambda: function_rows(driver)[0] == "Greet", "the first")
        assert "Other29" not in function_rows(driver)
        await driver.press("end")
        await driver.until(lambda: function_rows(driver)[-1] == "Other29", "the last")
        await driver.press("home")
        await driver.until(lambda: function_rows(driver)[0] == "Greet", "the first again")
