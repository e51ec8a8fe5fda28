"""Goes into namespaces of its own, as the user it is, and becomes another program there.

Run as ``python -I enter.py SETTINGS COMMAND ...``. SETTINGS is JSON: ``socket`` (a descriptor to
send listening sockets to, one of a pair), ``ports`` to listen on, ``covers`` (pairs of a file and
what it covers). A network namespace has nothing but the loopback interface, so that ports below
1024 are its own and nothing else can be reached; a mount namespace has its own hosts file and
certificates. Nobody else sees any of it (namespaces(7), user_namespaces(7)).

What goes wrong is sent to the socket as a text, and the status is 125.

A small process stays behind, which is neither the program's child nor its parent and has none of
its descriptors. For each byte that comes by the socket, an address family, it makes a TCP socket in
the network and sends it: whoever has it can connect to what listens on the loopback interface
there. It ends when nobody holds the other end of the socket any more.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path

_NEWNS, _NEWUSER, _NEWNET = 0x20000, 0x10000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
#: What env(1) says of what it cannot do, cannot execute and cannot find.
_FAILED, _NOT_EXECUTABLE, _NOT_FOUND = 125, 126, 127
#: How that process is called in lists of processes (at most 15 bytes).
_NAME = b"mock-tingwu-net"
_SET_NAME = 15

#: What errors of unshare(2) mean that say little by themselves.
_REASONS = {
    errno.ENOSPC: "user.max_user_namespaces allows no more of them",
    errno.EPERM: "this user or container may not make any",
    errno.EACCES: "this user or container may not make any",
    errno.EINVAL: "this kernel has none",
    errno.ENOSYS: "this kernel has none",
}

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source: str | None, target: str, flags: int) -> None:
    arguments = (source and os.fsencode(source), os.fsencode(target), None, flags, None)
    _checked(_libc.mount(*arguments), f"mount on {target}")


def _isolate() -> None:
    uid, gid = os.getuid(), os.getgid()
    if _libc.unshare(_NEWUSER | _NEWNS | _NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, _REASONS.get(number, f"unshare: {os.strerror(number)}"))
    maps = (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1"))
    for name, content in maps:
        Path("/proc/self", name).write_text(content)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16xh14x", fcntl.ioctl(any_socket, _GET_FLAGS, request))[0]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", port))
    listener.listen(2048)
    return listener


def _names() -> socket.socket:
    """Where the program asks for names that are in no file."""
    asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked.bind(("127.0.0.1", 53))
    return asked


def _leave_behind(parent: socket.socket) -> None:
    """Leave a process here that makes sockets for who asks at the other end of ``parent``."""
    child = os.fork()
    if child:
        # Where its parent ignores the end of children, nothing is left to wait for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
        return
    try:
        os.setsid()  # a terminal's signals do not reach it
        if os.fork() == 0:
            _keep_only(parent.fileno())
            os.chdir("/")
            _libc.prctl(_SET_NAME, _NAME)
            _make_sockets(parent)
    finally:
        os._exit(0)  # whatever this process has been given to do at its end, it is not to do


def _keep_only(kept: int) -> None:
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        if int(name) != kept:
            with contextlib.suppress(OSError):
                os.close(int(name))


def _make_sockets(parent: socket.socket) -> None:
    while family := parent.recv(1):
        try:
            made = socket.socket(family[0], socket.SOCK_STREAM)
        except OSError:
            parent.send(b"-")
            continue
        with made:
            socket.send_fds(parent, [b"+"], [made.fileno()])


def _told(error: OSError) -> str:
    """What has gone wrong, without the number that Python would name."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def main() -> int:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(
            signal.SIGINT, signal.SIG_DFL
        )  # it ends as the program would, with no traceback
    settings = json.loads(sys.argv[1])
    with socket.socket(fileno=settings["socket"]) as parent:
        try:
            _isolate()
            _raise_loopback()
            sockets = [*map(_listening, settings["ports"]), _names()]
            _mount(None, "/", _MS_REC | _MS_PRIVATE)
            for source, target in settings["covers"]:
                _mount(source, target, _MS_BIND)
            _leave_behind(parent)
        except OSError as error:
            parent.send(_told(error).encode())
            return _FAILED
        socket.send_fds(parent, [b"ok"], [one.fileno() for one in sockets])
        for one in sockets:
            one.close()
    # Python ignores some signals, which programs would inherit.
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    command = sys.argv[2:]
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"mock-tingwu run: {command[0]}: {error.strerror}", file=sys.stderr)
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE


if __name__ == "__main__":
    sys.exit(main())
