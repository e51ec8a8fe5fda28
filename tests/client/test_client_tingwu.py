from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    MeetingStream,
    Retries,
    TaskFailed,
    TaskInfo,
    TingwuClient,
    TingwuError,
    Unreachable,
)
from mock_tingwu.client.address import is_local
from tests.conftest import SCRIPT

KEY, SECRET = "mock-access-key-id", "mock-access-key-secret"


def client_of(
    url: str, secret: str = SECRET, token: str | None = None, retries: Retries | None = None
) -> TingwuClient:
    return TingwuClient(
        url,
        access_key_id=KEY,
        access_key_secret=secret,
        app_key="app",
        security_token=token,
        retries=retries,
    )


def test_a_meeting_from_create_to_its_files(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="k")
    seen: list[TaskInfo] = []

    async def meet() -> tuple[TaskInfo, dict[str, Any]]:
        async with client_of(mock.url) as client:
            parameters = {"AutoChaptersEnabled": True, "Transcoding": {"SpectrumEnabled": True}}
            task = await client.create_realtime(task_key="k", parameters=parameters)
            assert (task.status, task.key) == ("NEW", "k")
            async with MeetingStream(task.join_url) as stream:
                await stream.send(recording)
                await stream.stop()
            assert await client.stop(task.task_id) == "ONGOING"
            info = await client.wait(task.task_id, poll_interval=0.002, on_change=seen.append)
            files = {kind: await client.download(url) for kind, url in info.results.items()}
            assert info.spectrum_url is not None
            assert json.loads(await client.download(info.spectrum_url))["SampleRate"] == 16000
            return info, files

    info, files = asyncio.run(meet())
    assert info.status == "COMPLETED" and info.finished and info.error is None
    assert [len(state.results) for state in seen] == sorted({len(s.results) for s in seen})
    assert seen[-1] == info and seen[0].status == "ONGOING"
    assert set(files) == {"Transcription", "AutoChapters"}
    words = files["Transcription"]["Transcription"]["Paragraphs"][0]["Words"]
    assert words[0]["Text"] == "早上"
    # The whole recording was sent at once.
    mock.assert_no_violations("advice", but=["audio-burst", "audio-frame-size"])


@pytest.mark.parametrize("token", [None, "sts-token"])
def test_its_signature_passes_a_mock_that_verifies(
    start_mock: Callable[..., MockTingwu], token: str | None
) -> None:
    mock = start_mock(auth="verify")

    async def ask() -> TaskInfo:
        async with client_of(mock.url, token=token) as client:
            task = await client.create_realtime(task_key="会议")
            return await client.info(task.task_id)

    info = asyncio.run(ask())
    assert (info.status, info.key) == ("NEW", "会议")
    signatures = {e["signature"] for e in mock.journal if e["kind"] == "request"}
    assert signatures == {"ok"}


