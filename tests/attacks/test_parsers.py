"""Frames of real clients, spoilt in every way, into the whole of both streaming endpoints.

Whatever comes, no exception leaves a protocol's core, the client hears what is documented or
nothing, and the task is none the worse: the next connection goes on with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.protocols import multi_audio
from mock_tingwu.protocols.multi_audio import MOST_FIELDS, NoFrame
from tests.attacks.stage import Client, Stage, examples
from tests.core.test_segmentation import silence, speech

VECTORS: Final = Path(__file__).parent.parent / "vectors"
TASKS: Final = "/openapi/tingwu/v2/tasks"
GENERATION: Final = "/api/v1/services/aigc/multimodal-generation/generation"
#: Every status of a TaskFailed that a client can bring about (docs/realtime.md, Errors).
FAILURES: Final = {40000002, 40010001, 40010002, 40010005, 40270003, 40000009}
SENTENCE: Final = speech(2_000) + silence(1_200)
Json = Any


def frames_of(name: str) -> list[Json]:
    lines = (VECTORS / name).read_text("utf-8").splitlines()
    return [json.loads(line)["frame"] for line in lines]


NLS: Final = frames_of("contract/realtime-commands.jsonl")
INFERENCE: Final = frames_of("dashscope/commands.jsonl")
#: What an SDK calls its meeting, in captured frames.
CAPTURED_MEETING: Final = "uTxDataId"
AUDIO: Final = [b"", b"\0", b"\1\2\3", SENTENCE, SENTENCE[:-1], bytes(65_537), b"RIFF" + bytes(60)]

# Lone surrogates and all: the wire has them as escapes.
TEXT: Final = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["\ud800", "\0", "x" * 70_000]
)
NUMBERS: Final = st.sampled_from([0, -1, 2**31, 2**63, 10**40, 1.5, 1e308, True, None])
ANYTHING: Final = st.recursive(
    NUMBERS | TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=6,
)


def places(value: Json, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to everything in a JSON value, itself among them."""
    yield at
    inner = value.items() if isinstance(value, dict) else ()
    for key, part in inner:
        yield from places(part, (*at, key))


def replaced(value: Json, at: tuple[Any, ...], new: Json) -> Json:
    """``value`` with something else at a path."""
    if not at:
        return new
    return {**value, at[0]: replaced(value[at[0]], at[1:], new)}


@st.composite
def spoilt_json(draw: st.DrawFn, seeds: list[Json]) -> bytes:
    """A captured frame with something else in one or two places."""
    frame = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(0, 2))):
        frame = replaced(frame, draw(st.sampled_from(list(places(frame)))), draw(ANYTHING))
    return json.dumps(frame).encode()


