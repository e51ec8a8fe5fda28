"""HLS (RFC 8216): playlists, and the segments in them as streams of bytes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin

from .bodies import Body, Opener, read_text
from .lines import Patience, PullError

MAX_PLAYLIST: Final = 1024 * 1024
"""Bytes of a playlist; more is refused."""

_FROM_END: Final = 3
"""A live stream is joined so many segments before its end (RFC 8216 6.3.3)."""

_FAILURES: Final = 3
"""Segments in a row that cannot be had."""

_STALLED: Final = 3
"""A live playlist has to grow within so many times its target duration."""

_SHORTEST_S, _LONGEST_S = 0.2, 60.0
"""Between two looks at a playlist, whatever it says."""

_BLOCK: Final = 32 * 1024
_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')
_AUDIO_CODECS: Final = ("mp4a", "ac-3", "ec-3", "opus", "fLaC", "alac", "mp3")


@dataclass(frozen=True, slots=True)
class Piece:
    """A resource, or ``length`` bytes of it from ``start`` on."""

    url: str
    start: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A few seconds of a stream."""

    piece: Piece
    header: Piece | None
    """What has to be read before it, once in a row of segments that have the same one."""
    breaks: bool
    """Whether it begins something new, that has nothing to do with the segment before it."""


@dataclass(slots=True)
class Playlist:
    """Of either kind: a master playlist has variants, a media playlist segments."""

    segments: list[Segment] = field(default_factory=list)
    first: int = 0
    """The number of the first segment."""
    target_s: float = 0.0
    """How long a segment is, at most."""
    ended: bool = False
    """Whether there will be no more segments."""
    encrypted: str = ""
    """The method, if the segments are."""
    variants: list[tuple[int, str, str]] = field(default_factory=list)
    """Bandwidth, the group of its audio, and the URL; those that may have audio."""
    renditions: dict[str, str] = field(default_factory=dict)
    """The URL of the audio by group: the default one, else the first."""

    @property
    def next(self) -> int:
        """The number of the first segment that is not in here."""
        return self.first + len(self.segments)

    def restarts(self, number: int) -> bool:
        """Whether it counts anew, as segment ``number`` was to come next.

        A server may also be a segment or two behind what another one has said.
        """
        return self.next + len(self.segments) < number


def parse(text: str, url: str) -> Playlist:
    """Read a playlist that came from ``url``.

    Raises:
        PullError: ``kind``: there is something in it that cannot be read.

    """
    return _Parser(url).parse(text)


class _Parser:
    def __init__(self, url: str) -> None:
        self._url = url
        self._playlist = Playlist()
        self._breaks = False
        self._header: Piece | None = None
        self._range = ""
        self._variant: dict[str, str] | None = None

    def parse(self, text: str) -> Playlist:
        lines = [line.strip() for line in text.splitlines()]
        if not lines or not lines[0].startswith("#EXTM3U"):
            raise PullError("kind", "the playlist does not begin with #EXTM3U")
        try:
            for line in filter(None, lines):
                if line.startswith("#EXT"):
                    self._tag(*line.partition(":")[::2])
                elif not line.startswith("#"):
                    self._uri(urljoin(self._url, line))
        except ValueError as error:
            raise PullError("kind", f"the playlist cannot be read: {error}") from None
        return self._playlist

    def _tag(self, name: str, value: str) -> None:
        playlist = self._playlist
        match name:
            case "#EXT-X-TARGETDURATION":
                seconds = float(value)
                if not seconds >= 0:
                    raise ValueError(f"{value!r} is no length of segments")
                playlist.target_s = min(seconds, _LONGEST_S)
            case "#EXT-X-MEDIA-SEQUENCE":
                playlist.first = _number(value)
            case "#EXT-X-ENDLIST":
                playlist.ended = True
            case "#EXT-X-DISCONTINUITY":
                self._breaks = True
            case "#EXT-X-BYTERANGE":
                self._range = value
            case "#EXT-X-MAP":
                found = _attributes(value)
                url = urljoin(self._url, found.get("URI", ""))
                self._header = _piece(url, found.get("BYTERANGE", ""), None)
                self._breaks = True
            case "#EXT-X-KEY":
                method = _attributes(value).get("METHOD", "NONE")
                playlist.encrypted = playlist.encrypted or ("" if method == "NONE" else method)
            case "#EXT-X-STREAM-INF":
                self._variant = _attributes(value)
            case "#EXT-X-MEDIA":
                self._rendition(_attributes(value))

    def _rendition(self, found: dict[str, str]) -> None:
        if found.get("TYPE") != "AUDIO" or "URI" not in found:
            return
        group, url = found.get("GROUP-ID", ""), urljoin(self._url, found["URI"])
        renditions = self._playlist.renditions
        renditions[group] = url if found.get("DEFAULT") == "YES" else renditions.get(group, url)

    def _uri(self, url: str) -> None:
        segments = self._playlist.segments
        if self._variant is not None:
            codecs = self._variant.get("CODECS", "")
            if not codecs or any(codec in codecs for codec in _AUDIO_CODECS):
                bandwidth = _number(self._variant.get("BANDWIDTH", "0"))
                group = self._variant.get("AUDIO", "")
                self._playlist.variants.append((bandwidth, group, url))
            self._variant = None
            return
        piece = _piece(url, self._range, segments[-1].piece if segments else None)
        segments.append(Segment(piece, self._header, self._breaks and bool(segments)))
        self._breaks, self._range = False, ""


