"""Offline tasks: links that lead nowhere, and files that are not taken."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import ASSUMED, ERRORS, FETCHER, NEWSBOX, OFFLINE, READERS
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

BOTH = ("CreateTask", "GetTaskInfo")
OUTSIDE = (Need.OUTSIDE,)
#: What a file may fail with that is no recording.
NO_RECORDING = ("TSC.FileType", "TSC.AudioFormat", "TSC.FileError")


async def failed(cloud: Cloud, url: str, **fields: Any) -> dict[str, Any]:
    """The Data of a task for ``url`` that has to fail."""
    begun = await cloud.tingwu.transcribe(url, **fields)
    return await cloud.tingwu.wait(begun["TaskId"], "FAILED")


async def not_taken(cloud: Cloud, url: str) -> None:
    """The link is refused at once, or its task fails."""
    asked = {"SourceLanguage": "cn", "FileUrl": url}
    answer = await cloud.tingwu.create(asked, type="offline")
    if answer.status != 200:
        cloud.check.equal(answer.status, 400, "HTTP status")
        cloud.check.has(answer.body, "Code", "Message")
        return
    data = await cloud.tingwu.wait(answer.data["TaskId"], "FAILED")
    cloud.check.matches(data.get("ErrorCode"), r"[A-Z]{3}\.\w+", "ErrorCode")


# Links that lead nowhere


@case(
    "TW-OFFLINE-010",
    "a link that is answered with 404 fails the task",
    sends="CreateTask with a FileUrl at which there is nothing",
    expects="FAILED, TSC.AudioFileLink, Audio file link invalid.",
    level=MUST,
    source=OFFLINE("a failed task"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def nothing_there(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.recording(status=404))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioFileLink", "ErrorCode")
    cloud.check.equal(data.get("ErrorMessage"), "Audio file link invalid.", "ErrorMessage")


@case(
    "TW-OFFLINE-011",
    "a link that is answered with 403 fails the task in the same way",
    sends="CreateTask with a FileUrl that is forbidden, as a signed link that has expired is",
    expects="FAILED, TSC.AudioFileLink",
    level=INFO,
    source=ASSUMED("which statuses of the file's server make which ErrorCode"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def forbidden(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.recording(status=403))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioFileLink", "ErrorCode")


@case(
    "TW-OFFLINE-012",
    "a link to a host that does not exist fails the task",
    sends="CreateTask with the FileUrl https://nowhere.invalid/meeting.mp3",
    expects="FAILED, TSC.AudioFileLink",
    level=SHOULD,
    source=FETCHER("TSC.AudioFileLink"),
    operations=BOTH,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_such_host(cloud: Cloud) -> None:
    data = await failed(cloud, "https://nowhere.invalid/meeting.mp3")
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioFileLink", "ErrorCode")


@case(
    "TW-OFFLINE-013",
    "a link with an IP address is not taken",
    sends="CreateTask with the FileUrl http://192.0.2.1/meeting.wav",
    expects="HTTP 400, or FAILED",
    level=MUST,
    source=OFFLINE("FileUrl: a domain name, no IP address"),
    operations=BOTH,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_ip_addresses(cloud: Cloud) -> None:
    await not_taken(cloud, "http://192.0.2.1/meeting.wav")


@case(
    "TW-OFFLINE-014",
    "a link with a space in it is not taken",
    sends="CreateTask with a FileUrl that ends with /weekly meeting.wav",
    expects="HTTP 400, or FAILED",
    level=MUST,
    source=OFFLINE("FileUrl: no spaces"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_spaces(cloud: Cloud) -> None:
    await not_taken(cloud, cloud.recording(name="weekly meeting.wav"))


@case(
    "TW-OFFLINE-015",
    "a link that is neither http nor https is not taken",
    sends="CreateTask with the FileUrl ftp://example.com/meeting.wav",
    expects="HTTP 400, or FAILED",
    level=MUST,
    source=OFFLINE("FileUrl: http or https"),
    operations=BOTH,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def http_alone(cloud: Cloud) -> None:
    await not_taken(cloud, "ftp://example.com/meeting.wav")


# Files that are no recordings, or none that is taken


@case(
    "TW-OFFLINE-016",
    "a file whose server does not say how long it is fails the task",
    sends="CreateTask with a FileUrl that is answered without Content-Length",
    expects="FAILED, TSC.ContentLengthCheckFailed",
    level=SHOULD,
    source=OFFLINE("FileUrl: Content-Length"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_length(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.recording(says_length=False))
    cloud.check.equal(data.get("ErrorCode"), "TSC.ContentLengthCheckFailed", "ErrorCode")


@case(
    "TW-OFFLINE-017",
    "a file that is shorter than its Content-Length fails the task",
    sends="CreateTask with a FileUrl whose connection ends half-way",
    expects="FAILED, TSC.ContentLengthCheckFailed",
    level=SHOULD,
    source=OFFLINE("FileUrl: Content-Length"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def wrong_length(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.recording(length=2 * len(cloud.speech)))
    cloud.check.equal(data.get("ErrorCode"), "TSC.ContentLengthCheckFailed", "ErrorCode")


@case(
    "TW-OFFLINE-018",
    "a file of more than 6 GB fails the task",
    sends="CreateTask with a FileUrl whose Content-Length is 6 GB and a byte",
    expects="FAILED, TSC.AudioFileSize",
    level=INFO,
    source=ASSUMED("whether Content-Length is believed before the file is read"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def too_large(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.recording(length=6 * 1024**3 + 1))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioFileSize", "ErrorCode")


def page(cloud: Cloud) -> str:
    """The URL of a web page that is called a recording."""
    html = b"<!DOCTYPE html><html><body>Please log in.</body></html>"
    return cloud.outside.file(html, "meeting.mp3", media_type="text/html")


@case(
    "TW-OFFLINE-019",
    "a web page in place of a recording fails the task",
    sends="CreateTask with a FileUrl that leads to HTML",
    expects="FAILED with TSC.FileType, TSC.AudioFormat or TSC.FileError",
    level=MUST,
    source=ERRORS("TSC.*"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def web_page(cloud: Cloud) -> None:
    data = await failed(cloud, page(cloud))
    cloud.check.one_of(data.get("ErrorCode"), NO_RECORDING, "ErrorCode")


@case(
    "TW-OFFLINE-020",
    "the ErrorCode of a web page is TSC.FileType",
    sends="CreateTask with a FileUrl that leads to HTML",
    expects="FAILED with TSC.FileType",
    level=INFO,
    source=ASSUMED("which of the codes it is"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def web_page_is_a_type(cloud: Cloud) -> None:
    data = await failed(cloud, page(cloud))
    cloud.check.equal(data.get("ErrorCode"), "TSC.FileType", "ErrorCode")


@case(
    "TW-OFFLINE-021",
    "an empty file fails the task",
    sends="CreateTask with a FileUrl that leads to no bytes",
    expects="FAILED with an ErrorCode TSC.*",
    level=MUST,
    source=ERRORS("TSC.*"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def empty_file(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.outside.file(b"", length=0))
    cloud.check.matches(data.get("ErrorCode"), r"TSC\.\w+", "ErrorCode")


@case(
    "TW-OFFLINE-022",
    "a recording that breaks off in its header fails the task",
    sends="CreateTask with a FileUrl that leads to the first 20 bytes of a WAV file",
    expects="FAILED with TSC.FileType, TSC.AudioFormat or TSC.FileError",
    level=MUST,
    source=ERRORS("TSC.*"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def damaged_file(cloud: Cloud) -> None:
    data = await failed(cloud, cloud.outside.file(audio.wav(cloud.speech)[:20]))
    cloud.check.one_of(data.get("ErrorCode"), NO_RECORDING, "ErrorCode")


@case(
    "TW-OFFLINE-023",
    "a video without sound fails the task",
    sends="CreateTask with a FileUrl that leads to an MP4 with a picture alone",
    expects="FAILED, TSC.AudioSampleRate, Audio sample rate invalid.",
    level=SHOULD,
    source=NEWSBOX("TSC.AudioSampleRate"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def no_sound(cloud: Cloud) -> None:
    content = audio.media("no-sound.mp4")
    data = await failed(cloud, cloud.outside.file(content, "silent.mp4", media_type="video/mp4"))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioSampleRate", "ErrorCode")
    cloud.check.equal(data.get("ErrorMessage"), "Audio sample rate invalid.", "ErrorMessage")


@case(
    "TW-OFFLINE-024",
    "a recording of less than 8 kHz fails the task",
    sends="CreateTask with a FileUrl that leads to a WAV file of 4 kHz",
    expects="FAILED, TSC.AudioSampleRate",
    level=SHOULD,
    source=OFFLINE("sample rates"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def low_rate(cloud: Cloud) -> None:
    content = audio.wav(audio.at_rate(cloud.speech, 4_000), 4_000)
    data = await failed(cloud, cloud.outside.file(content))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioSampleRate", "ErrorCode")


@case(
    "TW-OFFLINE-025",
    "a recording of 8 kHz fails the task in Japanese",
    sends="CreateTask with SourceLanguage ja and a recording of 8 kHz",
    expects="FAILED, TSC.AudioSampleRate",
    level=INFO,
    source=ASSUMED("that the rule of streams, 16 kHz beside cn and en, holds for files"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def telephone_in_japanese(cloud: Cloud) -> None:
    content = audio.wav(audio.at_rate(cloud.speech, 8_000), 8_000)
    data = await failed(cloud, cloud.outside.file(content), SourceLanguage="ja")
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioSampleRate", "ErrorCode")


@case(
    "TW-OFFLINE-026",
    "a recording of more than six hours fails the task",
    sends="CreateTask with a FileUrl that leads to six hours and a second of silence",
    expects="FAILED, TSC.AudioDuration",
    level=SHOULD,
    source=OFFLINE("at most 6 hours"),
    operations=BOTH,
    # Whoever takes it all the same has six hours to charge for.
    needs=(*OUTSIDE, Need.SETTINGS),
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def too_long(cloud: Cloud) -> None:
    content = audio.media("six-hours.flac")
    data = await failed(cloud, cloud.outside.file(content, "long.flac", media_type="audio/flac"))
    cloud.check.equal(data.get("ErrorCode"), "TSC.AudioDuration", "ErrorCode")


@case(
    "TW-OFFLINE-027",
    "a recording that is longer than what is left of the day's quota fails the task",
    sends="CreateTask with a recording of 61 seconds where a minute a day is free",
    expects="FAILED, PRE.AudioDurationQuotaLimit, and an ErrorMessage about the quota limit",
    level=SHOULD,
    source=READERS("PRE.AudioDurationQuotaLimit"),
    operations=BOTH,
    needs=OUTSIDE,
    negative=True,
    settings={"offline_quota_minutes": 1},
    time_limit=WITH_RESULTS_S,
)
async def over_quota(cloud: Cloud) -> None:
    content = audio.wav(bytes(2 * 8_000 * 61), 8_000)
    data = await failed(cloud, cloud.outside.file(content))
    cloud.check.equal(data.get("ErrorCode"), "PRE.AudioDurationQuotaLimit", "ErrorCode")
    cloud.check.matches(data.get("ErrorMessage"), "(?i).*quota limit.*", "ErrorMessage")
