"""Answers of Node.js handlers: by a promise, a callback or the context."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.node_process import BOTH, started


@pytest.mark.rule("6.2.15")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("callback(null, 'called back')", "called back"),
        ("callback()", None),
        ("setTimeout(() => callback(null, 'later'), 1)", "later"),
        ("context.succeed('succeeded')", "succeeded"),
        ("context.done(null, 'done')", "done"),
        ("callback(null, 'first'); callback(null, 'second')", "first"),
        ("context.done(null, 'first'); callback(new Error('second'))", "first"),
        ("setTimeout(() => {}, 1)", None),
    ],
)
def test_before_node_24_a_handler_may_answer_by_calling_back(
    tmp_path: Path, body: str, expected: object
) -> None:
    source = f"exports.handler = (event, context, callback) => {{ {body}; }};"
    with started(tmp_path, source) as node:
        for _ in range(2):
            message, result = node.invoke()
            assert (message["kind"], result) == ("response", expected)


@pytest.mark.parametrize(
    ("body", "error_type", "text"),
    [
        ("callback(new RangeError('too far'))", "RangeError", "too far"),
        ("callback('plain')", "string", "plain"),
        ("context.fail(new RangeError('too far'))", "RangeError", "too far"),
        ("context.fail()", "string", "handled"),
        ("context.done('plain')", "string", "plain"),
        ("throw new RangeError('too far')", "RangeError", "too far"),
    ],
)
def test_before_node_24_a_handler_may_fail_by_calling_back(
    tmp_path: Path, body: str, error_type: str, text: str
) -> None:
    source = f"exports.handler = (event, context, callback) => {{ {body}; }};"
    with started(tmp_path, source) as node:
        for _ in range(2):
            message, payload = node.invoke()
            assert message["kind"] == "error"
            assert (payload["errorType"], payload["errorMessage"]) == (error_type, text)


WAITS = """
let fired = 0;
exports.handler = (event, context, callback) => {
  context.callbackWaitsForEmptyEventLoop = event.waits;
  setTimeout(() => { fired += 1; }, 50);
  callback(null, fired);
  setImmediate(() => { if (event.waits) console.log('before the response'); });
};
"""


@pytest.mark.rule("6.2.15")
def test_a_callback_waits_for_the_event_loop_unless_it_is_told_not_to(tmp_path: Path) -> None:
    off = {"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1"}
    with started(tmp_path, WAITS, variables=off) as node:
        assert node.invoke({"waits": True})[1] == 0
        assert "before the response" in node.records()[-1]
        assert node.invoke({"waits": False})[1] == 1


@BOTH
def test_timers_go_on_between_invocations(tmp_path: Path, generation: int) -> None:
    source = """
let answer;
const fired = new Promise((resolve) => { answer = resolve; });
exports.handler = async (event) => {
  if (event === 'wait') return await fired;
  setTimeout(() => { console.log('fired'); answer('fired'); }, 20);
};
"""
    with started(tmp_path, source, generation=generation) as node:
        node.invoke("leave")
        while not node.records():
            assert node.process.poll() is None
        assert node.invoke("wait")[1] == "fired"


def test_an_event_of_six_megabytes_arrives_whole_and_so_does_the_response(tmp_path: Path) -> None:
    with started(tmp_path, "exports.handler = async (event) => event;") as node:
        for size in (1, 65_530, 65_536, 200_000, 6_000_000, 3):
            message, result = node.invoke("ä" * (size // 2))
            assert result == "ä" * (size // 2)
            assert message["response_size"] == 2 + size // 2 * 2


def test_of_a_response_that_is_too_large_only_the_size_is_sent(tmp_path: Path) -> None:
    with started(tmp_path, "exports.handler = async (event) => 'x'.repeat(event);") as node:
        largest, text = node.invoke(6_291_554)
        message, nothing = node.invoke(6_291_555)

    assert (largest["response_size"], len(text)) == (6_291_556, 6_291_554)
    assert (message["response_size"], nothing) == (6_291_557, None)
