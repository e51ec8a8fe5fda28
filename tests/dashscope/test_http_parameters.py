"""The parameters of createTask: what each may hold, and what it does (dashscope-tingwu 2 and 3)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.words import guess_language
from tests.conftest import RECORDING
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import (
    AUDIO,
    Json,
    asked,
    begin,
    create,
    done,
    end,
    error,
    finished,
    get,
    notes,
    paths,
    result,
    said,
    tasks,
    why,
)
from tests.media_samples import interleave, write_wav

REFUSED = (400, "InvalidParameter", "Invalid parameter. Please refer to the official documents.")


@pytest.fixture
def mock(reused: MockTingwu) -> MockTingwu:
    return reused


# What each may hold

FLAGS = (
    "keyInformationEnabled",
    "actionsEnabled",
    "fullSummaryEnabled",
    "conversationalEnabled",
    "questionsAnsweringEnabled",
    "mindMapEnabled",
    "pptExtractionEnabled",
    "autoChaptersEnabled",
    "textPolishEnabled",
    "customPromptEnabled",
)
#: Each member of the parameters: its group, its name, what is taken and what is not.
VALUES: list[tuple[str, str, list[Any], list[Any]]] = [
    (
        "transcription",
        "model",
        ["cn", "multilingual", "en", "yue", "ja", "ko", "fun-asr"],
        ["", "zh", "CN", "auto", "tingwu-plus", 5, ["cn"], {}],
    ),
    ("transcription", "model", ["domain-education", "domain-automotive"], ["domain-medicine"]),
    (
        "transcription",
        "languageHints",
        [[], ["cn"], ["cn", "en", "yue", "ja", "ko", "de", "fr", "ru"]],
        ["cn", ["zh"], [""], [5], {}],
    ),
    ("transcription", "diarizationEnabled", [True, False], ["true", 1, 0, []]),
    ("transcription", "diarizationSpeakerCount", [0, 2, 3], [-1, "2", 1.5, True, [2]]),
    ("transcription", "translationEnabled", [True, False], ["false", 0]),
    (
        "transcription",
        "translationTargetLang",
        [[], ["cn"], ["en"], ["ja"], ["ko"], ["de"], ["fr"], ["ru"]],
        ["en", ["en", "ja"], ["yue"], ["es"], [None], [5]],
    ),
    ("audio", "audioChannelMode", ["", "mix"], ["each", "MIX", 1, True]),
    (
        "analysis",
        "model",
        ["default", "tingwu-plus", "qwen-plus", "qwq"],
        ["", "tingwu-turbo", "qwen-max", 5],
    ),
    *(("analysis", flag, [True, False], ["true", 1, {}]) for flag in FLAGS),
    ("analysis", "fullSummaryFormat", ["default", "markdown"], ["", "html", True]),
    ("analysis", "mindMapFormat", ["timestamp", "plain"], ["", "Plain", 5]),
    (
        "analysis",
        "autoChapterGranularity",
        ["Coarse", "General", "Meticulous"],
        ["coarse", "", "Fine"],
    ),
    ("analysis", "autoChapterTitleLengthLevel", ["Short", "Normal", "Long"], ["short", "", 5]),
    (
        "analysis",
        "customPromptModel",
        ["tingwu-turbo", "tingwu-plus", "qwen-max"],
        ["", "qwen-plus", "default"],
    ),
    ("analysis", "customPromptTransType", ["default", "chat", "sentence-chat"], ["", "json", 5]),
    ("analysis", "customPromptContent", ["", "{Transcription}", "谁？"], [5, ["x"], {}, True]),
]


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [(group, name, value) for group, name, taken, _ in VALUES for value in [*taken, None]],
)
def test_a_documented_value_is_taken(mock: MockTingwu, group: str, name: str, value: Any) -> None:
    data_id = create(mock, {group: {name: value}})
    mock.advance(1_000)
    assert get(mock, data_id)["status"] == 0


@pytest.mark.parametrize("kind", ["offline", "realtime"])
@pytest.mark.parametrize(
    ("group", "name", "value"),
    [(group, name, value) for group, name, _, refused in VALUES for value in refused],
)
def test_any_other_value_is_refused_and_the_journal_names_the_parameter(
    mock: MockTingwu, group: str, name: str, value: Any, kind: str
) -> None:
    answer = asked(mock, {group: {name: value}}, **(AUDIO if kind == "realtime" else {}))
    assert error(answer) == REFUSED
    assert f"/parameters/{group}/{name}" in why(mock, answer)
    assert tasks(mock) == []


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ([], "/parameters"),
        ("x", "/parameters"),
        (5, "/parameters"),
        ({"transcription": []}, "/parameters/transcription"),
        ({"audio": "mix"}, "/parameters/audio"),
        ({"analysis": True}, "/parameters/analysis"),
    ],
)
def test_parameters_and_their_groups_are_objects(
    mock: MockTingwu, parameters: Any, place: str
) -> None:
    answer = asked(mock, parameters)
    assert error(answer) == REFUSED
    assert f"refused at {place}:" in why(mock, answer)


def test_parameters_that_nobody_knows_are_ignored(mock: MockTingwu) -> None:
    unknown = {"colour": "red", "transcription": {"model": "cn", "phraseId": "x", "other": [1]}}
    assert paths(done(mock, unknown)) == {"transcriptionPath"}


@pytest.mark.parametrize("parameters", [None, {}])
def test_without_parameters_a_task_is_what_the_mock_says(
    mock: MockTingwu, parameters: Json | None
) -> None:
    output = done(mock, parameters)
    usual = {"transcriptionPath", "autoChaptersPath", "summarizationPath", "meetingAssistancePath"}
    assert paths(output) == usual
    assert len(result(output, "summarizationPath")) == 4


# The input


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("type", ["offline"], [None, "", "Offline", "stream", 5]),
        ("fileUrl", ["x"], [None, "", 5, ["x"]]),
        ("phraseId", ["", "x", None], [5, ["x"], {}]),
    ],
)
def test_the_input_of_a_recording(
    mock: MockTingwu, name: str, taken: list[Any], refused: list[Any]
) -> None:
    for value in taken:
        assert asked(mock, **{name: value}).status_code == 200
    for value in refused:
        answer = asked(mock, **{name: value})
        assert error(answer) == REFUSED
        assert name in why(mock, answer)


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("format", ["pcm", "opus", "aac", "speex", "mp3"], ["wav", "PCM", "", None, 5]),
        ("sampleRate", [8_000, 16_000], [44_100, "16000", 0, None, True]),
        ("phraseId", ["", "x"], [5]),
    ],
)
def test_the_input_of_a_meeting(
    mock: MockTingwu, name: str, taken: list[Any], refused: list[Any]
) -> None:
    for value in taken:
        answer = asked(mock, **(AUDIO | {name: value}))
        assert answer.json()["output"]["status"] == 3
    for value in refused:
        answer = asked(mock, **(AUDIO | {name: value, "fileUrl": None}))
        assert error(answer) == REFUSED
        assert name in why(mock, answer)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ({"fileUrl": None}, "/input/fileUrl"),
        ({"fileUrl": ""}, "/input/fileUrl"),
        ({"fileUrl": "", "text": "", "dataId": ""}, "/input/fileUrl"),
        ({"fileUrl": "u", "text": "A: t"}, "/input/text"),
        ({"fileUrl": "u", "dataId": "fgVnGvkqj5xA"}, "/input/dataId"),
        ({"text": "A: t", "dataId": "fgVnGvkqj5xA"}, "/input/dataId"),
    ],
)
def test_a_task_has_one_source(mock: MockTingwu, source: Json, place: str) -> None:
    answer = asked(mock, **source)
    assert error(answer) == REFUSED
    assert f"refused at {place}:" in why(mock, answer)


def test_empty_sources_do_not_count(mock: MockTingwu) -> None:
    for source in ({"fileUrl": "u", "text": "", "dataId": ""}, {"fileUrl": "", "text": "A: t"}):
        assert asked(mock, **source).status_code == 200


def test_streams_are_not_heard_by_fun_asr(mock: MockTingwu) -> None:
    answer = asked(mock, {"transcription": {"model": "fun-asr"}}, **AUDIO)
    assert error(answer) == REFUSED
    assert "/parameters/transcription/model" in why(mock, answer)


# What they do: transcription


def transcribed(mock: MockTingwu, url: str | None = None, **transcription: Any) -> Json:
    source = {} if url is None else {"fileUrl": url}
    return done(mock, {"transcription": transcription}, **source)


@pytest.mark.parametrize(
    ("model", "language"),
    [
        ("cn", "cn"),
        ("en", "en"),
        ("yue", "yue"),
        ("ja", "ja"),
        ("ko", "ko"),
        ("multilingual", "multilingual"),
        ("fun-asr", "cn"),
        ("domain-education", "cn"),
        ("domain-automotive", "cn"),
    ],
)
def test_the_model_decides_the_language(mock: MockTingwu, model: str, language: str) -> None:
    output = transcribed(mock, model=model)
    assert result(output, "transcriptionPath")["audioInfo"]["language"] == language
    letters = {"yue": "cn"}.get(language, language)
    if language != "multilingual":
        assert guess_language("".join(said(output))) == letters


def test_hints_narrow_what_is_heard_of_multilingual_speech_alone(mock: MockTingwu) -> None:
    narrowed = said(transcribed(mock, model="multilingual", languageHints=["en"]))
    assert all(text.isascii() for text in narrowed)
    wide = said(transcribed(mock, model="multilingual"))
    assert not all(text.isascii() for text in wide)
    assert said(transcribed(mock, model="cn", languageHints=["en"])) == said(transcribed(mock))


@pytest.mark.parametrize(
    ("transcription", "speakers"),
    [
        ({}, {None}),
        ({"diarizationEnabled": False, "diarizationSpeakerCount": 2}, {None}),
        ({"diarizationEnabled": True}, {"1", "2", "3"}),
        ({"diarizationEnabled": True, "diarizationSpeakerCount": 0}, {"1", "2", "3"}),
        ({"diarizationEnabled": True, "diarizationSpeakerCount": 2}, {"1", "2"}),
    ],
)
def test_speakers_are_told_apart_if_asked_for(
    mock: MockTingwu, transcription: Json, speakers: set[str | None]
) -> None:
    lines = [{"speaker": name, "text": f"我是{name}。"} for name in ("甲", "乙", "丙")]
    mock.script({"language": "cn", "sentences": lines}, app_key="tw_app")
    paragraphs = result(transcribed(mock, **transcription), "transcriptionPath")["paragraphs"]
    assert {paragraph.get("speakerId") for paragraph in paragraphs} == speakers


def test_a_translation_needs_both_the_switch_and_a_language(mock: MockTingwu) -> None:
    halves: list[Json] = [
        {"translationEnabled": True},
        {"translationEnabled": True, "translationTargetLang": []},
        {"translationEnabled": False, "translationTargetLang": ["en"]},
        {"translationTargetLang": ["en"]},
    ]
    for transcription in halves:
        assert paths(transcribed(mock, **transcription)) == {"transcriptionPath"}


@pytest.mark.parametrize("target", ["en", "ja", "ko", "de", "fr", "ru"])
def test_sentences_are_translated_into_the_language_asked_for(
    mock: MockTingwu, target: str
) -> None:
    output = transcribed(mock, translationEnabled=True, translationTargetLang=[target])
    translated = result(output, "translationsPath")["paragraphs"]
    texts = [s["text"] for paragraph in translated for s in paragraph["sentences"]]
    assert len(texts) == len(said(output))
    letters = {"ja": "[ぁ-ヺ]", "ko": "[가-힣]", "ru": "[а-я]"}.get(target, "[a-z]")
    assert sum(bool(re.search(letters, text)) for text in texts) > len(texts) * 0.9
    assert not any(re.search("[一-鿿]", text) for text in texts if target != "ja")


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (None, "cn"),
        ("cn", "cn"),
        ("en", "en"),
        ("ja", "ja"),
        ("ko", "ko"),
        ("domain-education", "cn"),
        ("domain-automotive", "cn"),
        ("fun-asr", "cn"),
    ],
)
def test_what_is_spoken_cannot_be_translated_into_itself(
    mock: MockTingwu, model: str | None, target: str
) -> None:
    wanted = {"model": model, "translationEnabled": True, "translationTargetLang": [target]}
    answer = asked(mock, {"transcription": wanted})
    assert error(answer) == REFUSED
    assert "translationTargetLang" in why(mock, answer)
    assert asked(mock, {"transcription": wanted | {"translationEnabled": False}}).is_success


def test_a_text_is_translated_from_its_own_language(mock: MockTingwu) -> None:
    wanted = {"model": "cn", "translationEnabled": True, "translationTargetLang": ["en"]}
    text = "Ann: Good morning."
    assert error(asked(mock, {"transcription": wanted}, text=text)) == REFUSED
    wanted["translationTargetLang"] = ["cn"]
    output = done(mock, {"transcription": wanted}, text=text)
    assert len(result(output, "translationsPath")["paragraphs"]) == 1


# What they do: audio


def test_the_channels_of_a_telephone_recording_are_its_speakers(
    mock: MockTingwu, tmp_path: Path
) -> None:
    url = mock.host_file(stereo(tmp_path, 8_000))
    assert heard(mock, url, {"audioChannelMode": ""}) == ["1", "2", "1", "2"]


def test_other_recordings_are_heard_on_their_first_channel_or_mixed(
    mock: MockTingwu, tmp_path: Path
) -> None:
    url = mock.host_file(stereo(tmp_path, 16_000))
    assert [len(heard(mock, url, audio)) for audio in ({}, {"audioChannelMode": ""})] == [2, 2]
    assert len(heard(mock, url, {"audioChannelMode": "mix"})) == 4


def stereo(folder: Path, rate: int) -> Path:
    """A recording in which the channels take turns, twice."""
    turn, gap = speech(2_500, rate), silence(1_500, rate)
    other = silence(2_500, rate)
    left, right = (turn + gap + other + gap) * 2, (other + gap + turn + gap) * 2
    return write_wav(folder / "stereo.wav", interleave(left, right), rate, channels=2)


def heard(mock: MockTingwu, url: str, audio: Json) -> list[str]:
    """Who spoke, sentence by sentence."""
    transcription = {"diarizationEnabled": True}
    output = done(mock, {"transcription": transcription, "audio": audio}, fileUrl=url)
    found = result(output, "transcriptionPath")["paragraphs"]
    return list({w["sentenceId"]: p["speakerId"] for p in found for w in p["words"]}.values())


# What they do: analysis


@pytest.mark.parametrize(
    ("flag", "path", "parts"),
    [
        ("keyInformationEnabled", "meetingAssistancePath", {"keywords"}),
        ("actionsEnabled", "meetingAssistancePath", {"actions"}),
        ("fullSummaryEnabled", "summarizationPath", {"paragraphSummary"}),
        ("conversationalEnabled", "summarizationPath", {"conversationalSummary"}),
        ("questionsAnsweringEnabled", "summarizationPath", {"questionsAnsweringSummary"}),
        ("mindMapEnabled", "summarizationPath", {"mindMapSummary"}),
        ("pptExtractionEnabled", "pptExtractionPath", {"availableForSummary", "keyFrameList"}),
        ("autoChaptersEnabled", "autoChaptersPath", None),
        ("textPolishEnabled", "textPolishPath", None),
        ("customPromptEnabled", "customPromptPath", None),
    ],
)
def test_every_switch_makes_its_part_and_no_other(
    mock: MockTingwu, flag: str, path: str, parts: set[str] | None
) -> None:
    content = {"customPromptContent": "{Transcription}"}
    output = done(mock, {"analysis": {flag: True, **content}})
    assert paths(output) == {"transcriptionPath", path}
    made = result(output, path)
    assert made
    # Nothing asks for the classes, they come with either half.
    found = set(made) - {"classifications"} if isinstance(made, dict) else None
    assert found == parts
    others = {name: True for name in FLAGS if name != flag} | {flag: False}
    output = done(mock, {"analysis": {**others, **content}})
    if path in ("meetingAssistancePath", "summarizationPath"):
        assert parts is not None
        assert not parts & set(result(output, path))
    else:
        assert path not in output


def test_finer_chapters_are_more(mock: MockTingwu) -> None:
    def count(granularity: str) -> int:
        analysis = {"autoChaptersEnabled": True, "autoChapterGranularity": granularity}
        return len(result(done(mock, {"analysis": analysis}), "autoChaptersPath"))

    counts = [count(granularity) for granularity in ("Coarse", "General", "Meticulous")]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_longer_titles_are_longer(mock: MockTingwu) -> None:
    def length(level: str) -> int:
        analysis = {"autoChaptersEnabled": True, "autoChapterTitleLengthLevel": level}
        chapters = result(done(mock, {"analysis": analysis}), "autoChaptersPath")
        return sum(len(chapter["headline"]) for chapter in chapters)

    short, normal, long = (length(level) for level in ("Short", "Normal", "Long"))
    assert short <= normal <= long
    assert short < long


def test_a_summary_in_markdown_has_marks_in_its_lead(mock: MockTingwu) -> None:
    def summary(written: str) -> str:
        analysis = {"fullSummaryEnabled": True, "fullSummaryFormat": written}
        made = result(done(mock, {"analysis": analysis}), "summarizationPath")
        return str(made["paragraphSummary"])

    plain, marked = summary("default"), summary("markdown")
    assert plain != marked
    assert [text.count("@#") for text in (plain, marked)] == [1, 1]


def test_a_prompt_quotes_what_was_said_about_it(mock: MockTingwu) -> None:
    lines = ["我们今天说说预算。", "午饭吃什么？", "预算是两百万。"]
    mock.script({"language": "cn", "sentences": lines}, app_key="tw_app")
    prompt = {"customPromptEnabled": True, "customPromptContent": "预算是多少？{Transcription}"}
    (answer,) = result(done(mock, {"analysis": prompt}), "customPromptPath")
    assert "预算是两百万。" in answer["result"]


@pytest.mark.parametrize("content", [None, "", "谁说了什么？", "{transcription}"])
def test_a_prompt_without_a_place_for_the_transcript_has_no_effect(
    mock: MockTingwu, content: str | None
) -> None:
    analysis = {"customPromptEnabled": True, "customPromptContent": content}
    data_id = create(mock, {"analysis": analysis})
    assert paths(finished(mock, data_id)) == {"transcriptionPath"}
    expected = "customPromptContent has no {Transcription}: nothing is asked"
    assert expected in notes(mock, data_id)


# What they do: hot words


def phrases(mock: MockTingwu, *words: str) -> str:
    """The id of a new list of hot words; Tingwu's calls make them."""
    weights = "{" + ", ".join(f'"{word}": 3' for word in words) + "}"
    body = {"Name": "n", "WordWeights": weights}
    answer = httpx.post(f"{mock.url}/openapi/tingwu/v2/resources/phrases", json=body)
    return str(answer.json()["Data"]["PhraseId"])


