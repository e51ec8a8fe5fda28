from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.core.imagination import (
    _STATED,
    LONGEST_MS,
    SHORTEST_MS,
    Imagined,
    imagine,
    ip_of,
    is_loopback,
    url_problem,
)

SYNC = "https://files.example.com/weekly/sync.mp3"


def facts(recording: Imagined) -> tuple[int, int, int, int]:
    return recording.duration, recording.size, recording.sample_rate, recording.channels


def test_the_same_url_and_seed_give_the_same_recording() -> None:
    assert imagine(SYNC, 3) == imagine(SYNC, 3)
    assert facts(imagine(SYNC, 3)) != facts(imagine(SYNC, 4))
    assert facts(imagine(SYNC, 3)) != facts(imagine(f"{SYNC}?v=2", 3))


@pytest.mark.parametrize(
    "query",
    [
        "Expires=1&OSSAccessKeyId=a&Signature=b%2F",
        "security-token=x&Signature=y",
        "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-expires=60&x-oss-signature=00",
        "mock.task_failed=TSC.AudioFormat",
    ],
)
def test_what_signs_a_link_anew_does_not_make_another_recording(query: str) -> None:
    assert imagine(f"{SYNC}?{query}", 0) == imagine(SYNC, 0)
    assert facts(imagine(f"{SYNC}?v=2&{query}", 0)) == facts(imagine(f"{SYNC}?v=2", 0))


def test_the_host_s_case_and_the_fragment_do_not_count() -> None:
    assert imagine("https://FILES.example.com/weekly/sync.mp3#t=3", 0) == imagine(SYNC, 0)


@pytest.mark.parametrize(
    ("name", "container", "video"),
    [
        ("a.mp3", "mp3", False),
        ("a.WAV", "wav", False),
        ("a.m4a", "m4a", False),
        ("a.wma", "asf", False),
        ("a.aac", "aac", False),
        ("a.ogg", "ogg", False),
        ("a.amr", "amr", False),
        ("a.flac", "flac", False),
        ("a.aiff", "aiff", False),
        ("a.mp4", "mp4", True),
        ("a.wmv", "asf", True),
        ("a.m4v", "mp4", True),
        ("a.flv", "flv", True),
        ("a.rmvb", "rm", True),
        ("a.dat", "mpeg", True),
        ("a.mov", "mov", True),
        ("a.mkv", "mkv", True),
        ("a.webm", "webm", True),
        ("a.avi", "avi", True),
        ("a.mpeg", "mpeg", True),
        ("a.3gp", "3gp", True),
        ("download", "mp3", False),
        ("", "mp3", False),
        ("v1.2", "mp3", False),
        (".mp4", "mp3", False),
        ("%E5%91%A8%E4%BC%9A.mp4", "mp4", True),
    ],
)
def test_the_suffix_says_what_it_is(name: str, container: str, video: bool) -> None:
    recording = imagine(f"https://files.example.com/x.pdf/{name}?file=b.zip", 0)
    assert (recording.container, recording.video) == (container, video)
    assert recording.problem is None and recording.notes == ()


def test_the_name_is_decoded() -> None:
    assert imagine("https://files.example.com/a/%E5%91%A8%20%E4%BC%9A.mp3", 0).name == "周 会.mp3"


@given(st.integers(), st.text("abc", min_size=1), st.sampled_from(["mp3", "wav", "flac", "mp4"]))
def test_length_rate_channels_and_size_fit_together(seed: int, name: str, suffix: str) -> None:
    recording = imagine(f"https://files.example.com/{name}.{suffix}", seed)
    assert SHORTEST_MS <= recording.duration <= LONGEST_MS
    assert recording.sample_rate in (16_000, 44_100, 48_000)
    assert recording.channels in (1, 2)
    assert recording.size == recording.duration * recording.bit_rate // 8000
    if suffix == "wav":
        assert recording.bit_rate == recording.sample_rate * recording.channels * 16
    else:
        assert 60_000 < recording.bit_rate < 2_000_000


