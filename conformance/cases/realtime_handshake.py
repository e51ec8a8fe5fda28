"""The handshake of the realtime WebSocket, as the SDKs and browsers write it."""

from __future__ import annotations

import base64
import os

from websockets.utils import accept_key

from mock_tingwu.conformance import INFO, MAY, MUST, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.frames import Handshake
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JS_PUSH,
    NLS_CPP_SDK,
    NLS_GO_SDK,
    NLS_JAVA_SDK,
    NLS_NODE_SDK,
    NLS_SDK,
    RFC6455,
    Source,
)

from .realtime_connect import join_url

JOIN = ("StartTranscription",)

#: The key that several SDKs send every time.
CONSTANT_KEY = "x3JJHMbDL1EzLkh9GBhXDw=="

Headers = tuple[tuple[str, str], ...]


def check_accepted(cloud: Cloud, handshake: Handshake, key: str) -> None:
    """The handshake was answered with 101, and for this key."""
    check = cloud.check
    check.equal(handshake.status, 101, "status of the handshake", facet=EVENTS)
    accept = handshake.values("sec-websocket-accept")
    check.equal(accept, [accept_key(key)], "Sec-WebSocket-Accept", facet=EVENTS)


def _sdk(id: str, sdk: str, sends: str, headers: Headers, source: Source) -> None:
    """Its headers, in its order and spelling; KEY is a random key."""

    @case(
        id,
        f"the handshake of {sdk} is accepted, for the first key in it",
        sends=sends,
        expects="101 with Sec-WebSocket-Accept for the first Sec-WebSocket-Key; it can start",
        level=MUST,
        source=source,
        operations=JOIN,
    )
    async def handshake(cloud: Cloud) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        sent = [(name, value.replace("KEY", key)) for name, value in headers]
        first = next(value for name, value in sent if name.lower() == "sec-websocket-key")
        async with cloud.frames(await join_url(cloud), sent) as stream:
            check_accepted(cloud, stream.handshake, first)
            await stream.command("StartTranscription", {})
            await stream.event("TranscriptionStarted")
            await stream.leave()


