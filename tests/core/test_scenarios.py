"""Scenario files: what they may say, and what is said of those that make no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu import contract
from mock_tingwu.core import scenarios
from mock_tingwu.core.apps import App
from mock_tingwu.core.scenarios import (
    MAX_BYTES,
    MOST_PROBLEMS,
    OF_A_SCOPE,
    OF_A_SERVER,
    ScenarioError,
    UnknownScenario,
    find,
    scenario_of_data,
    scenario_of_file,
    starter,
    starters,
)

SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n"
FULL = """\
name: everything
description: >
  A situation with
  all that there is.
scripts:
  - task_key: a
    app_key: b
    script: {sentences: [Good morning.]}
  - file_url: https://example.com/a.mp3
    file: talk.srt
    language: en
    translations: {de: talk.de.srt}
  - app_key: c
    script: {format: vtt, text: "WEBVTT\\n\\n00:01.000 --> 00:02.000\\nHello."}
faults:
  - match: {operation: GetTaskInfo}
    action: {type: throttle}
    times: 2
callbacks:
  b: http://127.0.0.1:8001/callback
apps:
  tw_1: {published: false}
  tw_2:
settings:
  seed: 7
  clock: virtual
  result_interval_ms: 10
  throttle: 2/5
  offline_quota_minutes: 3
  max_streams: 4
  oss_buckets: [my-bucket]
  app_keys: [b, c]
  auth: verify
  fetch: never
  max_body_bytes: 1000
  task_ids: documented
"""


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """A file of a scenario, with subtitles beside it."""
    (tmp_path / "talk.srt").write_text(SRT)
    (tmp_path / "talk.de.srt").write_text(SRT.replace("Hello", "Hallo"))

    def write(text: str, name: str = "my.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def problems(path: Path) -> list[str]:
    """What is said of a file, without its folder."""
    with pytest.raises(ScenarioError) as caught:
        scenario_of_file(path)
    assert str(caught.value).splitlines()[: len(caught.value.problems)] == [
        line for problem in caught.value.problems for line in problem.splitlines()
    ]
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_a_file_says_all_that_there_is(written: Callable[..., Path]) -> None:
    path = written(FULL)
    scenario = scenario_of_file(path)
    assert (scenario.name, scenario.source) == ("everything", str(path))
    assert scenario.description == "A situation with all that there is."
    assert [heard.keys for heard in scenario.scripts] == [
        {"task_key": "a", "app_key": "b"},
        {"file_url": "https://example.com/a.mp3"},
        {"app_key": "c"},
    ]
    inline, file, text = (heard.script for heard in scenario.scripts)
    assert (inline.lines[0].text, inline.id) == ("Good morning.", "everything")
    assert (file.lines[0].translations, file.id, file.language) == ({"de": "Hallo."}, "talk", "en")
    assert text.lines[0].text == "Hello."
    assert [rule["times"] for rule in scenario.faults] == [2]
    assert scenario.callbacks == {"b": "http://127.0.0.1:8001/callback"}
    assert scenario.apps == {"tw_1": App(published=False), "tw_2": App()}
    assert set(scenario.settings) == {*OF_A_SCOPE, *OF_A_SERVER}
    assert scenario.settings["app_keys"] == {"b": "", "c": ""}
    assert scenario.at("settings", "seed") == f"{path}:25"


def test_json_says_the_same(written: Callable[..., Path]) -> None:
    as_json = written(json.dumps(yaml.safe_load(FULL), indent=1), "my.json")
    assert scenario_of_file(as_json) == scenario_of_file(written(FULL))


def test_a_name_is_enough_and_a_part_may_be_empty(written: Callable[..., Path]) -> None:
    text = "name: quiet\ndescription:\nscripts:\nfaults:\ncallbacks:\napps:\nsettings:\n"
    assert scenario_of_file(written(text)) == scenario_of_data({"name": "quiet"})
    assert scenario_of_file(written("\ufeffname: quiet")).name == "quiet"


def test_every_problem_is_told_with_its_line_the_value_and_what_was_expected(
    written: Callable[..., Path],
) -> None:
    path = written("""\
