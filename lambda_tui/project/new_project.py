"""Writes a small new project: a function that runs at once, its event, and a template if wanted."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lambda_tui.project.interpreters import nodes_on_machine
from lambda_tui.project.runtimes import NODE_RUNTIMES, PYTHON_RUNTIMES, end_of_support
from lambda_tui.project.wording import shown

NewLanguage = Literal["python", "node", "typescript"]
NewKind = Literal["plain", "sam"]

EVENT_FILE = "events/hello.json"
"""The event of the function, in the project's folder."""
PACKAGE_FILE = "package.json"
_CODE_FOLDER = "hello"
"""The folder of the code beside a template."""
_EVENT = '{"name": "Ada"}\n'

_PYTHON = '''\
"""Greets, and counts. Whatever is outside of the handler runs at Init, once an environment."""

import logging

logger = logging.getLogger()
logger.setLevel("INFO")
invocations = 0


def lambda_handler(event, context):
    global invocations
    invocations += 1
    name = event.get("name", "world")
    logger.info("greeting %s with %s ms left", name, context.get_remaining_time_in_millis())
    return {"message": f"Hello, {name}!", "invocations": invocations}
'''
_NODE = """\
// Greets, and counts. Whatever is outside of the handler runs at Init, once an environment.
let invocations = 0;

export const handler = async (event, context) => {
  invocations += 1;
  const name = event.name ?? "world";
  console.info(`greeting ${name} with ${context.getRemainingTimeInMillis()} ms left`);
  return { message: `Hello, ${name}!`, invocations };
};
"""
_TYPESCRIPT = """\
// Greets, and counts. Whatever is outside of the handler runs at Init, once an environment.
interface Greeting {
  message: string;
  invocations: number;
}

let invocations = 0;

export const handler = async (
  event: { name?: string },
  context: { getRemainingTimeInMillis(): number },
): Promise<Greeting> => {
  invocations += 1;
  const name = event.name ?? "world";
  console.info(`greeting ${name} with ${context.getRemainingTimeInMillis()} ms left`);
  return { message: `Hello, ${name}!`, invocations };
};
"""
# `sam build` makes JavaScript by esbuild; here TypeScript runs by it, or by Node.js alone.
_PACKAGE = """\
{
  "private": true,
  "type": "module",
  "devDependencies": {
    "esbuild": "^0.25.0"
  }
}
"""
_TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: A function that greets

Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: hello
      Handler: HANDLER
      Runtime: RUNTIME
      MemorySize: 256
      Timeout: 5
"""
_BUILT_BY_ESBUILD = """\
    Metadata:
      BuildMethod: esbuild
      BuildProperties:
        EntryPoints: [app.ts]
"""


_CODE: dict[NewLanguage, tuple[str, str, str, str]] = {
    "python": (_PYTHON, "lambda_function.py", "app.py", "app.lambda_handler"),
    "node": (_NODE, "index.mjs", "app.mjs", "app.handler"),
    "typescript": (_TYPESCRIPT, "index.ts", "app.ts", "app.handler"),
}
"""The source of a function; its file's name in a plain folder, and beside a template; its handler.

The first is a name that plain folders are searched for.
"""


class NewProjectError(Exception):
    """The project cannot be written; ``str()`` is a sentence for the user."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project that was written."""

    folder: Path
    files: tuple[str, ...]
    """The files, by their paths in the folder."""


def write_project(folder: Path, language: NewLanguage, kind: NewKind) -> NewProject:
    """Write a new project's files; raise ``NewProjectError``. Nothing that is there is changed."""
    files = _files(language, kind)
    try:
        folder = folder.expanduser().absolute()
        there = [name for name in files if (folder / name).exists()]
        if there:
            raise NewProjectError(
                f"{shown(str(folder))} has {' and '.join(there)} already, and nothing was written; "
                "name another folder."
            )
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # A file that has come meanwhile stays too.
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        sentence = f"the project cannot be written to {shown(str(folder))}: {shown(reason)}."
        raise NewProjectError(sentence) from error
    return NewProject(folder, tuple(files))


def _files(language: NewLanguage, kind: NewKind) -> dict[str, str]:
    """Return the texts of the files, by their paths."""
    text, plain_name, name, handler = _CODE[language]
    files, folder = {plain_name: text}, ""
    if kind == "sam":
        template = _TEMPLATE.replace("HANDLER", handler).replace("RUNTIME", _runtime(language))
        template += _BUILT_BY_ESBUILD if language == "typescript" else ""
        folder = f"{_CODE_FOLDER}/"
        files = {"template.yaml": template, f"{folder}{name}": text}
    if language == "typescript":
        files[f"{folder}{PACKAGE_FILE}"] = _PACKAGE
    return {**files, EVENT_FILE: _EVENT}


def _runtime(language: NewLanguage) -> str:
    """Return the newest runtime that AWS supports and that this machine has an interpreter of."""
    if language == "python":
        there, usual = [f"python{sys.version_info.major}.{sys.version_info.minor}"], "python3.13"
    else:
        there, usual = [*nodes_on_machine()], "nodejs24.x"
    known = (*PYTHON_RUNTIMES, *NODE_RUNTIMES)
    found = [one for one in there if one in known and end_of_support(one) is None]
    return found[-1] if found else usual
