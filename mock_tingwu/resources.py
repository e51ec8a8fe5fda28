"""Where the data that ships with the package lives.

A wheel carries ``schemas/`` and ``fixtures/`` inside the package; a checkout has them beside it.
"""

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent


@cache
def folder(name: str) -> Path:
    """The folder of shipped data called ``name`` (``schemas`` or ``fixtures``)."""
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
