"""What there is to see in a video: slides, thumbnails, MP4 files; and the slides drawn by us."""

from __future__ import annotations

import random
import struct
import zlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from mock_tingwu.media import (
    KeyFrame,
    RecordingError,
    Stopped,
    convert_mp4,
    draw_slide,
    frames,
    key_frames,
    libav,
    mp4,
    probe,
    read_pcm,
    thumbnail,
    tones,
    video_of_slides,
)
from mock_tingwu.media.font import GLYPHS
from mock_tingwu.media.slide_finder import SlideFinder, shortest
from tests.media_samples import (
    KINDS,
    SPOKEN_MS,
    VIDEO_KINDS,
    Kind,
    bursts,
    look,
    make_file,
    milliseconds,
    peak,
    picture,
    pixel,
    recorded,
)

SIZE = (640, 360)
Shown = list[tuple[int, av.VideoFrame]]


def slide(number: int, size: tuple[int, int] = SIZE) -> av.VideoFrame:
    drawn = picture(draw_slide(f"This is page {number}", number, size))
    return drawn.reformat(format="rgba")


def blend(one: av.VideoFrame, other: av.VideoFrame, share: float) -> av.VideoFrame:
    """``share`` of the other picture over the one."""
    mixed = bytes(
        round(a + (b - a) * share)
        for a, b in zip(bytes(one.planes[0]), bytes(other.planes[0]), strict=True)
    )
    return av.VideoFrame.from_bytes(mixed, one.width, one.height, "rgba")


