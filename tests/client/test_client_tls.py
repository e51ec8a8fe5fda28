"""The clients against the cloud's own host names, by TLS, through a proxy."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from mock_tingwu import MockTingwu
from mock_tingwu.client import (
    Completed,
    DashScopeClient,
    MeetingStream,
    Mishap,
    Retries,
    SentenceEnd,
    StreamError,
    SyncDashScopeClient,
    SyncMeetingStream,
    SyncTingwuClient,
    Target,
    TingwuClient,
    Unreachable,
    find_target,
)
from mock_tingwu.client.address import stream_proxy
from mock_tingwu.client.live_callbacks import Arrival, LiveCallbackReceiver
from mock_tingwu.core.scripts import load_script
from tests.client.cloud import (
    DASHSCOPE,
    LIVE,
    REALTIME,
    TINGWU,
    Cloud,
    expired,
    link_as_the_cloud,
    point_at,
)
from tests.conftest import SCRIPT

KEY_ID, SECRET, TOKEN = "LTAI-of-the-cloud", "the-access-secret", "the/security+token=="
API_KEY = "sk-of-the-cloud"
AUTH_KEY = "auth-key-of-the-callbacks"
SENTENCES = [line.text for line in load_script(SCRIPT).lines]
#: What lets somebody in and stands in an address.
IN_THE_ADDRESS = "a-secret-signature"
BUCKET = "prod-tingwu-paas-common-beijing.oss-cn-beijing.aliyuncs.com"

Start = Callable[..., MockTingwu]


@pytest.fixture
def mock(start_mock: Start, monkeypatch: pytest.MonkeyPatch) -> MockTingwu:
    """A mock that believes to be the cloud, and checks every signature and every key."""
    link_as_the_cloud(monkeypatch)
    mock = start_mock(auth="verify", access_keys={KEY_ID: SECRET}, api_keys=[API_KEY])
    mock.script(SCRIPT, task_key="k")
    return mock


@pytest.fixture
def cloud(mock: MockTingwu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    with Cloud(mock.port) as cloud:
        point_at(cloud, monkeypatch, tmp_path)
        yield cloud


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment."""
    for name, value in {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        "DASHSCOPE_API_KEY": API_KEY,
        "TINGWU_APP_KEY": "app",
        "DASHSCOPE_APP_ID": "tw_app",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN", raising=False)


def check_signatures(mock: MockTingwu) -> None:
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}


# Whole stories


@pytest.mark.parametrize("source", ["environment", "token", "file"])
@pytest.mark.usefixtures("keys")
def test_a_meeting_from_create_to_its_results(
    cloud: Cloud,
    mock: MockTingwu,
    recording: bytes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    source: str,
) -> None:
    if source == "token":
        monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
    if source == "file":
        monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
        monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        file = tmp_path / "credentials"
        file.write_text(
            f"[default]\ntype = sts\naccess_key_id = {KEY_ID}\n"
            f"access_key_secret = {SECRET}\nsecurity_token = {TOKEN}\n"
        )
        monkeypatch.setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", str(file))

    async def meet() -> None:
        async with find_target("live").tingwu() as client:
            task = await client.create_realtime(
                task_key="k", parameters={"AutoChaptersEnabled": True}
            )
            assert task.join_url.startswith(f"wss://{REALTIME}/api/ws/v1?mc=")
            async with MeetingStream(task.join_url) as stream:
                await stream.push(recording)
                await stream.stop()
                events = [event async for event in stream]
            assert events[-1] == Completed()
            said = [event.text for event in events if isinstance(event, SentenceEnd)]
            assert said == SENTENCES
            assert await client.stop(task.task_id) == "ONGOING"
            info = await client.wait(task.task_id, poll_interval=0.01, check=True)
            assert all(link.startswith(f"https://{BUCKET}/") for link in info.results.values())
            results = await client.results(info)
            assert results.transcript is not None and results.chapters
            assert [sentence.text for sentence in results.transcript.sentences] == said

    asyncio.run(meet())
    check_signatures(mock)
    assert set(cloud.asked) == {f"{host}:443" for host in (TINGWU, REALTIME, BUCKET)}


