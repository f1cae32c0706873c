"""Reads one function resource of a template, and checks it as Lambda does on deployment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from lambda_tui import limits
from lambda_tui.project.code import Cache
from lambda_tui.project.function import (
    DEFAULT_ARCHITECTURE,
    DEFAULT_EPHEMERAL_STORAGE,
    DEFAULT_MEMORY_SIZE,
    DEFAULT_TIMEOUT,
    LATEST,
    Alias,
    Architecture,
    AsyncConfig,
    ContainerImage,
    Function,
    Layer,
    Problem,
    PublishedVersion,
)
from lambda_tui.project.handlers import built_folder
from lambda_tui.project.kinds.template.code_location import (
    CodeLocation,
    read_code_location,
    source_location,
)
from lambda_tui.project.kinds.template.function.container_image import (
    is_container_image,
    read_container_image,
)
from lambda_tui.project.kinds.template.function.environment_variables import (
    read_environment,
    variable_origins,
)
from lambda_tui.project.kinds.template.function.event_invoke_config import (
    configure_qualifier,
    read_async_config,
)
from lambda_tui.project.kinds.template.function.file_systems import read_file_systems
from lambda_tui.project.kinds.template.function.invocation_properties import (
    read_tenant_isolation,
    read_tracing,
)
from lambda_tui.project.kinds.template.function.logging_config import read_logging_config
from lambda_tui.project.kinds.template.function.published_versions import (
    PROVISIONED,
    concurrency_quota,
    read_auto_published,
    read_provisioned_concurrency,
)
from lambda_tui.project.kinds.template.language import (
    LinedMapping,
    Resolver,
    UnresolvedError,
    physical_function_name,
)
from lambda_tui.project.kinds.template.layers import TemplateLayers
from lambda_tui.project.kinds.template.properties import Findings, Properties
from lambda_tui.project.runtimes import (
    OS_ONLY_RUNTIMES,
    PYTHON_RUNTIMES,
    end_of_support,
    language_of,
    runtime_obstacle,
    runtime_refusal,
)
from lambda_tui.project.wording import shown

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_STORAGE_REMEDY = "EphemeralStorage needs a Size in MB, such as EphemeralStorage: {Size: 1024}."
_ARCHITECTURES = "Architectures"
_SNAP_START = "SnapStart"
_SNAP_START_REMEDY = (
    f"{_SNAP_START} needs ApplyOn, such as {_SNAP_START}: {{ApplyOn: PublishedVersions}}."
)
_SNAP_START_RUNTIME = "python3.12"
"""The oldest Python runtime that AWS takes snapshots of."""


class _Deployed(NamedTuple):
    """The code that a function runs, whether it is in a zip file or in an image."""

    code: CodeLocation | None
    """None where it is refused."""
    handler: str
    runtime: str | None
    layers: tuple[Layer, ...]
    obstacle: str | None
    image: ContainerImage | None = None
    linked_folders: Mapping[Path, str] | None = None
    added_packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = MappingProxyType({})
    """The variables of the image; the function's own go before them."""
    variable_origins: Mapping[str, str] = MappingProxyType({})


