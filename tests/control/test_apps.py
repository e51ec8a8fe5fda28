"""DashScope's apps through the control API and Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.callbacks.receiver import nobody, receiver

PLAIN: dict[str, Any] = {
    "parameters": None,
    "published": True,
    "callback": "",
    "callback_form": "http",
    "terminologies": {},
}


def post(mock: MockTingwu, body: object) -> httpx.Response:
    return httpx.post(f"{mock.url}/_mock/apps", json=body, timeout=30)


def listed(mock: MockTingwu) -> list[dict[str, Any]]:
    apps: list[dict[str, Any]] = httpx.get(f"{mock.url}/_mock/apps").json()["apps"]
    return apps


def test_an_app_is_configured_listed_and_forgotten(mock: MockTingwu) -> None:
    assert listed(mock) == []
    app = {"app_id": "tw_1", "published": False, "terminologies": {"t": ["open", "close"]}}
    shown = PLAIN | app
    assert post(mock, app).json() == shown
    assert listed(mock) == [shown]
    assert post(mock, {"app_id": "tw_1"}).json() == PLAIN | {"app_id": "tw_1"}
    answer = httpx.delete(f"{mock.url}/_mock/apps", params={"app_id": "tw_1"})
    assert answer.json() == PLAIN | {"app_id": "tw_1"}
    assert listed(mock) == []


def test_setting_a_callback_tries_it(mock: MockTingwu) -> None:
    with receiver(200) as running:
        answer = post(mock, {"app_id": "tw_1", "callback": running.url}).json()
        (request,) = running.requests
    assert answer["probe"] == {"delivered": True, "status": 200}
    assert (answer["delivered"], answer["waiting"], answer["lost"]) == (0, 0, 0)
    assert list(request.body) == ["output", "requestId"]
    with receiver(204) as running:
        answer = post(mock, {"app_id": "tw_1", "callback": running.url}).json()
    assert answer["probe"] == {"delivered": False, "error": "the answer was 204, expected 200"}


def test_an_address_with_a_secret_is_shown_without_it(mock: MockTingwu) -> None:
    url = f"{nobody()}?token=planted-token&tenant=1"
    answers = [
        post(mock, {"app_id": "tw_1", "callback": url}),
        httpx.get(f"{mock.url}/_mock/apps"),
        httpx.delete(f"{mock.url}/_mock/apps", params={"app_id": "tw_1"}),
    ]
    for answer in answers:
        assert "planted" not in answer.text.replace("plan…", "")
        assert "tenant=1" in answer.text


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "app_id is None, expected a text"),
        ({"app_id": ""}, "app_id is '', expected the id of an app, such as tw_1"),
        ({"app_id": "a", "nonsense": 1}, "nonsense is unknown; expected parameters, published, "),
        ({"app_id": "a", "published": 1}, "published is 1, expected true or false"),
        ({"app_id": "a", "callback": "nowhere"}, "callback is 'nowhere', expected an address"),
        ({"app_id": "a", "parameters": {"analysis": 5}}, "parameters.analysis: "),
    ],
)
def test_an_app_that_makes_no_sense_is_refused(mock: MockTingwu, body: object, error: str) -> None:
    answer = post(mock, body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(error)
    assert listed(mock) == []


@pytest.mark.parametrize(("query", "status"), [("", 400), ("?app_id=tw_9", 404)])
def test_only_an_app_that_there_is_can_be_forgotten(
    mock: MockTingwu, query: str, status: int
) -> None:
    answer = httpx.delete(f"{mock.url}/_mock/apps{query}")
    assert answer.status_code == status
    assert answer.json()["error"].endswith("expected one of /_mock/apps")


def test_python_configures_apps_as_well(mock: MockTingwu) -> None:
    assert mock.app("tw_1", parameters={"analysis": {"actionsEnabled": True}}) is None
    assert listed(mock)[0]["parameters"] == {"analysis": {"actionsEnabled": True}}
    outcome = mock.app("tw_2", callback=nobody())
    assert outcome is not None and outcome["delivered"] is False
    with pytest.raises(ValueError, match="nonsense is unknown"):
        mock.app("tw_3", nonsense=1)


def test_apps_of_the_settings_survive_a_reset_and_others_do_not(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(apps={"tw_1": {"published": False}})
    mock.app("tw_2")
    mock.reset()
    assert [(app["app_id"], app["published"]) for app in listed(mock)] == [("tw_1", False)]
