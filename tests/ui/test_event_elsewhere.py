"""The event in the user's own editor, in a real terminal and in a window of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.ui.event.elsewhere import EditorError, edit_elsewhere
from support.app_driver import OpenApp
from support.terminal import Terminal, lambda_tui, screen_environment

EDITOR = """\
#!{python}
import json, os, stat, sys
file = sys.argv[-1]
with open({seen!r}, "w") as seen:
    status, folder = os.stat(file), os.stat(os.path.dirname(file))
    json.dump([sys.argv[1:], oct(status.st_mode & 0o777), oct(folder.st_mode & 0o777)], seen)
text = open(file).read()
open(file, "w").write(text.replace("world", "edited elsewhere"))
print("EDITOR WAS HERE")
"""


class Editor:
    """A program that replaces a word in the file that it is given."""

    def __init__(self, tmp_path: Path, name: str) -> None:
        self._seen = tmp_path / "seen.json"
        self.program = tmp_path / name
        self.program.write_text(EDITOR.format(python=sys.executable, seen=str(self._seen)))
        self.program.chmod(0o755)

    def seen(self) -> tuple[list[str], str, str]:
        """Return its arguments, and the modes of file and folder."""
        arguments, mode, folder_mode = json.loads(self._seen.read_text())
        return arguments, mode, folder_mode


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lambda_function.py").write_text(
        "def lambda_handler(event, context):\n    return 'hello ' + event['name']\n"
    )
    editor = Editor(tmp_path, "vim")
    environment = {
        **screen_environment(tmp_path),
        "EDITOR": str(editor.program),
        "TMPDIR": str(tmp_path),
    }
    terminal = Terminal(lambda_tui(folder), environment, size=(120, 40))
    yield terminal
    terminal.close()


def test_ctrl_o_edits_the_event_in_the_terminal_and_comes_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.read_until(b"Functions")
    terminal.press(b"5")
    terminal.read_until(b"world")
    terminal.press(b"\x0f")
    terminal.read_until(b"EDITOR WAS HERE")
    terminal.read_until(b"elsewhere", after=terminal.output.find(b"EDITOR WAS HERE"))
    terminal.press(b"\n")
    terminal.read_until(b"hello edi")
    assert not list(tmp_path.glob("lambda-tui-*")), "the file is removed"
    arguments, mode, folder_mode = Editor(tmp_path, "vim").seen()
    assert Path(arguments[-1]).name == "event.json"
    assert (mode, folder_mode) == ("0o600", "0o700")


async def test_an_editor_with_a_window_is_waited_for(open_app: OpenApp, tmp_path: Path) -> None:
    editor = Editor(tmp_path, "code")
    environment = {"EDITOR": str(editor.program), "PATH": os.environ["PATH"]}
    async with open_app() as driver:
        edited = await edit_elsewhere(driver.screen.app, '{"name": "world"}', None, environment)

    assert edited == '{"name": "edited elsewhere"}'
    arguments, *_ = editor.seen()
    assert arguments[0] == "--wait"


@pytest.mark.parametrize(
    ("editor", "sentence"),
    [
        ("", "Set VISUAL or EDITOR to your editor"),
        ("kate", "kate does not say when a file is closed"),
        ("code-that-is-not-there", "code-that-is-not-there is not found"),
        ("false", "needs the terminal"),
    ],
)
async def test_an_editor_that_cannot_be_used_is_one_sentence(
    open_app: OpenApp, editor: str, sentence: str
) -> None:
    environment = {"EDITOR": editor, "PATH": os.environ["PATH"]}
    async with open_app() as driver:
        with pytest.raises(EditorError, match=sentence):
            await edit_elsewhere(driver.screen.app, "{}", None, environment)
