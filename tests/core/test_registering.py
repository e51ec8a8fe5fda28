"""Scripts for tasks to come, and for tasks that there are already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.options import Options
from mock_tingwu.core.recognizer import Playlist
from mock_tingwu.core.registering import UnknownTask, forget, register
from mock_tingwu.core.scope import Order, Scope, Task, TooLate
from mock_tingwu.core.script import Script
from mock_tingwu.core.script_book import ScriptBook
from mock_tingwu.core.scripts import parse_script
from mock_tingwu.core.tasks import TaskEvent
from tests.core.test_segmentation import silence, speech

MINE = parse_script({"language": "cn", "sentences": ["这是我写的第一句话。"]}, "mine")
OTHER = parse_script({"language": "cn", "sentences": ["另外写的一句别的话。"]}, "other")
ENGLISH = parse_script({"language": "en", "sentences": ["This is what I wrote."]}, "english")
FILE = "https://example.com/talk.mp3"


@pytest.fixture
def scope() -> Scope:
    return Scope(VirtualClock(0), result_interval=5)


def order(service: Any = "tingwu", *, language: str = "cn", **options: Any) -> Order:
    return Order(Options(**options), language, "app", service=service)


def realtime(scope: Scope, service: Any = "tingwu", **options: Any) -> Task:
    return scope.create_realtime(order(service, **options), audio_format="pcm", sample_rate=16_000)


def said(task: Task) -> list[str]:
    """What is heard in a sentence's worth of speech."""
    task.stream.feed(speech(2_000) + silence(1_200))
    return [sentence.text for sentence in task.meeting.sentences]


@pytest.mark.parametrize(
    ("kind", "service"),
    [("data_id", "dashscope"), ("task_id", "dashscope"), ("task_id", "tingwu")],
)
def test_a_task_that_there_is_hears_what_is_registered_for_its_id(
    scope: Scope, kind: str, service: str
) -> None:
    task, untouched = realtime(scope, service), realtime(scope, service)
    register(scope, MINE, **{kind: task.id})
    register(scope, OTHER, **{kind: task.id})
    assert said(task) == [OTHER.lines[0].text]
    assert said(untouched) not in ([MINE.lines[0].text], [OTHER.lines[0].text])
    assert [entry[:2] for entry in scope.scripts.entries] == [(kind, task.id)]


def test_what_is_registered_for_an_id_goes_before_all_other_keys(scope: Scope) -> None:
    register(scope, OTHER, app_key="app")
    task = realtime(scope)
    register(scope, MINE, task_id=task.id)
    assert said(task) == [MINE.lines[0].text]


def test_filters_that_the_task_asks_for_reach_the_script(scope: Scope) -> None:
    task = realtime(scope, disfluency=True)
    words = parse_script({"language": "cn", "sentences": ["嗯，我们现在开始开会。"]}, "filler")
    register(scope, words, task_id=task.id)
    assert said(task) == ["我们现在开始开会。"]


def test_silence_is_nothing_that_was_heard(scope: Scope) -> None:
    task = realtime(scope)
    scope.move(task, TaskEvent.AUDIO, "a test")
    task.stream.feed(silence(5_000))
    scope.move(task, TaskEvent.STREAM_ENDED, "a test")
    register(scope, MINE, task_id=task.id)
    assert said(task) == [MINE.lines[0].text]


def test_a_task_that_has_begun_to_hear_keeps_what_it_hears(scope: Scope) -> None:
    register(scope, OTHER, app_key="app")
    task = realtime(scope)
    task.stream.feed(speech(1_000))
    with pytest.raises(TooLate) as caught:
        register(scope, MINE, task_id=task.id, task_key="k")
    assert str(caught.value) == (
        f"task_id is '{task.id}', but the task has heard something already"
    )
    assert said(task) == [OTHER.lines[0].text]
    assert scope.scripts.get("task_key", "k") is None, "a refused call has no effect"


def test_a_text_that_was_written_down_has_been_heard(scope: Scope) -> None:
    task = scope.create_from_text(order("dashscope"), OTHER)
    with pytest.raises(TooLate, match="has heard something already"):
        register(scope, MINE, data_id=task.id)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda scope, task: scope.stop(task), "COMPLETED"),
        (lambda scope, task: scope.fail(task, "X", "x", "a test"), "FAILED"),
    ],
)
def test_a_task_that_has_ended_hears_nothing_any_more(
    scope: Scope, end: Callable[[Scope, Task], None], status: str
) -> None:
    task = realtime(scope)
    end(scope, task)
    with pytest.raises(TooLate, match=f"the task is {status} and hears nothing any more"):
        register(scope, MINE, task_id=task.id)


