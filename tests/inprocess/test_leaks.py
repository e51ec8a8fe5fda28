"""Nothing of a mock is left once it is closed, whatever it was doing."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from tests.conftest import ROOT
from tests.inprocess.scenarios import SCENARIOS, Scenario, idle, meetings
from tests.live.helpers import Live
from tests.media_site import speech_as
from tests.realtime.helpers import until
from tests.rtmp_server import RtmpServer

_DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """libuv, below uvloop, opens a pipe for signals once in a process and keeps it."""
    with MockTingwu():
        pass


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def left_behind(folder: Path) -> dict[str, object]:
    """What a process keeps: threads, open files and sockets, temporary folders, event loops."""
    gc.collect()
    # isinstance would look through a weak proxy, also at what is gone.
    loops = [one for one in gc.get_objects() if issubclass(type(one), asyncio.AbstractEventLoop)]
    return {
        "threads": {thread.name for thread in threading.enumerate()},
        "descriptors": len(os.listdir(_DESCRIPTORS)) if _DESCRIPTORS.is_dir() else 0,  # noqa: PTH208
        "folders": {path.name for path in folder.iterdir() if path.is_dir()},
        "running loops": sum(not loop.is_closed() for loop in loops),
    }


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    before = left_behind(folder)
    yield
    # A thread of a client's or of a server's own may take a moment to end.
    try:
        until(lambda: left_behind(folder) == before, "the end of everything")
    finally:
        assert left_behind(folder) == before


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_closing_in_the_midst_of_something_leaves_nothing(
    scenario: Scenario, temporary: Path
) -> None:
    with nothing_left(temporary):
        mock = MockTingwu(result_interval_ms=5).start()
        with scenario(mock):
            own = {thread.name for thread in threading.enumerate()}
            assert "mock-tingwu" in own
            mock.close()
            # Not a moment later: these are the mock's own.
            assert not [t for t in threading.enumerate() if t.name.startswith("mock-tingwu")]
            assert not [t for t in threading.enumerate() if t.name.startswith("asyncio")]
            assert not list(temporary.glob("mock-tingwu-*"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_reset_in_the_midst_of_something_keeps_nobody_waiting_and_forgets_it(
    scenario: Scenario, temporary: Path
) -> None:
    with nothing_left(temporary), MockTingwu(result_interval_ms=5) as mock, scenario(mock):
        began = time.perf_counter()
        mock.reset()
        # What is slow goes on in threads that were told to stop.
        assert time.perf_counter() - began < 3
        assert mock.journal == []
        until(lambda: not list(temporary.glob("mock-tingwu-*")), "the end of its files")


def test_a_live_stream_s_server_that_says_nothing_holds_up_no_closing(temporary: Path) -> None:
    with nothing_left(temporary), RtmpServer(speech_as("flv", "aac"), mute=True) as server:
        mock = MockTingwu().start()
        Live(mock, "http://127.0.0.1:9/").create(StreamURL=server.url)
        until(lambda: len(server._threads) > 1, "the connection")
        began = time.perf_counter()
        mock.close()
        assert time.perf_counter() - began < 3
        # libav gives the server 5 s; the thread ends by itself then.
        until(lambda: not pulling(), "the end of the thread")


def pulling() -> bool:
    return any(thread.name == "mock-tingwu-pull" for thread in threading.enumerate())


def test_no_warning_of_python_s_development_mode_appears() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-m", "tests.inprocess.scenarios"],
        env={
            **os.environ,
            "PYTHONASYNCIODEBUG": "1",
            "PYTHONWARNINGS": "ignore::DeprecationWarning",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.split() == [scenario.__name__ for scenario in SCENARIOS]


def test_an_exception_in_the_with_block_is_passed_on_and_leaves_nothing(temporary: Path) -> None:
    with (
        nothing_left(temporary),
        pytest.raises(ZeroDivisionError),
        MockTingwu(result_interval_ms=5) as mock,
        meetings(mock),
    ):
        _ = 1 / 0


def test_fifty_mocks_one_after_the_other_leave_nothing(temporary: Path) -> None:
    with nothing_left(temporary):
        for _ in range(50):
            with MockTingwu() as mock, idle(mock):
                mock.reset()


def test_ten_mocks_at_once_leave_nothing(temporary: Path) -> None:
    with nothing_left(temporary), ExitStack() as stack:
        mocks = [stack.enter_context(MockTingwu()) for _ in range(10)]
        assert len({mock.port for mock in mocks}) == 10
