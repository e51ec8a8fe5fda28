"""The captions of a live task as they arrive at its CallbackURL."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mock_tingwu.conformance.checks import EVENTS, Deviation, shown
from mock_tingwu.conformance.outside import Arrived, Mailbox

if TYPE_CHECKING:
    from mock_tingwu.conformance.cloud import Cloud

#: The events that the documents show in a callback.
SENTENCE_BEGIN: Final = "SentenceBegin"
RESULT_CHANGED: Final = "TranscriptionResultChanged"
SENTENCE_END: Final = "SentenceEnd"
RESULT_TRANSLATED: Final = "ResultTranslated"
KNOWN: Final = (SENTENCE_BEGIN, RESULT_CHANGED, SENTENCE_END, RESULT_TRANSLATED)

#: So much of the stream is heard between two looks at what has come, in seconds. A sentence of the
#: mock's ends within.
_STEP_S: Final = 4.0
#: How long speech may let wait for itself, in seconds of the stream.
PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Caption:
    """One callback: its ``body``, and the engine's event that is ``content`` in it."""

    arrived: Arrived
    body: dict[str, Any]
    content: dict[str, Any]

    @property
    def header(self) -> dict[str, Any]:
        """``header`` of the event."""
        header: dict[str, Any] = self.content["header"]
        return header

    @property
    def payload(self) -> dict[str, Any]:
        """``payload`` of the event."""
        payload: dict[str, Any] = self.content["payload"]
        return payload

    @property
    def name(self) -> str:
        """What happened."""
        return str(self.header["name"])


class Captions:
    """What one task posts to ``callback_url``, which is the address of ``mailbox``."""

    def __init__(self, cloud: Cloud, task_id: str, callback_url: str, mailbox: Mailbox) -> None:
        self._cloud = cloud
        self.task_id = task_id
        self.callback_url = callback_url
        self.mailbox = mailbox
        self._read: list[Caption] = []

    @property
    def so_far(self) -> list[Caption]:
        """Those that have come, each held against the contract. Raises Deviation."""
        for arrived in self.mailbox.arrived[len(self._read) :]:
            self._read.append(self._checked(arrived))
        return list(self._read)

    def named(self, name: str) -> list[Caption]:
        """Those that have come, of one event."""
        return [caption for caption in self.so_far if caption.name == name]

    async def hear(self, count: int = 1, name: str = SENTENCE_END) -> list[Caption]:
        """Let the stream go on until there are ``count`` captions of ``name``; return all.

        Raises:
            Deviation: they do not come within `PATIENCE_S` of the stream, or one is malformed.
        """
        waited = 0.0
        while len(self.named(name)) < count:
            if waited >= PATIENCE_S:
                names = [caption.name for caption in self.so_far]
                raise Deviation(
                    f"expected {count} {name} within {PATIENCE_S:g} s, got {shown(names)}", EVENTS
                )
            await self._cloud.pause(_STEP_S)
            waited += _STEP_S
        return self.so_far

    def _checked(self, arrived: Arrived) -> Caption:
        check = self._cloud.check
        body = arrived.body
        check.observe("live/callback", body)
        try:
            content = json.loads(str(body.get("content")))
        except (ValueError, RecursionError):
            content = None
        check.has(content, "header", "payload", what="content, read as JSON,")
        check.has(content["header"], "name", what="header")
        # Which events of the engine come beside these no document tells.
        if content["header"]["name"] in KNOWN:
            check.observe("live/content", content)
        return Caption(arrived, body, content)
