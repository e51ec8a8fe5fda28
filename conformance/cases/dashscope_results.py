"""DashScope's result files: the transcript."""

from __future__ import annotations

from itertools import pairwise

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.dashscope import CONVERSATION, words_of
from mock_tingwu.conformance.sources import ASSUMED, DS_GET, DS_OFFLINE
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

TRANSCRIPT = ("transcription file",)
SPOKEN = {"model": "cn", "diarizationEnabled": True}
PLAIN = {"transcription": SPOKEN, "analysis": {"keyInformationEnabled": False}}


@case(
    "DS-RESULT-001",
    "a transcript of a text has its words and no others",
    sends="createTask with text; the transcription file",
    expects="the words of all paragraphs together are what the text says",
    level=MUST,
    source=DS_OFFLINE("input.text: skips recognition"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def words_of_text(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    said = "".join(str(word["text"]) for word in words_of(made))
    text = "".join(words for _, words in CONVERSATION)
    cloud.check.equal(said.replace(" ", ""), text.replace(" ", ""), "words of the file")


@case(
    "DS-RESULT-002",
    "paragraphs have an id of their own and a speaker",
    sends="createTask with a text of two people; the transcription file",
    expects="a paragraphId in digits, none twice; a speakerId in digits",
    level=MUST,
    source=DS_GET("transcription: paragraphs"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def paragraphs(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    ids = [paragraph["paragraphId"] for paragraph in made["paragraphs"]]
    cloud.check.that(len(ids) > 0, "paragraphs", made["paragraphs"])
    cloud.check.equal(len(set(ids)), len(ids), "number of different paragraphIds")
    for paragraph in made["paragraphs"]:
        cloud.check.matches(paragraph["paragraphId"], r"\d+", "paragraphId")
        cloud.check.matches(paragraph["speakerId"], r"\d+", "speakerId")


@case(
    "DS-RESULT-003",
    "speakers are numbered from 1 in the order in which they speak",
    sends="createTask with a text in which two people take turns; the transcription file",
    expects="speakerId 1 and 2 in turn",
    level=INFO,
    source=ASSUMED("how names of a text become speakers"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def speakers_in_turn(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    found = [paragraph["speakerId"] for paragraph in made["paragraphs"]]
    turns = [speaker for speaker, last in zip(found, ["", *found], strict=False) if speaker != last]
    cloud.check.equal(turns, ["1", "2"] * (len(CONVERSATION) // 2), "speakers in turn")


@case(
    "DS-RESULT-004",
    "words come in the order of time",
    sends="createTask with text; the transcription file",
    expects="no word ends before it begins, or begins before the one before it",
    level=MUST,
    source=DS_GET("transcription: words"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def words_in_time(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    words = words_of(made)
    cloud.check.that(len(words) > 10, "words", len(words))
    backwards = [word for word in words if word["end"] < word["start"]]
    cloud.check.that(not backwards, "no word that ends before it begins", backwards)
    early = [later for word, later in pairwise(words) if later["start"] < word["start"]]
    cloud.check.that(not early, "each word at its place in time", early)


@case(
    "DS-RESULT-005",
    "words are numbered by tens",
    sends="createTask with text; the transcription file",
    expects="word ids 10, 20, 30, ...",
    level=SHOULD,
    source=DS_GET("transcription: its example"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def words_by_tens(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    found = [word["id"] for word in words_of(made)]
    cloud.check.equal(found, [10 * (n + 1) for n in range(len(found))], "ids of words")


@case(
    "DS-RESULT-006",
    "sentences are numbered on from one paragraph to the next",
    sends="createTask with text; the transcription file",
    expects="sentenceIds that never go back, and none in two paragraphs",
    level=MUST,
    source=DS_GET("transcription: words[].sentenceId"),
    operations=TRANSCRIPT,
    time_limit=WITH_RESULTS_S,
)
async def sentences_in_order(cloud: Cloud) -> None:
    (made,) = await cloud.dashscope.files(PLAIN, "transcription")
    found = [word["sentenceId"] for word in words_of(made)]
    cloud.check.equal(found, sorted(found), "sentenceIds")
    parts = [{word["sentenceId"] for word in part["words"]} for part in made["paragraphs"]]
    cloud.check.equal(len(set().union(*parts)), sum(map(len, parts)), "number of sentences")


@case(
    "DS-RESULT-007",
    "what is known of a recording is told in lower camel case",
    sends="createTask with a WAV file of 8 s and 16 kHz; the transcription file",
    expects="audioInfo with size in bytes, duration in ms, sampleRate and language",
    level=SHOULD,
    source=DS_GET("transcription: audioInfo, as its example writes it"),
    operations=TRANSCRIPT,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def audio_info(cloud: Cloud) -> None:
    seconds = len(cloud.speech) / 32_000
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    output = await cloud.dashscope.wait(data_id)
    made = await cloud.dashscope.file(output, "transcription")
    info, check = made["audioInfo"], cloud.check
    check.has(info, "size", "duration", "sampleRate", "language", what="audioInfo")
    check.equal(info["size"], len(cloud.speech) + 44, "size")
    check.that(abs(info["duration"] - 1000 * seconds) < 100, "a duration of 8 s", info["duration"])
    check.equal(info["sampleRate"], 16000, "sampleRate")
    check.equal(info["language"], "cn", "language")


@case(
    "DS-RESULT-008",
    "segments say where somebody speaks",
    sends="createTask with a recording; the transcription file",
    expects="audioSegments of [begin, end] in order and within the recording",
    level=MUST,
    source=DS_GET("transcription: audioSegments"),
    operations=TRANSCRIPT,
    needs=(Need.OUTSIDE,),
    time_limit=WITH_RESULTS_S,
)
async def segments(cloud: Cloud) -> None:
    data_id = await cloud.dashscope.transcribe(cloud.recording(), PLAIN)
    output = await cloud.dashscope.wait(data_id)
    made = await cloud.dashscope.file(output, "transcription")
    found = made["audioSegments"]
    cloud.check.that(len(found) > 0, "segments", found)
    flat = [ms for segment in found for ms in segment]
    cloud.check.equal(flat, sorted(flat), "audioSegments")
    duration = made["audioInfo"]["duration"]
    cloud.check.that(flat[-1] <= duration + 100, f"an end within {duration} ms", flat[-1])
    last = max((word["end"] for word in words_of(made)), default=0)
    cloud.check.that(last <= duration + 100, f"words within {duration} ms", last)
