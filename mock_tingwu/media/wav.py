"""WAV: the header at the beginning of a PCM stream, and whole files."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple, NoReturn

from .errors import BAD_CONTAINER, DecodeError

MAX_HEADER = 64 * 1024
"""Bytes before the first sample. The limit itself is assumed; that there is one is not."""

_PCM, _EXTENSIBLE = 0x0001, 0xFFFE
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)  # what writers leave when they cannot seek back


class WavHeader(NamedTuple):
    """What a WAV header says, and where it ends.

    ``length`` is the number of bytes before the first sample; ``data_size`` is in bytes too, None
    when the writer did not know it.
    """

    encoding: int
    channels: int
    sample_rate: int
    bits: int
    length: int
    data_size: int | None

    def is_speech(self) -> bool:
        """Whether the samples are what the cloud asks for: 16-bit mono PCM."""
        return (self.encoding, self.channels, self.bits) == (_PCM, 1, 16)

    def __str__(self) -> str:
        kind = "PCM" if self.encoding == _PCM else f"encoding {self.encoding:#06x}"
        return f"{self.bits}-bit {kind}, {self.channels} channel(s), {self.sample_rate} Hz"


def parse_header(data: bytes | bytearray) -> WavHeader | None:
    """Read the header that ``data`` begins with; None when more bytes are needed to tell.

    Chunks other than ``fmt `` are skipped up to ``data``.

    Raises:
        DecodeError: it is not a WAV header, or it is longer than ``MAX_HEADER``.

    """
    if not (b"RIFF".startswith(data[:4]) and b"WAVE".startswith(data[8:12])):
        _invalid("no RIFF/WAVE signature")
    form: tuple[int, int, int, int] | None = None
    position = 12
    while True:
        if position + 8 > MAX_HEADER:
            _too_large()
        if len(data) < position + 8:
            return None
        name, size = struct.unpack_from("<4sI", data, position)
        position += 8
        if name == b"data":
            if form is None:
                _invalid("no fmt chunk before the data chunk")
            return WavHeader(*form, position, None if size in _UNKNOWN_SIZES else size)
        if not all(0x20 <= letter < 0x7F for letter in name):
            _invalid(f"{name!r} is no chunk name")
        if position + size > MAX_HEADER:
            _too_large()
        if name == b"fmt ":
            if size < 16:
                _invalid(f"a fmt chunk of {size} bytes")
            if len(data) < position + size:
                return None
            form = _parse_format(data[position : position + size])
        position += size + size % 2  # chunks are padded to an even length


def _parse_format(chunk: bytes | bytearray) -> tuple[int, int, int, int]:
    encoding, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if encoding == _EXTENSIBLE and len(chunk) >= 26:
        # The true encoding opens the GUID that the extension ends with.
        (encoding,) = struct.unpack_from("<H", chunk, 24)
    return encoding, channels, sample_rate, bits


def _invalid(detail: str) -> NoReturn:
    raise DecodeError(BAD_CONTAINER, "Invalid wav header!", detail)


def _too_large() -> NoReturn:
    raise DecodeError(BAD_CONTAINER, "Too large wav header!", f"more than {MAX_HEADER} bytes")


def read_wav(path: str | Path) -> tuple[bytes, int]:
    """Read a WAV file: its samples as 16-bit little-endian mono PCM, and its rate in Hz.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not a WAV file of 16-bit mono PCM; the message says what it is.

    """
    content = Path(path).read_bytes()
    try:
        header = parse_header(content)
    except DecodeError as error:
        raise ValueError(f"{path} is not a WAV file: {error.detail}.") from None
    if header is None:
        raise ValueError(f"{path} is not a WAV file: it ends inside the header.")
    if not header.is_speech():
        raise ValueError(f"{path} must be 16-bit mono PCM, but it is {header}.")
    samples = content[header.length :]
    if header.data_size is not None:
        samples = samples[: header.data_size]
    return samples[: len(samples) & ~1], header.sample_rate
