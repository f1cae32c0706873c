"""The response of an invocation on the screen: folded, searched, decoded, and as it comes."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path

import pytest

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model.responses import JsonRow
from lambda_tui.ui.panes.response import ResponsePane
from lambda_tui.ui.panes.response.reading import SHOWN, Line, Reading
from support import SECONDS
from support.app_driver import Driver, OpenApp

CODE = """\
import json

def greet(event, context):
    return event

def fail(event, context):
    return inner(event)

def inner(event):
    return event["nowhere"]
"""


@pytest.fixture
def echoing(project: Path) -> Path:
    """A project whose function returns its event."""
    (project / "code" / "app.py").write_text(CODE)
    for file in (project / "events").iterdir():
        file.unlink()
    return project


def pane(driver: Driver) -> ResponsePane:
    """Return the pane."""
    return driver.screen.query_one(ResponsePane)


def lines(driver: Driver) -> list[str]:
    """Return the rows as they are shown."""
    rows = pane(driver).rows
    return [rows.row(item, rows.size.width).plain.rstrip() for item in rows.items]


async def show(driver: Driver, value: object, function: str = "Greet") -> None:
    """Invoke the function, and go to its response."""
    pool = driver.app.engine.pools[function]
    invocation = pool.invoke(json.dumps(value).encode())
    await driver.until(lambda: invocation.is_over)
    await driver.press("6")
    await driver.until_seen(f"#{invocation.number} ")
    await driver.until(lambda: lines(driver) not in ([], ["Reading …"]))


def rows_of(payload: bytes, view: str, *, has_failed: bool = False, width: int = 80) -> list[str]:
    """Return the text of the rows of one view."""
    found = Reading.of(payload, has_failed=has_failed).rows(view, width)
    return [
        "".join(piece for piece, _ in row.pieces) if isinstance(row, Line) else str(row.path)
        for row in found
    ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)])
async def test_a_value_folds_by_keys_and_by_mouse(
    open_app: OpenApp, echoing: Path, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await show(driver, {"order": {"id": 7, "total": 1.10}, "items": []})
        whole = ["▾ {2 keys}", "  ▾ order: {2 keys}", "      id: 7", "      total: 1.1"]
        assert lines(driver) == [*whole, "    items: []"]
        await driver.press("down", "left")
        assert lines(driver) == [whole[0], "  ▸ order: {id, total}", "    items: []"]
        await driver.press("right")
        assert len(lines(driver)) == 5
        await driver.press("right", "left")
        assert pane(driver).rows.highlighted_key == ("json", ("order",))
        await driver.press("minus")
        assert len(lines(driver)) == 3
        await driver.press("asterisk")
        assert len(lines(driver)) == 5
        await driver.pilot.click(pane(driver).rows, offset=(4, 1))
        await driver.until(lambda: len(lines(driver)) == 3)


async def test_a_response_of_megabytes_is_shown_searched_and_copied_whole(
    open_app: OpenApp, echoing: Path
) -> None:
    value = {"rows": [{"id": number, "name": "x" * 60} for number in range(60_000)]}
    async with open_app(size=(120, 40)) as driver:
        await show(driver, value)
        assert lines(driver) == ["▾ {1 key}", "  ▸ rows: [60,000 items]"]
        size = len(driver.app.engine.pools["Greet"].invocations[-1].response or b"")
        assert f"✓ success · {size / 2**20:.1f} MB · " in driver.text()
        await driver.press("slash", *"59999", "enter")
        await driver.until(
            lambda: pane(driver).rows.highlighted_key == ("json", ("rows", 59_999, "id"))
        )
        await driver.until_seen("59999: {2 keys}", "id: 59999")
        assert json.loads(pane(driver).whole_text) == value


async def test_a_line_that_is_folded_loses_no_character(open_app: OpenApp, echoing: Path) -> None:
    numbers = "".join(f"{number:04}" for number in range(60))
    async with open_app(size=(120, 40)) as driver:
        await show(driver, {"statusCode": 200, "body": numbers})
        await driver.press("V", "V")
        rows = pane(driver).rows
        shown = "".join(rows.row(item, rows.row_width).plain.rstrip() for item in rows.items)

        assert numbers in shown


async def test_views_are_changed_by_a_key_and_by_a_click(open_app: OpenApp, echoing: Path) -> None:
    answer = {"statusCode": 404, "headers": {"X-Id": "7"}, "body": '{"message": "no such"}'}
    async with open_app(size=(120, 40)) as driver:
        await show(driver, answer)
        assert lines(driver) == [
            "HTTP 404 Not Found",
            "X-Id: 7",
            "── body · 22 B",
            "▾ {1 key}",
            '    message: "no such"',
        ]
        assert "‹HTTP› JSON raw" in driver.text()
        await driver.press("V")
        assert lines(driver)[1] == "    statusCode: 404"
        await driver.press("V")
        assert lines(driver)[0].startswith('{"statusCode":')
        names = driver.screen.query_one("#response-views")
        await driver.pilot.click(names, offset=(2, 0))
        await driver.until(lambda: lines(driver)[0] == "HTTP 404 Not Found")
        # The choice holds for the next response, where it makes sense.
        await driver.press("V")
        await show(driver, answer)
        assert lines(driver)[1] == "    statusCode: 404"


async def test_a_search_goes_from_match_to_match(open_app: OpenApp, echoing: Path) -> None:
    async with open_app(size=(120, 40)) as driver:
        await show(driver, {"a": "fish", "b": {"fish": 1}, "c": "other"})
        rows = pane(driver).rows
        await driver.press("slash", *"FISH", "enter")
        await driver.until(lambda: rows.highlighted_key == ("json", ("a",)))
        await driver.press("n")
        await driver.until(lambda: rows.highlighted_key == ("json", ("b", "fish")))
        await driver.press("n")
        await driver.until(lambda: rows.highlighted_key == ("json", ("a",)))
        await driver.press("N")
        await driver.until(lambda: rows.highlighted_key == ("json", ("b", "fish")))
        await driver.press("slash", *"q", "enter")
        await driver.until(lambda: any("is not in this response" in one for one in driver.notices))
        await driver.press("slash", "escape")
        assert driver.screen.focused is rows
        assert rows.needle == ""


async def test_an_error_has_its_type_and_its_stack(
    open_app: OpenApp, echoing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = tmp_path / "opened"
    editor = tmp_path / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" > {opened}.new\nmv {opened}.new {opened}\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    async with open_app(size=(120, 40)) as driver:
        await driver.press("down")
        await show(driver, {}, "Fail")
        shown = lines(driver)
        assert shown[:2] == ["✗ KeyError", "'nowhere'"]
        assert any(line.endswith("line 7, in fail") for line in shown)
        assert "✗ KeyError · " in driver.text()
        assert pane(driver).has_class("-error")
        await driver.press("G")
        row = pane(driver).rows.highlighted
        assert isinstance(row, Line)
        assert 'app.py", line 10, in inner' in row.frame
        await driver.press("o")
        await driver.until(opened.exists, "the editor")
        assert opened.read_text().split() == ["-g", f"{echoing}/code/app.py:10"]


STREAMING = """\
import http.client, os, time

