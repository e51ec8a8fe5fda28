"""Print the measures as a table and write benchmarks/out/latest.json.

python -m benchmarks.run
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import CLIENT
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from mock_tingwu import MockTingwu
from mock_tingwu.core.options import Options
from mock_tingwu.core.scope import Order
from mock_tingwu.server.app import Application
from mock_tingwu.server.clock import make_clock, real_now
from mock_tingwu.server.websocket import WebSocketProtocol
from mock_tingwu.services.hosting import local_file
from mock_tingwu.services.world import World
from mock_tingwu.settings import Settings

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "benchmarks" / "out" / "latest.json"
ROUNDS = 5
FRAMES = 2_000

BARE_SERVER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def health(request):
    return JSONResponse({"status": "ok"})

sock = socket.socket()
sock.bind(("127.0.0.1", 0))
sock.listen()
print("listening on http://127.0.0.1:%d" % sock.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/_mock/health", health)])
config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="off", log_config=None)
uvicorn.Server(config).run(sockets=[sock])
"""


class FakeTransport(asyncio.Transport):
    """Takes what is written and forgets it."""

    def write(self, data: Any) -> None:
        pass

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class FakeServerState:
    def __init__(self) -> None:
        self.connections: set[object] = set()


def client_frames(recording: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """A handshake, a StartTranscription frame and audio frames as a client sends them."""
    client = ClientProtocol(parse_uri("ws://127.0.0.1:1/api/ws/v1?mc=TOKEN"))
    client.send_request(client.connect())
    handshake = b"".join(client.data_to_send())
    start = Frame(Opcode.TEXT, b'{"header":{"name":"StartTranscription"}}').serialize(mask=True)
    pieces = [recording[i : i + 3_200] for i in range(0, len(recording) - 3_200, 3_200)]
    audio = [
        Frame(Opcode.BINARY, pieces[n % len(pieces)]).serialize(mask=True) for n in range(FRAMES)
    ]
    return handshake, start, audio


async def realtime_endpoint(recording: bytes) -> float:
    """Seconds for FRAMES frames of a meeting with interim results through the whole endpoint."""
    world = World(Settings(), make_clock, real_now)
    order = Order(Options(output_level=2), language="cn", app_key="a")
    task = world.default.create_realtime(order, audio_format="pcm", sample_rate=16_000)
    handshake, start, audio = client_frames(recording)
    handshake = handshake.replace(b"TOKEN", task.join_token.encode())
    protocol = WebSocketProtocol(
        None,  # type: ignore[arg-type]
        FakeServerState(),  # type: ignore[arg-type]
        {},
        router=Application(world).websocket,
    )
    protocol.connection_made(FakeTransport())
    protocol.data_received(handshake)
    await asyncio.sleep(0.03)  # the 101 is held back
    protocol.data_received(start)
    await asyncio.sleep(0.08)  # and so is TranscriptionStarted
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
    handshake, _, audio = client_frames(recording)
    core = ServerProtocol()
    core.receive_data(handshake)
    (request,) = core.events_received()
    response = core.accept(request)  # type: ignore[arg-type]
    assert isinstance(response, Response)
    core.send_response(response)
    core.data_to_send()
    begun = time.perf_counter()
    for number, frame in enumerate(audio):
        core.receive_data(frame)
        core.events_received()
        if number % 10 == 9:
            core.send_text(b'{"header":{"name":"SentenceEnd"}}')
        core.data_to_send()
    assert core.side is not CLIENT
    return time.perf_counter() - begun


def cold_start(command: list[str]) -> float:
    """Seconds from starting a process to its first 200."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    address = process.stdout.readline().split()[-1]
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_mock/health") as answer:
                assert answer.status == 200
            break
        except OSError:
            time.sleep(0.001)
    seconds = time.perf_counter() - begun
    process.terminate()
    process.communicate()
    return seconds


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


class BareServer:
    """uvicorn and Starlette in a thread: what anybody would write."""

    def __init__(self) -> None:
        self._sock = socket.create_server(("127.0.0.1", 0))
        app = Starlette(routes=[Route("/_mock/health", _health)])
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", log_config=None
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._sock],))

    def start(self) -> BareServer:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.0001)
        return self

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


async def _health(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


def in_process(make: Callable[[], MockTingwu | BareServer]) -> tuple[float, float]:
    """Seconds to start a server in this process, and to stop it."""
    begun = time.perf_counter()
    server = make().start()
    started = time.perf_counter()
    server.close()
    return started - begun, time.perf_counter() - started


def reset(mock: MockTingwu) -> float:
    """Seconds for a reset after a task was made."""
    with httpx.Client(base_url=mock.url) as client:
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        body = {"AppKey": "a", "Input": source}
        client.put("/openapi/tingwu/v2/tasks?type=realtime", json=body).raise_for_status()
    begun = time.perf_counter()
    mock.reset()
    return time.perf_counter() - begun


def health(mock: MockTingwu) -> float:
    """Seconds for the least call on a connection that is open."""
    with httpx.Client(base_url=mock.url) as client:
        client.get("/_mock/health")
        begun = time.perf_counter()
        client.get("/_mock/health")
        return time.perf_counter() - begun


def imported(module: str, after: str = "sys") -> float:
    """Seconds to import a module in a new process that has another one."""
    program = (
        f"import time, {after}; begun = time.perf_counter(); import {module}; "
        "print(time.perf_counter() - begun)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    return float(done.stdout)


def interleaved(ours: Callable[[], float], baseline: Callable[[], float]) -> tuple[float, float]:
    """Medians of both, measured in turn so that a busy machine hits them alike."""
    pairs = [(ours(), baseline()) for _ in range(ROUNDS)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def measure() -> list[dict[str, Any]]:
    from mock_tingwu.media import read_wav

    recording = read_wav(ROOT / "fixtures" / "audio" / "cn-weekly-sync.wav")[0]
    frame, core = interleaved(
        lambda: asyncio.run(realtime_endpoint(recording)),
        lambda: asyncio.run(bare_core(recording)),
    )
    serve, bare = interleaved(
        lambda: cold_start([sys.executable, "-m", "mock_tingwu", "serve", "--port", "0"]),
        lambda: cold_start([sys.executable, "-c", BARE_SERVER]),
    )
    pairs = [(in_process(MockTingwu), in_process(BareServer)) for _ in range(ROUNDS)]
    start, close, bare_start, bare_close = (
        statistics.median(pair[side][what] for pair in pairs) for side in (0, 1) for what in (0, 1)
    )
    with MockTingwu() as mock:
        forgetting, answering = interleaved(lambda: reset(mock), lambda: health(mock))
    plugin, pytest = interleaved(
        lambda: imported("mock_tingwu.testing.plugin", after="pytest"), lambda: imported("pytest")
    )
    with tempfile.TemporaryDirectory() as folder:
        path = hour_of_recording(recording, Path(folder) / "hour.mp3")
        offline, decoding = interleaved(
            lambda: asyncio.run(offline_task(path)), lambda: bare_decoding(path)
        )
    return [
        row(
            "offline task of an hour of MP3, s",
            offline,
            decoding,
            "decoding it with PyAV alone",
            3.0,
        ),
        row(
            "audio frame through the realtime endpoint, us",
            frame / FRAMES * 1e6,
            core / FRAMES * 1e6,
            "websockets sans-I/O core alone",
            6.0,
        ),
        row(
            "cold start of serve to first 200, ms",
            serve * 1e3,
            bare * 1e3,
            "bare uvicorn and Starlette",
            2.0,
        ),
        row(
            "MockTingwu, made and started, ms",
            start * 1e3,
            bare_start * 1e3,
            "bare uvicorn and Starlette in a thread",
            5.0,
        ),
        row(
            "MockTingwu.close, ms",
            close * 1e3,
            bare_close * 1e3,
            "bare uvicorn and Starlette in a thread",
            0.2,
        ),
        row(
            "MockTingwu.reset after a task, ms",
            forgetting * 1e3,
            answering * 1e3,
            "GET /_mock/health",
            2.0,
        ),
        row(
            "import of the pytest plugin, ms",
            plugin * 1e3,
            pytest * 1e3,
            "import of pytest",
            0.1,
        ),
    ]


def row(name: str, value: float, baseline: float, against: str, goal: float) -> dict[str, Any]:
    ratio = value / baseline
    return {
        "name": name,
        "value": round(value, 2),
        "baseline": round(baseline, 2),
        "against": against,
        "ratio": round(ratio, 2),
        "goal": goal,
        "met": ratio <= goal,
    }


def main() -> int:
    measures = measure()
    for item in measures:
        mark = "met" if item["met"] else "MISSED"
        print(
            f"{item['name']:<52} {item['value']:>9} | {item['against']}: {item['baseline']} "
            f"| ratio {item['ratio']} (goal <= {item['goal']}: {mark})"
        )
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"measures": measures}, indent=2) + "\n")
    return 0 if all(item["met"] for item in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
