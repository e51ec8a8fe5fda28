"""No secret reaches a cassette, and a schema sees in it what it would have seen before."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from mock_tingwu import contract
from mock_tingwu.cassettes import Cassette, CassetteWriter, HttpAnswer, HttpRequest, shapes
from mock_tingwu.cassettes.facts import facts
from mock_tingwu.cassettes.masking import Masker
from tests.contract_values import changed
from tests.test_contract import ACCEPTED, REJECTED

# Planted secrets

_ALNUM = string.ascii_letters + string.digits
_URL_SAFE = _ALNUM + "-_"


def of(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=length, max_size=length)


SECRETS = st.one_of(
    of(_ALNUM, 18).map("LTAI5t".__add__),
    of(_ALNUM, 30),
    of(_ALNUM + "+/", 27).map(lambda text: f"{text}="),
    of(_URL_SAFE, 128),
    of("0123456789abcdef", 32),
    st.uuids().map(str),
    of(string.digits, 8).map("138".__add__),
    of(_ALNUM, 24).map("sk-".__add__),
    st.sampled_from(
        ["张伟明", "下周二发布新版本", "tr0ub4dor&3", "o.grün@firma.example", "Tür 17b"]
    ),
)
KEYS = st.sampled_from(
    [
        "Code",
        "Data",
        "TaskId",
        "TaskStatus",
        "MeetingJoinUrl",
        "Message",
        "Result",
        "AppKey",
        "Transcription",
        "Input",
        "Format",
        "SourceLanguage",
        "Parameters",
        "Words",
        "code",
        "x",
        "header",
        "name",
        "status_text",
        "payload",
        "result",
        "words",
        "text",
        "output",
        "action",
    ]
)


def texts(secret: str) -> st.SearchStrategy[str]:
    """Texts with the secret in them, in the ways in which it may stand in one."""
    return st.sampled_from(
        [
            secret,
            f"Meta:ACCESS_DENIED:The token '{secret}' is invalid!",
            f"https://user:{quote(secret)}@host.aliyuncs.com/{quote(secret)}/a.json?{secret}={secret}",
            f"wss://{quote(secret, safe='')}.example.com/api/ws/v1?mc={secret}",
            json.dumps({secret: secret}, ensure_ascii=False),
            f"SUCCESS {secret}",
            f"<{secret}:1>",
            f"<text:{secret}:2>",
        ]
    )


def documents(secret: str) -> st.SearchStrategy[Any]:
    leaves: st.SearchStrategy[Any] = texts(secret)
    if secret.isdigit():
        leaves = leaves | st.just(int(secret))
    keys = KEYS | st.sampled_from([secret, f"x-{secret}"])
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=6,
    )


def headers(secret: str) -> st.SearchStrategy[dict[str, str]]:
    names = st.sampled_from(
        [
            "content-type",
            "accept",
            "retry-after",
            "x-acs-request-id",
            "x-acs-action",
            "date",
            "x-acs-version",
            "authorization",
            "x-nls-token",
            "cookie",
            "etag",
            "x-unheard-of",
            "access-control-allow-origin",
        ]
    )
    values = st.sampled_from(
        [secret, f"application/{secret}", f"Bearer {secret}", f"application/json; charset={secret}"]
    )
    return st.dictionaries(names, values, max_size=4)


def bodies(secret: str) -> st.SearchStrategy[bytes]:
    return st.one_of(
        documents(secret).map(lambda value: json.dumps(value).encode()),
        documents(secret).map(lambda value: json.dumps(value, ensure_ascii=False).encode()),
        st.just(f"<Error><Message>{secret}</Message></Error>".encode()),
        st.just(f"Name={quote(secret)}&{quote(secret)}=1".encode()),
        st.just(f"{{ broken {secret}".encode()),
    )


def urls(secret: str) -> st.SearchStrategy[str]:
    safe = quote(secret, safe="")
    return st.sampled_from(
        [
            f"https://h/openapi/tingwu/v2/tasks/{safe}",
            f"https://h/openapi/tingwu/v2/tasks?type={safe}&{safe}=1",
            f"https://h/openapi/tingwu/v2/resources/phrases/{safe}?x={safe}",
            "https://h/api/v1/services/aigc/multimodal-generation/generation",
            f"https://h/?Action={safe}&AccessKeyId={safe}&Signature={safe}&StreamURL={safe}",
            f"https://{safe}.h/unknown/{safe}/file.json?Signature={safe}",
        ]
    )


FORMS = st.sampled_from([{}, {"content-type": "application/x-www-form-urlencoded"}])


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_planted_secret_reaches_the_file(data: st.DataObject, tmp_path: Path) -> None:
    secret = data.draw(SECRETS)
    assume(not shapes.is_word(secret))
    file = tmp_path / "c.jsonl"
    draw = data.draw
    with CassetteWriter(file) as writer:
        for _ in range(draw(st.integers(1, 2))):
            writer.http(
                HttpRequest(
                    draw(st.sampled_from(["GET", "PUT", "POST", secret])),
                    draw(urls(secret)),
                    draw(headers(secret)) | draw(FORMS),
                    draw(bodies(secret)),
                ),
                HttpAnswer(
                    draw(st.sampled_from([200, 201, 400])),
                    draw(headers(secret)),
                    draw(bodies(secret)),
                ),
            )
        path = draw(st.sampled_from(["/api/ws/v1", "/api-ws/v1/inference"]))
        session = writer.websocket(
            f"wss://h{path}?mc={quote(secret)}", {"Authorization": f"Bearer {secret}"}
        )
        for note in (session.sent, session.received):
            note(secret)
            note(secret.encode())
            note(json.dumps(draw(documents(secret))))
        session.closed(1000, by="client")
    written = file.read_text("utf-8").casefold()
    forms = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
    assert [form for form in forms if form.casefold() in written] == []
    Cassette.read(file)  # what was written can be read


#: One of each kind; none is a word, none has been seen as a secret before.
PLANTED = [
    "LTAI5tQ7vXk2mWz8RbN4cJ",
    "A88DE79F-825A-506E-875A-9C2DD9AD78B7",
    "13812345678",
    "张伟明",
    "tr0ub4dor&3",
]


def replaced(document: Any, secret: str) -> Iterator[Any]:
    """The document with ``secret`` in place of each text and each key in turn."""
    if isinstance(document, str):
        yield secret
        yield f"{document}{secret}"
    elif isinstance(document, list):
        for place, inner in enumerate(document):
            for other in replaced(inner, secret):
                yield [*document[:place], other, *document[place + 1 :]]
    elif isinstance(document, dict):
        for key, inner in document.items():
            yield {**document, secret: inner}
            for other in replaced(inner, secret):
                yield {**document, key: other}


def test_no_secret_stays_at_any_place_of_any_document() -> None:
    leaks = []
    for name in RECORDED:
        fact = facts(name)
        for example in ACCEPTED[name][:1]:
            for secret in PLANTED:
                for document in replaced(example, secret):
                    shown = json.dumps(Masker().document(document, fact), ensure_ascii=False)
                    if secret in shown:
                        leaks.append((name, secret, shown))
    assert leaks[:3] == []


def test_a_secret_that_looks_like_a_word_stays_nowhere_once_it_was_seen(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    url = "https://h/openapi/tingwu/v2/tasks"
    with CassetteWriter(file, secrets=["Sesame"]) as writer:
        body = b'{"AppKey": "Rosebud", "Input": {"Format": "Rosebud", "SourceLanguage": "Sesame"}}'
        writer.http(HttpRequest("PUT", url, {}, body), HttpAnswer(200, {}, b'{"Rosebud": 1}'))
    assert "Rosebud" not in (text := file.read_text("utf-8"))
    assert "Sesame" not in text


def test_words_of_the_wire_stay_also_in_another_case() -> None:
    fact = facts("tingwu/get-task-info-response")
    data = {"TaskStatus": "completed", "NewField": "ONGOING"}
    shown = Masker().document({"Code": "BRK.InvalidTaskId", "Data": data}, fact)
    assert shown["Code"] == "BRK.InvalidTaskId"
    assert shown["Data"] == {"TaskStatus": "completed", "NewField": "<text:latin:4>"}


def test_an_identifier_is_the_same_wherever_it_stands() -> None:
    masker = Masker()
    one = masker.document({"TaskId": "4c45ed7f9ab67a72"}, None)
    other = masker.document({"extra": "4c45ed7f9ab67a72", "TaskId": "5d45ed7f9ab67a72"}, None)
    assert one == {"TaskId": "<TaskId:1>"}
    assert other == {"extra": "<TaskId:1>", "TaskId": "<TaskId:2>"}


def test_only_what_is_masked_can_be_written(tmp_path: Path) -> None:
    with (
        CassetteWriter(tmp_path / "c.jsonl") as writer,
        pytest.raises(TypeError, match="only a Redacted is written"),
    ):
        writer._write({"answer": "as it came"})  # type: ignore[arg-type]


def test_audio_is_a_number_of_frames_and_bytes(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    with CassetteWriter(file) as writer:
        session = writer.websocket("wss://h/api/ws/v1?mc=a1b2c3d4e5", {})
        for _ in range(3):
            session.sent(b"\x01\x02" * 50)
        session.closed(1006, by="service")
    assert Cassette.read(file).records[1:] == [
        {"audio": {"frames": 3, "bytes": 300}, "session": 1},
        {"close": {"by": "service", "code": 1006}, "session": 1},
    ]


# What a schema sees


def masked(name: str, document: Any) -> Any:
    """A document as it is read from a cassette."""
    masker = Masker()
    shown = masker.document(document, facts(name))
    record = masker.redacted({"answer": shown}).record
    # As it stands in the file.
    record = json.loads(json.dumps(record))
    cassette = Cassette("mock", "", "", [record], record.get("forms", {}))
    return cassette.expanded(record["answer"])


def seen(name: str, document: Any) -> set[tuple[str, str]]:
    return {(one.pointer, one.keyword) for one in contract.violations(name, document)}


OF_SERVICES = ("tingwu/", "dashscope/", "realtime/", "inference/", "live/")
#: Callbacks go to somebody else, and are in no cassette.
NOT_RECORDED = ("callback", "live/content")
RECORDED = [
    name
    for name in ACCEPTED
    if name.startswith(OF_SERVICES) and not any(part in name for part in NOT_RECORDED)
]


@pytest.mark.parametrize("name", RECORDED)
def test_what_a_schema_accepts_it_accepts_masked(name: str) -> None:
    for example in ACCEPTED[name]:
        assert seen(name, masked(name, example)) == set()


@pytest.mark.parametrize("name", [name for name in REJECTED if name in RECORDED])
def test_what_a_schema_refuses_it_refuses_masked(name: str) -> None:
    for path, value in REJECTED[name]:
        broken = changed(ACCEPTED[name][0], path, value)
        before = seen(name, broken)
        if {keyword for _, keyword in before} == {"maxLength"}:
            continue  # of a link only the form is kept, not its length
        assert _last_keys(before) & _last_keys(seen(name, masked(name, broken))), path


def _last_keys(found: set[tuple[str, str]]) -> set[str]:
    """The fields that are wrong; those of a task are behind its id, which is another one."""
    return {pointer.rpartition("/")[2] for pointer, _ in found}
