"""Reads a folder with a CDK app as a project, by the assembly that its last synthesis has left."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.interpreters import find_interpreter
from lambda_tui.project.kinds.cdk.assembly import MANIFEST, Assembly, is_assembly, join, read_object
from lambda_tui.project.kinds.cdk.code_resources import AppCode, CodeResource, code_resources
from lambda_tui.project.kinds.cdk.constructs import unique_names
from lambda_tui.project.kinds.cdk.freshness import CDK_JSON, app_files, newer_files
from lambda_tui.project.kinds.cdk.sources import ProjectFiles
from lambda_tui.project.kinds.cdk.stack_templates import NESTED_STACK, StackTemplate, read_templates
from lambda_tui.project.kinds.template import LIST_OF_LAYERS, read_resources
from lambda_tui.project.kinds.template.language import (
    ALIAS_TYPE,
    VERSION_TYPE,
    LinedMapping,
    Resolver,
    UnresolvedError,
    section,
    text_under,
)
from lambda_tui.project.settings import Settings
from lambda_tui.project.wording import shown
from lambda_tui.wording import counted

FILES = (CDK_JSON,)
"""The file in a project's folder that describes an app."""
_OUTPUT = "cdk.out"
"""The folder of the assembly, unless the app's own file names another."""
_DEPENDENT = (VERSION_TYPE, ALIAS_TYPE, "AWS::Lambda::EventInvokeConfig")
_MOST_WATCHED = 500
"""Files of the app of which a save is told."""
_MOST_NAMED = 4


def read_project(directory: Path, settings: Settings) -> Project | None:
    """Return the project of a folder with a CDK app, or of an assembly; None for another folder.

    Nothing of the app's is run. A folder whose app was not synthesised yet has no functions, and a
    problem that says so. The setting ``template`` may name a single stack's in an assembly.
    """
    file = directory / CDK_JSON
    problems: list[Problem] = []
    if settings.template is not None:
        file, output = settings.template, settings.template.parent
        if not is_assembly(output):
            return None
    elif file.is_file():
        output = join(directory, text_under(read_object(file, problems), "output") or _OUTPUT)
    elif is_assembly(directory):
        file, output = directory / MANIFEST, directory
    else:
        return None
    manifest = output / MANIFEST
    if not manifest.is_file():
        missing = manifest if output.is_dir() else output
        name = shown(os.path.relpath(missing, directory))
        sentence = f"the functions of this CDK app are not known, as there is no {name}"
        problems.append(Problem(f"{sentence}: {_how(settings)}.", file))
        return Project(directory, (), tuple(problems), file, frozenset({manifest}))
    reader = _Reader(directory, file, output, settings)
    functions = reader.read()
    problems += reader.problems
    if settings.layers:
        problems.append(Problem(LIST_OF_LAYERS.format(file.name)))
    return Project(directory, functions, tuple(problems), file, frozenset(reader.files))


def is_cdk_app(project: Project) -> bool:
    """Return whether there is an app in a project's folder that can be synthesised."""
    return (project.directory / CDK_JSON).is_file()


def _how(settings: Settings) -> str:
    """Return how a synthesis is begun, for the end of a sentence."""
    return f"K on the screen, or the option --synth, runs `{shown(settings.cdk.synth)}`"


