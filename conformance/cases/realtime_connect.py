"""The realtime WebSocket: the URL, and the handshakes of those who join."""

from __future__ import annotations

import base64
import os
from urllib.parse import parse_qsl, urlsplit

from websockets.utils import accept_key

from mock_tingwu.conformance import INFO, MAY, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS, Deviation
from mock_tingwu.conformance.frames import Handshake
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JS_PUSH,
    LIVE_TRACES,
    NLS_CPP_SDK,
    NLS_GO_SDK,
    NLS_JAVA_SDK,
    NLS_NODE_SDK,
    NLS_SDK,
    REALTIME,
    RFC6455,
    Source,
)
from mock_tingwu.conformance.streams import Refused

JOIN = ("MeetingJoinUrl",)

#: The key that several SDKs send every time.
CONSTANT_KEY = "x3JJHMbDL1EzLkh9GBhXDw=="

Headers = tuple[tuple[str, str], ...]


async def join_url(cloud: Cloud) -> str:
    """The MeetingJoinUrl of a new meeting."""
    return str((await cloud.tingwu.start())["MeetingJoinUrl"])


def check_accepted(cloud: Cloud, handshake: Handshake, key: str) -> None:
    """The handshake was answered with 101, and for this key."""
    check = cloud.check
    check.equal(handshake.status, 101, "status of the handshake", facet=EVENTS)
    accept = handshake.values("sec-websocket-accept")
    check.equal(accept, [accept_key(key)], "Sec-WebSocket-Accept", facet=EVENTS)


@case(
    "RT-CONNECT-001",
    "MeetingJoinUrl has the path /api/ws/v1 and the one parameter mc",
    sends="CreateTask type=realtime",
    expects="a URL of a WebSocket with that path and query",
    level=MUST,
    source=REALTIME("MeetingJoinUrl"),
    operations=JOIN,
)
async def path_and_parameter(cloud: Cloud) -> None:
    parts = urlsplit(await join_url(cloud))
    cloud.check.one_of(parts.scheme, ("ws", "wss"), "the scheme")
    cloud.check.equal(parts.path, "/api/ws/v1", "the path")
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    cloud.check.equal(names, ["mc"], "the parameters")


@case(
    "RT-CONNECT-002",
    "mc needs no escaping: it is base64 of the URL-safe alphabet without padding",
    sends="CreateTask type=realtime",
    expects="letters, digits, - and _",
    level=SHOULD,
    source=LIVE_TRACES("MeetingJoinUrl"),
    operations=JOIN,
)
async def mc_is_url_safe(cloud: Cloud) -> None:
    mc = (await join_url(cloud)).partition("mc=")[2]
    is_safe = bool(mc) and mc.replace("-", "a").replace("_", "a").isalnum() and mc.isascii()
    cloud.check.that(is_safe, "letters, digits, - and _ in mc")


@case(
    "RT-CONNECT-003",
    "path and query of MeetingJoinUrl have 255 characters at most",
    sends="CreateTask type=realtime",
    expects="no more than the C++ SDK reads: it cuts off what follows",
    level=MUST,
    source=NLS_CPP_SDK("webSocketTcp.cpp"),
    operations=JOIN,
)
async def url_is_short(cloud: Cloud) -> None:
    parts = urlsplit(await join_url(cloud))
    length = len(f"{parts.path}?{parts.query}")
    cloud.check.that(length <= 255, "at most 255 characters", length)


@case(
    "RT-CONNECT-004",
    "the URL is all that it takes to join",
    sends="the handshake without token, signature or Authorization; StartTranscription",
    expects="TranscriptionStarted",
    level=MUST,
    source=JS_PUSH("new WebSocket(url)"),
    operations=(*JOIN, "TranscriptionStarted"),
)
async def url_is_enough(cloud: Cloud) -> None:
    async with cloud.join(await join_url(cloud), headers={}) as session:
        started = await session.start()
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-CONNECT-005",
    "a token header of any value makes no difference",
    sends="the handshake with an X-NLS-Token that nobody has given out; StartTranscription",
    expects="TranscriptionStarted",
    level=INFO,
    source=ASSUMED("SDKs send the word default; what another token does no document says"),
    operations=JOIN,
)
async def token_is_ignored(cloud: Cloud) -> None:
    url = await join_url(cloud)
    async with cloud.join(url, headers={"X-NLS-Token": "conformance"}) as session:
        started = await session.start()
    cloud.check.equal(started.header.get("status"), 20000000, "status", facet=EVENTS)


