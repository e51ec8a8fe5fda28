"""The variables of programs that are led to a mock."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.proxy import get_proxy
from websockets.uri import parse_uri

from mock_tingwu import MockTingwu
from mock_tingwu.interception import environment
from mock_tingwu.interception.environment import VARIABLE, Way
from mock_tingwu.interception.intercepting import Interception

PROXY = "http://mock-tingwu:token@127.0.0.1:9"


def way(
    proxy: str | None = PROXY, *, allow_network: bool = False, folder: Path = Path("/f")
) -> Way:
    return Way(
        *(8, 443, "PEM", folder / "all.pem", folder / "all.p12"),
        proxy=proxy,
        open_port=10,
        allow_network=allow_network,
    )


def variables(
    base: Mapping[str, str] = {}, proxy: str | None = PROXY, *, allow_network: bool = False
) -> dict[str, str]:
    return way(proxy, allow_network=allow_network).variables(base)


@pytest.mark.parametrize(
    "name",
    [
        *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "WEBSOCKET_CLIENT_CA_BUNDLE"),
        *("ALIBABA_CLOUD_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT"),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    ],
)
def test_libraries_trust_the_mock_whatever_was_set(name: str) -> None:
    assert variables({name: "/mine.pem"})[name] == variables()[name] == "/f/all.pem"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_the_way_is_by_the_proxy_whatever_was_set(name: str) -> None:
    for spelling in (name, name.lower()):
        assert variables({spelling: "http://other:1"})[spelling] == PROXY
        assert variables({spelling: "http://other:1"}, proxy=None)[spelling] == ""


@pytest.mark.parametrize(
    "name",
    [
        *("wss_proxy", "WS_PROXY", "Socks_Proxy", "ftp_proxy", "npm_config_https_proxy"),
        *("npm_config_noproxy", "GLOBAL_AGENT_HTTP_PROXY"),
    ],
)
def test_what_libraries_would_prefer_is_void_if_it_is_there(name: str) -> None:
    assert variables({name: "http://other:1"})[name] == ""
    assert name not in variables()


def test_grpc_goes_the_same_way() -> None:
    base = {"grpc_proxy": "http://other:1", "no_grpc_proxy": "dashscope.aliyuncs.com"}
    found = variables(base)
    assert (found["grpc_proxy"], found["no_grpc_proxy"]) == (PROXY, found["no_proxy"])
    assert variables(base, proxy=None)["grpc_proxy"] == ""


def test_libraries_find_no_other_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{scheme}_proxy" for scheme in ("http", "https", "all", "ws", "wss", "socks")]
    base = {spelling: "socks5://other:1" for name in names for spelling in (name, name.upper())}
    for name, value in (base | variables(base)).items():
        monkeypatch.setenv(name, value)
    for url in ("wss://dashscope.aliyuncs.com/", "ws://dashscope.aliyuncs.com/"):
        assert get_proxy(parse_uri(url)) == PROXY
    assert "other" not in json.dumps(urllib.request.getproxies_environment())


@pytest.mark.parametrize("spelling", ["NO_PROXY", "no_proxy"])
def test_whom_the_user_exempts_counts_only_with_the_network(spelling: str) -> None:
    base = {spelling: "intra.example.com, 10.0.0.0/8,.corp,[2001:db8::1]"}
    local = "localhost,127.0.0.1,::1"
    for name in ("NO_PROXY", "no_proxy"):
        assert variables(base)[name] == local
        wide = variables(base, allow_network=True)[name]
        assert wide == f"{local},intra.example.com,10.0.0.0/8,.corp,[2001:db8::1]"


@pytest.mark.parametrize(
    "exempt",
    [
        *("*", "aliyuncs.com", ".aliyuncs.com", "*.aliyuncs.com", "ALIYUNCS.com", "com", ".com"),
        *("*.com", "aliyuncs.com:443", "dashscope.aliyuncs.com", "*.cn-beijing.aliyuncs.com", "."),
        *("", " ", ",", "aliyuncs.com.", ":443"),
    ],
)
def test_nobody_is_exempt_who_would_be_led_around_the_mock(exempt: str) -> None:
    found = variables({"NO_PROXY": f"{exempt},intra"}, allow_network=True)["NO_PROXY"]
    assert found == "localhost,127.0.0.1,::1,intra"


def test_some_libraries_take_spaces_for_commas() -> None:
    found = variables({"NO_PROXY": "intra aliyuncs.com\tcorp"}, allow_network=True)["NO_PROXY"]
    assert found == "localhost,127.0.0.1,::1,intra,corp"


def test_nothing_shows_the_token_or_a_key() -> None:
    shown = repr(replace(way(), keys={"DASHSCOPE_API_KEY": "sk-hush"}))
    assert "token" not in shown and "hush" not in shown and "/f/all.pem" in shown


def test_keys_of_the_user_are_kept_and_others_are_the_mocks() -> None:
    names = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "DASHSCOPE_API_KEY")
    keys = {"access_keys": {"an-id": "a-secret"}, "api_keys": ["sk-1"], "auth": "verify"}
    with MockTingwu(**keys, tls_port=0) as mock, Interception(mock) as interception:
        for way in (interception.way(), interception.way_inside(80, 443)):
            made = way.variables({names[0]: ""})
            assert [made[name] for name in names] == ["an-id", "a-secret", "sk-1"]
            kept = way.variables(dict.fromkeys(names, "mine"))
            assert all(name not in kept for name in names)


def test_what_is_preloaded_is_told_the_way() -> None:
    told = json.loads(variables()[VARIABLE])
    assert (told["http_port"], told["tls_port"], told["authority"]) == (8, 443, "PEM")
    assert told["allow_network"] is False
    assert json.loads(variables(allow_network=True)[VARIABLE])["allow_network"] is True


def test_what_the_user_preloads_comes_as_well() -> None:
    base = {"NODE_OPTIONS": "--no-warnings", "JAVA_TOOL_OPTIONS": "-Xmx1g", "PYTHONPATH": "/mine"}
    found = variables(base)
    assert found["NODE_OPTIONS"].startswith("--no-warnings --require ")
    assert found["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Djavax.net.ssl.trustStore=/f/all.p12 ")
    ours, theirs = found["PYTHONPATH"].split(os.pathsep)
    assert Path(ours, "sitecustomize.py").exists() and theirs == "/mine"
    assert variables()["PYTHONPATH"] == ours


def test_options_that_win_over_others_say_the_same() -> None:
    base = {"_JAVA_OPTIONS": "-Dhttps.proxyHost=other", "JDK_JAVA_OPTIONS": "-Xmx1g"}
    found, ours = variables(base), variables()["JAVA_TOOL_OPTIONS"]
    assert {name: found[name] for name in base} == {
        name: f"{value} {ours}" for name, value in base.items()
    }
    assert not base.keys() & variables().keys()


def test_java_is_told_of_the_proxy_if_there_is_one() -> None:
    line = variables()["JAVA_TOOL_OPTIONS"]
    assert "-Dhttp.proxyPort=10 " in line and "-Dhttps.proxyHost=127.0.0.1 " in line
    assert "proxy" not in variables(proxy=None)["JAVA_TOOL_OPTIONS"]


AWKWARD = ["with space", "it's", "of \\ \"all\"\t'kinds' 录音"]


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
@pytest.mark.parametrize("folder", AWKWARD)
def test_node_finds_the_file_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    place = tmp_path / folder
    place.mkdir()
    (place / "redirect.cjs").write_text("console.log('preloaded');")
    monkeypatch.setattr(environment, "PRELOAD", place)
    options = variables({"NODE_OPTIONS": "--no-warnings"})["NODE_OPTIONS"]
    done = subprocess.run(
        ["node", "-e", "0"],
        env={**os.environ, "NODE_OPTIONS": options},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("preloaded\n", "")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
def test_a_name_that_looks_like_an_address_of_this_machine_is_refused() -> None:
    program = """
    const net = require("net");
    for (const host of ["127.example.com", "example.com", "192.0.2.7", "::ffff:192.0.2.7"])
      net.connect(443, host).on("error", (error) => console.log(error.message));
    // It writes before there is a connection.
    require("http").get("http://example.com").on("error", (error) => console.log(error.message));
    """
    done = subprocess.run(
        ["node", "-e", program],
        env={**os.environ, **variables()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 5, done.stderr
    assert all("mock-tingwu lets nothing leave this machine" in line for line in lines)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
def test_addresses_and_the_name_of_this_machine_are_its_own_to_node() -> None:
    program = """
    const net = require("net");
    const os = require("os");
    const all = Object.values(os.networkInterfaces()).flat();
    const own = all.filter((one) => one.family === "IPv4").map((one) => one.address);
    for (const host of [...own, os.hostname()])
      net.connect({ port: 1, host, lookup: (name, how, answer) => answer(new Error("looked up")) })
        .on("error", (error) => console.log(error.message));
    """
    done = subprocess.run(
        ["node", "-e", program],
        env={**os.environ, **variables()},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "looked up" in done.stdout, done.stderr
    assert "mock-tingwu" not in done.stdout


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")
@pytest.mark.parametrize("folder", AWKWARD)
def test_java_finds_the_store_in_any_folder(folder: str) -> None:
    base = {"JAVA_TOOL_OPTIONS": "-Dmine=1"}
    base |= {"JDK_JAVA_OPTIONS": "-DsocksProxyHost=other", "_JAVA_OPTIONS": "-Dhttps.proxyPort=1"}
    own = way(folder=Path("/f") / folder).variables(base)
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-XshowSettings:properties", "-version"],
        env={**os.environ, **own, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    lines = (line.strip().partition(" = ") for line in done.stderr.splitlines())
    settings = {name: value for name, _, value in lines}
    assert done.returncode == 0, done.stderr
    assert settings["javax.net.ssl.trustStore"] == f"/f/{folder}/all.p12"
    assert settings["mine"] == "1" and settings["https.proxyPort"] == "10"
    assert "socksProxyHost =" in settings  # nothing
