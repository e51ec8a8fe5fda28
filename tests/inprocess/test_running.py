"""`MockTingwu` from its start to its close: in threads, coroutines, forks and programs that end."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx
import pytest
from websockets.asyncio.client import connect

from mock_tingwu import MockTingwu
from tests.conftest import ROOT
from tests.offline import tasks as offline
from tests.realtime.helpers import PATIENCE, TASKS, Json, create, info, pusher

_BODY: Json = {
    "AppKey": "app",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
}


def test_start_and_close_take_milliseconds() -> None:
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        MockTingwu().start().close()
        seconds.append(time.perf_counter() - began)
    # uvicorn alone takes 0.2 s to stop. The best of many: the machine may be busy.
    assert min(seconds) < 0.05


def test_a_reset_takes_milliseconds_when_little_has_happened(mock: MockTingwu) -> None:
    seconds = []
    for _ in range(20):
        create(mock)
        began = time.perf_counter()
        mock.reset()
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.005


def test_a_mock_runs_once() -> None:
    with MockTingwu() as mock, pytest.raises(RuntimeError, match="make another"):
        mock.start()
    with pytest.raises(RuntimeError, match="make another"):
        mock.start()
    mock.close()


def test_a_mock_that_does_not_run_says_so() -> None:
    mock = MockTingwu()
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"^the mock is not running$"):
            _ = mock.journal
        with pytest.raises(RuntimeError, match=r"^the mock is not running$"):
            mock.advance(1)
        mock.close()


def test_what_goes_wrong_in_its_thread_at_the_start_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mock = MockTingwu()

    def broken(sockets: object) -> None:
        raise OSError("no more threads")

    monkeypatch.setattr(mock._server, "run", broken)
    with pytest.raises(OSError, match="no more threads"):
        mock.start()
    mock.close()


def test_the_port_is_closed_with_the_mock(mock: MockTingwu) -> None:
    mock.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", mock.port))


def test_clients_that_are_connected_are_told_goodbye(mock: MockTingwu) -> None:
    with pusher(create(mock)) as client:
        client.start()
        mock.close()
        assert client.close_code() == 1001


def test_an_answer_that_is_under_way_is_completed(mock: MockTingwu) -> None:
    """A call of the control API waits in the mock while it is closed."""
    answers = []
    body = {"event": "SentenceEnd", "timeout_ms": 50}

    def wait() -> None:
        answers.append(httpx.post(f"{mock.url}/_mock/wait", json=body))

    with httpx.Client() as client:
        client.get(f"{mock.url}/_mock/health")  # httpx is loaded
    thread = threading.Thread(target=wait)
    taps = mock._server.world.default.taps
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while len(taps) < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    mock.close()
    thread.join(PATIENCE)
    assert [answer.status_code for answer in answers] == [408]


def test_ten_mocks_at_once_know_nothing_of_each_other() -> None:
    with ExitStack() as stack:
        mocks = [stack.enter_context(MockTingwu(seed=n)) for n in range(10)]
        ids = [create(mock)["TaskId"] for mock in mocks for _ in range(2)]
        assert len(set(ids)) == 20
        for number, mock in enumerate(mocks):
            told = {entry["task_id"] for entry in mock.journal} - {None}
            assert told == set(ids[2 * number : 2 * number + 2])
        mocks[3].reset()
        assert [len(mock.journal) > 0 for mock in mocks] == [n != 3 for n in range(10)]
        assert info(mocks[4], ids[8])["TaskStatus"] == "NEW"


def test_a_coroutine_uses_it_with_clients_on_its_own_loop(mock: MockTingwu) -> None:
    async def meeting() -> None:
        async with httpx.AsyncClient(base_url=mock.url) as http:
            answer = await http.put(f"{TASKS}?type=realtime", json=_BODY)
            task = answer.json()["Data"]
            async with connect(task["MeetingJoinUrl"], compression=None) as socket:
                await socket.send('{"header": {"name": "StartTranscription"}}')
                # It waits for what the loop is to bring about: in a thread.
                await asyncio.to_thread(mock.wait_for, event="TranscriptionStarted")
                assert "TranscriptionStarted" in str(await socket.recv())
        # These take no longer than the mock's thread takes to look.
        assert mock.journal[0]["kind"] == "request"
        assert mock.clock.mode == "system"
        mock.reset()
        assert mock.journal == []

    asyncio.run(meeting())


def test_a_coroutine_that_advances_the_clock_receives_the_callbacks_itself(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual")

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split()[0])
        bodies.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async def told() -> None:
        async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            outcome = await asyncio.to_thread(mock.callback, "app", url)
            assert outcome == {"delivered": True, "status": 200}
            source = {"SourceLanguage": "cn", "FileUrl": offline.IMAGINED}
            body = {"AppKey": "app", "Input": source | {"ProgressiveCallbacksEnabled": True}}
            await asyncio.to_thread(offline.put, mock, body)
            await asyncio.to_thread(mock.clock.advance, minutes=1)
            assert len(bodies) == 3

    bodies: list[bytes] = []
    asyncio.run(told())


# Programs

_BEGIN = """
import os, sys, time
from mock_tingwu import MockTingwu
mock = MockTingwu(result_interval_ms=5).start()
import httpx
from tests.live.helpers import Live
from tests.offline import tasks
from tests.inprocess.scenarios import hosted
from tests.realtime.helpers import create, pusher, until
"""
_BUSY = """
url = mock.url + hosted(mock)
for _ in range(6):
    tasks.create(mock, url, {"Transcoding": {"TargetAudioFormat": "mp3"}})
Live(mock, "http://127.0.0.1:9/").create()
until(lambda: mock._server.world.long_jobs.locked(), "the reading")
client = pusher(create(mock)).__enter__()
"""


def run(program: str, tmp: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": tmp},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_program_that_forgets_to_close_it_ends_and_leaves_no_files(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("exit")
    done = run(_BEGIN + _BUSY + "print(time.time())", str(folder))
    ended = time.time()
    assert (done.returncode, done.stderr) == (0, "")
    # Some minutes of recordings were left to read.
    assert ended - float(done.stdout) < PATIENCE
    assert list(folder.glob("mock-tingwu-*")) == []


@pytest.mark.parametrize("end", ["os._exit(3)", "sys.exit(3)", "mock.close(); sys.exit(3)"])
def test_no_way_to_end_a_program_hangs(end: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = run(_BEGIN + _BUSY + end, str(tmp_path_factory.mktemp("exit")))
    assert (done.returncode, done.stderr) == (3, "")


_FORK = """
task = create(mock)["TaskId"]
mock.media_folder = mock.call(mock._server.world.default.media_folder)
reading, writing = os.pipe()
if os.fork() == 0:
    try:
        mock.journal
    except RuntimeError as error:
        os.write(writing, str(error).encode())
    mock.close()
    sys.exit(0)
print(os.wait()[1])
print(os.read(reading, 1000).decode())
print(mock.media_folder.is_dir(), mock.call(lambda: task in mock._server.world.default.tasks))
mock.close()
print(mock.media_folder.is_dir())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_leaves_its_parent_s_mock_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    done = run(_BEGIN + _FORK, str(tmp_path_factory.mktemp("fork")))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "0",
        "the mock runs in another process, which forked this one",
        "True True",
        "False",
    ]
