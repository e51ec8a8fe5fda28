"""The file of a bundle: a zip that a person can look into (docs/replay.md).

``bundle.json`` says what it is and how the mock was set, ``log.jsonl`` has the records, one a line,
and what is long or no text stands in files of its own: ``frames/`` audio as it was pushed, one file
for each connection, ``bodies/`` and ``files/``.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from mock_tingwu import __version__
from mock_tingwu.replay.log import Log, Mark, Record

FORMAT: Final = "mock-tingwu-bundle"
VERSION: Final = 1
ABOUT, LOG = "bundle.json", "log.jsonl"
#: More than that is not unpacked, in bytes: no recording is so long.
_MOST: Final = 1024 * 1024 * 1024
#: When everything in the zip is said to be from: the same bundle has the same bytes.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class BundleError(Exception):
    """A file that cannot be replayed; the message is a sentence."""


@dataclass(slots=True)
class Bundle:
    """A recording that was read.

    ``settings`` are those of the server, without secrets. ``started`` is when it did, in ms, and
    ``cut`` why the recording has no end. ``scope``: only what concerns it is in it.
    """

    mock: str
    settings: Mapping[str, Any]
    started: int
    cut: str | None
    scope: str | None
    records: list[Record]
    _contents: dict[str, bytes] = field(default_factory=dict)

    def content(self, name: str) -> bytes:
        """The content of this name.

        Raises:
            BundleError: there is none.
        """
        found = self._contents.get(name)
        if found is None:
            raise BundleError(f"{name} is missing in the bundle")
        return found

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a bundle.

        Raises:
            BundleError: it cannot be; the message says why.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                return cls._read(path, archive)
        except FileNotFoundError:
            raise BundleError(f"there is no file {path}") from None
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror or error}") from None
        except zipfile.BadZipFile:
            raise BundleError(_no_zip(path)) from None
        except (NotImplementedError, RuntimeError, EOFError) as error:
            raise BundleError(f"{path} cannot be unpacked: {error}") from None

    @classmethod
    def _read(cls, path: Path, archive: zipfile.ZipFile) -> Self:
        names = archive.namelist()
        if ABOUT not in names:
            raise BundleError(f"{path} is a zip, but no bundle: there is no {ABOUT} in it")
        if sum(info.file_size for info in archive.infolist()) > _MOST:
            raise BundleError(f"{path} has more than {_MOST} bytes in it, which no bundle has")
        about = _decoded(path, ABOUT, _unpacked(path, archive, ABOUT))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise BundleError(f"{path} is no bundle: its {ABOUT} does not say format {FORMAT}")
        if about.get("version") != VERSION:
            raise BundleError(
                f"{path} is a bundle of version {about.get('version')!r}; this mock-tingwu reads "
                f"version {VERSION}"
            )
        sums = about.get("sums")
        if not isinstance(sums, dict) or LOG not in sums:
            raise BundleError(f"{path} is damaged: its {ABOUT} has no sum of {LOG}")
        contents = {}
        for name, expected in sums.items():
            if name not in names:
                raise BundleError(f"{path} is damaged: {name} is missing")
            contents[name] = _unpacked(path, archive, name)
            if hashlib.sha256(contents[name]).hexdigest() != expected:
                raise BundleError(f"{path} is damaged: {name} is not what was recorded")
        lines = contents.pop(LOG).splitlines()
        try:
            return cls(
                mock=str(about["mock"]),
                settings=dict(about["settings"]),
                started=int(about["started"]),
                cut=about.get("cut"),
                scope=about.get("scope"),
                records=[dict(_decoded(path, LOG, line)) for line in lines],
                _contents=contents,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BundleError(f"{path} is damaged: {type(error).__name__} {error}") from None


def write(
    path: Path,
    log: Log,
    mark: Mark,
    *,
    settings: Mapping[str, Any],
    started: int,
    scope: str | None = None,
    choose: Callable[[list[Record]], list[Record]] | None = None,
) -> None:
    """Write what was recorded up to ``mark``, of which ``choose`` picks some records.

    Raises:
        OSError: it cannot be written. There is no half of a file then.
    """
    lines = log.lines(mark)
    if choose is not None:
        chosen = choose([msgspec.json.decode(line) for line in lines.splitlines()])
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in chosen)
        wanted = {name for record in chosen for name in _named(record)}
    sums = {}
    draft = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            sums[LOG] = _pack(archive, LOG, iter([lines]))
            for name, pieces in log.contents(mark):
                if choose is None or name in wanted:
                    sums[name] = _pack(archive, name, pieces)
            about = {
                "format": FORMAT,
                "version": VERSION,
                "mock": __version__,
                "scope": scope,
                "started": started,
                "cut": log.cut,
                "settings": settings,
                "sums": sums,
            }
            text = msgspec.json.format(msgspec.json.encode(about), indent=2)
            _pack(archive, ABOUT, iter([text]))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _named(record: Record) -> Iterator[str]:
    """The contents that a record needs."""
    if record.get("in") == "frame":
        yield f"frames/{record['of']}.bin"
    if record.get("file"):
        yield record["file"]
    arguments = record.get("arguments")
    if isinstance(arguments, dict):
        yield from _named(arguments)
    told = record.get("value")
    if isinstance(told, dict):
        yield from _named(told)


def _pack(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> str:
    summing = hashlib.sha256()
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    with archive.open(info, "w") as file:
        for piece in pieces:
            summing.update(piece)
            file.write(piece)
    return summing.hexdigest()


def _unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    import zlib

    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error):
        raise BundleError(f"{path} is damaged: {name} cannot be unpacked") from None


def _decoded(path: Path, name: str, text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BundleError(f"{path} is damaged: {name} is no JSON") from None


def _no_zip(path: Path) -> str:
    with path.open("rb") as file:
        begins = file.read(4)
    if begins == b"PK\x03\x04":
        return f"{path} is truncated: the end of the zip is missing"
    return f"{path} is no bundle: it is no zip"
