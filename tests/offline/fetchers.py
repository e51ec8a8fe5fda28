"""Fetchers to try out, and what they are tried out with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu.services.fetching import Fetched, Fetcher, FetchError
from mock_tingwu.settings import Settings

BODY = bytes(range(256)) * 20
#: As long as the file of the log at least, so that all ranges are asked for.
RANGES = ["bytes=0-", "bytes=9223372036854775799-", "bytes=1158-"]
ELSEWHERE = "https://files.example.com/weekly/sync.mp3"


def make(**settings: Any) -> Fetcher:
    return Fetcher(Settings.of(settings))


def impatient() -> Fetcher:
    """A fetcher that waits a fifth of a second for everything."""
    return Fetcher(Settings(), connect_s=0.2, read_s=0.2)


def get(url: str, target: Path, fetcher: Fetcher | None = None) -> Fetched:
    return asyncio.run((fetcher or make()).fetch(url, target))


def refused(url: str, target: Path, fetcher: Fetcher | None = None) -> tuple[str, str]:
    """Problem and detail of a recording that cannot be had."""
    with pytest.raises(FetchError) as caught:
        get(url, target, fetcher)
    assert not target.exists()
    return caught.value.problem, caught.value.detail
