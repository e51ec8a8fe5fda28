"""Scopes: worlds of their own on one server, told apart by AppKeys and the like."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.awkward.habits import EXPECTED
from mock_tingwu.server.controls import Controls
from mock_tingwu.services.world import MOST_SCOPES
from tests.callbacks.receiver import receiver
from tests.core.test_segmentation import silence, speech
from tests.dashscope.helpers import GENERATION, SHORT, TOKENS, body_of
from tests.dashscope.ws_helpers import duplex
from tests.realtime.helpers import TASKS, Json, pusher, until

SENTENCE = speech(2_500) + silence(1_200)


def control(mock: MockTingwu, method: str, path: str, **given: Any) -> httpx.Response:
    return httpx.request(method, f"{mock.url}/_mock/{path}", timeout=30, **given)


def tasks(mock: MockTingwu, scope: str) -> list[str]:
    answer = control(mock, "GET", "tasks", params={"scope": scope})
    return [task["task_id"] for task in answer.json()["tasks"]]


def create(mock: MockTingwu, app_key: str, access_key: str = "", **source: Any) -> Json:
    """A realtime task; the call is signed by ``access_key`` as far as its name goes."""
    body = {
        "AppKey": app_key,
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000, **source},
    }
    headers = {"Authorization": f"acs {access_key}:c2lnbmF0dXJl"} if access_key else {}
    answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    data: Json = answer.json()["Data"]
    return data


def info(mock: MockTingwu, task_id: str, access_key: str = "") -> Json:
    headers = {"Authorization": f"acs {access_key}:c2lnbmF0dXJl"} if access_key else {}
    data: Json = httpx.get(f"{mock.url}{TASKS}/{task_id}", headers=headers).json()["Data"]
    return data


def agent(mock: MockTingwu, body: Json, key: str = "sk-any") -> Json:
    answer = httpx.post(
        mock.url + GENERATION, json=body, headers={"Authorization": f"Bearer {key}"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    output: Json = answer.json()["output"]
    return output


# Eight at once


def one_of_eight(mock: MockTingwu, number: int, together: Barrier) -> set[str]:
    """Everything that a test does, in a scope of its own; returns the ids of its tasks."""
    app, say = f"app-{number}", f"这是第{number}个范围说的话。"
    mine: set[str] = set()
    with receiver() as listener, mock.scope(app, clock="virtual") as scope:
        began = scope.now()
        scope.script({"sentences": [say], "language": "cn"}, app_key=app)
        scope.callback(app, listener.url)
        scope.faults.add(
            {"type": "api_error", "code": "BRK.OverdueTenant"},
            match={"operation": "GetTaskInfo"},
            times=number,
        )
        together.wait(30)
        # Tingwu, realtime
        task = create(mock, app, ProgressiveCallbacksEnabled=True)
        mine.add(task["TaskId"])
        with pusher(task) as client:
            client.start()
            client.push(SENTENCE)
            client.stop()
        assert client.sentences() == [say]
        for _ in range(number):
            answer = httpx.get(f"{mock.url}{TASKS}/{task['TaskId']}")
            assert answer.json()["Code"] == "BRK.OverdueTenant"
        assert info(mock, task["TaskId"])["TaskStatus"] == "PAUSED"
        stop = {"Input": {"TaskId": task["TaskId"]}}
        httpx.put(f"{mock.url}{TASKS}?type=realtime&operation=stop", json=stop)
        # DashScope, both ways
        data_id = agent(mock, body_of(appId=app, fileUrl=SHORT))["dataId"]
        meeting = body_of(appId=app, type="realtime", format="pcm", sampleRate=16_000, fileUrl=None)
        pushed = agent(mock, meeting)["dataId"]
        mine |= {data_id, pushed}
        with duplex(mock) as stream:
            stream.start(pushed, app_id=app)
            stream.push(SENTENCE)
            stream.finish()
        assert stream.sentences() == [say]
        # Live
        live = httpx.get(
            mock.url,
            params={
                "Action": "CreateRtcAsrTask",
                "Version": "2016-11-01",
                "Format": "JSON",
                "Mode": "rtc",
                "SDKAppID": app,
                "ChannelID": "room",
                "RtcUserId": "somebody",
                "Language": "cn",
                "CallbackURL": f"{listener.url}/live",
            },
        )
        assert live.status_code == 200, live.text
        mine.add(live.json()["TaskId"])
        together.wait(30)
        # Everything that is timed runs here and nowhere else.
        scope.advance(number * 10_000)
        assert scope.now() == began + number * 10_000
        assert info(mock, task["TaskId"])["TaskStatus"] == "COMPLETED"
        link = info(mock, task["TaskId"])["Result"]["Transcription"]
        (paragraph,) = httpx.get(link).json()["Transcription"]["Paragraphs"]
        assert "".join(word["Text"] for word in paragraph["Words"]) == say
        together.wait(30)
        assert set(tasks(mock, app)) == mine
        journal = control(mock, "GET", "journal", params={"scope": app}).json()["entries"]
        shown = json.dumps(journal, ensure_ascii=False)
        assert {entry["scope"] for entry in journal} == {app}
        for other in range(1, 9):
            assert (f'"app-{other}"' in shown) == (other == number)
            assert (f"第{other}个范围" in shown) == (other == number)
        assert {entry["task_id"] for entry in journal if entry["task_id"]} == mine
        about = {request.body["Data"]["TaskId"] for request in told(listener.requests)}
        assert about == {task["TaskId"]}
        (rule,) = scope.faults.list()
        assert rule["fired"] == number
        scope.reset()
        assert tasks(mock, app) == []
        assert scope.faults.list() == []
        together.wait(30)
    return mine


def told(requests: list[Any]) -> list[Any]:
    """The callbacks of Tingwu's tasks."""
    return [
        request
        for request in requests
        if "live" not in request.path and "TaskId" in request.body.get("Data", {})
    ]


