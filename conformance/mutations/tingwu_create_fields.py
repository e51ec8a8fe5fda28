"""Mutants that know other values of CreateTask's fields than the documents."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.mutants import Body, mutant, patched
from mock_tingwu.services import tingwu_request

from ._calls import read_as, refuses

AREA = "TW-CREATE"


def _mutant(
    name: str,
    breaks: str,
    apply: Callable[[], AbstractContextManager[None]],
    *numbers: int,
    also: Collection[str] = (),
) -> None:
    """Register a mutant that these cases of the area notice, by number, and ``also`` others."""

    def applied() -> AbstractContextManager[None]:
        return apply()

    applied.__name__ = name
    mutant(breaks, area=AREA, caught_by=[*(f"{AREA}-{n:03}" for n in numbers), *also])(applied)


def _default(field: str, value: object) -> AbstractContextManager[None]:
    """``field`` of Input has a value of its own where it is absent."""

    def change(body: Body) -> None:
        if isinstance(body.get("Input"), dict):
            body["Input"].setdefault(field, value)

    return read_as(change)


def _mapped(field: str, value: object, *known: object) -> AbstractContextManager[None]:
    """``field`` of Input has this value where it is none of the ``known``."""

    def change(body: Body) -> None:
        given = body.get("Input")
        if isinstance(given, dict) and field in given and given[field] not in known:
            given[field] = value

    return read_as(change)


def _unknown(field: str, *values: object) -> AbstractContextManager[None]:
    """A meeting is refused whose Input has one of these values."""
    return refuses(lambda given, _: given.get(field) in values)


def _refused(name: str, test: Callable[[Any], object]) -> AbstractContextManager[None]:
    """A meeting is refused for which ``test`` of this field of its Parameters."""
    return refuses(lambda _, parameters: name in parameters and test(parameters[name]))


def _filled(name: str, change: Callable[[Body], object]) -> AbstractContextManager[None]:
    """This part of Parameters is changed before it is read."""

    def fill(body: Body) -> None:
        part = body.get("Parameters", {}).get(name)
        if part is not None:
            change(part)

    return read_as(fill)


# Input

_mutant(
    "language_has_a_default",
    "a meeting is in Chinese unless it is said",
    lambda: _default("SourceLanguage", "cn"),
    21,
    also=["TW-ERROR-023"],
)
_mutant(
    "any_language_is_chinese",
    "a language that is not known is Chinese",
    lambda: _mapped("SourceLanguage", "cn", "cn", "en", "yue", "ja", "ko", "multilingual", "fspk"),
    22,
    29,
)
_mutant("english_is_en_us", "English is en-US", lambda: _unknown("SourceLanguage", "en"), 23)
_mutant(
    "only_mandarin_and_english",
    "Cantonese and Japanese are not known",
    lambda: _unknown("SourceLanguage", "yue", "ja"),
    24,
    25,
)
_mutant(
    "languages_of_the_reference_alone",
    "Korean and multilingual are not known, as in the API reference",
    lambda: _unknown("SourceLanguage", "ko", "multilingual"),
    26,
    27,
    30,
)
_mutant(
    "languages_of_the_guide_alone",
    "fspk is not known, as in the guide",
    lambda: _unknown("SourceLanguage", "fspk"),
    28,
)
_mutant(
    "hints_are_not_known",
    "LanguageHints are refused",
    lambda: refuses(lambda i, _: "LanguageHints" in i),
    30,
)
_mutant(
    "format_has_a_default",
    "a meeting is PCM unless it is said",
    lambda: _default("Format", "pcm"),
    32,
)
_mutant(
    "any_format_is_pcm",
    "a format that is not known is PCM",
    lambda: _mapped("Format", "pcm", "pcm", "opus", "aac", "speex", "mp3"),
    33,
)
_mutant(
    "formats_of_the_push_page_alone",
    "AAC, Speex and MP3 are not known",
    lambda: _unknown("Format", "aac", "speex", "mp3"),
    35,
    36,
    37,
)
_mutant("opus_is_ogg", "Opus is called ogg", lambda: _unknown("Format", "opus"), 34)
_mutant(
    "rate_has_a_default",
    "a meeting has 16 kHz unless it is said",
    lambda: _default("SampleRate", 16000),
    38,
)
_mutant(
    "any_rate_is_16000",
    "a rate that is not known is 16 kHz",
    lambda: _mapped("SampleRate", 16000, 8000, 16000),
    39,
)
_mutant("telephones_are_not_heard", "8 kHz is refused", lambda: _unknown("SampleRate", 8000), 40)


def _any_rate(body: Body) -> None:
    if body["Input"].get("SampleRate") == 8000:
        body["Input"]["SampleRate"] = 16000


_mutant(
    "all_languages_at_8_khz", "8 kHz is taken for any language", lambda: read_as(_any_rate), 41, 42
)
_mutant(
    "types_to_the_letter",
    "numbers and booleans in texts are refused, and so is null",
    lambda: patched(tingwu_request, "normalised", lambda value, field="": value),
    43,
    46,
    47,
)
_mutant(
    "callbacks_are_for_recordings",
    "a meeting may not ask for callbacks",
    lambda: _unknown("ProgressiveCallbacksEnabled", True),
    44,
)
_mutant(
    "one_stream_alone",
    "a meeting may not have several streams",
    lambda: _unknown("MultipleStreamsEnabled", True),
    45,
)

# Parameters

_mutant(
    "no_interim_translations",
    "translations have no OutputLevel 2",
    lambda: _refused("Translation", lambda part: part.get("OutputLevel") == 2),
    48,
)
_mutant(
    "empty_parts_are_refused",
    "Transcoding may not be empty",
    lambda: _refused("Transcoding", lambda part: not part),
    49,
)
_mutant(
    "no_number_of_speakers",
    "SpeakerCount is refused",
    lambda: _refused("Transcription", lambda part: "SpeakerCount" in part.get("Diarization", {})),
    50,
    51,
)
_mutant(
    "any_output_level",
    "OutputLevel may be any number",
    lambda: _filled("Transcription", lambda part: part.update(OutputLevel=1)),
    52,
)
_mutant(
    "targets_of_the_reference_alone",
    "meetings are translated into Chinese, English and Japanese alone",
    lambda: _refused(
        "Translation", lambda part: set(part.get("TargetLanguages", ())) - {"cn", "en", "ja"}
    ),
    55,
)
_mutant(
    "any_target_is_english",
    "a target language that is not known is English",
    lambda: _filled("Translation", lambda part: part.update(TargetLanguages=["en"])),
    56,
)
_mutant(
    "granularity_in_small_letters",
    "ChapterGranularity is written in small letters",
    lambda: _refused("AutoChapters", lambda part: "ChapterGranularity" in part),
    58,
    59,
    60,
)
_mutant(
    "fields_of_the_sdk_alone",
    "TitleLengthLevel is refused, which no SDK has",
    lambda: _refused("AutoChapters", lambda part: "TitleLengthLevel" in part),
    61,
)
_mutant(
    "types_are_required",
    "assistance without Types is refused",
    lambda: refuses(
        lambda _, p: p.get("MeetingAssistanceEnabled") and "MeetingAssistance" not in p
    ),
    62,
)
_mutant(
    "no_mind_maps",
    "MindMap is no kind of summary, as in the API reference",
    lambda: _refused("Summarization", lambda part: "MindMap" in part.get("Types", ())),
    63,
)
_mutant(
    "no_qwq", "Model qwq is not known", lambda: _refused("Model", lambda model: model == "qwq"), 65
)
_mutant(
    "output_in_chinese_alone",
    "LlmOutputLanguage en is not known",
    lambda: _refused("LlmOutputLanguage", lambda language: language == "en"),
    66,
)
_mutant(
    "names_with_capitals_alone",
    "bizType is refused for its small letter",
    lambda: _refused(
        "ExtraParams", lambda part: "bizType" in part.get("TranslationHotwordMap", {})
    ),
    67,
)

# Contents


def _longer_than(name: str, length: int) -> Callable[[Body], object]:
    return lambda part: len(part.get(name, ())) > length


def _cut_to(name: str, length: int) -> Callable[[Body], object]:
    return lambda part: part.update({name: part[name][:length]}) if name in part else None


_mutant(
    "inspections_of_ten_items",
    "an inspection has at most ten items",
    lambda: _refused("ServiceInspection", _longer_than("InspectionContents", 10)),
    69,
)
_mutant(
    "inspections_of_any_length",
    "an inspection of more than 100 items loses the last",
    lambda: _filled("ServiceInspection", _cut_to("InspectionContents", 100)),
    73,
)


def _complete_inspection(part: Body) -> None:
    part.setdefault("SceneIntroduction", "")
    part.setdefault("InspectionIntroduction", "")
    part.setdefault("InspectionContents", [{"Title": "礼貌"}])


_mutant(
    "inspections_are_completed",
    "an inspection may lack any of its texts",
    lambda: _filled("ServiceInspection", _complete_inspection),
    70,
    71,
    72,
)
_mutant(
    "one_prompt_alone",
    "a meeting has one prompt at most",
    lambda: _refused("CustomPrompt", _longer_than("Contents", 1)),
    74,
)
_mutant(
    "prompts_of_any_number",
    "a fourth prompt is left out",
    lambda: _filled("CustomPrompt", _cut_to("Contents", 3)),
    75,
)


def _named(part: Body) -> None:
    for number, prompt in enumerate(part["Contents"], 1):
        prompt.setdefault("Name", f"prompt {number}")


def _asked(part: Body) -> None:
    for prompt in part["Contents"]:
        if "{Transcription}" not in prompt.get("Prompt", ""):
            prompt["Prompt"] = prompt.get("Prompt", "") + "{Transcription}"


_mutant(
    "prompts_are_named",
    "a prompt without Name gets one",
    lambda: _filled("CustomPrompt", _named),
    76,
)
_mutant(
    "prompts_are_completed",
    "the transcript stands behind a prompt that does not say where",
    lambda: _filled("CustomPrompt", _asked),
    77,
    78,
)
_mutant(
    "turbo_alone",
    "prompts are for tingwu-turbo alone",
    lambda: _refused(
        "CustomPrompt",
        lambda part: any(
            one.get("Model", "tingwu-turbo") != "tingwu-turbo" for one in part["Contents"]
        ),
    ),
    79,
    80,
)
_mutant(
    "extractions_of_ten",
    "at most ten contents are extracted",
    lambda: _refused("ContentExtraction", _longer_than("ExtractionContents", 10)),
    81,
)
_mutant(
    "extractions_of_any_length",
    "contents beyond 100 are left out",
    lambda: _filled("ContentExtraction", _cut_to("ExtractionContents", 100)),
    82,
)
_mutant(
    "two_identities",
    "at most two identities are looked for",
    lambda: _refused("IdentityRecognition", _longer_than("IdentityContents", 2)),
    83,
)
_mutant(
    "identities_of_any_number",
    "a sixth identity is left out",
    lambda: _filled("IdentityRecognition", _cut_to("IdentityContents", 5)),
    84,
)
