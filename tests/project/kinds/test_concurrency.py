from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.sam_template import LINE, PLAIN, SERVERLESS, read

if TYPE_CHECKING:
    from pathlib import Path

PROVISIONED = "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: "


def test_a_function_reserves_and_provisions_nothing_unless_it_says_so(tmp_path: Path) -> None:
    (function,), problems = read(tmp_path)

    assert problems == ()
    assert (function.reserved_concurrency, function.provisioned_concurrency) == (None, 0)


@pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])
@pytest.mark.parametrize(("written", "reserved"), [("0", 0), ("1", 1), ("'7'", 7), ("900", 900)])
def test_reserved_concurrency_is_read_with_0_that_blocks_and_up_to_900(
    tmp_path: Path, template: str, written: str, reserved: int
) -> None:
    line = f"ReservedConcurrentExecutions: {written}"
    (function,), problems = read(tmp_path, line, template=template)

    assert problems == ()
    assert function.reserved_concurrency == reserved


@pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])
@pytest.mark.parametrize("written", ["-1", "901", "1000"])
def test_a_reservation_below_0_or_beyond_what_the_account_can_spare_is_refused(
    tmp_path: Path, template: str, written: str
) -> None:
    line = f"ReservedConcurrentExecutions: {written}"
    functions, (problem,) = read(tmp_path, line, template=template)

    assert functions == ()
    assert str(problem) == (
        f"template.yaml:{LINE}: Hello: ReservedConcurrentExecutions is {written}, but Lambda takes "
        "0 to 900 of the account's 1,000, since 100 must stay unreserved."
    )


@pytest.mark.parametrize("written", ["many", "1.5", "true", "[1]", "'1e3'"])
def test_a_reservation_that_is_no_whole_number_is_refused(tmp_path: Path, written: str) -> None:
    functions, (problem,) = read(tmp_path, f"ReservedConcurrentExecutions: {written}")

    assert functions == ()
    assert problem.line == LINE
    assert "not a whole number; Lambda takes 0 to 900" in problem.message


def test_a_reservation_that_only_a_deployment_knows_reserves_nothing(tmp_path: Path) -> None:
    (function,), (problem,) = read(tmp_path, "ReservedConcurrentExecutions: !ImportValue many")

    assert function.reserved_concurrency is None
    assert "ReservedConcurrentExecutions is not known here, so nothing is" in problem.message


@pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])
def test_a_reservation_of_no_value_reserves_nothing(tmp_path: Path, template: str) -> None:
    line = "ReservedConcurrentExecutions: !Ref AWS::NoValue"
    (function,), problems = read(tmp_path, line, template=template)

    assert problems == ()
    assert function.reserved_concurrency is None


def test_provisioned_concurrency_is_read(tmp_path: Path) -> None:
    (function,), problems = read(tmp_path, PROVISIONED + "2}", "AutoPublishAlias: live")

    assert problems == ()
    assert function.provisioned_concurrency == 2


def test_provisioned_concurrency_may_hang_on_a_condition(tmp_path: Path) -> None:
    conditions = "Conditions:\n  Always: !Equals [a, a]\n"
    lines = [
        "AutoPublishAlias: live",
        "ProvisionedConcurrencyConfig: !If",
        "  - Always",
        "  - {ProvisionedConcurrentExecutions: 4}",
        "  - !Ref AWS::NoValue",
    ]
    (function,), problems = read(tmp_path, *lines, template=conditions + SERVERLESS)
    assert problems == ()
    assert function.provisioned_concurrency == 4

    never = conditions.replace("[a, a]", "[a, b]")
    (function,), problems = read(tmp_path, *lines[1:], template=never + SERVERLESS)
    assert problems == (), "what is not provisioned needs no alias"
    assert function.provisioned_concurrency == 0


def test_concurrency_in_globals_holds_for_sam_functions_only(tmp_path: Path) -> None:
    common = (
        "Globals:\n"
        "  Function:\n"
        "    AutoPublishAlias: live\n"
        "    ReservedConcurrentExecutions: 5\n"
        f"    {PROVISIONED}3}}\n"
    )
    (function,), problems = read(tmp_path, template=common + SERVERLESS)
    assert problems == ()
    assert (function.reserved_concurrency, function.provisioned_concurrency) == (5, 3)

    (function,), problems = read(tmp_path, template=common + PLAIN)
    assert problems == ()
    assert (function.reserved_concurrency, function.provisioned_concurrency) == (None, 0)


