"""Time stamps that are not right: they are refused, with the code that tells why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance import sdk_signing as sdk
from mock_tingwu.conformance.signing import Signer, Unsigned
from mock_tingwu.conformance.sources import ACS3_SIGNATURE, ASSUMED, GATEWAY

from .tingwu_auth_acs3 import LIST

_LONG_AGO = timedelta(minutes=17)


@case(
    "TW-AUTH-053",
    "a request of more than 15 minutes ago has expired",
    sends="a GET with x-acs-date 17 minutes ago",
    expects="HTTP 400 InvalidTimeStamp.Expired",
    level=MUST,
    source=GATEWAY("InvalidTimeStamp.Expired"),
    operations=LIST,
    negative=True,
)
async def late_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) - _LONG_AGO
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, date=date)
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Expired")


@case(
    "TW-AUTH-054",
    "a request from more than 15 minutes ahead is refused as one that has expired",
    sends="a GET with x-acs-date in 17 minutes",
    expects="HTTP 400 InvalidTimeStamp.Expired",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-date: 15 minutes"),
    operations=LIST,
    negative=True,
)
async def early_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) + _LONG_AGO
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented, date=date)
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Expired")


@case(
    "TW-AUTH-055",
    "ROA v1: a request of more than 15 minutes ago has expired",
    sends="a GET with a Date of 17 minutes ago",
    expects="HTTP 400 InvalidTimeStamp.Expired",
    level=MUST,
    source=GATEWAY("InvalidTimeStamp.Expired"),
    operations=LIST,
    negative=True,
)
async def roa_late_clock(cloud: Cloud) -> None:
    date = datetime.now(UTC) - _LONG_AGO
    answer = await cloud.tingwu.phrases("List", scheme=sdk.documented_roa, date=date)
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Expired")


def _dated(name: str, value: str | None) -> Signer:
    """Signs with another time stamp in the header ``name``, or with none."""

    def signer(request: Unsigned) -> dict[str, str]:
        acs3 = name == "x-acs-date"
        headers = sdk.acs3_headers(request) if acs3 else sdk.roa_headers(request)
        del headers[name]
        headers |= {} if value is None else {name: value}
        if acs3:
            return sdk.acs3_signed(request, headers, sdk.must_be_signed(headers))
        resource = sdk.resource(request.path, request.query)
        return sdk.roa_signed(request, headers, sdk.roa_text(request.method, headers, resource))

    return signer


@case(
    "TW-AUTH-056",
    "an x-acs-date that cannot be read is refused",
    sends="a GET with x-acs-date yesterday",
    expects="HTTP 400 InvalidTimeStamp.Format",
    level=MUST,
    source=GATEWAY("InvalidTimeStamp.Format"),
    operations=LIST,
    negative=True,
)
async def odd_date(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=_dated("x-acs-date", "yesterday"))
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Format")


@case(
    "TW-AUTH-057",
    "ROA v1: a Date that cannot be read is refused",
    sends="a GET with Date yesterday",
    expects="HTTP 400 InvalidTimeStamp.Format",
    level=MUST,
    source=GATEWAY("InvalidTimeStamp.Format"),
    operations=LIST,
    negative=True,
)
async def roa_odd_date(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=_dated("date", "yesterday"))
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Format")


@case(
    "TW-AUTH-058",
    "a request without x-acs-date is refused",
    sends="a GET without x-acs-date, signed with Signature V3",
    expects="an error with Code, Message and RequestId",
    level=MUST,
    source=ACS3_SIGNATURE("x-acs-date"),
    operations=LIST,
    negative=True,
)
async def no_date(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=_dated("x-acs-date", None))
    cloud.tingwu.refused(answer, status=None)


@case(
    "TW-AUTH-059",
    "ROA v1: a missing Date is one that cannot be read",
    sends="a GET without Date, signed with ROA v1",
    expects="HTTP 400 InvalidTimeStamp.Format",
    level=INFO,
    source=ASSUMED("the code for a missing Date"),
    operations=LIST,
    negative=True,
)
async def roa_no_date(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("List", scheme=_dated("date", None))
    cloud.tingwu.refused(answer, "InvalidTimeStamp.Format")
