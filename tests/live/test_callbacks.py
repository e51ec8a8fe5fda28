"""Callbacks of live tasks: what they say, in which order, how they are signed, who gets them."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import md5
from itertools import pairwise
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, contract
from tests.callbacks.receiver import HOLD, SILENCE, Receiver, nobody
from tests.live.helpers import Event, Live, events, names
from tests.realtime.helpers import until

TRANSLATED = {"TranslateEnabled": "true", "TargetLanguages": "en"}


def callbacks(mock: MockTingwu) -> list[dict[str, Any]]:
    return [entry for entry in mock.journal if entry["kind"] == "callback"]


def test_a_callback_is_json_in_json(live: Live, listener: Receiver) -> None:
    task_id = live.create()
    live.mock.advance(2_000)
    request = listener.requests[0]
    assert request.headers["Content-Type"] == "application/json"
    body = request.body
    assert list(body) == [
        *("task_id", "sdk_app_id", "channel_id", "rtc_user_id"),
        *("callback_time_stamp", "language", "content"),
    ]
    assert (body["task_id"], body["language"]) == (task_id, "cn")
    assert (body["sdk_app_id"], body["channel_id"], body["rtc_user_id"]) == ("", "", "")
    assert isinstance(body["content"], str)
    contract.check("live/callback", body)
    contract.check("live/content", json.loads(body["content"]))


def test_the_time_of_a_callback_is_the_clocks(live: Live, listener: Receiver) -> None:
    live.create()
    begun = live.mock.now()
    live.mock.advance(3_000)
    stamps = [event.callback["callback_time_stamp"] for event in events(listener)]
    assert begun < stamps[0] <= stamps[-1] <= begun + 3_000
    assert stamps == sorted(stamps)


def test_the_engine_has_ids_of_its_own(live: Live, listener: Receiver) -> None:
    task_id = live.create()
    live.mock.advance(5_000)
    headers = [event.content["header"] for event in events(listener)]
    assert len({(h["task_id"], h["nls_task_id"], h["task_key"]) for h in headers}) == 1
    assert headers[0]["task_id"] not in task_id
    assert len({header["message_id"] for header in headers}) == len(headers)
    assert {(header["status"], header["status_text"]) for header in headers} == {
        (20000000, "Success.")
    }


def sentences_of(told: list[Event]) -> list[list[Event]]:
    """The events of each sentence that has ended, translations left out."""
    groups: dict[int, list[Event]] = {}
    for event in told:
        if event.name != "ResultTranslated":
            groups.setdefault(event.payload["index"], []).append(event)
    return [group for group in groups.values() if group[-1].name == "SentenceEnd"]


def test_a_sentence_begins_grows_and_ends(live: Live, listener: Receiver) -> None:
    task_id = live.create()
    live.mock.advance(20_000)
    live.stop(task_id)
    live.mock.advance(0)
    told = events(listener)
    sentences = sentences_of(told)
    assert len(sentences) >= 3
    assert [s[0].payload["index"] for s in sentences] == list(range(len(sentences)))
    for sentence in sentences:
        assert [e.name for e in sentence] == [
            "SentenceBegin",
            *["TranscriptionResultChanged"] * (len(sentence) - 2),
            "SentenceEnd",
        ]
        texts = [e.payload["result"] for e in sentence[1:]]
        assert all(len(a) <= len(b) for a, b in pairwise(texts))
        times = [e.payload["time"] for e in sentence]
        assert times == sorted(times)
        end = sentence[-1].payload
        assert end["begin_time"] == sentence[0].payload["time"]
        assert end["words"][0]["startTime"] == end["begin_time"]
        assert end["words"][-1]["endTime"] == end["time"]
        assert end["result"].replace(" ", "") == "".join(w["text"] for w in end["words"])


def test_minus_one_tells_of_whole_sentences_alone(live: Live, listener: Receiver) -> None:
    live.create(ReportInterval=-1, **TRANSLATED)
    live.mock.advance(20_000)
    assert set(names(listener)) == {"SentenceEnd", "ResultTranslated"}
    items = [
        e.payload["translate_result"] for e in events(listener) if e.name == "ResultTranslated"
    ]
    assert all(len(item) == 1 and "partial" not in item[0] for item in items)


@pytest.mark.parametrize("interval", [1, 300, 500])
def test_interim_results_keep_the_interval(live: Live, listener: Receiver, interval: int) -> None:
    live.create(ReportInterval=interval)
    live.mock.advance(20_000)
    told = events(listener)
    at = [e.callback["callback_time_stamp"] for e in told if e.name.endswith("Changed")]
    assert len(at) > 8
    assert min(b - a for a, b in pairwise(at)) >= interval


def test_the_interval_changes_nothing_but_the_interim_results(
    live: Live, start_receiver: Callable[..., Receiver]
) -> None:
    ended = []
    counts = []
    for interval in (-1, 0, 500):
        receiver = start_receiver(200)
        task_id = live.create(ReportInterval=interval, CallbackURL=receiver.url)
        live.mock.advance(15_000)
        live.stop(task_id)
        live.mock.advance(0)
        told = events(receiver)
        ended.append([e.payload["result"] for e in told if e.name == "SentenceEnd"])
        counts.append(sum(e.name.endswith("Changed") for e in told))
    assert ended[0] == ended[1] == ended[2]
    assert counts[0] == 0 < counts[2] < counts[1]


def test_a_sentence_is_translated_when_it_has_ended(live: Live, listener: Receiver) -> None:
    live.create(**TRANSLATED)
    live.mock.advance(15_000)
    told = events(listener)
    pairs = [(a, b) for a, b in pairwise(told) if b.name == "ResultTranslated"]
    assert pairs
    for sentence, translated in pairs:
        assert sentence.name == "SentenceEnd"
        source = translated.content["header"]["source_message_id"]
        assert source == sentence.content["header"]["message_id"]
        payload = translated.payload
        assert (payload["source_lang"], payload["target_lang"]) == ("cn", "en")
        assert payload["translate_result"][0]["index"] == sentence.payload["index"]
        assert payload["translate_result"][0]["text"].isascii()


def test_nothing_is_translated_unless_it_is_enabled(live: Live, listener: Receiver) -> None:
    live.create(TargetLanguages="en")
    live.create(TargetLanguages="en", TranslateEnabled="False")
    live.mock.advance(10_000)
    assert "ResultTranslated" not in names(listener)


# Signatures


@pytest.mark.parametrize("query", ["", "?room=1&key=%E4%B8%AD", "?room=一号"])
def test_the_signature_is_the_md5_of_time_address_and_key(
    live: Live, listener: Receiver, query: str
) -> None:
    url = listener.url + query
    live.create(CallbackURL=url, AuthKey="k3y-of-mine", ReportInterval=-1)
    live.mock.advance(8_000)
    for request in listener.requests:
        headers = {name.upper(): value for name, value in request.headers.items()}
        time = headers["SIG-TIME"]
        assert headers["ASR-SIG"] == md5(f"{time}/{url}/k3y-of-mine".encode()).hexdigest()
        assert len(time) == 10


def test_without_a_key_nothing_is_signed(live: Live, listener: Receiver) -> None:
    live.create(ReportInterval=-1)
    live.mock.advance(8_000)
    sent = {name.upper() for request in listener.requests for name in request.headers}
    assert not {"SIG-TIME", "ASR-SIG"} & sent


def test_the_key_is_shown_nowhere(live: Live, listener: Receiver) -> None:
    task_id = live.create(AuthKey="k3y-of-mine", CallbackURL=f"{listener.url}?token=t0ken-of-mine")
    live.mock.advance(3_000)
    live.ask_create(AuthKey="k3y-of-mine", Mode="tape")
    shown = json.dumps(live.mock.journal) + httpx.get(f"{live.mock.url}/_mock/tasks").text
    assert task_id in shown
    assert "k3y-of-mine" not in shown
    assert "t0ken-of-mine" not in shown


# Delivery


def test_a_receiver_that_stumbles_gets_everything_in_order(
    live: Live, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(200, 500, 200, 503, 503, 200)
    live.create(ReportInterval=-1, CallbackURL=receiver.url)
    live.mock.advance(40_000)
    told = events(receiver)
    # What was refused came again before what followed it.
    indices = [event.payload["index"] for event in told]
    assert indices == sorted(indices)
    assert indices[:6] == [0, 1, 1, 2, 2, 2]
    attempts = [entry["attempt"] for entry in callbacks(live.mock)]
    assert attempts[:6] == [1, 1, 2, 1, 2, 3]


def test_a_callback_is_given_up_after_three_attempts(
    live: Live, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(500)
    task_id = live.create(ReportInterval=-1, CallbackURL=receiver.url)
    live.mock.advance(4_000)
    live.stop(task_id)
    live.mock.advance(10_000)
    outcomes = [(e["attempt"], e["outcome"], e.get("again_ms")) for e in callbacks(live.mock)]
    first = [(1, "refused", 1_000), (2, "refused", 2_000), (3, "lost", None)]
    assert outcomes[:3] == first


def test_what_waits_behind_a_lost_callback_is_tried_once(
    live: Live, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(500, 500, 500, 500, 200)
    live.create(CallbackURL=receiver.url)
    live.mock.advance(4_500)
    tried = [(e["attempt"], e["outcome"]) for e in callbacks(live.mock)]
    assert tried[:4] == [(1, "refused"), (2, "refused"), (3, "lost"), (1, "lost")]
    assert {outcome for _, outcome in tried[4:]} == {"delivered"}
    live.mock.advance(2_000)
    assert callbacks(live.mock)[-1]["outcome"] == "delivered"


def test_each_attempt_is_signed_anew(live: Live, start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(500, 200)
    live.create(ReportInterval=-1, CallbackURL=receiver.url, AuthKey="k3y-of-mine")
    live.mock.advance(6_000)
    first, second = receiver.requests[:2]
    assert first.body == second.body
    for request in (first, second):
        headers = {name.upper(): value for name, value in request.headers.items()}
        signed = f"{headers['SIG-TIME']}/{receiver.url}/k3y-of-mine"
        assert headers["ASR-SIG"] == md5(signed.encode()).hexdigest()


def test_a_dead_receiver_holds_nobody_up(live: Live, listener: Receiver) -> None:
    dead = nobody()
    ids = [live.create(CallbackURL=dead) for _ in range(3)]
    alive = live.create()
    live.mock.advance(60_000)
    assert len(events(listener, alive)) > 50
    for task_id in (*ids, alive):
        live.stop(task_id)
    live.mock.advance(600_000)
    waiting = live.mock.call(lambda: dict(live.mock._server.world.default.live.courier._lanes))
    assert waiting == {}


def test_what_waits_for_a_silent_receiver_is_bounded(
    start_mock: Callable[..., MockTingwu], start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(SILENCE)
    live = Live(start_mock(), receiver.url)
    ids = [live.create() for _ in range(3)]
    receiver.wait(3)
    assert receiver.busy == 3  # one at a time for each task, and the calls are answered
    for task_id in ids:
        live.stop(task_id)
    receiver.close()


def test_a_slow_receiver_gets_one_at_a_time(
    start_mock: Callable[..., MockTingwu], start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(HOLD, 200)
    live = Live(start_mock(), receiver.url)
    live.create()
    until(lambda: receiver.busy == 1, "the first callback")
    until(lambda: len(live.mock.journal) > 0, "an entry")
    receiver.release.set()
    receiver.wait(5)
    assert receiver.busiest == 1
    order = [event.payload["time"] for event in events(receiver)]
    assert order == sorted(order)
