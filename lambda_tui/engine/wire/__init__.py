"""Speaks to the processes outside this one: zygotes, init processes, runtimes, their logs."""

from __future__ import annotations

from lambda_tui.engine.wire.channel import Channel, Message, socket_pair
from lambda_tui.engine.wire.frames import RuntimeFrame
from lambda_tui.engine.wire.init_owner import RuntimeEnd
from lambda_tui.engine.wire.init_process import InitProcess
from lambda_tui.engine.wire.own_network import (
    NetworkError,
    OwnNetwork,
    Streams,
    connect_to_loopback,
)
from lambda_tui.engine.wire.runtime_channel import LARGE_EVENT, RuntimeChannel
from lambda_tui.engine.wire.zygote import ForkServer, Sandbox, Spawned, Zygote

__all__ = [
    "LARGE_EVENT",
    "Channel",
    "ForkServer",
    "InitProcess",
    "Message",
    "NetworkError",
    "OwnNetwork",
    "RuntimeChannel",
    "RuntimeEnd",
    "RuntimeFrame",
    "Sandbox",
    "Spawned",
    "Streams",
    "Zygote",
    "connect_to_loopback",
    "socket_pair",
]
