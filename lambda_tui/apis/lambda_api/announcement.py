"""Announces where the Lambda API is served, and what clients need to call it."""

from __future__ import annotations

from lambda_tui.apis.http import Server
from lambda_tui.apis.lambda_api.running import Registration
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import ApiServed, Event
from lambda_tui.project.function import REGION


def announce(engine: Engine, server: Server) -> Registration:
    """Put the address of a server on the event stream, if it has started.

    Until the registration is removed, other commands of the user's find it too.
    """
    if server.address is not None:
        variables = _client_variables(engine, server.address)
        name = next(iter(engine.pools), "NAME")
        example = f"aws lambda invoke --function-name {name} /dev/stdout"
        engine.events.emit(Event(record=ApiServed(server.address, variables, example), function=""))
    return Registration(engine.project.directory, server.address)


def _client_variables(engine: Engine, address: str) -> str:
    """Return the command for a shell in which clients are to call the API.

    Clients insist on a region, whose name differs among SDKs, and on credentials, which the API
    does not look at.
    """
    regions = (pool.function.region for pool in engine.pools.values())
    region = next(regions, REGION)
    variables = {
        "AWS_ENDPOINT_URL_LAMBDA": address,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    return "export " + " ".join(f"{name}={value}" for name, value in variables.items())
