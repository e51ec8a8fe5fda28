"""What there is to see in a video: its slides, a thumbnail, an MP4; and slides of our own.

All of it needs PyAV except ``draw_slide``: without PyAV the others raise `MediaUnavailable`. A
file without a video, or with one that cannot be decoded, raises `RecordingError` (``codec``).
Pictures are as they were stored: a mark that says to turn them is not followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .decoder import pyav_available
from .drawing import draw_slide
from .errors import MediaUnavailable, Stop, never

__all__ = ["KeyFrame", "convert_mp4", "draw_slide", "key_frames", "thumbnail", "video_of_slides"]

MOST_SLIDES: Final = 100


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A slide of a video: shown from ``start`` to ``end`` (ms), pictured in the JPEG ``path``."""

    start: int
    end: int
    path: Path


def key_frames(
    path: Path, folder: Path, *, most: int = MOST_SLIDES, stop: Stop = never
) -> list[KeyFrame]:
    """Find the slides of a video and write them to ``folder`` as slide-001.jpg and so on.

    A new slide begins where the picture differs clearly from the last slide's and then stays for a
    second at least; fades, pointers and compression noise begin none. The spans cover the video
    without gaps. A video that never changes, or never stands still, has one slide. Of more than
    ``most`` slides (at least 2), those shown for the shortest time are counted to the one before.
    Pictures are at most 1280 pixels wide.

    Of a video of more than 36000 frames, which is 20 minutes at 30 per second, only key frames are
    looked at where the file has enough of them: a slide must then be seen in two.

    Raises:
        Stopped: ``stop`` said so.

    """
    _need_pyav()
    from .frames import find_slides

    return [KeyFrame(*found) for found in find_slides(path, folder, most, stop)]


def thumbnail(path: Path, target: Path, *, stop: Stop = never) -> None:
    """Write an early picture of a video as PNG, at most 640 pixels wide.

    It is the first of the first seconds that shows about as much as any of them: a black lead-in
    is passed over.

    Raises:
        Stopped: ``stop`` said so.

    """
    _need_pyav()
    from .frames import write_thumbnail

    write_thumbnail(path, target, stop)


def convert_mp4(path: Path, target: Path, *, stop: Stop = never) -> None:
    """Write a video as MP4 with H.264 and AAC that a browser can play while it loads.

    Streams that have these codecs already are copied where the container allows it. Pictures that
    are encoded anew become at most 1920 pixels wide and high. A recording without audio becomes an
    MP4 without audio.

    Raises:
        Stopped: ``stop`` said so.

    """
    _need_pyav()
    from .mp4 import convert

    convert(path, target, stop)


def video_of_slides(
    slides: Sequence[tuple[int, bytes]], pcm: Iterable[bytes], sample_rate: int, target: Path
) -> None:
    """Write an MP4 that shows slides while audio plays; it is as long as the audio.

    ``slides`` are (start, PNG), the starts in ms and rising; the first is shown from the beginning
    and gives the video its size. ``pcm`` is 16-bit mono at ``sample_rate`` Hz, in chunks of any
    size.

    Raises:
        ValueError: there are no slides.
        RecordingError: the file cannot be made, for one as the sample rate suits no AAC.

    """
    _need_pyav()
    from .mp4 import show_slides

    show_slides(slides, pcm, sample_rate, target)


def _need_pyav() -> None:
    if not pyav_available():
        raise MediaUnavailable("a video")