host = os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    client = http.client.HTTPConnection(host)
    client.request("GET", "/2018-06-01/runtime/invocation/next")
    event = client.getresponse()
    event.read()
    id = event.headers["Lambda-Runtime-Aws-Request-Id"]

    def parts():
        yield b"first "
        while not os.path.exists("/tmp/go"):
            time.sleep(0.01)
        yield b"second"

    client = http.client.HTTPConnection(host)
    client.request(
        "POST",
        f"/2018-06-01/runtime/invocation/{id}/response",
        body=parts(),
        headers={
            "Lambda-Runtime-Function-Response-Mode": "streaming",
            "Transfer-Encoding": "chunked",
        },
        encode_chunked=True,
    )
    client.getresponse().read()
"""


async def test_parts_of_a_stream_are_shown_as_they_come(open_app: OpenApp, project: Path) -> None:
    bootstrap = project / "code" / "bootstrap"
    bootstrap.write_text(f"#!{sys.executable}\n{STREAMING}")
    bootstrap.chmod(0o755)
    template = (project / "template.yaml").read_text()
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (project / "template.yaml").write_text(template.replace(version, "provided.al2023", 1))
    async with open_app(size=(120, 40)) as driver:
        await driver.press("6")
        pool = driver.app.engine.pools["Greet"]
        invocation = pool.invoke(b"{}", on_part=lambda _: None)
        await driver.until(lambda: "  first " in [f"{line} " for line in lines(driver)])
        await driver.until_seen("1 part, 6 B so far", "running")
        (environment,) = pool.environments
        assert environment.tmp_directory is not None
        (environment.tmp_directory / "go").touch()
        await asyncio.wait_for(invocation.wait(), SECONDS)
        await driver.until_seen("‹parts›", "✓ success · 12 B")
        shown = lines(driver)
        assert [line.split()[0] for line in shown] == ["1", "first", "2", "second"]


def test_the_size_that_is_said_is_that_of_the_response() -> None:
    payload = json.dumps({"rows": [[n] for n in range(60_000)]}).encode()
    last = rows_of(payload, "raw")[-1]
    assert (
        last
        == f"… the first {SHOWN / 1024:.1f} KB of {len(payload) / 1024:.1f} KB; Y copies everything"
    )


@pytest.mark.parametrize(
    "payload", [b"null", b"17", b'"text"', b"[]", b"\xff\x00", b"{broken", b""]
)
def test_any_response_can_be_shown(payload: bytes) -> None:
    reading = Reading.of(payload, has_failed=False)
    for view in reading.views:
        assert "\x00" not in "".join(rows_of(payload, view))
    assert reading.rows("raw", 80) or not payload


def test_escapes_in_a_response_are_shown_as_text() -> None:
    payload = json.dumps(
        {"statusCode": 200, "headers": {"\x1b[2J": "\x1b]0;x\x07"}, "body": "\x1b"}
    )
    for view in ("HTTP", "raw"):
        assert "\x1b" not in "".join(rows_of(payload.encode(), view))
    assert "\x1b" not in "".join(rows_of(b"\x1b]0;PWNED\x07[b]", "raw"))


def test_a_binary_body_is_named_and_shown_in_hexadecimal() -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(8) + bytes((0, 0, 3, 32, 0, 0, 2, 88)) + bytes(40)
    answer = {"statusCode": 200, "isBase64Encoded": True, "body": base64.b64encode(png).decode()}
    shown = rows_of(json.dumps(answer).encode(), "HTTP")
    assert shown[1] == "── body · 64 B · PNG picture, 800 × 600"
    assert shown[2].startswith("000000  89 50 4e 47")


def test_lines_are_folded_and_never_cut() -> None:
    text = "x" * 205
    assert rows_of(text.encode(), "raw", width=100) == ["x" * 100, "x" * 100, "x" * 5]
    assert "".join(rows_of("漢字".encode() * 50, "raw", width=11)) == "漢字" * 50


def test_a_row_of_json_is_a_row_of_the_tree() -> None:
    assert all(
        isinstance(row, JsonRow) for row in Reading.of(b"[1]", has_failed=False).rows("JSON", 80)
    )


async def test_of_a_stored_response_that_was_cut_both_sizes_are_said(
    open_app: OpenApp, echoing: Path
) -> None:
    async with open_app(size=(120, 40)) as driver:
        await driver.press("6")
        record = InvocationRecord(
            session="before",
            function="Greet",
            number=7,
            request_id="",
            started=0.0,
            status="success",
            response_bytes=3 << 20,
        )
        pane(driver).show_response(record, b'{"rows": [1, 2')
        await driver.until_seen("✓ success · 3.0 MB · the first 14 B kept", '{"rows": [1, 2')
