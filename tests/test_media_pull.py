"""Streams that are pulled: over HTTP, HLS and RTMP, from servers on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from cryptography.x509.oid import NameOID

from mock_tingwu.media import MediaUnavailable, PullError, Stopped, pull, pull_bodies
from mock_tingwu.media.errors import Stop, never
from mock_tingwu.media.pulled import Pulled
from tests.conftest import RECORDING
from tests.media_samples import (
    KINDS,
    SPOKEN_MS,
    Kind,
    bursts,
    make_file,
    milliseconds,
    peak,
    recorded,
)
from tests.media_site import (
    PATIENCE_S,
    RATE,
    SECONDS,
    Handler,
    Page,
    Site,
    file,
    flv_pieces,
    flv_tag,
    live,
    redirect,
    silent,
    speech,
    speech_as,
)
from tests.rtmp_server import Ending, RtmpServer, tags_of

TS = Kind("talk.ts", "mpegts", "aac", "mpegts", "aac")
FRAGMENTED = (("movflags", "frag_keyframe+empty_moov+default_base_moof"),)


def same(url: str) -> str | None:
    return url


def opened(
    url: str,
    *,
    allowed: Callable[[str], str | None] = same,
    stop: Stop = never,
    rate: int = RATE,
    open_s: float = 5.0,
    read_s: float = 5.0,
) -> Pulled:
    return pull(url, rate, stop=stop, allowed=allowed, open_s=open_s, read_s=read_s)


def heard(pulled: Pulled) -> bytes:
    """Read a stream to its clean end."""
    try:
        chunks = list(pulled)
        assert all(0 < len(chunk) <= RATE // 5 for chunk in chunks)
        return b"".join(chunks)
    finally:
        pulled.close()


def broken(pulled: Pulled) -> tuple[bytes, PullError]:
    """Read a stream to where it breaks off."""
    pcm = bytearray()
    try:
        with pytest.raises(PullError) as caught:
            for chunk in pulled:
                pcm += chunk
        return bytes(pcm), caught.value
    finally:
        pulled.close()


def refusal(url: str, **options: Any) -> PullError:
    with pytest.raises(PullError) as caught:
        opened(url, **options)
    assert str(caught.value) == f"{caught.value.problem}: {caught.value.detail}"
    return caught.value


def assert_speech(pcm: bytes, seconds: float = SECONDS) -> None:
    assert milliseconds(pcm, RATE) == pytest.approx(seconds * 1000, abs=150)
    # As loud as what was sent, second by second: nothing is lost, doubled or out of order.
    for second in range(int(seconds)):
        begin, end = second * 1000 + 100, second * 1000 + 900
        sent, came = peak(speech(), RATE, begin, end), peak(pcm, RATE, begin, end)
        assert came == pytest.approx(sent, rel=0.35, abs=600)


# FLV over HTTP


def test_a_live_flv_is_heard_while_it_comes(site: Site) -> None:
    content = speech_as("flv", "aac")
    gate = threading.Event()

    def pieces() -> Iterator[bytes]:
        tags = list(flv_pieces(content))
        yield from tags[:30]  # two seconds
        assert gate.wait(PATIENCE_S)  # nobody has heard what is not sent yet
        yield from tags[30:]

    pulled = opened(site.add("/live/meeting.flv", live(pieces)))
    assert pulled.described == "flv, aac, 16000 Hz, 1 channel(s)"
    assert not pulled.recorded
    first = next(pulled)
    gate.set()
    assert_speech(first + heard(pulled))
    assert pulled.note == ""
    assert site.agents == {"Lavf/59.16.100"}


def test_a_live_flv_in_real_time_begins_long_before_it_ends(site: Site) -> None:
    sent: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece in flv_pieces(speech_as("flv", "aac"), speed=3):
            sent.append(piece)
            yield piece

    pulled = opened(site.add("/live.flv", live(pieces)))
    assert len(sent) < 35
    assert_speech(heard(pulled))


def test_a_stream_that_breaks_off_is_no_stream_that_ends(site: Site) -> None:
    content = speech_as("flv", "aac")
    tags = list(flv_pieces(content))
    half = tags[: len(tags) // 2]
    pcm, error = broken(opened(site.add("/live.flv", live(lambda: iter(half), ends=False))))
    assert error.problem == "broken"
    assert "127.0.0.1" in error.detail
    assert_speech(pcm, SECONDS / 2)


def test_a_file_that_is_shorter_than_promised_has_broken_off(site: Site) -> None:
    content = speech_as("mp3", "libmp3lame")
    pulled = opened(site.add("/talk.mp3", file(content, cut=len(content) // 2)))
    assert pulled.recorded
    pcm, error = broken(pulled)
    assert error.problem == "broken"
    assert 2000 < milliseconds(pcm, RATE) < 4000


def test_a_reset_connection_has_broken_off(site: Site) -> None:
    def page(handler: Handler) -> None:
        handler.start(200, {})
        handler.wfile.write(speech_as("flv", "aac")[:8000])
        linger = struct.pack("ii", 1, 0)
        time.sleep(0.2)  # what was written is to arrive
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.connection.close()

    _, error = broken(opened(site.add("/live.flv", page)))
    assert error.problem == "broken"


def test_damaged_frames_are_left_out_and_counted(site: Site) -> None:
    content = speech_as("flv", "aac")
    tags = list(tags_of(content))
    for number in range(40, 60):
        kind, at, payload = tags[number]
        tags[number] = kind, at, payload[:2] + b"\xff" * (len(payload) - 2)
    tags.insert(30, (5, 0, b"what is this"))
    pieces = [content[:13], *(flv_tag(*tag) for tag in tags)]
    pulled = opened(site.add("/live.flv", live(lambda: iter(pieces))))
    assert milliseconds(heard(pulled), RATE) > (SECONDS - 2) * 1000
    assert "damaged piece(s) of the audio were skipped." in pulled.note


@pytest.mark.parametrize(
    ("codec", "rate", "name"),
    [
        ("libmp3lame", 44_100, "mp3"),
        ("pcm_s16le", 44_100, "pcm_s16le"),
        ("pcm_alaw", 8000, "pcm_alaw"),
        ("pcm_mulaw", 8000, "pcm_mulaw"),
        ("libopus", 48_000, "opus"),
        ("ac3", 44_100, "ac3"),
        ("eac3", 44_100, "eac3"),
        ("nellymoser", 22_050, "nellymoser"),
        ("aac", 48_000, "aac"),
    ],
)
def test_flv_of_every_codec(site: Site, codec: str, rate: int, name: str) -> None:
    content = make_file(Kind("talk", "flv", codec, "", "", rate), bursts(rate), "mono", [])
    pulled = opened(site.add("/talk.flv", content))
    assert pulled.recorded
    assert pulled.described == f"flv, {name}, {rate} Hz, 1 channel(s)"
    pcm = heard(pulled)
    assert milliseconds(pcm, RATE) == pytest.approx(SPOKEN_MS, abs=150)
    for second in (0, 1000, 2000):
        assert peak(pcm, RATE, second + 120, second + 350) > 5000
    for second in (500, 1500):
        assert peak(pcm, RATE, second + 150, second + 440) < 500


# Files


@pytest.mark.parametrize("name", ["talk.mp3", "talk.wav", "opus.ogg", "talk.mp4", "talk.mkv"])
@pytest.mark.parametrize("ranges", [True, False])
def test_files_over_http(site: Site, name: str, ranges: bool) -> None:
    pulled = opened(site.add(f"/{name}", file(recorded(KINDS[name]), ranges=ranges)))
    assert pulled.recorded
    assert milliseconds(heard(pulled), RATE) == pytest.approx(SPOKEN_MS, abs=150)


def test_a_live_mp3(site: Site) -> None:
    content = speech_as("mp3", "libmp3lame")
    pieces = [content[start : start + 500] for start in range(0, len(content), 500)]
    pulled = opened(site.add("/radio", live(lambda: iter(pieces))))
    assert not pulled.recorded
    assert_speech(heard(pulled))


@pytest.mark.parametrize("form", ["path", "URL", "mapped"])
def test_a_file_on_this_machine(tmp_path: Path, form: str) -> None:
    path = tmp_path / "the talk.wav"
    path.write_bytes(RECORDING.read_bytes()[: SECONDS * RATE * 2])
    url, allowed = path.as_uri(), same
    if form == "path":
        url = str(path)
    elif form == "mapped":
        url, allowed = "http://media.example/talk", lambda url: path.as_uri()
    pulled = opened(url, allowed=allowed)
    assert pulled.recorded
    assert pulled.described == "wav, pcm_s16le, 16000 Hz, 1 channel(s)"
    assert heard(pulled)[:32_000] == speech()[:32_000]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "nothing.wav")).problem == "status"


def test_the_rate_is_what_was_asked_for(site: Site) -> None:
    pulled = opened(site.add("/talk.mp3", recorded(KINDS["talk.mp3"])), rate=8000)
    assert milliseconds(b"".join(pulled), 8000) == pytest.approx(SPOKEN_MS, abs=150)
    pulled.close()


# HLS


def playlist(names: list[str], *, first: int = 0, ended: bool = True, target: float = 1) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{target}"]
    lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first}")
    for name in names:
        lines += [f"#EXTINF:{target},", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST"] if ended else lines).encode()


@cache
def segments() -> list[bytes]:
    """A second of speech each."""
    return [
        make_file(TS, speech()[start : start + RATE * 2], "mono", [])
        for start in range(0, len(speech()), RATE * 2)
    ]


def add_segments(site: Site) -> list[str]:
    names = [f"part-{number}.ts" for number in range(len(segments()))]
    for name, content in zip(names, segments(), strict=True):
        site.add(f"/hls/{name}", content)
    return names


def test_a_recorded_hls_stream(site: Site) -> None:
    names = add_segments(site)
    pulled = opened(site.add("/hls/talk.m3u8", playlist(names)))
    assert pulled.recorded
    assert pulled.described == "hls, aac, 16000 Hz, 1 channel(s)"
    assert milliseconds(heard(pulled), RATE) == pytest.approx(SECONDS * 1000, abs=700)
    assert pulled.note == ""


def test_a_live_hls_stream_is_joined_near_its_end_and_followed(site: Site) -> None:
    names = add_segments(site)
    shown = iter([(0, 4), (0, 4), (1, 5), (2, 6)])
    state = [(0, 4)]

    def page(handler: Handler) -> None:
        begin, end = state[0] = next(shown, state[0])
        ended = state[0] == (2, 6)
        file(playlist(names[begin:end], first=begin, ended=ended, target=0.2))(handler)

    pulled = opened(site.add("/hls/live.m3u8", page))
    assert not pulled.recorded
    assert milliseconds(heard(pulled), RATE) == pytest.approx((SECONDS - 1) * 1000, abs=700)
    asked = [path for path in site.asked if path.endswith(".ts")]
    assert asked == [f"/hls/{name}" for name in names[1:]]


def test_a_live_hls_stream_that_does_not_grow_is_given_up(site: Site) -> None:
    names = add_segments(site)
    content = playlist(names[:2], ended=False, target=0.1)
    pulled = opened(site.add("/hls/live.m3u8", content), read_s=0.3)
    pcm = bytearray()
    with contextlib.suppress(PullError):
        for chunk in pulled:
            pcm += chunk
    pulled.close()
    assert milliseconds(bytes(pcm), RATE) > 1500


def test_the_variant_with_the_least_is_read_and_its_audio_alone(site: Site) -> None:
    add_segments(site)
    names = [f"../hls/part-{number}.ts" for number in range(SECONDS)]
    site.add("/low/audio.m3u8", playlist(names))
    master = """\
