"""A live stream that is pulled, or a recording that is, as PCM while it comes.

RTMP, FLV over HTTP, HLS, and any file of media over HTTP or on this machine. Nothing is contacted
but what ``allowed`` says.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .decoder import pyav_available
from .errors import MediaUnavailable, Stop
from .net.lines import Patience, PullError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

    from .net.bodies import Allowed, Opener
    from .net.sounds import Sounds

__all__ = ["PullError", "Pulled", "pull"]

_SNIFFED: Final = 16
"""Bytes that tell FLV and playlists."""

_CHUNK_MS: Final = 100


class Pulled:
    """A stream, from here to its end. It is to be read in one thread, and to be closed.

    Iterating returns 16-bit little-endian mono PCM as it comes, in chunks of 100 ms at most, until
    the stream ends.

    Raises on the way:
        PullError: it broke off, or it cannot be decoded.
        Stopped: ``stop`` said so.
    """

    def __init__(
        self, sounds: Sounds, sample_rate: int, *, recorded: bool, patience: Patience
    ) -> None:
        """Wait for the first audio. Raises what iterating raises."""
        self.recorded = recorded
        """Whether all of it is there: it can be read faster than it plays, and ends for good."""
        self._sounds = sounds
        self._sample_rate = sample_rate
        self._skipped = 0
        self._shape = (0, 0)
        self._chunks = self._read()
        self._first = next(self._chunks, b"")
        if not self._first:
            raise PullError("no_audio", "the stream ended, and there was no audio in it")
        patience.audio_s = 0

    @property
    def described(self) -> str:
        """What it is, such as "flv, aac, 44100 Hz, 2 channel(s)"."""
        rate, channels = self._shape
        return f"{self._sounds.container}, {self._sounds.codec}, {rate} Hz, {channels} channel(s)"

    @property
    def note(self) -> str:
        """Sentences about what was left out so far, "" when there is nothing to say."""
        damaged = self._sounds.damaged + self._skipped
        counted = f"{damaged} damaged piece(s) of the audio were skipped." if damaged else ""
        return f"{counted} {self._sounds.note}".strip()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return next(self._chunks)

    def close(self) -> None:
        """Close the connection. There is nothing more to read then."""
        self._chunks.close()
        self._first = b""
        self._sounds.close()

    def _read(self) -> Generator[bytes]:
        size = self._sample_rate * _CHUNK_MS // 1000 * 2
        for pcm in self._pcm():
            for start in range(0, len(pcm), size):
                yield pcm[start : start + size]

    def _pcm(self) -> Iterator[bytes]:
        import av

        from .resample import Resampler

        resampler = Resampler(self._sample_rate)
        try:
            for frame in self._frames():
                if not resampler.fits(frame):
                    yield resampler.flush()
                try:
                    yield resampler.convert(frame)
                except (av.FFmpegError, ValueError):
                    self._skipped += 1
        except PullError:
            yield resampler.flush()
            raise
        yield resampler.flush()

    def _frames(self) -> Iterator[AudioFrame]:
        from .net.sounds import is_sane

        for frame in self._sounds.frames():
            if is_sane(frame):
                self._shape = frame.sample_rate, frame.layout.nb_channels
                yield frame
            else:
                self._skipped += 1


def pull(
    url: str,
    sample_rate: int,
    *,
    stop: Stop,
    allowed: Allowed,
    open_s: float = 5.0,
    read_s: float = 10.0,
    audio_s: float = 20.0,
) -> Pulled:
    """Open a stream, and wait until its audio begins.

    ``url`` is one of rtmp, rtmps, http or https, a file's, or a path. ``allowed`` is asked for it,
    and for whatever it leads to: redirects, variants and segments of HLS. It answers what to
    contact instead, or to contact. ``stop`` is asked all the time, and ends everything.

    A connection has to stand within ``open_s`` seconds, every byte has to come within ``read_s``,
    and the first audio within ``audio_s``.

    Raises:
        MediaUnavailable: PyAV is not installed.
        PullError: it cannot be had.
        Stopped: ``stop`` said so.

    """
    if not pyav_available():
        raise MediaUnavailable("a live stream")
    from .net.bodies import Opener

    patience = Patience(stop, open_s, read_s, audio_s, time.monotonic())
    sounds, recorded = _open(url, Opener(allowed, patience), patience)
    try:
        return Pulled(sounds, sample_rate, recorded=recorded, patience=patience)
    except BaseException:
        sounds.close()
        raise


def _open(url: str, opener: Opener, patience: Patience) -> tuple[Sounds, bool]:
    """Open what is there, and say whether it is a recording."""
    from .net import bodies, hls, rtmp, sounds

    address = opener.address(url)
    if urlsplit(address).scheme in rtmp.PORTS:
        return sounds.RtmpSounds(rtmp.RtmpStream(address, patience)), False
    body = opener.open(url)
    try:
        head = bodies.peek(body, _SNIFFED)
        if head.startswith(b"FLV\1"):
            return sounds.FlvSounds(body, head), body.size is not None
        if head.removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U"):
            text = bodies.rest_of_text(body, head, hls.MAX_PLAYLIST)
            body.close()
            stream = hls.HlsStream(opener, patience, text, body.url)
            parts = hls.Parts(stream, opener)
            return sounds.HlsSounds(parts, opener, patience), stream.recorded
        media = bodies.Media(opener, body, head)
        return sounds.ContainerSounds(media, head, patience), body.size is not None
    except BaseException:
        body.close()
        raise
