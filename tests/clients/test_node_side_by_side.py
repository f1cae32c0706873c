"""AWS's own Node.js client beside our runtime: ``pytest -m npm`` downloads it.

Both run bare, the client against a Runtime API of a few lines, and serve the same events. What they
answer, log and end with is the same. These differences are left out:

* The frames of their own in stack traces, the number of frames that this leaves for the function's,
  and the line of source that Node.js shows where it ends for an error: AWS's client is one file,
  whose lines nobody else has.
* Before Node.js 24, the warning of callbacks and ``Runtime.NodeJsExit``: AWS's runtime has them,
  the release of the client that npm has is older.
* From Node.js 24 on, what Node.js itself writes of an error in Init behind ``Init Error``: when the
  error is posted the platform ends the process, which may write that first, or not.
* What the client's native part writes of an answer that the Runtime API refuses.
* A stream that breaks off in the same turn of the event loop as its first part: AWS's client has
  sent nothing by then, since its connection does not stand yet. Ours has sent the part.
* The name in a stack trace of a function that is called when a part has been written: Node.js calls
  it as a method where several parts go at once, which depends on the connection.
* A process that is to end while it waits for an event: AWS's client can only when it has one, since
  it waits in a thread. Ours ends at once.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.bare_client import BareClient, bare_client, install_clients
from support.node_process import BOTH, NodeProcess, node_process

pytestmark = [pytest.mark.npm, pytest.mark.timeout(900)]

VARIABLES = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    # The client that npm has is older than this warning of AWS's runtime.
    "AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": "1",
}
# A stack has ten frames by default, and AWS's client takes more or fewer of them than ours.
_FRAMES = "Error.stackTraceLimit = Infinity;\n"
EVALUATES = f"{_FRAMES}exports.handler = async (event, context) => eval(event);\n"
CALLS_BACK = f"{_FRAMES}exports.handler = (event, context, callback) => eval(event);\n"
STREAMS = f"""{_FRAMES}
exports.handler = awslambda.streamifyResponse(async (event, stream) => eval(event));
"""

LEAVES = r"""
undefined
null
true
0
-0
1.5
NaN
Infinity
1n
''
'\u00fc\u2028'
'\ud800'
'\x7f'
Symbol('s')
Symbol.iterator
() => 1
function named() {}
class A {}
/x/g
new Date(0)
new Date(NaN)
new Map([[1, 2]])
new Set([1])
new WeakMap()
new URL('http://a/b')
new Error('e')
new Error('\x7f')
new (class Own extends RangeError { code = 'C' })('own')
new AggregateError([1], 'a')
Object.assign(new Error('e'), { cause: new TypeError('c') })
Object.assign(new Error('e'), { name: undefined })
Object.assign(new Error('e'), { name: '' })
Object.assign(new Error('e'), { message: 1n })
Object.assign(new Error('e'), { stack: undefined })
Buffer.from('a')
new Uint8Array(2)
new ArrayBuffer(2)
new Number(1)
new String('s')
Object(1n)
Object(Symbol('o'))
Object.create(null)
{ toJSON() { return 1; } }
{ toJSON() { return undefined; } }
{ toJSON() { throw new TypeError('json'); } }
{ toJSON: 1 }
{ name: 'N', message: 'M', stack: 'S' }
{ a: undefined, b: () => 1, [Symbol()]: 1 }
{ get a() { throw new RangeError('got'); } }
{ then(resolve) { resolve(3); } }
(() => { const circle = {}; circle.circle = circle; return circle; })()
new Proxy({}, { get() { throw new RangeError('proxy'); } })
Promise.resolve(2)
[undefined, () => 1, Symbol()]
[1, , 3]
""".strip().splitlines()
CONTAINERS = ("%s", "[%s]", "({ a: %s })")
VALUES = tuple(
    (f"({leaf})" if container == "%s" else container % leaf)
    for leaf, container in itertools.product(LEAVES, CONTAINERS)
)


class Ours:
    """Our runtime, seen as the Runtime API sees a client."""

    def __init__(self, node: NodeProcess) -> None:
        self.records, self.read_log = node.records, node.read_log
        self.wait = node.wait
        self._node = node
        self._is_ready = False

    def answer(self, event: str) -> dict[str, Any]:
        """Send an event; return the answer, or how the process ends."""
        if not self._is_ready:
            message, payload = self._node.receive()
            if message["kind"] != "ready":
                return {"kind": message["kind"], "payload": json.loads(payload), "parts": ""}
            self._is_ready = True
        with contextlib.suppress(BrokenPipeError):
            self._node.send(event.encode(), is_streamed=True)
        return self.posted()

    def posted(self) -> dict[str, Any]:
        """Return the next answer."""
        parts, content_type = b"", None
        while True:
            try:
                message, payload = self._node.receive()
            except (EOFError, ConnectionResetError):
                return {"kind": "end", "status": self._node.wait()}
            if message["kind"] == "chunk":
                parts += payload
            elif message["kind"] == "response":
                content_type = message.get("content_type")
                text = (parts + payload).decode()
                return {"kind": "response", "payload": text, "content_type": content_type}
            elif message["kind"] in ("error", "init_error"):
                error = json.loads(payload)
                return {"kind": message["kind"], "payload": error, "parts": parts.decode()}


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    return install_clients(tmp_path_factory.mktemp("clients"))


class Pair:
    """Both runtimes on the same function."""

    def __init__(self, folder: Path, ours: Ours, awss: BareClient) -> None:
        self._folder = str(folder)
        self.ours, self.awss = ours, awss
        self.have_ended = False

    def compare(self, event: str) -> list[Any]:
        """Have both serve an event; return what is different."""
        outcomes = self.ours.answer(event), self.awss.answer(event)
        self.ours.read_log()
        self.awss.read_log()
        self.have_ended = any(outcome["kind"] == "end" for outcome in outcomes)
        own, awss = map(self._told, outcomes)
        return [] if own == awss else [event, own, awss]

    def compare_init(self) -> list[Any]:
        """Return what is different of an Init that fails."""
        own, awss = map(self._told, (self.ours.posted(), self.awss.posted()))
        return [] if own == awss else [own, awss]

    def compare_ends(self) -> None:
        """Compare the log and the exit status of both."""
        statuses = self.ours.wait(), self.awss.wait()
        assert statuses[0] == statuses[1]
        self.compare_logs()

    def compare_logs(self) -> None:
        assert self.different_records() == []

    def different_records(self) -> list[Any]:
        own, awss = (self._shown_log(one.records()) for one in (self.ours, self.awss))
        if own and own[-1].split("\t")[3:4] == ["Init Error "]:
            del awss[len(own) :]
        return [pair for pair in itertools.zip_longest(own, awss) if pair[0] != pair[1]]

    def _shown_log(self, records: list[str]) -> list[str]:
        """Return a log without the line of source that Node.js shows where it ends for an error."""
        text = re.sub(r"(?m)^\S+:\d+\n.*\n *\^+\n", "", "\n".join(records))
        lines = self._shown(f"\n{text}").splitlines()
        return [line for line in lines if line and "LAMBDA_RUNTIME Failed to post" not in line]

    def _told(self, outcome: dict[str, Any]) -> str:
        return self._shown(json.dumps(outcome))

    def _shown(self, text: str) -> str:
        """Return a text without times, and without frames that are not the function's."""
        text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
        script = r'/[^\s"\\]*/aws-lambda-ric/(dist/)?index\.mjs'
        text = re.sub(script, "/var/runtime/index.mjs", text)
        text = re.sub(r"\d+ lines matching cause", "lines matching cause", text)
        for frame in (r',?\s?"    at [^"]*"', r'(?:\\n|\n) {4,}at (?:(?!\\n| \{)[^\n"])*'):
            text = re.sub(frame, lambda found: found[0] if self._folder in found[0] else "", text)
        return text


