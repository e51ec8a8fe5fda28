"""What goes through the recording gateway: every service, every signature, links, refusals."""

from __future__ import annotations

import asyncio
import json
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dashscope
import httpx
import pytest
from alibabacloud_live20161101 import models as live_models
from alibabacloud_live20161101.client import Client as LiveClient
from alibabacloud_tea_openapi import utils_models
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from dashscope.multimodal.tingwu import TingWuRealtime, TingWuRealtimeCallback
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import Cassette, Severity
from mock_tingwu.cassettes.gateway import RecordingGateway
from mock_tingwu.cassettes.links import Links
from mock_tingwu.cassettes.replaying import replay_privately
from mock_tingwu.client import DashScopeClient, MeetingStream, find_target
from tests.cassettes.meetings import record, recording_of, sdk_client
from tests.realtime.helpers import PATIENCE
from tests.sdk import core_sdk
from tests.sdk.test_live_core import common, generated

KEY_ID, SECRET, API_KEY = "LTAI-of-the-target", "the-access-secret", "sk-of-the-target"
TASKS = "/openapi/tingwu/v2/tasks"
BODY = {
    "AppKey": "app",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
}
Start = Callable[..., MockTingwu]


def live_config(endpoint: str) -> Any:
    return utils_models.Config(
        access_key_id="any", access_key_secret="any", endpoint=endpoint, protocol="HTTP"
    )


