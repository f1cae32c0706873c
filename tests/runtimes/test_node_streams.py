"""Streamed responses of Node.js handlers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.node_process import BOTH, NodeProcess, started

STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.type) stream.setContentType(event.type);
  if (event.prelude) stream = awslambda.HttpResponseStream.from(stream, event.prelude);
  for (const chunk of event.chunks) stream.write(chunk);
  if (event.throws) throw new RangeError('in the middle');
  if (event.late) stream.setContentType('late');
  if (event.ends !== false) stream.end();
  return event.returns;
});
"""


def streamed(node: NodeProcess, event: object) -> tuple[list[dict[str, Any]], bytes, bytes]:
    """Return all messages of a response, the body, and the payload of the last message."""
    node.send(json.dumps(event).encode(), is_streamed=True)
    messages, body = [], b""
    while True:
        message, payload = node.receive()
        messages.append(message)
        if message["kind"] != "chunk":
            assert message["is_done"] is False
            assert node.receive()[0] == {"kind": "next"}
            return messages, body, payload
        body += payload


def after_its_beginning(node: NodeProcess) -> tuple[dict[str, Any], bytes]:
    """Return the frame behind the one that tells a caller who waits of the beginning."""
    message, payload = node.receive()
    assert (message["kind"], payload) == ("chunk", b"")
    return node.receive()


@BOTH
def test_a_response_is_streamed_as_it_is_written(tmp_path: Path, generation: int) -> None:
    with started(tmp_path, STREAMS, generation=generation) as node:
        messages, body, last = streamed(node, {"chunks": ["a", {"b": 1}], "type": "text/plain"})
        empty, nothing, _ = streamed(node, {"chunks": []})

    assert [message["kind"] for message in messages] == ["chunk", "chunk", "response"]
    assert messages[0]["content_type"] == "text/plain"
    assert (body, last) == (b'a{"b":1}', b"")
    assert messages[-1]["peak_memory_kb"] > 1024
    assert [message["kind"] for message in empty] == ["response"]
    assert empty[0]["content_type"] == "application/octet-stream"
    assert nothing == b""


@BOTH
def test_an_http_response_has_its_prelude_before_the_first_write(
    tmp_path: Path, generation: int
) -> None:
    prelude = {"statusCode": 201, "headers": {"a": "b"}}
    with started(tmp_path, STREAMS, generation=generation) as node:
        messages, body, _ = streamed(node, {"chunks": ["body"], "prelude": prelude})

    content_type = "application/vnd.awslambda.http-integration-response"
    assert messages[0]["content_type"] == content_type
    head, _, rest = body.partition(b"\0" * 8)
    assert (json.loads(head), rest) == (prelude, b"body")


@BOTH
@pytest.mark.parametrize("chunks", [[], ["begun"]])
def test_a_stream_may_fail_in_the_middle(
    tmp_path: Path, generation: int, chunks: list[str]
) -> None:
    with started(tmp_path, STREAMS, generation=generation) as node:
        messages, body, last = streamed(node, {"chunks": chunks, "throws": True})
        (record,) = node.records()
        assert streamed(node, {"chunks": ["again"]})[1] == b"again"

    assert messages[-1]["kind"] == "error"
    assert messages[-1]["error_type"] == "RangeError"
    assert json.loads(last)["errorMessage"] == "in the middle"
    assert "Invoke Error" in record
    assert body == "".join(chunks).encode()


@BOTH
def test_the_content_type_cannot_be_changed_behind_the_first_write(
    tmp_path: Path, generation: int
) -> None:
    with started(tmp_path, STREAMS, generation=generation) as node:
        messages, _, last = streamed(node, {"chunks": ["a"], "late": True})

    assert messages[-1]["error_type"] == "Runtime.InvalidStreamingOperation"
    assert json.loads(last)["errorMessage"] == "Cannot set content-type, too late."


