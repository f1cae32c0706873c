from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.template import RESERVED_VARIABLES, read_template
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import FunctionSettings, Settings
from support.files import PROJECTS

if TYPE_CHECKING:
    from lambda_tui.project.function import Function, Problem

FUNCTION = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")
    return tmp_path


def read(folder: Path, text: str) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    file = folder / "template.yaml"
    file.write_text(text, encoding="utf-8")
    return read_template(file)[:2]


def only_problem(folder: Path, text: str) -> Problem:
    _, problems = read(folder, text)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("runtime", "later"),
    [
        ("python2.7", "python3.13"),
        ("python3.7", "python3.13"),
        ("python3.8", "python3.13"),
        ("python3.9", "python3.13"),
        ("python3.10", "python3.13"),
        ("nodejs", "nodejs24.x"),
        ("nodejs4.3-edge", "nodejs24.x"),
        ("nodejs8.10", "nodejs24.x"),
        ("nodejs14.x", "nodejs24.x"),
        ("nodejs16.x", "nodejs24.x"),
        ("nodejs18.x", "nodejs24.x"),
        ("nodejs20.x", "nodejs24.x"),
    ],
)
def test_a_runtime_that_aws_has_ended_its_support_of_is_run_with_a_warning(
    folder: Path, runtime: str, later: str
) -> None:
    (folder / "src" / "app.js").write_text("")
    (function,), (problem,) = read(folder, FUNCTION.replace("python3.12", runtime))
    assert function.runtime == runtime
    assert problem.message.startswith(f"{function.name}: Lambda's support of {runtime} ended on ")
    assert problem.message.endswith(f"; name a later one, such as {later}.")
    assert (problem.file, problem.function) == (folder / "template.yaml", function.name)


def test_a_refusal_of_a_later_version_names_all_that_runs(folder: Path) -> None:
    problem = only_problem(folder, FUNCTION.replace("python3.12", "python3.19"))
    assert problem.message.endswith(
        "Runtime python3.19 is not supported yet; python3.8 to python3.14, nodejs16.x to "
        "nodejs26.x, provided, provided.al2 and provided.al2023 are."
    )


@pytest.mark.parametrize(
    ("runtime", "sentence"),
    [
        ("ruby3.3", "Runtime ruby3.3 is for Ruby, which does not run here; name its client"),
        ("java21", "Runtime java21 is for Java, which does not run here; name its client"),
        ("java8.al2", "Runtime java8.al2 is for Java, which does not run here; name its client"),
        (
            "dotnetcore3.1",
            "Runtime dotnetcore3.1 is for .NET, which does not run here, and Lambda's support of "
            "it ended on 3 April 2023; publish it for provided.al2023",
        ),
        (
            "rust",
            "Runtime rust is for Rust, which does not run here; let Runtime be provided.al2023",
        ),
        ("dotnet8", "Runtime dotnet8 is for .NET, which does not run here; publish it"),
        (
            "go1.x",
            "Runtime go1.x is for Go, which does not run here, and Lambda's support of it ended "
            "on 8 January 2024; let Runtime be provided.al2023, and run `go build -tags "
            "lambda.norpc -o bootstrap .` where its code is.",
        ),
    ],
)
@pytest.mark.parametrize("code", ["src", "target/not-built.jar"])
def test_a_function_in_another_language_is_listed_and_says_how_it_could_run(
    folder: Path, runtime: str, sentence: str, code: str
) -> None:
    text = FUNCTION.replace("python3.12", runtime).replace("src", code)
    (function,), (problem,) = read(folder, text)
    assert sentence in problem.message
    assert (problem.file, problem.function) == (folder / "template.yaml", function.name)
    assert (function.runtime, function.obstacle) == (runtime, problem.message.partition(": ")[2])
    interpreter = find_interpreter(folder, function, Settings())
    assert interpreter.problem == function.obstacle


@pytest.mark.parametrize("runtime", ["ruby3.3", "go1.x", "cobol"])
def test_the_setting_bootstrap_replaces_a_runtime_that_is_refused(
    folder: Path, runtime: str
) -> None:
    text = FUNCTION.replace("python3.12", runtime).replace("app.handler", "app.Shop::Order.process")
    (folder / "template.yaml").write_text(text)
    command = ("/usr/bin/env", "ruby")
    (refusal,) = load_project(folder).problems
    assert refusal.function is not None
    settings = Settings(functions={refusal.function: FunctionSettings(bootstrap=command)})
    project = load_project(folder, settings)
    (function,) = project.functions
    assert (function.runtime, function.bootstrap) == (runtime, command)
    assert project.problems == ()


