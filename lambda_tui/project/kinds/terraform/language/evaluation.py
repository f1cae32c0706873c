"""Evaluates expressions, as far as this machine knows their values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.kinds.template.language import FileLine, LinedMapping, Unknown
from lambda_tui.project.kinds.terraform.language.functions import FUNCTIONS, has_unknown
from lambda_tui.project.kinds.terraform.language.syntax import (
    ELEMENT,
    Argument,
    Attribute,
    Block,
    Call,
    Conditional,
    Entries,
    Expression,
    For,
    Index,
    Items,
    Literal,
    Name,
    Operation,
    Splat,
    Template,
    Unsupported,
)
from lambda_tui.project.kinds.terraform.language.values import (
    LONGEST_TEXT,
    MOST_ITEMS,
    Failure,
    FunctionError,
    Members,
    list_of,
    mapping,
    number_of,
    text_of,
    truth_of,
    whole,
)
from lambda_tui.project.wording import shown

_MOST_STEPS = 300_000
"""Expressions that one project evaluates, which a few lines can multiply without end."""
_TOO_MANY = Failure("it consists of too many values")
_TOO_DEEP = Failure("it is nested too deeply")
_WIDEST_NUMBER = 2.0**64
_KEEP_UNKNOWN = frozenset(
    {"coalescelist", "concat", "element", "flatten", "length", "lookup", "merge", "one", "tolist"}
    | {"values", "zipmap", "keys", "reverse", "slice", "tomap", "sensitive", "nonsensitive"}
)
"""Functions that take collections with values in them that are not known."""
_ARITHMETIC: Mapping[str, Callable[[int | float, int | float], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_COMPARISONS: Mapping[str, Callable[[int | float, int | float], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Scope(NamedTuple):
    """The position that an expression is evaluated at."""

    file: Path
    root: Callable[[str], object]
    """Returns what the first word of a reference names, such as the variables for ``var``."""
    names: Mapping[str, object] = {}
    """Names that hold here alone: ``each``, ``count``, and those of ``for``."""

    def with_names(self, **names: object) -> Scope:
        """Return the scope with more names."""
        return self._replace(names={**self.names, **names})


class Evaluator:
    """Evaluates the expressions of one project."""

    def __init__(self, functions: Mapping[str, Callable[..., object]]) -> None:
        """Take functions beside those of values alone: the ones that read files."""
        self._functions = {**FUNCTIONS, **functions}
        self._steps = 0
        self._rules: dict[type, Callable[..., object]] = {
            Literal: lambda node, _: node.value,
            Template: self._template,
            Name: self._name,
            Attribute: self._attribute,
            Index: self._index,
            Splat: self._splat,
            Call: self._call,
            Conditional: self._conditional,
            Operation: self._operation,
            For: self._for,
            Items: lambda node, scope: [self._evaluate(one, scope) for one in node.items],
            Entries: self._entries,
            Unsupported: lambda node, _: Unknown(f"{node.what} is not evaluated here"),
        }

    def evaluate(self, expression: Expression, scope: Scope) -> object:
        """Return the value of an expression; an ``Unknown`` where this machine does not know it.

        Mappings know the lines of their entries.
        """
        try:
            return self._evaluate(expression, scope)
        except RecursionError:
            return _TOO_DEEP

    def block(self, block: Block, scope: Scope) -> LinedMapping:
        """Return what a block says: its arguments, and lists of the blocks inside of it."""
        made = LinedMapping()
        for name, argument in block.arguments.items():
            made.put(name, self.argument(argument, scope), FileLine(argument.line, scope.file))
        for inner in block.blocks:
            line = FileLine(inner.line, scope.file)
            if inner.kind != "dynamic":
                self._add(made, inner.kind, self.block(inner, scope), line)
                continue
            for content in self._dynamic(inner, scope):
                self._add(made, inner.labels[0], content, line)
        return made

    def argument(self, argument: Argument, scope: Scope) -> object:
        """Return the value of an argument."""
        return self.evaluate(argument.expression, scope)

    def _add(self, made: LinedMapping, name: str, value: object, line: FileLine) -> None:
        before = made.get(name)
        if isinstance(before, list):
            before.append(value)
        elif not isinstance(before, Unknown):
            made.put(name, value if isinstance(value, Unknown) else [value], line)

    def _dynamic(self, block: Block, scope: Scope) -> Iterator[LinedMapping | Unknown]:
        """Yield the blocks that a ``dynamic`` block stands for."""
        content = next((one for one in block.blocks if one.kind == "content"), None)
        each = block.arguments.get("for_each")
        if content is None or each is None or not block.labels:
            return
        try:
            collection = self.argument(each, scope)
            entries = [] if isinstance(collection, Unknown) else pairs(collection)
        except FunctionError as error:
            collection = Failure(str(error))
        if isinstance(collection, Unknown):
            yield collection
            return
        iterator = block.arguments.get("iterator")
        named = iterator.expression if iterator is not None else None
        name = named.name if isinstance(named, Name) else block.labels[0]
        for key, value in entries:
            element = mapping({"key": key, "value": value})
            yield self.block(content, scope.with_names(**{name: element}))

    def _evaluate(self, expression: Expression, scope: Scope) -> object:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return _TOO_MANY
        try:
            return self._rules[type(expression)](expression, scope)
        except FunctionError as error:
            return Failure(str(error))

    def _template(self, node: Template, scope: Scope) -> object:
        texts, size = [], 0
        for part in node.parts:
            value = self._evaluate(part, scope)
            if isinstance(value, Unknown):
                return value
            if isinstance(value, Members):
                return Failure("a text is needed where a resource or a module stands")
            texts.append(text_of(value))
            size += len(texts[-1])
        return "".join(texts) if size <= LONGEST_TEXT else Failure("it is too long a text")

    def _name(self, node: Name, scope: Scope) -> object:
        return scope.names[node.name] if node.name in scope.names else scope.root(node.name)

    def _attribute(self, node: Attribute, scope: Scope) -> object:
        return _member(self._evaluate(node.of, scope), node.name)

    def _index(self, node: Index, scope: Scope) -> object:
        of, key = self._evaluate(node.of, scope), self._evaluate(node.key, scope)
        unknown = next((one for one in (of, key) if isinstance(one, Unknown)), None)
        if unknown is not None:
            return unknown
        if not isinstance(of, list):
            return _member(of, text_of(key))
        position = int(number_of(key))
        if not 0 <= position < len(of):
            return Failure(f"the list has no item {position}")
        return of[position]

    def _splat(self, node: Splat, scope: Scope) -> object:
        of = self._evaluate(node.of, scope)
        if isinstance(of, Unknown):
            return of
        items = of if isinstance(of, list) else [] if of is None else [of]
        return [self._evaluate(node.item, scope.with_names(**{ELEMENT: one})) for one in items]

    def _call(self, node: Call, scope: Scope) -> object:
        if node.function == "try":
            return self._try(node, scope)
        if node.function == "can":
            return not isinstance(self._evaluate(node.arguments[0], scope), Failure)
        function = self._functions.get(node.function)
        if function is None:
            return Unknown(f"the function {shown(node.function)} is not evaluated here")
        arguments = [self._evaluate(one, scope) for one in node.arguments]
        if node.expands and arguments:
            last = arguments.pop()
            if isinstance(last, Unknown):
                return last
            arguments += list_of(last)
        unknown = self._unknown_argument(node.function, arguments)
        if unknown is not None:
            return unknown
        try:
            return function(*arguments)
        except FunctionError as error:
            return Failure(f"{node.function}() cannot be evaluated: {error}")
        except (TypeError, ValueError, ArithmeticError, AttributeError):
            return Failure(f"{node.function}() does not take these arguments")

    def _unknown_argument(self, function: str, arguments: list[object]) -> Unknown | None:
        if function not in _KEEP_UNKNOWN:
            return has_unknown(arguments)
        return next((one for one in arguments if isinstance(one, Unknown)), None)

    def _try(self, node: Call, scope: Scope) -> object:
        value: object = Failure("try() has nothing to try")
        for argument in node.arguments:
            value = self._evaluate(argument, scope)
            if not isinstance(value, Failure):
                break
        return value

    def _conditional(self, node: Conditional, scope: Scope) -> object:
        condition = self._evaluate(node.condition, scope)
        if isinstance(condition, Unknown):
            return condition
        chosen = node.when_true if truth_of(condition) else node.when_false
        return self._evaluate(chosen, scope)

    def _operation(self, node: Operation, scope: Scope) -> object:
        sign = node.operator
        if sign in ("&&", "||"):
            return self._logical(node, scope)
        operands = [self._evaluate(one, scope) for one in node.operands]
        unknown = has_unknown(operands)
        if unknown is not None:
            return unknown
        if sign == "!":
            return not truth_of(operands[0])
        if sign in ("==", "!="):
            return _is_equal(*operands) == (sign == "==")
        if len(operands) == 1:
            return -number_of(operands[0])
        left, right = map(number_of, operands)
        if sign in _COMPARISONS:
            return _COMPARISONS[sign](left, right)
        try:
            result = _ARITHMETIC[sign](left, right)
        except ArithmeticError as error:
            return Failure(f"it cannot be calculated: {error}")
        return whole(result) if abs(result) < _WIDEST_NUMBER else Failure("the number is too large")

    def _logical(self, node: Operation, scope: Scope) -> object:
        """Return the value that one operand may decide alone, whether the other is known or not."""
        decides, unknown = node.operator == "||", None
        for operand in node.operands:
            value = self._evaluate(operand, scope)
            if isinstance(value, Unknown):
                unknown = value
            elif truth_of(value) is decides:
                return decides
        return not decides if unknown is None else unknown

    def _for(self, node: For, scope: Scope) -> object:
        collection = self._evaluate(node.collection, scope)
        if isinstance(collection, Unknown):
            return collection
        items, made = list[object](), LinedMapping()
        for key, value in pairs(collection):
            names = (value,) if len(node.names) == 1 else (key, value)
            inner = scope.with_names(**dict(zip(node.names, names, strict=False)))
            is_taken = True if node.condition is None else self._evaluate(node.condition, inner)
            if not isinstance(is_taken, Unknown):
                if not truth_of(is_taken):
                    continue
                result = self._evaluate(node.value, inner)
            elif node.key is None:
                return is_taken
            else:
                # One entry of a mapping may be unknown alone.
                result = is_taken
            if result is _TOO_MANY:
                return result
            if node.key is None:
                items.append(result)
                continue
            name = self._evaluate(node.key, inner)
            if isinstance(name, Unknown):
                return name
            if node.is_grouped:
                grouped = made.setdefault(text_of(name), [])
                assert isinstance(grouped, list)
                grouped.append(result)
            else:
                made[text_of(name)] = result
        return items if node.key is None else made

    def _entries(self, node: Entries, scope: Scope) -> object:
        made = LinedMapping()
        for entry in node.entries:
            key = self._evaluate(entry.key, scope)
            if isinstance(key, Unknown):
                return key
            line = FileLine(entry.line, scope.file)
            made.put(text_of(key), self._evaluate(entry.value, scope), line)
        return made


def pairs(collection: object) -> list[tuple[object, object]]:
    """Return the keys and values of a mapping by its keys, or the items of a list by numbers."""
    if isinstance(collection, dict):
        return [(key, collection[key]) for key in sorted(collection, key=str)]
    items = list_of([] if collection is None else collection)
    if len(items) > MOST_ITEMS:
        raise FunctionError("it is too long a list")
    return list(enumerate(items))


def _member(of: object, name: str) -> object:
    if isinstance(of, Unknown):
        return of
    if isinstance(of, dict):
        return of[name] if name in of else Failure(f"the mapping has no {shown(name)}")
    if isinstance(of, Members):
        return of.member(name)
    return Failure(f"{shown(of)} has no {shown(name)}")


def _is_equal(left: object, right: object) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right