def test_different_urls_are_different_recordings() -> None:
    lengths = {imagine(f"https://files.example.com/{n}.mp3", 0).duration for n in range(50)}
    assert len(lengths) > 45


def test_the_query_may_state_everything() -> None:
    query = "mock.duration_ms=21600001&mock.sample_rate=8000&mock.channels=2&mock.size=6442450945"
    recording = imagine(f"{SYNC}?{query}", 0)
    assert facts(recording) == (21_600_001, 6_442_450_945, 8_000, 2)
    assert recording.notes == ()


def test_what_is_not_stated_stays_as_it_was_and_the_size_goes_with_the_length() -> None:
    plain = imagine(SYNC, 0)
    longer = imagine(f"{SYNC}?mock.duration_ms={plain.duration * 2}", 0)
    assert (longer.sample_rate, longer.channels) == (plain.sample_rate, plain.channels)
    assert longer.size == pytest.approx(plain.size * 2, rel=1e-4)
    assert imagine(f"{SYNC}?mock.size=0", 0).size == 0
    assert imagine(f"{SYNC}?mock.size=0", 0).duration == plain.duration


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("mock.duration_ms=long", "mock.duration_ms"),
        ("mock.duration_ms=0", "mock.duration_ms"),
        ("mock.duration_ms=", "mock.duration_ms"),
        ("mock.duration_ms=-5", "mock.duration_ms"),
        ("mock.duration_ms=%EF%BC%95", "mock.duration_ms"),
        ("mock.sample_rate=44.1", "mock.sample_rate"),
        ("mock.channels=65", "mock.channels"),
        ("mock.size=99999999999999999999", "mock.size"),
    ],
)
def test_a_value_that_makes_no_sense_is_ignored_with_a_note(query: str, name: str) -> None:
    recording = imagine(f"{SYNC}?{query}", 0)
    assert facts(recording) == facts(imagine(SYNC, 0))
    (note,) = recording.notes
    assert note.startswith(f"{name} is ") and "expected a whole number" in note


def test_the_documentation_has_what_may_be_stated() -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "offline.md"
    text = page.read_text("utf-8")
    rows = [row.split(" | ") for row in text.splitlines() if row.startswith("| `mock.")]
    shown = [(row[0].strip("| `"), int(row[2]), int(row[3].strip(" |"))) for row in rows]
    assert shown == [(name, lowest, highest) for name, _, lowest, highest in _STATED]


@pytest.mark.parametrize("size", [0, 100_000, 10_000_000, 6 * 1024**3])
def test_a_file_of_a_known_size_lasts_as_long_as_such_a_file_does(size: int) -> None:
    recording = imagine(SYNC, 0).with_size(size)
    assert recording.size == size
    wanted = size * 8000 / recording.bit_rate
    assert recording.duration == pytest.approx(min(max(wanted, 1000), 6 * 3_600_000), abs=1)


def test_it_is_described_in_a_few_words() -> None:
    recording = imagine(
        "https://files.example.com/a.mp4?mock.duration_ms=61500&mock.sample_rate=48000&mock.size=9",
        0,
    )
    assert recording.described == "mp4 video, 61.5 s, 48000 Hz, 2 channel(s), 9 bytes"


