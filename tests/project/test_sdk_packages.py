"""The packages of AWS's SDK that a function relies on: by its source, and by its errors."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.code import Cache, assemble
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.sdk import missing_package, needed_packages

# The tests' own has boto3.
PYTHON = Interpreter(Path(sys.executable), "this")
NONE = Interpreter(Path("/nowhere/python"), "nowhere")


def function(folder: Path, runtime: str, files: dict[str, str], **given: Any) -> Function:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Function("function", "app.handler", folder, runtime=runtime, **given)


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("import boto3\n", {"boto3"}),
        ("import simplejson as json\n", {"simplejson"}),
        ("def f():\n    from botocore.config import Config\n", {"botocore"}),
        ("import urllib3, os\n", {"urllib3"}),
        ("import os, boto3 as b\n", {"boto3"}),
        ("import boto3_helpers\n", set()),
        ("# import boto3\n", set()),
        ("import os\n", set()),
    ],
)
def test_the_imports_of_a_python_source_are_found(
    tmp_path: Path, source: str, needed: set[str]
) -> None:
    one = function(tmp_path, "python3.13", {"code/app.py": source})

    assert needed_packages(one, NONE) == needed


def test_the_imports_of_code_that_is_put_together_of_links_are_found(tmp_path: Path) -> None:
    function(tmp_path / "src", "python3.13", {"app.py": "import boto3\n"})
    function(tmp_path / "lib", "python3.13", {"table.py": "import simplejson\n"})
    placed = [("", tmp_path / "src"), ("lib", tmp_path / "lib")]
    code = assemble(placed, Cache(tmp_path / "cache"))
    one = Function("function", "app.handler", code.directory, linked_folders=code.linked_folders)

    assert needed_packages(one, NONE) == {"boto3", "simplejson"}


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ('import { S3Client } from "@aws-sdk/client-s3";', {"@aws-sdk/client-s3"}),
        ("const { S3 } = require('@aws-sdk/client-s3')", {"@aws-sdk/client-s3"}),
        ("await import('@smithy/node-http-handler')", {"@smithy/node-http-handler"}),
        ('import"@aws-sdk/client-s3"', {"@aws-sdk/client-s3"}),
        ('import x from "@aws-sdk/client-s3/package.json"', {"@aws-sdk/client-s3"}),
        ("import {\n  A,\n  B,\n} from '@aws-sdk/lib-dynamodb';", {"@aws-sdk/lib-dynamodb"}),
        ("const name = '@aws-sdk/client-s3'", set()),
        ("require('aws-sdk')", set()),
    ],
)
@pytest.mark.parametrize("file", ["index.js", "index.mjs", "lib/store.ts"])
def test_the_imports_of_a_node_source_are_found(
    tmp_path: Path, file: str, source: str, needed: set[str]
) -> None:
    one = function(tmp_path, "nodejs22.x", {file: source})

    assert needed_packages(one, NONE) == needed


def test_a_package_json_requires_packages_too(tmp_path: Path) -> None:
    package = {"dependencies": {"@aws-sdk/client-sqs": "^3", "left-pad": "1"}}
    one = function(tmp_path, "nodejs22.x", {"package.json": json.dumps(package)})

    assert needed_packages(one, NONE) == {"@aws-sdk/client-sqs"}


@pytest.mark.parametrize(
    ("runtime", "source", "brought"),
    [
        ("python3.13", "import boto3", "boto3/__init__.py"),
        ("python3.13", "import six", "six.py"),
        ("nodejs22.x", "require('@aws-sdk/client-s3')", "node_modules/@aws-sdk/client-s3/index.js"),
    ],
)
def test_a_package_of_the_code_is_not_needed(
    tmp_path: Path, runtime: str, source: str, brought: str
) -> None:
    name = "app.py" if runtime.startswith("python") else "index.js"
    one = function(tmp_path, runtime, {name: source, brought: ""})

    assert needed_packages(one, NONE) == set()


@pytest.mark.parametrize(
    ("runtime", "source", "brought"),
    [
        ("python3.13", "import boto3", "python/boto3/__init__.py"),
        ("python3.13", "import boto3", "python/lib/python3.13/site-packages/boto3/__init__.py"),
        ("nodejs22.x", "require('@aws-sdk/a')", "nodejs/node_modules/@aws-sdk/a/index.js"),
        ("nodejs22.x", "require('@aws-sdk/a')", "nodejs/node22/node_modules/@aws-sdk/a/index.js"),
    ],
)
def test_a_package_of_a_layer_is_not_needed(
    tmp_path: Path, runtime: str, source: str, brought: str
) -> None:
    name = "app.py" if runtime.startswith("python") else "index.js"
    one = function(tmp_path / "code", runtime, {name: source, f"../layer/{brought}": ""})

    assert needed_packages(one, NONE) != set()
    assert needed_packages(replace(one, layers_directory=tmp_path / "layer"), NONE) == set()


def test_a_package_of_the_interpreter_is_not_needed(tmp_path: Path) -> None:
    one = function(tmp_path, "python3.13", {"app.py": "import boto3"})

    assert needed_packages(one, PYTHON) == set()


def test_what_pip_has_installed_beside_the_code_does_not_count(tmp_path: Path) -> None:
    files = {
        "app.py": "import powertools",
        "powertools/ssm.py": "import boto3",
        "powertools-1.0.dist-info/RECORD": "powertools/ssm.py,,\n",
        "node_modules/x/x.py": "import boto3",
        ".venv/x.py": "import boto3",
    }

    assert needed_packages(function(tmp_path, "python3.13", files), NONE) == set()


@pytest.mark.parametrize("given", [{"runtime": "provided.al2023"}, {"bootstrap": ("/bin/sh",)}])
def test_a_runtime_of_the_functions_own_brings_no_sdk(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    one = replace(function(tmp_path, "python3.13", {"app.py": "import boto3"}), **given)

    assert needed_packages(one, NONE) == set()
    assert missing_package(one, _error("No module named 'boto3'")) is None


@pytest.mark.parametrize(
    ("runtime", "message", "package"),
    [
        ("python3.13", "Unable to import module 'app': No module named 'boto3'", "boto3"),
        ("python3.13", "No module named 'botocore.config'", "botocore"),
        ("python3.13", "No module named 'boto3_helpers'", None),
        ("python3.13", "No module named 'orders'", None),
        (
            "nodejs22.x",
            "Error: Cannot find module '@aws-sdk/client-s3'\nRequire stack:",
            "client-s3",
        ),
        ("nodejs22.x", "Cannot find package '@aws-sdk/a' imported from /var/task/i.mjs", "a"),
        ("nodejs22.x", "Error: Cannot find module 'aws-sdk'", None),
        ("nodejs22.x", "No module named 'boto3'", None),
    ],
)
def test_an_error_tells_which_package_is_missing(
    tmp_path: Path, runtime: str, message: str, package: str | None
) -> None:
    one = function(tmp_path, runtime, {})
    expected = f"@aws-sdk/{package}" if package and runtime == "nodejs22.x" else package

    assert missing_package(one, _error(message)) == expected


@pytest.mark.parametrize(
    "payload",
    [b"No module named 'boto3'", b"[\"No module named 'boto3'\"]", b'{"errorMessage": 1}'],
)
def test_no_other_payload_tells_of_one(tmp_path: Path, payload: bytes) -> None:
    assert missing_package(function(tmp_path, "python3.13", {}), payload) is None


def test_a_stack_trace_alone_tells_of_none(tmp_path: Path) -> None:
    payload = json.dumps({"errorMessage": "x", "stackTrace": ["No module named 'boto3'"]}).encode()

    assert missing_package(function(tmp_path, "python3.13", {}), payload) is None


def test_the_newest_folder_of_a_family_is_the_one_that_is_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    assert cache.newest("sdk", "nodejs22.x-") is None
    used_at = time.time() - 10
    for number, name in enumerate(("nodejs22.x-b", "nodejs22.x-a", "nodejs24.x-c")):
        folder = cache.folder("sdk", name, lambda folder: None)
        os.utime(folder, (used_at + number, used_at + number))

    assert cache.newest("sdk", "nodejs22.x-") == tmp_path / "sdk" / "nodejs22.x-a"
    assert cache.newest("sdk", "python3.13-") is None


def _error(message: str) -> bytes:
    return json.dumps({"errorMessage": message, "errorType": "E", "stackTrace": []}).encode()
