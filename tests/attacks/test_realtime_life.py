"""Realtime tasks, with HTTP and WebSockets interleaved: the mock against a model."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.attacks.captions import check_grammar, count_sentences, plain
from tests.attacks.realtime_model import KINDS, Connection, Meeting
from tests.attacks.stage import DAY_MS, START_MS, Client, Stage, examples, wander
from tests.core.test_segmentation import silence, speech

TASKS: Final = "/openapi/tingwu/v2/tasks"
INTERVAL_MS: Final = 1_000
PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "Translation": {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en"]}},
    "AutoChapters": {"AutoChaptersEnabled": True},
    "Summarization": {"SummarizationEnabled": True},
    "TextPolish": {"TextPolishEnabled": True},
}
AUDIO: Final = (
    speech(1_500) + silence(1_200),
    b"",
    speech(400),
    b"\0",
    silence(1_500),
    speech(2_000)[:-1],
)
#: Texts that are no command, and the status that each fails a session with.
FAILURES: Final = {
    "{}": 40000002,
    '{"header":{"name":""}}': 40000002,
    '{"header":{"namespace":"SpeechRecognizer","name":"StartTranscription"}}': 40010001,
    '{"header":{"name":"Dance"}}': 40010002,
}
SENSELESS: Final = ("Ping", "[]", "{", "", "\x00", "1e999", *FAILURES)
#: How far back in a list: most of the time it is about what was made last.
newest = st.sampled_from([0, 0, 0, 1, 2])
wanted = st.sets(st.sampled_from(list(PARAMETERS)), max_size=2)
wanted_again = st.sets(st.sampled_from(list(PARAMETERS)), min_size=1, max_size=2)


def command(name: str) -> dict[str, Any]:
    return {"header": {"namespace": "SpeechTranscriber", "name": name}}


def asked(kinds: set[str]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for kind in sorted(kinds):
        merged |= PARAMETERS[kind]
    return merged


def somebody_is_there(machine: RealtimeTasks) -> bool:
    return not all(client.gone for _, client in machine.lines)


def there_is_room(machine: RealtimeTasks) -> bool:
    return sum(connection.state != "CLOSED" for connection, _ in machine.lines) < 3


class RealtimeTasks(RuleBasedStateMachine):
    """Several tasks, several connections each."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage(result_interval_ms=INTERVAL_MS)
        self.now, self.real = START_MS, 0
        self.models: dict[str, Meeting] = {}
        self.targets: dict[str, str] = {}
        self.lines: list[tuple[Connection, Client]] = []
        #: What was to be seen of a task when it was looked at last.
        self.looked_at: dict[str, tuple[int, int]] = {}
        #: Every event of a task in the order in which it was sent, by its task.
        self.told: dict[str, list[tuple[Connection, dict[str, Any]]]] = {}

    def teardown(self) -> None:
        self.stage.close()

    @initialize(kinds=wanted, level=st.sampled_from([1, 2]), seed=st.integers(0, 1 << 32))
    def begin(self, kinds: set[str], level: int, seed: int) -> None:
        self._create(kinds, level)
        self.connect(0)
        self.wander(seed)

    # HTTP

    @precondition(there_is_room)
    @rule(kinds=wanted, level=st.sampled_from([1, 2]))
    def create(self, kinds: set[str], level: int) -> None:
        self._create(kinds, level)
        self.connect(0)

    def _create(self, kinds: set[str], level: int) -> None:
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
        # What is made anew after a reset has the id of something that is gone.
        self.targets[task_id] = self.targets.pop(task_id)
        self.told[task_id] = []

    @rule(
        back=newest,
        what=st.sampled_from(["run again", "stop", "run again", "fail"]),
        kinds=wanted_again,
    )
    def end_or_run_again(self, back: int, what: str, kinds: set[str]) -> None:
        match what:
            case "stop":
                self._stop_by_api(back)
            case "fail":
                self._fail_by_force(back)
            case _:
                self._run_again(back, kinds)

    def _stop_by_api(self, back: int) -> None:
        task_id = self._task(back)
        body = {"Input": {"TaskId": task_id}}
        _, answer = self.stage.call("PUT", f"{TASKS}?type=realtime&operation=stop", body)
        if model := self.models.get(task_id):
            model.stop(self.now, INTERVAL_MS)
        assert answer["Data"]["TaskStatus"] == (model.shown if model else "INVALID")

    def _fail_by_force(self, back: int) -> None:
        task_id = self._task(back)
        body = {"to": "FAILED", "error_code": "TSC.AudioFormat"}
        status, _ = self.stage.call("POST", f"/_mock/tasks/{task_id}/transition", body)
        model = self.models.get(task_id)
        assert status == (404 if model is None else 409 if model.ended else 200)
        if status == 200 and model is not None:
            model.fail("TSC.AudioFormat", self.real)

    def _run_again(self, back: int, kinds: set[str]) -> None:
        task_id = self._task(back)
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

    @precondition(there_is_room)
    @rule(back=newest)
    def connect(self, back: int) -> None:
        task_id = self._task(back)
        found = self.stage.open(self.targets[task_id])
        model = self.models.get(task_id)
        if model is None or not model.live:
            assert found == 403
            return
        assert isinstance(found, Client)
        connection = Connection(model, self.now)
        model.connections.append(connection)
        self.lines.append((connection, found))
        self._collect(task_id, connection, found)

    @precondition(somebody_is_there)
    @rule(
        back=newest,
        early=st.sampled_from([None, b"", *AUDIO]),
        data=st.sampled_from(AUDIO),
        patient=st.sampled_from([True, True, False]),
    )
    def start(self, back: int, early: bytes | None, data: bytes, patient: bool) -> None:
        """As SDKs do it, or browser pages, with ``early`` audio, or nobody yet knows."""
        number = self._number(back, "CONNECTED", "IDLE")
        self._start(number)
        if early is not None:
            self._push(number, early)
        if patient:
            self.let_real_time_pass(50)
            self._push(number, data)

    @precondition(somebody_is_there)
    @rule(back=newest, data=st.sampled_from(AUDIO))
    def push(self, back: int, data: bytes) -> None:
        self._push(self._number(back, "WORKING", "STARTING", "STOPPING"), data)

    @precondition(somebody_is_there)
    @rule(back=newest, patient=st.booleans())
    def stop(self, back: int, patient: bool) -> None:
        self._stop(self._number(back, "WORKING"))
        if patient:
            self.let_real_time_pass(20)

    @precondition(somebody_is_there)
    @rule(
        back=newest,
        what=st.sampled_from(["leave", "start", "stop", "push", "control", "text", "text"]),
        text=st.sampled_from(SENSELESS),
        code=st.sampled_from([1006, 1000, 4000]),
    )
    def do_something_in_whatever_state(self, back: int, what: str, text: str, code: int) -> None:
        number = self._number(back)
        connection, client = self.lines[number]
        match what:
            case "start":
                self._start(number)
            case "stop":
                self._stop(number)
            case "push":
                self._push(number, AUDIO[0])
            case "leave":
                self._leave(connection, client, code)
            case "control":
                self._sent_by(number)
                connection.control()
                client.text(command("ControlTranscriber"))
            case _:
                self._sent_by(number)
                if text in FAILURES:
                    connection.senseless(FAILURES[text], self.real)
                client.text(text)

    def _leave(self, connection: Connection, client: Client, code: int) -> None:
        connection.leave()
        if connection in connection.meeting.connections:
            connection.meeting.connections.remove(connection)
        client.leave(code)

    # Time

    @precondition(lambda self: self.lines)
    @rule(milliseconds=st.sampled_from([50, 20, 1_000]))
    def let_real_time_pass(self, milliseconds: int) -> None:
        self.real += milliseconds
        for connection, _ in self.lines:
            connection.real_time_is(self.real)
        self.stage.wait(milliseconds)

    @rule(milliseconds=st.sampled_from([1_000, 10_000, 9_999, 1, 10_001, 60_000, DAY_MS - 1]))
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
        self.looked_at.clear()
        _, answer = self.stage.call("GET", f"{TASKS}/{self._task(0)}")
        assert answer["Data"] == {"TaskId": self._task(0), "TaskStatus": "INVALID"}

    # What always holds

    @rule(seed=st.integers(0, 1 << 32))
    def wander(self, seed: int) -> None:
        for connection, client in self.lines:
            if connection.state == "CLOSED" and not client.gone:
                self._leave(connection, client, 1000)
        wander(self, seed, MOVES)

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        tasks = self.stage.world.default.tasks
        assert {task_id: task.status.name for task_id, task in tasks.items()} == {
            task_id: model.status for task_id, model in self.models.items()
        }
        for task_id, model in self.models.items():
            if (known := (len(model.moves), len(model.ready))) != self.looked_at.get(task_id):
                self.looked_at[task_id] = known
                self.a_task_is_shown_as_the_model_says(task_id, model)
        self.every_client_hears_what_the_model_says()
        self.sentences_are_as_the_model_says()
        self.stage.check()

    def a_task_is_shown_as_the_model_says(self, task_id: str, model: Meeting) -> None:
        _, answer = self.stage.call("GET", f"{TASKS}/{task_id}")
        expected = {"TaskId": task_id, "TaskStatus": model.shown}
        if model.error:
            expected |= {"ErrorCode": model.error}
        data = answer["Data"]
        assert ("ErrorMessage" in data) == (model.error is not None)
        data.pop("ErrorMessage", None)
        results = data.pop("Result", {})
        assert data == expected
        assert list(results) == [kind for kind in KINDS if kind in model.ready]
        assert self.stage.moves(task_id) == model.moves
        _, inside = self.stage.call("GET", f"/_mock/tasks/{task_id}")
        history = [(step["before"], step["after"]) for step in inside["history"]]
        assert history == [(None, "NEW"), *model.moves]
        assert inside["connections"] == len(model.connections)

    def every_client_hears_what_the_model_says(self) -> None:
        for connection, client in self.lines:
            events = client.line.events
            assert [plain(event) for event in events if plain(event)] == connection.told
            assert client.line.code == connection.code
            check_grammar(events)
            ids = [event["header"]["message_id"] for event in events]
            assert len(set(ids)) == len(ids)

    def sentences_are_as_the_model_says(self) -> None:
        for task_id, told in self.told.items():
            gaps = any(connection.broke for connection, _ in told)
            index, ends = count_sentences([event for _, event in told], gaps=gaps)
            if task_id in self.models:
                heard = self.stage.world.default.tasks[task_id].meeting.sentences
                assert ends <= len(heard) >= index

    # Inside

    def _start(self, number: int) -> None:
        connection, client = self._sent_by(number)
        connection.start(self.real)
        client.text(command("StartTranscription"))

    def _push(self, number: int, data: bytes) -> None:
        connection, client = self._sent_by(number)
        connection.audio(data, self.real)
        client.binary(data)

    def _stop(self, number: int) -> None:
        connection, client = self._sent_by(number)
        connection.stop(self.real)
        client.text(command("StopTranscription"))

    def _sent_by(self, number: int) -> tuple[Connection, Client]:
        connection, client = self.lines[number]
        connection.last = self.now
        return connection, client

    def _number(self, back: int, *states: str) -> int:
        """One of the connections that are not gone, in one of these states if there is any."""
        if not somebody_is_there(self):
            self.create(set(), 2)
        present = [number for number, (_, client) in enumerate(self.lines) if not client.gone]
        fit = [number for number in present if self.lines[number][0].state in states]
        open_ones = [number for number in present if self.lines[number][0].state != "CLOSED"]
        choice = fit or (open_ones if states else present) or present
        return choice[-1 - back % len(choice)]

    def _task(self, back: int) -> str:
        """One of the tasks that were ever made, also before a reset."""
        made = list(self.targets)
        return made[-1 - back % len(made)]

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
        if not due or min(due)[0] > until:
            return False
        at, _, happen = min(due)
        happen(max(at, self.now))
        return True


