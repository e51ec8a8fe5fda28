"""Where a Redis server keeps what outlives the process: the setting ``store``, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

#: What every key begins with unless the address says something else.
PREFIX: Final = "mock-tingwu"
_EXPECTED: Final = (
    "redis://host:port/db or unix:///path/of/the/socket?db=0, either with ?prefix=name"
)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A database of a Redis server, and what the names of all keys in it begin with.

    ``url`` is what redis-py takes; it may have ``password`` in it. ``shown`` has none.
    """

    url: str = field(repr=False)
    password: str = field(repr=False)
    shown: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> StoreAddress:
        """The address that a text is: with the scheme redis, rediss (TLS) or unix.

        Raises:
            ValueError: it is none; the message says what was expected.
        """
        try:
            parts = urlsplit(text)
            pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
            query = dict(pairs)
            _ = parts.port  # raises for what is none
        except ValueError:
            raise ValueError(_EXPECTED) from None
        account, _, host = parts.netloc.rpartition("@")
        prefix = query.pop("prefix", PREFIX)
        if parts.scheme == "unix":
            database = query.pop("db", "0")
            path = f"{parts.path}?db={database}"
            is_complete = parts.path.startswith("/") and parts.path != "/" and not host
        else:
            database = parts.path[1:] or "0"
            path = f"/{database}"
            is_complete = parts.scheme in ("redis", "rediss") and bool(parts.hostname)
        if not is_complete or query or parts.fragment:
            raise ValueError(_EXPECTED)
        if not re.fullmatch("[0-9]{1,9}", database) or not _NAME.fullmatch(prefix):
            raise ValueError(_EXPECTED)
        user = account.partition(":")[0]
        begin, end = f"{parts.scheme}://", host + path
        named = "" if prefix == PREFIX else f"{'&' if '?' in path else '?'}prefix={prefix}"
        return cls(
            url=begin + (f"{account}@" if account else "") + end,
            password=unquote(parts.password or ""),
            shown=begin + (f"{user}@" if user else "") + end + named,
            prefix=prefix,
        )
