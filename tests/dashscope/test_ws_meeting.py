"""Meetings over DashScope's WebSocket: captions, pauses, the end (realtime-ws 8, dashscope 3)."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, media
from mock_tingwu.protocols import inference
from tests.conftest import RECORDING, SCRIPT
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import AUDIO, EVERYTHING, Json, begin, end, get
from tests.dashscope.ws_helpers import (
    APP,
    INDUSTRIAL,
    TASK,
    Duplex,
    action,
    duplex,
    ended,
    notes,
    of_kind,
    results,
    said,
)
from tests.media_samples import encode
from tests.realtime.helpers import PATIENCE, until
from tests.realtime.test_formats import VECTORS, at_rate

SENTENCES = b"".join(speech(2_500) + silence(1_200) for _ in range(3))
OTHER = "fedcba9876543210"
DAY_MS = 24 * 60 * 60 * 1000


def script(mock: MockTingwu) -> list[str]:
    """Let the app's meetings hear the demo; return its sentences."""
    import yaml

    mock.script(SCRIPT, app_key=APP)
    lines = yaml.safe_load(SCRIPT.read_text("utf-8"))["sentences"]
    return [line["text"].replace("/", "") for line in lines]


def test_a_meeting_from_the_first_call_to_its_results(mock: MockTingwu, recording: bytes) -> None:
    expected = script(mock)
    parameters = {**EVERYTHING, "analysis": dict(EVERYTHING["analysis"])}
    del parameters["analysis"]["pptExtractionEnabled"]
    data_id = begin(mock, parameters)
    assert get(mock, data_id) == {"status": 3}
    with duplex(mock) as client:
        assert client.start(data_id) == {"action": "speech-listen", "dataId": data_id}
        assert get(mock, data_id)["status"] == 3
        client.push(recording)
        client.finish()
        assert client.sentences() == expected
        assert get(mock, data_id)["status"] == 3, "a pause is not the end"
    finals = client.finals()
    assert [final["sentenceId"] for final in finals] == list(range(len(expected)))
    assert all(final["text"] == "".join(w["text"] for w in final["words"]) for final in finals)
    begins = [event for event in client.events if _is_begin(event)]
    assert len(begins) == len(expected)
    assert {event["header"]["task_id"] for event in client.events} == {TASK}
    translated = [event for event in client.events if _translation(event)]
    full = [item for event in translated for item in _translation(event) if "endTime" in item]
    assert len(full) == len(expected)
    answer = end(mock, data_id).json()["output"]
    assert answer["dataId"] == data_id
    assert answer["status"] in (0, 1)
    made = results(mock, data_id)
    assert set(made) == {
        "transcriptionPath",
        "translationsPath",
        "autoChaptersPath",
        "meetingAssistancePath",
        "summarizationPath",
        "textPolishPath",
        "customPromptPath",
    }
    assert said(made["transcriptionPath"]) == "".join(expected)
    texts = [s["text"] for p in made["translationsPath"]["paragraphs"] for s in p["sentences"]]
    assert [text.strip() for text in texts] == [item["text"].strip() for item in full]
    assert httpx.get(get(mock, data_id)["playbackUrl"], timeout=30).content.startswith(
        (b"ID3", b"\xff")
    )


def _is_begin(event: Json) -> bool:
    heard = event["payload"].get("output", {}).get("transcription", {})
    return set(heard) == {"sentenceId", "time"}


def _translation(event: Json) -> list[Json]:
    shown = event["payload"].get("output", {}).get("translations", {}).get("en", {})
    items: list[Json] = shown.get("translateResult", [])
    return items


@pytest.mark.parametrize("same_connection", [True, False])
def test_a_pause_goes_on_where_it_stood(mock: MockTingwu, same_connection: bool) -> None:
    data_id = begin(mock)
    with duplex(mock) as first:
        first.start(data_id)
        first.push(SENTENCES)
        first.finish()
        assert get(mock, data_id)["status"] == 3
        if same_connection:
            # An SDK draws another task_id, or keeps its own.
            for task_id in (OTHER, OTHER):
                first.start(data_id, task_id=task_id)
                first.push(SENTENCES)
                first.finish(task_id)
    clients = [first]
    if not same_connection:
        for _ in range(2):
            with duplex(mock) as client:
                client.start(data_id)
                client.push(SENTENCES)
                client.finish()
            clients.append(client)
    finals = [final for client in clients for final in client.finals()]
    assert [final["sentenceId"] for final in finals] == list(range(9))
    times = [ms for final in finals for ms in _times(final)]
    assert times == sorted(times)
    for number in (3, 6):
        assert _times(finals[number])[0] >= number // 3 * len(SENTENCES) // 32
    end(mock, data_id)
    words = results(mock, data_id)["transcriptionPath"]["paragraphs"]
    assert {word["sentenceId"] for p in words for word in p["words"]} == set(range(1, 10))


