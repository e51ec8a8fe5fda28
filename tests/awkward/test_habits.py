"""Profiles as they are written, and the pure parts: the same seed, the same words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from mock_tingwu import MockTingwu
from mock_tingwu.core.awkward import documents
from mock_tingwu.core.awkward.draws import Draw, pieces
from mock_tingwu.core.awkward.habits import EXPECTED, HABITS, NAMES, PLAIN, Profile
from mock_tingwu.core.awkward.manners import CALM, AwkwardIds, Manners
from mock_tingwu.core.ids import Ids
from mock_tingwu.settings import Settings, SettingsError
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import TASKS, create, info, pusher

KEYS = st.text("abcXYZ_", min_size=1, max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a中/&"\\😀 \n'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
SEEDS = st.integers(0, 2**64 - 1)
WORDS = st.lists(st.text("我们今天abc", min_size=1, max_size=4), min_size=1, max_size=8)


# Profiles


@pytest.mark.parametrize(
    ("text", "shown", "count"),
    [
        ("plain", "plain", 0),
        ("awkward", "awkward", len(NAMES)),
        ("plain,+key-order", "plain,+key-order", 1),
        ("awkward, -closing, -chunked", "awkward,-chunked,-closing", len(NAMES) - 2),
        ("awkward,-closing,+closing", "awkward", len(NAMES)),
        ("plain,-closing", "plain", 0),
    ],
)
def test_a_profile_is_written_as_habits_with_a_sign(text: str, shown: str, count: int) -> None:
    profile = Profile.parse(text)
    assert (str(profile), len(profile.habits)) == (shown, count)
    assert Profile.parse(shown) == profile


@pytest.mark.parametrize("text", ["", "Awkward", "awkward,closing", "awkward,-wild", "+closing", 1])
def test_anything_else_is_no_profile(text: object) -> None:
    with pytest.raises(ValueError, match=r"^plain or awkward"):
        Profile.parse(text)
    with pytest.raises(SettingsError, match=r"profile is .*, expected plain or awkward"):
        Settings.of({"profile": text})


def test_every_habit_says_what_it_does_why_it_may_and_who_trips() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for habit in HABITS:
        for text in (habit.does, habit.allowed, habit.lazy, habit.limits):
            assert not text or text.endswith((".", "?")), text
        assert habit.does
        assert habit.allowed
        assert habit.lazy


def test_a_scope_has_the_server_s_profile_or_its_own_and_keeps_it(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(profile="plain,+key-order")
    own = mock.scope("own", profile="plain,+escapes")
    mock.scope("usual")
    for _ in range(2):
        listed = httpx.get(f"{mock.url}/_mock/scopes").json()["scopes"]
        assert {scope["name"]: scope["profile"] for scope in listed} == {
            "default": "plain,+key-order",
            "own": "plain,+escapes",
            "usual": "plain,+key-order",
        }
        (note,) = own.journal
        assert note["text"] == "the profile is plain,+escapes: escapes"
        own.reset()
    with pytest.raises(ValueError, match=f"profile is 'odd', expected {EXPECTED[:5]}"):
        mock.scope("odd", profile="odd")


def test_a_plain_scope_has_no_manners_at_all(mock: MockTingwu) -> None:
    assert mock.call(lambda: mock._realm.manners) is None
    assert mock.call(lambda: mock._realm.profile) is PLAIN or not mock.journal


def run(start_mock: Callable[..., MockTingwu], seed: int) -> list[Any]:
    """What a meeting says, from the answer to CreateTask to its last event."""
    mock = start_mock(profile="awkward", seed=seed, clock="virtual")
    calls = []
    for _ in range(4):  # one of them is refused, perhaps
        body = {
            "AppKey": "app",
            "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
        }
        answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)
        calls.append(answer.text.replace(mock.host, "").replace(mock.host.replace(":", ""), ""))
        created = answer if answer.is_success else None
        if created is not None:
            break
    assert created is not None
    with pusher(created.json()["Data"]) as connection:
        connection.start()
        connection.push(speech(4_000) + silence(1_200))
        connection.stop()
    return [calls, connection.events]


def test_the_same_seed_and_requests_give_the_same_and_another_seed_another(
    start_mock: Callable[..., MockTingwu],
) -> None:
    first, second, other = (run(start_mock, seed) for seed in (7, 7, 8))
    assert first[1] == second[1]
    assert json.dumps(first[1]) == json.dumps(second[1]), "keys stand in another order"
    assert [len(text) for text in first[0]] == [len(text) for text in second[0]]
    assert json.dumps(first[1]) != json.dumps(other[1])


# Documents


@given(VALUES, SEEDS)
def test_unknown_fields_and_another_order_change_nothing_that_is_known(
    value: Any, seed: int
) -> None:
    said = documents.reordered(documents.with_unknown_fields(value, Draw(seed)), Draw(seed))
    assert documents.without_unknown_fields(said) == value


@given(VALUES, SEEDS)
def test_whatever_is_written_is_the_same_json(value: Any, seed: int) -> None:
    text = documents.written(value, Draw(seed), escapes=True, white_space=True)
    assert json.loads(text) == value
    assert text == documents.written(value, Draw(seed), escapes=True, white_space=True)
    if isinstance(value, dict):
        assert text[:1] == b"{"


@given(WORDS, SEEDS)
def test_words_cut_otherwise_make_the_same_text_at_the_same_times(
    texts: list[str], seed: int
) -> None:
    words = [
        {"text": text, "startTime": 300 * number, "endTime": 300 * number + 290}
        for number, text in enumerate(texts)
    ]
    event = {"result": "".join(texts), "words": words}
    cut = documents.with_words_cut(event, Draw(seed))["words"]
    assert "".join(word["text"] for word in cut) == event["result"]
    times = [time for word in cut for time in (word["startTime"], word["endTime"])]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (0, words[-1]["endTime"])


@given(WORDS, SEEDS)
def test_words_of_a_language_with_spaces_are_joined_with_them_and_never_cut(
    texts: list[str], seed: int
) -> None:
    words = [
        {"text": text, "beginTime": number, "endTime": number + 1}
        for number, text in enumerate(["one", *texts])
    ]
    event = {"text": " ".join(["one", *texts]), "words": words}
    cut = documents.with_words_cut(event, Draw(seed))["words"]
    assert " ".join(word["text"] for word in cut) == event["text"]


@given(st.binary(max_size=50), SEEDS)
def test_pieces_are_never_empty_and_make_the_whole(data: bytes, seed: int) -> None:
    cut = pieces(data, Draw(seed).cuts(len(data), 3))
    assert b"".join(cut) == data
    assert all(cut) or not data


# Calls


def test_a_call_that_was_refused_succeeds_several_times_before_it_is_refused_again() -> None:
    manners = Manners(Profile.parse("awkward"), Ids(0))
    for number in range(50):
        went = [manners.refusal(("A", "B"), "key", str(number)) for _ in range(40)]
        refused = [at for at, code in enumerate(went) if code]
        assert refused
        assert all(b - a > CALM for a, b in itertools.pairwise(refused))


def test_a_request_id_has_two_forms_and_other_ids_are_the_usual_ones() -> None:
    usual, awkward = Ids(3), AwkwardIds(3)
    pairs = [(usual.request_id(), awkward.request_id()) for _ in range(20)]
    for expected, got in pairs:
        assert got == expected or got == got.lower() != expected
        assert got[14] == ("5" if got == expected else "4")
    assert {got == expected for expected, got in pairs} == {True, False}
    assert usual.hex32("task") == awkward.hex32("task")


def test_a_refused_call_has_done_nothing(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(profile="plain,+server-errors")
    refused = 0
    for number in range(12):
        before = len(httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"])
        body = {
            "AppKey": "app",
            "Input": {
                "SourceLanguage": "cn",
                "Format": "pcm",
                "SampleRate": 16_000,
                "TaskKey": str(number),
            },
        }
        answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)
        after = len(httpx.get(f"{mock.url}/_mock/tasks").json()["tasks"])
        assert after == before + answer.is_success
        if not answer.is_success:
            refused += 1
            assert answer.status_code in (500, 503)
            assert httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body).is_success
    assert refused
    notes = [entry for entry in mock.journal if "succeeds when" in str(entry.get("text"))]
    assert len(notes) == refused


def test_an_event_that_would_become_too_long_is_sent_as_it_is() -> None:
    manners = Manners(Profile.parse("awkward"), Ids(0))
    message = json.dumps({"payload": {"result": "中" * 20_000}}, ensure_ascii=False).encode()
    for number in range(20):
        assert len(manners.event(message, str(number))) <= 64 * 1024


def test_the_join_url_and_the_task_are_the_same_as_in_a_plain_scope(
    start_mock: Callable[..., MockTingwu],
) -> None:
    plain, awkward = (start_mock(profile=p) for p in ("plain", "awkward,-server-errors"))
    (a, b) = (create(mock) for mock in (plain, awkward))
    assert a["TaskId"] == b["TaskId"]
    assert a["MeetingJoinUrl"].partition("mc=")[2] == b["MeetingJoinUrl"].partition("mc=")[2]


def test_links_with_a_documented_life_keep_it_and_pictures_have_a_short_one(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(profile="plain,+short-links", clock="virtual")
    body = {
        "AppKey": "app",
        "Input": {
            "SourceLanguage": "cn",
            "FileUrl": "https://files.example.com/weekly.mp4?mock.duration_ms=20000",
        },
        "Parameters": {"PptExtractionEnabled": True},
    }
    answer = httpx.put(f"{mock.url}{TASKS}?type=offline", json=body)
    task_id = answer.json()["Data"]["TaskId"]
    mock.advance(60_000)
    link = info(mock, task_id)["Result"]["PptExtraction"]

    def picture() -> str:
        found: str = httpx.get(link).json()["PptExtraction"]["KeyFrameList"][0]["FileUrl"]
        return found

    old = picture()
    assert httpx.get(old).status_code == 200
    mock.advance(29 * 24 * 60 * 60 * 1000)
    assert httpx.get(old).status_code == 403
    assert httpx.get(picture()).status_code == 200


def test_xml_has_the_unknown_fields_and_the_other_order_too(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(profile="awkward,-server-errors")
    documented = ["Code", "Data", "Message", "RequestId"]
    unknown = set()
    for number in range(6):
        url = f"{mock.url}{TASKS}/{number:032x}"
        answer = httpx.get(url, headers={"Accept": "application/xml"})
        root = ElementTree.fromstring(answer.text)
        names = [element.tag for element in root]
        known = [name for name in names if name in documented]
        assert known != documented
        assert sorted(known) == documented
        unknown |= {*names} - {*documented}
    assert unknown


def test_what_was_said_before_the_line_broke_arrives_in_whatever_pieces(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(profile="plain,+coalesced-frames,+cut-segments")
    mock.faults.add({"type": "ws_drop"}, match={"event": "SentenceEnd"}, times=1)
    with pusher(create(mock)) as client:
        client.start()
        client.push(recording)
        with pytest.raises(ConnectionClosed):
            while True:
                client.receive()
    sent = [entry for entry in mock.journal if entry["kind"] == "ws_out"]
    assert [event["header"]["message_id"] for event in client.events] == [
        entry["message"]["header"]["message_id"] for entry in sent
    ]
    assert not [entry for entry in mock.journal if "write" in str(entry.get("text"))]
