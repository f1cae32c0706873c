"""Whose credentials functions get, and the region that comes with them."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest

from lambda_tui.project.credentials import (
    PLACEHOLDERS,
    CredentialsError,
    profile_names,
    resolve_credentials,
)
from lambda_tui.project.function import Function
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, load_settings
from support.aws_profiles import KEY_ID, SECRET, TOKEN, write_answer, write_profiles

LATER = "2126-11-30T12:00:00+00:00"
TEMPLATE = """\
Resources:
  Order:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      InlineCode: "def handler(event, context): pass"
      Environment: {Variables: {TOPIC: !Sub "arn:aws:sns:${AWS::Region}:1:orders"}}
"""
SERVERLESS = """\
service: shop
provider: {name: aws, runtime: python3.13}
functions:
  order:
    handler: app.handler
    environment: {REGION: "${aws:region}", PROVIDERS: "${self:provider.region}"}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_profiles(tmp_path / "home", monkeypatch)
    return tmp_path / "home"


def function_of(folder: Path, files: dict[str, str], settings: Settings | None = None) -> Function:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    (function,) = load_project(folder, settings).functions
    return function


def refusal(choice: str) -> str:
    with pytest.raises(CredentialsError) as raised:
        resolve_credentials(choice)
    return str(raised.value)


def test_by_default_there_are_placeholders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    assert resolve_credentials(Settings().credentials) is PLACEHOLDERS
    assert not PLACEHOLDERS.are_real


def test_a_profile_gives_its_keys_and_the_account_that_its_file_names() -> None:
    found = resolve_credentials("profile:dev")

    assert found.variables == {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    assert found.owner == "profile dev, 111122223333"


def test_a_profiles_program_is_run_and_its_credentials_expire(home: Path) -> None:
    write_answer(home, "ASIA1", LATER)
    found = resolve_credentials("profile:by-program")

    assert found.variables["AWS_SESSION_TOKEN"] == TOKEN
    assert found.expires_at == datetime.fromisoformat(LATER).timestamp()
    assert not found.have_expired


def test_a_profile_does_not_have_the_shells_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHESHELL000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")

    assert resolve_credentials("profile:dev").variables["AWS_ACCESS_KEY_ID"] == KEY_ID


def test_the_shell_gives_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", LATER)
    found = resolve_credentials("shell")

    assert found.owner == "shell"
    assert found.variables["AWS_SESSION_TOKEN"] == TOKEN
    assert found.expires_at == datetime.fromisoformat(LATER).timestamp()
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00+00:00")
    assert "the shell's credentials have expired; get others" in refusal("shell")


def test_the_shell_may_name_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "dev")

    assert resolve_credentials("shell").whose == "profile dev"


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("shell", "the shell has neither AWS_ACCESS_KEY_ID and"),
        ("profile:prod", "there is no profile prod; there are default, dev, by-program,"),
        ("profile:nothing", "has no credentials; run `aws configure --profile nothing`"),
        ("profile:with-code", "asks for an MFA code, which cannot be typed here; run"),
        ("profile:company", "the session of profile company has ended; run `aws sso login"),
        ("profile:by-program", "gives no credentials (CredentialRetrievalError)"),
    ],
)
def test_what_is_missing_is_said_with_the_remedy(choice: str, sentence: str) -> None:
    assert sentence in refusal(choice)


def test_an_ended_session_is_looked_at_again_and_a_program_is_not_run_again() -> None:
    for choice, may_pass in (("profile:company", True), ("profile:by-program", False)):
        with pytest.raises(CredentialsError) as raised:
            resolve_credentials(choice)
        assert raised.value.may_pass is may_pass


def test_without_botocore_the_remedy_is_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore", None)
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    assert "install lambda-tui[aws]" in refusal("profile:dev")


def test_files_that_cannot_be_read_have_no_profiles_and_raise_nothing(home: Path) -> None:
    (home / ".aws" / "config").write_bytes(b"\xff[[[\n= x")

    assert profile_names() == ["dev"]
    assert "there is no profile" in refusal("profile:none") or "no credentials" in refusal(
        "profile:none"
    )


def test_the_profiles_of_both_files_are_known() -> None:
    names = ["by-program", "company", "default", "dev", "nothing", "with-code"]

    assert profile_names() == names


def test_no_secret_is_in_the_text_of_credentials() -> None:
    text = repr(resolve_credentials("profile:dev"))

    assert "profile dev" in text
    assert SECRET not in text
    assert KEY_ID not in text


