"""Recordings: what they are, and what is heard in them."""

from __future__ import annotations

import contextlib
import io
import random
from itertools import count
from pathlib import Path

import av
import pytest

from mock_tingwu.media import (
    Recording,
    RecordingError,
    Stopped,
    draw_slide,
    probe,
    read_pcm,
)
from mock_tingwu.media.channels import Mixer
from tests.conftest import RECORDING
from tests.media_samples import (
    AUDIO_KINDS,
    KINDS,
    SPOKEN_MS,
    VIDEO_KINDS,
    Kind,
    bursts,
    interleave,
    make_file,
    milliseconds,
    peak,
    recorded,
)

EVERY_KIND = [pytest.param(kind, id=kind.name) for kind in KINDS.values()]
STEREO_KINDS = [
    pytest.param(kind, id=kind.name) for kind in KINDS.values() if "amr" not in kind.audio
]
LONGER_MS = 120
"""What encoders add in front and at the end, for want of a field that says how much."""


def write(folder: Path, content: bytes, name: str = "source") -> Path:
    # The name on disk must not matter, so it says nothing.
    path = folder / name
    path.write_bytes(content)
    return path


def read(path: Path, rate: int = 16_000) -> bytes:
    return b"".join(read_pcm(path, rate))


def assert_bursts(pcm: bytes, rate: int, loud: int = 5000) -> None:
    """Sound at 0-500, 1000-1500 and 2000-2400 ms, give or take an encoder's delay."""
    assert -60 <= milliseconds(pcm, rate) - SPOKEN_MS <= LONGER_MS
    for second in (0, 1000, 2000):
        assert peak(pcm, rate, second + 120, second + 350) > loud
    for second in (500, 1500):
        assert peak(pcm, rate, second + 150, second + 440) < 500


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_documented_container_is_known(tmp_path: Path, kind: Kind) -> None:
    content = recorded(kind)
    recording = probe(write(tmp_path, content), kind.name)
    assert (recording.container, recording.codec) == (kind.container, kind.codec)
    assert (recording.size, recording.sample_rate, recording.channels) == (
        len(content),
        kind.rate,
        1,
    )
    assert -60 <= recording.duration - SPOKEN_MS <= LONGER_MS
    assert recording.video == bool(kind.video)
    assert (recording.width, recording.height) == (kind.size if kind.video else (0, 0))


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_documented_container_is_heard(tmp_path: Path, kind: Kind) -> None:
    path = write(tmp_path, recorded(kind))
    reader = read_pcm(path, 16_000)
    pcm = b"".join(reader)
    assert_bursts(pcm, 16_000)
    assert abs(milliseconds(pcm, 16_000) - probe(path).duration) <= LONGER_MS
    assert reader.note == ""


def test_the_kinds_are_the_documented_ones() -> None:
    suffixes = {kind.suffix for kind in AUDIO_KINDS}
    assert suffixes == {"mp3", "wav", "m4a", "wma", "aac", "ogg", "amr", "flac", "aiff"}
    assert {kind.suffix for kind in VIDEO_KINDS} == {
        *("mp4", "wmv", "m4v", "flv", "rmvb", "dat", "mov", "mkv", "webm", "avi", "mpeg", "3gp"),
        "ogg",
    }


@pytest.mark.parametrize("kind", STEREO_KINDS)
def test_stereo_is_mixed_and_its_channels_told_apart(tmp_path: Path, kind: Kind) -> None:
    path = write(tmp_path, recorded(kind, "stereo"))
    assert probe(path).channels == 2
    reader = read_pcm(path, 16_000, channels="each")
    mixed = b"".join(reader)
    assert_bursts(mixed, 16_000, loud=3500)  # the other half of the mixture is silence
    assert reader.levels.channels == 2
    assert reader.levels.loudest(1000, 1500) == 0
    assert mixed == read(path)


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("name", ["talk.wav", "talk.mp3", "talk.m4a", "talk.flac"])
def test_any_rate_becomes_the_one_that_is_asked_for(tmp_path: Path, name: str, rate: int) -> None:
    kind = KINDS[name]
    made = Kind(name, kind.muxer, kind.audio, kind.container, kind.codec, rate)
    path = write(tmp_path, recorded(made))
    assert probe(path).sample_rate == rate
    for wanted in (8000, 16_000):
        pcm = read(path, wanted)
        lead = 2500 * 1024 // rate  # AAC frames of low rates are long: two and a half of them
        assert -60 <= milliseconds(pcm, wanted) - SPOKEN_MS <= LONGER_MS + lead
        assert peak(pcm, wanted, 1200, 1350) > 5000


