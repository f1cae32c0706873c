"""Names and qualifiers that AWS refuses, in the words in which it was recorded to do so."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from support.lambda_api import ARN, Api

NAME = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
QUALIFIER = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"


def failure(value: str, member: str, constraint: str) -> str:
    return f"Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"


def bad_name(name: str) -> str:
    return failure(name, "functionName", f"satisfy regular expression pattern: {NAME}")


def both(api: Api, name: str, qualifier: str | None) -> list[tuple[int, str | None, str]]:
    """The errors of Invoke and of GetFunction."""
    path = f"/2015-03-31/functions/{quote(name, safe='')}"
    query = "" if qualifier is None else f"?Qualifier={quote(qualifier, safe='')}"
    return [
        api.request("POST", f"{path}/invocations{query}", b"{}").error,
        api.request("GET", f"{path}{query}").error,
    ]


@pytest.mark.parametrize(
    "name",
    [
        "my-function!",
        "*",
        "invalid-account:function:echo",
        "arn:aws:lambda:invalid-region:123456789012:function:echo",
        "arn:aws:ec2:us-east-1:123456789012:instance:i-1234567890abcdef0",
        f"{ARN}:echo:1:2",
        "function:echo:$LATEST:extra",
        "arn:aws:lambda::123456789012:function:echo",
        "arn:aws:lambda:us-east-1::function:echo",
        f"{ARN}:echo:$LATES",
        "arn:aws:lambda:us-east-1:123400000000@function:myfn",
    ],
)
def test_a_name_of_no_known_form_breaks_the_pattern(api: Api, name: str) -> None:
    message = f"1 validation error detected: {bad_name(name)}"

    assert both(api, name, None) == [(400, "ValidationException", message)] * 2


def test_a_qualifier_breaks_its_pattern_or_its_length(api: Api) -> None:
    pattern = failure("invalid!", "qualifier", f"satisfy regular expression pattern: {QUALIFIER}")
    length = failure("a" * 129, "qualifier", "have length less than or equal to 128")

    for qualifier, reason in (("invalid!", pattern), ("a" * 129, length)):
        message = f"1 validation error detected: {reason}"
        assert both(api, "echo", qualifier) == [(400, "ValidationException", message)] * 2


def test_all_that_is_wrong_is_told_at_once(api: Api) -> None:
    name = "arn:aws:lambda:invalid-region:123456789012:function:my-function-" + "a" * 170
    length = failure("a" * 129, "qualifier", "have length less than or equal to 128")
    message = f"2 validation errors detected: {length}; {bad_name(name)}"

    assert both(api, name, "a" * 129) == [(400, "ValidationException", message)] * 2


def test_a_name_over_256_characters_is_too_long(api: Api) -> None:
    name = "a" * 257
    reason = failure(name, "functionName", "have length less than or equal to 256")
    message = f"1 validation error detected: {reason}"

    assert both(api, name, None) == [(400, "ValidationException", message)] * 2


def test_two_qualifiers_must_agree(api: Api) -> None:
    message = "The derived qualifier from the function name does not match the specified qualifier."

    expected = (400, "InvalidParameterValueException", message)
    assert both(api, f"{ARN}:echo:$LATEST", "1") == [expected] * 2


@pytest.mark.parametrize(
    ("name", "qualifier", "of_invoke", "of_others"),
    [
        ("nobody", None, "nobody:$LATEST", "nobody"),
        ("a" * 65, None, "a" * 65 + ":$LATEST", "a" * 65),
        ("arn:aws:lambda:us-east-1:123456789012:function", None, "function:$LATEST", "function"),
        ("echo", "1221", "echo:1221", "echo:1221"),
        ("echo", "no-alias", "echo:no-alias", "echo:no-alias"),
        ("echo", "$latest", "echo:$latest", "echo:$latest"),
        ("echo:7", None, "echo:7", "echo:7"),
    ],
)
def test_what_does_not_exist_is_not_found(
    api: Api, name: str, qualifier: str | None, of_invoke: str, of_others: str
) -> None:
    assert both(api, name, qualifier) == [
        (404, "ResourceNotFoundException", f"Function not found: {ARN}:{of_invoke}"),
        (404, "ResourceNotFoundException", f"Function not found: {ARN}:{of_others}"),
    ]


def test_another_region_and_another_account_are_out_of_reach(api: Api) -> None:
    message = "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    elsewhere = "arn:aws:lambda:eu-west-1:123456789012:function:echo"
    assert both(api, elsewhere, None) == [(404, "ResourceNotFoundException", message)] * 2

    foreign = "arn:aws:lambda:us-east-1:999999999999:function:echo"
    assert both(api, foreign, None) == [
        (404, "ResourceNotFoundException", f"Function not found: {foreign}:$LATEST"),
        (404, "ResourceNotFoundException", f"Function not found: {foreign}"),
    ]
