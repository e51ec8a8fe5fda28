"""Parts of a cassette: what one of several clients said that were recorded at the same time.

The conformance kit runs cases side by side, each against a mock of its own; a case is a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mock_tingwu.cassettes.cassette import Cassette, Record
from mock_tingwu.cassettes.writer import CassetteWriter, HttpAnswer, HttpRequest, Session


@dataclass(frozen=True, slots=True)
class PartWriter:
    """Writes one part of a cassette. ``name`` stands in it as it is: up to 40 of A-Z, 0-9 and -."""

    writer: CassetteWriter
    name: str

    def http(self, request: HttpRequest, answer: HttpAnswer) -> None:
        """As `CassetteWriter.http`."""
        self.writer.http(request, answer, self.name)

    def websocket(self, url: str, headers: Mapping[str, str], status: int = 101) -> Session:
        """As `CassetteWriter.websocket`."""
        return self.writer.websocket(url, headers, status, self.name)

    def keep_secret(self, secrets: Iterable[str]) -> None:
        """As `CassetteWriter.keep_secret`."""
        self.writer.keep_secret(secrets)


def parts_of(cassette: Cassette) -> dict[str, Cassette]:
    """The parts by their names, in the order of their beginnings.

    What belongs to none is under the empty name. Forms of identifiers are known to all.
    """
    found: dict[str, list[Record]] = {}
    sessions: dict[int, str] = {}
    for record in cassette.records:
        if "call" in record:
            name = str(record.get("part", ""))
        elif "open" in record:
            name = sessions[record["session"]] = str(record.get("part", ""))
        else:
            name = sessions.get(record["session"], "")
        found.setdefault(name, []).append(record)
    return {name: replace(cassette, records=records) for name, records in found.items()}
