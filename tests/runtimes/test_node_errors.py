"""Errors of Node.js functions: the answer and the log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.files import ROOT
from support.node_process import BOTH, EVALUATES, REQUEST_ID, init_error, node_process, started

FOR_LONG = "await new Promise((resolve) => setTimeout(resolve, 60000))"

INIT_ERRORS = {
    "a missing dependency": (
        "require('nothing-like-it')",
        "index.handler",
        "Runtime.ImportModuleError",
        "Error: Cannot find module 'nothing-like-it'\nRequire stack:\n- {folder}/index.js",
    ),
    "a missing module": (
        "",
        "gone.handler",
        "Runtime.ImportModuleError",
        "Error: Cannot find module 'gone'\nRequire stack:\n- /var/runtime/index.mjs",
    ),
    "a missing handler": (
        "",
        "index.gone",
        "Runtime.HandlerNotFound",
        "index.gone is undefined or not exported",
    ),
    "a handler that is no function": (
        "exports.handler = 1",
        "index.handler",
        "Runtime.HandlerNotFound",
        "index.handler is not a function",
    ),
    "a handler without a dot": ("", "handler", "Runtime.MalformedHandlerName", "Bad handler"),
    "a handler elsewhere": (
        "",
        "../index.handler",
        "Runtime.MalformedHandlerName",
        "'../index.handler' is not a valid handler name. "
        "Use absolute paths when specifying root directories in handler names.",
    ),
    "a syntax error": (
        "exports.handler = async (event context) => 1;",
        "index.handler",
        "Runtime.UserCodeSyntaxError",
        "SyntaxError: missing ) after argument list",
    ),
    "an error of its own": (
        "throw new TypeError('too bad')",
        "index.handler",
        "TypeError",
        "too bad",
    ),
}


@pytest.mark.rule("6.2.12")
@BOTH
@pytest.mark.parametrize("case", INIT_ERRORS)
def test_an_init_error_has_awss_type_and_text(tmp_path: Path, generation: int, case: str) -> None:
    source, handler, error_type, text = INIT_ERRORS[case]
    (tmp_path / "index.js").write_text(source)
    message, payload = init_error(tmp_path, generation=generation, handler=handler)

    assert list(payload) == ["errorType", "errorMessage", "trace"]
    assert message["error_type"] == payload["errorType"] == error_type
    assert payload["errorMessage"].startswith(text.format(folder=tmp_path))
    assert not any("/runtimes/node" in line for line in payload["trace"])


@pytest.mark.rule("6.2.12")
@pytest.mark.parametrize(
    ("generation", "error_type", "text"),
    [
        (22, "ReferenceError", "MalformedStreamingHandler is not defined"),
        (24, "Runtime.MalformedStreamingHandler", "Only response streaming is supported."),
    ],
)
def test_a_way_of_streaming_that_nobody_knows_is_an_error_of_init(
    tmp_path: Path, generation: int, error_type: str, text: str
) -> None:
    (tmp_path / "index.js").write_text(
        "exports.handler = async () => {};"
        "exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'request';"
    )
    _message, payload = init_error(tmp_path, generation=generation)
    assert (payload["errorType"], payload["errorMessage"]) == (error_type, text)


@pytest.mark.rule("6.2.12")
@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("Promise.reject(new RangeError('late'));", "Runtime.UnhandledPromiseRejection"),
        ("setImmediate(() => { throw new RangeError('late'); });", "RangeError"),
    ],
)
def test_before_node_24_what_fails_behind_the_loading_of_the_function_fails_init(
    tmp_path: Path, source: str, error_type: str
) -> None:
    (tmp_path / "index.js").write_text(f"{source} exports.handler = async () => 1;")
    with node_process(tmp_path) as node:
        message, payload = node.receive()
    assert (message["kind"], message["error_type"]) == ("init_error", error_type)
    assert json.loads(payload)["errorMessage"].endswith("late")


@BOTH
@pytest.mark.parametrize(
    ("thrown", "earlier", "later"),
    [
        ("null", ("string", "handled"), ("object", "null")),
        ("undefined", ("string", "handled"), ("undefined", "undefined")),
        (
            "Symbol('s')",
            ("TypeError", "Cannot convert a Symbol value to a string"),
            ("symbol", "Symbol(s)"),
        ),
        ("{ name: 'N', message: 'M', stack: 'S' }", ("N", "M"), ("object", "[object Object]")),
    ],
)
def test_what_is_thrown_without_being_an_error_is_told_as_by_awss_runtime(
    tmp_path: Path,
    generation: int,
    thrown: str,
    earlier: tuple[str, str],
    later: tuple[str, str],
) -> None:
    with started(tmp_path, EVALUATES, generation=generation) as node:
        _message, payload = node.invoke(f"(() => {{ throw {thrown}; }})()")
    expected = later if generation == 24 else earlier
    assert (payload["errorType"], payload["errorMessage"]) == expected


def test_before_node_24_an_error_that_cannot_be_logged_ends_the_process(tmp_path: Path) -> None:
    source = "exports.handler = () => { throw Symbol('s'); };"
    with started(tmp_path, source) as node:
        _message, payload = node.invoke()
        assert node.wait() == 129
        (record,) = node.records()
    assert payload["errorMessage"] == "Cannot convert a Symbol value to a string"
    assert record.split("\t")[2:] == [
        "INFO",
        "Unexpected Top Level Error: TypeError: Cannot convert a Symbol value to a string",
    ]


@pytest.mark.parametrize(
    ("source", "generation", "frame"),
    [
        ("make()", 22, "Runtime.handler"),
        ("make()", 24, "BufferedInvokeProcessor.handler"),
        ("awslambda.streamifyResponse(make())", 24, "StreamingInvokeProcessor.handler"),
    ],
)
def test_the_frame_of_a_handler_without_a_name_has_the_class_of_awss_runtime(
    tmp_path: Path, source: str, generation: int, frame: str
) -> None:
    source = f"const make = () => async () => {{ throw new Error(); }}; exports.handler = {source};"
    with started(tmp_path, source, generation=generation) as node:
        _message, payload = node.invoke()
    assert payload["trace"][1].startswith(f"    at {frame} (")


@pytest.mark.rule("6.2.12")
def test_from_node_24_on_a_handler_with_a_callback_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("exports.handler = async (event, context, callback) => 1;")
    message, payload = init_error(tmp_path, generation=24)

    assert message["error_type"] == "Runtime.CallbackHandlerDeprecated"
    assert payload["errorMessage"].startswith(
        "ERROR: AWS Lambda has removed support for callback-based function handlers"
    )


def test_before_that_a_handler_with_a_callback_is_warned_of(tmp_path: Path) -> None:
    source = "exports.handler = (event, context, callback) => callback(null, 1);"
    with started(tmp_path, source) as node:
        (warning,) = node.records()
    off = {"AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING": ""}
    with started(tmp_path, source, variables=off) as node:
        assert node.records() == []

    assert "\tundefined\tWARN\tAWS Lambda plans to remove support" in warning


@pytest.mark.rule("6.2.13")
@BOTH
def test_a_handler_that_throws_answers_with_its_error(tmp_path: Path, generation: int) -> None:
    source = """
