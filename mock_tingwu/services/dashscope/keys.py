"""Who may call: API keys, and the temporary ones that are made from them (dashscope-tingwu 5.2)."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Collection
from typing import Final, Literal

from mock_tingwu.core.scope import Scope
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import TemporaryKey, World

#: What temporary keys begin with.
PREFIX: Final = "st-"
#: How many are remembered, also when they have expired. The oldest goes first.
_MOST: Final = 10_000
#: How long one lives, in seconds: at least, at most, and without a word.
SHORTEST_S, LONGEST_S, USUAL_S = 1, 1800, 60

Problem = Literal["missing", "unknown", "expired"]


class KeyRing:
    """The keys of one server. Without any every key is one; see the setting ``api_keys``.

    ``find_temporary`` tells what is known of a temporary key.
    """

    def __init__(
        self,
        keys: Collection[str],
        *,
        strict: bool,
        find_temporary: Callable[[str], TemporaryKey | None],
    ) -> None:
        self._keys = keys
        self._strict = strict
        self._find_temporary = find_temporary

    def problem(self, key: str | None) -> Problem | None:
        """What is wrong with the key of a call."""
        # The 1.x SDK sends the word None for a key that it has not got (dashscope-tingwu 8.1).
        if not key or key == "None":
            return "missing"
        made = self._find_temporary(key)
        if made is not None:
            return "expired" if made.is_expired else None
        if key.startswith(PREFIX):
            return "unknown"
        return "unknown" if self._keys and key not in self._keys else None

    def admits(self, problem: Problem | None) -> bool:
        """Whether a call is answered all the same: in open mode nearly any key will do.

        One that has expired will not: it was made to expire.
        """
        return problem is None or (not self._strict and problem != "expired")


def key_ring(world: World) -> KeyRing:
    """The keys of a server, by its settings."""
    settings = world.settings
    return KeyRing(
        settings.api_keys,
        strict=settings.auth == "verify",
        find_temporary=world.find_temporary_key,
    )


def scope_of_call(
    world: World, app_id: str | None, key: str | None, data_id: str | None = None
) -> Realm:
    """The scope of a call: its app's or its key's, that in which a temporary key was made, or that
    of the task that it is about."""
    found = world.scope_of(app_id, key)
    if found is None and key and (made := world.find_temporary_key(key)) is not None:
        found = world.named(made.scope) if made.scope != world.DEFAULT else None
    return found or world.scope_for(task_id=data_id)


def new_temporary_key(scope: Scope, seconds: int) -> tuple[str, int]:
    """A key that lives for so long, and when it expires, in seconds since the epoch."""
    now, keys = scope.clock.now(), scope.temporary_keys
    if len(keys) >= _MOST:
        del keys[next(iter(keys))]
    expires = now + seconds * 1000
    drawn = bytes.fromhex(scope.ids.hex32("temporary-key"))
    key = PREFIX + b32encode(drawn).decode().lower().rstrip("=")
    keys[key] = expires
    return key, expires // 1000


def bearer(authorization: str | None) -> str | None:
    """The key in an Authorization header. The scheme may be written small (realtime-ws 8.1)."""
    scheme, _, key = (authorization or "").strip().partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None
