"""WebSocket frames: the sans-I/O core of `websockets`, and a shorter way for audio."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator
from typing import Final

from websockets.frames import Close, Frame, Opcode
from websockets.protocol import CONNECTING, OPEN, Event, State
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

try:
    from websockets.speedups import apply_mask
except ImportError:  # there is no wheel for this machine
    from websockets.utils import apply_mask

#: The largest message that a client may send, in bytes. A client that pushes a whole recording in
#: one message gets through; nothing bigger does.
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024

#: The debug log of websockets has addresses and keys in it: it is not written unless this logger is
#: told to by its own name.
_WIRE = logging.getLogger(__name__)
_WIRE.setLevel(logging.INFO)

#: How a frame of audio begins: FIN and BINARY, masked, a length of 16 bits. Length and masking key
#: follow (RFC 6455 section 5.2).
_AUDIO: Final = b"\x82\xfe"
_HEAD_BYTES: Final = 8
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class _Reader(StreamReader):
    """Knows whether the parser of the core waits for the first byte of a frame."""

    between_frames = False

    def at_eof(self) -> Generator[None, None, bool]:
        self.between_frames = True
        ended = yield from super().at_eof()
        self.between_frames = False
        return ended


class Core(ServerProtocol):
    """The server's side of a connection; OPEN is one whose handshake is done already.

    Every CLOSE carries a code. A browser's close() sends an empty one, which would be echoed; the
    C++ SDK cannot read a CLOSE without a code (realtime-ws 4).
    """

    def __init__(self, state: State = CONNECTING) -> None:
        super().__init__(max_size=MAX_MESSAGE_BYTES, logger=_WIRE, state=state)
        self.reader: _Reader = _Reader()
        self.parser = self.parse()
        next(self.parser)
        # What has come of a frame of audio.
        self._begun = b""
        # Whether the client is in the midst of a message of several frames.
        self._fragmented = False

    def send_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE and not frame.data:
            frame = Frame(Opcode.CLOSE, Close(1000, "").serialize())
        super().send_frame(frame)

    def received(self, data: bytes) -> Iterator[Event | bytes]:
        """Take what has come. A frame of audio comes out as its payload, all else as the core's
        event.

        Nearly all that a meeting sends is audio, in frames that nothing can be wrong with: to read
        these takes a quarter of the time here.
        """
        if self._begun:
            data, self._begun = self._begun + data, b""
        at, end = 0, len(data)
        while at < end:
            if (
                self.reader.between_frames
                and self.state is OPEN
                and not self._fragmented
                and data.startswith(_AUDIO, at)
            ):
                begin = at + _HEAD_BYTES
                stop = begin + int.from_bytes(data[at + 2 : at + 4])
                if stop > end:
                    self._begun = data[at:]
                    return
                yield apply_mask(data[begin:stop], data[begin - 4 : begin])
                at = stop
            else:
                self.receive_data(data[at:])
                at = end
                for event in self.events_received():
                    if isinstance(event, Frame) and event.opcode in _DATA:
                        self._fragmented = not event.fin
                    yield event
