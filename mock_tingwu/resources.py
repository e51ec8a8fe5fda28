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


@cache
def catalogue_folder() -> Path:
    """The folder of the conformance cases and of what is known about targets.

    The code beside them is in the package in either case.
    """
    packaged = _PACKAGE / "conformance"
    return packaged if (packaged / "cases").is_dir() else _PACKAGE.parent / "conformance"
