"""Secrets that were planted in requests are nowhere to be seen afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from tests.protocols.signing.mis_signed import changed
from tests.realtime.helpers import create, pusher
from tests.wire.helpers.raw import exchange, http
from tests.wire.helpers.signed import acs3, roa, send, signed
from tests.wire.test_http import START, TASKS

KEY, SECRET, TOKEN, BEARER = "LTAI5tMine", "PLANTEDsecret1", "PLANTEDtoken22", "sk-PLANTEDbearer3"
SETTINGS: dict[str, Any] = {
    "access_keys": {KEY: SECRET, "STS.mine": SECRET + "2"},
    "security_tokens": {"STS.mine": TOKEN},
    "api_keys": [BEARER],
}
LINKS = [
    "http://h.example/a.mp3?Expires=1&OSSAccessKeyId=x&Signature=PLANTEDv1%3D&security-token=PLANTEDt",
    "http://h.example/a.mp3?x-oss-credential=PLANTEDcred&x-oss-signature=PLANTEDv4",
    "http://h.example/a.mp3?X-Amz-Signature=PLANTEDamz&X-Amz-Security-Token=PLANTEDamztoken",
    "http://h.example/a.mp3?q-signature=PLANTEDcos&sign=PLANTEDsign&auth_key=PLANTEDauth",
    "http://user:PLANTEDpassword@h.example/a.mp3?sig=PLANTEDsas",
]


def what_is_shown(mock: MockTingwu) -> str:
    """All that the control API tells."""
    tasks = httpx.get(f"{mock.url}/_mock/tasks")
    one_by_one = [
        httpx.get(f"{mock.url}/_mock/tasks/{task['task_id']}") for task in tasks.json()["tasks"]
    ]
    assert one_by_one
    journal = httpx.get(f"{mock.url}/_mock/journal")
    return "".join(answer.text for answer in (tasks, *one_by_one, journal))


@pytest.mark.parametrize("ampersand", ["&", "\\u0026"])
def test_neither_journal_nor_tasks_show_what_opens_a_recording(
    start_mock: Callable[..., MockTingwu], ampersand: str
) -> None:
    mock = start_mock(fetch="never")
    for link in LINKS:
        source = {"SourceLanguage": "cn", "FileUrl": link}
        body = json.dumps({"AppKey": "a", "Input": source}).replace("&", ampersand)
        answer = exchange(mock, http("PUT", f"{TASKS}?type=offline", body.encode()))
        assert answer.status == 200
    shown = what_is_shown(mock)
    # The first four characters of a signature may stay.
    assert "h.example/a.mp3" in shown
    assert "PLANT" not in shown


@pytest.mark.parametrize("auth", ["open", "verify"])
def test_configured_secrets_are_nowhere_in_the_journal(
    start_mock: Callable[..., MockTingwu], auth: str
) -> None:
    mock = start_mock(auth=auth, **SETTINGS)
    tokens = {"x_acs_security_token": TOKEN}
    send(mock, signed(changed(roa(), **tokens), KEY, SECRET))
    send(mock, signed(changed(roa(), **tokens, x_acs_accesskey_id=SECRET), KEY, SECRET))
    send(mock, signed(acs3(**tokens, x_acs_accesskey_id=SECRET), KEY, SECRET))
    send(mock, signed(acs3(x_acs_bearer_token=BEARER), "wrong", KEY))
    send(mock, signed(changed(roa(), x_acs_signature_method=SECRET), SECRET, KEY))
    target = f"{START}&AccessKeySecret={SECRET}&note={SECRET}&{TOKEN}={BEARER}"
    exchange(mock, http("PUT", target, json.dumps({"Input": {"TaskKey": SECRET}}).encode()))
    shown = json.dumps(mock.journal)
    assert len(mock.journal) > 10
    assert "PLANT" not in shown


def test_what_a_refusal_quotes_is_masked(mock: MockTingwu) -> None:
    for header in (
        {"namespace": "token=PLANTEDtokenPLANTED"},
        {"name": "sk-PLANTED0123456789abcdef0123"},
        {"name": "StartTranscription", "task_id": "st-PLANTED0123456789abcdef0123"},
    ):
        header = {"namespace": "SpeechTranscriber", "name": "Nonsense"} | header
        with pusher(create(mock)) as client:
            client.socket.send(json.dumps({"header": header}))
            client.receive()
    assert "PLANTED0" not in json.dumps(mock.journal)
    assert "tokenPLANTED" not in json.dumps(mock.journal)


def test_a_callback_address_that_is_refused_is_told_without_its_password(mock: MockTingwu) -> None:
    for url in ("http://u:PLANTEDpassword@h/x?token=PLANTEDtoken", "ftp://h/?secret=PLANTEDsecret"):
        body = {"app_key": "a", "url": url}
        answer = httpx.post(f"{mock.url}/_mock/callbacks", json=body)
        assert answer.status_code == 400
        assert "url is" in answer.text
        assert "PLANTED" not in answer.text
    with pytest.raises(ValueError, match=r"callbacks is .*://…@") as caught:
        MockTingwu(callbacks={"a": "http://u:PLANTEDpassword@h/x"})
    assert "PLANTED" not in str(caught.value)
