"""Reads what a template says of a function's invocations: their tracing, and their tenants."""

from __future__ import annotations

from typing import Literal

from lambda_tui.project.function import TracingMode
from lambda_tui.project.kinds.template.properties import Properties

_TRACING = "so traces are passed through"
_TRACING_REMEDY = "TracingConfig needs a Mode, such as TracingConfig: {Mode: Active}."
_Tracing = Literal["Active", "PassThrough", "Disabled"]
_SAM_MODES: tuple[_Tracing, ...] = ("Active", "PassThrough", "Disabled")
_MODES: tuple[TracingMode, ...] = ("Active", "PassThrough")

_TENANCY = "TenancyConfig"
_SHARED = "so tenants share environments"
_TENANCY_REMEDY = (
    "TenancyConfig needs a TenantIsolationMode, such as "
    "TenancyConfig: {TenantIsolationMode: PER_TENANT}."
)


def read_tracing(properties: Properties, *, is_serverless: bool) -> TracingMode:
    """Return whether Lambda decides on the sampling of traces, or passes on what callers say."""
    if is_serverless:
        mode: _Tracing | None = properties.choice("Tracing", _SAM_MODES, _TRACING)
    else:
        config = properties.nested("TracingConfig", _TRACING, _TRACING_REMEDY)
        mode = None if config is None else config.choice("Mode", _MODES, _TRACING)
    return "Active" if mode == "Active" else "PassThrough"


def read_tenant_isolation(properties: Properties, *, snap_start: bool, provisioned: int) -> bool:
    """Return whether each environment serves one tenant; refuse what does not go with that."""
    config = properties.nested(_TENANCY, _SHARED, _TENANCY_REMEDY)
    if config is None:
        return False
    if not config.is_given("TenantIsolationMode"):
        properties.refuse(_TENANCY, _TENANCY_REMEDY)
        return False
    if config.choice("TenantIsolationMode", ("PER_TENANT",), _SHARED) is None:
        return False
    conflicts = {
        "SnapStart": snap_start,
        "ProvisionedConcurrencyConfig": provisioned > 0,
        "FunctionUrlConfig": properties.is_given("FunctionUrlConfig"),
    }
    for name, is_given in conflicts.items():
        if is_given:
            properties.refuse(
                name, f"Lambda takes no {name} together with {_TENANCY}; leave one of the two out."
            )
    return True
