"""What no entry of the journal shows."""

from __future__ import annotations

import timeit

import pytest

from mock_tingwu.core.masking import Masker, masked

SECRET = "Zm9vYmFyc2VjcmV0Zm9vYmFy"


@pytest.mark.parametrize(
    "text",
    [
        f"/api/ws/v1?mc={SECRET}",
        f"ws://h/api/ws/v1?mc={SECRET}&x=1",
        f"http://h/oss/b/k?Expires=1&OSSAccessKeyId=id&Signature={SECRET}",
        f"?a=b&signature={SECRET}",
        f"?SecurityToken={SECRET}#top",
        f"?x-oss-security-token={SECRET}",
        f'{{"token":"{SECRET}"}}',
        f'{{"AccessKeySecret": "{SECRET}", "broken',
        f'{{"access_key_secret":"{SECRET}"}}',
        f'{{"apiKey":"{SECRET}","api_key" : "{SECRET}"}}',
        f'{{"content":"{{\\"token\\":\\"{SECRET}\\"}}"}}',
        f"GET\nx-acs-security-token:{SECRET}\nx-acs-version:1\n",
        f"x-acs-bearer-token:{SECRET}",
        f"GET\\nx-acs-security-token:{SECRET}\\nx-acs-version:1",
        f"X-NLS-Token: {SECRET}",
        f'{{"SecurityToken":"abc\\/{SECRET}"}}',
        f'{{"token":"Bearer {SECRET}"}}',
        f'{{"token":"a;{SECRET},{SECRET}"}}',
        f'{{"signature":["{SECRET}"]}}',
        f'{{"access_token":\n "{SECRET}"}}',
        f'{{"accessToken":"{SECRET}',
        f"令牌token={SECRET}",
        # Links to files, as object stores sign them.
        f"http://h/a.mp3?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature={SECRET}",
        f"http://h/a.mp3?x-oss-credential={SECRET}%2F20261120%2Fcn-beijing",
        f"http://h/a.mp3?X-Amz-Signature={SECRET}",
        f"http://h/a.mp3?X-Amz-Credential={SECRET}&X-Amz-Security-Token={SECRET}",
        f"http://h/a.mp3?q-signature={SECRET}&q-sign-algorithm=sha1",
        f"http://h/a.mp3?sv=1&sig={SECRET}",
        f"http://h/a.mp3?sign={SECRET}",
        f"http://h/a.mp3?AuthKey={SECRET}&auth_key={SECRET}",
        f"http://h/a.mp3?password={SECRET}&pwd={SECRET}",
        f"http://h/a.mp3?client_secret={SECRET}",
        # Addresses of robots.
        f"https://h/cgi-bin/webhook/send?key={SECRET}",
        f"https://h/hook?x=1&key={SECRET}&y=2",
        f"https://h/hook?x=1\\u0026key={SECRET}",
        f"http://h/?u=https%3A%2F%2Fh%2F%3Fkey%3D{SECRET}",
        f"http://h/?u=https%3A%2F%2Fh%2F%3Fx%3D1%26key%3D{SECRET}",
        f"https://h/hook?access_key={SECRET}&pass={SECRET}&jwt={SECRET}&authorization={SECRET}",
        f"https://h/hook?token[]={SECRET}&token%5B%5D={SECRET}",
        f"https://open.feishu.cn/open-apis/bot/v2/hook/{SECRET}",
        f"https://hooks.slack.com/services/T01/B02/{SECRET}",
        f"http://h/?u=https%253A%252F%252Fh%252F%253Ftoken%253D{SECRET}",
        # What receivers answer.
        f"{{'token': '{SECRET}', 'password': '{SECRET}'}}",
        f"<Error><token>{SECRET}</token><Signature>{SECRET}</Signature></Error>",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: acs id:{SECRET}",
        f"you sent Bearer {SECRET}, which is not known",
        f"the header was acs id:{SECRET}",
        f'{{"authorization":"Bearer {SECRET}"}}',
        f"cookie:sid={SECRET}",
        f"x-api-key:{SECRET}",
        f"x-signature: {SECRET}",
        f"token: {SECRET}9",
        f'{{"tokens":["a","{SECRET}"]}}',
        f'{{"private_key": "{SECRET}"}}',
        # Keys of DashScope, wherever they stand.
        f"my key is sk-{SECRET}, is it not",
        f"Anna: here it is:\\nsk-{SECRET}",
        f"\\tst-{SECRET}",
        f"\\u0022sk-{SECRET}\\u0022",
        f"/api/v1/st-{SECRET}?key%3Dsk-{SECRET}",
        # As JSON writers of other languages escape it.
        f"http://h/a.mp3?x=1\\u0026Signature={SECRET}",
        f"http://h/a.mp3?x=1\\u0026mc={SECRET}\\u0026y=2",
        f"http://h/a.mp3?Signature\\u003d{SECRET}",
        f"http://h/a.mp3?Signature=ab\\/{SECRET}",
        f"http://h/?u=http%3A%2F%2Fh%2F%3Fx%3D1%26sig%3D{SECRET}",
        f'{{\\"a\\":\\"{{\\\\\\"token\\\\\\":\\\\\\"{SECRET}\\\\\\"}}\\"}}',
        f'{{"dbPassword":"{SECRET}"}}',
        # Who is let in.
        f"http://{SECRET}@h/a.mp3",
        f"http://user:{SECRET}@h/a.mp3",
        f"http://u:a@{SECRET}@h/a.mp3",
        f"http:\\/\\/user:{SECRET}@h\\/a.mp3",
        f"https://user:a\\u0026{SECRET}@h/a.mp3",
    ],
)
def test_secrets_are_masked_in_whatever_form_they_stand(text: str) -> None:
    assert SECRET in text
    shown = masked(text)
    assert SECRET[:5] not in shown and SECRET[-5:] not in shown
    assert "…" in shown
    assert masked(text.encode()) == shown.encode()


