"""A whole day on the virtual clock: a meeting with pauses, its results, and links that expire."""

from __future__ import annotations

import httpx

from mock_tingwu import MockTingwu
from tests.core.test_segmentation import silence, speech
from tests.realtime.helpers import create, info, pusher, status, stop, until

HOUR = 60 * 60 * 1000
SENTENCE = speech(1_500) + silence(1_200)


def test_a_meeting_of_24_hours_is_ended_and_its_links_live_30_days(
    virtual_mock: MockTingwu,
) -> None:
    mock = virtual_mock
    began = mock.now()
    task = create(mock, {"AutoChaptersEnabled": True}, TaskKey="all day")
    for hour in range(24):
        with pusher(task) as client:
            client.start()
            client.push(SENTENCE)
            if hour % 2:
                client.stop()  # a pause, and the socket stays open
                client.start()
                client.push(SENTENCE)
            client.stop()
            assert len(client.sentences()) == 1 + hour % 2
        until(lambda: status(mock, task["TaskId"]) == "PAUSED", "PAUSED")
        mock.advance(HOUR - 1 if hour == 23 else HOUR)
    assert mock.now() == began + 24 * HOUR - 1
    assert status(mock, task["TaskId"]) == "PAUSED"
    with pusher(task) as client:
        client.start()
        client.push(SENTENCE)
        client.expect("SentenceEnd")
        mock.advance(1)  # the day is over
        client.expect("TranscriptionCompleted")
        assert client.close_code() == 1000
    assert status(mock, task["TaskId"]) == "ONGOING"
    mock.advance(1_000)
    data = info(mock, task["TaskId"])
    assert data["TaskStatus"] == "COMPLETED"
    assert list(data["Result"]) == ["Transcription", "AutoChapters"]
    transcript = httpx.get(data["Result"]["Transcription"]).json()["Transcription"]
    ids = {word["SentenceId"] for p in transcript["Paragraphs"] for word in p["Words"]}
    assert len(ids) == 24 + 12 + 1
    mock.advance(30 * 24 * HOUR - 1_000)
    assert httpx.get(data["Result"]["Transcription"]).status_code == 200
    mock.advance(2_000)
    assert httpx.get(data["Result"]["Transcription"]).status_code == 403
    assert httpx.get(info(mock, task["TaskId"])["Result"]["Transcription"]).status_code == 200
    (last,) = [e for e in mock.journal if e["kind"] == "transition" and "24 hours" in e["why"]]
    assert (last["before"], last["after"]) == ("ONGOING", "FINISHING")


def test_a_meeting_that_nobody_came_to_is_ended_as_well(virtual_mock: MockTingwu) -> None:
    first, second = create(virtual_mock), create(virtual_mock)
    stop(virtual_mock, second["TaskId"])
    virtual_mock.advance(24 * HOUR - 1)
    assert status(virtual_mock, first["TaskId"]) == "NEW"
    virtual_mock.advance(1)
    assert status(virtual_mock, first["TaskId"]) == "COMPLETED"
