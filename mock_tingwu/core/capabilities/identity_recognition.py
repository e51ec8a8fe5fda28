"""IdentityRecognition: which of the caller's identities each speaker has (tingwu-openapi 4)."""

from __future__ import annotations

from typing import Any

from mock_tingwu.core.capabilities._heard import retold
from mock_tingwu.core.meeting import Meeting
from mock_tingwu.core.options import Item, Options


def build(meeting: Meeting, options: Options) -> dict[str, Any]:
    """``identity_results`` for all speakers; none if speakers were not told apart.

    A speaker's role in the script decides. Speakers whose role fits no identity get those that
    are left over, in order, and then the last one.
    """
    items = options.identities.items if options.identities else ()
    if not items or not meeting.diarized:
        return {"identity_results": []}
    roles = _roles(meeting)
    chosen = {speaker: _fitting(role, items) for speaker, role in roles.items()}
    left = [item.title for item in items if item.title not in chosen.values()]
    results = []
    for speaker in sorted(chosen):
        identity = chosen[speaker] or (left.pop(0) if left else "")
        if identity:
            results.append({"speaker_id": meeting.speaker_id(speaker), "identity": identity})
    return {"identity_results": results}


def _roles(meeting: Meeting) -> dict[int, str]:
    roles = {sentence.speaker: "" for sentence in meeting.sentences}
    for passage in retold(meeting):
        for number, speaker in enumerate(passage.script.speakers):
            heard_as = passage.speaker(number)
            if heard_as is not None:
                roles[heard_as] = roles[heard_as] or speaker.role
    return roles


def _fitting(role: str, items: tuple[Item, ...]) -> str:
    """The identity that ``role`` has in its name, or whose description has the role in it."""
    role = role.lower()
    if role:
        for item in items:
            title = item.title.lower()
            if title and (title in role or role in title):
                return item.title
        for item in items:
            if role in item.content.lower():
                return item.title
    return ""
