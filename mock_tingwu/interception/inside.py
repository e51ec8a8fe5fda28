"""Leading this very process to a mock, for tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock as mocking

from mock_tingwu.interception.environment import preloaded
from mock_tingwu.interception.intercepting import Interception
from mock_tingwu.interception.preload.python import mock_tingwu_redirect as redirect

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu


@contextmanager
def intercepted(mock: MockTingwu, *, allow_network: bool = False) -> Iterator[Interception]:
    """Let the cloud's host names lead this process, and what it starts, to a mock for a while.

    The mock runs with a ``tls_port``. Changed are the environment, `socket.getaddrinfo` and
    `ssl.SSLContext.load_verify_locations`, for libraries that read no environment. Afterwards
    connections that were kept open are closed: they must not lead to this mock any more.

    Raises:
        AuthorityError: there is no authority, and none can be made.
    """
    with Interception(mock, allow_network=allow_network) as interception:
        way = interception.way()
        try:
            with mocking.patch.dict(os.environ, way.variables(os.environ)):
                undo = redirect.patch(preloaded(way))
                try:
                    yield interception
                finally:
                    undo()
        finally:
            mock.call(mock._server.hang_up_tls)
