"""What ``lambda-tui doctor`` says of the environments' network."""

from __future__ import annotations

from collections.abc import Iterable

from lambda_tui.commands.finding import Finding
from lambda_tui.engine.launch import connector_remedy, find_connector, network_for
from lambda_tui.project.function import Function
from lambda_tui.project.settings import Settings


def network_finding(
    functions: Iterable[Function], settings: Settings, *, has_namespaces: bool
) -> Finding:
    """What environments get, and what falls short for those functions that need their own."""
    if not has_namespaces:
        return Finding("network: all environments share this machine's, for want of namespaces")
    connector = find_connector()
    if connector is not None:
        return Finding(f"network: {connector.name} connects environments with one of their own")
    networks = [
        network_for(one, settings.network_of(one.name), has_namespaces=True) for one in functions
    ]
    if any(network.is_own for network in networks):
        text = "network: nothing connects environments with one of their own to the outside"
    elif any(network.refusal for network in networks):
        text = "network: functions with extensions get one environment at a time"
    else:
        return Finding(f"network: shared; for extensions on fixed ports, {connector_remedy()}")
    return Finding(text, f"{connector_remedy()}.")
