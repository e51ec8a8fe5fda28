"""What is there beside a program in namespaces of its own, and that nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.interception import child
from mock_tingwu.interception import namespace as namespaces
from mock_tingwu.interception.authority import FOLDER_VARIABLE
from mock_tingwu.interception.intercepting import Interception
from mock_tingwu.interception.namespace import Namespace, NotAllowed
from tests.cli.commands import Running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

PATIENCE_MS = 10_000
#: How lists of processes name the one that makes sockets.
NAME = "mock-tingwu-net"
#: An address family that there is not.
UNKNOWN = 255
#: Says that it runs, and waits for a signal that ends it.
WAITING = "echo $$; exec sleep 60"
#: Ends with 0 when it has neither children nor sockets.
ALONE = """
import contextlib, os, sys
open(sys.argv[1]).read()
for number in os.listdir("/proc/self/fd"):
    with contextlib.suppress(FileNotFoundError):
        if int(number) > 2 and os.readlink("/proc/self/fd/" + number).startswith("socket"):
            sys.exit("a socket")
with contextlib.suppress(ChildProcessError):
    os.waitpid(-1, os.WNOHANG)
    sys.exit("a child")
"""


def processes(name: str, argument: str) -> list[int]:
    """Those of a name that have ``argument`` in their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            called = (folder / "comm").read_text().strip()
            if called == name and argument in (folder / "cmdline").read_bytes().decode():
                found.append(int(folder.name))
    return found


