"""Loading a Node.js handler, and its surroundings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.node_process import (
    BOTH,
    EVALUATES,
    REQUEST_ID,
    init_error,
    node_process,
    nodes,
    started,
)


@pytest.mark.parametrize("node", nodes(), ids=str)
@BOTH
def test_every_node_at_hand_plays_both_generations(
    tmp_path: Path, node: Path, generation: int
) -> None:
    with started(tmp_path, EVALUATES, node=node, generation=generation) as process:
        message, result = process.invoke("[1, 'na\\u00efve']")

    assert result == [1, "naïve"]
    assert message["kind"] == "response"
    assert message["request_id"] == REQUEST_ID
    assert message["response_size"] == len('[1,"naïve"]'.encode())
    assert message["peak_memory_kb"] > 1024


@pytest.mark.rule("8.4.8")
@BOTH
def test_the_context_has_every_field_of_awss(tmp_path: Path, generation: int) -> None:
    variables = {
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    }
    client, identity = {"custom": {"a": 1}}, {"cognitoIdentityId": "id"}
    with started(tmp_path, EVALUATES, generation=generation, variables=variables) as node:
        fields = {
            "client_context": json.dumps(client),
            "cognito_identity": json.dumps(identity),
            "tenant_id": "tenant",
        }
        _, context = node.invoke("context", **fields)
        _, methods = node.invoke(
            "Object.keys(context).filter((key) => typeof context[key] === 'function').sort()"
        )
        _, remaining = node.invoke("context.getRemainingTimeInMillis()")

    expected: dict[str, Any] = {
        "functionName": "f",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "512",
        "logGroupName": "/aws/lambda/f",
        "logStreamName": "stream",
        "clientContext": client,
        "identity": identity,
        "invokedFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "awsRequestId": REQUEST_ID,
        "tenantId": "tenant",
    }
    if generation == 22:
        assert context == {"callbackWaitsForEmptyEventLoop": True, **expected}
        assert methods == ["done", "fail", "getRemainingTimeInMillis", "succeed"]
    else:
        assert context == {**expected, "xRayTraceId": "Root=1-2-3"}
        assert methods == ["getRemainingTimeInMillis"]
    assert 0 < remaining <= 30_000


@pytest.mark.rule("8.4.8")
def test_the_remaining_time_may_be_negative(tmp_path: Path) -> None:
    with started(tmp_path, EVALUATES) as node:
        _, remaining = node.invoke("context.getRemainingTimeInMillis()", deadline_ms=0)

    assert remaining < 0


def test_the_process_looks_like_awss(tmp_path: Path) -> None:
    with started(tmp_path, EVALUATES) as node:
        _, arguments = node.invoke("process.argv.slice(1)")
        _, names = node.invoke("Object.keys(process.env).filter((name) => name.includes('TUI'))")
        _, trace = node.invoke("process.env._X_AMZN_TRACE_ID")
        _, without = node.invoke("process.env._X_AMZN_TRACE_ID ?? 'none'", trace_id=None)
        _, main = node.invoke("[typeof require.main, require.main === module]")

    assert arguments == ["/var/runtime/index.mjs"]
    assert names == []
    assert (trace, without) == ("Root=1-2-3", "none")
    assert main == ["undefined", False]


@pytest.mark.rule("8.4.8")
@BOTH
@pytest.mark.parametrize(
    ("name", "handler", "source"),
    [
        ("index.js", "index.handler", "exports.handler = async () => 1;"),
        ("index.mjs", "index.handler", "export const handler = async () => 1;"),
        ("index.cjs", "index.handler", "exports.handler = () => Promise.resolve(1);"),
        ("src/app.js", "src/app.handler", "exports.handler = async () => 1;"),
        ("src/app.mjs", "src/app.api.get", "export const api = { get: async () => 1 };"),
        ("app/index.js", "app.handler", "exports.handler = async () => 1;"),
        ("node_modules/package/index.js", "package.handler", "exports.handler = async () => 1;"),
    ],
)
def test_a_handler_is_found_where_aws_finds_it(
    tmp_path: Path, generation: int, name: str, handler: str, source: str
) -> None:
    if generation == 24 and name == "app/index.js":
        # A folder cannot be imported, which is all that Node.js 24 on AWS tries.
        (tmp_path / "app").mkdir()
        (tmp_path / name).write_text(source)
        message, _payload = init_error(tmp_path, generation=24, handler=handler)
        assert message["error_type"] == "Error"
        return
    with started(tmp_path, source, name, generation=generation, handler=handler) as node:
        assert node.invoke()[1] == 1


@pytest.mark.rule("8.4.8")
@BOTH
def test_the_nearest_package_json_makes_a_js_file_an_es_module(
    tmp_path: Path, generation: int
) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    source = "export const handler = async () => typeof require;"
    with started(
        tmp_path, source, "src/index.js", generation=generation, handler="src/index.handler"
    ) as node:
        assert node.invoke()[1] == "undefined"


@BOTH
@pytest.mark.parametrize("node", nodes(), ids=str)
@pytest.mark.parametrize("name", ["index.js", "index.mjs"])
def test_modules_of_layers_are_found_by_both_kinds_of_modules(
    tmp_path: Path, generation: int, node: Path, name: str
) -> None:
    layer = tmp_path / "opt" / "node_modules" / "shared"
    layer.mkdir(parents=True)
    (layer / "index.js").write_text("exports.word = 'layer';")
    folder = tmp_path / "function"
    source = {
        "index.js": "const { word } = require('shared'); exports.handler = async () => word;",
        "index.mjs": "import shared from 'shared'; export const handler = async () => shared.word;",
    }[name]
    variables = {"NODE_PATH": f"/nowhere:{tmp_path}/opt/node_modules"}
    with started(
        folder, source, name, node=node, generation=generation, variables=variables
    ) as process:
        assert process.invoke()[1] == "layer"


def test_an_es_module_that_is_nowhere_is_missed_where_it_was_imported(tmp_path: Path) -> None:
    (tmp_path / "opt" / "node_modules").mkdir(parents=True)
    (tmp_path / "index.mjs").write_text("import 'nothing-like-it';")
    variables = {"NODE_PATH": f"{tmp_path}/opt/node_modules"}
    _, payload = init_error(tmp_path, variables=variables)

    assert payload["errorType"] == "Error"
    assert payload["errorMessage"] == (
        f"Cannot find package 'nothing-like-it' imported from {tmp_path}/index.mjs"
    )


def test_the_global_can_be_refused_and_has_the_store_from_node_24_on(tmp_path: Path) -> None:
    source = """
