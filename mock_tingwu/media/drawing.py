"""Slides of imagined videos, drawn with what Python brings along."""

from __future__ import annotations

import struct
import textwrap
import zlib
from typing import Final

from .font import GLYPHS, HEIGHT, WIDTH

Colour = tuple[int, int, int]

_BACKGROUNDS: Final[tuple[Colour, ...]] = (
    (24, 54, 92),
    (176, 196, 210),
    (92, 38, 60),
    (222, 214, 186),
    (30, 84, 70),
    (198, 176, 206),
)
"""By number: neighbours are dark and light in turn, so that nobody takes them for one slide."""

_INKS: Final[tuple[Colour, ...]] = ((245, 245, 240), (28, 30, 36))
_TITLE_LINES: Final = 4


def draw_slide(title: str, number: int, size: tuple[int, int] = (640, 360)) -> bytes:
    """Draw a slide with a title and its number, as PNG of ``size`` (width, height) in pixels.

    Characters beyond ASCII are left out, as there are no letters for them; the number tells the
    slides apart. The same arguments make the same bytes.
    """
    canvas = _Canvas(*size)
    scale = max(1, size[0] // 160)
    margin = 6 * scale
    fitting = max(1, (size[0] - 2 * margin) // (scale * (WIDTH + 1)))
    words = "".join(letter for letter in title if letter in GLYPHS or letter.isspace())
    for line, text in enumerate(textwrap.wrap(words.strip(), fitting)[:_TITLE_LINES]):
        canvas.write(text, margin, margin + line * scale * (HEIGHT + 3), scale)
    figure, large = str(number), scale * 3
    canvas.write(
        figure,
        size[0] - margin - len(figure) * large * (WIDTH + 1),
        size[1] - margin - large * HEIGHT,
        large,
    )
    shade = number % len(_BACKGROUNDS)
    return canvas.png(_BACKGROUNDS[shade], _INKS[shade % 2])


class _Canvas:
    """A picture of two colours; what does not fit is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._rows = [bytearray(width) for _ in range(height)]  # 1 is ink

    def write(self, text: str, left: int, top: int, scale: int) -> None:
        for place, letter in enumerate(text):
            for line, dots in enumerate(GLYPHS.get(letter, ())):
                for column, dot in enumerate(dots):
                    if dot == "#":
                        x = left + (place * (WIDTH + 1) + column) * scale
                        self._fill(x, top + line * scale, scale)

    def png(self, background: Colour, ink: Colour) -> bytes:
        """Encode it with one byte per pixel and a palette of the two colours."""
        # Every row begins with the number of its filter, here none.
        pixels = b"".join(b"\0" + row for row in self._rows)
        header = struct.pack(">IIBBBBB", self._width, self._height, 8, 3, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            (
                _chunk(b"IHDR", header),
                _chunk(b"PLTE", bytes((*background, *ink))),
                _chunk(b"IDAT", zlib.compress(pixels, 9)),
                _chunk(b"IEND", b""),
            )
        )

    def _fill(self, x: int, y: int, side: int) -> None:
        first, last = max(0, x), min(x + side, self._width)
        for row in self._rows[max(0, y) : max(0, y + side)]:
            row[first:last] = b"\1" * max(0, last - first)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
