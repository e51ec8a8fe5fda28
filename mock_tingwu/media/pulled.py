"""What was pulled: an open stream, down to PCM. Needs PyAV.

libav speaks RTMP; all that comes over HTTP is read by `pull_bodies`, so that nothing is contacted
but what is allowed.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import av

from .channels import HIGHEST_RATE, LOWEST_RATE, MOST_CHANNELS
from .errors import PullError, Stopped
from .libav import DEMUXERS
from .pull_bodies import Body, Opener, host_of
from .resample import Resampler
from .sniff import HEAD, foreign

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

_CHUNK_MS: Final = 100
_RTMP_PORTS: Final = {"rtmp": 1935, "rtmps": 443}
_PLAYLIST: Final = b"#EXTM3U"
MAX_PLAYLIST: Final = 1024 * 1024
"""Bytes of a list of parts; more is refused."""

_FAILURES: Final = 100
"""Errors in a row after which a stream is read no further."""

_OPTIONS: Final = {
    # Microseconds in which a stream has to show what is in it. One of sound alone takes all of it.
    "analyzeduration": "1000000",
    "probesize": "2000000",
    "max_pixels": "64000000",
    # For HLS: every part is opened by us, whatever it is called.
    "http_persistent": "0",
    "allowed_extensions": "ALL",
    "extension_picky": "0",
}
_OVER_HTTP: Final = {
    **_OPTIONS,
    # Lists of other kinds, which a stream may claim to be, lead to files of this machine, or to
    # sockets: libav opens nothing by itself. What HLS refers to is opened by us.
    "format_whitelist": ",".join((*DEMUXERS, "hls", "mpegts", "ac3", "eac3", "webvtt")),
    "protocol_whitelist": "none",
}
_MOST_OPENED: Final = 100
"""Lists and parts that are opened before there is a stream: the variants, mostly."""

_STALLED: Final = 3
"""So many times as long as for a byte, a list of parts is waited for."""


class Pulled:
    """A stream, from here to its end. It is to be read in one thread, and to be closed there.

    Iterating returns 16-bit little-endian mono PCM as it comes, in chunks of 100 ms at most, until
    the stream ends. It may raise `PullError`, when the stream broke off or cannot be decoded, and
    Stopped.

    Attributes:
        recorded: All of it is there: it can be read faster than it plays, and ends for good.
        described: What it is, such as "flv, aac, 44100 Hz, 1 channel(s)".
    """

    def __init__(self, source: Source, sample_rate: int) -> None:
        self._source = source
        self._sample_rate = sample_rate
        self._skipped = 0
        self._closed = False
        self.recorded = source.recorded
        codec = source.stream.codec_context
        self.described = (
            f"{source.name}, {codec.codec.canonical_name}, {codec.sample_rate} Hz, "
            f"{codec.layout.nb_channels} channel(s)"
        )
        self._chunks = self._read()

    @property
    def note(self) -> str:
        """A sentence about what was left out so far, "" when there is nothing to say."""
        damaged = self._source.damaged + self._skipped
        return f"{damaged} damaged piece(s) of the audio were skipped." if damaged else ""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Close the connection. There is nothing more to read then."""
        self._chunks.close()
        self._source.close()

    def _read(self) -> Generator[bytes]:
        size = self._sample_rate * _CHUNK_MS // 1000 * 2
        for pcm in self._pcm():
            for start in range(0, len(pcm), size):
                yield pcm[start : start + size]

    def _pcm(self) -> Iterator[bytes]:
        resampler = Resampler(self._sample_rate)
        try:
            for frame in self._source.frames():
                if not _is_sane(frame):
                    self._skipped += 1
                    continue
                if not resampler.fits(frame):
                    yield resampler.flush()
                yield resampler.convert(frame)
        except PullError:
            yield resampler.flush()
            raise
        except (av.FFmpegError, ValueError) as error:
            raise PullError("kind", f"the audio cannot be converted: {error}") from None
        yield resampler.flush()


