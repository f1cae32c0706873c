"""Checks the options of ``lambda-tui invoke`` as Lambda checks a request."""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import sys
from pathlib import Path

from lambda_tui import limits
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.invoke.calls import Plan
from lambda_tui.commands.opened_project import OpenedProject, find_function
from lambda_tui.engine.invocation import TENANT_ID
from lambda_tui.project.event_files import check_event, read_event
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function
from lambda_tui.project.wording import shown

_NO_EVENT = "{}"


def function_and_plan(opened: OpenedProject, options: argparse.Namespace) -> tuple[Function, Plan]:
    """Return the function to invoke, and how; raise ``CommandError`` for what Lambda refuses."""
    name, _, qualifier = (options.function or "").partition(":")
    if qualifier and options.qualifier not in (None, qualifier):
        raise CommandError(
            f"{shown(options.function)} and --qualifier {shown(options.qualifier)} name two "
            "versions or aliases; leave out one."
        )
    qualifier = qualifier or options.qualifier or None
    function = find_function(opened, name or None)
    _check_qualifier(function, qualifier)
    _check_tenant_id(function, options.tenant_id)
    return function, Plan(
        _payload(options),
        options.count,
        options.concurrency,
        options.asynchronous,
        qualifier,
        options.tenant_id,
        _client_context(options),
    )


def _check_qualifier(function: Function, qualifier: str | None) -> None:
    if function.resolve(qualifier) is None:
        known = [*function.versions, *(alias.name for alias in function.aliases)]
        raise CommandError(
            f"{function.name} has no version or alias {shown(qualifier)}; "
            f"there {'is' if len(known) == 1 else 'are'} {', '.join(known)}."
        )


def _check_tenant_id(function: Function, tenant_id: str | None) -> None:
    if function.is_tenant_isolated and tenant_id is None:
        raise CommandError(f"{function.name} isolates tenants; name one with --tenant-id.")
    if tenant_id is None:
        return
    if not function.is_tenant_isolated:
        raise CommandError(
            f"{function.name} does not isolate tenants; leave out --tenant-id, or give it "
            "TenancyConfig: {TenantIsolationMode: PER_TENANT}."
        )
    most = limits.TENANT_ID_CHARACTERS
    if len(tenant_id) > most or not TENANT_ID.fullmatch(tenant_id):
        raise CommandError(
            f"--tenant-id is {shown(tenant_id)}, but Lambda takes 1 to {most} letters, digits, "
            "spaces, and any of . _ : / = + - @."
        )


def _payload(options: argparse.Namespace) -> bytes:
    """Return the event that the options give, checked as Lambda checks it."""
    if options.payload is not None:
        source, text = "--payload", options.payload
    elif options.event == "-":
        source, text = "standard input", _read_standard_input()
    elif options.event is not None:
        source = shown(options.event)
        try:
            text = read_event(Path(options.event))
        except UnreadableFileError as error:
            raise CommandError(f"{source}: {error}") from error
    else:
        source, text = "the event", _NO_EVENT
    try:
        # An argument of other bytes has them as lone surrogates.
        payload: bytes = text.encode()
    except UnicodeEncodeError as error:
        raise CommandError(f"{source}: the event is not UTF-8.") from error
    problem = check_event(text)
    if problem is not None:
        raise CommandError(f"{source}: {problem}.")
    if options.asynchronous and len(payload) > limits.ASYNCHRONOUS_EVENT_BYTES:
        size = f"{len(payload) / 1024**2:.1f} MB"
        raise CommandError(f"{source}: the event has {size}, but Lambda takes 1 MB with --async.")
    return payload


def _read_standard_input() -> str:
    try:
        return sys.stdin.buffer.read(limits.EVENT_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise CommandError("standard input: the event is not UTF-8.") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CommandError(f"standard input cannot be read: {reason}.") from error


def _client_context(options: argparse.Namespace) -> str | None:
    """Return the client context as JSON text, which the AWS CLI takes in base64."""
    given: str | None = options.client_context
    if given is None:
        return None
    if options.asynchronous:
        raise CommandError(
            "--client-context: Lambda passes none on with an asynchronous invocation; leave out "
            "that or --async."
        )
    try:
        text = given if given.lstrip().startswith("{") else _decoded(given)
        is_object = isinstance(json.loads(text), dict)
        size = len(base64.b64encode(text.encode()))
    except (binascii.Error, ValueError, RecursionError):
        is_object = False
    if not is_object:
        raise CommandError(
            "--client-context needs a JSON object, as it is or in base64, such as "
            """'{"custom": {"key": "value"}}'."""
        )
    if size > limits.CLIENT_CONTEXT_BYTES:
        raise CommandError(
            f"--client-context has {size:,} bytes in base64, but Lambda takes "
            f"{limits.CLIENT_CONTEXT_BYTES:,}."
        )
    return text


def _decoded(encoded: str) -> str:
    return base64.b64decode(encoded, validate=True).decode()
