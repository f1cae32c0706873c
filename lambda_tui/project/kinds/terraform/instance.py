"""The resources that modules declare, and the state that all modules of a project share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.function import REGION, Problem
from lambda_tui.project.kinds.template.language import Unknown
from lambda_tui.project.kinds.terraform.cloud_values import cloud_value, name_argument
from lambda_tui.project.kinds.terraform.language import Block, Evaluator, Failure, Members, Scope
from lambda_tui.project.kinds.terraform.resource import Resource
from lambda_tui.project.kinds.terraform.source_files import SourceFiles

ENDLESS = Failure("it refers to itself")
"""The value of what is made of itself."""
_NOT_READ = frozenset({"count", "for_each", "depends_on", "provider", "source_code_hash", "tags"})
_BLOCKS_NOT_READ = frozenset({"lifecycle", "provisioner", "connection", "timeouts"})
_GIVEN_BY_USERS = ("filename", "source_dir")
"""Arguments that the settings may give although the configuration does too, or does not."""


@dataclass(slots=True)
class Deployment:
    """The state that all modules of one project share."""

    directory: Path
    """The folder of the root module, which paths are relative to."""
    sources: SourceFiles
    evaluator: Evaluator
    values: Mapping[str, str]
    """The user's values, by the names that Terraform has for what is not known here."""
    workspace: str = "default"
    region: str = REGION
    problems: list[Problem] = field(default_factory=list)
    active: set[object] = field(default_factory=set)
    """The values that are being made, by keys."""
    downloaded: Mapping[str, str] = field(default_factory=dict)
    """The folders of modules that ``terraform init`` has put there, by their keys."""

    @contextmanager
    def making(self, key: object) -> Iterator[bool]:
        """Hold a key while its value is made; give whether that has an end."""
        is_new = key not in self.active
        self.active.add(key)
        try:
            yield is_new
        finally:
            if is_new:
                self.active.discard(key)

    def warn(self, sentence: str, file: Path, line: int, *functions: str) -> None:
        """Add a problem; each is told once."""
        problem = Problem(sentence, file, line, functions)
        if problem not in self.problems:
            self.problems.append(problem)


class Instance(Members):
    """A resource of a module, or one of several that ``count`` or ``for_each`` makes of it."""

    def __init__(
        self, deployment: Deployment, kind: str, address: str, block: Block, scope: Scope
    ) -> None:
        self._deployment = deployment
        self._kind = kind
        self._block = block
        self._scope = scope
        self._made: dict[str, object] = {}
        self.address = address

    @property
    def is_data(self) -> bool:
        """Whether Terraform reads it, and does not make it."""
        return self._block.kind == "data"

    def member(self, name: str) -> object:
        """Return an argument, the blocks of a kind, or what the cloud gives."""
        if name not in self._made:
            with self._deployment.making((id(self), name)) as has_end:
                if not has_end:
                    return ENDLESS
                given = self.given(name)
                is_name = isinstance(given, Unknown) and name == name_argument(self._kind)
                is_made_up = given is None or is_name
                self._made[name] = self._of_the_cloud(name) if is_made_up else given
        return self._made[name]

    def given(self, name: str) -> object:
        """Return what the user or the configuration says of an attribute; None for nothing."""
        own = self._deployment.values.get(f"{self.address}.{name}")
        if own is not None:
            return own
        evaluator = self._deployment.evaluator
        if name in self._block.arguments:
            return evaluator.argument(self._block.arguments[name], self._scope)
        kinds = {*(one.kind for one in self._block.blocks), *self._dynamic_kinds()}
        return evaluator.block(self._block, self._scope).get(name) if name in kinds else None

    def resource(self) -> Resource:
        """Return it with all that the configuration says of it."""
        block, deployment = self._block, self._deployment
        kept = Block(
            block.kind,
            block.labels,
            {name: one for name, one in block.arguments.items() if name not in _NOT_READ},
            [one for one in block.blocks if one.kind not in _BLOCKS_NOT_READ],
            block.line,
        )
        values = deployment.evaluator.block(kept, self._scope)
        for name in _GIVEN_BY_USERS:
            own = deployment.values.get(f"{self.address}.{name}")
            if own is not None:
                values.put(name, own, values.lines.get(name, block.line))
        file = self._scope.file
        return Resource(self.address, self._kind, values, file, block.line, self.is_data)

    def _dynamic_kinds(self) -> set[str]:
        return {one.labels[0] for one in self._block.blocks if one.kind == "dynamic" and one.labels}

    def _of_the_cloud(self, name: str) -> object:
        if self._kind == "terraform_data" and name == "output":
            return self.given("input")
        kind, region = self._kind, self._deployment.region
        if self.is_data:
            # A thing that is read by its name has the shape of one that is made.
            named_by = name_argument(kind)
            is_named = named_by is not None and self.given(named_by) is not None
            kind = kind if is_named else f"data.{kind}"
        return cloud_value(kind, self.address, name, region, self.given)
