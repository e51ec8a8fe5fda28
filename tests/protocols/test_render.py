"""Keys of results in the casing of each service."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_tingwu.protocols.render import camel, pascal, wrapped


@pytest.mark.parametrize(
    ("key", "as_pascal", "as_camel"),
    [
        ("id", "Id", "id"),
        ("sentence_id", "SentenceId", "sentenceId"),
        ("sentence_ids_of_question", "SentenceIdsOfQuestion", "sentenceIdsOfQuestion"),
        ("questions_answering_summary", "QuestionsAnsweringSummary", "questionsAnsweringSummary"),
        ("sample_rate", "SampleRate", "sampleRate"),
        ("interview", "Interview", "interview"),
        ("file_url", "FileUrl", "fileUrl"),
        ("", "", ""),
    ],
)
def test_keys_are_written_in_the_casing_of_the_service(
    key: str, as_pascal: str, as_camel: str
) -> None:
    assert pascal({key: 1}) == {as_pascal: 1}
    assert camel({key: 1}) == {as_camel: 1}


def test_nested_objects_are_recased_and_texts_are_left_alone() -> None:
    result = {"mind_map_summary": [{"title": "snake_case", "topic": [{"title": "a_b"}]}]}
    assert pascal(result) == {
        "MindMapSummary": [{"Title": "snake_case", "Topic": [{"Title": "a_b"}]}]
    }
    assert result["mind_map_summary"][0]["title"] == "snake_case"


def test_tuples_become_arrays() -> None:
    assert camel({"audio_segments": ((0, 10), [20, 30])}) == {"audioSegments": [[0, 10], [20, 30]]}


def test_a_result_file_names_its_task_and_its_kind() -> None:
    assert wrapped("t1", "AutoChapters", [{"id": 1}]) == {
        "TaskId": "t1",
        "AutoChapters": [{"Id": 1}],
    }
    assert wrapped("t1", "Summarization", {}) == {"TaskId": "t1", "Summarization": {}}


values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]+(_[a-z]+)*", fullmatch=True), inner, max_size=3)
    ),
)


@given(values)
def test_recasing_keeps_everything_but_the_case_of_keys(value: Any) -> None:
    def bare(item: Any) -> Any:
        if isinstance(item, dict):
            return [(key.replace("_", "").lower(), bare(inner)) for key, inner in item.items()]
        return [bare(inner) for inner in item] if isinstance(item, list) else item

    assert bare(pascal(value)) == bare(value)
    assert bare(camel(value)) == bare(value)
    assert pascal(camel(value)) == pascal(value)
