"""DashScope's temporary keys."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.dashscope import TEXT
from mock_tingwu.conformance.sources import ASSUMED, DS_TOKENS, DS_WEBSOCKET

TOKENS = ("createToken",)
SOURCE = {"type": "offline", "text": TEXT}
#: How far two answers may be apart in time, in seconds.
APART_S = 10


@case(
    "DS-TOKEN-001",
    "a temporary key begins with st- and says when it expires",
    sends="POST /api/v1/tokens?expire_in_seconds=60",
    expects="token st-..., expires_at a number of seconds",
    level=MUST,
    source=DS_TOKENS("response"),
    operations=TOKENS,
)
async def form(cloud: Cloud) -> None:
    answer = await cloud.dashscope.token(60)
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.matches(answer.body.get("token"), "st-.+", "token")
    cloud.check.that(type(answer.body.get("expires_at")) is int, "expires_at", answer.body)


@case(
    "DS-TOKEN-002",
    "a temporary key lives as long as was asked for",
    sends="POST /api/v1/tokens with expire_in_seconds 60, then 1800",
    expects="expires_at 1740 s later for the second",
    level=MUST,
    source=DS_TOKENS("expire_in_seconds"),
    operations=TOKENS,
)
async def as_asked_for(cloud: Cloud) -> None:
    _, short = await cloud.dashscope.temporary_key(60)
    _, long = await cloud.dashscope.temporary_key(1800)
    later = long - short
    cloud.check.that(1740 <= later <= 1740 + APART_S, "1740 s between them", later)


@case(
    "DS-TOKEN-003",
    "a temporary key lives for 60 s if nobody says how long",
    sends="POST /api/v1/tokens with expire_in_seconds 60, then without",
    expects="the same expires_at",
    level=MUST,
    source=DS_TOKENS("expire_in_seconds: 60 by default"),
    operations=TOKENS,
)
async def usual(cloud: Cloud) -> None:
    _, said = await cloud.dashscope.temporary_key(60)
    _, usual = await cloud.dashscope.temporary_key()
    cloud.check.that(0 <= usual - said <= APART_S, "60 s", usual - said)


@case(
    "DS-TOKEN-004",
    "a temporary key may be made for a single second",
    sends="POST /api/v1/tokens?expire_in_seconds=1",
    expects="HTTP 200",
    level=MUST,
    source=DS_TOKENS("expire_in_seconds: 1 to 1800"),
    operations=TOKENS,
)
async def shortest(cloud: Cloud) -> None:
    cloud.check.equal((await cloud.dashscope.token(1)).status, 200, "HTTP status")


@case(
    "DS-TOKEN-005",
    "no temporary key lives for longer than half an hour",
    sends="POST /api/v1/tokens with expire_in_seconds 1800, then 1860",
    expects="a fault, or a key that expires no later than the other",
    level=MUST,
    source=DS_TOKENS("expire_in_seconds: 1 to 1800"),
    operations=TOKENS,
    negative=True,
)
async def longest(cloud: Cloud) -> None:
    _, most = await cloud.dashscope.temporary_key(1800)
    answer = await cloud.dashscope.token(1860)
    if answer.status != 200:
        cloud.dashscope.refused(answer)
        return
    later = answer.body["expires_at"] - most
    cloud.check.that(later <= APART_S, "a key for at most 1800 s", later)


@case(
    "DS-TOKEN-006",
    "a time out of range is refused",
    sends="POST /api/v1/tokens with expire_in_seconds 0, 1801 and soon",
    expects="HTTP 400 InvalidParameter each time",
    level=INFO,
    source=ASSUMED("what a time out of range is answered with"),
    operations=TOKENS,
    negative=True,
)
async def out_of_range(cloud: Cloud) -> None:
    for seconds in (0, 1801, "soon"):
        answer = await cloud.dashscope.token(seconds)
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-TOKEN-007",
    "a temporary key goes where the key goes",
    sends="createTask and getTask with a temporary key as Bearer",
    expects="HTTP 200 both times",
    level=MUST,
    source=DS_TOKENS("use"),
    operations=("createToken", "createTask", "getTask"),
)
async def in_calls(cloud: Cloud) -> None:
    token, _ = await cloud.dashscope.temporary_key(60)
    answer = await cloud.dashscope.create(SOURCE, api_key=token)
    answer = await cloud.dashscope.get(answer.output["dataId"], api_key=token)
    cloud.check.equal(answer.status, 200, "HTTP status of getTask")


@case(
    "DS-TOKEN-008",
    "a temporary key opens a stream",
    sends="a handshake with a temporary key as Bearer; run-task",
    expects="speech-listen",
    level=MUST,
    source=DS_WEBSOCKET("Authorization: an API key or a temporary one"),
    operations=("createToken", "speech-listen"),
)
async def in_streams(cloud: Cloud) -> None:
    token, _ = await cloud.dashscope.temporary_key(60)
    data_id = await cloud.dashscope.start()
    async with cloud.infer(api_key=token) as session:
        await session.start(data_id)
        await session.stop()


@case(
    "DS-TOKEN-009",
    "a temporary key works until it expires, and no longer",
    sends="createTask with a key for 10 s: 5 s later, and 12 s later",
    expects="HTTP 200, then 401 InvalidApiKey",
    level=MUST,
    source=DS_TOKENS("expires_at"),
    operations=("createToken", "createTask"),
)
async def expires(cloud: Cloud) -> None:
    token, _ = await cloud.dashscope.temporary_key(10)
    await cloud.pause(5)
    answer = await cloud.dashscope.create(SOURCE, api_key=token)
    cloud.check.equal(answer.status, 200, "HTTP status after 5 s")
    await cloud.pause(7)
    answer = await cloud.dashscope.create(SOURCE, api_key=token)
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)


@case(
    "DS-TOKEN-010",
    "an unknown key makes no temporary ones",
    sends="POST /api/v1/tokens with a key that nobody has made",
    expects="HTTP 401 InvalidApiKey, Invalid API-key provided.",
    level=MUST,
    source=DS_TOKENS("fault"),
    operations=TOKENS,
    negative=True,
)
async def wrong_key(cloud: Cloud) -> None:
    answer = await cloud.dashscope.token(60, api_key="sk-00000000000000000000000000000000")
    fault = cloud.dashscope.refused(answer, "InvalidApiKey", status=401)
    cloud.check.equal(fault["message"], "Invalid API-key provided.", "message")


@case(
    "DS-TOKEN-011",
    "a temporary key makes no other",
    sends="POST /api/v1/tokens with a temporary key as Bearer",
    expects="HTTP 401 InvalidApiKey",
    level=INFO,
    source=ASSUMED("whether a temporary key makes another"),
    operations=TOKENS,
    negative=True,
)
async def no_offspring(cloud: Cloud) -> None:
    token, _ = await cloud.dashscope.temporary_key(60)
    answer = await cloud.dashscope.token(60, api_key=token)
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)


@case(
    "DS-TOKEN-012",
    "a temporary key that was never given out is refused",
    sends="createTask with st- and letters as Bearer",
    expects="HTTP 401 InvalidApiKey",
    level=SHOULD,
    source=DS_TOKENS("fault"),
    operations=("createTask",),
    negative=True,
)
async def invented(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(SOURCE, api_key="st-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)
