"""AWS Lambda's quotas. Each stands here once; code reads it as ``limits.NAME`` when it needs it."""

from __future__ import annotations

# A function's configuration.
TIMEOUT_SECONDS = (1, 900)
MEMORY_MB = (128, 10_240)
FILE_SYSTEMS = 1
"""Elements of a function's ``FileSystemConfigs``."""
MOUNT_PATH_CHARACTERS = 160
EPHEMERAL_STORAGE_MB = (512, 10_240)
"""Megabytes of ``/tmp``."""
FUNCTION_NAME_CHARACTERS = 64
HANDLER_CHARACTERS = 128
ENVIRONMENT_BYTES = 4096
"""Names and values of all environment variables together."""
SNAP_START_STORAGE_MB = 512
"""Megabytes of ``/tmp`` that a function with SnapStart may have at most."""
LAYERS = 5
UNPACKED_BYTES = 262_144_000
"""Bytes of code and layers together, unpacked: 250 MB."""

# Events and responses, in bytes.
EVENT_BYTES = 6_291_456
"""For a synchronous invocation: 6 MiB."""
ASYNCHRONOUS_EVENT_BYTES = 1_048_576
RESPONSE_BYTES = 6_291_556
"""6 MiB and 100, as the Runtime API has it."""
STREAMED_RESPONSE_BYTES = 200 * 1_048_576
LOG_RECORD_BYTES = 256 * 1024
"""A longer line becomes several records, as in CloudWatch."""

# Phases, in seconds.
INIT_SECONDS = 10.0
"""On demand."""
PROVISIONED_INIT_SECONDS = 130.0
"""Ahead of invocations; the function's timeout if that is longer."""
RESTORE_SECONDS = 10.0
SHUTDOWN_SECONDS = 2.0
"""With an external extension."""
INTERNAL_SHUTDOWN_SECONDS = 0.5
"""With internal extensions only."""
RUNTIME_SHUTDOWN_SHARE = 0.3
"""Part of a Shutdown phase that the runtime has, before external extensions are told."""

EXTENSIONS = 10
"""External and internal ones of one function together."""

# Concurrency.
ACCOUNT_CONCURRENCY = 1000
"""Invocations at a time of all functions together, before AWS raises the quota."""
UNRESERVED_CONCURRENCY = 100
"""The least that reservations must leave to functions without one."""

# Asynchronous invocations.
EVENT_AGE_SECONDS = (60, 21_600)
RETRY_ATTEMPTS = (0, 2)
DESTINATION_CHAIN = 16
"""Times a function may appear in a chain of destinations before AWS breaks the loop."""
DEAD_LETTER_MESSAGE_BYTES = 1024
"""Length of the attribute ``ErrorMessage``."""

TEMPLATE_BYTES = 1_048_576
"""CloudFormation's quota for a template in S3."""

# The Lambda API.
FUNCTION_REFERENCE_CHARACTERS = 256
"""Length of a ``FunctionName`` in any form, ARNs included."""
QUALIFIER_CHARACTERS = 128
TENANT_ID_CHARACTERS = 256
CLIENT_CONTEXT_BYTES = 3583
"""Encoded in base64."""
LOG_TAIL_BYTES = 4096
"""The end of an invocation's log, which its caller may get."""
LISTED_FUNCTIONS = (1, 10_000)
"""``MaxItems`` of ListFunctions."""
FUNCTIONS_PER_PAGE = 50
"""The most that a response of ListFunctions has, whatever ``MaxItems`` says."""

# Subscriptions of the Telemetry API and the Logs API.
BATCH_ITEMS = (1_000, 10_000)
BATCH_BYTES = (262_144, 1_048_576)
BATCH_MILLISECONDS = (25, 30_000)
