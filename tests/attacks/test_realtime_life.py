"""Realtime tasks, with HTTP and WebSockets interleaved: the mock against a model of the documents."""

from __future__ import annotations

import re
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)

from tests.attacks.realtime_model import KINDS, Connection, Meeting
from tests.attacks.stage import DAY_MS, START_MS, Client, Stage, examples
from tests.core.test_segmentation import silence, speech

TASKS: Final = "/openapi/tingwu/v2/tasks"
INTERVAL_MS: Final = 1_000
PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "Translation": {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en"]}},
    "AutoChapters": {"AutoChaptersEnabled": True},
    "Summarization": {"SummarizationEnabled": True},
    "TextPolish": {"TextPolishEnabled": True},
}
#: One letter for each event, to write the grammar of a stream with.
LETTERS: Final = {
    "TranscriptionStarted": "S",
    "SentenceBegin": "b",
    "TranscriptionResultChanged": "c",
    "SentenceEnd": "e",
    "ResultTranslated": "t",
    "TranscriptionCompleted": "C",
    "TaskFailed": "F",
}
GRAMMAR: Final = re.compile("(?:S(?:b(?:ct*)*et*)*(?:C|b(?:ct*)*(?=F|$)|(?=F|$)))*F*")
AUDIO: Final = (
    b"",
    b"\0",
    speech(400),
    speech(1_500) + silence(1_200),
    silence(1_500),
    speech(2_000)[:-1],
)
SENSELESS: Final = {
    "{}": 40000002,
    '{"header":{"name":""}}': 40000002,
    '{"header":{"namespace":"SpeechRecognizer","name":"StartTranscription"}}': 40010001,
    '{"header":{"name":"Dance"}}': 40010002,
}
wanted = st.sets(st.sampled_from(list(PARAMETERS)), max_size=2)
wanted_again = st.sets(st.sampled_from(list(PARAMETERS)), min_size=1, max_size=2)


def command(name: str) -> dict[str, Any]:
    return {"header": {"namespace": "SpeechTranscriber", "name": name}}