def _times(final: Json) -> list[int]:
    return [ms for w in final["words"] for ms in (w["beginTime"], w["endTime"])]


#: Whoever says nothing for so many ms is disconnected.
IDLE = inference.IDLE_MS[inference.MEETING]


def test_the_end_of_the_meeting_ends_what_is_connected(virtual_mock: MockTingwu) -> None:
    mock = virtual_mock
    data_id = begin(mock)
    with duplex(mock) as first:
        first.start(data_id)
        first.push(SENTENCES)
        first.finish()
        with duplex(mock) as second:
            second.start(data_id)
            second.push(SENTENCES + speech(1_500))
            until(lambda: len(_finals(mock)) == 6, "six sentences")
            end(mock, data_id)
            mock.advance(IDLE)
            assert second.close_code() == 1000
        assert second.actions()[-2:] == ["speech-end", "task-finished"]
        assert len(second.sentences()) == 4, "what was open is final"
        assert first.close_code() == 1000
        assert first.actions()[-1] == "task-finished", "nothing was on there"
    transcription = results(mock, data_id)["transcriptionPath"]
    assert said(transcription) == "".join(first.sentences() + second.sentences())


def _finals(mock: MockTingwu) -> list[Any]:
    return [
        entry
        for entry in of_kind(mock, "ws_out")
        if entry["message"]["payload"].get("output", {}).get("transcription", {}).get("sentenceEnd")
    ]


@pytest.mark.parametrize("when", ["run", "finish"])
def test_the_end_may_come_in_the_midst_of_anything(virtual_mock: MockTingwu, when: str) -> None:
    mock = virtual_mock
    data_id = begin(mock)
    with duplex(mock) as client:
        if when == "finish":
            client.start(data_id)
            client.push(SENTENCES)
            client.command("finish-task", {"input": {"directive": "stop"}})
            until(lambda: len(_finals(mock)) == 3, "three sentences")
        else:
            client.run(data_id)
            client.push(SENTENCES[:9_600])
            until(lambda: bool(of_kind(mock, "ws_in")), "the start")
        end(mock, data_id)
        mock.advance(IDLE)
        assert client.close_code() == 1000
    assert client.actions().count("speech-end") == 1
    assert client.actions()[-1] == "task-finished"
    with duplex(mock) as late:
        late.run(data_id)
        assert late.refusal()[0] == "Agent.InputInvalidDataId"


