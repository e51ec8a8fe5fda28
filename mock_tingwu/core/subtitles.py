"""Scripts from subtitles: SubRip (``.srt``) and WebVTT (``.vtt``).

A cue is a line of the script, in the order of their begins; what a cue's times are otherwise does
not matter, for sentences begin and end where the audio has speech. Nothing that is said is ever
left out: what cannot be understood is refused.

WebVTT is that of https://www.w3.org/TR/webvtt1/. SubRip has no specification: what players agree
about is taken, `{...}` positions of SubStation that many files have included.
(Libraries for them mend or skip what is malformed and do not say where, and take two voices of a
cue for one.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Literal

from mock_tingwu.core.script import LANGUAGES, TARGET_LANGUAGES, Script
from mock_tingwu.core.scripts import ScriptError, parse_script
from mock_tingwu.core.shown import shown
from mock_tingwu.core.words import guess_language, tokenize

Kind = Literal["srt", "vtt"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one speaker says in a cue: ``text``, on one line. Without a name nobody knows who."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue from ``begin`` to ``end`` (ms), whose times stand in line ``line`` (from 1).

    It may have no parts: then nothing is said.
    """

    line: int
    begin: int
    end: int
    parts: tuple[Part, ...]


def subtitle_script(
    text: str,
    kind: Kind,
    source: str,
    *,
    name: str = "script",
    language: str | None = None,
    translations: Mapping[str, tuple[str, Kind, str]] | None = None,
) -> Script:
    """The script that subtitles are, with ``name`` for its id. ``source`` names them in errors.

    Without a ``language`` it is guessed from the letters. ``translations`` are subtitles of the
    same cues by target language: text, kind and what names them in errors. Who speaks there does
    not matter.

    Raises:
        ScriptError: they are malformed, or the cues of a translation are not those of the text.
    """
    if language is not None and language not in LANGUAGES:
        raise ScriptError(f"language is {shown(language)}, expected one of {', '.join(LANGUAGES)}")
    spoken = parse_cues(text, kind, source)
    if not any(cue.parts for cue in spoken):
        raise ScriptError(f"{source}: no cue says anything, expected at least one that does")
    told: dict[str, Sequence[Cue]] = {}
    speakers = any(part.speaker for cue in spoken for part in cue.parts)
    for target, (other, other_kind, other_source) in (translations or {}).items():
        if target not in TARGET_LANGUAGES:
            expected = ", ".join(TARGET_LANGUAGES)
            raise ScriptError(f"translations has {shown(target)}, expected one of {expected}")
        told[target] = parse_cues(other, other_kind, other_source, names=speakers)
        _compare(told[target], spoken, other_source, source)
    if language is None:
        language = guess_language("".join(part.text for cue in spoken for part in cue.parts))
    numbers: dict[str, int] = {}
    sentences: list[dict[str, Any]] = []
    for i, cue in enumerate(spoken):
        for j, part in enumerate(cue.parts):
            own = guess_language(part.text) if language == "multilingual" else language
            sentences.append(
                {
                    # A slash is a slash here.
                    "words": tokenize(part.text, own, cuts=False),
                    "language": own,
                    "speaker": numbers.setdefault(part.speaker, len(numbers)),
                    "translations": {
                        target: cues[i].parts[j].text for target, cues in told.items()
                    },
                }
            )
    return parse_script(
        {"id": name, "language": language, "speakers": list(numbers), "sentences": sentences},
        source,
    )


def _compare(cues: Sequence[Cue], spoken: Sequence[Cue], source: str, original: str) -> None:
    """Refuse ``cues`` that are not a translation of those that are ``spoken``, one by one."""
    if len(cues) != len(spoken):
        raise ScriptError(
            f"{source}: the number of cues is {len(cues)}, expected {len(spoken)} as in {original}"
        )
    for number, (cue, own) in enumerate(zip(cues, spoken, strict=True), 1):
        if len(cue.parts) != len(own.parts):
            raise ScriptError(
                f"{source}: line {cue.line}: cue {number} has {_voices(cue)}, "
                f"expected {_voices(own)} as in line {own.line} of {original}"
            )


def _voices(cue: Cue) -> str:
    if not cue.parts:
        return "no text"
    return "one text" if len(cue.parts) == 1 else f"{len(cue.parts)} voices"