@pytest.fixture
def strict(start_mock: Start, monkeypatch: pytest.MonkeyPatch) -> MockTingwu:
    """A mock that lets nobody in but who has its keys; the clients' are others."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return start_mock(auth="verify", access_keys={KEY_ID: SECRET}, api_keys=[API_KEY])


def check(mock: MockTingwu, cassette: Cassette) -> None:
    """Nobody was refused, no key is in the file, and it replays without drift."""
    verdicts = {entry["signature"] for entry in mock.journal if "signature" in entry}
    assert verdicts == {"ok"}
    outcome = asyncio.run(replay_privately(cassette))
    assert [one for one in outcome.findings if one.severity is not Severity.INFO] == []
    assert outcome.played


def calls_of(cassette: Cassette) -> list[tuple[str, Any]]:
    return [(entry["call"], entry.get("signed")) for entry in cassette.records if "call" in entry]


def test_signatures_of_every_scheme_are_made_anew(strict: MockTingwu, tmp_path: Path) -> None:
    def hold(gateway: RecordingGateway) -> None:
        tea = sdk_client(gateway.url)
        tea.list_transcription_phrases()
        port = int(gateway.url.rpartition(":")[2])
        core = AcsClient(
            region_id="cn-beijing", credential=AccessKeyCredential("any", "any"), port=port
        )
        data = core_sdk.call(core, core_sdk.request("PUT", TASKS, BODY, type="realtime"))
        core_sdk.call(core, core_sdk.request("GET", f"{TASKS}/{data['TaskId']}"))
        stream = {
            "Mode": "live",
            "Language": "cn",
            "StreamURL": "rtmp://pull.example.com/a?token=s3cr3t&x=1",
            "CallbackURL": "http://callbacks.example.com/of/somebody",
        }
        create = common("POST", "body")("CreateRtcAsrTask", **stream)
        task = json.loads(core.do_action_with_exception(create))["TaskId"]
        for ask, action in (
            (generated("GET"), "QueryRtcAsrTasks"),
            (generated("POST"), "StopRtcAsrTask"),
            (common("GET", "query"), "DeleteRtcAsrTask"),
        ):
            given = {} if action.startswith("Query") else {"TaskId": task}
            answer = json.loads(core.do_action_with_exception(ask(action, **given)))
            assert answer["RetCode"] == 2000
        live = LiveClient(live_config(gateway.host))
        again = live_models.CreateRtcAsrTaskRequest().from_map(
            {**stream, "StreamURL": "rtmp://pull.example.com/b"}
        )
        made = live.create_rtc_asr_task(again)
        end = live_models.StopRtcAsrTaskRequest(task_id=made.body.task_id)
        assert live.stop_rtc_asr_task(end).body.ret_code == 2000

    cassette = record(strict, tmp_path / "c.jsonl", hold)
    assert calls_of(cassette) == [
        ("ListTranscriptionPhrases", "ACS3-HMAC-SHA256"),
        ("CreateTask", "acs"),
        ("GetTaskInfo", "acs"),
        ("CreateRtcAsrTask", "rpc"),
        ("QueryRtcAsrTasks", "rpc"),
        ("StopRtcAsrTask", "rpc"),
        ("DeleteRtcAsrTask", "rpc"),
        ("CreateRtcAsrTask", "ACS3-HMAC-SHA256"),
        ("StopRtcAsrTask", "ACS3-HMAC-SHA256"),
    ]
    text = (tmp_path / "c.jsonl").read_text("utf-8")
    secrets = (KEY_ID, SECRET, "s3cr3t", "pull.example", "somebody")
    assert [secret for secret in secrets if secret in text] == []
    check(strict, cassette)


class _Callback(TingWuRealtimeCallback):  # type: ignore[misc]
    def __init__(self) -> None:
        self.listening, self.closed = threading.Event(), threading.Event()

    def on_speech_listen(self, result: Any) -> None:
        self.listening.set()

    def on_close(self, close_status_code: int, close_msg: str) -> None:
        self.closed.set()


def test_an_agent_s_meeting_by_the_sdk_of_dashscope(
    strict: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    def hold(gateway: RecordingGateway) -> None:
        source: dict[str, Any] = {"task": "createTask", "type": "realtime"}
        source |= {"appId": "tw_app", "format": "pcm", "sampleRate": 16_000}
        with dashscope.Client(api_key="sk-any", base_url=f"{gateway.url}/api/v1") as client:
            create = client.tingwu.call(model="tingwu-meeting", input=source)
            data_id = create.output["dataId"]
            callback = _Callback()
            speaker = TingWuRealtime(
                model="tingwu-meeting-realtime",
                app_id="tw_app",
                api_key="sk-any",
                base_address=gateway.url.replace("http", "ws") + "/api-ws/v1/inference",
                data_id=data_id,
                callback=callback,
            )
            before = set(threading.enumerate())
            speaker.start()
            assert callback.listening.wait(PATIENCE)
            for at in range(0, 128_000, 3_200):
                speaker.send_audio_frame(recording[at : at + 3_200])
            speaker.stop()
            assert callback.closed.wait(PATIENCE)
            for thread in set(threading.enumerate()) - before:
                thread.join(PATIENCE)
            client.tingwu.call(model="tingwu-meeting", input={**source, "dataId": data_id})
        asyncio.run(_finish(gateway, data_id))

    async def _finish(gateway: RecordingGateway, data_id: str) -> None:
        async with find_target("mock", gateway.environ).dashscope() as lasting:
            key = (await lasting.create_token()).key
        # A temporary key is the service's own, and goes back to it as it is.
        async with DashScopeClient(gateway.url, api_key=key, app_id="tw_app") as client:
            info = await client.wait(data_id, poll_interval=0.01, check=True)
            assert (await client.results(info)).transcript is not None

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        cassette = record(strict, tmp_path / "c.jsonl", hold)
        dashscope.close_shared_sync_session()
    names = [name for name, _ in calls_of(cassette)]
    assert names[:2] == ["createTask", "createTask"]
    assert {"createToken", "getTask", "file transcriptionPath"} <= set(names)
    events = [entry["received"] for entry in cassette.records if "received" in entry]
    assert events[0]["header"]["event"] == "task-started"
    check(strict, cassette)


def test_our_client_pauses_a_meeting_through_it(
    strict: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    async def meet(gateway: RecordingGateway) -> None:
        async with find_target("mock", gateway.environ).tingwu() as client:
            task = await client.create_realtime()
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording[:64_000])
                await stream.pause()
                assert (await client.info(task.task_id)).status == "PAUSED"
                await stream.resume()
                await stream.push(recording[64_000:128_000])
                await stream.stop()
            await client.stop(task.task_id)

    cassette = record(strict, tmp_path / "c.jsonl", lambda gateway: asyncio.run(meet(gateway)))
    streams = [entry for entry in cassette.records if "open" in entry]
    assert [entry["url"] for entry in streams] == ["<MeetingJoinUrl:1>"] * 2
    check(strict, cassette)


def test_a_refusal_comes_through_as_it_is(strict: MockTingwu, tmp_path: Path) -> None:
    with recording_of(strict, tmp_path / "c.jsonl") as gateway:
        unsigned = httpx.put(f"{gateway.url}{TASKS}?type=realtime", json=BODY)
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{gateway.url.replace('http', 'ws')}/api-ws/v1/inference")
        nowhere = httpx.get(f"{gateway.url}/via/7/file.json")
    assert unsigned.status_code == 400
    assert refused.value.response.status_code == 401
    assert nowhere.status_code == 404
    first, second = Cassette.read(tmp_path / "c.jsonl").records
    assert (first["call"], first["signed"], first["status"]) == ("CreateTask", None, 400)
    assert (second["open"], second["status"]) == ("inference", 401)


def test_links_lead_through_the_gateway_and_back() -> None:
    links = Links()
    links.authority = "127.0.0.1:8901"
    answer = '{"a": "https://h.example.com/x?y=1", "b": "wss:\\/\\/w.example.com\\/z"}'
    hidden = links.hidden(answer)
    assert json.loads(hidden) == {
        "a": "http://127.0.0.1:8901/via/1/x?y=1",
        "b": "ws://127.0.0.1:8901/via/2/z",
    }
    assert json.loads(links.revealed(hidden)) == json.loads(answer)
    assert links.target("/via/2/z?q=%2F") == "wss://w.example.com/z?q=%2F"
    assert links.target("/via/3/z") is None
    assert links.revealed("u=http%3A%2F%2F127.0.0.1%3A8901%2Fvia%2F1%2Fx") == (
        "u=https%3A%2F%2Fh.example.com%2Fx"
    )


def test_no_secret_is_logged(
    strict: MockTingwu, tmp_path: Path, recording: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def meet(gateway: RecordingGateway) -> None:
        async with find_target("mock", gateway.environ).tingwu() as client:
            task = await client.create_realtime()
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording[:64_000])
                await stream.stop()
            await client.stop(task.task_id)
            await client.wait(task.task_id, poll_interval=0.01)
            await client.results(task.task_id)

    with caplog.at_level("INFO"):
        cassette = record(strict, tmp_path / "c.jsonl", lambda gateway: asyncio.run(meet(gateway)))
        asyncio.run(replay_privately(cassette))
    assert [word for word in ("mc=", "Signature", SECRET) if word in caplog.text] == []


def test_what_is_no_text_is_passed_on_and_counted(
    strict: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    async def meet(gateway: RecordingGateway) -> None:
        transcoding = {"Transcoding": {"TargetAudioFormat": "mp3"}}
        async with find_target("mock", gateway.environ).tingwu() as client:
            task = await client.create_realtime(parameters=transcoding)
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording[:64_000])
                await stream.stop()
            await client.stop(task.task_id)
            info = await client.wait(task.task_id, poll_interval=0.01)
        assert info.mp3_url is not None
        answer = httpx.get(info.mp3_url)
        assert int(answer.headers["content-length"]) == len(answer.content) > 1_000
        assert httpx.put(info.mp3_url, content=b"x").status_code == 405

    cassette = record(strict, tmp_path / "c.jsonl", lambda gateway: asyncio.run(meet(gateway)))
    last = cassette.records[-1]
    assert last["call"] == "file OutputMp3Path"
    assert last["answer_bytes"] > 1_000 and "answer" not in last
