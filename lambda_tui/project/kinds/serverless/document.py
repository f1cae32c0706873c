"""Makes CloudFormation of a ``serverless.yml``, as the framework does for a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.serverless.function_properties import function_properties, logical_id
from lambda_tui.project.kinds.template.language import LinedMapping, Unknown, section
from lambda_tui.project.wording import shown

_FUNCTION_EXAMPLE = "hello: {handler: src/app.handler}"
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Resources")
_MADE_FOR = {
    "http": ("ApiGatewayRestApi", "AWS::ApiGateway::RestApi"),
    "httpApi": ("HttpApi", "AWS::ApiGatewayV2::Api"),
    "websocket": ("WebsocketsApi", "AWS::ApiGatewayV2::Api"),
}
"""The resources that the framework makes for events of a kind."""
_ALWAYS_MADE = {
    "IamRoleLambdaExecution": "AWS::IAM::Role",
    "ServerlessDeploymentBucket": "AWS::S3::Bucket",
}


class ServerlessDocument:
    """The template that a file stands for, and what is wrong with the file's outline."""

    def __init__(self, file: Path, content: LinedMapping, prefix: str | None) -> None:
        """Take the file's content with its variables resolved.

        ``prefix`` is that of functions without a name, such as ``shop-dev-``; None where it is not
        known.
        """
        self._file = file
        self._content = content
        self._prefix = prefix
        self.problems: list[Problem] = []
        self.names: dict[str, str] = {}
        """The names in the file of functions, by their logical ids."""
        self.functions = LinedMapping()
        """The functions of the file that can be read, by their names in it."""
        self.template = LinedMapping()
        for name in _SECTIONS:
            self.template.put(name, LinedMapping(), content.lines.get("resources", 1))
        self._add_own_resources()
        self._add_functions()
        self._add_layers()
        self._add_resources_of_the_framework()

    def _warn(self, sentence: str, line: int | None, *functions: str) -> None:
        self.problems.append(Problem(sentence, self._file, line or 1, functions))

    def _mappings(self, name: str, example: str) -> Iterator[LinedMapping]:
        """Yield the mappings of a section that is one, or a list of them."""
        value, line = self._content.get(name), self._content.lines.get(name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, LinedMapping):
                yield one
            elif isinstance(one, Unknown):
                self._warn(f"a part of {name} is not known here: {one.reason}.", line)
            elif one is not None:
                self._warn(f"{name} is {shown(one)}, but it is a mapping, such as {example}.", line)

    def _add_own_resources(self) -> None:
        """Add the sections of ``resources``, which are CloudFormation already."""
        example = "resources: {Resources: {Orders: {Type: AWS::SQS::Queue}}}"
        for part in self._mappings("resources", example):
            for name in _SECTIONS:
                value = part.get(name)
                if isinstance(value, LinedMapping):
                    section(self.template, name).update(value)
                    section(self.template, name).lines.update(value.lines)
                elif value is not None:
                    what = f"not known here: {value.reason}" if isinstance(value, Unknown) else None
                    sentence = what or f"{shown(value)}, but it is a mapping, as in {example}"
                    self._warn(f"resources.{name} is {sentence}.", part.lines.get(name))

    def _add_functions(self) -> None:
        for part in self._mappings("functions", f"functions: {{{_FUNCTION_EXAMPLE}}}"):
            for name, function in part.items():
                line = part.lines.get(name)
                if isinstance(function, LinedMapping):
                    self._add_function(name, function, line)
                elif isinstance(function, Unknown):
                    self._warn(
                        f"{shown(name)} is not known here, so it is left out: {function.reason}.",
                        line,
                        name,
                    )
                elif function is not None:
                    self._warn(
                        f"{shown(name)} is {shown(function)}, but a function is a mapping, such as "
                        f"{_FUNCTION_EXAMPLE}.",
                        line,
                        name,
                    )

    def _add_function(self, name: str, function: LinedMapping, line: int | None) -> None:
        refusal = _refusal(function)
        if refusal is not None:
            key, sentence = refusal
            self._warn(f"{shown(name)}: {sentence}", function.lines.get(key, line), name)
            return
        if name in self.functions:
            self._warn(f"{shown(name)} stands twice in functions; take one out.", line, name)
            return
        properties = function_properties(
            self._file, name, function, self._content, prefix=self._prefix, line=line
        )
        self.problems += properties.problems
        resource = _resource("AWS::Serverless::Function", properties.mapping, line)
        if properties.metadata:
            resource.put("Metadata", properties.metadata, line)
        if "condition" in function:
            resource.put("Condition", function["condition"], function.lines.get("condition"))
        self.functions.put(name, function, line)
        identity = logical_id(name, "LambdaFunction")
        self.names[identity] = name
        section(self.template, "Resources").put(identity, resource, line)

    def _add_layers(self) -> None:
        for part in self._mappings("layers", "layers: {common: {path: layers/common}}"):
            for name, layer in part.items():
                if not isinstance(layer, LinedMapping):
                    continue
                line = part.lines.get(name)
                artifact = section(layer, "package")
                properties = LinedMapping()
                properties.put("LayerName", layer.get("name", name), layer.lines.get("name", line))
                if "artifact" in artifact:
                    line_of_path = artifact.lines.get("artifact", line)
                    properties.put("ContentUri", artifact["artifact"], line_of_path)
                elif "path" in layer:
                    properties.put("ContentUri", layer["path"], layer.lines.get("path", line))
                else:
                    self._warn(
                        f"the layer {shown(name)} has no path; add the one of its folder.", line
                    )
                    continue
                resource = _resource("AWS::Serverless::LayerVersion", properties, line)
                identity = logical_id(name, "LambdaLayer")
                section(self.template, "Resources").put(identity, resource, line)

    def _add_resources_of_the_framework(self) -> None:
        made = dict(_ALWAYS_MADE)
        for function in self.functions.values():
            events = section({"": function}, "").get("events")
            for event in events if isinstance(events, list) else []:
                kind = next(iter(event), None) if isinstance(event, dict) else event
                if isinstance(kind, str) and kind in _MADE_FOR:
                    identity, type_name = _MADE_FOR[kind]
                    made[identity] = type_name
        resources = section(self.template, "Resources")
        for identity, type_name in made.items():
            if identity not in resources:
                line = self._content.lines.get("functions")
                resources.put(identity, _resource(type_name, LinedMapping(), line), line)


def _resource(kind: str, properties: LinedMapping, line: int | None) -> LinedMapping:
    resource = LinedMapping()
    resource.put("Type", kind, line)
    resource.put("Properties", properties, line)
    return resource


def _refusal(function: LinedMapping) -> tuple[str, str] | None:
    """Return why a function cannot be run, with the key that it is about; None when it may be."""
    if "image" in function:
        if "handler" in function:
            return "handler", "it has a handler and an image; take one of the two out."
    elif "handler" not in function:
        return "handler", "it has no handler; add one, such as handler: src/app.handler."
    return None