def test_a_lost_connection_keeps_what_was_heard(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(speech(2_000))
        client.expect("recognize-result")
        client.socket.socket.close()
    ended(mock)
    assert get(mock, data_id)["status"] == 3
    with duplex(mock) as again:
        again.start(data_id)
        again.push(SENTENCES)
        again.finish()
    assert [final["sentenceId"] for final in again.finals()] == [1, 2, 3]
    end(mock, data_id)
    assert len(said(results(mock, data_id)["transcriptionPath"])) > len("".join(again.sentences()))


@pytest.mark.parametrize("ends", ["the client", "the meeting", "an instruction"])
def test_bad_audio_before_speech_listen_ends_with_the_stream_and_once(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(inference, "LISTEN_DELAY_MS", 60_000)
    bad = {"format": "opus", "sampleRate": 16_000}
    data_id = begin(mock, **AUDIO | bad)
    with duplex(mock) as client:
        if ends == "an instruction":
            client.run(model=INDUSTRIAL, parameters=bad)
        else:
            client.run(data_id)
        assert action(client.receive()) == "task-started"
        client.push(b"\x11" * 200_000)
        assert client.socket.ping().wait(PATIENCE), "everything has arrived"
        if ends == "the meeting":
            assert end(mock, data_id).status_code == 200
            assert client.close_code() == 1000
    ended(mock)
    (audio,) = of_kind(mock, "audio")
    assert audio["bytes"] == 200_000
    assert "cannot be decoded" in notes(mock)


def test_audio_sent_right_after_task_started_is_heard(mock: MockTingwu) -> None:
    # As the sample of the v2 SDK does, to its end.
    data_id = begin(mock)
    with duplex(mock) as client:
        client.run(data_id)
        client.push(SENTENCES)
        client.command("finish-task", {"input": {"appId": APP, "directive": "stop"}})
        client.expect("task-finished")
    assert len(client.sentences()) == 3
    rules = [entry["rule"] for entry in of_kind(mock, "violation")]
    assert rules == ["audio-before-listen"]


def test_speech_listen_is_held_back_as_long_as_clients_need(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        began = time.monotonic()
        client.run(data_id)
        assert action(client.receive()) == "task-started"
        client.expect("speech-listen")
        assert time.monotonic() - began >= 0.040


# Who may not


@pytest.mark.parametrize(
    ("run", "refusal"),
    [
        ({"app_id": "tw_other"}, ("Agent.InputInvalidDataId", "Agent Input invalid dataId.")),
        ({"data_id": "zzzzzzzzzzzz"}, ("Agent.InputInvalidDataId", "Agent Input invalid dataId.")),
        ({"data_id": None}, ("Agent.InputInvalidDataId", "Agent Input invalid dataId.")),
        ({"app_id": ""}, ("Agent.InputAppIdIllegal", "Agent Input appId illegal.")),
        ({"app_id": 5}, ("Agent.InputAppIdIllegal", "Agent Input appId illegal.")),
        ({"model": "qwen-max"}, ("ModelNotFound", "Model can not be found.")),
    ],
)
def test_what_cannot_be_pushed_into_is_refused(
    mock: MockTingwu, run: Json, refusal: tuple[str, str]
) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        client.run(**{"data_id": data_id, **run})
        assert client.refusal() == refusal
    assert get(mock, data_id) == {"status": 3}


def test_a_recording_is_no_meeting(mock: MockTingwu) -> None:
    from tests.dashscope.helpers import create

    with duplex(mock) as client:
        client.run(create(mock))
        assert client.refusal()[0] == "Agent.InputInvalidDataId"


@pytest.mark.parametrize(("published", "code"), [(False, "Agent.AppNotPublished"), (True, "")])
def test_with_apps_only_they_are_known_and_only_if_published(
    start_mock: Any, published: bool, code: str
) -> None:
    mock = start_mock(apps={"tw_1": {"published": published}, "tw_2": {}})
    data_id = begin(mock, appId="tw_2")
    with duplex(mock) as client:
        client.run(data_id, app_id="tw_3")
        assert client.refusal()[0] == "Agent.InputAppIdIllegal"
    with duplex(mock) as client:
        client.run(data_id, app_id="tw_1")
        assert client.refusal()[0] == (code or "Agent.InputInvalidDataId")
    with duplex(mock) as client:
        client.start(data_id, app_id="tw_2")


def test_a_day_later_nobody_can_go_on(virtual_mock: MockTingwu) -> None:
    data_id = begin(virtual_mock)
    virtual_mock.advance(DAY_MS - 1)
    with duplex(virtual_mock) as client:
        client.start(data_id)
        client.push(SENTENCES)
        client.finish()
    ended(virtual_mock)
    virtual_mock.advance(1)
    with duplex(virtual_mock) as client:
        client.run(data_id)
        assert client.refusal() == ("Agent.InputInvalidDataId", "Agent Input invalid dataId.")
    assert "older than 24 h" in notes(virtual_mock)


def test_a_second_pusher_is_refused_while_the_first_streams(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as first:
        first.start(data_id)
        with duplex(mock) as second:
            second.run(data_id, task_id=OTHER)
            assert second.refusal()[0] == "Agent.FrameSequenceIllegal"
        first.push(SENTENCES)
        first.finish()
        with duplex(mock) as third:
            third.start(data_id)
            third.push(SENTENCES)
            third.finish()
    assert [final["sentenceId"] for final in third.finals()] == [3, 4, 5]
    assert "another connection is streaming" in notes(mock)


# Formats


@pytest.mark.parametrize("rate", [8_000, 16_000])
@pytest.mark.parametrize("format", ["pcm", "opus", "speex", "mp3", "aac"])
def test_the_same_speech_is_heard_in_every_format(
    mock: MockTingwu, recording: bytes, format: str, rate: int
) -> None:
    expected = script(mock)[:2]
    if format == "speex":
        audio = (VECTORS / f"speech-{rate // 1000}k.spx").read_bytes()
    else:
        pcm = at_rate(recording[: 32 * 8_300], rate)
        audio = pcm if format == "pcm" else encode(format, rate, pcm, "mono")
    data_id = begin(mock, format=format, sampleRate=rate)
    with duplex(mock) as client:
        client.start(data_id, parameters={"format": format, "sampleRate": rate})
        client.push(audio, 999)
        client.finish()
    assert client.sentences() == expected
    for final, begun in zip(client.finals(), (900, 4_560), strict=True):
        assert abs(final["words"][0]["beginTime"] - begun) <= 300
    assert "counts" not in notes(mock)


@pytest.mark.parametrize(
    ("parameters", "noted"),
    [
        ({"format": "opus", "sampleRate": 8_000}, ["format 'opus'", "sampleRate 8000"]),
        ({"format": "PCM", "sampleRate": "16000"}, []),
        ({"format": None, "sampleRate": None, "terminology": None}, []),
        ({"format": [[]], "sampleRate": {}}, ["format [[]]", "sampleRate {}"]),
    ],
)
def test_what_the_client_announces_is_noted_and_the_meeting_counts(
    mock: MockTingwu, parameters: Json, noted: list[str]
) -> None:
    with duplex(mock) as client:
        client.start(begin(mock), parameters=parameters)
        client.push(SENTENCES)
        client.finish()
    assert len(client.sentences()) == 3
    assert notes(mock).count("counts") == len(noted)
    assert all(text in notes(mock) for text in noted)


def test_a_wav_file_pushed_as_pcm_is_heard(mock: MockTingwu, recording: bytes) -> None:
    expected = script(mock)[:3]
    with duplex(mock) as client:
        client.start(begin(mock))
        client.push(RECORDING.read_bytes()[: 320_000 + 44], 641)
        client.finish()
    assert client.sentences() == expected


@pytest.mark.parametrize("format", ["opus", "speex", "mp3", "aac"])
def test_audio_that_cannot_be_decoded_ends_the_task(
    mock: MockTingwu, recording: bytes, format: str
) -> None:
    data_id = begin(mock, format=format)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(b"\x11" * 200_000)
        assert client.refusal() == (
            "InvalidParameter",
            "Invalid parameter. Please refer to the official documents.",
        )
    assert get(mock, data_id)["status"] == 3, "the meeting can be gone on with"
    assert "cannot be decoded" in notes(mock)


def test_without_pyav_the_length_is_estimated(
    mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media.decoder, "pyav_available", lambda: False)
    with duplex(mock) as client:
        client.start(begin(mock, format="opus"))
        client.push(bytes(range(256)) * 200)
        client.finish()
    assert len(client.sentences()) >= 4
    assert "length is estimated" in notes(mock)


def test_bytes_that_come_too_late_are_not_counted_for_the_next_stream(mock: MockTingwu) -> None:
    data_id = begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(SENTENCES)
        client.finish()
        client.push(SENTENCES)
        client.start(data_id)
        client.push(SENTENCES[:32_000])
        client.finish()
    first, second = of_kind(mock, "audio")
    assert first["bytes"] == len(SENTENCES)
    assert (second["bytes"], second["frames"]) == (32_000, 10)
    assert second["position"] == (len(SENTENCES) + 32_000) // 32


def test_many_small_frames_say_what_few_large_ones_say(mock: MockTingwu, recording: bytes) -> None:
    heard = []
    for size in (640, 3_201, 1 << 20):
        mock.reset()
        script(mock)
        client: Duplex
        with duplex(mock) as client:
            client.start(begin(mock))
            client.push(recording[:320_000], size)
            client.finish()
        heard.append(client.finals())
    assert heard[0] == heard[1] == heard[2] != []
