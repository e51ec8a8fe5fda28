"""The stream of a realtime meeting: audio up, captions down (realtime-ws 1 to 4)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.events import Completed, Event, Failed, parse
from mock_tingwu.client.stream import AudioStream, Told

NAMESPACE: Final = "SpeechTranscriber"
#: How long each step may take, in seconds: the official SDKs' patience (realtime-ws 9).
PATIENCE_S: Final = 10.0


class MeetingStream(AudioStream[Event]):
    """One stream into a meeting, as an async context manager.

    ::

        async with MeetingStream(task.join_url) as stream:
            await stream.send(pcm)
            await stream.stop()
            async for event in stream:
                ...

    Entering starts the stream; leaving closes the connection, whatever happened. Iterate at the
    same time as you send to see captions live. No wait is unbounded: each step has ``patience``
    seconds, and a connection that has died is found out by pings.
    """

    peer = "The meeting"

    def __init__(
        self,
        join_url: str,
        *,
        payload: Mapping[str, Any] | None = None,
        patience: float = PATIENCE_S,
    ) -> None:
        super().__init__(join_url, patience=patience)
        self.join_url = join_url
        self._payload = dict(payload or {})
        self._task_id = uuid4().hex

    def _begin(self) -> str:
        return self._command("StartTranscription", self._payload)

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
        failure = None
        if isinstance(event, Failed):
            text = f"The meeting's stream failed with {event.status}: {event.text}"
            failure = StreamError(text, event.status)
        return Told(
            () if event is None else (event,),
            started=name == "TranscriptionStarted",
            over=isinstance(event, Completed | Failed),
            failure=failure,
        )
