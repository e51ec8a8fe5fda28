"""Examples for the schemas of the realtime WebSocket."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, HEX, TASK_ID, Change


def event(name: str, payload: Any = None, **header: Any) -> dict[str, Any]:
    head = {
        "namespace": "SpeechTranscriber",
        "name": name,
        "status": 20000000,
        "message_id": HEX,
        "task_id": TASK_ID,
        "status_text": "Gateway:SUCCESS:Success.",
        **header,
    }
    return {"header": head} if payload is None else {"header": head, "payload": payload}


def command(name: str, payload: Any = None) -> dict[str, Any]:
    head = {"namespace": "SpeechTranscriber", "name": name}
    return {"header": head} if payload is None else {"header": head, "payload": payload}


WORDS: Final = [{"text": "早。", "startTime": 400, "endTime": 900}]

STARTED: Final = event("TranscriptionStarted")
BEGIN: Final = event("SentenceBegin", {"index": 0, "time": 400})
CHANGED: Final = event(
    "TranscriptionResultChanged",
    {
        "index": 0,
        "time": 900,
        "result": "早",
        "confidence": 0.91,
        "words": WORDS,
        "status": 0,
        "begin_time": 400,
        "fixed_result": "",
        "unfixed_result": "",
    },
)
END: Final = event(
    "SentenceEnd",
    {
        "index": 0,
        "time": 1000,
        "result": "早。",
        "confidence": 0.97,
        "words": WORDS,
        "status": 0,
        "gender": "",
        "begin_time": 400,
        "fixed_result": "",
        "unfixed_result": "",
        "stash_result": {
            "index": 1,
            "sentenceId": 1,
            "beginTime": 1000,
            "currentTime": 1000,
            "text": "",
            "fixedText": "",
            "unfixedText": "",
            "words": [],
        },
        "audio_extra_info": "",
        "sentence_id": HEX,
        "gender_score": 0.0,
        "speaker_id": "0",
    },
)
TRANSLATED: Final = event(
    "ResultTranslated",
    {
        "speaker_id": "0",
        "source_lang": "cn",
        "target_lang": "en",
        "translate_result": [
            {"text": "Morning.", "index": 0, "beginTime": 400, "endTime": 1000},
            {"text": "So", "index": 1, "partial": True},
        ],
    },
    source_message_id=TASK_ID,
)
COMPLETED: Final = event("TranscriptionCompleted")
FAILED: Final = event(
    "TaskFailed",
    namespace="Default",
    status=40000004,
    status_text="Gateway:IDLE_TIMEOUT:Websocket session is idle for too long time!",
)

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "realtime/header": [BEGIN["header"], TRANSLATED["header"], FAILED["header"]],
    "realtime/words": [WORDS],
    "realtime/transcription-started": [STARTED],
    "realtime/sentence-begin": [BEGIN],
    "realtime/transcription-result-changed": [CHANGED],
    "realtime/sentence-end": [END],
    "realtime/result-translated": [TRANSLATED],
    "realtime/transcription-completed": [COMPLETED],
    "realtime/task-failed": [FAILED],
    "realtime/event": [END, STARTED, BEGIN, CHANGED, TRANSLATED, COMPLETED, FAILED],
    "realtime/start-transcription": [
        command("StartTranscription", {"format": "pcm", "sample_rate": "16000", "language": "cn"}),
        command("StartTranscription"),
    ],
    "realtime/stop-transcription": [command("StopTranscription", {})],
    "realtime/control": [
        command("ControlTranscriber", {"any": 1}),
        command("ControlTranscription"),
    ],
}

#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "realtime/header": [("status", "20000000"), ("message_id", "x"), ("status_message", "ok")],
    "realtime/transcription-started": [
        ("payload", {}),
        ("header/name", "SentenceBegin"),
        ("header/status", 40000000),
        ("header/source_message_id", HEX),
    ],
    "realtime/sentence-begin": [("payload", GONE), ("payload/index", -1), ("payload/time", "4")],
    "realtime/transcription-result-changed": [
        ("payload/begin_time", GONE),
        ("payload/status", 20000000),
        ("payload/words/0/endTime", 9.5),
        ("payload/words/0/punc", ""),
    ],
    "realtime/sentence-end": [
        ("payload/stash_result", GONE),
        ("payload/stash_result/sentenceId", GONE),
        ("payload/sentence_id", "0"),
        ("payload/gender_score", "0.0"),
        ("payload/speaker_id", 0),
        ("payload/emo_tag", "neutral"),
    ],
    "realtime/result-translated": [
        ("header/source_message_id", GONE),
        ("payload/translate_result", []),
        ("payload/translate_result/0/endTime", GONE),
        ("payload/translate_result/0/partial", True),
        ("payload/translate_result/1/partial", False),
    ],
    "realtime/transcription-completed": [("payload", {}), ("header/namespace", "Default")],
    "realtime/task-failed": [
        ("header/namespace", "SpeechTranscriber"),
        ("header/status", 20000000),
        ("payload", {}),
    ],
    "realtime/event": [
        ("header/name", "TranscriptionCompleted"),
        ("header/name", "SentenceSemantics"),
        ("header", {}),
        ("payload/result", None),
    ],
    "realtime/start-transcription": [
        ("header/name", "StartRecognition"),
        ("header/namespace", GONE),
        ("payload/format", "PCM"),
        ("payload/sample_rate", 44100),
        ("payload", []),
    ],
    "realtime/stop-transcription": [("header", GONE), ("payload", "")],
    "realtime/control": [("header/name", "StopTranscription"), ("payload", [])],
}
