"""DashScope's WebSocket: the handshake."""

from __future__ import annotations

from uuid import uuid4

from mock_tingwu.conformance import INFO, MUST, Cloud, Deviation, case
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import ASSUMED, DASHSCOPE_SDK, DS_WEBSOCKET
from mock_tingwu.conformance.streams import Refused

PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
RUN = ("run-task", "speech-listen")
WRONG_KEY = "sk-00000000000000000000000000000000"


async def refusal(cloud: Cloud, api_key: str | None) -> Refused | str:
    """How a stream with a wrong key is refused: the answer to the handshake, or a code."""
    data_id = await cloud.dashscope.start(PLAIN)
    try:
        async with cloud.infer(api_key=api_key) as session:
            await session.run(data_id)
            code, _ = await session.failure()
    except Refused as refused:
        return refused
    return code


async def refused_alike(cloud: Cloud, api_key: str | None) -> None:
    """A stream with a wrong key is not opened, in whichever way."""
    found = await refusal(cloud, api_key)
    if isinstance(found, Refused):
        cloud.check.one_of(found.status, (401, 403), "HTTP status of the handshake")
    else:
        cloud.check.equal(found, "InvalidApiKey", "code of task-failed")


@case(
    "DS-WS-022",
    "a stream is not opened with an unknown key",
    sends="a handshake with an Authorization that nobody has made; run-task",
    expects="HTTP 401 or 403, or task-failed InvalidApiKey",
    level=MUST,
    source=DS_WEBSOCKET("Authorization"),
    operations=("run-task",),
    negative=True,
)
async def wrong_key(cloud: Cloud) -> None:
    await refused_alike(cloud, WRONG_KEY)


@case(
    "DS-WS-023",
    "a stream is not opened without a key",
    sends="a handshake without Authorization; run-task",
    expects="HTTP 401 or 403, or task-failed InvalidApiKey",
    level=MUST,
    source=DS_WEBSOCKET("Authorization"),
    operations=("run-task",),
    negative=True,
)
async def no_key(cloud: Cloud) -> None:
    await refused_alike(cloud, None)


@case(
    "DS-WS-024",
    "a handshake with a wrong key is answered as a call is",
    sends="a handshake with an Authorization that nobody has made",
    expects="HTTP 401 with the fault InvalidApiKey",
    level=INFO,
    source=ASSUMED("how a wrong key is refused on the WebSocket"),
    operations=("run-task",),
    negative=True,
)
async def answered_as_a_call(cloud: Cloud) -> None:
    found = await refusal(cloud, WRONG_KEY)
    if not isinstance(found, Refused):
        raise Deviation(f"the handshake was answered with 101, and then with {found}")
    answer = Answer("the handshake", found.status, found.headers, found.body.encode())
    cloud.dashscope.refused(answer, "InvalidApiKey", status=401)


@case(
    "DS-WS-025",
    "the scheme of the key may be written small or large",
    sends="handshakes with Authorization bearer ..., as of dashscope 1.18, and Bearer ...",
    expects="speech-listen both times",
    level=MUST,
    source=DASHSCOPE_SDK("Authorization of 1.18 and of 2.0"),
    operations=RUN,
)
async def small_bearer(cloud: Cloud) -> None:
    for scheme in ("bearer", "Bearer"):
        data_id = await cloud.dashscope.start(PLAIN)
        headers = {"Authorization": f"{scheme} {cloud.site.api_key}"}
        async with cloud.infer(api_key=None, headers=headers) as session:
            await session.start(data_id)
            await session.stop()


@case(
    "DS-WS-026",
    "the headers of the 1.x class are taken",
    sends="a handshake with the headers of dashscope 2.0.2, 1.x style, an Origin among them",
    expects="speech-listen",
    level=MUST,
    source=DASHSCOPE_SDK("TingWuRealtime: handshake"),
    operations=RUN,
)
async def headers(cloud: Cloud) -> None:
    sent = {
        "Origin": cloud.site.dashscope_url,
        "Accept": "application/json",
        "User-Agent": "dashscope/2.0.2; python/3.11.7; platform/linux; processor/x86_64",
        "x-dashscope-sdk-client": "python-sdk/2.0.2/multimodal",
        "x-dashscope-sdk-session-id": uuid4().hex,
    }
    data_id = await cloud.dashscope.start(PLAIN)
    async with cloud.infer(headers=sent) as session:
        await session.start(data_id)
        await session.stop()