def test_eight_scopes_on_one_server_never_see_each_other(mock: MockTingwu) -> None:
    own = create(mock, "somebody-else")["TaskId"]
    together = Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(one_of_eight, mock, number, together) for number in range(1, 9)]
        ids = [job.result(90) for job in jobs]
    assert sum(map(len, ids)) == len(set().union(*ids)) == 8 * 4, "no id was given out twice"
    assert [task["task_id"] for task in control(mock, "GET", "tasks").json()["tasks"]] == [own]
    kinds = {entry["kind"] for entry in mock.journal if entry["task_id"] not in (own, None)}
    assert kinds == set()
    assert [scope["name"] for scope in control(mock, "GET", "scopes").json()["scopes"]] == [
        "default"
    ]


# By which keys


def test_a_call_belongs_to_the_scope_of_its_app_key_then_of_its_access_key(
    mock: MockTingwu,
) -> None:
    with mock.scope("a"), mock.scope("k", ["LTAI-k", "sk-k"]):
        of_app = create(mock, "a", "LTAI-k")["TaskId"]
        of_key = create(mock, "other", "LTAI-k")["TaskId"]
        of_nobody = create(mock, "other", "LTAI-other")["TaskId"]
        assert (tasks(mock, "a"), tasks(mock, "k")) == ([of_app], [of_key])
        assert tasks(mock, "default") == [of_nobody]
        # Without a key of a scope the task says where a call belongs; with one the scope does.
        assert info(mock, of_app)["TaskStatus"] == "NEW"
        assert info(mock, of_key, "LTAI-k")["TaskStatus"] == "NEW"
        assert info(mock, of_app, "LTAI-k")["TaskStatus"] == "INVALID"
        agent(mock, body_of(appId="x"), "sk-k")
        assert len(tasks(mock, "k")) == 2


def test_a_temporary_key_belongs_to_the_scope_of_the_key_that_it_was_made_from(
    mock: MockTingwu,
) -> None:
    with mock.scope("k", ["sk-k"]):
        made = httpx.post(mock.url + TOKENS, headers={"Authorization": "Bearer sk-k"}).json()
        data_id = agent(mock, body_of(appId="x"), made["token"])["dataId"]
        assert tasks(mock, "k") == [data_id]
        # and so does a stream that is opened with it
        meeting = body_of(appId="x", type="realtime", format="pcm", sampleRate=16_000, fileUrl=None)
        pushed = agent(mock, meeting, "sk-k")["dataId"]
        with duplex(mock, made["token"]) as stream:
            stream.start(pushed, app_id="x")
            stream.push(SENTENCE)
            stream.finish()
        assert len(stream.sentences()) == 1


def test_a_stream_whose_app_is_of_another_scope_goes_on_there_by_its_clock(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(clock="virtual")
    with mock.scope("later", ["tw_later"], clock="virtual") as scope:
        scope.advance(3_600_000)
        meeting = body_of(
            appId="tw_later", type="realtime", format="pcm", sampleRate=16_000, fileUrl=None
        )
        with duplex(mock) as stream:
            stream.start(agent(mock, meeting)["dataId"], app_id="tw_later")
            mock.advance(3_600_000)  # not this stream's time
            stream.push(SENTENCE)
            scope.advance(5_000)
            stream.finish()
            assert len(stream.sentences()) == 1
        opened = [entry for entry in scope.journal if entry["kind"] == "ws_open"]
        assert len(opened) == 1


def test_words_that_were_listed_without_an_app_key_are_known_in_every_scope(
    mock: MockTingwu,
) -> None:
    url = f"{mock.url}/openapi/tingwu/v2/resources/phrases"
    made = httpx.post(url, json={"Name": "names", "WordWeights": '{"Winterthur": 5}'}).json()
    phrase_id = made["Data"]["PhraseId"]
    with mock.scope("a"):
        body = {
            "AppKey": "a",
            "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000},
            "Parameters": {"Transcription": {"PhraseId": phrase_id}},
        }
        answer = httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body)
        assert answer.status_code == 200, answer.text
        # but nobody changes what is another scope's
        body["Parameters"] = {"Transcription": {"PhraseId": "0" * 32}}
        assert httpx.put(f"{mock.url}{TASKS}?type=realtime", json=body).status_code == 400