def test_hot_words_of_a_list_are_heard(mock: MockTingwu) -> None:
    phrase_id = phrases(mock, "听悟", "百炼")
    parameters = {"transcription": {"model": "cn"}}
    data_id = create(mock, parameters, phraseId=phrase_id)
    text = "".join(said(finished(mock, data_id)))
    assert "听悟" in text
    assert "百炼" in text
    assert not [note for note in notes(mock, data_id) if "phraseId" in note]


def test_a_client_may_name_its_list_with_the_transcription(mock: MockTingwu) -> None:
    phrase_id = phrases(mock, "听悟")
    output = done(mock, {"transcription": {"model": "cn", "phraseId": phrase_id}})
    assert "听悟" in "".join(said(output))


@pytest.mark.parametrize("kind", ["offline", "realtime"])
def test_a_list_that_nobody_has_made_here_adds_nothing_and_is_noted(
    mock: MockTingwu, kind: str
) -> None:
    make = create if kind == "offline" else begin
    for phrase_id, count in (("", 0), ("from-the-console", 1)):
        data_id = make(mock, phraseId=phrase_id)
        if kind == "realtime":
            end(mock, data_id)
        assert finished(mock, data_id)["status"] == 0
        found = [note for note in notes(mock, data_id) if "phraseId" in note]
        assert len(found) == count
        assert all("'from-the-console'" in note for note in found)


def test_a_real_recording_is_heard_with_all_of_that(mock: MockTingwu) -> None:
    url = mock.host_file(RECORDING)
    output = done(mock, fileUrl=url)
    assert len(said(output)) > 5
    assert "playbackUrl" in output
