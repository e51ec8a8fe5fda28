"""Gets the recordings of offline tasks: which are fetched, from where, and how the cloud does it.

What the setting ``fetch`` lets be contacted is fetched over HTTP; the rest is imagined
(`mock_tingwu.core.imagination`). Files that the mock hosts itself are read from where they are.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from mock_tingwu.core.imagination import file_name, is_this_machine, url_problem
from mock_tingwu.core.reach import Reach, Unreachable
from mock_tingwu.own_files import written_anew
from mock_tingwu.services.hosting import HostedFile, id_in
from mock_tingwu.services.outside import Outside
from mock_tingwu.services.quiet import unlogged
from mock_tingwu.settings import Settings

if TYPE_CHECKING:
    import httpx

#: The largest file that is taken, in bytes (tingwu-openapi 2.1).
LARGEST_BYTES: Final = 6 * 1024**3
#: Seconds until a connection must stand, and between two reads. The cloud's are not known.
CONNECT_S, READ_S = 5.0, 10.0
MAX_REDIRECTS: Final = 5

#: How the cloud asks. User-Agent and ranges were observed (tingwu-openapi 2.1), the rest is what
#: that version of ffmpeg sends (FFmpeg 5.0, libavformat/http.c), apart from Accept-Encoding, which
#: keeps servers from compressing.
HEADERS: Final = (
    ("User-Agent", "Lavf/59.16.100"),
    ("Accept", "*/*"),
    ("Connection", "close"),
    ("Icy-MetaData", "1"),
    ("Accept-Encoding", "identity"),
)
WHOLE: Final = "bytes=0-"
#: Asked for after the whole file, with the status that the cloud expects: a seek beyond every end
#: and one into the file.
BEYOND, WITHIN = ("bytes=9223372036854775799-", 416), ("bytes=1158-", 206)
_WITHIN_BYTES: Final = 1158

_BLOCK: Final = 1024 * 1024
_PORTS: Final = {"http": 80, "https": 443}


class FetchError(Exception):
    """A recording cannot be had: ``link``, ``length`` (the body is not as long as said) or
    ``size`` (too large). ``detail`` is a sentence for the journal.
    """

    def __init__(self, problem: Literal["link", "length", "size"], detail: str) -> None:
        super().__init__(detail)
        self.problem: Literal["link", "length", "size"] = problem
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Decision:
    """How a recording is got, and ``why``, as a sentence for the journal."""

    action: Literal["own", "fetch", "imagine"]
    why: str
    name: str
    """The file's name, decoded; "" when the URL has none."""
    path: Path | None = None
    """Where the file is, if it is on this machine and needs no fetching."""
    address: str = ""
    """The URL to contact, if there is one."""


@dataclass(slots=True)
class Fetched:
    """A recording that was fetched to ``path``. ``notes`` are for the journal."""

    path: Path
    name: str
    size: int = 0
    """Bytes."""
    content_type: str = ""
    notes: list[str] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)
    """Range and status of every request, redirects included."""


