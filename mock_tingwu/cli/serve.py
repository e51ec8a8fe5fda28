"""``mock-tingwu serve``: the server in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
from dataclasses import replace
from pathlib import Path

from mock_tingwu.cli import BAD_USAGE, complain
from mock_tingwu.cli.sdk import settings_for
from mock_tingwu.counting import counted
from mock_tingwu.settings import (
    DEFAULT_ACCESS_KEYS,
    DEFAULT_API_KEYS,
    Settings,
    SettingsError,
    unknown_variables,
)

#: Where TLS is spoken unless another port is named, and where the cloud speaks it.
TLS_PORT = 8943
HTTPS_PORT = 443
#: Processes at the same time.
MOST_WORKERS = 64
#: Addresses that mean "all of this machine's": clients on it connect to the loopback.
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags, named like the settings they set; those check the values."""
    default = Settings()
    parser.add_argument(
        "--host", metavar="ADDRESS", help=f"address to listen on (default {default.host})"
    )
    parser.add_argument(
        "--port",
        metavar="PORT",
        help=f"port to listen on, 0 for a free one (default {default.port})",
    )
    parser.add_argument(
        "--allowed-hosts",
        metavar="NAMES",
        help="names by which, and hosts from whose web pages, the control API may be called "
        "(default: any name unless it listens on the loopback, no other pages)",
    )
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        help="where everything is kept that is to outlive the process (default: nothing is)",
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="a Redis server that keeps everything but the files in --data-dir: "
        "redis://host:port/db or unix:///path",
    )
    parser.add_argument(
        "--auth",
        metavar="{open,verify}",
        help="take any credentials, or check every signature (default open)",
    )
    parser.add_argument(
        "--seed", metavar="N", help="the same seed gives the same identifiers (default 0)"
    )
    parser.add_argument(
        "--clock",
        metavar="{system,virtual}",
        help="real time, or a clock that stands still until it is advanced (default system)",
    )
    parser.add_argument(
        "--callback",
        dest="callbacks",
        action="append",
        metavar="APPKEY=URL",
        help="where callbacks of the tasks of an AppKey are sent; can be repeated",
    )
    parser.add_argument(
        "--fetch",
        metavar="{auto,always,never}",
        help="fetch the recordings of offline tasks, or imagine them (default auto: fetch from "
        "this machine and from --file-host, imagine the rest)",
    )
    parser.add_argument(
        "--file-host",
        dest="file_hosts",
        action="append",
        metavar="HOST=FOLDER",
        help="a folder, or the URL of a server, that stands for a host of FileUrl; can be repeated",
    )
    parser.add_argument(
        "--reach",
        action="append",
        metavar="HOST|NETWORK",
        help="let URLs of API callers lead there, too, such as 127.0.0.0/8; matters with a --host "
        "that is not loopback; can be repeated",
    )
    parser.add_argument(
        "--throttle",
        metavar="{off,documented,N/M}",
        help="refuse more than N CreateTask and M GetTaskInfo a second (default off; documented "
        "is 20/100)",
    )
    parser.add_argument(
        "--fault-coverage",
        dest="fault_coverage",
        action="store_const",
        const="on",
        help="count which failures clients meet, and print them at the end",
    )
    parser.add_argument(
        "--scenario",
        action="append",
        metavar="NAME|FILE",
        help="a situation to begin with, see mock-tingwu scenarios; can be repeated",
    )
    parser.add_argument(
        "--profile",
        metavar="{plain,awkward}[,-HABIT...]",
        help="be awkward within the contract, so that clients have to be right (default plain; "
        "mock-tingwu profile lists the habits)",
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        help="write a bundle of all that happens there at the end, for mock-tingwu replay",
    )
    parser.add_argument(
        "--tls",
        action="store_true",
        help=f"speak TLS as well, under the cloud's host names, on port {TLS_PORT} or --tls-port",
    )
    parser.add_argument(
        "--tls-port", metavar="PORT", help="the port for TLS, 0 for a free one (default: none)"
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        help="serve with N processes, which share what they have on --store (default 1)",
    )
    parser.epilog = (
        "Each setting can also come from the environment (MOCK_TINGWU_PORT) "
        "or from mock-tingwu.toml; flags win."
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM. Exit code 0, or 2 for settings that make no sense."""
    try:
        settings = Settings.load(vars(args), os.environ)
        if args.tls and settings.tls_port is None:
            if settings.port == TLS_PORT:
                raise SettingsError(
                    f"--port is {TLS_PORT}, where --tls speaks TLS; --tls-port names another port"
                )
            settings = replace(settings, tls_port=TLS_PORT)
        if settings.data_dir is not None:
            _prepare(settings.data_dir)
        workers = _workers(args.workers)
        if workers > 1:
            return _serve_together(settings, workers)
        # After the settings: a wrong flag is told at once.
        from mock_tingwu.server import garbage
        from mock_tingwu.server.process import Server

        server = Server(settings)
        sock = server.listen()
        for name in unknown_variables(os.environ):
            complain("serve", f"{name} is no setting and has no effect")
    except SettingsError as error:
        complain("serve", error)
        return BAD_USAGE
    port = sock.getsockname()[1]

    def started() -> None:
        garbage.calm()
        server.world.on_scope_ended = garbage.Sweeper().sweep_soon
        announce(settings, port, server.tls_port)

    server.on_started = started
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C before the server watches for it
        server.run([sock])
    if server.world.coverage is not None:
        print("", *server.world.coverage.lines(), sep="\n", flush=True)
    return 0


def _workers(given: str | None) -> int:
    """The number of processes."""
    if given is None:
        return 1
    if not re.fullmatch("[0-9]{1,9}", given) or not 1 <= int(given) <= MOST_WORKERS:
        expected = f"a whole number from 1 to {MOST_WORKERS}"
        raise SettingsError(f"--workers is {given}, expected {expected}")
    return int(given)


def _serve_together(settings: Settings, workers: int) -> int:
    """The same with several processes. Raises `SettingsError`."""
    from mock_tingwu.workers.conditions import check

    check(settings, workers)  # before what needs redis
    from mock_tingwu.workers.supervisor import Supervisor

    supervisor = Supervisor(settings, workers)
    with contextlib.closing(supervisor):
        port = supervisor.listen()
        for name in unknown_variables(os.environ):
            complain("serve", f"{name} is no setting and has no effect")
        supervisor.run(lambda: announce(settings, port))
    return 0


def announce(settings: Settings, port: int, tls_port: int | None = None) -> None:
    """Say where the server listens. Scripts read the first line, so its form is fixed."""
    from mock_tingwu.core.imagination import is_this_machine

    host = _WILDCARDS.get(settings.host, settings.host)
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"mock-tingwu listening on {url}"]
    if tls_port is not None:
        lines += _by_tls(host, tls_port)
    if not is_this_machine(settings.host):
        lines.append("Whoever reaches this address can use the control API as well (/_mock).")
    lines.append("")
    key, secret, api_key = "any", "any", "any"
    if settings.auth == "verify":
        key, secret = "<your AccessKeyId>", "<your AccessKeySecret>"
        if settings.access_keys == DEFAULT_ACCESS_KEYS:
            key, secret = next(iter(DEFAULT_ACCESS_KEYS.items()))
            lines += [f"Signatures are checked. AccessKeyId {key}, AccessKeySecret {secret}", ""]
        else:
            pairs = counted(len(settings.access_keys), "configured key pair")
            lines += [f"Signatures are checked against your {pairs}.", ""]
        if settings.api_keys == DEFAULT_API_KEYS:
            api_key = DEFAULT_API_KEYS[0]
            lines += [f"API keys of DashScope are checked: {api_key}", ""]
        elif settings.api_keys:
            api_key = "<your API key>"
            count = len(settings.api_keys)
            lines += [f"API keys of DashScope are checked against your {count}.", ""]
    for scenario in settings.scenario:
        lines += [f"Scenario {scenario.name}: {scenario.description}".rstrip(": "), ""]
    print("\n".join(lines), settings_for(url, key, secret, api_key), sep="\n", flush=True)


def _by_tls(host: str, port: int) -> list[str]:
    """How to get there by TLS under the cloud's names."""
    from mock_tingwu.interception.authority import CERTIFICATE, folder
    from mock_tingwu.protocols.hosts import EXAMPLES

    shown = f"[{host}]" if ":" in host else host
    lines = [f"By TLS, for whoever trusts {folder() / CERTIFICATE}: https://{shown}:{port}"]
    if port == HTTPS_PORT:
        lines.append("Lines for the hosts file of a machine that is to find it by the real names:")
    else:
        lines.append(
            f"Lines for a hosts file, where port {HTTPS_PORT} leads to port {port} "
            "(docs/unmodified.md):"
        )
    return lines + [f"{host} {name}" for name in EXAMPLES]


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"--data-dir is {str(folder)!r}, which cannot be used: {error.strerror or error}"
        raise SettingsError(problem) from None