class FunctionResource:
    """One function resource: reads its properties, and collects what is wrong with them."""

    def __init__(
        self,
        file: Path,
        logical_id: str,
        line: int | None,
        mapping: LinedMapping,
        resolver: Resolver,
        *,
        own: LinedMapping,
        metadata: LinedMapping,
        is_serverless: bool,
    ) -> None:
        """Take the properties in ``mapping``, with SAM's Globals merged in where they apply.

        ``line`` is the resource's, ``own`` are its properties without Globals, and ``metadata`` is
        what it says to the tools that build it.
        """
        self._own = own
        self._findings = Findings(file, logical_id, logical_id)
        self._properties = Properties(mapping, line, resolver, self._findings)
        self._metadata = Properties(metadata, line, resolver, self._findings, "Metadata.")
        self._is_serverless = is_serverless
        self.common_problems: list[Problem] = []
        """Problems of what other functions may have too, such as a Dockerfile."""

    @property
    def problems(self) -> list[Problem]:
        """The problems found so far."""
        return self._findings.problems

    @property
    def unknown(self) -> Mapping[Problem, str]:
        """The names under which the user can give what is not known, by problems."""
        return self._findings.unknown

    def read(
        self, layers: TemplateLayers, cache: Cache, bootstraps: Mapping[str, tuple[str, ...]]
    ) -> Function | None:
        """Return the function; None when it is refused, with the reasons in ``problems``.

        ``bootstraps`` has the commands that replace runtimes, by the function's name. Code in an
        archive is unpacked into the cache; layers are not extracted yet.
        """
        properties = self._properties
        # First, since the problems of the other properties name the function.
        self._findings.function = name = self._name()
        code_property = "CodeUri" if self._is_serverless else "Code"
        bootstrap = bootstraps.get(name, ())
        if is_container_image(properties, code_property):
            deployed = self._of_image(code_property, cache, bootstrap)
        else:
            deployed = self._of_zip_file(code_property, cache, bootstrap, layers)
        runtime = deployed.runtime
        timeout = _number(properties, "Timeout", limits.TIMEOUT_SECONDS, "seconds", DEFAULT_TIMEOUT)
        memory_size = _number(properties, "MemorySize", limits.MEMORY_MB, "MB", DEFAULT_MEMORY_SIZE)
        ephemeral_storage = self._ephemeral_storage()
        architecture = self._architecture()
        own_variables = read_environment(properties)
        environment = {**deployed.environment, **own_variables.known}
        logging = read_logging_config(properties)
        asynchronous = read_async_config(properties, is_serverless=self._is_serverless)
        reserved = self._reserved_concurrency()
        provisioned = self._provisioned_concurrency(reserved)
        published, aliases = self._auto_published(provisioned)
        snap_start = self._snap_start(runtime, ephemeral_storage, provisioned)
        tracing = read_tracing(properties, is_serverless=self._is_serverless)
        is_tenant_isolated = read_tenant_isolation(
            properties, snap_start=snap_start, provisioned=provisioned
        )
        description = properties.text("Description") or ""
        file_systems = read_file_systems(properties)
        if file_systems and snap_start:
            self.warn(
                "FileSystemConfigs",
                "Lambda takes no snapshots of functions with file systems; leave one of the two "
                "out.",
            )
        code = deployed.code
        if self._findings.refused or code is None:
            return None
        function = Function(
            name=name,
            logical_id=self._findings.logical_id,
            handler=deployed.handler,
            code_directory=code.directory,
            code_archive=code.archive,
            code_file=code.file,
            linked_folders=deployed.linked_folders,
            added_packages=deployed.added_packages,
            layers=deployed.layers,
            runtime=runtime,
            image=deployed.image,
            obstacle=deployed.obstacle,
            bootstrap=bootstrap,
            timeout=timeout,
            memory_size=memory_size,
            ephemeral_storage=ephemeral_storage,
            file_systems=file_systems,
            architecture=architecture,
            environment=environment,
            variable_origins={
                **deployed.variable_origins,
                **variable_origins(own_variables.known, properties, self._own),
            },
            unknown_variables=own_variables.unknown,
            secrets=frozenset(
                name for name, text in environment.items() if properties.resolver.holds_secret(text)
            ),
            logging=logging,
            asynchronous=AsyncConfig(dead_letter=asynchronous.dead_letter),
            reserved_concurrency=reserved,
            published=published,
            aliases=aliases,
            snap_start=snap_start,
            tracing=tracing,
            is_tenant_isolated=is_tenant_isolated,
            description=description,
            region=properties.resolver.text({"Ref": "AWS::Region"}),
            file=self._findings.file,
            line=properties.line,
        )
        # SAM configures the alias that it publishes.
        return configure_qualifier(function, function.event_qualifier or LATEST, asynchronous)

    @property
    def name(self) -> str:
        """The function's name, as far as it is known."""
        return self._findings.function

    def _of_zip_file(
        self, name: str, cache: Cache, bootstrap: tuple[str, ...], layers: TemplateLayers
    ) -> _Deployed:
        """Return what is deployed by the property ``name``, ``CodeUri`` or ``Code``."""
        layer_versions = layers.read(self._properties)
        runtime = self._runtime(is_replaced=bool(bootstrap))
        obstacle = None if runtime is None or bootstrap else runtime_obstacle(runtime)
        if obstacle is not None:
            self.warn("Runtime", obstacle)
            # Until it can run, nothing misses what a build would make of its source.
            code: CodeLocation | None = source_location(self._properties, name)
        else:
            code = read_code_location(self._properties, name, cache, runtime)
        if code is not None and code.archive is None and runtime in OS_ONLY_RUNTIMES:
            code = code._replace(directory=built_folder(code.directory) or code.directory)
        return _Deployed(code, self._handler(), runtime, layer_versions, obstacle)

    def _of_image(self, name: str, cache: Cache, bootstrap: tuple[str, ...]) -> _Deployed:
        """Return what is deployed by an image; its problems stand in the Dockerfile."""
        read = read_container_image(self._properties, self._metadata, cache)
        file = read.image.dockerfile if read.image else self._findings.file
        for sentence, line in read.remarks:
            self.common_problems.append(Problem(sentence, file, line))
        obstacle = None
        if read.obstacle is not None and not bootstrap and not self._findings.refused:
            sentence, line = read.obstacle
            message = f"{shown(self._findings.logical_id)}: {sentence}"
            named_by = "PackageType" if "PackageType" in self._properties else name
            line = line or self._properties.line_of(named_by)
            self._findings.problems.append(Problem(message, file, line, (self._findings.function,)))
            obstacle = sentence[:1].upper() + sentence[1:]
        return _Deployed(
            CodeLocation(read.code.directory),
            read.handler,
            read.runtime,
            (),
            obstacle,
            read.image,
            read.code.linked_folders,
            read.installed,
            read.environment,
            read.origins,
        )

    def line_of(self, name: str) -> int | None:
        """Return the line of a property; the resource's own where the property is not written."""
        return self._properties.line_of(name)

    def warn(self, name: str, sentence: str) -> None:
        """Add a problem of a property that leaves the function usable."""
        self._properties.warn(name, sentence)

    def _name(self) -> str:
        given = self._properties.text("FunctionName")
        name = given or physical_function_name(self._findings.logical_id)
        most = limits.FUNCTION_NAME_CHARACTERS
        if not _FUNCTION_NAME.fullmatch(name) or len(name) > most:
            self._properties.refuse(
                "FunctionName",
                f"the function's name, {shown(name)}, has to be 1 to {most} letters, digits, - "
                "or _.",
            )
        return name

    def _runtime(self, *, is_replaced: bool) -> str | None:
        runtime = self._properties.text("Runtime")
        # A program of the user's replaces any runtime.
        refusal = None if runtime is None or is_replaced else runtime_refusal(runtime)
        end = None if runtime is None else end_of_support(runtime)
        if refusal is not None:
            self._properties.refuse("Runtime", refusal)
        elif end is not None:
            self._properties.warn("Runtime", end)
        elif "Runtime" not in self._properties:
            self._properties.warn(
                "Runtime", "it has no Runtime; add one, such as Runtime: python3.13."
            )
        return runtime

    def _handler(self) -> str:
        findings = self._findings
        known_problems = len(findings.problems)
        handler = self._properties.text("Handler")
        if handler is None and len(findings.problems) > known_problems:
            # A function cannot do without a handler, even where a deployment would know it.
            findings.refuse_unknown()
        elif handler is None and not findings.refused:
            sentence = "it has no Handler; add one, such as Handler: app.handler."
            findings.refuse(sentence, self._properties.line)
        elif handler is not None and not 0 < len(handler) <= limits.HANDLER_CHARACTERS:
            self._properties.refuse(
                "Handler",
                f"Handler has {len(handler)} characters, where Lambda takes 1 to "
                f"{limits.HANDLER_CHARACTERS}.",
            )
        return handler or ""

    def _ephemeral_storage(self) -> int:
        name, default = "EphemeralStorage", DEFAULT_EPHEMERAL_STORAGE
        storage = self._properties.nested(name, f"so {default} MB holds", _STORAGE_REMEDY)
        if storage is None:
            return default
        if "Size" not in storage:
            self._properties.refuse(name, _STORAGE_REMEDY)
        return _number(storage, "Size", limits.EPHEMERAL_STORAGE_MB, "MB", default)

    def _architecture(self) -> Architecture:
        consequence = f"so {DEFAULT_ARCHITECTURE} holds"
        value = self._properties.value(_ARCHITECTURES, consequence)
        if isinstance(value, list) and len(value) == 1:
            try:
                value = [self._properties.resolver.resolve(value[0])]
            except UnresolvedError as error:
                sentence = f"the value of {_ARCHITECTURES} is not known here, {consequence}"
                self._properties.warn(_ARCHITECTURES, f"{sentence}: {error.sentence}", error.name)
                return DEFAULT_ARCHITECTURE
        match value:
            case ["arm64"]:
                return "arm64"
            case None | ["x86_64"]:
                return DEFAULT_ARCHITECTURE
        self._properties.refuse(
            _ARCHITECTURES,
            f"{_ARCHITECTURES} is {shown(value)}, but Lambda takes a list with one of x86_64 and "
            f"arm64, such as {_ARCHITECTURES}: [arm64].",
        )
        return DEFAULT_ARCHITECTURE

    def _reserved_concurrency(self) -> int | None:
        most, unit = concurrency_quota()
        return self._properties.number(
            "ReservedConcurrentExecutions", (0, most), unit, "so nothing is reserved"
        )

    def _provisioned_concurrency(self, reserved: int | None) -> int:
        if not self._is_serverless:
            # Versions and aliases have it, not an AWS::Lambda::Function.
            return 0
        provisioned = read_provisioned_concurrency(self._properties, reserved)
        if provisioned and not self._properties.is_given("AutoPublishAlias"):
            self.warn(
                PROVISIONED,
                f"SAM deploys no {PROVISIONED} without an alias; add one, such as "
                "AutoPublishAlias: live.",
            )
        return provisioned

    def _auto_published(
        self, provisioned: int
    ) -> tuple[tuple[PublishedVersion, ...], tuple[Alias, ...]]:
        """Return the version and the alias that SAM publishes."""
        if not self._is_serverless or not self._properties.is_given("AutoPublishAlias"):
            return (), ()
        return read_auto_published(self._properties, provisioned)

    def _snap_start(self, runtime: str | None, ephemeral_storage: int, provisioned: int) -> bool:
        """Return whether snapshots are taken; warn where AWS would not, or they are not here."""
        consequence = "so no snapshot is taken"
        config = self._properties.nested(_SNAP_START, consequence, _SNAP_START_REMEDY)
        if config is None:
            return False
        if not config.is_given("ApplyOn"):
            self._properties.refuse(_SNAP_START, _SNAP_START_REMEDY)
            return False
        choices = ("PublishedVersions", "None")
        if config.choice("ApplyOn", choices, consequence) != "PublishedVersions":
            return False
        if runtime is not None and language_of(runtime) != "python":
            self.warn(
                _SNAP_START, f"snapshots are taken of Python functions only here, not of {runtime}."
            )
            return False
        for sentence in _snap_start_conflicts(runtime, ephemeral_storage, provisioned):
            self.warn(_SNAP_START, sentence)
        if self._is_serverless and not self._properties.is_given("AutoPublishAlias"):
            self.warn(
                _SNAP_START,
                "snapshots are of published versions, and SAM publishes none without an alias; "
                "add one, such as AutoPublishAlias: live.",
            )
        return True


def _number(
    properties: Properties, name: str, allowed: tuple[int, int], unit: str, default: int
) -> int:
    number = properties.number(name, allowed, unit, f"so {default} {unit} holds")
    return default if number is None else number


def _snap_start_conflicts(
    runtime: str | None, ephemeral_storage: int, provisioned: int
) -> list[str]:
    """Return a sentence for all that AWS does not take together with snapshots; it works here."""
    found = []
    oldest = PYTHON_RUNTIMES.index(_SNAP_START_RUNTIME)
    if runtime is not None and runtime not in PYTHON_RUNTIMES[oldest:]:
        found.append(
            f"Lambda takes snapshots of {_SNAP_START_RUNTIME} and later, not of {runtime}; "
            f"name one of those as Runtime."
        )
    if ephemeral_storage > limits.SNAP_START_STORAGE_MB:
        found.append(
            f"Lambda takes snapshots with up to {limits.SNAP_START_STORAGE_MB} MB of /tmp, and "
            f"EphemeralStorage is {ephemeral_storage}."
        )
    if provisioned:
        found.append(
            "Lambda takes no snapshots of functions with provisioned concurrency; "
            "leave one of the two out."
        )
    return found
