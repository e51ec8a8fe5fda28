"""Errors: the rows of the tables, each by what leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import INFO, SHOULD, Cloud, case
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import (
    ASSUMED,
    ERRORS,
    PUBLIC_CLIENTS,
    Source,
)
from mock_tingwu.conformance.tingwu import TASKS

CREATE = ("CreateTask",)


def check_row(cloud: Cloud, answer: Answer, status: int, code: str, message: str) -> None:
    """Check that an answer is this row of a table."""
    cloud.tingwu.refused(answer, code, status=status)
    cloud.check.equal(answer.body["Message"], message, "Message")


# What a request leads to


def _leads_to(
    id: str,
    code: str,
    message: str,
    source: Source,
    *,
    sends: str,
    level: str,
    parameters: Mapping[str, Any] | None = None,
    **fields: Any,
) -> None:
    """Register a case: a meeting with these fields is refused with this row."""

    @case(
        id,
        f"{sends} leads to {code}",
        sends=f"CreateTask type=realtime with {sends}",
        expects=f"HTTP 400 {code} {message}",
        level=level,
        source=source,
        operations=CREATE,
        negative=True,
    )
    async def leads_to_the_row(cloud: Cloud) -> None:
        answer = await cloud.tingwu.create(cloud.tingwu.meeting(**fields), parameters)
        check_row(cloud, answer, 400, code, message)


_WHICH = "the codes are documented, which request leads to which is not"

_leads_to(
    "TW-ERROR-020",
    "BRK.InvalidLanguage",
    "Invalid language.",
    ERRORS("BRK.InvalidLanguage"),
    sends="a SourceLanguage that does not exist",
    level=SHOULD,
    SourceLanguage="klingon",
)
_leads_to(
    "TW-ERROR-021",
    "BRK.InvalidLanguage",
    "Invalid language.",
    ASSUMED(_WHICH),
    sends="no SourceLanguage",
    level=INFO,
    SourceLanguage=None,
)
_leads_to(
    "TW-ERROR-022",
    "BRK.InvalidLanguage",
    "Invalid language.",
    ASSUMED(_WHICH),
    sends="a target language that does not exist",
    level=INFO,
    parameters={"TranslationEnabled": True, "Translation": {"TargetLanguages": ["klingon"]}},
)
_leads_to(
    "TW-ERROR-023",
    "BRK.InvalidAudioFormat",
    "Invalid audio format.",
    ERRORS("BRK.InvalidAudioFormat"),
    sends="a Format that does not exist",
    level=SHOULD,
    Format="amr",
)
_leads_to(
    "TW-ERROR-024",
    "BRK.InvalidAudioFormat",
    "Invalid audio format.",
    ASSUMED(_WHICH),
    sends="no Format",
    level=INFO,
    Format=None,
)
_leads_to(
    "TW-ERROR-025",
    "BRK.InvalidAudioSampleRate",
    "Invalid audio sample rate.",
    ERRORS("BRK.InvalidAudioSampleRate"),
    sends="a SampleRate of 44100",
    level=SHOULD,
    SampleRate=44100,
)
_leads_to(
    "TW-ERROR-026",
    "BRK.InvalidAudioSampleRate",
    "Invalid audio sample rate.",
    ASSUMED(_WHICH),
    sends="no SampleRate",
    level=INFO,
    SampleRate=None,
)
_leads_to(
    "TW-ERROR-027",
    "BRK.InvalidRoleSplitNum",
    "Invalid roleSplitNum.",
    ASSUMED(_WHICH),
    sends="a SpeakerCount below 0",
    level=INFO,
    parameters={"Transcription": {"Diarization": {"SpeakerCount": -1}}},
)
_leads_to(
    "TW-ERROR-028",
    "BRK.InvalidOutputEnabledSetting",
    "Invalid output enabled setting.",
    ASSUMED(_WHICH),
    sends="a switch that is neither on nor off",
    level=INFO,
    parameters={"AutoChaptersEnabled": "perhaps"},
)
_leads_to(
    "TW-ERROR-029",
    "BRK.InvalidResultLevelSetting",
    "Invalid result level setting.",
    ASSUMED(_WHICH),
    sends="an OutputLevel of 3",
    level=INFO,
    parameters={"Transcription": {"OutputLevel": 3}},
)
_leads_to(
    "TW-ERROR-030",
    "BRK.InvalidOssBucket",
    "Invalid oss bucket.",
    ASSUMED(_WHICH),
    sends="an OutputPath in a bucket that no bucket can be called",
    level=INFO,
    OutputPath="oss://No_Bucket/results",
)
_leads_to(
    "TW-ERROR-031",
    "BRK.InvalidOssPath",
    "Invalid oss path.",
    ASSUMED(_WHICH),
    sends="an OutputPath that leads upwards",
    level=INFO,
    OutputPath="../results",
)


@case(
    "TW-ERROR-032",
    "an AppKey of nobody leads to BRK.InvalidAppKey",
    sends="CreateTask type=realtime with an AppKey that nobody has",
    expects="HTTP 400 BRK.InvalidAppKey Invalid app key.",
    level=SHOULD,
    source=ERRORS("BRK.InvalidAppKey"),
    operations=CREATE,
    negative=True,
)
async def invalid_app_key(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), app_key="conformanceNobody")
    check_row(cloud, answer, 400, "BRK.InvalidAppKey", "Invalid app key.")


@case(
    "TW-ERROR-033",
    "no AppKey leads to BRK.InvalidAppKey",
    sends="CreateTask type=realtime without any AppKey",
    expects="HTTP 400 BRK.InvalidAppKey Invalid app key.",
    level=SHOULD,
    source=PUBLIC_CLIENTS("a missing AppKey"),
    operations=CREATE,
    negative=True,
)
async def missing_app_key(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), app_key=None)
    check_row(cloud, answer, 400, "BRK.InvalidAppKey", "Invalid app key.")


@case(
    "TW-ERROR-034",
    "an AppKey of another account leads to BRK.InvalidTenant",
    sends="CreateTask type=realtime with the AppKey of somebody else's project",
    expects="HTTP 400 BRK.InvalidTenant Invalid tenant.",
    level=SHOULD,
    source=PUBLIC_CLIENTS("AppKey and access key of different accounts"),
    operations=CREATE,
    negative=True,
    settings={"app_keys": {"conformanceForeign": "LTAIsomebodyElse"}},
)
async def foreign_app_key(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create(cloud.tingwu.meeting(), app_key="conformanceForeign")
    check_row(cloud, answer, 400, "BRK.InvalidTenant", "Invalid tenant.")


@case(
    "TW-ERROR-035",
    "more streams at a time than there may be lead to BRK.OverdueService",
    sends="a meeting that is pushed to where only one may be, and another CreateTask",
    expects="HTTP 400 BRK.OverdueService Overdue service.",
    level=SHOULD,
    source=PUBLIC_CLIENTS("too many streams at a time"),
    operations=CREATE,
    negative=True,
    settings={"max_streams": 1},
)
async def too_many_streams(cloud: Cloud) -> None:
    _, session = await cloud.meeting()
    async with session:
        await session.start()
        await session.push(cloud.silence(1))
        answer = await cloud.tingwu.create(cloud.tingwu.meeting())
        check_row(cloud, answer, 400, "BRK.OverdueService", "Overdue service.")


# The gateway's rules for a parameter


def _parameter(
    id: str, code: str, *, sends: str, query: Mapping[str, str], body: Mapping[str, Any]
) -> None:
    """Register a case: this query and body are refused with Missing... or Invalid... ."""

    @case(
        id,
        f"{sends} leads to {code}",
        sends=f"CreateTask with {sends}",
        expects=f"HTTP 400 {code}",
        level=INFO,
        source=ASSUMED("whether the gateway's rules Missing{Param} and Invalid{Param} hold here"),
        operations=CREATE,
        negative=True,
    )
    async def follows_the_rule(cloud: Cloud) -> None:
        asked = {"AppKey": cloud.site.app_key, **body}
        answer = await cloud.tingwu.call("PUT", TASKS, asked, action="CreateTask", query=query)
        cloud.tingwu.refused(answer, code)


_parameter("TW-ERROR-036", "MissingType", sends="no type", query={}, body={"Input": {}})
_parameter(
    "TW-ERROR-037",
    "InvalidType",
    sends="a type that does not exist",
    query={"type": "live"},
    body={},
)
_parameter(
    "TW-ERROR-038",
    "InvalidOperation",
    sends="an operation that does not exist",
    query={"type": "realtime", "operation": "pause"},
    body={"Input": {}},
)
_parameter("TW-ERROR-039", "MissingInput", sends="no Input", query={"type": "realtime"}, body={})
_parameter(
    "TW-ERROR-040",
    "MissingTaskId",
    sends="operation stop and no TaskId",
    query={"type": "realtime", "operation": "stop"},
    body={"Input": {}},
)
