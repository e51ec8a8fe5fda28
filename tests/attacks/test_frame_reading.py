"""Audio is read by a shorter way than all else: nobody is to notice it."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Protocol
from websockets.server import ServerProtocol

from mock_tingwu.server.frames import MAX_MESSAGE_BYTES, Core
from tests.attacks.stage import examples
from tests.wire.helpers.frames import BINARY, CLOSE, CONT, MASK, PING, TEXT, frame, head

#: Around where a length is written in another way.
SIZES: Final = st.sampled_from([0, 1, 125, 126, 127, 3_200, 65_535, 65_536])


def payload(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


AUDIO: Final = st.builds(lambda size: frame(BINARY, payload(size)), SIZES)
#: What is between audio: parts of messages, control frames, and what is against the protocol.
OTHERS: Final = st.one_of(
    st.builds(
        lambda opcode, size, fin: frame(opcode, payload(size), fin=fin),
        st.sampled_from([TEXT, BINARY, CONT]),
        SIZES,
        st.booleans(),
    ),
    st.sampled_from(
        [
            frame(PING, b"ping"),
            frame(CLOSE),
            frame(BINARY, payload(126), masked=False),
            head(BINARY, 126, rsv=4) + MASK + payload(126),
            head(3, 126) + MASK + payload(126),
            # A length of 16 bits that has no need of them, and one that is too long.
            b"\x82\xfe\x00\x03" + MASK + payload(3),
            head(BINARY, MAX_MESSAGE_BYTES + 1) + MASK,
            frame(BINARY, payload(3_200))[:100],
        ]
    ),
)
SENT: Final = st.lists(st.one_of(AUDIO, AUDIO, OTHERS), max_size=12)


def read_by_the_core(data: bytes) -> tuple[list[tuple[Opcode, bool, bytes]], object]:
    """Data frames and what comes of all of it, as the core of websockets has them."""
    core = ServerProtocol(max_size=MAX_MESSAGE_BYTES, state=OPEN)
    core.receive_data(data)
    return [_shown(event) for event in core.events_received()], _end(core)


def read(pieces: list[bytes]) -> tuple[list[tuple[Opcode, bool, bytes]], object]:
    core = Core(OPEN)
    found = [_shown(event) for piece in pieces for event in core.received(piece)]
    return found, _end(core)


def _shown(event: object) -> tuple[Opcode, bool, bytes]:
    if isinstance(event, bytes):
        return Opcode.BINARY, True, event
    assert isinstance(event, Frame)
    return event.opcode, event.fin, bytes(event.data)


def _end(core: Protocol) -> object:
    # An empty CLOSE is answered in another way, which has tests of its own.
    sent = [data for data in core.data_to_send() if data[:1] != b"\x88"]
    return core.state, core.close_rcvd, core.close_sent and core.close_sent.code, sent


@examples(300)
@given(SENT, st.lists(st.integers(0, 400_000), max_size=6))
def test_whatever_comes_in_whatever_pieces_is_read_alike(sent: list[bytes], at: list[int]) -> None:
    data = b"".join(sent)
    cuts = sorted(cut % (len(data) + 1) for cut in at)
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert read(pieces) == read_by_the_core(data)


def test_audio_takes_the_shorter_way() -> None:
    core = Core(OPEN)
    one, rest = frame(BINARY, payload(3_200)), frame(TEXT, b"{}")
    reads = one + one + rest, one + one[:7], one[7:] + one
    found = [type(event) for read in reads for event in core.received(read)]
    assert found == [bytes, bytes, Frame, bytes, bytes, bytes]