const store = globalThis.awslambda?.InvokeStore;
exports.handler = async () => [typeof awslambda, store?.getRequestId()];
"""
    off = {"AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA": "1"}
    with started(tmp_path, source, variables=off) as node:
        assert node.invoke()[1] == ["undefined", None]
    with started(tmp_path, source, generation=24) as node:
        assert node.invoke()[1] == ["object", REQUEST_ID]


def test_typescript_runs_where_node_can_strip_its_types(tmp_path: Path) -> None:
    source = "export const handler = async (event: { n: number }): Promise<number> => event.n + 1;"
    for name in ("index.mts", "index.ts"):
        folder = tmp_path / name
        with started(folder, source, name) as node:
            assert node.invoke({"n": 1})[1] == 2


def options_for_esbuild(folder: Path, version: str) -> dict[str, Any]:
    """Return what a project's esbuild of a version is asked for."""
    esbuild = folder / "node_modules" / "esbuild"
    esbuild.mkdir(parents=True)
    # Not the real one, which is no package of Python's: what it is asked for is what counts.
    (esbuild / "index.js").write_text(
        f"exports.version = '{version}';"
        "exports.buildSync = (options) => ({ outputFiles: [{ text:"
        " `exports.handler = async () => (${JSON.stringify(options)})` }] });"
    )
    with started(folder, "export enum E { A }", "index.ts") as node:
        options: dict[str, Any] = node.invoke()[1]
    return options


def test_typescript_is_built_by_the_projects_own_esbuild(tmp_path: Path) -> None:
    options = options_for_esbuild(tmp_path, "0.16.5")

    assert options["entryPoints"] == [str(tmp_path / "index.ts")]
    assert (options["bundle"], options["packages"], options["format"]) == (True, "external", "cjs")


@pytest.mark.parametrize("version", ["0.14.54", "0.16.4"])
def test_an_esbuild_without_the_option_leaves_packages_out_by_their_names(
    tmp_path: Path, version: str
) -> None:
    options = options_for_esbuild(tmp_path, version)

    assert "packages" not in options
    left_out = {pattern[0] for pattern in options["external"]}
    assert left_out.issuperset("@az")
    assert left_out.isdisjoint("./")


def test_javascript_goes_before_typescript(tmp_path: Path) -> None:
    (tmp_path / "index.ts").write_text("this is no code")
    with started(tmp_path, "exports.handler = async () => 'js';") as node:
        assert node.invoke()[1] == "js"


@BOTH
def test_a_top_level_await_that_never_ends_is_an_exit(tmp_path: Path, generation: int) -> None:
    (tmp_path / "index.mjs").write_text("await new Promise(() => {});")
    with node_process(tmp_path, generation=generation) as node:
        with pytest.raises(EOFError):
            node.receive()
        assert node.wait() == (0 if generation == 24 else 13)


def test_the_runtime_ends_with_the_engine(tmp_path: Path) -> None:
    with started(tmp_path, "setInterval(() => {}, 1000); exports.handler = async () => 1;") as node:
        node.channel.close()
        assert node.wait() == 0
