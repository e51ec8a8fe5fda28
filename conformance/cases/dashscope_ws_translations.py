"""DashScope's WebSocket: translations of what a meeting's stream hears."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance import MUST, SHOULD, Cloud, case
from mock_tingwu.conformance.checks import EVENTS
from mock_tingwu.conformance.sources import DS_WEBSOCKET
from mock_tingwu.conformance.streams import AgentSession, Event

PLAIN = {"transcription": {"model": "cn"}, "analysis": {"keyInformationEnabled": False}}
ENGLISH = {
    "transcription": {
        "model": "cn",
        "translationEnabled": True,
        "translationTargetLang": ["en"],
    },
    "analysis": {"keyInformationEnabled": False},
}
RESULT = ("recognize-result",)


async def heard(cloud: Cloud, parameters: Any = ENGLISH) -> AgentSession:
    """A session that has heard a little of a meeting, from run-task to speech-end."""
    data_id = await cloud.dashscope.start(parameters)
    async with cloud.infer() as session:
        await session.hear(data_id, cloud.speech)
    cloud.check.that(bool(session.sentences), "sentences", session.names, facet=EVENTS)
    return session


def translations(session: AgentSession) -> list[dict[str, Any]]:
    """The items of all translations into English, in their order."""
    found = [event.output.get("translations") for event in session.named("recognize-result")]
    return [item for one in found if one for item in one["en"]["translateResult"]]


@case(
    "DS-WS-017",
    "sentences are translated",
    sends="a meeting with translationTargetLang ['en']: run-task, speech, finish-task",
    expects="translations.en with sourceLang cn, targetLang en and translateResult",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: translations"),
    operations=RESULT,
)
async def translated(cloud: Cloud) -> None:
    session = await heard(cloud)
    found = [
        event.output["translations"]
        for event in session.named("recognize-result")
        if "translations" in event.output
    ]
    cloud.check.that(bool(found), "translations", session.names, facet=EVENTS)
    for one in found:
        cloud.check.equal(list(one), ["en"], "languages", facet=EVENTS)
        languages = (one["en"].get("sourceLang"), one["en"].get("targetLang"))
        cloud.check.equal(languages, ("cn", "en"), "sourceLang and targetLang", facet=EVENTS)
        for item in one["en"]["translateResult"]:
            cloud.check.has(item, "sentenceId", "text", what="a translation", facet=EVENTS)


@case(
    "DS-WS-018",
    "one message has a transcription or translations, never both",
    sends="a meeting with translationTargetLang ['en']: run-task, speech, finish-task",
    expects="just one of them in every recognize-result",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: one of the two"),
    operations=RESULT,
)
async def never_both(cloud: Cloud) -> None:
    session = await heard(cloud)
    for event in session.named("recognize-result"):
        both = [name for name in ("transcription", "translations") if name in event.output]
        cloud.check.equal(len(both), 1, f"number of {' and '.join(both)}", facet=EVENTS)


@case(
    "DS-WS-019",
    "the translation of a sentence has its times",
    sends="a meeting with translationTargetLang ['en']: run-task, speech, finish-task",
    expects="for each sentence an item with beginTime and endTime, and without partial",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: translateResult"),
    operations=RESULT,
)
async def translation_times(cloud: Cloud) -> None:
    session = await heard(cloud)
    timed = [item for item in translations(session) if "endTime" in item]
    sentences = [one["sentenceId"] for one in session.sentences]
    found = [item["sentenceId"] for item in timed]
    cloud.check.equal(found, sentences, "translated sentences", facet=EVENTS)
    for item in timed:
        times = (item["beginTime"], item["endTime"])
        cloud.check.that(times[0] <= times[1], "a begin before the end", item, facet=EVENTS)
        cloud.check.that(not item.get("partial"), "a whole sentence", item, facet=EVENTS)


@case(
    "DS-WS-020",
    "a translation comes after what it translates",
    sends="a meeting with translationTargetLang ['en']: run-task, speech, finish-task",
    expects="no translation of a sentence before its beginning, none of the whole before its end",
    level=SHOULD,
    source=DS_WEBSOCKET("recognize-result: its examples"),
    operations=RESULT,
)
async def translation_after(cloud: Cloud) -> None:
    session = await heard(cloud)
    begun: set[int] = set()
    ended: set[int] = set()
    for event in session.named("recognize-result"):
        if (one := event.output.get("transcription")) is not None:
            begun.add(one["sentenceId"])
            if one.get("sentenceEnd") is True:
                ended.add(one["sentenceId"])
        else:
            _check_known(cloud, event, begun, ended)


def _check_known(cloud: Cloud, event: Event, begun: set[int], ended: set[int]) -> None:
    for item in event.output["translations"]["en"]["translateResult"]:
        if item.get("partial"):
            continue
        known = ended if "endTime" in item else begun
        cloud.check.one_of(item["sentenceId"], known, "sentenceId", facet=EVENTS)


@case(
    "DS-WS-021",
    "without translation there is none",
    sends="a meeting without translationEnabled: run-task, speech, finish-task",
    expects="no translations",
    level=MUST,
    source=DS_WEBSOCKET("recognize-result: translations"),
    operations=RESULT,
)
async def no_translation(cloud: Cloud) -> None:
    session = await heard(cloud, PLAIN)
    found = [e for e in session.named("recognize-result") if "translations" in e.output]
    cloud.check.equal(len(found), 0, "number of translations", facet=EVENTS)