@pytest.mark.parametrize("written", ["0", "-1", "901"])
def test_provisioned_concurrency_below_1_or_beyond_the_account_is_refused(
    tmp_path: Path, written: str
) -> None:
    functions, (problem,) = read(tmp_path, "AutoPublishAlias: live", PROVISIONED + written + "}")

    assert functions == ()
    assert str(problem) == (
        f"template.yaml:{LINE + 1}: Hello: "
        f"ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions is {written}, but Lambda "
        "takes 1 to 900 of the account's 1,000, since 100 must stay unreserved."
    )


@pytest.mark.parametrize(
    "config",
    [
        "2",
        "[2]",
        "{}",
        "{ProvisionedConcurrentExecutions: }",
        "{ProvisionedConcurrentExecutions: !Ref AWS::NoValue}",
    ],
)
def test_a_provisioned_concurrency_config_without_its_number_is_refused(
    tmp_path: Path, config: str
) -> None:
    line = f"ProvisionedConcurrencyConfig: {config}"
    functions, (problem,) = read(tmp_path, line, "AutoPublishAlias: live")

    assert functions == ()
    assert problem.line == LINE
    assert (
        "ProvisionedConcurrencyConfig needs ProvisionedConcurrentExecutions, such as "
        "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}."
    ) in problem.message


@pytest.mark.parametrize(("reserved", "provisioned"), [(0, 1), (2, 3)])
def test_more_provisioned_than_reserved_concurrency_is_refused(
    tmp_path: Path, reserved: int, provisioned: int
) -> None:
    functions, (problem,) = read(
        tmp_path,
        "AutoPublishAlias: live",
        f"ReservedConcurrentExecutions: {reserved}",
        f"{PROVISIONED}{provisioned}}}",
    )

    assert functions == ()
    assert str(problem) == (
        f"template.yaml:{LINE + 2}: Hello: "
        f"ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions is {provisioned}, but "
        f"ReservedConcurrentExecutions is {reserved}; Lambda provisions no more than is reserved."
    )


def test_as_much_provisioned_as_reserved_concurrency_is_taken(tmp_path: Path) -> None:
    (function,), problems = read(
        tmp_path,
        "AutoPublishAlias: live",
        "ReservedConcurrentExecutions: 2",
        PROVISIONED + "2}",
    )

    assert problems == ()
    assert (function.reserved_concurrency, function.provisioned_concurrency) == (2, 2)


def test_a_refused_reservation_is_not_held_against_the_provisioned_concurrency(
    tmp_path: Path,
) -> None:
    _, problems = read(
        tmp_path,
        "AutoPublishAlias: live",
        "ReservedConcurrentExecutions: -1",
        PROVISIONED + "2}",
    )

    assert [problem.line for problem in problems] == [LINE + 1]


@pytest.mark.parametrize("alias", [(), ("AutoPublishAlias: !Ref AWS::NoValue",)])
def test_provisioned_concurrency_without_an_alias_belongs_to_nothing(
    tmp_path: Path, alias: tuple[str, ...]
) -> None:
    (function,), (problem,) = read(tmp_path, PROVISIONED + "2}", *alias)

    assert function.provisioned_concurrency == 0
    assert str(problem) == (
        f"template.yaml:{LINE}: Hello: SAM deploys no ProvisionedConcurrencyConfig without an "
        "alias; add one, such as AutoPublishAlias: live."
    )


def test_an_alias_that_only_a_deployment_knows_is_an_alias(tmp_path: Path) -> None:
    lines = (PROVISIONED + "2}", "AutoPublishAlias: !ImportValue alias")
    (function,), (problem,) = read(tmp_path, *lines)

    assert "the value of AutoPublishAlias is not known here, so version 1" in problem.message
    assert function.provisioned_concurrency == 2
    assert (function.versions, function.aliases) == (("$LATEST", "1"), ())


def test_provisioned_concurrency_on_a_plain_lambda_function_is_unknown(tmp_path: Path) -> None:
    (function,), (problem,) = read(tmp_path, PROVISIONED + "0}", template=PLAIN)

    assert problem.message.startswith(
        "Hello: AWS::Lambda::Function has no ProvisionedConcurrencyConfig; "
    )
    assert function.provisioned_concurrency == 0
