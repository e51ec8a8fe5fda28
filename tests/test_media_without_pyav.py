"""What is left without PyAV: WAV files, drawn slides, hums, and a sentence that names the extra."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_tingwu.media import (
    MediaUnavailable,
    RecordingError,
    convert_mp4,
    draw_slide,
    key_frames,
    probe,
    read_pcm,
    thumbnail,
    tones,
    video_of_slides,
)
from tests.media_samples import (
    KINDS,
    SPOKEN_MS,
    Kind,
    bursts,
    interleave,
    make_file,
    milliseconds,
    peak,
    recorded,
)

EXTRA = r"needs PyAV: pip install 'mock-tingwu\[media\]'"


@pytest.fixture(autouse=True)
def samples_before_pyav_is_gone(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """PyAV makes the samples; a test calls the result when it has them."""
    return lambda: monkeypatch.setitem(sys.modules, "av", None)


def wav(encoding: str, rate: int, layout: str = "mono") -> bytes:
    return recorded(Kind("talk.wav", "wav", f"pcm_{encoding}", "wav", "", rate), layout)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("encoding", ["u8", "s16le", "s24le", "s32le", "alaw", "mulaw"])
def test_wav_is_read_all_the_same(
    tmp_path: Path, samples_before_pyav_is_gone: Callable[[], None], encoding: str, rate: int
) -> None:
    path = tmp_path / "talk"
    path.write_bytes(wav(encoding, rate))
    expected = probe(path)
    samples_before_pyav_is_gone()
    assert probe(path) == expected
    pcm = b"".join(read_pcm(path, 16_000))
    assert milliseconds(pcm, 16_000) == pytest.approx(SPOKEN_MS, abs=1)
    for second in (0, 1000, 2000):
        assert peak(pcm, 16_000, second + 60, second + 350) > 8000
    for second in (500, 1500):
        assert peak(pcm, 16_000, second + 60, second + 440) < 300


def test_channels_are_told_apart_as_well(
    tmp_path: Path, samples_before_pyav_is_gone: Callable[[], None]
) -> None:
    path = tmp_path / "talk.wav"
    speech = bursts(16_000)
    kind = KINDS["talk.wav"]
    path.write_bytes(make_file(kind, interleave(bytes(len(speech)), speech), "stereo", []))
    samples_before_pyav_is_gone()
    assert probe(path).channels == 2
    reader = read_pcm(path, 8000, channels="each")
    assert milliseconds(b"".join(reader), 8000) == pytest.approx(SPOKEN_MS, abs=1)
    assert reader.levels.loudest(0, 500) == 1
    assert reader.note == ""
    assert not any(b"".join(read_pcm(path, 16_000, channels="first")))
    reader.close()


def test_a_file_with_less_than_its_header_says_is_read_as_far_as_it_goes(
    tmp_path: Path, samples_before_pyav_is_gone: Callable[[], None]
) -> None:
    content = wav("s16le", 16_000)
    path = tmp_path / "cut.wav"
    path.write_bytes(content[: 32_000 + content.index(b"data") + 9])  # half a sample too much
    samples_before_pyav_is_gone()
    assert probe(path).duration == 1000
    assert sum(map(len, read_pcm(path, 16_000))) == 32_000


def header(
    encoding: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, size: int = 0
) -> bytes:
    form = struct.pack("<HHIIHH", encoding, channels, rate, 0, 0, bits)
    start = b"RIFF" + bytes(4) + b"WAVEfmt " + struct.pack("<I", 16) + form
    return start + b"data" + struct.pack("<I", size)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "unreadable"),
        (header(), "unreadable"),
        (header(size=100)[:30], "unreadable"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "unreadable"),
        (header(rate=7000) + bytes(100), "sample_rate"),
        (header(rate=0) + bytes(100), "unreadable"),
        (header(rate=2**32 - 1) + bytes(100), "unreadable"),
        (header(channels=0) + bytes(100), "unreadable"),
        (header(channels=65_535) + bytes(100), "unreadable"),
        (header(size=1) + b"\0", "unreadable"),
        (b"Minutes of the meeting.", "type"),
    ],
)
def test_what_is_no_recording_is_refused_all_the_same(
    tmp_path: Path,
    samples_before_pyav_is_gone: Callable[[], None],
    content: bytes,
    problem: str,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    samples_before_pyav_is_gone()
    for attempt in (lambda: probe(path, "talk.wav"), lambda: read_pcm(path, 16_000)):
        with pytest.raises(RecordingError) as caught:
            attempt()
        assert caught.value.problem == problem


@pytest.mark.parametrize(
    "content",
    [
        recorded(KINDS["talk.mp3"]),
        recorded(KINDS["talk.mp4"]),
        header(encoding=3, bits=32, size=400) + bytes(400),
        header(encoding=0x55, bits=0, size=400) + bytes(400),
        header().replace(b"fmt ", b"LIST\xff\xff\1\0" + bytes(0x1FFFF + 1) + b"fmt "),
    ],
    ids=["MP3", "MP4", "WAV of floats", "WAV of MP3", "WAV with a long header"],
)
def test_what_takes_pyav_says_so(
    tmp_path: Path, samples_before_pyav_is_gone: Callable[[], None], content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    samples_before_pyav_is_gone()
    with pytest.raises(MediaUnavailable, match=EXTRA):
        probe(path)
    with pytest.raises(MediaUnavailable, match=EXTRA):
        read_pcm(path, 16_000)


def test_videos_take_pyav(tmp_path: Path, samples_before_pyav_is_gone: Callable[[], None]) -> None:
    path, target = tmp_path / "talk.mp4", tmp_path / "target"
    path.write_bytes(recorded(KINDS["talk.mp4"]))
    slide = draw_slide("", 1)
    samples_before_pyav_is_gone()
    for job in (
        lambda: key_frames(path, tmp_path),
        lambda: thumbnail(path, target),
        lambda: convert_mp4(path, target),
        lambda: video_of_slides([(0, slide)], [], 16_000, target),
    ):
        with pytest.raises(MediaUnavailable, match=EXTRA):
            job()
    assert not target.exists()


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 255)), max_size=8),
    kept=st.integers(1, 4000),
)
def test_damaged_wav_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, int]], kept: int
) -> None:
    content = bytearray(header(channels=2, size=4000) + bursts(16_000)[:4000])
    for place, value in edits:
        content[place] = value
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(content[:kept])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "av", None)
        try:
            recording = probe(path, "talk.wav")
            read = sum(map(len, read_pcm(path, 16_000, channels="each")))
        except (RecordingError, MediaUnavailable):
            return
    assert recording.sample_rate >= 8000
    assert abs(read // 32 - recording.duration) <= 2


def test_the_package_neither_needs_nor_loads_pyav() -> None:
    code = """
import sys
import mock_tingwu.media as media
assert "av" not in sys.modules
sys.modules["av"] = None
print(media.draw_slide("Welcome", 1)[:4], sum(map(len, media.tones([(0, 500, 0)], 1500, 8000))))
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == (
        "b'\\x89PNG' 24000\n"
    )


def test_hums_and_slides_are_made_without_pyav(
    samples_before_pyav_is_gone: Callable[[], None],
) -> None:
    samples_before_pyav_is_gone()
    assert any(b"".join(tones([(0, 500, 0)], 500, 16_000)))
    assert draw_slide("Welcome", 1).startswith(b"\x89PNG")
