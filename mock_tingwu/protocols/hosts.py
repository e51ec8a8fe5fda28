"""The host names of the four systems, and which of them stands beside which.

CreateTask at ``tingwu.cn-beijing.aliyuncs.com`` answers with a MeetingJoinUrl at another host, and
files are in buckets that are hosts of their own (tingwu-openapi 2.2, 3.2; dashscope-tingwu 2).
"""

from __future__ import annotations

import re
from typing import Final

#: The one domain that all of them are in.
DOMAIN: Final = "aliyuncs.com"
#: Where files of a product without regions are.
_REGION: Final = "cn-beijing"
_NAME: Final = "[a-z0-9-]{2,40}"
_BUCKET_NAME: Final = "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_PRODUCT: Final = (
    f"tingwu\\.{_NAME}|tingwu-realtime-{_NAME}|dashscope(?:-[a-z]{{2,10}})?"
    f"|[a-z0-9-]{{1,63}}\\.{_NAME}\\.maas|live(?:\\.{_NAME})?"
)
#: A regular expression, in Python's and JavaScript's form, of the hosts at which the vendor serves
#: one of the four systems or their files.
PATTERN: Final = f"^(?:{_PRODUCT}|{_BUCKET_NAME}\\.oss-{_NAME})\\.aliyuncs\\.com\\.?$"

_ANY: Final = re.compile(PATTERN)
_API: Final = re.compile(rf"(?:{_PRODUCT})\.aliyuncs\.com\.?")
#: Hosts that tell their region.
_REGIONAL: Final = re.compile(
    rf"(?:tingwu\.|{_BUCKET_NAME}\.oss-)(?P<region>{_NAME})\.aliyuncs\.com\.?"
)

#: One of each product, for people who have to write names down.
EXAMPLES: Final = (
    "tingwu.cn-beijing.aliyuncs.com",
    "tingwu-realtime-cn-beijing.aliyuncs.com",
    "dashscope.aliyuncs.com",
    "live.aliyuncs.com",
    "prod-tingwu-paas-common-beijing.oss-cn-beijing.aliyuncs.com",
)


def is_product(host: str) -> bool:
    """Whether the vendor serves one of the four systems, or their files, at ``host``.

    ``host`` is without a port; its case does not matter.
    """
    return _ANY.fullmatch(host.lower()) is not None


def is_api(host: str) -> bool:
    """Whether ``host`` is a product's own, not that of a bucket."""
    return _API.fullmatch(host.lower()) is not None


def realtime_host(host: str) -> str:
    """Where the streams are of the tasks that are created at ``host``, a product's own."""
    return f"tingwu-realtime-{_region(host)}.{DOMAIN}"


def bucket_host(host: str, bucket: str) -> str:
    """Where the files of a bucket are for a client of ``host``, a product's or a bucket's."""
    return f"{bucket}.oss-{_region(host)}.{DOMAIN}"


def _region(host: str) -> str:
    found = _REGIONAL.fullmatch(host.lower())
    return found["region"] if found else _REGION