@contextmanager
def both(
    clients: dict[int, Path], folder: Path, source: str, generation: int, **variables: str
) -> Iterator[Pair]:
    folder.mkdir(exist_ok=True)
    (folder / "index.js").write_text(source)
    given = VARIABLES | variables
    with (
        node_process(folder, generation=generation, variables=given) as node,
        bare_client(clients[generation], folder, generation, given) as awss,
    ):
        yield Pair(folder, Ours(node), awss)


def differences(
    clients: dict[int, Path],
    folder: Path,
    source: str,
    generation: int,
    template: str,
    **variables: str,
) -> list[Any]:
    """Have both serve an event for every value; return what they answer and log differently.

    Both are started anew where a value ends them.
    """
    events = [json.dumps(template.replace("VALUE", value)) for value in VALUES]
    found: list[Any] = []
    while events:
        with both(clients, folder, source, generation, **variables) as pair:
            for number, event in enumerate(list(events)):
                different = pair.compare(event)
                if pair.have_ended and number > 0 and not different:
                    # It was the event before that has ended both, behind its answer.
                    break
                found += different
                events.pop(0)
                if pair.have_ended:
                    break
            found += pair.different_records()
    return found


@BOTH
@pytest.mark.parametrize("template", ["VALUE", "(() => { throw VALUE; })()"])
def test_what_a_handler_returns_or_throws_is_answered_and_logged_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, template: str
) -> None:
    assert differences(clients, tmp_path / "function", EVALUATES, generation, template) == []