def test_a_scope_has_ids_of_its_own_that_its_name_and_seed_decide(
    start_mock: Callable[..., MockTingwu],
) -> None:
    made = []
    for _ in range(2):
        mock = start_mock(seed=3)
        with mock.scope("a"), mock.scope("b"), mock.scope("c", seed=4):
            made.append([create(mock, app)["TaskId"] for app in "abcx"])
    assert made[0] == made[1]
    assert len(set(made[0])) == 4


# The control API


def test_any_post_makes_the_scope_that_it_names(mock: MockTingwu) -> None:
    assert control(mock, "GET", "tasks?scope=a").status_code == 404
    assert control(mock, "DELETE", "faults?scope=a").status_code == 404
    assert control(mock, "POST", "reset?scope=a").status_code == 200
    created = create(mock, "a")["TaskId"]
    assert tasks(mock, "a") == [created]
    found = control(mock, "GET", f"tasks/{created}").json()
    assert found["task_id"] == created
    assert control(mock, "GET", f"tasks/{created}?scope=default").status_code == 404
    assert control(mock, "POST", "wait", json={"task_id": created, "status": "NEW"}).json()["met"]


def test_a_scope_is_made_listed_and_dropped(mock: MockTingwu) -> None:
    body = {"name": "team", "keys": ["app-1", "sk-0123456789012345678901234"], "clock": "virtual"}
    made = control(mock, "POST", "scopes", json=body | {"seed": 7})
    assert made.status_code == 200
    now = made.json()["now_ms"]
    assert made.json() == {
        "name": "team",
        "keys": ["app-1", "sk-0123…"],
        "clock": "virtual",
        "seed": 7,
        "profile": "plain",
        "now_ms": now,
        "tasks": 0,
        "connections": 0,
    }
    created = create(mock, "app-1")["TaskId"]
    assert control(mock, "GET", "scopes/team").json()["tasks"] == 1
    names = [scope["name"] for scope in control(mock, "GET", "scopes").json()["scopes"]]
    assert names == ["default", "team"]
    assert control(mock, "DELETE", "scopes/team").json()["name"] == "team"
    assert control(mock, "GET", "scopes/team").status_code == 404
    assert info(mock, created)["TaskStatus"] == "INVALID"
    assert tasks(mock, "default") == []


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "name is None, expected a text"),
        ({"name": ""}, 400, "name is '', expected 1 to 128 characters"),
        ({"name": "a\n"}, 400, "name is 'a\\n', expected 1 to 128 characters"),
        ({"name": "x" * 129}, 400, f"name is {'x' * 129!r}, expected 1 to 128 characters"),
        ({"name": "x", "keys": "a"}, 400, "keys is 'a', expected a list of AppKeys and the like"),
        ({"name": "x", "keys": [""]}, 400, "keys is '', expected 1 to 128 characters"),
        ({"name": "x", "clock": "fast"}, 400, "clock is 'fast', expected system or virtual"),
        ({"name": "x", "seed": True}, 400, "seed is True, expected a whole number"),
        ({"name": "x", "profile": 1}, 400, f"profile is 1, expected {EXPECTED}"),
        (
            {"name": "x", "owner": 1},
            400,
            "owner is unknown; expected name, keys, clock, seed, profile",
        ),
        ({"name": "taken"}, 409, "name is 'taken', but there is such a scope already"),
        ({"name": "default"}, 409, "name is 'default', but there is such a scope already"),
        ({"name": "x", "keys": ["k"]}, 400, "keys has 'k', which is a key of scope 'taken'"),
    ],
)
def test_a_scope_that_cannot_be_is_refused(
    mock: MockTingwu, body: Json, status: int, text: str
) -> None:
    mock.scope("taken", ["k"])
    answer = control(mock, "POST", "scopes", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": text})


def test_there_is_a_bound_on_scopes(mock: MockTingwu) -> None:
    for number in range(MOST_SCOPES - 1):
        mock.call(partial(mock._server.world.add, f"s{number}"))
    with pytest.raises(ValueError, match="there are 1000 scopes; drop some"):
        mock.scope("one-more")
    answer = control(mock, "POST", "reset?scope=one-more")
    assert answer.status_code == 400
    assert control(mock, "POST", "reset?scope=*").status_code == 200
    assert len(control(mock, "GET", "scopes").json()["scopes"]) == 1


def test_a_reset_forgets_what_one_scope_has_and_a_star_stands_for_all(mock: MockTingwu) -> None:
    mock.scope("a")
    first, other = create(mock, "a")["TaskId"], create(mock, "b")["TaskId"]
    control(mock, "POST", "reset")
    assert (tasks(mock, "a"), tasks(mock, "default")) == ([first], [])
    control(mock, "POST", "reset?scope=a")
    assert tasks(mock, "a") == []
    assert create(mock, "a")["TaskId"] == first, "the ids begin anew, too"
    assert create(mock, "b")["TaskId"] == other
    control(mock, "POST", "reset?scope=*")
    assert control(mock, "GET", "tasks?scope=a").status_code == 404
    assert tasks(mock, "default") == []


def test_a_reset_closes_the_connections_of_its_scope_only(mock: MockTingwu) -> None:
    mock.scope("a")
    with pusher(create(mock, "a")) as mine, pusher(create(mock, "b")) as other:
        mine.start()
        other.start()
        control(mock, "POST", "reset?scope=a")
        assert mine.close_code() == 1000
        other.push(SENTENCE)
        other.stop()
        assert len(other.sentences()) == 1


def test_the_clock_of_a_scope_is_its_own(mock: MockTingwu) -> None:
    answer = control(mock, "POST", "clock?scope=a", json={"mode": "virtual", "advance_ms": 5_000})
    assert answer.json()["mode"] == "virtual"
    assert control(mock, "GET", "clock").json()["mode"] == "system"
    scope = control(mock, "GET", "scopes/a").json()
    assert (scope["clock"], scope["now_ms"]) == ("virtual", answer.json()["now_ms"])


def test_a_line_feed_in_a_name_is_told_as_any_other_name_that_there_is_not(
    mock: MockTingwu,
) -> None:
    answer = httpx.delete(f"{mock.url}/_mock/scopes/a%0Ab")
    assert answer.status_code == 404
    assert answer.json() == {"error": "name is 'a\\nb', expected one of /_mock/scopes"}


def test_a_dropped_scope_cannot_be_used_and_its_name_is_free(mock: MockTingwu) -> None:
    with mock.scope("a") as scope:
        create(mock, "a")
    scope.drop()
    with pytest.raises(RuntimeError, match="the scope 'a' was dropped"):
        scope.now()
    with mock.scope("a"):
        assert tasks(mock, "a") == []


def _has_stalled(scope: Controls) -> bool:
    return any(entry["kind"] == "fault" for entry in scope.journal)


def test_a_stream_that_stalls_is_closed_when_its_scope_ends(mock: MockTingwu) -> None:
    for end in ("POST", "reset?scope=a"), ("DELETE", "scopes/a"):
        scope = mock.scope("a", clock="virtual") if mock.scopes == [] else mock.scopes[0]
        scope.faults.add({"type": "ws_stall", "ms": 60_000}, match={"event": "SentenceBegin"})
        with pusher(create(mock, "a")) as client:
            client.start()
            client.push(SENTENCE)
            until(partial(_has_stalled, scope), "the stall")
            assert control(mock, *end).status_code == 200
            assert client.close_code() == 1000
            assert len(client.sentences()) == 1


def test_who_waits_in_a_scope_that_ends_is_told(mock: MockTingwu) -> None:
    mock.scope("a")
    with ThreadPoolExecutor(1) as pool:
        body = {"kind": "request", "operation": "CreateTask", "timeout_ms": 20_000}
        waiting = pool.submit(control, mock, "POST", "wait?scope=a", json=body)
        watched = mock._server.world.get("a")
        assert watched is not None
        until(lambda: bool(watched.journal.watchers), "somebody who waits")
        control(mock, "POST", "reset?scope=a")
        answer = waiting.result(10)
    assert answer.status_code == 408
    assert answer.json() == {"error": "the scope was reset or dropped before it came to that"}


def test_a_rule_that_makes_no_sense_makes_no_scope(mock: MockTingwu) -> None:
    answer = control(mock, "POST", "faults?scope=a", json={"action": {"type": "zzz"}})
    assert answer.status_code == 400
    assert control(mock, "GET", "scopes/a").status_code == 404


def test_a_reset_takes_no_body_that_says_something(mock: MockTingwu) -> None:
    answer = control(mock, "POST", "reset", json={"scope": "a"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body is not empty, but a reset takes nothing")
    assert control(mock, "POST", "reset", json={}).status_code == 200


def test_a_sentence_about_something_very_long_is_cut(mock: MockTingwu) -> None:
    answer = control(mock, "POST", "scopes", json={"name": "x" * 100_000})
    assert answer.status_code == 400
    assert len(answer.json()["error"]) == 4_001