def test_the_example_project_gives_its_functions_in_the_templates_order() -> None:
    project = load_project(PROJECTS / "sam")
    assert project.template == PROJECTS / "sam" / "template.yaml"
    assert [function.name for function in project.functions] == ["HelloFunction", "orders-dev"]


def test_globals_hold_where_a_function_says_nothing_and_environments_are_merged() -> None:
    hello, orders = load_project(PROJECTS / "sam").functions
    assert (hello.runtime, hello.timeout, hello.memory_size) == ("python3.11", 20, 256)
    assert hello.environment["STAGE"] == "dev"
    assert hello.environment["OVERRIDDEN"] == "locally"
    assert hello.ephemeral_storage == 1024
    assert hello.description == "Says hello"
    assert hello.code_directory == PROJECTS / "sam" / "hello"
    assert (orders.runtime, orders.timeout, orders.memory_size) == ("python3.12", 3, 512)
    assert "STAGE" not in orders.environment, "Globals are SAM's, not for AWS::Lambda::Function"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLAIN_NUMBER", "42"),
        ("PLAIN_TRUTH", "true"),
        ("PLAIN_DATE", "2026-01-31"),
        ("SHORT_REGION", "us-east-1"),
        ("LONG_ACCOUNT", "123456789012"),
        ("SHORT_RETRIES", "3"),
        ("SHORT_SUB", "dev-aws-${Literal}"),
        ("LONG_SUB", "good-day dev"),
        ("SHORT_JOIN", "a,b,c"),
        ("LONG_JOIN", "a:dev"),
        ("SHORT_SELECT", "b"),
        ("LONG_SELECT", "x"),
        ("SHORT_SPLIT", "r"),
        ("SHORT_MAP", "DEBUG"),
        ("LONG_MAP", "sandbox"),
        ("SHORT_IF", "test"),
        ("LONG_IF", "yes"),
        ("EITHER", "one"),
        ("SHORT_ARN", "arn:aws:lambda:us-east-1:123456789012:function:orders-dev"),
        ("LONG_ARN", "arn:aws:lambda:us-east-1:123456789012:function:HelloFunction"),
        ("SUB_ARN", "arn:aws:lambda:us-east-1:123456789012:function:orders-dev:live"),
        ("TABLE", "orders-dev"),
        ("TABLE_ARN", "arn:aws:dynamodb:us-east-1:123456789012:table/orders-dev"),
        ("QUEUE", "https://sqs.us-east-1.amazonaws.com/123456789012/Queue"),
        ("OTHER_FUNCTION", "orders-dev"),
        ("SHORT_BASE64", "aGVsbG8="),
    ],
)
def test_a_variable_gets_the_value_that_its_intrinsic_function_gives(name: str, value: str) -> None:
    hello = load_project(PROJECTS / "sam").functions[0]
    assert hello.environment[name] == value


def test_a_variable_without_a_value_is_left_out_silently() -> None:
    project = load_project(PROJECTS / "sam")
    assert "ABSENT" not in project.functions[0].environment
    assert not [problem for problem in project.problems if "ABSENT" in problem.message]


def test_a_variable_that_only_a_deployment_knows_is_left_out_with_its_line() -> None:
    project = load_project(PROJECTS / "sam")
    assert dict(project.functions[1].environment) == {"KNOWN": "value"}
    lines = (PROJECTS / "sam" / "template.yaml").read_text().splitlines()
    for name in ("API_KEY", "DATABASE_URL", "IMPORTED", "SECRET"):
        (problem,) = [p for p in project.problems if f"Environment.Variables.{name} " in p.message]
        assert problem.line is not None
        assert f"{name}:" in lines[problem.line - 1]
        assert problem.message.startswith("OrdersFunction: ")
        assert problem.function == "orders-dev"
        assert problem.file == project.template


def test_the_source_runs_even_when_sam_has_built(folder: Path) -> None:
    built = folder / ".aws-sam" / "build"
    built.mkdir(parents=True)
    (built / "template.yaml").write_text(FUNCTION.replace("Hello", "Built"))
    (folder / "template.yaml").write_text(FUNCTION)
    (function,) = load_project(folder).functions
    assert function.name == "Hello"
    assert function.code_directory == folder / "src"


