"""What the mock does although no source says so.

Every behaviour has a level: ``documented``, ``sdk``, ``observed`` or ``assumed``. Transitions,
error rows and schemas carry theirs; this is the list of the other assumptions, for people who have
to decide how far a green test can be trusted.
"""

from __future__ import annotations

from typing import Final

from mock_tingwu.core.provenance import agents, calls, files, live, sessions, tasks, violations
from mock_tingwu.core.provenance.assumption import Assumption

__all__ = ["ASSUMPTIONS", "Assumption"]

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    *tasks.ASSUMPTIONS,
    *calls.ASSUMPTIONS,
    *sessions.ASSUMPTIONS,
    *files.ASSUMPTIONS,
    *agents.ASSUMPTIONS,
    *live.ASSUMPTIONS,
    *violations.ASSUMPTIONS,
)
