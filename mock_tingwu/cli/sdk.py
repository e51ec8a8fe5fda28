"""``mock-tingwu sdk``: settings that point each SDK at the mock (tingwu-openapi 5.3)."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

from mock_tingwu.cli import BAD_USAGE, complain

DEFAULT_URL = "http://127.0.0.1:8900"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The address to fill in."""
    parser.add_argument(
        "--url", default=DEFAULT_URL, help=f"address of the mock (default {DEFAULT_URL})"
    )


def run(args: argparse.Namespace) -> int:
    """Print the settings."""
    from mock_tingwu.client.address import is_http, no_address

    if not is_http(args.url):
        complain("sdk", no_address(args.url, "--url", f"an address such as {DEFAULT_URL}"))
        return BAD_USAGE
    print(settings_for(args.url.rstrip("/")))
    return 0


def settings_for(url: str, key: str = "any", secret: str = "any", api_key: str = "any") -> str:
    """The settings for a mock at ``url`` that knows this key pair and this API key."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    values = {
        "url": url,
        "endpoint": parts.netloc,
        "host": f"[{host}]" if ":" in host else host,
        "port": str(port),
        "scheme": parts.scheme,
        "SCHEME": parts.scheme.upper(),
        "key": key,
        "secret": secret,
        "api_key": api_key,
        "ws": url.replace("http", "ws", 1),
    }
    blocks = []
    for title, text in SDKS:
        for name, value in values.items():
            text = text.replace(f"«{name}»", value)
        indented = "\n".join(f"  {line}" for line in text.splitlines())
        blocks.append(f"{title}\n{indented}")
    return "\n\n".join(blocks)


#: Title and settings of each SDK. «name» is filled in.
SDKS: tuple[tuple[str, str], ...] = (
    (
        "Python, aliyun-python-sdk-core",
        'client = AcsClient("«key»", "«secret»", "cn-beijing", port=«port»)\n'
        'request.set_domain("«host»")\n'
        'request.set_protocol_type("«scheme»")',
    ),
    (
        "Python, alibabacloud-tingwu20230930",
        'config = Config(access_key_id="«key»", access_key_secret="«secret»",\n'
        '                endpoint="«endpoint»", protocol="«SCHEME»")',
    ),
    (
        "Node, @alicloud/tingwu20230930",
        'new Config({accessKeyId: "«key»", accessKeySecret: "«secret»",\n'
        '            endpoint: "«endpoint»", protocol: "«SCHEME»"})',
    ),
    (
        "Node, @alicloud/pop-core",
        'new ROAClient({accessKeyId: "«key»", accessKeySecret: "«secret»",\n'
        '               endpoint: "«url»", apiVersion: "2023-09-30"})',
    ),
    (
        "Java, aliyun-java-sdk-core (CommonRequest)",
        'request.setSysDomain("«endpoint»");\nrequest.setSysProtocol(ProtocolType.«SCHEME»);',
    ),
    (
        "Java, alibabacloud-tingwu20230930 (async client)",
        ".overrideConfiguration(ClientOverrideConfiguration.create()\n"
        '    .setEndpointOverride("«endpoint»").setProtocol("«SCHEME»"))',
    ),
    (
        "Go, alibaba-cloud-sdk-go (CommonRequest)",
        'request.Domain, request.Port = "«host»", "«port»"\nrequest.SetScheme("«scheme»")',
    ),
    (
        "C++, alibabacloud core (CommonRequest)",
        'request.setDomain("«endpoint»");\nrequest.setScheme("«scheme»");',
    ),
    (
        "NLS SDKs (Python, Node, Java, Go, C++) and browsers, for the audio stream",
        "url = the MeetingJoinUrl that CreateTask returns; it leads back here\n"
        'token and appkey = "default"',
    ),
    (
        "Python, aliyun-python-sdk-live",
        'client = AcsClient("«key»", "«secret»", "cn-shanghai", port=«port»)\n'
        'request.set_endpoint("«host»")\n'
        'request.set_protocol_type("«scheme»")',
    ),
    (
        "Python, alibabacloud-live20161101",
        'config = Config(access_key_id="«key»", access_key_secret="«secret»",\n'
        '                endpoint="«endpoint»", protocol="«SCHEME»")',
    ),
    (
        "Node, @alicloud/pop-core, for Live",
        'new RPCClient({accessKeyId: "«key»", accessKeySecret: "«secret»",\n'
        '               endpoint: "«url»", apiVersion: "2016-11-01"})',
    ),
    (
        "Java and Go, CommonRequest, for Live",
        "as for Tingwu above, with an action (setSysAction, ApiName) instead of a path",
    ),
    (
        "Python, dashscope in its 1.x style",
        'TingWu.call(..., api_key="«api_key»",\n'
        '            base_address="«url»/api/v1/services/aigc/multimodal-generation/generation")\n'
        'TingWuRealtime(..., api_key="«api_key»", base_address="«ws»/api-ws/v1/inference")',
    ),
    (
        "Python, dashscope v2",
        'client = dashscope.Client(api_key="«api_key»", base_url="«url»/api/v1")\n'
        'client.tingwu.realtime(..., ws_url="«ws»/api-ws/v1/inference")',
    ),
    (
        "Java, dashscope-sdk-java",
        'new TingWu("http", "«url»/api/v1/services/aigc/multimodal-generation/generation");\n'
        'new TingWuRealtime("«ws»/api-ws/v1/inference");',
    ),
)
