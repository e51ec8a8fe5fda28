"""SaleInsights: how many of the service insights there are (dashscope-tingwu 9)."""

from __future__ import annotations

from mock_tingwu.core.capabilities import service_insights
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Options


def build(meeting: Meeting, options: Options) -> dict[str, int]:
    """``matched_sum`` and ``missed_sum``: the items that were found and those that were not."""
    matched = [entry["matched"] for entry in service_insights.build(meeting, options)]
    return {"matched_sum": matched.count(True), "missed_sum": matched.count(False)}