def test_the_settings_choose(tmp_path: Path) -> None:
    (tmp_path / "lambda-tui.toml").write_text(
        'credentials = "profile:dev"\nregion = "eu-north-1"\n'
        '[endpoint_url]\ndefault = "http://localhost:4566"\n"Secrets Manager" = "http://[::1]:1/x"\n'
    )
    settings, problems = load_settings(tmp_path, tmp_path / "nothing")

    assert problems == ()
    assert settings.credentials == "profile:dev"
    assert settings.region == "eu-north-1"
    assert settings.endpoint_url["default"] == "http://localhost:4566"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('credentials = "dev"', "credentials is dev, but it takes placeholder, shell or"),
        ('region = "Frankfurt"', "region is Frankfurt, but it takes a region"),
        ('endpoint_url = "localhost"', "endpoint_url is localhost, but it takes an address"),
        ("endpoint_url = {s3 = 1}", "endpoint_url.s3 is 1, but it takes an address"),
        ('endpoint_url = {"a/b" = "http://x"}', "a/b, which is no service"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(tmp_path: Path, line: str, sentence: str) -> None:
    (tmp_path / "lambda-tui.toml").write_text(line)
    settings, (problem,) = load_settings(tmp_path, tmp_path / "nothing")

    assert sentence in str(problem)
    assert settings == Settings()


def test_endpoints_are_variables_that_the_functions_own_go_before(tmp_path: Path) -> None:
    addresses = {"default": "http://localhost:4566", "secrets-manager": "http://localhost:1"}
    function = function_of(
        tmp_path / "shop", {"template.yaml": TEMPLATE}, Settings(endpoint_url=addresses)
    )

    assert function.local_variables["AWS_ENDPOINT_URL"] == "http://localhost:4566"
    assert function.local_variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == "http://localhost:1"
    assert "AWS_ENDPOINT_URL_LAMBDA" not in function.local_variables


@pytest.mark.parametrize(
    ("settings", "samconfig", "region"),
    [
        (Settings(), "", "us-east-1"),
        (Settings(), "ap-south-1", "ap-south-1"),
        (Settings(credentials="profile:dev"), "", "eu-central-1"),
        (Settings(credentials="profile:dev"), "ap-south-1", "ap-south-1"),
        (Settings(region="eu-north-1"), "ap-south-1", "eu-north-1"),
        (Settings(values={"AWS::Region": "eu-west-3"}), "ap-south-1", "eu-west-3"),
    ],
)
def test_the_region_of_a_template(
    tmp_path: Path, settings: Settings, samconfig: str, region: str
) -> None:
    given = f'[default.global.parameters]\nregion = "{samconfig}"\n'
    function = function_of(
        tmp_path / "shop", {"template.yaml": TEMPLATE, "samconfig.toml": given}, settings
    )

    assert function.region == region
    assert function.arn.split(":")[3] == region
    assert function.environment["TOPIC"] == f"arn:aws:sns:{region}:1:orders"


@pytest.mark.parametrize(
    ("settings", "provider", "region"),
    [
        (Settings(), "", "us-east-1"),
        (Settings(credentials="profile:dev"), "", "eu-central-1"),
        (Settings(credentials="profile:dev"), ", region: ap-south-1", "ap-south-1"),
        (Settings(region="eu-north-1"), ", region: ap-south-1", "eu-north-1"),
        (Settings(region="eu-north-1"), ', region: "${opt:region}"', "eu-north-1"),
    ],
)
def test_the_region_of_a_serverless_file(
    tmp_path: Path, settings: Settings, provider: str, region: str
) -> None:
    text = SERVERLESS.replace("python3.13}", f"python3.13{provider}}}")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").write_text("def handler(event, context): pass\n")
    function = function_of(tmp_path / "shop", {"serverless.yml": text}, settings)

    assert function.region == function.environment["REGION"] == region


def test_the_shells_region_counts_with_its_credentials_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ca-central-1")
    files = {"lambda_function.py": "def lambda_handler(event, context): pass\n"}

    def region(settings: Settings) -> str:
        return function_of(tmp_path / "plain", files, settings).region

    assert region(Settings()) == "us-east-1"
    assert region(Settings(credentials="shell")) == "ca-central-1"
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert region(Settings(credentials="shell")) == "us-west-2"
    monkeypatch.setenv("AWS_PROFILE", "dev")
    assert region(Settings(credentials="shell")) == "eu-central-1"
