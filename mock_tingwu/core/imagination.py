"""What a recording that nobody fetches would be, judged by its URL alone.

The same URL and seed give the same recording. What signs a URL anew each time does not count, so
a pre-signed link to one file is one recording.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from mock_tingwu.core.ids import Ids
from mock_tingwu.core.shown import shown

#: An imagined recording lasts so long, in ms.
SHORTEST_MS, LONGEST_MS = 60_000, 600_000
#: What `Imagined.with_size` makes of a file lasts so long, in ms: no limit of the service is
#: broken by a guess.
_SHORTEST_GUESS_MS, _LONGEST_GUESS_MS = 1_000, 6 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Imagined:
    """A recording that is imagined.

    With a ``problem`` it cannot be one, and the numbers mean nothing: ``link`` for a URL that the
    service does not take, ``type`` for a file that is no recording. Its second half is a sentence.
    ``notes`` say what in the URL was not understood.
    """

    name: str
    """The file's name, decoded; "" when the URL has none."""
    container: str = ""
    """Short name such as mp3, wav or mp4."""
    video: bool = False
    duration: int = 0
    """Length in ms."""
    size: int = 0
    """Bytes."""
    sample_rate: int = 0
    """Hz."""
    channels: int = 0
    bit_rate: int = 0
    """Bits per second of the whole file, of which size and duration are made."""
    notes: tuple[str, ...] = ()
    problem: tuple[Literal["link", "type"], str] | None = None

    @property
    def described(self) -> str:
        """The recording in a few words, for the journal."""
        kind = f"{self.container} video" if self.video else self.container
        audio = f"{self.sample_rate} Hz, {self.channels} channel(s)"
        return f"{kind}, {self.duration / 1000:.1f} s, {audio}, {self.size} bytes"

    def with_size(self, size: int) -> Imagined:
        """The same recording as a file of ``size`` bytes: it lasts as long as such a file does."""
        duration = size * 8000 // max(1, self.bit_rate)
        duration = min(max(duration, _SHORTEST_GUESS_MS), _LONGEST_GUESS_MS)
        return replace(self, size=size, duration=duration)


class _Kind(NamedTuple):
    """How files of a kind are: kbit/s of the whole file (none: uncompressed) and Hz."""

    container: str
    rates: tuple[int, ...]
    bit_rates: tuple[int, ...] = ()
    video: bool = False


_MUSIC: Final = (44_100, 48_000)
_PCM: Final = (16_000, 44_100, 48_000)

#: Suffixes of recordings that the service takes (tingwu-openapi 2.1), and near relatives of them.
_KINDS: Final[Mapping[str, _Kind]] = {
    "": _Kind("mp3", _MUSIC, (64, 128)),
    "mp3": _Kind("mp3", (16_000, *_MUSIC), (64, 96, 128, 192)),
    "wav": _Kind("wav", _PCM),
    "m4a": _Kind("m4a", _MUSIC, (64, 96, 128)),
    "wma": _Kind("asf", _MUSIC, (64, 96, 128)),
    "aac": _Kind("aac", (16_000, *_MUSIC), (64, 96, 128)),
    "ogg": _Kind("ogg", (48_000,), (32, 64, 96)),
    "oga": _Kind("ogg", (48_000,), (32, 64, 96)),
    "opus": _Kind("ogg", (48_000,), (24, 32, 64)),
    "amr": _Kind("amr", (8_000,), (12,)),
    "flac": _Kind("flac", _PCM, (420, 700, 860)),
    "aiff": _Kind("aiff", _MUSIC),
    "aif": _Kind("aiff", _MUSIC),
    "mp4": _Kind("mp4", _MUSIC, (600, 1_100, 1_900), video=True),
    "m4v": _Kind("mp4", _MUSIC, (600, 1_100, 1_900), video=True),
    "mov": _Kind("mov", _MUSIC, (1_900, 3_800), video=True),
    "3gp": _Kind("3gp", (16_000, 44_100), (240, 380), video=True),
    "flv": _Kind("flv", (44_100,), (500, 900), video=True),
    "wmv": _Kind("asf", _MUSIC, (700, 1_400), video=True),
    "rm": _Kind("rm", (44_100,), (350, 500), video=True),
    "rmvb": _Kind("rm", (44_100,), (350, 500), video=True),
    "mkv": _Kind("mkv", _MUSIC, (1_100, 2_400), video=True),
    "webm": _Kind("webm", (48_000,), (500, 1_000), video=True),
    "ogv": _Kind("ogg", (48_000,), (500, 900), video=True),
    "avi": _Kind("avi", _MUSIC, (1_200, 2_400), video=True),
    "mpeg": _Kind("mpeg", _MUSIC, (1_500, 2_800), video=True),
    "mpg": _Kind("mpeg", _MUSIC, (1_500, 2_800), video=True),
    "dat": _Kind("mpeg", (44_100,), (1_500,), video=True),
}