@BOTH
def test_a_streamed_handler_has_to_be_async_and_what_it_returns_is_ignored(
    tmp_path: Path, generation: int
) -> None:
    with started(tmp_path, STREAMS, generation=generation) as node:
        messages, _, _ = streamed(node, {"chunks": ["a"], "returns": 1})
        (record,) = node.records()
    source = "exports.handler = awslambda.streamifyResponse((event, stream) => { stream.end(); });"
    with started(tmp_path, source, generation=generation) as node:
        refused, _, last = streamed(node, {})

    assert messages[-1]["kind"] == "response"
    assert record.endswith("WARN\tStreaming handlers ignore return values.")
    assert refused[-1]["error_type"] == ("Error" if generation == 24 else "string")
    assert json.loads(last)["errorMessage"] == "Streaming does not support non-async handlers."


def test_a_large_stream_arrives_whole_and_in_pieces(tmp_path: Path) -> None:
    source = """
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write(Buffer.alloc(9_000_000, 'a'));
  await pipeline(Readable.from(Array(50).fill('b'.repeat(100_000))), stream);
});
"""
    with started(tmp_path, source) as node:
        messages, body, _ = streamed(node, {})

    assert body == b"a" * 9_000_000 + b"b" * 5_000_000
    assert len(messages) >= 60


@BOTH
@pytest.mark.parametrize("chunks", [[], ["begun"]])
def test_a_stream_that_the_function_destroys_ends_the_process(
    tmp_path: Path, generation: int, chunks: list[str]
) -> None:
    source = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  for (const chunk of event) await new Promise((resolve) => stream.write(chunk, resolve));
  stream.destroy();
});
"""
    with started(tmp_path, source, generation=generation) as node:
        node.send(json.dumps(chunks).encode(), is_streamed=True)
        is_told = generation == 22 and not chunks
        for kind in ["chunk"] * len(chunks) + ["error"] * is_told:
            assert node.receive()[0]["kind"] == kind
        with pytest.raises(EOFError):
            node.receive()
        assert node.wait() == (1 if generation == 24 else 128)


@BOTH
def test_who_does_not_take_a_response_in_parts_gets_it_whole(
    tmp_path: Path, generation: int
) -> None:
    with started(tmp_path, STREAMS, generation=generation) as node:
        for _ in range(2):
            node.send(json.dumps({"chunks": ["a", "b"], "type": "text/plain"}).encode())
            message, body = after_its_beginning(node)
            assert node.receive()[0] == {"kind": "next"}
            assert (message["kind"], message["content_type"], body) == (
                "response",
                "text/plain",
                b"ab",
            )
            assert message["response_size"] == 2
        node.send(json.dumps({"chunks": ["begun"], "throws": True}).encode())
        message, body = after_its_beginning(node)

    assert message["kind"] == "error"
    assert json.loads(body)["errorMessage"] == "in the middle"


def test_of_a_stream_that_is_too_large_to_be_taken_whole_only_the_size_is_sent(
    tmp_path: Path,
) -> None:
    source = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write(Buffer.alloc(event)); stream.end();
});
"""
    with started(tmp_path, source) as node:
        for size, sent in ((6_291_556, 6_291_556), (6_291_557, 0)):
            node.send(str(size).encode())
            message, body = after_its_beginning(node)
            assert node.receive()[0] == {"kind": "next"}
            assert (message["response_size"], len(body)) == (size, sent)


def test_before_node_24_a_stream_waits_for_the_event_loop_unless_it_is_told_not_to(
    tmp_path: Path,
) -> None:
    source = """
exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
  context.callbackWaitsForEmptyEventLoop = event.waits;
  setTimeout(() => console.log('at last'), event.waits ? 50 : 60000);
  stream.end('a');
});
"""
    with started(tmp_path, source) as node:
        for waits in (True, False):
            node.send(json.dumps({"waits": waits}).encode())
            assert after_its_beginning(node)[0]["kind"] == "response"
            assert node.receive()[0]["kind"] == "next"
            assert len(node.records()) == 1
