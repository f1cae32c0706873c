"""Terraform's modules: their variables, locals, resources and outputs, each made when it is needed.

What a module says is evaluated as Terraform does for a plan, except that nothing is asked of the
cloud, and nothing of the project's is run.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lambda_tui.project.kinds.template.language import LinedMapping, Unknown, with_remedy
from lambda_tui.project.kinds.terraform.cloud_values import unknown_value
from lambda_tui.project.kinds.terraform.instance import ENDLESS, Deployment, Instance
from lambda_tui.project.kinds.terraform.lambda_module import (
    LambdaModule,
    is_lambda_folder,
    is_lambda_module,
)
from lambda_tui.project.kinds.terraform.language import (
    Argument,
    Block,
    Failure,
    FunctionError,
    Literal,
    Members,
    Scope,
    converted,
    mapping,
    pairs,
    text_of,
)
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.source_files import Folder
from lambda_tui.project.wording import shown

NOT_GIVEN = object()
"""The value of an argument that a call leaves out."""
_MOST_INSTANCES = 1_000
"""Instances of one resource or module."""
_DEEPEST = 12
"""Modules inside of each other."""
_DECLARED_ONCE = frozenset({"resource", "data", "module", "variable", "output"})
_TOLD = frozenset({"aws_lambda_function", "aws_lambda_layer_version"})
"""Types of which it is told that their number is not known."""


class _Lookup(Members):
    """The first word of a reference, such as ``var``: its attributes are looked up."""

    def __init__(self, look_up: Callable[[str], object]) -> None:
        self._look_up = look_up

    def member(self, name: str) -> object:
        """Return what the name is the name of."""
        return self._look_up(name)


class Module(Members):
    """A module as it is called, with the values of its variables."""

    def __init__(
        self,
        deployment: Deployment,
        folder: Folder,
        path: str,
        address: str = "",
        inputs: Callable[[str], object] | None = None,
        ancestors: tuple[Path, ...] = (),
    ) -> None:
        """Take its folder, and ``path``, which is the one that ``path.module`` gives.

        ``address`` is empty for the root, and ``module.orders.`` for one that it calls. ``inputs``
        returns the arguments of the call, and ``_NOT_GIVEN`` for one that is left out.
        """
        self._deployment = deployment
        self._folder = folder
        self._path = path
        self._address = address
        self._inputs = inputs
        self._ancestors = (*ancestors, folder.path)
        self._declared: dict[tuple[str, ...], tuple[Path, Block]] = {}
        self._locals: dict[str, tuple[Path, Argument]] = {}
        self._made: dict[tuple[str, ...], object] = {}
        for file, block in folder.blocks:
            if block.kind == "locals":
                for name, argument in block.arguments.items():
                    self._locals[name] = (file, argument)
                continue
            key = (block.kind, *block.labels)
            if key in self._declared and block.kind in _DECLARED_ONCE:
                name = ".".join(block.labels if block.kind == "resource" else key)
                sentence = f"{shown(f'{address}{name}')} is declared twice; take one out."
                deployment.warn(sentence, file, block.line)
            self._declared.setdefault(key, (file, block))

    def member(self, name: str) -> object:
        """Return the value of an output."""
        own = self._deployment.values.get(f"{self._address}{name}")
        if own is not None:
            return own
        return self._once(("output", name), lambda: self._output(name))

    def resources(self, kinds: frozenset[str]) -> Iterator[Resource]:
        """Yield the resources and data of some types, of this module and those that it calls."""
        for kind, *labels in self._declared:
            if kind in ("resource", "data") and len(labels) == 2 and labels[0] in kinds:
                for one in _each(self._resource(kind, *labels)):
                    if isinstance(one, Instance):
                        yield one.resource()
            elif kind == "module" and len(labels) == 1:
                for called in _each(self._call(labels[0])):
                    if isinstance(called, Module | LambdaModule):
                        yield from called.resources(kinds)

    def scope(self, file: Path) -> Scope:
        """Return the scope of a file of the module."""
        return Scope(file, self._root)

    def evaluate(self, file: Path, argument: Argument) -> object:
        """Return the value of an argument that stands outside of resources."""
        return self._deployment.evaluator.argument(argument, self.scope(file))

    def _once(self, key: tuple[str, ...], make: Callable[[], object]) -> object:
        if key not in self._made:
            with self._deployment.making((id(self), key)) as has_end:
                if not has_end:
                    return ENDLESS
                self._made[key] = make()
        return self._made[key]

    def _root(self, name: str) -> object:
        """Return what the first word of a reference names."""
        match name:
            case "var":
                return _Lookup(self._variable)
            case "local":
                return _Lookup(self._local)
            case "module":
                return _Lookup(self._call)
            case "data":
                return _Lookup(lambda kind: self._of_kind("data", kind))
            case "path":
                cwd = str(self._deployment.directory)
                return mapping({"module": self._path, "root": ".", "cwd": cwd})
            case "terraform" | "tofu":
                return mapping({"workspace": self._deployment.workspace})
            case "each" | "count" | "self":
                return Failure(f"{name} has no value here")
        return self._of_kind("resource", name)

    def _of_kind(self, block: str, kind: str) -> object:
        return _Lookup(lambda label: self._resource(block, kind, label))

    def _resource(self, block: str, kind: str, label: str) -> object:
        key = (block, kind, label)
        return self._once(key, lambda: self._instances(block, kind, label))

    def _instances(self, block: str, kind: str, label: str) -> object:
        name = f"{self._address}{'data.' if block == 'data' else ''}{kind}.{label}"
        found = self._declared.get((block, kind, label))
        if found is None:
            return Failure(f"there is no {shown(name)} in the configuration")
        file, declared = found
        deployment = self._deployment

        def make(suffix: str, scope: Scope) -> object:
            return Instance(deployment, kind, f"{name}{suffix}", declared, scope)

        return self._expanded(name, declared, self.scope(file), make, kind in _TOLD)

    def _expanded(
        self,
        name: str,
        block: Block,
        scope: Scope,
        make: Callable[[str, Scope], object],
        is_told: bool,
    ) -> object:
        """Return one thing, the list that ``count`` makes, or the mapping of ``for_each``."""
        evaluator = self._deployment.evaluator
        argument = next(
            (block.arguments[one] for one in ("count", "for_each") if one in block.arguments), None
        )
        if argument is None:
            return make("", scope)
        is_count = "count" in block.arguments
        value = evaluator.argument(argument, scope)
        try:
            if isinstance(value, Unknown):
                raise FunctionError(value.reason)
            if is_count:
                number = value if isinstance(value, int) else int(text_of(value)[:9])
                numbers = range(min(number, _MOST_INSTANCES))
                return [
                    make(f"[{one}]", scope.with_names(count=mapping({"index": one})))
                    for one in numbers
                ]
            made = LinedMapping()
            for place, item in pairs(value)[:_MOST_INSTANCES]:
                # The items of a set are its keys.
                key = text_of(item if isinstance(value, list) else place)
                each = mapping({"key": key, "value": item})
                made[key] = make(_index(key), scope.with_names(each=each))
            return made
        except (FunctionError, ValueError) as error:
            what = "count" if is_count else "for_each"
            reason = f"its {what} is not known here, so it is left out: {error}"
            if is_told:
                self._deployment.warn(f"{shown(name)}: {reason}.", scope.file, argument.line, name)
            return Unknown(f"{shown(name)}: {reason}")

    def _local(self, name: str) -> object:
        if name not in self._locals:
            return Failure(f"there is no local.{shown(name)} in the configuration")
        return self._once(("local", name), lambda: self.evaluate(*self._locals[name]))

    def _variable(self, name: str) -> object:
        return self._once(("variable", name), lambda: self._value_of_variable(name))

    def _value_of_variable(self, name: str) -> object:
        found = self._declared.get(("variable", name))
        if found is None:
            return Failure(f"there is no variable {shown(name)} in the configuration")
        file, block = found
        value = self._inputs(name) if self._inputs is not None else NOT_GIVEN
        if value is None and _is_false(block.arguments.get("nullable")):
            value = NOT_GIVEN
        if value is NOT_GIVEN and "default" in block.arguments:
            value = self.evaluate(file, block.arguments["default"])
        if value is NOT_GIVEN:
            if self._address:
                return Failure(f"{shown(self._address[:-1])} is not given its variable {name}")
            reason = f"the variable {shown(name)} has no value"
            return Unknown(str(with_remedy(reason, f"var.{name}")), f"var.{name}")
        kind = block.arguments.get("type")
        if kind is None:
            return value
        scope = self.scope(file)
        evaluator = self._deployment.evaluator
        return converted(value, kind.expression, lambda node: evaluator.evaluate(node, scope))

    def _output(self, name: str) -> object:
        found = self._declared.get(("output", name))
        if found is None or "value" not in found[1].arguments:
            return Failure(f"{shown(self._address[:-1])} has no output {shown(name)}")
        return self.evaluate(found[0], found[1].arguments["value"])

    def _call(self, label: str) -> object:
        return self._once(("call", label), lambda: self._called(label))

    def _called(self, label: str) -> object:
        """Return the module that a block calls, or several of it."""
        name = f"{self._address}module.{label}"
        found = self._declared.get(("module", label))
        if found is None:
            return Failure(f"there is no {shown(name)} in the configuration")
        file, block = found
        written = block.arguments.get("source")
        source = None if written is None else self.evaluate(file, written)
        if not isinstance(source, str):
            self._deployment.warn(
                f'{shown(name)} has no source; add one, such as source = "./modules/a".',
                file,
                block.line,
            )
            return Failure(f"{shown(name)} has no source")
        folder = self._folder_of(name, source)
        if folder is None and not is_lambda_module(source):
            return self._missing(name, source, file, block)
        if folder in self._ancestors or len(self._ancestors) >= _DEEPEST:
            sentence = f"{shown(name)} calls a module that it is in, which has no end"
            self._deployment.warn(f"{sentence}; take it out.", file, block.line)
            return Failure(sentence)
        if folder is not None and not self._deployment.sources.folder(folder).files:
            return self._missing(name, source, file, block)
        path = self._path_of(source, folder)
        is_lambda = is_lambda_module(source) or (
            folder is not None and is_lambda_folder(self._deployment.sources.folder(folder))
        )
        evaluator, deployment = self._deployment.evaluator, self._deployment

        def make(suffix: str, scope: Scope) -> object:
            address = f"{name}{suffix}."
            if is_lambda:
                values = evaluator.block(block, scope)
                given, region = deployment.values, deployment.region
                return LambdaModule(address, values, given, region, file, block.line)
            assert folder is not None

            def inputs(variable: str) -> object:
                argument = block.arguments.get(variable)
                return NOT_GIVEN if argument is None else evaluator.argument(argument, scope)

            own = deployment.sources.folder(folder)
            return Module(deployment, own, path, address, inputs, self._ancestors)

        return self._expanded(name, block, self.scope(file), make, is_told=True)

    def _folder_of(self, name: str, source: str) -> Path | None:
        """Return the folder of a module; None where it is not on this machine."""
        if source.startswith(("./", "../")):
            return Path(os.path.normpath(os.path.join(self._folder.path, source)))
        downloaded = self._deployment.downloaded.get(_key(name))
        if downloaded is None:
            return None
        return Path(os.path.normpath(os.path.join(self._deployment.directory, downloaded)))

    def _path_of(self, source: str, folder: Path | None) -> str:
        if source.startswith(("./", "../")):
            return os.path.normpath(os.path.join(self._path, source))
        return "" if folder is None else os.path.relpath(folder, self._deployment.directory)

    def _missing(self, name: str, source: str, file: Path, block: Block) -> object:
        if source.startswith(("./", "../")):
            sentence = f"{shown(name)} names {shown(source)}, where no configuration is"
            self._deployment.warn(f"{sentence}; name a folder with *.tf.", file, block.line)
            return Failure(sentence)
        sentence = f"{shown(name)} is not on this machine; run `terraform init`"
        if "lambda" in source:
            self._deployment.warn(f"{sentence}, since functions may be in it.", file, block.line)
        return _Lookup(lambda output: self._given_output(f"{name}.{output}"))

    def _given_output(self, name: str) -> object:
        """Return the user's value of an output of a module that is not on this machine."""
        own = self._deployment.values.get(name)
        return unknown_value(name, "is not on this machine") if own is None else own


def _each(value: object) -> list[object]:
    """Return what an expansion has made, whether one thing or several."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _index(key: str) -> str:
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def _is_false(argument: Argument | None) -> bool:
    return argument is not None and argument.expression == Literal(False)


def _key(name: str) -> str:
    """Return the name that ``terraform init`` has for a module, such as ``orders.queue``."""
    return ".".join(re.findall(r"module\.([\w-]+)", name))
