"""What stands outside of the target: odd files, and callbacks that are refused."""

from __future__ import annotations

import httpx
import pytest

from mock_tingwu.conformance import audio
from mock_tingwu.conformance.outside import Outside
from mock_tingwu.conformance.transcript import Transcript


def test_a_file_may_say_a_length_that_is_not_its_own() -> None:
    with Outside() as outside:
        url = outside.file(b"abc", length=5)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url, trust_env=False)
        empty = httpx.get(outside.file(b"", length=0), trust_env=False)
        assert (empty.status_code, empty.content) == (200, b"")


def test_callbacks_about_one_thing_get_answers_of_their_own() -> None:
    with Outside() as outside:
        outside.project.answers_about["one"] = [500, 503]
        told = [
            httpx.post(outside.project.url, json={"Key": key}, trust_env=False).status_code
            for key in ("one", "other", "one", "one")
        ]
    assert told == [500, 200, 503, 503]
    assert [arrived.body["Key"] for arrived in outside.project.arrived] == [
        "one",
        "other",
        "one",
        "one",
    ]


def test_audio_is_as_long_at_every_rate() -> None:
    pcm = audio.meeting()[:32_000]
    assert [len(audio.at_rate(pcm, rate)) for rate in (8_000, 16_000, 48_000)] == [
        16_000,
        32_000,
        96_000,
    ]
    assert audio.at_rate(pcm, audio.RATE) == pcm
    assert len(audio.tone(2)) == 2 * 2 * audio.RATE


def test_a_transcript_knows_its_sentences_paragraphs_and_speakers() -> None:
    def word(sentence: int, start: int, text: str) -> dict[str, object]:
        return {"SentenceId": sentence, "Start": start, "End": start + 5, "Text": text}

    paragraphs = [
        {"ParagraphId": "p", "SpeakerId": "1", "Words": [word(1, 0, "a"), word(1, 5, "b.")]},
        {"ParagraphId": "q", "Words": [word(2, 10, "c.")]},
    ]
    transcript = Transcript.of({"Paragraphs": paragraphs})
    first = transcript.sentences[1]
    assert (first.begin, first.end, first.text, first.paragraph) == (0, 10, "ab.", "p")
    assert transcript.paragraphs == {"p": [1], "q": [2]}
    assert transcript.speakers == {"1"}
    assert transcript.text == "ab.c."
    assert transcript.unknown([1, 2, 3]) == [3]
