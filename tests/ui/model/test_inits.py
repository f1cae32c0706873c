"""The Init phases that the screen remembers, and the trees that it makes of them."""

from __future__ import annotations

import pytest
from msgspec import structs

from lambda_tui.engine import events
from lambda_tui.engine.events import Event, ImportedModule, InitProfile, Record, Span
from lambda_tui.engine.lifecycle import State
from lambda_tui.history import MOST_OF_EACH, InvocationRecord
from lambda_tui.ui.model.init_tree import (
    ERROR_LINES,
    LARGEST,
    InitNode,
    Part,
    init_trees,
    is_open_at_first,
    short_path,
    visible,
)
from lambda_tui.ui.model.inits import ENVIRONMENTS, INIT, PHASES, PROFILES, Inits, from_json

CODE = "/home/ada/shop/api"


def module(depth: int, name: str, began: float, took: float, **more: object) -> ImportedModule:
    return ImportedModule(depth, name, began, took, **more)  # type: ignore[arg-type]


PROFILE = InitProfile(
    waiting_ms=20.0,
    sandbox_ms=10.0,
    ready_ms=100.0,
    modules=(
        module(0, "app", 0.0, 90.0),
        module(1, "slow", 5.0, 60.0, file="/var/task/app.py", line=3),
        module(2, "deep", 10.0, 50.0, file="/var/task/slow.py", line=1),
        module(1, "missing", 70.0, 0.5, error_type="ModuleNotFoundError", file="/var/task/app.py"),
    ),
)
SPANS = (Span("runtimeInit", 10.0), Span("functionInit", 90.0))


class Story:
    """Events of environments, each a second after the one before."""

    def __init__(self) -> None:
        self.inits = Inits()
        self.now = 1000.0

    def tell(self, record: Record, environment: str = "e1", function: str = "shop") -> float:
        self.now += 1
        event = Event(record=record, function=function, environment=environment, time=self.now)
        self.inits.on_event(event)
        return self.now

    def create(self, environment: str = "e1", reason: events.CreationReason = "invocation") -> None:
        self.tell(events.StateChange(State.CREATING, None, reason), environment)

    def initialise(
        self,
        environment: str = "e1",
        phase: events.PhaseName = "init",
        status: events.Status = "success",
        error_type: str | None = None,
        profile: InitProfile = PROFILE,
    ) -> None:
        self.tell(events.InitStart("python:3.13.v7", "arn", phase), environment)
        if status != "success":
            self.tell(
                events.FunctionLog("[ERROR] KeyError: 'x'\nTraceback …\n  app.py"), environment
            )
        self.tell(profile, environment)
        report = events.InitReport(status, 100.0, phase, error_type, spans=SPANS)
        self.tell(report, environment)

    def serve(self, number: int, environment: str = "e1") -> InvocationRecord:
        """Begin and end an invocation; return what is listed of it."""
        began = self.tell(events.Start(f"request-{number}"), environment)
        return InvocationRecord(
            session="s",
            function="shop",
            number=number,
            request_id=f"request-{number}",
            started=began - 0.5,
            environment=1,
            environment_id=environment,
            status="success",
        )


def nodes(tree: InitNode) -> dict[str, InitNode]:
    return {node.label: node for node in tree.all()}


def test_an_invocation_has_the_phases_of_its_environment_up_to_its_own() -> None:
    story = Story()
    story.create()
    story.initialise()
    cold, warm = story.serve(1), story.serve(2)
    story.initialise(phase="invoke")
    after_reset = story.serve(3)

    assert [one.phase for one in story.inits.before(cold)] == ["init"]
    assert [one.phase for one in story.inits.before(warm)] == ["init"]
    assert [one.phase for one in story.inits.before(after_reset)] == ["init", "invoke"]


def test_a_failed_init_and_its_repetition_belong_to_the_invocation_that_waited() -> None:
    story = Story()
    story.create()
    story.initialise(status="error", error_type="Runtime.Unknown")
    story.initialise(phase="invoke", status="error", error_type="Runtime.Unknown")
    failed = story.serve(1)
    failed.started = 0.0

    found = story.inits.before(failed)
    assert [one.phase for one in found] == ["init", "invoke"]
    assert all(one.error.startswith("[ERROR] KeyError") for one in found)