_sdk(
    "RT-CONNECT-010",
    "the Python SDK",
    "a random key and, further down, a constant one; Sec-WebSocket-Version twice as well",
    (
        ("Upgrade", "websocket"),
        ("Host", "HOST"),
        ("Origin", "http://HOST"),
        ("Sec-WebSocket-Key", "KEY"),
        ("Sec-WebSocket-Version", "13"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", CONSTANT_KEY),
        ("Sec-WebSocket-Version", "13"),
        ("X-NLS-Token", "default"),
    ),
    NLS_SDK("core.py, handshake as captured"),
)
_sdk(
    "RT-CONNECT-011",
    "the Node SDK",
    "no Origin, and the token first",
    (
        ("X-NLS-Token", "default"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "KEY"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Host", "HOST"),
    ),
    NLS_NODE_SDK("handshake as captured"),
)
_sdk(
    "RT-CONNECT-012",
    "the Java SDK",
    "names of headers in small letters",
    (
        ("X-NLS-Token", "default"),
        ("host", "HOST"),
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-key", "KEY"),
        ("origin", "http://HOST"),
        ("sec-websocket-version", "13"),
    ),
    NLS_JAVA_SDK("handshake as captured"),
)
_sdk(
    "RT-CONNECT-013",
    "the C++ SDK",
    "a constant key",
    (
        ("Host", "HOST"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", CONSTANT_KEY),
        ("Sec-WebSocket-Version", "13"),
        ("X-NLS-Token", "default"),
    ),
    NLS_CPP_SDK("webSocketTcp.cpp"),
)
_sdk(
    "RT-CONNECT-014",
    "the Go SDK",
    "the headers of gorilla/websocket and the token",
    (
        ("Host", "HOST"),
        ("User-Agent", "Go-http-client/1.1"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", "KEY"),
        ("Sec-WebSocket-Version", "13"),
        ("Upgrade", "websocket"),
        ("X-NLS-Token", "default"),
    ),
    NLS_GO_SDK("ws.go"),
)
#: What a browser sends; pages of any origin push.
BROWSER: Headers = (
    ("Host", "HOST"),
    ("User-Agent", "Mozilla/5.0"),
    ("Origin", "https://example.com"),
    ("Connection", "keep-alive, Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "KEY"),
    ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),
)
_sdk(
    "RT-CONNECT-015",
    "a browser",
    "an Origin of a page elsewhere, Connection: keep-alive, Upgrade, and an extension",
    BROWSER,
    JS_PUSH("new WebSocket(url)"),
)

#: What every client has in common.
PLAIN: Headers = (
    ("Host", "HOST"),
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", CONSTANT_KEY),
)


@case(
    "RT-CONNECT-016",
    "the answer to a handshake has upgrade: websocket and connection: upgrade",
    sends="the handshake",
    expects="both headers, whatever the case of their letters",
    level=MUST,
    source=RFC6455("4.2.2"),
    operations=JOIN,
)
async def upgrade_headers(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        values = {name: stream.handshake.values(name) for name in ("upgrade", "connection")}
        await stream.leave()
    for name, expected in (("upgrade", "websocket"), ("connection", "upgrade")):
        got = [value.lower() for value in values[name]]
        cloud.check.equal(got, [expected], name, facet=EVENTS)


@case(
    "RT-CONNECT-017",
    "no subprotocol and no extension is chosen that was not offered",
    sends="the handshake without Sec-WebSocket-Protocol and -Extensions",
    expects="an answer without them",
    level=MUST,
    source=RFC6455("4.1"),
    operations=JOIN,
)
async def nothing_not_offered(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        names = [name for name, _ in stream.handshake.headers]
        await stream.leave()
    for name in ("sec-websocket-protocol", "sec-websocket-extensions"):
        cloud.check.that(name not in names, f"no {name}", names, facet=EVENTS)


@case(
    "RT-CONNECT-018",
    "compression is not negotiated although a browser offers it",
    sends="the handshake with permessage-deflate",
    expects="an answer without Sec-WebSocket-Extensions",
    level=INFO,
    source=ASSUMED("no SDK offers compression; what browsers get no document says"),
    operations=JOIN,
)
async def no_compression(cloud: Cloud) -> None:
    sent = [(name, value.replace("KEY", CONSTANT_KEY)) for name, value in BROWSER]
    async with cloud.frames(await join_url(cloud), sent) as stream:
        chosen = stream.handshake.values("sec-websocket-extensions")
        await stream.leave()
    cloud.check.equal(chosen, [], "Sec-WebSocket-Extensions", facet=EVENTS)


@case(
    "RT-CONNECT-019",
    "the gateway calls itself Tengine",
    sends="the handshake",
    expects="Server: Tengine",
    level=MAY,
    source=NLS_CPP_SDK("webSocketTcp.cpp, the answer in a comment"),
    operations=JOIN,
)
async def server_is_tengine(cloud: Cloud) -> None:
    async with cloud.frames(await join_url(cloud), PLAIN) as stream:
        server = stream.handshake.values("server")
        await stream.leave()
    cloud.check.equal(server, ["Tengine"], "Server", facet=EVENTS)


@case(
    "RT-CONNECT-020",
    "a handshake of another version of the protocol is refused",
    sends="the handshake with Sec-WebSocket-Version: 8",
    expects="a status of 4xx",
    level=MUST,
    source=RFC6455("4.2.2"),
    operations=JOIN,
    negative=True,
)
async def other_version(cloud: Cloud) -> None:
    sent = [(name, "8" if value == "13" else value) for name, value in PLAIN]
    async with cloud.frames(await join_url(cloud), sent) as stream:
        status = stream.handshake.status
    cloud.check.that(400 <= status < 500, "a status of 4xx", status, facet=EVENTS)
