"""Files that options name: looked at before anything is done, and named when they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: This path is stdout, where a report may go.
_STDOUT: Final = Path("-")


def check_writable(option: str, path: Path) -> None:
    """Make sure, before anything is done, that the file of an option can be written.

    Raises:
        OSError: it cannot; the message names option and path.
    """
    if path.is_dir():
        raise OSError(f"{option} {path} is a folder, expected a file to write")
    folder = path.absolute().parent
    if not folder.is_dir():
        parent = path.parent
        why = f"{parent} is no folder" if folder.exists() else f"there is no folder {parent}"
        raise OSError(f"{option} {path} cannot be written: {why}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OSError(f"{option} {path} cannot be written: permission denied")


@contextmanager
def writing(option: str, path: Path) -> Iterator[None]:
    """Write the file of an option inside of this.

    Raises:
        OSError: that fails; the message names option and path.
    """
    try:
        yield
    except OSError as error:
        raise OSError(f"{option} {path} cannot be written: {error.strerror or error}") from None


def check_reports(files: Mapping[str, Path]) -> None:
    """Make sure, before anything is done, that reports can be written; files by their options.

    Raises:
        ValueError: more than one is for stdout, or for one file.
        OSError: a file cannot be written.
    """
    printed = [option for option, path in files.items() if path == _STDOUT]
    if len(printed) > 1:
        raise ValueError(f"{' and '.join(printed)} are -, expected one report at most on stdout")
    check_apart(files)
    for option, path in files.items():
        if path != _STDOUT:
            check_writable(option, path)


def check_apart(files: Mapping[str, Path]) -> None:
    """Make sure that no two options name one file, which the later one would overwrite.

    Raises:
        ValueError: two do.
    """
    options: dict[Path, str] = {}
    for option, path in files.items():
        if path != _STDOUT and (other := options.setdefault(path.resolve(), option)) != option:
            raise ValueError(f"{other} and {option} are both {path}, expected a file for each")


def is_printed(files: Mapping[str, Path]) -> bool:
    """Whether a report goes to stdout, which has nothing else then."""
    return _STDOUT in files.values()


def write_reports(files: Mapping[str, Path], made: Mapping[str, Callable[[], str]]) -> None:
    """Write the reports of these options as their functions make them.

    Raises:
        OSError: some cannot be written; the others are.
    """
    problems = []
    # stdout at last: whoever reads it may have gone away, which ends the program.
    for option, path in sorted(files.items(), key=lambda item: item[1] == _STDOUT):
        if path == _STDOUT:
            sys.stdout.write(made[option]())
            continue
        try:
            with writing(option, path):
                path.write_bytes(made[option]().encode())
        except OSError as error:
            problems.append(str(error))
    if problems:
        raise OSError("; ".join(problems))