def test_an_invocation_that_still_waits_sees_the_init_that_is_under_way() -> None:
    story = Story()
    story.create()
    story.tell(events.InitStart("python:3.13.v7", "arn"))
    waiting = InvocationRecord(
        session="s", function="shop", number=1, request_id="r", started=0.0, environment_id="e1"
    )

    (seen,) = story.inits.before(waiting)
    (tree,) = init_trees([seen], CODE)
    assert tree.note == "under way"


def test_what_is_restored_has_the_init_of_its_snapshot_before_it() -> None:
    story = Story()
    story.create("snapshot", "snapshot")
    story.initialise("snapshot")
    story.create("e1")
    story.tell(events.RestoreStart("python:3.13.v7", "arn"))
    story.tell(InitProfile(waiting_ms=30.0))
    story.tell(events.RestoreReport("success", 12.0))
    record = story.serve(1)
    # It has waited for the snapshot too.
    record.started = 0.0

    trees = init_trees(story.inits.before(record), CODE)
    assert [tree.label for tree in trees] == ["Snapshot", "Restore"]
    assert "slow" in nodes(trees[0])
    assert nodes(trees[1])["waiting for the snapshot"].total_ms == 30.0
    assert nodes(trees[1])["fork of the snapshot, and hooks"].total_ms == 12.0


def test_what_is_remembered_is_bounded() -> None:
    story = Story()
    for number in range(ENVIRONMENTS + 3):
        story.create(f"e{number}")
        story.initialise(f"e{number}")
    assert story.inits.of("e0") == ()
    assert story.inits.of(f"e{ENVIRONMENTS + 2}")
    for _ in range(PHASES + 3):
        story.initialise(f"e{ENVIRONMENTS + 2}", phase="invoke")
    assert len(story.inits.of(f"e{ENVIRONMENTS + 2}")) == PHASES


def test_the_modules_of_the_newest_phases_alone_are_kept() -> None:
    story = Story()
    for number in range(PROFILES + 1):
        story.create(f"e{number}")
        story.initialise(f"e{number}")

    (oldest,) = init_trees(story.inits.of("e0"), CODE)
    assert nodes(oldest)["function init"].note == "modules are not known"
    assert nodes(oldest)["sandbox"].total_ms == 10.0
    (next_one,) = init_trees(story.inits.of("e1"), CODE)
    assert "slow" in nodes(next_one)


def test_a_tree_has_each_part_at_its_time_with_its_own_time() -> None:
    story = Story()
    story.create()
    story.initialise()
    (tree,) = init_trees(story.inits.of("e1"), CODE)

    found = nodes(tree)
    times = {label: (one.began_ms, one.total_ms, one.own_ms) for label, one in found.items()}
    assert times == {
        "Cold start": (0.0, 130.0, 0.0),
        "waiting for the interpreter": (0.0, 20.0, 20.0),
        "sandbox": (20.0, 10.0, 10.0),
        "runtime init": (30.0, 10.0, 10.0),
        "function init": (40.0, 90.0, 0.0),
        "app": (40.0, 90.0, 29.5),
        "slow": (45.0, 60.0, 10.0),
        "deep": (50.0, 50.0, 50.0),
        "missing: ModuleNotFoundError": (110.0, 0.5, 0.5),
    }
    assert tree.note == "Init 100 ms"
    assert found["slow"].place == "app.py:3"
    assert found["missing: ModuleNotFoundError"].has_failed
    marked = [label for label, one in found.items() if one.is_largest]
    assert set(marked) == {"app", "deep", "sandbox"} or len(marked) == LARGEST
    assert "deep" in marked
    assert "waiting for the interpreter" not in marked


def test_a_tree_opens_at_first_on_the_way_to_the_largest() -> None:
    story = Story()
    story.create()
    story.initialise()
    trees = init_trees(story.inits.of("e1"), CODE)

    shown = [node.label for _, node in visible(trees, is_open_at_first)]
    assert "deep" in shown
    assert "app" in shown
    assert not is_open_at_first(nodes(trees[0])["deep"])


