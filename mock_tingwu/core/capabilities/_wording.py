"""The few words of our own that results need, in the languages of meetings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """``speaker``, ``about``, ``mentioned`` are templates for `str.format`."""

    speaker: str
    about: str
    overview: str
    points: str
    remarks: str
    mentioned: str
    unmentioned: str


_CHINESE: Final = Wording(
    speaker="发言人{}",
    about="{}：《{}》",
    overview="概要",
    points="要点",
    remarks="相关发言",
    mentioned="第 {} 句提到：{}",
    unmentioned="对话中没有提到。",
)
_WORDINGS: Final = {
    "en": Wording(
        speaker="Speaker {}",
        about="{}: {}",
        overview="Overview",
        points="Points",
        remarks="Relevant remarks",
        mentioned="Sentence {} says: {}",
        unmentioned="Nobody mentions it.",
    ),
    "ja": Wording(
        speaker="話者{}",
        about="{}：「{}」",
        overview="概要",
        points="要点",
        remarks="関連する発言",
        mentioned="{}番目の文で触れています：{}",
        unmentioned="会話の中では触れられていません。",
    ),
    "ko": Wording(
        speaker="화자 {}",
        about="{}: {}",
        overview="개요",
        points="요점",
        remarks="관련 발언",
        mentioned="{}번째 문장에서 언급됩니다: {}",
        unmentioned="대화에서 언급되지 않았습니다.",
    ),
}


def wording(language: str) -> Wording:
    """The words for ``language``. Cantonese and mixed meetings have results in Chinese."""
    return _WORDINGS.get(language, _CHINESE)


def speaker_name(language: str, speaker: int) -> str:
    """How results call speaker number ``speaker`` (from 0) (dashscope-tingwu 4.1)."""
    return wording(language).speaker.format(speaker + 1)
