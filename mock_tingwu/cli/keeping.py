"""What is kept of a task in a folder: its result files and media."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from mock_tingwu.client import AgentInfo, TaskInfo


def media_links(info: TaskInfo | AgentInfo) -> dict[str, str]:
    """The links to the media files of a task that are ready, by what they are."""
    if isinstance(info, AgentInfo):
        return {"playback": info.playback_url} if info.playback_url else {}
    links = {
        "audio": info.mp3_url,
        "video": info.mp4_url,
        "thumbnail": info.thumbnail_url,
        "spectrum": info.spectrum_url,
    }
    return {name: url for name, url in links.items() if url}


def save(folder: Path, documents: Mapping[str, Any], media: Mapping[str, bytes]) -> list[Path]:
    """Write result files by their kinds and media by their file names; return where they are.

    Raises:
        OSError: that cannot be done.
    """
    written: list[Path] = []
    for kind, document in documents.items():
        # Whatever a service calls a kind, it stays in the folder.
        path = folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', kind)}.json"
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
        written.append(path)
    for name, content in media.items():
        path = folder / name
        path.write_bytes(content)
        written.append(path)
    return written


def media_name(what: str, url: str) -> str:
    """The name of a media file: what it is, with the ending that its link has if that says more."""
    ending = PurePosixPath(urlsplit(url).path).suffix
    return what + ending if re.fullmatch(r"\.[A-Za-z0-9]+", ending) and ending[1:] != what else what