@pytest.mark.parametrize("rate", [4000, 6000, 7999])
def test_less_than_8000_hz_are_refused(tmp_path: Path, rate: int) -> None:
    kind = Kind("low.wav", "wav", "pcm_s16le", "wav", "pcm_s16le", rate)
    with pytest.raises(RecordingError) as caught:
        probe(write(tmp_path, recorded(kind)))
    assert caught.value.problem == "sample_rate"
    assert f"{rate} Hz" in caught.value.detail


@pytest.mark.parametrize("format", ["u8", "s24le", "s32le", "f32le", "alaw", "mulaw"])
def test_wav_may_have_any_samples(tmp_path: Path, format: str) -> None:
    kind = Kind("talk.wav", "wav", f"pcm_{format}", "wav", f"pcm_{format}")
    path = write(tmp_path, recorded(kind))
    assert probe(path).codec == f"pcm_{format}"
    assert_bursts(read(path), 16_000)


def test_the_first_channel_can_be_heard_alone(tmp_path: Path) -> None:
    left, right = bursts(16_000), bytes(16_000) + bursts(16_000)[16_000:]
    kind = KINDS["talk.flac"]
    path = write(tmp_path, make_file(kind, interleave(right, left), "stereo", []))
    pcm = b"".join(read_pcm(path, 16_000, channels="first"))
    assert pcm == right


