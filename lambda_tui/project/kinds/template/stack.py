"""Reads a template and those nested in it, as the stacks that a deployment makes of them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template.document_check import document_problems
from lambda_tui.project.kinds.template.language import (
    APPLICATION_TYPE,
    NESTED_STACK_TYPES,
    Absent,
    Expansion,
    InvalidYamlError,
    LinedMapping,
    Nesting,
    Resolver,
    Unknown,
    UnresolvedError,
    YamlDocument,
    as_text,
    read_yaml,
    section,
    text_under,
    with_remedy,
)
from lambda_tui.project.kinds.template.properties import Findings, Properties
from lambda_tui.project.spelling import true_path
from lambda_tui.project.wording import shown

ADVICE = "add a resource of Type AWS::Serverless::Function, or run `lambda-tui demo`."
"""The end of a sentence on a template without functions."""

_BUILD = Path(".aws-sam", "build")
_MOST_STACKS = 100
"""Stacks that are read of one project: a few templates can multiply one another without end."""
_CONSEQUENCE = "so the functions in it are not listed"
_PARAMETERS_REMEDY = "Parameters needs a value for each name, such as Parameters: {Stage: prod}."


class InvalidTemplateError(Exception):
    """A file is no template; ``str()`` is the sentence that says so."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


def read_document(file: Path) -> YamlDocument:
    """Return the document of a template, a mapping; raise ``InvalidTemplateError``."""
    try:
        document = read_yaml(_as_yaml(read_text(file, limits.TEMPLATE_BYTES)))
    except UnreadableFileError as error:
        raise InvalidTemplateError(str(error)) from error
    except InvalidYamlError as error:
        sentence = f"the template is not valid YAML: {error}."
        raise InvalidTemplateError(sentence, error.line) from error
    if not isinstance(document.content, LinedMapping):
        raise InvalidTemplateError(f"the template has no Resources; {ADVICE}", 1)
    return document


def _as_yaml(text: str) -> str:
    """Return a text that is YAML: JSON is, but for tabs, of which its texts have none."""
    return text.replace("\t", " ") if text.lstrip().startswith("{") else text


@dataclass(slots=True)
class _Reading:
    """The state that the stacks of one project share while they are read."""

    files: set[Path] = field(default_factory=set)
    """The files of nested stacks, whether they are there or not."""
    stacks: int = 1


