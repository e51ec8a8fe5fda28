"""Offline tasks: how a recording is fetched, and which recordings are taken."""

from __future__ import annotations

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.outside import Arrived
from mock_tingwu.conformance.sources import CREATE_TASK, FETCHER, OFFLINE
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

BOTH = ("CreateTask", "GetTaskInfo")
OUTSIDE = (Need.OUTSIDE,)


def requests_for(cloud: Cloud, url: str) -> list[Arrived]:
    """The requests for a file, whatever query they have."""
    return [a for a in cloud.outside.fetched if a.url.partition("?")[0] == url.partition("?")[0]]


@case(
    "TW-OFFLINE-028",
    "the query of the FileUrl is sent with it",
    sends="CreateTask with a link as stores of objects sign it",
    expects="a GET with the same query",
    level=MUST,
    source=OFFLINE("FileUrl"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def query_is_sent(cloud: Cloud) -> None:
    url = cloud.recording() + "?Expires=4102444800&OSSAccessKeyId=any&Signature=a%2Fb%2Bc%3D"
    await cloud.tingwu.finished(url)
    asked = {request.url for request in requests_for(cloud, url)}
    cloud.check.that(url in asked, f"a GET for {url}", asked)


@case(
    "TW-OFFLINE-029",
    "the fetcher is ffmpeg's",
    sends="CreateTask with the URL of a recording",
    expects="the User-Agent Lavf/<version>",
    level=SHOULD,
    source=FETCHER("User-Agent"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def fetched_by_ffmpeg(cloud: Cloud) -> None:
    url = cloud.recording()
    await cloud.tingwu.finished(url)
    requests = requests_for(cloud, url)
    cloud.check.that(bool(requests), f"a GET for {url}")
    cloud.check.matches(requests[0].headers.get("user-agent"), r"Lavf/[\d.]+", "User-Agent")


@case(
    "TW-OFFLINE-030",
    "the whole recording is asked for as a range",
    sends="CreateTask with the URL of a recording",
    expects="the first GET has Range bytes=0-",
    level=SHOULD,
    source=FETCHER("ranges"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def whole_range_first(cloud: Cloud) -> None:
    url = cloud.recording()
    await cloud.tingwu.finished(url)
    ranges = [request.headers.get("range") for request in requests_for(cloud, url)]
    cloud.check.equal(ranges[:1], ["bytes=0-"], "the first Range")


@case(
    "TW-OFFLINE-031",
    "the fetcher seeks beyond the end of the recording and back into it",
    sends="CreateTask with the URL of a recording whose server answers ranges with 206 and 416",
    expects="a Range beyond its end and one into it; COMPLETED all the same",
    level=SHOULD,
    source=FETCHER("ranges"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def seeks(cloud: Cloud) -> None:
    url = cloud.recording()
    await cloud.tingwu.finished(url)
    asked = [request.headers.get("range", "") for request in requests_for(cloud, url)]
    starts = [int(range[6:-1]) for range in asked if range.endswith("-")]
    size = len(audio.wav(cloud.speech))
    cloud.check.that(any(start >= size for start in starts), "a Range beyond the end", asked)
    cloud.check.that(any(0 < start < size for start in starts), "a Range into the file", asked)


# What is taken


def taken(number: int, title: str, what: str, name: str, media_type: str) -> None:
    """A case: the file ``name`` of the kit's recordings is taken."""

    @case(
        f"TW-OFFLINE-{number:03}",
        title,
        sends=f"CreateTask with the URL of {what}",
        expects="COMPLETED with Result.Transcription",
        level=MUST,
        source=OFFLINE("formats"),
        operations=BOTH,
        needs=OUTSIDE,
        time_limit=WITH_RESULTS_S,
    )
    async def is_taken(cloud: Cloud) -> None:
        url = cloud.outside.file(audio.media(name), name, media_type=media_type)
        data = await cloud.tingwu.finished(url)
        cloud.check.has(data.get("Result"), "Transcription", what="Result")


taken(32, "MP3 is taken", "an MP3 file", "speech.mp3", "audio/mpeg")
taken(33, "M4A is taken", "AAC in MP4, called .m4a", "speech.m4a", "audio/mp4")
taken(34, "WMA is taken", "a WMA file", "speech.wma", "audio/x-ms-wma")
taken(35, "AAC is taken", "AAC in ADTS", "speech.aac", "audio/aac")
taken(36, "Ogg is taken", "Opus in Ogg", "speech.ogg", "audio/ogg")
taken(37, "AMR is taken", "an AMR file of 8 kHz", "speech.amr", "audio/amr")
taken(38, "FLAC is taken", "a FLAC file", "speech.flac", "audio/flac")
taken(39, "AIFF is taken", "an AIFF file", "speech.aiff", "audio/aiff")
taken(40, "MP4 is taken", "H.264 and AAC in MP4", "slides.mp4", "video/mp4")
taken(41, "WMV is taken", "a WMV file", "slides.wmv", "video/x-ms-wmv")
taken(42, "M4V is taken", "H.264 and AAC, called .m4v", "slides.m4v", "video/x-m4v")
taken(43, "FLV is taken", "an FLV file", "slides.flv", "video/x-flv")
taken(44, "QuickTime is taken", "a MOV file", "slides.mov", "video/quicktime")
taken(45, "Matroska is taken", "an MKV file", "slides.mkv", "video/x-matroska")
taken(46, "WebM is taken", "VP8 and Opus in WebM", "slides.webm", "video/webm")
taken(47, "AVI is taken", "an AVI file", "slides.avi", "video/x-msvideo")
taken(48, "MPEG is taken", "an MPEG-2 file", "slides.mpeg", "video/mpeg")
taken(49, "3GP is taken", "a 3GP file", "slides.3gp", "video/3gpp")


def heard_at(number: int, rate: int) -> None:
    """A case: a recording of ``rate`` Hz is heard."""

    @case(
        f"TW-OFFLINE-{number:03}",
        f"a recording of {rate} Hz is heard",
        sends=f"CreateTask with the URL of a WAV file of {rate} Hz",
        expects="COMPLETED, and AudioInfo.SampleRate is that of the file",
        level=MUST,
        source=OFFLINE("sample rates"),
        operations=(*BOTH, "Transcription file"),
        needs=OUTSIDE,
        time_limit=WITH_RESULTS_S,
    )
    async def is_heard(cloud: Cloud) -> None:
        content = audio.wav(audio.at_rate(cloud.speech[: 2 * 4 * audio.RATE], rate), rate)
        data = await cloud.tingwu.finished(cloud.outside.file(content))
        found = await cloud.tingwu.content(data, "Transcription")
        cloud.check.equal(found["AudioInfo"].get("SampleRate"), rate, "AudioInfo.SampleRate")


heard_at(50, 8_000)
heard_at(51, 24_000)
heard_at(52, 48_000)


@case(
    "TW-OFFLINE-053",
    "a recording of two channels is heard",
    sends="CreateTask with the URL of a WAV file of two channels",
    expects="COMPLETED with Result.Transcription",
    level=MUST,
    source=OFFLINE("one or two tracks"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def two_channels(cloud: Cloud) -> None:
    left = cloud.speech
    both = bytearray(2 * len(left))
    for byte in (0, 1):
        both[byte::4] = left[byte::2]
    content = audio.wav(bytes(both), channels=2)
    data = await cloud.tingwu.finished(cloud.outside.file(content))
    cloud.check.has(data.get("Result"), "Transcription", what="Result")


@case(
    "TW-OFFLINE-054",
    "auto decides for one of five languages",
    sends="CreateTask with SourceLanguage auto",
    expects="AudioInfo.Language is cn, en, ja, yue or ko",
    level=MUST,
    source=OFFLINE("SourceLanguage auto"),
    operations=(*BOTH, "Transcription file"),
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def auto_decides(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording(), SourceLanguage="auto")
    found = await cloud.tingwu.content(data, "Transcription")
    languages = ("cn", "en", "ja", "yue", "ko")
    cloud.check.one_of(found["AudioInfo"].get("Language"), languages, "AudioInfo.Language")


@case(
    "TW-OFFLINE-055",
    "a recording in several languages is heard with hints",
    sends="CreateTask with SourceLanguage multilingual and LanguageHints cn and en",
    expects="COMPLETED with Result.Transcription",
    level=MUST,
    source=CREATE_TASK("Input.LanguageHints"),
    operations=BOTH,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def several_languages(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(
        cloud.recording(), SourceLanguage="multilingual", LanguageHints=["cn", "en"]
    )
    cloud.check.has(data.get("Result"), "Transcription", what="Result")
