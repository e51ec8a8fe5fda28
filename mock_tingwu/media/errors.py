"""The one error that pushed audio can cause."""

from __future__ import annotations

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
