"""A store on Redis is the same as the file, and is written by one process at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_tingwu import MockTingwu
from mock_tingwu.redis_address import StoreAddress
from mock_tingwu.settings import Settings, SettingsError
from mock_tingwu.store.batch import Batch, Database, Fenced, StoreError
from mock_tingwu.store.redis import ALL, RedisDatabase
from mock_tingwu.store.sqlite import SqliteDatabase
from tests.offline import tasks
from tests.realtime.helpers import until
from tests.redis_server import RedisServer

#: Names that would be mixed up if keys were put together without care.
NAMES = ["default", "a", "a:b", "a b", "会议"]
KEYS = ["k", "b:k", "k:"]
data = st.binary(max_size=4)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    name = draw(st.sampled_from(NAMES))
    kinds = st.tuples(st.sampled_from(["task", "callback x"]), st.sampled_from(KEYS))
    heard = st.tuples(st.sampled_from(KEYS), st.integers(0, 2), st.lists(data, max_size=2))
    first = draw(st.none() | st.integers(1, 8))
    return Batch(
        name,
        anew=draw(st.booleans()),
        data=draw(data),
        items=draw(st.dictionaries(kinds, st.none() | data, max_size=4)),
        sentences=draw(st.lists(heard, max_size=2)),
        entries=draw(st.lists(st.tuples(st.integers(first or 1, 9), data), max_size=3)),
        first_seq=first,
    )


def content(database: Database) -> dict[str, Any]:
    """All that a database holds."""
    return {
        name: (
            database.data(name),
            [list(database.items(name, kind)) for kind in ("task", "callback x")],
            [list(database.sentences(name, task)) for task in KEYS],
            list(database.entries(name)),
        )
        for name in database.names
    }


@pytest.fixture
def address(redis: RedisServer, tmp_path: Path) -> Iterator[StoreAddress]:
    """A store of this test's own."""
    yield StoreAddress.parse(redis.url(tmp_path.name))
    redis.client.flushall()


@given(st.lists(batches(), max_size=6))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_kinds_of_store_hold_the_same(
    redis: RedisServer, tmp_path_factory: pytest.TempPathFactory, written: list[Batch]
) -> None:
    redis.client.flushall()
    address = StoreAddress.parse(redis.url("same"))
    file, server = SqliteDatabase(tmp_path_factory.mktemp("same")), RedisDatabase(address)
    contiguous: dict[tuple[str, str], int] = {}
    for batch in written:
        # As the keeper does: sentences follow those that are there.
        if batch.anew:
            contiguous = {key: n for key, n in contiguous.items() if key[0] != batch.name}
        kept = []
        for task, start, texts in batch.sentences:
            at = min(start, contiguous.get((batch.name, task), 0))
            contiguous[batch.name, task] = at + len(texts)
            kept.append((task, at, texts))
        batch.sentences = kept
        for database in (file, server):
            database.write([batch])
    assert content(server) == content(file)
    server.close()
    again = RedisDatabase(address)
    assert content(again) == content(file)
    again.write([Batch(name, anew=True) for name in again.names])
    again.close()
    file.close()
    left = set(redis.client.keys("same:*"))
    assert left <= {b"same:meta", b"same:number"}, "what is forgotten leaves nothing"


def test_one_process_has_a_store_at_a_time(address: StoreAddress) -> None:
    first = RedisDatabase(address)
    with pytest.raises(StoreError, match=r"^is used by another mock-tingwu$"):
        RedisDatabase(address)
    with pytest.raises(StoreError, match=r"^is used by another mock-tingwu$"):
        RedisDatabase(address, 0)
    first.close()
    shares = [RedisDatabase(address, number) for number in (0, 1)]
    for share in (0, 1, ALL):
        with pytest.raises(StoreError, match=r"^is used by another mock-tingwu$"):
            RedisDatabase(address, share)
    for number, database in enumerate(shares):
        database.write([Batch(str(number), data=b"x")])
        database.close()


def test_whoever_has_everything_fences_all_that_had_a_share(
    redis: RedisServer, address: StoreAddress
) -> None:
    old = RedisDatabase(address, 2)
    redis.client.client_kill_filter(skipme=True, _type="normal")
    RedisDatabase(address).close()
    with pytest.raises(Fenced):
        old.write([Batch("x", data=b"x")])
    old.close()


def test_who_was_thought_dead_writes_no_more(redis: RedisServer, address: StoreAddress) -> None:
    old = RedisDatabase(address)
    old.write([Batch("x", data=b"old")])
    # Its connection breaks, and it does not come back before somebody else has come.
    redis.client.client_kill_filter(skipme=True, _type="normal")
    new = RedisDatabase(address)
    for _ in "12":
        with pytest.raises(Fenced):
            old.write([Batch("x", anew=True)])
    assert new.data("x") == b"old"
    old.close()
    new.write([Batch("x", data=b"new")])
    new.close()


