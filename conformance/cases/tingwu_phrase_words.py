"""Lists of hot words: what they may hold, and their use by tasks."""

from __future__ import annotations

from typing import Any, Final

from mock_tingwu.conformance import MUST, SHOULD, Cloud, Need, case
from mock_tingwu.conformance.sources import CREATE_TASK, METADATA, PHRASES, Source

from .tingwu_phrase import FRUIT, body, made, read, refused

CREATE = ("CreateTranscriptionPhrases",)
GUIDE = PHRASES("what a list may hold")
MOST_LISTS: Final = 10


def is_taken(number: int, title: str, what: str, sent: dict[str, Any], source: Source) -> None:
    """A case: a list like this can be made."""

    @case(
        f"TW-PHRASE-{number:03}",
        title,
        sends=f"CreateTranscriptionPhrases with {what}",
        expects="Status SUCCEEDED",
        level=MUST,
        source=source,
        operations=CREATE,
    )
    async def taken(cloud: Cloud) -> None:
        answer = await cloud.tingwu.phrases("Create", body=sent)
        cloud.check.equal(answer.data.get("Status"), "SUCCEEDED", "Status")


def is_refused(
    number: int, title: str, what: str, sent: dict[str, Any], source: Source, level: str = MUST
) -> None:
    """A case: no list like this can be made."""

    @case(
        f"TW-PHRASE-{number:03}",
        title,
        sends=f"CreateTranscriptionPhrases with {what}",
        expects="HTTP 400 with a Code, or Status FAILED",
        level=level,
        source=source,
        operations=CREATE,
        negative=True,
    )
    async def not_taken(cloud: Cloud) -> None:
        refused(cloud, await cloud.tingwu.phrases("Create", body=sent))


def words(count: int) -> dict[str, int]:
    """So many words."""
    return {f"词{number}": 1 for number in range(count)}


NAME, TEXT, WEIGHTS = METADATA("Name"), METADATA("Description"), METADATA("WordWeights")

is_refused(20, "a list has a name", "no Name", body(Name=None), NAME)
is_refused(21, "a name is not empty", "an empty Name", body(Name=""), NAME)
is_taken(22, "a name may have 50 characters", "a Name of 50", body(Name="名" * 50), NAME)
is_refused(
    23, "a name has 50 characters at most", "a Name of 51", body(Name="名" * 51), NAME, SHOULD
)
is_taken(24, "a list needs no description", "no Description", body(Description=None), TEXT)
is_taken(
    25,
    "a description may have 250 characters",
    "a Description of 250",
    body(Description="述" * 250),
    TEXT,
)
is_refused(
    26,
    "a description has 250 characters at most",
    "a Description of 251",
    body(Description="述" * 251),
    TEXT,
    SHOULD,
)
is_refused(27, "a list has words", "no WordWeights", body(WordWeights=None), WEIGHTS)
is_refused(
    28, "the words are JSON", "WordWeights that are no JSON", body(WordWeights="苹果 3"), WEIGHTS
)
is_refused(
    29,
    "the words are a map",
    "WordWeights that are a JSON list",
    body(["苹果", "西瓜"]),
    WEIGHTS,
    SHOULD,
)
is_taken(30, "a weight may be 5", "a word of weight 5", body({"苹果": 5}), GUIDE)
is_taken(31, "a weight may be -6", "a word of weight -6", body({"苹果": -6}), GUIDE)
is_refused(32, "a weight is 5 at most", "a word of weight 6", body({"苹果": 6}), GUIDE, SHOULD)
is_refused(33, "a weight is -6 at least", "a word of weight -7", body({"苹果": -7}), GUIDE, SHOULD)
is_refused(
    34,
    "a weight is a whole number",
    "a word of weight 1.5",
    body({"苹果": 1.5}),
    GUIDE,
    SHOULD,
)
is_taken(35, "a word may have 10 characters", "a word of 10", body({"词" * 10: 1}), GUIDE)
is_refused(
    36, "a word has 10 characters at most", "a word of 11", body({"词" * 11: 1}), GUIDE, SHOULD
)
is_refused(37, "a word has no punctuation", "the word 苹果！", body({"苹果！": 1}), GUIDE, SHOULD)
is_taken(38, "a list may have 300 words", "300 words", body(words(300)), GUIDE)
is_refused(39, "a list has 300 words at most", "301 words", body(words(301)), GUIDE, SHOULD)


@case(
    "TW-PHRASE-040",
    "the words may be a map itself",
    sends="CreateTranscriptionPhrases with WordWeights an object, as the Python sample has it",
    expects="Status SUCCEEDED",
    level=SHOULD,
    source=PHRASES("sample"),
    operations=CREATE,
)
async def words_as_a_map(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Create", body=body(WordWeights=FRUIT))
    cloud.check.equal(answer.data.get("Status"), "SUCCEEDED", "Status")


@case(
    "TW-PHRASE-041",
    "an update is held to the same rules",
    sends="UpdateTranscriptionPhrases with a Name of 51 characters, then Get",
    expects="HTTP 400 with a Code, or Status FAILED; the list is as before",
    level=SHOULD,
    source=METADATA("UpdateTranscriptionPhrases, Name"),
    operations=("UpdateTranscriptionPhrases",),
    negative=True,
)
async def update_by_the_rules(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    answer = await cloud.tingwu.phrases("Update", phrase_id, body({"梨": 1}, Name="名" * 51))
    refused(cloud, answer)
    cloud.check.equal((await read(cloud, phrase_id)).get("Name"), "conformance", "Name")


@case(
    "TW-PHRASE-042",
    "an account has ten lists at most",
    sends="CreateTranscriptionPhrases eleven times",
    expects="the last time Status FAILED, PHS.Exceed, and what that means",
    level=MUST,
    source=PHRASES("ten lists; PHS.Exceed as in the metadata"),
    operations=CREATE,
    # Other cases, and whoever else uses an account, could make no list meanwhile.
    needs=(Need.SETTINGS,),
    negative=True,
)
async def ten_lists(cloud: Cloud) -> None:
    for number in range(MOST_LISTS):
        await made(cloud, Name=f"list {number}")
    data = (await cloud.tingwu.phrases("Create", body=body())).data
    cloud.check.equal(data.get("Status"), "FAILED", "Status")
    cloud.check.equal(data.get("ErrorCode"), "PHS.Exceed", "ErrorCode")
    expected = "The num of the phrase exceeds the upper limit."
    cloud.check.equal(data.get("ErrorMessage"), expected, "ErrorMessage")


# Use


@case(
    "TW-PHRASE-043",
    "a task takes a list by its PhraseId",
    sends="CreateTask with Transcription.PhraseId of a new list",
    expects="HTTP 200 and a TaskId",
    level=MUST,
    source=CREATE_TASK("Parameters.Transcription.PhraseId"),
    operations=("CreateTask",),
)
async def used_by_a_task(cloud: Cloud) -> None:
    asked = {"Transcription": {"PhraseId": await made(cloud)}}
    cloud.check.has(await cloud.tingwu.start(asked), "TaskId", what="Data")
