"""Format ``pcm``: nothing to decode, only a WAV header to strip (realtime-ws 5)."""

from __future__ import annotations

from .errors import BAD_CONTAINER, DecodeError
from .wav import parse_header


class PcmDecoder:
    """Pass 16-bit PCM through, frame by frame.

    A WAV header at the very beginning is stripped, wherever the frames cut it. Its data size is
    not looked at: streaming writers leave nonsense there. Whatever the header says, the bytes after
    it are taken as the task's format; a contradiction is put into ``note``.
    """

    exact = True

    def __init__(self, sample_rate: int) -> None:
        self.note = ""
        self._sample_rate = sample_rate
        self._header: bytearray | None = bytearray()  # None once the first sample was seen
        self._odd = b""  # half a sample, whose other half the next frame brings
        self._aligned = False  # True when neither of the two has anything to say

    def feed(self, data: bytes) -> bytes:
        # Thousands of frames per second and core come this way, nearly all of them whole samples.
        if self._aligned and not len(data) % 2:
            return data
        return self._realign(data)

    def flush(self) -> bytes:
        pcm = b""
        if self._header is not None:
            if len(self._header) >= 4:
                raise DecodeError(BAD_CONTAINER, "Invalid wav header!", "the stream ends inside it")
            pcm = self._pass(bytes(self._header))
            self._header = None
        if self._odd:
            self.note = f"{self.note} The stream ended in the middle of a sample.".strip()
        return pcm

    def _realign(self, data: bytes) -> bytes:
        if self._header is not None:
            self._header += data
            if b"RIFF".startswith(self._header[:4]):
                return self._strip()
            data, self._header = bytes(self._header), None
        return self._pass(data)

    def _strip(self) -> bytes:
        assert self._header is not None
        if len(self._header) < 4:
            return b""
        header = parse_header(self._header)
        if header is None:
            return b""
        samples, self._header = bytes(self._header[header.length :]), None
        if not header.is_speech() or header.sample_rate != self._sample_rate:
            self.note = (
                f"The WAV header says {header}, the task 16-bit PCM, 1 channel, "
                f"{self._sample_rate} Hz: the samples were taken as the task says."
            )
        return self._pass(samples)

    def _pass(self, data: bytes) -> bytes:
        if self._odd:
            data = self._odd + data
        whole = len(data) & ~1
        self._odd = data[whole:]
        self._aligned = not self._odd
        return data[:whole]