def test_the_time_that_extensions_are_waited_for_is_not_the_functions() -> None:
    profile = InitProfile(
        ready_ms=60.0,
        extensions=(events.ExtensionInit("agent", 5.0, 95.0), events.ExtensionInit("late")),
    )
    story = Story()
    story.create()
    story.initialise(profile=profile)
    (tree,) = init_trees(story.inits.of("e1"), CODE)

    found = nodes(tree)
    assert (found["function init"].began_ms, found["function init"].end_ms) == (10.0, 60.0)
    assert (found["waiting for extensions"].began_ms, tree.end_ms) == (60.0, 100.0)
    assert (found["extension agent"].total_ms, found["extension agent"].note) == (
        95.0,
        "registered at 5.0 ms",
    )
    assert found["extension late"].note == "unregistered"


def test_a_failed_init_shows_its_error_with_the_stack() -> None:
    story = Story()
    story.create()
    story.initialise(status="error", error_type="Runtime.ImportModuleError")
    (tree,) = init_trees(story.inits.of("e1"), CODE)

    lines = [node.label for node in tree.children if node.part is Part.ERROR]
    assert lines == ["[ERROR] KeyError: 'x'", "Traceback …", "  app.py"]
    assert tree.has_failed
    assert tree.note == "error: Runtime.ImportModuleError"


def test_an_error_without_end_is_cut() -> None:
    story = Story()
    story.create()
    story.tell(events.InitStart("python:3.13.v7", "arn"))
    story.tell(events.FunctionLog("[ERROR] x\n" + "line\n" * 10_000))
    story.tell(events.InitReport("error", 1.0))
    (tree,) = init_trees(story.inits.of("e1"), CODE)

    assert len(tree.children) == ERROR_LINES


def test_modules_of_nonsensical_depths_and_names_make_a_tree_all_the_same() -> None:
    modules = (module(7, "\x1b[2Jevil\n", 0.0, 5.0), module(0, "a", 1.0, 1.0), module(3, "b", 2, 9))
    story = Story()
    story.create()
    story.initialise(profile=InitProfile(modules=modules))
    (tree,) = init_trees(story.inits.of("e1"), CODE)

    labels = [node.label for node in tree.all()]
    assert "evil␊" in labels
    assert not any("\x1b" in label or "\n" in label for label in labels)
    assert all(node.own_ms >= 0 for node in tree.all())


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("/var/task/app.py", "app.py"),
        (f"{CODE}/orders/app.py", "orders/app.py"),
        ("/opt/python/shared.py", "/opt/python/shared.py"),
        (
            "/home/ada/.venv/lib/python3.13/site-packages/requests/__init__.py",
            "requests/__init__.py",
        ),
        ("/var/lang/lib/python3.13/asyncio/events.py", "asyncio/events.py"),
        ("", ""),
    ],
)
def test_a_path_is_shown_from_the_code_or_from_the_library(file: str, shown: str) -> None:
    assert short_path(file, CODE) == shown


def test_the_phases_that_an_invocation_waited_for_are_kept_and_come_back() -> None:
    story = Story()
    story.create()
    story.initialise()
    cold, warm = story.serve(1), story.serve(2)
    cold.is_cold = True

    assert story.inits.to_keep(warm) == {}
    assert from_json(story.inits.to_keep(cold)[INIT]) == list(story.inits.of("e1"))
    assert from_json(b"{") == from_json(b"[1]") == from_json(None) == ()


def test_of_too_many_modules_only_the_phases_are_kept() -> None:
    modules = tuple(module(0, f"module{number:0>60}", 0.0, 1.0) for number in range(4_000))
    story = Story()
    story.create()
    story.initialise(profile=structs.replace(PROFILE, modules=modules))
    kept = story.inits.to_keep(story.serve(1))[INIT]
    (seen,) = from_json(kept)

    assert len(kept) < MOST_OF_EACH
    assert seen.profile == structs.replace(PROFILE, modules=())
    assert seen.spans == SPANS
