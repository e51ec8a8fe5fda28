"""The scenarios that ship with the mock: a client sees what each of them says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from mock_tingwu import MockTingwu
from mock_tingwu.client import MeetingStream, Retries, StreamError, TingwuClient, TingwuError
from mock_tingwu.core.scenarios import starters
from mock_tingwu.core.scripts import load_script
from tests.callbacks.receiver import Receiver, receiver
from tests.conftest import SCRIPT
from tests.dashscope import helpers as dashscope
from tests.dashscope.ws_helpers import duplex
from tests.offline.tasks import IMAGINED
from tests.realtime.helpers import create, info, pusher, results, stop

#: A recording that is quickly imagined.
SHORT = f"{IMAGINED}?mock.duration_ms=20000"
APP = "my-app"

Talk = Callable[[TingwuClient], Coroutine[Any, Any, None]]


def converse(mock: MockTingwu, talk: Talk) -> None:
    """Have a client of our own talk with the mock."""

    async def run() -> None:
        keys: dict[str, Any] = {"access_key_id": "any", "access_key_secret": "any", "app_key": APP}
        async with TingwuClient(mock.url, **keys, retries=Retries(budget=0)) as client:
            await talk(client)

    asyncio.run(run())


def begun_with(start_mock: Callable[..., MockTingwu], name: str, told: Receiver) -> MockTingwu:
    """A mock that begins with a scenario whose callbacks come to ``told``."""
    return start_mock(scenario=name, clock="virtual", callbacks={APP: told.url})


def test_every_starter_has_its_test() -> None:
    tested = {name for name in globals() if name.startswith("test_")}
    for name in starters():
        assert any(test.startswith(f"test_{name.replace('-', '_')}_") for test in tested), name


def test_happy_meeting_hears_every_word_and_is_told_of_every_result(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    with receiver(200) as told:
        mock = begun_with(start_mock, "happy-meeting", told)
        body = {
            "AppKey": APP,
            "Input": {
                "SourceLanguage": "cn",
                "Format": "pcm",
                "SampleRate": 16_000,
                "ProgressiveCallbacksEnabled": True,
            },
            "Parameters": {"AutoChaptersEnabled": True},
        }
        url = f"{mock.url}/openapi/tingwu/v2/tasks?type=realtime"
        task = httpx.put(url, json=body).json()["Data"]
        with pusher(task) as client:
            client.start()
            client.push(recording)
            client.stop()
        assert stop(mock, task["TaskId"]) == "ONGOING"
        mock.advance(60_000)
        lines = [line.text for line in load_script(SCRIPT).lines]
        assert client.sentences() == lines
        assert set(results(mock, task["TaskId"])) == {"Transcription", "AutoChapters"}
        assert told.told == ["Transcription", "AutoChapters", "COMPLETED"]


def test_failed_file_fails_once_it_was_read_and_goes_well_the_second_time(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(scenario="failed-file")

    async def talk(client: TingwuClient) -> None:
        first = await client.create_offline(SHORT)
        assert first.status == "ONGOING"
        ended = await client.wait(first.task_id, poll_interval=0.01)
        assert (ended.status, ended.error) == ("FAILED", ("TSC.FileError", "File cannot be read."))
        assert ended.results == {}
        second = await client.create_offline(SHORT)
        assert (await client.wait(second.task_id, poll_interval=0.01)).status == "COMPLETED"

    converse(mock, talk)


def test_failed_file_fails_for_dashscope_too(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(scenario="failed-file", clock="virtual")
    output = dashscope.finished(mock, dashscope.create(mock, fileUrl=SHORT))
    assert output["status"] == 2
    assert dashscope.done(mock, fileUrl=SHORT)["status"] == 0


def test_invalid_task_is_invalid_for_good_and_the_next_is_kept(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(scenario="invalid-task")

    async def talk(client: TingwuClient) -> None:
        lost = await client.create_offline(SHORT)
        assert (await client.info(lost.task_id)).status == "INVALID"
        kept = await client.create_offline(SHORT)
        assert (await client.wait(kept.task_id, poll_interval=0.01)).status == "COMPLETED"
        assert (await client.info(lost.task_id)).status == "INVALID"

    converse(mock, talk)


def test_subtask_null_completes_without_the_summary(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(scenario="subtask-null")

    async def talk(client: TingwuClient) -> None:
        wanted = {"SummarizationEnabled": True, "AutoChaptersEnabled": True}
        task = await client.create_offline(SHORT, parameters=wanted)
        ended = await client.wait(task.task_id, poll_interval=0.01)
        assert ended.status == "COMPLETED"
        assert set(ended.results) == {"Transcription", "AutoChapters"}

    converse(mock, talk)


def test_subtask_null_is_null_in_dashscope(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(scenario="subtask-null", clock="virtual")
    wanted = {"analysis": {"fullSummaryEnabled": True, "autoChaptersEnabled": True}}
    output = dashscope.done(mock, wanted, fileUrl=SHORT)
    assert output["summarizationPath"] is None
    assert output["autoChaptersPath"] and output["transcriptionPath"]


def test_throttled_polling_refuses_the_third_call_twice_and_then_answers(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(scenario="throttled-polling")

    async def talk(client: TingwuClient) -> None:
        task = await client.create_offline(SHORT)
        codes: list[bool | str] = []
        for _ in range(6):
            try:
                codes.append((await client.info(task.task_id)).status != "INVALID")
            except TingwuError as error:
                codes.append(error.code)
        assert codes == [True, True, "Throttling.User", "Throttling.User", True, True]

    converse(mock, talk)
    data_id = dashscope.create(mock, fileUrl=SHORT)
    answers = [dashscope.query(mock, data_id) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 200]
    assert answers[2].json()["code"] == "Throttling.RateQuota"


def test_socket_lost_breaks_mid_sentence_and_the_same_url_goes_on(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(scenario="socket-lost")
    task = create(mock, {"Transcription": {"OutputLevel": 2}})
    with pusher(task) as client:
        client.start()
        with suppress(ConnectionClosedError):  # what came back can still be read
            client.push(recording)
        with pytest.raises(ConnectionClosedError) as lost:
            while True:
                client.receive()
    assert lost.value.rcvd is None  # not even a CLOSE
    sent = [e["message"]["header"]["name"] for e in mock.journal if e["kind"] == "ws_out"]
    assert sent == [
        "TranscriptionStarted",
        "SentenceBegin",
        "TranscriptionResultChanged",
        "TranscriptionResultChanged",
    ]
    assert client.sentences() == []
    with pusher(task) as again:
        again.start()
        again.push(recording)
        again.stop()
    assert len(again.sentences()) > 5
    stop(mock, task["TaskId"])
    assert set(results(mock, task["TaskId"])) == {"Transcription"}


def test_socket_lost_breaks_a_stream_of_dashscope_once(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(scenario="socket-lost")
    data_id = dashscope.begin(mock)
    with duplex(mock) as client:
        client.start(data_id)
        client.push(recording)
        with pytest.raises(ConnectionClosedError) as lost:
            while True:
                client.receive()
    assert lost.value.rcvd is None
    with duplex(mock) as again:
        again.start(data_id)
        again.push(recording)
        again.finish()


def test_socket_lost_is_told_to_a_client_of_our_own(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(scenario="socket-lost")

    async def talk(client: TingwuClient) -> None:
        interim = {"Transcription": {"OutputLevel": 2}}
        task = await client.create_realtime(parameters=interim)
        async with MeetingStream(task.join_url, reconnect=0) as stream:
            with pytest.raises(StreamError):
                await stream.push(recording)
                await stream.stop()
        async with MeetingStream(task.join_url) as stream:
            await stream.push(recording)
            await stream.stop()

    converse(mock, talk)


def test_late_callbacks_come_behind_that_of_the_end(
    start_mock: Callable[..., MockTingwu],
) -> None:
    with receiver(200) as told:
        mock = begun_with(start_mock, "late-callbacks", told)

        async def talk(client: TingwuClient) -> None:
            wanted = {"AutoChaptersEnabled": True}
            await client.create_offline(SHORT, callbacks=True, parameters=wanted)

        converse(mock, talk)
        mock.advance(50_000)
        assert told.told == ["AutoChapters", "COMPLETED"]
        mock.advance(50_000)
        assert told.told == ["AutoChapters", "COMPLETED", "Transcription"]


def test_quota_used_up_fails_what_is_longer_and_allows_one_stream(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(scenario="quota-used-up")

    async def talk(client: TingwuClient) -> None:
        task = await client.create_offline(f"{IMAGINED}?mock.duration_ms=61000")
        ended = await client.wait(task.task_id, poll_interval=0.01)
        assert ended.status == "FAILED"
        assert ended.error is not None and ended.error[0] == "PRE.AudioDurationQuotaLimit"
        meeting = await client.create_realtime()
        async with MeetingStream(meeting.join_url):
            with pytest.raises(TingwuError) as refused:
                await client.create_realtime()
        assert refused.value.code == "BRK.OverdueService"

    converse(mock, talk)


def test_every_starter_can_be_put_in_force_while_the_mock_runs(mock: MockTingwu) -> None:
    for name in starters():
        assert mock.scenario(name)["name"] == name


def test_a_starter_in_a_scope_leaves_the_others_alone(mock: MockTingwu) -> None:
    with mock.scope("team-a", ["app"]) as scope:
        scope.scenario("invalid-task")
        assert info(mock, create(mock)["TaskId"])["TaskStatus"] == "INVALID"
    assert info(mock, create(mock)["TaskId"])["TaskStatus"] == "NEW"
