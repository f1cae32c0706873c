"""Log records of Node.js's console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.engine.wire.log_pipe import FRAME_TYPES
from support.node_process import BOTH, REQUEST_ID, started

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
WRITTEN = {
    "trace": "TRACE",
    "debug": "DEBUG",
    "log": "INFO",
    "info": "INFO",
    "warn": "WARN",
    "error": "ERROR",
    "fatal": "FATAL",
    # Node.js's own, some of which call those above.
    "assert": "WARN",
    "count": "INFO",
    "dir": None,
    "dirxml": None,
    "group": "INFO",
    "groupCollapsed": "INFO",
    "table": "INFO",
    "timeEnd": "INFO",
}
"""The methods of ``console`` that write, and the levels of their records; None for a bare line."""
SILENT = {
    *("Console", "clear", "context", "countReset", "createTask", "groupEnd", "profile"),
    *("profileEnd", "time", "timeLog", "timeStamp"),
}


@pytest.mark.rule("5.6.1")
@BOTH
def test_console_writes_whole_records_with_their_level(tmp_path: Path, generation: int) -> None:
    source = """
console.log('at init');
exports.handler = async () => {
  console.trace('a'); console.debug('%s', 'b'); console.log('c\\nd', { e: 1 }); console.info(1);
  console.warn('f'); console.error(new Error('g').message); console.fatal('h');
};
"""
    with started(tmp_path, source, generation=generation) as node:
        node.invoke()
        records = [record.split("\t")[1:] for record in node.records()]

    init = "undefined" if generation == 22 else "-"
    assert records == [
        [init, "INFO", "at init"],
        *(
            [REQUEST_ID, level, text]
            for level, text in [
                ("TRACE", "a"),
                ("DEBUG", "b"),
                ("INFO", "c\nd { e: 1 }"),
                ("INFO", "1"),
                ("WARN", "f"),
                ("ERROR", "g"),
                ("FATAL", "h"),
            ]
        ),
    ]


@pytest.mark.rule("5.6.1")
def test_console_writes_json_and_leaves_out_what_is_below_the_level(tmp_path: Path) -> None:
    source = """
exports.handler = async () => {
  console.debug('below'); console.info({ a: { b: 1 } }); console.warn('two', 2);
  console.error('with', new RangeError('x')); console.error(new RangeError('alone'));
  console.info(10n);
  throw new TypeError('y');
};
"""
    variables = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
    with started(tmp_path, source, variables=variables) as node:
        node.invoke(tenant_id="tenant")
        records = [json.loads(record) for record in node.records()]

    object_, two, with_error, alone, big, thrown = records
    assert list(object_) == ["timestamp", "level", "requestId", "tenantId", "message"]
    assert object_["message"] == {"a": {"b": 1}}
    assert (two["level"], two["message"], two["requestId"]) == ("WARN", "two 2", REQUEST_ID)
    assert with_error["message"].startswith("with RangeError: x\n")
    assert (with_error["errorType"], with_error["errorMessage"]) == ("RangeError", "x")
    assert with_error["stackTrace"][0] == "RangeError: x"
    assert alone["message"]["errorMessage"] == "alone"
    assert big["message"] == "10n"
    assert thrown["level"] == "ERROR"
    assert thrown["message"]["errorType"] == "TypeError"


def test_a_log_that_nobody_reads_is_waited_for(tmp_path: Path) -> None:
    source = """
const LINE = 'x'.repeat(100);
process.stdout.write('raw\\n');
exports.handler = async () => { for (let n = 0; n < 3000; n++) console.log(LINE); };
"""
    with started(tmp_path, source) as node:
        node.send(b"{}")
        while len(node.records()) < 3001:
            assert node.process.poll() is None
        assert node.answer() is None
        assert node.records()[0] == "raw"


@pytest.mark.rule("5.6.1")
@BOTH
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("level", ["", *LEVELS])
def test_every_method_of_console_writes_what_its_format_and_level_allow(
    tmp_path: Path, generation: int, log_format: str, level: str
) -> None:
    source = """
const call = (method) => {
  if (method === 'timeEnd') console.time(method);
  return method === 'assert' ? console.assert(false, method) : console[method](method);
};
exports.handler = async (methods) => {
  methods.forEach(call);
  return Object.keys(console).filter((name) => typeof console[name] === 'function');
};
"""
    variables = {"AWS_LAMBDA_LOG_FORMAT": log_format, "AWS_LAMBDA_LOG_LEVEL": level}
    with started(tmp_path, source, generation=generation, variables=variables) as node:
        _message, methods = node.invoke(list(WRITTEN))
        records = node.typed_records()

    assert set(methods) == {*WRITTEN, *SILENT}
    lowest = LEVELS.index(level or "TRACE")
    shown = [name for name in WRITTEN.values() if name is None or LEVELS.index(name) >= lowest]
    assert [kind and FRAME_TYPES[kind] for kind, _text in records] == [
        name and (log_format, name) for name in shown
    ]
    for (kind, text), name in zip(records, shown, strict=True):
        if kind is not None:
            written = json.loads(text)["level"] if log_format == "JSON" else text.split("\t")[2]
            assert written == name
