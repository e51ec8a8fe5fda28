"""The recorded SDK requests of `tests/vectors/tingwu`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from mock_tingwu.protocols.signing import SignedRequest
from tests.protocols.signing.recorded import parsed

FOLDER = Path(__file__).parents[2] / "vectors" / "tingwu"
ACCESS_KEY = "LTAI5tExampleAccessKeyId"
SECRET = "ExampleAccessKeySecret000000"
SECRETS = {ACCESS_KEY: SECRET}

NO_REQUEST = "pytea_get_task_info_nocred"
BEARER = "pytea_get_task_info_bearer"


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


SIGNED = [name for name in names() if name not in (NO_REQUEST, BEARER)]


@cache
def load(name: str) -> SignedRequest:
    """The one request of a file, its body de-chunked; ValueError when it holds none."""
    content = (FOLDER / f"{name}.txt").read_bytes()
    notes = re.match(rb"(?:#[^\n]*\n)*\n*", content)
    assert notes is not None
    raw, marker, _ = content[notes.end() :].partition(b"\n\n<<<END REQUEST")
    if not marker:
        raise ValueError(f"{name} holds no request")
    return parsed(raw)