@pytest.mark.usefixtures("keys")
def test_an_agent_s_meeting_from_create_to_its_results(
    cloud: Cloud, mock: MockTingwu, recording: bytes
) -> None:
    async def meet() -> None:
        async with find_target("live").dashscope() as lasting:
            key = (await lasting.create_token()).key
        # A temporary key goes where the lasting one went.
        async with DashScopeClient(f"https://{DASHSCOPE}", api_key=key, app_id="tw_app") as client:
            task = await client.create_realtime()
            async with client.stream(task.data_id) as stream:
                await stream.push(recording)
                await stream.stop()
                events = [event async for event in stream]
            assert events[-1] == Completed()
            async with client.instruct() as stream:
                await stream.stop()
            await client.end_realtime(task.data_id)
            info = await client.wait(task.data_id, poll_interval=0.01, check=True)
            assert all(".aliyuncs.com/" in link for link in info.results.values())
            results = await client.results(info)
            assert results.transcript is not None and results.transcript.sentences
            again = await client.create_offline("https://files.example.com/weekly/sync.mp3")
            assert (await client.wait(again.data_id, poll_interval=0.01)).succeeded

    asyncio.run(meet())
    assert f"{DASHSCOPE}:443" in cloud.asked
    assert all(host.endswith(".aliyuncs.com:443") for host in cloud.asked)


@pytest.mark.usefixtures("keys")
def test_a_live_stream_is_captioned_by_callbacks(
    start_mock: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN)
    mock = start_mock(auth="verify", access_keys={KEY_ID: SECRET}, clock="virtual")
    arrivals: list[Arrival] = []

    async def caption(callback_url: str) -> None:
        async with find_target("live").live() as client:
            task_id = await client.caption_stream(
                "rtmp://pull.example.com/a", callback_url, auth_key=AUTH_KEY
            )
            await asyncio.to_thread(mock.advance, 20_000)
            assert [task.task_id for task in await client.tasks()] == [task_id]
            await client.stop(task_id)
            await client.delete(task_id)
            assert await client.find(task_id) is None

    with (
        Cloud(mock.port) as cloud,
        LiveCallbackReceiver(auth_key=AUTH_KEY, on_callback=arrivals.append) as receiver,
    ):
        point_at(cloud, monkeypatch, tmp_path)
        asyncio.run(caption(receiver.url))
        assert set(cloud.asked) == {f"{LIVE}:443"}
    check_signatures(mock)
    assert {one.signature.verdict for one in arrivals if one.signature} == {"ok"}
    assert any(one.callback and one.callback.name == "SentenceEnd" for one in arrivals)


@pytest.mark.usefixtures("keys")
def test_the_same_without_an_event_loop(cloud: Cloud, mock: MockTingwu, recording: bytes) -> None:
    target = find_target("live")
    with SyncTingwuClient.of(target.tingwu()) as client:
        task = client.create_realtime(task_key="k")
        with SyncMeetingStream(task.join_url) as stream:
            stream.push(recording)
            stream.stop()
            assert list(stream)[-1] == Completed()
        client.stop(task.task_id)
        client.wait(task.task_id, poll_interval=0.01)
        assert client.results(task.task_id).transcript
    with SyncDashScopeClient.of(target.dashscope()) as client:
        client.create_token()
    check_signatures(mock)