@pytest.mark.parametrize(
    "text",
    [
        "OSSAccessKeyId=id&Expires=17",
        '{"Message":"Specified signature is not matched with our calculation."}',
        "x-acs-signature-nonce:abcdefghijkl",
        '{"TaskId":"0123456789abcdef"}',
        '{"token":null,"mc":{"id":"x"},"signature":true}',
        "MC: welcome everybody; the token: no longer needed",
        '{"result":"MC: 欢迎大家，token：不再需要"}',
        "q-sign-algorithm=sha1&x-oss-signature-version=OSS4",
        "?design=blue&mcs=3&signed=yes",
        "?keyword=a&AppKey=b&keys=c",
        '{"key":"the lines of a mind map","TaskKey":"weekly"}',
        "http://h/?mail=a@b.example",
        "a password is needed; write to me@h.example",
        "my password: correcthorsebatterystaple",
        "the bearer of this letter; BEARERTOKEN; tokens: none",
        "Credential=LTAI5tabcdefghijk,SignedHeaders=host",
        "/api/v1/services/aigc/multimodal-generation/generation",
        "x-acs-signature-type:BEARERTOKEN\nx-acs-signature-nonce:abcdefghijklmnopq1",
        "\ud800 lone \udfff",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_the_rest_stays_as_it_was() -> None:
    url = "http://u:p@h/a.mp3?x=1&Signature=abcdefghijkl%3D&security-token=ab&y=2"
    assert masked(url) == "http://…@h/a.mp3?x=1&Signature=abcd…&security-token=…&y=2"
    assert masked('{"mc":"abcdefghi","password":"abcdefghi"}') == '{"mc":"abcd…","password":"…"}'


def test_configured_secrets_are_masked_wherever_they_stand() -> None:
    mask = Masker(["long+secret", "long+secret+and+more", "short"])
    text = "x-acs-accesskey-id:long+secret+and+more/long%2Bsecret%2Band%2Bmore long+secret short"
    assert mask(text) == "x-acs-accesskey-id:…/… … short"
    assert mask(text.encode()) == mask(text).encode()
    assert mask("Signature=long+secret") == "Signature=…"


@pytest.mark.parametrize(
    "text",
    [
        '"token":' + " " * 60_000,
        '"token"' * 8_000,
        "://" * 20_000,
        "://" + "a" * 60_000,
        "token=" * 10_000,
        '\\"token\\' * 6_000,
        "mc" * 30_000,
        "token:" * 10_000,
        "token>" * 10_000,
        "token: " + "a" * 60_000,
        '"token":["a",' * 5_000,
        "'token':'" * 6_000,
        "bearer acs " * 6_000,
        "/services/t/hook/" * 4_000,
        "cookie:" * 8_000,
    ],
)
def test_what_is_made_to_be_slow_is_masked_at_once(text: str) -> None:
    # Milliseconds; work that grows with the square of the length would take many seconds.
    assert timeit.timeit(lambda: masked(text), number=1) < 2
