"""URLs that callers of a server on other addresses than loopback choose, and where they lead."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.media import PullError, pull
from mock_tingwu.replay.bundle import Bundle
from mock_tingwu.replay.player import replay
from mock_tingwu.services.fetching import Fetcher
from mock_tingwu.settings import Settings, SettingsError
from tests.callbacks.receiver import receiver
from tests.conftest import RECORDING
from tests.dashscope import helpers as dashscope
from tests.live.helpers import Live
from tests.media_site import RATE, Site, redirect, speech_as
from tests.offline import tasks
from tests.offline.fetchers import BODY, get, refused
from tests.offline.helpers import Origin, Page
from tests.realtime.helpers import until
from tests.rtmp_server import RtmpServer

#: A name that the operator allows, and one that an attacker has made; both are 127.0.0.1.
NAMED, INSIDE = "media.example", "inside.example"
OPEN = {"host": "0.0.0.0", "fetch": "always"}
WHY = "callers of a server on other addresses than loopback may not lead it"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Names that a resolver knows; how often each was asked for."""
    real, asked = socket.getaddrinfo, Counter[str]()

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        asked[host] += 1
        return real("127.0.0.1" if host in (NAMED, INSIDE) else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as origin:
        origin.add("/a.mp3", Page(BODY))
        origin.add("/a.wav", Page(RECORDING.read_bytes()[:100_000]))
        yield origin


@cache
def trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def guarded(**settings: Any) -> Fetcher:
    fetcher = Fetcher(Settings.of({**OPEN, **settings}))
    fetcher._tls = trusted()  # reading them takes a moment
    return fetcher


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1"),
        *("224.0.0.1", "239.255.255.250", "255.255.255.255", "100.100.100.200"),
        *("::1", "::", "fe80::1", "fe80::1%1", "ff02::1", "fd00:ec2::254"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1"),
        *("64:ff9b::127.0.0.1", "64:ff9b:1::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
        *("2001:0:7f00:1::", "64:ff9b:1:7f00:0:100::", "64:ff9b:1:a9fe:a9:fe00::"),
    ],
)
def test_addresses_that_are_the_machine_alone_are_refused(address: str) -> None:
    with pytest.raises(Unreachable, match="the setting reach allows more"):
        Reach("0.0.0.0").check_address("a.example", ip_address(address))
    Reach("127.0.0.1").check_address("a.example", ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.17.0.1", "192.168.65.2", "100.64.0.1", "203.0.113.1", "fd00::1"),
        *("2001:db8::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::"),
    ],
)
def test_private_and_public_networks_are_reached(address: str) -> None:
    Reach("0.0.0.0").check_address("a.example", ip_address(address))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "", "box.example"])
def test_a_server_that_others_reach_is_guarded(host: str) -> None:
    assert not Reach(host).is_free("http://127.0.0.1/")
    assert all(Reach(here).is_free("http://127.0.0.1/") for here in ("127.0.0.1", "::1"))


def test_what_the_operator_allows_is_reached_and_nothing_else() -> None:
    reach = Reach("0.0.0.0", Settings.of({"reach": "127.0.0.0/8,[::1], Box.example"}).reach)
    for url in ("http://127.0.0.1/", "http://localhost:8/", "http://[::1]/", "http://BOX.example/"):
        reach.check(url)
    reach.check_address("box.example", ip_address("169.254.169.254"))
    for url in ("http://169.254.169.254/", "http://[::ffff:7f00:1]/", "http://[fe80::1]/"):
        with pytest.raises(Unreachable):
            reach.check(url)
    with pytest.raises(Unreachable):
        reach.check_address("a.box.example", ip_address("169.254.169.254"))


@pytest.mark.parametrize("value", ["127.0.0.256", "http://a", "10.0.0.0/33", "a:80", "a b", 7, [7]])
def test_a_reach_that_is_none_is_refused_in_a_sentence(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"^reach is .*, expected hosts or networks such as"):
        Settings.of({"reach": value})


def test_the_setting_comes_from_flags_the_environment_and_the_file(tmp_path: Path) -> None:
    expected = ("127.0.0.0/8", "a.example", "::1/128")
    given = ["127.0.0.1/8", "A.example, ::1"]
    assert Settings.load({"reach": given}, {}, tmp_path).reach == expected
    assert Settings.load({}, {"MOCK_TINGWU_REACH": ",".join(given)}, tmp_path).reach == expected
    (tmp_path / "mock-tingwu.toml").write_text('reach = ["127.0.0.0/8", "a.example", "::1"]')
    assert Settings.load({}, {}, tmp_path).reach == expected


