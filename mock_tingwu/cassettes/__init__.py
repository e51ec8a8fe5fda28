"""Recorded exchanges: written masked, played again, compared with documents and SDKs.

`CassetteWriter` is for whoever exchanges something with a service; docs/cassettes.md tells of the
whole.
"""

from __future__ import annotations

from mock_tingwu.cassettes.cassette import Cassette, CassetteError, is_cassette
from mock_tingwu.cassettes.drift import drift
from mock_tingwu.cassettes.findings import Finding, Kind, Severity
from mock_tingwu.cassettes.writer import CassetteWriter, HttpAnswer, HttpRequest, Session

__all__ = [
    "Cassette",
    "CassetteError",
    "CassetteWriter",
    "Finding",
    "HttpAnswer",
    "HttpRequest",
    "Kind",
    "Session",
    "Severity",
    "drift",
    "is_cassette",
]
