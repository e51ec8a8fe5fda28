"""Audio that may have to be sent again: what was pushed and no final sentence covers yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

#: What audio is cut into: 100 ms of PCM with 16 kHz (realtime-ws 2.5).
FRAME_BYTES: Final = 3200

Bytes = bytes | bytearray | memoryview


class Replay:
    """The end of a stream's audio, by position in bytes since its first one.

    At most ``limit`` bytes (and half a sample) are kept once they are written; what is being
    written is kept anyway. With the limit 0 it need not be PCM. Held are the bytes from ``start``
    to ``end``, which is where the stream stands.
    """

    def __init__(self, limit: int) -> None:
        self.start = 0
        self.end = 0
        self._limit = limit
        self._frames: deque[bytes] = deque()
        self._writing = 0
        self._acknowledged = 0

    @property
    def frames(self) -> Sequence[bytes]:
        """What is held, oldest first, as it was pushed."""
        return tuple(self._frames)

    @property
    def lost(self) -> int:
        """So many bytes are neither final nor held any more."""
        return max(0, self.start - self._acknowledged)

    def push(self, frame: bytes) -> None:
        """A frame is about to be written; call `pushed` when that is over."""
        self._frames.append(bytes(frame))
        self.end += len(frame)
        self._writing += 1

    def pushed(self) -> None:
        """What `push` announced is written, or given up."""
        self._writing -= 1
        if not self._writing:
            self._drop(self.end - self._limit)

    def acknowledge(self, position: int) -> None:
        """Everything before ``position`` is final and is not needed again."""
        self._acknowledged = max(self._acknowledged, min(position, self.end))
        self._drop(self._acknowledged)

    def forget(self) -> None:
        """From now on keep only what is being written."""
        self._limit = 0
        if not self._writing:
            self._drop(self.end)

    def _drop(self, position: int) -> None:
        """Forget what lies before ``position``. Of PCM, whole samples of two bytes are kept."""
        if self._limit:
            position = min(position + position % 2, self.end - self.end % 2)
        while self._frames and self.start < position:
            frame = self._frames.popleft()
            over = position - self.start
            if over < len(frame):
                self._frames.appendleft(frame[over:])
            self.start += min(over, len(frame))


def cut(audio: Bytes) -> Iterator[bytes]:
    """The frames in which to push audio, of `FRAME_BYTES` each."""
    whole = memoryview(audio).cast("B")
    for start in range(0, len(whole), FRAME_BYTES):
        yield bytes(whole[start : start + FRAME_BYTES])
