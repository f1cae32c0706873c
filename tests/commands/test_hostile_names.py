"""Names in the user's files that would break the lines of a command, or command the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.terminal_text import UNSAFE_CHARACTER
from support.terminal import Terminal, lambda_tui, screen_environment

TEMPLATE = """\
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: "co\\nde\\t\\e]0;PWNED\\a\\u202e"
      Handler: app.greet
      Runtime: python3.11
  Broken:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: "not\\nthere\\e[2J", Handler: app.greet, Runtime: python3.11}
"""


@pytest.mark.parametrize("command", [("list",), ("doctor",), ("invoke", "No\nne\x1b[2J")])
def test_a_command_writes_hostile_names_on_one_line(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = tmp_path / "pro\nject\x1b[31m"
    code = folder / "co\nde\t\x1b]0;PWNED\x07\u202e"
    code.mkdir(parents=True)
    (code / "app.py").write_text("def greet(event, context):\n    return 1\n")
    (folder / "template.yaml").write_text(TEMPLATE)
    name, *rest = command
    options = [*rest, "--project", str(folder)] if rest else [str(folder)]
    environment = screen_environment(tmp_path)
    terminal = Terminal(lambda_tui(name, *options), environment, (4000, 50))
    terminal.wait_for_end()
    text = terminal.output.decode()
    terminal.close()
    assert not UNSAFE_CHARACTER.search(text.replace("\r\n", "\n")), ascii(text)
    lines = text.split("\r\n")
    assert not any(line.startswith(("de", "ject", "there")) for line in lines), lines
    assert "␊" in text or "�" in text