class Stack:
    """A template with the values that it is deployed with: a project's own, or a nested one."""

    def __init__(
        self,
        file: Path,
        content: LinedMapping,
        values: Mapping[str, str],
        sources: Mapping[str, str],
        nesting: Nesting | None = None,
        around: Stack | None = None,
        *,
        reads_nested: bool = True,
    ) -> None:
        """Take the user's ``values``, by their names in this stack, and their ``sources``.

        ``around`` is the stack that this one is nested in, as ``nesting`` says. Without
        ``reads_nested`` those nested in it are left to the caller.
        """
        self.file = file
        self.problems: list[Problem] = []
        self.unknown: dict[Problem, str] = {}
        """The names under which the user can give what is not known, by problems."""
        self._values = values
        self._sources = sources
        self._around = around
        self._reading: _Reading = _Reading() if around is None else around._reading
        self._nested: dict[str, Stack | None] = {}
        """The stacks nested in it, by logical id; None for one that is not on this machine."""
        self._begun: set[str] = set()
        """Stacks whose reading has begun: what asks for one before it is read goes in a circle."""
        given = nesting or Nesting()
        self.content = self._expanded(content, given)
        self._reads_nested = reads_nested
        nesting = replace(given, output=self._nested_output if reads_nested else None)
        self.resolver = Resolver(self.content, values, sources, nesting)

    def tell(self, unknown: Mapping[Problem, str]) -> None:
        """Add problems with values that are not known, with the names of these."""
        self.problems += unknown
        self.unknown |= unknown

    def _expanded(self, content: LinedMapping, nesting: Nesting) -> LinedMapping:
        """Return the template with its loops and included files written out."""
        resolver = Resolver(content, self._values, self._sources, nesting)
        expansion = Expansion(self.file.parent, content, resolver)
        for sentence, line, name in expansion.findings:
            problem = Problem(sentence, self.file, line)
            self.problems.append(problem)
            if name is not None:
                self.unknown[problem] = name
        self._reading.files |= expansion.files
        return expansion.content

    @property
    def path(self) -> str:
        """The logical ids on the way to it, such as ``Child/``; empty for the outermost."""
        return self.resolver.nesting.path

    def built_folder(self, logical_id: str) -> Path:
        """Return the folder that ``sam build`` makes of a function or a layer."""
        outermost = self
        while outermost._around is not None:
            outermost = outermost._around
        return outermost.file.parent / _BUILD / f"{self.path}{logical_id}"

    @property
    def files(self) -> frozenset[Path]:
        """The files of the nested stacks, whether they are there or not."""
        return frozenset(self._reading.files)

    def walk(self) -> Iterator[Stack]:
        """Yield the stack, and all that are nested in it, in the order of the templates."""
        yield self
        if not self._reads_nested:
            return
        for logical_id, resource in self.resolver.resources.items():
            if text_under(resource, "Type") in NESTED_STACK_TYPES:
                nested = self._nested_stack(logical_id)
                if nested is not None:
                    yield from nested.walk()

    def _nested_output(self, logical_id: str, name: str) -> object:
        """Return an output of a nested stack; raise ``UnresolvedError``."""
        nested = self._nested_stack(logical_id)
        if nested is None:
            attribute = f"{self.path}{logical_id}.Outputs.{name}"
            raise with_remedy(f"{shown(attribute)} is known only in the cloud", attribute)
        outputs = section(nested.content, "Outputs")
        if name not in outputs:
            near = difflib.get_close_matches(name[:64], outputs, n=1)
            hint = f"did you mean {shown(near[0])}?" if near else "add it there"
            raise UnresolvedError(f"{nested.file.name} has no output {shown(name)}; {hint}")
        return nested.resolver.resolve(section(outputs, name).get("Value"))

    def _nested_stack(self, logical_id: str) -> Stack | None:
        if logical_id not in self._nested:
            if logical_id in self._begun:
                raise UnresolvedError(f"what {shown(logical_id)} gets depends on itself")
            self._begun.add(logical_id)
            self._nested[logical_id] = self._read_nested(logical_id)
        return self._nested[logical_id]

    def _read_nested(self, logical_id: str) -> Stack | None:
        """Return a nested stack; None, with a problem, for one that is not on this machine."""
        resource = section(self.resolver.resources, logical_id)
        findings = Findings(self.file, f"{self.path}{logical_id}", "")
        line = self.resolver.resources.lines.get(logical_id)
        own = section(resource, "Properties")
        properties = Properties(own, line, self.resolver, findings)
        is_application = text_under(resource, "Type") == APPLICATION_TYPE
        try:
            file = self._nested_file(properties, "Location" if is_application else "TemplateURL")
            return None if file is None else self._nested_in(file, logical_id, properties)
        finally:
            self.problems += findings.problems
            self.unknown |= findings.unknown

    def _nested_file(self, properties: Properties, name: str) -> Path | None:
        """Return the template that a property names; None, with a problem, if there is none."""
        known = len(properties.findings.problems)
        value = properties.value(name, _CONSEQUENCE)
        if isinstance(value, dict):
            properties.warn(name, f"{name} is an application of a repository, {_CONSEQUENCE}.")
            return None
        if not isinstance(value, str):
            if len(properties.findings.problems) == known:
                example = f"such as {name}: child/template.yaml"
                properties.warn(name, f"{name} has to name a template, {example}.")
            return None
        if value.startswith(("s3://", "https://", "http://")):
            properties.warn(
                name, f"{name} lies in S3, {_CONSEQUENCE}; name the file that is packaged."
            )
            return None
        folder = self.file.parent
        path = Path(os.path.normpath(os.path.join(folder, value.removeprefix("file://"))))
        self._reading.files.add(path)
        if os.path.isfile(path):
            return self._accepted(path, name, properties)
        listed = true_path(folder, value)
        hint = "name a template"
        if listed is not None and listed.is_file():
            hint = f"did you mean {shown(os.path.relpath(listed, folder))}"
        what = "is a folder" if os.path.isdir(path) else "does not exist"
        end = "?" if hint.startswith("did") else "."
        properties.warn(name, f"{name} names {shown(value)}, which {what}; {hint}{end}")
        return None

    def _accepted(self, file: Path, name: str, properties: Properties) -> Path | None:
        """Return the file; None, with a problem, where it contains itself or there are too many."""
        stack: Stack | None = self
        while stack is not None:
            if os.path.realpath(stack.file) == os.path.realpath(file):
                properties.warn(
                    name,
                    f"{name} names {shown(file.name)}, which this stack is nested in itself; "
                    "name another template.",
                )
                return None
            stack = stack._around
        if self._reading.stacks >= _MOST_STACKS:
            properties.warn(
                name,
                f"it is beyond the {_MOST_STACKS} stacks that are read of a project, "
                f"{_CONSEQUENCE}; open it with -t.",
            )
            return None
        self._reading.stacks += 1
        return file

    def _nested_in(self, file: Path, logical_id: str, properties: Properties) -> Stack | None:
        try:
            document = read_document(file)
        except InvalidTemplateError as error:
            self.problems.append(Problem(str(error), file, error.line))
            return None
        content = document.content
        assert isinstance(content, LinedMapping)
        values = self._values_for(logical_id, content)
        parameters, sources = self._parameters_for(file, content, values, properties)
        secrets = self.resolver.nesting.secrets
        nesting = Nesting(f"{self.path}{logical_id}/", parameters, secrets=secrets)
        stack = Stack(file, content, values, {**self._sources, **sources}, nesting, self)
        stack.problems += document_problems(file, document)
        return stack

    def _values_for(self, logical_id: str, content: LinedMapping) -> dict[str, str]:
        """Return the user's values as a nested stack has them.

        Those of its own begin with its name and a slash. What is named alike in both is another
        thing in each, but an export or a secret is the same.
        """
        declared = {*section(content, "Parameters"), *section(content, "Resources")}
        values = {
            name: value
            for name, value in self._values.items()
            if name.partition(".")[0] not in declared
        }
        stack = self.resolver.text({"Ref": "AWS::StackName"})
        values["AWS::StackName"] = f"{stack}-{logical_id}"
        start = f"{logical_id}/"
        for name, value in self._values.items():
            if name.startswith(start):
                values[name.removeprefix(start)] = value
        return values

    def _parameters_for(
        self, file: Path, content: LinedMapping, values: Mapping[str, str], properties: Properties
    ) -> tuple[dict[str, object], dict[str, str]]:
        """Return what a nested stack gets for its parameters, and the places that give it."""
        parameters: dict[str, object] = {}
        sources: dict[str, str] = {}
        declared = section(content, "Parameters")
        given = properties.nested("Parameters", "so its Defaults hold", _PARAMETERS_REMEDY)
        for name, value in () if given is None else given.mapping.items():
            assert given is not None
            if name not in declared:
                near = difflib.get_close_matches(name[:64], declared, n=1)
                hint = f"did you mean {shown(near[0])}?" if near else "take it out."
                given.warn(name, f"{file.name} declares no parameter {shown(name)}; {hint}")
                continue
            passed = self._passed(value)
            if passed is not Absent.NO_VALUE:
                parameters[name] = passed
                line = given.line_of(name)
                sources[name] = self.file.name if line is None else f"{self.file.name}:{line}"
        for name in declared:
            is_given = name in parameters or name in values
            if not is_given and "Default" not in section(declared, name):
                properties.warn(
                    "Parameters",
                    f"{file.name} has the parameter {shown(name)} without a Default; give it "
                    "among Parameters.",
                )
        return parameters, sources

    def _passed(self, value: object) -> object:
        """Return the text of a parameter, ``Unknown``, or ``Absent``."""
        try:
            resolved = self.resolver.resolve(value)
            if resolved is Absent.NO_VALUE:
                return resolved
            if isinstance(resolved, list):
                return ",".join(map(self.resolver.text, resolved))
            return as_text(resolved)
        except UnresolvedError as error:
            return Unknown(str(error), error.name)
