"""Parses Terraform's language with python-hcl2, an optional package."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from lambda_tui.project.kinds.terraform.language.syntax import (
    ELEMENT,
    Argument,
    Attribute,
    Block,
    Call,
    Conditional,
    Entries,
    Entry,
    Expression,
    For,
    Index,
    InvalidSyntaxError,
    Items,
    Literal,
    Name,
    Operation,
    Splat,
    Template,
    Unsupported,
)
from lambda_tui.project.kinds.terraform.language.templates import (
    Directive,
    heredoc_text,
    split_template,
)
from lambda_tui.project.wording import shown

if TYPE_CHECKING:
    from lark import Token, Tree

_LAYOUT = "new_line_or_comment"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_MARKER = re.compile(r"<<-?([a-zA-Z][\w.-]*)")
_DIRECTIVE = Unsupported("a directive of templates (%{…})")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LONGEST_NUMBER = 300
"""Digits; Python refuses to read integers of some thousands."""


class MissingParserError(Exception):
    """The package that parses is not installed."""


def parse_file(text: str) -> Block:
    """Return a ``.tf`` file as a block without a kind.

    Raise ``InvalidSyntaxError``, and ``MissingParserError`` where python-hcl2 is not installed.
    """
    with syntax_errors():
        tree = _parse(text, 1, text.rstrip())
        return _Builder(0).block("", [], _parts(tree)[0], 1)


def parse_template(text: str) -> Expression:
    """Return the template that a text is; raise what ``parse_file`` raises."""
    with syntax_errors():
        return template_at(text, 1)


@contextmanager
def syntax_errors() -> Iterator[None]:
    """Raise ``InvalidSyntaxError`` for what is nested too deeply to be read."""
    try:
        yield
    except RecursionError as error:
        raise InvalidSyntaxError("it is nested too deeply", None) from error


def _parse(text: str, line: int, written: str) -> Tree[Token]:
    """Return the parse tree of a text whose first line is the file's ``line``.

    A mistake is at the end of what is ``written`` in the file at the latest.
    """
    try:
        # Loaded when it is needed: it takes 0.4 s, and once, when it is new, 3 s.
        import hcl2
        from lark.exceptions import LarkError, UnexpectedInput
    except ImportError as error:
        raise MissingParserError from error
    try:
        return cast("Tree[Token]", hcl2.parses_to_tree(_without_spaces_behind_markers(text)))
    except UnexpectedInput as error:
        own = getattr(error, "line", None)
        last = written.count("\n") + 1
        position = own if isinstance(own, int) and 0 < own <= last else last
        raise InvalidSyntaxError(_reason(error), line - 1 + position) from error
    except (LarkError, ValueError) as error:
        raise InvalidSyntaxError(shown(str(error)), line) from error


def _without_spaces_behind_markers(text: str) -> str:
    """Return a text whose heredocs end in lines that python-hcl2 takes for their ends too."""
    for marker in dict.fromkeys(_MARKER.findall(text)):
        text = re.sub(rf"^([ \t]*{re.escape(marker)})[ \t]+$", r"\1", text, flags=re.MULTILINE)
    return text


def _reason(error: Exception) -> str:
    token = getattr(error, "token", None)
    if getattr(token, "type", None) == "$END":
        return "it ends in the middle of something; look for a brace, a bracket or quotes to close"
    found = str(token if token is not None else getattr(error, "char", "")).strip()
    first = found.splitlines()[0] if found else "the end of the line"
    return f"{shown(first)} stands where it makes no sense"


def _parts(tree: Tree[Token]) -> list[Tree[Token]]:
    """Return the parts of a tree that are trees, without its layout."""
    parts = (part for part in tree.children if not isinstance(part, str))
    return [part for part in parts if part.data != _LAYOUT]


def _text(tree: Tree[Token]) -> str:
    """Return the text of a tree that has a single token, such as an identifier."""
    return str(tree.children[0])


class _Builder:
    """Makes our nodes of the trees of one text."""

    def __init__(self, offset: int) -> None:
        """``offset`` is added to the lines of the text."""
        self._offset = offset
        self._rules: dict[str, Callable[[Tree[Token]], Expression]] = {
            "expr_term": lambda tree: self.expression(_parts(tree)[0]),
            "identifier": lambda tree: Name(_text(tree)),
            "keyword": lambda tree: Name(_text(tree)),
            "literal_value": lambda tree: Literal(_LITERALS[_text(tree)]),
            "int_lit": lambda tree: _number(_text(tree)),
            "float_lit": lambda tree: _number(_text(tree)),
            "string": self._string,
            "interpolation": lambda tree: self.expression(_parts(tree)[0]),
            "heredoc_template": self._heredoc,
            "heredoc_template_trim": self._heredoc,
            "tuple": lambda tree: Items([self.expression(part) for part in _parts(tree)]),
            "object": self._object,
            "function_call": self._call,
            "index_expr_term": self._accessed,
            "get_attr_expr_term": self._accessed,
            "attr_splat_expr_term": self._splat,
            "full_splat_expr_term": self._splat,
            "for_tuple_expr": self._for,
            "for_object_expr": self._for,
            "conditional": lambda tree: Conditional(*map(self.expression, _parts(tree))),
            "binary_op": self._binary,
            "unary_op": self._unary,
        }

    def block(self, kind: str, labels: list[str], body: Tree[Token], line: int) -> Block:
        """Return the block with this body."""
        arguments, blocks = dict[str, Argument](), list[Block]()
        for part in _parts(body):
            inner = _parts(part)
            line_of_part = self._line(part)
            if part.data == "attribute":
                arguments[_text(inner[0])] = Argument(self.expression(inner[1]), line_of_part)
            else:
                name, *rest = (self._label(one) for one in inner[:-1])
                blocks.append(self.block(name, rest, inner[-1], line_of_part))
        return Block(kind, labels, arguments, blocks, line)

    def expression(self, tree: Tree[Token]) -> Expression:
        """Return the node of an expression."""
        rule = self._rules.get(tree.data)
        return Unsupported(f"{tree.data}") if rule is None else rule(tree)

    def _line(self, tree: Tree[Token]) -> int:
        return int(tree.meta.line) + self._offset

    def _label(self, tree: Tree[Token]) -> str:
        return _text(tree) if tree.data != "string" else "".join(map(_text, _parts(tree)))

    def _string(self, tree: Tree[Token]) -> Expression:
        parts = list[Expression]()
        for part in _parts(tree):
            inner = part.children[0]
            if not isinstance(inner, str):
                is_value = inner.data == "interpolation"
                parts.append(self.expression(inner) if is_value else _DIRECTIVE)
            elif inner.type == "STRING_CHARS":
                parts.append(Literal(_unescaped(inner)))
            else:
                # An escaped sign, such as $${.
                parts.append(Literal(str(inner)[1:]))
        return _joined(parts)

    def _heredoc(self, tree: Tree[Token]) -> Expression:
        return template_at(heredoc_text(_text(tree)), self._line(tree) + 1)

    def _object(self, tree: Tree[Token]) -> Expression:
        entries = []
        for part in _parts(tree):
            holder, value = _parts(part)
            (key,) = _parts(holder)
            is_word = key.data == "keyword" or _is_word(key)
            made = Literal(_word(key)) if is_word else self.expression(key)
            entries.append(Entry(made, self.expression(value), self._line(part)))
        return Entries(entries)

    def _call(self, tree: Tree[Token]) -> Expression:
        names = [_text(part) for part in _parts(tree) if part.data == "identifier"]
        lists = [part for part in _parts(tree) if part.data == "arguments"]
        arguments = [self.expression(one) for part in lists for one in _parts(part)]
        expands = any(str(lists[-1].children[-1]) == "..." for _ in lists[:1])
        return Call("::".join(names), arguments, expands)

    def _accessed(self, tree: Tree[Token]) -> Expression:
        of, access = _parts(tree)
        return self._access(self.expression(of), access)

    def _access(self, of: Expression, access: Tree[Token]) -> Expression:
        match access.data:
            case "get_attr":
                return Attribute(of, _text(_parts(access)[0]))
            case "short_index":
                return Index(of, _number(str(access.children[1])))
            case _:
                return Index(of, self.expression(_parts(access)[0]))

    def _splat(self, tree: Tree[Token]) -> Expression:
        of, splat = _parts(tree)
        item: Expression = Name(ELEMENT)
        for access in _parts(splat):
            item = self._access(item, access)
        return Splat(self.expression(of), item)

    def _for(self, tree: Tree[Token]) -> Expression:
        introduction, *rest = _parts(tree)
        *names, collection = _parts(introduction)
        conditions = [part for part in rest if part.data == "for_cond"]
        values = [self.expression(part) for part in rest if part.data != "for_cond"]
        return For(
            names=[_text(name) for name in names],
            collection=self.expression(collection),
            key=values[0] if len(values) > 1 else None,
            value=values[-1],
            condition=self.expression(_parts(conditions[0])[0]) if conditions else None,
            is_grouped="..." in tree.children,
        )

    def _binary(self, tree: Tree[Token]) -> Expression:
        left, term = _parts(tree)
        operator, right = _parts(term)
        # A line break before it belongs to its token.
        sign = _text(operator).split()[-1]
        return Operation(sign, [self.expression(left), self.expression(right)])

    def _unary(self, tree: Tree[Token]) -> Expression:
        return Operation(_text(tree), [self.expression(_parts(tree)[0])])


def _is_word(key: Tree[Token]) -> bool:
    """Return whether the key of an entry is a bare word, which stands for itself."""
    return len(key.children) == 1 and key.data == "expr_term" and _is_name(key.children[0])


def _is_name(tree: Tree[Token] | Token) -> bool:
    return not isinstance(tree, str) and tree.data in ("identifier", "literal_value")


def _word(key: Tree[Token]) -> str:
    return _text(key if key.data == "keyword" else _parts(key)[0])


def _number(text: str) -> Literal:
    if len(text) > _LONGEST_NUMBER:
        return Literal(0)
    try:
        return Literal(int(text))
    except ValueError:
        value = float(text)
        return Literal(int(value) if value.is_integer() and abs(value) < 2**53 else value)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_unescape, text) if "\\" in text else str(text)


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits is None:
        return _ESCAPES.get(match[3], match[0])
    number = int(digits, 16)
    is_character = number <= sys.maxunicode and not 0xD800 <= number < 0xE000
    return chr(number) if is_character else match[0]


def template_at(text: str, line: int) -> Expression:
    """Return the template of a text that begins on ``line``."""
    parts = list[Expression]()
    for part in split_template(text):
        if isinstance(part, str):
            parts.append(Literal(part))
        elif isinstance(part, Directive):
            parts.append(_DIRECTIVE)
        else:
            parts.append(expression_at(part.source, line + part.line))
    return _joined(parts)


def expression_at(source: str, line: int) -> Expression:
    """Return the expression of a text that begins on ``line``."""
    # In parentheses it may have line breaks.
    tree = _parse(f"_ = ({source}\n)", line, source)
    block = _Builder(line - 1).block("", [], _parts(tree)[0], line)
    return block.arguments["_"].expression if "_" in block.arguments else _DIRECTIVE


def _joined(parts: list[Expression]) -> Expression:
    """Return the parts of a text as one node; an expression alone keeps its kind of value."""
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, Literal) and isinstance(part.value, str) for part in parts):
        texts = [part.value for part in parts if isinstance(part, Literal)]
        return Literal("".join(map(str, texts)))
    return Template(parts)
