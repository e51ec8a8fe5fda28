"""Under which address a client reaches this server: links must lead back the way it came."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from msgspec import Struct
from starlette.requests import HTTPConnection

from mock_tingwu.protocols import hosts

#: The extension of an ASGI scope that is there when the server can be reached by TLS as well.
TLS = "mock_tingwu.tls"

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(Struct, frozen=True):
    """Scheme and host of the server as the client wrote them."""

    scheme: str
    host: str

    @staticmethod
    def of(request: HTTPConnection) -> Address:
        """Read it from the Host header.

        Some SDKs leave the port out of Host (pop-core) or put a scheme in front (tea-openapi); for
        an address that can only be this machine's, the port that was really used is put back.
        """
        scope = request.scope
        server = scope.get("server") or ("127.0.0.1", None)
        host = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
                break
        return _read(scope["scheme"], server, host, TLS in scope.get("extensions", ()))

    @property
    def http(self) -> str:
        """For links, such as ``http://127.0.0.1:8900``."""
        return f"{self.scheme}://{self.host}"

    @property
    def websocket(self) -> str:
        """For MeetingJoinUrl, such as ``ws://127.0.0.1:8900``.

        The streams of a real host name are at another one. Without TLS a client may have been
        given no other name than that one.
        """
        name, port = _split(self.host)
        is_real = self.scheme == "https" and hosts.is_api(name)
        host = f"{hosts.realtime_host(name)}{port}" if is_real else self.host
        return f"{self.scheme.replace('http', 'ws')}://{host}"


@lru_cache(maxsize=256)  # clients write it in one way or two
def _read(
    scheme: str, server: tuple[str, int | None], host_header: bytes, offers_tls: bool
) -> Address:
    scheme = scheme.replace("ws", "http")
    name, port = server
    host = host_header.decode("latin-1").rpartition("//")[2].strip("/")
    if not host:
        host = name
    if port and port != _DEFAULT_PORTS[scheme] and not _has_port(host) and is_local(host):
        host = f"{host}:{port}"
    if offers_tls and hosts.is_product(host):
        # The cloud's links are secure, whichever way its API is called. A port that is named is
        # one of either kind.
        scheme = "https"
    return Address(scheme, host)


def file_url(base: str, bucket: str, key: str) -> str:
    """Where a client of ``base``, such as ``http://127.0.0.1:8900``, finds a key of a bucket.

    ``key`` is percent-encoded. Buckets are hosts of their own beside real host names, as those of
    streams are.
    """
    scheme, _, host = base.partition("://")
    name, port = _split(host)
    if scheme == "https" and hosts.is_product(name):
        return f"{scheme}://{hosts.bucket_host(name, bucket)}{port}/{key}"
    return f"{base}/oss/{bucket}/{key}"


def _split(host: str) -> tuple[str, str]:
    """Its name, and its port with the colon."""
    return (host[: host.rindex(":")], host[host.rindex(":") :]) if _has_port(host) else (host, "")


def _has_port(host: str) -> bool:
    # An IPv6 address without brackets has many colons and no port.
    return "]:" in host or (host.count(":") == 1 and host.rpartition(":")[2].isdigit())


def is_local(host: str) -> bool:
    """Whether a Host is localhost or an address: names that nobody can lead elsewhere."""
    if host == "localhost":
        return True
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
