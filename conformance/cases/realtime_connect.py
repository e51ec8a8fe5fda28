"""MeetingJoinUrl: what it looks like, and whom it lets in."""

from __future__ import annotations

import base64
import os
from urllib.parse import parse_qsl, urlsplit

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS, Deviation
from mock_tingwu.conformance.sources import (
    ASSUMED,
    JS_PUSH,
    LIVE_TRACES,
    NLS_CPP_SDK,
    REALTIME,
)
from mock_tingwu.conformance.streams import Refused

JOIN = ("CreateTask",)


async def join_url(cloud: Cloud) -> str:
    """The MeetingJoinUrl of a new meeting."""
    return str((await cloud.tingwu.start())["MeetingJoinUrl"])


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
    "a URL without its mc leads into no meeting",
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
    "RT-CONNECT-032",
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
