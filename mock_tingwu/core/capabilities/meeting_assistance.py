"""MeetingAssistance: keywords, key sentences, to-dos and the kind of meeting (tingwu-openapi 4)."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final
from zlib import crc32

from mock_tingwu.core.capabilities._heard import Passage, retold, spread
from mock_tingwu.core.meeting import Meeting, Sentence
from mock_tingwu.core.options import Options

#: Limits of the feature (tingwu-openapi 4); that of key sentences is assumed.
MOST_KEYWORDS: Final = 20
MOST_ACTIONS: Final = 6
MOST_KEY_SENTENCES: Final = 20

SCENES: Final = ("interview", "lecture", "meeting")


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """The parts that ``options.meeting_assistance`` names; the classification comes with either.

    A meeting without a word has nothing to classify: ``classifications`` is then left out.
    """
    told = retold(meeting)
    result: dict[str, Any] = {}
    if "KeyInformation" in options.meeting_assistance:
        most = max(0, min(options.max_keywords, MOST_KEYWORDS))
        keywords = dict.fromkeys(word for passage in told for word in passage.keywords())
        result["keywords"] = list(keywords)[:most]
        result["key_sentences"] = _key_sentences(told)
    if "Actions" in options.meeting_assistance:
        result["actions"] = _actions(told)
    if told:
        result["classifications"] = _classify(told)
    return result


def _key_sentences(told: list[Passage]) -> list[dict[str, Any]]:
    found = [
        sentence
        for passage in told
        for line in passage.script.lines
        if line.key and line.number in passage.heard
        for sentence in passage.spoken[line.number]
    ]
    found.sort(key=lambda sentence: sentence.id)
    chosen = spread(found, MOST_KEY_SENTENCES)
    return [_entry(number, s, s.text) for number, s in enumerate(chosen, 1)]


def _actions(told: list[Passage]) -> list[dict[str, Any]]:
    found = [
        (passage.spoken[action.line][-1], action.text)
        for passage in told
        for action in passage.actions()
    ]
    chosen = spread(sorted(found, key=lambda pair: pair[0].id), MOST_ACTIONS)
    return [_entry(number, s, text) for number, (s, text) in enumerate(chosen, 1)]


def _entry(number: int, sentence: Sentence, text: str) -> dict[str, Any]:
    return {
        "id": number,
        "sentence_id": sentence.id,
        "start": sentence.begin,
        "end": sentence.end,
        "text": text,
    }


def _classify(told: list[Passage]) -> dict[str, float]:
    """Likelihoods that add up to one, the scene with the most lines first.

    They are counted in 128ths because their sum must be exactly one in floating point.
    """
    lines: Counter[str] = Counter()
    for passage in told:
        lines[passage.script.scene] += len(passage.spoken)
    scene = max(lines, key=lambda name: lines[name])
    digest = crc32(told[0].script.id.encode())
    likeliest = 88 + digest % 24
    second = (128 - likeliest) * (1 + digest // 24 % 4) // 5
    first, last = (name for name in SCENES if name != scene)
    weights = {scene: likeliest, first: second, last: 128 - likeliest - second}
    return {name: weights[name] / 128 for name in SCENES}