#: Suffixes of what is surely no recording. Any other suffix could be one.
_NO_RECORDING: Final = re.compile(
    "pdf|txt|md|csv|tsv|json|xml|ya?ml|html?|css|js|docx?|xlsx?|pptx?|rtf|odt|epub|zip|rar|7z|t?gz"
    "|bz2|xz|tar|png|jpe?g|gif|webp|bmp|svg|heic|tiff?|ico|srt|vtt|ass|lrc|m3u8?|torrent|exe|dmg"
    "|apk|iso"
)

#: What a URL may state of the recording: the query's name, the field, the smallest and the
#: largest value. Far beyond the service's limits, so that these can be broken.
_STATED: Final = (
    ("mock.duration_ms", "duration", 1, 30 * 24 * 60 * 60 * 1000),
    ("mock.sample_rate", "sample_rate", 1, 384_000),
    ("mock.channels", "channels", 1, 64),
    ("mock.size", "size", 0, 2**50),
)
#: What the query of a FileUrl may state.
STATED_NAMES: Final = frozenset(name for name, *_ in _STATED)
#: Parts of a query that change each time a link is signed, in lower case.
_SIGNING: Final = frozenset({"expires", "signature", "ossaccesskeyid", "security-token"})
_SIGNING_PREFIXES: Final = ("x-oss-", "mock.")

_SPACE_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f]")
# The last label of an IPv4 address in any spelling that resolvers take: 127.1, 0x7f.1, 2130706433.
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)


def imagine(url: str, seed: int, *, any_host: bool = False) -> Imagined:
    """Imagine the recording at ``url``.

    Its suffix decides the container and whether there is a video; a URL without suffix is audio.
    The query may state ``mock.duration_ms``, ``mock.sample_rate`` (Hz), ``mock.channels`` and
    ``mock.size`` (bytes); what is not stated is as likely as not. A value that makes no sense is
    ignored with a note. ``any_host`` is for a file whose host has been found already.
    """
    wrong = url_problem(url, any_host=any_host)
    if wrong is not None:
        return Imagined("", problem=("link", wrong))
    parts = urlsplit(url)
    name = file_name(parts)
    stem, dot, suffix = name.rpartition(".")
    suffix = suffix.lower() if dot and stem else ""
    if _NO_RECORDING.fullmatch(suffix):
        why = f"{name!r} is no recording: .{suffix} is neither audio nor video"
        return Imagined(name, problem=("type", why))
    query = parse_qsl(parts.query, keep_blank_values=True)
    stated, notes = _stated(query)
    return _recording(name, suffix, _Draw(seed, parts, query), stated, tuple(notes))


