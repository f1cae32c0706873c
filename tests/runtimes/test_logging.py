"""Log records are those of AWS's own client: the same calls through its handlers and ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.files import ROOT

SECONDS = 60

CONFIGURATIONS = {
    "text": {},
    "text with a level": {"AWS_LAMBDA_LOG_LEVEL": "info"},
    "text with a level that is none": {"AWS_LAMBDA_LOG_LEVEL": "LOUD"},
    "JSON": {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"},
    "JSON in other letters": {"AWS_LAMBDA_LOG_FORMAT": "Json", "AWS_LAMBDA_LOG_LEVEL": "TRACE"},
    "JSON from FATAL on": {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "FATAL"},
}

CALLS = (
    "logging.warning('plain')",
    "logging.warning('two\\nlines')",
    "logging.warning('na\\u00efve \\u2028')",
    "logging.warning({'a': 1})",
    "logging.warning({'a': {1}, 'b': b'raw'})",
    "logging.warning({'%s': 1}, 'argument')",
    "logging.warning('%(a)s', {'a': 1})",
    "logging.warning([1, 2])",
    "logging.warning(None)",
    "logging.warning('%d', 3)",
    "logging.error('order %d', 'x')",
    "logging.error('%s')",
    "logging.error('%s', 1, 2)",
    "logging.error(Failing())",
    "logging.error('\\udcff')",
    "logging.error({'a': '\\udcff'})",
    "logging.exception('no error')",
    "fails(lambda: logging.exception('an error'))",
    "fails(lambda: logging.error('an error', exc_info=True, stack_info=False))",
    "logging.error('given', exc_info=LookupError('tea'))",
    "logging.error('empty', exc_info=(None, None, None))",
    *(f"logging.log({level}, 'level')" for level in (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60)),
    "logging.log(1000, 'level')",
    "logging.log(-5, 'level')",
    "logging.error('extra', extra={'colour': 'green', 'sizes': [1, 2], 'none': None})",
    "logging.error('extra', extra={'level': 'DEBUG', 'timestamp': 1, 'requestId': 2})",
    "logging.error('extra', extra={'location': 'here', 'errorType': 3, 'logger': 4})",
    "logging.error('extra', extra={'tenantId': 't', 'tenant_id': 5, 'aws_request_id': 6})",
    "logging.error('extra', extra={'set': {1}, 'bytes': b'raw', 'failing': Failing()})",
    "logging.error('extra', extra={'point': Point(1, 2), 'decimal': decimal.Decimal('1.10')})",
    "logging.error('extra', extra={'taskName': 'mine'})",
    "logging.error('extra', extra={'_frame_type': None, 'task': 1})",
    "asyncio.run(log_in_task())",
    "logging.getLogger('shop.orders').error('named')",
    "logging.addLevelName(30, 'CAREFUL') or logging.warning('renamed')",
    "logging.addLevelName(35, 'NOTICE') or logging.log(35, 'between')",
    "logging.addLevelName(30, 'WARNING') or logging.warning('named back')",
    "twice()",
    "context.log('a')",
    "context.log('b\\n')",
    "context.log(3)",
    "uncaught(LookupError('na\\u00efve'))",
    "uncaught(KeyError())",
    "uncaught(type('', (Exception,), {})('unnamed'))",
    "uncaught(type('', (Exception,), {})())",
    "uncaught(LookupError('two\\n    lines'))",
    "uncaught(LookupError('\\udcff'))",
)

SCRIPT = """
import asyncio, collections, decimal, importlib, json, logging, os, struct, sys, tempfile
side, calls, root = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
tenant = json.loads(sys.argv[4])
sink = tempfile.TemporaryFile()
os.dup2(sink.fileno(), 62)
Point = collections.namedtuple("Point", "x y")

class Failing:
    def __str__(self):
        raise LookupError("no text")

def fails(log):
    try:
        1 / 0
    except ZeroDivisionError:
        log()

async def log_in_task():
    logging.error("in a task")

def twice():
    other = logging.StreamHandler(open(os.devnull, "w"))
    other.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.root.handlers.insert(0, other)
    try:
        logging.error("seen before")
    finally:
        logging.root.handlers.remove(other)

if side == "AWS's":
    from awslambdaric import bootstrap, lambda_context
    log_sink = bootstrap.FramedTelemetryLogSink(62)
    log_sink.__enter__()
    bootstrap._setup_logging(
        bootstrap._AWS_LAMBDA_LOG_FORMAT, bootstrap._AWS_LAMBDA_LOG_LEVEL, log_sink
    )
    bootstrap._GLOBAL_AWS_REQUEST_ID = "request"
    bootstrap._GLOBAL_TENANT_ID = tenant
    context = lambda_context.LambdaContext("request", None, None, 0)
    def uncaught(error):
        result = bootstrap.make_error(str(error), type(error).__name__, ["  File\\n"], "request")
        bootstrap.log_error(result, log_sink)
else:
    sys.path.insert(0, root)
    import boot
    boot.load_package("ours", root)
    logs = importlib.import_module("ours.python.logs")
    runtime = importlib.import_module("ours.python.runtime")
    log_filter = logs.configure_logging()
    log_filter.request_id = "request"
    log_filter.tenant_id = tenant
    context = importlib.import_module("ours.python.context").context_of(
        {"request_id": "request", "deadline_ms": 0}
    )
    def uncaught(error):
        runtime._log_error({
            "errorMessage": str(error), "errorType": type(error).__name__,
            "requestId": "request", "stackTrace": ["  File\\n"],
        })

outcomes = []
for call in calls:
    error = None
    try:
        eval(call)
    except Exception as raised:
        error = [type(raised).__name__, str(raised)]
    sink.seek(0)
    written = sink.read()
    sink.seek(0)
    sink.truncate()
    records = []
    while written:
        kind, size, _time = struct.unpack_from("!IIQ", written)
        records.append([hex(kind), written[16 : 16 + size].decode()])
        written = written[16 + size :]
    outcomes.append([call, error, records])
json.dump(outcomes, sys.stdout)
"""
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?Z?")


def outcomes(side: str, variables: dict[str, str], tenant: str | None) -> Any:
    """Return what each call raised and wrote, the times masked."""
    arguments = [side, json.dumps(CALLS), str(ROOT / "runtimes"), json.dumps(tenant)]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.11", **variables},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    # Printed by logging itself where a handler keeps an error to itself, which none does.
    assert "--- Logging error ---" not in ran.stderr
    return json.loads(TIME.sub("<time>", ran.stdout))


@pytest.mark.rule("5.5.3", "5.5.4", "5.5.5", "5.5.6")
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("runtime", ["python3.11", "python3.12"])
@pytest.mark.parametrize("tenant", [None, "blue"])
def test_the_same_calls_write_and_raise_what_they_do_with_awss_client(
    configuration: str, runtime: str, tenant: str | None, tmp_path: Path
) -> None:
    variables = {
        **CONFIGURATIONS[configuration],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
        "TMPDIR": str(tmp_path),
    }

    ours, awss = outcomes("ours", variables, tenant), outcomes("AWS's", variables, tenant)

    assert len(ours) == len(awss) == len(CALLS)
    for one, other in zip(ours, awss, strict=True):
        assert one == other
