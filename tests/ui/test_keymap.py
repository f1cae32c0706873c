"""The user's own keys: which hold, and what is told of those that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.settings import Settings, load_settings
from lambda_tui.ui import make_app
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.keymap import make_keymap
from support.app_driver import OpenApp


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({}, {}),
        ({"invoke": "i,f5"}, {"invoke": "i,f5"}),
        ({"invoke": "i, f5"}, {"invoke": "i,f5"}),
        ({"help": "?"}, {"help": "question_mark"}),
        ({"invoke": "x", "kill": "i"}, {"invoke": "x", "kill": "i"}),
        ({"invoke": "f5", "kill": "f6"}, {"invoke": "f5", "kill": "f6"}),
    ],
)
def test_keys_that_nobody_else_has_hold(wanted: dict[str, str], keys: dict[str, str]) -> None:
    keymap = make_keymap(wanted, BINDINGS)

    assert keymap.keys == keys
    assert keymap.problems == {}


@pytest.mark.parametrize(
    ("wanted", "keys", "problems"),
    [
        (
            {"invoke": "b"},
            {"invoke": "b"},
            {
                "invoke": "keys.invoke takes b from burst, which has none now: "
                "give keys.burst another."
            },
        ),
        (
            {"invoke": "f5,g", "kill": "g"},
            {"invoke": "f5,g"},
            {"kill": "keys.kill wants g, which keys.invoke has already."},
        ),
        ({"invoke": ""}, {}, {"invoke": 'keys.invoke is "", which is no key.'}),
        ({"invoke": ","}, {}, {"invoke": 'keys.invoke is ",", which is no key.'}),
    ],
)
def test_a_key_that_others_have_is_told(
    wanted: dict[str, str], keys: dict[str, str], problems: dict[str, str]
) -> None:
    keymap = make_keymap(wanted, BINDINGS)

    assert keymap.keys == keys
    assert keymap.problems == problems


async def test_a_clash_is_a_problem_with_its_line(open_app: OpenApp, project: Path) -> None:
    (project / "lambda-tui.toml").write_text('watch = false\n\n[keys]\ninvoke = "b"\n')
    settings, problems = load_settings(project, project / "nowhere")
    assert problems == ()
    app = make_app(project, settings)

    (problem,) = (str(one) for one in app.engine.project.problems)
    assert problem.startswith("lambda-tui.toml:4: keys.invoke takes b from burst")
    await app.engine.close()


async def test_a_key_with_a_character_for_its_name_works(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, keys={"invoke": "!"})) as driver:
        await driver.press("exclamation_mark")
        assert driver.app.engine.pools["Greet"].invocations
