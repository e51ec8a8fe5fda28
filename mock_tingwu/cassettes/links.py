"""Addresses in what a service answers, turned into such that lead through the gateway, and back."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

#: Scheme and authority of an address, also as JSON writers write the slashes.
_ORIGIN: Final = re.compile(r"""(https?|wss?):(\\?/\\?/)([^\s/?#"'<>\\&]+)""")
_VIA: Final = re.compile(r"/via/([0-9]+)(/.*)?", re.DOTALL)


class Links:
    """Which address of the gateway stands for which of elsewhere.

    ``https://host/path?query`` becomes ``http://127.0.0.1:PORT/via/1/path?query``.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        #: Where the gateway listens, as ``127.0.0.1:PORT``.
        self.authority = ""

    def hidden(self, text: str) -> str:
        """``text`` with addresses of the gateway in place of all others."""

        def via(found: re.Match[str]) -> str:
            scheme, slashes, authority = found.groups()
            if authority == self.authority:
                return found[0]
            number = self._numbers.setdefault(f"{scheme}://{authority}", len(self._numbers) + 1)
            near = "ws" if scheme.startswith("ws") else "http"
            slash = slashes[: len(slashes) // 2]
            return f"{near}:{slashes}{self.authority}{slash}via{slash}{number}"

        return _ORIGIN.sub(via, text)

    def revealed(self, text: str) -> str:
        """``text`` with the addresses that `hidden` has replaced, also percent-encoded."""
        if self.authority not in text and quote(self.authority, safe="") not in text:
            return text
        # The last first: /via/1 is how /via/12 begins.
        for origin, number in reversed(self._numbers.items()):
            near = "ws" if origin.startswith("ws") else "http"
            mine = f"{near}://{self.authority}/via/{number}"
            for form in (mine, mine.replace("/", "\\/")):
                text = text.replace(form, origin if form == mine else origin.replace("/", "\\/"))
            text = text.replace(quote(mine, safe=""), quote(origin, safe=""))
        return text

    def target(self, target: str) -> str | None:
        """The address that a request target such as ``/via/1/path?query`` means; None if none."""
        found = _VIA.fullmatch(target)
        if found is None:
            return None
        number = int(found[1])
        origin = next((known for known, n in self._numbers.items() if n == number), None)
        return None if origin is None else origin + (found[2] or "")
