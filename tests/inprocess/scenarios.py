"""What may be going on in a mock when it is closed.

    python -X dev -m tests.inprocess.scenarios

closes a mock in the midst of each; Python then says on stderr what was left behind. Each scenario
is a context manager around the closing: what it opened itself it closes afterwards.
"""

from __future__ import annotations

import gc
import socket
import tempfile
import wave
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
from websockets.sync.client import connect

from mock_tingwu import MockTingwu
from mock_tingwu.media import read_wav
from tests.callbacks.receiver import SILENCE, receiver
from tests.conftest import RECORDING
from tests.live.helpers import Live
from tests.media_site import Site, speech_as
from tests.offline import tasks as offline
from tests.realtime.helpers import TASKS, create, pusher, status, until
from tests.rtmp_server import RtmpServer

#: Everything that is written while a recording is read.
_FILES = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}


@contextmanager
def idle(mock: MockTingwu) -> Iterator[None]:
    """Nothing."""
    yield


@contextmanager
def meetings(mock: MockTingwu) -> Iterator[None]:
    """Clients that stream, one that has stopped, one that has not said anything."""
    pcm, _ = read_wav(RECORDING)
    with ExitStack() as stack:
        clients = [stack.enter_context(pusher(create(mock, _FILES))) for _ in range(4)]
        for client in clients[:3]:
            client.start()
            client.push(pcm[:64_000])
        clients[2].stop()
        agents = mock.ws_url + "/api-ws/v1/inference"
        stack.enter_context(connect(agents, compression=None))
        until(lambda: len(_connections(mock)) == 5, "the connections")
        yield


def _connections(mock: MockTingwu) -> list[object]:
    world = mock._server.world
    return mock.call(lambda: [one for realm in world for one in realm.connections])


@contextmanager
def http(mock: MockTingwu) -> Iterator[None]:
    """A connection kept alive, a request that is half there, an answer that nobody reads."""
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=mock.url))
        client.get("/_mock/health")
        head = f"PUT {TASKS}?type=realtime HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
        stream = f"GET {hosted(mock)} HTTP/1.1\r\nHost: a\r\n\r\n"
        for text in (head, stream):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", mock.port)))
            raw.sendall(text.encode())
        raw.recv(1)
        yield


def hosted(mock: MockTingwu) -> str:
    """The path of a file that is too long to be sent in one go."""
    path = Path(tempfile.gettempdir()) / "silence.wav"
    if not path.exists():
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(read_wav(RECORDING)[0] * 30)
    return mock.host_file(path).removeprefix(mock.url)


@contextmanager
def recordings(mock: MockTingwu) -> Iterator[None]:
    """Recordings that are being read, fetched, and waiting for their turn."""
    site = Site()
    try:

        def silent(handler: object) -> None:
            site.closing.wait(20)

        never = site.add("/never.mp3", silent)
        long = mock.url + hosted(mock)
        for url in (long, never, long, long, long, long):
            offline.create(mock, url, _FILES)
        until(lambda: site.asked != [], "the fetching")
        until(lambda: mock._server.world.long_jobs.locked(), "the reading")
        yield
    finally:
        site.close()


@contextmanager
def imagined_files(mock: MockTingwu) -> Iterator[None]:
    """The MP3 of an imagined recording of hours, which somebody downloads."""
    url = "https://files.example.com/meeting-3h.mp3"
    task = offline.create(mock, url, _FILES)["TaskId"]
    until(lambda: status(mock, task) == "COMPLETED", "COMPLETED")
    link = httpx.get(f"{mock.url}{TASKS}/{task}").json()["Data"]["OutputMp3Path"]
    with socket.create_connection(("127.0.0.1", mock.port)) as raw:
        path = link.removeprefix(mock.url)
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        folder = mock.call(lambda: mock._server.world.default.media_folder())
        until(lambda: any(folder.rglob("draft.mp3")), "the beginning of the file")
        yield


@contextmanager
def callbacks(mock: MockTingwu) -> Iterator[None]:
    """One that waits to be tried again, and one whose receiver says nothing."""
    with receiver(200, 500) as refusing, receiver(200, SILENCE) as hanging:
        for app_key, other in (("refused", refusing), ("hanging", hanging)):
            mock.callback(app_key, other.url)
            body = offline.body_of(ProgressiveCallbacksEnabled=True)
            offline.put(mock, {**body, "AppKey": app_key})
        refusing.wait(2)
        hanging.wait(2)
        yield


@contextmanager
def live(mock: MockTingwu) -> Iterator[None]:
    """Live tasks: streams that are pulled, over RTMP and as a recording, and one that is not."""
    with receiver(200) as listener, RtmpServer(speech_as("flv", "aac", 44_100), speed=1) as server:
        calls = Live(mock, listener.url)
        streamed = calls.create(StreamURL=server.url, ReportInterval=1)
        recorded = calls.create(StreamURL=mock.host_file(RECORDING))
        calls.create()
        for task in (streamed, recorded):
            until(lambda task=task: calls.state(task) == "ONGOING", "the stream")  # type: ignore[misc]
        listener.wait(1)
        yield


Scenario = Callable[[MockTingwu], AbstractContextManager[None]]
SCENARIOS: tuple[Scenario, ...] = (
    idle,
    meetings,
    http,
    recordings,
    imagined_files,
    callbacks,
    live,
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        for scenario in SCENARIOS:
            mock = MockTingwu(result_interval_ms=5).start()
            with scenario(mock):
                mock.close()
            gc.collect()
            print(scenario.__name__, flush=True)


if __name__ == "__main__":
    main()
