"""Reads ``.chalice/config.json``, whose values hold for a function, a stage, or all of the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.language import (
    InvalidYamlError,
    LinedMapping,
    read_yaml,
    section,
)
from lambda_tui.project.wording import shown

DEFAULT_STAGE = "dev"


class Config:
    """The values of one stage; without the file none are given."""

    def __init__(self, file: Path, stage: str) -> None:
        self.stage = stage
        self.problems: list[Problem] = []
        self._content = self._read(file)
        self._of_stage = section(section(self._content, "stages"), stage)
        stages = section(self._content, "stages")
        if stages and stage not in stages and stage != DEFAULT_STAGE:
            sentence = f"there is no stage {shown(stage)}; there are {shown(', '.join(stages))}."
            self.problems.append(Problem(sentence, file, self._content.lines.get("stages", 1)))

    def value(self, key: str, function: str = "") -> tuple[object, int | None]:
        """Return a value and its line, counted from 1; None where none is given.

        The function's own in the stage goes first, then the stage's, the function's, the app's.
        """
        for holder in self._holders(function):
            if holder.get(key) is not None:
                return holder[key], holder.lines.get(key)
        return None, None

    def environment(self, function: str) -> LinedMapping:
        """Return the variables of a function: the app's, under the stage's, under its own there."""
        own = section(section(self._of_stage, "lambda_functions"), function)
        variables = LinedMapping()
        for holder in (self._content, self._of_stage, own):
            given = section(holder, "environment_variables")
            for name, value in given.items():
                variables.put(name, value, given.lines.get(name))
        return variables

    def _holders(self, function: str) -> Iterator[LinedMapping]:
        yield section(section(self._of_stage, "lambda_functions"), function)
        yield self._of_stage
        yield section(section(self._content, "lambda_functions"), function)
        yield self._content

    def _read(self, file: Path) -> LinedMapping:
        if not file.exists():
            return LinedMapping()
        line: int | None = 1
        try:
            # JSON is YAML too, and read as that it has lines; but for tabs, of which it needs none.
            content = read_yaml(read_text(file, limits.TEMPLATE_BYTES).replace("\t", " ")).content
            if isinstance(content, LinedMapping):
                return content
            sentence = f"the file is {shown(content)}, but it is an object with keys."
        except UnreadableFileError as error:
            sentence, line = str(error), None
        except InvalidYamlError as error:
            sentence, line = f"the file is not valid JSON: {error}.", error.line
        except RecursionError:
            sentence = "the file is nested too deeply."
        self.problems.append(Problem(sentence, file, line))
        return LinedMapping()
