"""Facts about a function, and about the environment that served an invocation, as rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lambda_tui.engine.environment import ExecutionEnvironment, ProcessUsage
from lambda_tui.engine.launch import ENDPOINT_VARIABLE, SandboxPlan
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import own_program
from lambda_tui.project.kinds.template import RESERVED_VARIABLES
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import megabytes
from lambda_tui.ui.model.invocation_facts import INVOCATION_FACTS
from lambda_tui.wording import counted

_SECRET = re.compile(
    r"KEY|SECRET|TOKEN|PASSW|PASSPHRASE|CREDENTIAL|PRIVATE|(?:^|_)(?:PWD|PASS|PAT|DSN|AUTH)(?:_|$)",
    re.IGNORECASE,
)
_CREDENTIALS_IN_URL = re.compile(r"^[\w.+-]+://[^/@\s]*:[^/@\s]+@")
_ZYGOTE = "/boot.py "
"""In the command of a zygote, which its forks keep."""
_LOCAL = "lambda-tui; AWS does not set it"
_FORKED = "the runtime, a fork"
_STATES = {"stopped": "stopped", "zombie": "ended, not reaped"}


@dataclass(frozen=True, slots=True)
class Detail:
    """One fact. Its texts are safe to show on one line."""

    section: str
    label: str
    value: str
    origin: str = ""
    """The place that says so, or more about it."""
    is_secret: bool = False
    """Whether the value is shown on request only."""

    @property
    def masked(self) -> str:
        """The value as it is shown without a request: of a secret its length alone."""
        if not self.is_secret:
            return self.value
        return f"•••••• {counted(len(self.value), 'character')}"


def details_of(function: Function, pool: Pool) -> list[tuple[str, str]]:
    """Return what a function is and runs on, as labels with short values."""
    found = [
        ("limits", f"{function.memory_size:,} MB · {function.timeout} s"),
        ("handler", function.handler),
        ("runs on", _runs_on(function, pool)),
        ("declared in", _source(function, is_short=True)),
        ("problem", f"✗ {pool.problem}" if pool.problem else ""),
    ]
    return [(label, one_line(value)) for label, value in found if value]


def function_details(function: Function, pool: Pool) -> list[Detail]:
    """Return everything that holds for each environment of a function."""
    section = "Function"
    facts = [
        ("name", function.name, function.description),
        ("stack", function.stack_path, ""),
        ("ARN", function.arn, ""),
        ("handler", function.handler, function.runtime or "no Runtime is named"),
        ("source", _source(function), ""),
        ("code", str(function.code_path), str(function.image.dockerfile) if function.image else ""),
        ("runs on", *_interpreter(function, pool)),
        ("program", _program(function, pool), ""),
        ("memory", f"{function.memory_size:,} MB", ""),
        ("timeout", f"{function.timeout} s", ""),
        ("/tmp", f"{function.ephemeral_storage:,} MB", ""),
        ("concurrency", _concurrency(function), ""),
        ("versions", ", ".join(_versions(function)), ""),
        ("log group", function.log_group, f"{function.logging.format} format"),
        ("tracing", function.tracing, ""),
        ("SnapStart", "published versions" if function.snap_start else "", ""),
        ("tenants", "isolated" if function.is_tenant_isolated else "", ""),
    ]
    rows = [_detail(section, *fact) for fact in facts if fact[1]]
    rows += [
        _detail("Layers", str(number), layer.arn, str(layer.path or "not on this machine"))
        for number, layer in enumerate(function.layers, start=1)
    ]
    return rows


def invocation_details(record: InvocationRecord, function: Function) -> list[Detail]:
    """Return the outcome of one invocation, why it was cold, which code ran, its time and cost."""
    section = f"Invocation #{record.number}"
    rows = []
    for label, fact in INVOCATION_FACTS.items():
        if value := fact(record):
            rows.append(_detail(section, label, value))
        if label == "version":
            rows.append(_detail(section, "code", str(function.code_path), function.handler))
    named = (("event", record.event_name), ("request", record.request_id))
    return [*rows, *(_detail(section, label, value) for label, value in named if value)]


def environment_details(environment: ExecutionEnvironment, pool: Pool) -> list[Detail]:
    """Return what holds for one environment, as it is now."""
    section = f"Environment {environment.number}"
    sandbox = environment.fork_server.sandbox
    facts = [
        ("state", str(environment.state), environment.initialization_type),
        ("id", environment.id, ""),
        ("log stream", environment.log_stream, ""),
        ("init process", "" if environment.pid is None else f"pid {environment.pid}", ""),
        ("sandbox", sandbox.level if sandbox else "", sandbox.reason if sandbox else ""),
        ("network", *_network(environment.plan)),
    ]
    rows = [_detail(section, *fact) for fact in facts if fact[1]]
    rows += [
        _detail("Extensions", one.name, str(one.state), ", ".join((one.kind, *one.events)))
        for one in environment.extensions
    ]
    return rows


def mount_details(environment: ExecutionEnvironment) -> list[Detail]:
    """Return the folders and files that the environment has, and where they lie here."""
    tmp = environment.tmp_directory
    storage = f"{environment.function.ephemeral_storage:,} MB"
    own = [] if tmp is None else [_detail("Mounts", "/tmp", str(tmp), storage)]
    plan = environment.plan
    if plan is None:
        return own
    note = "read-only" if environment.is_isolated else "by its path here: there is no sandbox"
    binds = sorted(plan.binds, key=lambda bind: bind[1])
    rows = [_detail("Mounts", inside, str(path), note) for path, inside in binds]
    rows += [_detail("Mounts", path, "cannot be read", "") for path in plan.unreadable]
    return [*own, *rows]


def variable_details(function: Function, environment: ExecutionEnvironment | None) -> list[Detail]:
    """Return the function's own variables, as an environment has them, and lambda-tui's.

    Those whose values are not known here follow, with the reasons.
    """
    given = _variables(function, environment)
    own = {**function.local_variables, **function.environment}
    if ENDPOINT_VARIABLE in given:
        own.setdefault(ENDPOINT_VARIABLE, given[ENDPOINT_VARIABLE])
    known = [
        Detail(
            "Variables",
            one_line(name),
            one_line(given.get(name, value)),
            one_line(_origin(function, name)),
            name in function.secrets or _is_secret(name, value),
        )
        for name, value in sorted(own.items())
    ]
    unknown = sorted(function.unknown_variables.items())
    return known + [_detail("Variables", name, "no value here", why) for name, why in unknown]


def _origin(function: Function, name: str) -> str:
    """Return the place that sets a variable; an empty text where it is not known."""
    is_local = name in {ENDPOINT_VARIABLE, *function.local_variables}
    is_local = is_local and name not in function.environment
    return _LOCAL if is_local else function.variable_origins.get(name, "")


def lambda_variable_details(
    function: Function, environment: ExecutionEnvironment | None
) -> list[Detail]:
    """Return the variables that Lambda sets in an environment; real credentials by their owner."""
    variables = dict(_variables(function, environment))
    launch = None if environment is None else environment.launch
    if launch is not None and launch.credentials.are_real:
        variables |= dict.fromkeys(launch.credentials.variables, f"of {launch.credentials.whose}")
    return [
        _detail("Variables set by Lambda", name, value, "reserved" * (name in RESERVED_VARIABLES))
        for name, value in sorted(variables.items())
        if name not in {ENDPOINT_VARIABLE, *function.environment, *function.local_variables}
    ]


def process_details(processes: Iterable[ProcessUsage]) -> list[Detail]:
    """Return the processes of an environment, each below the one that has started it."""
    return [
        _detail(
            "Processes",
            f"{'  ' * one.depth}{one.pid}",
            f"{megabytes(one.memory_mb)} MB · {counted(one.threads, 'thread')} · "
            f"{_STATES.get(one.state, one.state)}",
            _FORKED if one.depth == 0 and _ZYGOTE in one.command else one.command,
        )
        for one in processes
    ]


def _detail(section: str, label: str, value: str, origin: str = "") -> Detail:
    return Detail(section, one_line(label), one_line(value), one_line(origin))


def _runs_on(function: Function, pool: Pool) -> str:
    program = own_program(function)
    if program is not None:
        return program
    version = pool.runtime_version
    if version is None:
        return ""
    return f"{pool.interpreter.title(version)} · {pool.interpreter.origin}"


def _interpreter(function: Function, pool: Pool) -> tuple[str, str]:
    """Return what runs the function, and why that."""
    if function.obstacle is not None:
        return "none", function.obstacle
    program = own_program(function)
    if program is not None:
        return program, "the setting bootstrap" if function.bootstrap else "the function's own"
    interpreter = pool.interpreter
    if interpreter.problem:
        return "none", interpreter.problem
    version = pool.runtime_version
    name = interpreter.title(version) if version else str(interpreter.executable)
    mismatch = pool.version_mismatch
    return name, f"{interpreter.origin}; {mismatch}" if mismatch else interpreter.origin


def _program(function: Function, pool: Pool) -> str:
    if function.bootstrap:
        return " ".join(function.bootstrap)
    return "" if own_program(function) is not None else str(pool.interpreter.executable)


def _source(function: Function, *, is_short: bool = False) -> str:
    if function.file is None:
        return ""
    file = function.file.name if is_short else str(function.file)
    return f"{file}:{function.line}" if function.line else file


def _concurrency(function: Function) -> str:
    parts = []
    if function.reserved_concurrency is not None:
        parts.append(f"{function.reserved_concurrency:,} reserved")
    if function.provisioned_concurrency:
        parts.append(f"{function.provisioned_concurrency:,} provisioned")
    return ", ".join(parts)


def _versions(function: Function) -> Iterator[str]:
    if not function.published:
        return
    yield from function.versions
    for alias in function.aliases:
        yield f"{alias.name} → {alias.version}"


def _network(plan: SandboxPlan | None) -> tuple[str, str]:
    if plan is None:
        return "", ""
    network = plan.network
    if not network.is_own:
        return "the machine's", network.refusal
    if network.connector is None:
        return "its own, without an outside", network.shortcoming
    return f"its own, connected by {network.connector.name}", network.shortcoming


def _variables(function: Function, environment: ExecutionEnvironment | None) -> Mapping[str, str]:
    """Return all variables of an environment; the function's own where no process runs."""
    launch = None if environment is None else environment.launch
    return function.environment if launch is None else launch.variables


def _is_secret(name: str, value: str) -> bool:
    return bool(value) and bool(_SECRET.search(name) or _CREDENTIALS_IN_URL.match(value))