def test_a_recording_that_is_still_to_be_read_says_what_is_registered_meanwhile(
    scope: Scope,
) -> None:
    task = scope.create_offline(order(), file_url=FILE)
    register(scope, MINE, task_id=task.id)
    task.stream.imagine(2_400)
    with pytest.raises(TooLate):
        register(scope, OTHER, task_id=task.id)
    task.stream.flush()
    assert [sentence.text for sentence in task.meeting.sentences] == [MINE.lines[0].text]


def test_where_the_language_is_left_open_the_script_decides_it_also_later(scope: Scope) -> None:
    task = scope.create_offline(order(language="auto"), file_url=FILE)
    assert (task.language, task.meeting.language) == ("cn", "cn")
    register(scope, ENGLISH, task_id=task.id)
    assert (task.language, task.meeting.language) == ("en", "en")
    forget(scope, "task_id", task.id)
    assert (task.language, task.meeting.language) == ("cn", "cn")
    fixed = scope.create_offline(order(language="ja"), file_url=FILE)
    register(scope, ENGLISH, task_id=fixed.id)
    assert (fixed.language, fixed.meeting.language) == ("ja", "ja")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"data_id": "x"}, "data_id is 'x', expected one that createTask answered"),
        ({"task_id": "x"}, "task_id is 'x', expected one of /_mock/tasks"),
    ],
)
def test_an_id_of_no_task_is_refused(scope: Scope, keys: Any, message: str) -> None:
    with pytest.raises(UnknownTask) as caught:
        register(scope, MINE, **keys)
    assert str(caught.value) == message
    assert scope.scripts.entries == []


def test_a_data_id_is_one_of_dashscope(scope: Scope) -> None:
    task = realtime(scope)
    with pytest.raises(UnknownTask, match="expected one that createTask answered"):
        register(scope, MINE, data_id=task.id)


def test_two_ids_name_one_task_or_are_refused(scope: Scope) -> None:
    one, two = realtime(scope, "dashscope"), realtime(scope, "dashscope")
    with pytest.raises(ValueError, match=f"data_id is '{one.id}', expected the task of task_id"):
        register(scope, MINE, data_id=one.id, task_id=two.id)
    register(scope, MINE, data_id=one.id, task_id=one.id)
    assert said(one) == [MINE.lines[0].text]


def test_what_is_forgotten_before_it_was_heard_is_not_heard(scope: Scope) -> None:
    register(scope, OTHER, app_key="app")
    task, late = realtime(scope), realtime(scope)
    for one in (task, late):
        register(scope, MINE, task_id=one.id)
    said(late)
    for one in (task, late):
        forget(scope, "task_id", one.id)
    forget(scope, "task_id", "unknown")
    assert [entry.kind for entry in scope.scripts.entries] == ["app_key"]
    assert said(task) == [OTHER.lines[0].text]
    assert said(late)[0] == MINE.lines[0].text


def test_a_book_lists_and_forgets_by_kind_and_key() -> None:
    book = ScriptBook()
    with pytest.raises(ValueError, match="a script needs a task_key, an app_key or a file_url"):
        book.register(MINE)
    book.register(MINE, app_key="a", file_url=f"{FILE}?sig=1")
    book.register(OTHER, task_key="t", app_key="b")
    assert book.entries == [
        ("task_key", "t", OTHER),
        ("file_url", FILE, MINE),
        ("app_key", "a", MINE),
        ("app_key", "b", OTHER),
    ]
    assert book.get("file_url", f"{FILE}?sig=2") is MINE
    book.forget("file_url", f"{FILE}?sig=3")
    book.forget("app_key", "unknown")
    assert [entry[:2] for entry in book.entries] == [
        ("task_key", "t"),
        ("app_key", "a"),
        ("app_key", "b"),
    ]
    assert book.registered(task_key=None, app_key="a", file_url=FILE) is MINE


def texts(playlist: Playlist, count: int) -> list[str]:
    return [playlist.next()[1].text for _ in range(count)]


def test_a_playlist_can_be_replaced_until_a_line_was_taken() -> None:
    playlist = Playlist([MINE])
    two = Script("two", "multilingual", "", (), (*OTHER.lines, *ENGLISH.lines))
    assert playlist.replace([two], ["en"])
    assert texts(playlist, 2) == [ENGLISH.lines[0].text] * 2
    assert not playlist.replace([MINE])
    assert texts(playlist, 1) == [ENGLISH.lines[0].text]
