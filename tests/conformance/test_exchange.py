"""What is kept of the wire: no secret is, wherever it stands."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.conformance.exchange import (
    LONGEST_TEXT,
    MOST_EXCHANGES,
    MOST_FRAMES,
    Exchange,
    Frame,
    Redactor,
    Wire,
)

SECRET = "LTAI+planted/secret&key=="
#: A field that the contract knows, and one that it does not.
KNOWN, UNKNOWN = "TaskStatus", "Colour"

texts = st.text(max_size=20) | st.just(SECRET) | st.just(f"x{SECRET}y{SECRET}")
keys = st.sampled_from([KNOWN, UNKNOWN, "AppKey", "MeetingJoinUrl", SECRET]) | st.text(max_size=5)
documents = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def redactor() -> Redactor:
    return Redactor([SECRET])


@given(documents)
def test_no_secret_survives_in_any_json(document: Any) -> None:
    redactor = Redactor([SECRET])
    shown = redactor.body(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
    assert SECRET not in shown
    shown = redactor.body(json.dumps(document).encode())
    assert SECRET not in shown and SECRET not in json.dumps(shown)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_secret_survives_in_any_text(before: str, behind: str) -> None:
    assert SECRET not in Redactor([SECRET]).text(f"{before}{SECRET}{behind}")


@pytest.mark.parametrize(
    "url",
    [
        f"https://host/path/{quote(SECRET, safe='')}/file",
        f"https://host/?Action=Query&SecurityToken={quote(SECRET, safe='')}",
        f"https://host/?TaskId={quote(SECRET, safe='')}",
        f"https://host/?TaskId={quote_plus(SECRET)}#{quote(SECRET, safe='')}",
        f"https://host/?{quote(SECRET, safe='')}=1",
        f"https://user:{quote(SECRET, safe='')}@host/",
        f"wss://host/ws?mc={quote(SECRET, safe='')}",
    ],
)
def test_no_secret_survives_in_an_address(redactor: Redactor, url: str) -> None:
    for shown in (
        redactor.url(url),
        redactor.text(f"see {url} for more"),
        redactor.body(json.dumps({KNOWN: url}).encode()),
    ):
        assert "planted" not in shown
        assert "host" in shown


def test_harmless_parameters_are_shown_and_others_are_not(redactor: Redactor) -> None:
    shown = redactor.url("https://host/a?Action=Query&Signature=abc&Expires=9&x=#part")
    assert shown == "https://host/a?Action=Query&Signature=<3>&Expires=9&x=<0>"


@pytest.mark.parametrize("url", ["http://[oops", "https://[::1/x?token=1"])
def test_an_address_that_is_none_is_told_by_its_length(redactor: Redactor, url: str) -> None:
    assert redactor.url(url) == f"<{len(url)} characters>"
    assert redactor.text(f"at {url}") == f"at <{len(url)} characters>"


def test_headers_are_shown_by_name(redactor: Redactor) -> None:
    shown = redactor.headers(
        {
            "Content-Type": "text/xml",
            "Authorization": f"acs {SECRET}",
            "x-acs-security-token": SECRET,
            "x-acs-action": SECRET,
            "Location": f"https://host/?token={quote(SECRET, safe='')}",
        }
    )
    assert shown["Content-Type"] == "text/xml"
    assert shown["Authorization"] == f"<{len(SECRET) + 4} characters>"
    assert "planted" not in str(shown)


def test_a_form_is_shown_as_a_query(redactor: Redactor) -> None:
    form = f"Action=Create&AuthKey=my-own-key&SecurityToken={quote(SECRET, safe='')}&Mode=live"
    shown = redactor.body(form.encode())
    assert shown == f"Action=Create&AuthKey=<10>&SecurityToken=<{len(SECRET)}>&Mode=live"


def test_a_secret_in_a_text_that_was_signed_is_masked(redactor: Redactor) -> None:
    twice = quote(quote(SECRET, safe=""), safe="")
    message = f"server string to sign is:GET&%2F&SecurityToken%3D{twice}"
    assert "planted" not in redactor.body(json.dumps({"Message": message}).encode())


def test_xml_has_neither_secrets_nor_accounts(redactor: Redactor) -> None:
    escaped = SECRET.replace("&", "&amp;")
    xml = f"<Error><Message>{escaped}</Message><aliUid>1234567890</aliUid></Error>"
    assert redactor.body(xml.encode()) == (
        "<Error><Message>***</Message><aliUid>***</aliUid></Error>"
    )


def test_strings_of_fields_that_nobody_knows_are_told_by_length(redactor: Redactor) -> None:
    body = {KNOWN: "ONGOING", UNKNOWN: "blue", "AppKey": "a-key", "Count": 3, "List": [UNKNOWN]}
    assert json.loads(redactor.body(json.dumps(body).encode())) == {
        KNOWN: "ONGOING",
        UNKNOWN: "<string of 4>",
        "AppKey": "<AppKey>",
        "Count": 3,
        "List": ["<string of 6>"],
    }


def test_a_secret_that_begins_like_another_leaves_no_rest() -> None:
    assert Redactor(["planted", "planted-longer"]).text("planted-longer") == "***"


def test_short_secrets_are_not_masked() -> None:
    assert Redactor(["a"]).text("a banana") == "a banana"


@pytest.mark.parametrize("content", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 600 + b"1" + b"}" * 600])
def test_what_is_nested_too_deeply_is_text(redactor: Redactor, content: bytes) -> None:
    assert redactor.body(content)


def test_what_is_no_text_is_told_by_its_size(redactor: Redactor) -> None:
    assert redactor.body(b"\xff\xfe") == "<2 bytes>"
    assert redactor.body(b"") == ""


def test_long_texts_and_half_characters_can_be_written(redactor: Redactor) -> None:
    shown = redactor.text("a" * (LONGEST_TEXT + 1))
    assert shown.endswith(f" ... ({LONGEST_TEXT + 1} characters)")
    redactor.body(b'{"TaskStatus": "\\ud800"}').encode()


class TestWire:
    def test_audio_behind_audio_is_one_frame(self) -> None:
        wire = Wire()
        for frame in (
            Frame(0.1, True, audio=3200),
            Frame(0.2, True, audio=1600),
            Frame(0.3, False, audio=10),
            Frame(0.4, False, text="{}"),
            Frame(0.5, False, audio=10),
        ):
            wire.add_frame(frame)
        assert wire.frames[0] == Frame(0.1, True, audio=4800, count=2)
        assert len(wire.frames) == 4

    def test_what_is_too_much_is_counted(self) -> None:
        wire = Wire()
        for _ in range(MOST_EXCHANGES + 2):
            wire.add(Exchange(0, "GET", "/", {}, "", 200, {}, ""))
        for _ in range(MOST_FRAMES + 3):
            wire.add_frame(Frame(0, True, text="{}"))
        assert (len(wire.exchanges), len(wire.frames)) == (MOST_EXCHANGES, MOST_FRAMES)
        assert wire.dropped == 5
