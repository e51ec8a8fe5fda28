"""Scenarios in force: over HTTP, in Python, in scopes and from the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.scenarios import ScenarioError, starter, starters
from mock_tingwu.settings import SettingsError
from tests.callbacks.receiver import nobody
from tests.offline import tasks as offline
from tests.realtime.helpers import TASKS, create, status, stop

THROTTLED: dict[str, Any] = {
    "name": "throttled",
    "description": "Polling is throttled.",
    "faults": [{"match": {"operation": "GetTaskInfo"}, "action": {"type": "throttle"}}],
}
FULL: dict[str, Any] = {
    **THROTTLED,
    "scripts": [{"app_key": "app", "script": {"sentences": ["Hello."]}}],
    "callbacks": {"app": "http://127.0.0.1:8001/callback"},
    "apps": {"tw_1": {"callback": "http://127.0.0.1:8001/agents"}, "tw_2": None},
    "settings": {"max_streams": 3},
}
SHOWN = {
    "name": "throttled",
    "description": "Polling is throttled.",
    "scripts": 1,
    "faults": ["fault-1"],
    "callbacks": ["app"],
    "apps": ["tw_1", "tw_2"],
    "settings": {"max_streams": 3},
}


def call(mock: MockTingwu, method: str = "GET", scope: str = "", **body: Any) -> httpx.Response:
    query = {"scope": scope} if scope else None
    return httpx.request(method, f"{mock.url}/_mock/scenarios", params=query, timeout=30, **body)


def control(mock: MockTingwu, path: str, scope: str = "default") -> Any:
    return httpx.get(f"{mock.url}/_mock/{path}", params={"scope": scope}).json()


def applied(mock: MockTingwu, scope: str = "default") -> list[str]:
    return [entry["name"] for entry in control(mock, "scenarios", scope)["applied"]]


def polled(mock: MockTingwu) -> str:
    code: str = httpx.get(f"{mock.url}{TASKS}/{'0' * 32}").json()["Code"]
    return code


def test_all_that_a_scenario_has_is_in_force_afterwards(mock: MockTingwu) -> None:
    assert call(mock, "POST", json=FULL).json() == SHOWN
    assert polled(mock) == "Throttling.User"
    (rule,) = control(mock, "faults")["faults"]
    assert (rule["id"], rule["match"]) == ("fault-1", {"operation": "GetTaskInfo"})
    (script,) = control(mock, "scripts")["scripts"]
    assert (script["kind"], script["key"], script["id"]) == ("app_key", "app", "throttled")
    (callback,) = control(mock, "callbacks")["callbacks"]
    assert callback["url"] == "http://127.0.0.1:8001/callback"
    apps = control(mock, "apps")["apps"]
    assert [app["app_id"] for app in apps] == ["tw_1", "tw_2"]
    assert apps[0]["delivered"] == 0
    (note,) = [entry for entry in mock.journal if entry["kind"] == "note"]
    assert note["text"] == "the scenario throttled is in force"


def test_it_is_added_to_what_there_is(mock: MockTingwu) -> None:
    mock.faults.add({"type": "latency", "ms": 1})
    call(mock, "POST", json=THROTTLED)
    assert call(mock, "POST", json=THROTTLED).json()["faults"] == ["fault-3"]
    assert applied(mock) == ["throttled", "throttled"]


def test_starters_are_listed_and_put_in_force_by_their_name(mock: MockTingwu) -> None:
    listed = control(mock, "scenarios")
    assert [entry["name"] for entry in listed["scenarios"]] == starters()
    assert listed["scenarios"][0]["description"] == starter(starters()[0]).description
    assert listed["applied"] == []
    for name in starters():
        answer = call(mock, "POST", json={"name": name})
        assert (answer.status_code, answer.json()["name"]) == (200, name)
    assert applied(mock) == starters()
    answer = call(mock, "POST", json={"name": "nothing"})
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("there is no scenario 'nothing', expected one of")


@pytest.mark.parametrize("type_", ["application/yaml", "text/x-yaml; charset=utf-8"])
def test_the_body_may_be_yaml(mock: MockTingwu, type_: str) -> None:
    text = "name: mine\nfaults:\n  - action: {type: throttle}\n"
    answer = call(mock, "POST", content=text, headers={"Content-Type": type_})
    assert answer.json()["faults"] == ["fault-1"]
    answer = call(mock, "POST", content="name: socket-lost", headers={"Content-Type": type_})
    assert answer.json()["faults"] == []  # a scenario of its own that happens to be called so


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"name": "x",\n "faults": [7]}', "body:2: faults[0] is 7, expected a rule with match"),
        ('{"name": 7}', "body:1: name is 7, expected 1 to 100 characters"),
        ("[]", "body:1: the scenario is [], expected an object with a name"),
        ("", "body:1: expected JSON, but it cannot be parsed: Expecting value"),
        (
            '{"name": "x", "scripts": [{"app_key": "a", "file": "/etc/passwd"}]}',
            "body:1: scripts[0].file is '/etc/passwd', expected a script: only a scenario that is "
            "a file itself can name another",
        ),
        (
            '{"name": "x",\n "settings":\n {"auth": "verify"}}',
            "body:3: settings.auth is 'verify', expected nothing: it counts for the whole server "
            "when it starts",
        ),
        (
            '{"name": "x", "apps":\n{"tw_1": {"parameters": {"transcription": 7}}}}',
            "body:2: apps.tw_1.parameters.transcription: 7 is not of type",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_makes_no_scope(
    mock: MockTingwu, body: str, error: str
) -> None:
    answer = call(mock, "POST", "team-a", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert [scope["name"] for scope in control(mock, "scopes")["scopes"]] == ["default"]


def test_a_parameter_that_is_unknown_is_refused(mock: MockTingwu) -> None:
    answer = httpx.get(f"{mock.url}/_mock/scenarios?name=x")
    assert answer.status_code == 400
    assert answer.json() == {"error": "name is unknown in the query; expected scope"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": [*FULL["faults"], {"action": {"type": "none"}}]},
        {"scripts": [*FULL["scripts"], {"app_key": "b"}]},
        {"callbacks": {**FULL["callbacks"], "b": "nowhere"}},
        {"apps": {**FULL["apps"], "tw_3": {"parameters": {"transcription": 7}}}},
        {"settings": {"clock": "system", "seed": 7, "auth": "verify"}},
    ],
)
def test_one_bad_part_and_nothing_has_changed(
    virtual_mock: MockTingwu, wrong: dict[str, Any]
) -> None:
    mock = virtual_mock
    task = create(mock)
    kinds = ("faults", "scripts", "callbacks", "apps", "scopes", "tasks")
    before = [control(mock, kind) for kind in kinds]
    assert call(mock, "POST", json={**FULL, **wrong}).status_code == 400
    with pytest.raises(ScenarioError):
        mock.scenario({**FULL, **wrong})
    assert [control(mock, kind) for kind in kinds] == before
    assert applied(mock) == []
    assert status(mock, task["TaskId"]) == "NEW"


def test_in_python_it_is_a_name_a_path_or_data(mock: MockTingwu, tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("name: mine\nfaults: [{action: {type: throttle}}]")
    assert mock.scenario("socket-lost")["faults"] == ["fault-1", "fault-2"]
    assert mock.scenario(path)["name"] == mock.scenario(str(path))["name"] == "mine"
    assert mock.scenario(FULL)["settings"] == {"max_streams": 3}
    assert applied(mock) == ["socket-lost", "mine", "mine", "throttled"]
    with pytest.raises(ValueError, match=r"^there is no scenario 'nothing'"):
        mock.scenario("nothing")
    path.write_text("name: mine\nfaults: 7")
    with pytest.raises(ValueError, match=r"my\.yaml:2: faults is 7, expected a list of rules$"):
        mock.scenario(path)


def test_a_reset_forgets_it(mock: MockTingwu) -> None:
    mock.scenario(FULL)
    mock.reset()
    assert applied(mock) == []
    for kind in ("faults", "scripts", "callbacks", "apps"):
        assert control(mock, kind) == {kind: []}


# Scopes


def test_a_scope_has_scenarios_of_its_own(mock: MockTingwu) -> None:
    with mock.scope("team-a", ["app-a"]) as scope:
        scope.scenario(THROTTLED)
        assert applied(mock, "team-a") == ["throttled"]
        assert call(mock, "POST", "team-b", json=THROTTLED).status_code == 200
        assert applied(mock, "team-b") == ["throttled"]
        assert applied(mock) == []
        assert polled(mock) == "0"
        assert call(mock, "GET", "team-c").status_code == 404


def test_a_scope_has_limits_of_its_own(mock: MockTingwu) -> None:
    with mock.scope("team-a", ["app-a"]) as scope:
        scope.scenario(
            {"name": "tight", "settings": {"throttle": "1/0", "oss_buckets": ["my-bucket"]}}
        )
        answers = []
        for app_key, bucket in (
            ("app-a", "another"),
            ("app-a", "my-bucket"),
            ("app", "another"),
            ("app", "another"),
        ):
            body = offline.body_of(OutputPath=f"oss://{bucket}/folder/")
            answers.append(offline.put(mock, {**body, "AppKey": app_key}).json()["Code"])
        assert answers == ["BRK.InvalidOssBucket", "Throttling.User", "0", "0"]
        scope.scenario({"name": "closed", "settings": {"throttle": "off", "app_keys": ["other"]}})
        answer = offline.put(mock, {**offline.body_of(), "AppKey": "app-a"})
        assert answer.json()["Code"] == "BRK.InvalidAppKey"
        scope.reset()
        assert offline.put(mock, {**offline.body_of(), "AppKey": "app-a"}).json()["Code"] == "0"


def test_the_interval_between_results_counts_at_once(virtual_mock: MockTingwu) -> None:
    task_id = create(virtual_mock, {"AutoChaptersEnabled": True})["TaskId"]
    virtual_mock.scenario({"name": "slow", "settings": {"result_interval_ms": 60_000}})
    stop(virtual_mock, task_id)
    virtual_mock.advance(119_999)
    assert status(virtual_mock, task_id) == "ONGOING"
    virtual_mock.advance(1)
    assert status(virtual_mock, task_id) == "COMPLETED"


def test_with_a_seed_or_a_clock_the_scope_starts_over(mock: MockTingwu) -> None:
    with mock.scope("team-a", ["app-a"]) as scope:
        offline.put(mock, {**offline.body_of(), "AppKey": "app-a"})
        scope.faults.add({"type": "latency", "ms": 1})
        scope.scenario({**THROTTLED, "settings": {"clock": "virtual", "max_streams": 2}})
        assert control(mock, "tasks", "team-a") == {"tasks": []}
        assert [rule["action"] for rule in scope.faults.list()] == [{"type": "throttle"}]
        assert control(mock, "clock", "team-a")["mode"] == "virtual"
        assert control(mock, "clock")["mode"] == "system"
        scope.scenario({"name": "seven", "settings": {"seed": 7}})
        assert applied(mock, "team-a") == ["seven"]
        (_, shown) = control(mock, "scopes")["scopes"]
        assert (shown["seed"], shown["clock"]) == (7, "virtual")
        scope.reset()
        (_, shown) = control(mock, "scopes")["scopes"]
        assert (shown["seed"], shown["clock"]) == (7, "virtual")


def test_the_same_seed_gives_the_same_ids(mock: MockTingwu) -> None:
    ids = []
    for _ in range(2):
        mock.scenario({"name": "seven", "settings": {"seed": 7}})
        ids.append(create(mock)["TaskId"])
    assert ids[0] == ids[1]


# From the start


def test_the_default_scope_begins_with_it_and_again_after_every_reset(
    start_mock: Callable[..., MockTingwu], tmp_path: Path
) -> None:
    path = tmp_path / "my.json"
    path.write_text('{"name": "mine", "apps": {"tw_1": {}}, "callbacks": {"a": "http://x/"}}')
    mock = start_mock(scenario=["socket-lost", path, THROTTLED])
    path.unlink()
    for _ in range(2):
        assert applied(mock) == ["socket-lost", "mine", "throttled"]
        assert polled(mock) == "Throttling.User"
        mock.scenario("subtask-null")
        mock.reset()
    with mock.scope("team-a"):
        assert applied(mock, "team-a") == []
    httpx.post(f"{mock.url}/_mock/reset?scope=*")
    assert applied(mock) == ["socket-lost", "mine", "throttled"]


def test_what_the_settings_say_goes_before_what_its_scenario_says(
    start_mock: Callable[..., MockTingwu],
) -> None:
    url = nobody()
    scenario = {
        **FULL,
        "callbacks": {"app": "http://127.0.0.1:8001/callback", "b": "http://127.0.0.1:8001/b"},
        "settings": {"seed": 7, "clock": "virtual", "auth": "verify"},
    }
    mock = start_mock(
        scenario=scenario, seed=8, callbacks={"app": url}, apps={"tw_1": {"published": False}}
    )
    settings = mock._server.settings
    assert (settings.seed, settings.clock, settings.auth) == (8, "virtual", "verify")
    (scope,) = control(mock, "scopes")["scopes"]
    assert (scope["seed"], scope["clock"]) == (8, "virtual")
    assert [row["url"] for row in control(mock, "callbacks")["callbacks"]] == [
        url,
        "http://127.0.0.1:8001/b",
    ]
    shown = {app["app_id"]: app["published"] for app in control(mock, "apps")["apps"]}
    assert shown == {"tw_1": False, "tw_2": True}


def test_a_scenario_that_cannot_be_is_a_setting_that_makes_no_sense(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^scenario is 'nothing', expected a scenario: there"):
        MockTingwu(scenario="nothing")
    path = tmp_path / "my.yaml"
    path.write_text("name: x\napps: {tw_1: {parameters: {transcription: 7}}}")
    with pytest.raises(
        SettingsError, match=r"my\.yaml:2: apps\.tw_1\.parameters\.transcription: 7 is"
    ):
        MockTingwu(scenario=path)
    with pytest.raises(SettingsError, match="expected a scenario: its name, the path of its"):
        MockTingwu(scenario=[7])