def test_lists_in_globals_are_joined_and_mappings_merged(folder: Path) -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer"
    text = f"Globals:\n  Function:\n    Layers: ['{arn}:one:1']\n    Timeout: 9\n" + FUNCTION
    text += f"      Layers: ['{arn}:two:7']\n"
    functions, _problems = read(folder, text)
    assert functions[0].timeout == 9
    assert [layer.arn for layer in functions[0].layers] == [f"{arn}:one:1", f"{arn}:two:7"]


def test_a_bad_setting_in_globals_is_named_with_its_line_there(folder: Path) -> None:
    text = "Globals:\n  Function:\n    Timeout: 901\n" + FUNCTION
    problem = only_problem(folder, text)
    assert problem.line == 3
    assert (
        str(problem) == "template.yaml:3: Hello: Timeout is 901, but Lambda takes 1 to 900 seconds."
    )


@pytest.mark.rule("9.1", "9.2", "9.3", "9.16")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Timeout: 0", "Timeout is 0, but Lambda takes 1 to 900 seconds"),
        ("Timeout: 901", "Timeout is 901, but Lambda takes 1 to 900 seconds"),
        ("Timeout: soon", "Timeout is soon, not a whole number"),
        ("Timeout: 1.5", "Timeout is 1.5, not a whole number"),
        ("Timeout: true", "Timeout is true, not a whole number"),
        ("Timeout: '-5'", "Timeout is -5, but Lambda takes 1 to 900 seconds"),
        ("Timeout: [3]", "Timeout is a list, not a whole number"),
        ("MemorySize: 64", "MemorySize is 64, but Lambda takes 128 to 10240 MB"),
        ("EphemeralStorage: {Size: 100}", "EphemeralStorage.Size is 100, but Lambda takes 512 to"),
        ("EphemeralStorage: {}", "EphemeralStorage needs a Size in MB"),
        ("EphemeralStorage: 1024", "EphemeralStorage needs a Size in MB"),
        ("InlineCode: [pass]", "InlineCode is a list, where the source text is needed."),
        ("FunctionName: 'my function'", "the function's name, my function, has to be"),
        ("Environment: {Variables: {AWS_REGION: x}}", "AWS_REGION, which Lambda reserves"),
        ("Environment: {Variables: {9LIVES: x}}", "Environment sets 9LIVES, but a name"),
        ("Environment: {Variables: [A, B]}", "Environment needs Variables"),
        ("Environment: {Variables: {BIG: " + "x" * 5000 + "}}", "but Lambda takes 4 KB"),
    ],
)
def test_a_setting_that_aws_refuses_leaves_the_function_out(
    folder: Path, line: str, words: str
) -> None:
    functions, problems = read(folder, FUNCTION + f"      {line}\n" + second_function())
    assert [function.name for function in functions] == ["Other"]
    (problem,) = problems
    assert problem.message.startswith("Hello: ")
    assert words in problem.message
    assert problem.line == 8
    assert "\n" not in problem.message


def second_function() -> str:
    return FUNCTION.partition("\n")[2].replace("Hello", "Other")


@pytest.mark.rule("9.17")
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Handler: app.handler", "MemorySize: 128", "it has no Handler; add one"),
        (
            "Handler: app.handler",
            "Handler: " + "a" * 129,
            "Handler has 129 characters, where Lambda takes 1 to 128",
        ),
        (
            "Handler: app.handler",
            "Handler: !ImportValue x",
            "the value of Handler is not known here",
        ),
        ("Runtime: python3.12", "Runtime: python3.5", "Runtime python3.5 is unknown to Lambda"),
        ("Runtime: python3.12", "Runtime: pyhton3.12", "did you mean python3.12?"),
        ("Runtime: python3.12", "Runtime: cobol", "Runtime cobol is unknown to Lambda"),
        ("CodeUri: src", "CodeUri: nowhere", "CodeUri names nowhere, which does not exist"),
        ("CodeUri: src", "CodeUri: s3://bucket/key", "CodeUri lies in S3"),
        ("CodeUri: src", "CodeUri: {Bucket: b, Key: k}", "CodeUri lies in S3"),
        ("CodeUri: src", "CodeUri: !ImportValue x", "the value of CodeUri is not known here"),
        ("CodeUri: src", 'CodeUri: "a\\0b"', "which does not exist"),
    ],
)
def test_what_the_function_cannot_do_without_leaves_it_out(
    folder: Path, old: str, new: str, words: str
) -> None:
    text = FUNCTION.replace(old, new)
    functions, problems = read(folder, text + second_function())
    assert [function.name for function in functions] == ["Other"]
    assert words in problems[0].message
    assert problems[0].file == folder / "template.yaml"
    assert problems[0].line in (2, text.splitlines().index(f"      {new}") + 1)


