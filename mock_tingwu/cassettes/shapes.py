"""What is left of a text in a cassette: how long it is and what it is made of, never what it says.

A *template* keeps the form of an identifier or a link: ``<h32>`` are 32 small hexadecimal digits,
``asr-<h8>-<h4>`` has its separators and the words in it that everybody knows. `example` makes a
text of a template's form, another one for every number.

===== =======================================
class characters
===== =======================================
d     digits
h, H  hexadecimal digits, small or capital
l, u  letters, small or capital
n     letters and digits
t     anything that stands in tokens
c     anything that is not ASCII
===== =======================================
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from mock_tingwu import contract

#: The longest run that is kept track of, in characters; longer ones count as so long.
LONGEST: Final = 512
#: Pieces of identifiers and links that are the same for everybody (tingwu-openapi 2.2,
#: live-rtc-asr 1.2), kinds of results among them.
_WORDS: Final = frozenset(
    [
        "api",
        "ws",
        "v1",
        "v2",
        "asr",
        "tw",
        "oss",
        "http",
        "https",
        "rtmp",
        "rtsp",
        "json",
        "mp3",
        "mp4",
        "png",
        "jpg",
        "spectrum",
        "wav",
        "pcm",
        "flac",
        "m4a",
        "aac",
        "opus",
        "ogg",
        "m3u8",
        "flv",
        "srt",
        "txt",
        "openapi",
        "tingwu",
        "tasks",
        "resources",
        "phrases",
        "services",
        "aigc",
        "tokens",
        "multimodal",
        "generation",
        "inference",
    ]
) | {name.rpartition("/")[2] for name in contract.names() if "/results/" in name}
#: Parameters that signed links have (tingwu-openapi 2.2, realtime-ws 1.1).
_LINK_PARAMETERS: Final = frozenset({"Expires", "OSSAccessKeyId", "Signature", "mc"})

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
#: A moment, as services write it: the same one stands for all.
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ])[0-9]{2}:[0-9]{2}:[0-9]{2}(.*)")
#: How keys of DashScope begin, lasting and temporary ones (dashscope-tingwu 5.2).
_KINDS_OF_KEYS: Final = ("sk-", "st-")
_PIECE: Final = re.compile(r"[A-Za-z0-9]+|[^\x00-\x7f]+|[\x00-\x7f]")
_PLACE: Final = re.compile("<([dhHlutnc])([0-9]+)>")
_CLASSES: Final = tuple(
    (name, re.compile(form))
    for name, form in (
        ("d", "[0-9]+"),
        ("l", "[a-z]+"),
        ("u", "[A-Z]+"),
        ("h", "[0-9a-f]+"),
        ("H", "[0-9A-F]+"),
        ("n", "[0-9A-Za-z]+"),
        ("c", r"[^\x00-\x7f]+"),
    )
)
_LINK: Final = re.compile(r"(?:https?|wss?|rtmps?|rtsp)://[^\s/?#]", re.IGNORECASE)
#: Scripts without spaces, of which a text may be: Han, kana, Hangul.
_CJK: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_FILLER, _LATIN_FILLER = "字", "lorem ipsum "


def is_link(text: str) -> bool:
    """Whether a text is the address of something."""
    return _LINK.match(text) is not None


def template(text: str) -> str:
    """The form of an identifier, or of any text whose form a schema describes."""
    if found := _UUID.fullmatch(text):
        large = text.upper() == text
        version, variant = found[1], "8" if found[2] in "89abAB" else "0"
        name = "H" if large else "h"
        return f"<{name}8>-<{name}4>-{version}<{name}3>-{variant}<{name}3>-<{name}12>"
    if found := _MOMENT.fullmatch(text):
        zone = found[2] if found[2] in ("Z", "+08:00") else re.sub("[^Z+:.]", "0", found[2])
        return f"2020-01-01{found[1]}00:00:00{zone}"
    return "".join(_form(piece) for piece in _PIECE.findall(text[: 4 * LONGEST]))


def whole(text: str) -> str:
    """The form of a secret: one run of characters, wherever its separators are."""
    if text[:3] in _KINDS_OF_KEYS:
        return text[:3] + whole(text[3:])
    return f"<{_class_of(text, 't')}{min(len(text), LONGEST)}>" if text else ""


def link_template(link: str) -> str:
    """The form of a link: scheme, known pieces of its path, its ending, names of its signature.

    Its host is nothing but a host: that of the vendor, or any.
    """
    parts = urlsplit(link)
    host = "host.aliyuncs.com" if parts.netloc.endswith(".aliyuncs.com") else "host.example.com"
    path = "".join(_form(piece) for piece in _PIECE.findall(parts.path[:LONGEST]))
    query = []
    for pair in parts.query.split("&") if parts.query else ():
        name, equals, value = pair.partition("=")
        known = name if name in _LINK_PARAMETERS else whole(name)
        query.append(f"{known}{equals}{whole(value)}")
    return f"{parts.scheme.lower()}://{host}{path}" + (f"?{'&'.join(query)}" if query else "")


def example(form: str, number: int) -> str:
    """A text of a template's form; the ``number`` is in its longest place."""
    places = list(_PLACE.finditer(form))
    if not places:
        return form
    longest = max(places, key=lambda place: int(place[2]))

    def fill(place: re.Match[str]) -> str:
        given = number if place.start() == longest.start() else 0
        return _filled(place[1], min(int(place[2]), LONGEST), given)

    return _PLACE.sub(fill, form)


