"""The shapes of DashScope's answers and callbacks: one case for each, all fields of it.

Other cases look at what they are about, and only note where a shape is otherwise.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mock_tingwu.conformance import MUST, Cloud, Need, case
from mock_tingwu.conformance.dashscope import (
    DONE,
    FAILED,
    RUNNING,
    TEXT,
    TRANSCRIBING,
)
from mock_tingwu.conformance.sources import (
    DS_CALLBACKS,
    DS_ERRORS,
    DS_GET,
    DS_OFFLINE,
    DS_REALTIME,
    DS_TOKENS,
)
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CREATE = ("createTask",)
GET = ("getTask",)
OUTSIDE = (Need.OUTSIDE,)
PLAIN: Final = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
SPOKEN: Final = {"model": "cn", "diarizationEnabled": True}

# Tasks


@case(
    "DS-SHAPE-001",
    "the answer to a new task has its documented shape",
    sends="createTask type=offline with text, all of whose answer is looked at",
    expects="output with dataId, usage, request_id",
    level=MUST,
    source=DS_OFFLINE("response"),
    operations=CREATE,
)
async def new_task(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, PLAIN)
    cloud.check.fits("dashscope/create-task-response", answer.body)


@case(
    "DS-SHAPE-002",
    "the answer to a new meeting has its documented shape",
    sends="createTask type=realtime, all of whose answer is looked at",
    expects="output with dataId and status, usage, request_id",
    level=MUST,
    source=DS_REALTIME("response"),
    operations=CREATE,
)
async def new_meeting(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting(), PLAIN)
    cloud.check.fits("dashscope/create-task-response", answer.body)


async def _fits(cloud: Cloud, data_id: str, statuses: Collection[int], *paths: str) -> None:
    answer = await cloud.dashscope.get(data_id)
    cloud.check.has(answer.output, "status", *paths, what="output")
    cloud.check.one_of(answer.output["status"], statuses, "status")
    cloud.check.fits("dashscope/get-task-response", answer.body)


@case(
    "DS-SHAPE-003",
    "getTask of a task that is done has its documented shape",
    sends="createTask with text, fullSummaryEnabled and autoChaptersEnabled; getTask at status 0",
    expects="output with status and the paths of results, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
    time_limit=WITH_RESULTS_S,
)
async def done(cloud: Cloud) -> None:
    analysis = {"fullSummaryEnabled": True, "autoChaptersEnabled": True}
    parameters = {"transcription": SPOKEN, "analysis": analysis}
    data_id, _ = await cloud.dashscope.converse(parameters)
    await _fits(cloud, data_id, (DONE,), "summarizationPath", "autoChaptersPath")


@case(
    "DS-SHAPE-004",
    "getTask of a task that runs has its documented shape",
    sends="createTask with a recording; getTask at once",
    expects="output with status 1, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
    needs=OUTSIDE,
)
async def running(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    await _fits(cloud, data_id, (RUNNING,))


@case(
    "DS-SHAPE-005",
    "getTask of a task that has failed has its documented shape",
    sends="createTask with a link to nothing; getTask at status 2",
    expects="output with status, errorCode and errorMessage, usage, request_id",
    level=MUST,
    source=DS_GET("output.errorCode, output.errorMessage"),
    operations=GET,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def failed(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(status=404), PLAIN)
    await cloud.dashscope.wait(data_id, FAILED)
    await _fits(cloud, data_id, (FAILED,))


@case(
    "DS-SHAPE-006",
    "getTask of a meeting has its documented shape",
    sends="createTask type=realtime; getTask while nobody has ended it",
    expects="output with status 1 or 3, usage, request_id",
    level=MUST,
    source=DS_GET("response"),
    operations=GET,
)
async def transcribing(cloud: Cloud) -> None:
    # That it is transcribed (3) is documented of createTask, that it runs (1) of getTask.
    await _fits(cloud, await cloud.dashscope.start(PLAIN), (RUNNING, TRANSCRIBING))


# Errors, temporary keys, callbacks


@case(
    "DS-SHAPE-022",
    "a refusal has the shape of errors",
    sends="createTask type=realtime without format, all of the refusal",
    expects="code, message, request_id",
    level=MUST,
    source=DS_ERRORS("code, message, request_id"),
    operations=CREATE,
    negative=True,
)
async def refused(cloud: Cloud) -> None:
    answer = await cloud.dashscope.create(cloud.dashscope.meeting(format=None))
    cloud.check.fits("dashscope/error-response", answer.body)


@case(
    "DS-SHAPE-023",
    "the answer with a temporary key has its documented shape",
    sends="POST /api/v1/tokens, all of whose answer is looked at",
    expects="token, expires_at",
    level=MUST,
    source=DS_TOKENS("response"),
    operations=("createToken",),
)
async def token(cloud: Cloud) -> None:
    answer = await cloud.dashscope.token(60)
    cloud.check.fits("dashscope/token-response", answer.body)


@case(
    "DS-SHAPE-024",
    "a callback has its documented shape",
    sends="createTask with text; the callbacks about it, all of their bodies",
    expects="what getTask answers, about this task",
    level=MUST,
    source=DS_CALLBACKS("body"),
    operations=("DashScope callback",),
    needs=(Need.CALLBACK,),
    time_limit=WITH_RESULTS_S,
)
async def callback(cloud: Cloud) -> None:
    data_id, _ = await cloud.dashscope.converse(PLAIN)
    for arrived in await cloud.dashscope.told(data_id, 1):
        cloud.check.fits("dashscope/callback", arrived.body)