class Fetcher:
    """Gets recordings by the settings ``fetch`` and ``file_hosts``.

    Times are real ones in seconds, whatever clock the mock is on: they are other servers'.
    """

    def __init__(
        self,
        settings: Settings,
        find_hosted: Callable[[str], HostedFile | None] | None = None,
        outside: Outside | None = None,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        largest: int = LARGEST_BYTES,
    ) -> None:
        self._policy = settings.fetch
        self._file_hosts = settings.file_hosts
        #: Where URLs may lead.
        self.reach = Reach.of(settings.host, settings.reach, settings.file_hosts)
        self._find_hosted = find_hosted
        self._outside = outside or Outside()
        self._connect_s, self._read_s = connect_s, read_s
        self._largest = largest
        self._tls: ssl.SSLContext | None = None

    def decide(self, url: str) -> Decision:
        """Say how the recording at ``url`` is got; contacts nobody.

        Raises:
            FetchError: ``link``: no service could take a recording from there, or there is no such
                file on this machine.
        """
        target = self._target_of(url)
        if self._own(url) is None:
            problem = url_problem(url, any_host=target is not None)
            if problem is not None:
                raise FetchError("link", problem)
        return self._decide(url, target, "recording")

    def decide_stream(self, url: str) -> Decision:
        """Say how a live stream is got, whatever protocol its URL is of; contacts nobody.

        Raises:
            FetchError: ``link``: there is no such file on this machine, or this is no URL.
        """
        try:
            return self._decide(url, self._target_of(url), "stream")
        except ValueError as error:
            raise FetchError("link", f"the URL cannot be read: {error}") from None

    async def fetch(self, url: str, target: Path) -> Fetched:
        """Fetch the recording at ``url`` to the file ``target``. After a failure there is no file.

        Raises:
            FetchError: it cannot be had.
        """
        try:
            return await self._fetch(url, target)
        except OSError as error:
            target.unlink(missing_ok=True)
            raise FetchError("link", f"the mock could not fetch the recording: {error}") from None
        except BaseException:
            target.unlink(missing_ok=True)
            raise

    # Where a recording is

    def _own(self, url: str) -> HostedFile | None:
        """The file at a URL of this mock, whatever the host: it has many names."""
        file_id = id_in(url)
        find = self._find_hosted
        return None if find is None or file_id is None else find(file_id)

    def _decide(self, url: str, target: str | None, what: str) -> Decision:
        own = self._own(url)
        if own is not None:
            if not own.path.is_file():
                raise FetchError("link", f"{own.name!r} is no longer where it was")
            return Decision("own", f"the {what} is hosted here", own.name, own.path)
        parts = urlsplit(url)
        name, host = file_name(parts), parts.hostname or ""
        if target is not None:
            return self._mapped(parts, host, name, target, what)
        if self._policy == "always":
            why = f"the {what} is fetched from {host}: fetch is always"
            return Decision("fetch", why, name, address=self._reachable(url))
        if self._policy == "auto" and is_this_machine(host):
            why = f"the {what} is fetched: {host} is this machine"
            return Decision("fetch", why, name, address=self._reachable(url))
        if id_in(url) is not None:
            raise FetchError("link", "no such file is hosted here, or no longer: reset forgets all")
        because = (
            "fetch is never"
            if self._policy == "never"
            else f"{host} is not contacted; --fetch always or --file-host {host}=FOLDER would do it"
        )
        return Decision("imagine", f"the {what} is imagined: {because}", name)

    def _reachable(self, url: str) -> str:
        try:
            self.reach.check(url)
        except Unreachable as error:
            raise FetchError("link", str(error)) from None
        return url

    def _target_of(self, url: str) -> str | None:
        """The folder or base URL that stands for the host of ``url``."""
        if not self._file_hosts or self._policy == "never":
            return None
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            return None
        if ":" in host:
            host = f"[{host}]"
        return self._file_hosts.get(f"{host}:{port}") or self._file_hosts.get(host)

    def _mapped(self, parts: SplitResult, host: str, name: str, target: str, what: str) -> Decision:
        segments = _segments(parts.path)
        if "://" in target:
            if segments is None:
                raise FetchError("link", f"the path {parts.path!r} leads out of {target}")
            address = f"{target}{parts.path}" + (f"?{parts.query}" if parts.query else "")
            why = f"the {what} is fetched from {_shown(address)}, which stands for {host}"
            return Decision("fetch", why, name, address=address)
        path = Path(target, *segments) if segments else None
        if path is None or not _is_file(path):
            raise FetchError("link", f"{host} stands for {target}, which has no {parts.path!r}")
        why = f"the {what} is {path}: {target} stands for {host}"
        return Decision("fetch", why, name, path)

    # Fetching

    async def _fetch(self, url: str, target: Path) -> Fetched:
        place = self.decide(url)
        fetched = Fetched(target, place.name)
        for _ in range(MAX_REDIRECTS + 1):
            if place.path is not None:
                await asyncio.to_thread(_copy, place.path, target)
                fetched.size = target.stat().st_size
                return fetched
            if place.action == "imagine":
                why = f"{_host(url)} is not contacted: fetch is {self._policy}"
                raise FetchError("link", "; ".join([*fetched.notes, why]))
            async with self._get(place.address, WHOLE, fetched) as response:
                if response.next_request is None:
                    await self._keep(response, _host(place.address), fetched)
                    break
                url = str(response.next_request.url)
            fetched.notes.append(f"{_shown(place.address)} redirects to {_shown(url)}")
            place = self.decide(url)
        else:
            raise FetchError("link", f"there are more than {MAX_REDIRECTS} redirects")
        await self._probe(place.address, fetched)
        return fetched

    async def _keep(self, response: httpx.Response, host: str, fetched: Fetched) -> None:
        """Write the body of an answer down, as it comes: what is encoded stays so."""
        import httpx

        if response.status_code not in (200, 206):
            answer = f"{response.status_code} {response.reason_phrase}".strip()
            raise FetchError("link", f"{host} answered {answer}")
        declared = response.headers.get("Content-Length")
        if declared is None:
            raise FetchError("length", f"the answer of {host} has no Content-Length")
        size = int(declared)
        if size > self._largest:
            raise FetchError("size", f"{host} has {size} bytes, at most {self._largest} are taken")
        if response.status_code == 206:
            _check_whole(response, host, size)
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding != "identity":
            fetched.notes.append(f"{host} sent {encoding} unasked, which is kept as it is")
        fetched.content_type = response.headers.get("Content-Type", "")
        with written_anew(fetched.path) as file:
            try:
                async for block in response.aiter_raw(_BLOCK):
                    fetched.size += len(block)
                    if fetched.size > size:
                        raise FetchError("length", f"{host} sent more than {size} bytes")
                    await asyncio.to_thread(file.write, block)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                fetched.size = response.num_bytes_downloaded
        if fetched.size != size:
            why = f"the connection to {host} ended after {fetched.size} of {size} bytes"
            raise FetchError("length", why)

    async def _probe(self, address: str, fetched: Fetched) -> None:
        """Seek in the file as the cloud does. What comes of it is noted, no more."""
        probes = [BEYOND] if fetched.size <= _WITHIN_BYTES else [BEYOND, WITHIN]
        for asked, expected in probes:
            try:
                async with self._get(address, asked, fetched) as response:
                    status = response.status_code
            except FetchError as error:
                fetched.notes.append(f"Range {asked}: {error.detail}")
                continue
            if status != expected:
                what = f"answered {status} to Range {asked}, where the cloud expects {expected}"
                fetched.notes.append(f"{_host(address)} {what}")

    @asynccontextmanager
    async def _get(
        self, address: str, asked: str, fetched: Fetched
    ) -> AsyncIterator[httpx.Response]:
        """One request; its body has not been read yet."""
        import httpx

        host = urlsplit(address).hostname or ""
        headers = [*HEADERS, ("Range", asked)]
        extensions = {}
        try:
            url = httpx.URL(address)
            if host.endswith(".localhost"):
                # Not every resolver knows these names (RFC 6761).
                headers.append(("Host", url.netloc.decode("ascii")))
                extensions["sni_hostname"] = host
                url = url.copy_with(host="localhost")
            trusted = await self._trusted()
            here = is_this_machine(host)
            transport: httpx.AsyncHTTPTransport | None = None
            make_socket = self._outside.make_socket if here else None
            if not self.reach.is_free(address):
                from mock_tingwu.guarded import GuardedTransport

                transport = GuardedTransport(self.reach, trusted, make_socket)
            elif make_socket is not None:
                from mock_tingwu.loopback import Transport

                transport = Transport(make_socket, trusted)
            client = httpx.AsyncClient(
                headers=headers,
                timeout=httpx.Timeout(self._read_s, connect=self._connect_s),
                # A proxy that leads to the outside cannot reach this machine.
                trust_env=not here,
                verify=trusted,
                transport=transport,
            )
            with unlogged():
                async with client, client.stream("GET", url, extensions=extensions) as response:
                    fetched.requests.append((asked, response.status_code))
                    yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError("link", self._cause(error, _host(address))) from None

    async def _trusted(self) -> ssl.SSLContext:
        """The certificates that servers are trusted by; reading them takes a moment."""
        if self._tls is None:
            import httpx

            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        return self._tls

    def _cause(self, error: Exception, host: str) -> str:
        """What went wrong with a request, as a sentence that names the host."""
        import httpx

        for cause in _causes(error):
            if isinstance(cause, Unreachable):
                return str(cause)
            if isinstance(cause, ConnectionRefusedError):
                return f"{host} refused the connection"
            if isinstance(cause, socket.gaierror):
                return f"the name of {host} cannot be resolved"
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"the certificate of {host} is not trusted: {cause.verify_message}"
            if isinstance(cause, ssl.SSLError):
                return f"{host} does not speak TLS: {cause.reason or cause}"
        if isinstance(error, httpx.ConnectTimeout):
            return f"{host} did not accept a connection within {self._connect_s:g} s"
        if isinstance(error, httpx.TimeoutException):
            return f"{host} sent nothing for {self._read_s:g} s"
        if isinstance(error, httpx.RemoteProtocolError):
            return f"{host} does not answer in HTTP: {error}"
        if isinstance(error, httpx.ConnectError):
            return f"{host} cannot be reached: {error}"
        if isinstance(error, httpx.NetworkError):
            return f"the connection to {host} broke"
        return f"{host} cannot be asked: {error}"


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, written_anew(target) as written:
        shutil.copyfileobj(read, written)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its name is too long, say
        return False


