"""Web pages do not get at the control API: by DNS rebinding, from other sites, or in a frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.cli import serve
from mock_tingwu.replay.bundle import Bundle
from mock_tingwu.replay.player import replay
from mock_tingwu.settings import Settings, SettingsError
from tests.wire.helpers.raw import Answer, accept_for, exchange, handshake, http, wire
from tests.wire.test_http import BODY, START, data

EVIL = "http://evil.example"


@pytest.fixture(scope="module")
def local() -> Iterator[MockTingwu]:
    """A mock that only its own machine can reach."""
    with MockTingwu() as mock:
        yield mock


def call(
    mock: MockTingwu,
    method: str = "GET",
    path: str = "/_mock/tasks",
    body: bytes | None = None,
    *,
    host: str | None = None,
    **headers: str,
) -> Answer:
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    host = mock.host if host is None else host
    return exchange(mock, http(method, path, body, host=host, extra=extra), body=method != "HEAD")


def assert_refused(answer: Answer, words: str) -> None:
    assert answer.status == 403
    assert list(answer.json()) == ["error"]
    assert words in answer.json()["error"] and "allowed_hosts" in answer.json()["error"]
    assert answer.header("content-type") == "application/json"
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


# Host: a name of somebody else's that resolves to this machine


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8900",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "aliyuncs.com.evil.example",
        "evil.aliyuncs.com",
        "localhost@evil.example",
        "http://localhost",
        "[::1",
        "0x7f000001",
        "2130706433",
        "x" * 5_000,
    ],
)
def test_a_name_that_is_not_the_server_s_is_refused(local: MockTingwu, host: str) -> None:
    paths = ("journal", "nothing", "files/00000000000000000000000000000000/a.mp3")
    calls = [("GET", f"/_mock/{path}") for path in paths]
    for method, path in (*calls, ("GET", "/%5fmock/health"), ("POST", "/_mock/reset")):
        answer = call(local, method, path, host=host)
        assert_refused(answer, "Host is ")
        assert len(answer.body) < 500
        assert local.journal[-1]["text"] == f"refused: {answer.json()['error']}"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:1",
        "localhost.",
        "mock.localhost:8900",
        "127.0.0.1",
        "127.1.2.3:80",
        "[::1]:8900",
        "0.0.0.0:8900",
        "192.168.1.5:8900",
        "tingwu.cn-beijing.aliyuncs.com",
        "dashscope.aliyuncs.com:443",
        "",
    ],
)
def test_what_can_only_mean_the_server_is_taken(local: MockTingwu, host: str) -> None:
    assert call(local, host=host).status == 200


def test_every_host_counts_where_there_are_two(local: MockTingwu) -> None:
    assert_refused(call(local, Host="evil.example"), "Host is 'evil.example'")
    head = b"GET /_mock/health HTTP/1.0\r\nConnection: close\r\n\r\n"
    assert exchange(local, head).status == 200  # no browser leaves it out


def test_a_name_of_the_setting_is_taken(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(allowed_hosts="mock.test,Other.Test:8900")
    for host in ("mock.test", "MOCK.test:1", "other.test:8900", "localhost", mock.host):
        assert call(mock, host=host).status == 200, host
    for host in ("other.test", "other.test:89", "x.mock.test", "evil.example"):
        assert_refused(call(mock, host=host), "Host is ")


def test_a_server_that_others_reach_goes_by_any_name_unless_it_is_told(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(host="0.0.0.0")
    assert call(mock, host="mock:8900").status == 200
    assert_refused(call(mock, host="mock:8900", Origin=EVIL), "Origin is ")
    told = start_mock(host="0.0.0.0", allowed_hosts=["mock"])
    assert call(told, host="mock:8900").status == 200
    assert_refused(call(told, host="evil.example"), "Host is ")


def test_a_star_is_every_host(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(allowed_hosts="*")
    assert call(mock, host="evil.example", Origin=EVIL).status == 200
    assert_refused(call(mock, Origin="null"), "Origin is 'null'")


# Origin and Sec-Fetch-Site: a page of another site


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://{host}",
        "http://localhost:{port}",
        "http://{host}.evil.example",
        "http://{host}, http://evil.example",
        "file://",
        "chrome-extension://abc",
    ],
)
def test_a_page_of_another_origin_is_refused(local: MockTingwu, origin: str) -> None:
    origin = origin.format(host=local.host, port=local.port)
    for method, path, body in (
        ("POST", "/_mock/scopes", b'{"name": "made-by-a-page"}'),
        ("GET", "/_mock/journal", None),
        ("DELETE", "/_mock/scopes/x", None),
        ("OPTIONS", "/_mock/scopes", None),
    ):
        answer = call(local, method, path, body, Origin=origin, Content_Type="text/plain")
        assert_refused(answer, "Origin is ")
    assert local.scopes == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site"])
def test_a_page_that_tells_no_origin_is_known_by_its_site(local: MockTingwu, site: str) -> None:
    for method in ("GET", "POST"):
        assert_refused(call(local, method, Sec_Fetch_Site=site), "Sec-Fetch-Site is ")


def test_the_server_s_own_pages_and_programs_are_taken(local: MockTingwu) -> None:
    for site in ("same-origin", "none"):
        assert call(local, Sec_Fetch_Site=site).status == 200
    own = call(local, Origin=f"http://{local.host}", Sec_Fetch_Site="same-origin")
    assert own.status == 200
    for host in ("localhost", "localhost:80"):
        assert call(local, host=host, Origin="http://localhost").status == 200


def test_a_host_of_the_setting_may_have_pages(start_mock: Callable[..., MockTingwu]) -> None:
    # Also such a one whose development server hands calls on, and leaves Origin as it is.
    mock = start_mock(allowed_hosts="localhost:3000,tool.test")
    for origin in ("http://localhost:3000", "https://tool.test", "http://TOOL.test:5173"):
        answer = call(mock, "POST", "/_mock/reset", b"", Origin=origin, Sec_Fetch_Site="cross-site")
        assert answer.status == 200, origin
    for origin in ("http://localhost:3001", "http://localhost", EVIL, "null"):
        assert_refused(call(mock, Origin=origin), "Origin is ")


# What stays open


def test_the_vendor_s_apis_are_open_to_every_page_as_in_the_cloud(local: MockTingwu) -> None:
    body = json.dumps(BODY).encode()
    answer = call(
        local, "PUT", START, body, host="evil.example", Origin=EVIL, Sec_Fetch_Site="cross-site"
    )
    assert answer.header("access-control-allow-origin") == "*"
    target = data(answer)["MeetingJoinUrl"].removeprefix("ws://evil.example")
    key = "dGhlIHNhbXBsZSBub25jZQ=="
    with wire(local) as connection:
        connection.send(handshake(local, target, key=key, extra=f"Origin: {EVIL}\r\n"))
        assert connection.read_head().header("sec-websocket-accept") == accept_for(key)


def test_there_is_no_websocket_below_the_control_api(local: MockTingwu) -> None:
    with wire(local) as connection:
        answer = connection.handshake("/_mock/journal/stream", extra=f"Origin: {EVIL}\r\n")
    assert answer.status == 404


def test_a_page_may_play_a_hosted_file_but_not_list_or_remove_it(local: MockTingwu) -> None:
    hosted = httpx.post(f"{local.url}/_mock/files?name=a.mp3", content=b"audio").json()
    path = hosted["url"].removeprefix(local.url)
    assert call(local, path=path, Sec_Fetch_Site="cross-site").body == b"audio"
    assert call(local, path=path, Origin=EVIL).body == b"audio"
    assert_refused(
        call(local, path="/_mock/files", Sec_Fetch_Site="cross-site"), "Sec-Fetch-Site is "
    )
    delete = call(local, "DELETE", f"/_mock/files/{hosted['id']}", Origin=EVIL)
    assert_refused(delete, "Origin is ")


# The setting, and what is recorded and told


@pytest.mark.parametrize(
    "value", ["http://mock.test", "mock.test/", "a b", "mock:port", [7], "*.x"]
)
def test_what_is_no_host_is_refused_by_the_setting(value: Any) -> None:
    with pytest.raises(SettingsError, match=r"^allowed_hosts is .*, expected hosts with commas"):
        Settings.of({"allowed_hosts": value})


def test_hosts_come_from_the_flag_the_environment_or_the_file(tmp_path: Path) -> None:
    assert Settings.load({"allowed_hosts": "a, b:1"}, {}, tmp_path).allowed_hosts == ("a", "b:1")
    environ = {"MOCK_TINGWU_ALLOWED_HOSTS": "[::1]:8900"}
    assert Settings.load({}, environ, tmp_path).allowed_hosts == ("[::1]:8900",)
    (tmp_path / "mock-tingwu.toml").write_text('allowed_hosts = ["*"]\n')
    assert Settings.load({}, {}, tmp_path).allowed_hosts == ("*",)


def test_a_recording_refuses_and_takes_the_same_again(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    mock = start_mock(host="0.0.0.0", record=True)
    assert call(mock, host="mock:8900").status == 200
    assert call(mock, Origin=EVIL).status == 403
    mock.bundle(tmp_path / "bundle.zip")
    mock.close()
    outcomes = replay(Bundle.read(tmp_path / "bundle.zip"))
    assert outcomes.difference is None, outcomes.difference


@pytest.mark.parametrize(
    ("host", "told"), [("0.0.0.0", True), ("", True), ("127.0.0.1", False), ("::1", False)]
)
def test_serve_says_so_where_others_reach_the_control_api(
    host: str, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    serve.announce(Settings.of({"host": host}), 8900)
    assert ("can use the control API" in capsys.readouterr().out) is told
