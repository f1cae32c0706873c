"""The documents say what the code does: links, names, tables, the diagram, settings, pictures."""

from __future__ import annotations

import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest

from lambda_tui import __version__
from lambda_tui.commands.arguments import (
    demo_parser,
    doctor_parser,
    event_parser,
    history_parser,
    invoke_parser,
    list_parser,
    screen_parser,
    serve_parser,
)
from lambda_tui.engine.events import Record
from lambda_tui.engine.lifecycle import TRANSITIONS, State
from lambda_tui.engine.wire import FrameKind, RuntimeFrame
from lambda_tui.project.settings import PROJECT_FILE, Settings, load_settings
from lambda_tui.ui.bindings import BINDINGS
from screenshots.make import MOVING
from screenshots.make import PICTURES as STILL
from support.files import ROOT
from support.key_table import with_table
from support.state_diagram import state_diagram, with_diagram

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/security.md",
    "docs/containers/README.md",
    "docs/keys.md",
    "docs/screen.md",
    "docs/projects.md",
)
README, CONTRIBUTING, CHANGELOG, ARCHITECTURE, SECURITY, CONTAINERS, KEYS, SCREEN, PROJECTS = (
    (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS
)
PICTURES = sorted((ROOT / "screenshots").glob("*.svg"))
LARGEST_PICTURE = 400_000
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of the same level or a higher one."""
    level = heading.split(" ")[0]
    after = page.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", after, maxsplit=1)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of a Markdown table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def words(text: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@cache
def names_in(file: Path) -> frozenset[str]:
    """Return what a Python file defines at its top level and in its classes, as ``Class.name``."""
    return frozenset(_defined(ast.parse(file.read_text(encoding="utf-8")).body, ""))


def _defined(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name
            case ast.ClassDef(name=name, body=inside):
                yield prefix + name
                yield from _defined(inside, f"{prefix}{name}.")
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield prefix + name
            case ast.Assign(targets=targets):
                yield from (prefix + one.id for one in targets if isinstance(one, ast.Name))


def links(page: str) -> list[tuple[str, str]]:
    """Return the texts and the targets of a page's links."""
    return LINK.findall(page)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    broken = []
    for text, target in links(page):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        if not file.exists():
            broken.append(f"[{text}]({target}): no such file")
        elif anchor and anchor not in anchors(file.read_text(encoding="utf-8")):
            broken.append(f"[{text}]({target}): no such heading")

    assert broken == []


def test_every_name_that_the_architecture_page_links_is_defined_in_that_file() -> None:
    named = [
        (text.strip("`"), (ROOT / "docs" / target).resolve())
        for text, target in links(ARCHITECTURE)
        if target.endswith(".py") and re.fullmatch(r"`[\w.]+`", text)
    ]
    missing = [
        f"{name} in {file.relative_to(ROOT)}"
        for name, file in named
        if name not in {file.name, file.stem}
        and name.removeprefix(f"{file.stem}.") not in names_in(file)
    ]

    assert len(named) > 50
    assert missing == []


def test_every_line_of_the_security_page_names_a_test_that_exists() -> None:
    # A heading and its line come before the rows of each of the tables.
    lines = [row for row in rows(SECURITY) if row[1] in ("both", "`namespaces`")]
    proofs = [
        (text.strip("`"), (ROOT / "docs" / target).resolve())
        for *_, proof in lines
        for text, target in links(proof)
    ]
    unknown = [name for name, file in proofs if name not in names_in(file)]

    assert len(lines) > 50
    assert len(proofs) == len(lines)
    assert [name for name, _ in proofs if not name.startswith("test_")] == []
    assert unknown == []


def test_the_state_diagram_is_drawn_from_the_table_of_transitions() -> None:
    assert state_diagram() in ARCHITECTURE, "python -m tests.support.state_diagram draws it anew"
    assert with_diagram(ARCHITECTURE) == ARCHITECTURE


def test_the_arrows_of_the_diagram_are_the_transitions() -> None:
    diagram = state_diagram()
    boxed = {state for state in State if f"        {state} -->" in diagram}
    drawn = set()
    for begin, end in re.findall(r"(\w+) --> (\w+)", diagram):
        sources = boxed if begin == "running" else {State(begin.replace("_", " "))}
        drawn |= {(source, State(end.replace("_", " "))) for source in sources}

    assert drawn == {(old, new) for old, following in TRANSITIONS.items() for new in following}


def test_the_table_of_states_has_each_state_with_its_phase() -> None:
    table = rows(section(ARCHITECTURE, "## The life of an environment"))

    assert [(words(state)[0], phase) for state, phase, _ in table] == [
        (str(state), str(state.phase or "–")) for state in State
    ]


def test_the_table_of_records_has_every_record_of_the_stream() -> None:
    table = rows(section(ARCHITECTURE, "## The event stream"))
    listed = [(words(kind)[0], words(name)[0]) for kind, name, _ in table]

    assert sorted(listed) == sorted((one.type, one.__name__) for one in Record.__subclasses__())


def kinds_written_in(*files: str) -> set[str]:
    """Return the kinds of the messages that stand in Python files as dictionaries."""
    return {
        value.value
        for file in files
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "kind"
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def texts_in(*files: str) -> set[str]:
    """Return the string constants of Python files."""
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def frames(heading: str, direction: str) -> dict[str, set[str]]:
    """Return the fields of the frames in a table, by their kind."""
    table = rows(section(ARCHITECTURE, heading))
    return {
        words(kind)[0]: set(words(fields)) for way, kind, fields, _ in table if way == direction
    }


ZYGOTE, INIT = "### Engine and zygote", "### Engine and init process"
ENGINE_WIRE = "lambda_tui/engine/wire/"


def test_the_tables_of_frames_have_every_kind_that_is_sent() -> None:
    to_zygote, from_zygote = frames(ZYGOTE, "→ zygote"), frames(ZYGOTE, "→ engine")
    to_init, from_init = frames(INIT, "→ init"), frames(INIT, "→ engine")
    zygote_files = ("runtimes/zygote.py", f"{ENGINE_WIRE}zygote.py")
    init_files = (
        *(f"runtimes/init/{name}.py" for name in ("init_process", "environment")),
        *("runtimes/snapshots/snapshot_init.py", f"{ENGINE_WIRE}init_process.py"),
    )

    assert kinds_written_in(*zygote_files) <= to_zygote.keys() | from_zygote.keys()
    assert to_zygote.keys() | from_zygote.keys() <= texts_in(*zygote_files)
    assert kinds_written_in(*init_files) <= to_init.keys() | from_init.keys()
    assert to_init.keys() | from_init.keys() <= texts_in(*init_files)


def test_the_fields_of_frames_are_those_that_the_code_names() -> None:
    to_and_from_init = {**frames(INIT, "→ init"), **frames(INIT, "→ engine")}
    fields = set().union(*to_and_from_init.values())
    written = texts_in(
        *(f"runtimes/init/{name}.py" for name in ("init_process", "environment")),
        *("runtimes/snapshots/restore.py", f"{ENGINE_WIRE}init_process.py"),
    )
    # Keyword arguments are fields there too.
    written |= {"out_of_memory", "name"}

    assert fields - written == set()


def test_the_table_of_a_runtimes_frames_has_the_kinds_and_fields_that_are_accepted() -> None:
    told = frames("### Engine and runtime", "→ engine")

    assert {*told, "fault"} == set(get_args(FrameKind))
    assert set().union(*told.values()) == {
        *RuntimeFrame.__struct_fields__,
    } - {"kind", "payload"}


@cache
def contracts() -> dict[str, list[str]]:
    """Return the layers of each package that import-linter knows, from the top."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        container: [one.strip() for layer in contract["layers"] for one in layer.split("|")]
        for contract in configuration["tool"]["importlinter"]["contracts"]
        for container in contract.get("containers", ())
    }


@pytest.mark.parametrize(
    ("heading", "package"),
    [
        ("### Inside the engine", "lambda_tui.engine"),
        ("### Inside the project's reader", "lambda_tui.project"),
        ("### The kinds of projects", "lambda_tui.project.kinds"),
        ("### Inside the history", "lambda_tui.history"),
        ("### Inside the APIs", "lambda_tui.apis"),
        ("### Inside the screen", "lambda_tui.ui"),
    ],
)
def test_a_table_of_parts_has_them_in_the_order_of_their_layers(heading: str, package: str) -> None:
    listed = [words(part)[0] for part, _ in rows(section(ARCHITECTURE, heading))]

    assert listed == contracts()[package]


def test_the_maps_have_every_package_and_module_of_the_outer_folders() -> None:
    linked = {(ROOT / "docs" / target).resolve() for _, target in links(ARCHITECTURE)}
    there = {
        path
        for folder in (ROOT / "lambda_tui", ROOT / "runtimes")
        for path in folder.iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("_")
    }

    assert there - linked == set()


@cache
def call_path() -> dict[str, list[str]]:
    """Return the names of the calls of a warm and of a cold invocation, in their order."""
    printed = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.call_path"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    ).stdout
    return {
        kind: re.findall(r"^ *(\S+)  \(", printed.split(f"{kind} invocation\n")[1], re.MULTILINE)
        for kind in ("warm", "cold")
    }


@pytest.mark.parametrize("kind", ["warm", "cold"])
def test_an_invocation_goes_through_the_code_as_the_page_says(kind: str) -> None:
    steps = section(ARCHITECTURE, f"### A {kind} invocation").strip().split("\n\n")[0]
    told = [
        text.strip("`")
        for text, target in links(steps)
        # A class is no call, and what other processes do is not seen.
        if target.startswith("../lambda_tui/") and not re.fullmatch(r"`[A-Z]\w+`", text)
    ]
    calls = iter(call_path()[kind])

    assert told
    # Searched in the order of the page: each search goes on where the one before has ended.
    assert [name for name in told if name not in calls] == []


def test_every_word_of_the_glossary_is_a_class() -> None:
    listed = [words(word)[0] for word, _ in rows(section(ARCHITECTURE, "## Glossary"))]
    sources = [*(ROOT / "lambda_tui").rglob("*.py"), *(ROOT / "runtimes").rglob("*.py")]
    classes = {
        name
        for source in sources
        for name in re.findall(r"^class (\w+)", source.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(listed) >= 10
    assert set(listed) - classes == set()


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    commands = [line for line in README.splitlines() if line.endswith("pytest")]

    assert len(commands) == 1
    assert "grep -m 1 'pytest$' README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_settings_of_the_readme_are_all_there_are_and_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", section(README, "## Settings"), flags=re.DOTALL)
    monkeypatch.setenv("HOME", str(tmp_path))
    for program in (".venv/bin/python", "node/bin/node"):
        (tmp_path / program).parent.mkdir(parents=True)
        (tmp_path / program).symlink_to(sys.executable)

    for block in blocks:
        (tmp_path / PROJECT_FILE).write_text(block, encoding="utf-8")
        assert load_settings(tmp_path, tmp_path)[1] == ()
    named = {name for block in blocks for name in tomllib.loads(block)}
    # A list is one field of the settings, a table of the same name another; the command line's own
    # is none of a file.
    others = {"layer_paths", "parameter_overrides", "dynamic_references"}
    fields = {field.name for field in dataclasses.fields(Settings)} - others
    assert named == fields


def test_the_options_that_the_readme_names_are_options_of_the_commands() -> None:
    parsers = (
        *(demo_parser, doctor_parser, event_parser, history_parser, invoke_parser, list_parser),
        *(screen_parser, serve_parser),
    )
    known = {
        option for make in parsers for option in re.findall(r"--[a-z-]+", make().format_help())
    }
    block = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    commands = [line for text in block for line in text.splitlines() if "lambda-tui" in line]
    text = "\n".join([*commands, *re.findall(r"`([^`\n]+)`", README + PROJECTS)])
    # Options of other programs in the same lines.
    others = {"--quiet", "--endpoint-url", "--function-name"}

    assert set(re.findall(r"(?<!\S)--[a-z-]+", text)) - known - others == set()


def test_the_keys_that_the_readme_lists_are_bound() -> None:
    bound = {key for binding in BINDINGS for key in binding.key.split(",")}
    names = {"?": "question_mark", "=": "equals_sign", "esc": "escape"}
    table = rows(section(README, "## The keys"))
    listed = [key for row in table for cell in row[::2] for key in words(cell)]
    # Bound by the application and by the editor, or by Textual.
    others = {"ctrl+p", "ctrl+j", "ctrl+z", "enter"}

    assert len(listed) > 10
    assert {names.get(key, key) for key in listed} - bound - others == set()


def test_the_table_of_keys_is_made_from_the_bindings() -> None:
    assert with_table(KEYS) == KEYS, "python -m tests.support.key_table writes it anew"


def test_the_pictures_are_those_that_the_documents_show() -> None:
    shown = re.findall(r"\]\((?:\.\./)?screenshots/([^)]+\.svg)\)", README + SCREEN)

    assert set(shown) == {picture.name for picture in PICTURES}
    assert {picture.stem for picture in PICTURES} == {MOVING, *(one.name for one in STILL)}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.stem)
def test_a_picture_is_small_and_loads_nothing_from_elsewhere(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(text) < LARGEST_PICTURE
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import|href|<script", text) == []


def test_the_moving_picture_shows_each_of_its_parts_for_some_time() -> None:
    text = (ROOT / "screenshots" / "life-cycle.svg").read_text(encoding="utf-8")
    shown = set(re.findall(r'<g class="(t\d+)">', text))
    animated = dict(re.findall(r"\.(t\d+) \{ animation: t\d+ (\S+) step-end infinite \}", text))
    drawn = dict(re.findall(r"@keyframes (t\d+) \{ (.*) \}", text))

    assert len(shown) > 20
    assert shown == animated.keys() == drawn.keys()
    assert len(set(animated.values())) == 1
    assert all("visible" in steps for steps in drawn.values())


def test_the_changelog_has_what_is_not_released_and_this_version() -> None:
    headings = re.findall(r"^## (\S+)", CHANGELOG, flags=re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert __version__ in headings


def test_the_documents_are_part_of_the_source_distribution() -> None:
    configuration: dict[str, Any] = tomllib.loads(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    included = configuration["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]

    assert {f"/{name.partition('/')[0]}" for name in DOCUMENTS} <= set(included)
