"""The versions and aliases that a template publishes, by SAM or as resources of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Alias, PublishedVersion
from support.sam_template import LINE, PLAIN, SERVERLESS, read

ARN = "arn:aws:lambda:us-east-1:123456789012:function:Hello"
VERSION = """\
  V1:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Hello, Description: the first}
"""


def alias(properties: str, version: str = VERSION) -> str:
    """Return a version and an alias with these properties, in flow style."""
    return (
        f"{version}  Live:\n    Type: AWS::Lambda::Alias\n"
        f"    Properties: {{FunctionName: !Ref Hello, {properties}}}\n"
    )


def test_sam_publishes_a_version_and_its_alias(tmp_path: Path) -> None:
    lines = ("AutoPublishAlias: live", "VersionDescription: spring")
    (function,), problems = read(tmp_path, *lines)

    assert problems == ()
    assert function.published == (PublishedVersion("1", "spring"),)
    assert function.aliases == (Alias("live", "1"),)


def test_an_alias_in_globals_is_every_sam_functions(tmp_path: Path) -> None:
    common = "Globals: {Function: {AutoPublishAlias: live}}\n"
    (function,), problems = read(
        tmp_path,
        "Environment: {Variables: {ALIAS: !Ref HelloAliaslive, IT: !Sub '${Hello.Version}'}}",
        template=common + SERVERLESS,
    )

    assert problems == ()
    assert function.aliases == (Alias("live", "1"),)
    assert function.environment == {"ALIAS": f"{ARN}:live", "IT": f"{ARN}:1"}


@pytest.mark.parametrize(
    ("name", "logical_id"), [("to-day", "HelloAliastoDday"), ("to_day", "HelloAliastoUday")]
)
def test_a_logical_id_spells_an_alias_as_sam_does(
    tmp_path: Path, name: str, logical_id: str
) -> None:
    (function,), problems = read(
        tmp_path,
        f"AutoPublishAlias: {name}",
        f"Environment: {{Variables: {{ALIAS: !Ref {logical_id}}}}}",
    )

    assert problems == ()
    assert function.environment == {"ALIAS": f"{ARN}:{name}"}


@pytest.mark.parametrize("name", ["42", "a b", "''"])
def test_a_name_that_lambda_does_not_take_is_refused(tmp_path: Path, name: str) -> None:
    functions, (problem,) = read(tmp_path, f"AutoPublishAlias: {name!r}".replace('"', ""))

    assert functions == ()
    assert problem.line == LINE
    assert "but Lambda takes 1 to 128 letters, digits, - and _, and not digits" in problem.message


def test_resources_publish_versions_and_name_them(tmp_path: Path) -> None:
    resources = alias("FunctionVersion: !GetAtt V1.Version, Name: live, Description: for all")
    environment = (
        "Environment: {Variables: {IT: !Ref V1, ALIAS: !Ref Live, NUMBER: !GetAtt V1.Version}}"
    )
    (function,), problems = read(tmp_path, environment, template=PLAIN, resources=resources)

    assert problems == ()
    assert function.published == (PublishedVersion("1", "the first"),)
    assert function.aliases == (Alias("live", "1", "for all"),)
    assert function.environment == {"IT": f"{ARN}:1", "ALIAS": f"{ARN}:live", "NUMBER": "1"}


def test_a_resource_is_numbered_after_the_version_that_sam_publishes(tmp_path: Path) -> None:
    resources = alias("FunctionVersion: !GetAtt V1.Version, Name: second")
    (function,), problems = read(tmp_path, "AutoPublishAlias: live", resources=resources)

    assert problems == ()
    assert [version.number for version in function.published] == ["1", "2"]
    assert function.aliases == (Alias("live", "1"), Alias("second", "2"))


def test_versions_and_aliases_provision_environments(tmp_path: Path) -> None:
    config = "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: "
    version = VERSION.replace("the first", f"one, {config}1}}")
    resources = alias(f"FunctionVersion: !GetAtt V1.Version, Name: live, {config}2}}", version)
    (function,), problems = read(tmp_path, template=PLAIN, resources=resources)

    assert problems == ()
    assert function.published == (PublishedVersion("1", "one", 3),)


def test_an_alias_of_an_older_version_has_the_present_code(tmp_path: Path) -> None:
    resources = alias("FunctionVersion: 12, Name: live")
    (function,), (problem,) = read(tmp_path, template=PLAIN, resources=resources)

    assert function.aliases == (Alias("live", "12"),)
    assert function.resolve("12") == function.resolve("live") == "12"
    assert problem.message == (
        "Live: version 12 of Hello is not in this template; here it has the present code."
    )


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ("Name: live", "FunctionVersion needs a version, such as FunctionVersion: !GetAtt"),
        ("FunctionVersion: 1", "it has no Name; add one, such as Name: live."),
        ("FunctionVersion: one, Name: live", "FunctionVersion needs a version, such as"),
        (
            "FunctionVersion: $LATEST, Name: live, "
            "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
            "Lambda takes no ProvisionedConcurrencyConfig of $LATEST; let the alias name a",
        ),
        (
            "FunctionVersion: 1, Name: live, RoutingConfig: {AdditionalVersionWeights: [2]}",
            "RoutingConfig needs AdditionalVersionWeights with one version, such as",
        ),
        (
            "FunctionVersion: 1, Name: live, RoutingConfig: {AdditionalVersionWeights: "
            "[{FunctionVersion: 2, FunctionWeight: 1.5}]}",
            "RoutingConfig needs AdditionalVersionWeights with one version, such as",
        ),
    ],
)
def test_an_alias_that_lambda_does_not_take_is_refused(
    tmp_path: Path, properties: str, sentence: str
) -> None:
    (function,), (problem,) = read(tmp_path, template=PLAIN, resources=alias(properties))

    assert function.aliases == ()
    assert sentence in problem.message


@pytest.mark.parametrize("kind", ["Version", "Alias"])
def test_a_version_or_alias_of_no_function_is_told(tmp_path: Path, kind: str) -> None:
    resources = (
        f"  Lost:\n    Type: AWS::Lambda::{kind}\n"
        "    Properties: {FunctionName: nobody, Name: live, FunctionVersion: 1}\n"
    )
    (function,), (problem,) = read(tmp_path, template=PLAIN, resources=resources)

    assert (function.published, function.aliases) == ((), ())
    assert problem.message == (
        "Lost: FunctionName is nobody, which is no function here; name one, such as !Ref Function."
    )


def test_an_alias_sends_a_share_of_its_invocations_to_another_version() -> None:
    alias = Alias("live", "1", weights={"2": 0.5})

    chosen = {alias.choose_version() for _ in range(200)}

    assert chosen == {"1", "2"}
    assert {Alias("live", "1", weights={"2": 0.0}).choose_version() for _ in range(50)} == {"1"}
