"""Offline tasks on real files: what is heard, seen and made of them, what is wrong with them."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import httpx
import pytest
from av.container import InputContainer

from mock_tingwu import MockTingwu
from mock_tingwu.core.scripts import load_script
from tests.conftest import RECORDING, SCRIPT
from tests.media_samples import encode, write_wav
from tests.offline import tasks
from tests.realtime.helpers import Json, info, until

LINES = [line.text for line in load_script(SCRIPT).lines]


def tone(sample_rate: int, milliseconds: int, loudness: int = 9000) -> list[int]:
    """A sawtooth that swells and fades, as speech does."""
    count = sample_rate * milliseconds // 1000
    period = sample_rate // 130
    return [
        round(loudness * (n % period / period - 0.5) * (1 - abs(n % 4000 - 2000) / 2500))
        for n in range(count)
    ]


def stereo(left: Sequence[int], right: Sequence[int]) -> bytes:
    return struct.pack(
        f"<{2 * len(left)}h", *(x for pair in zip(left, right, strict=True) for x in pair)
    )


def write_slideshow(path: Path, shades: Sequence[int], pcm: bytes) -> Path:
    """An MP4 of grey slides, three seconds each, with this 16 kHz sound."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        audio = file.add_stream("aac", rate=16_000)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        for number in range(30 * len(shades)):
            picture = av.VideoFrame(320, 240, "gray")
            half = 320 * 120
            shade = shades[number // 30]
            plane = picture.planes[0]
            plane.update(bytes([shade]) * half + bytes([255 - shade]) * (plane.buffer_size - half))
            picture.pts, picture.time_base = number, Fraction(1, 10)
            file.mux(video.encode(picture.reformat(format="yuv420p")))
        file.mux(video.encode(None))
        frame = av.AudioFrame("s16", "mono", len(pcm) // 2)
        frame.planes[0].update(pcm)
        frame.sample_rate = 16_000
        file.mux(audio.encode(frame))
        file.mux(audio.encode(None))
    return path


def length(file: InputContainer) -> int:
    """ms."""
    assert file.duration is not None
    return file.duration // 1000


def test_a_hosted_recording_is_heard_line_by_line(mock: MockTingwu) -> None:
    mock.script(SCRIPT, app_key="app")
    data = tasks.done(mock, mock.host_file(RECORDING))
    assert tasks.texts(data) == LINES
    audio = tasks.result(data, "Transcription")["AudioInfo"]
    assert audio["Size"] == RECORDING.stat().st_size
    assert (audio["SampleRate"], audio["Language"]) == (16_000, "cn")
    with wave.open(str(RECORDING)) as file:
        assert audio["Duration"] == file.getnframes() * 1000 // file.getframerate()


def test_sentences_lie_where_the_recording_has_speech(mock: MockTingwu) -> None:
    data = tasks.done(mock, mock.host_file(RECORDING))
    transcription = tasks.result(data, "Transcription")
    segments = transcription["AudioSegments"]
    assert segments and segments[-1][1] <= transcription["AudioInfo"]["Duration"]
    for paragraph in transcription["Paragraphs"]:
        for word in paragraph["Words"]:
            assert any(begin <= word["Start"] <= word["End"] <= end for begin, end in segments)


@pytest.mark.parametrize("suffix", ["mp3", "aac", "opus"])
def test_a_compressed_recording_is_heard_as_well(
    mock: MockTingwu, tmp_path: Path, recording: bytes, suffix: str
) -> None:
    mock.script(SCRIPT, app_key="app")
    path = tmp_path / f"sync.{'ogg' if suffix == 'opus' else suffix}"
    path.write_bytes(encode(suffix, 16_000, recording, "mono"))
    assert tasks.texts(tasks.done(mock, mock.host_file(path))) == LINES


def test_a_silent_recording_completes_with_empty_results(mock: MockTingwu, tmp_path: Path) -> None:
    url = mock.host_file(write_wav(tmp_path / "silence.wav", bytes(16_000 * 2 * 5), 16_000))
    data = tasks.done(mock, url, tasks.EVERYTHING)
    assert tasks.result(data, "Transcription")["Paragraphs"] == []
    assert tasks.result(data, "AutoChapters") == []


def test_of_two_channels_the_first_is_heard(mock: MockTingwu, tmp_path: Path) -> None:
    said, nothing = tone(16_000, 3000), [0] * 48_000
    left = mock.host_file(write_wav(tmp_path / "a.wav", stereo(said, nothing), 16_000, 2))
    right = mock.host_file(write_wav(tmp_path / "b.wav", stereo(nothing, said), 16_000, 2))
    assert tasks.texts(tasks.done(mock, left)) != []
    assert tasks.texts(tasks.done(mock, right)) == []
    assert tasks.texts(tasks.done(mock, right, AudioChannelMode="mix")) != []


def test_on_a_telephone_recording_each_channel_is_a_speaker(
    mock: MockTingwu, tmp_path: Path
) -> None:
    mock.script({"language": "cn", "sentences": ["喂，你好。"]}, app_key="app")
    call = [(tone(8_000, 1500), [0] * 12_000), ([0] * 12_000, tone(8_000, 1500))]
    pause = ([0] * 8_000, [0] * 8_000)
    turns = [call[1], pause, call[0], pause, call[1], pause]
    pcm = b"".join(stereo(left, right) for left, right in turns)
    url = mock.host_file(write_wav(tmp_path / "call.wav", pcm, 8_000, 2))
    data = tasks.done(mock, url, {"Transcription": {"DiarizationEnabled": True}})
    transcription = tasks.result(data, "Transcription")
    assert transcription["AudioInfo"]["SampleRate"] == 8_000
    assert [p["SpeakerId"] for p in transcription["Paragraphs"]] == ["2", "1", "2"]


def test_no_more_speakers_are_told_apart_on_a_telephone_recording_than_asked_for(
    mock: MockTingwu, tmp_path: Path
) -> None:
    turn = stereo([0] * 12_000, tone(8_000, 1500)) + bytes(8_000 * 4)
    url = mock.host_file(write_wav(tmp_path / "call.wav", turn * 2, 8_000, 2))
    parameters = {"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 1}}}
    transcription = tasks.result(tasks.done(mock, url, parameters), "Transcription")
    assert {p["SpeakerId"] for p in transcription["Paragraphs"]} == {"1"}


def test_the_audio_is_made_an_mp3_with_a_waveform(mock: MockTingwu, tmp_path: Path) -> None:
    parameters = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}
    data = tasks.done(mock, mock.host_file(RECORDING), parameters)
    mp3 = httpx.get(data["OutputMp3Path"])
    assert mp3.headers["content-type"] == "audio/mpeg"
    (tmp_path / "a.mp3").write_bytes(mp3.content)
    with av.open(str(tmp_path / "a.mp3")) as file:
        assert abs(length(file) - 39_000) < 1500
    assert max(httpx.get(data["OutputSpectrumPath"]).json()["Peaks"]) > 20
    assert "OutputMp4Path" not in data and "OutputThumbnailPath" not in data


VIDEO: Json = {
    "PptExtractionEnabled": True,
    "Transcoding": {
        "TargetAudioFormat": "mp3",
        "TargetVideoFormat": "mp4",
        "VideoThumbnailEnabled": True,
    },
}


def test_the_slides_of_a_video_are_its_key_frames(
    mock: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    # The sound ends before the picture.
    path = write_slideshow(tmp_path / "talk.mp4", [20, 120, 230], recording[: 16_000 * 2 * 8])
    data = tasks.done(mock, mock.host_file(path), VIDEO)
    ppt = tasks.result(data, "PptExtraction")
    frames = ppt["KeyFrameList"]
    assert ppt["AvailableForSummary"] is True
    assert [frame["Id"] for frame in frames] == [1, 2, 3]
    for frame, begin in zip(frames, (0, 3000, 6000), strict=True):
        assert abs(frame["Start"] - begin) < 600
    sound = tasks.result(data, "Transcription")["AudioInfo"]["Duration"]
    assert frames[-1]["End"] <= sound
    shades = []
    for frame in frames:
        picture = httpx.get(frame["FileUrl"])
        assert picture.headers["content-type"] == "image/jpeg"
        (tmp_path / "slide.jpg").write_bytes(picture.content)
        with av.open(str(tmp_path / "slide.jpg")) as file:
            grey = next(file.decode(video=0)).reformat(format="gray")
            shades.append(bytes(grey.planes[0])[grey.planes[0].line_size * 20 + 20])
    assert all(abs(a - b) < 25 for a, b in zip(shades, (20, 120, 230), strict=True))


def test_a_video_is_made_an_mp4_and_a_still_picture(
    mock: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    path = write_slideshow(tmp_path / "talk.mkv", [20, 230], recording[: 16_000 * 2 * 6])
    data = tasks.done(mock, mock.host_file(path), VIDEO)
    mp4 = httpx.get(data["OutputMp4Path"])
    assert mp4.headers["content-type"] == "video/mp4"
    (tmp_path / "a.mp4").write_bytes(mp4.content)
    with av.open(str(tmp_path / "a.mp4")) as file:
        assert {stream.codec_context.name for stream in file.streams} == {"h264", "aac"}
        assert abs(length(file) - 6000) < 500
    thumbnail = httpx.get(data["OutputThumbnailPath"])
    assert thumbnail.headers["content-type"] == "image/png"
    assert thumbnail.content.startswith(b"\x89PNG")


def test_a_second_run_sees_the_slides_too(
    mock: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    path = write_slideshow(tmp_path / "talk.mp4", [20, 230], recording[: 16_000 * 2 * 6])
    task_id = tasks.done(mock, mock.host_file(path))["TaskId"]
    assert tasks.rerun(mock, task_id, {"PptExtractionEnabled": True}).status_code == 200
    assert len(tasks.result(tasks.finished(mock, task_id), "PptExtraction")["KeyFrameList"]) == 2


def test_picture_links_of_an_old_download_expire_and_a_new_one_has_new_links(
    start_mock: Callable[..., MockTingwu], tmp_path: Path, recording: bytes
) -> None:
    mock = start_mock(clock="virtual")
    path = write_slideshow(tmp_path / "talk.mp4", [20, 230], recording[: 16_000 * 2 * 6])
    task_id = tasks.create(mock, mock.host_file(path), VIDEO)["TaskId"]
    mock.advance(1000)
    old = tasks.result(info(mock, task_id), "PptExtraction")["KeyFrameList"][0]["FileUrl"]
    mock.advance(31 * 24 * 60 * 60 * 1000)
    assert httpx.get(old).status_code == 403
    new = tasks.result(info(mock, task_id), "PptExtraction")["KeyFrameList"][0]["FileUrl"]
    assert httpx.get(new).status_code == 200


def test_an_imagined_video_can_be_looked_at_as_well(mock: MockTingwu, tmp_path: Path) -> None:
    url = "https://files.example.com/talk.mp4?mock.duration_ms=65000"
    data = tasks.done(mock, url, VIDEO)
    frames = tasks.result(data, "PptExtraction")["KeyFrameList"]
    assert len(frames) >= 2
    assert httpx.get(frames[1]["FileUrl"]).headers["content-type"] == "image/png"
    assert httpx.get(data["OutputThumbnailPath"]).content.startswith(b"\x89PNG")
    for name in ("OutputMp4Path", "OutputMp3Path"):
        (tmp_path / name).write_bytes(httpx.get(data[name]).content)
        with av.open(str(tmp_path / name)) as file:
            assert abs(length(file) - 65_000) < 1000


# What is wrong with a file


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.mp3", b"", "TSC.FileError"),
        ("page.mp3", b"<!DOCTYPE html><html><body>Not found</body></html>", "TSC.FileType"),
        ("minutes.mp3", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "TSC.FileType"),
        ("list.mp3", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.mp3\n", "TSC.FileType"),
    ],
)
def test_a_file_that_is_no_recording_fails_its_task(
    mock: MockTingwu, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert tasks.failed(mock, mock.host_file(path))[0] == code


def test_a_video_without_sound_fails_its_task(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    assert tasks.failed(mock, mock.host_file(path))[0] == "TSC.AudioSampleRate"


def test_a_recording_that_lasts_longer_than_its_header_says_is_held_to_the_limits(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    mock = start_mock(offline_quota_minutes=1)
    path = tmp_path / "lie.mkv"
    with av.open(str(path), "w") as file:
        audio = file.add_stream("aac", rate=16_000)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        frame = av.AudioFrame("s16", "mono", 16_000 * 90)
        frame.planes[0].update(bytes(16_000 * 90 * 2))
        frame.sample_rate = 16_000
        file.mux(audio.encode(frame))
        file.mux(audio.encode(None))
    content = bytearray(path.read_bytes())
    place = content.index(b"\x44\x89\x88") + 3  # Matroska's Duration, a double
    content[place : place + 8] = struct.pack(">d", 5000.0)
    path.write_bytes(content)
    assert tasks.failed(mock, mock.host_file(path))[0] == "PRE.AudioDurationQuotaLimit"


def test_a_picture_that_cannot_be_decoded_does_not_lose_what_was_said(
    mock: MockTingwu, tmp_path: Path, recording: bytes
) -> None:
    path = tmp_path / "broken.mp4"
    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=10)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        audio = file.add_stream("aac", rate=16_000)
        assert isinstance(audio, av.AudioStream)
        audio.codec_context.layout = "mono"
        for number in range(30):
            picture = av.VideoFrame(320, 240, "yuv420p")
            picture.pts = number
            for packet in video.encode(picture):
                damaged = av.Packet(bytes(range(7, 57)))
                damaged.stream = video
                damaged.pts, damaged.dts = packet.pts, packet.dts
                damaged.time_base = packet.time_base
                damaged.is_keyframe = packet.is_keyframe
                file.mux(damaged)
        frame = av.AudioFrame("s16", "mono", 16_000 * 9)
        frame.planes[0].update(recording[: 16_000 * 9 * 2])
        frame.sample_rate = 16_000
        file.mux(audio.encode(frame))
        file.mux(audio.encode(None))
    data = tasks.done(mock, mock.host_file(path), VIDEO)
    assert tasks.texts(data)
    assert tasks.result(data, "PptExtraction")["KeyFrameList"] == []
    assert "OutputMp3Path" in data
    assert "OutputMp4Path" not in data and "OutputThumbnailPath" not in data


def test_speech_below_8_khz_fails_its_task(mock: MockTingwu, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "low.wav", bytes(6_000 * 2), 6_000)
    assert tasks.failed(mock, mock.host_file(path))[0] == "TSC.AudioSampleRate"


def test_a_telephone_recording_in_japanese_fails_its_task(mock: MockTingwu, tmp_path: Path) -> None:
    url = mock.host_file(write_wav(tmp_path / "call.wav", bytes(8_000 * 2), 8_000))
    assert tasks.failed(mock, url, SourceLanguage="ja")[0] == "TSC.AudioSampleRate"
    assert tasks.done(mock, url, SourceLanguage="en")


def test_a_link_to_a_closed_port_fails_its_task_with_the_reason_in_the_journal(
    mock: MockTingwu,
) -> None:
    data = tasks.create(mock, "http://127.0.0.1:9/a.mp3")
    assert tasks.finished(mock, data["TaskId"])["ErrorCode"] == "TSC.AudioFileLink"
    assert "refused the connection" in tasks.why(mock, data["TaskId"])


def test_nothing_is_left_of_a_recording_that_was_fetched_but_what_was_asked_for(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path)
    other = start_mock()
    url = other.host_file(RECORDING)
    tasks.done(mock, url, {"Transcoding": {"TargetAudioFormat": "mp3"}})
    tasks.done(mock, url)
    files = [path.name for path in tmp_path.glob("*/*/*")]
    assert files == ["audio.mp3"]


def test_a_failed_task_leaves_no_link_to_files(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + b"\x00" * 5000)
    data = tasks.create(mock, mock.host_file(path), {"Transcoding": {"TargetAudioFormat": "mp3"}})
    ended = tasks.finished(mock, data["TaskId"])
    assert ended["TaskStatus"] == "FAILED"
    assert "OutputMp3Path" not in ended


def test_a_task_that_is_failed_by_force_while_its_file_is_read_stays_failed(
    mock: MockTingwu, tmp_path: Path
) -> None:
    path = write_wav(tmp_path / "long.wav", bytes(16_000 * 2 * 600), 16_000)
    task_id = tasks.create(mock, mock.host_file(path))["TaskId"]
    answer = httpx.post(
        f"{mock.url}/_mock/tasks/{task_id}/transition",
        json={"to": "FAILED", "error_code": "TSC.AudioFormat"},
    )
    assert answer.status_code == 200
    until(
        lambda: not mock.call(lambda: mock._server.world.default.recordings.pending),
        "the reader's end",
    )
    assert info(mock, task_id)["ErrorCode"] == "TSC.AudioFormat"


@pytest.mark.parametrize("name", ["big.mp3", "big.wav"])
def test_a_mapped_file_over_6_gb_is_refused_before_anybody_looks_at_it(
    start_mock: Callable[..., MockTingwu], tmp_path: Path, name: str
) -> None:
    with (tmp_path / name).open("wb") as file:
        file.write(RECORDING.read_bytes())
        file.truncate((6 << 30) + 1)
    mock = start_mock(file_hosts={"media.example.com": str(tmp_path)})
    assert tasks.failed(mock, f"https://media.example.com/{name}")[0] == "TSC.AudioFileSize"
