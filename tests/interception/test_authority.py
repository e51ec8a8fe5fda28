"""The authority: how it is kept, and for whom it can vouch."""

from __future__ import annotations

import errno
import os
import shutil
import ssl
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from mock_tingwu.interception import authority as keeping
from mock_tingwu.interception.authority import (
    CERTIFICATE,
    FOLDER_VARIABLE,
    KEY,
    LEAF_LIFETIME,
    LIFETIME,
    LOCAL,
    MARGIN,
    STORE_PASSWORD,
    Authority,
    AuthorityError,
    folder,
    remove,
)

TINGWU = "tingwu.cn-beijing.aliyuncs.com"
BUCKET = "prod-tingwu-paas-common-beijing.oss-cn-beijing.aliyuncs.com"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the authority of one test is kept; it is not there yet."""
    place = tmp_path / "cache" / "authority"
    monkeypatch.setenv(FOLDER_VARIABLE, str(place))
    return place


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# How it is kept


def test_nobody_else_can_read_the_key(place: Path) -> None:
    before = os.umask(0)
    try:
        made = Authority.of_user()
    finally:
        os.umask(before)
    assert (mode(place), mode(place / KEY), mode(place / CERTIFICATE)) == (0o700, 0o600, 0o644)
    assert sorted(path.name for path in place.iterdir()) == [KEY, CERTIFICATE]
    published = (place / CERTIFICATE).read_bytes()
    assert b"PRIVATE" not in published and made.pem == published


def test_its_name_says_what_it_is(place: Path) -> None:
    made = Authority.of_user()
    assert "mock-tingwu local test authority" in made.certificate.subject.rfc4514_string()
    assert made.expires - datetime.now(UTC) <= LIFETIME


def test_the_folder_is_told_in_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for chosen in ("~/own", "own", str(tmp_path / "own")):
        monkeypatch.setenv(FOLDER_VARIABLE, chosen)
        assert folder() == tmp_path / "own"


def test_file_systems_without_hard_links_will_do(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: Authority.of_user().fingerprint(), range(8)))
    assert len(set(found)) == 1
    assert mode(place / KEY) == 0o600
    assert sorted(path.name for path in place.iterdir()) == [KEY, CERTIFICATE]


def test_who_finds_half_of_it_looks_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Authority.of_user()
    whole = (place / KEY).read_bytes()
    (place / KEY).write_bytes(whole[:300])
    monkeypatch.setattr(time, "sleep", lambda _: (place / KEY).write_bytes(whole))
    assert Authority.of_user().pem == made.pem


def test_the_same_is_used_again(place: Path) -> None:
    assert Authority.of_user().fingerprint() == Authority.of_user().fingerprint()


def test_it_is_in_the_cache_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert folder() == tmp_path / "mock-tingwu" / "authority"
    assert folder().parent.name == "mock-tingwu"


def test_all_who_make_one_at_once_have_the_same(place: Path) -> None:
    program = (
        "from mock_tingwu.interception.authority import Authority\n"
        "input()\n"
        "print(Authority.of_user().fingerprint())\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Authority.of_user().fingerprint(), range(16)))
    found += [process.communicate(timeout=30)[0].strip() for process in processes]
    assert len(set(found)) == 1


def test_one_that_is_about_to_expire_is_made_anew_by_all_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "LIFETIME", MARGIN - timedelta(hours=1))
        patch.setattr(keeping, "MARGIN", timedelta(0))
        old = Authority.of_user()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Authority.of_user(), range(16)))
    (new,) = {one.fingerprint() for one in found}
    assert new != old.fingerprint()
    assert (place / CERTIFICATE).read_bytes() == found[0].pem
    assert mode(place / KEY) == 0o600


def test_who_has_found_the_old_one_late_agrees_on_the_new_one(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LIFETIME", MARGIN - timedelta(hours=1))
    monkeypatch.setattr(keeping, "MARGIN", timedelta(0))
    old = Authority.of_user()
    monkeypatch.undo()
    monkeypatch.setenv(FOLDER_VARIABLE, str(place))
    new = Authority.of_user()
    found, read = iter([old]), Authority.read
    monkeypatch.setattr(Authority, "read", lambda place: next(found, None) or read(place))
    assert Authority.of_user().fingerprint() == new.fingerprint()


def test_the_public_file_is_always_that_of_the_key(place: Path) -> None:
    first = Authority.of_user()
    (place / KEY).unlink()
    second = Authority.of_user()
    assert second.fingerprint() != first.fingerprint()
    assert (place / CERTIFICATE).read_bytes() == second.pem
    (place / CERTIFICATE).unlink()
    Authority.of_user()
    assert (place / CERTIFICATE).read_bytes() == second.pem


def damaged(place: Path) -> dict[str, bytes]:
    """Contents of the file that are no authority."""
    whole = (place / KEY).read_bytes()
    other = ec.generate_private_key(ec.SECP256R1())
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    bare, secret = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"x")
    certificate = whole[whole.index(b"-----BEGIN CERT") :]
    return {
        "empty": b"",
        "half": whole[: len(whole) // 2],
        "without a key": certificate,
        "without a certificate": whole.removesuffix(certificate),
        "with another's key": other.private_bytes(*form, bare) + certificate,
        "with a password": other.private_bytes(*form, secret) + certificate,
        "RSA": rsa.generate_private_key(65537, 1024).private_bytes(*form, bare) + certificate,
        "no PEM": os.urandom(50),
    }


def test_what_is_damaged_is_told_in_one_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Authority.of_user()
    monkeypatch.setattr(keeping, "_WRITING_S", 0)
    for name, content in damaged(place).items():
        (place / KEY).write_bytes(content)
        with pytest.raises(AuthorityError) as caught:
            Authority.of_user()
        assert str(caught.value) == (
            f"{place / KEY} is damaged, expected a certificate and its key in PEM; "
            "`mock-tingwu ca remove` deletes it"
        ), name
    assert remove(place)
    Authority.of_user()


@pytest.mark.parametrize("bounds", [None, x509.NameConstraints([x509.DNSName("com")], None)])
def test_one_that_can_vouch_for_others_is_not_ours(
    place: Path, monkeypatch: pytest.MonkeyPatch, bounds: x509.NameConstraints | None
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(keeping, "_ALLOWED", bounds or keeping._ALLOWED)
        if bounds is None:
            bare = x509.CertificateBuilder
            patch.setattr(bare, "add_extension", lambda builder, *_, **__: builder)
        keeping._make(place / KEY)
    with pytest.raises(AuthorityError, match="can vouch for others than aliyuncs"):
        Authority.of_user()
    assert not (place / CERTIFICATE).exists()


def test_nobody_trusts_the_authority_of_another_user(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Authority.of_user()
    if os.geteuid() == 0:
        os.chown(place / KEY, 12_345, -1)
        Authority.of_user()  # root may
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(AuthorityError, match=r"ca-with-key.pem is another user's, .*; MOCK_TINGWU"):
        Authority.of_user()


def test_nothing_is_left_of_what_cannot_be_written(place: Path) -> None:
    Authority.of_user()
    published = place / CERTIFICATE
    published.unlink()
    published.mkdir()
    with pytest.raises(AuthorityError, match="Is a directory"):
        Authority.of_user()
    with pytest.raises(IsADirectoryError):
        keeping._replace(published, b"")
    assert sorted(path.name for path in place.iterdir()) == [KEY, CERTIFICATE]


def test_where_nothing_can_be_kept_is_told_in_one_sentence(place: Path) -> None:
    place.parent.mkdir()
    place.write_text("a file")
    with pytest.raises(AuthorityError) as caught:
        Authority.of_user()
    assert str(caught.value) == (
        f"the authority cannot be kept in {place}: Not a directory; "
        "MOCK_TINGWU_CA_DIR names another folder"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_folder_that_cannot_be_written_is_told(place: Path) -> None:
    place.mkdir(mode=0o500, parents=True)
    with pytest.raises(AuthorityError, match=r"cannot be kept in .*: Permission denied; MOCK"):
        Authority.of_user()


def test_it_is_removed_and_what_is_of_others_is_left(place: Path) -> None:
    assert not remove(place)
    Authority.of_user()
    assert remove(place) and not place.exists()
    Authority.of_user()
    (place / "notes").write_text("mine")
    assert remove(place)
    assert [path.name for path in place.iterdir()] == ["notes"]


# For whom it can vouch


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> x509.Certificate:
    """Connect the two in memory; return the certificate that the client takes."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(to_server, to_client, server_side=True),
        client.wrap_bio(to_client, to_server, server_hostname=name),
    ]
    waiting = ends
    while waiting:
        waiting = [end for end in waiting if not _done(end)]
    return x509.load_der_x509_certificate(ends[1].getpeercert(binary_form=True) or b"")


