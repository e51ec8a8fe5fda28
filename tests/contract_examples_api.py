"""Examples for the schemas of the OpenAPI and the control API."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, HEX, REQUEST_ID, TASK_ID, Change

JOIN_URL: Final = "ws://127.0.0.1:8900/api/ws/v1?mc=" + "aZ0_-9Qx" * 16


def link(kind: str) -> str:
    return (
        f"http://127.0.0.1:8900/oss/results/tingwu/output/1234567890123456/{TASK_ID}/"
        f"{TASK_ID}_{kind}_20261120120000.json"
        "?Expires=1797840000&OSSAccessKeyId=LTAI5tExample&Signature=c2ln%2FbmF0dXJl%3D"
    )


def answer(**data: Any) -> dict[str, Any]:
    return {"Code": "0", "Data": data, "Message": "success", "RequestId": REQUEST_ID}


REALTIME: Final = {
    "AppKey": "key",
    "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000, "TaskKey": "weekly"},
    "Parameters": {
        "Transcription": {"OutputLevel": 2, "Diarization": {"SpeakerCount": 0}},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en", "ja"], "OutputLevel": 1},
        "AutoChapters": {"ChapterGranularity": "Coarse"},
        "MeetingAssistance": {"Types": ["Actions"]},
        "Summarization": {"Types": ["Paragraph", "MindMap"]},
        "CustomPrompt": {"Contents": [{"Name": "one", "Prompt": "Shorten: {Transcription}"}]},
        "ServiceInspection": {
            "SceneIntroduction": "shop",
            "InspectionIntroduction": "manners",
            "InspectionContents": [{"Title": "greeting", "Content": "says hello"}],
        },
        "ContentExtraction": {"ExtractionContents": [{"Title": "price"}]},
        "IdentityRecognition": {"IdentityContents": [{"Name": "seller"}]},
        "SomethingNew": {"Enabled": 1},
    },
}

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "tingwu/create-task-request": [
        REALTIME,
        {"AppKey": "k", "Input": {"SourceLanguage": "yue", "Format": "opus", "SampleRate": 16000}},
    ],
    "tingwu/create-task-request#offline": [
        {"AppKey": "k", "Input": {"SourceLanguage": "auto", "FileUrl": "https://a.example/b.mp3"}},
        {"Input": {"TaskId": TASK_ID}, "Parameters": {"AutoChaptersEnabled": True}},
    ],
    "tingwu/create-task-request#stop": [
        {"Input": {"TaskId": TASK_ID}},
        {"AppKey": "k", "Input": {"TaskId": "any", "SourceLanguage": "cn"}},
    ],
    "tingwu/create-task-request#query": [
        {"type": "realtime", "operation": "stop", "RegionId": "cn-beijing"},
        {"type": "offline"},
    ],
    "tingwu/create-task-response": [
        answer(TaskId=TASK_ID, TaskKey="weekly", TaskStatus="NEW", MeetingJoinUrl=JOIN_URL),
        answer(TaskId=TASK_ID, TaskStatus="ONGOING"),
    ],
    "tingwu/stop-task-response": [
        answer(TaskId=TASK_ID, TaskStatus="COMPLETED"),
        answer(TaskId="no-such-task", TaskStatus="INVALID"),
    ],
    "tingwu/get-task-info-response": [
        answer(
            TaskId=TASK_ID,
            TaskStatus="COMPLETED",
            OutputMp3Path=link("x").replace("_x_", "_").replace(".json", ".mp3"),
            Result={"Transcription": link("Transcription"), "Translation": link("Translation")},
        ),
        answer(TaskId=TASK_ID, TaskKey="weekly", TaskStatus="NEW"),
        answer(
            TaskId=TASK_ID,
            TaskStatus="FAILED",
            ErrorCode="TSC.AudioFormat",
            ErrorMessage="Audio format invalid.",
        ),
        answer(TaskId="no-such-task", TaskStatus="INVALID"),
    ],
    "tingwu/callback": [
        {**answer(TaskId=TASK_ID, TaskStatus="ONGOING"), "RequestId": HEX},
    ],
    "tingwu/callback-test": [
        {**answer(Test="CheckSyncConf1795166502553"), "RequestId": HEX},
    ],
    "tingwu/error-response": [
        {
            "RequestId": REQUEST_ID,
            "HostId": "127.0.0.1:8900",
            "Code": "BRK.InvalidAppKey",
            "Message": "Invalid app key.",
            "Recommend": "https://api.aliyun.com/troubleshoot?q=BRK.InvalidAppKey",
        },
    ],
    "tingwu/common": [{}],
    "tingwu/phrases-request": [{"Name": "fruit", "WordWeights": '{"苹果": 3}'}],
    "tingwu/phrases-response": [
        answer(Status="SUCCEEDED", PhraseId=HEX, ErrorCode="0", ErrorMessage="success")
    ],
    "tingwu/phrases-response#create": [
        answer(Status="SUCCEEDED", PhraseId=HEX, ErrorCode="0", ErrorMessage="success")
    ],
    "tingwu/phrases-response#get": [
        answer(
            Status="SUCCEEDED",
            ErrorCode="0",
            ErrorMessage="success",
            Phrases=[{"PhraseId": HEX, "Name": "fruit", "WordWeights": "{}"}],
        )
    ],
    "control/journal-entry": [
        {
            "seq": 1,
            "at": 1795166502553,
            "scope": "default",
            "kind": "request",
            "service": "tingwu",
            "task_id": None,
            "path": "/openapi/tingwu/v2/tasks",
        }
    ],
    "control/health": [{"status": "ok", "version": "0.1.0"}],
    "control/scenario": [
        {
            "name": "slow",
            "description": "Polling is throttled.",
            "scripts": [{"app_key": "a", "script": {"sentences": ["Hello."]}}],
            "faults": [{"match": {}, "action": {"type": "throttle"}, "times": 2}],
            "callbacks": {"a": "http://127.0.0.1:8001/callback"},
            "apps": {"tw_1": {"published": False}},
            "settings": {"seed": 7, "clock": "virtual", "throttle": "2/5", "app_keys": ["a"]},
        },
        {"name": "quiet", "scripts": None, "faults": None, "apps": {"tw_1": None}},
        {"name": "files", "scripts": [{"file_url": "https://x/a.mp3", "file": "a.srt"}]},
    ],
}

#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "tingwu/create-task-request": [
        ("AppKey", GONE),
        ("AppKey", ""),
        ("Input", GONE),
        ("Input/SourceLanguage", "auto"),
        ("Input/SourceLanguage", "Chinese"),
        ("Input/Format", "PCM"),
        ("Input/Format", GONE),
        ("Input/SampleRate", 44100),
        ("Input/SampleRate", "16000"),
        ("Input/TaskKey", 7),
        ("Input/ProgressiveCallbacksEnabled", "true"),
        ("Input/LanguageHints", ["fr", "xx"]),
        ("Parameters", []),
        ("Parameters/Transcription/OutputLevel", 3),
        ("Parameters/Transcription/Diarization/SpeakerCount", 101),
        ("Parameters/Transcription/Diarization/SpeakerCount", -1),
        ("Parameters/TranslationEnabled", "yes"),
        ("Parameters/Translation/TargetLanguages", ["tlh"]),
        ("Parameters/Translation/OutputLevel", 0),
        ("Parameters/AutoChapters/ChapterGranularity", "Fine"),
        ("Parameters/MeetingAssistance/Types", ["Action"]),
        ("Parameters/Summarization/Types", ["Everything"]),
        ("Parameters/CustomPrompt/Contents", [{"Name": "n", "Prompt": "{Transcription}"}] * 4),
        ("Parameters/CustomPrompt/Contents/0/Prompt", "no placeholder"),
        ("Parameters/ServiceInspection/InspectionIntroduction", GONE),
        ("Parameters/ServiceInspection/InspectionContents", [{}] * 101),
        ("Parameters/ContentExtraction/ExtractionContents", [{}] * 101),
        ("Parameters/IdentityRecognition/IdentityContents", [{}] * 6),
    ],
    "tingwu/create-task-request#offline": [
        ("AppKey", GONE),
        ("Input/FileUrl", GONE),
        ("Input/FileUrl", ""),
        ("Input/SourceLanguage", "xx"),
    ],
    "tingwu/create-task-request#stop": [("Input", GONE), ("Input/TaskId", GONE)],
    "tingwu/create-task-request#query": [("type", GONE), ("type", "live"), ("operation", "pause")],
    "tingwu/create-task-response": [
        ("Code", 0),
        ("Message", "Success."),
        ("RequestId", REQUEST_ID.lower()),
        ("RequestId", REQUEST_ID.replace("-5761-", "-4761-")),
        ("Data/TaskId", TASK_ID.upper()),
        ("Data/TaskKey", None),
        ("Data/TaskStatus", "ONGOING"),
        ("Data/MeetingJoinUrl", GONE),
        ("Data/MeetingJoinUrl", JOIN_URL[:-4]),
        ("Data/MeetingJoinUrl", JOIN_URL.replace("ws://", "http://")),
        ("Data/StreamUrl", JOIN_URL),
    ],
    "tingwu/stop-task-response": [
        ("Data/TaskStatus", "PAUSED"),
        ("Data/MeetingJoinUrl", JOIN_URL),
    ],
    "tingwu/get-task-info-response": [
        ("Data/TaskStatus", "QUEUED"),
        ("Data/TaskStatus", "FAILED"),
        ("Data/TaskStatus", "INVALID"),
        ("Data/ErrorCode", "TSC.AudioFormat"),
        ("Data/OutputMp3Path", None),
        ("Data/OutputMp3Path", link("x")),
        ("Data/Result", {}),
        ("Data/Result/Transcript", link("Transcript")),
        ("Data/Result/Transcription", None),
        ("Data/Result/Transcription", link("Translation")),
        ("Data/Result/Transcription", link("Transcription").partition("&Signature")[0]),
        ("Data/Result/Transcription", link("Transcription").replace("http:", "ftp:")),
    ],
    "tingwu/callback": [("RequestId", REQUEST_ID), ("Data/Test", "1")],
    "tingwu/callback-test": [
        ("RequestId", REQUEST_ID),
        ("Data/Test", "CheckSyncConf1"),
        ("Data/TaskId", TASK_ID),
    ],
    "tingwu/error-response": [
        ("RequestId", GONE),
        ("HostId", GONE),
        ("Code", "invalid app key"),
        ("Message", ""),
        ("Code", "SignatureDoesNotMatch"),
        ("Data", {}),
    ],
    "tingwu/phrases-request": [("Name", "x" * 51), ("WordWeights", {"a": 1}), ("Description", "")],
    "tingwu/phrases-response": [("Data", GONE), ("Code", "1")],
    "tingwu/phrases-response#create": [("Data/PhraseId", "x"), ("Data/Phrases", [])],
    "tingwu/phrases-response#get": [("Data/Phrases/0/WordWeights", GONE), ("Data/PhraseId", HEX)],
    "control/journal-entry": [("seq", "1"), ("at", GONE), ("task_id", 7)],
    "control/health": [("status", "down"), ("version", GONE)],
    "control/scenario": [
        ("name", GONE),
        ("name", ""),
        ("fualts", []),
        ("scripts", {}),
        ("scripts/0/app_key", 7),
        ("scripts/0/data_id", "x"),
        ("faults/0/action", GONE),
        ("faults/0/action/type", GONE),
        ("faults/0/times", 0),
        ("callbacks/a", None),
        ("apps/tw_1/published", "no"),
        ("apps/tw_1/colour", "red"),
        ("settings/seed", "7"),
        ("settings/clock", "sundial"),
        ("settings/throttle", "fast"),
        ("settings/port", 8900),
    ],
}
