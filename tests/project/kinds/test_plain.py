from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lambda_tui.project.interpreters import interpreters_on_path
from lambda_tui.project.kinds.plain.functions import MAXIMUM_FILES
from lambda_tui.project.load import load_project
from support.files import PROJECTS, write_program

HANDLER = "def {name}(event, context):\n    return event\n"


def write(file: Path, text: str = HANDLER.format(name="handler")) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def handlers(directory: Path) -> dict[str, str]:
    return {function.name: function.handler for function in load_project(directory).functions}


def test_a_plain_folder_is_one_function_of_its_name() -> None:
    project = load_project(PROJECTS / "plain")
    (function,) = project.functions
    assert (function.name, function.handler) == ("plain", "lambda_function.lambda_handler")
    assert function.code_directory == PROJECTS / "plain"
    assert function.runtime is None
    assert (function.file, function.line) == (PROJECTS / "plain" / "lambda_function.py", 6)
    assert project.problems == ()
    assert project.template is None


def test_folders_with_handlers_are_functions_of_their_names() -> None:
    project = load_project(PROJECTS / "plain_folders")
    assert handlers(PROJECTS / "plain_folders") == {
        "create_order": "app.handler",
        "delete_order": "main.lambda_handler",
    }
    assert project.functions[0].code_directory == PROJECTS / "plain_folders" / "create_order"


@pytest.mark.parametrize(
    ("file", "handler"),
    [
        ("lambda_function.py", "lambda_handler"),
        ("app.py", "lambda_handler"),
        ("app.py", "handler"),
        ("main.py", "handler"),
        ("handler.py", "handler"),
        ("index.py", "handler"),
    ],
)
def test_well_known_modules_are_found(tmp_path: Path, file: str, handler: str) -> None:
    write(tmp_path / "shop" / file, HANDLER.format(name=handler))
    assert handlers(tmp_path / "shop") == {"shop": f"{file[:-3]}.{handler}"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from mangum import Mangum\nhandler = Mangum(object())\n", ["handler"]),
        ("lambda_handler = make()\n", ["lambda_handler"]),
        ("handler: object = make()\n", ["handler"]),
        ("handler = lambda event, context: event\n", ["handler"]),
        ("async def handler(event, context): ...\n", ["handler"]),
        ("def handler(event, context, *, more=1): ...\n", ["handler"]),
        ("def handler(*arguments): ...\n", ["handler"]),
        ("try:\n    from fast import x\nexcept ImportError:\n    handler = make()\n", ["handler"]),
        ("def create_handler(event, context): ...\n", ["create_handler"]),
        ("def work(event, context): ...\n", ["work"]),
        ("def work(event, _context): ...\n", ["work"]),
        ("def handler(event, context): ...\ndef work(event, context): ...\n", ["handler"]),
        ("def error_handler(error): ...\n", []),
        ("def work(first, second): ...\n", []),
        ("class Api:\n    def handler(self, event): ...\n", []),
        ("def outer():\n    def handler(event, context): ...\n", []),
        ("import logging\nhandler = logging.StreamHandler()\n", []),
        ("handler = None\n", []),
        ("handler = 'app.handler'\n", []),
        ("print('no handler here')\n", []),
    ],
)
def test_a_handler_is_known_by_its_name_or_its_parameters(
    tmp_path: Path, source: str, found: list[str]
) -> None:
    write(tmp_path / "module.py", source)
    assert list(handlers(tmp_path).values()) == [f"module.{name}" for name in found]


def test_several_modules_are_named_after_themselves_and_well_known_ones_come_first(
    tmp_path: Path,
) -> None:
    write(tmp_path / "shop" / "basket.py")
    write(tmp_path / "shop" / "lambda_function.py", HANDLER.format(name="lambda_handler"))
    write(tmp_path / "shop" / "cards" / "app.py")
    assert list(handlers(tmp_path / "shop").items()) == [
        ("shop", "lambda_function.lambda_handler"),
        ("basket", "basket.handler"),
        ("cards", "app.handler"),
    ]


def test_several_handlers_of_one_module_are_functions_of_their_own(tmp_path: Path) -> None:
    write(
        tmp_path / "orders.py",
        HANDLER.format(name="create_handler") + HANDLER.format(name="delete_handler"),
    )
    assert list(handlers(tmp_path)) == ["orders-create_handler", "orders-delete_handler"]


