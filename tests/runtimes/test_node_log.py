"""Log records of Node.js's console."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.node_process import BOTH, REQUEST_ID, started


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
