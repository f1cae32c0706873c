"""The AWS credentials that functions get: placeholders, the shell's, or those of a profile."""

from __future__ import annotations

import configparser
import os
import shlex
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import REGION
from lambda_tui.project.settings import PLACEHOLDER, PROFILE, SHELL, Settings
from lambda_tui.project.wording import shown

if TYPE_CHECKING:
    from botocore.session import Session

CREDENTIAL_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""The variables by which Lambda gives a function its role's credentials."""

_LARGEST_FILE = 1024 * 1024
_LONGEST_CHAIN = 16
"""Profiles that lead from one to the next."""
# They would ask the network of the machine for another's credentials where a profile has none.
_NOT_OF_A_PROFILE = ("ec2-credentials-file", "boto-config", "container-role", "iam-role")


class CredentialsError(Exception):
    """There are no such credentials; ``str()`` is a sentence with the remedy."""

    def __init__(self, sentence: str, *, may_pass: bool = False) -> None:
        """``may_pass`` says that there may be some later, without anything chosen anew."""
        super().__init__(sentence)
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True)
class Credentials:
    """Credentials with their owner. Only the owner is for people to see."""

    whose: str
    """``placeholder``, ``shell`` or ``profile NAME``."""
    variables: Mapping[str, str] = field(repr=False)
    """The variables by which a function gets them; those of a user have no token."""
    account: str = ""
    """The account's id, or the ARN of the role, as far as the user's own files tell."""
    expires_at: float | None = None
    """Seconds since the epoch; None for credentials that last."""

    @property
    def owner(self) -> str:
        """Whose they are, with the account or the role where that is known."""
        return f"{self.whose}, {self.account}" if self.account else self.whose

    @property
    def are_real(self) -> bool:
        """Whether AWS may accept them."""
        return self.whose != PLACEHOLDER

    @property
    def have_expired(self) -> bool:
        """Whether AWS accepts them no more."""
        return self.expires_at is not None and self.expires_at <= time.time()


def _variables(key_id: str, secret: str, token: str | None) -> dict[str, str]:
    named = zip(CREDENTIAL_VARIABLES, (key_id, secret, token), strict=True)
    return {name: value for name, value in named if value}


# Code that calls AWS by mistake must not reach the developer's account.
PLACEHOLDERS = Credentials(
    PLACEHOLDER,
    _variables("ASIALAMBDATUILOCAL00", "lambda-tui-placeholder", "lambda-tui-placeholder"),
)


def resolve_credentials(choice: str) -> Credentials:
    """Return what the setting ``credentials`` chooses; raise ``CredentialsError``.

    A profile's files are read, and where it says so a program is run or AWS is asked, which may
    take seconds.
    """
    if choice == PLACEHOLDER:
        return PLACEHOLDERS
    if choice == SHELL:
        return _of_shell(os.environ)
    return _of_profile(choice.removeprefix(PROFILE))


def profile_names() -> list[str]:
    """Return the profiles of the user's files, sorted; those of files that cannot be read miss."""
    config = {_profile_of(name) for name in _sections(_config_file())}
    return sorted({*config - {""}, *_sections(_shared_file())})


def region_of(settings: Settings, own: str | None = None) -> str:
    """Return the region of a project whose own files say ``own``.

    The user's word goes before that, and the region of the credentials behind it.
    """
    given = settings.region or settings.values.get("AWS::Region") or own
    return given or _region_of_credentials(settings.credentials) or REGION


def _region_of_credentials(choice: str) -> str | None:
    """Return the region that the AWS CLI would call with them; None for placeholders."""
    if choice == PLACEHOLDER:
        return None
    profile = choice.removeprefix(PROFILE)
    if choice == SHELL:
        shells = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if shells:
            return shells
        profile = os.environ.get("AWS_PROFILE") or "default"
    for title, section in _sections(_config_file()).items():
        if _profile_of(title) == profile and "region" in section:
            return section["region"]
    return _sections(_shared_file()).get(profile, {}).get("region")


def _of_shell(variables: Mapping[str, str]) -> Credentials:
    """Return what the AWS CLI would use in the shell that has started this process."""
    key_id, secret = variables.get("AWS_ACCESS_KEY_ID"), variables.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret:
        account = variables.get("AWS_ACCOUNT_ID", "")
        given = _variables(key_id, secret, variables.get("AWS_SESSION_TOKEN"))
        expiration = _moment(variables.get("AWS_CREDENTIAL_EXPIRATION", ""))
        found = Credentials(SHELL, given, account, expiration)
        if found.have_expired:
            raise CredentialsError(
                "the shell's credentials have expired; get others, and start lambda-tui again."
            )
        return found
    if profile := variables.get("AWS_PROFILE"):
        return _of_profile(profile)
    raise CredentialsError(
        "the shell has neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor AWS_PROFILE; "
        "export these there, or name a profile."
    )


