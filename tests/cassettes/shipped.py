"""The cassettes that ship, recorded from a mock: ``python -m tests.cassettes.shipped``."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

from mock_tingwu import MockTingwu
from mock_tingwu.cassettes.gateway import RecordingGateway
from mock_tingwu.client import MeetingStream, find_target
from mock_tingwu.resources import folder
from tests.cassettes.meetings import recording_of
from tests.conftest import RECORDING, SCRIPT

FOLDER: Final = folder("fixtures") / "cassettes"
#: Three sentences of the demo meeting, in samples.
_SAMPLES: Final = 16_000 * 12


def _pcm() -> bytes:
    with wave.open(str(RECORDING)) as audio:
        pcm: bytes = audio.readframes(_SAMPLES)
        return pcm


async def meeting(gateway: RecordingGateway) -> None:
    """A meeting of Tingwu with a pause, hot words, and a call that is refused."""
    async with find_target("mock", gateway.environ).tingwu() as client:
        phrase_id = await client.create_phrases("水果", {"苹果": 3})
        await client.list_phrases()
        await client.get_phrases(phrase_id)
        task = await client.create_realtime(
            task_key="weekly",
            parameters={"AutoChaptersEnabled": True, "Transcription": {"OutputLevel": 2}},
        )
        pcm = _pcm()
        async with MeetingStream(task.join_url) as stream:
            await stream.push(pcm[: _SAMPLES // 2])
            await stream.pause()
            await client.info(task.task_id)
            await stream.resume()
            await stream.push(pcm[_SAMPLES // 2 :])
            await stream.stop()
        await client.stop(task.task_id)
        await client.wait(task.task_id, poll_interval=0.01, check=True)
        await client.results(task.task_id)
        await client.delete_phrases(phrase_id)


async def agent(gateway: RecordingGateway) -> None:
    """A meeting of DashScope's agent."""
    async with find_target("mock", gateway.environ).dashscope() as client:
        task = await client.create_realtime()
        async with client.stream(task.data_id) as stream:
            await stream.push(_pcm())
            await stream.stop()
        await client.end_realtime(task.data_id)
        info = await client.wait(task.data_id, poll_interval=0.01, check=True)
        await client.results(info)


SHIPPED: Final[Mapping[str, Callable[[RecordingGateway], Coroutine[Any, Any, None]]]] = {
    "mock-meeting.jsonl": meeting,
    "mock-agent.jsonl": agent,
}


def main(place: Path = FOLDER) -> None:
    """Record them."""
    place.mkdir(exist_ok=True)
    for name, hold in SHIPPED.items():
        with MockTingwu(result_interval_ms=5) as mock:
            mock.script(SCRIPT, task_key="weekly")
            with recording_of(mock, place / name) as gateway:
                asyncio.run(hold(gateway))


if __name__ == "__main__":
    main()
