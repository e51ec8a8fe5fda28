"""What runs in one process without sockets: the audio path, files, long meetings, many tasks.

python -m benchmarks.inside NAME prints what one of `ALONE` has measured: memory is told of a
process that does nothing else.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.server import ServerProtocol

from benchmarks.calls import CREATE, get, request
from benchmarks.measures import ROUNDS, Measure, interleaved
from benchmarks.processes import ROOT, environment
from mock_tingwu.core.clock import VirtualClock
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import LONGEST_MEETING_MS, Order, Task
from mock_tingwu.core.tasks import COMPLETED, ONGOING
from mock_tingwu.media import read_wav
from mock_tingwu.server.app import Application
from mock_tingwu.server.clock import make_clock, real_now
from mock_tingwu.server.garbage import calm
from mock_tingwu.server.process import Server
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.hosting import local_file
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings

FRAMES: Final = 2_000
_HANDSHAKE: Final = (
    b"GET /api/ws/v1?mc=%b HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n"
)
_START: Final = Frame(Opcode.TEXT, b'{"header":{"name":"StartTranscription"}}')
#: A frame of the long meeting: as much as may be in one (16 KiB), in ms and bytes.
_LONG_MS, _LONG_BYTES = 500, 16_000
#: How many tasks there are in the table of growth, and entries in the journal.
_TASKS: Final = (1_000, 10_000, 100_000)


class FakeTransport(asyncio.Transport):
    """Takes what is written and forgets it but for the latest."""

    latest = b""

    def write(self, data: Any) -> None:
        self.latest = data

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return {"sockname": ("127.0.0.1", 8900), "peername": ("127.0.0.1", 5)}.get(name, default)

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _State:
    def __init__(self) -> None:
        self.connections: set[object] = set()


def measure() -> list[Measure]:
    """All of it."""
    recording = _recording()
    frame, core = interleaved(
        lambda: asyncio.run(realtime_endpoint(recording)), lambda: asyncio.run(bare_core(recording))
    )
    with tempfile.TemporaryDirectory() as folder:
        path = hour_of_recording(recording, Path(folder) / "hour.mp3")
        offline, decoding = interleaved(
            lambda: asyncio.run(offline_task(path)), lambda: bare_decoding(path)
        )
    day, many = _alone("long_meeting"), _alone("many_tasks")
    few, most = many[0], many[-1]
    return [
        Measure(
            "audio frame through the realtime endpoint, us",
            frame / FRAMES * 1e6,
            core / FRAMES * 1e6,
            "websockets' core alone",
            6.0,
        ),
        Measure("offline task of an hour of MP3, s", offline, decoding, "PyAV decoding it", 3.0),
        Measure("a meeting of 24 hours on the virtual clock, s", day[0]["seconds"], None, "", None),
        Measure("memory that it takes, MiB", day[0]["mebibytes"], None, "", None),
        Measure("memory of a finished task, KiB", most["kibibytes"], None, "", None),
        *(
            Measure(
                f"{what} among {most['tasks']:,} tasks, us",
                most[key],
                few[key],
                f"among {few['tasks']:,}",
                1.5,
            )
            for what, key in (("GetTaskInfo", "get_us"), ("CreateTask", "create_us"))
        ),
        *_growth_of_journal(),
    ]


def _recording() -> bytes:
    return read_wav(ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav")[0]


def _alone(name: str) -> list[dict[str, Any]]:
    """What one of `ALONE` measures in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.inside", name],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


# Audio


def _opened(world: World, task: Task) -> WebSocketProtocol:
    protocol = WebSocketProtocol(
        None,  # type: ignore[arg-type]
        _State(),  # type: ignore[arg-type]
        {},
        router=Application(world).websocket,
    )
    protocol.connection_made(FakeTransport())
    protocol.data_received(_HANDSHAKE % task.join_token.encode())
    return protocol


async def _begun(world: World, task: Task) -> WebSocketProtocol:
    protocol = _opened(world, task)
    await asyncio.sleep(0.03)  # the 101 is held back
    protocol.data_received(_START.serialize(mask=True))
    await asyncio.sleep(0.08)  # and so is TranscriptionStarted
    return protocol


def _task(world: World) -> Task:
    order = Order(Options(output_level=2), language="cn", app_key="a")
    return world.default.create_realtime(order, audio_format="pcm", sample_rate=16_000)


def _audio(recording: bytes, size: int, count: int) -> Iterator[bytes]:
    """Binary frames of the recording over and over."""
    whole = len(recording) - len(recording) % size
    pieces = [recording[i : i + size] for i in range(0, whole, size)]
    framed = [Frame(Opcode.BINARY, piece).serialize(mask=True) for piece in pieces]
    for number in range(count):
        yield framed[number % len(framed)]


async def realtime_endpoint(recording: bytes) -> float:
    """Seconds for FRAMES frames of a meeting with interim results through the whole endpoint."""
    world = World(Settings(), make_clock, real_now)
    task = _task(world)
    protocol = await _begun(world, task)
    audio = list(_audio(recording, 3_200, FRAMES))
    begun = time.perf_counter()
    for frame in audio:
        protocol.data_received(frame)
    seconds = time.perf_counter() - begun
    assert len(task.meeting.sentences) > 10
    protocol.connection_lost(None)
    world.close()
    return seconds


async def bare_core(recording: bytes) -> float:
    """Seconds for the same frames through the bare sans-I/O core, one answer in ten frames."""
    core = ServerProtocol()
    core.receive_data(_HANDSHAKE % b"none")
    (asked,) = core.events_received()
    response = core.accept(asked)  # type: ignore[arg-type]
    assert isinstance(response, Response)
    core.send_response(response)
    core.data_to_send()
    audio = list(_audio(recording, 3_200, FRAMES))
    begun = time.perf_counter()
    for number, frame in enumerate(audio):
        core.receive_data(frame)
        core.events_received()
        if number % 10 == 9:
            core.send_text(b'{"header":{"name":"SentenceEnd"}}')
        core.data_to_send()
    return time.perf_counter() - begun


