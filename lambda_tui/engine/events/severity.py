"""How much an event matters, as logs that leave some of them out need to know."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from lambda_tui.engine.events import records
from lambda_tui.terminal_text import ESCAPE_SEQUENCE

Severity = Literal["debug", "info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("debug", "info", "warning", "error")
"""The least one first."""

_HEAD = 500
"""Characters of a log record that are searched for its level."""
_ERRORS = ("error", "err", "critical", "crit", "fatal", "fail", "alert", "emerg", "severe", "panic")
_WARNINGS = ("warning", "warn")
_OTHERS = ("information", "info", "notice", "debug", "trace", "verbose", "dbug", "log")
_BY_WORD: dict[str, Severity] = {
    **dict.fromkeys(_ERRORS, "error"),
    **dict.fromkeys(_WARNINGS, "warning"),
    **dict.fromkeys(_OTHERS, "info"),
}
"""By the words that logging libraries have for levels."""
_NUMBERED: tuple[tuple[str, int, int], ...] = (("level", 40, 50), ("levelno", 30, 40))
"""Fields with a number, and what a warning and an error have at least: of pino, of Python."""
_NAMED = ("level", "severity", "levelname", "log.level", "loglevel", "lvl", "log")

_WORD = "|".join((*_ERRORS, *_WARNINGS, *_OTHERS))
_LEVELS = tuple(
    re.compile(pattern)
    for pattern in (
        # Python's runtime and structlog: [ERROR], [warning  ]
        rf"[^\n\r]{{0,60}}?[\[(<]\s*((?i:{_WORD}))\s*[\])>]",
        # logrus, logfmt: level=warn. Most lines have no "=", which is soon seen.
        rf"(?=[^=\n\r]*=)(?:[^\n\r]{{0,200}}?[\s,{{])?(?:level|lvl|severity)=[\"']?((?i:{_WORD}))\b",
        # Python's basicConfig, and plain words: ERROR:root:no, WARN no
        rf"({_WORD.upper()})(?=[\s:|\]-]|$)",
        # winston's simple format. "Error: 0 found" is a sentence and no level.
        rf"({_WORD}): ",
        # Behind a time and a few words more: Node's console, Python's logging, loguru.
        rf"[\[(]?\d[^\n\r]{{0,100}}?[\s|\]-]({_WORD.upper()})(?=[\s:|\]\[-]|$)",
    )
)
"""Where the level of a record of text stands; its word is the group."""
_ERROR = re.compile(
    r"Traceback \(most recent"
    r"|(?:Uncaught |Unhandled |Fatal Python error|Exception in thread |panic: )"
    # KeyError: 'id', botocore.exceptions.ClientError: no
    r"|(?:[\w$]+\.)*[A-Z]\w*(?:Error|Exception)(?:$|: )"
    # A stack of JavaScript
    r"|(?:\w*Error|[A-Z]\w*Exception)(?:: [^\n\r]*)?[\n\r]+\s+at "
    r"|RequestId: \S+ (?:Error|Process exited)"
    r"|(?:\S+ \S+ )?Task timed out after "
)
_WARNING = re.compile(r"(?:\S+:\d+: )?[A-Z]\w*Warning: ")
_JSON_LEVEL = re.compile(r"\"(?:level|severity|levelname)\"\s*:\s*\"?(\w+)")
"""The level of a JSON object that is cut off."""
_BY_LEVEL: dict[str, Severity] = {
    "TRACE": "debug",
    "DEBUG": "debug",
    "INFO": "info",
    "WARN": "warning",
    "ERROR": "error",
    "FATAL": "error",
}
"""By AWS's name of the level."""
_BY_NOTICE: dict[str, Severity] = {
    "information": "info",
    "warning": "warning",
    "error": "error",
}


def severity(record: records.Record) -> Severity:
    """Return how much a record matters; ``debug`` for what a log need not show at all."""
    match record:
        case records.FunctionLog(level=level, message=message):
            return severity_of_text(message) if level is None else _BY_LEVEL.get(level, "info")
        case records.Notice(severity=notice):
            return _BY_NOTICE[notice]
        case records.InitReport() | records.RestoreReport() | records.Report():
            return "info" if record.status == "success" else "error"
        case records.ExtensionStatus(error_type=error_type):
            return "info" if error_type is None else "error"
        case records.ProblemFound() | records.Throttled() | records.LogsDropped():
            return "warning"
        case records.AsyncRetried():
            return "warning"
        case records.AsyncDelivered(condition=condition, target=target):
            if condition != "Success":
                return "error"
            return "debug" if target is None else "info"
        case (
            records.StateChange()
            | records.InvocationAccepted()
            | records.InitProfile()
            | records.InitRuntimeDone()
            | records.RestoreRuntimeDone()
            | records.RuntimeDone()
        ):
            return "debug"
    return "info"


def severity_of_text(message: str) -> Severity:
    """Return how much a log record matters whose text alone tells; ``info`` where it does not.

    It knows the forms of Python's logging, Node's console, Powertools, pino, bunyan, winston,
    structlog, logrus and what resembles them, coloured or not.
    """
    if message.startswith("{"):
        return _severity_of_json(message)
    head = message[:_HEAD]
    if "\x1b" in head:
        head = ESCAPE_SEQUENCE.sub("", head)
    head = head.lstrip()
    for level in _LEVELS:
        if (found := level.match(head)) is not None:
            said = _BY_WORD[found[1].lower()]
            is_json = said == "info" and message.endswith("}") and "\t{" in head
            return _severity_of_json(message[message.index("\t{") + 1 :]) if is_json else said
    if _ERROR.match(head):
        return "error"
    return "warning" if _WARNING.match(head) else "info"


def _severity_of_json(message: str) -> Severity:
    """Return how much a JSON object matters, by whichever field has its level."""
    try:
        fields = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        found = _JSON_LEVEL.search(message[:_HEAD])
        fields = {"level": int(found[1]) if found[1].isdecimal() else found[1]} if found else {}
    if not isinstance(fields, dict):
        return "info"
    for name, warning_from, error_from in _NUMBERED:
        number = fields.get(name)
        if isinstance(number, int | float):
            return _of_number(number, warning_from, error_from)
    for name in _NAMED:
        word = _word_of(fields.get(name))
        if word in _BY_WORD:
            return _BY_WORD[word]
        if word.isdecimal():
            return _of_number(int(word[:9]), *_NUMBERED[0][1:])
    return "error" if "errorType" in fields and "errorMessage" in fields else "info"


def _of_number(number: float, warning_from: int, error_from: int) -> Severity:
    if number >= error_from:
        return "error"
    return "warning" if number >= warning_from else "info"


def _word_of(value: Any) -> str:  # noqa: ANN401
    """Return the word of a level: ``"ERROR"``, or that of ``{"level": "error"}``."""
    if isinstance(value, dict):
        value = value.get("level")
    return value.strip().lower() if isinstance(value, str) else ""
