"""Local files at a URL of the mock: recordings for a FileUrl without a web server.

``POST /_mock/files?name=meeting.mp3`` keeps a file, ``GET /_mock/files`` lists them,
``DELETE /_mock/files/{id}`` forgets one, ``GET /_mock/files/{id}/{name}`` serves it, also in
ranges.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mock_tingwu.own_files import check_real, is_real, remove, written_anew
from mock_tingwu.services.address import Address
from mock_tingwu.services.elsewhere import stays
from mock_tingwu.services.json_api import ControlError, json_endpoint, realm_of
from mock_tingwu.services.ranges import ranged_file

if TYPE_CHECKING:
    from mock_tingwu.services.world import World

PATH: Final = "/_mock/files"
#: Files of one scope; the one that came first goes first, and a copy is deleted.
MOST_FILES: Final = 10_000
#: Where copies are, in the folder of a world.
FOLDER: Final = "files"
_OWN: Final = re.compile(rf"{PATH}/([0-9a-f]{{32}})/[^/]+")
#: Written and hashed at once: an upload should not keep the server from anything else.
_BLOCK: Final = 1024 * 1024
#: The longest file name, in bytes of UTF-8.
_LONGEST_NAME: Final = 255
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f/\\]")

#: The recordings that the cloud takes. The system's own table differs from machine to machine.
_TYPES: Final = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
    "wma": "audio/x-ms-wma",
    "aac": "audio/aac",
    "ogg": "audio/ogg",
    "amr": "audio/amr",
    "flac": "audio/flac",
    "aiff": "audio/aiff",
    "mp4": "video/mp4",
    "wmv": "video/x-ms-wmv",
    "m4v": "video/x-m4v",
    "flv": "video/x-flv",
    "rmvb": "application/vnd.rn-realmedia-vbr",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "mpeg": "video/mpeg",
    "3gp": "video/3gpp",
}


class HostedFile(Struct, frozen=True):
    """A file that the mock serves. ``kept``: it is the mock's own copy and goes with it."""

    id: str
    """32 hex digits that depend on name and content."""
    name: str
    size: int
    """Bytes, when the file was taken."""
    path: Path
    kept: bool

    @property
    def url_path(self) -> str:
        """The path of its URL."""
        return f"{PATH}/{self.id}/{quote(self.name, safe='', errors='replace')}"

    @property
    def content_type(self) -> str:
        suffix = self.name.rpartition(".")[2].lower()
        return _TYPES.get(suffix, "application/octet-stream")


class Fingerprint:
    """The id of a file: the same name and content give the same one."""

    def __init__(self, name: str) -> None:
        self._hash = blake2b(name.encode("utf-8", "replace") + b"\0", digest_size=16)
        self.size = 0

    def update(self, block: bytes) -> None:
        self.size += len(block)
        self._hash.update(block)

    @property
    def id(self) -> str:
        return self._hash.hexdigest()


class Forgotten(Exception):
    """`HostedFiles.forget` was called while a file was on its way."""


class HostedFiles:
    """The files that one mock serves. ``folder`` is called for a place when one is kept."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._files: dict[str, HostedFile] = {}
        #: Goes up with every change.
        self.version = 0
        self._numbers = count(1)
        self._drafts: set[Path] = set()

    def __iter__(self) -> Iterator[HostedFile]:
        return iter(list(self._files.values()))

    def find(self, file_id: str) -> HostedFile | None:
        file = self._files.get(file_id)
        # A link in the place of a copy would lead anywhere.
        return None if file is None or (file.kept and not is_real(file.path)) else file

    def add(self, file: HostedFile) -> HostedFile:
        """Serve ``file`` from now on, or the mock's own copy of the same if there is one."""
        known = self._files.get(file.id)
        if known is not None and known.kept:
            return known
        self._files[file.id] = file
        self.version += 1
        if len(self._files) > MOST_FILES:
            self.remove(next(iter(self._files)))
        return file

    def restore(self, files: Iterable[HostedFile]) -> None:
        """Serve what an earlier mock has served."""
        self._files = {file.id: file for file in files}

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A place for an upload; what is left there at the end is removed."""
        folder = self._folder() / FOLDER
        check_real(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"upload-{next(self._numbers)}"
        self._drafts.add(path)
        try:
            yield path
        finally:
            self._drafts.discard(path)
            remove(path)

    def keep(self, draft: Path, name: str, fingerprint: Fingerprint) -> HostedFile:
        """Serve what was uploaded to ``draft``, which moves to its place.

        Raises:
            Forgotten: it was begun before the last `forget`.
            OSError: it cannot be moved.
        """
        if draft not in self._drafts:
            raise Forgotten
        known = self._files.get(fingerprint.id)
        if known is not None and known.kept:
            return known  # somebody may be reading it
        path = draft.with_name(fingerprint.id)
        draft.replace(path)
        return self.add(HostedFile(fingerprint.id, name, fingerprint.size, path, kept=True))

    def remove(self, file_id: str) -> bool:
        """Serve a file no longer; a copy of the mock's own is deleted. False for an unknown id."""
        file = self._files.pop(file_id, None)
        self.version += 1
        if file is not None and file.kept:
            remove(file.path)
        return file is not None

    def forget(self) -> None:
        """Serve nothing any more, nor what is on its way.

        The folder belongs to whoever has given it.
        """
        self._files.clear()
        self._drafts.clear()
        self.version += 1