@st.composite
def spoilt_bytes(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """Captured bytes with flipped bits, cut off, or with others put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at:]
            case _:
                data[at:at] = draw(st.binary(max_size=8))
    return bytes(data)


def steps_of(seeds: list[Json], first: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """What a client does, now and then with time in between: ``(kind, data)``."""
    written = [json.dumps(seed).encode() for seed in seeds]
    text = spoilt_json(seeds) | spoilt_bytes(written) | st.sampled_from(written)
    audio = st.sampled_from(AUDIO) | spoilt_bytes([b"RIFF" + bytes(60)]) | st.binary(max_size=99)
    one = st.one_of(
        st.tuples(st.just("text"), text),
        st.tuples(st.just("binary"), audio),
        # Each as the other.
        st.tuples(st.just("binary"), text),
        st.tuples(st.just("text"), audio),
        st.tuples(st.just("wait"), st.sampled_from([20, 50])),
    )
    return st.tuples(first, st.lists(one, min_size=1, max_size=6)).map(
        lambda both: [*both[0], *both[1]]
    )


def do(stage: Stage, client: Client, steps: list[Any]) -> None:
    for kind, data in steps:
        if kind == "wait":
            stage.wait(data)
        elif not client.line.is_open:
            break
        elif kind == "text":
            client.text(data)
        else:
            client.binary(data)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


START: Final = json.dumps(NLS[0]).encode()
BEGUN: Final = [("text", START), ("wait", 50)]


@examples(60)
@given(
    steps=steps_of(NLS, st.sampled_from([[], BEGUN, [("text", START)]])),
    multiple=st.sampled_from([False, False, True]),
    audio_format=st.sampled_from(["pcm", "pcm", "opus"]),
)
def test_no_frame_breaks_a_realtime_session(
    stage: Stage, steps: list[Any], multiple: bool, audio_format: str
) -> None:
    source = {"SourceLanguage": "cn", "Format": audio_format, "SampleRate": 16_000}
    source["MultipleStreamsEnabled"] = multiple
    body = {"AppKey": "app", "Input": source}
    data = stage.call("PUT", f"{TASKS}?type=realtime", body)[1]["Data"]
    target = data["MeetingJoinUrl"].partition(":8900")[2]
    client = stage.open(target)
    assert isinstance(client, Client)
    do(stage, client, steps)
    failures = [
        event["header"]["status"]
        for event in client.line.events
        if event["header"]["name"] == "TaskFailed"
    ]
    assert set(failures) <= FAILURES
    stage.wait(1_000)
    assert client.line.code == (1000 if failures else None)
    client.leave()
    shown = stage.call("GET", f"{TASKS}/{data['TaskId']}")[1]["Data"]["TaskStatus"]
    assert shown in ("NEW", "PAUSED")
    # The task is none the worse.
    again = stage.open(target)
    assert isinstance(again, Client)
    do(stage, again, BEGUN)
    if audio_format == "pcm" and not multiple:
        again.binary(SENTENCE)
    again.text(b'{"header":{"name":"StopTranscription"}}')
    stage.wait(20)
    names = [event["header"]["name"] for event in again.line.events]
    assert (names[0], names[-1]) == ("TranscriptionStarted", "TranscriptionCompleted")
    again.leave()
    stage.check()


RUN: Final = next(frame for frame in INFERENCE if frame["header"]["action"] == "run-task")
RUN_AND_WAIT: Final = [("text", json.dumps(RUN).encode()), ("wait", 50)]


@examples(25)
@given(steps_of(INFERENCE, st.sampled_from([[], RUN_AND_WAIT, RUN_AND_WAIT[:1]])))
def test_no_frame_breaks_a_duplex_session(stage: Stage, steps: list[Any]) -> None:
    source = {"task": "createTask", "appId": "tw_x", "type": "realtime"}
    source |= {"format": "pcm", "sampleRate": 16_000}  # type: ignore[dict-item]
    body = {"model": "tingwu-meeting", "input": source, "parameters": {"analysis": {}}}
    data_id = stage.call("POST", GENERATION, body)[1]["output"]["dataId"]
    own = data_id.encode()
    client = stage.open("/api-ws/v1/inference", authorization="Bearer sk-test")
    assert isinstance(client, Client)
    named = [
        (kind, data if kind == "wait" else data.replace(CAPTURED_MEETING.encode(), own))
        for kind, data in steps
    ]
    do(stage, client, named)
    stage.wait(100)
    outputs = [event["payload"].get("output", {}) for event in client.line.events]
    failed = [event["header"]["event"] == "task-failed" for event in client.line.events]
    codes = [output["errorCode"] for output in outputs if "errorCode" in output]
    assert "ServerError" not in codes
    assert client.line.code == (1000 if any(failed) or codes else None)
    client.leave()
    # The meeting is none the worse.
    again = stage.open("/api-ws/v1/inference", authorization="Bearer sk-test")
    assert isinstance(again, Client)
    run = json.dumps(RUN).replace(CAPTURED_MEETING, data_id)
    again.text(run)
    stage.wait(50)
    again.binary(SENTENCE)
    actions = [event["payload"].get("output", {}).get("action") for event in again.line.events]
    assert actions[:2] == [None, "speech-listen"]
    assert "recognize-result" in actions
    again.leave()
    stage.check()


SEVERAL: Final = [
    b"\x08\x28\x12\x04abcd\x1a\x09\x12\x03xyz\x1a\x02s1\x20\x80\x80\x04",
    b"\x12\x00",
    b"\x1a\x00" * (MOST_FIELDS + 1),
]


@examples(100)
@given(spoilt_bytes(SEVERAL))
def test_a_frame_of_several_streams_is_read_or_refused(data: bytes) -> None:
    try:
        frame = multi_audio.parse(data)
    except NoFrame as error:
        assert str(error)
    else:
        assert len(frame.active) <= MOST_FIELDS
        assert len(frame.mixed_data) <= len(data)
