"""Node.js functions of templates and of plain folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Function
from lambda_tui.project.handlers import handler_problem
from lambda_tui.project.load import load_project

EXPORTS = "export const handler = async (event) => event;\n"


def write(file: Path, text: str = EXPORTS) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("index.js", "// a\nexports.handler = async () => {};", 2),
        ("index.js", "module.exports.handler = () => {};", 1),
        ("index.js", "const handler = 1;\nmodule.exports = {\n  other,\n  handler,\n};", 4),
        ("index.mjs", "export const handler = async () => {};", 1),
        ("index.mjs", "export async function handler(event) {}", 1),
        ("index.mjs", "const run = 1;\nexport { run as handler };", 2),
        ("index.cjs", "exports.handler = middy(run);", 1),
        ("index.ts", "export const handler: Handler = async () => {};", 1),
        ("app.mjs", "export function lambdaHandler(event, context) {}", 1),
    ],
)
def test_a_plain_folder_that_exports_a_handler_is_a_function(
    tmp_path: Path, name: str, source: str, line: int
) -> None:
    write(tmp_path / "orders" / name, source)
    (function,) = load_project(tmp_path / "orders").functions
    handler = "lambdaHandler" if "lambdaHandler" in source else "handler"
    assert (function.name, function.handler) == ("orders", f"{name.split('.')[0]}.{handler}")
    assert (function.language, function.runtime) == ("node", None)
    assert (function.file, function.line) == (tmp_path / "orders" / name, line)


@pytest.mark.parametrize(
    "source",
    ["// exports.handler = 1", "const handler = () => {};", "export const handlers = [];"],
)
def test_what_exports_no_handler_is_no_function(tmp_path: Path, source: str) -> None:
    write(tmp_path / "index.js", source)
    assert load_project(tmp_path).functions == ()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("handler.js", "module.exports.hello = async (event) => {\n  return event;\n};"),
        ("index.js", "exports.hello = async (_event, context) => 1"),
        ("index.js", "exports.hello = async function (event) {}"),
        ("index.js", "exports.hello = function hello(event, context, callback) {}"),
        ("index.cjs", "exports.hello = middy(async (event) => event)"),
        ("index.cjs", "exports.hello = void 0;\nasync function hello(event) {}"),
        ("index.js", "const run = async (event) => 1;\nexports.hello = run;"),
        ("index.js", "const hello = event => 1;\nmodule.exports = { other, hello };"),
        ("index.js", "async function run(event) {}\nmodule.exports = { hello: run };"),
        ("app.mjs", "export const hello = async (event) => 1"),
        ("app.mjs", "export async function hello(event) {}"),
        ("app.mjs", "const run = (event) => 1;\nexport { run as hello };"),
        ("index.ts", "export const hello: Handler<In, Out> = async (event) => 1"),
        ("index.ts", "export async function hello(event: In, context: Context) {}"),
        ("index.ts", "export const hello = async (\n  event: In,\n): Promise<Out> => 1"),
        ("hello.mjs", "export const hello = async (event, context) => 1"),
        ("hello.ts", "export async function hello(event: In, context: Context) {}"),
        ("hello.ts", "export const hello: APIGatewayProxyHandlerV2<Out> = async () => 1"),
        ("hello.ts", "export const hello: Handler = run"),
        ("hello.ts", "export const hello = middyfy(run)"),
    ],
)
def test_an_export_of_any_name_that_takes_an_event_is_a_function(
    tmp_path: Path, name: str, source: str
) -> None:
    write(tmp_path / "orders" / name, source)
    (function,) = load_project(tmp_path / "orders").functions
    assert function.handler == f"{name.split('.')[0]}.hello"


def test_each_of_several_exports_is_a_function_of_its_name(tmp_path: Path) -> None:
    exports = ("export const get = async (event) => 1;", "export const put = (event) => 2;")
    write(tmp_path / "orders" / "index.mjs", "\n".join(exports))
    functions = load_project(tmp_path / "orders").functions
    found = [(one.name, one.handler, one.line) for one in functions]
    assert found == [("index-get", "index.get", 1), ("index-put", "index.put", 2)]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("index.js", "exports.hello = () => 1"),
        ("index.js", "exports.hello = event.detail"),
        ("index.js", "exports.hello = emitter.on('event', run)"),
        ("index.js", "const hello = (event) => 1"),
        ("index.js", "exports.hello == (event)"),
        ("index.js", "export const VALUE = 1;\nfunction hello(event) {}"),
        ("validate.js", "exports.validate = (event) => event.body"),
        ("index.js", "exports.handler = run;\nexports.hello = (event) => 1"),
    ],
)
def test_an_export_that_is_no_function_of_an_event_is_no_function(
    tmp_path: Path, name: str, source: str
) -> None:
    write(tmp_path / name, source)
    assert [one.handler for one in load_project(tmp_path).functions] == (
        ["index.handler"] if "handler" in source else []
    )


def test_of_a_source_and_what_was_built_of_it_one_is_the_function(tmp_path: Path) -> None:
    write(tmp_path / "index.ts")
    write(tmp_path / "index.js", "exports.handler = 1;")
    (function,) = load_project(tmp_path).functions
    assert function.file == tmp_path / "index.js"


def test_dependencies_and_tests_hold_no_functions(tmp_path: Path) -> None:
    write(tmp_path / "index.mjs")
    write(tmp_path / "index.test.mjs")
    write(tmp_path / "node_modules" / "index.mjs")
    (function,) = load_project(tmp_path).functions
    assert function.file == tmp_path / "index.mjs"


TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {{Handler: {handler}, Runtime: nodejs22.x, CodeUri: src}}
"""


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("index.handler", "index.js"),
        ("index.handler", "index.mts"),
        ("index.api.get", "index.mjs"),
        ("lib/index.handler", "lib/index.cjs"),
        ("package.handler", "node_modules/package/index.js"),
    ],
)
def test_a_template_may_name_a_node_runtime(tmp_path: Path, handler: str, file: str) -> None:
    write(tmp_path / "template.yaml", TEMPLATE.format(handler=handler))
    write(tmp_path / "src" / file)
    project = load_project(tmp_path)
    assert project.problems == ()
    assert project.functions[0].language == "node"


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        ("index.handler", "Hello: Handler index.handler needs index.js in src, or the same as"),
        ("index", "Hello: Handler index is not of the form file.export, such as index.handler."),
        ("../index.handler", "Hello: Handler ../index.handler is not of the form file.export"),
    ],
)
def test_a_handler_that_is_not_there_is_said(tmp_path: Path, handler: str, sentence: str) -> None:
    function = Function("Hello", handler, tmp_path / "src", runtime="nodejs22.x")
    problem = handler_problem(function, lambda: tmp_path / "no-python")
    assert problem is not None
    assert problem.message.startswith(sentence)


@pytest.mark.parametrize(
    ("package", "handler", "code"),
    [
        ("services/orders/package.json", "src/handler.handler", "services/orders"),
        ("package.json", "services/orders/src/handler.handler", "."),
        ("services/orders/src/package.json", "handler.handler", "services/orders/src"),
        ("notes.txt", "handler.handler", "services/orders/src"),
    ],
)
def test_source_in_src_is_deployed_with_the_package_that_it_is_of(
    tmp_path: Path, package: str, handler: str, code: str
) -> None:
    write(tmp_path / "services" / "orders" / "src" / "handler.ts")
    write(tmp_path / package, "{}")
    (function,) = load_project(tmp_path).functions
    assert (function.name, function.handler) == ("orders", handler)
    assert function.code_directory == tmp_path / code