def _done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


@pytest.fixture(params=["plain", "strict"])
def client(authority: Authority, request: pytest.FixtureRequest) -> ssl.SSLContext:
    """What a client has that trusts the authority; the strict one as of Python 3.13."""
    context = ssl.create_default_context(cadata=authority.pem.decode())
    if request.param == "strict":
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


@pytest.mark.parametrize("name", [TINGWU, BUCKET, *LOCAL])
def test_it_vouches_for_the_clouds_names_and_this_machine(
    authority: Authority, client: ssl.SSLContext, name: str
) -> None:
    leaf = handshake(authority.context(name), client, name)
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert timedelta(days=30) < lifetime < timedelta(days=398)
    left = leaf.not_valid_after_utc - datetime.now(UTC)
    assert LEAF_LIFETIME - timedelta(minutes=5) < left <= LEAF_LIFETIME


@pytest.mark.parametrize(
    "name",
    ["example.com", "aliyuncs.com.example.com", "evilaliyuncs.com", "10.0.0.1", "2001:db8::1"],
)
def test_what_it_signs_for_others_is_refused(
    authority: Authority, client: ssl.SSLContext, name: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(authority.context(name), client, name)


def test_it_vouches_for_servers_alone(authority: Authority) -> None:
    uses = authority.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert [*uses.value] == [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_name_among_allowed_ones_does_not_help(
    authority: Authority, client: ssl.SSLContext
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(authority.context(TINGWU, "example.com"), client, TINGWU)


def test_no_certificate_outlives_the_authority(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LIFETIME", MARGIN + timedelta(days=1))
    short = Authority.of_user()
    client = ssl.create_default_context(cadata=short.pem.decode())
    leaf = handshake(short.context(TINGWU), client, TINGWU)
    assert leaf.not_valid_after_utc == short.expires


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_openssl_sees_it_the_same_way(authority: Authority, tmp_path: Path) -> None:
    lenient = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lenient.check_hostname = False
    lenient.verify_mode = ssl.CERT_NONE
    for name, told in ((TINGWU, "OK"), ("example.com", "permitted subtree violation")):
        leaf = tmp_path / f"{name}.pem"
        certificate = handshake(authority.context(name), lenient, name)
        leaf.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver"]
        done = subprocess.run(
            [*verify, "-CAfile", str(folder() / CERTIFICATE), str(leaf)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert told in done.stdout + done.stderr
        assert (done.returncode == 0) is (told == "OK")


# Java


def test_the_store_for_java_can_be_opened(authority: Authority) -> None:
    store = pkcs12.load_pkcs12(
        authority.java_store([authority.certificate]), STORE_PASSWORD.encode()
    )
    found = [one.certificate for one in store.additional_certs]
    assert found == [authority.certificate, authority.certificate]


@pytest.mark.skipif(shutil.which("keytool") is None, reason="there is no keytool")
def test_java_itself_finds_the_authority_in_it(authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "store.p12"
    path.write_bytes(authority.java_store())
    line = ["keytool", "-J-XX:TieredStopAtLevel=1", "-list", "-storetype", "PKCS12"]
    done = subprocess.run(
        [*line, "-keystore", str(path), "-storepass", STORE_PASSWORD],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "trustedCertEntry" in done.stdout and authority.fingerprint() in done.stdout