def parse_cues(text: str, kind: Kind, source: str, *, names: bool = True) -> list[Cue]:
    """The cues of subtitles in the order of their begins, all of them.

    ``<v Ann>`` tells who speaks. Where no cue has that but every one begins with a name and a
    colon, and there are two or more, these are names; so they are before other lines of a cue.
    Otherwise, or with ``names`` false, such a beginning is text. Formatting is left out, white
    space is one space, and so is a line's end, except between two words of a language without.

    Raises:
        ScriptError: they are malformed: line number, what stands there and what was expected.
    """
    lines = re.split("\r\n|\n|\r", text.removeprefix("\ufeff"))
    found = _webvtt(lines, source) if kind == "vtt" else _subrip(lines, source)
    raw = [_RawCue(*times, _spans("\n".join(said), kind)) for times, said in found]
    raw.sort(key=lambda cue: cue.begin)
    if names:
        raw = _named(raw)
    return [cue.joined() for cue in raw]


# Blocks and times

_Times = tuple[int, int, int]  # number of the line, begin and end
_SRT_TIME: Final = r"(?:([0-9]{1,6}):)?([0-5]?[0-9]):([0-5][0-9])[.,]([0-9]{1,3})"
_VTT_TIME: Final = r"(?:([0-9]{2,6}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
#: Behind the times stand settings (``align:start``) or SubRip's coordinates (``X1:40``), no text.
_SETTINGS: Final = r"((?:[ \t]+[^\s:]+:[^\s]+)*)[ \t]*"
_TIMES: Final = {
    "srt": re.compile(rf"[ \t]*{_SRT_TIME}[ \t]*-->[ \t]*{_SRT_TIME}{_SETTINGS}"),
    "vtt": re.compile(rf"[ \t]*{_VTT_TIME}[ \t]*-->[ \t]*{_VTT_TIME}{_SETTINGS}"),
}
_EXAMPLES: Final = {
    "srt": "00:00:01,000 --> 00:00:02,500",
    "vtt": "00:00:01.000 --> 00:00:02.500",
}


def _subrip(lines: Sequence[str], source: str) -> Iterator[tuple[_Times, Sequence[str]]]:
    for first, block in _blocks(lines):
        numbered = "-->" not in block[0]
        if numbered and not re.fullmatch("[ \t]*[0-9]+[ \t]*", block[0]):
            expected = "the number or the times of a cue (an empty line ends what a cue says)"
            raise _malformed(source, first, block[0], expected)
        yield _cue(block, first, int(numbered), "srt", source)


def _webvtt(lines: Sequence[str], source: str) -> Iterator[tuple[_Times, Sequence[str]]]:
    if not re.fullmatch("WEBVTT(?:[ \t].*)?", lines[0]):
        raise _malformed(source, 1, lines[0], "WEBVTT")
    any_cue = False
    for first, block in _blocks(lines):
        in_head = first == 1
        timed = not in_head and any("-->" in line for line in block[:2])
        if timed:
            any_cue = True
            yield _cue(block, first, int("-->" not in block[0]), "vtt", source)
            continue
        is_note = re.match("NOTE(?:[ \t]|$)", block[0])
        is_style = re.match("(?:STYLE|REGION)[ \t]*$", block[0]) and not any_cue
        if not (in_head or is_note or is_style):
            wrong = min(1, len(block) - 1)
            expected = f"the times of a cue, such as {_EXAMPLES['vtt']}"
            raise _malformed(source, first + wrong, block[wrong], expected)
        for number, line in enumerate(block, first):
            if "-->" in line:
                raise _malformed(source, number, line, "an empty line before the cue")


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """The runs of lines between empty ones, each with the number of its first line.

    A line of white space is an empty one, too, unless more of what a cue says stands behind it.
    """
    first, timed = 0, False
    for number, line in enumerate(chain(lines, [""])):
        goes_on = timed and not any("-->" in ahead for ahead in lines[number + 1 : number + 3])
        if line.strip() or (line and goes_on):
            timed = timed or "-->" in line
            continue
        if number > first:
            yield first + 1, lines[first:number]
        first, timed = number + 1, False


def _cue(
    block: Sequence[str], first: int, timed: int, kind: Kind, source: str
) -> tuple[_Times, Sequence[str]]:
    """The times and the text of a ``block`` whose times stand in its line ``timed``."""
    number = first + timed
    line = block[timed] if timed < len(block) else ""
    found = _TIMES[kind].fullmatch(line)
    if found is None:
        expected = f"the times of a cue, such as {_EXAMPLES[kind]}"
        raise _malformed(source, number, line, expected)
    begin, end = _ms(*found.groups()[:4]), _ms(*found.groups()[4:8])
    if end < begin:
        raise _malformed(source, number, line, "an end that is not before the begin")
    said = block[timed + 1 :]
    for behind, text in enumerate(said, number + 1):
        if _TIMES[kind].fullmatch(text) or (kind == "vtt" and "-->" in text):
            raise _malformed(source, behind, text, "an empty line between two cues")
    return (number, begin, end), said


