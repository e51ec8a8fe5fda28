"""Realtime meetings over the wire: what is heard, levels, languages, results."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.fillers import without_fillers
from mock_tingwu.core.options import SUMMARY_TYPES
from mock_tingwu.core.scripts import library, load_script
from tests.conftest import SCRIPT
from tests.core.test_segmentation import silence, speech, tone
from tests.realtime.helpers import Json, create, info, pusher, results, status, stop, until

EVERYTHING: Json = {
    "Transcription": {
        "OutputLevel": 2,
        "DiarizationEnabled": True,
        "Diarization": {"SpeakerCount": 2},
    },
    "TranslationEnabled": True,
    "Translation": {"TargetLanguages": ["en", "ja"], "OutputLevel": 2},
    "AutoChaptersEnabled": True,
    "MeetingAssistanceEnabled": True,
    "SummarizationEnabled": True,
    "TextPolishEnabled": True,
    "CustomPromptEnabled": True,
    "CustomPrompt": {"Contents": [{"Name": "memo", "Prompt": "Sum up: {Transcription}"}]},
    "ServiceInspectionEnabled": True,
    "ServiceInspection": {
        "SceneIntroduction": "weekly meeting",
        "InspectionIntroduction": "did they greet",
        "InspectionContents": [{"Title": "greeting", "Content": "says hello"}],
    },
    "ContentExtractionEnabled": True,
    "ContentExtraction": {
        "SceneIntroduction": "weekly meeting",
        "ExtractionContents": [{"Title": "date", "Content": "when is the demo"}],
    },
    "IdentityRecognitionEnabled": True,
    "IdentityRecognition": {
        "SceneIntroduction": "weekly meeting",
        "IdentityContents": [{"Name": "产品经理", "Description": "leads"}],
    },
    "Transcoding": {"TargetAudioFormat": "mp3", "SpectrumEnabled": True},
}
DEMO = load_script(SCRIPT)


def hold(mock: MockTingwu, audio: bytes, parameters: Json | None = None, **source: Any) -> Any:
    """A whole meeting; returns the task's Data and the pusher with its events."""
    task = create(mock, parameters, **source)
    with pusher(task) as connection:
        connection.start()
        connection.push(audio)
        connection.stop()
    stop(mock, task["TaskId"])
    return task, connection


def test_the_captions_are_what_one_hears(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="demo")
    _, connection = hold(mock, recording, TaskKey="demo")
    assert connection.sentences() == [line.text for line in DEMO.lines]
    indices = [event["payload"]["index"] for event in connection.named("SentenceBegin")]
    assert indices == list(range(len(DEMO.lines)))


def test_levels_decide_what_is_sent(mock: MockTingwu, recording: bytes) -> None:
    plain = hold(mock, recording)[1]
    assert {e["header"]["name"] for e in plain.events} == {
        "TranscriptionStarted",
        "SentenceBegin",
        "SentenceEnd",
        "TranscriptionCompleted",
    }
    full = hold(mock, recording, EVERYTHING)[1]
    assert len(full.named("TranscriptionResultChanged")) > 30
    assert {e["payload"]["target_lang"] for e in full.named("ResultTranslated")} == {"en", "ja"}


def test_every_translation_points_at_the_event_it_translates(
    mock: MockTingwu, recording: bytes
) -> None:
    connection = hold(mock, recording, EVERYTHING)[1]
    sources = {
        event["header"]["message_id"]: event
        for event in connection.events
        if event["header"]["name"] in ("SentenceEnd", "TranscriptionResultChanged")
    }
    for event in connection.named("ResultTranslated"):
        source = sources[event["header"]["source_message_id"]]
        item = event["payload"]["translate_result"][0]
        assert item["index"] == source["payload"]["index"]
        final = source["header"]["name"] == "SentenceEnd"
        assert ("endTime" in item) is final


