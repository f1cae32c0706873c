"""The packages that AWS's managed runtimes bring along."""

from __future__ import annotations

import re

PYTHON_RUNTIME_PACKAGES = frozenset(
    {"boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"}
    | {"awslambdaric", "snapshot-restore-py", "simplejson"}
)
"""The packages of Python's, by their normalised names."""
NODE_SDK = re.compile(r"@(?:aws-sdk|smithy)/[a-z0-9][a-z0-9._-]*")
"""The names of the packages of Node.js's."""
