"""What is written of a task, and read back, is the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.options import Item, Options, Prompt, Scene
from mock_tingwu.core.recognizer import (
    Continued,
    Playlist,
    Recognizer,
    ScriptedRecognizer,
    scripted,
)
from mock_tingwu.core.scope import Order, Scope, Task
from mock_tingwu.core.scripts import library
from mock_tingwu.core.segmentation import SpeechDetector
from mock_tingwu.store.snapshot import (
    Damaged,
    Scripts,
    StateRecord,
    TaskRecord,
    decode,
    encode,
    sentence_data,
    state_record,
    task_from,
    task_record,
)

RATE = 16_000

texts = st.text(st.characters(), max_size=20)  # also with half a surrogate pair
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)
scenes = st.builds(
    Scene,
    introduction=texts,
    items=st.lists(st.builds(Item, title=texts), max_size=2).map(tuple),
    speaker_names=st.dictionaries(texts, plain, max_size=2),
)
options = st.builds(
    Options,
    translation_targets=st.lists(texts, max_size=2).map(tuple),
    custom_prompts=st.lists(st.builds(Prompt, name=texts, prompt=texts), max_size=2).map(tuple),
    inspection=st.none() | scenes,
    phrases=st.lists(st.tuples(texts, st.integers()), max_size=2).map(tuple),
    disfluency=st.none() | st.booleans(),
)
orders = st.builds(
    Order,
    options=options,
    language=texts,
    app_key=texts,
    key=st.none() | texts,
    language_hints=st.lists(texts, max_size=2),
    output=st.none() | st.tuples(texts, texts),
    parameters=st.dictionaries(texts, plain, max_size=2),
)


@given(plain)
def test_plain_data_of_any_kind_is_read_back_as_it_was(value: Any) -> None:
    assert decode(encode({"x": value}), dict)["x"] == value


@given(orders)
def test_an_order_is_read_back_as_it_was(order: Order) -> None:
    # Sequences are lists, or tuples.
    assert decode(encode(order), Order) == replace(order, words=list(order.words))


def new_task(scope: Scope, **changes: Any) -> Task:
    order = Order(Options(**changes), "cn", "app", key="k")
    return scope.create_realtime(order, audio_format="pcm", sample_rate=RATE)


def read_back(task: Task, scope: Scope) -> Task:
    """The task as another process would have it: nothing is shared."""
    writing, reading = Scripts(), Scripts()
    record, state = encode(task_record(task, writing)), encode(state_record(task, writing))
    sentences = [sentence_data(one, task.meeting.scripts) for one in task.meeting.sentences]
    for key, data in writing.new.items():
        reading.add(key, data)
    return task_from(
        task.id,
        decode(record, TaskRecord),
        decode(state, StateRecord),
        sentences,
        reading,
        scope.new_recognizer,
    )


def shown(task: Task) -> Mapping[str, Any]:
    """Everything that a task is, to compare."""
    own = {
        name: getattr(task, name)
        for name in Task.__struct_fields__
        if name not in ("stream", "playlist", "pushers", "history")
    }
    assert isinstance(task.stream.recognizer, ScriptedRecognizer)
    return own | {
        "meeting": task.meeting,
        "history": task.history.shown(),
        "shift": task.stream.shift,
        "recognizer": task.stream.recognizer.state,
        "place": task.playlist.place,
    }


@given(
    chunks=st.lists(st.integers(1, 200_000), max_size=6),
    imagined=st.lists(st.integers(0, 20_000), max_size=3),
    flushed=st.booleans(),
    speakers=st.integers(0, 3),
)
def test_a_task_goes_on_hearing_what_it_would_have_heard(
    recording: bytes, chunks: list[int], imagined: list[int], flushed: bool, speakers: int
) -> None:
    scope = Scope(VirtualClock(0))
    task = new_task(scope, diarization=True, speaker_count=speakers)
    at = 0
    for size in chunks:
        task.stream.feed(recording[at : at + size * 2])
        at += size * 2
    for milliseconds in imagined:
        task.stream.imagine(milliseconds)
    if flushed:
        task.stream.flush()
    again = read_back(task, scope)
    assert shown(again) == shown(task)
    rest = at % len(recording) // 2 * 2
    # What was too short to be looked at is silence there: a whole block is the same in both.
    if not (chunks and sum(chunks) % 1_600):
        assert again.stream.feed(recording[rest:]) == task.stream.feed(recording[rest:])
        assert again.stream.flush() == task.stream.flush()
        assert again.meeting == task.meeting


def test_a_script_is_written_once_and_is_one_object_again(recording: bytes) -> None:
    scope = Scope(VirtualClock(0))
    scripts = Scripts()
    tasks = [new_task(scope) for _ in "123"]
    records = [task_record(task, scripts) for task in tasks]
    assert len(scripts.new) == len({key for record in records for key in record.playlist})
    assert all(len(encode(record)) < 4_000 for record in records)
    for task in tasks:
        task.stream.feed(recording)
        task.stream.flush()
        assert all(len(encode(state_record(one, scripts))) < 1_000 for one in tasks)
    again = read_back(tasks[0], scope)
    line = again.meeting.sentences[0].line
    assert any(line is one for one in again.meeting.scripts[0].lines)


def test_a_recognizer_of_another_kind_starts_anew_behind_what_was_heard(recording: bytes) -> None:
    class Own:
        def __init__(self, inner: Recognizer) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    def make(playlist: Playlist, rate: int, speakers: int) -> Recognizer:
        own: Any = Own(scripted(playlist, rate, speakers))
        found: Recognizer = own
        return found

    scope = Scope(VirtualClock(0), make_recognizer=make)
    task = new_task(scope)
    task.stream.feed(recording[:320_000])
    task.stream.flush()
    before = list(task.meeting.sentences)
    again = read_back(task, scope)
    assert isinstance(again.stream.recognizer, Continued)
    assert (again.meeting, again.stream.position) == (task.meeting, task.stream.position)
    again.stream.feed(recording)
    again.stream.flush()
    sentences = again.meeting.sentences
    assert sentences[: len(before)] == before
    assert [sentence.id for sentence in sentences] == list(range(1, len(sentences) + 1))
    edges = [edge for sentence in sentences for edge in (sentence.begin, sentence.end)]
    assert edges == sorted(edges)
    assert all(
        word.begin >= sentence.begin and word.end <= sentence.end
        for sentence in sentences
        for word in sentence.words
    )
    for sentence in sentences:
        assert sentence.line in again.meeting.scripts[sentence.passage].lines
    assert again.stream.position == task.stream.position + len(recording) // 32


def test_a_line_that_no_script_has_is_written_with_its_sentence(recording: bytes) -> None:
    task = new_task(Scope(VirtualClock(0)))
    task.stream.feed(recording[:320_000])
    sentence = task.meeting.sentences[0]
    from mock_tingwu.store.snapshot import sentence_from

    assert sentence_from(1, sentence_data(sentence, []), []) == sentence
    with pytest.raises(Damaged):
        sentence_from(1, sentence_data(sentence, task.meeting.scripts), [])


@pytest.mark.parametrize("data", [b"", b"\xc1", encode({}), encode([1]), encode({"status": 5})])
def test_what_is_no_record_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        decode(data, StateRecord)


def test_records_without_fields_that_came_later_can_be_read() -> None:
    state = decode(msgspec.msgpack.encode({"status": "NEW", "updated": 5}), StateRecord)
    assert (state.status, state.told, state.recognizer) == ("NEW", {}, None)


@given(st.binary(max_size=64_000), st.binary(max_size=64_000))
def test_a_detector_goes_on_where_another_one_stood(first: bytes, second: bytes) -> None:
    one, other = SpeechDetector(RATE), SpeechDetector(RATE)
    list(one.feed(first))
    other.restore(one.state)
    assert list(other.feed(second)) == list(one.feed(second))
    assert other.state == one.state


@given(st.integers(0, 100), st.sampled_from(["cn", "en", "multilingual"]))
def test_a_playlist_goes_on_where_another_one_was(count: int, language: str) -> None:
    scripts = library(language)
    one, other = Playlist(scripts), Playlist(scripts)
    latest = None
    for _ in range(count):
        latest = one.next()[1]
    other.go_to(one.place)
    assert latest is None or other.latest == latest
    assert [other.next() for _ in range(5)] == [one.next() for _ in range(5)]
