"""WebSocket frames by hand (RFC 6455, section 5.2), independent of any library."""

from __future__ import annotations

from dataclasses import dataclass

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = bytes.fromhex("91a9211c")


def mask(payload: bytes, key: bytes = MASK) -> bytes:
    whole = key * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(whole[: len(payload)], "big")
    return number.to_bytes(len(payload), "big")


def head(opcode: int, length: int, *, fin: bool = True, masked: bool = True, rsv: int = 0) -> bytes:
    """The first bytes of a frame, up to and without the masking key."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if masked else 0
    if length < 126:
        return bytes([first, bit | length])
    if length < 1 << 16:
        return bytes([first, bit | 126]) + length.to_bytes(2, "big")
    return bytes([first, bit | 127]) + length.to_bytes(8, "big")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True) -> bytes:
    """A client's frame."""
    start = head(opcode, len(payload), fin=fin, masked=masked)
    return start + MASK + mask(payload) if masked else start + payload


def close(code: int | None = None, reason: str = "") -> bytes:
    body = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
    return frame(CLOSE, body)


@dataclass(frozen=True)
class Received:
    """A server's frame as it was on the wire."""

    first: int
    second: int
    payload: bytes

    @property
    def opcode(self) -> int:
        return self.first & 0x0F

    @property
    def fin(self) -> bool:
        return bool(self.first & 0x80)

    @property
    def rsv(self) -> int:
        return self.first >> 4 & 0b111

    @property
    def masked(self) -> bool:
        return bool(self.second & 0x80)

    @property
    def close_code(self) -> int:
        """The code of a CLOSE; AssertionError when there is none."""
        assert self.opcode == CLOSE
        assert len(self.payload) >= 2, "a CLOSE without a code"
        return int.from_bytes(self.payload[:2], "big")
