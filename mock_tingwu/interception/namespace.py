"""Programs in namespaces of their own, where the cloud's names are this machine (Linux).

For those that know no proxy. The kernel keeps them from reaching anything else.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from mock_tingwu.interception.environment import PRELOAD
from mock_tingwu.interception.names import Names
from mock_tingwu.protocols.hosts import EXAMPLES

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu

HTTP_PORT: Final = 80
HTTPS_PORT: Final = 443
#: How long going there may take, in seconds.
_PATIENCE_S: Final = 20.0
#: How long a socket may take that is made there, in seconds.
_ANSWER_S: Final = 2.0
#: Where systems keep the certificates that they trust (Debian, Red Hat, SUSE, Alpine).
_BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
#: Where nscd answers, which looks names up outside.
_NAME_CACHES: Final = ("/run/nscd/socket", "/var/run/nscd/socket")


class NotAllowed(Exception):
    """This system has no namespaces for its users; the message says why."""


class Namespace:
    """A place for one program, which leads to a mock that runs with a ``tls_port``; in a ``with``.

    URLs on loopback addresses that the mock is to contact, as those of callbacks, lead to the
    program's network first, and to the machine's when nothing listens there.

    ``folder`` is where its files go, ``bundle`` has the certificates that are trusted there, in
    ``refused`` is counted which other names are asked for.
    """

    def __init__(self, mock: MockTingwu, folder: Path, bundle: Path, refused: Counter[str]) -> None:
        self._refused = refused
        self._mock = mock
        self._folder = folder
        self._bundle = bundle
        self._ours, self._theirs = socket.socketpair()
        self._asking = Lock()
        self._names: asyncio.DatagramTransport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._mock._server.world.outside.make_socket = None
        self._mock._run(self._stop_names())
        with self._asking:
            self._ours.close()
        self._theirs.close()

    @property
    def descriptor(self) -> int:
        """What the program has to inherit."""
        return self._theirs.fileno()

    def command(self, command: Sequence[str]) -> list[str]:
        """What to run for ``command`` to run there."""
        settings = {
            "socket": self.descriptor,
            "ports": [HTTP_PORT, HTTPS_PORT],
            "covers": self._covers(),
        }
        entering = [sys.executable, "-I", str(PRELOAD / "enter.py"), json.dumps(settings)]
        return [*entering, *command]

    def open(self) -> None:
        """Serve it, once the program has been started; not if it was ended on its way there.

        Raises:
            NotAllowed: it could not go there.
        """
        self._theirs.close()
        self._ours.settimeout(_PATIENCE_S)
        said, descriptors, _, _ = socket.recv_fds(self._ours, 4096, 3)
        if len(descriptors) != 3:
            for descriptor in descriptors:
                os.close(descriptor)
            if not said:
                return  # by a signal, say, which its status tells
            raise NotAllowed(said.decode())
        plain, secure, names = map(_received, descriptors)
        self._ours.settimeout(_ANSWER_S)
        self._mock._server.world.outside.make_socket = self._make_socket
        self._mock._run(self._serve(plain, secure, names))

    def _make_socket(self, family: int) -> socket.socket:
        """A TCP socket in the program's network. May be called from any thread.

        Raises:
            OSError: there is none of such a family, or nobody there who would make it.
        """
        with self._asking:
            try:
                self._ours.send(bytes([family]))
                said, descriptors, _, _ = socket.recv_fds(self._ours, 1, 1)
            except OSError:
                # A late answer would be taken for that to another question.
                self._ours.close()
                raise
        if not descriptors:
            raise OSError(errno.EAFNOSUPPORT if said else errno.EPIPE, "no socket was made")
        return _received(descriptors[0])

    async def _serve(
        self, plain: socket.socket, secure: socket.socket, names: socket.socket
    ) -> None:
        server = self._mock._server
        await server.also(plain, secure=False)
        await server.also(secure, secure=True)
        self._names, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Names(self._refused), sock=names
        )

    async def _stop_names(self) -> None:
        if self._names is not None:
            self._names.close()

    def _covers(self) -> list[tuple[str, str]]:
        """Files, and those of the system that they stand for."""
        hosts = "".join(f"127.0.0.1 {name}\n" for name in EXAMPLES)
        texts = {
            "/etc/hosts": f"127.0.0.1 localhost {socket.gethostname()}\n::1 localhost\n{hosts}",
            "/etc/resolv.conf": "nameserver 127.0.0.1\n",
            "/etc/nsswitch.conf": _nsswitch(),
        }
        found = []
        for target, text in texts.items():
            if Path(target).exists():
                file = self._folder / Path(target).name
                file.write_text(text)
                found.append((str(file), os.path.realpath(target)))
        sockets = {os.path.realpath(path) for path in _NAME_CACHES if Path(path).exists()}
        found += [(os.devnull, path) for path in sorted(sockets)]
        bundles = {os.path.realpath(path) for path in _BUNDLES if Path(path).exists()}
        return found + [(str(self._bundle), path) for path in sorted(bundles)]


def _received(descriptor: int) -> socket.socket:
    """A socket that was received: other programs are not to inherit it, as they would."""
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _nsswitch() -> str:
    """The system's, but for names of hosts: a resolver outside would know the real ones."""
    try:
        lines = Path("/etc/nsswitch.conf").read_text().splitlines()
    except OSError:
        lines = []
    kept = [line for line in lines if not line.startswith("hosts:")]
    return "\n".join([*kept, "hosts: files dns", ""])
