"""Settings: command line over environment over ``mock-tingwu.toml`` over defaults."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from mock_tingwu.core.apps import App
from mock_tingwu.core.awkward.habits import Profile
from mock_tingwu.core.masking import masked
from mock_tingwu.core.reach import reach_entry
from mock_tingwu.core.receivers import receiver_url
from mock_tingwu.core.shown import shown
from mock_tingwu.core.tasks import RESULT_INTERVAL_MS
from mock_tingwu.core.throttle import Limits
from mock_tingwu.redis_address import StoreAddress

if TYPE_CHECKING:
    from mock_tingwu.core.scenarios import Scenario

#: What `mock-tingwu serve` accepts in verify mode when nothing else is configured.
DEFAULT_ACCESS_KEYS: Mapping[str, str] = {"mock-access-key-id": "mock-access-key-secret"}
DEFAULT_API_KEYS: tuple[str, ...] = ("sk-mock-api-key",)

PREFIX = "MOCK_TINGWU_"
#: Settings whose values no message may quote.
_SECRET = ("access_keys", "security_tokens", "api_keys", "store")
#: Flags that are not called like their setting.
_FLAGS: Mapping[str, str] = {"callbacks": "--callback", "file_hosts": "--file-host"}

#: A host with or without a port, or any host.
_HOST = re.compile(r"\*|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
#: What a bucket of OSS may be called.
BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


#: What a scope can have of its own, beside its seed and its clock.
OWN_SETTINGS: Final = (
    "result_interval_ms",
    "throttle",
    "offline_quota_minutes",
    "max_streams",
    "oss_buckets",
    "app_keys",
)


class SettingsError(ValueError):
    """A setting that makes no sense; the message names it, its value and what was expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server behaves.

    ``allowed_hosts``: the hosts, ``name`` or ``name:port``, by which the control API may be called
    and from whose web pages, beside the server's own addresses; ``*`` stands for all. Without any,
    a server that listens on more than the loopback may be called by every name.
    ``auth``: ``open`` takes any credentials, ``verify`` checks signatures against ``access_keys``
    (AccessKeyId to secret), ``security_tokens`` (AccessKeyId to the token of a temporary key; a key
    that is not there goes with any other token) and ``api_keys`` (bearer tokens, any when there are
    none); ``disabled_access_keys`` are refused. ``clock``: ``system`` or ``virtual``.
    ``result_interval_ms``: the time between two results of a task. ``max_body_bytes``:
    larger request bodies are refused.
    ``data_dir``: where everything is kept that outlives the process; None keeps nothing.
    ``store``: the Redis server that everything but files is kept on instead, see
    `mock_tingwu.redis_address.StoreAddress`; it may have a password in it.
    ``recognizer``: the name of an installed entry point of the group ``mock_tingwu.recognizers``,
    or ``scripted``.
    ``offline_quota_minutes``: how much recording may be read in a day, 0 without limit.
    ``max_streams``: how many realtime streams may be on at a time, 0 without limit.
    ``oss_buckets``: the buckets that an OutputPath may name, any when there are none.
    ``app_keys``: the AppKeys that exist, each with the AccessKeyId that it belongs to or "" for
    everybody's; any when there are none. ``throttle``: calls per second, see
    `mock_tingwu.core.throttle.Limits.parse`.
    ``apps``: DashScope's apps by their appId; every appId is one when there are none. ``task_ids``:
    ``any`` that a client of its WebSocket chooses is taken, or only ``documented`` ones of 16
    characters.
    ``callbacks``: the callback address of each AppKey.
    ``fault_coverage``: whether it is counted which failures clients have met.
    ``fetch``: which recordings are fetched: ``auto`` those on this machine and on ``file_hosts``,
    ``always`` all, ``never`` none; others are imagined. ``file_hosts``: the folder or base URL that
    stands for a host of FileUrl.
    ``reach``: hosts and networks that URLs of API callers may lead to, also where the server does
    not listen on a loopback address; see `mock_tingwu.core.reach`.
    ``scenario``: what the default scope begins with, and again after every reset. Their settings
    count like these, where the same is not said here.
    ``tls_port``: where TLS is spoken besides, under the cloud's names; None is nowhere.
    ``profile``: plain, or how awkward, see `mock_tingwu.core.awkward.habits.Profile.parse`.
    ``record``: ``off``, ``on``, or the file that a bundle of all that happens is written to at the
    end.
    """

    host: str = "127.0.0.1"
    port: int = 8900
    allowed_hosts: tuple[str, ...] = ()
    auth: Literal["open", "verify"] = "open"
    clock: Literal["system", "virtual"] = "system"
    seed: int = 0
    data_dir: Path | None = None
    store: str | None = field(default=None, repr=False)
    result_interval_ms: int = RESULT_INTERVAL_MS
    max_body_bytes: int = 8 * 1024 * 1024
    recognizer: str = "scripted"
    offline_quota_minutes: int = 0
    max_streams: int = 0
    oss_buckets: tuple[str, ...] = ()
    app_keys: Mapping[str, str] = field(default_factory=dict)
    throttle: str = "off"
    callbacks: Mapping[str, str] = field(default_factory=dict)
    fetch: Literal["auto", "always", "never"] = "auto"
    file_hosts: Mapping[str, str] = field(default_factory=dict)
    reach: tuple[str, ...] = ()
    access_keys: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_ACCESS_KEYS))
    disabled_access_keys: tuple[str, ...] = ()
    security_tokens: Mapping[str, str] = field(default_factory=dict)
    api_keys: tuple[str, ...] = DEFAULT_API_KEYS
    apps: Mapping[str, App] = field(default_factory=dict)
    task_ids: Literal["any", "documented"] = "any"
    fault_coverage: bool = False
    scenario: tuple[Scenario, ...] = ()
    tls_port: int | None = None
    profile: str = "plain"
    record: str = "off"

    @property
    def values(self) -> dict[str, Any]:
        """All of them by name, as `of` takes them."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be shown nowhere."""
        found = (*self.access_keys.values(), *self.security_tokens.values(), *self.api_keys)
        password = StoreAddress.parse(self.store).password if self.store else ""
        return (*found, password) if password else found

    @classmethod
    def load(
        cls, flags: Mapping[str, Any], environ: Mapping[str, str], folder: Path | None = None
    ) -> Self:
        """Settings from all sources. ``flags`` that are None are not given.

        Raises:
            SettingsError: a value is not understood.
        """
        values: dict[str, tuple[Any, str]] = {}
        file = (folder or Path.cwd()) / "mock-tingwu.toml"
        if file.is_file():
            import tomllib

            try:
                table = tomllib.loads(file.read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise SettingsError(f"{file.name} is not valid TOML: {error}") from None
            values |= {name: (value, f"{name} in {file.name}") for name, value in table.items()}
        for item in fields(cls):
            variable = PREFIX + item.name.upper()
            if variable in environ:
                values[item.name] = (environ[variable], variable)
            if flags.get(item.name) is not None:
                flag = _FLAGS.get(item.name, "--" + item.name.replace("_", "-"))
                values[item.name] = (flags[item.name], flag)
        return cls._converted(values)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Settings from a program's own values; None counts as not given.

        Raises:
            SettingsError: a value is not understood.
        """
        return cls._converted({n: (v, n) for n, v in values.items() if v is not None})

    @classmethod
    def _converted(cls, values: Mapping[str, tuple[Any, str]]) -> Self:
        """``values`` maps a setting's name to its value and to where that comes from."""
        settings = cls()
        if "scenario" in values:
            values = cls._with_scenarios(values)
        for name, (value, origin) in values.items():
            convert = _CONVERT.get(name)
            if convert is None:
                raise SettingsError(f"{origin} is not a setting; there are {', '.join(_CONVERT)}")
            try:
                settings = replace(settings, **{name: convert(value)})
            except (ValueError, TypeError) as error:
                given = ", ".join(map(str, value)) if isinstance(value, list) else value
                quoted = "set" if name in _SECRET else masked(repr(given))
                raise SettingsError(f"{origin} is {quoted}, expected {error}") from None
        if settings.record != "off" and settings.data_dir is not None:
            origin, other = values["record"][1], values["data_dir"][1]
            raise SettingsError(
                f"{origin} is {settings.record}, expected off with {other}: a recording begins "
                "with an empty mock"
            )
        if settings.store is not None and settings.data_dir is None:
            raise SettingsError(
                f"{values['store'][1]} is set, expected data_dir with it: files are kept there"
            )
        return settings

    @classmethod
    def _with_scenarios(cls, values: Mapping[str, tuple[Any, str]]) -> dict[str, tuple[Any, str]]:
        """``values`` with those settings of its scenarios that it does not have itself."""
        given, origin = values["scenario"]
        try:
            scenarios = _scenarios(given)
        except ValueError as error:
            texts = ", ".join(map(str, given)) if isinstance(given, list) else str(given)
            quoted = masked(shown(texts))
            raise SettingsError(f"{origin} is {quoted}, expected a scenario: {error}") from None
        found: dict[str, tuple[Any, str]] = {}
        for scenario in scenarios:
            for name, value in scenario.settings.items():
                found[name] = value, f"{scenario.at('settings', name)}: settings.{name}"
        return {**found, **values, "scenario": (scenarios, origin)}


#: A variable of ``mock-tingwu live listen``, which has no settings beside it.
LIVE_AUTH_KEY: Final = f"{PREFIX}LIVE_AUTH_KEY"
#: A variable of programs that look for a mock: its address.
URL: Final = f"{PREFIX}URL"
#: Variables of programs that ``mock-tingwu client-check`` runs.
OF_CHECKED_PROGRAMS: Final = tuple(
    f"{PREFIX}{name}" for name in ("CASE", "AUDIO", "FILE_URL", "CALLBACK_URL", "CALLBACK_PORT")
)


#: Where the authority is kept, and what programs are told that `mock-tingwu run` runs.
OF_INTERCEPTION: Final = (f"{PREFIX}CA_DIR", f"{PREFIX}INTERCEPT")


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """The variables that look like settings and are none: a slip of the pen, mostly."""
    known = {PREFIX + item.name.upper() for item in fields(Settings)}
    known |= {LIVE_AUTH_KEY, URL, *OF_CHECKED_PROGRAMS, *OF_INTERCEPTION}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def _whole(lowest: int, highest: int) -> Any:
    def convert(value: Any) -> int:
        expected = f"a whole number from {lowest} to {highest}"
        try:
            number = int(str(value))
        except ValueError:
            raise ValueError(expected) from None
        if not lowest <= number <= highest:
            raise ValueError(expected)
        return number

    return convert


def _one_of(*choices: str) -> Any:
    def convert(value: Any) -> str:
        if value not in choices:
            raise ValueError(" or ".join(choices))
        return str(value)

    return convert


def _switch(value: Any) -> bool:
    known = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    found = known.get(str(value).lower())
    if found is None:
        raise ValueError("on or off")
    return found


def _key_pairs(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(key): str(secret) for key, secret in value.items()}
    pairs = [pair.partition(":") for pair in str(value).split(",") if pair.strip()]
    if not pairs or not all(key.strip() and secret.strip() for key, _, secret in pairs):
        raise ValueError("AccessKeyId:AccessKeySecret pairs with commas between them")
    return {key.strip(): secret.strip() for key, _, secret in pairs}


def _security_tokens(value: Any) -> dict[str, str]:
    if value == "":
        return {}
    try:
        return _key_pairs(value)
    except ValueError:
        raise ValueError("AccessKeyId:SecurityToken pairs with commas between them") from None


def _app_keys(value: Any) -> dict[str, str]:
    """AppKeys alone or with their owners: a table, a list, or a text with commas."""
    if isinstance(value, Mapping):
        return {str(app_key): str(owner) for app_key, owner in value.items()}
    try:
        pairs = [name.partition(":") for name in _names(value)]
    except ValueError:
        raise ValueError("AppKeys, or AppKey:AccessKeyId pairs, with commas between them") from None
    return {app_key.strip(): owner.strip() for app_key, _, owner in pairs}


def _throttle(value: Any) -> str:
    Limits.parse(str(value))
    return str(value)


def _profile(value: Any) -> str:
    return str(Profile.parse(value))


def _names(value: Any) -> tuple[str, ...]:
    """Names with commas between them, or a list of them."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) for name in given):
        raise ValueError("names with commas between them")
    return tuple(name.strip() for name in given if name.strip())


def _callbacks(value: Any) -> dict[str, str]:
    expected = "AppKey=URL with commas between them"
    if isinstance(value, Mapping):
        expected = "a URL for each AppKey"
        pairs = [(str(app_key), url) for app_key, url in value.items()]
    else:
        # An address may have commas of its own; a flag that is repeated is a list.
        texts = value if isinstance(value, list) else re.split(r",(?=[^,=]+=https?:)", str(value))
        split = (text.strip().partition("=") for text in map(str, texts) if text.strip())
        pairs = [(app_key, url) for app_key, _, url in split]
    if not all(app_key for app_key, _ in pairs):
        raise ValueError(expected)
    try:
        return {app_key: receiver_url(url) for app_key, url in pairs}
    except ValueError as error:
        raise ValueError(f"{expected}, the URL {error}") from None


def _folder(value: Any) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise ValueError("a folder")
    return Path(value)


def _file_hosts(value: Any) -> dict[str, str]:
    expected = "HOST=FOLDER or HOST=URL with commas between them"
    if isinstance(value, Mapping):
        expected = "a folder or a URL for each host"
        if not all(isinstance(target, str | os.PathLike) for target in value.values()):
            raise ValueError(expected)
        pairs = [(str(host), os.fspath(target)) for host, target in value.items()]
    else:
        texts = value if isinstance(value, list) else str(value).split(",")
        split = (text.partition("=") for text in map(str, texts) if text.strip())
        pairs = [(host, target) for host, _, target in split]
    hosts = {}
    for host, target in ((host.strip().lower(), target.strip()) for host, target in pairs):
        if not host or "/" in host or not target:
            raise ValueError(expected)
        if re.match("(https?|rtmps?)://[^/]", target):
            hosts[host] = target.rstrip("/")
        elif Path(target).is_dir():
            hosts[host] = str(Path(target).absolute())
        else:
            raise ValueError(f"{expected}: there is no folder {target}")
    return hosts


def _reach(value: Any) -> tuple[str, ...]:
    try:
        # A flag that is repeated is a list.
        given = ",".join(value) if isinstance(value, list | tuple) else value
        return tuple(map(reach_entry, _names(given)))
    except (ValueError, TypeError):
        raise ValueError("hosts or networks such as 127.0.0.0/8 with commas between them") from None


def _store(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("the URL of a Redis server")
    StoreAddress.parse(value)
    if find_spec("redis") is None:
        raise ValueError("redis to be installed: pip install 'mock-tingwu[workers]'")
    return value


def _buckets(value: Any) -> tuple[str, ...]:
    names = _names(value)
    if not all(map(BUCKET_NAME.fullmatch, names)):
        raise ValueError("names of buckets: 3 to 63 small letters, digits and hyphens")
    return names


def _allowed_hosts(value: Any) -> tuple[str, ...]:
    expected = "hosts with commas between them, such as mock.test or mock.test:8900, or *"
    try:
        names = _names(value)
    except ValueError:
        raise ValueError(expected) from None
    if not all(map(_HOST.fullmatch, names)):
        raise ValueError(expected)
    return names


def _apps(value: Any) -> dict[str, App]:
    """Apps with what is configured of each: a table, or JSON; or their ids alone."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("appIds with commas between them, or JSON") from None
    if not isinstance(value, Mapping):
        return {app_id: App() for app_id in _names(value)}
    apps = {}
    for app_id, data in value.items():
        if isinstance(data, App):
            apps[str(app_id)] = data
            continue
        if not isinstance(data, Mapping):
            raise ValueError(f"a table for each appId, also for {app_id}")
        try:
            apps[str(app_id)] = App.of(data)
        except ValueError as error:
            raise ValueError(f"sensible values for {app_id}: {error}") from None
    return apps


def _scenarios(value: Any) -> tuple[Scenario, ...]:
    """Names of starters and paths of files with commas between; or a list, also of objects."""
    if value == "" or value == ():
        return ()
    # Loads much: only when there is one.
    from mock_tingwu.core.scenarios import Scenario, find, scenario_of_data

    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    found = []
    for given in value if isinstance(value, list | tuple) else [value]:
        if isinstance(given, Scenario):
            found.append(given)
        elif isinstance(given, Mapping):
            found.append(scenario_of_data(given))
        elif isinstance(given, str | Path):
            found.append(find(given))
        else:
            raise ValueError("its name, the path of its file or an object")
    return tuple(found)


def _record(value: Any) -> str:
    """Off, on, or the file that a bundle is written to."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value in ("off", "on"):
        return str(value)
    if not isinstance(value, str | os.PathLike) or not os.fspath(value):
        raise ValueError("off, on or a file")
    path = Path(value).absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError("off, on or a file in a folder that there is")
    return str(path)


_CONVERT: dict[str, Any] = {
    "host": str,
    "port": _whole(0, 65535),
    "allowed_hosts": _allowed_hosts,
    "tls_port": _whole(0, 65535),
    "auth": _one_of("open", "verify"),
    "clock": _one_of("system", "virtual"),
    "seed": _whole(-(2**63), 2**63 - 1),
    "data_dir": _folder,
    "store": _store,
    "result_interval_ms": _whole(0, 24 * 60 * 60 * 1000),
    "max_body_bytes": _whole(1, 2**40),
    "recognizer": str,
    "offline_quota_minutes": _whole(0, 10**6),
    "max_streams": _whole(0, 10**6),
    "oss_buckets": _buckets,
    "app_keys": _app_keys,
    "throttle": _throttle,
    "callbacks": _callbacks,
    "fetch": _one_of("auto", "always", "never"),
    "file_hosts": _file_hosts,
    "reach": _reach,
    "access_keys": _key_pairs,
    "disabled_access_keys": _names,
    "security_tokens": _security_tokens,
    "api_keys": _names,
    "apps": _apps,
    "task_ids": _one_of("any", "documented"),
    "fault_coverage": _switch,
    "scenario": _scenarios,
    "profile": _profile,
    "record": _record,
}