def test_each_bad_setting_of_a_function_is_named(folder: Path) -> None:
    functions, problems = read(folder, FUNCTION + "      Timeout: 0\n      MemorySize: 1\n")
    assert functions == ()
    assert [problem.line for problem in problems] == [8, 9]


@pytest.mark.parametrize("name", sorted(RESERVED_VARIABLES))
def test_every_reserved_variable_is_refused(folder: Path, name: str) -> None:
    text = FUNCTION + f"      Environment: {{Variables: {{{name}: x}}}}\n"
    functions, problems = read(folder, text)
    assert functions == ()
    assert f"{name}, which Lambda reserves for itself" in problems[0].message


def test_a_number_may_be_written_as_text_or_come_from_a_parameter(folder: Path) -> None:
    parameters = "Parameters:\n  Seconds: {Type: Number, Default: 12}\n"
    text = parameters + FUNCTION + "      Timeout: !Ref Seconds\n      MemorySize: '256'\n"
    functions, problems = read(folder, text)
    assert problems == ()
    assert (functions[0].timeout, functions[0].memory_size) == (12, 256)


def test_a_timeout_that_is_not_known_here_falls_back_to_the_default(folder: Path) -> None:
    functions, problems = read(folder, FUNCTION + "      Timeout: !ImportValue seconds\n")
    assert functions[0].timeout == 3
    assert "so 3 seconds holds" in problems[0].message


def test_without_code_uri_the_templates_folder_is_the_code(folder: Path) -> None:
    (folder / "app.py").write_text("def handler(event, context): ...\n")
    functions, problems = read(folder, FUNCTION.replace("      CodeUri: src\n", ""))
    assert problems == ()
    assert functions[0].code_directory == folder


def test_a_function_without_runtime_loads_with_a_warning(folder: Path) -> None:
    functions, problems = read(folder, FUNCTION.replace("      Runtime: python3.12\n", ""))
    assert functions[0].runtime is None
    assert "it has no Runtime" in problems[0].message


def test_two_functions_of_one_name_are_told_apart_by_leaving_the_second_out(folder: Path) -> None:
    text = FUNCTION + second_function() + "      FunctionName: Hello\n"
    functions, problems = read(folder, text)
    assert [function.name for function in functions] == ["Hello"]
    assert problems[0].message.startswith("Other: another function is named Hello too")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Resources:\n  A: [1\n  B: 2\n", 3, "not valid YAML"),
        ("Resources:\n\tA: 1\n", 2, "a tab stands where YAML wants spaces"),
        ("Resources:\n  A: 'x\n", 3, "not valid YAML"),
        ("a: 1\nb: \x07\n", 2, "a control character"),
        ("a: 1\nb: !!int x\n", 2, "the value makes no sense: x"),
        ("a: 1\nb: !!python/name:os.system\n", 2, "could not determine a constructor"),
        ("? [a]\n: b\n", 1, "a key has to be a text"),
        ("--- 1\n--- 2\n", 2, "single document"),
    ],
)
def test_broken_yaml_is_one_sentence_with_its_line(
    folder: Path, text: str, line: int, words: str
) -> None:
    problem = only_problem(folder, text)
    assert words in problem.message
    assert problem.line == line
    assert problem.file == folder / "template.yaml"
    assert "\n" not in problem.message


def test_yaml_that_is_nested_too_deeply_is_one_sentence(folder: Path) -> None:
    assert "nested too deeply" in only_problem(folder, "[" * 5000 + "]" * 5000).message


@pytest.mark.parametrize("text", ["", "just text", "[1, 2]", "Resources: {}"])
def test_a_template_without_functions_says_what_to_add(folder: Path, text: str) -> None:
    problem = only_problem(folder, text)
    assert "add a resource of Type AWS::Serverless::Function" in problem.message