def test_names_are_unique_and_such_as_lambda_takes(tmp_path: Path) -> None:
    write(tmp_path / "a b" / "app.py")
    write(tmp_path / "a+b" / "app.py")
    write(tmp_path / ("x" * 90) / "app.py")
    assert list(handlers(tmp_path)) == ["a-b", "a-b-2", "x" * 64]


@pytest.mark.parametrize(
    "folder",
    [".venv", "venv", "node_modules", "tests", "__pycache__", ".git", ".hidden", "site-packages"],
)
def test_folders_that_are_not_the_projects_code_are_ignored(tmp_path: Path, folder: str) -> None:
    write(tmp_path / folder / "app.py")
    assert handlers(tmp_path) == {}


def test_a_virtual_environment_of_any_name_is_ignored(tmp_path: Path) -> None:
    write(tmp_path / "python-here" / "app.py")
    write(tmp_path / "python-here" / "pyvenv.cfg", "")
    assert handlers(tmp_path) == {}


def test_tests_beside_the_code_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "test_app.py")
    write(tmp_path / "app_test.py")
    write(tmp_path / "conftest.py")
    assert handlers(tmp_path) == {}


def test_a_package_that_the_function_imports_is_not_a_function(tmp_path: Path) -> None:
    write(tmp_path / "shop" / "app.py")
    write(tmp_path / "shop" / "orders" / "__init__.py", "")
    write(tmp_path / "shop" / "orders" / "handler.py")
    assert handlers(tmp_path / "shop") == {"shop": "app.handler"}


def test_a_syntax_error_in_a_well_known_module_is_a_function_and_a_problem() -> None:
    project = load_project(PROJECTS / "syntax_error" / "broken")
    (function,) = project.functions
    assert function.handler == "lambda_function.lambda_handler"
    (problem,) = project.problems
    assert problem.file == function.file
    assert problem.line == 5
    assert "cannot parse the file" in problem.message


# Written by every Python that outlines files, of which the last is the functions' own.
NEWER_PYTHON = f"""\
#!{sys.executable}
import json, sys
found = {{"line": 3, "kind": "function", "parameters": ["event", "context"], "required": 2,
         "takes_any_number": False}}
problem = {{"problem": "invalid syntax", "line": 2, "version": "3.99"}}
for file in sys.argv[4:]:
    open(file).read()
print(json.dumps([
    problem if "broken" in file else {{"names": {{"hello": found}}, "is_certain": True}}
    for file in sys.argv[4:]
]))
"""
NEWER_SYNTAX = "def hello(event, context):\n    return a b\n"


def test_what_only_the_functions_own_python_can_parse_is_no_problem(tmp_path: Path) -> None:
    write_program(tmp_path / ".venv" / "bin" / "python", NEWER_PYTHON)
    write(tmp_path / "orders" / "app.py", NEWER_SYNTAX)
    write(tmp_path / "orders" / "other.py", NEWER_SYNTAX)
    project = load_project(tmp_path)

    assert project.problems == ()
    found = [(one.handler, one.line) for one in project.functions]
    assert found == [("app.hello", 3), ("other.hello", 3)]


def test_what_the_functions_own_python_cannot_parse_is_told_by_its_version(tmp_path: Path) -> None:
    write_program(tmp_path / ".venv" / "bin" / "python", NEWER_PYTHON)
    write(tmp_path / "broken" / "app.py", "def handler(event, context):\n    return a b\n")
    (problem,) = load_project(tmp_path).problems

    assert (problem.file, problem.line) == (tmp_path / "broken" / "app.py", 2)
    assert problem.message == "Python 3.99 cannot parse the file: invalid syntax; mend it and save."


@pytest.mark.parametrize("program", ["#!/bin/false\n", "#!/bin/echo\n", "#!/there/is/none\n"])
def test_where_the_functions_own_python_says_nothing_lambda_tuis_is_named(
    tmp_path: Path, program: str
) -> None:
    write_program(tmp_path / ".venv" / "bin" / "python", program)
    write(tmp_path / "app.py", "def handler(event, context):\n    return a b\n")
    (problem,) = load_project(tmp_path).problems

    assert problem.message.startswith(f"Python {sys.version_info[0]}.{sys.version_info[1]} cannot")


def test_real_interpreters_outline_a_file_alike(tmp_path: Path) -> None:
    for name in ("python3.12", "python3.13", "python3.14"):
        found = interpreters_on_path().get(name)
        if found is None:
            continue
        (tmp_path / name / ".venv" / "bin").mkdir(parents=True)
        (tmp_path / name / ".venv" / "bin" / "python").symlink_to(found)
        newer = 'def hello[T](event: T, context):\n    return f"{event["a"]}"\n'
        write(tmp_path / name / "orders" / "app.py", newer)
        project = load_project(tmp_path / name)
        assert project.problems == ()
        assert [one.handler for one in project.functions] == ["app.hello"]


