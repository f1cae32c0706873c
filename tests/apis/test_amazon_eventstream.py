"""The framing of streamed responses, read by botocore."""

from __future__ import annotations

from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.apis.lambda_api.amazon_eventstream import encode_message


@given(st.lists(st.tuples(st.sampled_from(["PayloadChunk", "InvokeComplete"]), st.binary())))
def test_botocore_reads_what_is_written(sent: list[tuple[str, bytes]]) -> None:
    buffer = EventStreamBuffer()
    for event_type, payload in sent:
        buffer.add_data(encode_message(event_type, "application/json", payload))

    received = list(buffer)
    assert [(one.headers[":event-type"], one.payload) for one in received] == sent
    assert all(one.headers[":message-type"] == "event" for one in received)