def _ms(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    in_seconds = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return in_seconds * 1000 + int(fraction.ljust(3, "0"))


def _malformed(source: str, number: int, line: str, expected: str) -> ScriptError:
    what = shown(line) if line else "empty"
    return ScriptError(f"{source}: line {number} is {what}, expected {expected}")


# What a cue says


@dataclass(slots=True)
class _Span:
    """Lines that one speaker says, without formatting."""

    speaker: str
    lines: list[str]


@dataclass(slots=True)
class _RawCue:
    line: int
    begin: int
    end: int
    spans: list[_Span]

    def joined(self) -> Cue:
        parts = tuple(Part(span.speaker, _join(span.lines)) for span in self.spans)
        return Cue(self.line, self.begin, self.end, parts)


#: Tags of WebVTT (5.1 there) and SubRip: the name, and what stands behind it. Anything else in
#: angle brackets is text.
_TAG: Final = re.compile(
    r"<(/?(?:i|b|u|s|c|v|lang|ruby|rt|font))((?:[.\s][^<>]*)?)>"
    r"|<(?:[0-9]+:)?[0-9]{2}:[0-9]{2}\.[0-9]{3}>"
    r"|\{\\[^{}\n]*\}",
    re.IGNORECASE,
)


def _spans(text: str, kind: Kind) -> list[_Span]:
    """The text of a cue by who says it. A voice holds until the next, or the end of the cue."""
    pieces: list[tuple[str, list[str]]] = [("", [])]
    end = 0
    for tag in _TAG.finditer(text):
        pieces[-1][1].append(_plain(text[end : tag.start()], kind))
        end = tag.end()
        if (tag[1] or "").lower() == "v":
            # Behind classes, as in <v.loud Ann>.
            _, _, name = re.sub(r"\s", " ", tag[2]).partition(" ")
            pieces.append((" ".join(_plain(name, kind).split()), []))
    pieces[-1][1].append(_plain(text[end:], kind))
    spans: list[_Span] = []
    for speaker, texts in pieces:
        lines = [" ".join(line.split()) for line in "".join(texts).split("\n")]
        lines = [line for line in lines if line]
        if lines and spans and spans[-1].speaker == speaker:
            spans[-1].lines += lines
        elif lines:
            spans.append(_Span(speaker, lines))
    return spans


def _plain(text: str, kind: Kind) -> str:
    return html.unescape(text) if kind == "vtt" else text


#: Letters of languages without spaces.
_UNSPACED: Final = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def _join(lines: Sequence[str]) -> str:
    joined = lines[0]
    for line in lines[1:]:
        last = next((c for c in reversed(joined) if c.isalnum()), "")
        first = next((c for c in line if c.isalnum()), "")
        close = _UNSPACED.match(last) and _UNSPACED.match(first)
        joined += line if close else f" {line}"
    return joined


#: A name of up to 40 characters and a colon. In Chinese no space stands behind it.
_NAME: Final = re.compile(
    r"([^\W\d_][^:：,;!?。，、；！？<>]{0,39}?) ?"
    rf"(?::(?= |$|{_UNSPACED.pattern})|：) ?"
)


def _named(cues: list[_RawCue]) -> list[_RawCue]:
    """The cues with the names that they begin with as their speakers: if every one has one."""
    spoken = [cue for cue in cues if cue.spans]
    names = set()
    for cue in spoken:
        found = _NAME.match(cue.spans[0].lines[0])
        if found is None or cue.spans[0].speaker or len(cue.spans) > 1:
            return cues
        names.add(found[1])
    if len(spoken) < 2:
        return cues
    named = []
    for cue in cues:
        spans: list[_Span] = []
        for line in chain.from_iterable(span.lines for span in cue.spans):
            found = _NAME.match(line)
            if found is not None and found[1] in names:
                spans.append(_Span(found[1], []))
                line = line[found.end() :]
            if line:
                spans[-1].lines.append(line)
        if not all(span.lines for span in spans):
            return cues
        named.append(_RawCue(cue.line, cue.begin, cue.end, spans))
    return named
