"""RPC v1: what is said of every usual way to sign wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from msgspec.structs import replace

from mock_tingwu.protocols.signing import KeyRing, SignedRequest, Verdict, rpc_v1
from mock_tingwu.protocols.signing.explain import explain
from tests.protocols.signing.mis_signed import (
    KEY,
    OTHER_SECRET,
    SECRET,
    SECRETS,
    Rpc,
    encoded,
    judged_rpc,
    pairs,
    plain,
    rpc,
    sha1,
    with_parameters,
)

FORM = {"content-type": "application/x-www-form-urlencoded"}


def hmac_of(text: str, name: str = "sha1") -> bytes:
    return hmac.new(f"{SECRET}&".encode(), text.encode(), name).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


SIGNATURES: dict[str, Callable[[str], str]] = {
    "the secret alone; RPC style wants an & behind it": lambda text: sha1(text, SECRET),
    "the secret and two & behind it": lambda text: sha1(text, f"{SECRET}&&"),
    "the secret of another key, LTAI5tOtherKey": lambda text: rpc(text, OTHER_SECRET),
    "the AccessKeyId in place of the secret": lambda text: rpc(text, KEY),
    "an empty secret": lambda text: rpc(text, ""),
    "the secret and a line end behind it": lambda text: rpc(text, SECRET + "\n"),
    "the secret in quotation marks": lambda text: rpc(text, f'"{SECRET}"'),
    "SHA-256 instead of SHA-1": lambda text: b64(hmac_of(text, "sha256")),
    "MD5 instead of SHA-1": lambda text: b64(hmac_of(text, "md5")),
    "hexadecimal, not base64": lambda text: hmac_of(text).hex(),
    "that is how ACS3 signs": lambda text: hmac_of(text, "sha256").hex(),
    "base64 of the hexadecimal digest": lambda text: b64(hmac_of(text).hex().encode()),
    "has lost its =": lambda text: rpc(text).rstrip("="),
    "is percent-encoded": lambda text: encoded(rpc(text)),
    "no HMAC": lambda text: b64(hashlib.sha1(f"{text}{SECRET}&".encode()).digest()),
}


@pytest.mark.parametrize("cause", SIGNATURES)
def test_a_wrong_secret_or_algorithm_is_named(cause: str) -> None:
    client = Rpc()
    verdict, found = judged_rpc(client.sent(SIGNATURES[cause](client.text())))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0], found.causes
    assert (found.client, found.differs_at) == (client.text(), None)
    assert SECRET not in found.causes[0] and OTHER_SECRET not in found.causes[0]


PARAMETERS = Rpc().parameters


def text_of(once: str) -> str:
    """The string to sign of parameters that are encoded once."""
    return f"GET&%2F&{encoded(once)}"


def inner(encode: Callable[[str], str]) -> str:
    """The string to sign of parameters that are encoded first in another way."""
    return text_of("&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(PARAMETERS.items())))


def bare(parameters: dict[str, str]) -> str:
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))


def lowered(text: str, head: str) -> str:
    """The text behind its ``head`` with lower-case escapes, those of its values included."""
    rest = text.removeprefix(head)
    return head + re.sub("%(25)?[0-9A-F]{2}", lambda escape: escape[0].lower(), rest)


def other(**parameters: str | None) -> str:
    return with_parameters(Rpc(), **parameters).text()


TEXTS: list[tuple[str, str, str]] = [
    ("signed the method POST, but sent GET", "method", Rpc(method="POST").text()),
    ("signed the method get, but sent GET", "method", Rpc(method="get").text()),
    ("left out the method", "method", Rpc().text().removeprefix("GET&")),
    ("signed the parameters alone", "method", Rpc().text().removeprefix("GET&%2F&")),
    ("did not percent-encode the path", "path", Rpc().text().replace("&%2F&", "&/&")),
    ("percent-encoded the path twice", "path", Rpc().text().replace("&%2F&", "&%252F&")),
    ("left out the path.", "path", Rpc().text().replace("&%2F&", "&&")),
    ("left out the path and the &", "path", Rpc().text().replace("&%2F&", "&")),
    ("percent-encoded the & around", "method", Rpc().text().replace("&%2F&", "%26%2F%26")),
    ("line ends in place of the &", "method", Rpc().text().replace("&%2F&", "\n%2F\n")),
    ("percent-encoded the whole string", "method", encoded(Rpc().text())),
    ("did not sort", "parameter AccessKeyId", text_of(plain(PARAMETERS, list))),
    ("with + for spaces, as forms do", "parameter CallbackURL", inner(quote_plus)),
    (
        "with * in plain",
        "parameter CallbackURL",
        inner(lambda text: quote(text, safe="~*")),
    ),
    (
        "with ~ percent-encoded",
        "parameter CallbackURL",
        inner(lambda text: encoded(text).replace("~", "%7E")),
    ),
    ("with / in plain", "parameter CallbackURL", inner(lambda text: quote(text, safe="~/"))),
    (
        "as PHP's urlencode does",
        "parameter CallbackURL",
        inner(lambda text: quote_plus(text).replace("~", "%7E")),
    ),
    (
        "as Java's URLEncoder does",
        "parameter CallbackURL",
        inner(lambda text: quote_plus(text, safe="*").replace("~", "%7E")),
    ),
    (
        "did not percent-encode the parameters",
        "parameter AccessKeyId",
        f"GET&%2F&{bare(PARAMETERS)}",
    ),
    ("parameters once, each", "parameter AccessKeyId", f"GET&%2F&{plain(PARAMETERS)}"),
    ("parameters once, the whole", "parameter CallbackURL", inner(str)),
    ("three times", "parameter CallbackURL", inner(lambda text: encoded(encoded(text)))),
    ("Signature, too", "parameter SignatureMethod", other(Signature="")),
    ("did not sign the parameter 'Mode'", "parameter Mode", other(Mode=None)),
    ("did not sign the parameter 'Version'", "parameter Version", other(Version=None)),
    (
        "did not sign the parameter 'AccessKeyId'",
        "parameter AccessKeyId",
        other(AccessKeyId=None),
    ),
    (
        "signed TranslateEnabled 'True', but 'true' arrived",
        "parameter TranslateEnabled",
        other(TranslateEnabled="True"),
    ),
    ("signed Format 'XML', but 'JSON' arrived", "parameter Format", other(Format="XML")),
    (
        "signed SignatureMethod 'HMAC-SHA256', but",
        "parameter SignatureMethod",
        other(SignatureMethod="HMAC-SHA256"),
    ),
    (
        "signed Action 'createRtcAsrTask', but",
        "parameter Action",
        other(Action="createRtcAsrTask"),
    ),
    (
        "the time was taken twice",
        "parameter Timestamp",
        other(Timestamp="2026-11-20T09:21:41Z"),
    ),
    (
        "signed the parameter 'RegionId=cn-shanghai', which did not arrive",
        "parameter SignatureMethod",
        other(RegionId="cn-shanghai"),
    ),
    (
        "the common parameters alone",
        "parameter CallbackURL",
        other(Mode=None, CallbackURL=None, TranslateEnabled=None),
    ),
    ("an & in front of the parameters", "parameter AccessKeyId", text_of("&" + plain(PARAMETERS))),
    ("an & behind the parameters", "the end", text_of(plain(PARAMETERS) + "&")),
    ("a ? in front of the parameters", "parameter AccessKeyId", text_of("?" + plain(PARAMETERS))),
    ("ended the string to sign with a line end", "the end", Rpc().text() + "\n"),
    ("with lower-case escapes", "parameter AccessKeyId", lowered(Rpc().text(), "GET&%2F&")),
    ("with lower-case escapes", "path", lowered(Rpc().text(), "GET&")),
]


@pytest.mark.parametrize(("cause", "part", "signed"), TEXTS, ids=[text[0] for text in TEXTS])
def test_a_text_that_is_signed_wrong_is_found_and_named(cause: str, part: str, signed: str) -> None:
    client = Rpc()
    assert signed != client.text()
    verdict, found = judged_rpc(client.sent(rpc(signed)))
    assert verdict.problem == "mismatch"
    assert len(found.causes) == 1 and cause in found.causes[0], found.causes
    assert (found.server, found.client) == (client.text(), signed)
    assert found.differs_at is not None
    assert (found.differs_at.line, found.differs_at.part) == (1, part)


def test_names_with_small_first_letters_are_found() -> None:
    client = Rpc()
    small = {name[:1].lower() + name[1:]: value for name, value in client.parameters.items()}
    signed = text_of(plain(small))
    _, found = judged_rpc(client.sent(rpc(signed)))
    assert found.client == signed
    assert found.causes == (
        "The client signed the names of the parameters with small first letters.",
    )


def test_a_sort_without_regard_to_case_is_found() -> None:
    client = with_parameters(Rpc(), SDKAppID="a", ScreenName="b")
    folded = text_of(plain(client.parameters, lambda names: sorted(names, key=str.lower)))
    _, found = judged_rpc(client.sent(rpc(folded)))
    assert found.causes == (
        "The client sorted the parameters without regard to upper and lower case.",
    )


@pytest.mark.parametrize("value", ["a!b", "it's", "(a)", "*"])
def test_encode_uri_component_is_found(value: str) -> None:
    client = Rpc(parameters={"AccessKeyId": KEY, "Timestamp": "2026-11-20T09:21:42Z", "a": value})
    text = client.text().replace(encoded(encoded(value)), encoded(quote(value, safe="~!'()*")))
    _, found = judged_rpc(client.sent(rpc(text)))
    assert found.client == text
    assert "in plain" in found.causes[0]


FORMS: list[tuple[str, Callable[[dict[str, str], dict[str, str]], str]]] = [
    (
        "The client did not sign the parameters of the form.",
        lambda query, form: plain(query),
    ),
    (
        "The client did not sign the parameters of the query.",
        lambda query, form: plain(form),
    ),
    (
        "The client sorted the parameters of the query and of the form apart.",
        lambda query, form: f"{plain(query)}&{plain(form)}",
    ),
    (
        "The client did not sort the parameters by name.",
        lambda query, form: f"{plain(query, list)}&{plain(form, list)}",
    ),
]


@pytest.mark.parametrize(("cause", "once"), FORMS, ids=[form[0] for form in FORMS])
def test_a_form_that_is_signed_wrong_is_found(
    cause: str, once: Callable[[dict[str, str], dict[str, str]], str]
) -> None:
    names = ("Mode", "Action", "CallbackURL", "SignatureType")
    client = replace(Rpc(method="POST"), form=names)
    query = {name: value for name, value in client.parameters.items() if name not in names}
    form = {name: value for name, value in client.parameters.items() if name in names}
    text = f"POST&%2F&{encoded(once(query, form))}"
    _, found = judged_rpc(client.sent(rpc(text)))
    assert (found.client, found.causes) == (text, (cause,))


def test_empty_parameters_that_are_left_out_are_found() -> None:
    client = with_parameters(Rpc(), RegionId="", Tag="")
    full = {name: value for name, value in client.parameters.items() if value}
    text = text_of(plain(full))
    _, found = judged_rpc(client.sent(rpc(text)))
    assert (found.client, found.causes) == (text, ("The client did not sign empty parameters.",))
    text = client.text()
    for name in ("RegionId", "Tag", "SignatureType"):
        text = text.replace(f"%26{name}%3D", f"%26{name}")
    _, found = judged_rpc(client.sent(rpc(text)))
    assert found.causes == ("The client signed empty parameters without their =.",)


@pytest.mark.parametrize("signed", ["%2Fapi", "/api"])
def test_a_path_other_than_the_root_is_not_signed(signed: str) -> None:
    client = Rpc(path="/api")
    text = client.text().replace("%2F", signed, 1)
    _, found = judged_rpc(client.sent(rpc(text)))
    assert found.causes == ("The client signed the path '/api'; RPC style always signs /.",)


def test_the_header_x_acs_action_tells_how_the_action_may_have_been_signed() -> None:
    client = replace(Rpc(), headers={"x-acs-action": "StopRtcAsrTask", "x-acs-version": "v"})
    for name, value in (("Action", "StopRtcAsrTask"), ("Version", "v")):
        text = with_parameters(client, **{name: value}).text()
        _, found = judged_rpc(client.sent(rpc(text)))
        assert f"The client signed {name} '{value}', but" in found.causes[0]
        arrived = with_parameters(client, **{name: None})
        _, found = judged_rpc(arrived.sent(rpc(text)))
        assert f"signed the parameter '{name}={value}', which did not arrive" in found.causes[0]


def test_a_parameter_that_would_be_the_first_is_found() -> None:
    for sent in (Rpc(), Rpc(parameters={"AccessKeyId": KEY, "Timestamp": "2026-11-20T09:21:42Z"})):
        client = replace(sent, headers={"x-acs-action": "A"})
        text = with_parameters(client, Action="A").text()
        _, found = judged_rpc(client.sent(rpc(text)))
        assert found.client == text


def test_a_single_parameter_is_explained() -> None:
    client = Rpc(parameters={"AccessKeyId": KEY})
    request = client.sent(rpc("GET&%2F&"))
    found = explain(request, SECRETS, Verdict("rpc", False, KEY, "mismatch"), now=None)
    assert found.client == "GET&%2F&"
    assert found.causes == (
        "The client did not sign the parameter 'AccessKeyId': added on the way?",
    )


def test_two_slips_at_once_are_found() -> None:
    client = Rpc()
    signed = with_parameters(Rpc(method="POST"), Mode=None).text()
    _, found = judged_rpc(client.sent(rpc(signed)))
    assert found.client == signed
    assert [cause.partition(":")[0] for cause in found.causes] == [
        "The client signed the method POST, but sent GET.",
        "The client did not sign the parameter 'Mode'",
    ]


def test_a_slip_and_the_secret_alone_are_found() -> None:
    client = Rpc()
    signed = Rpc(method="POST").text()
    _, found = judged_rpc(client.sent(sha1(signed, SECRET)))
    assert found.client == signed
    assert len(found.causes) == 2


def test_an_unknown_secret_leaves_the_client_s_text_unknown() -> None:
    client = Rpc()
    _, found = judged_rpc(client.sent(rpc(client.text(), "something else")))
    assert (found.server, found.client, found.differs_at) == (client.text(), None, None)
    assert found.causes == (
        "No usual slip gives this signature. Most likely it was made with another AccessKeySecret "
        f"than the one that the setting access_keys has for {KEY}.",
        "Or the client signed another nonce than the one it sent: nobody can search for that.",
    )
    client = with_parameters(client, SignatureNonce=None)
    assert len(judged_rpc(client.sent("x"))[1].causes) == 1


# Requests that are refused before their signature is looked at


@pytest.mark.parametrize(
    ("request_", "problem", "cause"),
    [
        (
            SignedRequest("GET", "/?Action=a", []),
            "missing",
            "The request has no parameter AccessKeyId.",
        ),
        (
            SignedRequest("GET", "/?accessKeyId=a", []),
            "missing",
            "The parameter 'accessKeyId' has to be written AccessKeyId, and not be empty.",
        ),
        (
            SignedRequest("GET", "/", pairs({"authorization": f"acs {KEY}:x"})),
            "missing",
            "The request is signed in ROA style, in its Authorization header: this API is RPC "
            "style, its signature belongs in its parameters.",
        ),
        (
            SignedRequest("POST", "/", pairs({"content-type": "text/plain"}), b"AccessKeyId=a"),
            "missing",
            "The parameters are in the body, but its Content-Type is 'text/plain', not "
            "application/x-www-form-urlencoded.",
        ),
        (
            SignedRequest("GET", f"/?AccessKeyId={KEY}", []),
            "malformed",
            "The request has no parameter Signature, or an empty one.",
        ),
        (
            SignedRequest("POST", "/", pairs(FORM), b"&" * (rpc_v1.LONGEST_FORM + 1)),
            "malformed",
            "The form is longer than 64 KiB: it was not read.",
        ),
        (
            with_parameters(Rpc(), SignatureMethod="HMAC-MD5").sent("x"),
            "signature_method",
            "'HMAC-MD5' is not taken: sign with HMAC-SHA1 or ACS3-HMAC-SHA256.",
        ),
        (
            with_parameters(Rpc(), SignatureMethod="PLANTED-SECRET-VALUE").sent("x"),
            "signature_method",
            "The signature method that was sent is not taken: sign with HMAC-SHA1 or "
            "ACS3-HMAC-SHA256.",
        ),
        (
            with_parameters(Rpc(), AccessKeyId=SECRET).sent("x"),
            "unknown_key",
            "The AccessKeyId that was sent is a secret: id and secret are swapped.",
        ),
        (
            with_parameters(Rpc(), Timestamp="yesterday").sent("x"),
            "timestamp_format",
            "Timestamp is 'yesterday', expected a form such as 2026-11-20T09:21:42Z.",
        ),
        (
            with_parameters(Rpc(), Timestamp=None).sent("x"),
            "timestamp_format",
            "There is no Timestamp.",
        ),
        (
            with_parameters(Rpc(), Timestamp="2026-11-20T09:53:00Z").sent("x"),
            "timestamp_expired",
            "The client's clock is 1878 s ahead of the server's: 2026-11-20T09:53:00Z against "
            "2026-11-20T09:21:42Z. Up to 1860 s are allowed.",
        ),
    ],
)
def test_each_problem_has_its_sentence(request_: SignedRequest, problem: str, cause: str) -> None:
    verdict, found = judged_rpc(request_)
    assert (verdict.scheme, verdict.problem, found.causes) == ("rpc", problem, (cause,))


def test_a_temporary_key_needs_its_token() -> None:
    client = with_parameters(Rpc(), AccessKeyId="STS.Temporary")
    verdict, found = judged_rpc(client.sent("x"), KeyRing({"STS.Temporary": SECRET}))
    assert verdict.problem == "token_missing"
    assert found.causes == ("STS.Temporary is a temporary key: it needs its SecurityToken.",)


def test_a_used_nonce_is_named() -> None:
    client = Rpc()
    verdict, _ = judged_rpc(client.sent(rpc(client.text())))
    used = replace(verdict, ok=False, problem="nonce_used")
    found = explain(client.sent(rpc(client.text())), SECRETS, used, now=None)
    assert found.causes[0].startswith("The nonce 'n1' was used before")
