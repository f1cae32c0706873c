"""A template's word on a function's invocations: their tracing, and their tenants."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sam_template import LINE, PLAIN, SERVERLESS, read

PER_TENANT = "TenancyConfig: {TenantIsolationMode: PER_TENANT}"


@pytest.mark.parametrize(
    ("line", "template", "tracing"),
    [
        ("Tracing: Active", SERVERLESS, "Active"),
        ("Tracing: PassThrough", SERVERLESS, "PassThrough"),
        ("Tracing: Disabled", SERVERLESS, "PassThrough"),
        ("TracingConfig: {Mode: Active}", PLAIN, "Active"),
        ("Timeout: 3", SERVERLESS, "PassThrough"),
        ("Timeout: 3", "Globals: {Function: {Tracing: Active}}\n" + SERVERLESS, "Active"),
        ("Timeout: 3", "Globals: {Function: {Tracing: Active}}\n" + PLAIN, "PassThrough"),
    ],
)
def test_tracing_is_read(tmp_path: Path, line: str, template: str, tracing: str) -> None:
    (function,), problems = read(tmp_path, line, template=template)

    assert problems == ()
    assert function.tracing == tracing


@pytest.mark.parametrize("template", [SERVERLESS, PLAIN])
def test_a_function_may_isolate_tenants(tmp_path: Path, template: str) -> None:
    (function,), problems = read(tmp_path, PER_TENANT, template=template)

    assert problems == ()
    assert function.is_tenant_isolated


@pytest.mark.parametrize("config", ["{}", "PER_TENANT", "{TenantIsolationMode: NONE}"])
def test_another_tenancy_is_refused(tmp_path: Path, config: str) -> None:
    functions, (problem,) = read(tmp_path, f"TenancyConfig: {config}")

    assert functions == ()
    assert problem.line == LINE
    assert "PER_TENANT" in problem.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SnapStart", "{ApplyOn: PublishedVersions}"),
        ("ProvisionedConcurrencyConfig", "{ProvisionedConcurrentExecutions: 1}"),
        ("FunctionUrlConfig", "{AuthType: NONE}"),
    ],
)
def test_what_does_not_go_with_tenants_is_refused(tmp_path: Path, name: str, value: str) -> None:
    functions, (problem,) = read(tmp_path, "AutoPublishAlias: live", PER_TENANT, f"{name}: {value}")

    assert functions == ()
    assert problem.line == LINE + 2
    assert f"Lambda takes no {name} together with TenancyConfig" in problem.message