def _recording(
    name: str, suffix: str, draw: _Draw, stated: Mapping[str, int], notes: tuple[str, ...]
) -> Imagined:
    kind = _KINDS.get(suffix, _KINDS[""])
    sample_rate = stated.get("sample_rate") or draw.one_of("sample_rate", kind.rates)
    channels = stated.get("channels") or (
        1 if kind.container == "amr" else 2 if kind.video else draw.one_of("channels", (1, 2))
    )
    duration = stated.get("duration") or draw.between("duration", SHORTEST_MS, LONGEST_MS)
    if kind.bit_rates:
        # Encoders come near to what they were told, not to the bit.
        bit_rate = draw.one_of("bit_rate", kind.bit_rates) * draw.between("encoder", 970, 1030)
    else:
        bit_rate = sample_rate * channels * 16
    return Imagined(
        name,
        kind.container,
        kind.video,
        duration,
        stated.get("size", duration * bit_rate // 8000),
        sample_rate,
        channels,
        bit_rate,
        notes,
    )


class _Draw:
    """Choices that depend on the seed and the URL, each on its own."""

    def __init__(self, seed: int, parts: SplitResult, query: list[tuple[str, str]]) -> None:
        kept = [
            f"{name}={value}"
            for name, value in query
            if name.lower() not in _SIGNING and not name.lower().startswith(_SIGNING_PREFIXES)
        ]
        self._url = f"{same_every_time(parts)}?{'&'.join(kept)}"
        self._ids = Ids(seed)

    def between(self, what: str, lowest: int, highest: int) -> int:
        return lowest + self._ids.number("imagined", what, self._url) % (highest - lowest + 1)

    def one_of(self, what: str, choices: tuple[int, ...]) -> int:
        return choices[self.between(what, 0, len(choices) - 1)]


def stated_length(url: str) -> tuple[int | None, tuple[str, ...]]:
    """The length in ms that the query of a stream's URL states with ``mock.duration_ms``, if any.

    Also what in the query was not understood.
    """
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return None, ()
    stated, notes = _stated(query)
    return stated.get("duration"), tuple(notes)


def _stated(query: list[tuple[str, str]]) -> tuple[dict[str, int], list[str]]:
    """What a query states of the recording, and what is wrong with the rest."""
    given = dict(query)
    stated: dict[str, int] = {}
    notes = []
    for name, field, lowest, highest in _STATED:
        value = given.get(name)
        if value is None:
            continue
        number = int(value) if re.fullmatch(r"[0-9]{1,18}", value) else -1
        if lowest <= number <= highest:
            stated[field] = number
        else:
            expected = f"a whole number from {lowest} to {highest}"
            notes.append(f"{name} is {shown(value)}, expected {expected}; it is ignored")
    return stated, notes


def same_every_time(parts: SplitResult) -> str:
    """Scheme, host and path of a URL, to draw from.

    Servers on this machine have another port every time, and the same files.
    """
    own = is_this_machine(parts.hostname or "")
    # Whoever may read it, it is the same file.
    host = "localhost" if own else parts.netloc.rpartition("@")[2].lower()
    return f"{parts.scheme}://{host}{parts.path}"


def file_name(parts: SplitResult) -> str:
    """The file name at the end of a URL's path, decoded; "" when there is none."""
    return unquote(parts.path.rpartition("/")[2])


def url_problem(url: str, *, any_host: bool = False) -> str | None:
    """Why the service cannot take a recording from ``url``, as a sentence; None when it can.

    It takes http and https, a domain name and not an IP address, and no spaces
    (tingwu-openapi 2.1). Loopback addresses are let through: this service is a local one.
    ``any_host`` lets every host through.
    """
    found = _SPACE_OR_CONTROL.search(url)
    if found:
        what = "a space" if found[0] == " " else f"the character {found[0]!r}"
        return f"the URL has {what} in it, which should be percent-encoded"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return f"the URL cannot be read: {error}"
    if parts.scheme not in ("http", "https"):
        scheme = f"begins with {parts.scheme}:" if parts.scheme else "has no scheme"
        return f"the URL {scheme}, expected http: or https:"
    if not host or port == 0:
        return "the URL names no host" if not host else "the URL names port 0"
    return None if any_host else _host_problem(host)


def _host_problem(host: str) -> str | None:
    address = ip_of(host)
    if address is not None or _NUMERIC.fullmatch(host):
        if address is not None and is_loopback(address):
            return None
        return f"{host} is an IP address, and the service wants a domain name"
    labels = host.removesuffix(".").split(".")
    if not all(0 < len(label) <= 63 for label in labels) or len(host) > 253:
        return f"{shown(host)} is no domain name"
    if labels[-1] == "invalid":
        return f"{host} cannot exist: no name ends with .invalid (RFC 2606)"
    return None


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a URL's host is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_this_machine(host: str) -> bool:
    """Whether a URL's host is this machine by its name alone."""
    address = ip_of(host)
    if address is not None:
        return is_loopback(address)
    return host == "localhost" or host.endswith(".localhost")


def is_loopback(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is this machine's own, also when IPv6 wraps it up."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