def test_everything_that_can_be_asked_for_is_made(mock: MockTingwu, recording: bytes) -> None:
    mock.script(SCRIPT, task_key="demo")
    task, _ = hold(mock, recording, EVERYTHING, TaskKey="demo")
    made = results(mock, task["TaskId"])
    assert set(made) == {
        "Transcription",
        "Translation",
        "AutoChapters",
        "MeetingAssistance",
        "Summarization",
        "TextPolish",
        "CustomPrompt",
        "ServiceInspection",
        "ContentExtraction",
        "IdentityRecognition",
    }
    said = [
        "".join(word["Text"] for word in words)
        for _, words in itertools.groupby(
            (w for p in made["Transcription"]["Paragraphs"] for w in p["Words"]),
            key=lambda word: word["SentenceId"],
        )
    ]
    assert said == [line.text for line in DEMO.lines]
    assert {p["SpeakerId"] for p in made["Transcription"]["Paragraphs"]} == {"1", "2"}
    assert [chapter["Headline"] for chapter in made["AutoChapters"]] == [
        chapter.headline for chapter in DEMO.chapters
    ]
    assert len(made["MeetingAssistance"]["Actions"]) == 2
    assert len(made["Summarization"]["QuestionsAnsweringSummary"]) == 1
    for link in ("OutputMp3Path", "OutputSpectrumPath"):
        answer = httpx.get(info(mock, task["TaskId"])[link])
        assert answer.status_code == 200
        assert len(answer.content) > 100


def test_the_mp3_is_what_was_pushed(mock: MockTingwu, recording: bytes) -> None:
    av = pytest.importorskip("av")
    task, _ = hold(mock, recording, {"Transcoding": {"TargetAudioFormat": "mp3"}})
    until(lambda: status(mock, task["TaskId"]) == "COMPLETED", "COMPLETED")
    import io

    content = httpx.get(info(mock, task["TaskId"])["OutputMp3Path"]).content
    with av.open(io.BytesIO(content)) as container:
        assert container.streams.audio[0].bit_rate == 128_000
        assert abs(container.duration / 1_000 - len(recording) / 32) < 200


def test_media_files_stay_in_the_users_folder_until_a_reset(
    start_mock: Callable[..., MockTingwu], recording: bytes, tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path)
    task, _ = hold(mock, recording[:320_000], {"Transcoding": {"SpectrumEnabled": True}})
    mock.close()
    again = start_mock(data_dir=tmp_path)
    hold(again, recording[:160_000], {"Transcoding": {"SpectrumEnabled": True}})
    files = sorted(tmp_path.glob("*/*/audio.spectrum"))
    assert len(files) == 2, "a later start overwrites nothing"
    assert len({file.parent.parent for file in files}) == 1
    assert task["TaskId"] in {file.parent.name for file in files}
    assert all(file.stat().st_size > 100 for file in files)
    again.reset()
    assert [*tmp_path.glob("*/*")] == []


@pytest.mark.parametrize("types", [["Paragraph"], ["MindMap"], list(SUMMARY_TYPES)])
def test_only_the_summaries_asked_for_are_made(
    mock: MockTingwu, recording: bytes, types: list[str]
) -> None:
    keys = {
        "Paragraph": {"ParagraphTitle", "ParagraphSummary"},
        "Conversational": {"ConversationalSummary"},
        "QuestionsAnswering": {"QuestionsAnsweringSummary"},
        "MindMap": {"MindMapSummary"},
    }
    parameters = {"SummarizationEnabled": True, "Summarization": {"Types": types}}
    mock.script(SCRIPT, task_key="demo")
    task, _ = hold(mock, recording, parameters, TaskKey="demo")
    made = results(mock, task["TaskId"])["Summarization"]
    assert set(made) == set.union(*(keys[kind] for kind in types))


@pytest.mark.parametrize(
    "audio", [b"", silence(5_000), tone(13_000)], ids=["nothing", "silence", "tone"]
)
def test_a_meeting_without_speech_completes_with_empty_results(
    mock: MockTingwu, audio: bytes
) -> None:
    task, connection = hold(mock, audio, EVERYTHING)
    assert {event["header"]["name"] for event in connection.events} == {
        "TranscriptionStarted",
        "TranscriptionCompleted",
    }
    made = results(mock, task["TaskId"])
    assert made["Transcription"]["Paragraphs"] == []
    assert made["AutoChapters"] == []
    assert made["Summarization"] == {}


