"""How many invocations at a time a template's function reserves, and how many it provisions."""

from __future__ import annotations

from lambda_tui.project.properties import Limits, Properties
from lambda_tui.project.settings import ACCOUNT_CONCURRENCY

LEAST_UNRESERVED = 100
"""How much of the account's concurrency has to stay free for functions that reserve none."""

_MOST = ACCOUNT_CONCURRENCY - LEAST_UNRESERVED
_UNIT = f"of the account's {ACCOUNT_CONCURRENCY:,}, since {LEAST_UNRESERVED} must stay unreserved"
RESERVED_CONCURRENCY = Limits(0, _MOST, _UNIT)
PROVISIONED_CONCURRENCY = Limits(1, _MOST, _UNIT)

_CONFIG = "ProvisionedConcurrencyConfig"
_NUMBER = "ProvisionedConcurrentExecutions"
_REMEDY = f"{_CONFIG} needs {_NUMBER}, such as {_CONFIG}: {{{_NUMBER}: 1}}."


def read_reserved_concurrency(properties: Properties) -> int | None:
    """What the function reserves of the account's concurrency; 0 blocks it, None is nothing."""
    consequence = "so nothing is reserved"
    return properties.number("ReservedConcurrentExecutions", RESERVED_CONCURRENCY, consequence)


def read_provisioned_concurrency(properties: Properties, reserved: int | None) -> int:
    """How many environments an ``AWS::Serverless::Function`` has initialised ahead; 0 for none."""
    consequence = "so nothing is provisioned"
    config = properties.nested(_CONFIG, consequence, _REMEDY)
    if config is None:
        return 0
    if not properties.is_given("AutoPublishAlias"):
        properties.warn(
            _CONFIG,
            f"SAM deploys no {_CONFIG} without an alias; add one, such as AutoPublishAlias: live.",
        )
    if not config.is_given(_NUMBER):
        properties.refuse(_CONFIG, _REMEDY)
        return 0
    provisioned = config.number(_NUMBER, PROVISIONED_CONCURRENCY, consequence)
    if provisioned is None:
        return 0
    if reserved is not None and provisioned > reserved:
        config.refuse(
            _NUMBER,
            f"{config.label(_NUMBER)} is {provisioned}, but ReservedConcurrentExecutions is "
            f"{reserved}; Lambda provisions no more than is reserved.",
        )
    return provisioned