#: How a random walk goes: mostly as clients do, with some patience.
MOVES: Final[list[tuple[str, dict[str, Any]]]] = [
    ("start", {"back": [0, 1], "early": [None, b"", *AUDIO], "data": AUDIO, "patient": [True]}),
    ("start", {"back": [0, 1], "early": [None, b"", *AUDIO], "data": AUDIO, "patient": [False]}),
    *[("push", {"back": [0, 1], "data": AUDIO})] * 2,
    *[("stop", {"back": [0, 1], "patient": [True, False]})] * 2,
    ("connect", {"back": [0, 1]}),
    ("create", {"kinds": [set(), {"AutoChapters"}, {"Translation"}], "level": [1, 2]}),
    ("let_real_time_pass", {"milliseconds": [20, 50, 1_000]}),
    *[("advance", {"milliseconds": [1, 1_000, 4_000, 9_999, 10_000]})] * 2,
    (
        "do_something_in_whatever_state",
        {
            "back": [0, 1, 2],
            "what": ["leave", "start", "stop", "push", "control", "text"],
            "text": SENSELESS,
            "code": [1000, 1006],
        },
    ),
    (
        "end_or_run_again",
        {
            "back": [0, 1],
            "what": ["run again", "stop", "stop", "fail"],
            "kinds": [{"AutoChapters"}, {"TextPolish"}],
        },
    ),
]
TestRealtimeTasks = RealtimeTasks.TestCase
TestRealtimeTasks.settings = examples(32, steps=12)
