"""The authority that vouches for a mock under the cloud's names.

It is made on first use and kept in the user's cache, with a key that nobody else can read. It can
vouch for the vendor's domain and this machine alone (name constraints, RFC 5280 section 4.2.1.10):
whoever gets hold of it can pretend to be nobody else. It is trusted by no one who is not told to.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mock_tingwu.interception.certificates import general_name, private, public, usage
from mock_tingwu.protocols.hosts import DOMAIN

#: Where the authority is kept, if not in the user's cache.
FOLDER_VARIABLE: Final = "MOCK_TINGWU_CA_DIR"
NAME: Final = "mock-tingwu local test authority"
CERTIFICATE: Final = "ca.pem"
#: The same with its key.
KEY: Final = "ca-with-key.pem"
#: An authority is made anew when it has less than this left.
MARGIN: Final = timedelta(days=30)
LIFETIME: Final = timedelta(days=730)
#: Some systems take no server certificate that is valid for longer than 398 days.
LEAF_LIFETIME: Final = timedelta(days=90)
#: Clocks of machines differ, those of containers above all.
_BACKDATED: Final = timedelta(days=1)
#: The end of a file that is whole.
_LAST_LINE: Final = b"-----END CERTIFICATE-----\n"
#: How long another process may take to write one, in seconds.
_WRITING_S: Final = 0.1
#: What a server calls itself when nobody says which name they want.
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
#: Java asks for one; what is in the store is public.
STORE_PASSWORD: Final = "changeit"


#: Whom it can vouch for.
_ALLOWED: Final = x509.NameConstraints(
    [
        x509.DNSName(DOMAIN),
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Network("127.0.0.0/8")),
        x509.IPAddress(IPv6Network("::1/128")),
    ],
    None,
)


class AuthorityError(Exception):
    """Certificates cannot be read or kept; the message says which file and why."""


class NotKept(AuthorityError):
    """The folder of the authority cannot be used."""


def folder() -> Path:
    """Where the authority of this user is kept, an absolute path."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        with suppress(RuntimeError, OSError):  # there is no such user, or no working directory
            return Path(chosen).expanduser().absolute()
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("mock-tingwu", appauthor=False) / "authority"


