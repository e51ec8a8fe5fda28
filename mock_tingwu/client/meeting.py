"""The stream of a realtime meeting: audio up, captions down (realtime-ws 1 to 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from mock_tingwu.client.checks import json_text
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.events import Event, Failed, parse
from mock_tingwu.client.stream import ATTEMPT_DELAY_S, ATTEMPTS, AudioStream
from mock_tingwu.client.stream_core import Offsets, Told

NAMESPACE: Final = "SpeechTranscriber"
#: How long each step may take, in seconds: the official SDKs' patience (realtime-ws 9).
PATIENCE_S: Final = 10.0
#: So many seconds of audio that no final sentence covers are kept to be sent again.
REPLAY_S: Final = 60.0
#: The failures after which the vendor's C++ SDK goes on with a new connection, beside those from
#: 50000000 to 59999999 (realtime-ws 1.5).
TRANSIENT: Final = frozenset({40000000, 43040001})


class MeetingStream(AudioStream[Event]):
    """One stream into a meeting, as an async context manager.

    ::

        async with MeetingStream(task.join_url) as stream:
            await stream.push(pcm)
            await stream.stop()
            async for event in stream:
                ...

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live. No wait is unbounded: each step has ``patience``
    seconds, and a connection that has died is found out by pings.

    When the connection is lost, or the service fails in a way that may pass, the stream goes on
    with the same URL: up to ``reconnect`` attempts in a row, ``reconnect_delay`` seconds apart.
    What was pushed since the last final sentence, up to ``replay`` seconds of it, is sent again, so
    that captions have no gap; their numbers and times go on. The events tell of it: Reconnecting
    and Reconnected. The recording that the service keeps may then have these seconds twice.

    Args:
        join_url: the task's MeetingJoinUrl, a secret.
        payload: more fields of StartTranscription, which are advisory (realtime-ws 2.2).
        patience: seconds that each step may take.
        reconnect: attempts to go on; 0 means that a lost connection ends the stream.
        reconnect_delay: seconds before each.
        sample_rate: of the audio, if it is PCM, 8000 or 16000; None if it is anything else, also
            with multiple streams. Then nothing is sent again, and the service has to know by
            itself where the stream stands.
        replay: seconds of PCM to keep.

    Raises:
        ValueError: a number is out of range, the address is none of a WebSocket, or ``payload``
            cannot be written as JSON.
    """

    peer = "The meeting"

    def __init__(
        self,
        join_url: str,
        *,
        payload: Mapping[str, Any] | None = None,
        patience: float = PATIENCE_S,
        reconnect: int = ATTEMPTS,
        reconnect_delay: float = ATTEMPT_DELAY_S,
        sample_rate: int | None = 16000,
        replay: float = REPLAY_S,
    ) -> None:
        json_text(payload)
        super().__init__(
            join_url,
            patience=patience,
            reconnect=reconnect,
            reconnect_delay=reconnect_delay,
            sample_rate=sample_rate,
            replay=replay,
        )
        self.join_url = join_url
        self._payload = dict(payload or {})
        self._task_id = uuid4().hex

    def _begin(self, offsets: Offsets) -> str:
        payload = dict(self._payload)
        if offsets.time is not None:
            payload["tw_time_offset"] = offsets.time
        if offsets.index is not None:
            payload["tw_index_offset"] = offsets.index
        return self._command("StartTranscription", payload)

    def _finish(self) -> str:
        return self._command("StopTranscription", {})

    def _command(self, name: str, payload: Mapping[str, Any]) -> str:
        header = {
            "message_id": uuid4().hex,
            "task_id": self._task_id,
            "namespace": NAMESPACE,
            "name": name,
            # A constant here: the join URL is the credential (realtime-ws 1.2).
            "appkey": "default",
        }
        return json.dumps({"header": header, "payload": payload})

    def _told(self, message: str | bytes) -> Told[Event]:
        name, event = parse(message)
        failure, transient = None, False
        if isinstance(event, Failed):
            text = f"The meeting's stream failed with {event.status}: {event.text}"
            failure = StreamError(text, event.status)
            transient = event.status in TRANSIENT or 50000000 <= event.status <= 59999999
        return Told(
            () if event is None else (event,),
            started=name == "TranscriptionStarted",
            failure=failure,
            transient=transient,
        )