def ends(process: int) -> bool:
    """Whether a process ends, which may be anybody's child."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        return bool(waiting.poll(PATIENCE_MS))
    finally:
        os.close(handle)


@pytest.fixture
def inside(tls_mock: MockTingwu) -> Iterator[Callable[..., tuple[int, int]]]:
    """Runs a program; returns its status, and the process that was beside it."""
    with Interception(tls_mock) as interception:

        def run(
            command: Sequence[str], meanwhile: Callable[[int], None] = lambda process: None
        ) -> tuple[int, int]:
            found = -1
            folder = interception.folder

            def started() -> None:
                nonlocal found
                namespace.open()
                make = tls_mock._server.world.outside.make_socket
                assert make is not None
                with pytest.raises(OSError, match="no socket was made"):
                    make(UNKNOWN)  # it answers, so it is there
                (found,) = processes(NAME, str(folder))
                meanwhile(found)

            with Namespace(
                tls_mock, folder, interception.bundle, interception.refused
            ) as namespace:
                try:
                    status = child.run(
                        namespace.command(command),
                        {"PATH": os.defpath},
                        pass_fds=[namespace.descriptor],
                        started=started,
                    )
                except NotAllowed as error:
                    pytest.skip(f"this system has no namespaces for its users: {error}")
            assert tls_mock._server.world.outside.make_socket is None
            return status, found

        yield run


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 3", 3), ("kill -KILL $$", 128 + signal.SIGKILL), ("no-such-program", 127)],
)
def test_it_ends_with_the_run_however_the_program_ends(
    inside: Callable[..., tuple[int, int]], script: str, status: int
) -> None:
    found, process = inside(["sh", "-c", script])
    assert found == status
    assert ends(process)


def test_it_shares_nothing_with_the_program(
    inside: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def meanwhile(process: int) -> None:
        try:
            here = Path(f"/proc/{process}")
            descriptors = [str(file.readlink()) for file in (here / "fd").iterdir()]
            assert [link.partition(":")[0] for link in descriptors] == ["socket"]
            assert (here / "cwd").readlink() == Path("/")
            assert os.getpgid(process) != os.getpgrp()
            assert os.getsid(process) not in (os.getsid(0), process)
        finally:
            fifo.write_text("go on")

    assert inside([sys.executable, "-Sc", ALONE, str(fifo)], meanwhile)[0] == 0


def test_it_does_not_wait_for_children_that_are_left_behind(
    inside: Callable[..., tuple[int, int]], tmp_path: Path
) -> None:
    file = tmp_path / "left"
    script = f"sleep 60 & echo $! >{shlex.quote(str(file))}"
    status, process = inside(["sh", "-c", script])
    left = int(file.read_text())
    try:
        assert status == 0
        assert ends(process)
        os.kill(left, 0)
    finally:
        os.kill(left, signal.SIGKILL)


def test_without_it_sockets_are_not_made_and_nobody_waits(
    inside: Callable[..., tuple[int, int]], tls_mock: MockTingwu
) -> None:
    def meanwhile(process: int) -> None:
        os.kill(process, signal.SIGKILL)
        assert ends(process)
        make = tls_mock._server.world.outside.make_socket
        assert make is not None
        for _ in range(2):
            with pytest.raises(OSError):
                make(socket.AF_INET)

    status, _ = inside(["sh", "-c", "exit 4"], meanwhile)
    assert status == 4


def test_a_family_that_there_is_not_is_an_error_and_the_next_is_made(
    inside: Callable[..., tuple[int, int]], tls_mock: MockTingwu
) -> None:
    def meanwhile(process: int) -> None:
        make = tls_mock._server.world.outside.make_socket
        assert make is not None
        with pytest.raises(OSError, match="no socket was made"):
            make(UNKNOWN)
        with make(socket.AF_INET) as made:
            assert made.family == socket.AF_INET and not made.get_inheritable()

    assert inside(["true"], meanwhile)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_when_the_run_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    mark = str(tmp_path / "mark")
    command = ["run", "--hosts", "--quiet", "--", "sh", "-c", WAITING, mark]
    with Running(command, environ={FOLDER_VARIABLE: os.environ[FOLDER_VARIABLE]}) as running:
        program = int(running.line())
        found = processes(NAME, mark)
        if not found:
            running.end(signal.SIGTERM)
            pytest.skip("this system has no namespaces for its users")
        running.process.send_signal(number)
        try:
            assert running.process.wait(PATIENCE_MS / 1000) == (
                128 + number if number == signal.SIGTERM else -number
            )
            assert [ends(process) for process in found] == [True]
        finally:
            # Nobody can hand on what kills at once: then the program goes on, as with env(1).
            with contextlib.suppress(ProcessLookupError):
                os.kill(program, signal.SIGKILL)
    assert processes(NAME, mark) == []


def test_a_cache_of_names_is_covered(
    tls_mock: MockTingwu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "socket"
    cache.touch()
    (tmp_path / "link").symlink_to(cache)
    names = (str(cache), str(tmp_path / "link"), str(tmp_path / "nothing"))
    monkeypatch.setattr(namespaces, "_NAME_CACHES", names)
    with Namespace(tls_mock, tmp_path, tmp_path / "bundle", Counter()) as namespace:
        covers = namespace._covers()
    assert [pair for pair in covers if pair[0] == os.devnull] == [(os.devnull, str(cache))]


def test_descriptors_that_are_too_few_are_closed(tls_mock: MockTingwu, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with Namespace(tls_mock, tmp_path, tmp_path / "bundle", Counter()) as namespace:
        socket.send_fds(namespace._theirs, [b"too few"], [writing])
        os.close(writing)
        with pytest.raises(NotAllowed, match="too few"):
            namespace.open()
    # Nobody has the other end any more.
    assert os.read(reading, 1) == b""
    os.close(reading)


def test_who_is_ended_on_the_way_there_is_run_in_no_other_way(
    tls_mock: MockTingwu, tmp_path: Path
) -> None:
    with Namespace(tls_mock, tmp_path, tmp_path / "bundle", Counter()) as namespace:
        command = ["sh", "-c", "kill -INT $$"]
        started, environ = namespace.open, {"PATH": os.defpath}
        status = child.run(command, environ, pass_fds=[namespace.descriptor], started=started)
    assert status == 128 + signal.SIGINT
