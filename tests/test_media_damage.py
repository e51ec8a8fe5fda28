"""Files that are no recordings, or were once: each is refused with a reason, none is followed."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import (
    RecordingError,
    convert_mp4,
    draw_slide,
    key_frames,
    probe,
    read_pcm,
    thumbnail,
)
from tests.media_samples import KINDS, SPOKEN_MS, Kind, bursts, make_file, milliseconds, recorded

fuzz = settings(max_examples=60, deadline=None, derandomize=True, database=None)

FUZZED = ["talk.mp3", "talk.wav", "talk.m4a", "opus.ogg", "talk.mp4", "talk.mkv", "talk.flv"]


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("talk.mp3", recorded(KINDS["talk.mp3"]))
    return target.getvalue()


def problem_of(path: Path, name: str = "") -> str:
    with pytest.raises(RecordingError) as caught:
        probe(path, name)
    assert caught.value.detail
    assert str(caught.value) == f"{caught.value.problem}: {caught.value.detail}"
    return caught.value.problem


OTHER_FILES = {
    "text": "会议纪要\nMinutes of the meeting.\n".encode(),
    "Chinese text in GBK": "会议纪要，第一页".encode("gbk"),
    "UTF-16 text": "Minutes of the meeting.\r\n".encode("utf-16"),
    "an HTML page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "JSON": b'{"error": "no such file"}',
    "subtitles": b"1\n00:00:00,000 --> 00:00:02,000\nHello.\n",
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n" + bytes(500),
    "a ZIP": archive(),
    "a PNG": draw_slide("No recording", 1),
    "a JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(400),
    "a GIF": b"GIF89a\x01\0\x01\0\0\0\0;" + bytes(100),
    "a WebP": b"RIFF\x40\0\0\0WEBPVP8 " + bytes(60),
    "a HEIF picture": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60),
    "a gzip file": b"\x1f\x8b\x08\0" + bytes(60),
    "a MIDI file": b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk" + bytes(60),
    "a program": b"\x7fELF\2\1\1" + bytes(200),
    "an HLS playlist": b"#EXTM3U\n#EXTINF:2,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    "a hidden playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:2\0\n#EXTINF:2,\nsecret.wav\n",
    "a concat list": b"ffconcat version 1.0\nfile secret.wav\n",
    "a hidden concat list": b"ffconcat version 1.0\nfile secret.wav\n#\0\n",
    "an SDP file": b"v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n",
}


@pytest.mark.parametrize("content", OTHER_FILES.values(), ids=OTHER_FILES)
@pytest.mark.parametrize("name", ["meeting.mp3", "meeting.mp4", ""])
def test_what_is_no_recording_is_of_the_wrong_type_whatever_its_name(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / "secret.wav").write_bytes(recorded(KINDS["talk.wav"]))
    path = tmp_path / "meeting.mp3"
    path.write_bytes(content)
    assert problem_of(path, name) == "type"
    with pytest.raises(RecordingError):
        read_pcm(path, 16_000)


def test_a_container_that_the_cloud_does_not_list_is_of_the_wrong_type(tmp_path: Path) -> None:
    target = io.BytesIO()
    with av.open(target, "w", format="mpegts") as file:
        stream = file.add_stream("mp2", rate=16_000)
        frame = av.AudioFrame("s16", "mono", 16_000)
        frame.planes[0].update(bursts(16_000)[:32_000])
        frame.sample_rate = 16_000
        file.mux([*stream.encode(frame), *stream.encode(None)])
    path = tmp_path / "stream"
    path.write_bytes(target.getvalue())
    assert problem_of(path, "stream.mp3") == "type"


def pointing_elsewhere(movie: bytes, name: bytes) -> bytes:
    """A QuickTime movie whose samples are in the file ``name`` next to it, of odd length."""
    alias = bytearray(150)
    alias[130:134] = struct.pack(">HH", 1, 1)  # levels from here up and down to the file
    alias += struct.pack(">HH", 2, len(name) + 1) + b"/" + name + b"\xff\xff\0\0"
    outside = struct.pack(">I", 12 + len(alias)) + b"alis" + bytes(4) + alias
    inside = b"\0\0\0\x0curl \0\0\0\1"
    content = bytearray(movie)
    content[content.index(b"mdat") + 4 : content.rindex(b"moov") - 4] = bytes(
        content.rindex(b"moov") - content.index(b"mdat") - 8
    )
    at = len(content)
    while (at := content.rfind(inside, 0, at)) >= 0:
        content[at : at + len(inside)] = outside
        for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
            place = content.rindex(box, 0, at) - 4
            (size,) = struct.unpack_from(">I", content, place)
            struct.pack_into(">I", content, place, size + len(outside) - len(inside))
    return bytes(content)


def test_a_movie_whose_samples_are_in_another_file_does_not_open_it(tmp_path: Path) -> None:
    movie = recorded(KINDS["talk.mov"])
    (tmp_path / "other.mov").write_bytes(movie)
    path = tmp_path / "talk.mov"
    path.write_bytes(pointing_elsewhere(movie, b"other.mov"))
    with av.open(str(path), "r", options={"enable_drefs": "1"}) as followed:
        assert any(any(bytes(frame.planes[0])) for frame in followed.decode(audio=0))
    try:
        heard = b"".join(read_pcm(path, 16_000))
    except RecordingError:
        heard = b""
    assert not any(heard)


@pytest.mark.parametrize("name", ["", "meeting.mp4", "meeting.mp3"])
def test_an_empty_file_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert problem_of(path, name) == "unreadable"


def test_the_name_decides_what_noise_is_called(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\x00\x11" + random.Random(5).randbytes(5000))
    assert problem_of(path, "meeting.MP4") == "unreadable"
    assert problem_of(path, "meeting.docx") == "type"
    assert problem_of(path) == "type"


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "nowhere.mp3", "nowhere.mp3")


def test_an_mp4_without_its_index_cannot_be_read(tmp_path: Path) -> None:
    content = recorded(KINDS["talk.mp4"])
    path = tmp_path / "cut"
    path.write_bytes(content[: content.index(b"moov") - 4])
    assert problem_of(path, "talk.mp4") == "unreadable"


@pytest.mark.parametrize("name", ["talk.wav", "talk.mkv", "talk.flac", "opus.ogg", "talk.m4a"])
def test_a_file_cut_off_in_its_header_cannot_be_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "cut"
    path.write_bytes(recorded(KINDS[name])[:30])
    assert problem_of(path, name) == "unreadable"


def test_an_index_without_its_audio_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.m4a"
    options = {"movflags": "+faststart"}
    with (
        av.open(io.BytesIO(recorded(KINDS["talk.m4a"])), "r") as source,
        av.open(str(path), "w", format="mp4", options=options) as file,
    ):
        audio = file.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = audio
                file.mux(packet)
    content = path.read_bytes()
    assert content.index(b"moov") < content.rindex(b"mdat")
    path.write_bytes(content[: content.rindex(b"mdat") + 4])
    assert problem_of(path, "talk.m4a") == "unreadable"


@pytest.mark.parametrize("name", ["talk.mp3", "talk.aac", "talk.mkv", "talk.flv", "talk.wav"])
def test_a_recording_cut_in_the_middle_is_heard_up_to_there(tmp_path: Path, name: str) -> None:
    content = recorded(KINDS[name])
    path = tmp_path / "cut"
    path.write_bytes(content[: len(content) // 2])
    length = milliseconds(b"".join(read_pcm(path, 16_000)), 16_000)
    assert 0 < length < 0.9 * SPOKEN_MS
    if KINDS[name].video == "":
        assert probe(path, name).duration == pytest.approx(length, abs=120)


def test_audio_that_nobody_can_decode_has_a_bad_codec(tmp_path: Path) -> None:
    content = bytearray(recorded(KINDS["talk.m4a"]))
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[start:end] = b"\xff" * (end - start)
    path = tmp_path / "noise"
    path.write_bytes(content)
    assert problem_of(path, "talk.m4a") == "codec"
    with pytest.raises(RecordingError) as caught:
        list(read_pcm(path, 16_000))
    assert caught.value.problem == "codec"


def test_a_codec_without_a_name_is_a_bad_codec(tmp_path: Path) -> None:
    content = recorded(KINDS["talk.mov"]).replace(b"sowt", b"zzzz")
    path = tmp_path / "unknown"
    path.write_bytes(content)
    assert problem_of(path, "talk.mov") == "codec"


def test_a_wav_header_that_promises_too_much_is_not_believed(tmp_path: Path) -> None:
    content = bytearray(recorded(KINDS["talk.wav"]))
    size = content.index(b"data") + 4
    for lie in (0xFFFFFFFF, 0x7FFFFFF0, len(content) * 1000):
        content[size : size + 4] = struct.pack("<I", lie)
        path = tmp_path / "lie"
        path.write_bytes(content)
        assert probe(path).duration == pytest.approx(SPOKEN_MS, abs=5)
        assert milliseconds(b"".join(read_pcm(path, 16_000)), 16_000) == SPOKEN_MS


@pytest.mark.parametrize(
    ("channels", "rate", "problem"),
    [(1, 100, "sample_rate"), (1, 4_000_000_000, "unreadable"), (5000, 16_000, "codec")],
)
def test_a_wav_header_without_sense_is_refused(
    tmp_path: Path, channels: int, rate: int, problem: str
) -> None:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 % 2**32, channels * 2 % 65536, 16)
    samples = bursts(16_000)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(samples))
    path = tmp_path / "strange.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 0) + b"WAVE" + chunks + samples)
    assert problem_of(path, "strange.wav") == problem


@fuzz
@given(content=st.binary(max_size=3000), head=st.sampled_from([b"", b"ID3\3", b"OggS", b"RIFF"]))
def test_arbitrary_bytes_are_recordings_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, head: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(head + content)
    use(path)


@pytest.mark.parametrize("name", FUZZED)
@fuzz
@given(
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=30),
    early=st.booleans(),
    kept=st.floats(0.05, 1),
)
def test_damaged_recordings_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    edits: list[tuple[float, int]],
    early: bool,
    kept: float,
) -> None:
    content = bytearray(recorded(KINDS[name]))
    reach = 600 if early else len(content)
    for place, value in edits:
        content[int(place * (reach - 1))] = value
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(content[: int(kept * len(content))])
    use(path, KINDS[name].video != "")


def use(path: Path, video: bool = False) -> None:
    """Do everything that can be done with a file; only the declared error may come of it."""
    try:
        recording = probe(path, "file.mp3")
        assert recording.sample_rate >= 8000
        assert recording.channels > 0
        assert recording.duration >= 0
    except RecordingError as error:
        assert error.detail
    try:
        for number, chunk in enumerate(read_pcm(path, 16_000, channels="each")):
            assert len(chunk) % 2 == 0
            assert number < 600
    except RecordingError as error:
        assert error.detail
    if not video:
        return
    for job in (
        lambda: key_frames(path, path.parent),
        lambda: thumbnail(path, path.with_suffix(".png")),
        lambda: convert_mp4(path, path.with_suffix(".mp4")),
    ):
        try:
            job()
        except RecordingError as error:
            assert error.detail


@pytest.mark.parametrize(("audio", "video"), [("libopus", "mpeg4"), ("aac", "libx264")])
def test_a_long_gap_in_damaged_timestamps_is_not_filled(
    tmp_path: Path, audio: str, video: str
) -> None:
    kind = Kind("gap.mkv", "matroska", audio, "mkv", "", 48_000, video)
    target = io.BytesIO()
    with (
        av.open(
            io.BytesIO(make_file(kind, bursts(48_000), "mono", [(0, draw_slide("", 1))])), "r"
        ) as source,
        av.open(target, "w", format="matroska") as file,
    ):
        streams = {
            stream.index: file.add_stream_from_template(stream)
            for stream in (source.streams.audio[0], source.streams.video[0])
        }
        jump = 0
        for packet in source.demux():
            if packet.size:
                assert packet.pts is not None
                if packet.dts is None:  # Matroska does not tell for the first ones
                    packet.dts = packet.pts - 400
                jump = jump or (10**10 if packet.pts > 1200 else 0)
                packet.pts += jump
                packet.dts += jump
                packet.stream = streams[packet.stream.index]
                file.mux(packet)
    path = tmp_path / "gap.mkv"
    path.write_bytes(target.getvalue())
    convert_mp4(path, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as out:
        assert out.duration is not None
        assert out.duration / 1000 == pytest.approx(SPOKEN_MS, abs=120)
    length = milliseconds(b"".join(read_pcm(tmp_path / "out.mp4", 16_000)), 16_000)
    assert length == pytest.approx(SPOKEN_MS, abs=120)
