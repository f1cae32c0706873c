"""Every action by its key, and by the mouse: in the key bar, or in the palette that it opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from rich.cells import cell_len
from textual.binding import Binding
from textual.widgets import Input

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.app import LambdaTuiApp
from lambda_tui.ui.bindings import BINDINGS
from lambda_tui.ui.event.choose_event import ChooseEvent
from lambda_tui.ui.event.invocation_options import AskInvocationOptions
from lambda_tui.ui.event.save_event import SaveEvent
from lambda_tui.ui.screens.comparison import Comparison
from lambda_tui.ui.screens.dialogs import AskBurst, AskCredentials, AskQualifier, AskQuit
from lambda_tui.ui.screens.help import Help
from lambda_tui.ui.screens.lives import LivesScreen
from lambda_tui.ui.screens.palette import Palette
from lambda_tui.ui.screens.problems import Problems
from lambda_tui.ui.screens.statistics import Statistics
from lambda_tui.ui.textual_private import rendered_lines
from support import worlds
from support.app_driver import Driver, OpenApp
from support.scripted_driver import OpenWorld

SIZE = (200, 40)
"""Wide, so that the key bar shows every key."""
Act = Callable[[str], Awaitable[None]]
"""Does what a binding does, which is named by its id."""
Proof = Callable[[Driver, Act], Awaitable[None]]

PROOFS: dict[str, Proof] = {}
"""A proof for each binding of the main screen, by its id."""


def proves(*ids: str) -> Callable[[Proof], Proof]:
    """Register the proof that these bindings do what their tooltips say."""

    def register(proof: Proof) -> Proof:
        assert not PROOFS.keys() & set(ids)
        PROOFS.update(dict.fromkeys(ids, proof))
        return proof

    return register


def by_key(driver: Driver) -> Act:
    """Return what presses the key of a binding."""

    async def act(id: str) -> None:
        await driver.press(*(key.strip() for key in [binding(id).key.split(",")[0]]))

    return act


def by_mouse(driver: Driver) -> Act:
    """Return what clicks the binding in the key bar; where that has it not, in the palette."""

    async def act(id: str) -> None:
        if not await click_key(driver, id):
            assert await click_key(driver, "palette")
            await driver.until(lambda: isinstance(driver.app.screen, Palette), "the palette")
            wanted = binding(id).tooltip
            # Most of it at once: letter by letter, each would be looked for.
            driver.app.screen.query_one(Input).value = wanted[:-4]
            await driver.press(*("space" if each == " " else each for each in wanted[-4:]))
            await driver.until(lambda: place_of(driver, wanted), f"{wanted} in the palette")
            await driver.pilot.click(offset=place_of(driver, wanted) or (0, 0))
            await driver.until(lambda: not isinstance(driver.app.screen, Palette), "its end")
        await driver.settle()
        await driver.until(driver.text, "a painted screen")

    return act


async def click_key(driver: Driver, id: str) -> bool:
    """Click a key in the key bar, and return whether it is there."""
    bar = driver.screen.query_one("#keys")
    left, right = bar._fitting()  # type: ignore[attr-defined]
    shown = next((one for one in (*left, *right) if one.action == binding(id).action), None)
    if shown is None or driver.app.screen is not driver.screen:
        return False
    line = rendered_lines(driver.screen)[bar.region.y].text
    at = line.index(f" {shown.key} {shown.description} ")
    await driver.pilot.click(bar, offset=(at + 1, 0))
    return True


def place_of(driver: Driver, title: str) -> tuple[int, int] | None:
    """Return column and row of an action among the hits of the palette."""
    for row, line in enumerate(rendered_lines(driver.app.screen)):
        # Before the same text in the field above the list stands a sign.
        column = line.text.find(f"  {title}  ")
        if column >= 0:
            return cell_len(line.text[:column]) + 3, row
    return None


def binding(id: str) -> Binding:
    """Return a binding of the application or its main screen."""
    ours = (one for one in (*BINDINGS, *LambdaTuiApp.BINDINGS) if isinstance(one, Binding))
    return next(one for one in ours if one.id == id)


# The proofs that need processes


@proves("invoke")
async def invoke(driver: Driver, act: Act) -> None:
    pool = driver.app.engine.pools["Greet"]
    before = len(pool.invocations)
    await act("invoke")
    await driver.until(lambda: len(pool.invocations) == before + 1, "one invocation more")
    await driver.until(lambda: pool.invocations[-1].is_over, "its end")
    assert pool.invocations[-1].status == "success"
    await at_rest(driver)


@proves("invoke_async")
async def invoke_asynchronously(driver: Driver, act: Act) -> None:
    pool = driver.app.engine.pools["Greet"]
    before = len(pool.invocations)
    await act("invoke_async")
    await driver.until(lambda: len(pool.invocations) == before + 1, "one invocation more")
    await driver.until(lambda: pool.invocations[-1].is_over, "its end")
    assert pool.invocations[-1].caller.name == "asynchronous"
    await at_rest(driver)


@proves("burst")
async def burst(driver: Driver, act: Act) -> None:
    pool = driver.app.engine.pools["Greet"]
    before = len(pool.invocations)
    await act("burst")
    assert isinstance(driver.app.screen, AskBurst)
    await driver.press("end", *["backspace"] * 3, "2", "enter")
    await driver.until(lambda: len(pool.invocations) == before + 2, "two invocations more")
    await at_rest(driver)


@proves("freeze")
async def freeze(driver: Driver, act: Act) -> None:
    await driver.invoke()
    environment = driver.screen.environment
    assert environment is not None
    assert environment.state is State.FROZEN
    await act("freeze")
    await driver.until(lambda: environment.state is State.IDLE, "a thaw")
    await act("freeze")
    await driver.until(lambda: environment.state is State.FROZEN, "a freeze")


@proves("reinit")
async def reinitialise(driver: Driver, act: Act) -> None:
    await driver.invoke()
    environment = driver.screen.environment
    assert environment is not None
    await act("reinit")
    await driver.until(lambda: environment.state is State.ENDED, "the end of the old one")
    await at_rest(driver)


@proves("reinit_all")
async def reinitialise_all(driver: Driver, act: Act) -> None:
    await driver.invoke()
    pool = driver.app.engine.pools["Greet"]
    old = list(pool.environments)
    await act("reinit_all")
    await driver.until(lambda: all(one.state is State.ENDED for one in old), "the end of all")
    await driver.until(lambda: pool.environments, "new ones")
    await at_rest(driver)


@proves("kill")
async def kill(driver: Driver, act: Act) -> None:
    await driver.invoke()
    environment = driver.screen.environment
    assert environment is not None
    await act("kill")
    await driver.until(lambda: environment.state is State.RESET, "a reset")


@proves("sync")
async def sync(driver: Driver, act: Act) -> None:
    wanted = []

    async def install(pool: object) -> None:
        wanted.append(pool)

    # The real one downloads from the index of packages.
    driver.app.engine.sync.sync = install  # type: ignore[method-assign]
    await act("sync")
    await driver.until(lambda: wanted == [driver.app.engine.pools["Greet"]], "an installation")


async def at_rest(driver: Driver) -> None:
    """Wait until every environment is frozen or reset, and the screen shows it."""
    pool = driver.app.engine.pools["Greet"]
    states = (State.FROZEN, State.RESET)
    await driver.until(lambda: all(one.state in states for one in pool.environments), "a rest")
    await driver.until_painted()


NEED_PROCESSES = tuple(PROOFS)


# The proofs on a scripted world


@proves("qualifier")
async def qualifier(driver: Driver, act: Act) -> None:
    await act("qualifier")
    assert isinstance(driver.app.screen, AskQualifier)


@proves("credentials")
async def credentials(driver: Driver, act: Act) -> None:
    await act("credentials")
    await driver.until(lambda: isinstance(driver.app.screen, AskCredentials), "the question")


@proves("event_file")
async def event_file(driver: Driver, act: Act) -> None:
    await act("event_file")
    await driver.until(lambda: isinstance(driver.app.screen, ChooseEvent), "the choice")


@proves("save_event")
async def save_event(driver: Driver, act: Act) -> None:
    await act("save_event")
    await driver.until(lambda: isinstance(driver.app.screen, SaveEvent), "the question")


@proves("event_options")
async def event_options(driver: Driver, act: Act) -> None:
    await act("event_options")
    await driver.until(lambda: isinstance(driver.app.screen, AskInvocationOptions), "the question")


@proves("lay_out_event")
async def lay_out_event(driver: Driver, act: Act) -> None:
    await driver.press("5")
    event = driver.screen.panes.event
    event.text = '{"a": 1}'
    await act("lay_out_event")
    await driver.until(lambda: event.text == '{\n  "a": 1\n}\n', "a value on each line")


@proves("edit_elsewhere")
async def edit_elsewhere(driver: Driver, act: Act) -> None:
    await driver.press("5")
    await act("edit_elsewhere")
    await driver.until(lambda: any("EDITOR" in one for one in driver.notices), "a hint")


@proves("synth")
async def synthesise(driver: Driver, act: Act) -> None:
    await act("synth")
    said = "no CDK app to synthesise"
    await driver.until(lambda: any(said in one for one in driver.notices), "an answer")


@proves("earlier", "later")
async def earlier_and_later(driver: Driver, act: Act) -> None:
    await driver.press("3")
    await act("earlier")
    assert driver.summary.startswith("#6 ")
    await act("later")
    assert driver.summary.startswith("#7 ")


@proves("reuse")
async def reuse(driver: Driver, act: Act) -> None:
    await driver.press("3", "j", "j")
    await act("reuse")
    await driver.until(lambda: "/orders/17" in driver.screen.panes.event.text, "the event")


@proves("compare")
async def compare(driver: Driver, act: Act) -> None:
    await driver.press("3", "j", "j", "j")
    await act("compare")
    await driver.press("j")
    await act("compare")
    await driver.until(lambda: isinstance(driver.app.screen, Comparison), "the comparison")


@proves("statistics")
async def statistics(driver: Driver, act: Act) -> None:
    await driver.press("3")
    await act("statistics")
    assert isinstance(driver.app.screen, Statistics)


@proves("copy_aws", "copy_line")
async def copy_command(driver: Driver, act: Act) -> None:
    await driver.press("3", "j", "j", "j")
    await act("copy_aws")
    await driver.until(lambda: "aws lambda invoke" in driver.app.clipboard, "a command")
    await act("copy_line")
    await driver.until(lambda: driver.app.clipboard.startswith("lambda-tui "), "a command")


@proves("copy_item", "copy_all")
async def copy(driver: Driver, act: Act) -> None:
    await driver.press("1")
    await act("copy_item")
    await driver.until(lambda: driver.app.clipboard.startswith("arn:aws:lambda"), "the ARN")
    await driver.press("3", "j", "j", "j", "6")
    await act("copy_all")
    await driver.until(lambda: '"orders' in driver.app.clipboard, "the response")


@proves("search")
async def search(driver: Driver, act: Act) -> None:
    await driver.press("1")
    await act("search")
    assert driver.app.focused is driver.screen.panes.functions.filter
    await driver.press("escape", "3")
    await act("search")
    assert driver.app.focused is not None
    assert driver.app.focused.id == "invocation-filter"
    await driver.press("escape", "4")
    await act("search")
    assert driver.app.focused.id == "log-search"


@proves("next_match", "previous_match", "only_matches")
async def matches(driver: Driver, act: Act) -> None:
    await driver.press("4", "/", *"stage", "enter")
    await driver.until(lambda: "found" in driver.subtitle("log"), "matches")
    view = driver.screen.panes.log_pane.view
    await act("next_match")
    first = view._cursor
    await act("next_match")
    assert view._cursor != first
    await act("previous_match")
    assert view._cursor == first
    await act("only_matches")
    await driver.until(lambda: "only" in driver.subtitle("log"), "matches alone")


@proves("follow", "wrap")
async def follow_and_wrap(driver: Driver, act: Act) -> None:
    await driver.press("4")
    view = driver.screen.panes.log_pane.view
    for id in ("follow", "wrap"):
        before = getattr(view, id)
        await act(id)
        assert getattr(view, id) is not before


@proves("log_scope")
async def log_scope(driver: Driver, act: Act) -> None:
    await driver.press("4")
    await act("log_scope")
    await driver.until(lambda: "all functions" in driver.subtitle("log"), "the log of all")


@proves("clear_log")
async def clear_log(driver: Driver, act: Act) -> None:
    await driver.press("4")
    view = driver.screen.panes.log_pane.view
    assert view.all_text
    await act("clear_log")
    await driver.until(lambda: not view.all_text, "an empty log")


@proves("open_source")
async def open_source(driver: Driver, act: Act) -> None:
    await driver.press("4", "g")
    before = len(driver.notices)
    await act("open_source")
    await driver.until(lambda: len(driver.notices) > before, "a sentence on the line")


@proves(*(f"pane_{number}" for number in range(1, 10)), "event", "tmp")
async def panes(driver: Driver, act: Act) -> None:
    wanted = [*driver.screen.panes.by_id]
    await driver.press("3")
    for number, pane in enumerate(wanted, 1):
        await act(f"pane_{number}")
        assert driver.screen.panes.focused_pane == pane
        await driver.press("escape")
    for id in ("event", "tmp"):
        await act(id)
        assert driver.screen.panes.focused_pane == id
        await driver.press("escape")


@proves("pane_before", "pane_after")
async def neighbours(driver: Driver, act: Act) -> None:
    await driver.press("1")
    await act("pane_after")
    assert driver.screen.panes.focused_pane == "environments"
    await driver.press("3")
    await act("pane_before")
    assert driver.screen.panes.focused_pane == "environments"


@proves("tab_before", "tab_after")
async def tabs(driver: Driver, act: Act) -> None:
    await driver.press("7")
    await act("tab_after")
    assert driver.screen.panes.focused_pane == "init"
    await act("tab_before")
    assert driver.screen.panes.focused_pane == "tmp"


@proves("zoom")
async def zoom(driver: Driver, act: Act) -> None:
    await driver.press("3")
    await act("zoom")
    assert driver.screen.panes.zoomed == "invocations"
    await act("zoom")
    assert driver.screen.panes.zoomed is None
    await driver.press("2")
    await act("zoom")
    assert isinstance(driver.app.screen, LivesScreen)


@proves("problems")
async def problems(driver: Driver, act: Act) -> None:
    await act("problems")
    assert isinstance(driver.app.screen, Problems)


@proves("back")
async def back(driver: Driver, act: Act) -> None:
    await driver.press("5")
    await act("back")
    assert driver.screen.panes.focused_pane == "invocations"


@proves("help")
async def show_help(driver: Driver, act: Act) -> None:
    await act("help")
    assert isinstance(driver.app.screen, Help)


@proves("palette", "colon")
async def palette(driver: Driver, act: Act) -> None:
    for id in ("palette", "colon"):
        await act(id)
        await driver.until(lambda: isinstance(driver.app.screen, Palette), id)
        await driver.press("escape")
        await driver.until(lambda: driver.app.screen is driver.screen, "its end")


@proves("suspend")
async def suspend(driver: Driver, act: Act) -> None:
    # Without a terminal nothing happens; tests/ui/test_terminal.py has one.
    await driver.press("ctrl+z")
    assert driver.app.screen is driver.screen


@proves("quit")
async def leave(driver: Driver, act: Act) -> None:
    await act("quit")
    assert isinstance(driver.app.screen, AskQuit)


BY_KEY_ALONE = (back, palette, suspend)
"""Going back and suspending are for hands on the keys; a click opens the palette in all others."""


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let texts be copied to the terminal, and let the user have no editor."""
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    for name in ("VISUAL", "EDITOR", "LAMBDA_TUI_EDITOR"):
        monkeypatch.delenv(name, raising=False)


