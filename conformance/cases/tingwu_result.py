"""The Transcription file: words, sentences, paragraphs, speakers, and what is told of the sound."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from mock_tingwu.conformance import INFO, MUST, SHOULD, Cloud, Need, audio, case
from mock_tingwu.conformance.sources import ASSUMED, OFFLINE
from mock_tingwu.conformance.transcript import Transcript
from mock_tingwu.conformance.waiting import WITH_RESULTS_S

from .tingwu_asking import DIARIZED, link_to

FILE = ("Transcription file",)
OUTSIDE = (Need.OUTSIDE,)
RULES = OFFLINE("voice transcription: the result")


async def transcription(
    cloud: Cloud, parameters: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    """The Transcription of the meeting that ships with the kit."""
    url = cloud.recording(audio.meeting())
    data = await cloud.tingwu.finished(url, parameters, **fields)
    found: dict[str, Any] = await cloud.tingwu.content(data, "Transcription")
    return found


async def transcription_of_a_stream(cloud: Cloud) -> dict[str, Any]:
    """The Transcription of a meeting that was pushed."""
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    await cloud.tingwu.stop(task_id)
    data = await cloud.tingwu.wait(task_id)
    found: dict[str, Any] = await cloud.tingwu.content(data, "Transcription")
    return found


@case(
    "TW-RESULT-001",
    "a result file names its task, and has the result under its kind",
    sends="GET of the link in Result.Transcription",
    expects="an object with TaskId and Transcription",
    level=MUST,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def wrapper(cloud: Cloud) -> None:
    data = await cloud.tingwu.finished(cloud.recording())
    file = (await cloud.download(link_to(cloud, data))).json
    cloud.check.has(file, "TaskId", "Transcription", what="the file")
    cloud.check.equal(file["TaskId"], data["TaskId"], "TaskId")


@case(
    "TW-RESULT-002",
    "a word has Id, SentenceId, Start, End and Text",
    sends="a recording, and GET of its Transcription",
    expects="Paragraphs of Words; numbers are whole, texts are strings",
    level=MUST,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def words(cloud: Cloud) -> None:
    found = await transcription(cloud)
    cloud.check.that(bool(found["Paragraphs"]), "a paragraph at least")
    for paragraph in found["Paragraphs"]:
        for word in paragraph["Words"]:
            cloud.check.has(word, "Id", "SentenceId", "Start", "End", "Text", what="a word")
            numbers = [word[name] for name in ("Id", "SentenceId", "Start", "End")]
            cloud.check.that(all(type(n) is int for n in numbers), "whole numbers", word)


@case(
    "TW-RESULT-003",
    "a ParagraphId is 19 digits in a string, and names one paragraph",
    sends="a recording, and GET of its Transcription",
    expects="different ParagraphIds such as 1698742210027512345",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def paragraph_ids(cloud: Cloud) -> None:
    paragraphs = (await transcription(cloud, DIARIZED))["Paragraphs"]
    ids = [paragraph.get("ParagraphId") for paragraph in paragraphs]
    for id in ids:
        cloud.check.matches(id, r"\d{19}", "ParagraphId")
    cloud.check.equal(len(set(ids)), len(ids), "the number of different ParagraphIds")


@case(
    "TW-RESULT-004",
    "words come in the order of time, within the recording",
    sends="a recording, and GET of its Transcription",
    expects="0 <= Start <= End <= AudioInfo.Duration, each Start not before the last End",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def times_of_words(cloud: Cloud) -> None:
    found = await transcription(cloud)
    told = Transcript.of(found).words
    duration = found["AudioInfo"]["Duration"]
    for word in told:
        within = 0 <= word["Start"] <= word["End"] <= duration
        cloud.check.that(within, f"a time from 0 to {duration} ms", word)
    for before, after in pairwise(told):
        cloud.check.that(before["End"] <= after["Start"], "a word after the last", [before, after])


@case(
    "TW-RESULT-005",
    "sentences count from 1, and the words of one stand together",
    sends="a recording, and GET of its Transcription",
    expects="SentenceIds 1, 2, 3 and so on, in this order",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def sentence_ids(cloud: Cloud) -> None:
    told = Transcript.of(await transcription(cloud)).words
    ids = [word["SentenceId"] for word in told]
    seen = [id for n, id in enumerate(ids) if n == 0 or ids[n - 1] != id]
    cloud.check.equal(seen, list(range(1, len(seen) + 1)), "SentenceIds")


@case(
    "TW-RESULT-006",
    "word ids go in steps of ten",
    sends="a recording, and GET of its Transcription",
    expects="Ids 10, 20, 30 and so on",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def word_ids(cloud: Cloud) -> None:
    ids = [word["Id"] for word in Transcript.of(await transcription(cloud)).words]
    cloud.check.equal(ids, [10 * (n + 1) for n in range(len(ids))], "the Ids of words")


@case(
    "TW-RESULT-007",
    "the words of a sentence joined are the sentence, punctuation included",
    sends="a recording, and GET of its Transcription",
    expects="sentences that end with a mark",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def punctuation(cloud: Cloud) -> None:
    sentences = Transcript.of(await transcription(cloud)).sentences.values()
    cloud.check.that(bool(sentences), "a sentence at least")
    for sentence in sentences:
        cloud.check.matches(sentence.text, r"(?s).+[。？！，、.?!,…]\s*", "a sentence")


@case(
    "TW-RESULT-008",
    "AudioInfo tells size, length, sample rate and language of a file",
    sends="a WAV file of 16 kHz in cn, and GET of its Transcription",
    expects="its Size in bytes, its Duration in ms, SampleRate 16000, Language cn",
    level=MUST,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def audio_info(cloud: Cloud) -> None:
    found = await transcription(cloud)
    pcm = audio.meeting()
    about, check = found["AudioInfo"], cloud.check
    check.equal(about.get("Size"), len(audio.wav(pcm)), "Size")
    length = 1000 * len(pcm) // (2 * audio.RATE)
    check.that(abs(about.get("Duration", 0) - length) < 500, f"a Duration of {length} ms", about)
    check.equal(about.get("SampleRate"), audio.RATE, "SampleRate")
    check.equal(about.get("Language"), "cn", "Language")


@case(
    "TW-RESULT-009",
    "AudioInfo of a stream has neither size nor sample rate nor language",
    sends="a meeting, and GET of its Transcription",
    expects="AudioInfo with Duration alone",
    level=MUST,
    source=RULES,
    operations=FILE,
    time_limit=WITH_RESULTS_S,
)
async def audio_info_of_a_stream(cloud: Cloud) -> None:
    about = (await transcription_of_a_stream(cloud))["AudioInfo"]
    cloud.check.has(about, "Duration", what="AudioInfo")
    cloud.check.lacks(about, "Size", "SampleRate", "Language", what="AudioInfo")


@case(
    "TW-RESULT-010",
    "AudioSegments are where somebody speaks, in the order of time",
    sends="a recording, and GET of its Transcription",
    expects="pairs of ms, each after the last",
    level=MUST,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def audio_segments(cloud: Cloud) -> None:
    segments = (await transcription(cloud)).get("AudioSegments", [])
    cloud.check.that(bool(segments), "AudioSegments", segments)
    cloud.check.that(all(len(pair) == 2 for pair in segments), "pairs", segments)
    cloud.check.rising([time for pair in segments for time in pair], "the times of segments")


@case(
    "TW-RESULT-011",
    "every word lies within a segment",
    sends="a recording, and GET of its Transcription",
    expects="for each word a pair of AudioSegments around it",
    level=INFO,
    source=ASSUMED("how AudioSegments fit the words"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def words_in_segments(cloud: Cloud) -> None:
    found = await transcription(cloud)
    segments = found["AudioSegments"]
    for word in Transcript.of(found).words:
        around = any(a <= word["Start"] and word["End"] <= b for a, b in segments)
        cloud.check.that(around, "a segment around each word", word)


# Speakers


@case(
    "TW-RESULT-012",
    "with diarization every paragraph has a speaker, of as many as were asked for",
    sends="a recording with SpeakerCount 2, and GET of its Transcription",
    expects="SpeakerId in each paragraph, one or two different ones",
    level=MUST,
    source=OFFLINE("Diarization.SpeakerCount"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def two_speakers(cloud: Cloud) -> None:
    paragraphs = (await transcription(cloud, DIARIZED))["Paragraphs"]
    speakers = [paragraph.get("SpeakerId") for paragraph in paragraphs]
    for speaker in speakers:
        cloud.check.matches(speaker, r"\d+", "SpeakerId")
    cloud.check.one_of(len(set(speakers)), (1, 2), "the number of speakers")


@case(
    "TW-RESULT-013",
    "SpeakerCount 0 leaves their number open",
    sends="a recording with SpeakerCount 0, and GET of its Transcription",
    expects="SpeakerId in each paragraph",
    level=MUST,
    source=OFFLINE("Diarization.SpeakerCount"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def any_number_of_speakers(cloud: Cloud) -> None:
    asked = {"Transcription": {"DiarizationEnabled": True, "Diarization": {"SpeakerCount": 0}}}
    for paragraph in (await transcription(cloud, asked))["Paragraphs"]:
        cloud.check.matches(paragraph.get("SpeakerId"), r"\d+", "SpeakerId")


@case(
    "TW-RESULT-014",
    "speakers of a recording count from 1",
    sends="a recording with diarization, and GET of its Transcription",
    expects="the first SpeakerId is 1",
    level=SHOULD,
    source=RULES,
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def speakers_from_one(cloud: Cloud) -> None:
    paragraphs = (await transcription(cloud, DIARIZED))["Paragraphs"]
    lowest = min((int(one.get("SpeakerId", -1)) for one in paragraphs), default=None)
    cloud.check.equal(lowest, 1, "the lowest SpeakerId")


@case(
    "TW-RESULT-015",
    "without diarization there are no speakers",
    sends="a recording without diarization, and GET of its Transcription",
    expects="paragraphs without SpeakerId",
    level=INFO,
    source=ASSUMED("whether a speaker is named where nobody asks"),
    operations=FILE,
    needs=OUTSIDE,
    time_limit=WITH_RESULTS_S,
)
async def no_speakers(cloud: Cloud) -> None:
    for paragraph in (await transcription(cloud))["Paragraphs"]:
        cloud.check.lacks(paragraph, "SpeakerId", what="a paragraph")


@case(
    "TW-RESULT-016",
    "a meeting's transcript has what was said in its events",
    sends="a meeting, and GET of its Transcription",
    expects="the sentences of the SentenceEnd events",
    level=INFO,
    source=ASSUMED("how far the transcript is made anew after a meeting"),
    operations=("Transcription file", "SentenceEnd"),
    time_limit=WITH_RESULTS_S,
)
async def transcript_of_events(cloud: Cloud) -> None:
    task_id, session = await cloud.meeting()
    async with session:
        await session.hear(cloud.speech)
    await cloud.tingwu.stop(task_id)
    data = await cloud.tingwu.wait(task_id)
    transcript = Transcript.of(await cloud.tingwu.content(data, "Transcription"))
    said = [payload.get("result") for payload in session.sentences]
    told = [sentence.text for sentence in transcript.sentences.values()]
    cloud.check.equal(told, said, "the sentences of the transcript")


# Silence
