"""Mutants whose Transcription file is not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, answers, mutant, patched, with_value
from mock_tingwu.core.options import Options
from mock_tingwu.services import tingwu_request


def file(kind: str, change: Callable[[Any], Any]) -> AbstractContextManager[None]:
    """What stands in the files of a kind is something else."""

    def changed(status: int, body: Body) -> tuple[int, Body]:
        if kind in body:
            body[kind] = change(body[kind])
        return status, body

    return answers("download", changed)


def options(change: Callable[[Body, Options], Options]) -> AbstractContextManager[None]:
    """Parameters are understood otherwise; the change gets them, and what they mean."""
    read = tingwu_request.options

    def otherwise(parameters: Body, **named: Any) -> Options:
        return change(parameters, read(parameters, **named))

    return patched(tingwu_request, "options", otherwise)


def _words(change: Callable[[Body], None]) -> AbstractContextManager[None]:
    def changed(transcription: Body) -> Body:
        for paragraph in transcription["Paragraphs"]:
            for word in paragraph["Words"]:
                change(word)
        return transcription

    return file("Transcription", changed)


def _paragraphs(change: Callable[[int, Body], None]) -> AbstractContextManager[None]:
    def changed(transcription: Body) -> Body:
        for number, paragraph in enumerate(transcription["Paragraphs"], 1):
            change(number, paragraph)
        return transcription

    return file("Transcription", changed)


@mutant(
    "files have no wrapper, as those of DashScope",
    area="TW-RESULT",
    caught_by=["TW-RESULT-001", "TW-RESULT-009"],
)
def files_without_wrapper() -> AbstractContextManager[None]:
    return answers("download", lambda status, body: (status, body.get("Transcription", body)))


@mutant(
    "files name another task",
    area="TW-RESULT",
    caught_by=["TW-RESULT-001", "TW-RESULT-055"],
)
def files_of_another_task() -> AbstractContextManager[None]:
    return answers("download", with_value("0" * 32, "TaskId"))


@mutant("times of words are strings", area="TW-RESULT", caught_by=["TW-RESULT-002"])
def times_are_strings() -> AbstractContextManager[None]:
    return _words(lambda word: word.update(Start=str(word["Start"]), End=str(word["End"])))


@mutant("paragraphs are numbered", area="TW-RESULT", caught_by=["TW-RESULT-003"])
def paragraphs_are_numbered() -> AbstractContextManager[None]:
    return _paragraphs(lambda number, one: one.update(ParagraphId=str(number)))


@mutant("times of words count samples", area="TW-RESULT", caught_by=["TW-RESULT-004"])
def times_count_samples() -> AbstractContextManager[None]:
    return _words(lambda word: word.update(Start=16 * word["Start"], End=16 * word["End"]))


@mutant("a word lasts until the next but one begins", area="TW-RESULT", caught_by=["TW-RESULT-004"])
def words_overlap() -> AbstractContextManager[None]:
    return _words(lambda word: word.update(End=word["End"] + 400))


@mutant("sentences count anew in each paragraph", area="TW-RESULT", caught_by=["TW-RESULT-005"])
def sentences_count_anew() -> AbstractContextManager[None]:
    def change(number: int, paragraph: Body) -> None:
        first = paragraph["Words"][0]["SentenceId"]
        for word in paragraph["Words"]:
            word["SentenceId"] += 1 - first

    return _paragraphs(change)


@mutant("words are numbered one by one", area="TW-RESULT", caught_by=["TW-RESULT-006"])
def words_one_by_one() -> AbstractContextManager[None]:
    return _words(lambda word: word.update(Id=word["Id"] // 10))


@mutant("words come without punctuation", area="TW-RESULT", caught_by=["TW-RESULT-007"])
def no_punctuation() -> AbstractContextManager[None]:
    return _words(lambda word: word.update(Text=word["Text"].strip("，。？！、 ") or "嗯"))


def _audio_info(change: Callable[[Body], None]) -> AbstractContextManager[None]:
    def changed(transcription: Body) -> Body:
        change(transcription["AudioInfo"])
        return transcription

    return file("Transcription", changed)


@mutant("AudioInfo never has a Size", area="TW-RESULT", caught_by=["TW-RESULT-008"])
def no_size() -> AbstractContextManager[None]:
    return _audio_info(lambda about: about.pop("Size", None))


@mutant("Duration is in seconds", area="TW-RESULT", caught_by=["TW-RESULT-004", "TW-RESULT-008"])
def duration_in_seconds() -> AbstractContextManager[None]:
    return _audio_info(lambda about: about.update(Duration=about["Duration"] // 1000))


@mutant("AudioInfo of a stream is that of a file", area="TW-RESULT", caught_by=["TW-RESULT-009"])
def audio_info_of_all() -> AbstractContextManager[None]:
    def change(about: Body) -> None:
        for name, value in (("Size", 256_000), ("SampleRate", 16_000), ("Language", "cn")):
            about.setdefault(name, value)

    return _audio_info(change)


@mutant("a segment is a begin and a length", area="TW-RESULT", caught_by=["TW-RESULT-010"])
def segments_have_lengths() -> AbstractContextManager[None]:
    def change(transcription: Body) -> Body:
        pairs = transcription["AudioSegments"]
        return {**transcription, "AudioSegments": [[begin, end - begin] for begin, end in pairs]}

    return file("Transcription", change)


@mutant("segments come a second too early", area="TW-RESULT", caught_by=["TW-RESULT-011"])
def segments_too_early() -> AbstractContextManager[None]:
    def change(transcription: Body) -> Body:
        pairs = transcription["AudioSegments"]
        early = [[begin // 2, end // 2] for begin, end in pairs]
        return {**transcription, "AudioSegments": early}

    return file("Transcription", change)


@mutant("every paragraph is another speaker's", area="TW-RESULT", caught_by=["TW-RESULT-012"])
def too_many_speakers() -> AbstractContextManager[None]:
    return _paragraphs(lambda number, one: one.update(SpeakerId=str(number)))


@mutant("SpeakerCount 0 is no diarization", area="TW-RESULT", caught_by=["TW-RESULT-013"])
def zero_is_none() -> AbstractContextManager[None]:
    def change(parameters: Body, usual: Options) -> Options:
        count = parameters.get("Transcription", {}).get("Diarization", {}).get("SpeakerCount")
        return replace(usual, diarization=usual.diarization and count != 0)

    return options(change)


@mutant("speakers of a recording count from 0", area="TW-RESULT", caught_by=["TW-RESULT-014"])
def speakers_from_zero() -> AbstractContextManager[None]:
    def change(number: int, paragraph: Body) -> None:
        if "SpeakerId" in paragraph:
            paragraph["SpeakerId"] = str(int(paragraph["SpeakerId"]) - 1)

    return _paragraphs(change)


@mutant("whoever speaks is a speaker", area="TW-RESULT", caught_by=["TW-RESULT-015"])
def always_speakers() -> AbstractContextManager[None]:
    return _paragraphs(lambda number, one: one.setdefault("SpeakerId", "1"))


@mutant("a transcript lacks its last sentence", area="TW-RESULT", caught_by=["TW-RESULT-016"])
def last_sentence_is_lost() -> AbstractContextManager[None]:
    def change(transcription: Body) -> Body:
        transcription["Paragraphs"] = transcription["Paragraphs"][:-1]
        return transcription

    return file("Transcription", change)


@mutant(
    "there is always something to tell",
    area="TW-RESULT",
    caught_by=["TW-RESULT-056"],
)
def silence_is_told() -> AbstractContextManager[None]:
    def change(transcription: Body) -> Body:
        if not transcription["Paragraphs"]:
            word = {"Id": 10, "SentenceId": 1, "Start": 0, "End": 500, "Text": "嗯。"}
            one = {"ParagraphId": "1698742210027512345", "Words": [word]}
            transcription["Paragraphs"] = [one]
        return transcription

    return file("Transcription", change)
