"""Links in answers lead back the way the client came, under the cloud's names."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import Receiver
from tests.callbacks.receiver import receiver as served
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import EVERYTHING, GENERATION, PATHS, VIDEO, body_of
from tests.interception.helpers import (
    BUCKET,
    DASHSCOPE,
    PATIENCE,
    REALTIME,
    TASKS,
    TINGWU,
    Json,
    call,
    secured,
)
from tests.realtime.helpers import Pusher, until

OFFLINE: Json = {
    "AppKey": "app",
    "Input": {"SourceLanguage": "cn", "FileUrl": f"{VIDEO}?mock.duration_ms=20000"},
    "Parameters": {
        "Transcoding": {
            "TargetAudioFormat": "mp3",
            "TargetVideoFormat": "mp4",
            "VideoThumbnailEnabled": True,
            "SpectrumEnabled": True,
        },
        "PptExtractionEnabled": True,
    },
}
SHANGHAI = "tingwu.cn-shanghai.aliyuncs.com"


def links(value: Any) -> Iterator[str]:
    """Every address in a JSON value."""
    if isinstance(value, str):
        yield from re.findall(r"https?://\S+", value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from links(part)


def created(mock: MockTingwu, trusting: ssl.SSLContext, base: str, body: Json = REALTIME) -> Json:
    kind = "offline" if "FileUrl" in body["Input"] else "realtime"
    return call(mock, trusting, f"{base}{TASKS}?type={kind}", body, method="PUT").data


def info(mock: MockTingwu, trusting: ssl.SSLContext, base: str, task_id: str) -> Json:
    return call(mock, trusting, f"{base}{TASKS}/{task_id}").data


def finished(mock: MockTingwu, trusting: ssl.SSLContext, base: str, body: Json) -> Json:
    """What is told of a task of this kind when all is done."""
    task_id = created(mock, trusting, base, body)["TaskId"]
    mock.wait_for_status(task_id, "COMPLETED")
    return info(mock, trusting, base, task_id)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (f"https://{TINGWU}", "wss://tingwu-realtime-cn-beijing.aliyuncs.com"),
        (f"https://{SHANGHAI}", "wss://tingwu-realtime-cn-shanghai.aliyuncs.com"),
        (f"https://{TINGWU}:8943", "wss://tingwu-realtime-cn-beijing.aliyuncs.com:8943"),
        (f"http://{TINGWU}", "wss://tingwu-realtime-cn-beijing.aliyuncs.com"),
        (f"http://{TINGWU}:8900", f"ws://{TINGWU}:8900"),
        ("https://localhost:8943", "wss://localhost:8943"),
        ("https://127.0.0.1:8943", "wss://127.0.0.1:8943"),
        ("http://127.0.0.1:8900", "ws://127.0.0.1:8900"),
        ("http://mock.example.com", "ws://mock.example.com"),
    ],
)
def test_streams_are_beside_the_host_that_was_called(
    tls_mock: MockTingwu, trusting: ssl.SSLContext, base: str, expected: str
) -> None:
    joining = urlsplit(created(tls_mock, trusting, base)["MeetingJoinUrl"])
    assert f"{joining.scheme}://{joining.netloc}" == expected
    assert joining.path == "/api/ws/v1"


@pytest.mark.parametrize("host", [TINGWU, f"{TINGWU}:8900", "mock.example.com"])
def test_without_tls_all_is_at_the_host_that_was_called(mock: MockTingwu, host: str) -> None:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not used
    found = finished(mock, trusting, f"http://{host}", OFFLINE)
    joining = created(mock, trusting, f"http://{host}")["MeetingJoinUrl"]
    assert joining.startswith(f"ws://{host}/")
    for link in links(found["Result"]):
        assert link.startswith(f"http://{host}/oss/")
        assert call(mock, trusting, link).status == 200


@pytest.mark.parametrize("base", [f"https://{TINGWU}", f"http://{TINGWU}"])
def test_every_file_of_a_task_is_in_a_bucket_and_can_be_downloaded(
    tls_mock: MockTingwu, trusting: ssl.SSLContext, base: str
) -> None:
    found = finished(tls_mock, trusting, base, OFFLINE)
    results = dict(found["Result"])
    media = {name: found[name] for name in found if name.startswith("Output")}
    assert {"OutputMp3Path", "OutputMp4Path"} <= {*media, *results}
    followed = 0
    waiting = [*links(results), *links(media)]
    while waiting:
        link = waiting.pop()
        assert re.match(rf"https://{re.escape(BUCKET)}/[^?]+\?.*Signature=", link)
        answer = call(tls_mock, trusting, link)
        assert (answer.status, answer.headers["Server"]) == (200, "AliyunOSS")
        followed += 1
        if answer.headers["Content-Type"] == "application/json":
            waiting += links(answer.json())  # pictures of the slides
    assert followed > len({*media, *results})


def test_on_loopback_files_are_where_they_were(
    tls_mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    for base in (tls_mock.url, f"https://localhost:{tls_mock.tls_port}"):
        for link in links(finished(tls_mock, trusting, base, OFFLINE)["Result"]):
            assert link.startswith(f"{base}/oss/prod-tingwu-paas-common-beijing/")
            assert call(tls_mock, trusting, link).status == 200


@pytest.mark.parametrize(
    ("base", "bucket"),
    [
        (f"https://{TINGWU}", "https://mine.oss-cn-beijing.aliyuncs.com"),
        (f"https://{SHANGHAI}", "https://mine.oss-cn-shanghai.aliyuncs.com"),
        (f"https://{TINGWU}:8943", "https://mine.oss-cn-beijing.aliyuncs.com:8943"),
    ],
)
def test_files_are_in_the_bucket_that_the_client_names(
    tls_mock: MockTingwu, trusting: ssl.SSLContext, base: str, bucket: str
) -> None:
    output = {"OutputPath": "oss://mine/some folder/results"}
    body = {**OFFLINE, "Input": {**OFFLINE["Input"], **output}}
    told = finished(tls_mock, trusting, base, body)
    task_id, found = told["TaskId"], [*links(told["Result"])]
    assert found
    for link in found:
        assert link.startswith(f"{bucket}/some%20folder/results/{task_id}_")
        assert call(tls_mock, trusting, link).status == 200
        spelled = link.replace("mine.oss", "Mine.OSS")
        assert call(tls_mock, trusting, spelled).status == 200
        assert call(tls_mock, trusting, link.replace("/mine.", "/yours.")).status in (403, 404)


def test_the_paths_of_agents_are_in_a_bucket(
    tls_mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    url = f"https://{DASHSCOPE}{GENERATION}"
    key = {"Authorization": "Bearer sk-any", "Content-Type": "application/json"}
    body = body_of(EVERYTHING, fileUrl=f"{VIDEO}?mock.duration_ms=20000")

    def posted(body: Json) -> Json:
        answer = call(tls_mock, trusting, url, body, method="POST", headers=key)
        assert answer.status == 200, answer.body
        output: Json = answer.json()["output"]
        return output

    data_id = posted(body)["dataId"]
    asking = {"model": body["model"], "input": {"task": "getTask", "dataId": data_id}}
    until(lambda: posted(asking).get("status") == 0, "the end of the task")
    output = posted(asking)
    for name in PATHS:
        assert (
            output[name].startswith("https://") and ".oss-cn-beijing.aliyuncs.com/" in output[name]
        )
        assert call(tls_mock, trusting, output[name]).status == 200


def test_callbacks_link_to_a_bucket(tls_mock: MockTingwu, trusting: ssl.SSLContext) -> None:
    with served() as receiver:
        tls_mock.callback("app", receiver.url)
        told = {**OFFLINE["Input"], "ProgressiveCallbacksEnabled": True}
        created(tls_mock, trusting, f"https://{TINGWU}", {**OFFLINE, "Input": told})
        until(lambda: bool(_told(receiver)), "a callback with links")
        for link in _told(receiver):
            assert link.startswith(f"https://{BUCKET}/")
            assert call(tls_mock, trusting, link).status == 200


def _told(receiver: Receiver) -> list[str]:
    return [link for request in receiver.requests for link in links(request.body)]


def test_a_stream_goes_through_under_its_name(
    tls_mock: MockTingwu, trusting: ssl.SSLContext
) -> None:
    task = created(tls_mock, trusting, f"https://{TINGWU}")
    url = task["MeetingJoinUrl"]
    raw = secured(tls_mock, trusting, urlsplit(url).hostname)
    with connect(url.replace("wss:", "ws:"), sock=raw, close_timeout=PATIENCE) as socket:
        client = Pusher(socket)
        client.start()
        client.push(speech(2_500) + silence(1_200))
        client.stop()
        assert len(client.sentences()) == 1
    ending = {"Input": {"TaskId": task["TaskId"]}}
    target = f"https://{TINGWU}{TASKS}?type=realtime&operation=stop"
    assert call(tls_mock, trusting, target, ending, method="PUT").status == 200
    tls_mock.assert_no_violations()
