"""Mutants whose captions are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from hashlib import md5, sha1
from typing import Any, Final

from mock_tingwu.conformance.mutants import Body, patched
from mock_tingwu.core.delivery import LIVE_PLAN, Plan
from mock_tingwu.protocols.live_captions import Captions
from mock_tingwu.protocols.signing import asr_sig
from mock_tingwu.services.live import captioning, request
from mock_tingwu.services.live.captioning import Captioning, Signer
from mock_tingwu.services.live.request import CaptionRequest

from ._live import content_of, event, live_mutant, posted, read_as

_callback = partial(live_mutant, "LV-CALLBACK")

_CHANGED: Final = "TranscriptionResultChanged"
_ENDED: Final = "SentenceEnd"
_TRANSLATED: Final = "ResultTranslated"

# What is posted

_callback(
    "no_channel_in_the_body",
    "in mode live the body has nothing of a channel",
    lambda: posted(lambda body: [body.pop(name) for name in ("channel_id", "rtc_user_id")]),
    1,
    3,
)
_callback(
    "engine_task_in_the_body",
    "task_id is the engine's",
    lambda: posted(lambda body: body.update(task_id=content_of(body)["header"]["task_id"])),
    2,
)
_callback(
    "stream_as_channel",
    "channel_id is the word live in mode live",
    lambda: posted(lambda body: body.update(channel_id=body["channel_id"] or "live")),
    3,
)
_callback(
    "no_user",
    "rtc_user_id is always empty",
    lambda: posted(lambda body: body.update(rtc_user_id="")),
    4,
)
_callback(
    "time_stamp_in_seconds",
    "callback_time_stamp is in seconds",
    lambda: posted(
        lambda body: body.update(callback_time_stamp=body["callback_time_stamp"] // 1000)
    ),
    5,
)
_callback(
    "everything_is_chinese",
    "language is always cn",
    lambda: posted(lambda body: body.update(language="cn")),
    6,
    8,
)
_callback(
    "content_is_an_object",
    "content is an object, not text",
    lambda: posted(lambda body: body.update(content=content_of(body))),
    7,
)
_callback(
    "query_is_cut",
    "what is posted goes to the CallbackURL without its query",
    lambda: patched(
        CaptionRequest, "callback_address", property(lambda self: self.callback_url.split("?")[0])
    ),
    10,
)
_callback(
    "never_tried_again",
    "a callback that is refused is not tried again",
    lambda: patched(captioning, "LIVE_PLAN", Plan((), LIVE_PLAN.answer_within)),
    12,
)


def _signed_by(text: str, digest: Callable[..., Any] = md5) -> AbstractContextManager[None]:
    """ASR-SIG is made of another ``text``, or by another ``digest``."""

    def sign(sig_time: str, url: str, key: str) -> str:
        signed: str = digest(text.format(time=sig_time, url=url, key=key).encode()).hexdigest()
        return signed

    return patched(asr_sig, "sign", sign)


_callback(
    "signed_with_hyphens",
    "the parts of what is signed are joined by hyphens, as in Live's URLs",
    lambda: _signed_by("{time}-{url}-{key}"),
    13,
    14,
)
_callback(
    "signed_by_sha1",
    "ASR-SIG is a SHA-1",
    lambda: _signed_by("{time}/{url}/{key}", sha1),
    13,
    16,
)
_callback(
    "never_signed",
    "no callback is signed",
    lambda: patched(Signer, "__call__", lambda self: {}),
    13,
)

# Header


def _header(**fields: object) -> AbstractContextManager[None]:
    return event(lambda body: body["header"].update(fields))


_callback(
    "other_namespace",
    "the namespace of events is SpeechRecognizer",
    lambda: _header(namespace="SpeechRecognizer"),
    18,
)
_callback(
    "task_of_each_event",
    "each event has an engine task of its own",
    lambda: event(lambda body: body["header"].update(task_id=body["header"]["message_id"])),
    19,
)
_callback(
    "one_message_id",
    "all events have the same message_id",
    lambda: _header(message_id="0" * 32),
    20,
)
_callback(
    "no_task_key",
    "a header has no task_key",
    lambda: event(lambda body: body["header"].pop("task_key")),
    21,
)

# Order and sentences


def _payload(change: Callable[[Body], object], *names: str) -> AbstractContextManager[None]:
    return event(lambda body: change(body["payload"]), *names)


_callback(
    "index_stands_still",
    "the index of every sentence is 0",
    lambda: _payload(lambda payload: payload.update(index=0), _ENDED),
    24,
)
_callback(
    "counted_from_one",
    "sentences are counted from 1",
    lambda: _payload(lambda p: "index" in p and p.update(index=p["index"] + 1)),
    22,
    23,
)


def _from_its_begin(payload: Body) -> None:
    payload["time"] -= payload["words"][0]["startTime"]


def _durations(payload: Body) -> None:
    for word in payload["words"]:
        word["endTime"] -= word["startTime"]


_callback(
    "times_in_a_sentence",
    "times count from the beginning of their sentence",
    lambda: _payload(_from_its_begin, _ENDED),
    26,
)
_callback(
    "words_with_durations",
    "endTime of a word is how long it takes",
    lambda: _payload(_durations, _ENDED),
    27,
)
_callback(
    "words_without_signs",
    "words have no punctuation",
    lambda: _payload(
        lambda p: [w.update(text=w["text"].strip("，。")) for w in p["words"]], _ENDED
    ),
    28,
)
_callback(
    "no_stash",
    "a SentenceEnd has no stash_result",
    lambda: _payload(lambda payload: payload.pop("stash_result"), _ENDED),
    29,
)
_callback(
    "stash_of_this_sentence",
    "stash_result has the index of the sentence that ended",
    lambda: _payload(lambda p: p["stash_result"].update(index=p["index"]), _ENDED),
    30,
)
_callback(
    "one_word_at_a_time",
    "an interim result has the newest word alone",
    lambda: _payload(lambda p: p.update(words=p["words"][-1:] * (p["time"] % 3)), _CHANGED),
    25,
)

# ReportInterval


def _interval(change: Callable[[int], int]) -> AbstractContextManager[None]:
    """Captions come at another interval than was asked for."""
    right = Captions.__init__

    def init(self: Captions, engine: Any, interval: int, targets: Any, new_id: Any) -> None:
        right(self, engine, change(interval), targets, new_id)

    return patched(Captions, "__init__", init)


_callback(
    "interim_results_always",
    "a ReportInterval of -1 is one of 0",
    lambda: _interval(lambda interval: max(0, interval)),
    31,
    32,
)
_callback(
    "zero_is_never",
    "with a ReportInterval of 0 there are no interim results",
    lambda: _interval(lambda interval: interval or -1),
    33,
)
_callback(
    "sentences_by_default",
    "without a ReportInterval there are whole sentences alone",
    lambda: read_as(lambda sent: sent.setdefault("ReportInterval", -1)),
    34,
)
_callback(
    "interval_is_not_kept",
    "interim results come as they occur whatever the ReportInterval is",
    lambda: _interval(lambda interval: min(0, interval)),
    35,
)

# Translation


def _translated_first() -> AbstractContextManager[None]:
    right = Captioning._tell

    def tell(self: Captioning, heard: Any) -> None:
        hear = self._captions.hear

        def sorted_otherwise(*args: Any) -> Any:
            return sorted(hear(*args), key=lambda caption: caption.name != _TRANSLATED)

        with patched(self._captions, "hear", sorted_otherwise):
            right(self, heard)

    return patched(Captioning, "_tell", tell)


def _swapped(payload: Body) -> None:
    source, target = payload["source_lang"], payload["target_lang"]
    payload.update(source_lang=target, target_lang=source)


_callback("translated_first", "a translation comes before its sentence", _translated_first, 41)
_callback(
    "translation_names_itself",
    "source_message_id is the translation's own message_id",
    lambda: event(
        lambda body: body["header"].update(source_message_id=body["header"]["message_id"]),
        _TRANSLATED,
    ),
    36,
)
_callback(
    "languages_swapped",
    "source_lang and target_lang are each other's",
    lambda: _payload(_swapped, _TRANSLATED),
    37,
)
_callback(
    "translation_counted_from_one",
    "the index of translations counts from 1",
    lambda: _payload(
        lambda p: [item.update(index=item["index"] + 1) for item in p["translate_result"]],
        _TRANSLATED,
    ),
    38,
)
_callback(
    "target_language_is_enough",
    "who names a target language gets translations",
    lambda: read_as(lambda sent: sent.update(TranslateEnabled="TargetLanguages" in sent)),
    39,
    40,
)


def _set_is_true() -> AbstractContextManager[None]:
    right = request._value

    def value(name: str, text: str) -> Any:
        return bool(text) if name in request._FLAGS else right(name, text)

    return patched(request, "_value", value)


_callback("false_is_true", "a flag that is given is true", _set_is_true, 40)