@dataclass(frozen=True)
class Authority:
    """A certificate authority: its certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of_user(cls) -> Self:
        """The one that is kept; it is made if there is none or it is about to expire.

        Raises:
            NotKept: there is none, and none can be kept.
            AuthorityError: what is there is none, or another user's.
        """
        place = folder()
        try:
            found = cls.read(place)
            if found is None:
                _make(place / KEY)
            elif found.expires - datetime.now(UTC) < MARGIN:
                _succeed(place, found)
            else:
                return found
            made = cls.read(place)
            assert made is not None
            return made
        except OSError as error:
            raise not_used("kept in", place, error) from None

    @classmethod
    def made(cls) -> Self:
        """A new one that nobody keeps."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_self_signed(key), key)

    @classmethod
    def read(cls, place: Path) -> Self | None:
        """The one in a folder, None if there is none.

        Raises:
            AuthorityError: what is there is none.
            OSError: it cannot be read.
        """
        try:
            pem, owner = _content(place / KEY)
            if not pem.endswith(_LAST_LINE):  # another process may be writing it
                time.sleep(_WRITING_S)
                pem, owner = _content(place / KEY)
        except FileNotFoundError:
            return None
        if hasattr(os, "geteuid") and os.geteuid() not in (0, owner) and owner != 0:
            raise AuthorityError(
                f"{place / KEY} is another user's, who could vouch for whom they like; "
                f"{FOLDER_VARIABLE} names another folder"
            )
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = serialization.load_pem_private_key(pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):  # such as a key with a password
            raise _none_in(place) from None
        same = certificate.public_key() == key.public_key()
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not same:
            raise _none_in(place)
        if not _is_bounded(certificate):
            raise AuthorityError(
                f"{place / KEY} can vouch for others than {DOMAIN} and this machine, so it is not "
                "ours; `mock-tingwu ca remove` deletes it"
            )
        _publish(place, public(certificate))
        return cls(certificate, key)

    @property
    def expires(self) -> datetime:
        """Until when it is valid."""
        return self.certificate.not_valid_after_utc

    @property
    def pem(self) -> bytes:
        """Its certificate."""
        return public(self.certificate)

    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    def context(self, *names: str) -> ssl.SSLContext:
        """What a server needs that is called so, names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain = self._issued(key, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Tickets come behind the handshake of TLS 1.3. Where one thread of a Python before 3.13
        # reads them while another writes, what is written may be lost: once in 400 streams.
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        # A context reads keys from files alone.
        with tempfile.TemporaryDirectory(prefix="mock-tingwu-") as place:
            pem = Path(place, "server.pem")
            pem.touch(0o600)
            pem.write_bytes(private(key) + public(chain))
            context.load_cert_chain(pem)
        return context

    def java_store(self, others: Iterable[x509.Certificate] = ()) -> bytes:
        """A trust store for Java (PKCS#12, password `STORE_PASSWORD`) with it and ``others``."""
        trusted = [self.certificate, *others]
        entries = [
            pkcs12.PKCS12Certificate(one, f"{number}".encode())
            for number, one in enumerate(trusted)
        ]
        password = serialization.BestAvailableEncryption(STORE_PASSWORD.encode())
        return pkcs12.serialize_java_truststore(entries, password)

    def _issued(self, key: ec.EllipticCurvePrivateKey, names: Iterable[str]) -> x509.Certificate:
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mock-tingwu")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(min(now + LEAF_LIFETIME, self.expires))
            .add_extension(x509.SubjectAlternativeName(map(general_name, names)), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(usage(digital_signature=True), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .sign(self.key, hashes.SHA256())
        )


def not_used(how: str, place: Path, error: OSError) -> NotKept:
    """What is told when the folder cannot be used; ``how`` is such as "kept in"."""
    return NotKept(
        f"the authority cannot be {how} {place}: {error.strerror or error}; "
        f"{FOLDER_VARIABLE} names another folder"
    )


def remove(place: Path) -> bool:
    """Delete the authority in a folder; return whether there was one.

    Raises:
        OSError: it cannot be deleted.
    """
    found = False
    for path in (place / CERTIFICATE, place / KEY, *place.glob(f"{KEY}.*")):
        with suppress(FileNotFoundError):
            path.unlink()
            found = True
    with suppress(OSError):  # something of somebody else's is in it
        place.rmdir()
    return found


def _content(path: Path) -> tuple[bytes, int]:
    """What is in a file, and whose it is."""
    with path.open("rb") as file:
        return file.read(), os.fstat(file.fileno()).st_uid


def _none_in(place: Path) -> AuthorityError:
    return AuthorityError(
        f"{place / KEY} is damaged, expected a certificate and its key in PEM; "
        "`mock-tingwu ca remove` deletes it"
    )


def _is_bounded(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.critical and found.value == _ALLOWED


def _make(path: Path) -> None:
    """Make an authority in a file. Whoever is first does; the others find that one."""
    made = Authority.made()
    content = private(made.key) + made.pem
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        suppress(FileExistsError),
        tempfile.NamedTemporaryFile(dir=path.parent) as draft,  # nobody else can read it
    ):
        draft.write(content)
        draft.flush()
        try:
            os.link(draft.name, path)
        except FileExistsError:
            raise
        except OSError:  # this file system has no hard links
            _write_new(path, content)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet; readers may find half of it for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except BaseException:
        path.unlink()
        raise


def _succeed(place: Path, old: Authority) -> None:
    """Put another authority in the place of one.

    Its successor has a name of its own and stays there, so that all who find the old one at the
    same time, or have found it before, agree on it.
    """
    successor = place / f"{KEY}.{old.certificate.serial_number:x}"
    _make(successor)
    _replace(place / KEY, successor.read_bytes())


def _publish(place: Path, pem: bytes) -> None:
    """Keep the certificate in a file without its key.

    A program of another user, as in another container, may be told to trust it.
    """
    path = place / CERTIFICATE
    if not path.exists() or path.read_bytes() != pem:
        _replace(path, pem, mode=0o644)


def _replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Give a file other content, of which nobody finds half."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        draft.unlink()
        raise


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now = datetime.now(UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "mock-tingwu"),
            x509.NameAttribute(NameOID.COMMON_NAME, NAME),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ALLOWED, critical=True)
        # Names in certificates for mail and code are of other kinds, which nothing else bounds.
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