def text_class(text: str) -> str:
    """What stands for a text: its script, and the power of two that is not longer than it."""
    script = "cjk" if _CJK.search(text) else "latin"
    length = 1 << (min(len(text), LONGEST).bit_length() - 1)
    return f"<text:{script}:{length}>"


def text_example(script: str, length: int) -> str:
    """A text of such a class that says nothing."""
    filler = _CJK_FILLER if script == "cjk" else _LATIN_FILLER
    made = (filler * (length // len(filler) + 1))[:length]
    # No form of a text depends on it, but some services cut off spaces.
    return made[:-1] + "m" if made.endswith(" ") else made


_WORD: Final = re.compile(
    r"(?:[A-Z][a-z]{1,14}|[a-z]{2,14}|[A-Z]{2,12})"
    r"(?:[_.-]?(?:[A-Z][a-z]{1,14}|[A-Z]{2,12}|[a-z]{2,14}|[0-9]{1,2}))*"
)
_WORD_PARTS: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def is_word(text: str) -> bool:
    """Whether a text is a name as people give them: ``GetTaskInfo``, ``BRK.InvalidTaskId``.

    Of up to 48 characters, at most two of them digits, its parts three letters long on average:
    keys and tokens are not like that.
    """
    if len(text) > 48 or _WORD.fullmatch(text) is None:
        return False
    parts = _WORD_PARTS.findall(text)
    return sum(map(str.isdigit, text)) <= 2 and 3 * len(parts) <= len(text) + 2


def _form(piece: str) -> str:
    if piece in _WORDS:
        return piece
    if len(piece) == 1 and not piece.isalnum() and piece.isascii():
        return piece if piece not in "<>" else "-"
    return f"<{_class_of(piece, 't')}{min(len(piece), LONGEST)}>"


def _class_of(text: str, other: str) -> str:
    return next((name for name, form in _CLASSES if form.fullmatch(text)), other)


def _filled(kind: str, length: int, number: int) -> str:
    if kind == "c":
        return _CJK_FILLER * length
    if kind in "lu":
        digits, fill = format(number, "o").translate({48 + i: 97 + i % 6 for i in range(8)}), "a"
        if kind == "u":
            digits, fill = digits.upper(), "A"
    elif kind == "d":
        digits, fill = str(number), "1"
    else:
        # A letter, so that the case shows.
        digits, fill = format(number, "x"), "a"
        if kind == "H":
            digits, fill = digits.upper(), "A"
    return digits[-length:].rjust(length, fill)
