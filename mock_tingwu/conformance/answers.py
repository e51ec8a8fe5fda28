"""An answer over HTTP, as a case looks at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_tingwu.conformance.checks import Deviation, shown


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in small letters) and body of an answer, and what it answers."""

    operation: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON. Raises Deviation if it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise Deviation(
                f"{self.operation} answered {self.status} without JSON, but {shown(self.text)}"
            ) from None

    @property
    def body(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Deviation if it is none."""
        body = self.json
        if not isinstance(body, dict):
            raise Deviation(f"{self.operation} answered {shown(body)}, expected an object")
        return body

    @property
    def data(self) -> dict[str, Any]:
        """``Data`` of a successful answer in Tingwu's envelope. Raises Deviation otherwise."""
        body = self.body
        if self.status != 200 or body.get("Code") != "0":
            code, message = body.get("Code"), shown(body.get("Message"))
            raise Deviation(f"{self.operation} answered {self.status} {code} {message}")
        return self._part("Data")

    @property
    def output(self) -> dict[str, Any]:
        """``output`` of a successful answer of DashScope. Raises Deviation otherwise."""
        if self.status != 200:
            code, message = self.body.get("code"), shown(self.body.get("message"))
            raise Deviation(f"{self.operation} answered {self.status} {code} {message}")
        return self._part("output")

    @property
    def done(self) -> dict[str, Any]:
        """The body of a successful answer of Live: RetCode 2000. Raises Deviation otherwise."""
        body = self.body
        if self.status != 200 or body.get("RetCode") != 2000:
            what = {key: body.get(key) for key in ("Code", "RetCode", "Message") if key in body}
            raise Deviation(f"{self.operation} answered {self.status} {what}")
        return body

    def _part(self, name: str) -> dict[str, Any]:
        part = self.body.get(name)
        if not isinstance(part, dict):
            raise Deviation(f"{name} of {self.operation} is {shown(part)}, expected an object")
        return part
