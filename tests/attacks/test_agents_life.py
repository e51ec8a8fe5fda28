"""DashScope's meetings, with HTTP and duplex connections interleaved: the mock against a model.

The model is what docs/dashscope.md, dashscope-tingwu 3 to 5 and realtime-ws 8 say.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from tests.attacks.agents_model import (
    INTERVAL_MS,
    LISTEN_MS,
    OTHER,
    TASK,
    Connection,
    Meeting,
)
from tests.attacks.stage import DAY_MS, START_MS, Client, Stage, examples, wander
from tests.core.test_segmentation import silence, speech

GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
#: ``output.status`` of a meeting.
STATUS: Final = {
    **dict.fromkeys(("NEW", "ONGOING", "PAUSED"), 3),
    "FINISHING": 1,
    "COMPLETED": 0,
    "FAILED": 2,
}
#: The members of getTask's output that name results, in the order of their making.
PATHS: Final = {"Transcription": "transcriptionPath", "AutoChapters": "autoChaptersPath"}
CHAPTERS: Final = {"analysis": {"autoChaptersEnabled": True}}
AUDIO: Final = (b"", b"\0", speech(1_500) + silence(1_200), silence(1_500), speech(700))
#: One letter for each event, to write the grammar of a connection with.
LETTERS: Final = {
    "task-started": "R",
    "speech-listen": "L",
    "recognize-result": "r",
    "speech-end": "E",
    "task-finished": "D",
    "task-failed": "F",
}
GRAMMAR: Final = re.compile("(?:R(?:Lr*)?(?:ED|(?=F|$)))*F?")


class Agents(RuleBasedStateMachine):
    """Several meetings; connections that push into one after another."""

    meetings: Bundle[str] = Bundle("meetings")
    connections: Bundle[int] = Bundle("connections")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(result_interval_ms=INTERVAL_MS)
        self.now, self.real = START_MS, 0
        self.models: dict[str, Meeting] = {}
        self.lines: list[tuple[Connection, Client]] = []

    def teardown(self) -> None:
        self.stage.close()

    @initialize(seed=st.integers(0, 1 << 32))
    def set_out(self, seed: int) -> None:
        self.begin(True)
        self.connect()
        wander(self, seed, MOVES)

    # HTTP

    @rule(target=meetings, chapters=st.booleans())
    def begin(self, chapters: bool) -> str:
        given = {"type": "realtime", "format": "pcm", "sampleRate": 16_000}
        status, answer = self._ask(given, CHAPTERS if chapters else {"analysis": {}})
        assert (status, answer["output"]["status"]) == (200, 3)
        data_id: str = answer["output"]["dataId"]
        assert data_id not in self.models, "an id comes twice"
        kinds = tuple(PATHS) if chapters else ("Transcription",)
        self.models[data_id] = Meeting(self.now, kinds)
        return data_id

    @rule(data_id=meetings)
    def end(self, data_id: str) -> None:
        status, answer = self._ask({"type": "realtime", "dataId": data_id})
        model = self.models[data_id]
        if model.live:
            for connection, _ in self._of(model):
                connection.meeting_ended()
            model.move("FINISHING")
            model.due = self.now + INTERVAL_MS
        assert (status, answer["output"]["status"]) == (200, STATUS[model.status])

    @rule(data_id=meetings)
    def fail_by_force(self, data_id: str) -> None:
        body = {"to": "FAILED", "error_code": "TSC.FileError"}
        status, _ = self.stage.call("POST", f"/_mock/tasks/{data_id}/transition", body)
        model = self.models[data_id]
        ended = model.status in ("COMPLETED", "FAILED")
        assert status == (409 if ended else 200)
        if not ended:
            model.move("FAILED")
            model.due = None
            for connection, _ in self._of(model):
                connection.fail("ServerError")

    # The duplex connection

    @rule(target=connections)
    def connect(self) -> int:
        return self._connect()

    def _connect(self) -> int:
        client = self.stage.open("/api-ws/v1/inference", authorization="Bearer sk-test")
        assert isinstance(client, Client)
        self.lines.append((Connection(self.now), client))
        return len(self.lines) - 1

    @rule(number=connections, data_id=meetings)
    def run_task(self, number: int, data_id: str) -> None:
        connection, client = self._sent_by(number)
        others = [one for one, _ in self.lines if one is not connection]
        connection.run(self.models[data_id], others, self.now, self.real)
        given = {"appId": "tw_app", "dataId": data_id, "directive": "start"}
        constants = {"task_group": "aigc", "task": "multimodal-generation"}
        payload = {"model": "tingwu-meeting-realtime", "function": "generation", **constants}
        client.text(_command("run-task", {**payload, "input": given}, TASK))

    @rule(number=connections, task_id=st.sampled_from([TASK, TASK, OTHER]))
    def finish_task(self, number: int, task_id: str) -> None:
        connection, client = self._sent_by(number)
        connection.finish(task_id, self.real)
        given = {"input": {"appId": "tw_app", "directive": "stop"}}
        client.text(_command("finish-task", given, task_id))

    @rule(number=connections, data=st.sampled_from(AUDIO))
    def push(self, number: int, data: bytes) -> None:
        connection, client = self._sent_by(number)
        connection.audio(data)
        client.binary(data)

    @rule(number=connections, data_id=meetings)
    def run_and_push(self, number: int, data_id: str) -> None:
        """The usual way, so that many runs get to where there is something to be heard."""
        self.run_task(number, data_id)
        self.let_real_time_pass(LISTEN_MS)
        self.push(number, speech(2_000) + silence(1_200))

    @rule(
        number=connections,
        said=st.sampled_from(
            [
                ("Ping", "InvalidParameter"),
                ("{}", "InvalidParameter"),
                ('{"header":{"action":"dance","task_id":"x"}}', "Agent.InputActionIllegal"),
            ]
        ),
    )
    def say_what_makes_no_sense(self, number: int, said: tuple[str, str]) -> None:
        connection, client = self._sent_by(number)
        connection.fail(said[1])
        client.text(said[0])

    @rule(number=connections, code=st.sampled_from([1000, 1006]))
    def leave(self, number: int, code: int) -> None:
        connection, client = self.lines[number]
        if not client.gone:
            connection.close(connection.code)
            connection.meeting = None
            client.leave(code)

    # Time

    @rule(milliseconds=st.sampled_from([20, 50, 100]))
    def let_real_time_pass(self, milliseconds: int) -> None:
        self.real += milliseconds
        for connection, _ in self.lines:
            connection.real_time_is(self.real)
        self.stage.wait(milliseconds)

    @rule(milliseconds=st.sampled_from([0, 1, 1_000, 9_999, 10_000, 40_000, DAY_MS]))
    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds
        for connection, _ in self.lines:
            if connection.deadline is not None and connection.deadline <= self.now:
                connection.close(1000)
        for model in self.models.values():
            model.time_is(self.now)
        self.stage.advance(milliseconds)

    # What always holds

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        for data_id, model in self.models.items():
            body = {"model": "tingwu-meeting", "input": {"task": "getTask", "dataId": data_id}}
            _, answer = self.stage.call("POST", GENERATION, body)
            output = answer["output"]
            assert output["status"] == STATUS[model.status]
            assert ("errorCode" in output) == (model.status == "FAILED")
            shown = {name for name in output if name.endswith("Path")}
            assert shown == {PATHS[kind] for kind in model.ready}
            assert self.stage.moves(data_id) == model.moves
        for connection, client in self.lines:
            events = [event for event in client.line.events if _action(event) != "ping"]
            plain = [_plain(event) for event in events if _plain(event)]
            assert plain == connection.told
            assert client.line.code == connection.code
            letters = "".join(LETTERS[_action(event)] for event in events)
            assert GRAMMAR.fullmatch(letters), letters
        self.sentences_are_counted_one_by_one()
        self.stage.check()

    def sentences_are_counted_one_by_one(self) -> None:
        for _, client in self.lines:
            index, time = -1, 0
            for event in client.line.events:
                output = event["payload"].get("output", {})
                if output.get("action") == "speech-listen":
                    index, time = -1, 0  # perhaps of another meeting
                heard = output.get("transcription")
                if heard is None:
                    continue
                assert heard["sentenceId"] in (index, index + 1) or index == -1
                assert heard["sentenceId"] >= index
                if heard.get("sentenceEnd"):
                    assert heard["time"] >= time
                    time = heard["time"]
                index = heard["sentenceId"]

    # Inside

    def _ask(
        self, given: dict[str, Any], parameters: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        source = {"task": "createTask", "appId": "tw_app", **given}
        body: dict[str, Any] = {"model": "tingwu-meeting", "input": source}
        if parameters is not None:
            body["parameters"] = parameters
        return self.stage.call("POST", GENERATION, body)

    def _of(self, meeting: Meeting) -> list[tuple[Connection, Client]]:
        return [(one, client) for one, client in self.lines if one.meeting is meeting]

    def present(self) -> list[int]:
        """The connections that are still open, or one that is new."""
        found = [number for number, (one, _) in enumerate(self.lines) if one.state != "CLOSED"]
        return found[-3:] or [self._connect()]

    def _sent_by(self, number: int) -> tuple[Connection, Client]:
        connection, client = self.lines[number]
        connection.last = self.now
        return connection, client


def _command(action: str, payload: dict[str, Any], task_id: str) -> dict[str, Any]:
    header = {"action": action, "task_id": task_id, "streaming": "duplex"}
    return {"header": header, "payload": payload}


def _action(event: dict[str, Any]) -> str:
    return str(event["payload"].get("output", {}).get("action", event["header"]["event"]))


def _plain(event: dict[str, Any]) -> str:
    """An event that is no caption: its action, or the code of a failure."""
    name = _action(event)
    if name != "task-failed":
        return "" if name == "recognize-result" else name
    code = event["payload"].get("output", {}).get("errorCode", event["header"].get("error_code"))
    return str(code)


#: How a random walk goes: mostly as clients do, with some patience.
_MEETING: Final = {"data_id": lambda machine: list(machine.models)[-2:]}
_LINE: Final = {"number": lambda machine: machine.present()}
MOVES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("connect", {}),
    ("begin", {"chapters": [True, False]}),
    *[("run_and_push", {**_LINE, **_MEETING})] * 3,
    *[("run_task", {**_LINE, **_MEETING})] * 3,
    *[("push", {**_LINE, "data": AUDIO})] * 3,
    *[("finish_task", {**_LINE, "task_id": [TASK] * 5 + [OTHER]})] * 3,
    *[("let_real_time_pass", {"milliseconds": [20, 50, 100]})] * 3,
    ("advance", {"milliseconds": [1, 1_000, 4_000, 9_999, 10_000]}),
    ("leave", {**_LINE, "code": [1000, 1006]}),
    ("end", _MEETING),
    ("fail_by_force", _MEETING),
]
TestAgents = Agents.TestCase
TestAgents.settings = examples(9, steps=10)
