"""Signed links: our own, and those of the official OSS SDK."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.protocols.signing import oss_url

oss2 = importlib.import_module("oss2")

EXPIRES = 1_798_000_000
AT_EXPIRY = datetime.fromtimestamp(EXPIRES, UTC)
SECRETS = {"AK": "SK"}

object_keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
tokens = st.text("abcXYZ019.+/=", min_size=1, max_size=20)


@given(st.text("abc-", min_size=1), object_keys, st.integers(0, 2**40), tokens, tokens)
def test_a_signed_link_verifies_only_as_it_was_signed(
    bucket: str, key: str, expires: int, access_key: str, secret: str
) -> None:
    query = oss_url.sign(bucket, key, expires=expires, access_key=access_key, secret=secret)
    secrets = {access_key: secret}
    verdict = oss_url.verify(bucket, key, query, secrets, now=None)
    text = f"GET\n\n\n{expires}\n/{bucket}/{key}"
    assert verdict == oss_url.UrlVerdict(True, access_key, None, text, expires)
    for changed in (
        oss_url.verify(bucket + "x", key, query, secrets, now=None),
        oss_url.verify(bucket, key + "x", query, secrets, now=None),
        oss_url.verify(bucket, key, query, {access_key: secret + "x"}, now=None),
        oss_url.verify(bucket, key, query, secrets, now=None, method="PUT"),
        oss_url.verify(bucket, key, query.replace("Expires=", "Expires=1"), secrets, now=None),
    ):
        assert (changed.ok, changed.problem) == (False, "mismatch")


def test_the_query_has_the_three_parameters_in_the_order_of_the_cloud() -> None:
    query = oss_url.sign("b", "k.json", expires=EXPIRES, access_key="AK", secret="SK")
    assert [name for name, _ in parse_qsl(query)] == ["Expires", "OSSAccessKeyId", "Signature"]
    assert query.startswith("Expires=1798000000&OSSAccessKeyId=AK&Signature=")
    assert query.endswith("%3D")


def test_a_link_expires_after_its_last_second() -> None:
    query = oss_url.sign("b", "k", expires=EXPIRES, access_key="AK", secret="SK")
    assert oss_url.verify("b", "k", query, SECRETS, now=AT_EXPIRY).ok
    late = oss_url.verify("b", "k", query, SECRETS, now=AT_EXPIRY.replace(microsecond=1))
    assert (late.ok, late.problem, late.expires) == (False, "expired", EXPIRES)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("", "missing"),
        ("x=1", "missing"),
        ("Expires=1&OSSAccessKeyId=AK", "malformed"),
        ("OSSAccessKeyId=AK&Signature=s", "malformed"),
        ("Expires=soon&OSSAccessKeyId=AK&Signature=s", "malformed"),
        ("Expires=%C2%B2&OSSAccessKeyId=AK&Signature=s", "malformed"),
        ("Expires=1&OSSAccessKeyId=other&Signature=s", "unknown_key"),
        ("Expires=1&OSSAccessKeyId=AK&Signature=s", "mismatch"),
        ("Expires=1&OSSAccessKeyId=AK&Signature=%E4%B8%AD", "mismatch"),
    ],
)
def test_a_link_that_cannot_be_right_tells_why(query: str, problem: str) -> None:
    verdict = oss_url.verify("b", "k", query, SECRETS, now=None)
    assert (verdict.ok, verdict.problem) == (False, problem)


def test_a_bare_plus_in_a_signature_is_a_plus() -> None:
    key = next(
        key
        for key in map(str, range(1000))
        if "%2B" in oss_url.sign("b", key, expires=1, access_key="AK", secret="SK")
    )
    query = oss_url.sign("b", key, expires=1, access_key="AK", secret="SK")
    assert oss_url.verify("b", key, query.replace("%2B", "+"), SECRETS, now=None).ok


@pytest.mark.parametrize(
    "key", ["k", "tingwu/output/1/2/2_Transcription_20261120.json", "a 中+&?.mp3"]
)
def test_links_of_the_official_sdk_are_ours(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oss2.auth.time, "time", lambda: float(EXPIRES - 60))
    bucket = oss2.Bucket(oss2.Auth("AK", "SK"), "http://oss-cn-beijing.aliyuncs.com", "bkt")
    link = urlsplit(bucket.sign_url("GET", key, 60))
    monkeypatch.undo()
    assert oss_url.verify("bkt", unquote(link.path[1:]), link.query, SECRETS, now=AT_EXPIRY).ok
    ours = oss_url.sign("bkt", key, expires=EXPIRES, access_key="AK", secret="SK")
    assert dict(parse_qsl(ours)) == dict(parse_qsl(link.query))
    assert quote(key, safe="") == link.path[1:]
