"""The files of a finished task: MP3 and spectrum."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import av
import pytest

from mock_tingwu.media import Mp3Writer, SpectrumWriter, open_decoder
from tests.media_samples import SPOKEN_MS, bursts, cut, milliseconds, peak

BIT_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""kb/s by index, MPEG-2 layer III (ISO 13818-3)."""


def write_mp3(path: Path, pcm: bytes, rate: int, size: int = 3200) -> bytes:
    writer = Mp3Writer(path, rate)
    for frame in cut(pcm, size):
        writer.write(frame)
    writer.close()
    return path.read_bytes()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_mp3_is_128_kb_per_second_mono_and_as_long_as_the_meeting(
    tmp_path: Path, rate: int
) -> None:
    path = tmp_path / "meeting.mp3"
    write_mp3(path, bursts(rate), rate)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name.startswith("mp3")
        assert stream.codec_context.layout.name == "mono"
        assert stream.bit_rate == 128_000
        assert container.duration is not None
        assert container.duration / 1000 == pytest.approx(SPOKEN_MS, abs=5)
        resampler = av.AudioResampler("s16", "mono", rate)
        frames = [out for frame in container.decode(stream) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    pcm = b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
    assert milliseconds(pcm, rate) == pytest.approx(SPOKEN_MS, abs=5)
    assert peak(pcm, rate, 50, 450) > 8000
    assert peak(pcm, rate, 550, 950) < 200
    assert peak(pcm, rate, 1050, 1450) > 8000


def test_every_frame_says_128_kb_per_second(tmp_path: Path) -> None:
    content = write_mp3(tmp_path / "meeting.mp3", bursts(16000), 16000)
    frames = list(cut(content, 576))  # 36 ms at 128 kb/s
    assert len(frames) >= SPOKEN_MS / 36
    for frame in frames:
        assert frame[:2] == b"\xff\xf3"  # MPEG-2 layer III, no checksum
        assert BIT_RATES[frame[2] >> 4] == 128


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_same_audio_makes_the_same_bytes_however_it_arrives(tmp_path: Path, rate: int) -> None:
    files = [
        write_mp3(tmp_path / f"{number}.mp3", bursts(rate), rate, size)
        for number, size in enumerate((3200, 3200, 2, 1 << 20))
    ]
    assert files[1:] == files[:-1]
    assert b"ID3" not in files[0]


def test_the_mp3_grows_while_audio_arrives(tmp_path: Path) -> None:
    writer = Mp3Writer(tmp_path / "meeting.mp3", 16000)
    for _ in range(60):
        writer.write(bytes(32_000))
    assert (tmp_path / "meeting.mp3").stat().st_size > 40 * 16_000
    writer.close()


def test_a_meeting_without_audio_makes_a_file_too(tmp_path: Path) -> None:
    content = write_mp3(tmp_path / "meeting.mp3", b"", 16000)
    assert content.startswith(b"\xff\xf3")


def test_closing_twice_changes_nothing(tmp_path: Path) -> None:
    writer = Mp3Writer(tmp_path / "meeting.mp3", 16000)
    writer.write(bytes(3200))
    writer.close()
    content = (tmp_path / "meeting.mp3").read_bytes()
    writer.close()
    assert (tmp_path / "meeting.mp3").read_bytes() == content


def test_a_folder_that_does_not_exist_is_noticed_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Mp3Writer(tmp_path / "nowhere" / "meeting.mp3", 16000)


def test_the_mp3_is_a_stream_that_can_be_pushed_again(tmp_path: Path) -> None:
    content = write_mp3(tmp_path / "meeting.mp3", bursts(16000), 16000)
    decoder = open_decoder("mp3", 16000)
    pcm = decoder.feed(content) + decoder.flush()
    assert milliseconds(pcm, 16000) == pytest.approx(SPOKEN_MS, abs=200)
    assert decoder.note == ""


@pytest.mark.parametrize("size", [2, 1600, 3200, 1 << 20])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_spectrum_has_a_peak_per_100_ms(tmp_path: Path, rate: int, size: int) -> None:
    path = tmp_path / "meeting.spectrum"
    writer = SpectrumWriter(path, rate)
    for frame in cut(bursts(rate), size):
        writer.write(frame)
    writer.close()
    spectrum = json.loads(path.read_text())
    assert list(spectrum) == ["SampleRate", "Interval", "Peaks"]
    assert (spectrum["SampleRate"], spectrum["Interval"]) == (rate, 100)
    loud = [value > 25 for value in spectrum["Peaks"]]
    assert loud == ([True] * 5 + [False] * 5) * 2 + [True] * 4


def test_peaks_go_from_0_to_100_and_the_last_may_be_short(tmp_path: Path) -> None:
    path = tmp_path / "meeting.spectrum"
    writer = SpectrumWriter(path, 8000)
    writer.write(struct.pack("<800h", *[-32768] * 800))
    writer.write(struct.pack("<800h", *[16384] * 800))
    writer.write(bytes(1600) + struct.pack("<3h", 0, 32767, 0))
    writer.close()
    expected = '{"SampleRate":8000,"Interval":100,"Peaks":[100,50,0,100]}'
    assert path.read_text() == expected
    writer.close()
    assert path.read_text() == expected


def test_the_spectrum_of_nothing_has_no_peaks(tmp_path: Path) -> None:
    SpectrumWriter(tmp_path / "a.spectrum", 16000).close()
    assert json.loads((tmp_path / "a.spectrum").read_text())["Peaks"] == []
