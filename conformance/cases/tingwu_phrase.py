"""Lists of hot words: the five operations."""

from __future__ import annotations

import json
from typing import Any, Final

from mock_tingwu.conformance import INFO, MUST, Cloud, case
from mock_tingwu.conformance.answers import Answer
from mock_tingwu.conformance.sources import ASSUMED, METADATA

CREATE = ("CreateTranscriptionPhrases",)
GET = ("GetTranscriptionPhrases",)
LIST = ("ListTranscriptionPhrases",)
UPDATE = ("UpdateTranscriptionPhrases",)
DELETE = ("DeleteTranscriptionPhrases",)
FRUIT: Final = {"苹果": 3, "西瓜": -2}
#: An id as the service makes them, and of no list.
NOBODY: Final = "0" * 32


def body(words: Any = FRUIT, **changes: Any) -> dict[str, Any]:
    """What Create and Update send; a field that is None is left out."""
    fields = {
        "Name": "conformance",
        "Description": "what we sell",
        "WordWeights": json.dumps(words, ensure_ascii=False),
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


async def made(cloud: Cloud, words: Any = FRUIT, **changes: Any) -> str:
    """The PhraseId of a new list, which goes when the case is over."""
    data = (await cloud.tingwu.phrases("Create", body=body(words, **changes))).data
    cloud.check.equal(data.get("Status"), "SUCCEEDED", "Status of Create")
    cloud.check.has(data, "PhraseId", what="Data")
    return str(data["PhraseId"])


async def read(cloud: Cloud, phrase_id: str) -> dict[str, Any]:
    """A list, with its words."""
    answer = await cloud.tingwu.phrases("Get", phrase_id)
    found = answer.data.get("Phrases", [])
    cloud.check.equal(len(found), 1, "the number of lists")
    phrase: dict[str, Any] = found[0]
    return phrase


async def listed(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """All lists, by PhraseId."""
    answer = await cloud.tingwu.phrases("List")
    return {phrase["PhraseId"]: phrase for phrase in answer.data.get("Phrases", [])}


def refused(cloud: Cloud, answer: Answer) -> None:
    """The call is refused: by the gateway with 400, or by a Status FAILED in Data."""
    if answer.status == 200:
        cloud.check.equal(answer.data.get("Status"), "FAILED", "Status")
        cloud.check.matches(answer.data.get("ErrorCode"), "[^0].+", "ErrorCode")
    else:
        cloud.check.equal(answer.status, 400, "HTTP status")
        cloud.check.has(answer.body, "Code", "Message")


# Create


@case(
    "TW-PHRASE-001",
    "making a list answers SUCCEEDED and a PhraseId",
    sends="CreateTranscriptionPhrases with Name, Description and WordWeights",
    expects="Data: Status SUCCEEDED, PhraseId, ErrorCode 0, ErrorMessage success",
    level=MUST,
    source=METADATA("CreateTranscriptionPhrases"),
    operations=CREATE,
)
async def create(cloud: Cloud) -> None:
    data = (await cloud.tingwu.phrases("Create", body=body())).data
    cloud.check.equal(data.get("Status"), "SUCCEEDED", "Status")
    cloud.check.has(data, "PhraseId", what="Data")
    cloud.check.equal(data.get("ErrorCode"), "0", "ErrorCode")
    cloud.check.equal(data.get("ErrorMessage"), "success", "ErrorMessage")


@case(
    "TW-PHRASE-002",
    "the answer is in the envelope of all calls",
    sends="CreateTranscriptionPhrases",
    expects="Code the string 0, a Message and a RequestId",
    level=MUST,
    source=METADATA("CreateTranscriptionPhrases"),
    operations=CREATE,
)
async def envelope(cloud: Cloud) -> None:
    answer = await cloud.tingwu.phrases("Create", body=body())
    cloud.check.has(answer.body, "Code", "Message", "RequestId", "Data")
    cloud.check.equal(answer.body["Code"], "0", "Code")


@case(
    "TW-PHRASE-003",
    "a PhraseId is 32 hexadecimal digits, of one list alone",
    sends="CreateTranscriptionPhrases twice",
    expects="two different PhraseIds",
    level=MUST,
    source=METADATA("CreateTranscriptionPhrases"),
    operations=CREATE,
)
async def phrase_ids(cloud: Cloud) -> None:
    ids = [await made(cloud, Name=name) for name in ("one", "two")]
    for id in ids:
        cloud.check.matches(id, "[0-9a-f]{32}", "PhraseId")
    cloud.check.that(ids[0] != ids[1], "two different PhraseIds", ids)


@case(
    "TW-PHRASE-004",
    "two lists may have the same name",
    sends="CreateTranscriptionPhrases twice with the same Name",
    expects="Status SUCCEEDED both times",
    level=INFO,
    source=ASSUMED("whether names have to differ"),
    operations=CREATE,
)
async def same_name(cloud: Cloud) -> None:
    for _ in range(2):
        await made(cloud)


# Get and List


@case(
    "TW-PHRASE-005",
    "a list is read as it was made",
    sends="GetTranscriptionPhrases of a new list",
    expects="Phrases with one entry: PhraseId, Name and Description as sent",
    level=MUST,
    source=METADATA("GetTranscriptionPhrases"),
    operations=GET,
)
async def get(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    phrase = await read(cloud, phrase_id)
    cloud.check.equal(phrase.get("PhraseId"), phrase_id, "PhraseId")
    cloud.check.equal(phrase.get("Name"), "conformance", "Name")
    cloud.check.equal(phrase.get("Description"), "what we sell", "Description")


@case(
    "TW-PHRASE-006",
    "the words are JSON in a string",
    sends="GetTranscriptionPhrases of a new list",
    expects="WordWeights a string that holds the words and weights as sent",
    level=MUST,
    source=METADATA("GetTranscriptionPhrases, WordWeights"),
    operations=GET,
)
async def word_weights(cloud: Cloud) -> None:
    weights = (await read(cloud, await made(cloud))).get("WordWeights")
    cloud.check.matches(weights, r"\{.*\}", "WordWeights")
    cloud.check.equal(json.loads(str(weights)), FRUIT, "the words")


@case(
    "TW-PHRASE-007",
    "the list of lists has a new one",
    sends="ListTranscriptionPhrases after CreateTranscriptionPhrases",
    expects="an entry with its PhraseId, Name and Description",
    level=MUST,
    source=METADATA("ListTranscriptionPhrases"),
    operations=LIST,
)
async def list_has_it(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    found = (await listed(cloud)).get(phrase_id)
    cloud.check.has(found, "PhraseId", "Name", "Description", what="the entry")


@case(
    "TW-PHRASE-008",
    "the list of lists has no words",
    sends="ListTranscriptionPhrases after CreateTranscriptionPhrases",
    expects="entries without WordWeights",
    level=MUST,
    source=METADATA("ListTranscriptionPhrases"),
    operations=LIST,
)
async def list_without_words(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    found = (await listed(cloud)).get(phrase_id)
    cloud.check.lacks(found, "WordWeights", what="the entry")


@case(
    "TW-PHRASE-009",
    "listing answers SUCCEEDED as making a list does",
    sends="ListTranscriptionPhrases",
    expects="Data: Status SUCCEEDED, ErrorCode 0, ErrorMessage success, and Phrases",
    level=MUST,
    source=METADATA("ListTranscriptionPhrases"),
    operations=LIST,
)
async def list_tells_how_it_went(cloud: Cloud) -> None:
    data = (await cloud.tingwu.phrases("List")).data
    cloud.check.equal(data.get("Status"), "SUCCEEDED", "Status")
    cloud.check.equal(data.get("ErrorCode"), "0", "ErrorCode")
    cloud.check.that(isinstance(data.get("Phrases"), list), "a list", data.get("Phrases"))


@case(
    "TW-PHRASE-010",
    "a list without Description has none",
    sends="CreateTranscriptionPhrases without Description, then GetTranscriptionPhrases",
    expects="an entry without Description",
    level=INFO,
    source=ASSUMED("whether what was not given is absent or empty"),
    operations=GET,
)
async def no_description(cloud: Cloud) -> None:
    phrase = await read(cloud, await made(cloud, Description=None))
    cloud.check.lacks(phrase, "Description", what="the entry")


@case(
    "TW-PHRASE-011",
    "a list that does not exist cannot be read",
    sends="GetTranscriptionPhrases of 32 zeros",
    expects="HTTP 400 with a Code, or Status FAILED",
    level=INFO,
    source=ASSUMED("how an unknown PhraseId is refused"),
    operations=GET,
    negative=True,
)
async def get_unknown(cloud: Cloud) -> None:
    refused(cloud, await cloud.tingwu.phrases("Get", NOBODY))


# Update


@case(
    "TW-PHRASE-012",
    "an update answers SUCCEEDED, without a PhraseId",
    sends="UpdateTranscriptionPhrases with Name and WordWeights",
    expects="Data: Status SUCCEEDED, ErrorCode 0, ErrorMessage success",
    level=MUST,
    source=METADATA("UpdateTranscriptionPhrases"),
    operations=UPDATE,
)
async def update(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    data = (await cloud.tingwu.phrases("Update", phrase_id, body({"梨": 1}))).data
    cloud.check.equal(data.get("Status"), "SUCCEEDED", "Status")
    cloud.check.equal(data.get("ErrorCode"), "0", "ErrorCode")
    cloud.check.lacks(data, "PhraseId", what="Data")


@case(
    "TW-PHRASE-013",
    "an update puts new words and a new name in the place of the old",
    sends="UpdateTranscriptionPhrases with another Name and other WordWeights, then Get",
    expects="the new Name and the new words alone, under the same PhraseId",
    level=MUST,
    source=METADATA("UpdateTranscriptionPhrases"),
    operations=("UpdateTranscriptionPhrases", "GetTranscriptionPhrases"),
)
async def update_is_seen(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    await cloud.tingwu.phrases("Update", phrase_id, body({"梨": 1}, Name="pears"))
    phrase = await read(cloud, phrase_id)
    cloud.check.equal(phrase.get("Name"), "pears", "Name")
    cloud.check.matches(phrase.get("WordWeights"), r"\{.*\}", "WordWeights")
    cloud.check.equal(json.loads(phrase["WordWeights"]), {"梨": 1}, "the words")


@case(
    "TW-PHRASE-014",
    "an update without Description takes it away",
    sends="UpdateTranscriptionPhrases without Description, then Get",
    expects="an entry without Description",
    level=INFO,
    source=ASSUMED("whether an update is of the whole list"),
    operations=UPDATE,
)
async def update_of_the_whole(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    await cloud.tingwu.phrases("Update", phrase_id, body(Description=None))
    cloud.check.lacks(await read(cloud, phrase_id), "Description", what="the entry")


@case(
    "TW-PHRASE-015",
    "a list that does not exist cannot be updated",
    sends="UpdateTranscriptionPhrases of 32 zeros",
    expects="HTTP 400 with a Code, or Status FAILED",
    level=INFO,
    source=ASSUMED("how an unknown PhraseId is refused"),
    operations=UPDATE,
    negative=True,
)
async def update_unknown(cloud: Cloud) -> None:
    refused(cloud, await cloud.tingwu.phrases("Update", NOBODY, body()))


# Delete


@case(
    "TW-PHRASE-016",
    "a deletion answers SUCCEEDED, beside Data or in it",
    sends="DeleteTranscriptionPhrases",
    expects="Status SUCCEEDED and ErrorCode 0",
    level=MUST,
    source=METADATA("DeleteTranscriptionPhrases"),
    operations=DELETE,
)
async def delete(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    told = (await cloud.tingwu.phrases("Delete", phrase_id)).body
    told = told if "Status" in told else told.get("Data", {})
    cloud.check.equal(told.get("Status"), "SUCCEEDED", "Status")
    cloud.check.equal(told.get("ErrorCode"), "0", "ErrorCode")


@case(
    "TW-PHRASE-017",
    "a deletion is in the envelope of all calls, too",
    sends="DeleteTranscriptionPhrases",
    expects="Code the string 0, Message and RequestId beside Status",
    level=INFO,
    source=ASSUMED("the reference has no envelope here; what is sent is not known"),
    operations=DELETE,
)
async def delete_in_the_envelope(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    told = (await cloud.tingwu.phrases("Delete", phrase_id)).body
    cloud.check.has(told, "Code", "Message", "RequestId", "Status")


@case(
    "TW-PHRASE-018",
    "a list that was deleted is gone",
    sends="DeleteTranscriptionPhrases, then ListTranscriptionPhrases",
    expects="no entry with its PhraseId, and the others as before",
    level=MUST,
    source=METADATA("DeleteTranscriptionPhrases"),
    operations=("DeleteTranscriptionPhrases", "ListTranscriptionPhrases"),
)
async def deleted_is_gone(cloud: Cloud) -> None:
    kept, gone = await made(cloud, Name="kept"), await made(cloud, Name="gone")
    await cloud.tingwu.phrases("Delete", gone)
    left = await listed(cloud)
    cloud.check.that(gone not in left, "no entry of the list that was deleted")
    cloud.check.that(kept in left, "the entry of the other list")


@case(
    "TW-PHRASE-019",
    "a list cannot be deleted twice",
    sends="DeleteTranscriptionPhrases twice",
    expects="the second time HTTP 400 with a Code, or Status FAILED",
    level=INFO,
    source=ASSUMED("how an unknown PhraseId is refused"),
    operations=DELETE,
    negative=True,
)
async def deleted_twice(cloud: Cloud) -> None:
    phrase_id = await made(cloud)
    await cloud.tingwu.phrases("Delete", phrase_id)
    refused(cloud, await cloud.tingwu.phrases("Delete", phrase_id))
