"""A function in a container image is read from its Dockerfile, and runs from source."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lambda_tui.project.code import Cache, OutwardLinks
from lambda_tui.project.dependencies import missing_sentence, undeclared_packages
from lambda_tui.project.function import Function, Project
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.kinds.template import read_template
from lambda_tui.project.kinds.template.language import read_yaml
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import FunctionSettings, Settings
from support.files import PROJECTS, write_program
from support.mutations import changed, places, plain

IMAGE = PROJECTS / "image"
PYTHON = "FROM public.ecr.aws/lambda/python:3.13\n"
CMD = 'CMD ["app.handler"]\n'
TEMPLATE = """\
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
    Metadata: {DockerContext: app, Dockerfile: Dockerfile}
"""


def read(folder: Path, dockerfile: str, template: str = TEMPLATE, **files: str) -> Project:
    """Return the project of a function whose image has this Dockerfile, with files beside it."""
    (folder / "template.yaml").write_text(template)
    context = folder / "app"
    for name, text in {"app.py": "def handler(event, context): ...\n", **files}.items():
        file = context / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (context / "Dockerfile").write_text(dockerfile)
    return load_project(folder)


def only(project: Project) -> Function:
    (function,) = project.functions
    return function


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


def files_of(function: Function) -> dict[str, Path]:
    """Return what each path of the code leads to."""
    root = function.code_directory
    names = (Path(folder) / name for folder, _, names in os.walk(root) for name in names)
    links = (Path(folder) / name for folder, names, _ in os.walk(root) for name in names)
    found = {one for one in (*names, *links) if one.is_symlink()}
    return {str(one.relative_to(root)): one.resolve() for one in found}


def test_a_dockerfile_gives_runtime_handler_variables_and_code() -> None:
    project = load_project(IMAGE)
    api, jobs = project.functions
    assert (api.name, api.runtime, api.handler) == ("Api", "python3.13", "app.handler")
    assert api.environment == {"STAGE": "prod", "GREETING": "Hello, /var/task"}
    assert api.variable_origins == {"STAGE": "template.yaml:11", "GREETING": "Dockerfile:7"}
    assert files_of(api) == {
        "app.py": IMAGE / "api" / "app.py",
        "requirements.txt": IMAGE / "api" / "requirements.txt",
        "lib": IMAGE / "api" / "lib",
        "data/names.txt": IMAGE / "model" / "names.txt",
    }
    assert (jobs.runtime, jobs.handler, jobs.memory_size) == ("python3.12", "nightly.run", 256)
    assert jobs.code_directory == IMAGE / "jobs"
    assert sentences(project) == []


def test_runs_are_told_once_for_all_functions_of_a_dockerfile(tmp_path: Path) -> None:
    resource = TEMPLATE.removeprefix("Resources:\n")
    template = TEMPLATE + resource.replace("Api", "Jobs")
    text = f"{PYTHON}COPY . .\nRUN pip install \\\n    -r requirements.txt\nRUN true\n{CMD}"
    (problem,) = read(tmp_path, text, template).problems
    assert problem.functions == ("Api", "Jobs")
    assert str(problem).startswith("app/Dockerfile:3: RUN instructions are not run here; install")


@pytest.mark.parametrize(
    ("copies", "is_context"),
    [
        ("COPY . .\n", True),
        ("COPY . ${LAMBDA_TASK_ROOT}\n", True),
        ("COPY . /var/task/\n", True),
        ("COPY requirements.txt .\nCOPY . ./\n", True),
        ("ADD ./ $LAMBDA_TASK_ROOT\nCOPY app.py requirements.txt .\n", True),
        ("COPY . .\nCOPY requirements.txt needed.txt\n", False),
        ("COPY app.py .\n", False),
    ],
)
def test_a_folder_that_is_copied_whole_is_the_code_itself(
    tmp_path: Path, copies: str, is_context: bool
) -> None:
    function = only(read(tmp_path, PYTHON + copies + CMD, **{"requirements.txt": ""}))
    assert (function.code_directory == tmp_path / "app") is is_context


@pytest.mark.parametrize(
    ("copies", "found"),
    [
        ("COPY app.py ${LAMBDA_TASK_ROOT}", {"app.py": "app.py"}),
        ("COPY app.py ./", {"app.py": "app.py"}),
        ('COPY ["app.py", "./"]', {"app.py": "app.py"}),
        ("COPY --chown=1 app.py main.py", {"main.py": "app.py"}),
        ("COPY src/ src/", {"src": "src"}),
        ("COPY src ./", {"one.py": "src/one.py", "two.py": "src/two.py"}),
        ("COPY src/*.py lib/", {"lib/one.py": "src/one.py", "lib/two.py": "src/two.py"}),
        ("COPY src/one.py /var/task/lib", {"lib": "src/one.py"}),
        ("WORKDIR lib\nCOPY app.py .", {"lib/app.py": "app.py"}),
        ("WORKDIR /\nCOPY app.py var/task/app.py", {"app.py": "app.py"}),
        ("COPY src lib\nCOPY app.py lib/one.py", {"lib/one.py": "app.py",
            "lib/two.py": "src/two.py"}),
        ("COPY src src\nCOPY other src", {f"src/{n}.py": f"{d}/{n}.py" for n, d in
            (("one", "src"), ("two", "other"), ("three", "other"))}),
        ("COPY ../app.py .", {"app.py": "app.py"}),
        ("COPY src/one.py app.py \\\n  # the rest\n\n  lib/", {"lib/app.py": "app.py",
            "lib/one.py": "src/one.py"}),
        ("ARG WHERE=lib\nCOPY app.py ${WHERE}/", {"lib/app.py": "app.py"}),
        ("COPY app.py $NOWHERE/ignored/../\nCOPY app.py ./b.py", {"b.py": "app.py"}),
    ],
)  # fmt: skip
def test_what_is_copied_lies_where_the_image_has_it(
    tmp_path: Path, copies: str, found: dict[str, str]
) -> None:
    sources = {"src__one.py": "", "src__two.py": "", "other__two.py": "", "other__three.py": ""}
    function = only(read(tmp_path, f"{PYTHON}{copies}\n{CMD}", **sources))
    expected = {path: tmp_path / "app" / source for path, source in found.items()}
    if list(found) == ["one.py", "two.py"]:
        assert function.code_directory == tmp_path / "app" / "src"
    else:
        assert files_of(function) == expected


@pytest.mark.parametrize(
    ("stages", "copied"),
    [
        ("FROM a AS build\nCOPY . /asset\n", "COPY --from=build /asset ${LAMBDA_TASK_ROOT}"),
        ("FROM python:3.13\nWORKDIR /asset\nCOPY . .\n", "COPY --from=0 /asset /var/task"),
        ("FROM a AS one\nCOPY . /a\nFROM one AS Two\n", "COPY --from=two /a/ ."),
        ("FROM a AS x\nCOPY . /a\nFROM b AS y\nCOPY --from=x /a /b\n", "COPY --from=y /b ."),
    ],
)  # fmt: skip
def test_copies_are_followed_through_stages(tmp_path: Path, stages: str, copied: str) -> None:
    project = read(tmp_path, f"{stages}{PYTHON}{copied}\n{CMD}")
    assert only(project).code_directory == tmp_path / "app"
    assert sentences(project) == []


def test_of_what_a_run_makes_in_a_stage_the_source_is_taken(tmp_path: Path) -> None:
    text = (
        "FROM public.ecr.aws/lambda/nodejs:22 AS build\nWORKDIR /usr/app\n"
        "COPY index.ts package.json ./\nRUN npm run build\n"
        "FROM public.ecr.aws/lambda/nodejs:22\nWORKDIR ${LAMBDA_TASK_ROOT}\n"
        'COPY --from=build /usr/app/dist/* ./\nCMD ["index.handler"]\n'
    )
    files = {"index.ts": "export const handler = async () => 1;\n", "package.json": "{}"}
    project = read(tmp_path, text, **files)
    function = only(project)
    assert (function.runtime, set(files_of(function))) == ("nodejs22.x", set(files))
    assert sentences(project) == [
        "app/Dockerfile:7: COPY takes /usr/app/dist/*, which a RUN makes; the source in /usr/app "
        "is taken in its place."
    ]


@pytest.mark.parametrize(
    ("base", "runtime"),
    [
        ("public.ecr.aws/lambda/python:3.12", "python3.12"),
        ("public.ecr.aws/lambda/python:3.12.2026.01.02.03", "python3.12"),
        ("public.ecr.aws/lambda/python:3.11-arm64", "python3.11"),
        ("--platform=linux/arm64 public.ecr.aws/lambda/nodejs:22-x86_64", "nodejs22.x"),
        ("public.ecr.aws/lambda/nodejs:20.2026.01.02.03@sha256:00 AS last", "nodejs20.x"),
        ("amazon/aws-lambda-python:3.8", "python3.8"),
        ("docker.io/amazon/aws-lambda-nodejs:24", "nodejs24.x"),
        ("public.ecr.aws/lambda/provided:al2023", "provided.al2023"),
        ("public.ecr.aws/lambda/provided.al2023", "provided.al2023"),
        ("public.ecr.aws/lambda/provided:al2-arm64", "provided.al2"),
        ("public.ecr.aws/lambda/java:21", "java21"),
        ("public.ecr.aws/lambda/java:8.al2", "java8.al2"),
        ("public.ecr.aws/lambda/ruby:3.3", "ruby3.3"),
        ("public.ecr.aws/lambda/dotnet:8", "dotnet8"),
        ("public.ecr.aws/lambda/go:1", "go1.x"),
        ("python:3.12-slim", None),
        ("public.ecr.aws/lambda/python/more:3.12", None),
    ],
)
def test_awss_base_images_are_known_by_their_names(
    tmp_path: Path, base: str, runtime: str | None
) -> None:
    function = only(read(tmp_path, f"FROM {base}\nCOPY . .\n{CMD}"))
    assert function.runtime == runtime


def test_a_variable_before_from_names_the_base_unless_the_build_gives_another(
    tmp_path: Path,
) -> None:
    text = f"ARG VERSION=3.12\nFROM public.ecr.aws/lambda/python:$VERSION\nCOPY . .\n{CMD}"
    assert only(read(tmp_path, text)).runtime == "python3.12"
    template = TEMPLATE.replace("DockerContext", "DockerBuildArgs: {VERSION: 3.14}, DockerContext")
    assert only(read(tmp_path, text, template)).runtime == "python3.14"


def test_the_stage_that_is_named_is_built(tmp_path: Path) -> None:
    text = f"FROM public.ecr.aws/lambda/python:3.12 AS one\nCOPY . .\n{CMD}FROM alpine\n"
    template = TEMPLATE.replace("DockerContext", "DockerBuildTarget: one, DockerContext")
    assert only(read(tmp_path, text, template)).runtime == "python3.12"


@pytest.mark.parametrize(
    ("lines", "variables"),
    [
        ("ENV A=1 B=2", {"A": "1", "B": "2"}),
        ('ENV A="one two" B=three\\ four', {"A": "one two", "B": "three four"}),
        ("ENV A one two", {"A": "one two"}),
        ("ENV A='$LANG' B=\"\\$LANG\"", {"A": "$LANG", "B": "$LANG"}),
        ("ENV TZ=x$TZ", {"TZ": "x:/etc/localtime"}),
        ("ENV A=${B:-c} B=${LANG:+d}", {"A": "c", "B": "d"}),
        ("ENV A=$UNKNOWN.x", {"A": ".x"}),
        ("ARG V=1\nENV A=$V", {"A": "1"}),
        ("ENV A=1\nENV A=2", {"A": "2"}),
        ("ENV", {}),
    ],
)  # fmt: skip
def test_env_sets_variables(tmp_path: Path, lines: str, variables: dict[str, str]) -> None:
    assert only(read(tmp_path, f"{PYTHON}{lines}\nCOPY . .\n{CMD}")).environment == variables


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"FROM python:3.12-slim\nCOPY . .\n{CMD}",
            "1: Api: its image is built on python:3.12-slim, and only AWS's base images are known "
            "here; begin it with one of them, such as FROM public.ecr.aws/lambda/python:3.13.",
        ),
        (
            f"FROM public.ecr.aws/lambda/ruby:3.3\nCOPY . .\n{CMD}",
            "1: Api: Runtime ruby3.3 is for Ruby, which does not run here; name its client of the",
        ),
        (
            f"{PYTHON}COPY . .\n",
            '1: Api: CMD is missing, where the entry point takes one handler; write CMD ["app.',
        ),
        (
            f'{PYTHON}CMD ["python", "app.py"]\n',
            "2: Api: CMD has 2 parts, where the entry point takes one handler; write CMD",
        ),
        (
            f"{PYTHON}CMD app.handler\n",
            "2: Api: CMD is a command of the shell, where a handler is needed; write CMD",
        ),
        (
            f'{PYTHON}ENTRYPOINT ["/entry.sh"]\n{CMD}',
            "2: Api: its ENTRYPOINT /entry.sh is not run here; leave it to the base image, which",
        ),
        (
            'FROM public.ecr.aws/lambda/provided:al2023\nENTRYPOINT ["/main"]\n',
            "2: Api: its program /main is nothing that is copied from here; build it, and COPY it",
        ),
        ("RUN true\n", "1: Api: it has no FROM; begin it with FROM public.ecr.aws/lambda/python"),
    ],
)
def test_an_image_that_does_not_run_here_is_listed_and_says_why(
    tmp_path: Path, text: str, sentence: str
) -> None:
    project = read(tmp_path, text)
    (told,) = sentences(project)
    assert told.startswith(f"app/Dockerfile:{sentence}")
    obstacle = only(project).obstacle
    assert obstacle is not None
    assert told.partition("Api: ")[2].lower() == obstacle.lower()


def test_without_a_dockerfile_the_template_says_where_one_would_be_named(tmp_path: Path) -> None:
    template = (
        "Resources:\n  Api:\n    Type: AWS::Lambda::Function\n"
        "    Properties: {PackageType: Image, Code: {ImageUri: x.dkr.ecr.us-east-1/y:1}}\n"
    )
    (told,) = sentences(read(tmp_path, "", template))
    assert told == (
        "template.yaml:4: Api: its image is built elsewhere, and only the source of one runs here; "
        "name its Dockerfile, such as Metadata: {Dockerfile: Dockerfile, DockerContext: ./app}."
    )
    missing = read(tmp_path, PYTHON, TEMPLATE.replace("Dockerfile: Dockerfile", "Dockerfile: x"))
    assert sentences(missing) == [
        "app/x:1: Api: the file does not exist, or is not a file.",
    ]


@pytest.mark.parametrize("line", ["Handler: app.handler", "Runtime: python3.13", "Layers: [x]"])
def test_what_only_zip_files_have_is_refused_as_by_aws(tmp_path: Path, line: str) -> None:
    template = f"Globals: {{Function: {{{line}}}}}\n{TEMPLATE}"
    project = read(tmp_path, f"{PYTHON}COPY . .\n{CMD}", template)
    assert project.functions == ()
    name = line.partition(":")[0]
    assert f"Api: {name} cannot be there together with PackageType: Image" in sentences(project)[0]


@pytest.mark.rule("2.8.3")
def test_image_config_goes_before_the_dockerfile(tmp_path: Path) -> None:
    config = "ImageConfig: {Command: [app.other], EntryPoint: [/lambda-entrypoint.sh]}"
    template = TEMPLATE.replace("PackageType: Image", f"PackageType: Image, {config}")
    project = read(tmp_path, f'{PYTHON}COPY . .\nENTRYPOINT ["/x"]\n{CMD}', template)
    assert only(project).handler == "app.other"
    (told,) = sentences(project)
    assert told == (
        "template.yaml:4: Api: Handler app.other names other, which app.py does not define."
    )
    wrong = TEMPLATE.replace("PackageType: Image", "PackageType: Image, ImageConfig: {Command: x}")
    assert "Api: ImageConfig.Command is x, but it is a list" in sentences(
        read(tmp_path, PYTHON, wrong)
    )[0]  # fmt: skip


@pytest.mark.parametrize(
    "config",
    [
        *("EntryPoint: [/bin/sh, -c]", "EntryPoint: []", "EntryPoint: [awslambdaric]"),
        *(
            "Command: []",
            "Command: [1, {}]",
            "Command: !Ref X",
            "EntryPoint: ['a b', c], Command: [d]",
        ),
        *("WorkingDirectory: 3", "WorkingDirectory: /x", "x: y"),
    ],
)
def test_every_image_config_is_read_or_told(tmp_path: Path, config: str) -> None:
    template = TEMPLATE.replace(
        "PackageType: Image", f"PackageType: Image, ImageConfig: {{{config}}}"
    )
    for base in ("python:3.13", "provided:al2023", "java:21"):
        text = f"FROM public.ecr.aws/lambda/{base}\nCOPY . .\n{CMD}"
        project = read(tmp_path, text, template)
        assert project.functions or project.problems


def test_a_handler_that_is_not_there_is_told_at_the_command(tmp_path: Path) -> None:
    project = read(tmp_path, f'{PYTHON}COPY app.py .\nCMD ["main.handler"]\n')
    assert sentences(project) == [
        "app/Dockerfile:3: Api: Handler main.handler needs main.py in task, which is not there."
    ]


@pytest.mark.parametrize("place", ["${LAMBDA_RUNTIME_DIR}", "/var/runtime/", "./"])
def test_a_bootstrap_of_an_os_only_image_is_the_runtime(tmp_path: Path, place: str) -> None:
    write_program(tmp_path / "app" / "bootstrap", "#!/bin/sh\n")
    text = f"FROM public.ecr.aws/lambda/provided:al2023\nCOPY bootstrap {place}\n{CMD}"
    project = read(tmp_path, text)
    assert sentences(project) == []
    assert files_of(only(project)) == {"bootstrap": tmp_path / "app" / "bootstrap"}


def test_the_entry_point_of_an_os_only_image_is_its_bootstrap(tmp_path: Path) -> None:
    write_program(tmp_path / "app" / "bin" / "main", "#!/bin/sh\n")
    text = 'FROM public.ecr.aws/lambda/provided:al2023\nCOPY bin /\nENTRYPOINT ["/main"]\n'
    project = read(tmp_path, text)
    function = only(project)
    assert (function.obstacle, function.handler) == (None, "")
    assert files_of(function)["bootstrap"] == tmp_path / "app" / "bin" / "main"


def test_awss_client_as_entry_point_starts_the_same_runtime(tmp_path: Path) -> None:
    text = f'{PYTHON}COPY . .\nENTRYPOINT ["python", "-m", "awslambdaric"]\n{CMD}'
    function = only(read(tmp_path, text))
    assert (function.obstacle, function.handler) == (None, "app.handler")


def test_the_setting_bootstrap_runs_an_image_of_another_language(tmp_path: Path) -> None:
    read(tmp_path, f"FROM public.ecr.aws/lambda/ruby:3.3\nCOPY . .\n{CMD}")
    settings = Settings(functions={"Api": FunctionSettings(bootstrap=("/usr/bin/env", "ruby"))})
    project = load_project(tmp_path, settings)
    assert (only(project).obstacle, sentences(project)) == (None, [])


@pytest.mark.parametrize(
    ("image", "handler"),
    [("main", "app.handler"), ("{name: main, command: [app.handler]}", "app.handler")],
)
def test_an_image_of_a_serverless_yml_is_read_too(tmp_path: Path, image: str, handler: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "app" / "My.Dockerfile").write_text(
        f"ARG V\nFROM public.ecr.aws/lambda/python:$V\nCOPY . .\n{CMD}"
    )
    (tmp_path / "serverless.yml").write_text(
        "service: shop\nprovider:\n  name: aws\n  runtime: nodejs22.x\n"
        "  ecr: {images: {main: {path: app, file: My.Dockerfile, buildArgs: {V: 3.13}}}}\n"
        f"functions: {{api: {{image: {image}}}, far: {{image: x.amazonaws.com/y:1}}}}\n"
    )
    project = load_project(tmp_path)
    api, far = project.functions
    assert (api.name, api.runtime, api.handler) == ("shop-dev-api", "python3.13", handler)
    assert (api.memory_size, api.timeout, api.layers) == (1024, 6, ())
    assert far.obstacle is not None
    (told,) = sentences(project)
    assert told.startswith("serverless.yml:6: far: its image is built elsewhere")


SOME_DOCKERFILE = (IMAGE / "api" / "Dockerfile").read_text() + (
    '# escape=`\nSHELL ["x"]\nRUN <<EOF\necho\nEOF\nCOPY <<A <<-B /x/\na\nA\n\tB\n'
    "ENV A=\"${x:-'y'}\" B=$ C=${ D\\\nLABEL x\nENTRYPOINT [1]\nADD http://x/y /z\n"
)


def test_every_beginning_of_a_dockerfile_is_read_or_told(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app").mkdir()
    for end in range(0, len(SOME_DOCKERFILE), 11):
        (tmp_path / "app" / "Dockerfile").write_text(SOME_DOCKERFILE[:end])
        check(load_project(tmp_path), SOME_DOCKERFILE[:end])


@pytest.mark.parametrize("word", ["", "${", "\0", "..", "--from="])
def test_every_word_of_a_dockerfile_may_be_another(tmp_path: Path, word: str) -> None:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app").mkdir()
    words = SOME_DOCKERFILE.split(" ")
    for index in range(len(words)):
        text = " ".join([*words[:index], word, *words[index + 1 :]])
        (tmp_path / "app" / "Dockerfile").write_text(text)
        check(load_project(tmp_path), text)


VALUES: tuple[object, ...] = (
    *(None, True, -1, 10**30, "", "a\0b", "/", "..", [], [None], {}, {"x": None}, {"Ref": "X"}),
    *({"Fn::Sub": "${x}"}, ["a", {"Ref": "AWS::Region"}], "{{resolve:ssm:x}}"),
)


def test_every_change_of_a_value_of_a_template_is_read_or_told(tmp_path: Path) -> None:
    text = (
        (IMAGE / "template.yaml").read_text().replace("DockerContext: .", f"DockerContext: {IMAGE}")
    )
    document = plain(read_yaml(text).content)
    for number, place in enumerate(places(document)):
        for shift in (0, 7):
            value = VALUES[(number * 3 + shift) % len(VALUES)]
            text = json.dumps(changed(document, place, value))
            (tmp_path / "template.yaml").write_text(text)
            functions, problems, _ = read_template(
                tmp_path / "template.yaml", cache=Cache(tmp_path)
            )
            assert functions or problems, text
            assert all(problem.message.isprintable() for problem in problems), text


def check(project: Project, text: str) -> None:
    assert len(project.functions) == 1, text
    for problem in project.problems:
        assert problem.message.isprintable(), text
        assert problem.line is not None or problem.file is None, text


def test_a_context_above_the_template_is_no_link_that_leads_astray(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "Dockerfile").write_text(f"{PYTHON}COPY app.py .\n{CMD}")
    (tmp_path / "infra").mkdir()
    template = TEMPLATE.replace("DockerContext: app", "DockerContext: ..")
    (tmp_path / "infra" / "template.yaml").write_text(template)
    project = load_project(tmp_path / "infra")
    told: list[str] = []
    (link,) = OutwardLinks(tmp_path / "infra").of(only(project), told.append)
    assert (link.target, told, project.problems) == (tmp_path / "app.py", [], ())


def test_requirements_are_seen_beside_the_dockerfile(tmp_path: Path) -> None:
    source = "import installed_one, numpy, other_lib\ndef handler(event, context): ...\n"
    text = (
        f"{PYTHON}COPY requirements.txt /tmp/\nCOPY app.py .\n"
        "RUN pip3 install -q --no-cache-dir 'numpy>=2' Other_Lib[x]==1 -t . && rm -r /tmp/x\n"
        f"{CMD}"
    )
    project = read(tmp_path, text, **{"app.py": source, "requirements.txt": "wheel\n"})
    function = only(project)
    assert function.added_packages == ("numpy", "other-lib")
    assert function.source_directory == tmp_path / "app"
    packages = make_environment(tmp_path / ".venv", "installed_one", "numpy", "other_lib")
    (problem,) = undeclared_packages(tmp_path, function, packages)
    assert problem.file == tmp_path / "app" / "app.py"
    assert "imports installed_one, which requirements.txt does not bring" in problem.message
    sentence = missing_sentence(tmp_path, function, packages, "wheel")
    assert sentence is not None
    assert "Api misses wheel, which app/requirements.txt lists and which is not" in sentence


def make_environment(folder: Path, *modules: str) -> Interpreter:
    """Return the interpreter of an environment in which these modules are installed."""
    packages = folder / "lib" / "python3.13" / "site-packages"
    for name in modules:
        information = packages / f"{name}-1.0.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
        (information / "RECORD").write_text(f"{name}.py,,\n")
        (packages / f"{name}.py").write_text("")
    (folder / "pyvenv.cfg").write_text("")
    return Interpreter(folder / "bin" / "python", "the project's .venv")


@pytest.mark.parametrize("name", ["DockerContext", "Dockerfile", "DockerBuildTarget"])
def test_a_path_that_no_file_can_have_is_told(tmp_path: Path, name: str) -> None:
    template = TEMPLATE.replace("Metadata: {", f'Metadata: {{{name}: "a\\0b", ')
    text = f"{PYTHON}COPY . .\n{CMD}"
    assert read(tmp_path, text, template).problems or name == "DockerBuildTarget"