@case(
    "RT-CONNECT-006",
    "two meetings have different URLs",
    sends="CreateTask type=realtime, twice",
    expects="two values of mc: whoever knows one cannot join the other meeting",
    level=MUST,
    source=REALTIME("MeetingJoinUrl"),
    operations=JOIN,
)
async def urls_differ(cloud: Cloud) -> None:
    first, second = await join_url(cloud), await join_url(cloud)
    cloud.check.that(first != second, "the URLs of two meetings to differ")


@case(
    "RT-CONNECT-007",
    "an mc that was never given out leads into no meeting",
    sends="the handshake with a made-up mc; if that works, StartTranscription",
    expects="a refused handshake, or else TaskFailed or a CLOSE in place of TranscriptionStarted",
    level=MUST,
    source=REALTIME("MeetingJoinUrl"),
    operations=JOIN,
    negative=True,
)
async def made_up_mc(cloud: Cloud) -> None:
    url = await join_url(cloud)
    made_up = base64.urlsafe_b64encode(os.urandom(96)).decode()
    wrong = url.partition("mc=")[0] + f"mc={made_up}"
    await _check_no_meeting(cloud, wrong)


@case(
    "RT-CONNECT-008",
    "a URL without mc leads into no meeting",
    sends="the handshake without a query; if that works, StartTranscription",
    expects="a refused handshake, or else TaskFailed or a CLOSE in place of TranscriptionStarted",
    level=MUST,
    source=REALTIME("MeetingJoinUrl"),
    operations=JOIN,
    negative=True,
)
async def no_mc(cloud: Cloud) -> None:
    await _check_no_meeting(cloud, (await join_url(cloud)).partition("?")[0])


async def _check_no_meeting(cloud: Cloud, url: str) -> None:
    session = cloud.join(url)
    session.judged_by_case()
    try:
        async with session:
            await session.start()
    except (Refused, Deviation):
        pass  # which of them it is does not matter here
    cloud.check.that(
        "TranscriptionStarted" not in session.names, "no TranscriptionStarted", facet=EVENTS
    )


@case(
    "RT-CONNECT-009",
    "a made-up mc is refused with 403 and a text that begins with Meta:ACCESS_DENIED",
    sends="the handshake with a made-up mc",
    expects="HTTP 403, as NLS answers a bad token",
    level=INFO,
    source=ASSUMED("how a bad mc is refused no document says"),
    operations=JOIN,
    negative=True,
)
async def made_up_mc_is_forbidden(cloud: Cloud) -> None:
    url = (await join_url(cloud)).partition("mc=")[0] + f"mc={'A' * 128}"
    try:
        async with cloud.join(url) as session:
            session.judged_by_case()
    except Refused as refused:
        cloud.check.equal(refused.status, 403, "status of the handshake")
        cloud.check.matches(refused.body, r"Meta:ACCESS_DENIED:.+", "the body")
    else:
        raise Deviation("expected the handshake to be refused, it was answered with 101")


@case(
    "RT-CONNECT-010",
    "after the meeting has ended its URL is refused",
    sends="CreateTask operation=stop; the handshake",
    expects="no 101",
    level=INFO,
    source=ASSUMED("what becomes of the URL of a meeting that has ended no document says"),
    operations=JOIN,
    negative=True,
)
async def ended_meeting(cloud: Cloud) -> None:
    data = await cloud.tingwu.start()
    await cloud.tingwu.stop(data["TaskId"])
    try:
        async with cloud.join(data["MeetingJoinUrl"]) as session:
            session.judged_by_case()
    except Refused as refused:
        cloud.check.that(refused.status != 101, "a refusal")
    else:
        raise Deviation("expected the handshake to be refused, it was answered with 101")


# The handshakes of SDKs, as they write them


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
    "RT-CONNECT-011",
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
    "RT-CONNECT-012",
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
    "RT-CONNECT-013",
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
    "RT-CONNECT-014",
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
    "RT-CONNECT-015",
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
    "RT-CONNECT-016",
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
    "RT-CONNECT-017",
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
    "RT-CONNECT-018",
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
    "RT-CONNECT-019",
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
    "RT-CONNECT-020",
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
    "RT-CONNECT-021",
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
