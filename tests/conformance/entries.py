"""Reports that tests are about."""

from __future__ import annotations

from typing import Any

from mock_tingwu.conformance.results import Entry, Report


def entry(id: str = "TW-CREATE-001", verdict: str = "pass", **fields: Any) -> Entry:
    """An entry of a run; ``fields`` are those that matter to the test."""
    usual: dict[str, Any] = {
        "level": "MUST",
        "source": "Tingwu CreateTask, Input",
        "seconds": 0.5,
        "detail": "",
        "title": "a meeting begins as NEW",
        "sends": "CreateTask",
        "expects": "NEW",
        "source_url": "https://docs.example.com/create",
        "source_level": "documented",
        "operations": ("CreateTask",),
        "needs": ("tingwu",),
        "negative": False,
    }
    return Entry(**(usual | {"id": id, "verdict": verdict} | fields))


def report(*entries: Entry, **fields: Any) -> Report:
    """A run with these cases."""
    usual: dict[str, Any] = {
        "target": "mock",
        "version": "0.1.0",
        "kit": "0.1.0",
        "began": "2026-11-29T03:00:00Z",
        "seconds": 1.5,
    }
    return Report(**(usual | fields), cases=entries)
