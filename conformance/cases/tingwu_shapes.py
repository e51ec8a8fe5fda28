"""The shapes of Tingwu's answers and callbacks: one case for each, all fields of it.

Other cases look at what they are about, and only note where a shape is otherwise.
"""

from __future__ import annotations

from typing import Final

from mock_tingwu.conformance import INFO, MUST, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import (
    ASSUMED,
    CALLBACKS,
    CREATE_TASK,
    GET_TASK_INFO,
    METADATA,
    OFFLINE,
    REALTIME,
    ROA_SIGNATURE,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import EVERYTHING
from .tingwu_callback import ARRIVE_S
from .tingwu_phrase import body, made

CREATE = ("CreateTask",)
GET = ("GetTaskInfo",)
OUTSIDE = (Need.OUTSIDE,)
#: What files are made of the sound, beside the results.
SOUND: Final = {"Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True}}

# Tasks


@case(
    "TW-SHAPE-001",
    "the answer to a new meeting has its documented shape",
    sends="CreateTask type=realtime, all of whose answer is looked at",
    expects="Code, Data with TaskId, TaskStatus and MeetingJoinUrl, Message, RequestId",
    level=MUST,
    source=CREATE_TASK("response"),
    operations=CREATE,
)
async def new_meeting(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting())
    cloud.check.fits("tingwu/create-task-response", answer.body)


@case(
    "TW-SHAPE-002",
    "the answer to a new offline task has its documented shape",
    sends="CreateTask type=offline, all of whose answer is looked at",
    expects="Code, Data with TaskId and TaskStatus, Message, RequestId",
    level=MUST,
    source=CREATE_TASK("response"),
    operations=CREATE,
    needs=OUTSIDE,
)
async def new_offline_task(cloud: Cloud) -> None:
    fields = {"SourceLanguage": "cn", "FileUrl": cloud.recording()}
    answer = await cloud.tingwu.create(fields, type="offline")
    cloud.check.fits("tingwu/create-task-response", answer.body)


@case(
    "TW-SHAPE-003",
    "the answer to stop has its documented shape",
    sends="CreateTask type=realtime, then operation=stop",
    expects="Code, Data with TaskId and TaskStatus, Message, RequestId",
    level=MUST,
    source=REALTIME("end of a meeting"),
    operations=CREATE,
)
async def stopped(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    answer = await cloud.tingwu.stop(task_id)
    cloud.check.fits("tingwu/stop-task-response", answer.body)


@case(
    "TW-SHAPE-004",
    "GetTaskInfo of a task that runs has its documented shape",
    sends="CreateTask type=realtime, speech, GetTaskInfo while it is ONGOING",
    expects="Code, Data with TaskId and TaskStatus, Message, RequestId",
    level=MUST,
    source=GET_TASK_INFO("response"),
    operations=GET,
)
async def ongoing(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.speech)
        await cloud.tingwu.wait(task_id, "ONGOING")
        answer = await cloud.tingwu.info(task_id)
        await session.stop()
    cloud.check.fits("tingwu/get-task-info-response", answer.body)


@case(
    "TW-SHAPE-005",
    "GetTaskInfo of a task that is done has its documented shape",
    sends="CreateTask type=offline with every kind of result, an MP3 and a spectrum; GetTaskInfo",
    expects="Data with OutputMp3Path, OutputSpectrumPath and Result, each a signed link",
    level=MUST,
    source=GET_TASK_INFO("response"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def completed(cloud: Cloud) -> None:
    url = cloud.recording(audio.meeting())
    data = await cloud.tingwu.finished(url, EVERYTHING | SOUND)
    answer = await cloud.tingwu.info(data["TaskId"])
    cloud.check.has(answer.data, "OutputMp3Path", "OutputSpectrumPath", "Result", what="Data")
    cloud.check.fits("tingwu/get-task-info-response", answer.body)


@case(
    "TW-SHAPE-006",
    "GetTaskInfo of a task that has failed has its documented shape",
    sends="CreateTask type=offline with a link to nothing, GetTaskInfo once it is FAILED",
    expects="Data with ErrorCode and ErrorMessage",
    level=MUST,
    source=OFFLINE("a failed task"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def failed(cloud: Cloud) -> None:
    task = await cloud.tingwu.transcribe(cloud.recording(status=404))
    await cloud.tingwu.wait(task["TaskId"], "FAILED")
    answer = await cloud.tingwu.info(task["TaskId"])
    cloud.check.fits("tingwu/get-task-info-response", answer.body)


# Hot words


@case(
    "TW-SHAPE-018",
    "the answer to a new list of hot words has its documented shape",
    sends="CreateTranscriptionPhrases, all of whose answer is looked at",
    expects="Code, Data with PhraseId, Status, ErrorCode and ErrorMessage, Message, RequestId",
    level=MUST,
    source=METADATA("CreateTranscriptionPhrases"),
    operations=("CreateTranscriptionPhrases",),
)
async def phrases_made(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Create", body=body())
    cloud.check.fits("tingwu/phrases-response#create", answer.body)


@case(
    "TW-SHAPE-019",
    "a list of hot words has its documented shape",
    sends="GetTranscriptionPhrases, all of whose answer is looked at",
    expects="Data with Phrases: PhraseId, Name, Description, WordWeights",
    level=MUST,
    source=METADATA("GetTranscriptionPhrases"),
    operations=("GetTranscriptionPhrases",),
)
async def phrases_read(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Get", await made(cloud))
    cloud.check.fits("tingwu/phrases-response#get", answer.body)


@case(
    "TW-SHAPE-020",
    "the lists of hot words have their documented shape",
    sends="ListTranscriptionPhrases, all of whose answer is looked at",
    expects="Data with Phrases: PhraseId, Name, Description",
    level=MUST,
    source=METADATA("ListTranscriptionPhrases"),
    operations=("ListTranscriptionPhrases",),
)
async def phrases_listed(cloud: Cloud) -> None:
    await made(cloud)
    answer = await cloud.tingwu.phrases("List")
    cloud.check.fits("tingwu/phrases-response#list", answer.body)


@case(
    "TW-SHAPE-021",
    "the answer to new words for a list has its documented shape",
    sends="UpdateTranscriptionPhrases, all of whose answer is looked at",
    expects="Code, Data with Status, ErrorCode and ErrorMessage, Message, RequestId",
    level=MUST,
    source=METADATA("UpdateTranscriptionPhrases"),
    operations=("UpdateTranscriptionPhrases",),
)
async def phrases_updated(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Update", await made(cloud), body())
    cloud.check.fits("tingwu/phrases-response#update", answer.body)


@case(
    "TW-SHAPE-022",
    "the answer to the end of a list has the usual shape and the declared one",
    sends="DeleteTranscriptionPhrases, all of whose answer is looked at",
    expects="Status, ErrorCode and ErrorMessage, in the usual Data and, as declared, beside it",
    level=INFO,
    source=ASSUMED("the reference declares another shape than all other calls have"),
    operations=("DeleteTranscriptionPhrases",),
)
async def phrases_deleted(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Delete", await made(cloud))
    cloud.check.fits("tingwu/phrases-response#delete", answer.body)


# Errors


@case(
    "TW-SHAPE-023",
    "a refusal has the shape of errors",
    sends="CreateTask type=realtime without Input.Format",
    expects="RequestId, HostId, Code, Message",
    level=MUST,
    source=ROA_SIGNATURE("answers"),
    operations=CREATE,
    negative=True,
)
async def refused(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(Format=None))
    cloud.check.fits("tingwu/error-response", answer.body)


@case(
    "TW-SHAPE-024",
    "a refusal of the gateway has the shape of errors",
    sends="GetTaskInfo without a signature",
    expects="RequestId, HostId, Code, Message, whatever the Code",
    level=MUST,
    source=ROA_SIGNATURE("answers"),
    operations=GET,
    negative=True,
)
async def refused_by_the_gateway(cloud: Cloud) -> None:
    answer = await cloud.tingwu.info("0" * 32, scheme="none")
    cloud.check.fits("tingwu/error-response", answer.body)


# Callbacks


@case(
    "TW-SHAPE-025",
    "a callback has its documented shape",
    sends="CreateTask with ProgressiveCallbacksEnabled; two callbacks about it",
    expects="what GetTaskInfo answers, with a RequestId of 32 hexadecimal digits",
    level=MUST,
    source=CALLBACKS("body"),
    operations=("Tingwu callback",),
    needs=(*OUTSIDE, Need.CALLBACK),
    time_limit=WITH_RESULTS_S,
)
async def callback(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(), ProgressiveCallbacksEnabled=True)
    for arrived in await cloud.callbacks(data["TaskId"], 2, within=ARRIVE_S):
        cloud.check.fits("tingwu/callback", arrived.body)