# Recordings


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST", "a.localhost", "localhost.", "2130706433"),
        *("0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"),
        *("[::]", "0.0.0.0", "①27.0.0.1", "127。0。0。1", "127%2E0.0.1", "user:x@127.0.0.1"),
        *("127.0.0.1\\@other.example", "other.example@127.0.0.1", INSIDE, f"me@{INSIDE}"),
    ],
)
def test_no_spelling_of_a_fileurl_leads_to_this_machine(
    origin: Origin, tmp_path: Path, host: str
) -> None:
    problem, _ = refused(origin.url("/a.mp3", host), tmp_path / "source", guarded())
    assert problem == "link"
    assert not origin.seen


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:0/a.mp3", "http://127.0.0.1:65536/a.mp3", "http://:80/", "http://"),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/a.mp3", "/etc/passwd"),
        *("data:audio/wav;base64,AAAA", "http:127.0.0.1/a.mp3", "//127.0.0.1/a.mp3", "C:\\a"),
    ],
)
def test_no_other_scheme_or_port_does(tmp_path: Path, url: str) -> None:
    assert refused(url, tmp_path / "source", guarded())[0] == "link"


def test_redirects_do_not_either(origin: Origin, tmp_path: Path) -> None:
    for number, host in enumerate(("127.0.0.1", "localhost", INSIDE, "[::ffff:127.0.0.1]")):
        target = origin.url("/a.mp3", host)
        origin.add(f"/{number}", Page(status=302, headers={"Location": target}))
        url = origin.url(f"/{number}", NAMED)
        problem, _ = refused(url, tmp_path / "source", guarded(reach=NAMED))
        assert problem == "link"
    assert {seen.target for seen in origin.seen} == {"/0", "/1", "/2", "/3"}


