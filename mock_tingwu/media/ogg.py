"""Ogg pages, sans-I/O (RFC 3533): bytes in, packets out.

Only what a pushed stream needs: one logical stream at a time, no search for the next page after
damage.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from .errors import undecodable

MAX_PACKET = 1024 * 1024
"""Bytes of one packet; far beyond audio, room for a picture in the comment header."""

_HEADER = struct.Struct("<4sBBqIIIB")
_CONTINUED, _FIRST = 0x01, 0x02
_CRC = slice(22, 26)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class OggPage(NamedTuple):
    """The packets that end on a page; ``first`` marks the page a logical stream begins with."""

    first: bool
    packets: list[bytes]


def checksum(page: bytes) -> int:
    """Compute the CRC of a page whose CRC field is zero.

    Ogg and zlib use the same polynomial, but Ogg shifts the other way and starts from 0. So zlib
    gets every byte mirrored, and its answer is mirrored back.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


class OggDemuxer:
    """Cut a byte stream into pages and pages into packets.

    A page that begins a logical stream is followed from then on (a client that reconnects may
    begin a new one); pages of other streams are ignored.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._packet = bytearray()  # begun on an earlier page, not ended yet
        self._serial: int | None = None

    def feed(self, data: bytes) -> list[OggPage]:
        """Return the pages that ``data`` completes.

        Raises:
            DecodeError: the bytes are not Ogg, a page is damaged, or a packet is too long.

        """
        self._buffer += data
        pages = []
        while size := self._page_size():
            page = self._parse(self._buffer[:size])
            del self._buffer[:size]
            if page is not None:
                pages.append(page)
        return pages

    def _page_size(self) -> int:
        """Return the size of the page in front of the buffer, 0 when it is not complete."""
        buffer = self._buffer
        if len(buffer) < 4:
            return 0
        if not buffer.startswith(b"OggS"):
            raise undecodable(f"no Ogg page, but {bytes(buffer[:4])!r}")
        if len(buffer) < _HEADER.size or len(buffer) < _HEADER.size + buffer[26]:
            return 0
        body = _HEADER.size + buffer[26]
        size = body + sum(buffer[_HEADER.size : body])
        return size if len(buffer) >= size else 0

    def _parse(self, page: bytearray) -> OggPage | None:
        _, version, flags, _, serial, number, crc, segments = _HEADER.unpack_from(page)
        page[_CRC] = bytes(4)
        if version != 0 or checksum(bytes(page)) != crc:
            raise undecodable(f"Ogg page {number} is damaged")
        first = bool(flags & _FIRST)
        if first:
            self._serial = serial
        if self._serial is None:
            raise undecodable("the first Ogg page does not begin a stream")
        if serial != self._serial:
            return None
        if not flags & _CONTINUED:
            self._packet.clear()
        position = _HEADER.size + segments
        packets = []
        for lacing in page[_HEADER.size : position]:
            self._packet += page[position : position + lacing]
            position += lacing
            if lacing < 255:
                packets.append(bytes(self._packet))
                self._packet.clear()
        if len(self._packet) > MAX_PACKET:
            raise undecodable(f"an Ogg packet of more than {MAX_PACKET} bytes")
        return OggPage(first, packets)
