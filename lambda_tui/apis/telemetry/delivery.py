"""One subscription at work: events become batches, and each is sent until it is taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import msgspec

from lambda_tui.apis.telemetry.buffer import Buffer, Item, Loss
from lambda_tui.apis.telemetry.sender import DeliveryError, Sender
from lambda_tui.apis.telemetry.subscription import Subscription
from lambda_tui.engine import events
from lambda_tui.engine.events import Json
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import Subscriber

Project = Callable[[events.Event], Sequence[Json]]
"""What an event is in the subscription's schema: none, one or several."""

_DELAYS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between one try to send a batch and the next; then it is dropped."""
_TOO_SLOW = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."

_encode = msgspec.json.Encoder().encode


def delivery_to(subscribers: Iterable[Subscriber], extension: str) -> Delivery | None:
    """The delivery to an extension, if it has subscribed."""
    for one in subscribers:
        if isinstance(one, Delivery) and one.extension == extension:
            return one
    return None


async def flush(subscribers: Iterable[Subscriber], extension: str, seconds: float) -> None:
    """Sends an extension all that there is, waits so long, and sends the rest as it comes."""
    delivery = delivery_to(subscribers, extension)
    if delivery is not None:
        delivery.hasten()
        with suppress(TimeoutError):
            await asyncio.wait_for(delivery.delivered(), seconds)


class Delivery:
    """Takes an environment's events at once, whatever their subscriber does; sends when it can.

    While the environment is frozen nothing is begun, and what is under way waits without end: its
    listener cannot answer before the thaw.
    """

    def __init__(
        self,
        extension: str,
        subscription: Subscription,
        sender: Sender,
        project: Project,
        report_loss: Callable[[events.LogsDropped], None],
    ) -> None:
        self.extension = extension
        """The subscriber's name."""
        self.subscription = subscription
        self._sender = sender
        self._project = project
        self._report_loss = report_loss
        self._buffer = Buffer(subscription.buffering)
        self._loss = Loss()
        self._is_urgent = False
        """Whether what is there is sent now."""
        self._is_ending = False
        """Whether all is."""
        self._changed = asyncio.Event()
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.get_running_loop().create_task(self._deliver())

    # What the environment tells ------------------------------------------------------------------

    def on_event(self, event: events.Event) -> None:
        """Keeps it for the subscriber, if it wants to hear of it."""
        match event.record:
            case events.StateChange(state=State.FROZEN):
                self._thawed.clear()
            case events.StateChange():
                self._thawed.set()
            case record if record.type.partition(".")[0] in self.subscription.types:
                self._keep(event)

    def hasten(self) -> None:
        """The environment is about to end: what is there and what comes is sent at once."""
        self._is_ending = True
        self._thawed.set()
        self._changed.set()

    async def delivered(self) -> None:
        """Waits until the subscriber has taken all."""
        await self._empty.wait()

    def close(self) -> None:
        """Sends no more: nobody listens any longer."""
        self._task.cancel()
        self._sender.close()
        self._empty.set()

    # Inside --------------------------------------------------------------------------------------

    def _keep(self, event: events.Event) -> None:
        is_counted = not isinstance(event.record, events.LogsDropped)
        had_items, had_full_batch = bool(self._buffer), self._buffer.has_full_batch
        for envelope in self._project(event):
            item = Item(time.monotonic(), _encode(envelope), is_counted)
            if not self._buffer.add(item):
                self._loss.add([item])
        if not self._buffer:
            return
        self._empty.clear()
        self._is_urgent |= _ends_a_stream(event.record)
        # Only then there is something else to be waited for.
        if not had_items or self._buffer.has_full_batch != had_full_batch or self._is_urgent:
            self._changed.set()

    async def _deliver(self) -> None:
        while True:
            while not self._is_due:
                await self._until_changed()
            batch = self._buffer.take()
            self._is_urgent = False
            reason = await self._send(batch)
            if reason is not None:
                self._loss.add(batch)
            self._tell_of_loss(reason or _TOO_SLOW)
            if not self._buffer:
                self._empty.set()

    @property
    def _is_due(self) -> bool:
        if self._buffer.due_at is None:
            return False
        if self._is_ending or self._is_urgent or self._buffer.has_full_batch:
            return True
        return self._buffer.due_at <= time.monotonic()

    async def _until_changed(self) -> None:
        """Waits for what makes a batch due: time, another event, the end of the environment."""
        self._changed.clear()
        due_at = self._buffer.due_at
        seconds = None if due_at is None else due_at - time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _send(self, batch: Sequence[Item]) -> str | None:
        """None when it is taken, else why it is not."""
        reason = ""
        for delay in (*_DELAYS, 0.0):
            await self._thawed.wait()
            try:
                await self._sender.send([item.event for item in batch])
            except DeliveryError as error:
                reason = str(error)
            else:
                return None
            await asyncio.sleep(delay)
        return f"could not send events: {reason}"

    def _tell_of_loss(self, reason: str) -> None:
        loss, self._loss = self._loss, Loss()
        if loss.records:
            self._report_loss(events.LogsDropped(reason, loss.records, loss.bytes))


def _ends_a_stream(record: events.Record) -> bool:
    """Whether the runtime, and so what it writes, has come to its end."""
    match record:
        case events.InitRuntimeDone(status=status) | events.RuntimeDone(status=status):
            return status != "success"
    return False