def test_the_addresses_that_were_looked_at_are_connected_to(
    monkeypatch: pytest.MonkeyPatch, origin: Origin, tmp_path: Path
) -> None:
    real = socket.getaddrinfo
    # Allowed, then this machine; what is asked for once cannot be answered anew.
    answers = iter(["127.0.0.2", *["127.0.0.1"] * 9])

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        return real(next(answers) if host == INSIDE else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    fetcher = guarded(reach="127.0.0.2")
    problem, detail = refused(origin.url("/a.mp3", INSIDE), tmp_path / "source", fetcher)
    assert (problem, "refused the connection" in detail) == ("link", True)  # at 127.0.0.2
    problem, detail = refused(origin.url("/a.mp3", INSIDE), tmp_path / "source", fetcher)
    assert (problem, detail) == (
        "link",
        f"{INSIDE} is 127.0.0.1, where {WHY}; the setting reach allows more",
    )
    assert not origin.seen


def test_a_name_with_addresses_of_both_kinds_leads_to_those_that_are_allowed(
    monkeypatch: pytest.MonkeyPatch, origin: Origin, tmp_path: Path
) -> None:
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        found = ["127.0.0.3", "127.0.0.1"] if host == INSIDE else [host]
        return [info for address in found for info in real(address, *arguments, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    url = origin.url("/a.mp3", INSIDE)
    get(url, tmp_path / "source", guarded(reach="127.0.0.1"))
    assert (tmp_path / "source").read_bytes() == BODY
    assert origin.seen[0].header("Host") == f"{INSIDE}:{origin.port}"


def test_no_proxy_leads_where_the_mock_must_not_go(
    monkeypatch: pytest.MonkeyPatch, origin: Origin, tmp_path: Path
) -> None:
    monkeypatch.setenv("http_proxy", origin.url(""))
    monkeypatch.delenv("no_proxy", raising=False)
    refused(origin.url("/a.mp3", INSIDE), tmp_path / "source", guarded())
    assert not origin.seen


def test_what_the_operator_has_named_is_fetched(origin: Origin, tmp_path: Path) -> None:
    target = tmp_path / "source"
    origin.add("/b.mp3", Page(status=302, headers={"Location": "/a.mp3"}))
    for fetcher, host in (
        (guarded(reach=NAMED), NAMED),
        (guarded(reach="127.0.0.0/8"), INSIDE),
        (guarded(reach="localhost"), "a.localhost"),
        (guarded(fetch="auto", reach="127.0.0.1"), "127.0.0.1"),
        (guarded(fetch="auto", file_hosts={"cdn.example": origin.url("")}), "cdn.example"),
        (Fetcher(Settings()), "127.0.0.1"),
    ):
        url = origin.url("/b.mp3", host).replace(f"cdn.example:{origin.port}", "cdn.example")
        get(url, target, fetcher)
        assert target.read_bytes() == BODY


def test_a_base_url_of_the_operators_is_no_way_around(origin: Origin, tmp_path: Path) -> None:
    origin.add("/public/b.mp3", Page(status=302, headers={"Location": "/a.mp3"}))
    fetcher = guarded(file_hosts={"cdn.example": origin.url("/public")})
    for url in (
        "http://cdn.example/b.mp3",
        origin.url("/a.mp3"),
        origin.url("/public/../a.mp3"),
        origin.url("/public/%2e%2e/a.mp3"),
        origin.url("/publicity"),
    ):
        assert refused(url, tmp_path / "source", fetcher)[0] == "link"
    assert {seen.target for seen in origin.seen} == {"/public/b.mp3"}


# Streams


@pytest.fixture
def running(start_mock: Callable[..., MockTingwu]) -> Live:
    """The calls of a guarded mock that pulls from everywhere."""
    mock = start_mock(**OPEN, reach=NAMED)
    return Live(mock, "http://callbacks.invalid/")


def missed(running: Live, url: str) -> str:
    """Why a stream that is created is not heard."""
    task_id = running.create(StreamURL=url)

    def why() -> list[str]:
        journal = running.mock.journal
        moves = [e for e in journal if e["kind"] == "transition" and e["task_id"] == task_id]
        return [move["why"] for move in moves if move["after"] == "PAUSED"]

    until(lambda: bool(why()), "the first attempt")
    running.stop(task_id)
    return why()[0]


def test_no_stream_leads_to_this_machine(running: Live, site: Site) -> None:
    with RtmpServer(b"", mute=True) as server:
        port = server.url.partition("127.0.0.1")[2]
        refused_at_once = [
            *(site.url("/a.flv"), site.url("/a.flv", "localhost"), site.url("/a", "[::1]")),
            *(server.url, f"rtmps://127.0.0.1{port}", "file:///etc/passwd", "/etc/passwd"),
            *("file://localhost/etc/passwd", site.url("/a", "[::ffff:127.0.0.1]")),
        ]
        for url in refused_at_once:
            answer = running.ask_create(StreamURL=url)
            assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidStreamURL"), url
        for url in (
            *(site.url("/a", INSIDE), site.url("/a", "2130706433"), site.url("/a", "0x7f.1")),
            *(f"rtmp://{INSIDE}{port}", f"rtmp://0x7f.1{port}", f"rtmps://me:x@{INSIDE}{port}"),
        ):
            assert WHY in missed(running, url), url
        for url in ("gopher://a.example/", "ftp://a.example/"):
            assert "there is no way to read" in missed(running, url)
        assert running.ask_create(StreamURL="data:audio/wav;base64,AAAA").status_code == 400
        assert not server.calls
    assert not site.asked


@pytest.mark.parametrize("where", ["redirect", "part", "variant", "map", "key", "file"])
def test_nothing_that_a_stream_refers_to_does(running: Live, site: Site, where: str) -> None:
    target = "file:///etc/passwd" if where == "file" else site.url("/secret", INSIDE)
    head, end = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n", "#EXT-X-ENDLIST\n"
    site.add("/part.ts", b"G" * 188)
    site.add("/secret", b"secret")
    texts = {
        "part": f"{head}#EXTINF:1,\n{target}\n{end}",
        "file": f"{head}#EXTINF:1,\n{target}\n{end}",
        "variant": f"{head}#EXT-X-STREAM-INF:BANDWIDTH=1\n{target}\n",
        "map": f'{head}#EXT-X-MAP:URI="{target}"\n#EXTINF:1,\npart.ts\n{end}',
        "key": f'{head}#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:1,\npart.ts\n{end}',
    }
    page = redirect(target) if where == "redirect" else texts[where].encode()
    site.add("/talk.m3u8", page)
    assert missed(running, site.url("/talk.m3u8", NAMED))
    assert "/secret" not in site.asked


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile talk.wav\n",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 5004 RTP/AVP 0\r\n",
    ],
)
def test_no_list_of_another_kind_has_libav_open_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Site, text: str
) -> None:
    (tmp_path / "talk.wav").write_bytes(RECORDING.read_bytes()[:100_000])
    monkeypatch.chdir(tmp_path)
    inner = site.add("/inner.ts", text.encode())
    for url in (
        site.add("/talk", text.encode()),
        site.add("/talk.m3u8", f"#EXTM3U\n#EXTINF:1,\n{inner}\n#EXT-X-ENDLIST\n".encode()),
    ):
        with pytest.raises(PullError) as caught:
            pull(url, RATE, stop=lambda: False, allowed=lambda url: url)
        assert caught.value.problem == "kind"