class OutOfStock extends Error {
  constructor(text) { super(text); this.name = 'OutOfStock'; this.code = 7; }
}
exports.handler = async (event) => { throw new OutOfStock(`no more ${event}`); };
"""
    with started(tmp_path, source, generation=generation) as node:
        message, payload = node.invoke("tea")
        (record,) = node.records()
        assert node.invoke("tea")[0]["kind"] == "error"

    assert (message["kind"], message["error_type"]) == ("error", "OutOfStock")
    assert list(payload) == ["errorType", "errorMessage", "trace"]
    assert (payload["errorType"], payload["errorMessage"]) == ("OutOfStock", "no more tea")
    _first, second, *_ = payload["trace"]
    assert second.endswith(f"({tmp_path}/index.js:5:44)")
    time, request_id, level, title, logged = record.split("\t")
    assert time.endswith("Z")
    assert (request_id, level, title) == (REQUEST_ID, "ERROR", "Invoke Error ")
    assert json.loads(logged) == {
        "errorType": "OutOfStock",
        "errorMessage": "no more tea",
        "code": 7,
        "name": "OutOfStock",
        "stack": payload["trace"],
    }


@pytest.mark.rule("6.2.13")
@BOTH
@pytest.mark.parametrize(
    ("thrown", "error_type", "text"),
    [
        ("'plain'", "string", "plain"),
        ("42", "number", "42"),
        ("{ a: 1 }", "object", "[object Object]"),
    ],
)
def test_what_is_thrown_need_not_be_an_error(
    tmp_path: Path, generation: int, thrown: str, error_type: str, text: str
) -> None:
    source = f"exports.handler = async () => {{ throw {thrown}; }};"
    with started(tmp_path, source, generation=generation) as node:
        message, payload = node.invoke()

    assert payload == {"errorType": error_type, "errorMessage": text, "trace": []}
    assert message["error_type"] == error_type


@pytest.mark.rule("6.2.14")
def test_before_node_24_a_promise_that_never_settles_is_an_error(tmp_path: Path) -> None:
    source = "exports.handler = async (event) => { if (event) await new Promise(() => {}); };"
    with started(tmp_path, source) as node:
        message, payload = node.invoke(1)
        (record,) = node.records()
        assert node.invoke(0)[0]["kind"] == "response"

    assert message["error_type"] == payload["errorType"] == "Runtime.NodeJsExit"
    assert payload["errorMessage"].startswith("The Lambda runtime client detected an unexpected")
    assert "\tERROR\tInvoke Error \t" in record


def test_from_node_24_on_a_promise_that_never_settles_ends_the_process(tmp_path: Path) -> None:
    source = "exports.handler = async () => { await new Promise(() => {}); };"
    with started(tmp_path, source, generation=24) as node:
        node.send(b"{}")
        with pytest.raises(EOFError):
            node.receive()
        assert node.wait() == 0


UNCAUGHT = "setTimeout(() => { throw new RangeError('x'); }, 1)"
UNHANDLED = "Promise.reject(new RangeError('x'))"


@pytest.mark.rule("6.2.14")
@pytest.mark.parametrize(
    ("body", "status", "error_type", "title"),
    [
        (UNCAUGHT, 129, "RangeError", "Uncaught Exception "),
        (UNHANDLED, 128, "Runtime.UnhandledPromiseRejection", "Unhandled Promise Rejection "),
    ],
)
def test_before_node_24_what_nobody_catches_fails_the_invocation_and_ends_the_process(
    tmp_path: Path, body: str, status: int, error_type: str, title: str
) -> None:
    source = f"exports.handler = async () => {{ {body}; {FOR_LONG}; }};"
    with started(tmp_path, source) as node:
        message, payload = node.invoke()
        assert node.wait() == status
        (record,) = node.records()

    assert (message["kind"], message["is_done"]) == ("error", False)
    assert message["error_type"] == payload["errorType"] == error_type
    assert record.split("\t")[3] == title
    if body == UNHANDLED:
        assert payload["errorMessage"] == "RangeError: x"
        assert json.loads(record.split("\t")[4])["reason"]["errorType"] == "RangeError"


@pytest.mark.parametrize("body", [UNCAUGHT, UNHANDLED])
def test_from_node_24_on_node_itself_tells_of_what_nobody_catches(
    tmp_path: Path, body: str
) -> None:
    source = f"exports.handler = async () => {{ {body}; {FOR_LONG}; }};"
    with started(tmp_path, source, generation=24) as node:
        node.send(b"{}")
        with pytest.raises(EOFError):
            node.receive()
        assert node.wait() == 1
        assert "RangeError: x" in node.records()


@pytest.mark.rule("6.2.13")
@BOTH
def test_a_result_that_json_cannot_say_is_an_error(tmp_path: Path, generation: int) -> None:
    with started(tmp_path, EVALUATES, generation=generation) as node:
        _, payload = node.invoke("10n")
        assert node.invoke("undefined")[1] is None
        for value in ("() => 1", "Symbol('s')", "({ toJSON() { return undefined; } })"):
            _, refused = node.invoke(value)
            assert (refused["errorType"], refused["errorMessage"]) == (
                "TypeError",
                "Wrong arguments",
            )

    expected = "Runtime.JSONStringifyError" if generation == 24 else "Error"
    assert payload["errorType"] == expected
    assert payload["errorMessage"] == "Unable to stringify response body"


@BOTH
def test_a_top_level_await_that_never_ends_is_an_exit(tmp_path: Path, generation: int) -> None:
    (tmp_path / "index.mjs").write_text("await new Promise(() => {});")
    with node_process(tmp_path, generation=generation) as node:
        with pytest.raises(EOFError):
            node.receive()
        assert node.wait() == (0 if generation == 24 else 13)


@BOTH
def test_no_stack_shows_a_file_of_ours(tmp_path: Path, generation: int) -> None:
    source = (
        "Error.stackTraceLimit = 50;"
        "const stacks = () => [new Error('here').stack, Object.keys(require.cache).join()];"
        "const loaded = stacks();"
        "exports.handler = async () => [...loaded, ...stacks()];"
    )
    with started(tmp_path, source, generation=generation) as node:
        _message, (loading, _loaded, handling, cache) = node.invoke()
    assert cache == str(tmp_path / "index.js")
    for stack in (loading, handling):
        assert "/var/runtime/index.mjs:" in stack
        assert str(ROOT / "runtimes") not in stack