async def long_meeting() -> list[dict[str, Any]]:
    """A meeting of 24 hours, pushed as fast as it is taken."""
    world = World(Settings(clock="virtual"), make_clock, real_now)
    task = _task(world)
    protocol = await _begun(world, task)
    clock = world.default.clock
    assert isinstance(clock, VirtualClock)
    before, begun = _mebibytes(), time.perf_counter()
    for frame in _audio(_recording(), _LONG_BYTES, LONGEST_MEETING_MS // _LONG_MS - 1):
        protocol.data_received(frame)
        clock.advance(_LONG_MS)
    seconds = time.perf_counter() - begun
    assert task.status is ONGOING
    assert task.stream.position == LONGEST_MEETING_MS - _LONG_MS
    clock.advance(_LONG_MS)
    assert task.status is COMPLETED
    found = {
        "seconds": seconds,
        "mebibytes": _mebibytes() - before,
        "sentences": len(task.meeting.sentences),
    }
    protocol.connection_lost(None)
    world.close()
    return [found]


# Files


def hour_of_recording(recording: bytes, path: Path) -> Path:
    """The demo meeting over and over as an MP3 of an hour."""
    from mock_tingwu.media import Mp3Writer

    writer = Mp3Writer(path, 16_000)
    for _ in range(round(3600 * 16_000 * 2 / len(recording))):
        writer.write(recording)
    writer.close()
    return path


async def offline_task(path: Path) -> float:
    """Seconds from an offline task's beginning to its last result."""
    world = World(Settings(result_interval_ms=0), make_clock, real_now)
    url = f"http://127.0.0.1{world.default.hosted.add(local_file(path)).url_path}"
    ended = asyncio.Event()
    world.default.on_progress = lambda scope, task, step: (
        ended.set() if step == "COMPLETED" else None
    )
    begun = time.perf_counter()
    task = world.default.create_offline(Order(Options(), "cn", "a"), file_url=url)
    await ended.wait()
    seconds = time.perf_counter() - begun
    assert len(task.meeting.sentences) > 500
    world.close()
    return seconds


def bare_decoding(path: Path) -> float:
    """Seconds to decode the same file and to make 16 kHz mono of it, with PyAV alone."""
    import av

    begun = time.perf_counter()
    resampler = av.AudioResampler("s16", "mono", 16_000)
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            resampler.resample(frame)
    return time.perf_counter() - begun


# Growth


async def many_tasks() -> list[dict[str, Any]]:
    """What calls cost, and finished tasks take, as there are more and more of these."""
    server = Server(Settings(port=0))
    server.config.load()
    protocol: Any = server.config.http_protocol_class(
        config=server.config,  # type: ignore[call-arg]
        server_state=server.server_state,
        app_state={},
    )
    transport = FakeTransport()
    protocol.connection_made(transport)

    def ask(sent: bytes) -> dict[str, Any]:
        protocol.data_received(sent)
        data: dict[str, Any] = json.loads(transport.latest.partition(b"\r\n\r\n")[2])["Data"]
        return data

    found = []
    ask(CREATE)
    calm()
    tasks = server.world.default.tasks
    empty, before = len(tasks), _mebibytes()
    for wanted in _TASKS:
        while len(tasks) < wanted:
            task_id = ask(CREATE)["TaskId"]
            body = f'{{"AppKey":"a","Input":{{"TaskId":"{task_id}"}}}}'.encode()
            stop = request("PUT", "/openapi/tingwu/v2/tasks?type=realtime&operation=stop", body)
            assert ask(stop)["TaskStatus"] == "COMPLETED"
            if len(tasks) % 100 == 0:
                await asyncio.sleep(0)
        taken = (_mebibytes() - before) * 1024 / (len(tasks) - empty)
        polled = get(next(iter(tasks)))
        getting, creating = interleaved(
            partial(_each, protocol, polled), partial(_each, protocol, CREATE)
        )
        found.append(
            {
                "tasks": wanted,
                "kibibytes": taken,
                "get_us": getting * 1e6,
                "create_us": creating * 1e6,
            }
        )
    return found


def _each(protocol: Any, sent: bytes, count: int = 500) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        protocol.data_received(sent)
    return (time.perf_counter() - begun) / count


def _growth_of_journal() -> list[Measure]:
    """An entry when the journal is full, beside one when it is a tenth so."""
    from mock_tingwu.core.journal import MAX_ENTRIES, Journal

    def recording(entries: int) -> Callable[[], float]:
        journal = Journal(real_now)

        def add(count: int) -> None:
            for _ in range(count):
                journal.record("request", "tingwu", "a" * 32, method="GET", target="/" * 60)

        add(entries)

        def measured() -> float:
            begun = time.perf_counter()
            add(500)
            return (time.perf_counter() - begun) / 500

        return measured

    full, tenth = interleaved(recording(MAX_ENTRIES), recording(MAX_ENTRIES // 10), rounds=ROUNDS)
    name = "an entry of a full journal, us"
    return [Measure(name, full * 1e6, tenth * 1e6, "of one a tenth as full", 2.0)]


def _mebibytes() -> float:
    """Memory of this process."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 2**20


#: What is measured in a process of its own.
ALONE: Final[dict[str, Callable[[], Awaitable[list[dict[str, Any]]]]]] = {
    "long_meeting": long_meeting,
    "many_tasks": many_tasks,
}


async def _main(name: str) -> None:
    print(json.dumps(await ALONE[name]()))


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(sys.argv[1]))
