"""The NLS session, without a server: text and bytes in, frames out."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu import contract
from mock_tingwu.core import errors
from mock_tingwu.core.errors import SessionError
from mock_tingwu.core.meeting import Sentence, Word
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import SentenceBegan, SentenceChanged, SentenceEnded, Stash
from mock_tingwu.core.script import Line
from mock_tingwu.core.stream import Shift
from mock_tingwu.core.violations import RULES
from mock_tingwu.protocols.nls import (
    IDLE_MS,
    Ignored,
    Refused,
    Session,
    StartRequested,
    StopRequested,
)
from mock_tingwu.protocols.nls_table import OFFENCES, REFUSALS, SESSION, Input, State
from mock_tingwu.protocols.stream_session import EARLY_AUDIO_BYTES

LINE = Line(1, 1, ("大家", "好。"), "cn", {"en": "Hello everyone.", "fr": "Bonjour à tous."})
WORDS = (Word("大家", 400, 820), Word("好。", 820, 1_000))
SENTENCE = Sentence(1, 400, 1_000, WORDS, 1, LINE)


def make(options: Options | None = None, now: int = 0) -> Session:
    numbers = count(1)
    return Session(options or Options(), lambda: f"{next(numbers):032x}", now)


def command(name: str, payload: object = None, **header: object) -> str:
    message: dict[str, Any] = {"header": {"namespace": "SpeechTranscriber", "name": name, **header}}
    if payload is not None:
        message["payload"] = payload
    return json.dumps(message)


def sent(session: Session) -> list[dict[str, Any]]:
    messages = [json.loads(message) for message in session.messages_to_send()]
    for message in messages:
        contract.check("realtime/event", message)
    return messages


def names(session: Session) -> list[str]:
    return [message["header"]["name"] for message in sent(session)]


def start(session: Session, payload: object = None, now: int = 0) -> StartRequested:
    request = session.receive_text(command("StartTranscription", payload), now)
    assert isinstance(request, StartRequested)
    return request


def in_state(state: State, options: Options | None = None) -> Session:
    """A session that got to ``state`` the usual way, with nothing left to send."""
    session = make(options)
    if state is State.FAILED:
        session.receive_text("{}", 0)
    elif state is State.CLOSED:
        session.disconnected()
    elif state is not State.CONNECTED:
        request = start(session)
        if state is not State.STARTING:
            session.confirm_start(next_index=0, position=0, request=request)
            if state is not State.WORKING:
                session.receive_text(command("StopTranscription"), 0)
                if state is State.IDLE:
                    session.confirm_stop()
    assert session.state is state
    session.messages_to_send()
    return session


CLIENT_INPUTS: dict[Input, Callable[[Session], object]] = {
    Input.START: lambda s: s.receive_text(command("StartTranscription"), 1),
    Input.STOP: lambda s: s.receive_text(command("StopTranscription"), 1),
    Input.CONTROL: lambda s: s.receive_text(command("ControlTranscriber", {"a": 1}), 1),
    Input.AUDIO: lambda s: s.receive_audio(bytes(3_200), 1),
}


@pytest.mark.parametrize(
    ("state", "event"),
    [pytest.param(s, e, id=f"{s.name}-{e.name}") for s, e in product(State, CLIENT_INPUTS)],
)
def test_whatever_the_client_does_moves_by_the_table_or_is_refused(
    state: State, event: Input
) -> None:
    session = in_state(state)
    CLIENT_INPUTS[event](session)
    rule = OFFENCES.get((state, event))
    assert [offence.rule for offence in session.take_offences()] == ([rule] if rule else [])
    if (state, event) in SESSION.table:
        assert session.state is SESSION.table[state, event]
        assert sent(session) == []
    elif state is State.CLOSED:
        assert session.state is State.CLOSED
        assert sent(session) == []
    else:
        refusal = REFUSALS[state, event]
        assert session.state is State.FAILED
        (message,) = sent(session)
        assert message["header"]["name"] == "TaskFailed"
        assert message["header"]["namespace"] == "Default"
        assert message["header"]["status"] == refusal.status
        assert message["header"]["status_text"] == refusal.text


def test_a_session_from_start_to_completed() -> None:
    session = make()
    request = start(session)
    assert sent(session) == []
    assert session.confirm_start(next_index=0, position=0, request=request) == []
    assert session.receive_audio(b"\1\0", 5) == b"\1\0"
    session.hear(SentenceBegan(0, 400))
    session.hear(SentenceEnded(0, SENTENCE, Stash(1_000, 1_000)))
    assert isinstance(session.receive_text(command("StopTranscription"), 9), StopRequested)
    session.confirm_stop()
    assert names(session) == [
        "TranscriptionStarted",
        "SentenceBegin",
        "SentenceEnd",
        "TranscriptionCompleted",
    ]
    assert session.state is State.IDLE
    assert session.close_code is None


def test_a_second_stream_may_follow_on_the_same_socket() -> None:
    session = in_state(State.IDLE)
    request = start(session)
    session.confirm_start(next_index=3, position=9_000, request=request)
    session.hear(SentenceBegan(3, 9_500))
    message = sent(session)[-1]
    assert message["payload"] == {"index": 3, "time": 9_500}


def test_the_clients_task_id_is_echoed_and_another_made_up_if_there_is_none() -> None:
    session = make()
    session.receive_text(command("StartTranscription", task_id="abc"), 0)
    session.confirm_start(next_index=0, position=0, request=StartRequested())
    assert sent(session)[0]["header"]["task_id"] == "abc"
    anonymous = in_state(State.WORKING)
    anonymous.hear(SentenceBegan(0, 0))
    anonymous.hear(SentenceBegan(1, 0))
    first, second = sent(anonymous)
    assert first["header"]["task_id"] == second["header"]["task_id"] != ""


def test_message_ids_are_new_for_every_event() -> None:
    session = in_state(State.WORKING)
    for index in range(5):
        session.hear(SentenceBegan(index, 0))
    assert len({message["header"]["message_id"] for message in sent(session)}) == 5


@pytest.mark.parametrize("text", ["Ping", "", "[1,2]", "17", '"x"', "null", "{", "[" * 5_000])
def test_text_that_is_no_json_object_is_tolerated(text: str) -> None:
    session = in_state(State.WORKING)
    assert isinstance(session.receive_text(text, 0), Ignored)
    assert session.state is State.WORKING
    assert sent(session) == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("{}", 40000002),
        ('{"header":null}', 40000002),
        ('{"header":{}}', 40000002),
        ('{"header":{"name":5}}', 40000002),
        ('{"header":{"namespace":"SpeechRecognizer","name":"StartRecognition"}}', 40010001),
        ('{"header":{"namespace":"SpeechTranscriber","name":"Nonsense"}}', 40010002),
    ],
)
def test_a_message_that_makes_no_sense_fails_the_session(text: str, status: int) -> None:
    session = in_state(State.WORKING)
    assert isinstance(session.receive_text(text, 0), Refused)
    assert [m["header"]["status"] for m in sent(session)] == [status]
    assert session.state is State.FAILED


def test_an_unknown_directive_is_named_in_the_answer() -> None:
    session = in_state(State.WORKING)
    session.receive_text(command("Dance"), 0)
    assert sent(session)[0]["header"]["status_text"] == (
        "Gateway:DIRECTIVE_NOT_SUPPORTED:Directive'SpeechTranscriber.Dance'isnotsupported!"
    )


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_text_breaks_a_session(data: bytes) -> None:
    session = in_state(State.WORKING)
    session.receive_text(data, 0)
    assert all(name == "TaskFailed" for name in names(session))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.sampled_from(["StartTranscription", "StopTranscription", "ControlTranscription"]),
)
def test_no_payload_breaks_a_session(payload: object, name: str) -> None:
    session = make()
    session.receive_text(command(name, payload), 0)
    if session.state is State.STARTING:
        session.confirm_start(next_index=0, position=0, request=StartRequested())
    sent(session)


# Early and late audio


def test_audio_before_started_is_kept_and_handed_over() -> None:
    session = make()
    request = start(session)
    assert session.receive_audio(b"ab", 0) == b""
    assert session.receive_audio(b"cd", 0) == b""
    assert session.confirm_start(next_index=0, position=0, request=request) == [b"ab", b"cd"]


def test_an_empty_frame_is_no_audio_before_started_either() -> None:
    session = make()
    request = start(session)
    assert session.receive_audio(b"", 0) == b""
    assert session.confirm_start(next_index=0, position=0, request=request) == []


def test_early_audio_is_bounded_and_what_is_lost_is_known() -> None:
    session = make()
    request = start(session)
    frame = bytes(1 << 20)
    for _ in range(40):
        session.receive_audio(frame, 0)
    assert session.early_audio_lost == 40 * len(frame) - EARLY_AUDIO_BYTES
    audio = session.confirm_start(next_index=0, position=0, request=request)
    assert sum(map(len, audio)) == EARLY_AUDIO_BYTES


@pytest.mark.parametrize("state", [State.STOPPING, State.IDLE, State.FAILED])
def test_late_audio_is_dropped_without_a_word(state: State) -> None:
    session = in_state(state)
    assert session.receive_audio(bytes(3_200), 0) == b""
    assert sent(session) == []
    assert session.state is state


# Levels


def changed() -> SentenceChanged:
    return SentenceChanged(0, 400, 900, WORDS[:1], "大家", 1, LINE, 0)


@pytest.mark.parametrize(
    ("level", "translation_level", "expected"),
    [
        (1, 1, []),
        (2, 1, ["TranscriptionResultChanged"]),
        (2, 2, ["TranscriptionResultChanged", "ResultTranslated", "ResultTranslated"]),
        (1, 2, []),
    ],
)
def test_interim_results_are_sent_as_the_levels_say(
    level: int, translation_level: int, expected: list[str]
) -> None:
    options = Options(
        output_level=level,
        translation_targets=("en", "fr"),
        translation_output_level=translation_level,
    )
    session = in_state(State.WORKING, options)
    session.hear(changed())
    assert names(session) == expected


def test_an_interim_translation_has_no_times_and_points_at_its_source() -> None:
    options = Options(output_level=2, translation_targets=("en",), translation_output_level=2)
    session = in_state(State.WORKING, options)
    session.hear(changed())
    source, translated = sent(session)
    assert translated["header"]["source_message_id"] == source["header"]["message_id"]
    assert translated["payload"]["translate_result"] == [{"text": "Hello", "index": 0}]


def test_every_target_language_has_a_message_of_its_own() -> None:
    session = in_state(State.WORKING, Options(translation_targets=("en", "fr")))
    session.hear(SentenceEnded(0, SENTENCE, Stash(1_000, 1_000)))
    end, english, french = sent(session)
    for message, target, text in (
        (english, "en", "Hello everyone."),
        (french, "fr", "Bonjour à tous."),
    ):
        assert message["header"]["source_message_id"] == end["header"]["message_id"]
        assert message["payload"] == {
            "speaker_id": "1",
            "source_lang": "cn",
            "target_lang": target,
            "translate_result": [{"text": text, "index": 0, "beginTime": 400, "endTime": 1_000}],
        }


def test_the_stash_shows_the_next_sentence_and_is_translated_as_partial() -> None:
    session = in_state(State.WORKING, Options(translation_targets=("en",)))
    stash = Stash(1_000, 1_700, (Word("大家", 1_000, 1_420),), "大家", LINE, 0)
    session.hear(SentenceEnded(0, SENTENCE, stash))
    end, translated = sent(session)
    assert end["payload"]["stash_result"] == {
        "index": 1,
        "sentenceId": 1,
        "beginTime": 1_000,
        "currentTime": 1_700,
        "text": "大家",
        "fixedText": "",
        "unfixedText": "大家",
        "words": [{"text": "大家", "startTime": 1_000, "endTime": 1_420}],
    }
    assert translated["payload"]["translate_result"][1] == {
        "text": "Hello",
        "index": 1,
        "partial": True,
    }


@pytest.mark.parametrize("diarization", [False, True])
def test_events_name_the_speaker_with_realtime_diarization_only(diarization: bool) -> None:
    options = Options(output_level=2, realtime_diarization=diarization)
    session = in_state(State.WORKING, options)
    session.hear(changed())
    session.hear(SentenceEnded(0, SENTENCE, Stash(1_000, 1_000)))
    for message in sent(session):
        assert message["payload"].get("speaker_id") == ("1" if diarization else None)


# Resuming


def test_offsets_of_the_client_shift_indices_and_times() -> None:
    session = make()
    request = start(session, {"tw_time_offset": 60_000, "tw_index_offset": 11})
    assert (request.time_offset, request.index_offset) == (60_000, 11)
    session.confirm_start(next_index=2, position=10_000, request=request)
    session.hear(SentenceBegan(2, 10_400))
    assert sent(session)[-1]["payload"] == {"index": 12, "time": 60_400}


@pytest.mark.parametrize("value", ["5", -1, 1.5, True, None, [], {}, 2**31, 10**30])
def test_offsets_that_are_no_whole_numbers_are_ignored(value: object) -> None:
    request = start(make(), {"tw_time_offset": value, "tw_index_offset": value})
    assert (request.time_offset, request.index_offset) == (None, None)


# Time


@pytest.mark.parametrize("state", [State.CONNECTED, State.WORKING, State.IDLE])
def test_ten_seconds_without_data_end_the_session(state: State) -> None:
    session = in_state(state)
    session.last_arrival = 500
    assert session.deadline == 500 + IDLE_MS
    session.timed_out()
    (message,) = sent(session)
    assert message["header"]["status"] == 40000004
    assert message["header"]["status_text"].startswith("Gateway:IDLE_TIMEOUT:")
    assert session.close_code == 1000
    assert session.state is State.CLOSED


def test_the_idle_timeout_names_the_last_directive() -> None:
    session = in_state(State.WORKING)
    session.timed_out()
    assert sent(session)[0]["header"]["status_text"] == (
        "Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time, "
        "the last directive is 'StartTranscription'!"
    )


def test_data_puts_the_deadline_off() -> None:
    session = in_state(State.WORKING)
    session.receive_audio(b"\0\0", 4_000)
    assert session.deadline == 4_000 + IDLE_MS
    session.receive_text("Ping", 5_000)
    assert session.deadline == 5_000 + IDLE_MS


@pytest.mark.parametrize("state", [State.STARTING, State.STOPPING])
def test_while_the_server_owes_an_answer_there_is_no_deadline(state: State) -> None:
    assert in_state(state).deadline is None


def test_a_failed_session_lingers_and_closes_without_another_word() -> None:
    session = in_state(State.FAILED)
    session.receive_text(command("StopTranscription"), 600)
    assert names(session) == ["TaskFailed"]
    assert session.deadline is None, "it lingers in real time, not by the clock"
    session.linger_over()
    assert sent(session) == []
    assert session.close_code == 1000


@pytest.mark.parametrize("state", State)
def test_events_are_sent_within_a_stream_only(state: State) -> None:
    session = in_state(state)
    session.hear(SentenceBegan(0, 0))
    session.hear(SentenceEnded(0, SENTENCE, Stash(1_000, 1_000)))
    expected = ["SentenceBegin", "SentenceEnd"] if state in (State.WORKING, State.STOPPING) else []
    assert names(session) == expected


def test_offsets_hold_for_the_sessions_that_follow() -> None:
    shift = Shift()
    for start_payload, expected in (({"tw_index_offset": 9}, 10), (None, 10)):
        session = Session(Options(), lambda: "0" * 32, 0, shift)
        request = start(session, start_payload)
        session.confirm_start(next_index=0, position=0, request=request)
        session.hear(SentenceBegan(0, 0))
        assert sent(session)[-1]["payload"]["index"] == expected


@pytest.mark.parametrize("state", [State.WORKING, State.STOPPING])
def test_a_task_stopped_by_the_api_completes_its_stream_and_closes(state: State) -> None:
    session = in_state(state)
    session.task_ended()
    assert names(session) == ["TranscriptionCompleted"]
    assert session.close_code == 1000


@pytest.mark.parametrize("state", [State.CONNECTED, State.STARTING, State.IDLE, State.FAILED])
def test_a_task_stopped_by_the_api_closes_an_idle_socket(state: State) -> None:
    session = in_state(state)
    session.task_ended()
    assert sent(session) == []
    assert session.close_code == 1000


@pytest.mark.parametrize("error", errors.SESSION_ERRORS, ids=lambda error: str(error.status))
def test_every_error_of_the_table_can_be_sent(error: SessionError) -> None:
    session = in_state(State.WORKING)
    session.fail(error.about("X"))
    (message,) = sent(session)
    assert message["header"]["status"] == error.status
    assert "payload" not in message


# What is against the rules


def test_whatever_is_refused_is_against_a_rule_of_the_table() -> None:
    assert set(REFUSALS) <= set(OFFENCES)
    assert set(OFFENCES.values()) <= set(RULES)
    assert all(pair in SESSION.table or pair in REFUSALS for pair in OFFENCES)
