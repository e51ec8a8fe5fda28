from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_tingwu import MockTingwu, settings
from mock_tingwu.cli.sdk import DEFAULT_URL
from mock_tingwu.cli.targets import open_target
from mock_tingwu.client import (
    ClientError,
    DashScopeClient,
    LiveAsrClient,
    MeetingStream,
    Retries,
    StreamError,
    Target,
    TingwuClient,
    Unreachable,
    find_target,
    targets,
)
from mock_tingwu.client.credentials import AccessKey, find_access_key
from tests.media_site import Site

#: None of these may ever be seen.
SECRET, TOKEN, API_KEY = "planted-access-secret", "planted/sts+token==", "sk-planted-api-key"
AUTH_KEY = "planted-auth-key"
PLANTED = (SECRET, TOKEN, "planted%2Fsts%2Btoken", API_KEY, AUTH_KEY)

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "env-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
}
#: An address where nothing listens, and which is not this machine's.
ELSEWHERE = "https://tingwu.example.com"
ONCE = Retries(budget=0)


def hidden(*texts: str) -> bool:
    return not any(secret in text for secret in PLANTED for text in texts)


# Access keys


def home(folder: Path, text: str, name: str = "credentials") -> dict[str, str]:
    """An environment whose home folder has this credentials file."""
    (folder / ".alibabacloud").mkdir(exist_ok=True)
    (folder / ".alibabacloud" / name).write_text(text, "utf-8")
    return {"HOME": str(folder)}


def profile(name: str = "default", kind: str = "access_key", key_id: str = "file-id") -> str:
    return (
        f"[{name}]\ntype = {kind}  # as in the console\n"
        f"access_key_id = {key_id}\naccess_key_secret = {SECRET}\n"
    )


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = home(tmp_path, profile())
    assert find_access_key(environ) == AccessKey("file-id", SECRET)
    assert find_access_key(environ | ENVIRON) == AccessKey("env-id", SECRET)
    token = {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN}
    assert find_access_key(environ | ENVIRON | token) == AccessKey("env-id", SECRET, TOKEN)
    # The token belongs to the key of the environment.
    assert find_access_key(environ | token) == AccessKey("file-id", SECRET)


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    nothing = dict.fromkeys(
        [
            *ENVIRON,
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "ALIBABA_CLOUD_CREDENTIALS_FILE",
            "ALIBABA_CLOUD_PROFILE",
        ],
        "",
    )
    assert find_access_key(nothing | home(tmp_path, profile())).id == "file-id"
    assert find_access_key(nothing | ENVIRON).security_token is None


def test_the_file_and_the_profile_may_be_named(tmp_path: Path) -> None:
    environ = home(tmp_path, profile())
    other = tmp_path / "other.ini"
    other.write_text(profile() + profile("work", key_id="work-id"), "utf-8-sig")
    environ["ALIBABA_CLOUD_CREDENTIALS_FILE"] = str(other)
    environ["ALIBABA_CLOUD_PROFILE"] = "work"
    assert find_access_key(environ) == AccessKey("work-id", SECRET)


def test_a_temporary_key_may_be_in_the_file(tmp_path: Path) -> None:
    text = profile(kind="sts") + f"security_token = {TOKEN}%s\n"
    assert find_access_key(home(tmp_path, text)) == AccessKey("file-id", SECRET, f"{TOKEN}%s")


def test_the_name_without_ending_comes_first(tmp_path: Path) -> None:
    environ = home(tmp_path, profile(key_id="ini"), "credentials.ini")
    assert find_access_key(environ).id == "ini"
    assert find_access_key(home(tmp_path, profile(key_id="plain"))).id == "plain"


