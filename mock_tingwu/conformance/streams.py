"""Streams as a case drives them: the realtime WebSocket and DashScope's.

A session is judged three times over. What it says, the case looks at itself (events). How it ended
and when it answered is judged here, for every session alike: a CLOSE always has a code, and ours is
answered within 3 s (close); what a command asks for comes within 10 s, which is as long as the
vendor's SDKs wait (timing).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from mock_tingwu.cassettes.writer import Session as RecordedSession
from mock_tingwu.client.address import stream_proxy
from mock_tingwu.client.trust import trusted
from mock_tingwu.conformance.checks import CLOSE, EVENTS, TIMING, Deviation, shown
from mock_tingwu.conformance.exchange import Frame

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

#: How long the vendor's SDKs wait for what a command asks for, in seconds (NLS SDKs).
PATIENCE_S: Final = 10.0
#: How long the Python SDK waits for the answer to its CLOSE, in seconds.
CLOSE_PATIENCE_S: Final = 3.0
#: How long the 1.x class of the dashscope SDK waits for a PONG, in seconds.
PONG_PATIENCE_S: Final = 4.0
#: Pauses between looks at whether something has come, in seconds of real time.
_LOOK_S: Final = 0.01
#: What stands for a CLOSE that never came.
_CUT: Final = 1006
#: CLOSE codes that only stand for there being none.
_NO_CODE: Final = frozenset({1005, 1006})

_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.INFO)


class Refused(Exception):
    """The handshake was answered with something else than 101. ``status`` and ``body`` of that."""

    def __init__(self, status: int, headers: Mapping[str, str], body: str) -> None:
        super().__init__(f"the handshake was answered with {status} {shown(body)}")
        self.status = status
        self.headers = headers
        self.body = body


@dataclass(frozen=True, slots=True)
class Event:
    """A text message of the service that is a JSON object. ``at`` in seconds of real time."""

    at: float
    message: dict[str, Any]

    @property
    def header(self) -> dict[str, Any]:
        """Its header, empty if there is none."""
        header = self.message.get("header")
        return header if isinstance(header, dict) else {}

    @property
    def payload(self) -> dict[str, Any]:
        """Its payload, empty if there is none."""
        payload = self.message.get("payload")
        return payload if isinstance(payload, dict) else {}

    @property
    def output(self) -> dict[str, Any]:
        """``payload.output`` of DashScope's events, empty if there is none."""
        output = self.payload.get("output")
        return output if isinstance(output, dict) else {}

    @property
    def name(self) -> str:
        """``header.name``; of DashScope's events the action, or else ``header.event``."""
        if "event" in self.header:
            return str(self.output.get("action", self.header["event"]))
        return str(self.header.get("name", ""))


