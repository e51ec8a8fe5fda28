"""WAV files read without PyAV: PCM of 8 to 32 bits, A-law and µ-law."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mock_tingwu.pcm import audioop

from .channels import check_shape
from .errors import DecodeError, MediaUnavailable, RecordingError
from .wav import MAX_HEADER, WavHeader, parse_header

_PCM, _ALAW, _ULAW = 0x0001, 0x0006, 0x0007
_CODECS: Final = {
    (_PCM, 8): "pcm_u8",
    (_PCM, 16): "pcm_s16le",
    (_PCM, 24): "pcm_s24le",
    (_PCM, 32): "pcm_s32le",
    (_ALAW, 8): "pcm_alaw",
    (_ULAW, 8): "pcm_mulaw",
}


class WavFile:
    """A WAV file and what its header says, checked against what the file has.

    Raises on creation:
        MediaUnavailable: it takes PyAV to read this one.
        RecordingError: it is damaged, or it holds no samples.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            head = file.read(MAX_HEADER)
        self.size = path.stat().st_size
        """Bytes of the file."""
        self.header = _header(head)
        self.codec = _codec(self.header)
        """libav's name of the encoding."""
        frame = self.header.channels * self.header.bits // 8
        present = max(0, self.size - self.header.length)
        # Writers that cannot seek back, and files that were cut off, promise too much.
        promised = present if self.header.data_size is None else self.header.data_size
        self._frames = min(present, promised) // frame
        if not self._frames:
            raise RecordingError("unreadable", "the WAV file holds no samples")

    @property
    def duration(self) -> int:
        """Length in ms."""
        return self._frames * 1000 // self.header.sample_rate

    def read(self, sample_rate: int) -> Iterator[bytes]:
        """Read it as interleaved 16-bit samples at ``sample_rate`` Hz, a second at a time."""
        header = self.header
        state: audioop._RatecvState | None = None
        left = self._frames
        frame = header.channels * header.bits // 8
        with self._path.open("rb") as file:
            file.seek(header.length)
            while left:
                block = file.read(min(left, header.sample_rate) * frame)
                block = block[: len(block) // frame * frame]
                if not block:
                    return
                left -= len(block) // frame
                pcm = _to_16_bit(block, header)
                if header.sample_rate != sample_rate:
                    pcm, state = audioop.ratecv(
                        pcm, 2, header.channels, header.sample_rate, sample_rate, state
                    )
                yield pcm


def _header(head: bytes) -> WavHeader:
    try:
        header = parse_header(head)
    except DecodeError as error:
        if "Too large" in error.text:
            raise MediaUnavailable("a WAV file with a long header") from None
        raise RecordingError("unreadable", f"the WAV header is damaged: {error.detail}") from None
    if header is None:
        raise RecordingError("unreadable", "the file ends inside the WAV header")
    return header


def _codec(header: WavHeader) -> str:
    check_shape(header.sample_rate, header.channels)
    codec = _CODECS.get((header.encoding, header.bits))
    if codec is None:
        raise MediaUnavailable(f"a WAV file of {header}")
    return codec


def _to_16_bit(block: bytes, header: WavHeader) -> bytes:
    if header.encoding == _ALAW:
        return audioop.alaw2lin(block, 2)
    if header.encoding == _ULAW:
        return audioop.ulaw2lin(block, 2)
    if header.bits == 8:
        block = audioop.bias(block, 1, 128)
    return block if header.bits == 16 else audioop.lin2lin(block, header.bits // 8, 2)