def test_a_syntax_error_elsewhere_is_no_function(tmp_path: Path) -> None:
    write(tmp_path / "notes.py", "def handler(\n")
    write(tmp_path / "main.py", "def broken(\n")
    assert handlers(tmp_path) == {}


def test_a_problem_names_its_file_by_the_path_in_the_project(tmp_path: Path) -> None:
    for name in ("charge", "order"):
        write(tmp_path / name / "app.py", f"{HANDLER.format(name='handler')}def broken(:\n")
    told = [str(problem).partition(": ")[0] for problem in load_project(tmp_path).problems]
    assert sorted(told) == ["charge/app.py:3", "order/app.py:3"]


def test_code_is_read_and_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    write(tmp_path / "app.py", f"open({str(marker)!r}, 'w')\n" + HANDLER.format(name="handler"))
    assert len(handlers(tmp_path)) == 1
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", [b"\x00\x01", b"\xff\xfe", b"# coding: nonsense\n", b"x = " + b"(" * 5000]
)
def test_a_file_that_is_not_python_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "noise.py").write_bytes(content)
    write(tmp_path / "work.py")
    assert list(handlers(tmp_path)) == ["work"]


def test_a_huge_file_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "app.py", HANDLER.format(name="handler") + "#" * 1024 * 1024)
    assert handlers(tmp_path) == {}


def test_a_folder_of_very_many_files_is_read_in_part_and_says_so(tmp_path: Path) -> None:
    for number in range(MAXIMUM_FILES + 1):
        (tmp_path / f"module_{number:04}.py").write_text("")
    write(tmp_path / "app.py")
    project = load_project(tmp_path)
    assert len(project.functions) == 1, "well-known modules are read first"
    assert f"more than {MAXIMUM_FILES} source files" in project.problems[0].message


def test_warnings_of_the_users_code_stay_silent(tmp_path: Path) -> None:
    write(tmp_path / "app.py", "pattern = '\\d'\n" + HANDLER.format(name="handler"))
    assert len(handlers(tmp_path)) == 1


def test_a_folder_that_links_lead_back_to_has_its_functions_once(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "work").mkdir(parents=True)
    for folder in (project, project / "work"):
        (folder / "app.py").write_text("def handler(event, context): ...\n")
    (project / "itself").symlink_to(".")
    (project / "above").symlink_to("..")
    (project / "again").symlink_to("work")
    (project / "around").symlink_to("around")

    loaded = load_project(project)

    assert [function.name for function in loaded.functions] == ["project", "work"]
    assert loaded.problems == ()


@pytest.mark.parametrize(
    ("file", "name", "handler", "code"),
    [
        ("functions/create/app.py", "create", "app.handler", "functions/create"),
        ("services/orders/src/handler.py", "orders", "handler.handler", "services/orders/src"),
        ("services/orders/src/take.py", "orders", "take.handler", "services/orders/src"),
        ("a/b/c/lambda/app.py", "c", "app.handler", "a/b/c/lambda"),
        ("src/lambda/app.py", "lambda", "app.handler", "src/lambda"),
        ("src/app.py", "src", "app.handler", "src"),
    ],
)
def test_functions_far_below_are_found_and_named_after_what_says_something(
    tmp_path: Path, file: str, name: str, handler: str, code: str
) -> None:
    write(tmp_path / file)
    (function,) = load_project(tmp_path).functions
    assert (function.name, function.handler) == (name, handler)
    assert function.code_directory == tmp_path / code


def test_what_is_below_a_function_is_its_own(tmp_path: Path) -> None:
    write(tmp_path / "functions" / "one" / "app.py")
    write(tmp_path / "functions" / "one" / "lib" / "handler.py")
    write(tmp_path / "functions" / "two" / "app.py")
    assert handlers(tmp_path) == {"one": "app.handler", "two": "app.handler"}


@pytest.mark.parametrize("file", ["template.yaml", "serverless.yml", "cdk.json", "pyvenv.cfg"])
def test_a_folder_below_that_is_a_project_of_its_own_is_left_to_that(
    tmp_path: Path, file: str
) -> None:
    write(tmp_path / "services" / "one" / "src" / "app.py")
    write(tmp_path / "services" / "two" / "src" / "app.py")
    (tmp_path / "services" / "two" / file).write_text("")
    assert list(handlers(tmp_path)) == ["one"]