class Session:
    """A stream, as an async context manager. `Cloud.join` and `Cloud.infer` make one.

    Raises:
        Refused: the handshake was.
    """

    #: The contract's schema of every event.
    schema: str

    def __init__(self, cloud: Cloud, url: str, headers: Mapping[str, str], label: str) -> None:
        self._cloud = cloud
        self._url = url
        self._headers = headers
        self._label = label
        self._began = time.monotonic()
        self._connection: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._left_by_us = False
        self._recorded: RecordedSession | None = None
        self._leave_unjudged = False
        self._awaits_close = False
        #: Events in the order of their arrival, and texts that were none.
        self.events: list[Event] = []
        self.odd: list[str] = []
        #: The service's CLOSE, once there was one.
        self.close_code: int | None = None
        self.close_reason = ""
        #: Whether the connection is gone.
        self.is_closed = False

    async def __aenter__(self) -> Self:
        self._connection = await self._connect()
        self._reader = asyncio.create_task(self._read(self._connection))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connection, reader = self._connection, self._reader
        assert connection is not None and reader is not None
        try:
            if not self.is_closed:
                await self.leave()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            if self._recorded is not None:
                by = "client" if self._left_by_us else "service"
                code = self.close_code or _CUT
                self._recorded.closed(code, by=by, awaited=self._awaits_close)
        if exc_type is None and not self._leave_unjudged:
            self._judge_close()

    # What the client does

    async def send(self, message: str | bytes) -> None:
        """Send a message as it is: text, or audio.

        Raises:
            Deviation: the service has closed the connection.
        """
        assert self._connection is not None
        self._keep(True, message)
        if self._recorded is not None:
            self._recorded.sent(message)
        try:
            await self._connection.send(message)
        except ConnectionClosed:
            raise Deviation(f"the service closed the stream {self._closed_with()}", CLOSE) from None

    async def push(self, pcm: bytes, *, piece: int = 3200, seconds: float = 0.1) -> None:
        """Push audio in pieces of ``piece`` bytes, each standing for ``seconds``."""
        pace = self._cloud.site.pace * seconds / 0.1
        self._cloud.pacing.audio_s += seconds * len(pcm) / piece
        for start in range(0, len(pcm), piece):
            await self.send(pcm[start : start + piece])
            if pace:
                await asyncio.sleep(pace)

    async def leave(self) -> None:
        """Close the connection; the service has to answer our CLOSE."""
        assert self._connection is not None
        self._left_by_us = True
        began = time.monotonic()
        await self._connection.close()
        took = time.monotonic() - began
        late = f"our CLOSE was not answered within {CLOSE_PATIENCE_S:g} s"
        self._cloud.check.note(CLOSE, late if took >= CLOSE_PATIENCE_S else None)
        self.is_closed = True

    async def ping(self) -> None:
        """Send a PING; the service has to answer it as soon as the Python SDK wants it to.

        Raises:
            Deviation: no PONG comes within 4 s.
        """
        assert self._connection is not None
        pong = await self._connection.ping()
        try:
            await asyncio.wait_for(pong, PONG_PATIENCE_S)
        except (TimeoutError, ConnectionClosed):
            late = f"expected a PONG within {PONG_PATIENCE_S:g} s"
            raise Deviation(late, TIMING) from None

    async def cut(self) -> None:
        """Cut the connection without a CLOSE, as a lost network does."""
        assert self._connection is not None
        self._left_by_us = self._leave_unjudged = True
        self._connection.transport.abort()
        await self._connection.wait_closed()
        self.is_closed = True

    # What comes of it

    async def until(
        self, arrived: Callable[[], bool], what: str, *, within: float = PATIENCE_S
    ) -> None:
        """Wait for ``arrived``. ``within`` is in seconds of real time.

        Raises:
            Deviation: it does not come, or the connection is gone.
        """
        deadline = time.monotonic() + within
        while not arrived():
            if self.is_closed:
                await asyncio.sleep(_LOOK_S)
                if arrived():
                    break
                raise Deviation(f"expected {what}, but {self._closed_with()}", EVENTS)
            if time.monotonic() >= deadline:
                self._cloud.check.note(TIMING, f"{what} did not come within {within:g} s")
                raise Deviation(f"expected {what} within {within:g} s", EVENTS)
            await asyncio.sleep(_LOOK_S)

    async def event(self, name: str, *, nth: int = 1, within: float = PATIENCE_S) -> Event:
        """The ``nth`` event called ``name``, waited for.

        Raises:
            Deviation: it does not come within so many seconds.
        """
        await self.until(lambda: len(self.named(name)) >= nth, name, within=within)
        if within == PATIENCE_S:
            self._cloud.check.note(TIMING, None)
        return self.named(name)[nth - 1]

    async def closed(self, *, within: float = PATIENCE_S) -> int | None:
        """The code of the service's CLOSE, waited for; None where the line is only gone.

        Raises:
            Deviation: it does not come within so many seconds.
        """
        self._awaits_close = True
        deadline = time.monotonic() + within
        while not self.is_closed:
            if time.monotonic() >= deadline:
                raise Deviation(f"expected a CLOSE within {within:g} s", CLOSE)
            await asyncio.sleep(_LOOK_S)
        return self.close_code

    def named(self, name: str) -> list[Event]:
        """The events so far that are called ``name``."""
        return [event for event in self.events if event.name == name]

    @property
    def names(self) -> list[str]:
        """The names of the events so far."""
        return [event.name for event in self.events]

    def judged_by_case(self) -> None:
        """Leave it to the case how the connection has to end."""
        self._leave_unjudged = True

    # Inside

    async def _connect(self) -> ClientConnection:
        secure: dict[str, Any] = {"ssl": trusted()} if self._url.startswith("wss:") else {}
        await self._cloud.pacing.turn(self._label)
        cassette = self._cloud.http.cassette
        try:
            connection = await connect(
                self._url,
                additional_headers=self._headers,
                compression=None,
                open_timeout=PATIENCE_S,
                close_timeout=CLOSE_PATIENCE_S,
                ping_interval=None,
                max_size=None,
                logger=_LOG,
                proxy=stream_proxy(self._url),
                **secure,
            )
        except InvalidStatus as error:
            response = error.response
            if cassette is not None:
                cassette.websocket(self._url, self._headers, response.status_code)
            body = (response.body or b"").decode("utf-8", "replace")
            self._keep(False, f"HTTP {response.status_code} {body}")
            headers = {name.lower(): value for name, value in response.headers.raw_items()}
            raise Refused(response.status_code, headers, body) from None
        except (InvalidHandshake, TimeoutError) as error:
            raise Deviation(
                f"the stream cannot be joined: {type(error).__name__}", EVENTS
            ) from None
        if cassette is not None:
            self._recorded = cassette.websocket(self._url, self._headers)
        return connection

    async def _read(self, connection: ClientConnection) -> None:
        try:
            async for message in connection:
                self._take(message)
        except ConnectionClosed:
            pass
        finally:
            if connection.protocol.close_rcvd is not None:
                self.close_code = connection.protocol.close_rcvd.code
                self.close_reason = connection.protocol.close_rcvd.reason
                self._keep(False, f"CLOSE {self.close_code} {self.close_reason}".rstrip())
            self.is_closed = True

    def _take(self, message: str | bytes) -> None:
        self._keep(False, message)
        if self._recorded is not None:
            self._recorded.received(message)
        if isinstance(message, bytes):
            self.odd.append(f"<{len(message)} bytes>")
            return
        try:
            decoded = json.loads(message)
        except ValueError:
            decoded = None
        if isinstance(decoded, dict):
            self._cloud.check.observe(self.schema, decoded)
            self.events.append(Event(time.monotonic(), decoded))
        else:
            self.odd.append(message)

    def _keep(self, sent: bool, message: str | bytes) -> None:
        http, seconds = self._cloud.http, time.monotonic() - self._cloud.began
        if isinstance(message, bytes):
            http.wire.add_frame(Frame(seconds, sent, audio=len(message)))
        else:
            http.wire.add_frame(Frame(seconds, sent, http.redactor.message(message)))

    def check_events(self) -> None:
        """Every message was an event in one text message.

        Raises:
            Deviation: one was not.
        """
        check = self._cloud.check
        check.that(not self.odd, "JSON objects in text messages alone", self.odd, facet=EVENTS)

    def _judge_close(self) -> None:
        problem = None
        if not self._left_by_us and (self.close_code is None or self.close_code in _NO_CODE):
            problem = "the service ended the connection without a CLOSE that has a code"
        self._cloud.check.note(CLOSE, problem)

    def _closed_with(self) -> str:
        if self.close_code is None:
            return "the connection was cut"
        last = self.names[-1] if self.names else "nothing"
        return f"the service sent CLOSE {self.close_code} {self.close_reason} after {last}".rstrip()