def id_in(url: str) -> str | None:
    """The id of a hosted file in a URL, whether there is such a file or not."""
    try:
        found = _OWN.fullmatch(urlsplit(url).path)
    except ValueError:
        return None
    return found[1] if found else None


def local_file(path: Path) -> HostedFile:
    """A file of the user's own, to be served from where it is. Reads all of it.

    Raises:
        OSError: it cannot be read.
    """
    path = path.absolute()
    fingerprint = Fingerprint(path.name)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            fingerprint.update(block)
    return HostedFile(fingerprint.id, path.name, fingerprint.size, path, kept=False)


class HostingService:
    """The calls on one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route(PATH, json_endpoint(self.files)),
            Route(PATH, self._created(json_endpoint(self.upload)), methods=["POST"]),
            Route(f"{PATH}/{{file_id}}", json_endpoint(self.delete), methods=["DELETE"]),
            Route(f"{PATH}/{{file_id}}/{{name}}", self.serve, methods=["GET", "HEAD"]),
        ]

    async def files(self, request: Request) -> Any:
        return {"files": [_shown(request, file) for file in realm_of(self._world, request).hosted]}

    async def upload(self, request: Request) -> Any:
        """Keep the body as a file called ``name``."""
        name = _name(request)
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise ControlError(
                "the body is a form, expected the file's own bytes: curl -X POST -T FILE"
            )
        hosted = realm_of(self._world, request, make=True).hosted
        stays(request)
        fingerprint = Fingerprint(name)
        try:
            with hosted.draft() as draft:
                with written_anew(draft) as file:
                    async for block in _blocks(request.stream()):
                        await asyncio.to_thread(file.write, block)
                        await asyncio.to_thread(fingerprint.update, block)
                kept = hosted.keep(draft, name, fingerprint)
        except ClientDisconnect:
            raise ControlError("the upload broke off") from None
        except Forgotten:
            raise ControlError("the mock was reset while the file came in", 409) from None
        except OSError as error:
            why = error.strerror or str(error)
            raise ControlError(f"the file cannot be kept: {why}", 507) from None
        return _shown(request, kept)

    async def delete(self, request: Request) -> Any:
        file_id = request.path_params["file_id"]
        if not realm_of(self._world, request).hosted.remove(file_id):
            raise ControlError(f"id is {file_id!r}, expected one of {PATH}", 404)
        return {"status": "ok"}

    async def serve(self, request: Request) -> Response:
        file_id = request.path_params["file_id"]
        file = self._world.find_hosted(file_id)
        if file is not None and file.path.is_file():
            response = ranged_file(request, file.path, file.content_type)
            if response is not None:
                return response

        async def missing(request: Request) -> Any:
            if file is not None:
                raise ControlError(f"{file.name!r} is no longer where it was", 404)
            raise ControlError(f"id is {file_id!r}, expected one of {PATH}", 404)

        return await json_endpoint(missing)(request)

    @staticmethod
    def _created(endpoint: Any) -> Any:
        async def created(request: Request) -> Response:
            response: Response = await endpoint(request)
            if response.status_code == 200:
                response.status_code = 201
            return response

        return created


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """``chunks`` put together, so that a thread is worth its while."""
    pending: list[bytes] = []
    length = 0
    async for chunk in chunks:
        pending.append(chunk)
        length += len(chunk)
        if length >= _BLOCK:
            yield b"".join(pending)
            pending, length = [], 0
    yield b"".join(pending)


def _name(request: Request) -> str:
    name = request.query_params.get("name", "")
    if not name or name in (".", "..") or _CONTROL.search(name):
        raise ControlError(f"name is {name!r}, expected a file name such as meeting.mp3")
    if len(name.encode()) > _LONGEST_NAME:
        raise ControlError(f"name has {len(name.encode())} bytes, expected at most {_LONGEST_NAME}")
    return name


def _shown(request: Request, file: HostedFile) -> dict[str, Any]:
    url = f"{Address.of(request).http}{file.url_path}"
    # A name that is not UTF-8 cannot be told in JSON.
    name = file.name.encode("utf-8", "replace").decode()
    return {"id": file.id, "name": name, "size": file.size, "url": url}