#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="Chinese, mostly",DEFAULT=YES,URI="low/audio.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="low",NAME="English",URI="low/english.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS="avc1.64001e"
silent.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="low"
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=200000,CODECS="avc1.64001e,mp4a.40.2",AUDIO="low"
low.m3u8
"""
    pulled = opened(site.add("/talk.m3u8", master.encode()))
    assert milliseconds(heard(pulled), RATE) == pytest.approx(SECONDS * 1000, abs=700)


@pytest.mark.parametrize("ranges", [True, False])
def test_fragments_of_mp4_in_one_file(site: Site, ranges: bool) -> None:
    kind = Kind("talk.mp4", "mp4", "aac", "mp4", "aac", options=FRAGMENTED)
    content = make_file(kind, bursts(RATE), "mono", [])
    at = content.index(b"moof") - 4
    site.add("/talk.mp4", file(content, ranges=ranges))
    text = f"""\
#EXTM3U
#EXT-X-TARGETDURATION:3
#EXT-X-MAP:URI="talk.mp4",BYTERANGE="{at}@0"
#EXTINF:1,
#EXT-X-BYTERANGE:1000@{at}
talk.mp4
#EXTINF:1,
#EXT-X-BYTERANGE:{len(content) - at - 1000}
talk.mp4
#EXT-X-ENDLIST
"""
    pcm = heard(opened(site.add("/talk.m3u8", text.encode())))
    assert milliseconds(pcm, RATE) == pytest.approx(SPOKEN_MS, abs=150)


def test_a_segment_that_is_gone_is_left_out(site: Site) -> None:
    names = add_segments(site)
    del site.pages["/hls/part-3.ts"]
    pulled = opened(site.add("/hls/talk.m3u8", playlist(names)))
    assert milliseconds(heard(pulled), RATE) == pytest.approx((SECONDS - 1) * 1000, abs=700)
    assert pulled.note == "1 damaged piece(s) of the audio were skipped."


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:long\n",
        "#EXTM3U\n#EXT-X-BYTERANGE:9@-1\na.ts\n",
        "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI=k\n#EXTINF:1,\na.ts\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/again.m3u8\n",
        "#EXTM3U\n" + "#EXTINF:1,\na.ts\n" * 100_000,
    ],
)
def test_playlists_that_lead_to_nothing(site: Site, text: str) -> None:
    site.add("/again.m3u8", b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nagain.m3u8\n")
    refusal(site.add("/talk.m3u8", text.encode()), read_s=0.3)
    assert len(site.asked) <= 101


def test_a_playlist_without_end_is_refused(site: Site) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"#EXTM3U\n"
        while True:
            yield b"#" * 65_536

    assert refusal(site.add("/talk.m3u8", live(pieces))).problem == "kind"


# Who is contacted


def only(*hosts: str) -> Callable[[str], str | None]:
    return lambda url: url if urlsplit(url).hostname in hosts else None


def test_redirects_are_followed_to_where_it_is_allowed(site: Site) -> None:
    site.add("/there/talk.mp3", recorded(KINDS["talk.mp3"]))
    url = site.add("/here", redirect("/there/talk.mp3"))
    pcm = heard(opened(url, allowed=only("127.0.0.1")))
    assert milliseconds(pcm, RATE) == pytest.approx(SPOKEN_MS, abs=150)
    assert set(site.asked[1:]) == {"/there/talk.mp3"}


def test_nothing_is_contacted_that_must_not_be(site: Site) -> None:
    site.add("/talk.mp3", recorded(KINDS["talk.mp3"]))
    url = site.add("/here", redirect(site.url("/talk.mp3", "localhost")))
    error = refusal(url, allowed=only("127.0.0.1"))
    assert error.problem == "forbidden"
    assert error.detail.startswith("localhost:")
    assert refusal("rtmp://live.example/a/b", allowed=only()).detail == (
        "live.example must not be contacted"
    )
    assert site.asked == ["/here"]


@pytest.mark.parametrize("what", ["segment", "variant", "header"])
def test_playlists_lead_nowhere_else(site: Site, what: str) -> None:
    add_segments(site)
    foreign = site.url("/hls/part-0.ts", "localhost")
    text = {
        "segment": playlist([foreign]),
        "variant": f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{foreign}\n".encode(),
        "header": playlist(["part-0.ts"]).replace(
            b"#EXTINF", f'#EXT-X-MAP:URI="{foreign}"\n#EXTINF'.encode()
        ),
    }[what]
    error = refusal(site.add("/hls/talk.m3u8", text), allowed=only("127.0.0.1"))
    assert error.problem == "forbidden"
    assert "localhost" in error.detail
    assert site.asked == ["/hls/talk.m3u8"]


def test_a_host_may_stand_for_another_one(site: Site) -> None:
    names = add_segments(site)
    site.add("/hls/talk.m3u8", playlist(names))
    seen: list[str] = []

    def allowed(url: str) -> str | None:
        seen.append(url)
        return url.replace("http://live.example", site.url(""))

    pcm = heard(opened("http://live.example/hls/talk.m3u8", allowed=allowed))
    assert milliseconds(pcm, RATE) == pytest.approx(SECONDS * 1000, abs=700)
    assert set(seen) == {f"http://live.example/hls/{name}" for name in [*names, "talk.m3u8"]}


def test_redirects_come_to_an_end(site: Site) -> None:
    error = refusal(site.add("/round", redirect("/round")))
    assert (error.problem, len(site.asked)) == ("status", 6)


# What goes wrong


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:1/talk.flv", "refused"),
        ("rtmp://127.0.0.1:1/live/meeting", "refused"),
        ("http://no-such-host.invalid/talk.flv", "host"),
        ("http:///talk.flv", "host"),
        ("rtmp:///live/meeting", "host"),
        ("http://127.0.0.1:port/", "host"),
        ("http://[::1/", "host"),
        ("rtsp://127.0.0.1/live", "kind"),
        ("rtmpt://127.0.0.1/live", "kind"),
    ],
)
def test_urls_that_lead_nowhere(url: str, problem: str) -> None:
    assert refusal(url).problem == problem


def raw(content: bytes) -> Page:
    def page(handler: Handler) -> None:
        handler.wfile.write(content)

    return page


@pytest.mark.parametrize(
    ("page", "problem", "said"),
    [
        (raw(b"220 smtp ready\r\n"), "protocol", "does not answer in HTTP"),
        (raw(b""), "protocol", "does not answer in HTTP"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000), "protocol", "does not answer in HTTP"),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "protocol", "does not answer in HTTP"),
        (file(b"<!DOCTYPE html><html>Login"), "kind", "what came is an HTML page"),
        (file(b"The meeting has not begun."), "kind", "what came is text"),
        (file(b""), "kind", "no stream of a known kind"),
        (live(lambda: iter([bytes(range(256)) * 8192])), "kind", "no stream of a known kind"),
    ],
)
def test_what_is_no_stream(site: Site, page: Page, problem: str, said: str) -> None:
    error = refusal(site.add("/live.flv", page))
    assert error.problem == problem
    assert said in error.detail


def test_a_stream_that_is_not_there(site: Site) -> None:
    error = refusal(site.url("/nothing.flv"))
    assert (error.problem, error.detail.endswith("answered 404 Not Found")) == ("status", True)


def test_a_server_that_sends_nothing(site: Site) -> None:
    for page in (silent, live_but_silent):
        error = refusal(site.add("/live.flv", page), read_s=0.3)
        assert error.problem == "timeout"
        assert error.detail.endswith("sent nothing for 0.3 s")


def live_but_silent(handler: Handler) -> None:
    handler.start(200, {"Transfer-Encoding": "chunked"})
    handler.chunk(b"FLV\1\5\0\0\0\x09\0\0\0\0")
    silent(handler)


def test_a_video_without_audio(site: Site) -> None:
    tags = [tag for tag in tags_of(recorded(KINDS["talk.flv"])) if tag[0] != 8]
    flv = b"FLV\1\1\0\0\0\x09\0\0\0\0" + b"".join(flv_tag(*tag) for tag in tags)
    assert refusal(site.add("/live.flv", live(lambda: iter([flv])))).problem == "no_audio"
    silent_movie = make_file(KINDS["talk.mp4"], b"", "mono", [(0, png())])
    error = refusal(site.add("/talk.mp4", silent_movie))
    assert (error.problem, error.detail) == ("no_audio", "the mov stream has no audio")


def png() -> bytes:
    from mock_tingwu.media import draw_slide

    return draw_slide("Silence", 1, (320, 180))


def test_a_video_without_audio_that_never_ends(site: Site) -> None:
    tag = flv_tag(9, 0, b"\x12" + bytes(1000))

    def pieces() -> Iterator[bytes]:
        yield b"FLV\1\5\0\0\0\x09\0\0\0\0"
        while True:
            yield tag * 100

    error = refusal(site.add("/live.flv", live(pieces)))
    assert error.problem == "no_audio"


def test_without_pyav_nothing_is_pulled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["mock_tingwu.media.pull"], "pyav_available", lambda: False)
    with pytest.raises(MediaUnavailable, match="a live stream needs PyAV"):
        opened("http://127.0.0.1:1/live.flv")


def test_servers_over_tls_have_to_be_trusted(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path / "certificate.pem")
    site.add("/live.flv", live(lambda: flv_pieces(speech_as("flv", "aac"))))
    url = site.secure(certificate) + "/live.flv"
    error = refusal(url)
    assert error.problem == "protocol"
    assert "is not trusted" in error.detail
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(pull_bodies, "_trusted", lambda: trusting)
    assert_speech(heard(opened(url)))
    assert refusal(url.replace("https", "rtmps"), read_s=1).problem == "protocol"


def test_a_server_without_tls() -> None:
    with RtmpServer(speech_as("flv", "aac")) as server:
        error = refusal(server.url.replace("rtmp", "rtmps"), open_s=0.5)
    assert error.problem in ("protocol", "timeout")


def self_signed(path: Path) -> Path:
    """A certificate of this machine and its key, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return path