class MeetingSession(Session):
    """A session of the NLS SpeechTranscriber protocol behind a MeetingJoinUrl."""

    schema = "realtime/event"

    def __init__(self, cloud: Cloud, url: str, headers: Mapping[str, str]) -> None:
        super().__init__(cloud, url, headers, "join")
        self.task_id = uuid4().hex

    async def command(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        **header: Any,
    ) -> str:
        """Send a command as the SDKs do; return its message_id.

        ``header`` replaces fields of the header; one that is None is left out.
        """
        fields = {
            "message_id": uuid4().hex,
            "task_id": self.task_id,
            "namespace": "SpeechTranscriber",
            "name": name,
            "appkey": "default",
        } | header
        message: dict[str, Any] = {"header": {k: v for k, v in fields.items() if v is not None}}
        if payload is not None:
            message["payload"] = dict(payload)
        await self.send(json.dumps(message, ensure_ascii=False))
        return str(fields["message_id"])

    async def start(self, **payload: Any) -> Event:
        """StartTranscription; return TranscriptionStarted."""
        nth = len(self.named("TranscriptionStarted")) + 1
        payload = {"format": "pcm", "sample_rate": 16000} | payload
        await self.command("StartTranscription", payload)
        return await self.event("TranscriptionStarted", nth=nth)

    async def stop(self) -> Event:
        """StopTranscription; return TranscriptionCompleted. All events are checked then."""
        nth = len(self.named("TranscriptionCompleted")) + 1
        await self.command("StopTranscription")
        completed = await self.event("TranscriptionCompleted", nth=nth)
        self.check_events()
        return completed

    async def hear(self, pcm: bytes) -> list[Event]:
        """Start, push, stop; return all events."""
        await self.start()
        await self.push(pcm)
        await self.stop()
        return self.events

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """The payloads of the SentenceEnd events so far."""
        return [event.payload for event in self.named("SentenceEnd")]


