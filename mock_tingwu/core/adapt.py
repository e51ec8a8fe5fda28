"""What the options of a task do to the script that it hears: hot words, filler words, swear words.

All functions take a script and return one; scripts are shared and stay as they are. The rule:

- A meeting of the library is said so that the options show: hot words occur in it, and it has
  filler words if and only if the request sends DisfluencyEnabled false. It has no swear words.
- A script that somebody registered is heard word for word. Only DisfluencyEnabled true drops its
  filler words and ProfanityFilterEnabled true masks its swear words, when they are sent: the cloud
  has both on by default (tingwu-openapi 1.1), but a test should read what it wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

from msgspec.structs import replace

from mock_tingwu.core.annotate import asks
from mock_tingwu.core.fillers import with_fillers, without_fillers
from mock_tingwu.core.options import Options
from mock_tingwu.core.script import TARGET_LANGUAGES, UNSPACED, Line, Script, joiner
from mock_tingwu.core.words import guess_language, tokenize, with_punctuation

#: Hot words in a line, at most, and in the keywords of a meeting.
_WORDS_PER_LINE: Final = 4
_KEYWORDS: Final = 8


def adapted(
    script: Script,
    options: Options,
    words: Sequence[str],
    *,
    registered: bool,
    hints: Sequence[str] = (),
) -> Script:
    """``script`` as a task with ``options`` and the hot ``words``, heaviest first, hears it.

    ``registered``: it was registered by a user, see above for what that means. ``hints`` are the
    languages that alone are heard of a multilingual meeting; without any, all are. The same
    arguments give the same object.
    """
    if registered:
        fluent = options.disfluency is True
        decent = options.profanity_filter is True
        return _registered(script, fluent, decent) if fluent or decent else script
    return _built_in(script, tuple(words), options.disfluency is False, tuple(hints))


@lru_cache(maxsize=256)
def _registered(script: Script, fluent: bool, decent: bool) -> Script:
    script = without_fillers(script) if fluent else script
    return without_profanity(script) if decent else script


@lru_cache(maxsize=256)
def _built_in(
    script: Script, words: tuple[str, ...], fillers: bool, hints: tuple[str, ...]
) -> Script:
    script = with_phrases(script, words, hints)
    return with_fillers(script) if fillers else without_fillers(script)


# Hot words

#: Lines about hot words, by language: the first opens the meeting, the others follow in turn. They
#: stand in the same order everywhere, being each other's translations. "/" cuts words.
_PHRASES: Final = {
    "cn": (
        "{}，/今天/从/这里/说起。",
        "{}/方面，/上周/有/新/消息。",
        "关于/{}，/我/已经/记/下来/了。",
        "{}/的/事，/下次/再/定。",
    ),
    "yue": (
        "{}，/今日/由/呢度/講起。",
        "{}/方面，/上星期/有/新/消息。",
        "關於/{}，/我/已經/記低/咗。",
        "{}/嘅/事，/下次/先/決定。",
    ),
    "ja": (
        "{}、/今日/は/ここ/から/始め/ます。",
        "{}/に/ついて/は、/先週/から/新しい/知らせ/が/あり/ます。",
        "{}/に/ついて/は、/もう/書き留め/まし/た。",
        "{}/の/こと/は、/次回/に/決め/ましょう。",
    ),
    "ko": (
        "{}, 오늘은 여기서부터 시작하겠습니다.",
        "{} 쪽은 지난주에 새 소식이 있었습니다.",
        "{} 관련 내용은 이미 적어 두었습니다.",
        "{} 문제는 다음에 정하겠습니다.",
    ),
    "en": (
        "{}, that is where we start today.",
        "On {}, there has been news since last week.",
        "On {}, I have everything written down.",
        "On {}, we decide next time.",
    ),
    "de": (
        "{}, damit fangen wir heute an.",
        "Zu {} gibt es seit letzter Woche Neues.",
        "Zu {} habe ich schon alles notiert.",
        "Über {} entscheiden wir beim nächsten Mal.",
    ),
    "fr": (
        "{}, c'est par là que nous commençons aujourd'hui.",
        "Sur {}, il y a du nouveau depuis la semaine dernière.",
        "Sur {}, j'ai déjà tout noté.",
        "Sur {}, nous déciderons la prochaine fois.",
    ),
    "ru": (
        "{}, с этого сегодня и начнём.",
        "По теме {} с прошлой недели есть новости.",
        "По теме {} у меня уже всё записано.",
        "По теме {} решим в следующий раз.",
    ),
}
#: What stands between the words of a list, and before its last.
_LISTS: Final = {
    "cn": ("、", "和"),
    "yue": ("、", "同"),
    "ja": ("、", "、"),
    "ko": (", ", ", "),
    "en": (", ", " and "),
    "de": (", ", " und "),
    "fr": (", ", " et "),
    "ru": (", ", " и "),
}


def with_phrases(script: Script, words: Sequence[str], languages: Sequence[str] = ()) -> Script:
    """``script`` with all of ``words``, heaviest first, said in lines of their own.

    The first of these lines opens the meeting, the others are spread over it; three or four words
    share a line. Each word occurs as it is written, but for runs of white space. The heaviest
    become keywords. In a multilingual script a line is in the language that its words point to,
    or in the first of ``languages`` if these are given and it is none of them.
    """
    words = tuple(dict.fromkeys(" ".join(word.split()) for word in words))
    words = tuple(word for word in words if word)
    if not words:
        return script
    groups = list(_groups(words))
    places = _places(script, len(groups))
    lines: list[Line] = []
    numbers: dict[int, int] = {}
    inserted = 0
    for line in (*script.lines, None):
        while inserted < len(groups) and (line is None or places[inserted] <= line.number):
            speaker = lines[-1].speaker if lines else script.lines[0].speaker
            language = _language(script, groups[inserted], languages)
            number = len(lines) + 1
            lines.append(_phrase_line(number, speaker, language, inserted, groups[inserted]))
            inserted += 1
        if line is not None:
            numbers[line.number] = len(lines) + 1
            lines.append(replace(line, number=len(lines) + 1))
    keywords = tuple(dict.fromkeys((*words[:_KEYWORDS], *script.keywords)))
    return replace(_renumbered(script, numbers), lines=tuple(lines), keywords=keywords)


def _groups(words: Sequence[str]) -> Iterator[Sequence[str]]:
    count = -(-len(words) // _WORDS_PER_LINE)
    edges = [len(words) * i // count for i in range(count + 1)]
    for start, stop in pairwise(edges):
        yield words[start:stop]


def _places(script: Script, count: int) -> list[int]:
    """Before which lines of ``script`` to put ``count`` new ones: never behind a question."""
    places = []
    for i in range(count):
        place = 1 + len(script.lines) * i // count
        while 1 < place <= len(script.lines) and asks(script.lines[place - 2]):
            place += 1
        places.append(place)
    return places


def _language(script: Script, words: Sequence[str], languages: Sequence[str]) -> str:
    if script.language != "multilingual":
        return script.language
    guessed = guess_language("".join(words))
    return guessed if not languages or guessed in languages else languages[0]


def _phrase_line(
    number: int, speaker: int, language: str, which: int, words: Sequence[str]
) -> Line:
    said = _phrase(language, which, words)
    translations = {
        target: joiner(target).join(_phrase(target, which, words))
        for target in TARGET_LANGUAGES
        if target != language
    }
    return Line(number, speaker, said, language, translations)


def _phrase(language: str, which: int, words: Sequence[str]) -> tuple[str, ...]:
    templates = _PHRASES[language]
    template = templates[(which - 1) % (len(templates) - 1) + 1] if which else templates[0]
    comma, last = _LISTS[language]
    before, after = template.split("{}")
    if language not in UNSPACED:
        listed = comma.join(words[:-1]) + last + words[-1] if len(words) > 1 else words[0]
        return tokenize(before + listed + after, language)
    pieces = [piece for word in words[:-2] for piece in (word, comma)]
    pieces += [words[-2], last, words[-1]] if len(words) > 1 else words
    return with_punctuation([*before.split("/"), *pieces, *after.split("/")])


def _renumbered(script: Script, numbers: dict[int, int]) -> Script:
    """``script`` with notes that hang on the new ``numbers`` of its lines."""
    return replace(
        script,
        chapters=tuple(
            replace(
                chapter,
                # What was put before the first line belongs to the first chapter.
                first=numbers[chapter.first] if chapter.first > 1 else 1,
                points=tuple(replace(p, line=numbers[p.line]) for p in chapter.points),
            )
            for chapter in script.chapters
        ),
        questions=tuple(
            replace(
                question,
                asked=tuple(numbers[line] for line in question.asked),
                answered=tuple(numbers[line] for line in question.answered),
            )
            for question in script.questions
        ),
        actions=tuple(replace(action, line=numbers[action.line]) for action in script.actions),
    )


# Swear words

#: Swear words that are nothing else. The first are found anywhere, the others as whole words.
_PROFANITY: Final = re.compile(
    "他妈的|妈的|操你妈?|傻[逼屄]|王八蛋|混蛋|狗屁|滚蛋|屌你|[撲仆]街|冚家鏟"
    "|クソ野郎|くそったれ|クソ|畜生|馬鹿野郎|ばかやろう|씨발|개새끼|병신|지랄|빌어먹을"
    "|(?<![a-zß-ÿа-яё])(?:"
    "(?:mother)?fuck(?:s|ed|er|ers|ing)?|(?:bull)?shit(?:s|ty)?|bitch(?:es)?|bastards?"
    "|assholes?|(?:god)?damn(?:ed)?|crap"
    "|schei(?:ß|ss)(?:e|er|dreck)?|arschl(?:och|öcher)|verdammt(?:e[nrms]?)?"
    "|merde|putain|connards?|salauds?"
    "|блядь|блять|сука|дерьмо"
    ")(?![a-zß-ÿа-яё])",
    re.IGNORECASE,
)


def without_profanity(script: Script) -> Script:
    """``script`` with as many asterisks as a swear word has letters in its place.

    So it is in what is said, its translations and keywords; other notes stay as they were written.
    """
    return replace(
        script,
        lines=tuple(map(_without_profanity, script.lines)),
        keywords=tuple(map(_masked, script.keywords)),
    )


def _without_profanity(line: Line) -> Line:
    # In the whole text, for a swear word may have been cut into several words.
    text = _masked(line.text)
    gap = len(joiner(line.language))
    starts = accumulate((len(word) + gap for word in line.words), initial=0)
    words = [text[i : i + len(word)] for i, word in zip(starts, line.words, strict=False)]
    return replace(
        line,
        words=tuple(words),
        polished=_masked(line.polished),
        translations={name: _masked(said) for name, said in line.translations.items()},
    )


def _masked(text: str) -> str:
    return _PROFANITY.sub(lambda found: "*" * len(found[0]), text)
