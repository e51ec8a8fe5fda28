"""Callback addresses: set, tried, listed and taken away through the control API and settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, contract
from mock_tingwu.cli.serve import add_arguments
from mock_tingwu.settings import Settings, SettingsError
from tests.callbacks.receiver import Receiver, nobody
from tests.callbacks.test_callbacks import create_told, registered
from tests.realtime.helpers import stop


def post(mock: MockTingwu, body: object) -> httpx.Response:
    return httpx.post(f"{mock.url}/_mock/callbacks", json=body, timeout=30)


def test_setting_an_address_tries_it_as_the_console_does(
    mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(204)
    answer = post(mock, {"app_key": "app", "url": receiver.url})
    assert answer.status_code == 200
    assert answer.json() == {
        "app_key": "app",
        "url": receiver.url,
        "probe": {"delivered": True, "status": 204},
    }
    (request,) = receiver.requests
    contract.check("tingwu/callback-test", request.body)
    assert request.headers["Content-Type"] == "application/json"
    assert re.fullmatch(r"CheckSyncConf\d{13}", request.body["Data"]["Test"])
    (entry,) = (entry for entry in mock.journal if entry["kind"] == "callback")
    assert (entry["event"], entry["outcome"], entry["attempt"]) == ("probe", "delivered", 1)


def test_the_address_stands_even_if_nobody_answers_there(mock: MockTingwu) -> None:
    url = nobody()
    probe = post(mock, {"app_key": "app", "url": url}).json()["probe"]
    assert probe == {"delivered": False, "error": "no connection: Connection refused"}
    assert mock.callback("other", url) == probe
    assert registered(mock) == [
        {"app_key": app_key, "url": url, "delivered": 0, "waiting": 0, "lost": 0}
        for app_key in ("app", "other")
    ]


def test_a_trial_that_is_refused_says_with_what(
    mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(500)
    assert mock.callback("app", receiver.url) == {
        "delivered": False,
        "error": "the answer was 500, expected 2xx",
    }
    assert len(receiver.requests) == 1


def test_an_address_can_be_taken_away(
    virtual_mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver(500)
    virtual_mock.callback("app", receiver.url)
    stop(virtual_mock, create_told(virtual_mock))
    virtual_mock.advance(0)
    answer = httpx.delete(f"{virtual_mock.url}/_mock/callbacks?app_key=app")
    assert answer.json() == {"app_key": "app", "url": receiver.url}
    assert registered(virtual_mock) == []
    before = len(receiver.requests)
    virtual_mock.advance(24 * 60 * 60 * 1000)
    assert len(receiver.requests) == before, "what waited is lost"
    lost = [e for e in virtual_mock.journal if e.get("outcome") == "lost" and e["task_id"]]
    assert [e["error"] for e in lost] == ["not sent: its address was taken away or replaced"] * 2
    again = httpx.delete(f"{virtual_mock.url}/_mock/callbacks?app_key=app")
    assert again.status_code == 404
    assert again.json() == {"error": "app_key is 'app', expected one of /_mock/callbacks"}


def test_another_address_replaces_the_first_and_the_same_one_changes_nothing(
    virtual_mock: MockTingwu, start_receiver: Callable[..., Receiver]
) -> None:
    old, new = start_receiver(500), start_receiver(200)
    virtual_mock.callback("app", old.url)
    stop(virtual_mock, create_told(virtual_mock))
    virtual_mock.advance(0)
    virtual_mock.callback("app", old.url)
    assert registered(virtual_mock)[0]["waiting"] == 2
    virtual_mock.callback("app", new.url)
    assert registered(virtual_mock)[0]["waiting"] == 0
    before = len(old.requests)
    stop(virtual_mock, create_told(virtual_mock))
    virtual_mock.advance(60_000)
    assert (len(old.requests), len(new.requests)) == (before, 1 + 2)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "app_key is None, expected a text"),
        ({"app_key": 5, "url": "http://a/"}, "app_key is 5, expected a text"),
        ({"app_key": "", "url": "http://a/"}, "app_key is '', expected the AppKey of a project"),
        ({"app_key": "a"}, "url is None, expected a text"),
        (
            {"app_key": "a", "url": "localhost:8000"},
            "url is 'localhost:8000', expected an address such as http://127.0.0.1:8000/callback",
        ),
        (
            {"app_key": "a", "url": "http://x/" + "y" * 9_000},
            f"url is 'http://x/{'y' * 191}', expected at most 2048 characters",
        ),
        ({"app_key": "a", "callback": "http://a/"}, "callback is unknown; expected app_key, url"),
        ([], "the body is not a JSON object"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    mock: MockTingwu, body: object, sentence: str
) -> None:
    answer = post(mock, body)
    assert answer.status_code == 400
    assert answer.json() == {"error": sentence}
    assert registered(mock) == []


def test_taking_away_wants_a_name(mock: MockTingwu) -> None:
    answer = httpx.delete(f"{mock.url}/_mock/callbacks")
    assert answer.status_code == 400
    assert answer.json() == {"error": "app_key is None, expected one of /_mock/callbacks"}


def test_an_address_that_makes_no_sense_is_refused_in_python_too(mock: MockTingwu) -> None:
    with pytest.raises(ValueError, match="url is 'ftp://a/', expected an address such as"):
        mock.callback("app", "ftp://a/")


# Settings


def load(folder: Path, flags: dict[str, Any] | None = None, **environ: str) -> Any:
    return Settings.load(flags or {}, environ, folder).callbacks


def test_addresses_come_from_a_variable_a_table_or_repeated_flags(tmp_path: Path) -> None:
    expected = {"a": "http://127.0.0.1:1/x?y=1,2&z=3", "b": "https://b.example"}
    text = "a=http://127.0.0.1:1/x?y=1,2&z=3, b=https://b.example"
    assert load(tmp_path, MOCK_TINGWU_CALLBACKS=text) == expected
    (tmp_path / "mock-tingwu.toml").write_text(
        '[callbacks]\na = "http://127.0.0.1:1/x?y=1,2&z=3"\nb = "https://b.example"\n'
    )
    assert load(tmp_path) == expected
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    flags = ["--callback", "a=http://127.0.0.1:1/x?y=1,2&z=3", "--callback", "b=https://b.example"]
    assert load(tmp_path, vars(parser.parse_args(flags))) == expected
    assert load(tmp_path / "nowhere", vars(parser.parse_args([]))) == {}


@pytest.mark.parametrize(
    ("flags", "environ", "sentence"),
    [
        ({"callbacks": ["a"]}, {}, "--callback is 'a', expected AppKey=URL"),
        ({"callbacks": ["=http://a/"]}, {}, "--callback is .*, expected AppKey=URL"),
        ({}, {"MOCK_TINGWU_CALLBACKS": "a=b"}, "MOCK_TINGWU_CALLBACKS is 'a=b', expected AppKey="),
        ({}, {"MOCK_TINGWU_CALLBACKS": "a"}, "MOCK_TINGWU_CALLBACKS is 'a', expected AppKey=URL"),
    ],
)
def test_a_setting_that_makes_no_sense_is_explained(
    tmp_path: Path, flags: dict[str, Any], environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, flags, **environ)


def test_a_table_of_addresses_takes_addresses_alone() -> None:
    with pytest.raises(SettingsError, match=r"callbacks is .*, expected a URL for each AppKey"):
        MockTingwu(callbacks={"a": 5})


def test_secrets_in_an_address_are_shown_by_no_answer(mock: MockTingwu) -> None:
    url = f"{nobody()}?token=planted-token&key=planted-key&tenant=1"
    answers = [
        httpx.post(f"{mock.url}/_mock/callbacks", json={"app_key": "app", "url": url}),
        httpx.get(f"{mock.url}/_mock/callbacks"),
        httpx.delete(f"{mock.url}/_mock/callbacks", params={"app_key": "app"}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "planted" not in answer.text.replace("plan…", "")
        assert "tenant=1" in answer.text