@BOTH
def test_a_handler_without_a_name_has_the_same_frame(
    clients: dict[int, Path], tmp_path: Path, generation: int
) -> None:
    source = "const make = () => async (event) => eval(event); exports.handler = make();"
    with both(clients, tmp_path / "function", source, generation) as pair:
        assert pair.compare('"(() => { throw new RangeError(1); })()"') == []
        pair.compare_logs()


@pytest.mark.parametrize(
    "template",
    [
        "callback(null, VALUE)",
        "callback(VALUE)",
        "context.done(null, VALUE)",
        "context.succeed(VALUE)",
        "context.fail(VALUE)",
        "VALUE",
        "(() => { throw VALUE; })()",
    ],
)
def test_what_a_callback_is_given_is_answered_and_logged_the_same(
    clients: dict[int, Path], tmp_path: Path, template: str
) -> None:
    assert differences(clients, tmp_path / "function", CALLS_BACK, 22, template) == []


@BOTH
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize("template", ["console.log(VALUE)", "console.trace('%s', VALUE, VALUE)"])
def test_a_record_of_console_is_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, log_format: str, template: str
) -> None:
    folder, variables = tmp_path / "function", {"AWS_LAMBDA_LOG_FORMAT": log_format}
    template = f"{template}, 0"
    found = differences(clients, folder, EVALUATES, generation, template, **variables)
    assert found == []


@BOTH
@pytest.mark.parametrize("log_format", ["Text", "JSON"])
@pytest.mark.parametrize(
    "event",
    [
        "new Promise(() => setImmediate(() => { throw new RangeError('uncaught'); }))",
        "new Promise(() => setImmediate(() => { throw 'text'; }))",
        "new Promise(() => { Promise.reject(new RangeError('r')); setTimeout(() => {}, 1000); })",
        "new Promise(() => { Promise.reject('text'); setTimeout(() => {}, 1000); })",
        "new Promise(() => { Promise.reject(); setTimeout(() => {}, 1000); })",
        "new Promise(() => setImmediate(() => process.exit(3)))",
        "new Promise(() => setImmediate(() => process.exit(0)))",
    ],
)
def test_an_end_is_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, log_format: str, event: str
) -> None:
    variables = {"AWS_LAMBDA_LOG_FORMAT": log_format}
    with both(clients, tmp_path / "function", EVALUATES, generation, **variables) as pair:
        assert pair.compare(json.dumps(event)) == []
        pair.compare_ends()


