"""Headings for what was said: short, and about something rather than a greeting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mock_tingwu.core.words import bare, shorten

#: Clauses that greet, thank, agree or pause and say nothing else.
_COURTESY: Final = re.compile(
    # Chinese and Cantonese
    r".{0,6}([你您]好|(早上|上午|中午|下午|晚上)好|大家好|各位好)[啊呀]?([你您]好)?|早晨?|早安|嗨|喂"
    r"|(热烈)?(欢迎|歡迎)(光临|光臨|大家|各位|你|您)?.{0,8}"
    r"|(非常)?(感谢|谢谢|多谢|感謝|謝謝|多謝|唔該)(大家|各位|你|您)?.{0,8}"
    r"|(各位|大家)?(辛苦|久等)了?|不好意思|唔好意思|打扰了|再见|再見|拜拜"
    r"|[好行嗯呃对對係哎喂]{1,4}的?[啊吧呀啦]?|好嘅|同意|明白|知道了?|没问题|可以|当然|是的|不是|没有"
    r"|那[个個]|就是|嗰[个個]|即[系係]|誒|对了|还有|另外|那么|其实|首先|然后|所以"
    r"|吓|哈哈|家人们|朋友们|各位|大家"
    # Japanese
    r"|あの|ええ?と|えーと|えっと|うーんと"
    r"|.{0,6}(おはようございます|こんにちは|こんばんは|はじめまして|いらっしゃいませ)"
    r"|.{0,14}(ありがとうございま(す|した)|ございません|お待たせしました)"
    r"|.{0,6}(お疲れ様|お疲れさま)(です|でした)?|(どうぞ)?(よろしく)?お願い(いた)?します"
    r"|皆さん|みなさん|皆様|もしもし|はい|いいえ|ええ|うん|そうですね|なるほど|分かりました"
    r"|わかりました|いいですね|では|それでは|じゃあ|まず|ただ|だったら|ちなみに|で"
    # Korean
    r"|.{0,12}(안녕하세요|안녕하십니까|반갑습니다|반가워요|감사합니다|고맙습니다|고마워요)"
    r"|음|어|그|뭐|저기|여러분|여보세요|어서 오세요|수고하셨습니다|네|아"
    r"|아니요|예|자|좋아요|알겠습니다|그럼|아이고"
    # English
    r"|(and |so |but )?(um|uh|er|erm|hmm|like|you know|i mean)|(oh |well |and |so )?(hi|hello"
    r"|hey|welcome|thanks|thank you)\b[^,;]{0,32}"
    r"|(a very )?good (morning|afternoon|evening|day)( [^,;]{0,20})?"
    r"|(okay|ok|all right|alright|right|well|so|now|yes|yeah|no|sure|good|great|perfect|fine"
    r"|agreed|honestly|basically|absolutely|exactly|first|then|and|also|by the way|that's fine"
    r"|fair enough|everyone|everybody|folks|guys|team|please|sorry|excuse me|of course|no problem"
    r"|no problem at all|goodbye|bye|one moment|just a second)"
    # German, French, Russian
    r"|(guten (tag|morgen|abend)|hallo|willkommen|danke|vielen dank)\b[^,;]{0,24}|ja|nein|gut"
    r"|also|(bonjour|bonsoir|salut|bienvenue|merci)\b[^,;]{0,24}|oui|non|d'accord|alors|bon"
    r"|(всем )?(здравствуйте|привет|доброе утро|добрый день|добрый вечер|спасибо).{0,20}"
    r"|да|нет|хорошо|так|секунду",
    re.IGNORECASE,
)
#: Where a clause ends: behind the mark. A comma in a number ends none.
_CLAUSE: Final = re.compile(
    r"(?<=[，。！？；：])|(?<=[,.!?;:])(?<!Mr.)(?<!Mrs.)(?<!Ms.)(?<!Dr.) +|(?<=、)"
)

#: Where a headline speaks of a second thing.
SECOND: Final = re.compile(r"[，,、:：;；]|以?及|[与與和]| and ")

#: Shorter remarks are headings only for want of longer ones: characters of any letters, of ASCII.
_SHORTEST: Final = (3, 8)


#: The heading of greetings and thanks alone, by language; Chinese in others.
_COURTESIES: Final = {"en": "Courtesies", "ja": "挨拶", "ko": "인사"}


def courtesies(language: str) -> str:
    """The heading of talk that has no other, in ``language``."""
    return _COURTESIES.get(language, "寒暄")


def _clauses(text: str) -> list[str]:
    return [clause for clause in _CLAUSE.split(text) if bare(clause)]


def is_courtesy(text: str) -> bool:
    """Whether ``text`` greets, thanks, agrees or pauses, and says nothing else."""
    return all(_COURTESY.fullmatch(bare(clause)) for clause in _clauses(text))


def heading(texts: Iterable[str], longest: int) -> str:
    """What the sentences ``texts`` are about, in their own words; empty if they only greet.

    The first of them that says something, less the courtesy at its beginning; what is longer than
    ``longest`` characters ends behind a clause. An ellipsis is put only where no clause is short
    enough.
    """
    said = list(filter(None, map(_without_courtesy, texts)))
    for text in said:
        if fitting := _beginning(text, longest):
            return fitting
    for text in said:
        for clause in _clauses(text)[1:]:
            if _is_telling(clause) and len(bare(clause)) <= longest:
                return _titled(bare(clause))
    return _titled(shorten(bare(said[0]) or said[0], longest)) if said else ""


def _without_courtesy(text: str) -> str:
    clauses = _clauses(text)
    while clauses and (
        _COURTESY.fullmatch(bare(clauses[0])) or (len(clauses) > 1 and _is_short(clauses[0]))
    ):
        del clauses[0]
    if not clauses:
        return ""
    return text[text.index(clauses[0]) :]


def _beginning(text: str, longest: int) -> str:
    """As many clauses of ``text`` as fit into ``longest`` characters, if they tell something."""
    for end in reversed(list(_ends(text))):
        if len(bare(text[:end])) <= longest and _is_telling(text[:end]):
            return _titled(bare(text[:end]))
    return ""


def _ends(text: str) -> Iterator[int]:
    """Behind which clauses a heading may end: behind none that pauses."""
    start = 0
    for end in (*(match.start() for match in _CLAUSE.finditer(text)), len(text)):
        if not is_courtesy(text[start:end]):
            yield end
        start = end


def _is_telling(text: str) -> bool:
    return not _is_short(text) and not is_courtesy(text)


def _is_short(text: str) -> bool:
    said = bare(text)
    return len(said) < _SHORTEST[said.isascii()]


def _titled(text: str) -> str:
    return text[:1].upper() + text[1:]
