"""Reading result files: both shapes, all names, and whatever else stands there."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tests.contract_examples_dashscope as dashscope_examples
import tests.contract_examples_results as tingwu_examples
from mock_tingwu import contract
from mock_tingwu.client import ClientError
from mock_tingwu.client.results import (
    Notable,
    Paragraph,
    ResultError,
    Results,
    Sentence,
    Transcript,
    Translation,
    Word,
    read_results,
)
from mock_tingwu.client.results.tables import KINDS
from tests.conftest import ROOT

TINGWU = [path.stem for path in sorted((ROOT / "schemas/tingwu/results").glob("*.json"))]
DASHSCOPE = [path.stem for path in sorted((ROOT / "schemas/dashscope/results").glob("*.json"))]
TASK_ID = "0" * 32
WORD = {"Id": 10, "SentenceId": 1, "Start": 400, "End": 900, "Text": "早。"}


def lowered(value: Any) -> Any:
    """What DashScope makes of what Tingwu says: names begin with a small letter."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: lowered(item) for name, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


def instance(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 0) -> Any:
    """A document with every member that a schema has."""
    if "$ref" in schema:
        where = schema["$ref"].rpartition("/")[2]
        return instance(root["$defs"][where], root) if where in root.get("$defs", {}) else TASK_ID
    if "properties" in schema:
        return {name: instance(part, root) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        item = schema.get("items")
        return [instance(item, root)] * schema.get("minItems", 1) if item else []
    return {"integer": 7, "number": 0.5, "boolean": True, "string": "text"}[schema["type"]]


def whole_file(service: str, kind: str) -> Any:
    schema = json.loads(
        (ROOT / "schemas" / service / "results" / f"{kind}.json").read_text("utf-8")
    )
    return instance(schema, schema)


def parts(value: Any) -> Iterator[Any]:
    """All dataclasses within a value."""
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts(item)


def read(kind: str, content: Any) -> Results:
    return read_results({kind: {"TaskId": TASK_ID, kind: content}})


# Names


@pytest.mark.parametrize("kind", TINGWU)
def test_every_name_of_tingwus_files_has_a_place(kind: str) -> None:
    results = read_results({kind: whole_file("tingwu", kind)})
    assert [part.extra for part in parts(results) if part.extra] == []
    assert results.task_id == TASK_ID
    assert results != Results(task_id=TASK_ID)


@pytest.mark.parametrize("kind", DASHSCOPE)
def test_every_name_of_dashscopes_files_has_a_place(kind: str) -> None:
    results = read_results({f"{kind}Path": whole_file("dashscope", kind)})
    assert [part.extra for part in parts(results) if part.extra] == []
    assert results != Results()


def test_every_field_is_told_by_a_file() -> None:
    told: set[tuple[str, str]] = set()
    known: set[tuple[str, str]] = set()
    files = [{kind: whole_file("tingwu", kind)} for kind in TINGWU]
    files += [{f"{kind}Path": whole_file("dashscope", kind)} for kind in DASHSCOPE]
    for file in files:
        for part in parts(read_results(file)):
            names = {field.name for field in fields(part)} - {"extra"}
            name = type(part).__name__
            known |= {(name, field) for field in names}
            told |= {(name, field) for field in names if getattr(part, field) not in (None, (), "")}
    # These are known by where a sentence stands, and by the answer that has the links.
    assert known - told == {
        ("Sentence", "speaker_id"),
        ("Sentence", "words"),
        ("Results", "failed"),
    }


def test_every_kind_has_a_field() -> None:
    names = {field.name for field in fields(Results)}
    assert {field for field, _ in KINDS.values()} == names - {"task_id", "failed", "extra", "data"}


# Two shapes


@pytest.mark.parametrize("kind", TINGWU)
def test_both_shapes_of_the_same_content_are_equal(kind: str) -> None:
    examples = [whole_file("tingwu", kind), *tingwu_examples.ACCEPTED[f"tingwu/results/{kind}"]]
    for example in examples:
        wrapped = read_results({kind: example})
        path = kind[0].lower() + kind[1:] + "Path"
        bare = read_results({path: lowered(example[kind])}, task_id=example["TaskId"])
        assert wrapped == bare and wrapped.to_json() == bare.to_json()
        assert wrapped.data != bare.data
        assert wrapped.to_markdown() == bare.to_markdown()


@pytest.mark.parametrize(
    ("module", "service", "suffix"),
    [(tingwu_examples, "tingwu", ""), (dashscope_examples, "dashscope", "Path")],
)
def test_what_fits_the_schemas_is_read_without_a_rest(
    module: Any, service: str, suffix: str
) -> None:
    names = [name for name in module.ACCEPTED if name.startswith(f"{service}/results/")]
    assert names
    for name in names:
        for example in module.ACCEPTED[name]:
            contract.check(name, example)
            results = read_results({name.rpartition("/")[2] + suffix: example})
            assert [part.extra for part in parts(results) if part.extra] == []


def test_capitals_in_dashscopes_files_make_no_difference() -> None:
    # Its page has them in a table (dashscope-tingwu 4.1).
    results = read_results(
        {"transcriptionPath": {"audioInfo": {"Size": 5, "duration": 7, "SampleRate": 8000}}}
    )
    assert results.transcript is not None and results.transcript.audio is not None
    assert (results.transcript.audio.size, results.transcript.audio.duration) == (5, 7)
    assert results.transcript.audio.sample_rate == 8000


@pytest.mark.parametrize("text", [json.dumps, lambda file: json.dumps(file).encode()])
def test_files_may_be_texts(text: Any) -> None:
    file = {"TaskId": TASK_ID, "CustomPrompt": [{"Name": "风险", "Result": "无"}]}
    results = read_results({"CustomPrompt": text(file)})
    assert results == read_results({"CustomPrompt": file}) and results.data["CustomPrompt"] == file
    assert results.custom_prompts[0].name == "风险"


# What is said by whom


def test_words_are_sentences_by_their_number() -> None:
    words = [
        WORD,
        WORD | {"Id": 20, "SentenceId": 2, "Start": 1000, "End": 1200, "Text": "Hello "},
        WORD | {"Id": 30, "SentenceId": 2, "Start": 1300, "End": 1500, "Text": "there."},
        WORD | {"Id": 40, "SentenceId": 3, "Start": 1600, "End": 1700, "Text": "Bye."},
    ]
    paragraph = {"ParagraphId": "1", "SpeakerId": "2", "Words": words}
    transcript = read("Transcription", {"Paragraphs": [paragraph]}).transcript
    assert transcript is not None
    first, second, third = transcript.sentences
    assert first == Sentence(1, 400, 900, "早。", "1", "2", (Word(10, 1, 400, 900, "早。"),))
    assert (second.id, second.begin, second.end) == (2, 1000, 1500)
    assert (second.text, [word.id for word in second.words]) == ("Hello there.", [20, 30])
    assert (third.id, third.paragraph_id, third.speaker_id) == (3, "1", "2")
    # Nothing stands behind Chinese marks, a space behind others.
    assert transcript.text == "早。Hello there. Bye."


def test_words_without_a_number_or_times_are_still_said() -> None:
    words = [{"Text": "早"}, {"Text": "。"}]
    transcript = read("Transcription", {"Paragraphs": [{"Words": words}]}).transcript
    assert transcript is not None
    (sentence,) = transcript.sentences
    assert (sentence.text, sentence.begin, sentence.speaker_id) == ("早。", None, None)


def test_translations_are_found_by_their_language() -> None:
    paragraphs = [{"ParagraphId": "1", "Sentences": [{"SentenceId": 1, "Text": "Morning. "}]}]
    further = {"TargetLanguage": "de", "Paragraphs": paragraphs}
    results = read("Translation", {"Paragraphs": paragraphs, "Translations": [further]})
    first, second = results.translations
    assert (first.language, second.language) == (None, "de")
    assert first.sentences == (Sentence(1, text="Morning. ", paragraph_id="1"),)
    assert first.text == "Morning."
    # The file does not name the first, which is what else was asked for.
    assert results.translation("de") is second and results.translation("en") is first
    with pytest.raises(ValueError, match=r"language is 'en', expected .*: there is none"):
        Results().translation("en")
    with pytest.raises(ValueError, match=r"language is 'en', expected .*: de"):
        Results(translations=(second,)).translation("en")


# What is not as expected


def test_what_is_unknown_is_kept_by_its_name() -> None:
    results = read_results(
        {
            "Transcription": {
                "TaskId": TASK_ID,
                "Version": 2,
                "Transcription": {
                    "Mood": "good",
                    "Paragraphs": [{"Words": [WORD | {"Loudness": [1]}], "Topic": None}],
                },
            },
            "Weather": {"TaskId": TASK_ID, "Weather": "fine"},
        }
    )
    transcript = results.transcript
    assert transcript is not None and transcript.extra == {"Mood": "good"}
    assert transcript.paragraphs[0].extra == {"Topic": None}
    assert transcript.paragraphs[0].words[0].extra == {"Loudness": [1]}
    assert results.extra["Transcription"] == {"Version": 2}
    assert results.extra["Weather"] == results.data["Weather"]
    assert json.loads(results.to_json())["transcript"]["extra"] == {"Mood": "good"}


@pytest.mark.parametrize("name", list(WORD))
@pytest.mark.parametrize("wrong", [[], {}, True, 1.5, math.nan, math.inf])
def test_a_value_of_another_type_is_kept_as_it_is(name: str, wrong: Any) -> None:
    paragraphs = [{"Words": [WORD | {name: wrong}]}]
    transcript = read("Transcription", {"Paragraphs": paragraphs}).transcript
    assert transcript is not None
    (word,) = transcript.paragraphs[0].words
    assert word.extra == {name: wrong}
    field = {"Id": "id", "SentenceId": "sentence_id", "Start": "begin", "End": "end"}
    assert not getattr(word, field.get(name, "text"))


def test_items_that_do_not_fit_leave_the_others() -> None:
    actions = [{"Text": "Write it."}, "Send it.", None]
    assistance = read("MeetingAssistance", {"Actions": actions, "Keywords": "a"}).meeting_assistance
    assert assistance is not None
    assert assistance.actions == (Notable(text="Write it."),) and assistance.keywords == ()
    assert assistance.extra == {"Actions": actions, "Keywords": "a"}


def test_a_wrapped_result_of_another_type_is_kept() -> None:
    results = read("AutoChapters", "none")
    assert results.chapters == () and results.extra == {"AutoChapters": {"AutoChapters": "none"}}
    # Without the wrapper it stands under the name of its kind.
    results = read_results({"autoChaptersPath": [1]})
    assert results.chapters == () and results.extra == {"autoChaptersPath": {"AutoChapters": [1]}}


def test_nothing_and_null_are_the_same() -> None:
    nothing = read_results({"Transcription": {"TaskId": TASK_ID, "Transcription": {}}})
    null = read("Transcription", {"AudioInfo": None, "Paragraphs": None})
    assert nothing == null == Results(TASK_ID, Transcript())
    for empty in ({}, {"TaskId": TASK_ID}, {"TaskId": TASK_ID, "Transcription": None}):
        assert not read_results({"Transcription": empty}).extra
    assert Results() == read_results({})


def test_whole_numbers_may_be_written_as_fractions() -> None:
    paragraph = {"Words": [WORD | {"Start": 400.0}]}
    transcript = read("Transcription", {"Paragraphs": [paragraph]}).transcript
    assert transcript is not None
    assert transcript.paragraphs == (Paragraph(words=(Word(10, 1, 400, 900, "早。"),)),)


def test_a_name_that_stands_there_twice_is_kept() -> None:
    chapters = read("AutoChapters", [{"Headline": "a", "headline": "b"}]).chapters
    assert chapters[0].headline == "a" and chapters[0].extra == {"headline": "b"}


def test_a_kind_that_stands_there_twice_is_kept() -> None:
    results = read_results({"customPromptPath": [{"name": "a"}], "CustomPrompt": [{"name": "b"}]})
    assert [answer.name for answer in results.custom_prompts] == ["a"]
    assert results.extra == {"CustomPrompt": [{"name": "b"}]}


def deep(levels: int) -> Any:
    value: Any = {"Title": "leaf"}
    for _ in range(levels):
        value = {"Title": "node", "Topic": [value]}
    return {"TaskId": TASK_ID, "Summarization": {"MindMapSummary": [value]}}


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"<Error><Code>AccessDenied</Code></Error>", "is no JSON"),
        (b"\xff\xfe\xff", "is no JSON"),
        ("[" * 100_000, "is no JSON|is nested"),
        (deep(40), "is nested more than 64 deep"),
        (deep(100_000), "is nested more than 64 deep"),
        (None, "is neither an object nor an array"),
        (b'"text"', "is neither an object nor an array"),
        (7, "is neither an object nor an array"),
        ([], "is an array"),
        ({"Code": "AccessDenied", "Message": "No."}, "is an object with Code, Message"),
        ({"TaskId": TASK_ID, "AutoChapters": []}, "is an object with TaskId, AutoChapters"),
        ({"x" * 1000: 1}, "is an object with x{40},"),
    ],
)
def test_a_file_that_is_none_of_its_kind_is_told(file: Any, why: str) -> None:
    with pytest.raises(ResultError, match=f"^The file Summarization {why}") as wrong:
        read_results({"Summarization": file})
    assert wrong.value.kind == "Summarization" and isinstance(wrong.value, ClientError)