def proofs_of(ids: Iterator[str] | tuple[str, ...]) -> list[Proof]:
    """Return the proofs of bindings, each once."""
    return [*dict.fromkeys(PROOFS[id] for id in ids)]


@pytest.mark.parametrize("way", [by_key, by_mouse])
async def test_what_needs_processes_is_done(
    open_app: OpenApp, way: Callable[[Driver], Act]
) -> None:
    async with open_app(size=SIZE) as driver:
        for proof in proofs_of(NEED_PROCESSES):
            await driver.press("escape", "escape", "2")
            await proof(driver, way(driver))


SCRIPTED = proofs_of(tuple(id for id in PROOFS if id not in NEED_PROCESSES))
WAYS = [
    *(pytest.param(proof, by_key, id=f"{proof.__name__} by key") for proof in SCRIPTED),
    *(
        pytest.param(proof, by_mouse, id=f"{proof.__name__} by mouse")
        for proof in SCRIPTED
        if proof not in BY_KEY_ALONE
    ),
]


@pytest.mark.parametrize(("proof", "way"), WAYS)
async def test_an_action_is_done(
    open_world: OpenWorld, proof: Proof, way: Callable[[Driver], Act]
) -> None:
    async with open_world(worlds.shop, worlds.busy, SIZE) as driver:
        await proof(driver, way(driver))


def test_every_binding_of_the_main_screen_has_a_proof() -> None:
    ours = (*BINDINGS, *LambdaTuiApp.BINDINGS)
    ids = {one.id for one in ours if isinstance(one, Binding) and one.id}

    assert ids == set(PROOFS)