def film(path: Path, shown: Shown, length: int, fps: int = 10, codec: str = "libx264") -> Path:
    """A video without audio that shows each picture from its time on, and lasts ``length`` ms."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = shown[0][1].width, shown[0][1].height
        stream.pix_fmt = "yuv420p"
        for number in range(length * fps // 1000):
            frame = [frame for at, frame in shown if at <= number * 1000 // fps][-1]
            frame = frame.reformat(format="yuv420p", dst_color_range="MPEG")
            frame.pict_type = 0
            frame.pts, frame.time_base = number, Fraction(1, fps)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def grey_jpeg(width: int, height: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.color_range = 2  # of a JPEG, all 256 steps
    encoder.time_base = Fraction(1, 10)
    frame = av.VideoFrame(width, height, "yuvj420p")
    for plane in frame.planes:
        plane.update(b"\x80" * plane.buffer_size)
    frame.pts = 0
    return b"".join(map(bytes, [*encoder.encode(frame), *encoder.encode(None)]))


def photos(path: Path, sizes: list[tuple[int, int]], named: tuple[int, int] = SIZE) -> Path:
    """A second of silence, and grey JPEGs; the container says that they have size ``named``."""
    with av.open(str(path), "w", format="matroska") as file:
        video = file.add_stream("mjpeg", rate=10)
        assert isinstance(video, av.VideoStream)
        (video.width, video.height), video.pix_fmt = named, "yuvj420p"
        audio = file.add_stream("pcm_s16le", rate=16_000)
        assert isinstance(audio, av.AudioStream)
        audio.layout = "mono"
        silence = av.AudioFrame("s16", "mono", 16_000)
        silence.planes[0].update(bytes(32_000))
        silence.sample_rate, silence.pts = 16_000, 0
        file.mux(audio.encode(silence))
        for number, size in enumerate(sizes):
            packet = av.Packet(grey_jpeg(*size))
            packet.stream, packet.time_base = video, Fraction(1, 10)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            file.mux(packet)
    return path


def starts(found: list[KeyFrame]) -> list[int]:
    return [frame.start for frame in found]


def assert_slides(found: list[KeyFrame], expected: list[int], length: int) -> None:
    assert len(found) == len(expected)
    for start, wanted in zip(starts(found), expected, strict=True):
        assert start == pytest.approx(wanted, abs=600)
    assert found[0].start == 0
    assert [frame.end for frame in found] == [*starts(found)[1:], found[-1].end]
    assert found[-1].end == pytest.approx(length, abs=150)
    for number, frame in enumerate(found, 1):
        assert frame.path.name == f"slide-{number:03}.jpg"
        assert frame.path.read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("name", "fps"),
    [(kind.name, 25) for kind in VIDEO_KINDS]
    + [(name, fps) for name in ("talk.mp4", "talk.webm", "talk.avi") for fps in (1, 5)],
)
def test_slides_of_two_seconds_are_all_found(tmp_path: Path, name: str, fps: int) -> None:
    kind = KINDS[name]
    pictures = [(at * 2000, draw_slide(f"Page {at}", at, kind.size)) for at in range(5)]
    path = tmp_path / "talk"
    path.write_bytes(make_file(kind, bytes(kind.rate * 20), "mono", pictures, fps))
    found = key_frames(path, tmp_path)
    assert_slides(found, [0, 2000, 4000, 6000, 8000], 10_000)
    for number, frame in enumerate(found):
        expected = pixel(slide(number, kind.size), 2, 70)
        assert pixel(look(frame.path), 2, 70) == pytest.approx(expected, abs=12)


def test_a_picture_that_stays_is_one_slide(tmp_path: Path) -> None:
    path = film(tmp_path / "still.mp4", [(0, slide(3))], 6000)
    assert_slides(key_frames(path, tmp_path), [0], 6000)


def test_a_short_video_is_one_slide(tmp_path: Path) -> None:
    path = film(tmp_path / "short.mp4", [(0, slide(1)), (300, slide(2))], 600)
    assert_slides(key_frames(path, tmp_path), [0], 600)


def test_a_fade_is_no_slide(tmp_path: Path) -> None:
    steps = 12
    fade = [(3000 + at * 100, blend(slide(1), slide(2), at / steps)) for at in range(1, steps)]
    shown = [(0, slide(1)), *fade, (4200, slide(2))]
    found = key_frames(film(tmp_path / "fade.mp4", shown, 8000), tmp_path)
    assert_slides(found, [0, 3900], 8000)


def test_a_pointer_and_noise_are_no_slides(tmp_path: Path) -> None:
    noise = random.Random(1)
    shown = []
    for step in range(40):
        pixels = bytearray(slide(1).planes[0])
        red = pixels[::4]
        pixels[::4] = bytes(
            max(0, min(255, value + change % 25 - 12))
            for value, change in zip(red, noise.randbytes(len(red)), strict=True)
        )
        left, top = noise.randrange(600), noise.randrange(330)
        for row in range(top, top + 18):
            start = (row * SIZE[0] + left) * 4
            pixels[start : start + 48] = bytes(48)
        shown.append((step * 200, av.VideoFrame.from_bytes(bytes(pixels), *SIZE, "rgba")))
    path = film(tmp_path / "pointer.mp4", shown, 8000)
    assert_slides(key_frames(path, tmp_path), [0], 8000)


def test_a_moving_picture_is_one_slide_from_its_middle(tmp_path: Path) -> None:
    blends = [blend(slide(0), slide(1), step / 19) for step in range(20)]
    shown = [(step * 100, blends[step % 20]) for step in range(60)]
    path = film(tmp_path / "moving.mp4", shown, 6000)
    assert_slides(key_frames(path, tmp_path), [0], 6000)


def test_a_slide_that_comes_back_is_found_again(tmp_path: Path) -> None:
    shown = [(0, slide(1)), (3000, slide(2)), (6000, slide(1))]
    found = key_frames(film(tmp_path / "back.mp4", shown, 9000), tmp_path)
    assert_slides(found, [0, 3000, 6000], 9000)


def test_a_recorder_that_writes_only_changes_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "sparse.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, second in enumerate((0, 30, 32, 90)):
            frame = slide(number).reformat(format="yuv420p")
            frame.pict_type = 0
            frame.pts, frame.time_base = second * 10, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    found = key_frames(path, tmp_path)
    assert starts(found) == [0, 30_000, 32_000, 90_000]
    assert found[-1].end >= 90_000


def test_too_many_slides_are_counted_to_the_one_before(tmp_path: Path) -> None:
    lengths = [3000, 2000, 4000, 1500, 5000, 2000, 3000]
    shown, at = [], 0
    for number, length in enumerate(lengths):
        shown.append((at, slide(number)))
        at += length
    path = film(tmp_path / "many.mp4", shown, at)
    found = key_frames(path, tmp_path, most=4)
    # Those of 1.5 and 2 seconds go; the last, whose end nobody knows while it runs, stays.
    assert_slides(found, [0, 5000, 10_500, 17_500], at)
    assert sorted(path.name for path in tmp_path.glob("*slide*")) == [
        f"slide-00{number}.jpg" for number in (1, 2, 3, 4)
    ]


def test_long_videos_are_seen_by_their_key_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_MANY_FRAMES", 200)
    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"g": "20", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(300):
            frame = slide(number // 100).reformat(format="yuv420p")
            frame.pict_type = 0
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    decoded: list[int | None] = []
    grey = frames._Reader.grey

    def counted(reader: frames._Reader, frame: av.VideoFrame) -> bytes:
        decoded.append(frame.pts)
        return grey(reader, frame)

    monkeypatch.setattr(frames._Reader, "grey", counted)
    assert_slides(key_frames(path, tmp_path), [0, 10_000, 20_000], 30_000)
    assert len(decoded) == 15
    # Too few key frames tell nothing: then every frame is decoded.
    monkeypatch.setattr(frames, "_KEY_FRAME_GAP_MS", 1000)
    assert_slides(key_frames(path, tmp_path), [0, 10_000, 20_000], 30_000)
    assert len(decoded) > 100


def test_the_same_video_has_the_same_slides(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", [(0, slide(1)), (2000, slide(2))], 5000)
    runs = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        found = key_frames(path, tmp_path / run)
        runs.append([(frame.start, frame.end, frame.path.read_bytes()) for frame in found])
    assert runs[0] == runs[1]


def test_slides_are_at_most_1280_pixels_wide(tmp_path: Path) -> None:
    large = film(tmp_path / "large.mp4", [(0, slide(1, (1920, 1080)))], 1500, fps=2)
    assert (look(key_frames(large, tmp_path)[0].path).width) == 1280
    assert (look(key_frames(large, tmp_path)[0].path).height) == 720
    small = film(tmp_path / "small.mp4", [(0, slide(1, (322, 182)))], 1500, fps=2)
    assert (look(key_frames(small, tmp_path)[0].path).width) == 322


@pytest.mark.parametrize("name", ["talk.mp3", "talk.wav"])
def test_a_recording_without_a_video_has_no_pictures(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(recorded(KINDS[name]))
    for job in (
        lambda: key_frames(path, tmp_path),
        lambda: thumbnail(path, tmp_path / "out.png"),
        lambda: convert_mp4(path, tmp_path / "out.mp4"),
    ):
        with pytest.raises(RecordingError) as caught:
            job()
        assert caught.value.problem == "codec"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_video_that_cannot_be_decoded_has_no_pictures(tmp_path: Path) -> None:
    path = tmp_path / "noise.mov"
    with av.open(str(film(tmp_path / "source.mp4", [(0, slide(1))], 2000)), "r") as source:
        packets = [packet for packet in source.demux(video=0) if packet.size]
        with av.open(str(path), "w") as file:
            stream = file.add_stream_from_template(source.streams.video[0])
            for number, packet in enumerate(packets):
                noise = av.Packet(struct.pack(">I", 60) + random.Random(number).randbytes(60))
                noise.pts, noise.dts = packet.pts, packet.dts
                noise.time_base, noise.stream = packet.time_base, stream
                file.mux(noise)
    for job in (
        lambda: key_frames(path, tmp_path),
        lambda: thumbnail(path, tmp_path / "out.png"),
    ):
        with pytest.raises(RecordingError) as caught:
            job()
        assert caught.value.problem == "codec"
        assert "not one picture" in caught.value.detail


# Thumbnails


def test_a_thumbnail_is_a_small_png(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", [(0, slide(1, (1280, 720)))], 1500, fps=4)
    target = tmp_path / "thumbnail.png"
    thumbnail(path, target)
    assert target.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    seen = look(target)
    assert (seen.width, seen.height) == (640, 360)
    assert pixel(seen, 5, 5) == pytest.approx(pixel(slide(1), 5, 5), abs=6)


@pytest.mark.parametrize("fading", [False, True])
def test_a_thumbnail_is_not_of_a_black_lead_in(tmp_path: Path, fading: bool) -> None:
    black = av.VideoFrame.from_bytes(bytes(SIZE[0] * SIZE[1] * 4), *SIZE, "rgba")
    steps = [(1500 + at * 100, blend(black, slide(1), at / 10)) for at in range(1, 10)]
    shown = [(0, black), *(steps if fading else []), (2500, slide(1))]
    thumbnail(film(tmp_path / "film.mp4", shown, 6000), tmp_path / "thumbnail.png")
    bright = pixel(slide(1), 5, 5)
    assert pixel(look(tmp_path / "thumbnail.png"), 5, 5) == pytest.approx(bright, abs=40)


def test_a_video_that_is_all_black_has_a_thumbnail_as_well(tmp_path: Path) -> None:
    black = av.VideoFrame.from_bytes(bytes(SIZE[0] * SIZE[1] * 4), *SIZE, "rgba")
    thumbnail(film(tmp_path / "film.mp4", [(0, black)], 1000), tmp_path / "thumbnail.png")
    assert pixel(look(tmp_path / "thumbnail.png"), 5, 5) == pytest.approx((0, 0, 0), abs=3)


# MP4


def boxes(path: Path) -> list[bytes]:
    content, names, at = path.read_bytes(), [], 0
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        names.append(content[at + 4 : at + 8])
        at += size
    return names


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in VIDEO_KINDS])
def test_every_video_becomes_an_mp4_that_plays(tmp_path: Path, kind: Kind) -> None:
    source, target = tmp_path / "talk", tmp_path / "out.mp4"
    length = 2 * SPOKEN_MS
    pictures = [(0, draw_slide("One", 1)), (SPOKEN_MS, draw_slide("Two", 2))]
    source.write_bytes(make_file(kind, bursts(kind.rate) * 2, "mono", pictures))
    convert_mp4(source, target)
    recording = probe(target)
    assert (recording.container, recording.codec, recording.video) == ("mp4", "aac", True)
    assert (recording.width, recording.height) == kind.size
    assert recording.duration == pytest.approx(length, abs=120)
    assert boxes(target).index(b"moov") < boxes(target).index(b"mdat")
    with av.open(str(target), "r") as file:
        assert file.streams.video[0].codec_context.name == "h264"
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert file.duration is not None
        assert file.duration / 1000 == pytest.approx(length, abs=150)
    pcm = b"".join(read_pcm(target, 16_000))
    assert milliseconds(pcm, 16_000) == pytest.approx(length, abs=150)
    assert peak(pcm, 16_000, 1150, 1350) > 5000
    assert peak(pcm, 16_000, 1650, 1900) < 600
    assert_slides(key_frames(target, tmp_path), [0, SPOKEN_MS], length)


@pytest.mark.parametrize(("name", "muxer"), [("mp4", "mp4"), ("mkv", "matroska"), ("flv", "flv")])
def test_what_is_h264_and_aac_already_is_copied(tmp_path: Path, name: str, muxer: str) -> None:
    kind = Kind(name, muxer, "aac", name, "aac", 44_100, "libx264")
    source, target = tmp_path / "talk", tmp_path / "out.mp4"
    source.write_bytes(recorded(kind))
    convert_mp4(source, target)
    content: list[list[tuple[str, int, bytes]]] = []
    for path in (source, target):
        with av.open(str(path), "r") as file:
            packets = [packet for packet in file.demux() if packet.size]
            content.append(
                sorted(
                    (packet.stream.type, round(packet.pts * packet.time_base * 1000), bytes(packet))
                    for packet in packets
                    if packet.pts is not None
                )
            )
    assert [packet[2] for packet in content[0]] == [packet[2] for packet in content[1]]
    # The copy begins at zero, where FLV has put the delay of the encoder.
    delay = content[0][0][1] - content[1][0][1]
    assert 0 <= delay <= 100
    for before, after in zip(*content, strict=True):
        assert before[0] == after[0]
        assert before[1] - after[1] == pytest.approx(delay, abs=1)


def test_a_video_without_audio_becomes_an_mp4_without_audio(tmp_path: Path) -> None:
    source = film(tmp_path / "mute.avi", [(0, slide(1))], 2000, codec="mpeg4")
    convert_mp4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as file:
        assert [stream.type for stream in file.streams] == ["video"]
        assert file.duration is not None
        assert file.duration / 1000 == pytest.approx(2000, abs=100)


def test_odd_sides_are_made_even(tmp_path: Path) -> None:
    source = tmp_path / "odd.mkv"
    with av.open(str(source), "w") as file:
        stream = file.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 101, 75, "yuv444p"
        for number in range(10):
            frame = slide(1, (101, 75)).reformat(format="yuv444p")
            frame.pts, frame.time_base = number, Fraction(1, 5)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    convert_mp4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as file:
        video = file.streams.video[0]
        assert (video.width, video.height) == (102, 76)
        assert len(list(file.decode(video))) == 10


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (1920, 1080)),
        ((1920, 1920), (1920, 1920)),
        ((1922, 1080), (1920, 1080)),
        ((3840, 1000), (1920, 500)),
        ((1200, 4800), (480, 1920)),
        ((9000, 4), (1920, 2)),
    ],
)
def test_a_video_is_encoded_at_1920_pixels_at_most(
    tmp_path: Path, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    source = photos(tmp_path / "photos", [size] * 3, size)
    convert_mp4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as file:
        shown = [(frame.width, frame.height) for frame in file.decode(video=0)]
    assert shown == [expected] * 3


@pytest.mark.parametrize(
    ("size", "taken"),
    [((16_384, 400), True), ((16_386, 400), False), ((400, 16_386), False), ((8100, 8000), False)],
)
@pytest.mark.parametrize("honest", [True, False])
def test_a_video_of_huge_pictures_is_none(
    tmp_path: Path, size: tuple[int, int], taken: bool, honest: bool
) -> None:
    source = photos(tmp_path / "photos", [size] * 2, size if honest else SIZE)
    recording = probe(source)
    assert recording.video is taken
    assert (recording.width, recording.height) == (size if taken else (0, 0))
    assert recording.duration == pytest.approx(1000, abs=5)
    if not taken:
        with pytest.raises(RecordingError) as caught:
            key_frames(source, tmp_path)
        assert caught.value.problem == "codec"


def test_a_huge_picture_is_not_decoded_to_tell_its_size(tmp_path: Path) -> None:
    media = libav.Media(photos(tmp_path / "photos", [(8100, 8000)]), b"")
    stream = media.container.streams.video[0]
    assert (stream.width, stream.height) == (0, 0)
    media.close()


def test_a_video_that_names_too_many_pixels_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "film.mp4", [(0, slide(1))], 1000, codec="mpeg4")
    for most, found in ((640 * 360, True), (640 * 360 - 1, False)):
        monkeypatch.setattr(libav, "_MOST_PIXELS", most)
        media = libav.Media(path, b"")
        assert (media.video is not None) is found
        media.close()


def test_a_huge_picture_in_the_middle_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libav, "_MOST_PIXELS", 640 * 360)
    source = photos(tmp_path / "photos", [SIZE, (640, 362), SIZE, (640, 320)])
    convert_mp4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as file:
        assert len(list(file.decode(video=0))) == 3


def test_without_x264_the_video_is_mpeg4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - {"libx264"})
    source = film(tmp_path / "mute.avi", [(0, slide(1)), (2000, slide(2))], 4000, codec="mpeg4")
    convert_mp4(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), "r") as file:
        assert file.streams.video[0].codec_context.name == "mpeg4"
    assert_slides(key_frames(tmp_path / "out.mp4", tmp_path), [0, 2000], 4000)


def test_what_takes_long_can_be_given_up(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", [(0, slide(1))], 4000)
    asked = iter([False] * 5)

    def stop() -> bool:
        return next(asked, True)

    with pytest.raises(Stopped):
        key_frames(path, tmp_path, stop=stop)
    with pytest.raises(Stopped):
        convert_mp4(path, tmp_path / "out.mp4", stop=stop)
    with pytest.raises(Stopped):
        thumbnail(path, tmp_path / "out.png", stop=stop)
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]


def test_counting_key_frames_can_be_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "film.mp4", [(0, slide(1))], 4000)
    monkeypatch.setattr(frames, "_MANY_FRAMES", 30)
    monkeypatch.setattr(frames, "SlideFinder", None)  # what comes after the counting
    with pytest.raises(Stopped):
        key_frames(path, tmp_path, stop=lambda: True)


def test_the_same_video_becomes_the_same_mp4(tmp_path: Path) -> None:
    source = tmp_path / "talk.webm"
    source.write_bytes(recorded(KINDS["talk.webm"]))
    for name in ("one.mp4", "two.mp4"):
        convert_mp4(source, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_video_that_cannot_be_converted_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "talk.webm"
    source.write_bytes(recorded(KINDS["talk.webm"]))
    monkeypatch.setattr(mp4, "_AAC_RATES", (1,))
    monkeypatch.setattr(mp4, "_FAST", {"aac_coder": "no such coder"})
    with pytest.raises(RecordingError) as caught:
        convert_mp4(source, tmp_path / "out.mp4")
    assert caught.value.problem == "codec"
    assert not (tmp_path / "out.mp4").exists()


# Videos of slides


@pytest.mark.parametrize("rate", [8000, 16_000])
def test_a_video_of_slides_shows_each_when_it_is_due(tmp_path: Path, rate: int) -> None:
    begins = [0, 2300, 4300, 9700]
    slides = [(at, draw_slide(f"Page {number}", number)) for number, at in enumerate(begins)]
    target = tmp_path / "slides.mp4"
    video_of_slides(slides, tones([(3000, 5000, 1)], 12_000, rate), rate, target)
    recording = probe(target)
    assert (recording.container, recording.codec, recording.sample_rate) == ("mp4", "aac", rate)
    assert (recording.width, recording.height) == SIZE
    assert recording.duration == pytest.approx(12_000, abs=200)
    assert boxes(target).index(b"moov") < boxes(target).index(b"mdat")
    found = key_frames(target, tmp_path)
    assert_slides(found, begins, 12_000)
    for number, frame in enumerate(found):
        assert pixel(look(frame.path), 5, 5) == pytest.approx(pixel(slide(number), 5, 5), abs=6)
    pcm = b"".join(read_pcm(target, 16_000))
    assert peak(pcm, 16_000, 3200, 4800) > 2000
    assert peak(pcm, 16_000, 500, 2500) < 200


def test_a_video_of_slides_takes_audio_in_any_pieces(tmp_path: Path) -> None:
    pcm, slides = bursts(16_000), [(0, draw_slide("One", 1)), (1000, draw_slide("Two", 2))]
    for name, size in (("one.mp4", 2), ("two.mp4", 5000), ("three.mp4", 1 << 20)):
        pieces = (pcm[at : at + size] for at in range(0, len(pcm), size))
        video_of_slides(slides, pieces, 16_000, tmp_path / name)
    first = (tmp_path / "one.mp4").read_bytes()
    assert first == (tmp_path / "two.mp4").read_bytes() == (tmp_path / "three.mp4").read_bytes()


def test_a_video_of_slides_without_audio_shows_the_first(tmp_path: Path) -> None:
    slides = [(500, draw_slide("One", 1)), (1000, draw_slide("Two", 2))]
    video_of_slides(slides, [], 16_000, tmp_path / "short.mp4")
    seen = look(tmp_path / "short.mp4")
    assert pixel(seen, 5, 5) == pytest.approx(pixel(slide(1), 5, 5), abs=6)


def test_a_video_of_no_slides_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs one at least"):
        video_of_slides([], [bursts(16_000)], 16_000, tmp_path / "none.mp4")
    assert not (tmp_path / "none.mp4").exists()


# Drawn slides


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (1280, 720), (64, 48), (7, 3)])
def test_a_drawn_slide_is_a_png_of_its_size(size: tuple[int, int]) -> None:
    png = draw_slide("Quarterly numbers: what we sold, and why it was not more", 12, size)
    seen = picture(png)
    assert (seen.width, seen.height) == size
    assert len(png) < 8000
    at = png.index(b"IDAT")
    (length,) = struct.unpack_from(">I", png, at - 4)
    assert len(zlib.decompress(png[at + 4 : at + 4 + length])) == (size[0] + 1) * size[1]


def ink(png: bytes) -> int:
    frame = picture(png).reformat(format="rgba")
    ground = pixel(frame, 0, 0)
    pixels = bytes(frame.planes[0])
    return sum(
        pixels[at : at + 3] != bytes(ground) for at in range(0, frame.width * frame.height * 3, 3)
    )


def test_letters_are_drawn_and_what_is_not_ascii_is_left_out() -> None:
    assert ink(draw_slide("Welcome", 1)) > ink(draw_slide("Wel", 1)) > ink(draw_slide("", 1)) > 0
    assert draw_slide("周会 Welcome，各位\n", 1) == draw_slide("Welcome", 1)
    assert draw_slide("周会", 1) == draw_slide("", 1)
    assert draw_slide("Welcome", 1) == draw_slide("Welcome", 1)


def test_slides_with_other_numbers_look_different() -> None:
    grounds = [pixel(picture(draw_slide("", number)), 0, 0) for number in range(12)]
    for one, other in pairwise(grounds):
        assert abs(sum(one) - sum(other)) > 150
    assert draw_slide("", 1) != draw_slide("", 7)


def test_every_printable_character_has_a_glyph_of_its_own() -> None:
    assert sorted(GLYPHS) == [chr(code) for code in range(32, 127)]
    assert len(set(GLYPHS.values())) == len(GLYPHS)
    for glyph in GLYPHS.values():
        assert len(glyph) == 7
        assert {len(row) for row in glyph} == {5}


# The search for slides, without a video

BLANK, FULL = bytes(64 * 36), b"\xff" * (64 * 36)


def changed(pixels: int, by: int) -> bytes:
    return bytes([by]) * pixels + BLANK[pixels:]


def found_in(pictures: list[bytes], step: int = 250) -> list[int]:
    finder = SlideFinder()
    begins = (finder.feed(seen, number * step) for number, seen in enumerate(pictures))
    return [begin for begin in begins if begin is not None]


def test_a_slide_has_to_stay_for_a_second() -> None:
    assert found_in([BLANK] * 8 + [FULL] * 4 + [BLANK] * 8) == [0]
    assert found_in([BLANK] * 8 + [FULL] * 5 + [BLANK] * 8) == [0, 2000, 3250]
    assert found_in([BLANK, FULL] * 20) == []


def test_small_changes_are_none() -> None:
    share = 64 * 36 // 50
    assert found_in([BLANK] * 8 + [changed(share, 255)] * 8) == [0]
    assert found_in([BLANK] * 8 + [changed(share + 1, 255)] * 8) == [0, 2000]
    assert found_in([BLANK] * 8 + [changed(64 * 36, 24)] * 8) == [0]
    assert found_in([BLANK] * 8 + [changed(64 * 36, 25)] * 8) == [0, 2000]


def test_the_shortest_slide_is_neither_the_first_nor_the_last() -> None:
    assert shortest([0, 100, 5000, 6000, 6001]) == 3
    assert shortest([0, 3000, 5000, 7000]) == 1
