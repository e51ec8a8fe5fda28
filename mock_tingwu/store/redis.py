"""The same as ``sqlite.py`` on a Redis server, so that several processes can share what they have.

Every process writes a share of the scopes, which it holds alone: with each write the server checks
a token, in the same script. Whoever takes a share over gives it another one; a process that was
thought dead cannot write any more. It is dead when its connection has gone, which the server
notices as soon as the process ends, however it ends.

What is written is in the memory of the server when `RedisDatabase.write` returns, so no end of a
process of ours loses it. What an end of the server loses is a matter of its own configuration.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar, cast

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mock_tingwu.redis_address import StoreAddress
from mock_tingwu.store.batch import FORMAT, IN_USE, PATIENCE_S, Batch, Fenced, StoreError
from mock_tingwu.store.redis_scripts import CLAIM, RELEASE, RESERVE, WRITE

T = TypeVar("T")

#: The share of who has all scopes.
ALL: Final = "all"
#: The kind of the items that only a store with shares has.
TOKEN: Final = "token"
#: Says to other programs whose keys these are.
_APPLICATION: Final = "mock-tingwu"
#: How long the server may take for anything, in s.
_TIMEOUT_S: Final = 2.0
#: Pauses between looks at whether another process has ended, in s.
_LOOK_S: Final = 0.02

_encode = msgspec.msgpack.Encoder().encode


class RedisDatabase:
    """What a server at ``address`` holds, with the right to write ``share`` of it.

    Raises:
        StoreError: somebody else uses it, it is none of ours, or the server cannot be used.
    """

    def __init__(self, address: StoreAddress, share: int | str = ALL) -> None:
        self._prefix = f"{address.prefix}:"
        self._share = str(share)
        self._token = secrets.token_hex(8)
        self._client = self._ask(
            lambda: redis.Redis.from_url(
                address.url,
                single_connection_client=True,
                # All that is sent may be sent twice. Nobody waits for a server that comes back.
                retry=Retry(NoBackoff(), 1),
                socket_timeout=_TIMEOUT_S,
                socket_connect_timeout=_TIMEOUT_S,
                client_name=_client_name(self._token),
                protocol=2,
            )
        )
        self._write = self._client.register_script(WRITE)
        try:
            self._take()
        except BaseException:
            self._client.close()
            raise

    def _take(self) -> None:
        """Take the share from whoever had it, if he has gone."""
        meta = self._ask(lambda: cast(dict[bytes, bytes], self._client.hgetall(self._key("meta"))))
        if meta and meta.get(b"application") != _APPLICATION.encode():
            raise StoreError(f"holds keys with the prefix {self._prefix!r} of another program")
        if meta and meta.get(b"format") != str(FORMAT).encode():
            version = meta.get(b"format", b"").decode("utf-8", "replace")
            raise StoreError(
                f"was written by another version of mock-tingwu: its format is {version}, "
                f"expected {FORMAT}; take another prefix, or remove its keys"
            )
        claim = self._client.register_script(CLAIM)
        deadline = time.monotonic() + PATIENCE_S
        values: list[Any] = [self._prefix, self._share, self._token, _APPLICATION, FORMAT]
        while True:
            found = self._ask(lambda: self._client.hgetall(self._key("shares")))
            shares = cast(dict[bytes, bytes], found).items()
            held = [token.decode() for share, token in shares if self._overlaps(share.decode())]
            if not any(map(self._is_there, held)):
                if self._ask(lambda held=held: claim(args=[*values, *held])):  # type: ignore[misc]
                    return
            elif time.monotonic() >= deadline:
                raise StoreError(IN_USE)
            time.sleep(_LOOK_S)

    def _overlaps(self, share: str) -> bool:
        """Whether nobody may have that share beside this one."""
        return self._share in (share, ALL) or share == ALL

    def _is_there(self, token: str) -> bool:
        """Whether the process that was given a token is connected."""
        clients = self._ask(lambda: self._client.client_list())
        return any(client.get("name") == _client_name(token) for client in clients)

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return question()
        except redis.ResponseError as error:
            raise StoreError(f"cannot be used: {error}") from None
        except redis.RedisError as error:
            raise StoreError(f"cannot be reached: {error}") from None

    @property
    def is_missing(self) -> bool:
        """Never: a server without the data is one that has none yet."""
        return False

    def close(self) -> None:
        """Let others have the share. Again: nothing."""
        try:
            self._client.register_script(RELEASE)(args=[self._prefix, self._share, self._token])
        except redis.RedisError:
            pass  # the connection goes, which says the same
        finally:
            self._client.close()

    @property
    def names(self) -> list[str]:
        """The scopes that there are, oldest first."""
        names = self._ask(lambda: self._client.zrange(self._key("scopes"), 0, -1))
        return [name.decode() for name in cast(list[bytes], names)]

    def data(self, name: str) -> bytes | None:
        """The row of a scope; None if there is no such scope."""
        return cast(bytes | None, self._ask(lambda: self._client.hget(self._key("data"), name)))

    def items(self, name: str, kind: str) -> Iterator[tuple[str, bytes]]:
        """Keys and data of one kind, in the order in which they first came."""
        place = f"{kind}:{name}"
        keys = self._ask(lambda: self._client.zrange(self._key(f"order:{place}"), 0, -1))
        found = self._ask(lambda: self._client.hgetall(self._key(f"items:{place}")))
        items = cast(dict[bytes, bytes], found)
        for key in cast(list[bytes], keys):
            if key not in items:
                raise StoreError(f"holds what is damaged: it has lost an item of kind {kind!r}")
            yield key.decode(), items[key]

    def sentences(self, name: str, task: str) -> Iterator[bytes]:
        """The sentences of a task, in order."""
        key = self._key(f"sentences:{len(name.encode())}:{name}:{task}")
        yield from cast(list[bytes], self._ask(lambda: self._client.lrange(key, 0, -1)))

    def entries(self, name: str) -> Iterator[bytes]:
        """The journal of a scope, oldest first."""
        found = self._ask(lambda: self._client.hgetall(self._key(f"journal:{name}")))
        entries = cast(dict[bytes, bytes], found)
        for seq in sorted(entries, key=int):
            yield entries[seq]

    # What others have written

    def keys(self) -> dict[str, str]:
        """The scope of each key that leads to one."""
        found = self._ask(lambda: self._client.hgetall(self._key("keys")))
        return {
            key.decode(): scope.decode() for key, scope in cast(dict[bytes, bytes], found).items()
        }

    def reserve(self, name: str, keys: Sequence[str]) -> list[str]:
        """Have keys lead to a scope; if some are another's, none does, and those are returned."""
        script = self._client.register_script(RESERVE)
        taken = self._ask(lambda: script(args=[self._prefix, name, *keys]))
        return [key.decode() for key in cast(list[bytes], taken)]

    def release(self, keys: Sequence[str]) -> None:
        """Have keys lead to no scope any more."""
        self._ask(lambda: self._client.hdel(self._key("keys"), *keys))

    def where(self, kind: str, key: str) -> str | None:
        """The scope that has an item of a kind that is looked for; see `redis_scripts`."""
        name = self._ask(lambda: self._client.hget(self._key(f"where:{kind}"), key))
        return None if name is None else cast(bytes, name).decode()

    def item(self, name: str, kind: str, key: str) -> bytes | None:
        """The data of one item."""
        found = self._ask(lambda: self._client.hget(self._key(f"items:{kind}:{name}"), key))
        return cast(bytes | None, found)

    def write(self, batches: Iterable[Batch]) -> None:
        """Write all or nothing.

        Raises:
            StoreError: nothing was written, or it is not known whether it was; `Fenced` if the
                share is another's.
        """
        values: list[Any] = [self._prefix, self._share, self._token, b""]
        values[3] = _encode([_packed(batch, values) for batch in batches])
        match self._ask(lambda: self._write(args=values)):
            case 0:
                raise Fenced
            case -1:
                # The server was started again without what it had. All is written anew then.
                self._take()
                raise StoreError("has lost all that was written")


def _client_name(token: str) -> str:
    """What a connection is called, for the server's list of clients."""
    return f"{_APPLICATION}-{token}"


def _packed(batch: Batch, values: list[Any]) -> list[Any]:
    """A batch as the script reads it; its data goes to ``values``."""

    def place(data: bytes) -> int:
        values.append(data)
        return len(values)

    tokens = [((TOKEN, key), b"" if there else None) for key, there in batch.tokens.items()]
    return [
        batch.name,
        batch.anew,
        None if batch.data is None else place(batch.data),
        [
            (kind, key, None if data is None else place(data))
            for (kind, key), data in [*batch.items.items(), *tokens]
        ],
        [(task, start, [place(text) for text in texts]) for task, start, texts in batch.sentences],
        [(seq, place(entry)) for seq, entry in batch.entries],
        batch.first_seq,
        batch.keys,
    ]