def test_a_connection_that_breaks_is_made_again(redis: RedisServer, address: StoreAddress) -> None:
    database = RedisDatabase(address)
    redis.client.client_kill_filter(skipme=True, _type="normal")
    database.write([Batch("x", data=b"x")])
    with pytest.raises(StoreError, match="is used by another"):
        RedisDatabase(address)
    database.close()


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        ({"application": "other"}, "of another program"),
        ({"application": "mock-tingwu", "format": "7"}, "its format is 7, expected 1"),
    ],
)
def test_what_is_none_of_ours_is_refused_and_left_alone(
    redis: RedisServer, address: StoreAddress, meta: dict[str, str], why: str
) -> None:
    for field, value in meta.items():
        redis.client.hset(f"{address.prefix}:meta", field, value)
    with pytest.raises(StoreError, match=why):
        RedisDatabase(address)
    assert redis.client.keys() == [f"{address.prefix}:meta".encode()]


def test_what_is_damaged_is_refused(
    redis: RedisServer, address: StoreAddress, tmp_path: Path, start_mock: Callable[..., MockTingwu]
) -> None:
    store = redis.url(address.prefix)
    start_mock(data_dir=tmp_path, store=store).close()
    for key, value in (("data", b"\xc1"), ("scopes", None)):
        if value is None:
            redis.client.delete(f"{address.prefix}:{key}")
            redis.client.set(f"{address.prefix}:{key}", "text")
        else:
            redis.client.hset(f"{address.prefix}:{key}", "default", value)
        with pytest.raises(SettingsError) as refused:
            MockTingwu(data_dir=tmp_path, store=store).start()
        assert str(refused.value).startswith(f"--store is {address.shown!r}, which ")


def test_a_server_without_memory_stops_nothing(
    redis: RedisServer,
    address: StoreAddress,
    tmp_path: Path,
    start_mock: Callable[..., MockTingwu],
    caplog: pytest.LogCaptureFixture,
) -> None:
    mock = start_mock(data_dir=tmp_path, store=redis.url(address.prefix))
    tasks.done(mock)
    redis.client.config_set("maxmemory", 1)
    try:
        task = tasks.done(mock)
        assert "from now on nothing outlives the process: --store" in caplog.text
    finally:
        redis.client.config_set("maxmemory", 0)
    until(lambda: "kept again" in str(mock.journal), "the next attempt")
    mock.close()
    again = start_mock(data_dir=tmp_path, store=redis.url(address.prefix))
    found = httpx.get(f"{again.url}/_mock/tasks").json()["tasks"]
    assert task["TaskId"] in [one["task_id"] for one in found] and len(found) == 2


def test_a_server_that_has_forgotten_everything_is_told_again(
    redis: RedisServer,
    address: StoreAddress,
    tmp_path: Path,
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(data_dir=tmp_path, store=redis.url(address.prefix))
    before = tasks.done(mock)
    redis.client.flushall()
    after = tasks.done(mock)
    until(lambda: "kept again" in str(mock.journal), "the next attempt")
    assert "has lost all that was written" in str(mock.journal)
    mock.close()
    again = start_mock(data_dir=tmp_path, store=redis.url(address.prefix))
    found = httpx.get(f"{again.url}/_mock/tasks").json()["tasks"]
    assert [one["task_id"] for one in found] == [before["TaskId"], after["TaskId"]]


def test_nobody_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^--store is 'unix:///nowhere.*', which cannot be"):
        MockTingwu(data_dir=tmp_path, store="unix:///nowhere/redis.sock").start()


# The setting


@pytest.mark.parametrize(
    ("text", "url", "prefix", "shown"),
    [
        ("redis://h", "redis://h/0", "mock-tingwu", "redis://h/0"),
        ("redis://h:1/2?prefix=p", "redis://h:1/2", "p", "redis://h:1/2?prefix=p"),
        (
            "rediss://u:p%40@[::1]:1",
            "rediss://u:p%40@[::1]:1/0",
            "mock-tingwu",
            "rediss://u@[::1]:1/0",
        ),
        ("unix:///s?db=3&prefix=p", "unix:///s?db=3", "p", "unix:///s?db=3&prefix=p"),
        ("unix://:pass@/s", "unix://:pass@/s?db=0", "mock-tingwu", "unix:///s?db=0"),
    ],
)
def test_addresses(text: str, url: str, prefix: str, shown: str) -> None:
    address = StoreAddress.parse(text)
    assert (address.url, address.prefix, address.shown) == (url, prefix, shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h:6379",
        "http://h",
        "redis://",
        "redis://h:x",
        "redis://h/x",
        "redis://h/1/2",
        "redis://h?db=1",
        "redis://h?prefix=",
        "redis://h?prefix=a:b",
        "redis://h?x=1",
        "redis://h#x",
        "unix://",
        "unix:///",
        "unix://h/s",
        "unix:///s?db=x",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^store is set, expected redis://host:port/db or "):
        Settings.of({"store": text, "data_dir": "x"})


def test_a_store_needs_a_folder_for_files() -> None:
    with pytest.raises(SettingsError, match=r"^store is set, expected data_dir with it: files"):
        Settings.of({"store": "redis://h"})


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    store = "redis://me:s3cr3t@127.0.0.1:1/0"
    given = Settings.of({"store": store, "data_dir": tmp_path})
    assert "s3cr3t" not in repr(given) and "s3cr3t" in given.secrets
    assert "s3cr3t" not in repr(StoreAddress.parse(store))
    with pytest.raises(SettingsError) as refused:
        MockTingwu(store=store, data_dir=tmp_path).start()
    assert "s3cr3t" not in str(refused.value)
    assert "--store is 'redis://me@127.0.0.1:1/0', which cannot be reached" in str(refused.value)
