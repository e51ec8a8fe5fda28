"""The control API's part for violations: what clients did against the rules, and the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.routing import Route

from mock_tingwu.core.journal import Entry, shown
from mock_tingwu.core.violations import LEVELS, RULES
from mock_tingwu.counting import counted
from mock_tingwu.services.json_api import ControlError, json_endpoint, realm_of
from mock_tingwu.services.realm import Realm
from mock_tingwu.services.world import World

Json = dict[str, Any]

_FILTERS: Final = ("rule", "level", "task_id", "since")


def violations_of(realm: Realm) -> list[Json]:
    """The violations of a scope, oldest first, those that can still be made good at the end.

    Each has beside the fields of its entry what the rule ``expected``, and the offending ``entry``
    itself, None where there is none any more.
    """
    found: list[Entry] = [*realm.watch.findings, *realm.watch.pending()]
    wanted = {entry["offending"] for entry in found}
    # One walk for all of them; the journal may have dropped some.
    offending = {
        entry["seq"]: shown(entry) for entry in realm.journal.entries() if entry["seq"] in wanted
    }
    return [
        {
            **shown(entry),
            "expected": RULES[entry["rule"]].expected,
            "entry": offending.get(entry["offending"]),
        }
        for entry in found
    ]


def complaint(found: Iterable[Mapping[str, Any]], level: str, but: Collection[str]) -> str:
    """What a test says about violations that count, nothing when there are none.

    ``level``: documented, or advice for both. ``but`` are rules that may be broken.

    Raises:
        ValueError: there is no such level or rule.
    """
    if level not in LEVELS:
        raise ValueError(f"level is {level!r}, expected {' or '.join(LEVELS)}")
    if isinstance(but, str):
        raise ValueError(f"but is {but!r}, expected several ids of rules")
    unknown = [rule for rule in but if rule not in RULES]
    if unknown:
        raise ValueError(f"but has {unknown[0]!r}, expected ids of /_mock/violations/rules")
    counting = [
        one
        for one in found
        if one["rule"] not in but and (level == "advice" or one["level"] == level)
    ]
    if not counting:
        return ""
    number = counted(len(counting), "violation")
    return "\n".join([f"{number} of the contract:", *map(_line, counting)])


def _line(violation: Mapping[str, Any]) -> str:
    count = violation["count"]
    often = f", {count} times" if count > 1 else ""
    task = f", task {violation['task_id']}" if violation["task_id"] else ""
    seen = violation["offending"]
    where = f", seen at seq {seen} of the journal" if seen is not None else ""
    return (
        f"- {violation['rule']} ({violation['level']}: {violation['source']}){task}{often}{where}\n"
        f"  {violation['text']}\n"
        f"  expected: {violation['expected']}"
    )


class ViolationControl:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/_mock/violations", json_endpoint(self.all), methods=["GET", "DELETE"]),
            Route("/_mock/violations/rules", json_endpoint(self.rules)),
        ]

    async def all(self, request: Request) -> Any:
        """List the violations by rule, level, task_id and since, or forget them."""
        realm = realm_of(self._world, request)
        query = request.query_params
        if request.method == "DELETE":
            unknown = set(query) - {"scope"}
            if unknown:
                raise ControlError(f"{min(unknown)} is unknown; expected scope: all are forgotten")
            realm.watch.forget()
            return {"violations": [], "last_seq": realm.journal.seq}
        unknown = set(query) - {*_FILTERS, "scope"}
        if unknown:
            raise ControlError(f"{min(unknown)} is unknown; expected {', '.join(_FILTERS)}")
        if query.get("rule", "signature") not in RULES:
            rule = query["rule"]
            raise ControlError(f"rule is {rule!r}, expected one of /_mock/violations/rules")
        if query.get("level", "advice") not in LEVELS:
            raise ControlError(f"level is {query['level']!r}, expected {' or '.join(LEVELS)}")
        since = query.get("since", "0")
        if not (since.isascii() and since.isdigit() and len(since) <= 18):
            raise ControlError(f"since is {since!r}, expected the seq of a violation")
        filters = [(name, query[name]) for name in ("rule", "level", "task_id") if name in query]
        return {
            "violations": [
                one
                for one in violations_of(realm)
                if all(one[name] == value for name, value in filters)
                and (one["seq"] is None or one["seq"] > int(since))
            ],
            "last_seq": realm.journal.seq,
        }

    async def rules(self, request: Request) -> Any:
        """The table of rules."""
        return {"rules": [asdict(rule) for rule in RULES.values()]}
