"""The outline of a template: its sections, the keys of resources, names that are misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.kinds.template.known_names import property_remark, type_remark
from lambda_tui.project.load import load_project
from support.sam_template import LINE, PLAIN, SERVERLESS, read


@pytest.mark.parametrize("kind", ["[a]", "{a: b}", "3", "!Ref X", "null", "[]"])
def test_a_type_that_is_no_text_is_told_at_its_line(tmp_path: Path, kind: str) -> None:
    odd = f"  Odd:\n    Type: {kind}\n    Properties: {{}}\n"
    (function,), (problem,) = read(tmp_path, resources=odd)

    assert function.name == "Hello"
    assert (problem.line, problem.file) == (LINE + 1, tmp_path / "template.yaml")
    assert problem.message.startswith("Odd: Type is " if kind != "null" else "Odd has no Type; ")


@pytest.mark.parametrize(
    ("head", "line", "sentence"),
    [
        ("Globals: x", 1, "Globals is x, but it is a mapping, such as Globals: {Function: "),
        ("Globals:", 1, "Globals is empty, but it is a mapping, such as Globals: {Function: "),
        ("Globals: {Function: [x]}", 1, "Globals.Function is a list, but it is a mapping, as in"),
        ("Globals: {Functions: {}}", 1, "Globals has no Functions; did you mean Function?"),
        (
            "Globals:\n  Function:\n    Memorysize: 256",
            3,
            "Globals.Function takes no Memorysize; did you mean MemorySize?",
        ),
        ("Globals: {Function: {Role: x}}", 1, "Globals.Function takes no Role; "),
        ("Parameters: [x]", 1, "Parameters is a list, but it is a mapping, such as Parameters: {"),
        ("Parameters: {Stage: x}", 1, "Parameters.Stage is x, but it is a mapping, as in "),
        ("Mappings: 3", 1, "Mappings is 3, but it is a mapping, such as Mappings: {Levels: "),
        ("Conditions: no", 1, "Conditions is false, but it is a mapping, such as Conditions: {"),
    ],
)
def test_a_malformed_section_is_told_at_its_line(
    tmp_path: Path, head: str, line: int, sentence: str
) -> None:
    (function,), (problem,) = read(tmp_path, template=f"{head}\n{SERVERLESS}")

    assert function.name == "Hello"
    assert (problem.line, problem.file) == (line, tmp_path / "template.yaml")
    assert problem.message.startswith(sentence)


def test_resources_that_are_no_mapping_are_told(tmp_path: Path) -> None:
    functions, (problem,) = read(tmp_path, template="Description: x\nResources: [a]\n")

    assert functions == ()
    assert str(problem).startswith(
        "template.yaml:2: Resources is a list, but it is a mapping, such as Resources: {Hello: "
    )


@pytest.mark.parametrize(
    ("template", "line", "sentence"),
    [
        (SERVERLESS, "Memorysize: 256", "has no Memorysize; did you mean MemorySize?"),
        (SERVERLESS, "Handlr: x", "has no Handlr; did you mean Handler?"),
        (SERVERLESS, "TIMEOUT: 3", "has no TIMEOUT; did you mean Timeout?"),
        (SERVERLESS, "Wheels: 4", "has no Wheels; take it out."),
        (PLAIN, "CodeUri: .", "has no CodeUri; did you mean Code?"),
        (PLAIN, "Tracing: Active", "has no Tracing; did you mean TracingConfig?"),
    ],
)
def test_a_property_that_functions_do_not_have_is_told(
    tmp_path: Path, template: str, line: str, sentence: str
) -> None:
    (function,), (problem,) = read(tmp_path, line, template=template)

    assert function.name == "Hello"
    kind = "Serverless" if template is SERVERLESS else "Lambda"
    assert str(problem) == f"template.yaml:{LINE}: Hello: AWS::{kind}::Function {sentence}"


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("AWS::Serverless::Fuction", "AWS::Serverless::Function"),
        ("AWS::Lamda::Function", "AWS::Lambda::Function"),
        ("aws::serverless::function", "AWS::Serverless::Function"),
    ],
)
def test_a_type_that_is_misspelt_is_told(tmp_path: Path, misspelt: str, meant: str) -> None:
    template = SERVERLESS.replace("AWS::Serverless::Function", misspelt)
    _, problems = read(tmp_path, template=template)

    assert str(problems[0]) == (
        f"template.yaml:3: Hello: Type is {misspelt}; did you mean {meant}?"
    )


@pytest.mark.parametrize(
    "kind",
    [
        *("AWS::DynamoDB::GlobalTable", "AWS::CloudFront::Function", "AWS::Serverless::HttpApi"),
        *("AWS::EMRServerless::Application", "AWS::ServerlessRepo::Application", "Custom::Thing"),
        *("AWS::Lambda::LayerVersionPermission", "Alexa::ASK::Skill", "My::Own::Type::MODULE"),
    ],
)
def test_another_type_is_taken_as_it_is(kind: str) -> None:
    assert type_remark(kind) is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("AWS::Serverless::Function", name) for name in ("Events", "Policies", "PropagateTags")),
        *(("AWS::Lambda::Function", name) for name in ("Code", "DeadLetterConfig", "Role")),
    ],
)
def test_a_property_that_is_not_read_is_taken_as_it_is(kind: str, name: str) -> None:
    assert property_remark(name, kind) is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    Properties:", "    Propertys:", "a resource has no Propertys; did you mean Prop"),
        (
            "    Type:",
            "    Condition: Never\n    Type:",
            "its Condition is Never, which Conditions",
        ),
        ("    Type:", "    Condition: [a]\n    Type:", "its Condition is a list, which Conditions"),
    ],
)
def test_a_key_of_a_resource_that_is_none_is_told(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    _, problems = read(tmp_path, template=SERVERLESS.replace(old, new))

    assert problems[0].message.startswith(f"Hello: {sentence}")
    assert problems[0].line is not None


def test_properties_that_are_no_mapping_are_told(tmp_path: Path) -> None:
    template = SERVERLESS.partition("    Properties")[0] + "    Properties: [a]\n"
    functions, problems = read(tmp_path, template=template)

    assert functions == ()
    assert str(problems[0]) == "template.yaml:4: Hello: Properties is a list, not a mapping."


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    (function,), (problem,) = read(tmp_path, "Timeout: 5", "Timeout: 9")

    assert function.timeout == 9
    assert str(problem) == (
        f"template.yaml:{LINE + 1}: Timeout stands twice in one mapping, where the last counts; "
        "take one out."
    )


def test_a_key_beside_a_merged_one_stands_once(tmp_path: Path) -> None:
    common = "Metadata: {Common: &common {Timeout: 5, MemorySize: 256}}\n"
    (function,), problems = read(
        tmp_path, "<<: *common", "Timeout: 9", template=common + SERVERLESS
    )

    assert problems == ()
    assert (function.timeout, function.memory_size) == (9, 256)


@pytest.mark.parametrize(
    ("ignored", "timeout", "memory_size"), [('"*"', 3, 128), ("[Timeout]", 3, 256), ("x", 9, 256)]
)
def test_a_function_may_ignore_globals(
    tmp_path: Path, ignored: str, timeout: int, memory_size: int
) -> None:
    common = "Globals: {Function: {Timeout: 9, MemorySize: 256}}\n"
    own = SERVERLESS.replace("    Properties", f"    IgnoreGlobals: {ignored}\n    Properties")
    (function,), problems = read(tmp_path, template=common + own)

    assert problems == ()
    assert (function.timeout, function.memory_size) == (timeout, memory_size)


@pytest.mark.parametrize(
    ("runtime", "meant"),
    [
        ("provided.al2023023", "provided.al2023"),
        ("provided.al22023", "provided.al2023"),
        ("nodejs22", None),
        ("node22.x", "nodejs22.x"),
        ("python312", "python3.12"),
        ("python3.133", "python3.13"),
    ],
)
def test_a_runtime_that_is_misspelt_is_told(
    tmp_path: Path, runtime: str, meant: str | None
) -> None:
    functions, (problem,) = read(tmp_path, template=SERVERLESS.replace("python3.12", runtime))

    assert functions == ()
    if meant is not None:
        assert problem.message.endswith(f"is unknown to Lambda; did you mean {meant}?")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_the_ends_of_lines_make_no_difference(
    tmp_path: Path, encoding: str, end: str
) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    text = (SERVERLESS + "      Timeout: 0\n").replace("\n", end)
    (tmp_path / "template.yaml").write_bytes(text.encode(encoding))

    (problem,) = load_project(tmp_path).problems

    assert str(problem).startswith(f"template.yaml:{LINE}: Hello: Timeout is 0, but Lambda takes")