def test_a_wrong_secret_is_told_with_code_status_and_request_id(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify")

    async def create() -> None:
        async with client_of(mock.url, secret="wrong") as client:
            await client.create_realtime()

    with pytest.raises(TingwuError, match="does not match") as refused:
        asyncio.run(create())
    error = refused.value
    assert (error.code, error.http_status) == ("SignatureDoesNotMatch", 400)
    assert error.request_id == [e["request_id"] for e in mock.journal][-1]


def test_a_request_that_makes_no_sense_is_told_with_the_services_code(mock: MockTingwu) -> None:
    async def create() -> None:
        async with client_of(mock.url) as client:
            await client.create_realtime(language="klingon")

    with pytest.raises(TingwuError) as refused:
        asyncio.run(create())
    assert refused.value.code == "BRK.InvalidLanguage"


def test_an_unknown_task_is_invalid_and_finished(mock: MockTingwu) -> None:
    async def ask() -> tuple[TaskInfo, str]:
        async with client_of(mock.url) as client:
            return await client.wait("no such task"), await client.stop("0" * 32)

    info, stopped = asyncio.run(ask())
    assert (info.task_id, info.status, info.finished) == ("no such task", "INVALID", True)
    assert stopped == "INVALID"


def test_a_server_that_is_gone_is_told(mock: MockTingwu) -> None:
    mock.close()

    async def create() -> None:
        async with client_of(mock.url) as client:
            await client.create_realtime()

    with pytest.raises(Unreachable, match=f"{mock.host} does not answer"):
        asyncio.run(create())


def test_waiting_is_bounded(virtual_mock: MockTingwu) -> None:
    async def wait() -> None:
        async with client_of(virtual_mock.url) as client:
            task = await client.create_realtime(parameters={"AutoChaptersEnabled": True})
            await client.stop(task.task_id)
            await client.wait(task.task_id, poll_interval=0.001, timeout=0.05)

    with pytest.raises(Unreachable, match=r"still ONGOING after 0\.05 s"):
        asyncio.run(wait())


def test_a_task_that_is_not_known_has_no_results(mock: MockTingwu) -> None:
    async def ask() -> None:
        async with client_of(mock.url) as client:
            await client.results("0" * 32)

    with pytest.raises(TaskFailed, match="failed with INVALID: there is no such task"):
        asyncio.run(ask())


def test_an_expired_link_is_told_with_the_file_servers_code(virtual_mock: MockTingwu) -> None:
    async def download() -> None:
        async with client_of(virtual_mock.url) as client:
            task = await client.create_realtime()
            await client.stop(task.task_id)
            info = await client.info(task.task_id)
            assert (await client.download(info.results["Transcription"]))["TaskId"] == task.task_id
            await asyncio.to_thread(virtual_mock.advance, 31 * 24 * 60 * 60 * 1000)
            await client.download(info.results["Transcription"])

    with pytest.raises(TingwuError) as refused:
        asyncio.run(download())
    assert (refused.value.code, refused.value.http_status) == ("AccessDenied", 403)
    assert refused.value.request_id and "expired" in refused.value.message


def test_links_that_have_expired_are_asked_for_anew(virtual_mock: MockTingwu) -> None:
    async def load() -> None:
        async with client_of(virtual_mock.url) as client:
            task = await client.create_realtime()
            await client.stop(task.task_id)
            info = await client.info(task.task_id)
            await asyncio.to_thread(virtual_mock.advance, 31 * 24 * 60 * 60 * 1000)
            assert (await client.results(info)).data.keys() == {"Transcription"}

    asyncio.run(load())


TRANSCODED = {"Transcoding": {"TargetAudioFormat": "mp3"}}


def test_a_file_is_kept_whole_or_not_at_all(
    mock: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    storage = {"service": "storage"}

    async def keep() -> None:
        async with client_of(mock.url) as client:
            task = await client.create_realtime(parameters=TRANSCODED)
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording)
                await stream.stop()
            await client.stop(task.task_id)
            link = (await client.wait(task.task_id)).mp3_url
            assert link is not None
            whole = await client.download(link)
            # The first half of it comes, and then all of it.
            mock.faults.add({"type": "truncate_body"}, match=storage, times=1)
            path = folder / "meeting.mp3"
            assert await client.save(link, str(path)) == len(whole) > 10_000
            assert path.read_bytes() == whole
            with pytest.raises(TingwuError, match="SignatureDoesNotMatch"):
                await client.save(link.replace("Expires=", "Expires=9"), folder / "other.mp3")
            with pytest.raises(OSError):
                await client.save(link, tmp_path / "missing" / "meeting.mp3")
            mock.faults.add({"type": "truncate_body"}, match=storage)
            with pytest.raises(Unreachable):
                await client.save(link, path)
            assert path.read_bytes() == whole, "what was there stays"

    asyncio.run(keep())
    assert [path.name for path in folder.iterdir()] == ["meeting.mp3"]
    assert all(fault["fired"] for fault in mock.faults.list())


def answering(status: int, content: bytes) -> TingwuClient:
    """A client whose every request gets this answer."""
    client = client_of("http://127.0.0.1:1", retries=Retries(budget=0))
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=content))
    client._http = httpx.AsyncClient(transport=transport)
    return client


def test_an_error_in_a_200_envelope_is_an_error() -> None:
    content = b'{"Code":"BRK.OverdueService","Message":"Overdue service.","RequestId":"R"}'

    async def ask() -> None:
        async with answering(200, content) as client:
            await client.info("x")

    with pytest.raises(TingwuError) as refused:
        asyncio.run(ask())
    assert (refused.value.code, refused.value.http_status) == ("BRK.OverdueService", 200)


@pytest.mark.parametrize(
    ("status", "content"), [(502, b"<html>bad gateway</html>"), (200, b""), (500, b"[]")]
)
def test_an_answer_that_is_not_the_services_is_told(status: int, content: bytes) -> None:
    async def ask() -> None:
        async with answering(status, content) as client:
            await client.info("x")

    with pytest.raises(Unreachable, match=f"answered {status} without the JSON expected"):
        asyncio.run(ask())


def test_a_task_without_an_address_is_told() -> None:
    async def create() -> None:
        async with answering(200, b'{"Code":"0","Data":{"TaskId":"t"}}') as client:
            await client.create_realtime()

    with pytest.raises(Unreachable, match="without MeetingJoinUrl"):
        asyncio.run(create())


def test_a_file_server_without_xml_is_told_by_its_status() -> None:
    async def download() -> None:
        async with answering(404, b"gone") as client:
            await client.download("http://127.0.0.1:1/x.json")

    with pytest.raises(TingwuError, match="HTTP 404: Not Found"):
        asyncio.run(download())


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8900", True),
        ("ws://localhost/api", True),
        ("http://[::1]:80", True),
        ("https://tingwu.cn-beijing.aliyuncs.com", False),
        ("http://192.168.1.2", False),
        ("nonsense", False),
    ],
)
def test_only_this_machines_addresses_go_around_the_proxy(url: str, local: bool) -> None:
    assert is_local(url) is local
