"""What can be wrong with pushed audio, and with the file of an offline task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

BAD_CONTAINER = 40000009
"""A WAV header or an Ogg page that the gateway refuses (realtime-ws 4)."""

BAD_STREAM = 40270003
"""The bytes are not what the task's format promised (realtime-ws 4)."""


class DecodeError(Exception):
    """The pushed bytes cannot be turned into PCM; the decoder must not be fed again.

    ``status`` and ``text`` are for the client: ``header.status`` of TaskFailed and the sentence of
    its ``status_text`` (realtime-ws 4). ``detail`` is for the journal: what exactly was wrong.
    """

    def __init__(self, status: int, text: str, detail: str = "") -> None:
        super().__init__(f"{status} {text}" + (f" ({detail})" if detail else ""))
        self.status = status
        self.text = text
        self.detail = detail


def undecodable(detail: str) -> DecodeError:
    """The error of a stream that is not in the promised format."""
    return DecodeError(BAD_STREAM, "DECODE_ERROR", detail)


Problem = Literal["type", "unreadable", "no_audio", "sample_rate", "codec"]
"""Why a recording is refused; see `RecordingError`."""


class RecordingError(ValueError):
    """A file is no recording that the cloud takes (tingwu-openapi 2.1, 3.3).

    ``detail`` is one sentence for the journal; ``problem`` is one of

    - ``type``: no media container of the documented list;
    - ``unreadable``: empty, cut off before anything can be read, or its header is damaged;
    - ``no_audio``: a container without an audio stream;
    - ``sample_rate``: the audio has less than 8000 Hz;
    - ``codec``: an audio or video stream that cannot be decoded.
    """

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem: Problem = problem
        self.detail = detail


PullProblem = Literal[
    "forbidden", "host", "refused", "status", "timeout", "protocol", "kind", "no_audio", "broken"
]
"""Why a stream cannot be had; see `PullError`."""


class PullError(Exception):
    """A stream cannot be had, or no longer.

    ``detail`` is a sentence for the journal; ``problem`` is one of

    - ``forbidden``: it, or what it refers to, must not be contacted;
    - ``host``: its URL cannot be read, or the name in it not be resolved;
    - ``refused``: nobody listens there, or it cannot be reached;
    - ``status``: the server has no such stream, or does not give it away;
    - ``timeout``: nothing came;
    - ``protocol``: the server does not speak the protocol of the URL;
    - ``kind``: what came is no stream of a known kind, or cannot be decoded;
    - ``no_audio``: it has no audio;
    - ``broken``: it broke off.
    """

    def __init__(self, problem: PullProblem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem: PullProblem = problem
        self.detail = detail


class MediaUnavailable(ImportError):
    """PyAV would be needed and is not installed; the message names the extra that brings it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} needs PyAV: pip install 'mock-tingwu[media]'", name="av")


Stop = Callable[[], bool]
"""Asked now and then by what takes long: whether to give it up."""


def never() -> bool:
    """Never give up."""
    return False


class Stopped(Exception):
    """A `Stop` said so."""
