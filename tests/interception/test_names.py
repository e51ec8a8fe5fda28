"""Answers of the DNS."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.interception.names import Names, answer

TINGWU = "tingwu.cn-beijing.aliyuncs.com"
A, AAAA, MX, ANY = 1, 28, 15, 255
IN, CHAOS = 1, 3
FOUND, UNKNOWN, REFUSED = 0, 3, 5


def query(
    name: str, kind: int = A, class_: int = IN, *, flags: int = 0x0100, rest: bytes = b""
) -> bytes:
    labels = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".") if label)
    head = struct.pack("!6H", 0x1234, flags, 1, 0, 0, 1 if rest else 0)
    return head + labels + b"\0" + struct.pack("!2H", kind, class_) + rest


def said(asked: bytes) -> tuple[int, list[str]]:
    """Status and addresses of the answer, whose form is checked."""
    reply = answer(asked)
    assert reply is not None
    number, flags, questions, answers, authorities, more = struct.unpack_from("!6H", reply)
    assert (number, questions, authorities, more) == (0x1234, 1, 0, 0)
    assert flags & 0x8480 == 0x8480 and flags & 0x7900 == struct.unpack_from("!H", asked, 2)[0]
    question = asked[12 : asked.index(b"\0", 12) + 5]
    assert reply[12 : 12 + len(question)] == question
    records, found = reply[12 + len(question) :], []
    for _ in range(answers):
        where, kind, class_, seconds, length = struct.unpack_from("!3HIH", records)
        assert (where, kind, class_, length) == (0xC00C, A, IN, 4) and 0 < seconds < 3600
        found.append(socket.inet_ntoa(records[12:16]))
        records = records[16:]
    assert records == b""
    return flags & 0xF, found


@pytest.mark.parametrize("name", [TINGWU, TINGWU.upper(), "my-files.oss-cn-beijing.aliyuncs.com"])
def test_hosts_of_the_cloud_are_this_machine(name: str) -> None:
    assert said(query(name)) == (FOUND, ["127.0.0.1"])


@pytest.mark.parametrize("kind", [AAAA, MX, ANY])
def test_they_have_nothing_else(kind: int) -> None:
    assert said(query(TINGWU, kind)) == (FOUND, [])


@pytest.mark.parametrize("name", ["", "example.com", "aliyuncs.com", f"{TINGWU}.example.com"])
def test_no_others_exist(name: str) -> None:
    assert said(query(name)) == (UNKNOWN, [])


def test_it_knows_no_other_class_and_no_other_operation() -> None:
    assert said(query(TINGWU, class_=CHAOS)) == (REFUSED, [])
    assert said(query(TINGWU, flags=0x2900)) == (REFUSED, [])


def test_what_resolvers_add_does_no_harm() -> None:
    options = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
    assert said(query(TINGWU, rest=options)) == (FOUND, ["127.0.0.1"])
    assert said(query(TINGWU, flags=0)) == (FOUND, ["127.0.0.1"])


def test_what_is_no_question_has_no_answer() -> None:
    whole = query(TINGWU)
    assert all(answer(whole[:end]) is None for end in range(len(whole)))
    assert answer(query(TINGWU, flags=0x8180)) is None  # an answer: two of us would never end
    assert answer(whole[:4] + b"\0\2" + whole[6:]) is None
    pointer = whole[:12] + b"\xc0\x0c" + struct.pack("!2H", A, IN)
    assert answer(pointer) is None


@given(st.binary(max_size=600), st.binary(max_size=8))
def test_whatever_comes_is_answered_shortly_or_not_at_all(rest: bytes, head: bytes) -> None:
    for asked in (rest, b"\0\1\1\0\0\1" + head + rest, query(TINGWU)[:-4] + rest):
        reply = answer(asked)
        assert reply is None or len(reply) <= len(asked) + 16


def test_they_are_served_by_udp_and_others_are_counted() -> None:
    refused: Counter[str] = Counter()

    async def ask() -> bytes:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Names(refused), local_addr=("127.0.0.1", 0)
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            asking.bind(("127.0.0.1", 0))
            for message in (b"", b"nonsense", query("example.com"), query(TINGWU)):
                await loop.sock_sendto(asking, message, transport.get_extra_info("sockname"))
            async with asyncio.timeout(10):
                await loop.sock_recv(asking, 1000)
                reply = await loop.sock_recv(asking, 1000)
        transport.close()
        return reply

    assert asyncio.run(ask()) == answer(query(TINGWU))
    assert refused == {"example.com": 1}
