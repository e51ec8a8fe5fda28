"""Examples for the schemas of ApsaraVideo Live's caption tasks."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, HEX, REQUEST_ID, Change

ASR_ID: Final = "asr-01234567-89ab-4cde-8f01-23456789abcd"

#: What the Python, Node and old Python SDKs were recorded to send, as it is read.
LIVE: Final[dict[str, Any]] = {
    "AuthKey": "abcd",
    "AutoTerminateDelay": 5,
    "AutoTerminateEnabled": True,
    "CallbackURL": "http://127.0.0.1:9/cb?x=1&y=中",
    "Language": "cn",
    "Mode": "live",
    "RegionId": "cn-shanghai",
    "ReportInterval": -1,
    "StreamURL": "rtmp://h/app/s?auth_key=1-0-0-x",
    "TargetLanguages": "en",
    "TranslateEnabled": True,
}
NODE: Final[dict[str, Any]] = {
    "Mode": "live",
    "StreamURL": "rtmp://x",
    "Language": "cn",
    "CallbackURL": "http://cb",
    "ReportInterval": -1,
}
RTC: Final[dict[str, Any]] = {
    "Mode": "rtc",
    "SDKAppID": "app",
    "ChannelID": "room",
    "RtcUserId": "u1",
    "StreamURL": 5,
    "Language": "fspk",
    "CallbackURL": "https://example.com/live",
    "OwnerId": 17,
    "Another": "x",
}


def answered(**more: Any) -> dict[str, Any]:
    return {"Description": "success", "RequestId": REQUEST_ID, "RetCode": 2000, **more}


def entry(**where: str) -> dict[str, Any]:
    """A task in a Query, with ``where`` it listens."""
    return {
        "createdAt": "2026-05-14T11:52:02+08:00",
        "updatedAt": "2026-05-14T11:52:03+08:00",
        "mode": "live" if "streamUrl" in where else "rtc",
        "taskId": ASR_ID,
        "language": "cn",
        "callbackUrl": "http://127.0.0.1:9/cb",
        "autoTerminateDelay": "10",
        **where,
        "status": 1,
        "reportInterval": "0",
        "aliUid": "1234567890123456",
        "tag": "",
    }


def event(name: str, payload: Any, **source: str) -> dict[str, Any]:
    header = {
        "nls_task_id": HEX,
        "task_key": "tl_2977564_1723433155645",
        "namespace": "SpeechTranscriber",
        "name": name,
        "task_id": HEX,
        "message_id": HEX,
        **source,
        "status_text": "Success.",
        "status": 20000000,
    }
    return {"header": header, "payload": payload}


WORDS: Final = [{"startTime": 0, "text": "早", "endTime": 510}]
CHANGED: Final = event(
    "TranscriptionResultChanged",
    {
        "result": "早",
        "confidence": 0.0,
        "words": WORDS,
        "index": 0,
        "time": 510,
        "fixed_result": "",
        "unfixed_result": "",
        "status": 0,
    },
)
BEGIN: Final = event("SentenceBegin", {"index": 0, "time": 0})
END: Final = event(
    "SentenceEnd",
    {
        "result": "早。",
        "confidence": 0.0,
        "words": WORDS,
        "stash_result": {
            "sentenceId": 1,
            "index": 1,
            "beginTime": 1200,
            "currentTime": 1200,
            "text": "",
            "fixedText": "",
            "unfixedText": "",
            "words": [],
        },
        "index": 0,
        "time": 1200,
        "begin_time": 0,
        "fixed_result": "",
        "unfixed_result": "",
        "status": 0,
        "gender": "",
        "gender_score": 0.0,
        "sentence_id": HEX,
        "audio_extra_info": "",
    },
)
TRANSLATED: Final = event(
    "ResultTranslated",
    {
        "speaker_id": "0",
        "source_lang": "cn",
        "target_lang": "en",
        "translate_result": [
            {"text": "Morning.", "index": 0, "beginTime": 0, "endTime": 1200},
            {"text": "And", "index": 1, "partial": True},
        ],
    },
    source_message_id=HEX,
)

ACCEPTED: Final[dict[str, list[Any]]] = {
    "live/create-request": [LIVE, NODE, RTC],
    "live/task-request": [{"TaskId": "asr-1"}, {"TaskId": "x", "RegionId": "cn-shanghai"}],
    "live/query-request": [{"TaskId": "asr-1"}, {}],
    "live/create-response": [answered(TaskId=ASR_ID)],
    "live/task-response": [answered(), answered(Description="invalid stream", RetCode=4001)],
    "live/query-response": [
        answered(Tasks={ASR_ID: entry(streamUrl="rtmp://x")}),
        answered(Tasks={}),
        answered(Tasks={ASR_ID: entry(sdkAppId="a", channelId="c", rtcUserId="u")}),
    ],
    "live/error-response": [
        {
            "RequestId": REQUEST_ID,
            "HostId": "live.aliyuncs.com",
            "Code": "ConfigNotFound",
            "Message": "The task is not found, please check and try again later.",
            "Recommend": "https://api.aliyun.com/troubleshoot?q=ConfigNotFound",
        }
    ],
    "live/callback": [
        {
            "task_id": ASR_ID,
            "sdk_app_id": "",
            "channel_id": "",
            "rtc_user_id": "",
            "callback_time_stamp": 1723433155645,
            "language": "cn",
            "content": "{}",
        }
    ],
    "live/content": [CHANGED, BEGIN, END, TRANSLATED],
}

_TASK: Final = f"Tasks/{ASR_ID}"
REJECTED: Final[dict[str, list[Change]]] = {
    "live/create-request": [
        *((name, GONE) for name in ("Mode", "Language", "CallbackURL", "StreamURL")),
        ("TargetLanguages", GONE),
        ("Mode", "tape"),
        ("Mode", "rtc"),
        ("Language", "zh"),
        ("CallbackURL", "ftp://h/"),
        ("CallbackURL", "http:///x"),
        ("StreamURL", "h/app/s"),
        ("StreamURL", "rtmp://"),
        ("StreamURL", "rtmp://h/" + "x" * 2_048),
        ("AuthKey", "x" * 257),
        ("TargetLanguages", "en,ja"),
        ("TranslateEnabled", "true"),
        ("AutoTerminateDelay", 0),
        ("AutoTerminateDelay", 11),
        ("ReportInterval", -2),
        ("ReportInterval", 501),
        ("ReportInterval", "5"),
    ],
    "live/task-request": [("TaskId", GONE), ("TaskId", "")],
    "live/query-request": [("TaskId", ""), ("TaskId", 5)],
    "live/create-response": [
        ("TaskId", GONE),
        ("TaskId", "asr-1"),
        ("Description", "ok"),
        ("RequestId", REQUEST_ID.lower()),
        ("RetCode", "2000"),
        ("Extra", 1),
    ],
    "live/task-response": [("RetCode", GONE), ("TaskId", ASR_ID)],
    "live/query-response": [
        ("Tasks", []),
        ("Tasks/other", entry(streamUrl="rtmp://x")),
        (f"{_TASK}/streamUrl", GONE),
        (f"{_TASK}/status", "1"),
        (f"{_TASK}/createdAt", "2026-05-14T03:52:02Z"),
        (f"{_TASK}/autoTerminateDelay", 10),
        (f"{_TASK}/mode", "rtc"),
        (f"{_TASK}/tag", None),
    ],
    "live/error-response": [("Recommend", GONE), ("HostId", "127.0.0.1"), ("Code", "not_found")],
    "live/callback": [
        ("content", {}),
        ("callback_time_stamp", "1723433155645"),
        ("task_id", HEX),
        ("rtc_user_id", None),
    ],
    "live/content": [
        ("header/status_text", "OK"),
        ("header/source_message_id", HEX),
        ("header/name", "SentenceEnd"),
        ("payload/words/0/text", GONE),
        ("payload/index", -1),
        ("payload/begin_time", 0),
    ],
}
