"""The stream of DashScope's agents: audio up, captions down (realtime-ws 8)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, Final

from mock_tingwu.client.checks import check_id, check_sendable, json_text
from mock_tingwu.client.dashscope_events import AgentEvent, AgentFailed, parse
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.events import json_of
from mock_tingwu.client.stream import ATTEMPT_DELAY_S, ATTEMPTS, AudioStream
from mock_tingwu.client.stream_core import Offsets, Told

MEETING_STREAM: Final = "tingwu-meeting-realtime"
INSTRUCTION_STREAM: Final = "tingwu-industrial-instruction"
#: How long each step may take, in seconds: a real client waits so long (realtime-ws 8.6).
PATIENCE_S: Final = 20.0
#: The service sends a ping 30 s after its last event (realtime-ws 8.4): three times that is death.
SILENCE_S: Final = 90.0


class AgentStream(AudioStream[AgentEvent]):
    """One stream into an agent, as an async context manager.

    ::

        async with client.stream(task.data_id) as stream:
            await stream.push(pcm)
            await stream.stop()
            async for event in stream:
                ...

    Entering waits until the agent listens; leaving closes the connection, whatever happened.
    Iterate at the same time as you push to see captions live. `stop` is a pause of the meeting:
    another stream with the same dataId goes on with it within 24 h, and so does this one after
    `pause` and `resume`. No wait is unbounded: each step has ``patience`` seconds, nothing is
    waited for after ``silence`` seconds without a message, and a connection that has died is found
    out by pings.

    When the connection of a meeting is lost, the stream goes on by the same dataId: up to
    ``reconnect`` attempts in a row, each after ``reconnect_delay`` seconds; the events tell of it:
    Reconnecting and Reconnected. The agent cannot be told where the stream stands, so nothing is
    sent again: what was on its way is lost. The industrial agent's streams cannot be gone on with.

    ``url`` is ``wss://…/api-ws/v1/inference``, ``api_key`` may be a temporary one: then it has to
    be still valid when a connection is lost.

    Raises:
        ValueError: a number is out of range, or the address, a key or an id makes no sense.
    """

    peer = "The agent"

    def __init__(
        self,
        url: str,
        *,
        api_key: str,
        app_id: str,
        data_id: str | None = None,
        model: str = MEETING_STREAM,
        parameters: Mapping[str, Any] | None = None,
        patience: float = PATIENCE_S,
        silence: float | None = SILENCE_S,
        reconnect: int = ATTEMPTS,
        reconnect_delay: float = ATTEMPT_DELAY_S,
    ) -> None:
        check_sendable("api_key", api_key)
        check_sendable("app_id", app_id)
        if data_id is not None:
            check_id("data_id", data_id)
        json_text(parameters)
        super().__init__(
            url,
            headers={"Authorization": f"Bearer {api_key}"},
            patience=patience,
            silence=silence,
            reconnect=0 if model == INSTRUCTION_STREAM else reconnect,
            reconnect_delay=reconnect_delay,
        )
        #: What the agent calls the task, known at the latest when it listens.
        self.data_id = data_id
        self._app_id = app_id
        self._model = model
        self._parameters = parameters
        self._task_id = ""

    def _check_resumable(self) -> None:
        if self._model == INSTRUCTION_STREAM:
            raise StreamError("The industrial agent cannot be paused.")

    def _begin(self, offsets: Offsets) -> str:
        # One for every connection. 16 as documented; the SDKs send 32 characters (realtime-ws 8.2).
        self._task_id = secrets.token_hex(8)
        given = {"appId": self._app_id, "directive": "start"}
        if self.data_id is not None:
            given["dataId"] = self.data_id
        return self._command("run-task", given, self._parameters)

    def _finish(self) -> str:
        return self._command("finish-task", {"directive": "stop"}, None)

    def _command(
        self, action: str, given: Mapping[str, str], parameters: Mapping[str, Any] | None
    ) -> str:
        header = {"action": action, "task_id": self._task_id, "streaming": "duplex"}
        payload: dict[str, Any] = {
            "model": self._model,
            "task_group": "aigc",
            "task": "multimodal-generation",
            "function": "generation",
            "input": given,
        }
        if parameters is not None:
            payload["parameters"] = dict(parameters)
        return json.dumps({"header": header, "payload": payload}, ensure_ascii=False)

    def _told(self, message: str | bytes) -> Told[AgentEvent]:
        name, output, events = parse(message)
        if name == "speech-listen":
            self.data_id = output.get("dataId") or self.data_id
        last = events[-1] if events else None
        failure = None
        if isinstance(last, AgentFailed):
            text = f"The agent's stream failed with {last.code}: {last.text}"
            failure = StreamError(text, code=last.code)
        return Told(
            events,
            started=name == "speech-listen",
            failure=failure,
        )

    def _refusal(self, status: int, body: str) -> StreamError:
        answer = json_of(body)
        if not isinstance(answer, dict) or "code" not in answer:
            return super()._refusal(status, body)
        code, message = str(answer["code"]), answer.get("message", "")
        return StreamError(f"The agent refused with {code}: {message}", status, code)
