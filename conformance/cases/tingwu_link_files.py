"""Links to result files: what comes with a file, and parts of it."""

from __future__ import annotations

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import ASSUMED, OSS_HEADERS, OSS_RANGES
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import link_to

FILE = ("download", "Transcription file")
OUTSIDE = (Need.OUTSIDE,)


async def linked(cloud: Cloud) -> str:
    """The link to the Transcription of a finished task."""
    return link_to(cloud, await cloud.tingwu.finished(cloud.recording()))


@case(
    "TW-LINK-013",
    "a link answers HEAD as well",
    sends="HEAD of a link",
    expects="HTTP 200",
    level=INFO,
    source=ASSUMED("whether the service's bucket answers HEAD, which OSS signs apart from GET"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def head(cloud: Cloud) -> None:
    link = await linked(cloud)
    answer = await cloud.http.send("download", "HEAD", link)
    cloud.check.equal(answer.status, 200, "HTTP status")


@case(
    "TW-LINK-014",
    "a file comes as JSON",
    sends="GET of a result's link",
    expects="Content-Type application/json",
    level=INFO,
    source=ASSUMED("which Content-Type the service gave its files"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def comes_as_json(cloud: Cloud) -> None:
    answer = await cloud.download(await linked(cloud))
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    cloud.check.equal(media_type, "application/json", "Content-Type")


@case(
    "TW-LINK-015",
    "the server of files is OSS",
    sends="GET of a result's link",
    expects="Server AliyunOSS, x-oss-request-id, ETag and Last-Modified",
    level=SHOULD,
    source=OSS_HEADERS("response headers"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def headers_of_oss(cloud: Cloud) -> None:
    answer = await cloud.download(await linked(cloud))
    cloud.check.equal(answer.headers.get("server"), "AliyunOSS", "Server")
    for name in ("x-oss-request-id", "etag", "last-modified"):
        cloud.check.matches(answer.headers.get(name), ".+", name)


@case(
    "TW-LINK-016",
    "a part of a file can be had",
    sends="GET of a link with Range bytes=2-9",
    expects="HTTP 206, those eight bytes, and Content-Range",
    level=MUST,
    source=OSS_RANGES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def part_of_a_file(cloud: Cloud) -> None:
    link = await linked(cloud)
    whole = (await cloud.download(link)).content
    answer = await cloud.download(link, range="bytes=2-9")
    cloud.check.equal(answer.status, 206, "HTTP status")
    cloud.check.equal(answer.content, whole[2:10], "the part")
    shown = f"bytes 2-9/{len(whole)}"
    cloud.check.equal(answer.headers.get("content-range"), shown, "Content-Range")


@case(
    "TW-LINK-017",
    "the end of a file can be had",
    sends="GET of a link with Range bytes=-7",
    expects="HTTP 206 and the last seven bytes",
    level=MUST,
    source=OSS_RANGES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def end_of_a_file(cloud: Cloud) -> None:
    link = await linked(cloud)
    whole = (await cloud.download(link)).content
    answer = await cloud.download(link, range="bytes=-7")
    cloud.check.equal(answer.status, 206, "HTTP status")
    cloud.check.equal(answer.content, whole[-7:], "the part")


@case(
    "TW-LINK-018",
    "a range beyond the end is not answered with a part",
    sends="GET of a link with Range bytes=99999999-",
    expects="HTTP 416, or 200 with all of it",
    level=MUST,
    source=OSS_RANGES,
    operations=FILE,
    needs=OUTSIDE,
    negative=True,
    time_limit=WITH_RESULTS_S,
)
async def beyond_the_end(cloud: Cloud) -> None:
    link = await linked(cloud)
    whole = (await cloud.download(link)).content
    answer = await cloud.download(link, range="bytes=99999999-")
    cloud.check.one_of(answer.status, (200, 416), "HTTP status")
    if answer.status == 200:
        cloud.check.that(answer.content == whole, "the whole file")


@case(
    "TW-LINK-019",
    "a Range that is not written right is ignored",
    sends="GET of a link with Range byte=0-9",
    expects="HTTP 200 with all of it",
    level=MUST,
    source=OSS_RANGES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_range(cloud: Cloud) -> None:
    link = await linked(cloud)
    whole = (await cloud.download(link)).content
    answer = await cloud.download(link, range="byte=0-9")
    cloud.check.equal(answer.status, 200, "HTTP status")
    cloud.check.that(answer.content == whole, "the whole file")
