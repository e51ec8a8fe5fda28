"""The host names of the four systems."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from mock_tingwu.protocols.hosts import (
    EXAMPLES,
    PATTERN,
    bucket_host,
    is_api,
    is_product,
    realtime_host,
)

APIS = (
    "tingwu.cn-beijing.aliyuncs.com",
    "tingwu.cn-shanghai.aliyuncs.com",
    "tingwu.ap-southeast-1.aliyuncs.com",
    "tingwu-realtime-cn-beijing.aliyuncs.com",
    "dashscope.aliyuncs.com",
    "dashscope-intl.aliyuncs.com",
    "dashscope-us.aliyuncs.com",
    "llm-1234567890abcdef.cn-beijing.maas.aliyuncs.com",
    "live.aliyuncs.com",
    "live.ap-southeast-1.aliyuncs.com",
    "TINGWU.CN-BEIJING.ALIYUNCS.COM",
    "dashscope.aliyuncs.com.",
)
BUCKETS = (
    "prod-tingwu-paas-common-beijing.oss-cn-beijing.aliyuncs.com",
    "Meine-Dateien.oss-eu-central-1.aliyuncs.com",
    "a0b.oss-cn-hangzhou.aliyuncs.com.",
)
OTHERS = (
    "",
    ".",
    "aliyuncs.com",
    "tingwu.aliyuncs.com",
    "tingwu.cn-beijing.aliyuncs.com.evil.com",
    "tingwu.cn-beijing.aliyuncs.com..",
    "tingwu.cn-beijing.aliyuncs.com\n",
    "tingwu.cn-beijing.aliyuncs.com:443",
    " tingwu.cn-beijing.aliyuncs.com",
    "tingwu.cn-beijing.evilaliyuncs.com",
    "tingwu.cn-beijing-aliyuncs.com",
    "tingwu.cn-beijing.aliyuncs-com",
    "xtingwu.cn-beijing.aliyuncs.com",
    "evil.tingwu.cn-beijing.aliyuncs.com",
    "tingwu.cn-beijing.aliyuncs.com.cn",
    "tingwu.cn_beijing.aliyuncs.com",
    "tíngwu.cn-beijing.aliyuncs.com",
    "tingwu.cn-béijing.aliyuncs.com",
    "tingwu.cn-beijing.aliyuncs。com",
    "dashscope.aliyuncs.com.localhost",
    "dashscopes.aliyuncs.com",
    "oss-cn-beijing.aliyuncs.com",
    "-a.oss-cn-beijing.aliyuncs.com",
    "a.b.oss-cn-beijing.aliyuncs.com",
    "ecs.aliyuncs.com",
    "sts.cn-beijing.aliyuncs.com",
    "localhost",
    "127.0.0.1",
)


@pytest.mark.parametrize("host", APIS)
def test_these_are_the_hosts_of_apis(host: str) -> None:
    assert is_product(host) and is_api(host)


@pytest.mark.parametrize("host", BUCKETS)
def test_these_are_the_hosts_of_files(host: str) -> None:
    assert is_product(host) and not is_api(host)


@pytest.mark.parametrize("host", OTHERS, ids=repr)
def test_these_are_others(host: str) -> None:
    assert not is_product(host) and not is_api(host)


def test_examples_are_some_of_them() -> None:
    assert all(map(is_product, EXAMPLES)) and len({*EXAMPLES}) == 5


@pytest.mark.parametrize(
    ("host", "realtime", "bucket"),
    [
        ("tingwu.cn-beijing.aliyuncs.com", "cn-beijing", "cn-beijing"),
        ("tingwu.cn-shanghai.aliyuncs.com", "cn-shanghai", "cn-shanghai"),
        ("Tingwu.CN-Shanghai.aliyuncs.com.", "cn-shanghai", "cn-shanghai"),
        ("dashscope.aliyuncs.com", "cn-beijing", "cn-beijing"),
        ("some.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou", "cn-hangzhou"),
    ],
)
def test_what_stands_beside_them_is_in_the_same_region(
    host: str, realtime: str, bucket: str
) -> None:
    assert realtime_host(host) == f"tingwu-realtime-{realtime}.aliyuncs.com"
    assert bucket_host(host, "mine") == f"mine.oss-{bucket}.aliyuncs.com"
    assert is_product(realtime_host(host)) and is_product(bucket_host(host, "mine"))


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node")
def test_node_finds_the_same_ones() -> None:
    program = (
        "const [pattern, hosts] = JSON.parse(require('fs').readFileSync(0));"
        "const known = new RegExp(pattern);"
        "console.log(JSON.stringify(hosts.map((host) => known.test(host.toLowerCase()))));"
    )
    hosts = [*APIS, *BUCKETS, *OTHERS]
    done = subprocess.run(
        ["node", "-e", program],
        input=json.dumps([PATTERN, hosts]),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout) == [is_product(host) for host in hosts]
