"""Mutants that know other values of CreateTask's fields than the documents."""

from __future__ import annotations

from mock_tingwu.conformance.mutants import Body, patched
from mock_tingwu.services import tingwu_request

from ._calls import read_as, refuses
from ._fields import default, field_mutant, filled, mapped, refused, unknown

# Input

field_mutant(
    "language_has_a_default",
    "a meeting is in Chinese unless it is said",
    lambda: default("SourceLanguage", "cn"),
    "TW-CREATE-002",
    "TW-ERROR-021",
)
field_mutant(
    "any_language_is_chinese",
    "a language that is not known is Chinese",
    lambda: mapped("SourceLanguage", "cn", "cn", "en", "yue", "ja", "ko", "multilingual", "fspk"),
    "TW-CREATE-021",
    "TW-CREATE-028",
)
field_mutant(
    "english_is_en_us", "English is en-US", lambda: unknown("SourceLanguage", "en"), "TW-CREATE-022"
)
field_mutant(
    "only_mandarin_and_english",
    "Cantonese and Japanese are not known",
    lambda: unknown("SourceLanguage", "yue", "ja"),
    "TW-CREATE-023",
    "TW-CREATE-024",
)
field_mutant(
    "languages_of_the_reference_alone",
    "Korean and multilingual are not known, as in the API reference",
    lambda: unknown("SourceLanguage", "ko", "multilingual"),
    "TW-CREATE-025",
    "TW-CREATE-026",
    "TW-CREATE-029",
)
field_mutant(
    "languages_of_the_guide_alone",
    "fspk is not known, as in the guide",
    lambda: unknown("SourceLanguage", "fspk"),
    "TW-CREATE-027",
)
field_mutant(
    "hints_are_not_known",
    "LanguageHints are refused",
    lambda: refuses(lambda i, _: "LanguageHints" in i),
    "TW-CREATE-029",
)
field_mutant(
    "format_has_a_default",
    "a meeting is PCM unless it is said",
    lambda: default("Format", "pcm"),
    "TW-CREATE-031",
)
field_mutant(
    "any_format_is_pcm",
    "a format that is not known is PCM",
    lambda: mapped("Format", "pcm", "pcm", "opus", "aac", "speex", "mp3"),
    "TW-CREATE-032",
)
field_mutant(
    "formats_of_the_push_page_alone",
    "AAC, Speex and MP3 are not known",
    lambda: unknown("Format", "aac", "speex", "mp3"),
    "TW-CREATE-034",
    "TW-CREATE-035",
    "TW-CREATE-036",
)
field_mutant(
    "opus_is_ogg", "Opus is called ogg", lambda: unknown("Format", "opus"), "TW-CREATE-033"
)
field_mutant(
    "rate_has_a_default",
    "a meeting has 16 kHz unless it is said",
    lambda: default("SampleRate", 16000),
    "TW-CREATE-037",
)
field_mutant(
    "any_rate_is_16000",
    "a rate that is not known is 16 kHz",
    lambda: mapped("SampleRate", 16000, 8000, 16000),
    "TW-CREATE-038",
)
field_mutant(
    "telephones_are_not_heard",
    "8 kHz is refused",
    lambda: unknown("SampleRate", 8000),
    "TW-CREATE-039",
)


def _any_rate(body: Body) -> None:
    given = body.get("Input", {})
    if given.get("SampleRate") == 8000:
        given["SampleRate"] = 16000


field_mutant(
    "all_languages_at_8_khz",
    "8 kHz is taken for any language",
    lambda: read_as(_any_rate),
    "TW-CREATE-040",
    "TW-CREATE-041",
)
field_mutant(
    "types_to_the_letter",
    "numbers and booleans in texts are refused, and so is null",
    lambda: patched(tingwu_request, "normalised", lambda value, field="": value),
    "TW-CREATE-042",
    "TW-CREATE-045",
    "TW-CREATE-046",
)
field_mutant(
    "callbacks_are_for_recordings",
    "a meeting may not ask for callbacks",
    lambda: unknown("ProgressiveCallbacksEnabled", True),
    "TW-CREATE-043",
)
field_mutant(
    "one_stream_alone",
    "a meeting may not have several streams",
    lambda: unknown("MultipleStreamsEnabled", True),
    "TW-CREATE-044",
)

