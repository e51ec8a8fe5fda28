"""DashScope's result files: summaries, keywords and things to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.dashscope import sentences_of, words_of
from mock_tingwu.conformance.sources import ASSUMED, DS_GET, DS_OFFLINE
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

SUMMARY = ("summarization file",)
ASSISTANCE = ("meetingAssistance file",)


async def analysed(cloud: Cloud, kind: str, **analysis: Any) -> tuple[dict[str, Any], Any]:
    """The transcript of a conversation, and the file of this kind."""
    spoken = {"model": "cn", "diarizationEnabled": True}
    parameters = {"transcription": spoken, "analysis": analysis}
    transcript, made = await cloud.dashscope.files(parameters, "transcription", kind)
    return transcript, made


def nodes(tree: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """All nodes of a mind map."""
    for node in tree:
        yield node
        yield from nodes(node["topic"])


@case(
    "DS-RESULT-016",
    "a full summary is a lead, the mark @# and a list of points",
    sends="createTask with text and fullSummaryEnabled alone; the summarization file",
    expects="paragraphSummary alone: words, @#, lines that begin with a dash or a number",
    level=MUST,
    source=DS_GET("summarization: paragraphSummary"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def full_summary(cloud: Cloud) -> None:
    _, made = await analysed(cloud, "summarization", fullSummaryEnabled=True)
    cloud.check.equal(sorted(made), ["paragraphSummary"], "members of the file")
    lead, mark, points = made["paragraphSummary"].partition("@#")
    cloud.check.equal(mark, "@#", "the mark behind the lead")
    cloud.check.that(bool(lead.strip()), "a lead", made["paragraphSummary"])
    lines = [line.strip() for line in points.splitlines() if line.strip()]
    cloud.check.that(len(lines) > 0, "points", made["paragraphSummary"])
    cloud.check.matches(lines[0], r"([-*]|\d+\.) .+", "the first point")


@case(
    "DS-RESULT-017",
    "what each speaker says is summarised under the id of the transcript",
    sends="createTask with a text of two people and conversationalEnabled alone",
    expects="conversationalSummary alone: a speakerId of the transcript and a summary for each",
    level=MUST,
    source=DS_GET("summarization: conversationalSummary"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def by_speaker(cloud: Cloud) -> None:
    transcript, made = await analysed(cloud, "summarization", conversationalEnabled=True)
    cloud.check.equal(sorted(made), ["conversationalSummary"], "members of the file")
    speakers = {part["speakerId"] for part in transcript["paragraphs"]}
    told = made["conversationalSummary"]
    cloud.check.that(len(told) > 0, "summaries by speaker", told)
    for one in told:
        cloud.check.one_of(one.get("speakerId"), speakers, "speakerId")
    cloud.check.that(all(one["summary"] for one in told), "a summary each", told)


@case(
    "DS-RESULT-018",
    "a speaker without a name is called by the number",
    sends="createTask with conversationalEnabled; the summarization file",
    expects="speakerName 发言人 with the speakerId behind it",
    level=SHOULD,
    source=DS_GET("summarization: conversationalSummary[].speakerName, as in its example"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def names_of_speakers(cloud: Cloud) -> None:
    _, made = await analysed(cloud, "summarization", conversationalEnabled=True)
    told = made["conversationalSummary"]
    cloud.check.that(len(told) > 0, "summaries by speaker", told)
    for one in told:
        cloud.check.has(one, "speakerId", what="a summary")
        cloud.check.equal(one["speakerName"], f"发言人{one['speakerId']}", "speakerName")


@case(
    "DS-RESULT-019",
    "questions and answers name sentences of the transcript",
    sends="createTask with a text in which something is asked, questionsAnsweringEnabled alone",
    expects="questionsAnsweringSummary alone, with ids of sentences that are there",
    level=MUST,
    source=DS_GET("summarization: questionsAnsweringSummary"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def questions(cloud: Cloud) -> None:
    transcript, made = await analysed(cloud, "summarization", questionsAnsweringEnabled=True)
    cloud.check.equal(sorted(made), ["questionsAnsweringSummary"], "members of the file")
    pairs, known = made["questionsAnsweringSummary"], sentences_of(transcript)
    cloud.check.that(len(pairs) > 0, "questions", pairs)
    for one in pairs:
        named = {*one["sentenceIdsOfQuestion"], *one["sentenceIdsOfAnswer"]}
        cloud.check.that(bool(named) and named <= set(known), "sentences of the transcript", named)
        cloud.check.that(bool(one["question"] and one["answer"]), "question and answer", one)


@case(
    "DS-RESULT-020",
    "only leaves of a mind map have a time, and no branches",
    sends="createTask with text and mindMapEnabled alone; the summarization file",
    expects="mindMapSummary alone: beginTime where topic is [], and nowhere else",
    level=MUST,
    source=DS_GET("summarization: mindMapSummary"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def mind_map(cloud: Cloud) -> None:
    transcript, made = await analysed(
        cloud, "summarization", mindMapEnabled=True, mindMapFormat="timestamp"
    )
    cloud.check.equal(sorted(made), ["mindMapSummary"], "members of the file")
    tree = list(nodes(made["mindMapSummary"]))
    last = max((word["end"] for word in words_of(transcript)), default=0)
    cloud.check.that(len(tree) > 1, "a tree", tree)
    for node in tree:
        if node["topic"]:
            cloud.check.lacks(node, "beginTime", what="a node with branches")
        else:
            cloud.check.has(node, "beginTime", what="a leaf")
            cloud.check.that(0 <= node["beginTime"] <= last, "a time of the transcript", node)


@case(
    "DS-RESULT-021",
    "a plain mind map has no times",
    sends="createTask with text, mindMapEnabled and mindMapFormat plain",
    expects="no beginTime",
    level=MUST,
    source=DS_OFFLINE("parameters.analysis.mindMapFormat"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def plain_mind_map(cloud: Cloud) -> None:
    _, made = await analysed(cloud, "summarization", mindMapEnabled=True, mindMapFormat="plain")
    tree = list(nodes(made["mindMapSummary"]))
    cloud.check.that(len(tree) > 1, "a tree", tree)
    for node in tree:
        cloud.check.lacks(node, "beginTime", what="a node")


@case(
    "DS-RESULT-022",
    "a summary in markdown is a text as well",
    sends="createTask with text, fullSummaryEnabled and fullSummaryFormat markdown",
    expects="a paragraphSummary that is not empty",
    level=MUST,
    source=DS_OFFLINE("parameters.analysis.fullSummaryFormat"),
    operations=SUMMARY,
    time_limit=WITH_RESULTS_S,
)
async def markdown(cloud: Cloud) -> None:
    _, made = await analysed(
        cloud, "summarization", fullSummaryEnabled=True, fullSummaryFormat="markdown"
    )
    cloud.check.that(bool(made.get("paragraphSummary")), "a paragraphSummary", made)


@case(
    "DS-RESULT-023",
    "keywords are words",
    sends="createTask with text and keyInformationEnabled alone; the meetingAssistance file",
    expects="keywords: strings, none twice; no actions",
    level=MUST,
    source=DS_GET("meetingAssistance: keywords"),
    operations=ASSISTANCE,
    time_limit=WITH_RESULTS_S,
)
async def keywords(cloud: Cloud) -> None:
    _, made = await analysed(cloud, "meetingAssistance", keyInformationEnabled=True)
    cloud.check.has(made, "keywords", what="the file")
    words = made["keywords"]
    cloud.check.that(len(words) > 0 and all(words), "keywords", words)
    cloud.check.equal(len(set(words)), len(words), "number of different keywords")
    cloud.check.that(not made.get("actions"), "no actions", made.get("actions"))


@case(
    "DS-RESULT-024",
    "things to do name sentences of the transcript",
    sends="createTask with a text that has something to do, actionsEnabled alone",
    expects="actions [{id, sentenceId, start, end, text}] of sentences that are there; no keywords",
    level=MUST,
    source=DS_GET("meetingAssistance: actions"),
    operations=ASSISTANCE,
    time_limit=WITH_RESULTS_S,
)
async def actions(cloud: Cloud) -> None:
    transcript, made = await analysed(cloud, "meetingAssistance", actionsEnabled=True)
    cloud.check.has(made, "actions", what="the file")
    found, known = made["actions"], sentences_of(transcript)
    cloud.check.that(len(found) > 0, "actions", found)
    for one in found:
        cloud.check.one_of(one["sentenceId"], known, "sentenceId")
        cloud.check.that(one["start"] <= one["end"], "a begin not after the end", one)
        cloud.check.that(bool(one["text"]), "a text", one)
    cloud.check.that(not made.get("keywords"), "no keywords", made.get("keywords"))


@case(
    "DS-RESULT-025",
    "a conversation is classified by shares",
    sends="createTask with text and keyInformationEnabled; the meetingAssistance file",
    expects="classifications: numbers from 0 to 1 for interview, lecture and meeting",
    level=MUST,
    source=DS_GET("meetingAssistance: classifications"),
    operations=ASSISTANCE,
    time_limit=WITH_RESULTS_S,
)
async def classes(cloud: Cloud) -> None:
    _, made = await analysed(cloud, "meetingAssistance", keyInformationEnabled=True)
    cloud.check.has(made, "classifications", what="the file")
    shares = made["classifications"]
    cloud.check.equal(sorted(shares), ["interview", "lecture", "meeting"], "classes")
    cloud.check.that(all(0 <= share <= 1 for share in shares.values()), "shares", shares)


@case(
    "DS-RESULT-026",
    "a prompt is answered with the transcript in it",
    sends="createTask with a prompt with {Transcription}; the customPrompt file",
    expects="a result without {Transcription}",
    level=INFO,
    source=ASSUMED("what a model makes of a prompt"),
    operations=("customPrompt file",),
    time_limit=WITH_RESULTS_S,
)
async def placeholder(cloud: Cloud) -> None:
    content = "请列出每个人说的话：{Transcription}"
    _, made = await analysed(
        cloud, "customPrompt", customPromptEnabled=True, customPromptContent=content
    )
    cloud.check.that("{Transcription}" not in made[0]["result"], "an answer", made[0]["result"])
