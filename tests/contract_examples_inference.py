"""Examples for the schemas of DashScope's inference WebSocket."""

from __future__ import annotations

from typing import Any, Final

from tests.contract_values import GONE, TASK_ID, Change, changed


def event(name: str, **header: Any) -> dict[str, Any]:
    head = {"event": name, "task_id": TASK_ID, **header, "attributes": {}}
    return {"header": head, "payload": {}}


def result(action: str, **output: Any) -> dict[str, Any]:
    return {
        "header": {"event": "result-generated", "task_id": TASK_ID},
        "payload": {"output": {"action": action, **output}},
    }


def heard(**transcription: Any) -> dict[str, Any]:
    return result("recognize-result", transcription=transcription)


def translated(*texts: dict[str, Any]) -> dict[str, Any]:
    english = {"sourceLang": "cn", "targetLang": "en", "translateResult": list(texts)}
    return result("recognize-result", translations={"en": english})


def command(action: str, **payload: Any) -> dict[str, Any]:
    return {
        "header": {"action": action, "task_id": "f2E3zvK0123456wp", "streaming": "duplex"},
        "payload": payload,
    }


TRIPLE: Final = {
    "task_group": "aigc",
    "task": "multimodal-generation",
    "function": "generation",
}
WORDS: Final = [{"beginTime": 400, "endTime": 900, "text": "早。"}]

STARTED: Final = event("task-started")
LISTEN: Final = result("speech-listen", dataId="fgVnGvkqj5xA")
BEGIN: Final = heard(sentenceId=0, time=400)
INTERIM: Final = heard(sentenceId=0, sentenceEnd=False, time=900, text="早", words=WORDS)
FINAL: Final = heard(
    sentenceId=0,
    time=1000,
    sentenceEnd=True,
    text="早。",
    words=WORDS,
    stashResult={"sentenceId": 1, "words": WORDS, "text": "早。"},
)
TRANSLATED: Final = translated(
    {"text": "Morning.", "sentenceId": 0, "beginTime": 400, "endTime": 1000},
    {"text": "So", "sentenceId": 1, "partial": True},
)
INSTRUCTION: Final = result(
    "recognize-result",
    transcription={
        "sentenceId": 0,
        "beginTime": 400,
        "endTime": 900,
        "sentenceEnd": True,
        "text": "早。",
        "words": WORDS,
    },
    translations={
        "sentenceEnd": True,
        "translations": {
            "zh": {
                "sentenceId": 0,
                "beginTime": 400,
                "endTime": 900,
                "text": "早。",
                "lang": "zh",
                "words": WORDS,
                "sentenceEnd": True,
            }
        },
    },
)
PING: Final = result("ping")
CORRECTED: Final = result("ai-result", aiResult={"correction": "早上好。"})
END: Final = result("speech-end")
FINISHED: Final = event("task-finished")
FAILED: Final = result(
    "task-failed",
    errorCode="Agent.InputAppIdIllegal",
    errorMessage="Agent Input appId illegal.",
)
REFUSED: Final = event(
    "task-failed", error_code="InvalidApiKey", error_message="Invalid API-key provided."
)

#: Name of a schema -> instances that fit it.
ACCEPTED: Final[dict[str, list[Any]]] = {
    "inference/run-task": [
        command(
            "run-task",
            model="tingwu-industrial-instruction",
            **TRIPLE,
            input={"appId": "tw_app", "directive": "start", "workspace_id": None},
            parameters={
                "sampleRate": 16000,
                "format": "wav",
                "maxEndSilence": 3000,
                "terminology": None,
                "languageHints": ["cn"],
            },
        ),
        command(
            "run-task",
            model="tingwu-meeting-realtime",
            **TRIPLE,
            input={"appId": "tw_app", "dataId": "fgVnGvkqj5xA", "directive": "start"},
        ),
        # Java's constructor without an address, and nothing set.
        command(
            "run-task",
            model="tingwu-meeting-realtime",
            task_group="audio",
            task="asr",
            function="recognition",
            input={"directive": "start", "appId": "tw_app"},
            parameters={"sampleRate": None, "format": None, "terminology": None},
        ),
    ],
    "inference/finish-task": [
        command("finish-task", model=None, **TRIPLE, input={"appId": None, "directive": "stop"}),
        command("finish-task", input={"appId": "tw_app", "directive": "stop"}),
        command("finish-task", input={}),
    ],
    "inference/words": [WORDS],
    "inference/header": [REFUSED["header"], PING["header"], STARTED["header"], FINISHED["header"]],
    "inference/task-started": [STARTED],
    "inference/speech-listen": [LISTEN],
    "inference/recognize-result": [
        FINAL,
        BEGIN,
        INTERIM,
        TRANSLATED,
        translated({"text": "Mor", "sentenceId": 0}),
        INSTRUCTION,
    ],
    "inference/ping": [PING],
    "inference/ai-result": [CORRECTED],
    "inference/speech-end": [END],
    "inference/task-finished": [FINISHED],
    "inference/task-failed": [FAILED, changed(FAILED, "header/task_id", "")],
    "inference/header-task-failed": [REFUSED, changed(REFUSED, "header/task_id", "")],
    "inference/event": [
        FINAL,
        STARTED,
        LISTEN,
        BEGIN,
        INTERIM,
        TRANSLATED,
        INSTRUCTION,
        PING,
        CORRECTED,
        END,
        FINISHED,
        FAILED,
        REFUSED,
    ],
}

