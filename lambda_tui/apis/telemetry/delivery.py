"""Delivers the events of one subscription in batches, each of which is sent until accepted."""

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

Envelopes = Callable[[events.Event], Sequence[Json]]
"""Returns an event in the subscription's schema: as no envelope, one or several."""

_DELAYS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between one attempt to send a batch and the next; after the last it is dropped."""
_TOO_SLOW = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."

_encode = msgspec.json.Encoder().encode


def delivery_to(subscribers: Iterable[Subscriber], extension: str) -> Delivery | None:
    """Return the delivery to an extension; None unless it has subscribed."""
    for one in subscribers:
        if isinstance(one, Delivery) and one.extension == extension:
            return one
    return None


async def flush(subscribers: Iterable[Subscriber], extension: str, seconds: float) -> None:
    """Send an extension what there is by now, and wait for at most ``seconds`` until it has it."""
    delivery = delivery_to(subscribers, extension)
    if delivery is not None:
        with suppress(TimeoutError):
            await asyncio.wait_for(delivery.flush(), seconds)


class Delivery:
    """Buffers an environment's events, whatever their subscriber does, and sends them when it can.

    While the environment is frozen no request is begun, and one under way waits without a limit:
    the listener cannot answer before the thaw.
    """

    def __init__(
        self,
        extension: str,
        subscription: Subscription,
        sender: Sender,
        envelopes: Envelopes,
        report_loss: Callable[[events.LogsDropped], None],
    ) -> None:
        self.extension = extension
        """The name of the extension that has subscribed."""
        self.subscription = subscription
        self._sender = sender
        self._envelopes = envelopes
        self._report_loss = report_loss
        self._buffer = Buffer(subscription.buffering)
        self._loss = Loss()
        self._urgent = 0
        """Number of buffered events, from the oldest on, that are due at once."""
        self._changed = asyncio.Event()
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._has_delivered = asyncio.Event()
        self._has_delivered.set()
        self._has_flushed = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._deliver())

    # Called by the environment -------------------------------------------------------------------

    def on_event(self, event: events.Event) -> None:
        """Buffer an event if its stream was subscribed to."""
        match event.record:
            case events.StateChange(state=State.FROZEN):
                self._thawed.clear()
            case events.StateChange():
                self._thawed.set()
            case record if record.type.partition(".")[0] in self.subscription.types:
                self._keep(event)

    async def flush(self) -> None:
        """Send what is buffered by now at once, and wait until the subscriber has accepted it.

        What comes meanwhile waits for its own time: it may be a line about this very delivery.
        """
        if self._has_delivered.is_set():
            return
        self._has_flushed.clear()
        self._urgent = len(self._buffer)
        self._thawed.set()
        self._changed.set()
        await self._has_flushed.wait()

    async def delivered(self) -> None:
        """Wait until the subscriber has accepted everything."""
        await self._has_delivered.wait()

    def close(self) -> None:
        """Send nothing more: the listener is gone."""
        self._task.cancel()
        self._sender.close()
        self._has_delivered.set()
        self._has_flushed.set()

    # Inside --------------------------------------------------------------------------------------

    def _keep(self, event: events.Event) -> None:
        is_counted = not isinstance(event.record, events.LogsDropped)
        had_items, had_full_batch = bool(self._buffer), self._buffer.has_full_batch
        for envelope in self._envelopes(event):
            item = Item(time.monotonic(), _encode(envelope), is_counted)
            if not self._buffer.add(item):
                self._loss.add([item])
        if not self._buffer:
            return
        self._has_delivered.clear()
        if _ends_a_stream(event.record):
            self._urgent = len(self._buffer)
        # In every other case the delivery is already waiting for the right moment.
        if not had_items or self._buffer.has_full_batch != had_full_batch or self._urgent:
            self._changed.set()

    async def _deliver(self) -> None:
        while True:
            while not self._is_due:
                await self._until_changed()
            batch = self._buffer.take()
            self._urgent = max(self._urgent - len(batch), 0)
            reason = await self._send(batch)
            if reason is not None:
                self._loss.add(batch)
            self._report(reason or _TOO_SLOW)
            if not self._urgent:
                self._has_flushed.set()
            if not self._buffer:
                self._has_delivered.set()

    @property
    def _is_due(self) -> bool:
        if self._buffer.due_at is None:
            return False
        if self._urgent or self._buffer.has_full_batch:
            return True
        return self._buffer.due_at <= time.monotonic()

    async def _until_changed(self) -> None:
        """Wait for whatever makes a batch due: time, an event, or the end of the environment."""
        self._changed.clear()
        due_at = self._buffer.due_at
        seconds = None if due_at is None else due_at - time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _send(self, batch: Sequence[Item]) -> str | None:
        """Send a batch until it is accepted. Returns why it was dropped, or None."""
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

    def _report(self, reason: str) -> None:
        """Report what has been dropped, if anything."""
        loss, self._loss = self._loss, Loss()
        if loss.records:
            self._report_loss(events.LogsDropped(reason, loss.records, loss.bytes))


def _ends_a_stream(record: events.Record) -> bool:
    """Return whether the runtime has failed, after which it may write nothing more."""
    match record:
        case events.InitRuntimeDone(status=status) | events.RuntimeDone(status=status):
            return status != "success"
    return False
