"""AMR as files have it, decoded by PyAV, without which this is not importable."""

from __future__ import annotations

from typing import Final

from .compressed import FramedDecoder
from .errors import undecodable

#: libav's decoders by the line that a stream begins with (RFC 4867).
_KINDS: Final = {b"#!AMR": "amrnb", b"#!AMR-WB": "amrwb"}
_LONGEST: Final = max(map(len, _KINDS))


class AmrDecoder:
    """AMR, narrow or wide: a line that says which of the two it is, then frames."""

    exact = True

    def __init__(self, sample_rate: int) -> None:
        self.note = ""
        self._sample_rate = sample_rate
        self._head = b""
        self._frames: FramedDecoder | None = None

    def feed(self, data: bytes) -> bytes:
        if self._frames is None:
            self._head += data
            line, ends, frames = self._head.partition(b"\n")
            if not ends and len(line) <= _LONGEST:
                return b""
            if line not in _KINDS:
                raise undecodable("the stream does not begin with #!AMR")
            self._frames = FramedDecoder(_KINDS[line], self._sample_rate)
            data, self._head = frames, b""
        pcm = self._frames.feed(data)
        self.note = self._frames.note
        return pcm

    def flush(self) -> bytes:
        return b"" if self._frames is None else self._frames.flush()
