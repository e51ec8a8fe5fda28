"""The duplex session of DashScope's agents, without a server: text and bytes in, frames out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu import contract
from mock_tingwu.core.dashscope_errors import AGENT_ERRORS, PLATFORM_ERRORS
from mock_tingwu.core.errors import ApiError
from mock_tingwu.core.lifecycle import InvalidTransition
from mock_tingwu.core.meeting import Sentence, Word
from mock_tingwu.core.recognizer import (
    PassageBegan,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
    Stash,
)
from mock_tingwu.core.script import Line
from mock_tingwu.core.scripts import library
from mock_tingwu.protocols.inference import (
    IDLE_MS,
    INSTRUCTION,
    LONGEST_TASK_ID,
    MEETING,
    PING_MS,
    FinishRequested,
    Refused,
    RunRequested,
    Session,
)
from mock_tingwu.protocols.inference_table import SESSION, Input, State
from mock_tingwu.protocols.stream_session import EARLY_AUDIO_BYTES

Json = dict[str, Any]

TASK = "0123456789abcdef"
OTHER = "fedcba9876543210"
LINE = Line(1, 1, ("大家", "好。"), "cn", {"en": "Hello everyone.", "fr": "Bonjour à tous."})
WORDS = (Word("大家", 400, 820), Word("好。", 820, 1_000))
SENTENCE = Sentence(1, 400, 1_000, WORDS, 1, LINE)
EMPTY = Stash(1_000, 1_000)
CHANGED = SentenceChanged(0, 400, 900, WORDS[:1], "大家", 1, LINE, 0)
ENDED = SentenceEnded(0, SENTENCE, EMPTY)
CONSTANTS: Json = {
    "task_group": "aigc",
    "task": "multimodal-generation",
    "function": "generation",
}
SEQUENCE = "Agent.FrameSequenceIllegal"


def command(action: str, payload: object = None, task_id: object = TASK) -> str:
    header = {"action": action, "task_id": task_id, "streaming": "duplex"}
    return json.dumps({"header": header, **({} if payload is None else {"payload": payload})})


def run_payload(model: str = MEETING, **changes: Any) -> Json:
    given = {"appId": "tw_1", "dataId": "fgVnGvkqj5xA", "directive": "start"}
    return {"model": model, **CONSTANTS, "input": given, **changes}


def run(model: str = MEETING, task_id: object = TASK, **changes: Any) -> str:
    return command("run-task", run_payload(model, **changes), task_id)


def finish(task_id: object = TASK, payload: object = None) -> str:
    stop = {"input": {"appId": "tw_1", "directive": "stop"}}
    return command("finish-task", stop if payload is None else payload, task_id)


def sent(session: Session) -> list[Json]:
    messages = [json.loads(message) for message in session.messages_to_send()]
    for message in messages:
        contract.check("inference/event", message)
    return messages


def names(session: Session) -> list[str]:
    """What was sent: the action of a result, otherwise the event."""
    return [
        message["payload"].get("output", {}).get("action", message["header"]["event"])
        for message in sent(session)
    ]


def outputs(session: Session) -> list[Json]:
    return [message["payload"]["output"] for message in sent(session)]


def begin(session: Session, model: str = MEETING, task_id: str = TASK, now: int = 0) -> Session:
    """Run a task up to speech-listen, with nothing left to send."""
    assert isinstance(session.receive_text(run(model, task_id), now), RunRequested)
    session.listen("fgVnGvkqj5xA", (), now)
    assert names(session) == ["task-started", "speech-listen"]
    return session


def in_state(state: State, model: str = MEETING, targets: tuple[str, ...] = ()) -> Session:
    """A session that got to ``state`` the usual way, with nothing left to send."""
    session = Session(0)
    if state is State.CLOSED:
        session.disconnected()
    elif state is not State.CONNECTED:
        session.receive_text(run(model), 0)
        if state is State.HASTY:
            session.receive_text(finish(), 0)
        elif state is not State.STARTING:
            session.listen("fgVnGvkqj5xA", targets, 0)
            if state is not State.LISTENING:
                session.receive_text(finish(), 0)
                if state is State.IDLE:
                    session.end(0)
    assert session.state is state
    session.messages_to_send()
    return session


def failure(session: Session, error: ApiError, *, task_id: str = TASK, header: bool) -> None:
    """One message has said ``error``, in its header or its output, and the end is near."""
    (message,) = sent(session)
    if header:
        assert message == {
            "header": {
                "event": "task-failed",
                "task_id": task_id,
                "error_code": error.code,
                "error_message": error.message,
                "attributes": {},
            },
            "payload": {},
        }
    else:
        assert message == {
            "header": {"event": "result-generated", "task_id": task_id},
            "payload": {
                "output": {
                    "action": "task-failed",
                    "errorCode": error.code,
                    "errorMessage": error.message,
                }
            },
        }
    assert session.state is State.CLOSED
    assert session.close_code == 1000


# The table and its complement

CLIENT: dict[Input, Callable[[Session], object]] = {
    Input.RUN_TASK: lambda s: s.receive_text(run(task_id=OTHER), 1),
    Input.FINISH_TASK: lambda s: s.receive_text(finish(), 1),
    Input.AUDIO: lambda s: s.receive_audio(bytes(3_200), 1),
}
SERVER: dict[Input, Callable[[Session], object]] = {
    Input.LISTEN: lambda s: s.listen("fgVnGvkqj5xA", (), 1),
    Input.SPEECH_END: lambda s: s.end(1),
    Input.MEETING_ENDED: lambda s: s.meeting_ended(1),
    Input.SHUTDOWN: lambda s: s.shut_down(1),
    Input.ERROR: lambda s: s.fail(AGENT_ERRORS["ServerError"], 1),
    Input.DISCONNECT: lambda s: s.disconnected(),
}


def every(events: Any) -> list[Any]:
    return [pytest.param(s, e, id=f"{s.name}-{e.name}") for s, e in product(State, events)]


@pytest.mark.parametrize(("state", "event"), every(CLIENT))
def test_whatever_the_client_does_moves_by_the_table_or_is_refused(
    state: State, event: Input
) -> None:
    session = in_state(state)
    CLIENT[event](session)
    if (state, event) in SESSION.table:
        assert session.state is SESSION.table[state, event]
        assert session.close_code is None
        assert names(session) == (["task-started"] if event is Input.RUN_TASK else [])
    elif state is State.CLOSED:
        assert session.state is State.CLOSED
        assert sent(session) == []
    else:
        task_id = TASK
        if state is State.CONNECTED:
            # Nothing was said yet of a task: that of a command is taken, audio has none.
            task_id = "" if event is Input.AUDIO else TASK
        failure(session, AGENT_ERRORS[SEQUENCE], task_id=task_id, header=False)


@pytest.mark.parametrize(("state", "event"), every(SERVER))
def test_whatever_the_server_does_moves_by_the_table_or_is_a_defect(
    state: State, event: Input
) -> None:
    session = in_state(state)
    if (state, event) in SESSION.table:
        SERVER[event](session)
        assert session.state is SESSION.table[state, event]
        sent(session)
    elif event in (Input.LISTEN, Input.SPEECH_END):
        with pytest.raises(InvalidTransition):
            SERVER[event](session)
        assert session.state is state
        assert sent(session) == []
    else:
        assert state is State.CLOSED or (state, event) == (State.CONNECTED, Input.MEETING_ENDED)
        SERVER[event](session)
        assert sent(session) == []


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_time_ends_the_states_that_wait_for_the_client(state: State) -> None:
    session = in_state(state)
    ends = (state, Input.TIMEOUT) in SESSION.table
    assert (session.deadline is not None) == ends
    assert session.due(IDLE_MS[MEETING]) is ends
    assert sent(session) == []
    assert session.close_code == (1000 if ends else None)
    assert session.state is (State.CLOSED if ends else state)


def test_every_row_of_the_table_was_walked() -> None:
    assert {event for _, event in SESSION.table} == {*CLIENT, *SERVER, Input.TIMEOUT}


# A task


def test_a_task_from_run_to_finished_byte_for_byte() -> None:
    session = Session(0)
    request = session.receive_text(run(parameters={"format": "pcm", "sampleRate": 16_000}), 0)
    assert request == RunRequested(
        MEETING, "tw_1", "fgVnGvkqj5xA", {"format": "pcm", "sampleRate": 16_000}
    )
    session.listen("fgVnGvkqj5xA", (), 50)
    assert session.receive_audio(b"\1\0", 60) == b"\1\0"
    session.hear(SentenceBegan(0, 400), 60)
    assert isinstance(session.receive_text(finish(), 70), FinishRequested)
    session.hear(ENDED, 80)
    session.end(90)
    head = f'{{"header":{{"event":"result-generated","task_id":"{TASK}"}},"payload":{{"output":'
    assert [message.decode() for message in session.messages_to_send()] == [
        f'{{"header":{{"event":"task-started","task_id":"{TASK}","attributes":{{}}}},'
        '"payload":{}}',
        head + '{"action":"speech-listen","dataId":"fgVnGvkqj5xA"}}}',
        head + '{"action":"recognize-result","transcription":{"sentenceId":0,"time":400}}}}',
        head + '{"action":"recognize-result","transcription":{"sentenceId":0,"time":1000,'
        '"sentenceEnd":true,"text":"大家好。","words":['
        '{"beginTime":400,"endTime":820,"text":"大家"},'
        '{"beginTime":820,"endTime":1000,"text":"好。"}],'
        '"stashResult":{"sentenceId":1,"words":[],"text":""}}}}}',
        head + '{"action":"speech-end"}}}',
        f'{{"header":{{"event":"task-finished","task_id":"{TASK}","attributes":{{}}}},'
        '"payload":{}}',
    ]
    assert session.state is State.IDLE
    assert session.close_code is None, "the client closes, or runs another task"
    assert session.take_offences() == []


def test_an_interim_result_byte_for_byte() -> None:
    session = in_state(State.LISTENING)
    session.hear(CHANGED, 0)
    (message,) = session.messages_to_send()
    assert message.decode() == (
        f'{{"header":{{"event":"result-generated","task_id":"{TASK}"}},"payload":{{"output":'
        '{"action":"recognize-result","transcription":{"sentenceId":0,"sentenceEnd":false,'
        '"time":900,"text":"大家","words":[{"beginTime":400,"endTime":820,"text":"大家"}]}}}}'
    )


def test_the_stash_is_the_next_sentence_as_far_as_it_was_heard() -> None:
    stash = Stash(1_000, 1_700, (Word("大家", 1_000, 1_420),), "大家", LINE, 0)
    session = in_state(State.LISTENING, targets=("en",))
    session.hear(SentenceEnded(4, SENTENCE, stash), 0)
    final, translated = outputs(session)
    assert final["transcription"]["stashResult"] == {
        "sentenceId": 5,
        "words": [{"beginTime": 1_000, "endTime": 1_420, "text": "大家"}],
        "text": "大家",
    }
    assert translated["translations"]["en"]["translateResult"] == [
        {"text": "Hello everyone.", "sentenceId": 4, "beginTime": 400, "endTime": 1_000},
        {"text": "Hello", "sentenceId": 5, "partial": True},
    ]


def test_every_language_has_a_message_of_its_own_and_no_message_has_both() -> None:
    session = in_state(State.LISTENING, targets=("en", "fr"))
    session.hear(CHANGED, 0)
    session.hear(ENDED, 0)
    messages = [message.decode() for message in session.messages_to_send()]
    assert len(messages) == 6
    assert [("transcription" in m, "translations" in m) for m in messages] == [
        (True, False),
        (False, True),
        (False, True),
    ] * 2
    assert messages[1].endswith(
        '{"action":"recognize-result","translations":{"en":{"sourceLang":"cn","targetLang":"en",'
        '"translateResult":[{"text":"Hello","sentenceId":0}]}}}}}'
    )
    assert messages[5].endswith(
        '{"action":"recognize-result","translations":{"fr":{"sourceLang":"cn","targetLang":"fr",'
        '"translateResult":[{"text":"Bonjour à tous.","sentenceId":0,"beginTime":400,'
        '"endTime":1000}]}}}}}'
    )


def test_a_new_passage_says_nothing() -> None:
    session = in_state(State.LISTENING)
    session.hear(PassageBegan(library("cn")[0]), 0)
    assert sent(session) == []


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_outside_a_task_nothing_is_heard(state: State) -> None:
    session = in_state(state)
    session.hear(ENDED, 0)
    heard = ["recognize-result"] if state in (State.LISTENING, State.FINISHING) else []
    assert names(session) == heard


# An instruction


def test_an_instruction_comes_with_its_translation_byte_for_byte() -> None:
    session = in_state(State.LISTENING, INSTRUCTION)
    session.hear(SentenceBegan(0, 400), 0)
    assert sent(session) == [], "an instruction has no begin of its own"
    session.hear(CHANGED, 0)
    session.hear(ENDED, 0)
    interim, final = (message.decode() for message in session.messages_to_send())
    words = '[{"beginTime":400,"endTime":820,"text":"大家"}]'
    assert interim.endswith(
        '{"output":{"action":"recognize-result","transcription":{"sentenceId":0,"beginTime":400,'
        f'"endTime":820,"sentenceEnd":false,"text":"大家","words":{words}}},'
        '"translations":{"sentenceEnd":false,"translations":{"zh":{"sentenceId":0,"beginTime":400,'
        f'"endTime":820,"text":"大家","lang":"zh","words":{words},"sentenceEnd":false}}}}}}}}}}}}'
    )
    contract.check("inference/event", json.loads(interim))
    contract.check("inference/event", json.loads(final))
    output = json.loads(final)["payload"]["output"]
    assert output["transcription"]["sentenceEnd"] is True
    assert output["transcription"]["endTime"] == 1_000
    assert output["translations"]["translations"]["zh"]["sentenceEnd"] is True


def test_what_was_not_said_in_chinese_is_one_word_of_the_translation() -> None:
    line = Line(1, 1, ("Hello ", "everyone."), "en", {"cn": "大家好。"})
    words = (Word("Hello ", 400, 820), Word("everyone.", 820, 1_000))
    session = in_state(State.LISTENING, INSTRUCTION)
    session.hear(SentenceEnded(0, Sentence(1, 400, 1_000, words, 1, line), EMPTY), 0)
    (output,) = outputs(session)
    chinese = output["translations"]["translations"]["zh"]
    assert chinese["text"] == "大家好。"
    assert chinese["words"] == [{"beginTime": 400, "endTime": 1_000, "text": "大家好。"}]
    assert len(output["transcription"]["words"]) == 2


def test_an_instruction_that_has_no_word_yet_says_nothing() -> None:
    session = in_state(State.LISTENING, INSTRUCTION)
    session.hear(SentenceChanged(0, 400, 500, (), "", 1, LINE, 0), 0)
    assert sent(session) == []


def test_the_correction_comes_before_speech_end() -> None:
    session = in_state(State.FINISHING, INSTRUCTION)
    session.end(0, correction="打开一号阀门。")
    messages = sent(session)
    assert [m["payload"].get("output") for m in messages] == [
        {"action": "ai-result", "aiResult": {"correction": "打开一号阀门。"}},
        {"action": "speech-end"},
        None,
    ]


# One task after another


def test_a_meeting_may_be_gone_on_with_on_the_same_connection() -> None:
    session = in_state(State.IDLE)
    begin(session, task_id=OTHER)
    session.hear(SentenceBegan(3, 9_500), 0)
    (message,) = sent(session)
    assert message["header"]["task_id"] == OTHER
    session.receive_text(finish(OTHER), 0)
    session.end(0)
    assert names(session) == ["speech-end", "task-finished"]


@pytest.mark.parametrize(
    ("before", "after"),
    [(INSTRUCTION, INSTRUCTION), (INSTRUCTION, MEETING), (MEETING, INSTRUCTION)],
)
def test_an_instruction_wants_a_connection_of_its_own(before: str, after: str) -> None:
    session = in_state(State.IDLE, before)
    refused = session.receive_text(run(after, OTHER), 0)
    assert isinstance(refused, Refused)
    assert "new connection" in refused.detail
    failure(session, AGENT_ERRORS[SEQUENCE], task_id=OTHER, header=False)


@pytest.mark.parametrize("state", [State.LISTENING, State.FINISHING, State.IDLE])
def test_finishing_what_is_not_running_is_refused(state: State) -> None:
    session = in_state(state)
    refused = session.receive_text(finish(OTHER), 0)
    assert isinstance(refused, Refused)
    failure(session, AGENT_ERRORS[SEQUENCE], header=False)


RUNNING = (State.STARTING, State.HASTY, State.LISTENING, State.FINISHING)


@pytest.mark.parametrize("state", RUNNING, ids=lambda state: state.name)
def test_the_end_of_the_meeting_ends_what_is_on_and_closes_on_who_has_not_finished(
    state: State,
) -> None:
    session = in_state(state)
    session.meeting_ended(0)
    assert names(session) == ["speech-end", "task-finished"]
    if state in (State.STARTING, State.LISTENING):
        assert (session.state, session.close_code) == (State.CLOSED, 1000)
    else:
        assert (session.state, session.close_code) == (State.IDLE, None)
    session.meeting_ended(0)
    assert sent(session) == []


@pytest.mark.parametrize("state", [State.CONNECTED, State.IDLE], ids=lambda state: state.name)
def test_the_end_of_a_meeting_leaves_a_connection_for_the_next(state: State) -> None:
    session = in_state(state)
    session.meeting_ended(0)
    assert sent(session) == []
    assert (session.state, session.close_code) == (state, None)
    assert isinstance(session.receive_text(run(task_id=OTHER), 0), RunRequested)


@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_a_shutdown_ends_what_is_on_and_closes(state: State) -> None:
    session = in_state(state)
    session.shut_down(0)
    assert names(session) == (["speech-end", "task-finished"] if state in RUNNING else [])
    assert session.state is State.CLOSED
    assert session.close_code == (None if state is State.CLOSED else 1000)
    session.shut_down(0)
    assert sent(session) == []


def test_finishing_before_speech_listen_gives_both_events() -> None:
    session = Session(0)
    session.receive_text(run(), 0)
    session.receive_audio(b"ab", 0)
    assert isinstance(session.receive_text(finish(), 0), FinishRequested)
    assert session.receive_audio(b"cd", 0) == b"", "the v2 SDK's sample is not slower than that"
    session.listen("fgVnGvkqj5xA", (), 50)
    assert session.state is State.FINISHING
    assert session.take_early_audio() == [b"ab", b"cd"]
    session.end(70)
    assert names(session) == ["task-started", "speech-listen", "speech-end", "task-finished"]


# Audio at the wrong time


def test_audio_before_speech_listen_is_kept_and_noted_once() -> None:
    session = in_state(State.STARTING)
    for data in (b"", b"ab", b"", b"cd"):
        assert session.receive_audio(data, 0) == b""
    (violation,) = session.take_offences()
    assert (violation.rule, violation.source) == ("audio-before-listen", "realtime-ws 8.3")
    session.listen("fgVnGvkqj5xA", (), 0)
    assert session.take_early_audio() == [b"ab", b"cd"]
    assert session.take_early_audio() == []
    assert session.take_offences() == []


def test_early_audio_is_bounded_and_what_is_lost_is_known() -> None:
    session = in_state(State.STARTING)
    frame = bytes(1 << 20)
    for _ in range(40):
        session.receive_audio(frame, 0)
    assert session.early_audio_lost == 40 * len(frame) - EARLY_AUDIO_BYTES
    assert sum(map(len, session.take_early_audio())) == EARLY_AUDIO_BYTES
    assert session.early_audio_lost == 0


def test_early_audio_outlives_a_refusal() -> None:
    session = in_state(State.STARTING)
    session.receive_audio(b"ab", 0)
    session.receive_text(run(task_id=OTHER), 0)
    assert session.state is State.CLOSED
    assert session.take_early_audio() == [b"ab"], "what was said was said"


# Ids


@pytest.mark.parametrize(
    "task_id", ["x", "f" * 32, "2bf83b9a-baeb-4fda-8d9a-1f4f3a1ab2c3", "任务" * 8, "f" * 256]
)
def test_a_task_id_of_any_length_is_taken_and_noted(task_id: str) -> None:
    session = Session(0)
    assert isinstance(session.receive_text(run(task_id=task_id), 0), RunRequested)
    (message,) = sent(session)
    assert message["header"]["task_id"] == task_id
    violations = session.take_offences()
    if len(task_id) == 16:
        assert violations == []
    else:
        assert [violation.rule for violation in violations] == ["task-id-length"]
        assert f"{len(task_id)} characters" in violations[0].text


@pytest.mark.parametrize(("length", "taken"), [(15, False), (16, True), (17, False), (32, False)])
def test_only_documented_task_ids_are_taken_if_that_is_wanted(length: int, taken: bool) -> None:
    session = Session(0, strict_task_id=True)
    answer = session.receive_text(run(task_id="f" * length), 0)
    assert isinstance(answer, RunRequested if taken else Refused)
    rules = [offence.rule for offence in session.take_offences()]
    assert rules == ([] if taken else ["task-id-length"])
    if not taken:
        started, failed = session.messages_to_send()
        assert json.loads(started)["header"]["event"] == "task-started"
        assert json.loads(failed)["payload"]["output"] == {
            "action": "task-failed",
            "errorCode": "Agent.CustomTaskIdInvalid",
            "errorMessage": "The length of custom task id must be 16.",
        }
        assert session.close_code == 1000


@pytest.mark.parametrize("task_id", ["", None, 17, 1.5, True, [], {}, "f" * (LONGEST_TASK_ID + 1)])
@pytest.mark.parametrize("action", ["run-task", "finish-task"])
def test_a_task_id_that_is_none_is_refused_by_the_platform(task_id: object, action: str) -> None:
    session = Session(0)
    payload = run_payload()
    assert isinstance(session.receive_text(command(action, payload, task_id), 0), Refused)
    failure(session, PLATFORM_ERRORS["InvalidParameter"], task_id="", header=True)


# Commands that make no sense

DEEP = "[" * 5_000 + "]" * 5_000


@pytest.mark.parametrize("state", [State.CONNECTED, State.LISTENING, State.IDLE])
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Ping",
        b"{",
        b"[]",
        b"null",
        b"17",
        b'"x"',
        b"1e999",
        b"\xff\xfe",
        b"[" * 100_000,
        DEEP.encode(),
        b'{"header":null}',
        b'{"header":[]}',
        b'{"header":{}}',
        b'{"header":{"action":"run-task"}}',
        b'{"payload":{}}',
        b"{}",
    ],
)
def test_what_is_no_command_is_refused_by_the_platform(state: State, text: bytes) -> None:
    session = in_state(state)
    assert isinstance(session.receive_text(text, 0), Refused)
    task_id = "" if state is State.CONNECTED else TASK
    failure(session, PLATFORM_ERRORS["InvalidParameter"], task_id=task_id, header=True)


@pytest.mark.parametrize("action", ["continue-task", "RUN-TASK", "", None, 5, [], {"a": []}])
def test_an_unknown_action_is_refused_by_the_agent(action: object) -> None:
    session = in_state(State.LISTENING)
    header = {"action": action, "task_id": TASK}
    refused = session.receive_text(json.dumps({"header": header, "payload": {}}), 0)
    assert isinstance(refused, Refused)
    failure(session, AGENT_ERRORS["Agent.InputActionIllegal"], header=False)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (None, "BadRequest.EmptyModel"),
        ({}, "BadRequest.EmptyModel"),
        ([], "BadRequest.EmptyModel"),
        ("x", "BadRequest.EmptyModel"),
        (run_payload(""), "BadRequest.EmptyModel"),
        ({**run_payload(), "model": None}, "BadRequest.EmptyModel"),
        ({**run_payload(), "model": 7}, "BadRequest.EmptyModel"),
        (run_payload("qwen-max"), "ModelNotFound"),
        (run_payload("tingwu-meeting"), "ModelNotFound"),
        (run_payload("tingwu-turbo"), "ModelNotFound"),
        (run_payload(input=None), "BadRequest.EmptyInput"),
        (run_payload(input={}), "BadRequest.EmptyInput"),
        (run_payload(input="x"), "BadRequest.EmptyInput"),
        (run_payload(input=[1]), "BadRequest.EmptyInput"),
    ],
)
def test_what_no_agent_can_take_is_refused_by_the_platform(payload: object, code: str) -> None:
    session = Session(0)
    header = {"action": "run-task", "task_id": TASK}
    text = json.dumps({"header": header, "payload": payload})
    assert isinstance(session.receive_text(text, 0), Refused)
    failure(session, PLATFORM_ERRORS[code], header=True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"appId": "tw_1"}, "Agent.InputActionIllegal"),
        ({"appId": "tw_1", "directive": None}, "Agent.InputActionIllegal"),
        ({"appId": "tw_1", "directive": "stop"}, "Agent.InputActionIllegal"),
        ({"appId": "tw_1", "directive": 1}, "Agent.InputActionIllegal"),
        ({"directive": "start"}, "Agent.InputAppIdIllegal"),
        ({"directive": "start", "appId": None}, "Agent.InputAppIdIllegal"),
        ({"directive": "start", "appId": ""}, "Agent.InputAppIdIllegal"),
        ({"directive": "start", "appId": 7}, "Agent.InputAppIdIllegal"),
    ],
)
def test_what_the_agent_cannot_take_is_refused_after_task_started(given: Json, code: str) -> None:
    session = Session(0)
    assert isinstance(session.receive_text(run(input=given), 0), Refused)
    started, failed = sent(session)
    assert started["header"]["event"] == "task-started", "the v2 SDK takes nothing else first"
    assert failed["payload"]["output"]["errorCode"] == code
    assert session.close_code == 1000


@pytest.mark.parametrize("data_id", [None, "", 5, [], {}])
def test_a_data_id_that_is_none_is_for_others_to_refuse(data_id: object) -> None:
    given = {"appId": "tw_1", "directive": "Start", "dataId": data_id}
    request = Session(0).receive_text(run(input=given, parameters=[1]), 0)
    assert request == RunRequested(MEETING, "tw_1", None, {})


@pytest.mark.parametrize("given", [{"directive": "halt"}, {"directive": 5}, {"directive": "start"}])
def test_a_finish_task_that_says_something_else_is_refused(given: Json) -> None:
    session = in_state(State.LISTENING)
    assert isinstance(session.receive_text(finish(payload={"input": given}), 0), Refused)
    failure(session, AGENT_ERRORS["Agent.InputActionIllegal"], header=False)


@pytest.mark.parametrize(
    "payload",
    [
        {"input": {"appId": "tw_1", "directive": "stop"}},
        {"model": None, **CONSTANTS, "input": {"appId": None, "directive": "stop"}},
        {"model": MEETING, **CONSTANTS, "input": {"directive": "Stop"}},
        {"input": {"directive": "STOP"}},
        {"input": {"directive": None}},
        {"input": {}},
    ],
)
def test_what_sdks_finish_a_task_with_is_taken_and_fits_the_schema(payload: Json) -> None:
    session = in_state(State.LISTENING)
    contract.check("inference/finish-task", json.loads(finish(payload=payload)))
    assert isinstance(session.receive_text(finish(payload=payload), 0), FinishRequested)
    assert sent(session) == []


@pytest.mark.parametrize("payload", [[], "x", 5, {}, {"input": None}, {"input": []}])
def test_a_finish_task_without_any_input_finishes_as_well(payload: object) -> None:
    session = in_state(State.LISTENING)
    assert isinstance(session.receive_text(finish(payload=payload), 0), FinishRequested)


def test_other_constants_are_taken_and_noted() -> None:
    # One of Java's constructors (realtime-ws 8.2).
    session = Session(0)
    changes: Json = {"task_group": "audio", "task": "asr", "function": None}
    assert isinstance(session.receive_text(run(**changes), 0), RunRequested)
    violations = session.take_offences()
    assert {violation.rule for violation in violations} == {"constants"}
    assert [violation.text for violation in violations] == [
        "payload.task_group is 'audio', documented is 'aigc'",
        "payload.task is 'asr', documented is 'multimodal-generation'",
        "payload.function is None, documented is 'generation'",
    ]


def test_what_is_too_deep_to_be_shown_is_no_defect() -> None:
    # Somewhere in between it can just be read.
    for depth in range(800, 1_050):
        text = run().replace('"generation"', "[" * depth + "]" * depth)
        session = Session(0)
        session.receive_text(text, 0)
        assert names(session) in (["task-started"], ["task-failed"])
        assert all(len(violation.text) < 300 for violation in session.take_offences())


def test_what_a_client_repeats_without_end_is_shown_in_short() -> None:
    session = in_state(State.LISTENING)
    refused = session.receive_text(command("x" * 1_000_000), 0)
    assert isinstance(refused, Refused)
    assert len(refused.detail) < 100


@pytest.mark.parametrize("code", AGENT_ERRORS)
def test_every_code_of_an_agent_can_be_sent(code: str) -> None:
    session = in_state(State.LISTENING)
    session.fail(AGENT_ERRORS[code], 0)
    failure(session, AGENT_ERRORS[code], header=False)
    session.fail(AGENT_ERRORS[code], 0)
    assert sent(session) == []


def test_after_the_end_nothing_has_an_effect() -> None:
    session = in_state(State.LISTENING)
    session.fail(AGENT_ERRORS["ServerError"], 0)
    session.messages_to_send()
    assert session.receive_text(run(), 1) is None
    assert session.receive_text("nonsense", 1) is None
    assert session.receive_audio(b"ab", 1) == b""
    assert session.due(10**9) is False
    session.disconnected()
    assert session.has_news, "it is still to be closed"
    assert sent(session) == []


def test_nothing_is_sent_to_a_client_that_has_gone() -> None:
    session = in_state(State.LISTENING)
    session.hear(ENDED, 0)
    session.disconnected()
    assert sent(session) == []
    assert not session.has_news


# Time


def test_a_ping_follows_half_a_minute_without_an_event() -> None:
    session = in_state(State.LISTENING)
    for now in range(0, 2 * PING_MS + 1, 5_000):
        session.receive_audio(bytes(3_200), now)
        due = session.deadline is not None and now >= session.deadline
        assert due is (now in (PING_MS, 2 * PING_MS))
        if due:
            assert session.due(now) is False
            assert outputs(session) == [{"action": "ping"}]
    session.hear(SentenceBegan(0, 60_000), 2 * PING_MS + 10)
    session.receive_audio(b"ab", 3 * PING_MS)
    assert session.due(3 * PING_MS) is False
    assert names(session) == ["recognize-result"]
    assert session.state is State.LISTENING


@pytest.mark.parametrize("model", [MEETING, INSTRUCTION])
def test_a_silent_client_is_disconnected_without_a_word(model: str) -> None:
    session = in_state(State.LISTENING, model)
    session.receive_audio(b"ab", 4_000)
    limit = 4_000 + {MEETING: 10_000, INSTRUCTION: 15_000}[model]
    assert session.deadline == limit
    assert session.due(limit - 1) is False
    assert session.due(limit) is True
    assert sent(session) == []
    assert session.close_code == 1000


def test_text_puts_the_deadline_off_as_audio_does() -> None:
    session = Session(500)
    assert session.deadline == 10_500
    session.receive_text(run(), 9_000)
    session.listen("fgVnGvkqj5xA", (), 9_050)
    assert session.deadline == 19_000


# Whatever arrives

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["run-task", "finish-task"]) | ANYTHING,
        "task_id": st.just(TASK) | ANYTHING,
    },
)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from([MEETING, INSTRUCTION]) | ANYTHING,
        "task": ANYTHING,
        "parameters": ANYTHING,
        "input": ANYTHING
        | st.fixed_dictionaries(
            {},
            optional={
                "appId": st.just("tw_1") | ANYTHING,
                "directive": st.sampled_from(["start", "stop"]) | ANYTHING,
                "dataId": ANYTHING,
            },
        ),
    },
)


@given(st.sampled_from(State), st.binary(max_size=300) | st.text(max_size=300))
def test_no_text_breaks_a_session(state: State, text: bytes | str) -> None:
    session = in_state(state)
    session.receive_text(text, 0)
    assert all(name == "task-failed" for name in names(session))


@given(st.sampled_from(State), ANYTHING | LIKELY, ANYTHING | PAYLOAD)
def test_no_command_breaks_a_session(state: State, header: object, payload: object) -> None:
    session = in_state(state)
    session.receive_text(json.dumps({"header": header, "payload": payload}), 0)
    assert set(names(session)) <= {"task-started", "task-failed"}
    session.take_offences()


@given(
    st.lists(
        st.sampled_from([run(), run(INSTRUCTION), run(task_id=OTHER), finish(), finish(OTHER)])
        | st.binary(max_size=3)
        | st.sampled_from(["listen", "end", "due", "heard", "over"])
        | st.sampled_from([("audio", b""), ("audio", b"ab")])
    )
)
def test_no_order_of_things_breaks_a_session(steps: list[Any]) -> None:
    session = Session(0)
    told: list[str] = []
    for now, step in enumerate(steps):
        match step:
            case ("audio", data):
                session.receive_audio(data, now)
            case "listen":
                if session.state in (State.STARTING, State.HASTY):
                    session.listen("fgVnGvkqj5xA", ("en",), now)
            case "end":
                if session.state is State.FINISHING:
                    session.end(now)
            case "due":
                session.due(now + PING_MS)
            case "heard":
                session.hear(ENDED, now)
            case "over":
                session.meeting_ended(now)
            case _:
                session.receive_text(step, now)
        told += names(session)
        assert (session.close_code is None) == (session.state is not State.CLOSED)
    ends = told.count("task-finished")
    assert ends == told.count("speech-end") <= told.count("task-started")
    assert told.count("task-failed") <= 1