@pytest.mark.parametrize(
    "suffix", ["pdf", "TXT", "zip", "html", "png", "jpeg", "docx", "m3u8", "srt", "tgz", "yml"]
)
def test_what_is_clearly_no_recording_is_of_the_wrong_type(suffix: str) -> None:
    problem = imagine(f"https://files.example.com/minutes.{suffix}?a=b.mp3", 0).problem
    assert problem is not None
    assert problem[0] == "type"
    assert f"minutes.{suffix}" in problem[1]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no scheme"),
        ("nonsense", "no scheme"),
        ("//files.example.com/a.mp3", "no scheme"),
        ("ftp://files.example.com/a.mp3", "begins with ftp:"),
        ("file:///etc/passwd", "begins with file:"),
        ("oss://bucket/a.mp3", "begins with oss:"),
        ("http://", "no host"),
        ("http:///a.mp3", "no host"),
        ("https://files.example.com/my meeting.mp3", "a space"),
        (" https://files.example.com/a.mp3", "a space"),
        ("https://files.example.com/a\u3000b.mp3", "the character "),
        ("https://files.example.com/a.mp3\n", "the character "),
        ("https://files.example.com/a\x00.mp3", "the character "),
        ("http://203.0.113.7/a.mp3", "203.0.113.7 is an IP address"),
        ("http://10.0.0.7:8000/a.mp3", "10.0.0.7 is an IP address"),
        ("http://[2001:db8::1]/a.mp3", "2001:db8::1 is an IP address"),
        ("http://0.0.0.0/a.mp3", "IP address"),
        ("http://2130706433/a.mp3", "IP address"),
        ("http://0x7f.1/a.mp3", "IP address"),
        ("http://127.1/a.mp3", "IP address"),
        ("http://[::1/a.mp3", "cannot be read"),
        ("http://files.example.com:99999/a.mp3", "cannot be read"),
        ("http://files.example.com:http/a.mp3", "cannot be read"),
        ("http://files.example.com:0/a.mp3", "port 0"),
        ("http://files..example.com/a.mp3", "no domain name"),
        (f"http://{'a' * 64}.example.com/a.mp3", "no domain name"),
        ("http://nowhere.invalid/a.mp3", "nowhere.invalid cannot exist"),
    ],
)
def test_a_url_that_the_service_does_not_take_is_refused_with_a_sentence(
    url: str, words: str
) -> None:
    problem = imagine(url, 0).problem
    assert problem is not None
    assert problem[0] == "link"
    assert words in problem[1]
    assert url_problem(url) == problem[1]


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.com/a.mp3",
        "HTTPS://Files.Example.Com./a.mp3",
        "https://user:secret@files.example.com:8443/a.mp3",
        "https://会议.example.com/周会.mp3",
        "http://recorder/a.mp3",
        "http://my_bucket.oss-cn-beijing.aliyuncs.com/a.mp3",
        "http://localhost:8000/a.mp3",
        "http://files.localhost/a.mp3",
        "http://127.0.0.1:8000/a.mp3",
        "http://127.9.9.9/a.mp3",
        "http://[::1]:8000/a.mp3",
        "http://[::ffff:127.0.0.1]/a.mp3",
    ],
)
def test_names_and_loopback_addresses_are_taken(url: str) -> None:
    assert url_problem(url) is None
    assert imagine(url, 0).problem is None


def test_a_host_that_was_mapped_may_be_called_anything() -> None:
    assert url_problem("http://10.0.0.7/a.mp3", any_host=True) is None
    assert url_problem("http://nowhere.invalid/a.mp3", any_host=True) is None
    assert url_problem("http://10.0.0.7/a b.mp3", any_host=True) is not None


@given(st.text())
def test_no_url_breaks_it(url: str) -> None:
    recording = imagine(url, 0)
    assert (recording.problem is None) == (recording.duration > 0)


@pytest.mark.parametrize(
    ("host", "own"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("::2", False)]
)
def test_addresses_are_told_from_names(host: str, own: bool) -> None:
    address = ip_of(host)
    assert address is not None and is_loopback(address) is own
    assert ip_of(f"{host}.example.com") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "files.localhost"])
def test_what_is_imagined_of_this_machine_does_not_depend_on_its_port(host: str) -> None:
    urls = [f"http://{host}:{port}/a/b.mp3" for port in (41001, 41002)]
    first, second = (imagine(url, 0, any_host=True) for url in urls)
    assert (first.duration, first.size) == (second.duration, second.size)