@pytest.mark.parametrize("kind", [*TINGWU, *(f"{kind}Path" for kind in DASHSCOPE)])
def test_an_answer_of_the_service_is_no_result(kind: str) -> None:
    with pytest.raises(ResultError, match=f"^The file {kind} is an object with Code, Data"):
        read_results({kind: {"Code": "0", "Data": {}, "Message": "success", "RequestId": "r"}})


def test_results_do_not_change() -> None:
    results = read("Translation", {"Paragraphs": []})
    assert results.translations == (Translation(),)
    with pytest.raises(FrozenInstanceError):
        results.task_id = "other"  # type: ignore[misc]
    assert not hasattr(results, "__dict__")
    assert "data" not in repr(results)


# Anything

NAMES = sorted(
    {
        name
        for service, kinds in (("tingwu", TINGWU), ("dashscope", DASHSCOPE))
        for kind in kinds
        for name in json.dumps(whole_file(service, kind)).split('"')
        if name.isalpha()
    }
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS | st.just(WORD),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=30,
)
LINKS = [*TINGWU, *(f"{kind}Path" for kind in DASHSCOPE), "Weather"]


def written(results: Results) -> None:
    """Write results in every way."""
    json.loads(results.to_json(), parse_constant=pytest.fail)
    unnamed = "a language that the file does not name"
    for translation in (None, *(told.language or unnamed for told in results.translations)):
        if translation is not None:
            assert results.translation(translation) in results.translations
        assert results.to_vtt(translation).startswith("WEBVTT\n")
        results.to_srt(translation)
        results.to_text(translation)
        assert results.to_markdown(translation, polished=True).startswith("# ")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(LINKS), JSON, max_size=3))
def test_no_json_breaks_the_reader_or_the_writers(files: dict[str, Any]) -> None:
    try:
        results = read_results(files)
    except ResultError:
        return
    assert list(results.data) == list(files)
    written(results)


def damaged(value: Any, draw: Any) -> Any:
    """``value`` with some of its parts put in the place of others or left out."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {name: damaged(item, draw) for name, item in value.items()}
    return [damaged(item, draw) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(st.data())
def test_no_damage_breaks_the_reader_or_the_writers(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(TINGWU))
    file = {"TaskId": TASK_ID, kind: damaged(whole_file("tingwu", kind)[kind], data.draw)}
    written(read_results({kind: file}))


@settings(deadline=None)
@given(st.binary(max_size=50) | st.text(max_size=50))
def test_no_text_breaks_the_reader(text: str | bytes) -> None:
    try:
        read_results({"Transcription": text})
    except ResultError as error:
        assert error.kind == "Transcription"
