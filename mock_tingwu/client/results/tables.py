"""The names that files have, and what is made of them: one table for both services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from . import parts, transcript
from .reader import Reader, flag, integer, many, number, pascal, record, text, within


def _segment(value: object) -> tuple[tuple[int, int] | None, bool]:
    times, whole = many(integer)(value)
    return ((times[0], times[1]), True) if whole and len(times) == 2 else (None, False)


WORD: Final = record(
    transcript.Word,
    Id=("id", integer),
    SentenceId=("sentence_id", integer),
    Start=("begin", integer),
    End=("end", integer),
    Text=("text", text),
)
PARAGRAPH: Final = record(
    transcript.Paragraph,
    ParagraphId=("id", text),
    SpeakerId=("speaker_id", text),
    Words=("words", many(WORD)),
)
AUDIO: Final = record(
    transcript.AudioInfo,
    Size=("size", integer),
    Duration=("duration", integer),
    SampleRate=("sample_rate", integer),
    Language=("language", text),
)
TRANSCRIPT: Final = record(
    transcript.Transcript,
    AudioInfo=("audio", AUDIO),
    Paragraphs=("paragraphs", many(PARAGRAPH)),
    AudioSegments=("segments", many(_segment)),
)
TRANSLATED_SENTENCE: Final = record(
    transcript.Sentence,
    SentenceId=("id", integer),
    Start=("begin", integer),
    End=("end", integer),
    Text=("text", text),
)
_TRANSLATED: Final = record(
    transcript.TranslatedParagraph,
    ParagraphId=("id", text),
    Sentences=("sentences", many(TRANSLATED_SENTENCE)),
)


def _translated_paragraph(value: object) -> tuple[transcript.TranslatedParagraph | None, bool]:
    paragraph, whole = _TRANSLATED(value)
    if paragraph is None:
        return None, False
    sentences = tuple(replace(said, paragraph_id=paragraph.id) for said in paragraph.sentences)
    return replace(paragraph, sentences=sentences), whole


TRANSLATION: Final = record(
    transcript.Translation,
    TargetLanguage=("language", text),
    Paragraphs=("paragraphs", many(_translated_paragraph)),
)


def _translations(value: object) -> tuple[tuple[transcript.Translation, ...] | None, bool]:
    """A translation, with those into further languages beside its paragraphs."""
    if not isinstance(value, dict):
        return None, False
    further = {name: found for name, found in value.items() if pascal(name) == "Translations"}
    rest = {name: found for name, found in value.items() if name not in further}
    first = TRANSLATION(rest)[0]
    if first.extra == value:
        return (None, False) if value else ((), True)
    found = [first] if rest else []
    whole = True
    for languages in further.values():
        more, fits = many(TRANSLATION)(languages)
        found += more or ()
        whole = whole and fits
    return tuple(found), whole


CHAPTER: Final = record(
    parts.Chapter,
    Id=("id", integer),
    Start=("begin", integer),
    End=("end", integer),
    Headline=("headline", text),
    Summary=("summary", text),
)
NOTABLE: Final = record(
    parts.Notable,
    Id=("id", integer),
    SentenceId=("sentence_id", integer),
    Start=("begin", integer),
    End=("end", integer),
    Text=("text", text),
)
CLASSIFICATIONS: Final = record(
    parts.Classifications,
    Interview=("interview", number),
    Lecture=("lecture", number),
    Meeting=("meeting", number),
)
MEETING_ASSISTANCE: Final = record(
    parts.MeetingAssistance,
    Keywords=("keywords", many(text)),
    KeySentences=("key_sentences", many(NOTABLE)),
    Actions=("actions", many(NOTABLE)),
    Classifications=("classifications", CLASSIFICATIONS),
)
SPEAKER_SUMMARY: Final = record(
    parts.SpeakerSummary,
    SpeakerId=("speaker_id", text),
    SpeakerName=("speaker_name", text),
    Summary=("summary", text),
)
QUESTION: Final = record(
    parts.Question,
    Question=("question", text),
    Answer=("answer", text),
    SentenceIdsOfQuestion=("question_sentence_ids", many(integer)),
    SentenceIdsOfAnswer=("answer_sentence_ids", many(integer)),
)
TOPIC: Final[Reader] = record(
    parts.Topic,
    Title=("title", text),
    Topic=("topics", many(lambda value: TOPIC(value))),
    BeginTime=("begin", integer),
)
SUMMARIZATION: Final = record(
    parts.Summarization,
    ParagraphTitle=("title", text),
    ParagraphSummary=("summary", text),
    ConversationalSummary=("speakers", many(SPEAKER_SUMMARY)),
    QuestionsAnsweringSummary=("questions", many(QUESTION)),
    MindMapSummary=("mind_map", many(TOPIC)),
)
SLIDE: Final = record(
    parts.Slide,
    Id=("id", integer),
    Start=("begin", integer),
    End=("end", integer),
    FileUrl=("file_url", text),
    Summary=("summary", text),
)
PPT_EXTRACTION: Final = record(
    parts.PptExtraction,
    AvailableForSummary=("available_for_summary", flag),
    KeyFrameList=("slides", many(SLIDE)),
)
POLISHED: Final = record(
    parts.PolishedParagraph,
    FormalParagraphText=("text", text),
    ParagraphId=("paragraph_id", text),
    SentenceIds=("sentence_ids", many(integer)),
    Start=("begin", integer),
    End=("end", integer),
)
PROMPT_ANSWER: Final = record(
    parts.PromptAnswer,
    Name=("name", text),
    Result=("result", text),
    Truncated=("truncated", flag),
)
INSPECTION: Final = record(
    parts.Inspection,
    Title=("title", text),
    Content=("content", text),
    Result=("result", flag),
    Reason=("reason", text),
    SentenceIds=("sentence_ids", many(integer)),
)
EXTRACT: Final = record(
    parts.Extract,
    Title=("title", text),
    Content=("content", text),
    Identity=("identity", text),
    Result=("result", text),
    Remarks=("remarks", text),
    SentenceIds=("sentence_ids", many(integer)),
    MatchedSentenceIds=("sentence_ids", many(integer)),
)
IDENTITY: Final = record(
    parts.Identity,
    SpeakerId=("speaker_id", text),
    Identity=("identity", text),
)
SERVICE_INSIGHT: Final = record(
    parts.ServiceInsight,
    Title=("title", text),
    Matched=("matched", flag),
    Score=("score", text),
    Remarks=("remarks", text),
    MatchedSentenceIds=("sentence_ids", many(integer)),
)
SALE_INSIGHTS: Final = record(
    parts.SaleInsights,
    MatchedSum=("matched", integer),
    MissedSum=("missed", integer),
)
CUSTOMER_PROFILE: Final = record(
    parts.CustomerProfile,
    OneSentenceSumUp=("summary", text),
    CustomerConcerned=("concerned", integer),
    CustomerNotMentioned=("not_mentioned", integer),
    SaleClueClassify=(
        "sale_clue",
        record(parts.SaleClue, Classify=("classify", text), Evidence=("evidence", text)),
    ),
    TryDriveIntentionEvaluation=(
        "drive_intention",
        record(parts.DriveIntention, Score=("score", integer), Evidence=("evidence", text)),
    ),
)

#: Every kind of file: the field of `Results` that it is read into, and how.
KINDS: Final[Mapping[str, tuple[str, Reader]]] = {
    "Transcription": ("transcript", TRANSCRIPT),
    "Translation": ("translations", _translations),
    "AutoChapters": ("chapters", many(CHAPTER)),
    "MeetingAssistance": ("meeting_assistance", MEETING_ASSISTANCE),
    "Summarization": ("summarization", SUMMARIZATION),
    "PptExtraction": ("ppt_extraction", PPT_EXTRACTION),
    "TextPolish": ("text_polish", many(POLISHED)),
    "CustomPrompt": ("custom_prompts", many(PROMPT_ANSWER)),
    "ServiceInspection": ("service_inspection", within("InspectionResults", many(INSPECTION))),
    "ContentExtraction": ("content_extraction", within("ExtractionResults", many(EXTRACT))),
    "IdentityRecognition": ("identities", within("IdentityResults", many(IDENTITY))),
    "ServiceInsights": ("service_insights", many(SERVICE_INSIGHT)),
    "SaleInsights": ("sale_insights", SALE_INSIGHTS),
    "CustomerProfile": ("customer_profile", CUSTOMER_PROFILE),
}

#: Kinds whose files a link of DashScope calls otherwise (dashscope-tingwu 4 and 9).
_OTHERWISE: Final = {
    "Translations": "Translation",
    "ContentExtractions": "ContentExtraction",
    "GeneralServiceInsights": "ServiceInsights",
    "GeneralSaleInsights": "SaleInsights",
}


def kind_of(name: str) -> str:
    """The kind of file behind a link by its name: ``Translation``, or ``translationsPath``."""
    kind = pascal(name.removesuffix("Path"))
    return _OTHERWISE.get(kind, kind)


def is_wrapper(name: str, kind: str) -> bool:
    """Whether a member of that name of a file of that kind has all the rest in it."""
    return pascal(name) in (kind, f"General{kind}")