class _Reader:
    """Reads an assembly as a project, and collects what is wrong with it."""

    def __init__(self, directory: Path, file: Path, output: Path, settings: Settings) -> None:
        self._directory = directory
        self._file = file
        self._manifest = output / MANIFEST
        self._settings = settings
        self._assembly = Assembly(output)
        # The assembly itself may be what is opened.
        root = directory if output != directory else directory.parent
        self._app = ProjectFiles(root, output)
        self._root = root
        self.problems: list[Problem] = []
        self.files: set[Path] = {self._manifest}
        """Further files, of which a save is to be told."""

    def read(self) -> tuple[Function, ...]:
        """Return the app's functions in the order of its stacks; never raise."""
        templates = read_templates(self._assembly, self._settings.values)
        only = self._settings.template
        if only is not None:
            templates = [one for one in templates if one.stack.template.name == only.name]
        resources = list(code_resources(templates))
        own = [one for one in resources if one.is_cdks_own]
        functions = [one for one in resources if not one.is_layer and not one.is_cdks_own]
        self._name(functions)
        code = AppCode(self._assembly, self._app, self._settings.cdk.sources, _how(self._settings))
        layers = [one for one in resources if one.is_layer]
        code.find([*functions, *layers], [*functions, *_layers_of(functions, layers)])
        for template in templates:
            _leave_out(template, [one for one in own if one.template is template], self._settings)
        found = self._functions(templates, functions, layers)
        self.problems = [*self._assembly.problems, *code.problems, *self.problems]
        self._tell_unused(code, [*functions, *layers])
        self._tell_age(code, found)
        if not found and not self.problems:
            self.problems.append(Problem(_no_functions(own), self._file))
        return found

    def _name(self, functions: Sequence[CodeResource]) -> None:
        """Give each function its name, which references to it have too."""
        resolvers: dict[StackTemplate, Resolver] = {}
        given: list[str | None] = []
        for one in functions:
            if one.template not in resolvers:
                resolvers[one.template] = one.template.resolver(self._settings.values)
            try:
                name = one.properties.get("FunctionName")
                given.append(None if name is None else resolvers[one.template].text(name))
            except UnresolvedError:
                given.append(None)
        names = unique_names([one.path for one in functions], given)
        for one, name, own in zip(functions, names, given, strict=True):
            one.name = name
            if "FunctionName" not in one.properties or own not in (None, name):
                one.properties.put("FunctionName", name, one.properties.lines.get("FunctionName"))

    def _functions(
        self,
        templates: Iterable[StackTemplate],
        resources: Sequence[CodeResource],
        layers: Sequence[CodeResource],
    ) -> tuple[Function, ...]:
        settings, directory = self._settings, self._directory

        def find_python(function: Function) -> Path:
            return find_interpreter(directory, function, settings).executable

        found: list[Function] = []
        shared = list(_layer_paths(layers, settings))
        for template in templates:
            ids = {one.name: one.logical_id for one in resources if one.template is template}
            if not ids:
                continue
            own = {arn for owner, arn, _ in shared if owner is template}
            foreign = {arn: path for _, arn, path in shared if arn not in own}
            functions, problems = read_resources(
                template.file,
                template.content,
                {**foreign, **settings.layer_paths},
                bootstraps={name: one.bootstrap for name, one in settings.functions.items()},
                values=template.all_values(settings.values),
                find_python=find_python,
                names={logical_id: name for name, logical_id in ids.items()},
                reads_nested=False,
            )[:2]
            found += [
                replace(one, logical_id=ids.get(one.logical_id or "", one.logical_id))
                for one in functions
            ]
            self.problems += problems
        return tuple(found)

    def _tell_unused(self, code: AppCode, resources: Iterable[CodeResource]) -> None:
        names = [one.name for one in resources]
        for name in self._settings.cdk.sources:
            if name not in code.used:
                near = difflib.get_close_matches(name[:64], names, n=1)
                hint = f"did you mean {shown(near[0])}?" if near else "take it out."
                sentence = f"the setting cdk.sources has {shown(name)}, which is not there; {hint}"
                self.problems.append(Problem(sentence))

    def _tell_age(self, code: AppCode, functions: Iterable[Function]) -> None:
        """Add a problem for an assembly that is older than the app."""
        read = app_files(self._app.all, self._root, code.live)
        self.files |= {self._root / path for path in read[:_MOST_WATCHED]}
        newer = newer_files(read, self._root, self._manifest)
        if not newer:
            return
        more = f" and {counted(len(newer) - 1, 'more file')}" if len(newer) > 1 else ""
        folder = shown(self._assembly.directory.name)
        sentence = f"{folder} is stale, older than {shown(newer[0])}{more}"
        there = {one.name for one in functions}
        names = [one.name for one in code.copied if one.name in there]
        if names:
            run = "runs as it was" if len(names) == 1 else "run as they were"
            sentence += f", and {_listed(names)} {run} then"
        self.problems.append(Problem(f"{sentence}: {_how(self._settings)}.", self._file))


def _layers_of(
    functions: Iterable[CodeResource], layers: Iterable[CodeResource]
) -> list[CodeResource]:
    """Return the layers that functions of their own template name."""
    named = {
        (id(one.template), text_under(layer, "Ref"))
        for one in functions
        for layer in _list(one.properties.get("Layers"))
    }
    return [one for one in layers if (id(one.template), one.logical_id) in named]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _layer_paths(
    layers: Iterable[CodeResource], settings: Settings
) -> Iterator[tuple[StackTemplate, str, Path]]:
    """Yield the layers of templates by their ARNs, with the paths of their content."""
    for one in layers:
        content = one.properties.get(one.code_property)
        if isinstance(content, str):
            with suppress(UnresolvedError):
                arn = one.template.resolver(settings.values).text({"Ref": one.logical_id})
                yield one.template, arn, join(one.template.file.parent, content)


def _leave_out(template: StackTemplate, own: Iterable[CodeResource], settings: Settings) -> None:
    """Put something else in the place of what is no function of the user's, or read by itself.

    References to it keep their values.
    """
    resolver = template.resolver(settings.values)
    resources = template.resources
    for logical_id in [one.logical_id for one in own]:
        template.values[logical_id] = resolver.text({"Ref": logical_id})
        template.values[f"{logical_id}.Arn"] = resolver.text({"Fn::GetAtt": [logical_id, "Arn"]})
        _replace(resources, logical_id)
        for other in list(resources):
            properties = section(section(resources, other), "Properties")
            is_dependent = text_under(resources[other], "Type") in _DEPENDENT
            if is_dependent and _refers(properties.get("FunctionName"), logical_id):
                del resources[other]
    for logical_id in resources:
        if text_under(resources[logical_id], "Type") == NESTED_STACK:
            _replace(resources, logical_id)


def _replace(resources: LinedMapping, logical_id: str) -> None:
    other = LinedMapping()
    other.put("Type", "Custom::LeftOut", resources.lines.get(logical_id))
    resources[logical_id] = other


def _refers(value: object, logical_id: str) -> bool:
    return isinstance(value, Mapping) and value.get("Ref") == logical_id


def _no_functions(own: Sequence[CodeResource]) -> str:
    remedy = "add one, such as new lambda.Function(…), and synthesise it."
    if not own:
        return f"the app has no functions; {remedy}"
    names = _listed([shown(one.name) for one in own])
    return f"the app has no functions but those that CDK has added itself ({names}); {remedy}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"
