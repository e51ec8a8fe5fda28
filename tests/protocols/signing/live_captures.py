"""The recorded SDK requests of `tests/vectors/live`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mock_tingwu.protocols.signing import SignedRequest
from tests.protocols.signing.recorded import parsed

FOLDER = Path(__file__).parents[2] / "vectors" / "live"
ACCESS_KEY = "testAk"
SECRET = "testSecret"
SECRETS = {ACCESS_KEY: SECRET}
NAMES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@cache
def load(name: str) -> SignedRequest:
    return parsed((FOLDER / f"{name}.txt").read_bytes())
