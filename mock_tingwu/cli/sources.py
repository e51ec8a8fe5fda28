"""What is pushed: a file, samples from stdin, or the microphone."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mock_tingwu.cli.audio import PIECE_MS, Converter, Piece, from_file

STDIN: Final = "-"
MICROPHONE: Final = "mic"

#: How much is read from stdin at a time, in bytes: a second of 16 kHz.
_BLOCK: Final = 32_000
#: What files of other kinds begin with: RIFF (WAV), Ogg, MP3 with tags, FLAC, Matroska.
_HEADERS: Final = (b"RIFF", b"OggS", b"ID3", b"fLaC", b"\x1aE\xdf\xa3")
#: So many blocks may wait to be pushed before stdin is left to fill up.
_MOST_WAITING: Final = 16


@dataclass(frozen=True, slots=True)
class Incoming:
    """Audio to push. ``duration`` is in ms, None when only the end will tell."""

    pieces: AsyncIterator[Piece]
    duration: int | None


def open_source(what: str, *, audio_format: str, sample_rate: int) -> Incoming:
    """The audio of a file, of stdin (``-``: 16-bit mono samples) or of the microphone (``mic``).

    Raises:
        ValueError, ImportError, OSError: it cannot be had; the message says why.
    """
    if what not in (STDIN, MICROPHONE):
        source = from_file(Path(what), audio_format=audio_format, sample_rate=sample_rate)
        return Incoming(one_by_one(source.pieces), source.duration)
    converter = Converter(audio_format, sample_rate)
    if what == MICROPHONE:
        blocks = _microphone(_sounddevice(sample_rate), sample_rate)
    elif sys.stdin is None or sys.stdin.isatty():
        there = "closed" if sys.stdin is None else "a terminal"
        raise ValueError(f"stdin is {there}, expected 16-bit mono samples from a pipe or file")
    else:
        blocks = _stdin()
    return Incoming(_converted(blocks, converter), None)


async def one_by_one(pieces: Iterator[Piece]) -> AsyncIterator[Piece]:
    """Pieces that nobody has to be waited for."""
    for piece in pieces:
        yield piece


async def _converted(blocks: AsyncIterator[bytes], converter: Converter) -> AsyncIterator[Piece]:
    async for block in blocks:
        for piece in converter.feed(block):
            yield piece
    for piece in converter.finish():
        yield piece


async def _stdin() -> AsyncIterator[bytes]:
    """What comes in there, until its end. Nobody has to be waited for: it may never come.

    Raises:
        OSError: it cannot be read.
    """
    room = threading.Semaphore(_MOST_WAITING)
    file = sys.stdin.fileno()
    problems: list[OSError] = []
    take, queue = _queue()

    def read() -> None:
        # Not through sys.stdin: its lock would keep the program from ending.
        try:
            while block := os.read(file, _BLOCK):
                take(block)
                room.acquire()
        except OSError as error:
            problems.append(OSError(f"stdin cannot be read: {error.strerror}"))
        take(b"")

    threading.Thread(target=read, name="stdin", daemon=True).start()
    first = True
    while block := await queue.get():
        room.release()
        if first and block.startswith(_HEADERS):
            raise ValueError("stdin is a whole file, expected bare 16-bit mono samples: name it")
        first = False
        yield block
    if problems:
        raise problems[0]


async def _microphone(sounddevice: Any, sample_rate: int) -> AsyncIterator[bytes]:
    take, queue = _queue()

    def heard(samples: Any, frames: int, time: object, status: object) -> None:
        take(bytes(samples))

    try:
        microphone = sounddevice.RawInputStream(
            samplerate=sample_rate,
            blocksize=sample_rate * PIECE_MS // 1000,
            channels=1,
            dtype="int16",
            callback=heard,
        )
        with _on_ctrl_c(lambda: queue.put_nowait(b"")), microphone:
            while block := await queue.get():
                yield block
    except sounddevice.PortAudioError as error:
        raise _unusable(error) from None


@contextmanager
def _on_ctrl_c(act: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C do something; what it does otherwise, it does after that."""
    loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)

    def once() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
        act()

    try:
        loop.add_signal_handler(signal.SIGINT, once)
    except NotImplementedError:  # Windows
        yield
        return
    try:
        yield
    finally:
        if loop.remove_signal_handler(signal.SIGINT):
            signal.signal(signal.SIGINT, before)


def _queue() -> tuple[Callable[[bytes], None], asyncio.Queue[bytes]]:
    """A queue of this event loop, and what another thread fills it with."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def take(block: bytes) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody wants it any more
            loop.call_soon_threadsafe(queue.put_nowait, block)

    return take, queue


def _sounddevice(sample_rate: int) -> Any:
    """The library of the extra ``mic``, when it knows a microphone.

    Raises:
        ImportError: it, or the PortAudio that it needs, is not installed.
        OSError: there is no microphone, or none that can be used.
    """
    try:
        sounddevice = import_module("sounddevice")
    except (ImportError, OSError) as error:
        raise ImportError(
            f"the microphone needs sounddevice: pip install 'mock-tingwu[mic]' ({error})"
        ) from None
    try:
        sounddevice.check_input_settings(channels=1, dtype="int16", samplerate=sample_rate)
    except (ValueError, sounddevice.PortAudioError) as error:
        raise _unusable(error) from None
    return sounddevice


def _unusable(error: Exception) -> OSError:
    return OSError(f"the microphone cannot be used: {error}")
