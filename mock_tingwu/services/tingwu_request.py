"""Reading the body of CreateTask: lenient where the service is, exact about what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from mock_tingwu import contract
from mock_tingwu.core import phrases
from mock_tingwu.core.options import ASSISTANCE_TYPES, SUMMARY_TYPES, Item, Options, Prompt, Scene
from mock_tingwu.core.scope import Order
from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import ApiFailure, failure, invalid, missing
from mock_tingwu.settings import BUCKET_NAME

#: The bucket of a project that has one, when OutputPath names a folder alone.
OUTPUT_BUCKET = "mock-tingwu-output"

#: Fields whose errors have a code of their own, also when they are missing (tingwu-openapi 3.2).
_CODES = {
    "AppKey": "BRK.InvalidAppKey",
    "SourceLanguage": "BRK.InvalidLanguage",
    "LanguageHints": "BRK.InvalidLanguage",
    "TargetLanguages": "BRK.InvalidLanguage",
    "Format": "BRK.InvalidAudioFormat",
    "SampleRate": "BRK.InvalidAudioSampleRate",
    "SpeakerCount": "BRK.InvalidRoleSplitNum",
    "OutputLevel": "BRK.InvalidResultLevelSetting",
    "AdditionalStreamOutputLevel": "BRK.InvalidResultLevelSetting",
    "OutputPath": "BRK.InvalidOssPath",
}

_WHOLE_NUMBERS = frozenset(
    {"SampleRate", "SpeakerCount", "OutputLevel", "AdditionalStreamOutputLevel", "MaxKeywords"}
)


def normalised(value: Any, field: str = "") -> Any:
    """``value`` as the service reads it: numbers and booleans in strings count, null is absent.

    Whole numbers may be written with a fraction of zero, as JSON knows one kind of number only.

    The vendor's own C++ sample sends SampleRate as a string (tingwu-openapi 1.1).
    """
    if isinstance(value, dict):
        return {key: normalised(item, key) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [normalised(item) for item in value]
    if isinstance(value, float) and field in _WHOLE_NUMBERS and value.is_integer():
        return int(value)
    if isinstance(value, str):
        if field in _WHOLE_NUMBERS and value.strip().isascii() and value.strip().isdigit():
            return int(value) if len(value) < 10 else value
        if field.endswith("Enabled") and value.lower() in ("true", "false"):
            return value.lower() == "true"
    return value


def read_body(body: Json) -> Json:
    """The body of CreateTask with its top-level names spelt as documented."""
    result: Json = normalised(body)
    for key in list(result):
        # The vendor's C++ sample writes "Appkey" (tingwu-openapi 1.1).
        if key != "AppKey" and key.lower() == "appkey":
            result.setdefault("AppKey", result.pop(key))
    return result


def check(name: str, body: Json) -> None:
    """Check ``body`` against a definition of the CreateTask schema.

    Raises:
        ApiFailure: with the code that belongs to the first field that is wrong.
    """
    found = contract.violations(f"tingwu/create-task-request#{name}", body)
    if found:
        error = _failure_at([part for part in found[0].path if isinstance(part, str)], found[0])
        error.detail = f"the request is refused at {found[0].pointer}: {found[0].message}"
        error.breaches = [(violation.pointer, violation.message) for violation in found]
        raise error


def _failure_at(path: Sequence[str], violation: contract.Violation) -> ApiFailure:
    field = path[-1] if path else ""
    if field in _CODES:
        return failure(_CODES[field])
    if field.endswith("Enabled"):
        return failure("BRK.InvalidOutputEnabledSetting")
    parameter = ".".join(path)
    return missing(parameter) if violation.keyword == "required" else invalid(parameter)


class RealtimeRequest(Struct, frozen=True):
    """What a CreateTask with type=realtime asks for; ``sample_rate`` in Hz."""

    order: Order
    format: str
    sample_rate: int


class OfflineRequest(Struct, frozen=True):
    """What a CreateTask with type=offline asks for."""

    order: Order
    file_url: str
    channel_mode: str


def realtime_request(body: Json, origin: str = "") -> RealtimeRequest:
    """Read a realtime CreateTask that came from a client of ``origin``.

    Raises:
        ApiFailure: a field is missing or wrong.
    """
    check("realtime", body)
    source = body["Input"]
    return RealtimeRequest(_order(body, origin), source["Format"], source["SampleRate"])


def offline_request(body: Json, origin: str = "") -> OfflineRequest:
    """Read a CreateTask for a file.

    Raises:
        ApiFailure: a field is missing or wrong.
    """
    check("offline", body)
    source = body["Input"]
    return OfflineRequest(
        _order(body, origin), source["FileUrl"], source.get("AudioChannelMode", "")
    )


def rerun_request(body: Json, *, offline: bool = True) -> Options:
    """Read a CreateTask that runs a finished task again: its Parameters.

    ``offline``: the task is one of a file with a picture.

    Raises:
        ApiFailure: a field is missing or wrong, or nothing that can be made again is asked for.
    """
    check("offline", body)
    asked = options(body.get("Parameters", {}))
    if asked.result_kinds(offline=offline) == ("Transcription",):
        error = failure("BRK.InvalidOutputEnabledSetting")
        error.detail = "a second run makes no Transcription, and Parameters enable nothing else"
        raise error
    return asked


def _order(body: Json, origin: str) -> Order:
    source = body["Input"]
    language = source["SourceLanguage"]
    return Order(
        options=options(
            body.get("Parameters", {}),
            multiple_streams=source.get("MultipleStreamsEnabled", False),
        ),
        language=language,
        app_key=body["AppKey"],
        key=source.get("TaskKey"),
        # Hints count for multilingual speech alone (tingwu-openapi 1.1).
        language_hints=tuple(source.get("LanguageHints", ())) if language == "multilingual" else (),
        callbacks=source.get("ProgressiveCallbacksEnabled", False),
        origin=origin,
        output=_output(source.get("OutputPath")),
    )


#: What names a folder in a bucket (object names of OSS).
_FOLDER = re.compile(r"[^/\\\x00-\x1f][^\\\x00-\x1f]*")


def _output(path: str | None) -> tuple[str, str] | None:
    """Bucket and folder of an OutputPath: ``oss://bucket/folder``, or a folder alone.

    Raises:
        ApiFailure: it is neither.
    """
    if not path:
        return None
    bucket, folder = OUTPUT_BUCKET, path
    if path.startswith("oss://"):
        bucket, _, folder = path.removeprefix("oss://").partition("/")
        if not BUCKET_NAME.fullmatch(bucket):
            error = failure("BRK.InvalidOssBucket")
            error.detail = (
                f"the bucket of OutputPath is {bucket!r}, expected 3 to 63 small letters, digits "
                "and hyphens"
            )
            raise error
    folder = folder.strip("/") if path.startswith("oss://") else folder.rstrip("/")
    steps = folder.split("/")
    if folder and (
        not _FOLDER.fullmatch(folder)
        or len(folder.encode()) > 800
        or {"", ".", ".."} & set(steps)
        or "://" in folder
    ):
        error = failure("BRK.InvalidOssPath")
        error.detail = f"OutputPath is {path!r}, expected oss://bucket/folder or a folder"
        raise error
    return bucket, folder


def options(parameters: Json, *, multiple_streams: bool = False) -> Options:
    """The task's options from ``Parameters``, already checked against the schema.

    Raises:
        ApiFailure: something is enabled without what it cannot do without.
    """
    _check_contents(parameters)
    transcription = parameters.get("Transcription", {})
    translation = parameters.get("Translation", {})
    transcoding = parameters.get("Transcoding", {})
    chapters = parameters.get("AutoChapters", {})
    extra = parameters.get("ExtraParams", {})
    llm_language = parameters.get("LlmOutputLanguage", "")
    return Options(
        output_level=transcription.get("OutputLevel", 1),
        diarization=transcription.get("DiarizationEnabled", False),
        speaker_count=transcription.get("Diarization", {}).get("SpeakerCount", 0),
        realtime_diarization=transcription.get("RealtimeDiarizationEnabled", False),
        translation_targets=_targets(parameters),
        translation_output_level=translation.get("OutputLevel", 1),
        auto_chapters=parameters.get("AutoChaptersEnabled", False),
        chapter_granularity=chapters.get("ChapterGranularity", "Meticulous"),
        title_length=chapters.get("TitleLengthLevel", "Long"),
        chapters_language=llm_language,
        meeting_assistance=_types(parameters, "MeetingAssistance", ASSISTANCE_TYPES),
        max_keywords=extra.get("MaxKeywords", 20),
        summarization=_types(parameters, "Summarization", SUMMARY_TYPES),
        markdown_summary=extra.get("FullTextSummaryFormat") == "markdown",
        mind_map_language=llm_language,
        ppt_extraction=parameters.get("PptExtractionEnabled", False),
        text_polish=parameters.get("TextPolishEnabled", False),
        custom_prompts=_prompts(parameters),
        inspection=_scene(
            parameters, "ServiceInspection", "InspectionContents", "InspectionIntroduction"
        ),
        extraction=_scene(parameters, "ContentExtraction", "ExtractionContents"),
        identities=_scene(
            parameters, "IdentityRecognition", "IdentityContents", item=("Name", "Description")
        ),
        multiple_streams=multiple_streams,
        mp3=transcoding.get("TargetAudioFormat") == "mp3",
        mp4=transcoding.get("TargetVideoFormat") == "mp4",
        thumbnail=transcoding.get("VideoThumbnailEnabled", False),
        spectrum=transcoding.get("SpectrumEnabled", False),
        phrase_id=transcription.get("PhraseId", ""),
        phrases=_phrases(transcription.get("Phrase", {})),
        profanity_filter=transcription.get("ProfanityFilterEnabled"),
        disfluency=transcription.get("DisfluencyEnabled"),
    )


#: What is enabled with a list of named things, and how the list and the name are called.
_CONTENTS = {
    "ServiceInspection": ("InspectionContents", "Title"),
    "CustomPrompt": ("Contents", "Name"),
    "ContentExtraction": ("ExtractionContents", "Title"),
    "IdentityRecognition": ("IdentityContents", "Name"),
}


def _check_contents(parameters: Json) -> None:
    """See whether what is enabled says of what.

    Raises:
        ApiFailure: it does not.
    """
    for name, (contents, title) in _CONTENTS.items():
        if not parameters.get(f"{name}Enabled"):
            continue
        if name not in parameters:
            raise missing(f"Parameters.{name}")
        given = parameters[name].get(contents)
        if not given:
            raise missing(f"Parameters.{name}.{contents}")
        if not all(one.get(title) for one in given):
            raise missing(f"Parameters.{name}.{contents}.{title}")


def _targets(parameters: Json) -> tuple[str, ...]:
    if not parameters.get("TranslationEnabled"):
        return ()
    targets = parameters.get("Translation", {}).get("TargetLanguages", ())
    if not targets:
        raise failure("BRK.InvalidLanguage")
    return tuple(dict.fromkeys(targets))


def _phrases(given: Json) -> tuple[tuple[str, int], ...]:
    """Hot words that stand in the request, with their weights: such as a list may hold."""
    if not given:
        return ()
    try:
        return tuple(phrases.read_words(msgspec.json.encode(given).decode()).items())
    except (phrases.InvalidWords, phrases.LimitExceeded) as problem:
        error = invalid("Parameters.Transcription.Phrase")
        error.detail = str(problem)
        raise error from None


def _types(parameters: Json, name: str, all_types: tuple[str, ...]) -> tuple[str, ...]:
    """The types of an enabled capability; enabled without types means all of them."""
    if not parameters.get(f"{name}Enabled"):
        return ()
    asked = parameters.get(name, {}).get("Types") or all_types
    return tuple(kind for kind in all_types if kind in asked)


def _prompts(parameters: Json) -> tuple[Prompt, ...]:
    if not parameters.get("CustomPromptEnabled"):
        return ()
    return tuple(
        Prompt(
            item["Name"],
            item["Prompt"],
            item.get("Model", "tingwu-turbo"),
            item.get("TransType", "default"),
        )
        for item in parameters["CustomPrompt"]["Contents"]
    )


def _scene(
    parameters: Json,
    name: str,
    contents: str,
    purpose: str = "",
    item: tuple[str, str] = ("Title", "Content"),
) -> Scene | None:
    if not parameters.get(f"{name}Enabled"):
        return None
    given: Mapping[str, Any] = parameters.get(name, {})
    return Scene(
        given.get("SceneIntroduction", ""),
        given.get(purpose, "") if purpose else "",
        tuple(
            Item(one.get(item[0], ""), one.get(item[1], ""), one.get("Identity", ""))
            for one in given.get(contents, ())
        ),
        given.get("SpeakerMap", {}),
    )
