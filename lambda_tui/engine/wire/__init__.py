"""Speaks to the processes outside this one: zygotes, init processes, runtimes, their logs."""

from __future__ import annotations

from lambda_tui.engine.wire.channel import (
    LARGE_EVENT,
    Channel,
    Message,
    RuntimeChannel,
    socket_pair,
)
from lambda_tui.engine.wire.frames import FrameKind, RuntimeFrame
from lambda_tui.engine.wire.init_process import (
    Cleared,
    Ended,
    ExtensionExited,
    ForkServer,
    Frozen,
    InitProcess,
    InitProcessEvent,
    LaunchFailed,
    Measured,
    NetworkLost,
    RuntimeExited,
    RuntimeLink,
    Started,
)
from lambda_tui.engine.wire.log_pipe import OnRecord
from lambda_tui.engine.wire.own_network import (
    NetworkError,
    OwnNetwork,
    Streams,
    connect_to_loopback,
)
from lambda_tui.engine.wire.zygote import OnMessage, Sandbox, Zygote

__all__ = [
    "LARGE_EVENT",
    "Channel",
    "Cleared",
    "Ended",
    "ExtensionExited",
    "ForkServer",
    "FrameKind",
    "Frozen",
    "InitProcess",
    "InitProcessEvent",
    "LaunchFailed",
    "Measured",
    "Message",
    "NetworkError",
    "NetworkLost",
    "OnMessage",
    "OnRecord",
    "OwnNetwork",
    "RuntimeChannel",
    "RuntimeExited",
    "RuntimeFrame",
    "RuntimeLink",
    "Sandbox",
    "Started",
    "Streams",
    "Zygote",
    "connect_to_loopback",
    "socket_pair",
]