@pytest.mark.parametrize("language", ["cn", "en", "yue", "ja", "ko", "multilingual", "fspk"])
def test_every_language_says_lines_of_its_own_scripts(mock: MockTingwu, language: str) -> None:
    audio = b"".join(speech(5_500) + silence(1_200) for _ in range(6))
    parameters = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["en", "de"]}}
    _, connection = hold(mock, audio, parameters, SourceLanguage=language)
    scripts = library("multilingual" if language == "fspk" else language)
    # Filler words are dropped unless DisfluencyEnabled is false.
    known = {line.text for script in scripts for line in without_fillers(script).lines}
    assert len(connection.sentences()) >= 6
    whole = [text for text in connection.sentences() if text in known]
    assert len(whole) >= 3
    texts = [
        event["payload"]["translate_result"][0]["text"]
        for event in connection.named("ResultTranslated")
    ]
    assert len(texts) == 2 * len(connection.sentences())
    assert all(text and not text.startswith("[") for text in texts)


def test_language_hints_keep_other_languages_out(mock: MockTingwu) -> None:
    audio = b"".join(speech(3_000) + silence(1_200) for _ in range(20))
    hints = ["cn", "en"]
    parameters = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["ja"]}}
    _, connection = hold(
        mock, audio, parameters, SourceLanguage="multilingual", LanguageHints=hints
    )
    spoken = {event["payload"]["source_lang"] for event in connection.named("ResultTranslated")}
    assert spoken == set(hints)


def test_realtime_diarization_counts_speakers_from_zero_everywhere(
    mock: MockTingwu, recording: bytes
) -> None:
    mock.script(SCRIPT, task_key="demo")
    parameters = {"Transcription": {"RealtimeDiarizationEnabled": True}}
    task, connection = hold(mock, recording, parameters, TaskKey="demo")
    live = [event["payload"]["speaker_id"] for event in connection.named("SentenceEnd")]
    assert live == [str(line.speaker) for line in DEMO.lines]
    made = results(mock, task["TaskId"])["Transcription"]
    assert {paragraph["SpeakerId"] for paragraph in made["Paragraphs"]} == {"0", "1"}


def test_without_diarization_nobody_is_named(mock: MockTingwu, recording: bytes) -> None:
    task, _ = hold(mock, recording)
    made = results(mock, task["TaskId"])["Transcription"]
    assert all("SpeakerId" not in paragraph for paragraph in made["Paragraphs"])


def test_the_same_seed_gives_the_same_bytes(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    def run(seed: int) -> tuple[Any, list[Json], dict[str, bytes]]:
        mock = start_mock(seed=seed)
        task, connection = hold(mock, recording, EVERYTHING)
        results(mock, task["TaskId"])
        links = info(mock, task["TaskId"])["Result"]
        files = {kind: httpx.get(link).content for kind, link in links.items()}
        return task["TaskId"], connection.events, files

    first, again, other = run(5), run(5), run(6)
    assert first == again
    assert other[0] != first[0]
    assert other[2] != first[2]


def test_results_appear_one_by_one_while_ongoing(
    start_mock: Callable[..., MockTingwu], recording: bytes
) -> None:
    mock = start_mock(clock="virtual", result_interval_ms=1_000)
    task, _ = hold(mock, recording, {"AutoChaptersEnabled": True, "TextPolishEnabled": True})
    seen: list[tuple[str, list[str]]] = []
    for _ in range(4):
        data = info(mock, task["TaskId"])
        seen.append((data["TaskStatus"], list(data.get("Result", {}))))
        mock.advance(1_000)
    assert seen == [
        ("ONGOING", []),
        ("ONGOING", ["Transcription"]),
        ("ONGOING", ["Transcription", "AutoChapters"]),
        ("COMPLETED", ["Transcription", "AutoChapters", "TextPolish"]),
    ]


def test_recognition_alone_is_complete_when_stop_answers(
    mock: MockTingwu, recording: bytes
) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:320_000])
        connection.stop()
    assert stop(mock, task["TaskId"]) == "COMPLETED"
    assert list(info(mock, task["TaskId"])["Result"]) == ["Transcription"]


