"""The events behind the callbacks of live tasks: what is heard in, JSON texts out."""

from __future__ import annotations

import json
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu import contract
from mock_tingwu.core.meeting import Sentence, Word
from mock_tingwu.core.recognizer import (
    Heard,
    Playlist,
    ScriptedRecognizer,
    SentenceBegan,
    SentenceChanged,
    SentenceEnded,
    Stash,
)
from mock_tingwu.core.script import Line
from mock_tingwu.core.scripts import library
from mock_tingwu.protocols.live_captions import Caption, Captions, Engine

ENGINE = Engine("a" * 32, "tl_2977564_1723433155645", "b" * 32)
LINE = Line(1, 1, ("大家", "好。"), "cn", {"en": "Hello everyone."})
WORDS = (Word("大家", 400, 820), Word("好。", 820, 1_000))
SENTENCE = Sentence(1, 400, 1_000, WORDS, 0, LINE)
NEXT = Line(2, 1, ("再见。",), "cn", {"en": "Goodbye."})


def make(interval: int = 0, *targets: str) -> Captions:
    numbers = count(1)
    return Captions(ENGINE, interval, targets, lambda: f"{next(numbers):032x}")


def changed(time: int, text: str = "大家") -> SentenceChanged:
    return SentenceChanged(0, 400, time, WORDS[:1], text, 0, LINE, 0)


def content(caption: Caption) -> Any:
    decoded = json.loads(caption.content)
    contract.check("live/content", decoded)
    assert decoded["header"]["name"] == caption.name
    return decoded


def names(captions: list[Caption]) -> list[str]:
    return [caption.name for caption in captions]


def test_the_header_names_the_engine() -> None:
    (caption,) = make().hear([SentenceBegan(0, 400)], 500)
    assert content(caption) == {
        "header": {
            "nls_task_id": "a" * 32,
            "task_key": "tl_2977564_1723433155645",
            "namespace": "SpeechTranscriber",
            "name": "SentenceBegin",
            "task_id": "b" * 32,
            "message_id": f"{1:032x}",
            "status_text": "Success.",
            "status": 20000000,
        },
        "payload": {"index": 0, "time": 400},
    }


def test_an_interim_result_has_the_members_of_the_documented_sample_in_its_order() -> None:
    (caption,) = make().hear([changed(820)], 900)
    assert json.dumps(content(caption)["payload"], ensure_ascii=False) == (
        '{"result": "大家", "confidence": 0.0, "words": [{"startTime": 400, "text": "大家", '
        '"endTime": 820}], "index": 0, "time": 820, "fixed_result": "", "unfixed_result": "", '
        '"status": 0}'
    )


def test_a_sentence_has_its_translations_behind_it() -> None:
    stash = Stash(1_000, 1_300, (Word("再见。", 1_000, 1_300),), "再见。", NEXT)
    ended, english, other = make(0, "en", "ja").hear([SentenceEnded(0, SENTENCE, stash)], 1_300)
    assert content(ended)["payload"]["result"] == "大家好。"
    assert content(ended)["payload"]["stash_result"]["text"] == "再见。"
    header, payload = content(english)["header"], content(english)["payload"]
    assert header["source_message_id"] == content(ended)["header"]["message_id"]
    assert payload == {
        "speaker_id": "0",
        "source_lang": "cn",
        "target_lang": "en",
        "translate_result": [
            {"text": "Hello everyone.", "index": 0, "beginTime": 400, "endTime": 1_000},
            {"text": "Goodbye.", "index": 1, "partial": True},
        ],
    }
    assert content(other)["payload"]["target_lang"] == "ja"


def test_whole_sentences_alone() -> None:
    captions = make(-1, "en")
    heard: list[Heard] = [SentenceBegan(0, 400), changed(820)]
    assert captions.hear(heard, 900) == []
    stash = Stash(1_000, 1_300, (Word("再见。", 1_000, 1_300),), "再见。", NEXT)
    sent = captions.hear([SentenceEnded(0, SENTENCE, stash)], 1_300)
    assert names(sent) == ["SentenceEnd", "ResultTranslated"]
    assert len(content(sent[1])["payload"]["translate_result"]) == 1


def test_between_two_reports_the_newest_waits_for_its_turn() -> None:
    captions = make(500)
    assert names(captions.hear([changed(100, "一")], 100)) == ["TranscriptionResultChanged"]
    assert captions.hear([changed(200, "二")], 200) == []
    assert captions.hear([changed(400, "三")], 400) == []
    assert captions.hear([], 599) == []
    (caption,) = captions.hear([], 600)
    assert content(caption)["payload"]["result"] == "三"
    assert captions.hear([], 5_000) == []


def test_what_waits_is_not_told_of_when_its_sentence_has_ended() -> None:
    captions = make(500)
    captions.hear([changed(100)], 100)
    captions.hear([changed(200)], 200)
    sent = captions.hear([SentenceEnded(0, SENTENCE, Stash(1_000, 1_000))], 1_000)
    assert names(sent) == ["SentenceEnd"]
    assert captions.hear([], 2_000) == []


@given(
    interval=st.integers(-1, 500),
    steps=st.lists(st.integers(1, 400), min_size=1, max_size=120),
    language=st.sampled_from(["cn", "en", "ja"]),
)
def test_whatever_is_heard_every_event_fits_the_contract_and_the_interval(
    interval: int, steps: list[int], language: str
) -> None:
    recognizer = ScriptedRecognizer(Playlist(library(language)), 16_000, speakers=1)
    captions = make(interval, "en")
    sent: list[Caption] = []
    for step in steps:
        heard = recognizer.imagine(step)
        sent += captions.hear(heard, recognizer.position)
    sent += captions.hear(recognizer.flush(), recognizer.position)
    told = [content(caption) for caption in sent]
    ends = [e["payload"]["index"] for e in told if e["header"]["name"] == "SentenceEnd"]
    assert ends == list(range(len(ends)))
    interim = [
        e["payload"]["time"] for e in told if e["header"]["name"] == "TranscriptionResultChanged"
    ]
    assert interval != -1 or not interim
    assert all(a <= b for a, b in pairwise(interim))


@pytest.mark.parametrize("interval", [0, 1, 500])
def test_no_sentence_is_lost_to_an_interval(interval: int) -> None:
    def sentences(interval: int) -> list[str]:
        recognizer = ScriptedRecognizer(Playlist(library("cn")), 16_000, speakers=1)
        captions = make(interval)
        sent = [
            caption
            for _ in range(300)
            for caption in captions.hear(recognizer.imagine(100), recognizer.position)
        ]
        return [content(c)["payload"]["result"] for c in sent if c.name == "SentenceEnd"]

    assert sentences(interval) == sentences(-1)
