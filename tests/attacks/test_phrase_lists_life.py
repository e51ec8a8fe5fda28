"""Hot-word lists: made, changed, deleted and used in any order, against a model."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.attacks.stage import Stage, examples

PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"
TASKS: Final = "/openapi/tingwu/v2/tasks?type=realtime"
#: How many lists an account may have, and words a list (tingwu-openapi 1.4).
MOST_LISTS, MOST_WORDS = 10, 300
SUCCEEDED: Final = {"Status": "SUCCEEDED", "ErrorCode": "0", "ErrorMessage": "success"}

weights = st.dictionaries(
    st.sampled_from(["苹果", "西瓜", "mock", "听悟 API"]), st.integers(-6, 5), max_size=3
) | st.just({f"w{number}": 1 for number in range(MOST_WORDS + 1)})
described = st.fixed_dictionaries(
    {"Name": st.sampled_from(["fruit", "水果"]), "WordWeights": weights},
    optional={"Description": st.sampled_from(["what we sell", "别的"])},
)


class PhraseLists(RuleBasedStateMachine):
    """The lists of one account."""

    lists: Bundle[str] = Bundle("lists")

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        #: The lists that there are, oldest first, and the ids of those that were.
        self.models: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()

    def teardown(self) -> None:
        self.stage.close()

    @rule(target=lists, fields=described)
    def create(self, fields: dict[str, Any]) -> str:
        data = self._data(*self.stage.call("POST", PHRASES, _sent(fields)))
        if len(self.models) >= MOST_LISTS or len(fields["WordWeights"]) > MOST_WORDS:
            assert (data["Status"], data["ErrorCode"]) == ("FAILED", "PHS.Exceed")
            assert "PhraseId" not in data
            return "0" * 32
        phrase_id: str = data["PhraseId"]
        assert data == {**SUCCEEDED, "PhraseId": phrase_id}
        assert phrase_id not in self.models and phrase_id not in self.gone
        self.models[phrase_id] = _sent(fields)
        return phrase_id

    @rule(phrase_id=lists, fields=described)
    def update(self, phrase_id: str, fields: dict[str, Any]) -> None:
        status, answer = self.stage.call("PUT", f"{PHRASES}/{phrase_id}", _sent(fields))
        if self._is_there(phrase_id, status, answer):
            data = self._data(status, answer)
            if len(fields["WordWeights"]) > MOST_WORDS:
                assert data["ErrorCode"] == "PHS.Exceed"
            else:
                assert data == SUCCEEDED
                self.models[phrase_id] = _sent(fields)

    @rule(phrase_id=lists)
    def delete(self, phrase_id: str) -> None:
        status, answer = self.stage.call("DELETE", f"{PHRASES}/{phrase_id}")
        if self._is_there(phrase_id, status, answer):
            assert self._data(status, answer) == SUCCEEDED
            del self.models[phrase_id]
            self.gone.add(phrase_id)

    @rule(phrase_id=lists)
    def use(self, phrase_id: str) -> None:
        """A task names a list: it has to be there then, and no longer."""
        source = {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16_000}
        parameters = {"Transcription": {"PhraseId": phrase_id}}
        body = {"AppKey": "app", "Input": source, "Parameters": parameters}
        status, answer = self.stage.call("PUT", TASKS, body)
        assert status == (200 if phrase_id in self.models else 400), answer

    @invariant()
    def the_lists_are_those_of_the_model(self) -> None:
        data = self._data(*self.stage.call("GET", PHRASES))
        assert data == {**SUCCEEDED, "Phrases": [_head(*pair) for pair in self.models.items()]}
        for phrase_id, fields in self.models.items():
            data = self._data(*self.stage.call("GET", f"{PHRASES}/{phrase_id}"))
            whole = _head(phrase_id, fields) | {"WordWeights": fields["WordWeights"]}
            assert data == {**SUCCEEDED, "Phrases": [whole]}
        for phrase_id in [*self.gone][:1]:
            status, answer = self.stage.call("GET", f"{PHRASES}/{phrase_id}")
            assert not self._is_there(phrase_id, status, answer)
        self.stage.check()

    def _is_there(self, phrase_id: str, status: int, answer: Any) -> bool:
        if phrase_id in self.models:
            return True
        assert (status, answer["Code"]) == (400, "InvalidPhraseId"), answer
        return False

    def _data(self, status: int, answer: Any) -> Any:
        assert (status, answer["Code"]) == (200, "0"), answer
        return answer["Data"]


def _sent(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {"WordWeights": json.dumps(fields["WordWeights"], ensure_ascii=False)}


def _head(phrase_id: str, fields: dict[str, Any]) -> dict[str, Any]:
    head: dict[str, Any] = {
        name: fields[name] for name in ("Name", "Description") if name in fields
    }
    return {"PhraseId": phrase_id, **head}


TestPhraseLists = PhraseLists.TestCase
TestPhraseLists.settings = examples(6, steps=20)
