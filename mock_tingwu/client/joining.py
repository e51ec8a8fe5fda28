"""How a stream's connection is made, and what it means that it cannot be or is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    ConnectionClosedOK,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    SecurityError,
)

from mock_tingwu.client.address import stream_proxy
from mock_tingwu.client.errors import StreamError
from mock_tingwu.client.stream_core import Loss
from mock_tingwu.client.trust import distrust, trusted
from mock_tingwu.protocols.signing import without

#: How long the service may take to answer our CLOSE, in seconds.
CLOSE_PATIENCE_S: Final = 3.0
#: As the official Python SDK does (realtime-ws 1.4); an unanswered ping ends the connection.
PING_S: Final = 8.0
#: The CLOSE codes of servers in passing trouble (RFC 6455 section 7.4.1 and the IANA registry):
#: going away, internal error, restart, try again later, bad gateway.
TRANSIENT_CODES: Final = frozenset({1001, 1011, 1012, 1013, 1014})


#: websockets' debug log has addresses and keys in it: it is not written unless this logger is told
#: to by its own name.
_LOG: Final = logging.getLogger(__name__)
_LOG.setLevel(logging.INFO)


async def join(
    url: str,
    *,
    headers: Mapping[str, str] | None,
    patience: float,
    peer: str,
    refusal: Callable[[int, str], StreamError],
) -> ClientConnection | Loss:
    """Make a connection within ``patience`` seconds, or tell why there is none.

    ``refusal`` makes an error of an HTTP status and of what was said with it. Statuses from 500 may
    pass; nothing says what the service answers with (realtime-ws 1.3). A certificate that is not
    trusted does not pass.
    """
    secure: dict[str, Any] = {}
    try:
        if urlsplit(url).scheme == "wss":
            secure["ssl"] = trusted()
    except ValueError as error:
        return Loss(StreamError(f"{peer} cannot be joined: {error}."), transient=False)
    try:
        return await connect(
            url,
            additional_headers=headers,
            compression=None,
            open_timeout=patience,
            close_timeout=CLOSE_PATIENCE_S,
            ping_interval=PING_S,
            create_connection=_Connection,
            logger=_LOG,
            max_size=None,
            proxy=stream_proxy(url),
            **secure,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        said = (error.response.body or b"").decode("utf-8", "replace").strip()
        return Loss(refusal(status, without(said, _secrets(url, headers))), status >= 500)
    except (InvalidURI, InvalidProxy) as error:
        # Their whole text has the address in it, which is a secret.
        reason, transient = error.msg, False
    except SecurityError:
        reason, transient = "it leads to an address that is not safe", False
    except ImportError:
        reason, transient = (
            "a proxy that speaks SOCKS needs `pip install python-socks[asyncio]`",
            False,
        )
    except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
        doubt = distrust(error)
        reason, transient = doubt or str(error) or type(error).__name__, doubt is None
    except ValueError:  # behind OSError: a certificate that is not trusted is both
        reason, transient = "its address makes no sense", False
    return Loss(StreamError(f"{peer} cannot be joined: {reason}."), transient)


class _Connection(ClientConnection):
    """One that may be lost before it was made, when TLS fails behind a proxy.

    websockets 17 logs an AttributeError then.
    """

    _is_made = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._is_made = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_made:
            super().connection_lost(exc)


def _secrets(url: str, headers: Mapping[str, str] | None) -> set[str]:
    """What lets somebody in: the values in the address, and what stands in the headers."""
    return {value for _, value in parse_qsl(urlsplit(url).query)} | {
        word for value in (headers or {}).values() for word in value.split()
    }


def closed(error: ConnectionClosed, peer: str) -> Loss:
    """Why a connection ended, and whether another one may be better.

    A CLOSE with 1000 is the service's will, as it is for the vendor's SDK (realtime-ws 1.5).
    """
    if isinstance(error, ConnectionClosedOK):
        text = "The service closed the stream before it was complete."
    else:
        text = f"The connection to {peer[0].lower()}{peer[1:]} broke off"
        if error.rcvd is not None:
            text += f" with CLOSE {error.rcvd.code} {error.rcvd.reason}".rstrip()
        text += "."
    return Loss(StreamError(text), error.rcvd is None or error.rcvd.code in TRANSIENT_CODES)