# Being told to stop


@pytest.mark.parametrize("where", ["head", "body", "playlist", "handshake"])
def test_a_stream_that_is_waited_for_is_given_up_when_told(site: Site, where: str) -> None:
    told = threading.Event()
    names = add_segments(site)[:1]
    url = {
        "head": site.add("/silent", silent),
        "body": site.add("/live.flv", live_but_silent),
        "playlist": site.add("/hls/live.m3u8", playlist(names, ended=False, target=30)),
    }.get(where, "")
    with RtmpServer(speech_as("flv", "aac"), mute=True) as server:
        threading.Timer(0.2, told.set).start()
        with pytest.raises(Stopped):
            list(opened(url or server.url, stop=told.is_set, read_s=1))


def test_stopping_ends_what_is_being_heard(site: Site) -> None:
    told = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield from list(flv_pieces(speech_as("flv", "aac")))[:50]
        site.closing.wait(PATIENCE_S)

    pulled = opened(site.add("/live.flv", live(pieces)), stop=told.is_set)
    next(pulled)
    told.set()
    with pytest.raises(Stopped):
        list(pulled)
    pulled.close()
    pulled.close()
    assert list(pulled) == []


# RTMP


@pytest.mark.parametrize("ending", ["stop", "unpublish"])
def test_a_stream_over_rtmp(ending: Ending) -> None:
    with RtmpServer(speech_as("flv", "aac"), ending=ending) as server:
        pulled = opened(f"{server.url}?auth_key=1-2-3")
        assert pulled.described == "rtmp, aac, 16000 Hz, 1 channel(s)"
        assert not pulled.recorded
        assert_speech(heard(pulled))
    calls = {call[0]: call for call in server.calls}
    assert calls["connect"][2]["app"] == "live"
    assert calls["connect"][2]["tcUrl"] == server.url.rpartition("/")[0]
    assert calls["play"][3] == "meeting?auth_key=1-2-3"