name: bad
fualts: []
scripts:
  - app_key: x
    script:
      sentences:
        - Hello.
        - {text: Hi., speaker: Bob}
      speakers: [Ann]
  - file: nowhere.srt
  - task_key: a
    file: nowhere.srt
faults:
  - match: {event: SentenceEnds}
    action: {type: ws_drop}
  - action: {type: api_error,
      code: Foo}
  - match:
      task: x
    action: {type: throttle}
  - action: {type: throttle}
    time: 3
  - 7
callbacks:
  my-app: ftp://x?token=planted
apps:
  tw_1:
    published: maybe
settings:
  seed: apple
  port: 9
  callbacks: {}
""")
    known = ", ".join((*OF_A_SCOPE, *OF_A_SERVER))
    found = problems(path)
    found[4] = found[4].partition(" or ")[0]
    assert found == [
        "my.yaml:2: fualts is unknown; expected name, description, scripts, faults, callbacks, "
        "apps, settings",
        "my.yaml:8: scripts[0].script.sentences[1].speaker is 'Bob': expected one of Ann",
        "my.yaml:10: scripts[1] has no key, expected one of task_key, file_url, app_key",
        "my.yaml:12: scripts[2].file is 'nowhere.srt': nowhere.srt: cannot be read: No such file "
        "or directory",
        "my.yaml:14: faults[0].match.event is 'SentenceEnds', expected TranscriptionStarted",
        "my.yaml:17: faults[1].action.code is 'Foo', expected a code of the error tables of the "
        "OpenAPI, DashScope or Live",
        "my.yaml:19: faults[2]: task is unknown in match; expected service, operation, task_key, "
        "app_key, task_id, event, audio_ms, kind, nth, probability",
        "my.yaml:22: faults[3]: time is unknown in the rule; expected match, action, times, "
        "scenario",
        "my.yaml:23: faults[4] is 7, expected a rule with match, action and times",
        "my.yaml:25: callbacks.my-app is 'ftp://x?token=…', expected an address such as "
        "http://127.0.0.1:8000/callback",
        "my.yaml:28: apps.tw_1.published is 'maybe', expected true or false",
        "my.yaml:30: settings.seed is 'apple', expected a whole number from -9223372036854775808 "
        "to 9223372036854775807",
        f"my.yaml:31: settings.port is none of a scenario; expected {known}",
        f"my.yaml:32: settings.callbacks has a part of its own; expected {known}",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "my.yaml:1: the scenario is None, expected an object with a name"),
        ("[]", "my.yaml:1: the scenario is [], expected an object with a name"),
        ("description: x", "my.yaml:1: name is missing, expected what the scenario is called"),
        ("name: ''", "my.yaml:1: name is '', expected 1 to 100 characters"),
        ("name: 7", "my.yaml:1: name is 7, expected 1 to 100 characters"),
        ("name: x\nname: y", "my.yaml:2: 'name' stands there twice"),
        ("name: x\ndescription: []", "my.yaml:2: description is [], expected a text"),
        ("name: x\nfaults: {}", "my.yaml:2: faults is {}, expected a list of rules"),
        ("name: x\nscripts: 1", "my.yaml:2: scripts is 1, expected a list of scripts with their"),
        ("name: x\nscripts: [1]", "my.yaml:2: scripts[0] is 1, expected an object with some of"),
        ("name: x\nscripts: [{app_key: a}]", "scripts[0] has neither, expected script or file"),
        (
            "name: x\nscripts: [{app_key: a, script: {}, file: x}]",
            "scripts[0] has both, expected script or file",
        ),
        ("name: x\nscripts: [{app_key: 7, file: a}]", "scripts[0].app_key is 7, expected a text"),
        ("name: x\nscripts: [{app_key: a, file: 7}]", "scripts[0].file is 7, expected the path"),
        ("name: x\nscripts: [{app_key: a, script: x}]", "scripts[0].script is 'x', expected an"),
        (
            "name: x\nscripts: [{app_key: a, script: {}}]",
            "scripts[0].script: the script: missing required field `sentences`",
        ),
        (
            "name: x\nscripts: [{app_key: a, script: {text: x}}]",
            "scripts[0].script.format is None, expected one of srt, vtt, yaml, json",
        ),
        (
            "name: x\nscripts: [{app_key: a, script: {text: 1, format: srt}}]",
            "scripts[0].script is {'text': 1, 'format': 'srt'}, expected texts only",
        ),
        (
            "name: x\nscripts: [{app_key: a, script: {sentences: [a]}, language: en}]",
            "scripts[0].language is given, expected none: it is for a file",
        ),
        (
            "name: x\nscripts: [{app_key: a, file: talk.srt, translations: [a]}]",
            "scripts[0].translations is ['a'], expected paths by their language",
        ),
        (
            "name: x\nscripts: [{app_key: a, file: talk.srt, translations: {xx: talk.de.srt}}]",
            "scripts[0].file is 'talk.srt': ",
        ),
        ("name: x\nfaults: [{}]", "faults[0].action is None, expected an object with a type"),
        ("name: x\ncallbacks: []", "callbacks is [], expected a URL for each AppKey"),
        ("name: x\ncallbacks: {'': http://x}", "callbacks has the key '', expected the AppKey"),
        ("name: x\ncallbacks: {a: }", "callbacks.a is None, expected an address such as"),
        ("name: x\napps: {a: 7}", "apps.a is 7, expected an object with what is configured"),
        ("name: x\napps: {'': }", "apps has the key '', expected the id of an app"),
        ("name: x\napps: {a: {colour: 1}}", "apps.a.colour is unknown; expected parameters"),
        ("name: x\nsettings: {seed: }", "settings.seed is None, expected a value"),
        ("name: x\nsettings: {seed: '7'}", 'settings.seed: "7" is not of type'),
        (
            "name: x\nsettings: {seed: 2024-01-01}",
            "settings.seed is datetime.date(2024, 1, 1), exp",
        ),
        ("name: x\n7: x", "my.yaml:2: the scenario has the key 7, expected a text: put it in quo"),
        ("name: x\nsettings: {seed: .inf}", "settings.seed is inf, expected a number"),
        (f"name: x\nsettings: {{seed: {10**30}}}", "expected a smaller number"),
        ("name: [x", "my.yaml:1: expected YAML, but it cannot be parsed: while parsing a flow"),
        ("name: &a [*a]", "my.yaml: the alias *a is a part of itself"),
        ("[" * 100_000, "my.yaml: nested too deeply"),
    ],
)
def test_one_thing_that_is_wrong_is_told_in_one_sentence(
    written: Callable[..., Path], text: str, problem: str
) -> None:
    (found,) = problems(written(text))
    assert problem in found
    assert "\n" not in found


def test_half_a_character_is_no_text(written: Callable[..., Path]) -> None:
    (problem,) = problems(written('{"name": "\\ud800"}', "my.json"))
    assert problem == r"my.json:1: name is '\ud800', expected characters only"


def test_of_very_many_problems_some_are_told_and_the_rest_counted(
    written: Callable[..., Path],
) -> None:
    path = written("name: x\nfaults:\n" + "  - 7\n" * 1_000)
    assert len(problems(path)) == MOST_PROBLEMS
    with pytest.raises(ScenarioError, match=f"\nand {1_000 - MOST_PROBLEMS} more$"):
        scenario_of_file(path)


def test_a_long_value_is_not_told_in_full(written: Callable[..., Path]) -> None:
    (found,) = problems(written(f"name: x\nfaults: [{{match: {['x' * 9] * 9_999}}}]"))
    assert len(found) < 1_100


def test_a_file_that_is_none_is_told(tmp_path: Path, written: Callable[..., Path]) -> None:
    with pytest.raises(UnknownScenario, match=r"nowhere\.yaml: cannot be read: No such file"):
        find(tmp_path / "nowhere.yaml")
    with pytest.raises(UnknownScenario, match="cannot be read: Is a directory"):
        find(tmp_path)
    with pytest.raises(UnknownScenario, match="cannot be read: "):
        find("\0.yaml")
    path = written("x" * (MAX_BYTES + 1))
    assert problems(path) == [f"my.yaml: longer than {MAX_BYTES} bytes, expected a scenario"]
    path.write_bytes("name: x\n# 早".encode("gbk"))
    assert problems(path) == ["my.yaml:2: byte 11 is 0xd4, expected text in UTF-8"]


def test_what_is_sent_may_not_name_a_file_of_this_machine() -> None:
    with pytest.raises(ScenarioError, match="only a scenario that is a file itself can name"):
        scenario_of_data({"name": "x", "scripts": [{"app_key": "a", "file": "/etc/passwd"}]})


def test_a_text_is_the_name_of_a_starter_unless_it_looks_like_a_path(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written("name: mine")
    monkeypatch.chdir(path.parent)
    assert find("socket-lost") is starter("socket-lost")
    assert find("my.yaml").name == find("./my.yaml").name == find(str(path)).name == "mine"
    known = ", ".join(starters())
    for name in ("nothing", "", "..", "Socket-Lost"):
        with pytest.raises(UnknownScenario, match=f"there is no scenario '{name}', exp.*{known}"):
            find(name)


def test_starters_are_called_like_their_files_and_say_what_a_client_sees() -> None:
    assert len(starters()) == 8
    for name in starters():
        assert starter(name).name == name
        assert 20 < len(starter(name).description) <= 90
        header = scenarios.starter_text(name)
        assert header.startswith("# ") and header.index("\nname: ") > 150


def test_the_schema_takes_every_setting_that_a_scenario_can_have() -> None:
    schema = json.loads(contract.text("control/scenario"))
    settings = schema["$defs"]["settings"]["properties"]
    assert list(settings) == [*OF_A_SCOPE, *OF_A_SERVER]


KEYS = ["name", "description", "scripts", "faults", "callbacks", "apps", "settings", "match", "x"]
LEAVES = st.sampled_from(
    [*KEYS, "http://x/", "throttle", "ws_drop", "virtual", "Transcription", ""]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | LEAVES | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LEAVES | st.text(), inner),
    max_leaves=20,
)
SCRIPTS = st.lists(
    st.dictionaries(
        st.sampled_from(["task_key", "app_key", "script", "file", "language", "translations"]),
        VALUES | st.just({"sentences": ["Hello."]}),
    )
)
RULES = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "match": st.dictionaries(
                st.sampled_from(["event", "operation", "nth", "service"]), VALUES
            ),
            "action": st.dictionaries(st.sampled_from(["type", "ms", "code"]), VALUES),
            "times": VALUES,
        },
    )
)
SETTINGS = st.dictionaries(st.sampled_from([*OF_A_SCOPE, *OF_A_SERVER, "port"]), VALUES)
PARTS = st.fixed_dictionaries(
    {"name": st.just("x") | VALUES},
    optional={
        "description": VALUES,
        "scripts": SCRIPTS | VALUES,
        "faults": RULES | VALUES,
        "callbacks": st.dictionaries(LEAVES, LEAVES) | VALUES,
        "apps": st.dictionaries(LEAVES, VALUES) | VALUES,
        "settings": SETTINGS | VALUES,
    },
)


@given(PARTS | VALUES)
def test_whatever_is_given_is_a_scenario_or_one_error(data: Any) -> None:
    try:
        scenario = scenario_of_data(data)
    except ScenarioError as error:
        assert error.problems
        assert all(problem.startswith("scenario: ") for problem in error.problems)
    else:
        assert contract.violations("control/scenario", data) == []
        assert scenario == scenario_of_data(json.loads(json.dumps(data)))


@given(PARTS)
def test_whatever_yaml_a_file_has_it_is_a_scenario_or_one_error(data: Any) -> None:
    text = yaml.dump(data, allow_unicode=True).encode("utf-8", "replace")
    try:
        scenarios.scenario_of(scenarios.read(text, "yaml", "my.yaml"), "my.yaml")
    except ScenarioError as error:
        for problem in error.problems:
            assert problem.startswith("my.yaml:")
