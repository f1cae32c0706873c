from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import write_program, zip_entry

ACCOUNT = "arn:aws:lambda:us-east-1:123456789012:layer"
FOREIGN = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:14"
FOREIGN_NAME = FOREIGN.removesuffix(":14")
LAYER = """
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: common}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "app.py").write_text("def handler(event, context):\n    return event\n")
    make_layer(tmp_path / "common")
    return tmp_path


def make_layer(folder: Path, content: str = "") -> Path:
    (folder / "python").mkdir(parents=True)
    (folder / "python" / f"{folder.name}.py").write_text(content)
    return folder


def zip_layer(folder: Path, name: str) -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr(zip_entry(f"python/{Path(name).stem}.py"), "")
    return folder / name


def function_of(layers: str, name: str = "Hello", handler: str = "app.handler") -> str:
    return f"""
  {name}:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: src, Handler: {handler}, Runtime: python3.12, Layers: {layers}}}
"""


def load(folder: Path, resources: str, insights: Path | None = None) -> Project:
    (folder / "template.yaml").write_text(f"Resources:{resources}")
    return load_project(folder, Settings(layer_paths={FOREIGN_NAME: insights} if insights else {}))


def only(project: Project) -> tuple[Function, list[str]]:
    (function,) = project.functions
    return function, [str(problem) for problem in project.problems]


def below(folder: Path | None) -> list[str]:
    assert folder is not None
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py"))


@pytest.mark.parametrize("kind", ["Serverless", "Lambda"])
@pytest.mark.parametrize(
    "reference", ["!Ref Common", '!Sub "${Common}"', "!If [Always, !Ref Common, !Ref AWS::NoValue]"]
)
def test_a_layer_of_the_template_is_taken_as_it_lies(
    folder: Path, kind: str, reference: str
) -> None:
    name = "ContentUri" if kind == "Serverless" else "Content"
    layer = LAYER.replace("Serverless", kind).replace("ContentUri", name)
    conditions = "\nConditions: {Always: !Equals [a, a]}\n"

    function, problems = only(load(folder, function_of(f"[{reference}]") + layer + conditions))

    assert problems == []
    assert [(layer.arn, layer.path) for layer in function.layers] == [
        (f"{ACCOUNT}:Common:1", folder / "common")
    ]
    assert function.layers_directory == folder / "common"


def test_a_layer_has_the_name_that_the_template_gives_it(folder: Path) -> None:
    layer = LAYER.replace("{ContentUri", "{LayerName: shared, ContentUri")
    function, _ = only(load(folder, function_of("[!GetAtt Common.LayerVersionArn]") + layer))

    assert function.layers[0].arn == f"{ACCOUNT}:shared:1"


def test_a_zip_file_is_unpacked(folder: Path) -> None:
    zip_layer(folder, "common.zip")
    layer = LAYER.replace("common", "common.zip")

    function, problems = only(load(folder, function_of("[!Ref Common]") + layer))

    assert problems == []
    assert below(function.layers_directory) == ["python/common.py"]
    assert function.layers[0].path == folder / "common.zip"


def test_an_arn_lies_where_the_settings_say_with_its_version_or_without(folder: Path) -> None:
    insights = make_layer(folder / "insights")

    for key in (FOREIGN, FOREIGN_NAME):
        (folder / "template.yaml").write_text(f"Resources:{function_of(f'[{FOREIGN!r}]')}")
        function, problems = only(load_project(folder, Settings(layer_paths={key: insights})))
        assert problems == []
        assert function.layers_directory == insights


def test_the_settings_go_before_the_template(folder: Path) -> None:
    other = make_layer(folder / "other")
    (folder / "template.yaml").write_text(f"Resources:{function_of('[!Ref Common]')}{LAYER}")

    project = load_project(folder, Settings(layer_paths={f"{ACCOUNT}:Common": other}))

    assert only(project)[0].layers_directory == other


@pytest.mark.rule("8.2.4")
def test_several_layers_are_merged_in_their_order(folder: Path) -> None:
    make_layer(folder / "insights")
    zip_layer(folder, "packed.zip")
    packed = LAYER.replace("Common", "Packed").replace("common", "packed.zip")
    layers = f"[!Ref Common, {FOREIGN!r}, !Ref Packed]"

    project = load(folder, function_of(layers) + LAYER + packed, insights=folder / "insights")

    function, problems = only(project)
    assert problems == []
    assert below(function.layers_directory) == [
        "python/common.py",
        "python/insights.py",
        "python/packed.py",
    ]


def test_a_layer_that_is_not_here_is_said_once_with_the_line_to_add(folder: Path) -> None:
    resources = function_of(f"[{FOREIGN!r}]") + function_of(f"[{FOREIGN!r}]", "Other")

    project = load(folder, resources)

    (problem,) = project.problems
    assert problem == Problem(
        f"Layers names {FOREIGN}, which is not on this machine, so it is missing from /opt; "
        "unpack it and add, below [layers] in lambda-tui.toml: "
        f'"{FOREIGN_NAME}" = "layers/LambdaInsightsExtension"',
        folder / "template.yaml",
        4,
        ("Hello", "Other"),
    )
    assert [function.layers_directory for function in project.functions] == [None, None]
    assert [function.layers[0].path for function in project.functions] == [None, None]


def test_a_layer_that_is_not_here_belongs_to_the_function_that_names_it(folder: Path) -> None:
    project = load(folder, function_of(f"[{FOREIGN!r}]") + function_of("[]", "Other"))

    assert [problem.function for problem in project.problems] == ["Hello"]


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ("{ContentUri: nowhere}", "ContentUri names nowhere, so it is missing from /opt: there is"),
        ("{ContentUri: s3://bucket/key}", "ContentUri is not on this machine, so it is missing"),
        ("{ContentUri: {Bucket: b, Key: k}}", "ContentUri is not on this machine, so it is"),
        ("{}", "ContentUri is not on this machine, so it is missing from /opt; name a folder or"),
        ("{ContentUri: !ImportValue x}", "the value of ContentUri is not known here, so it is"),
    ],
)
def test_a_layer_without_content_here_is_said_once(folder: Path, layer: str, sentence: str) -> None:
    resources = function_of("[!Ref Common]") + function_of("[!Ref Common]", "Other")

    project = load(folder, resources + LAYER.replace("{ContentUri: common}", layer))

    (problem,) = project.problems
    assert str(problem).startswith(("template.yaml:12: Common: ", "template.yaml:10: Common: "))
    assert sentence in problem.message
    assert problem.functions == ("Hello", "Other")
    assert [function.layers_directory for function in project.functions] == [None, None]


def test_a_layer_that_nobody_uses_is_not_looked_at(folder: Path) -> None:
    _, problems = only(load(folder, function_of("[]") + LAYER.replace("common", "nowhere")))

    assert problems == []


def test_a_layer_with_a_build_method_is_what_sam_has_built(folder: Path) -> None:
    resources = function_of("[!Ref Common]") + LAYER + "    Metadata: {BuildMethod: makefile}\n"

    function, problems = only(load(folder, resources))
    assert function.layers_directory is None
    assert problems == [
        "template.yaml:8: Common: its BuildMethod makes what is in it, so it is missing from /opt; "
        "run `sam build` for that."
    ]

    built = make_layer(folder / ".aws-sam" / "build" / "Common")
    function, problems = only(load(folder, resources))
    assert (function.layers_directory, problems) == (built, [])


@pytest.mark.parametrize(("method", "language"), [("python3.12", "python"), ("nodejs22.x", "node")])
def test_a_layer_that_lambda_tui_can_build_has_its_source(
    folder: Path, method: str, language: str
) -> None:
    resources = function_of("[!Ref Common]") + LAYER + f"    Metadata: {{BuildMethod: {method}}}\n"

    function, problems = only(load(folder, resources))

    (layer,) = function.layers
    assert layer.path is None
    assert layer.source is not None
    assert (layer.source.folder.name, layer.source.language) == ("common", language)
    assert problems == []


@pytest.mark.rule("9.13")
@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ("yes", "Layers needs a list of layer versions, such as [!Ref MyLayer]."),
        ("[./common]", "Layers names ./common, but it takes ARNs of layer versions, such as !Ref"),
        (f"['{FOREIGN_NAME}']", "Layers names arn:aws:lambda:eu-west-1:580247275435:layer:Lambda"),
        (
            str([f"{ACCOUNT}:l{number}:1" for number in range(6)]),
            "Layers names 6 layers, but Lambda takes 5.",
        ),
        (
            str([f"{ACCOUNT}:same:1", f"{ACCOUNT}:same:2"]),
            f"Layers names {ACCOUNT}:same twice, which Lambda refuses.",
        ),
    ],
)
def test_layers_that_aws_refuses_leave_the_function_out(
    folder: Path, layers: str, sentence: str
) -> None:
    project = load(folder, function_of(layers))

    assert project.functions == ()
    assert project.problems[0].message.startswith(f"Hello: {sentence}")


def test_a_reference_that_only_a_deployment_knows_leaves_the_layer_out(folder: Path) -> None:
    function, problems = only(
        load(folder, function_of("[!ImportValue shared, !Ref Common]") + LAYER)
    )

    assert function.layers_directory == folder / "common"
    assert problems == [
        "template.yaml:4: Hello: a layer is not known here, so it is missing from /opt: "
        'shared is the export of another stack; add, below [values] in lambda-tui.toml: "shared" '
        '= "…".'
    ]


def test_a_bad_archive_is_said_once_and_left_out(folder: Path) -> None:
    (folder / "common.zip").write_text("no archive")
    resources = function_of("[!Ref Common]") + function_of("[!Ref Common]", "Other")

    project = load(folder, resources + LAYER.replace("common", "common.zip"))

    assert [str(problem) for problem in project.problems] == [
        "common.zip: the archive is no zip file, or a damaged one; pack it anew. Its layer is "
        "missing from /opt."
    ]
    assert project.functions[0].layers_directory is None


@pytest.mark.rule("9.15")
def test_code_and_layers_of_more_than_250_mb_are_said(folder: Path) -> None:
    with (folder / "common" / "big").open("wb") as big:
        big.truncate(200 << 20)
    with (folder / "src" / "big").open("wb") as big:
        big.truncate(50 << 20)
    kept_by_tools = folder / "src" / ".venv"
    kept_by_tools.mkdir()
    with (kept_by_tools / "big").open("wb") as big:
        big.truncate(500 << 20)
    resources = function_of("[!Ref Common]") + LAYER

    app = (folder / "src" / "app.py").stat().st_size
    _, problems = only(load(folder, resources))
    assert problems == [
        f"template.yaml:2: Hello: code and layers have {(250 << 20) + app:,} bytes together, but "
        "Lambda takes 262,144,000."
    ]

    with (folder / "src" / "big").open("wb") as big:
        big.truncate((50 << 20) - app)
    assert only(load(folder, resources))[1] == []


def test_a_handler_may_lie_in_a_layer(folder: Path) -> None:
    (folder / "common" / "python" / "wrapper.py").write_text("def handler(event, context): ...\n")
    site = folder / "common" / "python" / "lib" / "python3.12" / "site-packages" / "package"
    site.mkdir(parents=True)
    (site / "deep.py").write_text("def handler(event, context): ...\n")

    for handler, problems in (
        ("wrapper.handler", []),
        ("package.deep.handler", []),
        ("nowhere.handler", ["Hello"]),
    ):
        project = load(folder, function_of("[!Ref Common]", handler=handler) + LAYER)
        assert [problem.function for problem in project.problems] == problems


def test_a_handler_may_lie_in_a_layer_that_is_not_here(folder: Path) -> None:
    project = load(folder, function_of(f"[{FOREIGN!r}]", handler="datadog.handler"))

    assert len(project.problems) == 1
    assert "is not on this machine" in project.problems[0].message


def test_a_project_without_a_template_has_the_layers_of_the_settings(folder: Path) -> None:
    archive = zip_layer(folder, "packed.zip")

    project = load_project(folder / "src", Settings(layers=(folder / "common", archive)))

    function, problems = only(project)
    assert problems == []
    assert [layer.arn for layer in function.layers] == [
        f"{ACCOUNT}:common:1",
        f"{ACCOUNT}:packed:1",
    ]
    assert below(function.layers_directory) == ["python/common.py", "python/packed.py"]


def test_what_is_wrong_with_the_layers_of_the_settings_is_said(folder: Path) -> None:
    many = tuple(make_layer(folder / f"layer{number}") for number in range(5))

    project = load_project(folder / "src", Settings(layers=(folder / "nowhere", *many)))

    function, problems = only(project)
    assert problems == [
        f"the setting layers: there is no {folder / 'nowhere'}; name a folder or a zip file.",
        "the setting layers names 6 layers, but Lambda takes 5.",
    ]
    assert [layer.path for layer in function.layers] == list(many)


def test_code_may_be_a_zip_file(folder: Path) -> None:
    with zipfile.ZipFile(folder / "app.zip", "w") as archive:
        archive.writestr(zip_entry("app.py"), "def handler(event, context): ...\n")

    resources = function_of("[]").replace("CodeUri: src", "CodeUri: app.zip")
    function, problems = only(load(folder, resources))

    assert problems == []
    assert below(function.code_directory) == ["app.py"]
    assert function.code_archive == folder / "app.zip"


def test_layers_that_the_settings_list_are_not_a_templates(folder: Path) -> None:
    (folder / "template.yaml").write_text(f"Resources:{function_of('[!Ref Common]')}{LAYER}")

    _function, problems = only(load_project(folder, Settings(layers=(folder / "common",))))

    (problem,) = problems
    assert problem.startswith(
        "the setting layers lists layers, but template.yaml says which its functions have;"
    )


def test_a_layer_that_is_not_where_the_settings_say_is_told(folder: Path) -> None:
    _function, problems = only(
        load(folder, function_of(f"[{FOREIGN!r}]"), insights=folder / "nowhere")
    )

    assert problems == [
        f"the setting layers, for {FOREIGN}: there is no {folder / 'nowhere'}; "
        "name a folder or a zip file."
    ]


@pytest.mark.parametrize(
    ("mode", "text", "obstacle"),
    [
        (0o644, "#!/bin/sh\n", "cannot be executed; run chmod +x on it."),
        (0o755, "#!/bin/sh\r\n", "has lines that end in CR LF, and no interpreter has that name; "),
    ],
)
def test_an_extension_that_lambda_cannot_execute_is_told_with_its_file(
    folder: Path, mode: int, text: str, obstacle: str
) -> None:
    extensions = folder / "common" / "extensions"
    for name in ("fine", "watcher"):
        write_program(extensions / name, "#!/bin/sh\n")
    (extensions / "watcher").write_text(text)
    (extensions / "watcher").chmod(mode)
    (problem,) = load_project(folder / "src", Settings(layers=(folder / "common",))).problems

    begin = "src cannot start: its extension /opt/extensions/watcher "
    assert problem.message.startswith(begin + obstacle)
    assert (problem.file, problem.function) == (extensions / "watcher", "src")