def test_rtmp_with_pictures_that_take_many_chunks() -> None:
    with RtmpServer(recorded(KINDS["talk.flv"])) as server:
        pcm = heard(opened(server.url))
    assert milliseconds(pcm, RATE) == pytest.approx(SPOKEN_MS, abs=150)


def test_rtmp_that_has_run_for_hours() -> None:
    flv = speech_as("flv", "aac")
    late = b"".join(flv_tag(kind, at + 0xFFFFF0, data) for kind, at, data in tags_of(flv))
    with RtmpServer(flv[:13] + late) as server:
        assert_speech(heard(opened(server.url)))


def test_rtmp_is_heard_while_it_comes() -> None:
    with RtmpServer(speech_as("flv", "aac"), speed=3) as server:
        assert_speech(heard(opened(server.url)))


def test_rtmp_that_breaks_off() -> None:
    with RtmpServer(speech_as("flv", "aac"), ending="cut") as server:
        pcm, error = broken(opened(server.url))
    assert error.problem == "broken"
    assert_speech(pcm)


def test_rtmp_that_falls_silent() -> None:
    with RtmpServer(speech_as("flv", "aac"), ending="wait") as server:
        pcm, error = broken(opened(server.url, read_s=0.5))
    assert error.problem == "timeout"
    assert_speech(pcm)


def test_rtmp_without_the_stream() -> None:
    with RtmpServer(speech_as("flv", "aac")) as server:
        error = refusal(server.url.replace("meeting", "nothing"))
    assert error.problem == "status"
    assert "has no such stream" in error.detail


def test_rtmp_at_a_server_that_speaks_something_else(site: Site) -> None:
    error = refusal(site.url("/live").replace("http", "rtmp"), read_s=2)
    assert error.problem == "protocol"
