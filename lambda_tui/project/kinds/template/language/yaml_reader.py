"""Reads YAML as CloudFormation writes it: short intrinsic tags, and the line of every key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

import yaml

from lambda_tui.project.wording import shown

_WIDEST_INTEGER = 1024
"""Bits; Python refuses to print integers of some thousand digits."""
_MERGE = "<<"


class FileLine(int):
    """A line, counted from 1, of another file than the one that the document is of."""

    file: Path

    def __new__(cls, line: int, file: Path) -> FileLine:
        """Return the line of a file."""
        made = super().__new__(cls, line)
        made.file = file
        return made


class LinedMapping(dict[str, object]):
    """A YAML mapping that knows on which line each of its keys stands."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}

    def put(self, key: str, value: object, line: int | None) -> None:
        """Set a value together with the line, counted from 1, of its key."""
        self[key] = value
        if line is not None:
            self.lines[key] = line


def section(mapping: object, name: str) -> LinedMapping:
    """Return the mapping under a key; an empty one when there is none."""
    value = mapping.get(name) if isinstance(mapping, dict) else None
    return value if isinstance(value, LinedMapping) else LinedMapping()


def text_under(mapping: object, name: str) -> str | None:
    """Return the text under a key; None when there is none, or something else."""
    value = mapping.get(name) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else None


class RepeatedKey(NamedTuple):
    """A key that stands twice in one mapping, where its last value counts."""

    key: str
    line: int
    """The line of its second place, counted from 1."""


class YamlDocument(NamedTuple):
    """A document that was read."""

    content: object
    """The document's value, its mappings as ``LinedMapping``."""
    repeated: tuple[RepeatedKey, ...]


class InvalidYamlError(Exception):
    """A text is not YAML; ``str()`` is the reason, ``line`` the position."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line


class _Constructor(yaml.constructor.SafeConstructor):
    """PyYAML's safe constructor with CloudFormation's tags."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        """Return the node's value; raise PyYAML's errors for invalid scalars with their line."""
        try:
            value: object = super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError) as error:
            raise _error_at(node, f"the value makes no sense: {shown(node.value)}") from error
        if isinstance(value, int) and value.bit_length() > _WIDEST_INTEGER:
            raise _error_at(node, "the number is too large")
        return value


class _ThoroughLoader(_Constructor, yaml.SafeLoader):
    """The loader in Python, which says best what is wrong with a text."""


class _FastLoader(_Constructor, yaml.CSafeLoader):
    """The loader by libyaml, which takes a sixth of the time."""


def _repeated_keys(document: yaml.Node | None) -> Iterator[RepeatedKey]:
    """Yield the keys that stand twice in a mapping, in the order of the text."""
    waiting, known = [document], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, yaml.CollectionNode) or id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
            continue
        seen: set[str] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.value != _MERGE:
                if key_node.value in seen:
                    yield RepeatedKey(key_node.value, key_node.start_mark.line + 1)
                seen.add(key_node.value)
        waiting += [value for _, value in reversed(node.value)]


def _error_at(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> Iterator[LinedMapping]:
    mapping = LinedMapping()
    # Yielded before it is filled, so that an anchor may refer to what contains it.
    yield mapping
    loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            raise _error_at(key_node, "a key has to be a text")
        mapping.put(key, loader.construct_object(value_node), key_node.start_mark.line + 1)


def _construct_intrinsic(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> object:
    """Return the long form of a tag: ``{"Fn::Sub": x}`` for ``!Sub x``."""
    argument: object
    match node:
        case yaml.ScalarNode():
            argument = loader.construct_scalar(node)
        case yaml.SequenceNode():
            argument = loader.construct_sequence(node, deep=True)
        case _:
            (argument,) = _construct_mapping(loader, cast("yaml.MappingNode", node))
    if tag == "":
        return argument
    if tag == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    mapping = LinedMapping()
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    mapping.put(name, argument, node.start_mark.line + 1)
    return mapping


for _loader in (_ThoroughLoader, _FastLoader):
    _loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
    _loader.add_multi_constructor("!", _construct_intrinsic)
    # CloudFormation and the AWS CLI take a date as text.
    _loader.add_constructor(
        "tag:yaml.org,2002:timestamp", yaml.SafeLoader.yaml_constructors["tag:yaml.org,2002:str"]
    )


def read_yaml(text: str) -> YamlDocument:
    """Return the document of a text; raise ``InvalidYamlError``."""
    try:
        return _load(_FastLoader(text))
    except (yaml.YAMLError, RecursionError):
        return _read_thoroughly(text)


def _load(loader: _ThoroughLoader | _FastLoader) -> YamlDocument:
    node = loader.get_single_node()
    # Before merged keys are written out, which stand beside those that replace them.
    repeated = tuple(_repeated_keys(node))
    content = None if node is None else cast("object", loader.construct_document(node))
    return YamlDocument(content, repeated)


def _read_thoroughly(text: str) -> YamlDocument:
    loader: _ThoroughLoader | None = None
    try:
        loader = _ThoroughLoader(text)
        return _load(loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InvalidYamlError(_sentence(error), mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InvalidYamlError("a control character stands where none may be", line) from error
    except RecursionError as error:
        raise InvalidYamlError(
            "it is nested too deeply", loader.line + 1 if loader else None
        ) from error


def _sentence(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be parsed"
    if "'\\t'" in problem:
        return "a tab stands where YAML wants spaces"
    if problem.startswith("but "):
        return f"{error.context}, {problem}"
    if isinstance(error, yaml.constructor.ConstructorError):
        return shown(problem)
    return f"{shown(problem)}; check the indentation, colons and quotes here"
