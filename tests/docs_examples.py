"""Examples for the documentation, taken from a real run of the demo meeting.

Everything but the file times is decided by the seed; times, ports and secrets of links are
replaced, and lists are cut after two entries.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec

from mock_tingwu import MockTingwu
from mock_tingwu.media import read_wav
from tests.callbacks.receiver import receiver
from tests.conftest import RECORDING, SCRIPT
from tests.core.test_segmentation import speech
from tests.realtime.helpers import PATIENCE, TASKS, Json, Pusher, info, pusher, until

WIDTH = 96
_MOST = 2
_ADDRESS = "127.0.0.1:8900"

REQUEST: Json = {
    "AppKey": "my-app",
    "Input": {
        "SourceLanguage": "cn",
        "Format": "pcm",
        "SampleRate": 16000,
        "TaskKey": "weekly",
    },
    "Parameters": {
        "Transcription": {
            "OutputLevel": 2,
            "DiarizationEnabled": True,
            "RealtimeDiarizationEnabled": True,
            "Diarization": {"SpeakerCount": 2},
        },
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["en", "de"], "OutputLevel": 2},
        "AutoChaptersEnabled": True,
        "MeetingAssistanceEnabled": True,
        "SummarizationEnabled": True,
        "TextPolishEnabled": True,
        "CustomPromptEnabled": True,
        "CustomPrompt": {
            "Contents": [{"Name": "风险", "Prompt": "会议里有哪些风险？\n{Transcription}"}]
        },
        "ServiceInspectionEnabled": True,
        "ServiceInspection": {
            "SceneIntroduction": "产品组周会",
            "InspectionIntroduction": "该说的都说了吗",
            "InspectionContents": [{"Title": "客户演示", "Content": "提到下周的客户演示"}],
        },
        "ContentExtractionEnabled": True,
        "ContentExtraction": {
            "SceneIntroduction": "产品组周会",
            "ExtractionContents": [{"Title": "接口文档", "Content": "什么时候发接口文档"}],
        },
        "IdentityRecognitionEnabled": True,
        "IdentityRecognition": {
            "SceneIntroduction": "产品组周会",
            "IdentityContents": [
                {"Name": "产品经理", "Description": "主持会议"},
                {"Name": "工程师", "Description": "负责开发"},
            ],
        },
        "Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True},
    },
}


OFFLINE: Json = {
    "AppKey": "my-app",
    "Input": {
        "SourceLanguage": "cn",
        "FileUrl": "https://example.com/weekly.mp3",
        "TaskKey": "weekly",
    },
    "Parameters": {"AutoChaptersEnabled": True},
}


@dataclass
class Run:
    """What one run showed: events and answers by name, results by kind."""

    frames: dict[str, Json] = field(default_factory=dict)
    answers: dict[str, Json] = field(default_factory=dict)
    results: dict[str, Json] = field(default_factory=dict)
    refusal: str = ""
    xml: str = ""


@cache
def run() -> Run:
    """Hold the demo meeting once."""
    seen = Run()
    with MockTingwu(seed=0, clock="virtual", result_interval_ms=1000) as mock:
        mock.script(SCRIPT, task_key="weekly")
        seen.answers["CreateTask"] = _put(mock, "?type=realtime", REQUEST)
        task = seen.answers["CreateTask"]["Data"]
        with pusher(task) as connection:
            _hold(connection, read_wav(RECORDING)[0])
        body = {"Input": {"TaskId": task["TaskId"]}}
        seen.answers["stop"] = _put(mock, "?type=realtime&operation=stop", body)
        mock.advance(3000)
        url = f"{mock.url}{TASKS}/{task['TaskId']}"
        seen.answers["GetTaskInfo"] = httpx.get(url).json()
        mock.advance(60_000)
        files = httpx.get(url).json()["Data"]
        for kind, link in files["Result"].items():
            seen.results[kind] = httpx.get(link).json()
        seen.results["spectrum"] = httpx.get(files["OutputSpectrumPath"]).json()
        seen.refusal = httpx.get(files["OutputSpectrumPath"] + "0").text
        seen.answers["error"] = _put(mock, "?type=realtime", {"AppKey": "my-app", "Input": {}})
        _add_frames(seen, connection)
        _rarer_frames(seen, mock)
        _second_run(seen, mock, task["TaskId"])
        _video(seen, mock)
        mock.reset()
        seen.answers["offline"] = _put(mock, "?type=offline", OFFLINE)
        seen.xml = httpx.put(f"{mock.url}{TASKS}", headers={"Accept": "application/xml"}).text
        return _anonymous(seen, mock.host)


def _hold(connection: Pusher, pcm: bytes) -> None:
    connection.start()
    connection.push(pcm)
    connection.stop()


def _put(mock: MockTingwu, query: str, body: Json) -> Json:
    answer: Json = httpx.put(f"{mock.url}{TASKS}{query}", json=body, timeout=PATIENCE).json()
    return answer


def _add_frames(seen: Run, connection: Pusher) -> None:
    """The first event of each name; the third interim result, which has some words."""
    for event in connection.events:
        seen.frames.setdefault(event["header"]["name"], event)
    seen.frames["TranscriptionResultChanged"] = connection.named("TranscriptionResultChanged")[2]
    ended = connection.named("SentenceEnd")[0]["header"]["message_id"]
    translated = connection.named("ResultTranslated")
    seen.frames["ResultTranslated"] = next(
        event for event in translated if event["header"]["source_message_id"] == ended
    )
    seen.frames["ResultTranslated interim"] = translated[0]


def _rarer_frames(seen: Run, mock: MockTingwu) -> None:
    """Somebody who speaks without a pause, and a command that does not fit."""
    parameters = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en"]}}
    task = _put(mock, "?type=realtime", REQUEST | {"Parameters": parameters})["Data"]
    with pusher(task) as connection:
        _hold(connection, speech(15_000))
        seen.frames["stash"] = next(
            event
            for event in connection.named("SentenceEnd")
            if event["payload"]["stash_result"]["words"]
        )
        seen.frames["translated stash"] = next(
            event
            for event in connection.named("ResultTranslated")
            if len(event["payload"]["translate_result"]) > 1
        )
        connection.command("StopTranscription")
        seen.frames["TaskFailed"] = {"header": connection.failure()}


#: What the finished meeting is run again with.
AGAIN: Json = {
    "AutoChaptersEnabled": True,
    "AutoChapters": {"ChapterGranularity": "Coarse", "TitleLengthLevel": "Short"},
    "LlmOutputLanguage": "en",
    "SummarizationEnabled": True,
    "Summarization": {"Types": ["Paragraph"]},
    "ExtraParams": {"FullTextSummaryFormat": "markdown"},
}


def _second_run(seen: Run, mock: MockTingwu, task_id: str) -> None:
    """The results of the same meeting with other Parameters."""
    _put(mock, "?type=offline", {"Input": {"TaskId": task_id}, "Parameters": AGAIN})
    mock.advance(60_000)
    files = httpx.get(f"{mock.url}{TASKS}/{task_id}").json()["Data"]
    for kind in ("AutoChapters", "Summarization"):
        seen.results[f"{kind} again"] = httpx.get(files["Result"][kind]).json()


def _video(seen: Run, mock: MockTingwu) -> None:
    """The slides of a video that is imagined."""
    body = {
        "AppKey": "my-app",
        "Input": {
            "SourceLanguage": "cn",
            "FileUrl": "https://files.example.com/weekly.mp4",
            "TaskKey": "weekly",
        },
        "Parameters": {"PptExtractionEnabled": True},
    }
    task_id = _put(mock, "?type=offline", body)["Data"]["TaskId"]

    def ready() -> bool:
        mock.advance(1000)
        return "PptExtraction" in info(mock, task_id).get("Result", {})

    until(ready, "the slides")
    link = info(mock, task_id)["Result"]["PptExtraction"]
    seen.results["PptExtraction"] = httpx.get(link).json()


def _anonymous(seen: Run, host: str) -> Run:
    def clean(text: str) -> str:
        text = text.replace(host, _ADDRESS)
        text = re.sub(r"(mc=.{8})[\w-]{120}", r"\1…", text)
        text = re.sub(r"_\d{14}\b", "_20260302093000", text)
        text = re.sub(r"Expires=\d+", "Expires=1775007000", text)
        text = re.sub(r"Signature=[^\"&]+", "Signature=…", text)
        return re.sub(r"(<RequestId>)\w+", r"\g<1>5A1C0F3E9B7D42806C1E8F27", text)

    text = clean(msgspec.json.encode([seen.frames, seen.answers, seen.results]).decode())
    frames, answers, results = json.loads(text)
    return Run(frames, answers, results, clean(seen.refusal), seen.xml)


def frame(name: str) -> str:
    """An event as a JSON block."""
    return block(run().frames[name])


def answer(name: str) -> str:
    """An answer of the OpenAPI as a JSON block."""
    return block(run().answers[name])


def result(kind: str) -> str:
    """A result file as a JSON block."""
    return block(run().results[kind])


def refused_call() -> str:
    """What a call without parameters answers in XML, with line ends for the eye."""
    # How many calls came before it, and so its id, hangs on how often tasks were looked at.
    xml = re.sub(r"[0-9A-F-]{36}", "A2CDFCC6-AF3C-5D91-9599-DEFAEB7C05FA", run().xml)
    lines = xml.replace("><", ">\n<")
    return f"```xml\n{lines}\n```"


def refused_link() -> str:
    """What a link with a wrong signature answers."""
    return f"```xml\n{run().refusal}\n```"


def request(name: str) -> str:
    """The CreateTask body of the run, or ``again`` the Parameters of its second run."""
    return f"```json\n{pretty(AGAIN if name == 'again' else REQUEST)}\n```"


@cache
def live_run() -> list[Json]:
    """The callbacks of a live stream that is imagined, a translated one."""
    with receiver() as listener, MockTingwu(seed=0, clock="virtual") as mock:
        query = {
            "Action": "CreateRtcAsrTask",
            "Version": "2016-11-01",
            "Format": "JSON",
            "Mode": "live",
            "StreamURL": "rtmp://pull.example.com/app/lesson",
            "Language": "cn",
            "CallbackURL": listener.url,
            "TranslateEnabled": "true",
            "TargetLanguages": "en",
        }
        httpx.get(mock.url, params=query).raise_for_status()
        mock.advance(20_000)
        return [request.body for request in listener.requests]


def _live(name: str) -> Json:
    """The third callback of a name: by then something was said."""
    named = [body for body in live_run() if f'"name":"{name}"' in body["content"]]
    body: Json = named[2]
    content = re.sub(r'"tl_(\d+)_\d+"', r'"tl_\1_1775007000000"', body["content"])
    return body | {"callback_time_stamp": 1775007001500, "content": content}


def live_callback(_: str) -> str:
    """A callback as it is posted."""
    return block(_live("SentenceBegin"))


def live_content(name: str) -> str:
    """What is in the content of a callback."""
    return block(json.loads(_live(name)["content"]))


def block(value: Any) -> str:
    return f"```json\n{pretty(shortened(value))}\n```"


def shortened(value: Any) -> Any:
    """``value`` with all lists cut after two entries."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:_MOST]]
    return value


def pretty(value: Any, indent: int = 0, before: int = 0) -> str:
    """JSON with what fits into a line on one line; ``before`` characters stand before it."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) <= WIDTH - indent - before or not value or not isinstance(value, dict | list):
        return flat
    inner = indent + 2
    if isinstance(value, list):
        items = [pretty(item, inner) for item in value]
    else:
        names = [f"{json.dumps(key, ensure_ascii=False)}: " for key in value]
        items = [
            name + pretty(item, inner, len(name))
            for name, item in zip(names, value.values(), strict=True)
        ]
    opening, closing = "[]" if isinstance(value, list) else "{}"
    gap = f",\n{' ' * inner}"
    return f"{opening}\n{' ' * inner}{gap.join(items)}\n{' ' * indent}{closing}"
