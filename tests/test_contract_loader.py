"""How schemas are found, how violations read, and what only `check` looks at."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mock_tingwu import contract
from tests.contract_examples_api import ACCEPTED as API
from tests.contract_examples_realtime import BEGIN, END
from tests.contract_values import GONE, changed

INFO = "tingwu/get-task-info-response"


def test_a_violation_names_field_message_rule_and_source() -> None:
    broken = changed(API["tingwu/create-task-request"][0], "Input/SampleRate", 44100)
    (violation,) = contract.violations("tingwu/create-task-request", broken)
    assert violation.path == ("Input", "SampleRate")
    assert violation.pointer == "/Input/SampleRate"
    assert violation.keyword == "enum"
    assert violation.expected == "Sampling rate in Hz"
    assert violation.source == "documented: tingwu-openapi 1.1 (CreateTask reference)"
    assert str(violation).startswith("at Input.SampleRate: 44100 is not one of 8000 or 16000")


def test_a_missing_key_is_named_like_a_wrong_one() -> None:
    broken = changed(API["tingwu/create-task-request"][0], "AppKey", GONE)
    (violation,) = contract.violations("tingwu/create-task-request", broken)
    assert violation.pointer == "/AppKey"
    assert violation.keyword == "required"
    assert violation.message == "is missing"
    assert violation.expected == "Key of the project in the console"


def test_a_key_too_many_is_named_and_each_gets_its_own_violation() -> None:
    broken = changed(changed(API[INFO][1], "Data/A", 1), "Data/B", 2)
    found = contract.violations(INFO, broken)
    assert [v.pointer for v in found] == ["/Data/A", "/Data/B"]
    assert {v.message for v in found} == {"is not a known key"}


def test_a_key_in_the_wrong_state_is_not_allowed_there() -> None:
    broken = changed(API[INFO][1], "Data/ErrorCode", "TSC.FileError")
    (violation,) = contract.violations(INFO, broken)
    assert violation.pointer == "/Data/ErrorCode"
    assert violation.message == "is not allowed here"


@pytest.mark.parametrize("language", ["yue", "ja", "ko", "multilingual"])
def test_some_languages_are_heard_at_16_khz_only(language: str) -> None:
    body = changed(API["tingwu/create-task-request"][0], "Input/SourceLanguage", language)
    assert contract.violations("tingwu/create-task-request", body) == []
    body = changed(body, "Input/SampleRate", 8000)
    (violation,) = contract.violations("tingwu/create-task-request", body)
    assert violation.pointer == "/Input/SampleRate"


def test_an_error_tells_who_sent_what_and_where_it_breaks() -> None:
    broken = changed(API[INFO][0], "Data/Result/Transcription", "nowhere")
    with pytest.raises(contract.ContractError) as raised:
        contract.check(INFO, broken)
    text = str(raised.value)
    assert text.startswith(f'Responding with {INFO}: at Data.Result.Transcription: "nowhere" does')
    assert "expected: Signed link to the Transcription file (observed: " in text
    assert raised.value.name == INFO
    assert len(raised.value.violations) == 1
    with pytest.raises(
        contract.ContractError, match=r"^Asking with tingwu/create-task-request#stop"
    ):
        contract.check("tingwu/create-task-request#stop", {"Input": {}})


def test_a_violation_of_the_whole_has_an_empty_pointer() -> None:
    (violation,) = contract.violations("control/health", [])
    assert violation.pointer == ""
    assert str(violation).startswith("at the top level: ")


def test_a_pointer_escapes_the_signs_that_pointers_use() -> None:
    assert contract.Violation(("a/b~", 0), "", "type").pointer == "/a~1b~0/0"


def test_a_long_value_is_quoted_shortened() -> None:
    found = contract.violations(
        "realtime/sentence-begin", changed(BEGIN, "payload/index", "x" * 999)
    )
    assert [len(v.message) < 320 and " ... " in v.message for v in found] == [True]


def test_keys_in_another_order_break_the_answer_but_not_its_schema() -> None:
    answer = API[INFO][0]
    shuffled = dict(reversed(answer.items()))
    assert contract.violations(INFO, shuffled) == []
    for check in (contract.check, contract.check_key_order):
        with pytest.raises(contract.ContractError, match="keys stand as RequestId, Message") as e:
            check(INFO, shuffled)
        assert [v.keyword for v in e.value.violations] == ["x-key-order"]


def test_key_order_holds_inside_referred_schemas_too() -> None:
    words = [{"endTime": 900, "text": "hi", "startTime": 400}]
    with pytest.raises(contract.ContractError, match=r"at payload\.words\.0: keys stand as"):
        contract.check_key_order("realtime/event", changed(END, "payload/words", words))


def test_check_key_order_minds_nothing_but_the_order() -> None:
    contract.check_key_order(INFO, {"Code": 7, "Unknown": None, "Data": {}, "Message": []})
    with pytest.raises(contract.ContractError) as raised:
        contract.check_key_order(INFO, {"Message": 7, "Code": 7})
    assert [v.keyword for v in raised.value.violations] == ["x-key-order"]


@pytest.mark.parametrize("path", ["payload/time", "payload/words/0/endTime", "header/status"])
def test_an_integer_written_with_a_fraction_is_refused(path: str) -> None:
    name = "realtime/sentence-end"
    value: Any = END
    for key in path.split("/"):
        value = value[int(key) if key.isdigit() else key]
    broken = changed(END, path, float(value))
    assert contract.violations(name, broken) == []
    with pytest.raises(contract.ContractError, match="is written with a fraction"):
        contract.check(name, broken)


def test_names_are_paths_below_the_schemas_folder() -> None:
    names = contract.names()
    assert names == sorted(names)
    assert {INFO, "realtime/event", "control/health", "tingwu/results/Translation"} <= set(names)


@pytest.mark.parametrize("name", ["nothing", "../pyproject", "tingwu/common.json", ""])
def test_an_unknown_name_is_a_lookup_error(name: str) -> None:
    with pytest.raises(LookupError, match="There is no schema called"):
        contract.text(name)
    with pytest.raises(LookupError):
        contract.validator(name)


def test_an_unknown_definition_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="has no definition called 'pause'"):
        contract.validator("tingwu/create-task-request#pause")


def test_a_validator_is_compiled_once() -> None:
    assert contract.validator(INFO) is contract.validator(INFO)


def test_importing_the_contract_does_not_import_the_validator() -> None:
    code = "import sys, mock_tingwu.contract; sys.exit('jsonschema_rs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_keys_that_a_lenient_schema_does_not_know_are_found_at_their_places() -> None:
    body = {
        "AppKey": "a",
        "Input": {"SourceLanguage": "cn", "TaskID": "t"},
        "Parameters": {
            "Transcription": {"Phrase": {"any": 1}, "Levels": 2},
            "CustomPrompt": {"Contents": [{"Name": "n"}, {"name": "n"}]},
            "Summarization": {"Types": ["Paragraph"]},
        },
        "Extra": {"a": {"b": 1}},
    }
    assert contract.unknown_keys("tingwu/create-task-request#offline", body) == [
        ("Input", "TaskID"),
        ("Parameters", "Transcription", "Levels"),
        ("Parameters", "CustomPrompt", "Contents", 1, "name"),
        ("Extra",),
    ]
    assert (
        contract.unknown_keys("tingwu/create-task-request#stop", {"Input": {"TaskId": "t"}}) == []
    )


def test_keys_that_only_a_condition_names_are_known() -> None:
    message = {"payload": {"parameters": {"sampleRate": 1, "rate": 1}, "model": "m"}}
    assert contract.unknown_keys("inference/run-task", message) == [
        ("payload", "parameters", "rate")
    ]


def test_what_is_no_object_has_no_unknown_keys() -> None:
    instances: tuple[Any, ...] = (None, [], "a", 1, {"Input": [], "Parameters": "a"})
    for instance in instances:
        assert contract.unknown_keys("tingwu/create-task-request", instance) == []