def test_the_louder_channel_is_known_for_any_time(tmp_path: Path) -> None:
    speech, silence = bursts(8000)[:8000], bytes(8000)
    quiet = bytes(b // 4 for b in silence)
    left = speech + silence + speech
    right = quiet + speech + silence
    path = write(tmp_path, make_file(KINDS["talk.wav"], interleave(left, right), "stereo", []))
    reader = read_pcm(path, 16_000, channels="each")
    assert reader.levels.loudest(0, 10_000) == 0  # nothing is known before it is read
    chunks = list(reader)
    assert sum(map(len, chunks)) == len(left)
    assert [reader.levels.loudest(at, at + 250) for at in (0, 250, 500)] == [0, 1, 0]
    assert reader.levels.loudest(260, 490) == 1
    assert reader.levels.loudest(90_000, 91_000) == 0
    assert reader.levels.loudest(500, 400) == 0


def test_one_channel_is_always_the_loudest(tmp_path: Path) -> None:
    reader = read_pcm(write(tmp_path, recorded(KINDS["talk.mp3"])), 16_000, channels="each")
    assert_bursts(b"".join(reader), 16_000)
    assert (reader.levels.channels, reader.levels.loudest(0, 500)) == (1, 0)


def test_more_than_two_channels_are_mixed_as_well(tmp_path: Path) -> None:
    speech = bursts(16_000)
    silence = bytes(len(speech))
    channels = interleave(silence, silence, speech, silence, silence, speech)
    path = write(tmp_path, make_file(KINDS["talk.flac"], channels, "5.1", []))
    assert probe(path).channels == 6
    reader = read_pcm(path, 16_000, channels="each")
    assert_bursts(b"".join(reader), 16_000, loud=2500)
    assert reader.levels.loudest(0, 500) == 2
    assert not any(b"".join(read_pcm(path, 16_000, channels="first")))


def test_channels_that_come_and_go_keep_the_time() -> None:
    mixer = Mixer("each", 8000)
    speech, silence = bursts(8000)[:8000], bytes(8000)
    mixer.feed(interleave(silence, speech), 2)
    mixer.feed(speech, 1)
    mixer.feed(interleave(silence, speech, speech), 3)
    assert mixer.second() is not None
    rest = mixer.rest()
    assert len(rest) == 8000
    assert mixer.second() is None
    assert mixer.levels.channels == 2
    assert [mixer.levels.loudest(at, at + 500) for at in (0, 500, 1000)] == [1, 0, 1]


def test_chunks_are_one_second_long(tmp_path: Path) -> None:
    sizes = [len(chunk) for chunk in read_pcm(write(tmp_path, recorded(KINDS["talk.wav"])), 16_000)]
    assert sizes == [32_000, 32_000, 12_800]


def test_a_reader_can_be_closed_in_the_middle(tmp_path: Path) -> None:
    reader = read_pcm(write(tmp_path, recorded(KINDS["talk.mp4"])), 16_000)
    assert len(next(reader)) == 32_000
    reader.close()
    assert list(reader) == []
    reader.close()


@pytest.mark.parametrize(
    ("name", "muxer"), [("talk.mp3", "mp3"), ("talk.m4a", "mp4"), ("talk.flac", "flac")]
)
def test_a_cover_picture_is_no_video(tmp_path: Path, name: str, muxer: str) -> None:
    target = io.BytesIO()
    with (
        av.open(io.BytesIO(recorded(KINDS[name])), "r") as source,
        av.open(target, "w", format=muxer) as file,
    ):
        audio = file.add_stream_from_template(source.streams.audio[0])
        picture = file.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "pal8"
        picture.disposition = av.stream.Disposition.attached_pic
        cover = av.Packet(draw_slide("", 1, (64, 48)))
        cover.stream = picture
        file.mux(cover)
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = audio
                file.mux(packet)
    path = write(tmp_path, target.getvalue())
    with av.open(str(path), "r") as container:
        assert len(container.streams.video) == 1
    recording = probe(path)
    assert not recording.video
    assert (recording.width, recording.height) == (0, 0)
    assert_bursts(read(path), 16_000)


@pytest.mark.parametrize("container", ["mp4", "matroska", "avi"])
def test_a_video_without_audio_is_refused(tmp_path: Path, container: str) -> None:
    kind = Kind("mute", container, "", "", "", video="mpeg4")
    path = write(tmp_path, make_file(kind, b"", "mono", [(0, draw_slide("", 1, (320, 180)))]))
    for attempt in (probe, lambda path: read_pcm(path, 16_000)):
        with pytest.raises(RecordingError) as caught:
            attempt(path)
        assert caught.value.problem == "no_audio"


@pytest.mark.parametrize(("name", "option"), [("live.webm", "live"), ("live.mkv", "live")])
def test_a_live_recording_without_a_length_is_measured(
    tmp_path: Path, name: str, option: str
) -> None:
    muxer = {"live.webm": "webm", "live.mkv": "matroska"}[name]
    kind = Kind(name, muxer, "libopus", "", "opus", 48_000, options=((option, "1"),))
    path = write(tmp_path, recorded(kind))
    with av.open(str(path), "r") as file:
        assert file.duration is None
    assert probe(path).duration == pytest.approx(SPOKEN_MS, abs=30)


def test_a_fragmented_mp4_has_its_whole_length(tmp_path: Path) -> None:
    flags = (("movflags", "frag_every_frame+empty_moov+default_base_moof"),)
    kind = Kind("live.mp4", "mp4", "aac", "mp4", "aac", options=flags)
    path = write(tmp_path, recorded(kind))
    assert probe(path).duration == pytest.approx(milliseconds(read(path), 16_000), abs=70)


def test_the_length_of_aac_is_counted_not_estimated(tmp_path: Path) -> None:
    # Half a minute of silence costs next to nothing: the bit rate of the beginning misleads.
    pcm = bursts(16_000) + bytes(30 * 32_000)
    path = write(tmp_path, make_file(KINDS["talk.aac"], pcm, "mono", []))
    assert probe(path).duration == pytest.approx(32_400, abs=LONGER_MS)


@pytest.mark.parametrize("name", ["talk.mp3", "talk.aac", "talk.amr"])
def test_counting_the_length_can_be_given_up(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, recorded(KINDS[name]))
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked == most

    most = 0
    assert probe(path, stop=stop).duration > 0
    most, asked = asked, 0  # the last packet of the file
    assert most > 30
    with pytest.raises(Stopped):
        probe(path, stop=stop)


def test_the_search_for_the_first_frame_can_be_given_up(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        probe(write(tmp_path, recorded(KINDS["talk.wav"])), stop=lambda: True)


def test_damaged_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    content = bytearray(recorded(KINDS["talk.m4a"]))
    start = content.index(b"mdat") + 3000
    content[start : start + 2000] = random.Random(3).randbytes(2000)
    reader = read_pcm(write(tmp_path, bytes(content)), 16_000)
    pcm = b"".join(reader)
    assert SPOKEN_MS / 2 < milliseconds(pcm, 16_000) < SPOKEN_MS + LONGER_MS
    assert "damaged piece(s) of the audio were skipped" in reader.note
    assert int(reader.note.split()[0]) > 0


def test_a_recording_describes_itself() -> None:
    recording = Recording(1234, 61_250, 44_100, 2, "mp4", "aac", True, 1280, 720)
    assert recording.described == (
        "mp4, 61.2 s, aac at 44100 Hz, 2 channel(s), video of 1280x720, 1234 bytes"
    )
    recording = Recording(1234, 5000, 8000, 1, "amr", "amr_nb")
    assert recording.described == "amr, 5.0 s, amr_nb at 8000 Hz, 1 channel(s), 1234 bytes"


def test_a_search_through_junk_can_be_given_up(tmp_path: Path) -> None:
    def asked(path: Path, most: int) -> int:
        """How often it was asked whether to give up, which it was after ``most`` times."""
        times = count()
        with contextlib.suppress(Stopped):
            for _ in read_pcm(path, 16_000, stop=lambda: next(times) > most):
                pass
        return next(times)

    path = write(tmp_path, RECORDING.read_bytes() + bytes(10 << 20))
    with pytest.raises(Stopped):
        probe(path, stop=lambda: True)
    sound = asked(RECORDING, 1_000_000)
    assert asked(path, sound + 10) < sound + 30