class HlsStream:
    """The audio of a playlist: the variant that takes the least, or its rendition of audio."""

    def __init__(self, opener: Opener, patience: Patience, text: str, url: str) -> None:
        """Go by a playlist with this text that came from ``url``.

        Raises:
            PullError: there is nothing to read in it.
            Stopped: ``stop`` said so.

        """
        self.missed = 0
        """Segments of a live stream that were gone before they could be read."""
        self._opener = opener
        self._patience = patience
        self._url = url
        self._playlist = self._media_playlist(parse(text, url))
        self._read_at = time.monotonic()
        self.recorded = self._playlist.ended
        """Whether all of it is there already."""

    def segments(self) -> Iterator[Segment]:
        """Return the segments, and wait for those of a live stream.

        Raises:
            PullError: ``broken``: the playlist does not grow any more, or cannot be had.
            Stopped: ``stop`` said so.

        """
        playlist = self._playlist
        number = playlist.first
        if not playlist.ended:
            number = max(number, playlist.next - _FROM_END)
        while True:
            if playlist.restarts(number):
                number = playlist.first
            self.missed += max(0, playlist.first - number)
            number = max(playlist.first, number)
            for segment in playlist.segments[number - playlist.first :]:
                yield segment
                number += 1
            if playlist.ended:
                return
            playlist = self._reload(number)

    def _media_playlist(self, playlist: Playlist) -> Playlist:
        if playlist.variants:
            _, group, url = min(playlist.variants)
            text, self._url = read_text(
                self._opener, playlist.renditions.get(group, url), MAX_PLAYLIST
            )
            playlist = parse(text, self._url)
        if playlist.variants or not (playlist.segments or playlist.target_s):
            raise PullError("kind", "the playlist has no segments, and no variant with audio")
        if playlist.encrypted:
            detail = f"the segments of the playlist are encrypted ({playlist.encrypted})"
            raise PullError("kind", detail)
        return playlist

    def _reload(self, number: int) -> Playlist:
        """Return the playlist as soon as there is something new in it."""
        target = self._playlist.target_s
        deadline = time.monotonic() + max(_STALLED * target, self._patience.read_s)
        wait = target
        while True:
            self._patience.wait(max(_SHORTEST_S, self._read_at + wait - time.monotonic()))
            self._read_at = time.monotonic()
            failure = PullError("broken", "the playlist does not grow any more")
            try:
                text, _ = read_text(self._opener, self._url, MAX_PLAYLIST)
                playlist = parse(text, self._url)
            except PullError as error:
                if error.problem == "forbidden":
                    raise
                failure = PullError("broken", f"the playlist is gone: {error.detail}")
            else:
                if playlist.next > number or playlist.ended or playlist.restarts(number):
                    return playlist
            if time.monotonic() > deadline:
                raise failure
            wait = target / 2  # as RFC 8216 6.3.4 has it when nothing has changed


