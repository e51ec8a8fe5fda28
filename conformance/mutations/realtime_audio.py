"""Mutants that do not hear what they should, or something else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu import media
from mock_tingwu.conformance.mutants import events, mutant, patched
from mock_tingwu.core import errors
from mock_tingwu.core.recognizer import Heard, ScriptedRecognizer
from mock_tingwu.core.stream import AudioStream
from mock_tingwu.media.errors import DecodeError
from mock_tingwu.media.pcm import PcmDecoder
from mock_tingwu.services.pushing import PushingConnection
from mock_tingwu.services.realtime import PusherConnection

AREA = "RT-AUDIO"


def feeding(change: Any) -> AbstractContextManager[None]:
    """Do something else with audio than to hear it: gets stream, audio and what hears it."""
    feed = AudioStream.feed

    def mutated(self: AudioStream, pcm: bytes) -> Sequence[Heard]:
        heard: Sequence[Heard] = change(self, pcm, feed)
        return heard

    return patched(AudioStream, "feed", mutated)


@mutant(
    "no sentence is ever told",
    area=AREA,
    caught_by=["RT-AUDIO-001", "RT-AUDIO-016", "RT-ORDER-001", "RT-EVENT-015"],
)
def no_sentences() -> AbstractContextManager[None]:
    return events(lambda event: [] if event["header"]["name"] == "SentenceEnd" else [event])


@mutant(
    "messages that are not of 100 ms are dropped",
    area=AREA,
    caught_by=["RT-AUDIO-002", "RT-AUDIO-003", "RT-AUDIO-004"],
)
def odd_sizes_dropped() -> AbstractContextManager[None]:
    push = PushingConnection._push

    def mutated(self: PushingConnection, frame: bytes) -> None:
        if len(frame) == 3200:
            push(self, frame)

    return patched(PushingConnection, "_push", mutated)


@mutant(
    "messages of 3200 bytes are taken for a file and refused",
    area=AREA,
    caught_by=["RT-AUDIO-001"],
)
def usual_sizes_dropped() -> AbstractContextManager[None]:
    push = PushingConnection._push

    def mutated(self: PushingConnection, frame: bytes) -> None:
        if len(frame) < 3200:
            push(self, frame)

    return patched(PushingConnection, "_push", mutated)


@mutant(
    "silence, tones and noise are heard as speech",
    area=AREA,
    caught_by=["RT-AUDIO-010", "RT-AUDIO-013", "RT-AUDIO-023"],
)
def silence_speaks() -> AbstractContextManager[None]:
    return feeding(lambda self, pcm, feed: self.imagine(len(pcm) * 1000 // 32000))


@mutant(
    "a stream in which nothing was said fails",
    area=AREA,
    caught_by=["RT-AUDIO-011", "RT-AUDIO-012", "RT-ERROR-004"],
)
def silence_fails() -> AbstractContextManager[None]:
    stopped = PusherConnection._stopped

    def mutated(self: PusherConnection) -> None:
        if self._joined.meeting.sentences:
            stopped(self)
        else:
            self._fail(errors.NO_VALID_AUDIO)
            self._flush()

    return patched(PusherConnection, "_stopped", mutated)


@mutant("silence does not count as time", area=AREA, caught_by=["RT-AUDIO-014", "RT-AUDIO-023"])
def silence_is_skipped() -> AbstractContextManager[None]:
    return feeding(lambda self, pcm, feed: feed(self, pcm) if any(pcm) else ())


@mutant("the time on the wall counts", area=AREA, caught_by=["RT-AUDIO-015"])
def wall_clock() -> AbstractContextManager[None]:
    listen = PushingConnection._listen

    def mutated(self: PushingConnection, pcm: bytes) -> None:
        now = self._scope.clock.now()
        gap = now - getattr(self, "last_audio", now)
        self.last_audio = now  # type: ignore[attr-defined]
        listen(self, bytes(32 * gap) + pcm)

    return patched(PushingConnection, "_listen", mutated)


def with_rate(rate: int) -> AbstractContextManager[None]:
    """Hear everything at one sample rate."""
    init = ScriptedRecognizer.__init__

    def mutated(self: Any, playlist: Any, sample_rate: int, *, speakers: int = 0) -> None:
        init(self, playlist, rate, speakers=speakers)

    return patched(ScriptedRecognizer, "__init__", mutated)


@mutant("audio at 8000 Hz is heard at 16000", area=AREA, caught_by=["RT-AUDIO-017"])
def always_16000() -> AbstractContextManager[None]:
    return with_rate(16_000)


@mutant("audio at 16000 Hz is heard at 8000", area=AREA, caught_by=["RT-AUDIO-016"])
def always_8000() -> AbstractContextManager[None]:
    return with_rate(8_000)


def decoding(change: Any) -> AbstractContextManager[None]:
    """Open another decoder: gets format and rate and what opens the right one."""
    opened = media.open_decoder

    def mutated(format: str, sample_rate: int, **named: Any) -> Any:
        return change(format, sample_rate, lambda: opened(format, sample_rate, **named))

    return patched(media, "open_decoder", mutated)


class Deaf:
    """A decoder that finds a stream to be nothing that it knows."""

    exact = True
    note = ""

    def feed(self, data: bytes) -> bytes:
        raise DecodeError(errors.DECODE_ERROR.status, "a mutant does not decode it")

    def flush(self) -> bytes:
        return b""


@mutant(
    "streams can be in pcm only",
    area=AREA,
    caught_by=["RT-AUDIO-018", "RT-AUDIO-019", "RT-AUDIO-020", "RT-AUDIO-021"],
)
def pcm_only() -> AbstractContextManager[None]:
    return decoding(lambda format, rate, right: right() if format == "pcm" else Deaf())


@mutant(
    "compressed streams are taken for pcm",
    area=AREA,
    caught_by=["RT-AUDIO-018", "RT-AUDIO-019", "RT-AUDIO-020", "RT-AUDIO-021"],
)
def everything_is_pcm() -> AbstractContextManager[None]:
    return decoding(lambda format, rate, right: PcmDecoder(rate))


@mutant(
    "a WAV header in a stream of pcm fails it",
    area=AREA,
    caught_by=["RT-AUDIO-022", "RT-AUDIO-023"],
)
def wav_refused() -> AbstractContextManager[None]:
    feed = PcmDecoder.feed

    def mutated(self: PcmDecoder, data: bytes) -> bytes:
        if data.startswith(b"RIFF"):
            raise DecodeError(errors.CONTAINER_ERROR.status, "Invalid wav header!")
        return feed(self, data)

    return patched(PcmDecoder, "feed", mutated)