def test_the_vendor_s_library_reads_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alibabacloud_credentials.provider import ProfileCredentialsProvider

    file = tmp_path / "credentials"
    file.write_text(profile() + profile("work", key_id="work-id # mine"), "utf-8")
    for name in ("default", "work"):
        vendor = ProfileCredentialsProvider(profile_file=str(file), profile_name=name)
        theirs = vendor.get_credentials()
        ours = find_access_key(
            {"ALIBABA_CLOUD_CREDENTIALS_FILE": str(file), "ALIBABA_CLOUD_PROFILE": name}
        )
        key = (theirs.get_access_key_id(), theirs.get_access_key_secret())
        assert (ours.id, ours.secret) == key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (profile("other"), "has no profile 'default', but other"),
        ("", "has no profile 'default', but none at all"),
        (f"{SECRET}\n", "is no ini file in UTF-8"),
        (profile() + profile(), "is no ini file in UTF-8"),
        (profile(kind="ram_role_arn"), "is 'ram_role_arn', expected access_key or sts"),
        (profile().replace("type", "kind"), "is '', expected access_key or sts"),
        (profile().replace("_id = file-id", "_id ="), "'default' in .* has no access_key_id"),
        (profile(kind="sts"), "has no security_token"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_without_what_is_in_it(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        find_access_key(home(tmp_path, text))
    assert hidden(str(refused.value), "".join(traceback.format_exception(refused.value)))


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    environ = home(tmp_path, "")
    (tmp_path / ".alibabacloud" / "credentials").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no ini file in UTF-8"):
        find_access_key(environ)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or have"),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x"},
            "ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not",
        ),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET},
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET is set and ALIBABA_CLOUD_ACCESS_KEY_ID is not",
        ),
        ({"ALIBABA_CLOUD_CREDENTIALS_FILE": "gone"}, "FILE is 'gone', expected a file"),
    ],
)
def test_no_access_key_is_told_with_what_to_do(
    tmp_path: Path, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        find_access_key({"HOME": str(tmp_path)} | environ)
    assert hidden(str(refused.value))


# Targets


def keys_of(client: TingwuClient | LiveAsrClient) -> tuple[str, str]:
    return client._access_key_id, client._access_key_secret


def test_the_cloud_has_its_hosts_and_takes_keys_from_the_environment() -> None:
    more = {"DASHSCOPE_API_KEY": API_KEY, "DASHSCOPE_APP_ID": "tw_1", "TINGWU_APP_KEY": "app-1"}
    target = find_target("live", ENVIRON | more)
    tingwu, dashscope, live = target.tingwu(), target.dashscope(), target.live()
    assert (tingwu.url, tingwu.app_key) == ("https://tingwu.cn-beijing.aliyuncs.com", "app-1")
    assert (dashscope.url, dashscope.app_id) == ("https://dashscope.aliyuncs.com", "tw_1")
    assert live.url == "https://live.aliyuncs.com"
    assert keys_of(tingwu) == keys_of(live) == ("env-id", SECRET)
    assert dashscope._api_key == API_KEY
    assert target.tingwu(app_key="app-2").app_key == "app-2"
    assert target.dashscope(app_id="tw_2").app_id == "tw_2"


@pytest.mark.parametrize("name", ["live", ELSEWHERE])
def test_what_is_missing_for_the_cloud_is_told_when_it_is_needed(tmp_path: Path, name: str) -> None:
    nothing = {"HOME": str(tmp_path)}
    for environ, make, message in (
        (nothing, Target.tingwu, "there is no access key: set ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (nothing, Target.live, "there is no access key: set ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (ENVIRON, Target.tingwu, "there is no AppKey: set TINGWU_APP_KEY"),
        (nothing, Target.dashscope, "there is no API key: set DASHSCOPE_API_KEY"),
        ({"DASHSCOPE_API_KEY": API_KEY}, Target.dashscope, "there is no appId: set DASHSCOPE_APP"),
    ):
        with pytest.raises(ValueError, match=message):
            make(find_target(name, environ))


def test_any_address_is_that_of_all_services() -> None:
    target = find_target(f"{ELSEWHERE}/", ENVIRON | {"TINGWU_APP_KEY": "a"})
    assert target.name == target.tingwu_url == target.dashscope_url == target.live_url == ELSEWHERE
    assert keys_of(target.live()) == ("env-id", SECRET)


def test_an_address_of_this_machine_needs_no_keys(tmp_path: Path) -> None:
    target = find_target("http://localhost:1", home(tmp_path, profile()))
    assert keys_of(target.tingwu()) == ("mock-access-key-id", "mock-access-key-secret")
    assert target.dashscope()._api_key == "sk-mock-api-key"
    target = find_target("http://localhost:1", ENVIRON | {"DASHSCOPE_API_KEY": API_KEY})
    assert keys_of(target.tingwu()) == ("env-id", SECRET)
    assert target.dashscope()._api_key == API_KEY


def test_the_mock_s_defaults_are_those_of_its_settings() -> None:
    mock = settings.Settings()
    assert {targets._MOCK_ACCESS_KEY.id: targets._MOCK_ACCESS_KEY.secret} == mock.access_keys
    assert mock.api_keys == (targets._MOCK_API_KEY,)
    assert f"http://{mock.host}:{mock.port}" == targets.DEFAULT_MOCK_URL == DEFAULT_URL
    assert settings.unknown_variables({targets.MOCK_URL: "", targets.MOCK_API_KEYS: ""}) == []
    assert settings.unknown_variables(dict.fromkeys(settings.OF_CHECKED_PROGRAMS, "")) == []


def test_the_mock_is_found_and_gets_none_of_the_cloud_s_keys(
    start_mock: Callable[..., MockTingwu],
) -> None:
    mock = start_mock(auth="verify", access_keys={"my-id": "my-secret"}, api_keys=["sk-mine"])
    cloud = ENVIRON | {"DASHSCOPE_API_KEY": API_KEY}
    own = {"MOCK_TINGWU_ACCESS_KEYS": "my-id:my-secret, b:c", "MOCK_TINGWU_API_KEYS": "sk-mine,x"}
    target = find_target("mock", cloud | own | {"MOCK_TINGWU_URL": f"{mock.url}/"})
    assert target.tingwu_url == target.dashscope_url == target.live_url == mock.url

    async def use() -> None:
        async with target.tingwu() as tingwu, target.dashscope() as dashscope:
            assert (await tingwu.info("0" * 32)).status == "INVALID"
            assert (await dashscope.create_token()).key
        async with target.live() as live:
            assert await live.tasks() == ()

    asyncio.run(use())
    other = find_target("mock", cloud | {"MOCK_TINGWU_URL": mock.url})
    assert keys_of(other.tingwu())[0] == "mock-access-key-id"
    assert other.dashscope()._api_key == "sk-mock-api-key"


def test_a_mock_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(Unreachable, match=r"start one with `mock-tingwu serve`, or say in MOCK_"):
        find_target("mock", {"MOCK_TINGWU_URL": "http://127.0.0.1:1"})


def test_another_server_is_no_mock(site: Site) -> None:
    url = site.url("")
    with pytest.raises(Unreachable, match="what is there is none"):
        find_target("mock", {"MOCK_TINGWU_URL": url})


@pytest.mark.parametrize(
    ("name", "environ", "message"),
    [
        ("cloud", {}, "the target is 'cloud', expected mock, live or an address such as http"),
        ("", {}, "the target is '', expected mock, live or an address"),
        ("ftp://127.0.0.1", {}, "the target is 'ftp://127.0.0.1', expected"),
        (f"https://me:{SECRET}@x.example.com", {}, "without a user's name in it"),
        (
            "http://h:70000/",
            {},
            "'http://h:70000/' with the port 70000, expected one from 1 to 65535",
        ),
        ("mock", {"MOCK_TINGWU_URL": "here"}, "MOCK_TINGWU_URL is 'here', expected an address"),
        ("mock", {"MOCK_TINGWU_URL": f"http://me:{SECRET}@h"}, "MOCK_TINGWU_URL has an @"),
    ],
)
def test_what_is_no_target_is_refused(name: str, environ: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        find_target(name, environ)
    assert hidden(str(refused.value))


# A mock that is started where none runs


def test_a_mock_is_started_where_none_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setattr(targets, "DEFAULT_MOCK_URL", f"http://127.0.0.1:{port}")
    with open_target("mock", {}, private=True) as target:
        assert httpx.get(f"{target.tingwu_url}/_mock/health").json()["status"] == "ok"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{target.tingwu_url}/_mock/health")
    nobody = f"No mock answers at http://127.0.0.1:{port}"
    with pytest.raises(Unreachable, match=nobody), open_target("mock", {}):
        pass


def test_a_mock_that_runs_is_used(mock: MockTingwu) -> None:
    environ = {"MOCK_TINGWU_URL": mock.url}
    with open_target("mock", environ) as target:
        assert target.live_url == mock.url
    mock.close()
    with pytest.raises(Unreachable), open_target("mock", environ):
        pass


def test_no_mock_is_started_for_the_cloud() -> None:
    with open_target("live", {}) as target:
        assert target.tingwu_url == "https://tingwu.cn-beijing.aliyuncs.com"


@pytest.mark.parametrize("pairs", ["garbage", ":", "id:", ":secret"])
def test_what_is_no_access_key_of_a_mock_is_told(mock: MockTingwu, pairs: str) -> None:
    environ = {"MOCK_TINGWU_URL": mock.url, "MOCK_TINGWU_ACCESS_KEYS": pairs}
    with pytest.raises(ValueError, match="MOCK_TINGWU_ACCESS_KEYS is set, expected id:secret"):
        find_target("mock", environ).tingwu()


# Secrets


def test_no_secret_is_in_a_repr() -> None:
    environ = ENVIRON | {"ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN, "DASHSCOPE_API_KEY": API_KEY}
    target = find_target(ELSEWHERE, environ)
    key = find_access_key(environ)
    clients = [target.tingwu(app_key="a"), target.dashscope(app_id="b"), target.live()]
    shown = [text for one in (target, key, *clients) for text in (repr(one), str(one), f"{one}")]
    assert hidden(*shown) and "env-id" in repr(key)


@pytest.mark.parametrize("key", [f"{API_KEY}\n", f" {API_KEY}", f"{API_KEY}é"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    for make in (
        lambda: DashScopeClient(ELSEWHERE, api_key=key, app_id="tw"),
        lambda: LiveAsrClient(ELSEWHERE, access_key_id=key, access_key_secret="s"),
        lambda: TingwuClient(ELSEWHERE, access_key_id="i", access_key_secret=key, app_key="a"),
    ):
        with pytest.raises(ValueError, match="another character that no key has") as refused:
            make()
        assert hidden(str(refused.value))


def test_no_secret_is_told_when_things_go_wrong(
    start_mock: Callable[..., MockTingwu], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mock = start_mock(auth="verify", access_keys={"env-id": "another-secret"})
    told: list[str] = []
    links: list[str] = []

    async def fail(url: str) -> None:
        keys: dict[str, Any] = {
            "access_key_id": "env-id",
            "access_key_secret": SECRET,
            "security_token": TOKEN,
            "retries": ONCE,
        }
        async with (
            TingwuClient(url, app_key="app", **keys) as tingwu,
            DashScopeClient(url, api_key=API_KEY, app_id="tw", retries=ONCE) as dashscope,
            LiveAsrClient(url, **keys) as live,
        ):
            for call in (
                lambda: tingwu.create_realtime(),
                lambda: dashscope.create_realtime(),
                lambda: live.caption_stream("rtmp://a/b", "http://c/", auth_key=AUTH_KEY),
            ):
                with pytest.raises(ClientError) as error:
                    await call()
                told.extend([repr(error.value), *traceback.format_exception(error.value)])

    async def fetch() -> None:
        async with TingwuClient(
            mock.url, access_key_id="env-id", access_key_secret="another-secret", app_key="app"
        ) as client:
            task = await client.create_realtime()
            told.append(repr(task))
            links.append(task.join_url.partition("mc=")[2])
            async with MeetingStream(task.join_url):
                pass
            await client.stop(task.task_id)
            info = await client.wait(task.task_id, poll_interval=0.01)
            link = info.results["Transcription"]
            links.append(link.partition("?")[2])
            assert await client.download(link)

    async def join() -> None:
        async with DashScopeClient(mock.url, api_key=API_KEY, app_id="tw") as client:
            with pytest.raises(StreamError):
                async with client.stream("unknown"):
                    pass

    asyncio.run(join())
    asyncio.run(fail(mock.url))
    asyncio.run(fetch())
    mock.close()
    asyncio.run(fail(mock.url))
    signatures = [text for text in told if "SignatureDoesNotMatch" in text]
    assert len(signatures) >= 2 and all("…" in text for text in signatures)
    # The mock is in this process, too.
    logged = [record.getMessage() for record in caplog.records]
    assert hidden(*logged, *told)
    assert any("HTTP Request: GET" in text for text in logged)
    assert all(links) and not any(link in text for link in links for text in (*logged, *told))
