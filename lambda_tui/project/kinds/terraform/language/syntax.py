"""The syntax of Terraform's language as a tree: what a file says, before anything is evaluated.

The nodes are structs that msgspec writes and reads, so that a parsed file can be kept in the cache.
"""

from __future__ import annotations

import msgspec

ELEMENT = "*"
"""The name of the element in the part of a splat that is evaluated for each."""


class _Node(msgspec.Struct, array_like=True):
    """A node of a tree."""


class Literal(_Node, tag="literal"):
    """A text, a number, a truth value, or null."""

    value: str | int | float | bool | None


class Template(_Node, tag="template"):
    """A text with expressions in it."""

    parts: list[Expression]


class Name(_Node, tag="name"):
    """The first word of a reference, such as ``var`` or ``aws_sqs_queue``."""

    name: str


class Attribute(_Node, tag="attribute"):
    """``of.name``."""

    of: Expression
    name: str


class Index(_Node, tag="index"):
    """``of[key]``."""

    of: Expression
    key: Expression


class Splat(_Node, tag="splat"):
    """``of[*].…``: ``item`` of each, in which the name ``*`` is the element."""

    of: Expression
    item: Expression


class Call(_Node, tag="call"):
    """A call of one of Terraform's functions."""

    function: str
    arguments: list[Expression]
    expands: bool
    """Whether the last argument is a list of arguments: ``f(x...)``."""


class Conditional(_Node, tag="conditional"):
    """``condition ? when_true : when_false``."""

    condition: Expression
    when_true: Expression
    when_false: Expression


class Operation(_Node, tag="operation"):
    """An operator with its operands: two, or one for ``!`` and the sign of a number."""

    operator: str
    operands: list[Expression]


class For(_Node, tag="for"):
    """``[for …]``, or ``{for …}`` where there is a ``key``."""

    names: list[str]
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    is_grouped: bool
    """Whether the values of one key are gathered in a list: ``…``."""


class Items(_Node, tag="items"):
    """``[…]``."""

    items: list[Expression]


class Entry(_Node):
    """One entry of a mapping that is written out."""

    key: Expression
    value: Expression
    line: int


class Entries(_Node, tag="entries"):
    """``{…}``."""

    entries: list[Entry]


class Unsupported(_Node, tag="unsupported"):
    """A part of the language that is not evaluated here."""

    what: str
    """The beginning of a sentence: ``a directive of templates``."""


Expression = (
    Literal
    | Template
    | Name
    | Attribute
    | Index
    | Splat
    | Call
    | Conditional
    | Operation
    | For
    | Items
    | Entries
    | Unsupported
)


class Argument(_Node):
    """``name = expression`` in a block."""

    expression: Expression
    line: int


class Block(_Node):
    """A block: ``resource "aws_sqs_queue" "orders" {…}`` has two labels."""

    kind: str
    labels: list[str]
    arguments: dict[str, Argument]
    blocks: list[Block]
    line: int


class InvalidSyntaxError(Exception):
    """A text is not Terraform's language; ``str()`` is the reason, ``line`` the position."""

    def __init__(self, message: str, line: int | None) -> None:
        super().__init__(message)
        self.line = line
