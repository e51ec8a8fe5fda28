"""Which hosts are contacted for a recording, and what stands for others."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu.services.fetching import Decision, Fetcher, FetchError
from mock_tingwu.services.hosting import HostedFiles, local_file
from mock_tingwu.settings import Settings
from tests.offline.fetchers import BODY, ELSEWHERE, get, make, refused
from tests.offline.helpers import Origin, Page

# Who is contacted


@pytest.mark.parametrize(
    ("url", "action"),
    [
        ("http://127.0.0.1:8000/a.mp3", "fetch"),
        ("http://127.3.2.1/a.mp3", "fetch"),
        ("http://[::1]:8000/a.mp3", "fetch"),
        ("https://localhost/a.mp3", "fetch"),
        ("http://LOCALHOST:8000/a.mp3", "fetch"),
        ("http://media.localhost/a.mp3", "fetch"),
        ("http://localhost.example.com/a.mp3", "imagine"),
        ("http://127.0.0.1.example.com/a.mp3", "imagine"),
        ("http://127.0.0.1@files.example.com/a.mp3", "imagine"),
        ("http://notlocalhost/a.mp3", "imagine"),
        (ELSEWHERE, "imagine"),
    ],
)
def test_auto_contacts_this_machine_only(url: str, action: str) -> None:
    decision = make().decide(url)
    assert decision.action == action
    assert decision.path is None
    assert (decision.address == url) is (action == "fetch")


def test_the_decision_names_the_file_and_the_reason() -> None:
    assert make().decide(ELSEWHERE) == Decision(
        "imagine",
        "the recording is imagined: files.example.com is not contacted; "
        "--fetch always or --file-host files.example.com=FOLDER would do it",
        "sync.mp3",
    )
    decision = make(fetch="never").decide("http://127.0.0.1/%E5%91%A8.mp3")
    assert decision == Decision("imagine", "the recording is imagined: fetch is never", "周.mp3")


def test_what_no_service_could_take_is_refused_under_every_policy(tmp_path: Path) -> None:
    hosted = HostedFiles(lambda: tmp_path)
    for policy in ("auto", "always", "never"):
        for url in ("ftp://files.example.com/a.mp3", "http://10.0.0.7/a.mp3", "http://[::1", ""):
            with pytest.raises(FetchError) as caught:
                hosts = {"media.example.com": tmp_path}
                settings = Settings.of({"fetch": policy, "file_hosts": hosts})
                Fetcher(settings, hosted.find).decide(url)
            assert caught.value.problem == "link"


@pytest.fixture
def names_lead_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host name is an address of this machine."""
    resolve = socket.getaddrinfo

    def home(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", home)


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("names_lead_home", "no_proxy")
def test_always_contacts_every_host(origin: Origin, target: Path) -> None:
    origin.add("/a.mp3", Page(BODY))
    url = origin.url("/a.mp3", "files.example.com")
    assert get(url, target, make(fetch="always")).size == len(BODY)
    assert origin.seen[0].header("Host") == f"files.example.com:{origin.port}"
    assert refused(url, target)[1] == (
        f"files.example.com:{origin.port} is not contacted: fetch is auto"
    )


@pytest.mark.usefixtures("no_proxy")
def test_a_proxy_is_for_other_machines(
    origin: Origin, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{origin.host}")
    origin.add("/a.mp3", Page(BODY))
    origin.add("http://files.example.com/a.mp3", Page(BODY[:500]))
    fetcher = make(fetch="always")
    assert get("http://files.example.com/a.mp3", target, fetcher).size == 500
    assert origin.seen[0].target == "http://files.example.com/a.mp3"
    assert get(origin.url("/a.mp3"), target, fetcher).size == len(BODY)
    assert origin.seen[-1].target == "/a.mp3"


def test_never_imagines_all_but_the_mock_s_own_files(tmp_path: Path) -> None:
    hosted = HostedFiles(lambda: tmp_path)
    (tmp_path / "a.mp3").write_bytes(BODY)
    own = hosted.add(local_file(tmp_path / "a.mp3"))
    settings = Settings.of({"fetch": "never", "file_hosts": {"media.example.com": tmp_path}})
    fetcher = Fetcher(settings, hosted.find)
    for url in (ELSEWHERE, "http://127.0.0.1/a.mp3", "http://media.example.com/a.mp3"):
        assert fetcher.decide(url).action == "imagine"
    decision = fetcher.decide(f"http://172.17.0.2:8900{own.url_path}")
    assert (decision.action, decision.path, decision.name) == (
        "own",
        tmp_path / "a.mp3",
        "a.mp3",
    )


def test_a_hosted_file_that_is_not_there_is_a_bad_link(tmp_path: Path) -> None:
    hosted = HostedFiles(lambda: tmp_path)
    (tmp_path / "a.mp3").write_bytes(BODY)
    own = hosted.add(local_file(tmp_path / "a.mp3"))
    url = f"http://mock.example.com{own.url_path}"
    fetcher = Fetcher(Settings(), hosted.find)
    (tmp_path / "a.mp3").unlink()
    with pytest.raises(FetchError, match=r"'a\.mp3' is no longer where it was"):
        fetcher.decide(url)
    hosted.forget()
    with pytest.raises(FetchError, match="no such file is hosted here"):
        fetcher.decide(url)


# Mapped hosts


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """A folder with recordings, and a secret beside it."""
    folder = tmp_path / "recordings"
    (folder / "周会").mkdir(parents=True)
    (folder / "周会" / "a b.mp3").write_bytes(BODY)
    (folder / "%2e%2e").write_bytes(BODY)
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    return folder


@pytest.mark.parametrize(
    "url",
    [
        "https://media.example.com/%E5%91%A8%E4%BC%9A/a%20b.mp3?Signature=x",
        "https://media.example.com/周会/a%20b.mp3",
        "http://MEDIA.example.com:8443//周会/a%20b.mp3",
    ],
)
def test_a_mapped_folder_stands_for_a_host(recordings: Path, url: str) -> None:
    decision = make(file_hosts={"media.example.com": recordings}).decide(url)
    assert decision.path == recordings / "周会" / "a b.mp3"
    assert (decision.action, decision.name) == ("fetch", "a b.mp3")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/周会",
        "/周会/",
        "/missing.mp3",
        "/../secret.mp3",
        "/%2e%2e/secret.mp3",
        "/周会/../../secret.mp3",
        "/周会/..%2f..%2fsecret.mp3",
        "/..%5Csecret.mp3",
        "/周会%2fa%20b.mp3",
        "/周会/a%20b.mp3%00",
        "/./周会/a%20b.mp3",
    ],
)
def test_nothing_but_the_files_of_a_mapped_folder_is_reached(recordings: Path, path: str) -> None:
    fetcher = make(file_hosts={"media.example.com": recordings})
    with pytest.raises(FetchError) as caught:
        fetcher.decide(f"http://media.example.com{path}")
    assert caught.value.problem == "link"
    assert "media.example.com stands for" in caught.value.detail


