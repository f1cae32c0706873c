"""Collects the triggers of every function of a template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lambda_tui.project.function import Function, Trigger
from lambda_tui.project.kinds.template.globals import merge_globals
from lambda_tui.project.kinds.template.known_names import SERVERLESS_FUNCTION
from lambda_tui.project.kinds.template.language import section, text_under
from lambda_tui.project.kinds.template.stack import Stack
from lambda_tui.project.kinds.template.triggers.function_events import function_triggers
from lambda_tui.project.kinds.template.triggers.invoking_resources import (
    HINTS,
    READERS,
    Found,
    http_api_authorizers,
    rest_api_authorizers,
)
from lambda_tui.project.kinds.template.triggers.known_values import KnownValues

_MOST = 100
"""Triggers of a function that are kept."""


def read_triggers(functions: dict[str, Function], stacks: Sequence[Stack]) -> None:
    """Set the triggers of ``functions``, by name: their own first, then those of resources."""
    found: dict[str, list[Trigger]] = {name: [] for name in functions}
    by_path = {stack.path: stack for stack in stacks}
    for function in functions.values():
        path, slash, logical_id = (function.logical_id or "").rpartition("/")
        stack = by_path.get(f"{path}{slash}")
        if stack is not None:
            found[function.name] += _own_triggers(stack, logical_id)
    for stack in stacks:
        _add_of_resources(stack, found)
    for name, triggers in found.items():
        if triggers:
            functions[name] = replace(functions[name], triggers=tuple(triggers[:_MOST]))


def _own_triggers(stack: Stack, logical_id: str) -> Iterable[Trigger]:
    """Return the triggers in the properties of a function, where it is one of SAM's."""
    resource = section(stack.resolver.resources, logical_id)
    if text_under(resource, "Type") != SERVERLESS_FUNCTION:
        return ()
    common = section(section(stack.content, "Globals"), "Function")
    merged = merge_globals(common, section(resource, "Properties"), resource.get("IgnoreGlobals"))
    return function_triggers(KnownValues(merged, stack.resolver), logical_id)


def _add_of_resources(stack: Stack, found: dict[str, list[Trigger]]) -> None:
    common, resolver = section(stack.content, "Globals"), stack.resolver
    rest_api, http_api = (section(common, name) for name in ("Api", "HttpApi"))
    _add(rest_api_authorizers("Globals", KnownValues(rest_api, resolver)), found)
    _add(http_api_authorizers("Globals", KnownValues(http_api, resolver)), found)
    for kind, reader in {**READERS, **HINTS}.items():
        for logical_id in resolver.resources:
            resource = section(resolver.resources, logical_id)
            if text_under(resource, "Type") == kind:
                properties = KnownValues(section(resource, "Properties"), resolver)
                added = reader(logical_id, properties)
                _add(_news(added, found) if kind in HINTS else added, found)


def _add(triggers: Iterable[tuple[str | None, Trigger]], found: dict[str, list[Trigger]]) -> None:
    for function, trigger in triggers:
        if function in found and trigger not in found[function]:
            found[function].append(trigger)


def _news(triggers: Found, found: Mapping[str, list[Trigger]]) -> Found:
    """Yield the triggers of services of which nothing is known yet for that function."""
    for function, trigger in triggers:
        known = {_family(one.service) for one in found.get(function or "", ())}
        if _family(trigger.service) not in known:
            yield function, trigger


def _family(service: str) -> str:
    """Return what the principal of a permission stands for: the service, or several."""
    if service in ("httpapi", "websocket") or service.startswith("authorizer-"):
        return "apigateway"
    if service.startswith("cognito-"):
        return "cognito"
    return "eventbridge" if service == "schedule" else service
