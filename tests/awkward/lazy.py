"""Lazy clients, one for each habit: each relies on something that nobody has promised.

They raise, mostly an AssertionError, where a scope does not do as they expect.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import httpx
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from tests.awkward.recorded import frames
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import GENERATION, SHORT, body_of
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import TASKS, Json, Pusher, create, info, pusher, stop

AGAIN: Final = 12
LEVEL_2: Final = {"Transcription": {"OutputLevel": 2}}
EVERYTHING: Final = {
    "AutoChaptersEnabled": True,
    "MeetingAssistanceEnabled": True,
    "SummarizationEnabled": True,
    "TextPolishEnabled": True,
}


@dataclass
class Place:
    """Where a client works: a mock, and what is written to its WebSockets."""

    mock: MockTingwu
    writes: list[bytes]


Client = Callable[[Place], None]
LAZY: Final[dict[str, Client]] = {}
#: Those that want a clock of their own.
VIRTUAL: Final = frozenset({"late-results", "result-order", "short-links"})


def lazy(habit: str) -> Callable[[Client], Client]:
    """The client that trips over a habit."""

    def note(client: Client) -> Client:
        LAZY[habit] = client
        return client

    return note


def asked(mock: MockTingwu, number: int) -> httpx.Response:
    """One of many answers to a CreateTask."""
    body = {
        "AppKey": "app",
        "Input": {
            "SourceLanguage": "cn",
            "Format": "pcm",
            "SampleRate": 16_000,
            "TaskKey": f"周会{number}",
        },
    }
    return httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)


def answers(place: Place) -> Iterator[httpx.Response]:
    return (asked(place.mock, number) for number in range(AGAIN))


def meeting(
    place: Place, parameters: Json = LEVEL_2, audio: bytes = speech(6_000) + silence(1_200)
) -> Pusher:
    """A meeting held to its end."""
    with pusher(create(place.mock, parameters)) as connection:
        connection.start()
        connection.push(audio)
        connection.stop()
    return connection


def interims(connection: Pusher) -> list[tuple[int, str]]:
    changed = connection.named("TranscriptionResultChanged")
    return [(event["payload"]["index"], event["payload"]["result"]) for event in changed]


# Documents


@lazy("key-order")
def reads_by_pattern(place: Place) -> None:
    for answer in answers(place):
        assert re.match(r'\{"Code":"0","Data":\{"TaskId":"[0-9a-f]{32}","TaskKey":', answer.text)


@lazy("unknown-fields")
def has_a_strict_model(place: Place) -> None:
    @dataclass
    class Created:
        TaskId: str
        TaskKey: str
        TaskStatus: str
        MeetingJoinUrl: str

    for answer in answers(place):
        Created(**answer.json()["Data"])


@lazy("escapes")
def looks_for_chinese_in_the_bytes(place: Place) -> None:
    for answer in answers(place):
        assert "周会".encode() in answer.content


@lazy("white-space")
def looks_for_the_code_in_the_bytes(place: Place) -> None:
    for answer in answers(place):
        assert b'"Code":"0"' in answer.content


@lazy("whole-numbers")
def tells_floats_by_their_type(place: Place) -> None:
    for event in meeting(place).named("SentenceEnd"):
        assert isinstance(event["payload"]["gender_score"], float)


@lazy("list-order")
def takes_the_last_list_for_the_newest(place: Place) -> None:
    url = f"{place.mock.url}/openapi/tingwu/v2/resources/phrases"
    for name in ("one", "two", "three"):
        httpx.post(url, json={"Name": name, "WordWeights": '{"周会": 3}'})
    for _ in range(AGAIN):
        listed = httpx.get(url).json()["Data"]["Phrases"]
        assert listed[-1]["Name"] == "three"


@lazy("request-ids")
def expects_capitals(place: Place) -> None:
    for answer in answers(place):
        assert re.fullmatch("[0-9A-F-]{36}", answer.json()["RequestId"])


# Results


@lazy("late-results")
def waits_as_long_as_it_takes_at_home(place: Place) -> None:
    mock, task_id = place.mock, create(place.mock)["TaskId"]
    assert stop(mock, task_id) == "COMPLETED"
    assert httpx.get(info(mock, task_id)["Result"]["Transcription"]).status_code == 200


@lazy("result-order")
def waits_for_the_kind_that_is_the_last(place: Place) -> None:
    mock, task_id = place.mock, create(place.mock, EVERYTHING)["TaskId"]
    stop(mock, task_id)
    last = "TextPolish"
    while last not in (ready := info(mock, task_id).get("Result", {})):
        mock.advance(5)
    assert {"AutoChapters", "MeetingAssistance", "Summarization"} <= set(ready)


@lazy("short-links")
def keeps_links(place: Place) -> None:
    mock = place.mock
    body = body_of({"analysis": {"autoChaptersEnabled": True}}, fileUrl=SHORT)
    made = httpx.post(mock.url + GENERATION, json=body).json()["output"]["dataId"]
    mock.advance(60_000)
    ask = {"model": "tingwu-meeting", "input": {"task": "getTask", "dataId": made}}
    output = httpx.post(mock.url + GENERATION, json=ask).json()["output"]
    httpx.get(output["autoChaptersPath"]).raise_for_status()  # a fresh one works
    mock.advance(61_000)
    httpx.get(output["autoChaptersPath"]).raise_for_status()


# Streams


@lazy("late-start")
def waits_a_little_for_the_start(place: Place) -> None:
    for _ in range(AGAIN):  # it may be a busy machine
        try:
            with connect(create(place.mock)["MeetingJoinUrl"], compression=None) as ws:
                Pusher(ws).command("StartTranscription")
                ws.recv(0.14)
            return
        except TimeoutError:
            continue
    raise TimeoutError


@lazy("changing-interims")
def appends_what_is_new(place: Place) -> None:
    shown = dict[int, str]()
    for index, text in interims(meeting(place)):
        assert text.startswith(shown.get(index, ""))
        shown[index] = text


@lazy("uneven-interims")
def expects_news(place: Place) -> None:
    heard = interims(meeting(place))
    assert all(a != b for a, b in pairwise(heard))


@lazy("empty-stash")
def takes_the_next_sentence_from_the_stash(place: Place) -> None:
    # Somebody who speaks without a pause.
    ended = meeting(place, audio=speech(40_000)).named("SentenceEnd")
    assert len(ended) > 2
    for event in ended[:-1]:
        assert event["payload"]["stash_result"]["words"][0]["text"]


@lazy("word-cuts")
def counts_words(place: Place) -> None:
    words = ["我们", "今天", "下午", "讨论", "新的", "接口", "文档。"]
    place.mock.script({"sentences": ["/".join(words)], "language": "cn"}, app_key="app")
    event = meeting(place, audio=speech(3_000) + silence(1_200)).named("SentenceEnd")[0]
    assert event["payload"]["result"] == "".join(words), "the sentence itself has changed"
    assert [word["text"] for word in event["payload"]["words"]] == words


def _reads(place: Place) -> list[bytes]:
    """What was written behind the 101, while a meeting was held."""
    place.writes.clear()
    meeting(place)
    return place.writes[1:]


@lazy("coalesced-frames")
def reads_one_message_at_a_time(place: Place) -> None:
    for read in _reads(place):
        assert len(list(frames(read))) == 1


@lazy("cut-segments")
def reads_whole_messages(place: Place) -> None:
    for read in _reads(place):
        list(frames(read))


@lazy("fragments")
def takes_every_frame_for_a_message(place: Place) -> None:
    given: Json = {"type": "realtime", "format": "pcm", "sampleRate": 16_000}
    answer = httpx.post(place.mock.url + GENERATION, json=body_of(**given))
    with duplex(place.mock) as connection:
        connection.start(answer.json()["output"]["dataId"])
        connection.push(speech(2_500) + silence(1_200))
        connection.finish()
    for final, opcode, _ in frames(b"".join(place.writes[1:])):
        assert final and opcode


# Calls


@lazy("server-errors")
def never_asks_again(place: Place) -> None:
    for answer in answers(place):
        answer.raise_for_status()


def _raw(place: Place, sock: socket.socket, number: int) -> bytes:
    """The head of an answer, read byte by byte; the body is read as its length says."""
    request = (
        f"GET {TASKS}/{number:032x} HTTP/1.1\r\nHost: mock\r\nAccept: application/json\r\n\r\n"
    )
    sock.sendall(request.encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, "the connection is closed"
        head += byte
    found = re.search(rb"(?i)content-length: (\d+)", head)
    left = int(found[1]) if found else 0
    while left:
        left -= len(sock.recv(left))
    return head


@lazy("header-case")
def looks_for_a_header_in_small_letters(place: Place) -> None:
    with socket.create_connection(("127.0.0.1", place.mock.port), timeout=10) as sock:
        assert b"\r\nx-acs-request-id: " in _raw(place, sock, 1)


@lazy("chunked")
def reads_as_long_as_content_length_says(place: Place) -> None:
    for answer in answers(place):
        assert len(answer.content) == int(answer.headers["Content-Length"])


@lazy("closing")
def keeps_its_connection_for_ever(place: Place) -> None:
    with socket.create_connection(("127.0.0.1", place.mock.port), timeout=10) as sock:
        for number in range(AGAIN):
            _raw(place, sock, number)
