"""What stands outside the target: files that it fetches, addresses that it calls back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import httpx
import pytest

from mock_tingwu.conformance.checks import Deviation
from mock_tingwu.conformance.outside import Arrived, Outside, wait_until

CONTENT = b"0123456789"


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as server:
        yield server


@pytest.fixture(scope="module")
def target() -> Iterator[httpx.Client]:
    """Somebody who fetches and calls back."""
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


class TestFiles:
    def test_a_file_is_given(self, outside: Outside, target: httpx.Client) -> None:
        url = outside.file(CONTENT, "lesson.mp3", media_type="audio/mpeg")
        answer = target.get(f"{url}?part=1")
        assert url.endswith("/lesson.mp3")
        assert (answer.status_code, answer.content) == (200, CONTENT)
        assert answer.headers["content-type"] == "audio/mpeg"
        assert answer.headers["content-length"] == "10"
        assert outside.fetched[-1].url == f"{url}?part=1"

    @pytest.mark.parametrize(
        ("wanted", "content", "said"),
        [
            ("bytes=0-3", b"0123", "bytes 0-3/10"),
            ("bytes=4-", b"456789", "bytes 4-9/10"),
            ("bytes=8-99", b"89", "bytes 8-9/10"),
            ("bytes=9-9", b"9", "bytes 9-9/10"),
        ],
    )
    def test_a_part_is_given(
        self, outside: Outside, target: httpx.Client, wanted: str, content: bytes, said: str
    ) -> None:
        answer = target.get(outside.file(CONTENT), headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (206, content)
        assert answer.headers["content-range"] == said

    @pytest.mark.parametrize("wanted", ["bytes=-3", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b"])
    def test_what_is_no_range_gives_the_whole(
        self, outside: Outside, target: httpx.Client, wanted: str
    ) -> None:
        answer = target.get(outside.file(CONTENT), headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (200, CONTENT)

    def test_a_part_behind_the_end_is_none(self, outside: Outside, target: httpx.Client) -> None:
        answer = target.get(outside.file(CONTENT), headers={"Range": "bytes=10-"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == "bytes */10"

    def test_a_file_may_be_refused_or_not_be_there(
        self, outside: Outside, target: httpx.Client
    ) -> None:
        assert target.get(outside.file(CONTENT, status=403)).status_code == 403
        assert target.get(outside.file(CONTENT) + "x").status_code == 404

    def test_a_file_may_not_say_how_long_it_is(
        self, outside: Outside, target: httpx.Client
    ) -> None:
        answer = target.get(outside.file(CONTENT, says_length=False))
        assert "content-length" not in answer.headers
        assert answer.content == CONTENT

    def test_head_tells_the_length(self, outside: Outside, target: httpx.Client) -> None:
        answer = target.head(outside.file(CONTENT))
        assert (answer.headers["content-length"], answer.content) == ("10", b"")


class TestCallbacks:
    def test_a_mailbox_keeps_what_comes(self, outside: Outside, target: httpx.Client) -> None:
        box = outside.mailbox()
        url = f"{box.url}?room=1&title=a%20b"
        assert target.post(url, json={"task_id": "1"}, headers={"SIG-TIME": "9"}).is_success
        (arrived,) = box.arrived
        assert (arrived.method, arrived.url) == ("POST", url)
        assert arrived.headers["sig-time"] == "9"
        assert arrived.body == {"task_id": "1"}

    def test_a_mailbox_gives_its_answers_and_then_the_last_again(
        self, outside: Outside, target: httpx.Client
    ) -> None:
        box = outside.mailbox(500, 204)
        answers = [target.post(box.url, json={}).status_code for _ in range(3)]
        assert answers == [500, 204, 204]

    def test_each_mailbox_is_its_own(self, outside: Outside, target: httpx.Client) -> None:
        one, other = outside.mailbox(), outside.mailbox()
        target.post(one.url, json={})
        assert (len(one.arrived), len(other.arrived)) == (1, 0)
        assert target.post(f"{one.url}x").status_code == 404

    def test_the_project_has_an_address(self, outside: Outside, target: httpx.Client) -> None:
        assert outside.project.url.endswith("/callback")
        target.post(outside.project.url, json={"Data": "1"})
        assert outside.project.arrived[-1].body == {"Data": "1"}

    @pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff"])
    def test_a_callback_without_an_object_is_a_deviation(self, content: bytes) -> None:
        arrived = Arrived(0, "POST", "http://here/", {}, content)
        with pytest.raises(Deviation, match="a callback has the body"):
            _ = arrived.body


def test_addresses_are_those_that_the_target_reaches() -> None:
    with Outside("https://tunnel.example.com/") as outside:
        assert outside.mailbox().url.startswith("https://tunnel.example.com/boxes/")
        assert outside.file(b"").startswith("https://tunnel.example.com/files/")
        assert outside.project.url == "https://tunnel.example.com/callback"


class TestWaiting:
    def test_what_has_come_is_not_waited_for(self) -> None:
        asyncio.run(wait_until(lambda: [1, 2], 2, 0, "callbacks"))

    def test_what_does_not_come_is_a_deviation(self) -> None:
        with pytest.raises(Deviation, match="expected 3 callbacks within 0 s, got 2"):
            asyncio.run(wait_until(lambda: [1, 2], 3, 0, "callbacks"))


def test_it_leaves_the_log_of_other_servers_as_it_was() -> None:
    log = logging.getLogger("uvicorn.error")
    before = log.level
    with Outside():
        assert log.level == logging.CRITICAL
    assert log.level == before
