"""How recordings are got: the policy, the requests that a server sees, and what goes wrong."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mock_tingwu import MockTingwu
from mock_tingwu.services.fetching import Fetcher
from mock_tingwu.settings import Settings
from tests.conftest import RECORDING
from tests.offline import tasks
from tests.offline.fetchers import BODY, ELSEWHERE, RANGES, get, impatient, make, refused
from tests.offline.helpers import Origin, Page

# What the server sees


def test_the_server_sees_the_requests_that_the_cloud_sends(origin: Origin, target: Path) -> None:
    url = origin.add("/weekly/sync.mp3", Page(BODY, headers={"Content-Type": "audio/mpeg"}))
    fetched = get(f"{url}?token=a%2Fb+c", target)
    assert target.read_bytes() == BODY
    assert (fetched.path, fetched.name, fetched.size) == (target, "sync.mp3", len(BODY))
    assert (fetched.content_type, fetched.notes) == ("audio/mpeg", [])
    assert origin.asked == list(zip(RANGES, [206, 416, 206], strict=True))
    assert fetched.requests == origin.asked
    for seen, asked in zip(origin.seen, RANGES, strict=True):
        assert seen.target == "/weekly/sync.mp3?token=a%2Fb+c"
        assert dict(seen.headers) == {
            "Host": origin.host,
            "User-Agent": "Lavf/59.16.100",
            "Accept": "*/*",
            "Connection": "close",
            "Icy-MetaData": "1",
            "Accept-Encoding": "identity",
            "Range": asked,
        }


def test_a_file_that_ends_before_the_last_range_is_not_asked_for_it(
    origin: Origin, target: Path
) -> None:
    get(origin.add("/a.mp3", Page(BODY[:1158])), target)
    assert origin.asked == list(zip(RANGES[:2], [206, 416], strict=True))
    get(origin.add("/b.mp3", Page(BODY[:1159])), target)
    assert origin.asked[2:] == list(zip(RANGES, [206, 416, 206], strict=True))


def test_a_server_without_ranges_works_and_is_noted(origin: Origin, target: Path) -> None:
    fetched = get(origin.add("/a.mp3", Page(BODY, ranges=False)), target)
    assert target.read_bytes() == BODY
    assert fetched.requests == [(asked, 200) for asked in RANGES]
    assert fetched.notes == [
        f"{origin.host} answered 200 to Range {RANGES[1]}, where the cloud expects 416",
        f"{origin.host} answered 200 to Range {RANGES[2]}, where the cloud expects 206",
    ]


def test_a_link_that_works_once_is_enough(origin: Origin, target: Path) -> None:
    class Once(dict[str, Page]):
        def get(self, key: str, default: Any = None) -> Any:
            return self.pop(key, default)

    origin.pages = Once({"/a.mp3": Page(BODY)})
    fetched = get(origin.url("/a.mp3"), target)
    assert target.read_bytes() == BODY
    assert [status for _, status in fetched.requests] == [206, 404, 404]
    assert len(fetched.notes) == 2


def test_a_server_that_falls_silent_after_the_file_is_noted(origin: Origin, target: Path) -> None:
    class Once(dict[str, Page]):
        def get(self, key: str, default: Any = None) -> Any:
            return self.pop(key, Page(hang=-1))

    origin.pages = Once({"/a.mp3": Page(BODY)})
    fetched = get(origin.url("/a.mp3"), target, impatient())
    assert fetched.size == len(BODY)
    assert fetched.notes[0] == f"Range {RANGES[1]}: {origin.host} sent nothing for 0.2 s"


def test_an_empty_file_is_fetched_from_a_server_without_ranges(
    origin: Origin, target: Path
) -> None:
    assert get(origin.add("/a.mp3", Page(b"", ranges=False)), target).size == 0
    assert target.read_bytes() == b""


def test_a_name_with_other_letters_arrives_encoded(origin: Origin, target: Path) -> None:
    origin.add("/%E5%91%A8%20%E4%BC%9A.mp3", Page(BODY))
    assert get(origin.url("/周%20会.mp3"), target).name == "周 会.mp3"
    assert origin.seen[0].target == "/%E5%91%A8%20%E4%BC%9A.mp3"


def test_names_below_localhost_are_this_machine_and_keep_their_name(
    origin: Origin, target: Path
) -> None:
    origin.add("/a.mp3", Page(BODY))
    get(origin.url("/a.mp3", "media.localhost"), target)
    assert target.read_bytes() == BODY
    assert origin.seen[0].header("Host") == f"media.localhost:{origin.port}"


def test_credentials_in_the_url_are_sent_and_never_shown(origin: Origin, target: Path) -> None:
    origin.add("/a.mp3", Page(BODY, ranges=False))
    origin.add("/b.mp3", Page(status=302, headers={"Location": "/a.mp3"}))
    url = origin.url("/b.mp3?Signature=hush").replace("//", "//me:hush@")
    fetched = get(url, target)
    assert origin.seen[0].header("Authorization") == "Basic bWU6aHVzaA=="
    assert fetched.notes and not any("hush" in note for note in fetched.notes)


def test_what_was_compressed_unasked_is_kept_and_noted(origin: Origin, target: Path) -> None:
    packed = gzip.compress(BODY, mtime=0)
    page = Page(packed, headers={"Content-Encoding": "gzip"})
    fetched = get(origin.add("/a.mp3", page), target)
    assert target.read_bytes() == packed
    assert fetched.notes == [f"{origin.host} sent gzip unasked, which is kept as it is"]


# Content-Length


@pytest.mark.parametrize("missing", [1, 5_000])
def test_a_body_shorter_than_announced_fails(origin: Origin, target: Path, missing: int) -> None:
    page = Page(BODY, ranges=False, length=len(BODY) + missing)
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert problem == "length"
    assert f"ended after {len(BODY)} of {len(BODY) + missing} bytes" in detail


def test_a_body_longer_than_announced_is_read_as_far_as_announced(
    origin: Origin, target: Path
) -> None:
    fetched = get(origin.add("/a.mp3", Page(BODY, ranges=False, length=100)), target)
    assert (fetched.size, target.read_bytes()) == (100, BODY[:100])


def test_an_answer_without_a_length_fails(origin: Origin, target: Path) -> None:
    for page in (Page(BODY, length=False), Page(BODY, length=False, chunked=True)):
        problem, detail = refused(origin.add("/a.mp3", page), target)
        assert (problem, "no Content-Length" in detail) == ("length", True)


@pytest.mark.parametrize(
    ("length", "words"), [(100, "sent more than 100"), (9_999, "5120 of 9999")]
)
def test_a_length_that_chunks_do_not_keep_to_fails(
    origin: Origin, target: Path, length: int, words: str
) -> None:
    page = Page(BODY, ranges=False, length=length, chunked=True)
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert (problem, words in detail) == ("length", True), detail


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_fails(origin: Origin, target: Path, reset: bool) -> None:
    page = Page(BODY, ranges=False, length=10**6, cut=1000, reset=reset)
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert problem == "length"
    assert detail.startswith(f"the connection to {origin.host} ended after ")


@pytest.mark.parametrize(
    "sent", ["bytes 0-99/5120", "bytes 1-5120/5121", "bytes 0-5119/9999", "nonsense"]
)
def test_a_part_instead_of_the_whole_fails(origin: Origin, target: Path, sent: str) -> None:
    page = Page(BODY, 206, headers={"Content-Range": sent})
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert problem == "length"
    assert f"a part of the file only: 206 {sent}" in detail


def test_a_whole_whose_length_the_server_does_not_tell_is_taken(
    origin: Origin, target: Path
) -> None:
    page = Page(BODY, 206, headers={"Content-Range": "bytes 0-5119/*"})
    assert get(origin.add("/a.mp3", page), target).size == 5120


# Size


def test_a_file_over_6_gb_is_refused_before_it_comes(origin: Origin, target: Path) -> None:
    page = Page(BODY, length=6 * 1024**3 + 1, hang=10)
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert problem == "size"
    assert "6442450945 bytes" in detail
    page = Page(BODY, length=6 * 1024**3)
    assert refused(origin.add("/a.mp3", page), target)[0] == "length"


# No answer, or the wrong one


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410, 416, 429, 500, 503])
def test_every_other_status_is_a_bad_link(origin: Origin, target: Path, status: int) -> None:
    page = Page(b"" if status == 204 else b"no", status)
    problem, detail = refused(origin.add("/a.mp3", page), target)
    assert problem == "link"
    assert detail.startswith(f"{origin.host} answered {status}")


def test_an_empty_file_of_a_server_with_ranges_is_a_bad_link(origin: Origin, target: Path) -> None:
    assert refused(origin.add("/a.mp3", Page(b"")), target)[0] == "link"


def test_a_refused_connection_is_told(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        assert refused(f"http://{host}/a.mp3", target) == (
            "link",
            f"{host} refused the connection",
        )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse when a queue is full")
def test_a_connection_that_is_not_accepted_is_given_up(target: Path) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        host = f"127.0.0.1:{full.getsockname()[1]}"
        waiting = [socket.socket() for _ in range(8)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        try:
            problem, detail = refused(f"http://{host}/a.mp3", target, impatient())
        finally:
            for client in waiting:
                client.close()
    assert (problem, detail) == ("link", f"{host} did not accept a connection within 0.2 s")


@pytest.mark.parametrize("bytes_sent", [-1, 0, 1000])
def test_a_server_that_falls_silent_is_given_up(
    origin: Origin, target: Path, bytes_sent: int
) -> None:
    url = origin.add("/a.mp3", Page(BODY, hang=bytes_sent))
    assert refused(url, target, impatient()) == (
        "link",
        f"{origin.host} sent nothing for 0.2 s",
    )


@pytest.mark.parametrize(
    "raw", [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"]
)
def test_what_is_not_http_is_a_bad_link(origin: Origin, target: Path, raw: bytes) -> None:
    problem, detail = refused(origin.add("/a.mp3", Page(raw=raw)), target)
    assert problem == "link"
    assert detail.startswith(f"{origin.host} does not answer in HTTP: ")


def test_a_name_that_does_not_resolve_is_told(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert refused(ELSEWHERE, target, make(fetch="always")) == (
        "link",
        "the name of files.example.com cannot be resolved",
    )


@pytest.mark.parametrize(
    ("address", "words"),
    [("127.0.0.1", "refused the connection"), ("255.255.255.255", "cannot be reached: ")],
)
def test_a_host_with_several_addresses_is_tried_at_each(
    target: Path, monkeypatch: pytest.MonkeyPatch, address: str, words: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))] * 2
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    problem, detail = refused(f"http://files.localhost:{port}/a.mp3", target, make(fetch="always"))
    assert problem == "link"
    assert detail.startswith(f"files.localhost:{port} {words}")


def test_a_connection_that_is_cut_before_the_answer_is_told(origin: Origin, target: Path) -> None:
    url = origin.add("/a.mp3", Page(raw=b"", reset=True))
    problem, detail = refused(url, target)
    assert problem == "link"
    assert detail == f"the connection to {origin.host} broke"


def test_a_host_that_has_no_encoding_is_told(target: Path) -> None:
    problem, detail = refused("http://☃--.localhost/a.mp3", target)
    assert problem == "link"
    assert detail.startswith("☃--.localhost cannot be asked: ")


def test_a_folder_that_is_gone_is_told(origin: Origin, tmp_path: Path) -> None:
    url = origin.add("/a.mp3", Page(BODY))
    problem, detail = refused(url, tmp_path / "gone" / "source")
    assert problem == "link"
    assert "could not fetch the recording" in detail and "gone" in detail


def test_cancelling_leaves_no_file(origin: Origin, target: Path) -> None:
    url = origin.add("/a.mp3", Page(bytes(3 << 20), hang=2 << 20))

    async def cancel() -> None:
        job = asyncio.create_task(Fetcher(Settings()).fetch(url, target))
        while not (target.exists() or job.done()):
            await asyncio.sleep(0.001)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    asyncio.run(cancel())
    assert not target.exists()


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that nobody trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mock-tingwu tests")])
    names: list[x509.GeneralName] = [
        x509.DNSName("media.localhost"),
        x509.IPAddress(IPv4Address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    pem = serialization.Encoding.PEM
    form, lock = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(pem, form, lock) + made.public_bytes(pem))
    return path


@pytest.fixture
def tls_origin(certificate: Path) -> Iterator[Origin]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Origin(context) as origin:
        origin.add("/a.mp3", Page(BODY))
        yield origin


def test_a_certificate_that_nobody_trusts_is_a_bad_link(tls_origin: Origin, target: Path) -> None:
    problem, detail = refused(tls_origin.url("/a.mp3"), target)
    assert problem == "link"
    assert detail.startswith(f"the certificate of {tls_origin.host} is not trusted: ")


def test_a_certificate_of_one_s_own_is_trusted_by_the_environment(
    tls_origin: Origin, target: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    for host in ("127.0.0.1", "media.localhost"):
        assert get(tls_origin.url("/a.mp3", host), target).size == len(BODY)
    problem, detail = refused(tls_origin.url("/a.mp3", "other.localhost"), target)
    assert (problem, "other.localhost" in detail) == ("link", True)


def test_a_server_without_tls_is_told(origin: Origin, target: Path) -> None:
    problem, detail = refused(f"https://{origin.host}/a.mp3", target)
    assert (problem, f"{origin.host} does not speak TLS" in detail) == ("link", True)


# Redirects


def redirect(location: str, status: int = 302) -> Page:
    return Page(b"moved", status, headers={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_on_this_machine_are_followed(origin: Origin, target: Path, status: int) -> None:
    origin.add("/b/c.mp3", Page(BODY))
    url = origin.add("/a.mp3", redirect("b/c.mp3", status))
    fetched = get(url, target)
    assert target.read_bytes() == BODY
    assert fetched.name == "a.mp3"
    assert fetched.notes == [f"{url} redirects to {origin.url('/b/c.mp3')}"]
    assert [seen.target for seen in origin.seen] == ["/a.mp3"] + ["/b/c.mp3"] * 3
    assert fetched.requests == [(RANGES[0], status), *origin.asked[1:]]


@pytest.mark.parametrize(("hops", "allowed"), [(5, True), (6, False)])
def test_five_redirects_are_enough(origin: Origin, target: Path, hops: int, allowed: bool) -> None:
    for hop in range(hops):
        origin.add(f"/{hop}", redirect(f"/{hop + 1}"))
    origin.add(f"/{hops}", Page(BODY))
    if allowed:
        assert get(origin.url("/0"), target).size == len(BODY)
    else:
        assert refused(origin.url("/0"), target) == ("link", "there are more than 5 redirects")


def test_a_page_that_leads_to_itself_is_given_up(origin: Origin, target: Path) -> None:
    assert refused(origin.add("/a", redirect("/a")), target)[0] == "link"
    assert len(origin.seen) == 6


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://files.example.com/a.mp3", "files.example.com is not contacted: fetch is auto"),
        ("http://10.0.0.7/a.mp3", "10.0.0.7 is an IP address"),
        ("file:///etc/passwd", "begins with file:"),
        ("http://[::1/a.mp3", "Invalid URL in location header"),
    ],
)
def test_a_redirect_leads_nowhere_that_may_not_be_contacted(
    origin: Origin, target: Path, location: str, words: str
) -> None:
    problem, detail = refused(origin.add("/a.mp3", redirect(location)), target)
    assert problem == "link"
    assert words in detail
    assert len(origin.seen) == 1


def test_a_redirect_without_a_place_is_a_bad_link(origin: Origin, target: Path) -> None:
    problem, detail = refused(origin.add("/a.mp3", Page(b"", 302)), target)
    assert (problem, detail) == ("link", f"{origin.host} answered 302 Found")


def test_a_redirect_may_lead_to_a_mapped_folder(
    origin: Origin, target: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "b.mp3").write_bytes(BODY)
    fetcher = make(file_hosts={"media.example.com": folder})
    url = origin.add("/a.mp3", redirect("https://media.example.com/b.mp3"))
    fetched = get(url, target, fetcher)
    assert (target.read_bytes(), fetched.size) == (BODY, len(BODY))
    url = origin.add("/a.mp3", redirect("http://media.example.com/c.mp3"))
    problem, detail = refused(url, target, fetcher)
    assert (problem, "which has no '/c.mp3'" in detail) == ("link", True)


# In a task


def test_a_recording_that_is_fetched_is_heard(mock: MockTingwu, origin: Origin) -> None:
    url = origin.add("/weekly.wav", Page(RECORDING.read_bytes()))
    data = tasks.done(mock, url)
    audio = tasks.result(data, "Transcription")["AudioInfo"]
    assert audio["Size"] == RECORDING.stat().st_size
    assert audio["Duration"] == pytest.approx(39_370, abs=100)
    assert len(tasks.texts(data)) > 5
    assert [asked for asked, _ in origin.asked] == RANGES
    assert "127.0.0.1 is this machine" in tasks.why(mock, data["TaskId"])


@pytest.mark.parametrize(
    ("page", "code", "why"),
    [
        (Page(status=403), "TSC.AudioFileLink", "answered 403 Forbidden"),
        (Page(BODY, length=9999, ranges=False), "TSC.ContentLengthCheckFailed", "of 9999 bytes"),
        (Page(BODY, length=2**40), "TSC.AudioFileSize", "1099511627776 bytes"),
    ],
)
def test_a_recording_that_cannot_be_had_fails_its_task(
    mock: MockTingwu, origin: Origin, page: Page, code: str, why: str
) -> None:
    task_id = tasks.create(mock, origin.add("/a.mp3", page))["TaskId"]
    data = tasks.finished(mock, task_id)
    assert (data["TaskStatus"], data["ErrorCode"]) == ("FAILED", code)
    assert why in tasks.why(mock, task_id)


def test_a_mapped_recording_is_read_from_its_folder(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(file_hosts={"media.example.com": RECORDING.parent})
    data = tasks.done(mock, f"https://media.example.com/{RECORDING.name}")
    audio = tasks.result(data, "Transcription")["AudioInfo"]
    assert audio["Size"] == RECORDING.stat().st_size
    assert RECORDING.is_file()
    code, _ = tasks.failed(mock, "https://media.example.com/missing.wav")
    assert code == "TSC.AudioFileLink"