class Parts:
    """The segments of a stream, in parts: rows of segments that are one stream of bytes each."""

    def __init__(self, stream: HlsStream, opener: Opener) -> None:
        self._stream = stream
        self._opener = opener
        self._segments = stream.segments()
        self._next: Segment | None = None
        self._left_out = 0
        self._why = ""
        self._begins = True
        self._pieces: list[Piece] = []
        self._body: Body | None = None
        self._left = 0  # bytes of the piece that is open; below zero if they are not limited
        self._failures = 0

    @property
    def url(self) -> str:
        """Of the segment that comes next."""
        return self._next.piece.url if self._next is not None else ""

    @property
    def size(self) -> int | None:
        """Unknown: parts can be read from their beginning only."""
        return None

    @property
    def note(self) -> str:
        """Sentences about segments that were not read, "" when there are none."""
        notes = []
        if self._left_out:
            notes.append(f"{self._left_out} segment(s) could not be read: {self._why}.")
        if self._stream.missed:
            notes.append(f"{self._stream.missed} segment(s) were gone before they could be read.")
        return " ".join(notes)

    def begin(self) -> bool:
        """Go on to the next part; False when there is none.

        Raises:
            PullError, Stopped: see `HlsStream.segments`.

        """
        while not self._begins and self.read(_BLOCK):
            pass  # what was not asked for of this part
        self._begins = True
        if self._next is None:
            self._next = next(self._segments, None)
        return self._next is not None

    def read(self, size: int) -> bytes:
        while True:
            if self._body is None and not self._open():
                return b""
            data = self._read(size)
            if data:
                return data

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def _open(self) -> bool:
        """Open what comes next in this part, as far as it can be had."""
        while self._pieces or self._turn():
            piece = self._pieces.pop(0)
            try:
                self._body = self._opener.open(piece.url, piece.start, piece.length)
            except PullError as error:
                self._miss(error)
                continue
            self._left = -_BLOCK if piece.length is None else piece.length
            return True
        return False

    def _turn(self) -> bool:
        """Go on to the next segment of this part."""
        segment = self._next or next(self._segments, None)
        self._next = segment
        if segment is None or (segment.breaks and not self._begins):
            return False
        if self._begins and segment.header is not None:
            self._pieces.append(segment.header)
        self._pieces.append(segment.piece)
        self._begins, self._next = False, None
        return True

    def _read(self, size: int) -> bytes:
        """Read on in what is open; at its end it is closed."""
        assert self._body is not None
        try:
            data = b"" if not self._left else self._body.read(min(size, abs(self._left)))
        except PullError as error:
            self._miss(error)
            data = b""
        if data:
            self._failures = 0
            if self._left > 0:
                self._left -= len(data)
        else:
            self.close()
        return data

    def _miss(self, error: PullError) -> None:
        self._failures += 1
        if error.problem in ("forbidden", "no_audio") or self._failures >= _FAILURES:
            raise error
        self._left_out += 1
        self._why = error.detail


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip().strip('"') for name, value in _ATTRIBUTE.findall(text)}


def _piece(url: str, byte_range: str, before: Piece | None) -> Piece:
    """A part of ``url`` as EXT-X-BYTERANGE says it: "length@start", or behind the one before."""
    if not byte_range:
        return Piece(url)
    length, has_start, start = byte_range.partition("@")
    if has_start:
        return Piece(url, _number(start), _number(length))
    begins = 0
    if before is not None and before.url == url:
        begins = before.start + (before.length or 0)
    return Piece(url, begins, _number(length))


def _number(text: str) -> int:
    text = text.strip()
    if not (text.isdecimal() and len(text) < 19):
        raise ValueError(f"{text!r} is no number")
    return int(text)