def test_a_path_is_decoded_once(recordings: Path) -> None:
    fetcher = make(file_hosts={"media.example.com": recordings})
    assert fetcher.decide("http://media.example.com/%252e%252e").path == recordings / "%2e%2e"


@pytest.mark.parametrize(
    ("mapped", "url", "taken"),
    [
        ("media.example.com", "http://media.example.com/%252e%252e", True),
        ("media.example.com", "http://media.example.com:81/%252e%252e", True),
        ("media.example.com:81", "http://media.example.com:81/%252e%252e", True),
        ("media.example.com:81", "http://media.example.com/%252e%252e", False),
        ("media.example.com:443", "https://media.example.com/%252e%252e", True),
        ("media.example.com:443", "http://media.example.com/%252e%252e", False),
        ("10.0.0.7", "http://10.0.0.7:9000/%252e%252e", True),
        ("[2001:db8::1]", "http://[2001:db8::1]:9000/%252e%252e", True),
        ("recorder.invalid", "http://recorder.invalid/%252e%252e", True),
        ("127.0.0.1:7", "http://127.0.0.1:7/%252e%252e", True),
        ("example.com", "http://media.example.com/%252e%252e", False),
    ],
)
def test_hosts_are_mapped_with_or_without_a_port(
    recordings: Path, mapped: str, url: str, taken: bool
) -> None:
    decision = make(file_hosts={mapped: recordings}).decide(url)
    assert (decision.path is not None) is taken


def test_a_mapped_url_stands_for_a_host(origin: Origin, target: Path) -> None:
    origin.add("/files/weekly/sync.mp3", Page(BODY))
    fetcher = make(file_hosts={"files.example.com": origin.url("/files/")})
    decision = fetcher.decide(f"{ELSEWHERE}?token=hush")
    assert decision.why == (
        f"the recording is fetched from {origin.url('/files/weekly/sync.mp3')}, "
        "which stands for files.example.com"
    )
    assert get(f"{ELSEWHERE}?token=hush", target, fetcher).size == len(BODY)
    assert origin.seen[0].target == "/files/weekly/sync.mp3?token=hush"
    assert origin.seen[0].header("Host") == origin.host
    problem, detail = refused("https://files.example.com/%2e%2e/private/a.mp3", target, fetcher)
    assert (problem, "leads out of" in detail) == ("link", True)
