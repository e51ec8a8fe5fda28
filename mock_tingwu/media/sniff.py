"""What a file is, by its first bytes: enough to tell media from all the rest.

libav is asked only about files that may be media: some of its demuxers take text, playlists and
pictures for something to be played, or open what a file names.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

HEAD: Final = 4096
"""Bytes from the beginning of a file that are looked at."""

MEDIA_SUFFIXES: Final = frozenset(
    {
        *("mp3", "wav", "m4a", "wma", "aac", "ogg", "amr", "flac", "aiff"),
        *("mp4", "wmv", "m4v", "flv", "rmvb", "dat", "mov", "mkv", "webm", "avi", "mpeg", "3gp"),
    }
)
"""File names that the cloud takes (tingwu-openapi 2.1)."""

_PICTURE_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})
_FOREIGN: Final[tuple[tuple[bytes, str], ...]] = (
    (rb"%PDF-", "a PDF document"),
    (rb"PK(\x03\x04|\x05\x06)", "a ZIP archive"),
    (rb"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (rb"\xff\xd8\xff", "a JPEG picture"),
    (rb"GIF8[79]a", "a GIF picture"),
    (rb"RIFF....WEBP", "a WebP picture"),
    (rb"BM....\0\0\0\0", "a BMP picture"),
    (rb"II\*\0|MM\0\*", "a TIFF picture"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (rb"7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f\x8b\x08|BZh[1-9]|\xfd7zXZ\0", "an archive"),
    (rb"\x7fELF|MZ.{62}", "a program"),
    (rb"MThd\0\0\0\x06", "a MIDI file"),
    (rb"SQLite format 3\0", "a database"),
)
_MEDIA: Final = (
    rb"RIFF....(WAVE|AVI |CDXA)",
    rb"FORM....AIF[FC]",
    rb"....(ftyp|moov|mdat|free|skip|wide|pnot)",
    rb"ID3[\x02-\x04]",
    rb"OggS",
    rb"fLaC",
    rb"#!AMR",
    rb"FLV\x01",
    rb"\x1a\x45\xdf\xa3",  # Matroska and WebM
    rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, that is WMA and WMV
    rb"\.RMF|\.ra\xfd",
    rb"\0\0\x01[\xba\xb3]",  # MPEG program stream, MPEG video
    rb"\xff[\xe2-\xff]",  # a frame of MPEG audio or of AAC
)
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_PLAYLIST: Final = re.compile(rb"\s*(#EXTM3U|ffconcat|\[playlist\]|<asx|<smil|file ')", re.I)
_HTML: Final = re.compile(rb"\s*<(!doctype html|html|head|body)\b", re.I)
_BOMS: Final = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def foreign(head: bytes) -> str | None:
    """Say what a file is that is certainly no recording, such as "a PDF document"; else None."""
    for pattern, name in _FOREIGN:
        if re.match(pattern, head, re.S):
            return name
    if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
        return "a HEIF picture"
    return _text(head)


def is_media(head: bytes) -> bool:
    """Whether a file begins like a container of the documented list."""
    return any(re.match(pattern, head, re.S) for pattern in _MEDIA)


def suffix(name: str) -> str:
    """The suffix of a file name, in lower case and without its dot."""
    return PurePosixPath(name).suffix[1:].lower()


def _text(head: bytes) -> str | None:
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            head = head[len(bom) :].decode(encoding, "ignore").encode()
            break
    if _PLAYLIST.match(head):
        return "a playlist"
    if _HTML.match(head):
        return "an HTML page"
    return None if not head or _CONTROLS.search(head) else "text"
