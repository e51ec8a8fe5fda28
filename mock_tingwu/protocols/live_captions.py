"""The engine events behind the callbacks of a live ASR task, without sockets, clocks or threads.

`Captions` takes what the recognizer hears and gives the ``content`` of one callback after another:
an event of the SpeechTranscriber protocol as JSON text. Which of them are sent, and how often,
ReportInterval decides (live-rtc-asr 1.1 and 2.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mock_tingwu.core.meeting import Word
from mock_tingwu.core.recognizer import Heard, SentenceBegan, SentenceChanged, SentenceEnded

#: The ReportInterval with which whole sentences alone are told of.
SENTENCES_ONLY: Final = -1

_NAMESPACE: Final = "SpeechTranscriber"
_SUCCESS: Final = 20000000
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Caption:
    """One event: its ``name``, and the JSON text that is the callback's ``content``."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What the engine that listens calls itself: two ids of 32 hex digits, and the task's key."""

    nls_task_id: str
    task_key: str
    task_id: str


class Captions:
    """The events of one task.

    Args:
        engine: what stands in every header.
        report_interval: -1 for whole sentences alone, 0 for interim results as they occur, else the
            time in ms between two of them.
        targets: the languages that sentences are translated into.
        new_id: gives a new 32-hex-digit id at each call.
    """

    def __init__(
        self,
        engine: Engine,
        report_interval: int,
        targets: Sequence[str],
        new_id: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._interval = report_interval
        self._targets = targets
        self._new_id = new_id
        # The newest interim result that was not reported yet, and when (ms of audio) one may be.
        self._unreported: SentenceChanged | None = None
        self._next_report = 0

    def hear(self, heard: Sequence[Heard], position: int) -> list[Caption]:
        """What is to be sent when so much was heard and ``position`` ms of audio were taken."""
        captions: list[Caption] = []
        for event in heard:
            if isinstance(event, SentenceEnded):
                self._unreported = None  # the sentence says it all
                captions += self._sentence_ended(event)
            elif self._interval == SENTENCES_ONLY:
                continue
            elif isinstance(event, SentenceBegan):
                captions.append(self._sentence_began(event))
            elif isinstance(event, SentenceChanged):
                self._unreported = event
                captions += self._report(event.time)
        captions += self._report(position)
        return captions

    def _report(self, time: int) -> Iterator[Caption]:
        """The interim result that waits to be reported, if it is time for one."""
        changed = self._unreported
        if changed is None or time < self._next_report:
            return
        self._unreported = None
        self._next_report = time + self._interval
        yield self._sentence_changed(changed)

    def _sentence_began(self, began: SentenceBegan) -> Caption:
        return self._event("SentenceBegin", {"index": began.index, "time": began.time})

    def _sentence_changed(self, changed: SentenceChanged) -> Caption:
        payload = {
            "result": changed.text,
            "confidence": 0.0,
            "words": _words(changed.words),
            "index": changed.index,
            "time": changed.time,
            "fixed_result": "",
            "unfixed_result": "",
            "status": 0,
        }
        return self._event("TranscriptionResultChanged", payload)

    def _sentence_ended(self, ended: SentenceEnded) -> Iterator[Caption]:
        sentence, stash, index = ended.sentence, ended.stash, ended.index
        payload = {
            "result": sentence.text,
            "confidence": 0.0,
            "words": _words(sentence.words),
            "stash_result": {
                "sentenceId": index + 1,
                "index": index + 1,
                "beginTime": stash.begin,
                "currentTime": stash.time,
                "text": stash.text,
                "fixedText": "",
                "unfixedText": stash.text,
                "words": _words(stash.words),
            },
            "index": index,
            "time": sentence.end,
            "begin_time": sentence.begin,
            "fixed_result": "",
            "unfixed_result": "",
            "status": 0,
            "gender": "",
            "gender_score": 0.0,
            "sentence_id": self._new_id(),
            "audio_extra_info": "",
        }
        source = self._new_id()
        yield self._event("SentenceEnd", payload, source)
        for target in self._targets:
            items: list[dict[str, Any]] = [
                {
                    "text": sentence.translation(target),
                    "index": index,
                    "beginTime": sentence.begin,
                    "endTime": sentence.end,
                }
            ]
            if stash.words and self._interval != SENTENCES_ONLY:
                text = stash.translation(target)
                items.append({"text": text, "index": index + 1, "partial": True})
            translated = {
                "speaker_id": str(sentence.speaker),
                "source_lang": sentence.language,
                "target_lang": target,
                "translate_result": items,
            }
            yield self._event("ResultTranslated", translated, source_message_id=source)

    def _event(
        self,
        name: str,
        payload: dict[str, Any],
        message_id: str = "",
        *,
        source_message_id: str | None = None,
    ) -> Caption:
        header = {
            "nls_task_id": self._engine.nls_task_id,
            "task_key": self._engine.task_key,
            "namespace": _NAMESPACE,
            "name": name,
            "task_id": self._engine.task_id,
            "message_id": message_id or self._new_id(),
        }
        if source_message_id is not None:
            header["source_message_id"] = source_message_id
        whole = {"header": {**header, "status_text": "Success.", "status": _SUCCESS}}
        return Caption(name, _encode({**whole, "payload": payload}).decode())


def _words(words: Sequence[Word]) -> list[dict[str, Any]]:
    return [{"startTime": word.begin, "text": word.text, "endTime": word.end} for word in words]
