"""GetTaskInfo: which results and media it lists, and the links to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import GET_TASK_INFO, OFFLINE, REALTIME, RECORDED
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import (
    EVERYTHING,
    KINDS,
    MEDIA,
    expires,
    file_of,
    link_to,
    video,
)

GET = ("GetTaskInfo",)
OUTSIDE = (Need.OUTSIDE,)
MONTH_S: Final = 30 * 24 * 60 * 60
#: How far the clocks of the service's machines may be apart, in seconds.
SLACK_S: Final = 60
BEIJING: Final = timedelta(hours=8)


# Which results there are


@case(
    "TW-GET-014",
    "a task that asks for nothing has its Transcription",
    sends="CreateTask without Parameters, then GetTaskInfo at the end",
    expects="Result with Transcription alone",
    level=MUST,
    source=OFFLINE("Result"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def transcription_alone(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    cloud.check.equal(set(data.get("Result", {})), {"Transcription"}, "the keys of Result")


@case(
    "TW-GET-015",
    "whatever was enabled has its result",
    sends="CreateTask with all that a sound can have enabled, then GetTaskInfo at the end",
    expects="Result with ten keys, from Transcription to IdentityRecognition",
    level=MUST,
    source=GET_TASK_INFO("Data.Result"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def all_that_was_enabled(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(audio.meeting()), EVERYTHING)
    cloud.check.equal(sorted(KINDS - set(data.get("Result", {}))), [], "results that are missing")


@case(
    "TW-GET-016",
    "what was not enabled has no result, whatever else is said of it",
    sends="CreateTask with TextPolishEnabled, and with AutoChapters not enabled",
    expects="Result with Transcription and TextPolish alone",
    level=MUST,
    source=GET_TASK_INFO("Data.Result"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def only_what_was_enabled(cloud: Cloud) -> None:
    asked = {
        "TextPolishEnabled": True,
        "AutoChaptersEnabled": False,
        "AutoChapters": {"ChapterGranularity": "Coarse"},
        "Summarization": {"Types": ["Paragraph"]},
    }
    data = await cloud.tingwu.finished(cloud.recording(), asked)
    cloud.check.equal(
        set(data.get("Result", {})), {"Transcription", "TextPolish"}, "the keys of Result"
    )


@case(
    "TW-GET-017",
    "a meeting that has ended has its results as a recording does",
    sends="a meeting with summaries, stopped by the API, then GetTaskInfo",
    expects="COMPLETED, with Transcription and Summarization",
    level=MUST,
    source=REALTIME("results"),
    operations=("GetTaskInfo", "CreateTask", "TranscriptionCompleted"),
    time_limit=WITH_RESULTS_S,
)
async def results_of_a_meeting(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting({"SummarizationEnabled": True})
    async with session:
        await session.hear(cloud.speech)
    await cloud.tingwu.stop(task_id)
    data = await cloud.tingwu.wait(task_id)
    cloud.check.equal(
        set(data.get("Result", {})), {"Transcription", "Summarization"}, "the keys of Result"
    )


# Media


@case(
    "TW-GET-018",
    "the sound can be had as an MP3",
    sends="CreateTask with Transcoding.TargetAudioFormat mp3",
    expects="OutputMp3Path, which leads to an MP3",
    level=MUST,
    source=GET_TASK_INFO("Data.OutputMp3Path"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def mp3(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(
        cloud.recording(), {"Transcoding": {"TargetAudioFormat": "mp3"}}
    )
    cloud.check.has(data, "OutputMp3Path", what="Data")
    file = await cloud.download(data["OutputMp3Path"])
    is_mp3 = file.content[:3] == b"ID3" or file.content[:1] == b"\xff"
    cloud.check.that(is_mp3, "an MP3", file.content[:8])


@case(
    "TW-GET-019",
    "a picture of the sound can be had",
    sends="CreateTask with Transcoding.SpectrumEnabled",
    expects="OutputSpectrumPath, which leads to a file",
    level=MUST,
    source=GET_TASK_INFO("Data.OutputSpectrumPath"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def spectrum(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(
        cloud.recording(), {"Transcoding": {"SpectrumEnabled": True}}
    )
    cloud.check.has(data, "OutputSpectrumPath", what="Data")
    file = await cloud.download(data["OutputSpectrumPath"])
    cloud.check.equal(file.status, 200, "HTTP status")
    cloud.check.that(bool(file.content), "a file that is not empty")


@case(
    "TW-GET-020",
    "a video can be had as an MP4",
    sends="CreateTask for a video with Transcoding.TargetVideoFormat mp4",
    expects="OutputMp4Path, which leads to an MP4",
    level=MUST,
    source=GET_TASK_INFO("Data.OutputMp4Path"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def mp4(cloud: Cloud) -> None:
    data = await video(cloud, {"Transcoding": {"TargetVideoFormat": "mp4"}})
    cloud.check.has(data, "OutputMp4Path", what="Data")
    file = await cloud.download(data["OutputMp4Path"])
    cloud.check.equal(file.content[4:8], b"ftyp", "what an MP4 begins with")


@case(
    "TW-GET-021",
    "a still picture of a video can be had",
    sends="CreateTask for a video with Transcoding.VideoThumbnailEnabled",
    expects="OutputThumbnailPath, which leads to a PNG",
    level=MUST,
    source=GET_TASK_INFO("Data.OutputThumbnailPath"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def thumbnail(cloud: Cloud) -> None:
    data = await video(cloud, {"Transcoding": {"VideoThumbnailEnabled": True}})
    cloud.check.has(data, "OutputThumbnailPath", what="Data")
    file = await cloud.download(data["OutputThumbnailPath"])
    cloud.check.equal(file.content[:8], b"\x89PNG\r\n\x1a\n", "what a PNG begins with")


@case(
    "TW-GET-022",
    "there are no media that were not asked for",
    sends="CreateTask for a video without Transcoding",
    expects="Data without the four Output paths",
    level=MUST,
    source=GET_TASK_INFO("Data"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_media_unasked(cloud: Cloud) -> None:
    cloud.check.lacks(await video(cloud, {}), *MEDIA, what="Data")


@case(
    "TW-GET-023",
    "a sound has neither video nor still picture",
    sends="CreateTask for a WAV file with TargetVideoFormat and VideoThumbnailEnabled",
    expects="Data without OutputMp4Path and OutputThumbnailPath",
    level=MUST,
    source=OFFLINE("Transcoding"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_video_of_a_sound(cloud: Cloud) -> None:
    asked = {"Transcoding": {"TargetVideoFormat": "mp4", "VideoThumbnailEnabled": True}}
    data = await cloud.tingwu.finished(cloud.recording(), asked)
    cloud.check.lacks(data, "OutputMp4Path", "OutputThumbnailPath", what="Data")


# Links


@case(
    "TW-GET-024",
    "links live 30 days from the query",
    sends="GetTaskInfo of a finished task",
    expects="Expires of each link is 2592000 s after the Date of the answer",
    level=MUST,
    source=OFFLINE("how long links live"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def links_live_30_days(cloud: Cloud) -> None:
    asked = {"Transcoding": {"SpectrumEnabled": True}}
    data = await cloud.tingwu.finished(cloud.recording(), asked)
    answer = await cloud.tingwu.info(data["TaskId"])
    now = parsedate_to_datetime(answer.headers["date"]).timestamp()
    cloud.check.has(answer.data, "OutputSpectrumPath", what="Data")
    for link in (link_to(cloud, answer.data), answer.data["OutputSpectrumPath"]):
        lives = expires(link) - now
        cloud.check.that(abs(lives - MONTH_S) <= SLACK_S, f"{MONTH_S} s to live", lives)


@case(
    "TW-GET-025",
    "each query signs the links anew",
    sends="GetTaskInfo of a finished task, and again 30 s later",
    expects="links that live 30 s longer, with another Signature, to the same files",
    level=MUST,
    source=OFFLINE("links that have expired"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def links_are_renewed(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    first = link_to(cloud, (await cloud.tingwu.info(data["TaskId"])).data)
    await cloud.pause(30)
    second = link_to(cloud, (await cloud.tingwu.info(data["TaskId"])).data)
    later = expires(second) - expires(first)
    cloud.check.that(25 <= later <= 30 + SLACK_S, "a link that lives 30 s longer", later)
    cloud.check.that(first != second, "another link")
    cloud.check.equal(file_of(second), file_of(first), "the file that the link leads to")


@case(
    "TW-GET-026",
    "the name of a result file is made of TaskId, kind and time",
    sends="GetTaskInfo of a finished task",
    expects="links to <TaskId>/<TaskId>_<kind>_<yyyyMMddHHmmss>.json",
    level=SHOULD,
    source=RECORDED("links"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def names_of_files(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(), {"TextPolishEnabled": True})
    task_id = data["TaskId"]
    for kind, link in data.get("Result", {}).items():
        cloud.check.matches(
            file_of(link), rf"https?://.+/{task_id}/{task_id}_{kind}_\d{{14}}\.json", kind
        )


@case(
    "TW-GET-027",
    "the time in a file's name is that of its making, in Beijing",
    sends="CreateTask, then GetTaskInfo when it is COMPLETED",
    expects="a time between the two calls, eight hours ahead of UTC",
    level=SHOULD,
    source=RECORDED("links"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def times_in_names(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    link = link_to(cloud, data)
    stamp = file_of(link).rpartition("_")[2].removesuffix(".json")
    made = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - BEIJING
    age = expires(link) - MONTH_S - made.timestamp()
    cloud.check.that(-SLACK_S <= age <= WITH_RESULTS_S, "a time in the last minutes", age)
