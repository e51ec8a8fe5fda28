"""Leading this very process to a mock, for tests."""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock as mocking

from mock_tingwu.interception.environment import preloaded
from mock_tingwu.interception.intercepting import Interception
from mock_tingwu.interception.preload.python import mock_tingwu_redirect as redirect

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu


@contextmanager
def intercepted(mock: MockTingwu, *, allow_network: bool = False) -> Iterator[Interception]:
    """Let the cloud's host names lead this process, and what it starts, to a mock for a while.

    The mock runs with a ``tls_port``. Changed are the environment and, for libraries that read
    none, `socket.getaddrinfo` and methods of `ssl.SSLContext`. Afterwards connections that were
    kept open are closed: they must not lead to this mock any more.

    Raises:
        AuthorityError: those that the user trusts cannot be read.
    """
    with Interception(mock, allow_network=allow_network) as interception:
        way = interception.way()
        try:
            with (
                mocking.patch.dict(os.environ, way.variables(os.environ)),
                _trusted_by_all(way.authority),
                # The first urlopen keeps the proxies that it finds for all others.
                mocking.patch.object(urllib.request, "_opener", _urllib_opener()),
            ):
                undo = redirect.patch(preloaded(way))
                try:
                    yield interception
                finally:
                    undo()
        finally:
            if mock.running:
                mock.call(mock._server.hang_up_tls)


def _urllib_opener() -> object:
    return getattr(urllib.request, "_opener", None)


@contextmanager
def _trusted_by_all(authority: str) -> Iterator[None]:
    """Let contexts trust the authority that were made before, as aiohttp's when it is imported.

    Those that are used meanwhile go on doing so, as there is no way to take it back.
    """

    def trusting(wrap: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(context: ssl.SSLContext, *args: Any, **kwargs: Any) -> Any:
            if context.verify_mode is not ssl.CERT_NONE:
                context.load_verify_locations(cadata=authority)
            return wrap(context, *args, **kwargs)

        return wrapped

    of_sockets, of_others = ssl.SSLContext.wrap_socket, ssl.SSLContext.wrap_bio
    with (
        mocking.patch.object(ssl.SSLContext, "wrap_socket", trusting(of_sockets)),
        mocking.patch.object(ssl.SSLContext, "wrap_bio", trusting(of_others)),
    ):
        yield
