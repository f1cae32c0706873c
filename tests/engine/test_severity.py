"""How much a line of a log matters is read from it, whatever library wrote it."""

from __future__ import annotations

import pytest

from lambda_tui.engine.events import FunctionLog, Severity, severity, severity_of_text

TRACEBACK = (
    'Traceback (most recent call last):\r  File "/var/task/app.py", line 3, in f\rKeyError: 1'
)
STACK = "TypeError: no\n    at handler (/var/task/index.js:3:11)"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # Python's runtime and logging
        ("[ERROR]\t2026-11-21T00:00:00.000Z\tid\tno", "error"),
        ("[CRITICAL]\t2026-11-21T00:00:00.000Z\tid\tno", "error"),
        ("[WARNING]\t2026-11-21T00:00:00.000Z\tid\tcareful", "warning"),
        ("[INFO]\t2026-11-21T00:00:00.000Z\tid\tERROR is no more", "info"),
        (f"[ERROR] KeyError: 1\r{TRACEBACK}", "error"),
        (TRACEBACK, "error"),
        ("KeyError: 'customer_id'", "error"),
        ("botocore.exceptions.ClientError: An error occurred", "error"),
        ("ERROR:root:no", "error"),
        ("WARNING:shop.api:careful", "warning"),
        ("INFO:root:no ERROR here", "info"),
        ("2026-11-21 10:00:00,123 - shop - ERROR - no", "error"),
        ("2026-11-21 10:00:00.123 | WARNING  | app:handler:3 - careful", "warning"),
        ("2026-11-21 10:00:00,123 INFO found no ERROR", "info"),
        ("/var/task/app.py:3: DeprecationWarning: old", "warning"),
        # Node's runtime
        ("2026-11-21T00:00:00.000Z\tid\tERROR\tInvoke Error \t{}", "error"),
        ("2026-11-21T00:00:00.000Z\tid\tWARN\tcareful", "warning"),
        ("2026-11-21T00:00:00.000Z\tid\tINFO\tno errors", "info"),
        ('2026-11-21T00:00:00.000Z\tid\tINFO\t{"level": "error"}', "error"),
        (STACK, "error"),
        ("Error: no\n    at handler (/var/task/index.js:3:11)", "error"),
        ("Uncaught Error: no", "error"),
        # JSON: Lambda's own format, Powertools, pino, bunyan, structlog, ECS, Google's
        ('{"timestamp": "2026", "level": "ERROR", "message": "no"}', "error"),
        ('{"level":"WARN","message":"careful"}', "warning"),
        ('{"level":"WARNING","location":"handler:3","message":"careful"}', "warning"),
        ('{"level":"INFO","message":{"level":"ERROR"}}', "info"),
        ('{"level":50,"time":1,"pid":8,"msg":"no"}', "error"),
        ('{"level":40,"time":1,"pid":8,"msg":"careful"}', "warning"),
        ('{"level":"50","msg":"no"}', "error"),
        ('{"name":"shop","hostname":"h","pid":8,"level":60,"msg":"no","v":0}', "error"),
        ('{"level":30,"msg":"ERROR"}', "info"),
        ('{"event": "no", "level": "critical"}', "error"),
        ('{"levelname": "WARNING", "message": "careful"}', "warning"),
        ('{"levelno": 40, "message": "no"}', "error"),
        ('{"log.level": "error", "message": "no"}', "error"),
        ('{"log": {"level": "warn"}, "message": "careful"}', "warning"),
        ('{"severity": "ERROR", "message": "no"}', "error"),
        ('{"errorType": "KeyError", "errorMessage": "1", "stackTrace": []}', "error"),
        ('{"error": null, "items": 3}', "info"),
        ('{"level": {"of": "water"}}', "info"),
        ('{"level":"error","message":"cut o', "error"),
        ("{not json, no ERROR}", "info"),
        ("[1, 2]", "info"),
        # structlog's console, in colours; logrus; winston; others
        (
            "\x1b[2m2026-11-21 10:00:00\x1b[0m [\x1b[33m\x1b[1mwarning  \x1b[0m] \x1b[1mcareful",
            "warning",
        ),
        ("2026-11-21T10:00:00Z [error    ] no  customer=3", "error"),
        ('time="2026-11-21T10:00:00Z" level=warning msg=careful', "warning"),
        ("ts=2026 level=error msg=no", "error"),
        ("level=info msg=ERROR", "info"),
        ("error: no", "error"),
        ("warn: careful", "warning"),
        ("fail: Shop.Api[0]", "error"),
        ("panic: runtime error: index out of range", "error"),
        # Plain words
        ("ERROR no", "error"),
        ("ERROR", "error"),
        ("WARN careful", "warning"),
        ("FATAL: no", "error"),
        ("2026-11-21T00:00:00.000Z id Task timed out after 3.00 seconds", "error"),
        ("RequestId: id Error: Runtime exited with error: exit status 1", "error"),
        ("Error: 0 found", "info"),
        ("no errors so far", "info"),
        ("Errors: 0, warnings: 0", "info"),
        ("ERRORS are none", "info"),
        ("the level is error free", "info"),
        ("a WARNING in the middle of words", "info"),
        ("Erroneous", "info"),
        ("", "info"),
    ],
)
def test_the_level_is_read_from_the_text(message: str, expected: Severity) -> None:
    assert severity_of_text(message) == expected


@pytest.mark.parametrize(
    ("level", "expected"), [("ERROR", "error"), ("WARN", "warning"), ("INFO", "info")]
)
def test_the_level_that_the_runtime_gave_counts_before_the_text(
    level: str, expected: Severity
) -> None:
    assert severity(FunctionLog("Error: 0 found", level=level)) == expected


@pytest.mark.parametrize(
    "message", ["[" * 100_000, "{" * 100_000, "1 - " * 50_000, "A" * 1_000_000, "{\ud800"]
)
def test_no_text_is_too_hostile_to_be_read(message: str) -> None:
    assert severity_of_text(message) == "info"
