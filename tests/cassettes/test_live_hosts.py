"""Recording from the cloud's own host names, by TLS, through a proxy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import Cassette
from mock_tingwu.cli import main
from tests.client.cloud import DASHSCOPE, REALTIME, TINGWU, Cloud, link_as_the_cloud, point_at
from tests.conftest import RECORDING, SCRIPT

KEY_ID, SECRET, API_KEY = "LTAI-of-the-cloud", "the-access-secret", "sk-of-the-cloud"

#: A meeting, and a call of an agent, by our client: it finds the gateway in its environment.
PROGRAM = """
import asyncio, sys, wave
from mock_tingwu.client import MeetingStream, find_target

async def meet():
    target = find_target("mock")
    async with target.tingwu(app_key="app") as client:
        task = await client.create_realtime(task_key="k")
        assert task.join_url.startswith("ws://127.0.0.1:"), "not by the gateway"
        async with MeetingStream(task.join_url) as stream:
            with wave.open(sys.argv[1]) as audio:
                await stream.push(audio.readframes(64_000))
            await stream.stop()
        await client.stop(task.task_id)
        await client.wait(task.task_id, poll_interval=0.01, check=True)
        assert (await client.results(task.task_id)).transcript.sentences
    async with target.dashscope() as client:
        assert (await client.create_token()).key

asyncio.run(meet())
"""


def test_a_meeting_is_recorded_from_the_live_hosts(
    start_mock: Callable[..., MockTingwu], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mock = start_mock(auth="verify", access_keys={KEY_ID: SECRET}, api_keys=[API_KEY])
    mock.script(SCRIPT, task_key="k")
    file = tmp_path / "c.jsonl"
    # What is replayed afterwards is a mock that does not believe to be the cloud.
    with pytest.MonkeyPatch.context() as patch, Cloud(mock.port) as cloud:
        link_as_the_cloud(patch)
        point_at(cloud, patch, tmp_path)
        patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        patch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
        patch.setenv("DASHSCOPE_API_KEY", API_KEY)
        patch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN", raising=False)
        command = [sys.executable, "-c", PROGRAM, str(RECORDING)]
        record = ["record", "--target", "live", "--yes", "--out", str(file)]
        assert main([*record, "--", *command]) == 0
        asked = {host.partition(":")[0] for host in cloud.asked}
    assert {TINGWU, REALTIME, DASHSCOPE} < asked
    assert any(host.endswith(".oss-cn-beijing.aliyuncs.com") for host in asked)
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}
    cassette = Cassette.read(file)
    assert cassette.target == "live"
    names = {entry["call"] for entry in cassette.records if "call" in entry}
    calls = {"CreateTask", "StopTask", "GetTaskInfo", "createToken"}
    assert names == calls | {"file Transcription"}
    assert cassette.forms["MeetingJoinUrl:1"] == "wss://host.aliyuncs.com/api/ws/v1?mc=<t128>"
    text = file.read_text("utf-8")
    assert [word for word in (KEY_ID, SECRET, API_KEY, "mc=6-Mu") if word in text] == []
    assert main(["replay", str(file)]) == 0
    assert "recorded from live" in capsys.readouterr().out