class AgentSession(Session):
    """A session of DashScope's duplex protocol."""

    schema = "inference/event"

    def __init__(self, cloud: Cloud, url: str, headers: Mapping[str, str]) -> None:
        super().__init__(cloud, url, headers, "run-task")
        self.task_id = uuid4().hex

    async def run(
        self,
        data_id: str | None,
        *,
        model: str | None = "tingwu-meeting-realtime",
        parameters: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
        payload: Mapping[str, Any] | None = None,
        **input: Any,
    ) -> None:
        """Send run-task without fields that are None; ``header``, ``payload`` replace some."""
        fields: dict[str, Any] = {"appId": self._cloud.site.app_of(model), "directive": "start"}
        fields |= {"dataId": data_id} | input
        body: dict[str, Any] = {
            "model": model,
            "task_group": "aigc",
            "task": "multimodal-generation",
            "function": "generation",
            "input": _present(fields),
        }
        if parameters is not None:
            body["parameters"] = dict(parameters)
        await self._command("run-task", body | dict(payload or {}), header)

    async def start(self, data_id: str | None, **changes: Any) -> Event:
        """run-task; return the speech-listen that follows task-started."""
        await self.run(data_id, **changes)
        return await self.event("speech-listen")

    async def finish(self, *, header: Mapping[str, Any] | None = None) -> None:
        """Send finish-task."""
        await self._command("finish-task", {"input": {"directive": "stop"}}, header)

    async def stop(self) -> Event:
        """finish-task; return the speech-end that follows. All events are checked then."""
        await self.finish()
        end = await self.event("speech-end")
        self.check_events()
        return end

    async def hear(self, data_id: str, pcm: bytes, **changes: Any) -> list[Event]:
        """Start, push, finish; return all events."""
        await self.start(data_id, **changes)
        await self.push(pcm)
        await self.stop()
        return self.events

    async def failure(self) -> tuple[str, str]:
        """task-failed and the CLOSE that follows it; return its code and message.

        The platform has them in the header, an agent in the output.
        """
        heard = len(self.named("speech-listen"))
        await self.until(
            lambda: bool(self.named("task-failed")) or len(self.named("speech-listen")) > heard,
            "task-failed",
        )
        if not self.named("task-failed"):
            raise Deviation("expected task-failed, got speech-listen", EVENTS)
        failed = await self.event("task-failed")
        self.check_events()
        await self.closed()
        part, names = failed.header, ("error_code", "error_message")
        if failed.output:
            part, names = failed.output, ("errorCode", "errorMessage")
        self._cloud.check.has(part, *names, what="task-failed", facet=EVENTS)
        return part[names[0]], part[names[1]]

    @property
    def transcriptions(self) -> list[dict[str, Any]]:
        """``transcription`` of the recognize-result events so far."""
        found = (event.output.get("transcription") for event in self.named("recognize-result"))
        return [transcription for transcription in found if isinstance(transcription, dict)]

    @property
    def sentences(self) -> list[dict[str, Any]]:
        """Those of them that are final."""
        return [found for found in self.transcriptions if found.get("sentenceEnd") is True]

    async def _command(
        self, action: str, payload: Mapping[str, Any], header: Mapping[str, Any] | None
    ) -> None:
        fields = {"action": action, "task_id": self.task_id, "streaming": "duplex"}
        message = {"header": _present(fields | dict(header or {})), "payload": _present(payload)}
        await self.send(json.dumps(message, ensure_ascii=False))


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
