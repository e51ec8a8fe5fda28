"""Identifiers in the cloud's documented shapes, all drawn from one seed.

The same seed and the same order of calls give the same identifiers.
"""

from __future__ import annotations

import string
from base64 import urlsafe_b64encode
from hashlib import blake2b

_ALPHANUMERIC = string.ascii_letters + string.digits


class Ids:
    """Source of identifiers. Each kind counts for itself, so one kind does not disturb another."""

    def __init__(self, seed: int | str) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()
        # What has taken the key, by its size: a copy is quicker than taking the key again.
        self._keyed: dict[int, blake2b] = {}
        #: How many identifiers of each kind have been drawn.
        self.counts: dict[str, int] = {}

    def _next(self, kind: str, size: int) -> bytes:
        count = self.counts.get(kind, 0)
        self.counts[kind] = count + 1
        return self.derive(kind, str(count), size=size)

    def derive(self, *parts: str, size: int = 16) -> bytes:
        """``size`` (at most 64) bytes that depend on the seed and ``parts`` only."""
        keyed = self._keyed.get(size)
        if keyed is None:
            keyed = self._keyed[size] = blake2b(key=self._key, digest_size=size)
        digest = keyed.copy()
        digest.update("\x1f".join(parts).encode())
        return digest.digest()

    def hex32(self, kind: str) -> str:
        """32 lower-case hex digits, like a TaskId (tingwu-openapi 0.14)."""
        return self._next(kind, 16).hex()

    def data_id(self) -> str:
        """12 letters and digits, like DashScope's dataId (dashscope-tingwu 2)."""
        drawn = self._next("data", 12)
        return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in drawn)

    def lower_request_id(self) -> str:
        """A lower-case UUID of version 9, as most of DashScope's samples have it."""
        return _uuid(self._next("lower-request", 16), version=9)

    def request_id(self) -> str:
        """An upper-case UUID of version 5, as recorded of the live service (tingwu-openapi 1.2)."""
        return _uuid(self._next("request", 16), version=5).upper()

    def asr_id(self) -> str:
        """``asr-`` and a lower-case UUID, like the TaskId of a live task (live-rtc-asr 1.2)."""
        return f"asr-{_uuid(self._next('asr', 16), version=4)}"

    def join_token(self, task_id: str) -> str:
        """The ``mc`` of a MeetingJoinUrl: 96 bytes as 128 URL-safe characters (realtime-ws 1.1)."""
        head = self.derive("mc", task_id, size=64)
        return urlsafe_b64encode(head + self.derive("mc+", task_id, size=32)).decode()

    def number(self, *parts: str) -> int:
        """A number below 2**64 that depends on the seed and ``parts`` only."""
        return int.from_bytes(self.derive(*parts, size=8))


def _uuid(drawn: bytes, version: int) -> str:
    """16 bytes as a UUID of this version, in lower case (RFC 9562 sections 4.1 and 4.2)."""
    octets = bytearray(drawn)
    octets[6] = octets[6] & 0x0F | version << 4
    octets[8] = octets[8] & 0x3F | 0x80
    digits = octets.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
