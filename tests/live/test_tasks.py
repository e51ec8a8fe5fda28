"""Live tasks from their creation to their end."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.callbacks.receiver import Receiver
from tests.live.helpers import STREAM, Live, events, names

CHANNEL = {"Mode": "rtc", "StreamURL": None, "SDKAppID": "app1", "ChannelID": "room"}


def test_create_answers_an_id_and_2000(live: Live) -> None:
    answer = live.ask_create().json()
    assert list(answer) == ["Description", "RequestId", "RetCode", "TaskId"]
    assert (answer["Description"], answer["RetCode"]) == ("success", 2000)
    assert re.fullmatch(r"asr-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["TaskId"])
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", answer["RequestId"])


def test_a_query_shows_the_task_as_it_was_asked_for(live: Live) -> None:
    task_id = live.create(ReportInterval=200, AutoTerminateEnabled="true", AutoTerminateDelay=3)
    live.mock.advance(5_000)
    shown = live.query(task_id)[task_id]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", shown.pop("createdAt"))
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00", shown.pop("updatedAt"))
    assert shown.pop("aliUid").isdigit()
    assert shown == {
        "mode": "live",
        "taskId": task_id,
        "language": "cn",
        "callbackUrl": live.callback_url,
        "autoTerminateDelay": "3",
        "streamUrl": STREAM,
        "status": 1,
        "reportInterval": "200",
        "tag": "",
    }


def test_without_saying_so_interim_results_come_at_once_and_the_delay_is_ten(live: Live) -> None:
    task_id = live.create()
    shown = live.query()[task_id]
    assert (shown["reportInterval"], shown["autoTerminateDelay"]) == ("0", "10")


def test_a_channel_is_shown_with_its_user(live: Live) -> None:
    task_id = live.create(**CHANNEL, RtcUserId="u1")
    shown = live.query(task_id)[task_id]
    assert (shown["mode"], shown["sdkAppId"], shown["channelId"], shown["rtcUserId"]) == (
        *("rtc", "app1", "room", "u1"),
    )
    assert "streamUrl" not in shown


def test_a_query_without_an_id_shows_what_runs(live: Live) -> None:
    first, second, third = live.create(), live.create(), live.create()
    live.stop(second)
    live.call("DeleteRtcAsrTask", TaskId=third)
    assert list(live.query()) == [first]
    assert live.query(second)[second]["status"] == 2
    assert live.query(third) == {}
    assert live.query("asr-no-such-task") == {}


def test_the_same_stream_may_have_several_tasks(live: Live) -> None:
    assert len({live.create(), live.create()}) == 2


def test_stopping_again_changes_nothing(live: Live) -> None:
    task_id = live.create()
    live.stop(task_id)
    before = live.query(task_id)
    live.mock.advance(10_000)
    live.stop(task_id)
    assert live.query(task_id) == before


@pytest.mark.parametrize("action", ["StopRtcAsrTask", "DeleteRtcAsrTask"])
def test_what_is_not_there_cannot_be_ended(live: Live, action: str) -> None:
    task_id = live.create()
    live.call("DeleteRtcAsrTask", TaskId=task_id)
    for unknown in (task_id, "asr-x", "x" * 5_000):
        answer = live.call(action, TaskId=unknown)
        assert (answer.status_code, answer.json()["Code"]) == (400, "ConfigNotFound")
        assert answer.json()["Message"].endswith(", please check and try again later.")


def test_a_task_of_another_service_is_not_found(live: Live) -> None:
    body = {"AppKey": "a", "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000}}
    created = httpx.put(f"{live.mock.url}/openapi/tingwu/v2/tasks?type=realtime", json=body)
    task_id = created.json()["Data"]["TaskId"]
    assert live.call("StopRtcAsrTask", TaskId=task_id).json()["Code"] == "ConfigNotFound"
    own = live.create()
    info = httpx.get(f"{live.mock.url}/openapi/tingwu/v2/tasks/{own}").json()
    assert info["Data"]["TaskStatus"] == "INVALID"


def test_the_last_words_come_when_the_task_is_stopped(live: Live, listener: Receiver) -> None:
    task_id = live.create(ReportInterval=-1)
    live.mock.advance(1_500)
    assert names(listener) == []
    live.stop(task_id)
    live.mock.advance(0)
    assert names(listener) == ["SentenceEnd"]
    live.mock.advance(60_000)
    assert names(listener) == ["SentenceEnd"]


def test_a_deleted_task_is_heard_to_its_end_and_no_further(live: Live, listener: Receiver) -> None:
    task_id = live.create(ReportInterval=-1)
    live.mock.advance(1_500)
    live.call("DeleteRtcAsrTask", TaskId=task_id)
    live.mock.advance(60_000)
    assert names(listener) == ["SentenceEnd"]


def test_a_stream_that_is_away_for_too_long_ends_its_task(live: Live) -> None:
    task_id = live.create(
        StreamURL=f"{STREAM}?mock.duration_ms=4000",
        AutoTerminateEnabled="True",
        AutoTerminateDelay=5,
    )
    live.mock.advance(3_900)
    assert live.state(task_id) == "ONGOING"
    live.mock.advance(200)
    assert live.state(task_id) == "PAUSED"
    assert live.query()[task_id]["status"] == 1
    live.mock.advance(4_800)
    assert live.state(task_id) == "PAUSED"
    live.mock.advance(200)
    assert live.state(task_id) == "COMPLETED"
    assert live.query() == {}
    (why,) = [e["why"] for e in live.mock.journal if e.get("event") == "AUTO_TERMINATE"]
    assert why == "the stream was away for 5 s"
    live.stop(task_id)  # as somebody does who cleans up


def test_without_auto_terminate_the_task_waits_to_be_stopped(live: Live) -> None:
    task_id = live.create(StreamURL=f"{STREAM}?mock.duration_ms=1000", AutoTerminateDelay=1)
    live.mock.advance(3_600_000)
    assert live.state(task_id) == "PAUSED"
    live.stop(task_id)
    assert live.state(task_id) == "COMPLETED"


def test_a_stream_that_says_nonsense_of_its_length_is_heard_all_the_same(live: Live) -> None:
    task_id = live.create(StreamURL=f"{STREAM}?mock.duration_ms=long")
    live.mock.advance(1_000)
    assert live.state(task_id) == "ONGOING"
    assert any("mock.duration_ms is 'long', expected" in note for note in live.notes())


def test_a_registered_script_is_heard_word_by_word(live: Live, listener: Receiver) -> None:
    said = ["今天我们讲第三章。", "请大家翻到第二十页。"]
    script = {"language": "cn", "sentences": [{"speaker": "A", "text": text} for text in said]}
    live.mock.script(script, file_url=STREAM)
    task_id = live.create(ReportInterval=-1, StreamURL=f"{STREAM}?auth_key=1-0-0-x")
    live.mock.advance(10_000)
    live.stop(task_id)
    heard = [event.payload["result"] for event in events(listener)]
    assert heard[:2] == said


@pytest.mark.parametrize("key", [{"task_key": "room"}, {"app_key": "app1"}])
def test_a_channel_hears_the_script_of_its_name_or_application(
    live: Live, listener: Receiver, key: dict[str, Any]
) -> None:
    script = {"language": "cn", "sentences": [{"speaker": "A", "text": "欢迎来到直播间。"}]}
    live.mock.script(script, **key)
    live.create(**CHANNEL, RtcUserId="u1", ReportInterval=-1)
    live.mock.advance(6_000)
    first = events(listener)[0]
    assert first.payload["result"] == "欢迎来到直播间。"
    told = [first.callback[name] for name in ("sdk_app_id", "channel_id", "rtc_user_id")]
    assert told == ["app1", "room", "u1"]


def test_a_reset_forgets_tasks_and_sends_nothing_more(live: Live, listener: Receiver) -> None:
    task_id = live.create()
    live.mock.advance(2_000)
    live.mock.reset()
    listener.requests.clear()
    live.mock.advance(60_000)
    assert live.query() == {}
    assert live.query(task_id) == {}
    assert listener.requests == []


def test_a_task_that_fails_is_no_longer_heard(live: Live, listener: Receiver) -> None:
    task_id = live.create(ReportInterval=-1)
    live.mock.advance(1_000)
    answer = httpx.post(
        f"{live.mock.url}/_mock/tasks/{task_id}/transition",
        json={"to": "FAILED", "error_code": "InternalError"},
    )
    assert (answer.json()["type"], answer.json()["state"]) == ("live", "FAILED")
    live.mock.advance(60_000)
    assert names(listener) == []
    assert live.query(task_id)[task_id]["status"] == 3
    assert live.query() == {}
    live.stop(task_id)
    assert live.query(task_id)[task_id]["status"] == 3
