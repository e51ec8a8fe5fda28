"""A mock that is reached under the real host names."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import certifi
from cryptography import x509

from mock_tingwu.interception.authority import Authority, AuthorityError
from mock_tingwu.interception.environment import KEYS, Way
from mock_tingwu.interception.proxy import Proxy
from mock_tingwu.interception.upstream import Upstreams

if TYPE_CHECKING:
    from mock_tingwu import MockTingwu

#: By these variables the user names other authorities to trust.
_OWN_BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Interception:
    """Leads programs with the environment `variables` to a mock, as a context manager.

    The mock runs with a ``tls_port``.

    Raises:
        AuthorityError: those that the user trusts cannot be read.
        ValueError: the network is allowed, and a proxy of the environment is none of HTTP.
    """

    def __init__(self, mock: MockTingwu, *, allow_network: bool = False) -> None:
        self._mock = mock
        self._allow_network = allow_network
        self._proxy: Proxy | None = None
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        authority = self._authority
        source, others = _trusted(os.environ)
        # Java trusts them alone then; whoever reaches nothing else needs nobody else's.
        also = _certificates(source, others) if self._allow_network else []
        self._temporary = tempfile.TemporaryDirectory(prefix="mock-tingwu-")
        try:
            self.bundle.write_bytes(authority.pem + others)
            self.java_store.write_bytes(authority.java_store(also))
            self._proxy = Proxy(
                self._mock.port,
                self._tls_port,
                allow_network=self._allow_network,
                upstreams=Upstreams(os.environ if self._allow_network else {}),
            )
            self._mock._run(self._proxy.start())
            self._mock._server.ending.append(self._proxy.close)
        except BaseException:
            self._temporary.cleanup()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._temporary is not None and self._proxy is not None
        if self._mock.running:  # else it has ended with the mock
            self._mock._server.ending.remove(self._proxy.close)
            self._mock._run(self._proxy.close())
        self._temporary.cleanup()

    @property
    def folder(self) -> Path:
        """Where its files are, until it ends."""
        assert self._temporary is not None
        return Path(self._temporary.name)

    @property
    def bundle(self) -> Path:
        """The certificates that programs are to trust, in PEM."""
        return self.folder / "trusted.pem"

    @property
    def java_store(self) -> Path:
        """The same for Java."""
        return self.folder / "trusted.p12"

    @property
    def refused(self) -> Counter[str]:
        """How often each other ``host:port`` was asked for and refused."""
        assert self._proxy is not None
        return self._proxy.refused

    @property
    def was_asked(self) -> bool:
        """Whether a program has come to the proxy."""
        assert self._proxy is not None
        return self._proxy.was_asked

    def way(self) -> Way:
        """How a program gets there by a proxy."""
        assert self._proxy is not None
        return Way(
            self._mock.port,
            self._tls_port,
            self._authority.pem.decode(),
            self.bundle,
            self.java_store,
            proxy=self._proxy.url,
            open_port=self._proxy.open_port,
            allow_network=self._allow_network,
            keys=self._keys,
        )

    def way_inside(self, http_port: int, tls_port: int) -> Way:
        """How a program gets there where names lead to these ports of its own machine."""
        authority = self._authority.pem.decode()
        return Way(http_port, tls_port, authority, self.bundle, self.java_store, keys=self._keys)

    @property
    def _keys(self) -> dict[str, str]:
        environ = self._mock.environ
        return {name: environ[name] for name in KEYS}

    @property
    def _authority(self) -> Authority:
        authority = self._mock._server.authority
        assert authority is not None, "the mock has no tls_port"
        return authority

    @property
    def _tls_port(self) -> int:
        port = self._mock.tls_port
        assert port is not None, "the mock has no tls_port"
        return port


def _certificates(source: str, pem: bytes) -> list[x509.Certificate]:
    """Those in a PEM file; cryptography warns of old ones that it will not read some day."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise AuthorityError(f"{source}, expected a file of certificates in PEM") from None


def _trusted(environ: Mapping[str, str]) -> tuple[str, bytes]:
    """Who is trusted besides, in PEM: whom the user's variables name, else Mozilla's.

    Before that, where they come from, as the beginning of a sentence.
    """
    for name in _OWN_BUNDLES:
        path = environ.get(name)
        source = f"{name} is {path!r}"
        try:
            if path and Path(path).is_file():
                return source, Path(path).read_bytes()
        except OSError as error:
            raise AuthorityError(f"{source}, which cannot be read: {error.strerror}") from None
    return "certifi's file", Path(certifi.where()).read_bytes()
