"""CreateTask: the fields of Input of a meeting."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, SHOULD, Cloud, case
from mock_tingwu.conformance.sources import ASSUMED, CREATE_TASK, METADATA, REALTIME

from ._meetings import CREATE, refused, taken

# SourceLanguage

refused(
    "TW-CREATE-021",
    "a SourceLanguage that does not exist is refused",
    CREATE_TASK("Input.SourceLanguage"),
    sends="SourceLanguage klingon",
    SourceLanguage="klingon",
)
taken(
    "TW-CREATE-022",
    "a meeting may be in English",
    CREATE_TASK("Input.SourceLanguage"),
    sends="SourceLanguage en",
    SourceLanguage="en",
)
taken(
    "TW-CREATE-023",
    "a meeting may be in Cantonese",
    CREATE_TASK("Input.SourceLanguage"),
    sends="SourceLanguage yue",
    SourceLanguage="yue",
)
taken(
    "TW-CREATE-024",
    "a meeting may be in Japanese",
    CREATE_TASK("Input.SourceLanguage"),
    sends="SourceLanguage ja",
    SourceLanguage="ja",
)
taken(
    "TW-CREATE-025",
    "a meeting may be in Korean",
    REALTIME("SourceLanguage"),
    sends="SourceLanguage ko",
    SourceLanguage="ko",
)
taken(
    "TW-CREATE-026",
    "a meeting may be in several languages",
    REALTIME("SourceLanguage"),
    sends="SourceLanguage multilingual",
    SourceLanguage="multilingual",
)
taken(
    "TW-CREATE-027",
    "a meeting may mix Chinese and English freely",
    METADATA("CreateTask, SourceLanguage"),
    sends="SourceLanguage fspk",
    SourceLanguage="fspk",
)
refused(
    "TW-CREATE-028",
    "the language of a meeting is never found by the service: auto is for recordings",
    REALTIME("SourceLanguage"),
    sends="SourceLanguage auto",
    level=SHOULD,
    SourceLanguage="auto",
)
taken(
    "TW-CREATE-029",
    "a multilingual meeting may have hints of all eight languages",
    REALTIME("LanguageHints"),
    sends="SourceLanguage multilingual and the LanguageHints cn, en, yue, ja, ko, de, fr, ru",
    SourceLanguage="multilingual",
    LanguageHints=["cn", "en", "yue", "ja", "ko", "de", "fr", "ru"],
)
refused(
    "TW-CREATE-030",
    "a language hint that does not exist is refused",
    ASSUMED("what the service does with a hint that it does not know"),
    sends="SourceLanguage multilingual and the LanguageHints klingon",
    level=INFO,
    SourceLanguage="multilingual",
    LanguageHints=["klingon"],
)

# Format

refused(
    "TW-CREATE-031",
    "a meeting without Format is refused",
    CREATE_TASK("Input.Format"),
    sends="no Format",
    Format=None,
)
refused(
    "TW-CREATE-032",
    "a Format other than the five is refused",
    CREATE_TASK("Input.Format"),
    sends="Format amr",
    Format="amr",
)
taken(
    "TW-CREATE-033",
    "a meeting may be pushed as Opus",
    CREATE_TASK("Input.Format"),
    sends="Format opus",
    Format="opus",
)
taken(
    "TW-CREATE-034",
    "a meeting may be pushed as AAC",
    CREATE_TASK("Input.Format"),
    sends="Format aac",
    Format="aac",
)
taken(
    "TW-CREATE-035",
    "a meeting may be pushed as Speex",
    CREATE_TASK("Input.Format"),
    sends="Format speex",
    Format="speex",
)
taken(
    "TW-CREATE-036",
    "a meeting may be pushed as MP3",
    CREATE_TASK("Input.Format"),
    sends="Format mp3",
    Format="mp3",
)

# SampleRate

refused(
    "TW-CREATE-037",
    "a meeting without SampleRate is refused",
    CREATE_TASK("Input.SampleRate"),
    sends="no SampleRate",
    SampleRate=None,
)
refused(
    "TW-CREATE-038",
    "a SampleRate other than 8000 and 16000 is refused",
    CREATE_TASK("Input.SampleRate"),
    sends="SampleRate 44100",
    SampleRate=44100,
)
taken(
    "TW-CREATE-039",
    "a meeting may be pushed at 8 kHz",
    CREATE_TASK("Input.SampleRate"),
    sends="SampleRate 8000",
    SampleRate=8000,
)
refused(
    "TW-CREATE-040",
    "Japanese is heard at 16 kHz alone",
    REALTIME("SampleRate"),
    sends="SourceLanguage ja and SampleRate 8000",
    level=SHOULD,
    SourceLanguage="ja",
    SampleRate=8000,
)
refused(
    "TW-CREATE-041",
    "several languages are heard at 16 kHz alone",
    REALTIME("SampleRate"),
    sends="SourceLanguage multilingual and SampleRate 8000",
    level=SHOULD,
    SourceLanguage="multilingual",
    SampleRate=8000,
)
taken(
    "TW-CREATE-042",
    "a SampleRate may be digits in a text, as the C++ sample sends it",
    REALTIME("C++ sample"),
    sends='SampleRate "16000"',
    level=SHOULD,
    SampleRate="16000",
)

# Others

taken(
    "TW-CREATE-043",
    "a meeting may ask for callbacks of its progress",
    CREATE_TASK("Input.ProgressiveCallbacksEnabled"),
    sends="ProgressiveCallbacksEnabled true",
    ProgressiveCallbacksEnabled=True,
)
taken(
    "TW-CREATE-044",
    "a meeting may consist of several streams",
    CREATE_TASK("Input.MultipleStreamsEnabled"),
    sends="MultipleStreamsEnabled true",
    MultipleStreamsEnabled=True,
)
taken(
    "TW-CREATE-045",
    "a boolean may be a text",
    ASSUMED("what the service does with true in quotation marks"),
    sends='ProgressiveCallbacksEnabled "true"',
    level=INFO,
    ProgressiveCallbacksEnabled="true",
)


@case(
    "TW-CREATE-046",
    "null is the same as absent",
    sends="CreateTask type=realtime with TaskKey null",
    expects="a NEW task without TaskKey",
    level=INFO,
    source=ASSUMED("what the service does with null"),
    operations=CREATE,
)
async def null_is_absent(cloud: Cloud) -> None:
    answer = await cloud.tingwu.create({**cloud.tingwu.meeting(), "TaskKey": None})
    cloud.check.lacks(answer.data, "TaskKey", what="Data")
