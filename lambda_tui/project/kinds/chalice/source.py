"""Finds the functions of a Chalice application in its source, without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.function import Problem
from lambda_tui.project.handlers import LARGEST_SOURCE
from lambda_tui.project.wording import shown

APP = "app"
"""The module that Chalice loads, and the object in it."""
_DECORATORS: Mapping[str, tuple[str, ...]] = {
    "route": ("path",),
    "lambda_function": ("name",),
    "schedule": ("expression", "name"),
    "on_s3_event": ("bucket", "events", "prefix", "suffix", "name"),
    "on_sns_message": ("topic", "name"),
    "on_sqs_message": ("queue", "batch_size", "name", "queue_arn"),
    "on_cw_event": ("event_pattern", "name"),
    "on_kinesis_record": ("stream", "batch_size", "starting_position", "name"),
    "on_dynamodb_record": ("stream_arn", "batch_size", "starting_position", "name"),
    "authorizer": ("ttl_seconds", "execution_role", "name", "header"),
    "on_ws_connect": ("name",),
    "on_ws_message": ("name",),
    "on_ws_disconnect": ("name",),
}
"""The decorators of functions, with their parameters in order."""
_DEEPEST = 5
"""Modules through which a blueprint is imported."""

Arguments = Mapping[str, object]


class Handler(NamedTuple):
    """A function with one of Chalice's decorators."""

    kind: str
    """The decorator's name."""
    name: str
    """The name in the application, such as ``resize``."""
    handler: str
    """``module.function``."""
    file: Path
    line: int
    """The line of its definition, counted from 1."""
    arguments: Arguments
    """The decorator's arguments that are known without running it."""


@dataclass(slots=True)
class Application:
    """The functions of an application, and what is wrong with its source."""

    name: str | None = None
    """The name that its source gives; None where it is not known."""
    line: int = 1
    """The line of ``Chalice(…)``, counted from 1."""
    handlers: list[Handler] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)
    """The files that were read, or would be if they were there."""


class _Module(NamedTuple):
    name: str
    file: Path
    tree: ast.Module


def read_application(directory: Path) -> Application | None:
    """Return the application of a folder; None for a folder without one."""
    file = directory / f"{APP}.py"
    try:
        content = read_bytes(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return None
    if b"Chalice(" not in content:
        return None
    reader = _Reader(directory)
    module = reader.module(APP)
    application = reader.application
    if module is None:
        return application
    found = next(_assigned(module.tree, "Chalice"), None)
    if found is None:
        return None
    variable, call = found
    application.line = call.lineno
    name = _arguments(call, ("app_name",)).get("app_name")
    application.name = name if isinstance(name, str) else None
    if variable != APP:
        sentence = f"Chalice loads an object named {APP}, and this is {variable}; rename it."
        application.problems.append(Problem(sentence, file, call.lineno))
    reader.note_handlers(module, variable, "", "")
    reader.note_blueprints(module, variable)
    return application


class _Reader:
    """Reads the modules of one application."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.application = Application()

    def module(self, name: str) -> _Module | None:
        """Return a module of the application; None for another, or one that cannot be parsed."""
        path = self._directory.joinpath(*name.split("."))
        candidates = (path / "__init__.py", path.with_name(f"{path.name}.py"))
        file = next((one for one in candidates if one.is_file()), None)
        if file is None:
            self.application.files |= set(candidates)
            return None
        self.application.files.add(file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _Module(name, file, ast.parse(read_bytes(file, LARGEST_SOURCE)))
        except SyntaxError as error:
            sentence = f"the file cannot be parsed: {shown(error.msg)}; mend it and save."
            self.application.problems.append(Problem(sentence, file, error.lineno))
        except (UnreadableFileError, ValueError, RecursionError, MemoryError) as error:
            sentence = f"the file cannot be parsed: {shown(str(error))}."
            self.application.problems.append(Problem(sentence, file, 1))
        return None

    def note_handlers(self, module: _Module, variable: str, prefix: str, path: str) -> None:
        """Note the functions that are decorated by an application, or by a blueprint.

        ``prefix`` is that of their names, and ``path`` that of their routes.
        """
        for function in _module_level(module.tree.body):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for decorator in function.decorator_list:
                kind = _decorator_of(decorator, variable)
                if kind is None or not isinstance(decorator, ast.Call):
                    continue
                arguments = _arguments(decorator, _DECORATORS[kind])
                given = arguments.get("name")
                name = given if isinstance(given, str) else function.name
                if kind == "route" and isinstance(arguments.get("path"), str):
                    route = "/".join([path.rstrip("/"), str(arguments["path"]).strip("/")])
                    arguments = {**arguments, "path": route.rstrip("/") or "/"}
                handler = f"{module.name}.{function.name}"
                self.application.handlers.append(
                    Handler(kind, prefix + name, handler, module.file, function.lineno, arguments)
                )

    def note_blueprints(self, module: _Module, variable: str) -> None:
        """Note the functions of the blueprints that an application registers."""
        for statement in _module_level(module.tree.body):
            match statement:
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=owner), attr="register_blueprint")
                    ) as call
                ) if owner == variable:
                    self._note_blueprint(module, call)

    def _note_blueprint(self, module: _Module, call: ast.Call) -> None:
        parameters = ("blueprint", "name_prefix", "url_prefix")
        arguments = _arguments(call, parameters)
        given = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "blueprint")]
        found = self._resolved(module, ast.unparse(given[0]), _DEEPEST) if given else None
        if found is None:
            what = shown(ast.unparse(given[0])) if given else "nothing"
            sentence = f"the blueprint {what} is not found here, so its functions are not listed."
            self.application.problems.append(Problem(sentence, module.file, call.lineno))
            return
        prefix, path = (arguments.get(name) for name in parameters[1:])
        self.note_handlers(
            found[0],
            found[1],
            prefix if isinstance(prefix, str) else "",
            path if isinstance(path, str) else "",
        )

    def _resolved(self, module: _Module, name: str, depth: int) -> tuple[_Module, str] | None:
        """Return the module that a blueprint is made in, and its name there."""
        if any(variable == name for variable, _ in _assigned(module.tree, "Blueprint")):
            return module, name
        for imported, local, original in _imports(module) if depth else ():
            is_module = name.startswith(f"{local}.")
            if name != local and not is_module:
                continue
            inner = name[len(local) + 1 :] if is_module else original
            source = f"{imported}.{original}" if is_module and original else imported
            found = self.module(source)
            if found is not None and inner:
                return self._resolved(found, inner, depth - 1)
        return None


def _assigned(tree: ast.Module, called: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the variables of a module that a call of this name is assigned to."""
    for statement in _module_level(tree.body):
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=variable)], value=ast.Call() as call)
                | ast.AnnAssign(target=ast.Name(id=variable), value=ast.Call() as call)
            ):
                match call.func:
                    case ast.Name(id=name) | ast.Attribute(attr=name) if name == called:
                        yield variable, call


