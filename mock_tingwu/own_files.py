"""Files in folders of the mock's own. No link leads away from there, whoever has put one.

A folder's path is taken when it is made, with all links in it resolved: whoever gives the mock a
folder may say by a link where it is. A link that turns up in the path later is in the place of
something.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from errno import ELOOP
from io import FileIO
from pathlib import Path
from typing import BinaryIO


def is_real(path: Path) -> bool:
    """Whether there is no link in the place of ``path`` nor of a folder above it."""
    return os.path.realpath(path) == str(path)


def check_real(path: Path) -> None:
    """See that there is none.

    Raises:
        OSError: there is.
    """
    if not is_real(path):
        raise OSError(ELOOP, "a symbolic link is in its place", str(path))


def written_anew(path: Path) -> BinaryIO:
    """A file to write, and to seek in. What was there before is gone, also if it was a link.

    Raises:
        OSError: it cannot be made.
    """
    if path.is_symlink():
        path.unlink()
    return open(path, "w+b", opener=_no_link)


def appended(path: Path) -> FileIO:
    """A file to write behind what is there, without a buffer.

    Raises:
        OSError: it cannot be, or is a link.
    """
    return open(path, "ab", buffering=0, opener=_no_link)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, unless a link leads to it elsewhere.

    What cannot be removed stays.
    """
    if not is_real(path.parent):
        return
    with suppress(OSError):
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)  # which does not follow links


def _no_link(path: str, flags: int) -> int:
    # Windows has no such flag, nor links that everybody may make.
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
