from __future__ import annotations

import re

from mock_tingwu.core.ids import Ids


def test_the_same_seed_gives_the_same_identifiers() -> None:
    one, other = Ids(7), Ids(7)
    assert [one.hex32("task") for _ in range(3)] == [other.hex32("task") for _ in range(3)]
    assert Ids(8).hex32("task") != Ids(7).hex32("task")


def test_one_kind_does_not_disturb_another() -> None:
    one, other = Ids(7), Ids(7)
    one.request_id()
    one.data_id()
    assert one.hex32("task") == other.hex32("task")
    assert one.lower_request_id() == other.lower_request_id()


def test_shapes_are_the_documented_ones() -> None:
    ids = Ids(0)
    for _ in range(50):
        assert re.fullmatch(r"[0-9a-f]{32}", ids.hex32("task"))
        assert re.fullmatch(
            r"[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}",
            ids.request_id(),
        )
        assert re.fullmatch(r"[A-Za-z0-9]{12}", ids.data_id())
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            ids.lower_request_id(),
        )
    assert re.fullmatch(r"[A-Za-z0-9_-]{128}", ids.join_token("t"))


def test_identifiers_do_not_repeat() -> None:
    ids = Ids(0)
    assert len({ids.hex32("task") for _ in range(10_000)}) == 10_000
    assert len({ids.data_id() for _ in range(10_000)}) == 10_000
    assert len({ids.lower_request_id() for _ in range(10_000)}) == 10_000
    assert len({ids.join_token(str(n)) for n in range(1_000)}) == 1_000


def test_every_letter_and_digit_occurs_in_data_ids() -> None:
    ids = Ids(0)
    assert len(set("".join(ids.data_id() for _ in range(500)))) == 62
