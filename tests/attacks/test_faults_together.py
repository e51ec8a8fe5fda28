"""Faults that come together: what one holds back, another has cut off."""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.services.live.sources import PulledSource
from tests.realtime.helpers import create, pusher


@pytest.mark.parametrize("in_segments", [False, True])
def test_what_a_stall_held_back_is_not_written_to_a_connection_that_was_broken_off(
    mock: MockTingwu, in_segments: bool
) -> None:
    realm = mock._server.world.default

    def break_off_and_send() -> None:
        (session,) = realm.connections
        connection = session._connection
        assert connection is not None
        if in_segments:
            connection.send_in_segments(lambda data: [data], together=False)
        connection.break_off()
        # The client has not closed its side yet.
        connection.send_text(b"held back")
        if in_segments:
            assert connection._segments._held == b""  # type: ignore[attr-defined]

    with pusher(create(mock)) as client:
        client.start()
        mock.call(break_off_and_send)
    mock.wait_for(sessions=0)
    sent = [entry for entry in mock.journal if entry["kind"] == "ws_close"]
    assert len(sent) == 1


def test_a_pull_that_is_cancelled_at_once_leaves_nothing_that_was_not_awaited() -> None:
    class Nobody:
        def hear_audio(self, pcm: bytes) -> None: ...
        def hear_speech(self, milliseconds: int) -> None: ...
        def interrupted(self, why: str) -> None: ...
        def note(self, text: str) -> None: ...

    async def begin_and_close() -> None:
        source = PulledSource(VirtualClock(0), "http://127.0.0.1:9/", lambda url: None)
        source.begin(Nobody())
        source.close()
        await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        asyncio.run(begin_and_close())
        gc.collect()
    assert [str(one.message) for one in met if "never awaited" in str(one.message)] == []