# Parameters

field_mutant(
    "no_interim_translations",
    "translations have no OutputLevel 2",
    lambda: refused("Translation", lambda part: part.get("OutputLevel") == 2),
    "TW-CREATE-047",
)
field_mutant(
    "empty_parts_are_refused",
    "Transcoding may not be empty",
    lambda: refused("Transcoding", lambda part: not part),
    "TW-CREATE-048",
)
field_mutant(
    "no_number_of_speakers",
    "SpeakerCount is refused",
    lambda: refused("Transcription", lambda part: "SpeakerCount" in part.get("Diarization", {})),
    "TW-CREATE-049",
    "TW-CREATE-050",
)
field_mutant(
    "switches_of_the_guide_alone",
    "switches that no guide explains are refused",
    lambda: refused(
        "Transcription",
        lambda part: part.keys() & {"AudioEventDetectionEnabled", "RealtimeDiarizationEnabled"},
    ),
    "TW-CREATE-051",
)
field_mutant(
    "no_models_of_domains",
    "Transcription.Model is refused",
    lambda: refused("Transcription", lambda part: "Model" in part),
    "TW-CREATE-052",
    "TW-CREATE-053",
)
field_mutant(
    "no_large_translator",
    "TranslateLlmSceneEnabled is refused",
    lambda: refused("Translation", lambda part: "TranslateLlmSceneEnabled" in part),
    "TW-CREATE-059",
)
field_mutant(
    "any_output_level",
    "OutputLevel may be any number",
    lambda: filled("Transcription", lambda part: part.update(OutputLevel=1)),
    "TW-CREATE-055",
)
field_mutant(
    "targets_of_the_reference_alone",
    "meetings are translated into Chinese, English and Japanese alone",
    lambda: refused(
        "Translation", lambda part: set(part.get("TargetLanguages", ())) - {"cn", "en", "ja"}
    ),
    "TW-CREATE-058",
)
field_mutant(
    "any_target_is_english",
    "a target language that is not known is English",
    lambda: filled("Translation", lambda part: part.update(TargetLanguages=["en"])),
    "TW-CREATE-060",
)
field_mutant(
    "granularity_in_small_letters",
    "ChapterGranularity is written in small letters",
    lambda: refused("AutoChapters", lambda part: "ChapterGranularity" in part),
    "TW-CREATE-062",
    "TW-CREATE-063",
    "TW-CREATE-064",
)
field_mutant(
    "fields_of_the_sdk_alone",
    "TitleLengthLevel is refused, which no SDK has",
    lambda: refused("AutoChapters", lambda part: "TitleLengthLevel" in part),
    "TW-CREATE-065",
)
field_mutant(
    "types_are_required",
    "assistance without Types is refused",
    lambda: refuses(
        lambda _, p: p.get("MeetingAssistanceEnabled") and "MeetingAssistance" not in p
    ),
    "TW-CREATE-066",
)
field_mutant(
    "no_mind_maps",
    "MindMap is no kind of summary, as in the API reference",
    lambda: refused("Summarization", lambda part: "MindMap" in part.get("Types", ())),
    "TW-CREATE-067",
)
field_mutant(
    "no_qwq",
    "Model qwq is not known",
    lambda: refused("Model", lambda model: model == "qwq"),
    "TW-CREATE-069",
)
field_mutant(
    "output_in_chinese_alone",
    "LlmOutputLanguage en is not known",
    lambda: refused("LlmOutputLanguage", lambda language: language == "en"),
    "TW-CREATE-070",
)
field_mutant(
    "names_with_capitals_alone",
    "bizType is refused for its small letter",
    lambda: refused("ExtraParams", lambda part: "bizType" in part.get("TranslationHotwordMap", {})),
    "TW-CREATE-071",
)