def _check_whole(response: httpx.Response, host: str, size: int) -> None:
    """Whether a part that was sent is all there is."""
    sent = response.headers.get("Content-Range", "without a Content-Range")
    found = re.fullmatch(r"bytes 0-([0-9]{1,18})/([0-9]{1,18}|\*)", sent)
    if not found or int(found[1]) + 1 != size or found[2] not in ("*", str(size)):
        raise FetchError("length", f"{host} sent a part of the file only: 206 {sent}")


def _segments(path: str) -> list[str] | None:
    """The parts of a URL's path, decoded; None if it could lead elsewhere than down.

    Each must be a plain name, also where the path is encoded. Links in the file system are
    followed: whoever owns the folder has made them.
    """
    segments = [unquote(segment) for segment in path.split("/") if segment]
    for segment in segments:
        plain = PurePath(segment).parts == (segment,) and "\\" not in segment
        if not plain or segment == ".." or "\0" in segment:
            return None
    return segments


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _shown(url: str) -> str:
    """``url`` without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{_host(url)}{parts.path}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it."""
    pending: list[BaseException | None] = [error]
    while pending:
        if (here := pending.pop()) is None:
            continue
        yield here
        pending.append(here.__cause__ or here.__context__)
        if isinstance(here, BaseExceptionGroup):
            pending.extend(here.exceptions)
