"""Settings: flags over environment over file over defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_tingwu import MockTingwu
from mock_tingwu.core.apps import App
from mock_tingwu.settings import DEFAULT_API_KEYS, Settings, SettingsError, unknown_variables


def load(tmp_path: Path, flags: dict[str, Any] | None = None, **environ: str) -> Settings:
    return Settings.load(flags or {}, environ, tmp_path)


def test_defaults_need_no_source(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings == Settings()
    assert (settings.host, settings.port, settings.auth) == ("127.0.0.1", 8900, "open")


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "mock-tingwu.toml").write_text("port = 1\nseed = 1\nhost = '127.0.0.2'\n")
    settings = load(tmp_path, {"port": 3, "seed": None}, MOCK_TINGWU_PORT="2", MOCK_TINGWU_SEED="2")
    assert (settings.port, settings.seed, settings.host) == (3, 2, "127.0.0.2")


def test_key_pairs_come_from_one_variable_or_a_table(tmp_path: Path) -> None:
    settings = load(tmp_path, MOCK_TINGWU_ACCESS_KEYS="a:1, b:2:3")
    assert settings.access_keys == {"a": "1", "b": "2:3"}
    (tmp_path / "mock-tingwu.toml").write_text('[access_keys]\nc = "4"\n')
    assert load(tmp_path).access_keys == {"c": "4"}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "http", "MOCK_TINGWU_PORT is 'http', expected a whole number from 0 to 65535"),
        ("PORT", "70000", "expected a whole number from 0 to 65535"),
        ("AUTH", "maybe", "MOCK_TINGWU_AUTH is 'maybe', expected open or verify"),
        ("CLOCK", "sundial", "expected system or virtual"),
        ("ACCESS_KEYS", "nosecret", "expected AccessKeyId:AccessKeySecret pairs"),
        ("SECURITY_TOKENS", "notoken", "is set, expected AccessKeyId:SecurityToken pairs"),
        ("THROTTLE", "5", "MOCK_TINGWU_THROTTLE is '5', expected off, documented, or calls per"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    tmp_path: Path, variable: str, value: str, sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.load({}, {f"MOCK_TINGWU_{variable}": value}, tmp_path)


def test_a_file_with_unknown_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mock-tingwu.toml").write_text("colour = 'blue'\n")
    with pytest.raises(SettingsError, match=r"colour in mock-tingwu.toml is not a setting"):
        load(tmp_path)


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mock-tingwu.toml").write_text("port =\n")
    with pytest.raises(SettingsError, match=r"mock-tingwu.toml is not valid TOML"):
        load(tmp_path)


def test_a_secret_never_stands_in_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, MOCK_TINGWU_ACCESS_KEYS="id:,:topsecret")
    assert "topsecret" not in str(caught.value)


def test_file_hosts_come_from_repeated_flags_one_variable_or_a_table(tmp_path: Path) -> None:
    folder, url = tmp_path / "a,b", "http://127.0.0.1:9000/files"
    folder.mkdir()
    (tmp_path / "c").mkdir()
    settings = load(tmp_path, {"file_hosts": [f"Media.example.com={folder}", f"x:81={url}/"]})
    assert settings.file_hosts == {"media.example.com": str(folder), "x:81": url}
    settings = load(tmp_path, MOCK_TINGWU_FILE_HOSTS=f"c.example={tmp_path / 'c'}, x={url}")
    assert settings.file_hosts == {"c.example": str(tmp_path / "c"), "x": url}
    (tmp_path / "mock-tingwu.toml").write_text(f'[file_hosts]\n"x:81" = "{url}"\n')
    assert load(tmp_path).file_hosts == {"x:81": url}
    assert Settings.of({"file_hosts": {"x": folder}}).file_hosts == {"x": str(folder)}


@pytest.mark.parametrize(
    "name",
    ["CALLBACKS", "FILE_HOSTS", "OSS_BUCKETS", "APP_KEYS", "SECURITY_TOKENS", "APPS"],
)
def test_a_variable_that_is_set_to_nothing_means_none(tmp_path: Path, name: str) -> None:
    assert Settings.load({}, {f"MOCK_TINGWU_{name}": ""}, tmp_path) == Settings()


def test_a_folder_of_file_hosts_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recordings").mkdir()
    settings = load(tmp_path, {"file_hosts": ["x=recordings"]})
    assert settings.file_hosts == {"x": str(tmp_path / "recordings")}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"auth": "verfy"}, "auth is 'verfy', expected open or verify"),
        ({"clock": "vrtual"}, "clock is 'vrtual', expected system or virtual"),
        ({"seed": "x"}, "seed is 'x', expected a whole number"),
        ({"port": 99_999}, "port is 99999, expected a whole number from 0 to 65535"),
        ({"result_interval_ms": -5}, "result_interval_ms is -5"),
        ({"fetch": "perhaps"}, "fetch is 'perhaps', expected auto or always or never"),
        ({"file_hosts": {"x": "nowhere"}}, "there is no folder nowhere"),
        ({"file_hosts": {"x/y": "."}}, "expected a folder or a URL for each host"),
        ({"file_hosts": [7]}, "expected HOST=FOLDER or HOST=URL"),
        ({"file_hosts": {"a": 5}}, "expected a folder or a URL for each host$"),
        ({"callbacks": ["a=http://x", 5]}, "is 'a=http://x, 5', expected AppKey=URL with commas"),
        ({"data_dir": 5}, "data_dir is 5, expected a folder$"),
        ({"foo": 1}, "foo is not a setting"),
    ],
)
def test_a_program_s_own_settings_are_checked_as_well(
    settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        MockTingwu(**settings)


def test_credentials_of_every_kind_come_from_a_variable_or_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        MOCK_TINGWU_DISABLED_ACCESS_KEYS="old, older",
        MOCK_TINGWU_SECURITY_TOKENS="STS.a:t:1,b:u",
        MOCK_TINGWU_API_KEYS="sk-1,sk-2",
    )
    assert settings.disabled_access_keys == ("old", "older")
    assert settings.security_tokens == {"STS.a": "t:1", "b": "u"}
    assert settings.api_keys == ("sk-1", "sk-2")
    (tmp_path / "mock-tingwu.toml").write_text(
        'disabled_access_keys = ["old"]\napi_keys = ["sk"]\n[security_tokens]\na = "t"\n'
    )
    settings = load(tmp_path)
    assert (settings.disabled_access_keys, settings.api_keys) == (("old",), ("sk",))
    assert settings.security_tokens == {"a": "t"}


@pytest.mark.parametrize("name", ["security_tokens", "api_keys"])
def test_no_credential_stands_in_an_error(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.of({name: 5 if name == "api_keys" else "topsecret"})
    assert f"{name} is set, expected" in str(caught.value)
    assert "topsecret" not in str(caught.value)


def test_app_keys_stand_alone_or_with_their_owners(tmp_path: Path) -> None:
    assert load(tmp_path, MOCK_TINGWU_APP_KEYS="a, b:me").app_keys == {"a": "", "b": "me"}
    (tmp_path / "mock-tingwu.toml").write_text('app_keys = ["a", "b"]\n')
    assert load(tmp_path).app_keys == {"a": "", "b": ""}
    (tmp_path / "mock-tingwu.toml").write_text('[app_keys]\na = "me"\nb = ""\n')
    assert load(tmp_path).app_keys == {"a": "me", "b": ""}
    with pytest.raises(SettingsError, match=r"app_keys is 5, expected AppKeys, or AppKey:Access"):
        Settings.of({"app_keys": 5})


def test_the_throttle_is_off_documented_or_two_numbers(tmp_path: Path) -> None:
    assert load(tmp_path).throttle == "off"
    assert load(tmp_path, {"throttle": "2/5"}).throttle == "2/5"
    with pytest.raises(SettingsError, match=r"--throttle is 'fast', expected off, documented"):
        load(tmp_path, {"throttle": "fast"})


def test_a_recognizer_that_is_not_installed_is_named(tmp_path: Path) -> None:
    from mock_tingwu.services.world import load_recognizer

    with pytest.raises(SettingsError, match=r"recognizer is 'whisper', expected .*: scripted"):
        load_recognizer("whisper")


def test_no_api_keys_means_any(tmp_path: Path) -> None:
    assert Settings.load({}, {"MOCK_TINGWU_API_KEYS": ""}, tmp_path).api_keys == ()
    assert Settings.load({}, {}, tmp_path).api_keys == DEFAULT_API_KEYS


APP = {
    "published": False,
    "callback": "http://127.0.0.1:9/hook",
    "callback_form": "eventbridge",
    "parameters": {"analysis": {"actionsEnabled": True}},
    "terminologies": {"t1": ["open the valve"]},
}


def test_apps_are_given_by_their_ids_as_json_or_as_tables(tmp_path: Path) -> None:
    def apps(environ: dict[str, str]) -> dict[str, App]:
        return dict(Settings.load({}, environ, tmp_path).apps)

    assert apps({"MOCK_TINGWU_APPS": "tw_a, tw_b"}) == {"tw_a": App(), "tw_b": App()}
    whole = {"tw_a": App.of(APP)}
    assert apps({"MOCK_TINGWU_APPS": json.dumps({"tw_a": APP})}) == whole
    (tmp_path / "mock-tingwu.toml").write_text(
        '[apps.tw_a]\npublished = false\ncallback = "http://127.0.0.1:9/hook"\n'
        'callback_form = "eventbridge"\n[apps.tw_a.parameters.analysis]\nactionsEnabled = true\n'
        '[apps.tw_a.terminologies]\nt1 = ["open the valve"]\n'
    )
    assert apps({}) == whole


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"nonsense": 1}, "nonsense is unknown; expected parameters, published"),
        ({"published": "yes"}, "published is 'yes', expected true or false"),
        ({"parameters": []}, r"parameters is \[\], expected an object"),
        ({"callback": "ftp://x"}, "callback is 'ftp://x', expected an address such as http"),
        ({"callback": 5}, "callback is no text"),
        ({"callback_form": "sms"}, "callback_form is 'sms', expected http or eventbridge"),
        ({"terminologies": {"t": "x"}}, "terminologies is .*, expected lists of instructions"),
    ],
)
def test_an_app_that_makes_no_sense_is_refused(data: dict[str, Any], why: str) -> None:
    with pytest.raises(
        SettingsError, match=f"apps is .*, expected sensible values for tw_a: {why}"
    ):
        Settings.of({"apps": {"tw_a": data}})


def test_a_recording_begins_with_an_empty_mock(tmp_path: Path) -> None:
    environ = {"MOCK_TINGWU_DATA_DIR": str(tmp_path / "data")}
    sentence = "--record is on, expected off with MOCK_TINGWU_DATA_DIR: a recording begins with an"
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, {"record": "on"}, **environ)


def test_tls_is_spoken_where_it_is_wanted(tmp_path: Path) -> None:
    assert load(tmp_path).tls_port is None
    assert load(tmp_path, {"tls_port": "0"}).tls_port == 0
    assert load(tmp_path, MOCK_TINGWU_TLS_PORT="8943").tls_port == 8943
    (tmp_path / "mock-tingwu.toml").write_text("tls_port = 443\n")
    assert load(tmp_path).tls_port == 443
    with pytest.raises(SettingsError, match="MOCK_TINGWU_TLS_PORT is 'x', expected a whole number"):
        load(tmp_path, MOCK_TINGWU_TLS_PORT="x")


def test_what_interception_reads_is_no_slip_of_the_pen() -> None:
    names = ("MOCK_TINGWU_CA_DIR", "MOCK_TINGWU_INTERCEPT", "MOCK_TINGWU_TLS_PORT")
    assert unknown_variables(dict.fromkeys(names, "x")) == []
    assert unknown_variables({"MOCK_TINGWU_CADIR": "x"}) == ["MOCK_TINGWU_CADIR"]