@pytest.mark.parametrize(
    "event", ["new Promise(() => {})", "process.exitCode = 5, new Promise(() => {})"]
)
def test_waiting_for_nothing_ends_it_with_the_same_status(
    clients: dict[int, Path], tmp_path: Path, event: str
) -> None:
    with both(clients, tmp_path / "function", EVALUATES, 24) as pair:
        assert pair.compare(json.dumps(event)) == []
        pair.compare_ends()


@BOTH
def test_a_promise_that_is_rejected_behind_the_answer_ends_it_with_the_same_status(
    clients: dict[int, Path], tmp_path: Path, generation: int
) -> None:
    with both(clients, tmp_path / "function", EVALUATES, generation) as pair:
        assert pair.compare('"Promise.reject(new RangeError(1)), 1"') == []
        assert pair.compare('"1"') == []
        pair.compare_ends()


@BOTH
@pytest.mark.parametrize(
    "source",
    [
        "throw new RangeError('at the top')",
        "throw 'text'",
        "throw null",
        "require('not-there')",
        "exports.other = 1",
        "exports.handler = 1",
        "syntax error",
        "process.exit(4)",
        "exports.handler = () => 1;"
        "exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'other'",
    ],
)
def test_a_failing_init_is_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, source: str
) -> None:
    with both(clients, tmp_path / "function", source, generation) as pair:
        assert pair.compare_init() == []
        pair.compare_ends()


def test_a_handler_with_a_callback_is_refused_the_same(
    clients: dict[int, Path], tmp_path: Path
) -> None:
    with both(clients, tmp_path / "function", "exports.handler = (a, b, c) => 1", 24) as pair:
        assert pair.compare_init() == []
        pair.compare_ends()


@pytest.mark.parametrize(
    "source",
    [
        "Promise.reject(new RangeError('rejected'))",
        "setImmediate(() => { throw new RangeError('soon'); })",
    ],
)
def test_what_fails_behind_the_loading_of_the_function_fails_init_the_same(
    clients: dict[int, Path], tmp_path: Path, source: str
) -> None:
    source += "; exports.handler = async () => 1;"
    with both(clients, tmp_path / "function", source, 22) as pair:
        assert pair.compare_init() == []
        pair.awss.serve_until_its_end()
        pair.compare_ends()


@BOTH
@pytest.mark.parametrize(
    "event",
    [
        "stream.write('a'), stream.end('b')",
        "stream.end()",
        "stream.write({ a: 1 }), stream.write(Buffer.from('b')), stream.end()",
        "stream.setContentType('text/plain'), stream.write('a'), stream.end(), undefined",
        "stream.write('a'), stream.setContentType('late')",
        "awslambda.HttpResponseStream.from(stream, { statusCode: 201 }).write('a'), stream.end()",
        "stream.write('a'), (() => { throw new RangeError('middle'); })()",
        "(() => { throw new RangeError('first'); })()",
        "stream.write('a'), stream.end(), 'returned'",
    ],
)
def test_a_stream_is_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, event: str
) -> None:
    with both(clients, tmp_path / "function", STREAMS, generation) as pair:
        for _ in range(2):
            assert pair.compare(json.dumps(event)) == []
        pair.compare_logs()


@BOTH
@pytest.mark.parametrize(
    "event",
    [
        "stream.destroy(), undefined",
        "stream.destroy(new RangeError('own')), undefined",
        "stream.write('a', () => stream.destroy()), undefined",
        "stream.write('a', () => process.exit(3)), undefined",
        "stream.write('a', () => setImmediate(() => { throw new RangeError('b'); })), undefined",
        "require('node:stream/promises').pipeline(BROKEN, stream)",
    ],
)
def test_a_stream_that_breaks_off_is_the_same(
    clients: dict[int, Path], tmp_path: Path, generation: int, event: str
) -> None:
    source = (
        "new (require('node:stream').Readable)({ read() { this.destroy(new Error('read')); } })"
    )
    with both(clients, tmp_path / "function", STREAMS, generation) as pair:
        assert pair.compare(json.dumps(event.replace("BROKEN", source))) == []
        pair.compare_ends()
