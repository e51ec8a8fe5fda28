"""The few words of our own that results need, in the languages of meetings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wording:
    """``speaker``, ``about``, ``mentioned``, ``silent``, ``concerned`` are for `str.format`.

    ``unmentioned`` says that nobody speaks of a thing, ``silent`` that those of an identity do not,
    ``absent`` stands where something said of it would. The last three are of customers.
    """

    speaker: str
    about: str
    overview: str
    points: str
    remarks: str
    mentioned: str
    unmentioned: str
    silent: str
    absent: str
    concerned: str
    unconcerned: str
    untried: str


_CHINESE: Final = Wording(
    speaker="发言人{}",
    about="{}：《{}》",
    overview="概要",
    points="要点",
    remarks="相关发言",
    mentioned="第 {} 句提到：{}",
    unmentioned="对话中没有提到。",
    silent="{}没有提到。",
    absent="未提及",
    concerned="客户关注：{}。",
    unconcerned="客户没有提到任何关注点。",
    untried="客户没有提到试驾。",
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
        silent="Not mentioned by: {}.",
        absent="Not mentioned",
        concerned="The customer cares about: {}.",
        unconcerned="The customer mentions none of the concerns.",
        untried="The customer does not mention a test drive.",
    ),
    "ja": Wording(
        speaker="話者{}",
        about="{}：「{}」",
        overview="概要",
        points="要点",
        remarks="関連する発言",
        mentioned="{}番目の文で触れています：{}",
        unmentioned="会話の中では触れられていません。",
        silent="{}は触れていません。",
        absent="言及なし",
        concerned="お客様の関心事：{}。",
        unconcerned="お客様はどの関心事にも触れていません。",
        untried="お客様は試乗に触れていません。",
    ),
    "ko": Wording(
        speaker="화자 {}",
        about="{}: {}",
        overview="개요",
        points="요점",
        remarks="관련 발언",
        mentioned="{}번째 문장에서 언급됩니다: {}",
        unmentioned="대화에서 언급되지 않았습니다.",
        silent="언급하지 않은 사람: {}.",
        absent="언급 없음",
        concerned="고객의 관심사: {}.",
        unconcerned="고객이 관심사를 언급하지 않았습니다.",
        untried="고객이 시승을 언급하지 않았습니다.",
    ),
}


def wording(language: str) -> Wording:
    """The words for ``language``. Cantonese and mixed meetings have results in Chinese."""
    return _WORDINGS.get(language, _CHINESE)


def speaker_name(language: str, speaker: int) -> str:
    """How results call speaker number ``speaker`` (from 0) (dashscope-tingwu 4.1)."""
    return wording(language).speaker.format(speaker + 1)