def test_a_template_that_is_not_utf8_is_one_sentence(folder: Path) -> None:
    (folder / "template.yaml").write_bytes(b"a: 1\nb: \xff\n")
    (problem,) = load_project(folder).problems
    assert str(problem) == (
        "template.yaml: the file is not UTF-8 text: line 2 holds the byte 0xff; save it as UTF-8."
    )


@pytest.mark.parametrize(
    "value",
    [
        "&self [*self]",
        "!Ref Missing",
        "!Ref [a]",
        "!Sub '${Missing.Arn}'",
        "!Sub [a]",
        "!Join [a]",
        "!Join [',', 3]",
        "!Select [9, [a]]",
        "!Select [x, [a]]",
        "!Split ['', abc]",
        "!FindInMap [A, B, C]",
        "!If [Missing, a, b]",
        "!If [Circle, a, b]",
        "!GetAtt Hello.Version",
        "!GetAtt [a, b, c]",
        "!Unheard of",
        "! {Ref: Missing}",
        "{Fn::Transform: {Name: x}}",
        "{a: b, c: d}",
        "null",
    ],
)
def test_an_intrinsic_function_that_makes_no_sense_costs_one_variable(
    folder: Path, value: str
) -> None:
    conditions = "Conditions:\n  Circle: !Not [!Condition Circle]\n"
    variables = f"      Environment:\n        Variables:\n          AB: {value}\n          CD: 1\n"
    functions, problems = read(folder, conditions + FUNCTION + variables)
    assert dict(functions[0].environment) == {"CD": "1"}
    (problem,) = problems
    assert problem.line == 12
    assert "Environment.Variables.AB is left out" in problem.message


def test_a_function_named_after_itself_is_refused_not_followed(folder: Path) -> None:
    functions, problems = read(folder, FUNCTION + "      FunctionName: !Sub 'a-${Hello}'\n")
    assert functions[0].name == "Hello"
    assert "refers to itself" in problems[0].message


def test_globals_that_contain_themselves_are_one_sentence(folder: Path) -> None:
    text = (
        "Globals:\n  Function: &self\n    Environment: *self\n"
        "Resources:\n  Hello:\n    Type: AWS::Serverless::Function\n"
        "    Properties: *self\n"
    )
    functions, problems = read(folder, text)
    assert functions == ()
    assert problems


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        ("app.missing", "names missing, which app.py does not define"),
        ("nowhere.handler", "needs nowhere.py in src, which is not there"),
        ("deep/er.handler", "needs deep/er.py in src, which is not there"),
        ("handler", "is not of the form module.function"),
    ],
)
def test_a_handler_that_does_not_exist_is_a_warning_at_its_line(
    folder: Path, handler: str, words: str
) -> None:
    functions, problems = read(folder, FUNCTION.replace("app.handler", handler))
    assert functions[0].handler == handler
    assert words in problems[0].message
    assert (problems[0].file, problems[0].line) == (folder / "template.yaml", 6)
    assert problems[0].function == "Hello"


@pytest.mark.parametrize(
    "source",
    [
        "from other import *\n",
        "globals()['handler'] = print\n",
        "from other import handler\n",
        "import other as handler\n",
        "try:\n    handler = 1\nexcept ImportError:\n    pass\n",
        "if True:\n    async def handler(event, context): ...\n",
        "handler: object = print\n",
        "one, handler = 1, 2\n",
        "def __getattr__(name): ...\n",
        "with open('x') as handler: pass\n",
        "def make():\n    global handler\n    handler = 1\nmake()\n",
    ],
)
def test_a_handler_that_may_exist_is_not_doubted(folder: Path, source: str) -> None:
    (folder / "src" / "app.py").write_text(source)
    assert read(folder, FUNCTION)[1] == ()


def test_a_handler_in_a_package_is_found(folder: Path) -> None:
    package = folder / "src" / "orders"
    package.mkdir()
    (package / "__init__.py").write_text("def handler(event, context): ...\n")
    (package / "api.py").write_text("def handler(event, context): ...\n")
    for handler in ("orders.handler", "orders.api.handler", "orders/api.handler"):
        assert read(folder, FUNCTION.replace("app.handler", handler))[1] == ()


def test_a_syntax_error_in_the_handlers_file_is_named_with_its_line(folder: Path) -> None:
    (folder / "src" / "app.py").write_text("import os\ndef handler(event, context:\n    pass\n")
    functions, problems = read(folder, FUNCTION)
    assert len(functions) == 1
    assert (problems[0].file, problems[0].line) == (folder / "src" / "app.py", 2)