def _of_profile(name: str) -> Credentials:
    try:
        import botocore.session
    except ImportError as error:
        raise CredentialsError(
            f"the profile {shown(name)} is read by botocore, which is not installed; install "
            "lambda-tui[aws], or let the shell have the credentials and choose shell."
        ) from error
    try:
        session = botocore.session.Session(profile=name)
        profiles = session.full_config.get("profiles", {})
        if name not in profiles:
            raise CredentialsError(_no_profile(name, profiles))
        _refuse_questions(name, profiles)
        return _read_session(name, session)
    except CredentialsError:
        raise
    except Exception as error:
        # By botocore, by the network, or by what botocore stumbles over in a profile's file.
        # A program that has failed may have opened a window; it is not run again unasked.
        may_pass = type(error).__name__ != "CredentialRetrievalError"
        raise CredentialsError(_failure(name, error), may_pass=may_pass) from error


def _read_session(name: str, session: Session) -> Credentials:
    resolver = session.get_component("credential_provider")
    for method in _NOT_OF_A_PROFILE:
        resolver.remove(method)
    found = session.get_credentials()
    if found is None:
        raise CredentialsError(
            f"the profile {shown(name)} has no credentials; run `aws configure --profile "
            f"{shown(name)}`, or choose another."
        )
    # Read as a whole: a refresh in between would mix the old with the new.
    frozen = found.get_frozen_credentials()
    expiry = getattr(found, "_expiry_time", None)
    return Credentials(
        f"profile {name}",
        _variables(frozen.access_key, frozen.secret_key, frozen.token),
        _account(session.get_scoped_config(), getattr(frozen, "account_id", None)),
        expiry.timestamp() if isinstance(expiry, datetime) else None,
    )


def _account(profile: Mapping[str, object], found: str | None) -> str:
    known = (found, *(profile.get(one) for one in ("role_arn", "aws_account_id", "sso_account_id")))
    role = profile.get("sso_role_name")
    account = next((str(one) for one in known if one), "")
    return f"{account} {role}" if account and role else account


def _refuse_questions(name: str, profiles: Mapping[str, Mapping[str, str]]) -> None:
    """Raise ``CredentialsError`` where a code would be asked for on the terminal."""
    following: str | None = name
    for _ in range(_LONGEST_CHAIN):
        profile = profiles.get(following or "", {})
        if "mfa_serial" in profile and "role_arn" in profile:
            raise CredentialsError(
                f"the profile {shown(name)} asks for an MFA code, which cannot be typed here; run "
                f'eval "$(aws configure export-credentials --profile {shown(name)} --format env)" '
                "in the shell, and choose shell."
            )
        following = profile.get("source_profile")


def _no_profile(name: str, profiles: Mapping[str, object]) -> str:
    names = ", ".join(map(shown, profiles))
    there = f"there are {names}" if names else "there is none yet"
    return f"there is no profile {shown(name)}; {there}. `aws configure` makes one."


def _failure(name: str, error: Exception) -> str:
    """Return a sentence without what the error was told, which may hold a secret."""
    kind = type(error).__name__
    if "SSO" in kind or "Token" in kind or "Unauthorized" in kind:
        return (
            f"the session of profile {shown(name)} has ended; run `aws sso login --profile {name}`."
        )
    return (
        f"the profile {shown(name)} gives no credentials ({kind}); "
        f"`aws sts get-caller-identity --profile {name}` says why."
    )


def _moment(text: str) -> float | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text).timestamp()
    return None


def _config_file() -> Path:
    return Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()


def _shared_file() -> Path:
    named = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    return Path(named or "~/.aws/credentials").expanduser()


def _sections(file: Path) -> dict[str, Mapping[str, str]]:
    """Return the sections of one of the user's files; none of a file that cannot be read."""
    parser = configparser.RawConfigParser(strict=False)
    with suppress(UnreadableFileError, configparser.Error):
        parser.read_string(read_text(file, _LARGEST_FILE))
    return {name: parser[name] for name in parser.sections()}


def _profile_of(section: str) -> str:
    """Return the profile that a section of the file ``config`` is about; empty for others."""
    if section == "default":
        return section
    with suppress(ValueError):
        match shlex.split(section):
            case ["profile", name]:
                return name
    return ""
