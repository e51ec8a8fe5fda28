"""DashScope createTask: what each parameter may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.audio import wav
from mock_tingwu.conformance.catalogue import Run
from mock_tingwu.conformance.dashscope import TEXT
from mock_tingwu.conformance.sources import ASSUMED, DS_OFFLINE, DS_REALTIME
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

CREATE = ("createTask",)

MODELS = (
    "cn",
    "multilingual",
    "en",
    "yue",
    "ja",
    "ko",
    "fun-asr",
    "domain-education",
    "domain-automotive",
)
HINTS = ("cn", "en", "yue", "ja", "ko", "de", "fr", "ru")
TARGETS = ("cn", "en", "ja", "ko", "de", "fr", "ru")


async def taken(cloud: Cloud, parameters: Mapping[str, Any], what: str) -> None:
    """A task with these parameters begins."""
    answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, parameters)
    cloud.check.equal(answer.status, 200, f"HTTP status of {what}")


@case(
    "DS-CREATE-023",
    "every documented transcription.model is taken",
    sends="createTask with each transcription.model",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_OFFLINE("parameters.transcription.model"),
    operations=CREATE,
)
async def models(cloud: Cloud) -> None:
    for model in MODELS:
        await taken(cloud, {"transcription": {"model": model}}, f"model {model}")


@case(
    "DS-CREATE-024",
    "languages can be expected where many are recognised",
    sends="createTask with model multilingual and all eight languageHints",
    expects="HTTP 200",
    level=MUST,
    source=DS_OFFLINE("parameters.transcription.languageHints"),
    operations=CREATE,
)
async def hints(cloud: Cloud) -> None:
    transcription = {"model": "multilingual", "languageHints": list(HINTS)}
    await taken(cloud, {"transcription": transcription}, "languageHints")


@case(
    "DS-CREATE-025",
    "every documented translationTargetLang is taken",
    sends="createTask with each translationTargetLang: cn for English words, the rest for Chinese",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_OFFLINE("parameters.transcription.translationTargetLang"),
    operations=CREATE,
)
async def targets(cloud: Cloud) -> None:
    english = "Anna: When does it start?\nBen: On Friday, at ten."
    for language in TARGETS:
        model, text = ("en", english) if language == "cn" else ("cn", TEXT)
        transcription = {
            "model": model,
            "translationEnabled": True,
            "translationTargetLang": [language],
        }
        source = {"type": "offline", "text": text}
        answer = await cloud.dashscope.create(source, {"transcription": transcription})
        cloud.check.equal(answer.status, 200, f"HTTP status of the target {language}")


@case(
    "DS-CREATE-026",
    "what is spoken cannot be translated into itself",
    sends="createTask with model cn and translationTargetLang ['cn']",
    expects="a fault with an HTTP status of 4xx",
    level=MUST,
    source=DS_OFFLINE("parameters.transcription.translationTargetLang: createTask fails"),
    operations=CREATE,
    negative=True,
)
async def same_language(cloud: Cloud) -> None:
    transcription = {"model": "cn", "translationEnabled": True, "translationTargetLang": ["cn"]}
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, {"transcription": transcription})
    cloud.dashscope.refused(answer)


@case(
    "DS-CREATE-027",
    "the number of speakers may be unknown or two",
    sends="createTask with diarizationSpeakerCount 0, then 2",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_OFFLINE("parameters.transcription.diarizationSpeakerCount"),
    operations=CREATE,
)
async def speakers(cloud: Cloud) -> None:
    for count in (0, 2):
        transcription = {
            "model": "cn",
            "diarizationEnabled": True,
            "diarizationSpeakerCount": count,
        }
        await taken(cloud, {"transcription": transcription}, f"{count} speakers")


@case(
    "DS-CREATE-028",
    "the channels of a recording are mixed",
    sends="audioChannelMode mix for a recording with speech in its second channel alone",
    expects="a transcript with words",
    level=MUST,
    source=DS_OFFLINE("parameters.audio.audioChannelMode"),
    operations=("createTask", "getTask"),
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def mixed_channels(cloud: Cloud) -> None:
    pcm = cloud.speech
    both = b"".join(bytes(2) + pcm[at : at + 2] for at in range(0, len(pcm), 2))
    url = cloud.outside.file(wav(both, channels=2))
    parameters = {
        "transcription": {"model": "cn"},
        "audio": {"audioChannelMode": "mix"},
        "analysis": {"keyInformationEnabled": False},
    }
    output = await cloud.dashscope.wait(await cloud.dashscope.transcribe(url, parameters))
    made = await cloud.dashscope.file(output, "transcription")
    heard = made["paragraphs"]
    cloud.check.that(bool(heard), "what the second channel alone says", heard)


@case(
    "DS-CREATE-029",
    "every documented analysis.model is taken",
    sends="createTask with each analysis.model",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_OFFLINE("parameters.analysis.model"),
    operations=CREATE,
)
async def analysis_models(cloud: Cloud) -> None:
    for model in ("default", "tingwu-plus", "qwen-plus", "qwq"):
        analysis = {"model": model, "keyInformationEnabled": True}
        await taken(cloud, {"analysis": analysis}, f"analysis.model {model}")


@case(
    "DS-CREATE-030",
    "every documented customPromptModel and customPromptTransType is taken",
    sends="createTask with each customPromptModel and customPromptTransType",
    expects="HTTP 200 each time",
    level=MUST,
    source=DS_OFFLINE("parameters.analysis.customPromptModel, customPromptTransType"),
    operations=CREATE,
)
async def prompt_models(cloud: Cloud) -> None:
    pairs = (("tingwu-turbo", "default"), ("tingwu-plus", "chat"), ("qwen-max", "sentence-chat"))
    for model, form in pairs:
        analysis = {
            "customPromptEnabled": True,
            "customPromptModel": model,
            "customPromptTransType": form,
            "customPromptContent": "谁说了什么？{Transcription}",
        }
        await taken(cloud, {"analysis": analysis}, f"{model} with {form}")


@case(
    "DS-CREATE-031",
    "a prompt without the transcript is not answered",
    sends="createTask with customPromptEnabled and a content without {Transcription}",
    expects="a fault, or a task that is done without customPromptPath",
    level=INFO,
    source=ASSUMED("what becomes of a prompt without {Transcription}"),
    operations=CREATE,
    time_limit=WITH_RESULTS_S,
)
async def prompt_without_transcript(cloud: Cloud) -> None:
    analysis = {"customPromptEnabled": True, "customPromptContent": "说了什么？"}
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, {"analysis": analysis})
    if answer.status != 200:
        cloud.dashscope.refused(answer)
        return
    output = await cloud.dashscope.wait(answer.output["dataId"])
    cloud.check.that(not output.get("customPromptPath"), "no answer to the prompt", output)


def refused_value(
    number: int, group: str, name: str, value: Any, level: str, *, title: str = "", **beside: Any
) -> Run:
    """A case: the value of a parameter is none of those that its row of the table has."""

    @case(
        f"DS-CREATE-{number:03}",
        title or f"a value that the table of {group}.{name} does not have is refused",
        sends=f"createTask with {group}.{name} {value!r}",
        expects="HTTP 400 InvalidParameter",
        level=level,
        source=DS_OFFLINE(f"parameters.{group}.{name}"),
        operations=CREATE,
        negative=True,
    )
    async def refused(cloud: Cloud) -> None:
        parameters = {group: {name: value, **beside}}
        answer = await cloud.dashscope.create({"type": "offline", "text": TEXT}, parameters)
        cloud.dashscope.refused(answer, "InvalidParameter", status=400)

    return refused


refused_value(32, "transcription", "model", "klingon", MUST)
refused_value(33, "transcription", "languageHints", ["tlh"], SHOULD, model="multilingual")
refused_value(34, "transcription", "diarizationEnabled", "yes", SHOULD)
refused_value(35, "transcription", "diarizationSpeakerCount", -1, SHOULD)
refused_value(36, "transcription", "translationEnabled", "yes", SHOULD)
refused_value(
    37,
    "transcription",
    "translationTargetLang",
    ["en", "ja"],
    SHOULD,
    title="more than one translationTargetLang is refused",
    translationEnabled=True,
)
refused_value(38, "audio", "audioChannelMode", "each", SHOULD)
refused_value(39, "analysis", "model", "klingon", SHOULD)
refused_value(40, "analysis", "fullSummaryFormat", "html", SHOULD, fullSummaryEnabled=True)
refused_value(41, "analysis", "mindMapFormat", "tree", SHOULD, mindMapEnabled=True)
refused_value(42, "analysis", "autoChapterGranularity", "Fine", SHOULD, autoChaptersEnabled=True)
refused_value(
    43, "analysis", "autoChapterTitleLengthLevel", "Huge", SHOULD, autoChaptersEnabled=True
)
refused_value(44, "analysis", "customPromptModel", "klingon", SHOULD)
refused_value(45, "analysis", "customPromptTransType", "json", SHOULD)
refused_value(46, "analysis", "textPolishEnabled", "yes", SHOULD)


@case(
    "DS-CREATE-047",
    "a language that can be heard but is no target is refused",
    sends="createTask with translationTargetLang ['yue']",
    expects="HTTP 400 InvalidParameter",
    level=SHOULD,
    source=DS_OFFLINE("parameters.transcription.translationTargetLang"),
    operations=CREATE,
    negative=True,
)
async def target_that_is_none(cloud: Cloud) -> None:
    """Cantonese is heard, and nothing is translated into it."""
    transcription = {"model": "cn", "translationEnabled": True, "translationTargetLang": ["yue"]}
    source = {"type": "offline", "text": TEXT}
    answer = await cloud.dashscope.create(source, {"transcription": transcription})
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)


@case(
    "DS-CREATE-048",
    "the model fun-asr is for recordings, not for meetings",
    sends="createTask type=realtime with transcription.model fun-asr",
    expects="HTTP 400 InvalidParameter",
    level=MUST,
    source=DS_REALTIME("parameters.transcription.model"),
    operations=CREATE,
    negative=True,
)
async def fun_asr_is_offline(cloud: Cloud) -> None:
    parameters = {"transcription": {"model": "fun-asr"}}
    answer = await cloud.dashscope.create(cloud.dashscope.meeting(), parameters)
    cloud.dashscope.refused(answer, "InvalidParameter", status=400)