def test_streams_that_the_operator_has_named_are_heard() -> None:
    reach = Reach("0.0.0.0", [NAMED])
    with RtmpServer(speech_as("flv", "aac", 44_100)) as server:
        url = server.url.replace("127.0.0.1", f"me:x@{NAMED}")
        stream = pull(url, RATE, stop=lambda: False, allowed=lambda url: url, reach=reach)
        assert next(stream)
        stream.close()
        assert NAMED in str(server.calls[0])


# Callbacks


def test_no_callback_of_a_live_task_goes_to_this_machine(
    start_mock: Callable[..., MockTingwu],
) -> None:
    with receiver() as listener:
        mock = start_mock(host="0.0.0.0", clock="virtual", callbacks={"app": listener.url})
        live = Live(mock, "")
        for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "[::ffff:7f00:1]"):
            url = listener.url.replace("127.0.0.1", host)
            answer = live.ask_create(CallbackURL=url)
            assert (answer.status_code, answer.json()["Code"]) == (400, "InvalidCallbackURL")
        for host in (INSIDE, "2130706433", "0x7f.1"):
            live.create(CallbackURL=listener.url.replace("127.0.0.1", host))
        mock.advance(3_000)
        entries = [entry for entry in mock.journal if entry["kind"] == "callback"]
        errors = {entry["error"] for entry in entries}
        assert [error for error in errors if WHY not in error] == []
        assert len(errors) == 3
        assert not listener.requests
        # What the operator has set is told all the same.
        body = tasks.body_of()
        body["Parameters"] = {"ProgressiveCallbacksEnabled": True}
        body["Input"]["ProgressiveCallbacksEnabled"] = True
        assert tasks.put(mock, body).status_code == 200
        mock.advance(60_000)
        assert listener.requests
        assert mock.callback("other", listener.url)["delivered"]


def test_callbacks_go_where_the_operator_lets_them(start_mock: Callable[..., MockTingwu]) -> None:
    with receiver() as listener:
        mock = start_mock(host="0.0.0.0", clock="virtual", reach="127.0.0.1")
        Live(mock, listener.url.replace("127.0.0.1", INSIDE)).create()
        Live(mock, listener.url).create()
        mock.advance(10_000)
        assert len({request.body["task_id"] for request in listener.requests}) == 2


# As a whole


def test_what_was_refused_is_refused_when_it_is_replayed(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    mock = start_mock(host="0.0.0.0", clock="virtual", record=True)
    live = Live(mock, "http://127.0.0.1:9/")
    assert live.ask_create().status_code == 400
    assert live.ask_create(StreamURL="http://127.0.0.1/a.flv").status_code == 400
    tasks.create(mock, "http://127.0.0.1:9/a.wav")
    mock.advance(1_000)
    mock.bundle(tmp_path / "bundle.zip")
    outcomes = replay(Bundle.read(tmp_path / "bundle.zip"))
    assert (outcomes.difference, outcomes.beyond) == (None, [])


def test_a_file_url_of_dashscope_fails_its_task(
    start_mock: Callable[..., MockTingwu], origin: Origin
) -> None:
    mock = start_mock(host="0.0.0.0", clock="virtual")
    output = dashscope.finished(mock, dashscope.create(mock, fileUrl=origin.url("/a.wav")))
    assert (output["status"], output["errorCode"]) == (2, "TSC.AudioFileLink")
    assert not origin.seen


def test_a_task_fails_as_for_any_link_that_leads_nowhere(
    start_mock: Callable[..., MockTingwu], origin: Origin
) -> None:
    mock = start_mock(host="0.0.0.0")
    task = tasks.create(mock, origin.url("/a.wav"))
    data = tasks.finished(mock, task["TaskId"])
    assert (data["TaskStatus"], data["ErrorCode"]) == ("FAILED", "TSC.AudioFileLink")
    assert WHY in tasks.why(mock, task["TaskId"])
    assert not origin.seen
    # Files that the mock hosts are read from where they are, whatever its address.
    url = httpx.post(f"{mock.url}/_mock/files?name=a.wav", content=RECORDING.read_bytes()[:100_000])
    hosted = url.json()["url"].replace("0.0.0.0", "127.0.0.1")
    assert tasks.done(mock, hosted)