_HEARD: Final = "payload/output/transcription"

#: Name of a schema -> changes to its first example, each of which breaks it.
REJECTED: Final[dict[str, list[Change]]] = {
    "inference/run-task": [
        ("header/action", "start-task"),
        ("header/task_id", GONE),
        ("header/task_id", ""),
        ("header/streaming", "none"),
        ("payload/model", GONE),
        ("payload/model", None),
        ("payload/model", "tingwu-meeting"),
        ("payload/task_group", GONE),
        ("payload/input/appId", GONE),
        ("payload/input/appId", None),
        ("payload/input/directive", "stop"),
        ("payload/input/dataId", 7),
        ("payload/parameters/format", "flac"),
        ("payload/parameters/sampleRate", 8000),
        ("payload/parameters/sampleRate", "16000"),
        ("payload/parameters/maxEndSilence", 6001),
        ("payload/parameters/maxEndSilence", -1),
        ("payload/parameters/terminology", 7),
        ("payload/parameters", []),
    ],
    "inference/finish-task": [
        ("header/action", "stop-task"),
        ("header/task_id", GONE),
        ("payload", GONE),
        ("payload/model", "tingwu-meeting"),
        ("payload/input", GONE),
        ("payload/input/appId", 7),
        ("payload/input/directive", "start"),
    ],
    "inference/header": [
        ("event", "task-created"),
        ("task_id", None),
        ("error_code", "invalid api key"),
        ("attributes", {"any": 1}),
        ("request_id", TASK_ID),
    ],
    "inference/task-started": [
        ("payload", GONE),
        ("payload/output", {}),
        ("header/event", "task-finished"),
        ("header/task_id", ""),
        ("header/attributes", GONE),
        ("header/error_code", "InvalidApiKey"),
    ],
    "inference/speech-listen": [
        ("payload/output/dataId", GONE),
        ("payload/output/dataId", ""),
        ("header/attributes", {}),
        ("payload/usage", {}),
    ],
    "inference/recognize-result": [
        ("payload/output/action", "ping"),
        (_HEARD, GONE),
        (_HEARD, BEGIN),
        (f"{_HEARD}/stashResult", GONE),
        (f"{_HEARD}/stashResult/sentenceId", GONE),
        (f"{_HEARD}/sentenceEnd", GONE),
        (f"{_HEARD}/sentenceEnd", False),
        (f"{_HEARD}/sentenceEnd", "true"),
        (f"{_HEARD}/sentenceId", -1),
        (f"{_HEARD}/time", "1000"),
        (f"{_HEARD}/words/0/endTime", 9.5),
        (f"{_HEARD}/words/0/startTime", 400),
        (f"{_HEARD}/beginTime", 400),
        ("payload/output/translations", TRANSLATED["payload"]["output"]["translations"]),
        ("payload/output/translations", INSTRUCTION["payload"]["output"]["translations"]),
        ("payload/output", {"action": "recognize-result", "translations": {}}),
        ("payload/output", {**INSTRUCTION["payload"]["output"], "translations": {}}),
        (
            "payload/output",
            {
                "action": "recognize-result",
                "translations": INSTRUCTION["payload"]["output"]["translations"],
            },
        ),
        (
            "payload/output",
            {
                "action": "recognize-result",
                "transcription": INSTRUCTION["payload"]["output"]["transcription"],
            },
        ),
        ("payload/output", translated()["payload"]["output"]),
        (
            "payload/output",
            translated({"text": "", "sentenceId": 0, "beginTime": 1})["payload"]["output"],
        ),
        (
            "payload/output",
            translated(
                {"text": "", "sentenceId": 0, "beginTime": 1, "endTime": 2, "partial": True}
            )["payload"]["output"],
        ),
        (
            "payload/output",
            translated({"text": "", "sentenceId": 0, "partial": False})["payload"]["output"],
        ),
    ],
    "inference/ping": [
        ("header/task_id", ""),
        ("payload/output/action", "pong"),
        ("payload", {}),
        ("payload", GONE),
    ],
    "inference/ai-result": [
        ("payload/output/aiResult/correction", GONE),
        ("payload/output/aiResult", "早"),
    ],
    "inference/speech-end": [
        ("payload/output/dataId", "fgVnGvkqj5xA"),
        ("header/event", "task-finished"),
    ],
    "inference/task-finished": [
        ("header/event", "task-started"),
        ("payload", GONE),
        ("payload/output", {}),
    ],
    "inference/task-failed": [
        ("payload/output/errorCode", GONE),
        ("payload/output/errorMessage", ""),
        ("payload/output/errorCode", 40000004),
        ("header/event", "task-failed"),
    ],
    "inference/header-task-failed": [
        ("header/error_code", GONE),
        ("header/error_message", GONE),
        ("header/attributes", GONE),
        ("header/event", "task-finished"),
        ("payload", GONE),
    ],
    "inference/event": [
        ("header/event", "task-finished"),
        ("header/event", "task-created"),
        ("header", {}),
        ("payload", {}),
        ("payload", GONE),
        ("payload/output/action", "speech-end"),
        ("payload/output/action", "speech-begin"),
        ("payload/output/action", GONE),
        ("payload/output/transcription/words", None),
    ],
}
