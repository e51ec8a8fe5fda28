"""Mutants whose WebSocket of DashScope is not as documented: what is heard and translated."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from mock_tingwu.conformance.agent_mutants import hearing, saying
from mock_tingwu.conformance.mutants import Body, mutant, patched
from mock_tingwu.protocols import inference

AREA = "DS-WS"


def _is_begin(transcription: Body) -> bool:
    return set(transcription) == {"sentenceId", "time"}


def _translating(change: Callable[[Body], Body]) -> AbstractContextManager[None]:
    """Change what is said of each language in translations of a meeting."""

    def changed(output: Body) -> list[Body]:
        found = output.get("translations")
        if found is None:
            return [output]
        return [output | {"translations": {name: change(one) for name, one in found.items()}}]

    return saying(changed)


@mutant(
    "results are called sentence-result",
    area=AREA,
    caught_by=["DS-WS-004"],
)
def ds_other_action() -> AbstractContextManager[None]:
    def renamed(output: Body) -> list[Body]:
        results = output["action"] == "recognize-result"
        return [output | {"action": "sentence-result"} if results else output]

    return saying(renamed)


@mutant("a result comes after speech-end", area=AREA, caught_by=["DS-WS-005"])
def ds_late_result() -> AbstractContextManager[None]:
    last: list[Body] = []

    def repeated(output: Body) -> list[Body]:
        if output["action"] == "recognize-result":
            last[:] = [output]
        return [output, *last] if output["action"] == "speech-end" else [output]

    return saying(repeated)


@mutant("the beginning of a sentence has a text that is empty", area=AREA, caught_by=["DS-WS-008"])
def ds_begin_with_text() -> AbstractContextManager[None]:
    return hearing(lambda one: [one | {"text": ""} if _is_begin(one) else one])


@mutant(
    "sentences do not begin, they are there",
    area=AREA,
    caught_by=["DS-WS-008", "DS-WS-009"],
)
def ds_no_begin() -> AbstractContextManager[None]:
    def without(output: Body) -> list[Body]:
        return [] if _is_begin(output.get("transcription", {})) else [output]

    return saying(without)


@mutant("sentences are only told of once they are over", area=AREA, caught_by=["DS-WS-010"])
def ds_no_interim() -> AbstractContextManager[None]:
    def without(output: Body) -> list[Body]:
        return [] if output.get("transcription", {}).get("sentenceEnd") is False else [output]

    return saying(without)


@mutant("the end of a sentence has no stashResult", area=AREA, caught_by=["DS-WS-011"])
def ds_no_stash() -> AbstractContextManager[None]:
    return hearing(lambda one: [{name: one[name] for name in one if name != "stashResult"}])


@mutant("a stash has the number of its sentence", area=AREA, caught_by=["DS-WS-012"])
def ds_stash_of_the_same() -> AbstractContextManager[None]:
    def same(one: Body) -> list[Body]:
        if "stashResult" not in one:
            return [one]
        return [one | {"stashResult": one["stashResult"] | {"sentenceId": one["sentenceId"]}}]

    return hearing(same)


@mutant("sentences are numbered from 1, as Tingwu's are", area=AREA, caught_by=["DS-WS-013"])
def ds_from_one() -> AbstractContextManager[None]:
    return hearing(lambda one: [one | {"sentenceId": one["sentenceId"] + 1}])


@mutant("words count time from the beginning of their sentence", area=AREA, caught_by=["DS-WS-014"])
def ds_times_of_a_sentence() -> AbstractContextManager[None]:
    def shifted(one: Body) -> list[Body]:
        words = one.get("words") or []
        if not words:
            return [one]
        first = words[0]["beginTime"]
        moved = [
            word | {"beginTime": word["beginTime"] - first, "endTime": word["endTime"] - first}
            for word in words
        ]
        return [one | {"words": moved}]

    return hearing(shifted)


@mutant("words are without what follows them", area=AREA, caught_by=["DS-WS-015"])
def ds_bare_words() -> AbstractContextManager[None]:
    def bare(one: Body) -> list[Body]:
        words = one.get("words") or []
        return [one | {"words": [word | {"text": word["text"].rstrip("，。")} for word in words]}]

    def changed(one: Body) -> list[Body]:
        return bare(one) if one.get("sentenceEnd") is True else [one]

    return hearing(changed)


@mutant("translations do not say from which language", area=AREA, caught_by=["DS-WS-017"])
def ds_no_source_language() -> AbstractContextManager[None]:
    return _translating(lambda one: {name: one[name] for name in one if name != "sourceLang"})


@mutant("a translation comes with what it translates", area=AREA, caught_by=["DS-WS-018"])
def ds_both_at_once() -> AbstractContextManager[None]:
    last: list[Any] = []

    def joined(output: Body) -> list[Body]:
        if "transcription" in output:
            last[:] = [output["transcription"]]
            return [output]
        return [output | {"transcription": last[0]} if "translations" in output else output]

    return saying(joined)


@mutant("translations have no times", area=AREA, caught_by=["DS-WS-019"])
def ds_no_times() -> AbstractContextManager[None]:
    def timeless(one: Body) -> Body:
        items = [
            {name: item[name] for name in item if name not in ("beginTime", "endTime")}
            for item in one["translateResult"]
        ]
        return one | {"translateResult": items}

    return _translating(timeless)


@mutant(
    "a translation is numbered as the sentence that follows", area=AREA, caught_by=["DS-WS-020"]
)
def ds_translation_ahead() -> AbstractContextManager[None]:
    def ahead(one: Body) -> Body:
        items = [item | {"sentenceId": item["sentenceId"] + 1} for item in one["translateResult"]]
        return one | {"translateResult": items}

    return _translating(ahead)


@mutant("everything is translated into English", area=AREA, caught_by=["DS-WS-021"])
def ds_english_always() -> AbstractContextManager[None]:
    listen = inference.Session.listen

    def english(self: inference.Session, data_id: str, targets: Any, now: int) -> None:
        listen(self, data_id, ("en",), now)

    return patched(inference.Session, "listen", english)
