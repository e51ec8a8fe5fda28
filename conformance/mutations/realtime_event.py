"""Mutants whose realtime events are not as documented."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from msgspec.structs import replace

from mock_tingwu.conformance.mutants import Body, events, mutant, patched
from mock_tingwu.protocols import nls

AREA = "RT-EVENT"


def each(change: Callable[[Body, Body], None], *names: str) -> AbstractContextManager[None]:
    """Change header and payload of the events called ``names``, or of all."""

    def changed(event: Body) -> list[Body]:
        if not names or event["header"]["name"] in names:
            change(event["header"], event.get("payload", {}))
        return [event]

    return events(changed)


def each_item(change: Callable[[Body, int], None]) -> AbstractContextManager[None]:
    """Change the items of translations, by their place in translate_result."""

    def changed(header: Body, payload: Body) -> None:
        for place, item in enumerate(payload["translate_result"]):
            change(item, place)

    return each(changed, "ResultTranslated")


def with_options(**options: Any) -> AbstractContextManager[None]:
    """Have other options than those that were asked for."""
    init = nls.Session.__init__

    def mutated(self: nls.Session, asked: Any, *given: Any, **named: Any) -> None:
        init(self, replace(asked, **options), *given, **named)

    return patched(nls.Session, "__init__", mutated)


# Headers


@mutant(
    "there is an event that the SDKs do not know",
    area=AREA,
    caught_by=["RT-EVENT-001"],
)
def unknown_event() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        if event["header"]["name"] != "SentenceEnd":
            return [event]
        header = event["header"] | {"name": "SentenceSemantics", "message_id": "0" * 32}
        return [event, {"header": header, "payload": {}}]

    return events(change)


@mutant("status_text has its old name, status_message", area=AREA, caught_by=["RT-EVENT-002"])
def status_message() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        header["status_message"] = header.pop("status_text")

    return each(change)


@mutant("status is a string", area=AREA, caught_by=["RT-EVENT-003", "RT-ERROR-010"])
def status_as_string() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.update(status=str(header["status"])))


@mutant("status_text is that of callbacks, Success.", area=AREA, caught_by=["RT-EVENT-004"])
def short_status_text() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        if header["status"] == nls.SUCCESS:
            header["status_text"] = "Success."

    return each(change)


@mutant("namespace is Default throughout", area=AREA, caught_by=["RT-EVENT-005"])
def default_namespace() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.update(namespace="Default"))


@mutant("message_id has dashes", area=AREA, caught_by=["RT-EVENT-006"])
def message_id_with_dashes() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        found = header["message_id"]
        header["message_id"] = f"{found[:8]}-{found[8:]}"

    return each(change)


@mutant("message_id is the same throughout", area=AREA, caught_by=["RT-EVENT-007", "RT-EVENT-033"])
def one_message_id() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.update(message_id="0" * 32))


@mutant("events grow beyond 64 KiB", area=AREA, caught_by=["RT-EVENT-008"])
def long_events() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.update(result=payload["result"] * 3000), "SentenceEnd"
    )


@mutant("TranscriptionCompleted has a payload", area=AREA, caught_by=["RT-EVENT-009"])
def completed_with_payload() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        is_end = event["header"]["name"] == "TranscriptionCompleted"
        return [event | {"payload": {}}] if is_end else [event]

    return events(change)


# Recognition


@mutant(
    "index and time are written with a decimal point",
    area=AREA,
    caught_by=["RT-EVENT-010", "RT-EVENT-011", "RT-EVENT-015"],
)
def numbers_with_a_point() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        for name in ("index", "time"):
            payload[name] = float(payload[name])

    return each(change, "SentenceBegin", "TranscriptionResultChanged", "SentenceEnd")


@mutant("SentenceBegin has no time", area=AREA, caught_by=["RT-EVENT-010", "RT-ORDER-013"])
def begin_without_time() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.pop("time"), "SentenceBegin")


@mutant(
    "times of words have the names of result files",
    area=AREA,
    caught_by=["RT-EVENT-012", "RT-EVENT-016"],
)
def words_as_in_files() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        for word in payload["words"]:
            word["Start"], word["End"] = word.pop("startTime"), word.pop("endTime")

    return each(change, "TranscriptionResultChanged", "SentenceEnd")


@mutant("there are no words", area=AREA, caught_by=["RT-EVENT-011", "RT-EVENT-012", "RT-EVENT-015"])
def no_words() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.pop("words"), "TranscriptionResultChanged", "SentenceEnd"
    )


@mutant("confidence is in per cent", area=AREA, caught_by=["RT-EVENT-013", "RT-EVENT-019"])
def confidence_in_per_cent() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.update(confidence=100 * payload["confidence"]),
        "TranscriptionResultChanged",
        "SentenceEnd",
    )


@mutant(
    "results have no status, as in the page of Tingwu",
    area=AREA,
    caught_by=["RT-EVENT-014", "RT-EVENT-020"],
)
def results_without_status() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload.pop("status"), "TranscriptionResultChanged", "SentenceEnd"
    )


@mutant("final texts have no marks", area=AREA, caught_by=["RT-EVENT-017"])
def no_punctuation() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        payload["result"] = "".join(filter(str.isalnum, payload["result"]))

    return each(change, "SentenceEnd")


@mutant("begin_time is where the sentence ends", area=AREA, caught_by=["RT-EVENT-018"])
def begin_time_is_the_end() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(begin_time=payload["time"]), "SentenceEnd")


@mutant("all sentences have one sentence_id", area=AREA, caught_by=["RT-EVENT-021"])
def one_sentence_id() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.update(sentence_id="0" * 32), "SentenceEnd")


@mutant(
    "there is no stash_result",
    area=AREA,
    caught_by=["RT-EVENT-022", "RT-EVENT-023", "RT-EVENT-024", "RT-EVENT-026"],
)
def no_stash() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.pop("stash_result"), "SentenceEnd")


@mutant("times of stash_result are strings", area=AREA, caught_by=["RT-EVENT-023"])
def stash_of_strings() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        stash = payload["stash_result"]
        stash["beginTime"] = str(stash["beginTime"])

    return each(change, "SentenceEnd")


@mutant(
    "stash_result has the index of the sentence that ended", area=AREA, caught_by=["RT-EVENT-024"]
)
def stash_of_the_same_sentence() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        payload["stash_result"].update(index=payload["index"], sentenceId=payload["index"])

    return each(change, "SentenceEnd")


@mutant("stash_result has no sentenceId", area=AREA, caught_by=["RT-EVENT-025"])
def stash_without_sentence_id() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload["stash_result"].pop("sentenceId"), "SentenceEnd")


@mutant("stash_result begins with its sentence", area=AREA, caught_by=["RT-EVENT-027"])
def stash_from_the_begin() -> AbstractContextManager[None]:
    return each(
        lambda header, payload: payload["stash_result"].update(beginTime=payload["begin_time"]),
        "SentenceEnd",
    )


@mutant(
    "nobody is told who speaks",
    area=AREA,
    caught_by=["RT-EVENT-028", "RT-EVENT-031", "RT-EVENT-029"],
)
def no_speakers() -> AbstractContextManager[None]:
    return with_options(realtime_diarization=False)


@mutant("speakers are counted from 1", area=AREA, caught_by=["RT-EVENT-029"])
def speakers_from_one() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        if "speaker_id" in payload:
            payload["speaker_id"] = str(int(payload["speaker_id"]) + 1)

    return each(change, "SentenceEnd")


# Translation


@mutant(
    "translations do not say what they translate",
    area=AREA,
    caught_by=["RT-EVENT-033", "RT-EVENT-044"],
)
def translation_without_source() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.pop("source_message_id"), "ResultTranslated")


@mutant("every event has source_message_id", area=AREA, caught_by=["RT-EVENT-034"])
def source_everywhere() -> AbstractContextManager[None]:
    return each(lambda header, payload: header.setdefault("source_message_id", "0" * 32))


@mutant("translations have no speaker_id", area=AREA, caught_by=["RT-EVENT-035"])
def translation_without_speaker() -> AbstractContextManager[None]:
    return each(lambda header, payload: payload.pop("speaker_id"), "ResultTranslated")


@mutant("source_lang and target_lang are mixed up", area=AREA, caught_by=["RT-EVENT-036"])
def languages_mixed_up() -> AbstractContextManager[None]:
    def change(header: Body, payload: Body) -> None:
        source, target = payload["source_lang"], payload["target_lang"]
        payload.update(source_lang=target, target_lang=source)

    return each(change, "ResultTranslated")


@mutant("sentences of translations are counted from 1", area=AREA, caught_by=["RT-EVENT-037"])
def translations_from_one() -> AbstractContextManager[None]:
    return each_item(lambda item, place: item.update(index=item["index"] + 1))


@mutant("translations have no times", area=AREA, caught_by=["RT-EVENT-038", "RT-EVENT-039"])
def translations_without_times() -> AbstractContextManager[None]:
    def change(item: Body, place: int) -> None:
        item.pop("beginTime", None)
        item.pop("endTime", None)

    return each_item(change)


@mutant(
    "all translations have times",
    area=AREA,
    caught_by=["RT-EVENT-040", "RT-EVENT-041"],
)
def all_translations_with_times() -> AbstractContextManager[None]:
    def change(item: Body, place: int) -> None:
        item.setdefault("beginTime", 0)
        item.setdefault("endTime", 0)

    return each_item(change)


@mutant("nothing says that a translation is partial", area=AREA, caught_by=["RT-EVENT-040"])
def partial_is_not_said() -> AbstractContextManager[None]:
    return each_item(lambda item, place: item.pop("partial", None))


@mutant("interim results are translated always", area=AREA, caught_by=["RT-EVENT-042"])
def interim_translations_always() -> AbstractContextManager[None]:
    return with_options(translation_output_level=2)


@mutant(
    "interim results are never translated", area=AREA, caught_by=["RT-EVENT-041", "RT-EVENT-043"]
)
def interim_translations_never() -> AbstractContextManager[None]:
    return with_options(translation_output_level=1)


@mutant("only the first sentence is translated", area=AREA, caught_by=["RT-EVENT-044"])
def first_translation_only() -> AbstractContextManager[None]:
    def change(event: Body) -> list[Body]:
        if event["header"]["name"] != "ResultTranslated":
            return [event]
        return [event] if event["payload"]["translate_result"][0]["index"] == 0 else []

    return events(change)


@mutant("everything is translated into English", area=AREA, caught_by=["RT-EVENT-045"])
def translated_unasked() -> AbstractContextManager[None]:
    return with_options(translation_targets=("en",))