def asked(kinds: set[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for kind in sorted(kinds):
        merged |= PARAMETERS[kind]
    return merged


class RealtimeTasks(RuleBasedStateMachine):
    """Several tasks, several connections each."""

    meetings: Bundle[str] = Bundle("meetings")
    connections: Bundle[int] = Bundle("connections")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(result_interval_ms=INTERVAL_MS)
        self.now, self.real = START_MS, 0
        self.models: dict[str, Meeting] = {}
        self.targets: dict[str, str] = {}
        self.lines: list[tuple[Connection, Client]] = []
        #: Every event of a task in the order in which it was sent, by its task.
        self.told: dict[str, list[tuple[Connection, dict[str, Any]]]] = {}

    def teardown(self) -> None:
        self.stage.close()

    # HTTP

    @rule(target=meetings, kinds=wanted, level=st.sampled_from([1, 2]))
    def create(self, kinds: set[str], level: int) -> str:
        parameters = {"Transcription": {"OutputLevel": level}, **asked(kinds)}
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = {"AppKey": "app", "Input": source, "Parameters": parameters}
        status, answer = self.stage.call("PUT", f"{TASKS}?type=realtime", body)
        data = answer["Data"]
        assert (status, data["TaskStatus"]) == (200, "NEW")
        task_id: str = data["TaskId"]
        assert task_id not in self.models, "an id comes twice"
        made = tuple(kind for kind in KINDS if kind == "Transcription" or kind in kinds)
        self.models[task_id] = Meeting(made, self.now)
        self.targets[task_id] = data["MeetingJoinUrl"].partition(":8900")[2]
        self.told[task_id] = []
        return task_id

    @rule(task_id=meetings)
    def stop_by_api(self, task_id: str) -> None:
        body = {"Input": {"TaskId": task_id}}
        _, answer = self.stage.call("PUT", f"{TASKS}?type=realtime&operation=stop", body)
        if model := self.models.get(task_id):
            model.stop(self.now, INTERVAL_MS)
        assert answer["Data"]["TaskStatus"] == (model.shown if model else "INVALID")

    @rule(task_id=meetings)
    def fail_by_force(self, task_id: str) -> None:
        body = {"to": "FAILED", "error_code": "TSC.AudioFormat"}
        status, _ = self.stage.call("POST", f"/_mock/tasks/{task_id}/transition", body)
        model = self.models.get(task_id)
        assert status == (404 if model is None else 409 if model.ended else 200)
        if status == 200 and model is not None:
            model.fail("TSC.AudioFormat", self.real)

    @rule(task_id=meetings, kinds=wanted_again)
    def run_again(self, task_id: str, kinds: set[str]) -> None:
        body = {"Input": {"TaskId": task_id}, "Parameters": asked(kinds)}
        status, answer = self.stage.call("PUT", f"{TASKS}?type=offline", body)
        model = self.models.get(task_id)
        if model is None or model.status != "COMPLETED":
            assert (status, answer["Code"]) == (400, "InvalidTaskId")
            return
        assert (status, answer["Data"]["TaskStatus"]) == (200, "ONGOING")
        again = tuple(kind for kind in KINDS if kind in kinds)
        model.ready = [kind for kind in model.ready if kind not in again]
        model.make(again, self.now, INTERVAL_MS)

    # WebSocket

    @rule(target=connections, task_id=meetings)
    def connect(self, task_id: str) -> Any:
        found = self.stage.open(self.targets[task_id])
        model = self.models.get(task_id)
        if model is None or not model.live:
            assert found == 403
            return multiple()
        assert isinstance(found, Client)
        connection = Connection(model, self.now)
        model.connections.append(connection)
        self.lines.append((connection, found))
        self._collect(task_id, connection, found)
        return len(self.lines) - 1

    @rule(number=connections)
    def start(self, number: int) -> None:
        connection, client = self._sent_by(number)
        connection.start(self.real)
        client.text(command("StartTranscription"))

    @rule(number=connections)
    def stop(self, number: int) -> None:
        connection, client = self._sent_by(number)
        connection.stop(self.real)
        client.text(command("StopTranscription"))

    @rule(number=connections, data=st.sampled_from(AUDIO))
    def push(self, number: int, data: bytes) -> None:
        connection, client = self._sent_by(number)
        connection.audio(data, self.real)
        client.binary(data)

    @rule(number=connections, data=st.sampled_from(AUDIO))
    def start_and_push(self, number: int, data: bytes) -> None:
        """The usual way, so that many runs get to where there is something to be heard."""
        self.start(number)
        self.let_real_time_pass(50)
        self.push(number, speech(2_000) + silence(1_200))
        self.push(number, data)

    @rule(number=connections, data=st.sampled_from(AUDIO))
    def start_and_push_at_once(self, number: int, data: bytes) -> None:
        """As browser pages do."""
        self.start(number)
        self.push(number, data)
        self.let_real_time_pass(50)

    @rule(number=connections, text=st.sampled_from(["Ping", "[]", "{", "", "\x00", "1e999"]))
    def say_nothing(self, number: int, text: str) -> None:
        self._sent_by(number)[1].text(text)

    @rule(number=connections, text=st.sampled_from(list(SENSELESS)))
    def say_what_makes_no_sense(self, number: int, text: str) -> None:
        connection, client = self._sent_by(number)
        connection.senseless(SENSELESS[text], self.real)
        client.text(text)

    @rule(number=connections)
    def control(self, number: int) -> None:
        connection, client = self._sent_by(number)
        connection.control()
        client.text(command("ControlTranscriber"))

    @rule(number=connections, code=st.sampled_from([1000, 1006, 4000]))
    def leave(self, number: int, code: int) -> None:
        connection, client = self.lines[number]
        if client.gone:
            return
        connection.leave()
        if connection in connection.meeting.connections:
            connection.meeting.connections.remove(connection)
        client.leave(code)

    # Time

    @precondition(lambda self: self.lines)
    @rule(milliseconds=st.sampled_from([20, 50, 1_000]))
    def let_real_time_pass(self, milliseconds: int) -> None:
        self.real += milliseconds
        for connection, _ in self.lines:
            connection.real_time_is(self.real)
        self.stage.wait(milliseconds)

    @rule(
        milliseconds=st.sampled_from([0, 1, 999, 1_000, 9_999, 10_000, 10_001, 60_000, DAY_MS - 1])
    )
    def advance(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        while self._next_falls_due(until):
            pass
        self.now = until
        self.stage.advance(milliseconds)

    @precondition(lambda self: len(self.models) > 2)
    @rule()
    def reset(self) -> None:
        self.stage.reset()
        self.now = START_MS
        for connection, _ in self.lines:
            connection.task_ended()
        self.models.clear()

    # What always holds

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        self.every_task_is_as_the_model_says()
        self.tasks_that_are_gone_are_invalid()
        self.every_client_hears_what_the_model_says()
        self.sentences_are_counted_one_by_one_and_time_does_not_run_backwards()
        self.stage.check()

    def every_task_is_as_the_model_says(self) -> None:
        for task_id, model in self.models.items():
            _, answer = self.stage.call("GET", f"{TASKS}/{task_id}")
            expected = {"TaskId": task_id, "TaskStatus": model.shown}
            if model.error:
                expected |= {"ErrorCode": model.error}
            data = answer["Data"]
            data.pop("ErrorMessage" if model.error else "", None)
            results = data.pop("Result", {})
            assert data == expected
            assert list(results) == [kind for kind in KINDS if kind in model.ready]
            assert self.stage.moves(task_id) == model.moves
            _, inside = self.stage.call("GET", f"/_mock/tasks/{task_id}")
            history = [(step["before"], step["after"]) for step in inside["history"]]
            assert history == [(None, "NEW"), *model.moves]
            assert inside["connections"] == len(model.connections)

    def tasks_that_are_gone_are_invalid(self) -> None:
        for task_id in [gone for gone in self.targets if gone not in self.models][:1]:
            _, answer = self.stage.call("GET", f"{TASKS}/{task_id}")
            assert answer["Data"] == {"TaskId": task_id, "TaskStatus": "INVALID"}

    def every_client_hears_what_the_model_says(self) -> None:
        for connection, client in self.lines:
            events = client.line.events
            assert [_plain(event) for event in events if _plain(event)] == connection.told
            assert client.line.code == connection.code
            letters = "".join(LETTERS[event["header"]["name"]] for event in events)
            assert GRAMMAR.fullmatch(letters), letters
            ids = [event["header"]["message_id"] for event in events]
            assert len(set(ids)) == len(ids)

    def sentences_are_counted_one_by_one_and_time_does_not_run_backwards(self) -> None:
        for task_id, told in self.told.items():
            index, time, is_open = -1, 0, False
            for connection, event in told:
                name, payload = event["header"]["name"], event.get("payload", {})
                if name == "SentenceBegin":
                    gap = any(one.broke for one, _ in told) or is_open
                    assert payload["index"] == index + 1 or (gap and payload["index"] > index)
                    assert payload["time"] >= time
                    index, is_open = payload["index"], True
                elif name == "TranscriptionResultChanged":
                    assert payload["index"] == index
                    assert payload["begin_time"] >= time
                elif name == "SentenceEnd":
                    assert payload["index"] == index
                    assert payload["begin_time"] >= time
                    assert payload["time"] >= payload["begin_time"]
                    time, is_open = payload["time"], False
            if task_id in self.models:
                _, inside = self.stage.call("GET", f"/_mock/tasks/{task_id}")
                ends = sum(event["header"]["name"] == "SentenceEnd" for _, event in told)
                assert ends <= inside["sentence_count"] >= index

    # Inside

    def _sent_by(self, number: int) -> tuple[Connection, Client]:
        connection, client = self.lines[number]
        connection.last = self.now
        return connection, client

    def _collect(self, task_id: str, connection: Connection, client: Client) -> None:
        told, send = self.told[task_id], client.line.send_text

        def collected(data: bytes, cuts: Any = ()) -> None:
            send(data, cuts)
            told.append((connection, client.line.events[-1]))

        client.line.send_text = collected  # type: ignore[method-assign]

    def _next_falls_due(self, until: int) -> bool:
        """Let the first thing happen that is due by ``until``; False if there is none."""
        due: list[tuple[int, int, Any]] = []
        for model in self.models.values():
            if (at := model.next_due()) is not None:
                due.append((at, len(due), lambda at, it=model: it.fall_due(at, INTERVAL_MS)))
        for connection, _ in self.lines:
            if connection.deadline is not None:
                due.append((connection.deadline, len(due), lambda at, it=connection: it.time_out()))
        at, _, happen = min(due, default=(until + 1, 0, None))
        if at > until:
            return False
        happen(max(at, self.now))
        return True


def _plain(event: dict[str, Any]) -> str | int:
    """An event that is no caption: its name, or the status of a failure."""
    header = event["header"]
    if header["name"] == "TaskFailed":
        return int(header["status"])
    return "" if "payload" in event else str(header["name"])


TestRealtimeTasks = RealtimeTasks.TestCase
TestRealtimeTasks.settings = examples(12)