def test_a_wrong_secret_is_refused_there_too(
    cloud: Cloud, mock: MockTingwu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stories above prove they prove because the mock looks."""
    environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "another-secret",
    }
    with (
        SyncTingwuClient.of(find_target("live", environ).tingwu(app_key="a")) as client,
        pytest.raises(Exception, match="SignatureDoesNotMatch"),
    ):
        client.create_realtime()


def test_this_machine_is_reached_by_tls_without_the_proxy(cloud: Cloud, mock: MockTingwu) -> None:
    with SyncTingwuClient(
        cloud.local_url, access_key_id=KEY_ID, access_key_secret=SECRET, app_key="a"
    ) as client:
        assert client.info("0" * 32).status == "INVALID"
    with pytest.raises(StreamError, match="HTTP 403"), SyncMeetingStream(_local_stream(cloud)):
        pass
    assert cloud.asked == []
    check_signatures(mock)


def _local_stream(cloud: Cloud) -> str:
    return f"ws{cloud.local_url.removeprefix('http')}/api/ws/v1?mc=unknown"


# What is not trusted


Use = Callable[[], Coroutine[Any, Any, None]]


def tingwu() -> TingwuClient:
    return target().tingwu()


def target() -> Target:
    return find_target("live")


async def call_tingwu() -> None:
    async with target().tingwu() as client:
        await client.info("0" * 32)


async def call_dashscope() -> None:
    async with target().dashscope() as client:
        await client.create_token()


async def call_live() -> None:
    async with target().live() as client:
        await client.tasks()


async def load_a_file() -> None:
    async with target().tingwu() as client:
        await client.download(f"https://{BUCKET}/x.json?Signature={IN_THE_ADDRESS}")


async def join_a_meeting() -> None:
    async with MeetingStream(f"wss://{REALTIME}/api/ws/v1?mc={IN_THE_ADDRESS}", patience=2):
        pass


async def join_an_agent() -> None:
    async with target().dashscope() as client, client.stream("abc", patience=2):
        pass


USES: list[Use] = [
    call_tingwu,
    call_dashscope,
    call_live,
    load_a_file,
    join_a_meeting,
    join_an_agent,
]
uses = pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)


@uses
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("untrusted", "unable to get local issuer certificate (SSL_CERT_FILE may name a file of"),
        ("expired", "certificate has expired"),
        ("wrong host", "Hostname mismatch, certificate is not valid for "),
    ],
)
@pytest.mark.usefixtures("keys")
def test_a_certificate_that_does_not_hold_is_told_at_once(
    cloud: Cloud,
    mock: MockTingwu,
    use: Use,
    fault: str,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stranger = trustme.CA()
    cloud.certify = {
        "untrusted": stranger.issue_cert,
        "expired": expired(cloud.authority),
        "wrong host": lambda _: cloud.authority.issue_cert("other.example.com"),
    }[fault]
    with pytest.raises((Unreachable, StreamError)) as refused:
        asyncio.run(use())
    error = refused.value
    assert f": its certificate is not trusted: {reason}" in str(error)
    assert str(error).endswith(".") and "\n" not in str(error)
    assert isinstance(error, StreamError) == use.__name__.startswith("join")
    assert error.mishap is None
    assert caplog.messages == []
    # It was tried once, and nothing was said to whoever it is.
    assert len(cloud.asked) == 1
    assert [entry for entry in mock.journal if entry["kind"] == "request"] == []
    assert IN_THE_ADDRESS not in "".join(traceback.format_exception(error))


@uses
@pytest.mark.usefixtures("keys")
def test_without_the_variable_nobody_of_ours_is_trusted(
    cloud: Cloud, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises((Unreachable, StreamError), match="its certificate is not trusted"):
        asyncio.run(use())


@pytest.mark.usefixtures("keys")
def test_a_stream_does_not_go_on_with_somebody_else(cloud: Cloud, mock: MockTingwu) -> None:
    async def meet() -> None:
        async with target().tingwu() as client:
            task = await client.create_realtime()
        async with MeetingStream(task.join_url, reconnect_delay=0) as stream:
            before = len(cloud.asked)
            cloud.certify = trustme.CA().issue_cert
            await asyncio.to_thread(mock.session(task.task_id).cut)
            with pytest.raises(StreamError, match="its certificate is not trusted"):
                [event async for event in stream]
            assert len(cloud.asked) == before + 1

    asyncio.run(meet())


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("SSL_CERT_FILE", "SSL_CERT_FILE is '.*nothing', expected a file of certificates in PEM"),
        ("SSL_CERT_DIR", "SSL_CERT_DIR is '.*nothing', expected a folder of certificates"),
    ],
)
@pytest.mark.usefixtures("keys")
def test_certificates_that_are_not_there_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, message: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match=f"^{message}$"):
        tingwu()
    with pytest.raises(StreamError, match=message):
        asyncio.run(join_a_meeting())
    (tmp_path / "nothing").write_text("no certificate")
    with pytest.raises(ValueError, match=f"^{message}$"):
        tingwu()


# A proxy that is of no use


QUICK = Retries(budget=0)


async def ask(limit: float = 5) -> None:
    async with TingwuClient(
        f"https://{TINGWU}",
        access_key_id=KEY_ID,
        access_key_secret=SECRET,
        app_key="a",
        retries=QUICK,
        request_timeout=limit,
    ) as client:
        await client.create_realtime()


async def join(patience: float = 5) -> None:
    async with MeetingStream(f"wss://{REALTIME}/api/ws/v1?mc=x", patience=patience):
        pass


@pytest.mark.parametrize("refusal", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_has_sent_nothing(cloud: Cloud, refusal: str) -> None:
    cloud.refusal = refusal
    with pytest.raises(Unreachable, match=f"{TINGWU} does not answer: {refusal}") as refused:
        asyncio.run(ask())
    assert refused.value.mishap is Mishap.UNSENT
    with pytest.raises(StreamError, match=f"cannot be joined: .*{refusal[:3]}"):
        asyncio.run(join())


def test_a_proxy_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(Unreachable, match=f"{TINGWU} does not answer") as gone:
        asyncio.run(ask())
    assert gone.value.mishap is Mishap.UNSENT
    with pytest.raises(StreamError, match="The meeting cannot be joined"):
        asyncio.run(join())


def test_a_server_that_says_nothing_is_given_up(cloud: Cloud) -> None:
    cloud.mute = True
    with pytest.raises(Unreachable, match=f"{TINGWU} does not answer"):
        asyncio.run(ask(0.2))
    with pytest.raises(StreamError, match="cannot be joined: timed out during opening handshake"):
        asyncio.run(join(0.2))


def test_a_server_without_tls_is_not_spoken_with(cloud: Cloud, mock: MockTingwu) -> None:
    cloud.plain = True
    with pytest.raises(Unreachable, match=f"{TINGWU} does not answer"):
        asyncio.run(ask())
    with pytest.raises(StreamError, match="The meeting cannot be joined"):
        asyncio.run(join())
    assert not any(entry.get("operation") for entry in mock.journal)


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        ("http://me:the-password@h:x", "it is no address such as http://127.0.0.1:3128"),
        ("ftp://127.0.0.1:1", "it is no address such as http://127.0.0.1:3128"),
        ("socks5://127.0.0.1:1", "one that speaks SOCKS needs `pip install"),
    ],
)
def test_a_proxy_that_makes_no_sense_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, reason: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(ValueError, match="the proxy of the environment cannot be used: ") as told:
        asyncio.run(ask())
    assert reason in str(told.value)
    with pytest.raises(StreamError, match="The meeting cannot be joined: ") as refused:
        asyncio.run(join())
    shown = [*traceback.format_exception(told.value), *traceback.format_exception(refused.value)]
    assert "the-password" not in "".join(shown)


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "wss://a.example.com/", None),
        ({"https_proxy": "http://p:1"}, "wss://a.example.com/", "http://p:1"),
        ({"https_proxy": "p:1"}, "wss://a.example.com/", "http://p:1"),
        ({"https_proxy": "http://p:1"}, "ws://a.example.com/", None),
        ({"http_proxy": "http://p:1"}, "ws://a.example.com/", "http://p:1"),
        ({"all_proxy": "http://p:1"}, "wss://a.example.com/", "http://p:1"),
        ({"all_proxy": "http://p:1", "no_proxy": "example.com"}, "wss://a.example.com/", None),
        ({"https_proxy": "http://p:1"}, "wss://localhost:1/", None),
        ({"https_proxy": "http://p:1"}, "wss://127.0.0.1/", None),
    ],
)
def test_streams_take_the_proxy_that_calls_take(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], url: str, proxy: str | None
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert stream_proxy(url) == proxy
