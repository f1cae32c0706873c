"""The files in which AWS's tools keep a user's profiles, in a folder of a test's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

KEY_ID, SECRET, TOKEN = "AKIAOFTHETEST0000000", "s3cr3t/of+the/test", "t0k3n/of+the/test"

CONFIG = """\
[default]
region = us-west-2

[profile dev]
region = eu-central-1
aws_account_id = 111122223333

[profile by-program]
credential_process = {python} {program}

[profile nothing]
region = sa-east-1

[profile with-code]
role_arn = arn:aws:iam::111122223333:role/deploy
mfa_serial = arn:aws:iam::111122223333:mfa/me
source_profile = dev

[profile company]
sso_session = company
sso_account_id = 444455556666
sso_role_name = Developer

[sso-session company]
sso_start_url = https://company.example/start
sso_region = eu-west-1
"""
KEYS = f"[dev]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
# Its answer is in a file, so that a test can change it.
PROGRAM = """\
import pathlib
print((pathlib.Path(__file__).parent / "answer.json").read_text())
"""


def write_profiles(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the user's home, with profiles, and take AWS's variables from the shell."""
    folder = home / ".aws"
    folder.mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)
    config = CONFIG.format(python=sys.executable, program=folder / "program.py")
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(KEYS)
    monkeypatch.setenv("HOME", str(home))
    for name in (
        *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE"),
        *("AWS_SHARED_CREDENTIALS_FILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        *("AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID", "AWS_CREDENTIAL_EXPIRATION"),
    ):
        monkeypatch.delenv(name, raising=False)


def write_answer(home: Path, key_id: str, expiration: str | None = None) -> None:
    """Have the profile ``by-program`` give a key from now on."""
    answer = {"Version": 1, "AccessKeyId": key_id, "SecretAccessKey": SECRET, "SessionToken": TOKEN}
    if expiration is not None:
        answer["Expiration"] = expiration
    (home / ".aws" / "answer.json").write_text(json.dumps(answer))