def _imports(module: _Module) -> Iterator[tuple[str, str, str]]:
    """Yield what a module imports: the other module, the name here, and the name there or ""."""
    package = module.name.split(".")
    if module.file.name != "__init__.py":
        package = package[:-1]
    for statement in _module_level(module.tree.body):
        match statement:
            case ast.Import(names=names):
                yield from ((one.name, one.asname or one.name, "") for one in names)
            case ast.ImportFrom(module=name, names=names, level=level):
                base = package[: len(package) - level + 1] if level else []
                source = ".".join([*base, *([name] if name else [])])
                yield from ((source, one.asname or one.name, one.name) for one in names)


def _decorator_of(decorator: ast.expr, variable: str) -> str | None:
    match decorator:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=kind)):
            return kind if owner == variable and kind in _DECORATORS else None
    return None


def _arguments(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, object]:
    """Return the arguments of a call by their parameters' names, as far as they are known."""
    given = dict(zip(parameters, call.args, strict=False))
    given |= {one.arg: one.value for one in call.keywords if one.arg is not None}
    known = {name: _value(value) for name, value in given.items()}
    return {name: value for name, value in known.items() if value is not None}


def _value(node: ast.expr) -> object:
    """Return the value of a literal or of a schedule; None for what only a run would tell."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            values = [_value(one) for one in (*args, *(one.value for one in node.keywords))]
            if name == "Cron" and len(values) == 6:
                return f"cron({' '.join(map(str, values))})"
            if name == "Rate" and len(values) == 2 and isinstance(values[1], str):
                unit = values[1].lower()
                return f"rate({values[0]} {unit.removesuffix('s') if values[0] == 1 else unit})"
            return None
        case ast.Attribute(attr="MINUTES" | "HOURS" | "DAYS" as unit):
            return unit
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _module_level(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those in ``if``, ``try`` and ``with`` too."""
    for statement in statements:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            yield from _module_level(statement.body)
            yield from _module_level(getattr(statement, "orelse", []))
            for handler in getattr(statement, "handlers", []):
                yield from _module_level(handler.body)
