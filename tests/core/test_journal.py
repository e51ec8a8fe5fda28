from __future__ import annotations

from itertools import count

from mock_tingwu.core import journal as journal_module
from mock_tingwu.core.journal import Entry, Filter, Journal


def make() -> Journal:
    return Journal(lambda: 5, "default")


def test_entries_are_numbered_dated_and_in_order() -> None:
    journal = make()
    journal.record("note", "core", "t1", text="one")
    journal.record("note", "core", None, text="two")
    first, second = journal.entries()
    assert (first["seq"], first["at"], first["task_id"], first["text"]) == (1, 5, "t1", "one")
    assert second["seq"] == journal.seq == 2


def test_filters_combine() -> None:
    journal = make()
    journal.record("request", "tingwu", "t1")
    journal.record("request", "realtime", "t1")
    journal.record("note", "tingwu", "t2")
    assert [e["seq"] for e in journal.entries(service="tingwu")] == [1, 3]
    assert [e["seq"] for e in journal.entries(task_id="t1", service="realtime")] == [2]
    assert [e["seq"] for e in journal.entries(kind="note", since=2)] == [3]
    assert list(journal.entries(since=3)) == []


def test_a_session_is_found_by_its_own_id_and_by_that_of_its_connection() -> None:
    journal = make()
    journal.record("ws_open", "dashscope", session="c1")
    journal.record("ws_in", "dashscope", session="t1/1", connection="c1")
    journal.record("ws_in", "dashscope", session="t2/1", connection="c2")
    assert [e["seq"] for e in journal.select(Filter(session="c1"))] == [1, 2]
    assert [e["seq"] for e in journal.select(Filter(session="t2/1"))] == [3]


def test_a_text_is_found_in_fields_and_in_what_is_kept_as_json() -> None:
    journal = make()
    journal.record("request", "tingwu", body=b'{"AppKey":"\\u4f1a\\u8bae"}')
    journal.record("ws_in", "realtime", text='{"name":"StopTranscription"}')
    journal.record("response", "tingwu", status=404)
    for text, seqs in {
        "会议": [1],
        '"AppKey":"会': [1],
        '"name":"Stop': [2],
        '"status":404': [3],
        "nothing": [],
        "\ud800": [],
    }.items():
        assert [e["seq"] for e in journal.select(Filter(contains=text))] == seqs, text


def test_where_it_was_cut_a_note_says_what_is_gone() -> None:
    moments = count(1)
    journal = Journal(lambda: next(moments), "default")
    assert journal.cut(0) is None
    for _ in range(journal_module.MAX_ENTRIES + 3):
        journal.record("note", "core", text="x")
    assert journal.cut(0) == {
        "seq": 3,
        "at": 3,
        "scope": "default",
        "kind": "note",
        "service": "journal",
        "task_id": None,
        "gone": 3,
        "text": "3 entries up to seq 3 are gone: "
        "the journal keeps the newest 10000 entries or 32 MiB",
    }
    cut = journal.cut(2)
    assert cut is not None
    assert cut["text"].startswith("1 entry up to seq 3 is gone: ")
    assert journal.cut(3) is None
    assert [next(journal.after(seq))["seq"] for seq in (0, 3, 4, 10_000)] == [4, 4, 5, 10_001]


def test_watchers_are_told_of_entries_and_of_the_end() -> None:
    journal, told = make(), []

    def watcher() -> None:
        told.append((journal.seq, journal.closed))
        journal.watchers.discard(watcher)

    journal.watchers |= {watcher, lambda: told.append((0, False))}
    journal.record("note", "core", text="x")
    journal.close(replaced=False)
    assert sorted(told) == [(0, False), (0, False), (1, False)]


def test_it_stays_within_its_bounds_and_says_what_it_dropped() -> None:
    journal = make()
    for number in range(journal_module.MAX_ENTRIES + 7):
        journal.record("note", "core", text=str(number))
    assert journal.dropped == 7
    assert next(iter(journal.entries()))["text"] == "7"


def test_it_is_bounded_in_bytes_too() -> None:
    journal = make()
    body = "x" * 60_000
    for _ in range(1_000):
        journal.record("request", "tingwu", body=body)
    kept = len(list(journal.entries()))
    assert kept * 60_400 <= journal_module.MAX_BYTES
    assert kept + journal.dropped == 1_000


def test_a_body_that_is_too_long_is_left_out_and_the_entry_says_so() -> None:
    journal = make()
    journal.record("note", "tingwu", text="y" * 100_000)
    assert next(iter(journal.entries()))["text"] == "(100000 characters left out)"


def test_a_tap_sees_everything_unmasked() -> None:
    seen: list[Entry] = []
    journal = Journal(lambda: 5, "default", [seen.append])
    journal.record("request", "tingwu", target="/api/ws/v1?mc=secretsecret")
    assert seen[0]["target"].endswith("secretsecret")
    assert "secretsecret" not in next(iter(journal.entries()))["target"]


def test_a_long_id_is_cut_and_a_secret_one_masked() -> None:
    journal = Journal(lambda: 0)
    ids = [
        journal.record("note", "tingwu", given)["task_id"]
        for given in (None, "a" * 64, "a" * 65, "a b", "token=planted-secret-value")
    ]
    assert ids == [None, "a" * 64, "a" * 64 + "…", "a b", "token=plan…"]