def test_a_burst_right_behind_start_is_heard_to_its_end(mock: MockTingwu, recording: bytes) -> None:
    task = create(mock)
    with pusher(task) as connection:
        connection.command("StartTranscription")
        connection.push(recording * 3)
        connection.expect("TranscriptionStarted")
        connection.stop()
    audio = next(entry for entry in mock.journal if entry["kind"] == "audio")
    assert audio["position"] == len(recording) * 3 // 32


@pytest.mark.parametrize("hint", ["cn", "en", "yue", "ja", "ko", "de", "fr", "ru"])
def test_a_single_hint_is_obeyed_to_the_end_of_every_script(mock: MockTingwu, hint: str) -> None:
    audio = b"".join(speech(3_000) + silence(1_200) for _ in range(40))
    target = "en" if hint != "en" else "cn"
    parameters = {"TranslationEnabled": True, "Translation": {"TargetLanguages": [target]}}
    _, connection = hold(
        mock, audio, parameters, SourceLanguage="multilingual", LanguageHints=[hint]
    )
    spoken = {event["payload"]["source_lang"] for event in connection.named("ResultTranslated")}
    assert spoken == {hint}


def test_audio_without_speech_is_worth_a_word_in_the_journal(mock: MockTingwu) -> None:
    hold(mock, tone(4_000))
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any(note.startswith("4000 ms of audio and no speech in it") for note in notes)


def test_files_are_open_only_while_a_task_is_pushed_to(mock: MockTingwu) -> None:
    descriptors = Path("/dev/fd")
    parameters = {"Transcoding": {"TargetAudioFormat": "mp3"}}
    before = len(list(descriptors.iterdir()))
    tasks = [create(mock, parameters) for _ in range(30)]
    assert len(list(descriptors.iterdir())) - before < 15
    assert stop(mock, tasks[0]["TaskId"]) == "ONGOING"
    until(lambda: status(mock, tasks[0]["TaskId"]) == "COMPLETED", "COMPLETED")
    assert "OutputMp3Path" in info(mock, tasks[0]["TaskId"])


def test_no_event_outgrows_what_the_sdks_can_read(mock: MockTingwu) -> None:
    line = " ".join(f"word{number}" for number in range(1_500))
    mock.script({"language": "en", "sentences": [line]}, task_key="long")
    parameters = {
        "Transcription": {"OutputLevel": 2},
        "TranslationEnabled": True,
        "Translation": {"TargetLanguages": ["cn"], "OutputLevel": 2},
    }
    sizes: list[int] = []
    mock.tap(lambda entry: sizes.append(len(entry.get("message", b""))))
    hold(mock, speech(200_000), parameters, TaskKey="long", SourceLanguage="en")
    assert 1_000 < max(sizes) < 65_536


def test_a_media_folder_that_has_gone_stops_neither_task_nor_mock(
    start_mock: Callable[..., MockTingwu], recording: bytes, tmp_path: Path
) -> None:
    mock = start_mock(data_dir=tmp_path / "data")
    task = create(mock, {"Transcoding": {"SpectrumEnabled": True}})
    with pusher(task) as connection:
        connection.start()
        connection.push(recording[:64_000])
        connection.stop()
        shutil.rmtree(tmp_path / "data")
        assert stop(mock, task["TaskId"]) == "COMPLETED"
    assert "OutputSpectrumPath" not in info(mock, task["TaskId"])
    notes = [entry["text"] for entry in mock.journal if entry["kind"] == "note"]
    assert any("audio.spectrum cannot be written" in note for note in notes)
    mock.reset()


def test_parts_of_a_line_have_translations_that_join_to_the_whole(mock: MockTingwu) -> None:
    audio = b"".join(speech(700) + silence(1_000) for _ in range(40))
    parameters = {"TranslationEnabled": True, "Translation": {"TargetLanguages": ["ja", "en"]}}
    _, connection = hold(mock, audio, parameters)
    texts = [
        event["payload"]["translate_result"][0]["text"]
        for event in connection.named("ResultTranslated")
        if event["payload"]["target_lang"] == "ja"
    ]
    assert len(texts) == len(connection.sentences()) >= 40
    assert all(texts)
    whole = "".join(line.translations["ja"] for s in library("cn") for line in s.lines)
    assert "".join(texts[:10]) in whole * 2 or "".join(texts[1:10]) in whole * 2
