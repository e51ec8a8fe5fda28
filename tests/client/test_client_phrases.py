from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.client import Phrases, TingwuClient, TingwuError, Unreachable
from tests.client.test_client_tingwu import answering, client_of

FRUIT = {"苹果": 3, "西瓜": -6}

Use = Callable[[TingwuClient], Awaitable[Any]]


def run(client: TingwuClient, use: Use) -> Any:
    """What ``use`` returns of a client that is closed afterwards."""

    async def main() -> Any:
        async with client:
            return await use(client)

    return asyncio.run(main())


def test_a_list_from_create_to_delete(start_mock: Callable[..., MockTingwu]) -> None:
    mock = start_mock(auth="verify")

    async def life(client: TingwuClient) -> None:
        phrase_id = await client.create_phrases("fruit", FRUIT, description="what we sell")
        head = Phrases(phrase_id, "fruit", "what we sell")
        assert await client.list_phrases() == (head,)
        whole = await client.get_phrases(phrase_id)
        assert whole == Phrases(phrase_id, "fruit", "what we sell", FRUIT)
        assert list(whole.words or ()) == ["苹果", "西瓜"]
        await client.update_phrases(phrase_id, "vegetables", {"白菜": 2})
        changed = await client.get_phrases(phrase_id)
        assert changed == Phrases(phrase_id, "vegetables", None, {"白菜": 2})
        await client.delete_phrases(phrase_id)
        assert await client.list_phrases() == ()

    run(client_of(mock.url), life)
    assert {entry["signature"] for entry in mock.journal if "signature" in entry} == {"ok"}
    mock.assert_no_violations("advice")


def test_what_the_service_refuses_is_told_with_its_code(mock: MockTingwu) -> None:
    for use, code in (
        (lambda client: client.create_phrases("", FRUIT), "InvalidName"),
        (lambda client: client.create_phrases("fruit", {"苹果": 6}), "InvalidWordWeights"),
        (lambda client: client.get_phrases("nothing/here"), "InvalidApi.NotFound"),
        (lambda client: client.update_phrases("none", "fruit", FRUIT), "InvalidPhraseId"),
        (lambda client: client.delete_phrases("none"), "InvalidPhraseId"),
    ):
        with pytest.raises(TingwuError) as refused:
            run(client_of(mock.url), use)
        assert refused.value.code == code


def test_a_failure_that_only_data_tells_is_an_error(mock: MockTingwu) -> None:
    async def fill(client: TingwuClient) -> None:
        for number in range(11):
            await client.create_phrases(f"list {number}", FRUIT)

    with pytest.raises(TingwuError, match="exceeds the upper limit") as refused:
        run(client_of(mock.url), fill)
    assert (refused.value.code, refused.value.http_status) == ("PHS.Exceed", 200)
    assert refused.value.request_id == mock.journal[-1]["request_id"]


@pytest.mark.parametrize(
    "answer",
    [
        {"Status": "FAILED", "ErrorCode": "PHS.X", "ErrorMessage": "no"},
        {"Status": "FAILED", "ErrorCode": "PHS.X", "ErrorMessage": "no", "Data": {"Status": ""}},
        {"Code": "0", "Data": {"Status": "FAILED", "ErrorCode": "PHS.X", "ErrorMessage": "no"}},
    ],
)
def test_every_form_of_a_failed_delete_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(TingwuError, match=r"PHS\.X: no"):
        run(answering(200, json.dumps(answer).encode()), lambda client: client.delete_phrases("x"))


def test_a_delete_as_the_reference_declares_it_is_a_success() -> None:
    declared = {
        "Status": "SUCCEEDED",
        "ErrorCode": 0,
        "ErrorMessage": "success",
        "Data": {"Status": "", "ErrorCode": "", "ErrorMessage": ""},
    }
    client = answering(200, json.dumps(declared).encode())
    assert run(client, lambda client: client.delete_phrases("x")) is None


@pytest.mark.parametrize(
    "data",
    [{}, {"Phrases": []}, {"Phrases": ["x"]}, {"Phrases": 5}, {"Phrases": [{"WordWeights": "{"}]}],
)
def test_a_list_that_is_not_described_is_told(data: dict[str, Any]) -> None:
    answer = json.dumps({"Code": "0", "Data": data | {"Status": "SUCCEEDED"}}).encode()
    with pytest.raises(Unreachable, match="list of hot words"):
        run(answering(200, answer), lambda client: client.get_phrases("x"))


def test_a_list_without_an_id_is_told() -> None:
    client = answering(200, b'{"Code":"0","Data":{"Status":"SUCCEEDED"}}')
    with pytest.raises(Unreachable, match="without PhraseId"):
        run(client, lambda client: client.create_phrases("fruit", FRUIT))


def test_ids_are_quoted_and_words_are_not_escaped_twice() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"Code": "0", "Data": {"Status": "SUCCEEDED"}})

    client = client_of("http://127.0.0.1:1")
    client._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    run(client, lambda client: client.update_phrases("a b/词", "fruit", FRUIT))
    assert sent[0].method == "PUT"
    assert sent[0].url.raw_path.endswith(b"/phrases/a%20b%2F%E8%AF%8D")
    body = json.loads(sent[0].content)
    assert body == {"Name": "fruit", "WordWeights": '{"苹果": 3, "西瓜": -6}'}