@pytest.mark.parametrize("file", [".chalice/config.json", "cdk.json"])
def test_projects_below_are_named_by_the_command_that_opens_them(tmp_path: Path, file: str) -> None:
    write(tmp_path / "a b" / file, "{}")
    (problem,) = load_project(tmp_path).problems
    assert problem.message == (
        "there is a project below that this folder does not open: `lambda-tui 'a b'`."
    )
    for number in range(9):
        write(tmp_path / "services" / str(number) / "serverless.yml", "")
    (problem,) = load_project(tmp_path).problems
    assert problem.message.startswith("there are projects below that this folder does not open: ")
    assert problem.message.endswith("`lambda-tui services/6` and 2 more.")


def test_folders_are_looked_into_as_deep_as_is_sensible(tmp_path: Path) -> None:
    write(tmp_path.joinpath(*"abcde") / "app.py")
    write(tmp_path.joinpath(*"vwxyz", "deeper") / "app.py")
    assert list(handlers(tmp_path)) == ["e"]


def test_a_function_that_imports_from_its_package_is_deployed_with_that(tmp_path: Path) -> None:
    write(tmp_path / "services" / "shop" / "__init__.py", "")
    source = "from .rows import ROWS\n" + HANDLER.format(name="handler")
    write(tmp_path / "services" / "shop" / "handler.py", source)
    (function,) = load_project(tmp_path).functions
    assert (function.name, function.handler) == ("shop", "shop/handler.handler")
    assert function.code_directory == tmp_path / "services"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from mangum import Mangum\nweb = Mangum(app)\n", ["web"]),
        ("import mangum\nweb = mangum.Mangum(app, lifespan='off')\n", ["web"]),
        ("run = make_lambda_handler(app)\n", ["run"]),
        ("web = FastAPI()\n", []),
    ],
)
def test_what_adapts_a_web_application_is_a_handler_of_any_name(
    tmp_path: Path, source: str, found: list[str]
) -> None:
    write(tmp_path / "module.py", source)
    assert list(handlers(tmp_path).values()) == [f"module.{name}" for name in found]


DOCKERFILE = "FROM public.ecr.aws/lambda/python:3.13\nENV A=1\n{}CMD {}\n"


@pytest.mark.parametrize(
    ("copies", "handler"),
    [
        ("COPY . .\n", "odd.run"),
        ("COPY odd.py ${LAMBDA_TASK_ROOT}\n", "odd.run"),
        ("COPY jobs/odd.py lib/\n", "lib.odd.run"),
    ],
)
def test_a_dockerfile_names_the_function_of_its_folder(
    tmp_path: Path, copies: str, handler: str
) -> None:
    write(tmp_path / "jobs" / "odd.py", "def run(event, _): ...\n")
    dockerfile = tmp_path / "jobs" / "Dockerfile"
    dockerfile.write_text(DOCKERFILE.format(copies, f'["{handler}"]'))
    project = load_project(tmp_path)
    (function,) = project.functions
    assert (function.name, function.handler, function.runtime) == ("jobs", handler, "python3.13")
    assert (function.environment, function.file) == ({"A": "1"}, dockerfile)
    assert (function.line, project.problems) == (dockerfile.read_text().count("\n"), ())


def test_the_handler_of_a_dockerfile_is_there_once_and_others_stay(tmp_path: Path) -> None:
    source = HANDLER.format(name="one_handler") + HANDLER.format(name="other_handler")
    write(tmp_path / "jobs" / "app.py", source)
    (tmp_path / "jobs" / "Dockerfile").write_text(
        DOCKERFILE.format("COPY . .\n", '["app.one_handler"]')
    )
    assert list(handlers(tmp_path).values()) == ["app.one_handler", "app.other_handler"]


@pytest.mark.parametrize(
    "text",
    [
        "FROM python:3.13\nCOPY . .\n",
        DOCKERFILE.format("COPY . .\n", '["nowhere.handler"]'),
        DOCKERFILE.format("COPY . .\n", "app.handler"),
        "",
    ],
)
def test_a_dockerfile_of_something_else_says_nothing(tmp_path: Path, text: str) -> None:
    write(tmp_path / "app.py")
    (tmp_path / "Dockerfile").write_text(text)
    project = load_project(tmp_path)
    (function,) = project.functions
    assert (function.handler, function.image, project.problems) == ("app.handler", None, ())