class Source:
    """An open stream of whatever protocol, down to frames of audio."""

    def __init__(self, url: str, opener: Opener, open_s: float, read_s: float) -> None:
        self.damaged = 0
        self.name = ""
        self._opener = opener
        self._open_s, self._read_s = open_s, read_s
        # What libav reads: of HLS the part that was opened last, of RTMP nothing.
        self._body: Body | None = None
        # Why it must not read on; and a part that could not be had, which others may make up for.
        self._failure: Exception | None = None
        self._missed: PullError | None = None
        self._parts = 0
        self._container: InputContainer | None = None
        try:
            self._container, self.recorded = self._open(url)
            self.stream = self._audio(self._container)
        except BaseException:
            self.close()
            raise

    def frames(self) -> Iterator[AudioFrame]:
        """The frames of audio as they come, until the clean end.

        Raises:
            PullError: it broke off, or it cannot be read.
            Stopped: ``stop`` said so.
        """
        for packet in self._packets():
            yield from self._decode(packet)
        yield from self._decode(None)
        self._check()

    def close(self) -> None:
        """Close the connection, and what is open of it."""
        if self._container is not None:
            self._container.close()
            self._container = None
        if self._body is not None:
            self._body.close()

    # Opening

    def _open(self, url: str) -> tuple[InputContainer, bool]:
        """Open what is there, and say whether it is a recording."""
        address = self._opener.address(url)
        scheme = urlsplit(address).scheme
        if scheme in _RTMP_PORTS:
            self.name = scheme
            return self._open_rtmp(address), False
        self._body = body = Body(self._opener, url)
        head = body.peek(HEAD)
        if head.removeprefix(b"\xef\xbb\xbf").startswith(_PLAYLIST):
            self.name = "hls"
            body.limit = MAX_PLAYLIST
            container = self._open_container(url, head, format="hls", io_open=self._open_part)
            return container, container.duration is not None
        container = self._open_container(body, head)
        self.name = container.format.name.partition(",")[0]
        return container, body.size is not None

    def _open_rtmp(self, address: str) -> InputContainer:
        host = host_of(address)
        options = {**_OPTIONS, "rtmp_live": "live", "protocol_whitelist": "rtmp,rtmps,tcp,tls"}
        try:
            return av.open(
                self._opener.reachable(address, _RTMP_PORTS),
                "r",
                options={**options, "rtmp_tcurl": address.rpartition("/")[0]},
                timeout=(self._open_s, self._read_s),
                metadata_errors="replace",
            )
        except av.ExitError:
            self._opener.check()
            raise PullError("timeout", f"{host} sent nothing for {self._read_s:g} s") from None
        except ConnectionRefusedError:
            raise PullError("refused", f"{host} refused the connection") from None
        except PermissionError:
            raise PullError("status", f"{host} has no such stream, or keeps it") from None
        except (av.FFmpegError, OSError) as error:
            self._opener.check()
            what = f"{host} cannot be played from: {_reason(error)}"
            raise PullError("protocol", what) from None

    def _open_container(self, file: Any, head: bytes, **more: Any) -> InputContainer:
        """Open a container whose bytes we get for libav."""
        try:
            opened: InputContainer = av.open(
                file,
                "r",
                options=_OVER_HTTP,
                # Only lists of parts are waited for by libav: they grow by one every few seconds.
                timeout=_STALLED * self._read_s,
                metadata_errors="replace",
                buffer_size=1 << 18,
                **more,
            )
        except (av.FFmpegError, OSError) as error:
            self._check()
            if self._missed is not None:
                raise self._missed from None
            what = foreign(head) or f"no stream of a known kind ({_reason(error)})"
            raise PullError("kind", f"what came is {what}") from None
        return opened

    def _open_part(self, url: str, flags: int, options: Mapping[str, str]) -> Any:
        """Open a list or a part of HLS for libav. It gets nothing of what cannot be had."""
        before = self._body
        assert before is not None
        if before.url == url and self._container is None and not before.tell():
            return before  # the list that was looked into
        self._parts += 1
        self._failure = self._failure or before.failure
        if self._container is None and self._parts > _MOST_OPENED:
            self._failure = PullError("kind", "the list of parts leads to ever more lists")
        if self._failure is not None:
            return io.BytesIO()
        before.close()
        try:
            self._body = body = Body(self._opener, url, int(options.get("offset", 0)))
            if body.peek(len(_PLAYLIST)).startswith(_PLAYLIST):
                body.limit = MAX_PLAYLIST
            return body
        except Stopped as error:
            self._failure = error
        except PullError as error:
            # A part may be missing, but nobody is to lead the mock elsewhere.
            if error.problem == "forbidden":
                self._failure = error
            self._missed = error
            self.damaged += 1
        return io.BytesIO()

    def _audio(self, container: InputContainer) -> AudioStream:
        if self._failure is not None:
            raise self._failure
        stream: AudioStream | None = next(iter(container.streams.audio), None)
        if stream is None:
            self._check()
            raise PullError("no_audio", f"the {self.name} stream has no audio")
        if stream.codec_context is None:
            raise PullError("kind", "the codec of the audio is unknown")
        stream.codec_context.thread_count = 1
        return stream

    # Reading

    def _packets(self) -> Iterator[Packet[Any]]:
        assert self._container is not None
        failures = 0
        while failures < _FAILURES:
            try:
                for packet in self._container.demux(self.stream):
                    if self._failure is not None:
                        break
                    self._opener.check()
                    if packet.size:  # an empty one would tell the decoder that this is the end
                        failures = 0
                        yield packet
                return
            except av.ExitError:
                self._check()
                raise PullError("timeout", f"{self.name} fell silent") from None
            except IndexError:  # a stream that came up on the way, which PyAV does not know
                failures += 1
            except av.InvalidDataError:
                failures += 1
                self.damaged += 1
            except (av.FFmpegError, OSError) as error:
                self._check()
                raise PullError("broken", f"the stream broke off: {_reason(error)}") from None
        self._check()
        raise PullError("broken", "what comes cannot be read any more")

    def _decode(self, packet: Packet[Any] | None) -> list[AudioFrame]:
        try:
            return self.stream.decode(packet)
        except (av.FFmpegError, ValueError):
            self.damaged += packet is not None
            return []

    def _check(self) -> None:
        """Raise what ended the stream, if it was not its end."""
        self._opener.check()
        if self._failure is not None:
            raise self._failure
        if self._body is not None and self._body.failure is not None:
            raise self._body.failure


def _is_sane(frame: AudioFrame) -> bool:
    """Whether a frame is what it can be; damaged ones may say anything."""
    in_range = LOWEST_RATE // 2 <= frame.sample_rate <= HIGHEST_RATE
    return in_range and 0 < frame.layout.nb_channels <= MOST_CHANNELS


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", "") or str(error) or "it cannot be read").lower()
