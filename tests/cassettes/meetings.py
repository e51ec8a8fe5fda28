"""Meetings held by real clients through a recording gateway."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes import Cassette, CassetteWriter
from mock_tingwu.cassettes.gateway import RecordingGateway
from mock_tingwu.client import find_target
from tests.realtime.helpers import PATIENCE, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import nls
    from alibabacloud_tea_openapi import utils_models
    from alibabacloud_tingwu20230930 import models
    from alibabacloud_tingwu20230930.client import Client


@contextmanager
def recording_of(mock: MockTingwu, path: Path) -> Iterator[RecordingGateway]:
    """A gateway to ``mock`` that writes to ``path``."""
    target = find_target("mock", mock.environ)
    with CassetteWriter(path, target="mock") as writer, RecordingGateway(target, writer) as gateway:
        yield gateway


def record(mock: MockTingwu, path: Path, hold: Callable[[RecordingGateway], None]) -> Cassette:
    """What ``hold`` does by a gateway, as a cassette."""
    with recording_of(mock, path) as gateway:
        hold(gateway)
    return Cassette.read(path)


def sdk_client(url: str) -> Any:
    """The official client of Tingwu for a gateway."""
    return Client(
        utils_models.Config(
            access_key_id="any",
            access_key_secret="any",
            endpoint=url.partition("://")[2],
            protocol="HTTP",
            read_timeout=5_000,
            connect_timeout=5_000,
        )
    )


def sdk_meeting(gateway: RecordingGateway, pcm: bytes, level: int) -> None:
    """A meeting by the official SDKs for Tingwu and NLS, from create to the files.

    With the ``level`` 2 there are interim results.
    """
    client = sdk_client(gateway.url)
    task = client.create_task(
        models.CreateTaskRequest(
            type="realtime",
            app_key="an-app-key-of-mine",
            input=models.CreateTaskRequestInput(
                source_language="cn", format="pcm", sample_rate=16_000, task_key="weekly"
            ),
            parameters=models.CreateTaskRequestParameters(
                transcription=models.CreateTaskRequestParametersTranscription(output_level=level),
                auto_chapters_enabled=True,
                translation_enabled=True,
                translation=models.CreateTaskRequestParametersTranslation(target_languages=["en"]),
            ),
        )
    ).body.data
    push(task.meeting_join_url, pcm)
    client.create_task(
        models.CreateTaskRequest(
            type="realtime",
            operation="stop",
            input=models.CreateTaskRequestInput(task_id=task.task_id),
        )
    )
    info = client.get_task_info(task.task_id).body.data

    def is_over() -> bool:
        nonlocal info
        info = client.get_task_info(task.task_id).body.data
        return str(info.task_status).upper() == "COMPLETED"

    until(is_over, "COMPLETED")
    for link in (info.result.transcription, info.result.auto_chapters, info.result.translation):
        assert httpx.get(link, timeout=PATIENCE).status_code == 200


def push(url: str, pcm: bytes) -> None:
    """Push audio by the official SDK, start to completion."""
    before = set(threading.enumerate())
    over = threading.Event()
    with warnings.catch_warnings():
        # It leaves sockets to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        transcriber = nls.NlsSpeechTranscriber(
            url=url,
            token="a-token-of-mine-42",
            appkey="default",
            on_close=lambda *_: over.set(),
        )
        transcriber.start(
            aformat="pcm", sample_rate=16_000, enable_intermediate_result=True, timeout=PATIENCE
        )
        for at in range(0, len(pcm), 3_200):
            transcriber.send_audio(pcm[at : at + 3_200])
        transcriber.stop(timeout=PATIENCE)
        assert over.wait(PATIENCE)
        for thread in set(threading.enumerate()) - before:
            if not thread.name.startswith(("uvloop_", "asyncio_")):
                thread.join(PATIENCE)
