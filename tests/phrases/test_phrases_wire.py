"""The hot-word calls byte for byte: exact answers, and what SDKs have sent."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mock_tingwu import MockTingwu
from tests.phrases.test_phrases_api import FRUIT, PHRASES, SUCCEEDED, call, made
from tests.wire.helpers.raw import exchange, http

RECORDED = Path(__file__).parent.parent / "vectors" / "tingwu"
DONE = r'"ErrorCode":"0","ErrorMessage":"success"'
TAIL = r'"Message":"success","RequestId":"[0-9A-F-]{36}"'


@pytest.mark.parametrize(
    ("method", "data", "behind"),
    [
        ("POST", rf'\{{"Status":"SUCCEEDED","PhraseId":"[0-9a-f]{{32}}",{DONE}\}}', ""),
        (
            "GET",
            rf'\{{"Status":"SUCCEEDED",{DONE},"Phrases":\[\{{"PhraseId":"[0-9a-f]{{32}}",'
            r'"Name":"fruit","Description":"what we sell",'
            r'"WordWeights":"\{\\"苹果\\": 3,\\"西瓜\\":-6\}"\}\]\}',
            "",
        ),
        ("PUT", rf'\{{"Status":"SUCCEEDED",{DONE}\}}', ""),
        ("DELETE", rf'\{{"Status":"SUCCEEDED",{DONE}\}}', rf',"Status":"SUCCEEDED",{DONE}'),
    ],
)
def test_answers_are_compact_json_in_the_documented_order(
    mock: MockTingwu, method: str, data: str, behind: str
) -> None:
    target = PHRASES if method == "POST" else f"{PHRASES}/{made(mock)}"
    body = json.dumps(FRUIT).encode() if method in ("POST", "PUT") else b""
    answer = exchange(mock, http(method, target, body))
    assert answer.status == 200
    assert re.fullmatch(rf'\{{"Code":"0","Data":{data},{TAIL}{behind}\}}', answer.body.decode())


@pytest.mark.parametrize("name", sorted(file.stem for file in RECORDED.glob("*_phrases.txt")))
def test_a_recorded_request_of_an_sdk_is_answered(mock: MockTingwu, name: str) -> None:
    content = (RECORDED / f"{name}.txt").read_bytes()
    raw = re.sub(rb"\A(#[^\n]*\n)*\n*", b"", content).partition(b"\n\n<<<END REQUEST")[0]
    phrase_id = made(mock, FRUIT | {"Name": "old"})
    answer = exchange(mock, raw.replace(b"/phrases/a93b", f"/phrases/{phrase_id}".encode()))
    assert answer.status == 200, answer.body
    assert answer.json()["Data"].items() >= SUCCEEDED.items()
    names = [phrases["Name"] for phrases in call(mock, "GET")["Phrases"]]
    left = {"create": ["old", "n"], "update": ["n"], "delete": []}
    assert names == left.get(name.split("_")[1], ["old"])
