"""Reads the published versions of a template's functions, and the aliases that name them.

SAM publishes a version and names it where a function has ``AutoPublishAlias``. In CloudFormation
both are resources of their own.
"""

from __future__ import annotations

import re
from dataclasses import replace

from lambda_tui import limits
from lambda_tui.project.function import LATEST, Alias, Function, PublishedVersion
from lambda_tui.project.kinds.template.language import LinedMapping
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.wording import shown

PROVISIONED = "ProvisionedConcurrencyConfig"
_PROVISIONED_NUMBER = "ProvisionedConcurrentExecutions"
_PROVISIONED_REMEDY = (
    f"{PROVISIONED} needs {_PROVISIONED_NUMBER}, such as "
    f"{PROVISIONED}: {{{_PROVISIONED_NUMBER}: 1}}."
)
_NOTHING_PROVISIONED = "so nothing is provisioned"
_ALIAS_NAME = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9-_]{1,128}")
_ROUTING = "RoutingConfig"
_WEIGHTS = "AdditionalVersionWeights"
_ROUTING_REMEDY = (
    f"{_ROUTING} needs {_WEIGHTS} with one version, such as "
    f"{_WEIGHTS}: [{{FunctionVersion: 2, FunctionWeight: 0.1}}]."
)
_NO_ROUTING = "so the alias has one version"

Published = tuple[tuple[PublishedVersion, ...], tuple[Alias, ...]]


def read_auto_published(properties: Properties, provisioned: int) -> Published:
    """Return the version and the alias that SAM makes where ``AutoPublishAlias`` is given."""
    description = properties.text("VersionDescription") or ""
    version = PublishedVersion("1", description, provisioned)
    name = _alias_name(properties, "AutoPublishAlias", "so version 1 has no alias")
    return (version,), (Alias(name, version.number),) if name is not None else ()


def read_provisioned_concurrency(properties: Properties, reserved: int | None) -> int:
    """Return the number of environments that are provisioned."""
    config = properties.nested(PROVISIONED, _NOTHING_PROVISIONED, _PROVISIONED_REMEDY)
    if config is None:
        return 0
    if not config.is_given(_PROVISIONED_NUMBER):
        properties.refuse(PROVISIONED, _PROVISIONED_REMEDY)
        return 0
    most, unit = concurrency_quota()
    provisioned = config.number(_PROVISIONED_NUMBER, (1, most), unit, _NOTHING_PROVISIONED)
    if provisioned is None:
        return 0
    if reserved is not None and provisioned > reserved:
        config.refuse(
            _PROVISIONED_NUMBER,
            f"{config.label(_PROVISIONED_NUMBER)} is {provisioned}, but "
            f"ReservedConcurrentExecutions is {reserved}; Lambda provisions no more than is "
            "reserved.",
        )
    return provisioned


def concurrency_quota() -> tuple[int, str]:
    """Return the concurrency that functions may take, and the end of a sentence that says it."""
    account, unreserved = limits.ACCOUNT_CONCURRENCY, limits.UNRESERVED_CONCURRENCY
    unit = f"of the account's {account:,}, since {unreserved} must stay unreserved"
    return account - unreserved, unit


def add_version(function: Function, properties: Properties) -> Function:
    """Return the function with the version that an ``AWS::Lambda::Version`` publishes."""
    number = str(len(function.published) + 1)
    description = properties.text("Description") or ""
    provisioned = read_provisioned_concurrency(properties, function.reserved_concurrency)
    published = PublishedVersion(number, description, provisioned)
    return replace(function, published=(*function.published, published))


def add_alias(function: Function, properties: Properties) -> Function:
    """Return the function with the alias of an ``AWS::Lambda::Alias``, unless that is refused."""
    name = _alias_name(properties, "Name", "so it is left out")
    version = _version(properties, "FunctionVersion")
    weights = _weights(properties, version)
    provisioned = read_provisioned_concurrency(properties, function.reserved_concurrency)
    if name is None or version is None:
        return function
    if function.alias(name) is not None:
        properties.refuse(
            "Name", f"{function.name} has an alias {name} already; give it another Name."
        )
    if version == LATEST and provisioned:
        properties.refuse(
            PROVISIONED,
            f"Lambda takes no {PROVISIONED} of {LATEST}; let the alias name a published version.",
        )
    for named in (version, *weights):
        function = _with_version(function, named, properties)
    published = tuple(
        replace(one, provisioned_concurrency=one.provisioned_concurrency + provisioned)
        if one.number == version
        else one
        for one in function.published
    )
    alias = Alias(name, version, properties.text("Description") or "", weights)
    return replace(function, published=published, aliases=(*function.aliases, alias))


def _with_version(function: Function, version: str, properties: Properties) -> Function:
    """Return the function with a version that an alias names, which may be an older one."""
    if version in function.versions:
        return function
    properties.warn(
        "FunctionVersion",
        f"version {version} of {function.name} is not in this template; here it has the present "
        "code.",
    )
    published = (*function.published, PublishedVersion(version))
    return replace(function, published=published)


def _alias_name(properties: Properties, name: str, consequence: str) -> str | None:
    alias = properties.text(name, consequence)
    if alias is None:
        if not properties.is_given(name):
            properties.refuse(name, f"it has no {name}; add one, such as {name}: live.")
        return None
    if not _ALIAS_NAME.fullmatch(alias):
        properties.refuse(
            name,
            f"{properties.label(name)} is {shown(alias)}, but Lambda takes 1 to 128 letters, "
            "digits, - and _, and not digits alone.",
        )
    return alias


def _version(properties: Properties, name: str) -> str | None:
    """Return the version that a property names; None when it is not known here, or refused."""
    value = properties.value(name, "so it is left out")
    version = str(value) if isinstance(value, int) else value
    if isinstance(version, str) and (version == LATEST or version.isdecimal()):
        return version
    if value is not None or not properties.is_given(name):
        properties.refuse(
            name,
            f"{properties.label(name)} needs a version, such as {name}: !GetAtt Version.Version.",
        )
    return None


def _weights(properties: Properties, version: str | None) -> dict[str, float]:
    """Return the shares that other versions get of an alias's invocations."""
    routing = properties.nested(_ROUTING, _NO_ROUTING, _ROUTING_REMEDY)
    if routing is None:
        return {}
    listed = routing.value(_WEIGHTS, _NO_ROUTING)
    if listed is None or listed == []:
        return {}
    if not isinstance(listed, list) or len(listed) > 1 or not isinstance(listed[0], LinedMapping):
        routing.refuse(_WEIGHTS, _ROUTING_REMEDY)
        return {}
    line, path = routing.line_of(_WEIGHTS), f"{routing.label(_WEIGHTS)}."
    item = Properties(listed[0], line, routing.resolver, routing.findings, path)
    other, weight = _version(item, "FunctionVersion"), item.value("FunctionWeight", _NO_ROUTING)
    if other is None or weight is None:
        return {}
    share = _share(weight)
    if share is None or LATEST in (version, other) or other == version:
        routing.refuse(_WEIGHTS, _ROUTING_REMEDY)
        return {}
    return {other: share}


def _share(weight: object) -> float | None:
    try:
        share = float(str(weight))
    except ValueError:
        return None
    return share if 0.0 <= share <= 1.0 else None
