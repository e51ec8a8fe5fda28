"""IdentityRecognition: which of the caller's identities each speaker has (tingwu-openapi 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from mock_tingwu.core.capabilities._heard import retold
from mock_tingwu.core.capabilities._terms import terms
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Item, Options


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``identity_results`` for all speakers.

    A speaker's role in the script decides, for each speaker alone: several may have the same
    identity. Speakers whose role fits none get those that nobody has, in order, and then the last
    one. A conversation in which speakers were not told apart has one speaker, as documented: who
    says most in it counts most.
    """
    items = options.identities.items if options.identities else ()
    roles = _roles(meeting)
    if not items or not roles:
        return {"identity_results": []}
    if not meeting.diarized:
        return {"identity_results": [_entry(meeting, 0, _together(meeting, roles, items))]}
    chosen = {speaker: _fitting(role, items) for speaker, role in roles.items()}
    left = [item.title for item in items if item.title not in chosen.values()]
    return {
        "identity_results": [
            _entry(
                meeting,
                speaker,
                chosen[speaker] or (left.pop(0) if left else items[-1].title),
            )
            for speaker in sorted(chosen)
        ]
    }


def _entry(meeting: Meeting, speaker: int, identity: str) -> dict[str, Any]:
    return {"speaker_id": meeting.speaker_id(speaker), "identity": identity}


def _roles(meeting: Meeting) -> dict[int, str]:
    roles = {sentence.speaker: "" for sentence in meeting.sentences}
    for passage in retold(meeting):
        for number, speaker in enumerate(passage.script.speakers):
            heard_as = passage.speaker(number)
            if heard_as is not None:
                roles[heard_as] = roles[heard_as] or speaker.role
    return roles


def _together(meeting: Meeting, roles: dict[int, str], items: Sequence[Item]) -> str:
    """The identity of those who say most, or the first one if no role fits any."""
    said: Counter[str] = Counter()
    for sentence in meeting.sentences:
        said[_fitting(roles[sentence.speaker], items)] += len(sentence.text)
    del said[""]
    return max((item.title for item in items), key=lambda title: said[title])


def _fitting(role: str, items: Sequence[Item]) -> str:
    """The identity that shares most with ``role``, in its name above all; empty if none does."""
    scores = [(_score(role.lower(), item), -number) for number, item in enumerate(items)]
    score, number = max(scores)
    return items[-number].title if role and score else ""


def _score(role: str, item: Item) -> int:
    title, content = item.title.lower(), item.content.lower()
    if title and (title in role or role in title):
        return 100
    if role in content:
        return 50
    parts = terms(role)
    named, described = parts.of(title), parts.of(content)
    return 3 * len(named.strong) + 2 * len(described.strong) + len(named.weak | described.weak)
