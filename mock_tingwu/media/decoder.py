"""What every decoder looks like, and the choice among them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

from .pcm import PcmDecoder

NOMINAL_BIT_RATES = {
    "opus": 24_000,  # what libopus spends on wideband speech when nothing is asked for
    "speex": 27_800,  # wideband at quality 8, speexenc's default
    "mp3": 128_000,  # the usual default of encoders, and what the cloud itself writes
    "aac": 64_000,  # the usual setting for one channel of speech
    "amr": 12_200,  # the best mode of its narrow band
}
"""Bits per second, for streams whose length cannot be known without decoding them."""


class StreamDecoder(Protocol):
    """Turns the bytes of one pushed stream into 16-bit little-endian mono PCM."""

    @property
    def exact(self) -> bool:
        """False when the stream is not decoded and its length only estimated from its bytes."""

    @property
    def note(self) -> str:
        """What the journal should say about this stream, "" while there is nothing to say.

        It may change with every call of ``feed`` and ``flush``.
        """

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, return the PCM that is complete so far (whole samples, maybe none).

        Raises:
            DecodeError: the bytes are not in the promised format. The decoder is of no use then.

        """

    def flush(self) -> bytes:
        """Return what was held back. To be called once, at the end of the stream.

        Raises:
            DecodeError: as ``feed`` does.

        """


class EstimatingDecoder:
    """Stands in for a decoder that is not installed: no PCM, only a guess at the length.

    Audio is never invented. Who needs a time base reads ``estimated_ms``.
    """

    exact = False

    def __init__(self, format: str) -> None:
        self._bit_rate = NOMINAL_BIT_RATES[format]
        self._received = 0
        self.note = (
            f"PyAV is not installed, so the {format} stream is not decoded; its length is estimated"
            f" at {self._bit_rate / 1000:g} kb/s. To hear it: pip install 'mock-tingwu[media]'."
        )

    @property
    def estimated_ms(self) -> int:
        """Length of the stream so far in ms, at the format's nominal bit rate."""
        return self._received * 8 * 1000 // self._bit_rate

    def feed(self, data: bytes) -> bytes:
        self._received += len(data)
        return b""

    def flush(self) -> bytes:
        return b""


def pyav_available() -> bool:
    """Whether PyAV (the extra ``media``) is installed. It is not imported to find out."""
    return find_spec("av") is not None


def open_decoder(format: str, sample_rate: int, *, pyav: bool | None = None) -> StreamDecoder:
    """Open a decoder for a stream pushed in ``format``, with PCM at ``sample_rate`` Hz as result.

    ``format`` is one of pcm, opus, speex (both Ogg-packed), mp3, aac (ADTS), as in
    ``Input.Format`` of CreateTask (realtime-ws 5), or amr. ``pyav`` tells whether PyAV may be used;
    None stands for "if it is installed". Without it, the compressed formats get an
    ``EstimatingDecoder``.

    Raises:
        ValueError: the format is unknown.
        ImportError: ``pyav`` is True and PyAV is not installed.

    """
    if format == "pcm":
        return PcmDecoder(sample_rate)
    if format not in NOMINAL_BIT_RATES:
        raise ValueError(f"{format!r} is not one of pcm, {', '.join(NOMINAL_BIT_RATES)}.")
    if not (pyav_available() if pyav is None else pyav):
        return EstimatingDecoder(format)

    if format == "amr":
        from .amr import AmrDecoder

        return AmrDecoder(sample_rate)
    from .compressed import FramedDecoder, OggDecoder

    if format in ("opus", "speex"):
        return OggDecoder(format, sample_rate)
    return FramedDecoder(format, sample_rate)
