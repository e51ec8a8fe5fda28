"""The OpenAPI's hot-word lists: create, list, get, update and delete them (tingwu-openapi 1.4).

A list is ready at once. How a call went is told twice: by the envelope, and by Status, ErrorCode
and ErrorMessage in Data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from mock_tingwu import contract
from mock_tingwu.core.errors import PHRASE_ERRORS
from mock_tingwu.core.phrases import InvalidWords, LimitExceeded, PhraseList
from mock_tingwu.core.scope import Scope
from mock_tingwu.services.api_answers import Json
from mock_tingwu.services.api_errors import ApiFailure, invalid, missing
from mock_tingwu.services.api_request import ApiRequest
from mock_tingwu.services.gateway import Answer, Operation

PHRASES: Final = "/openapi/tingwu/v2/resources/phrases"

_SUCCESS: Final[Json] = {"ErrorCode": "0", "ErrorMessage": "success"}
_SUCCEEDED: Final[Json] = {"Status": "SUCCEEDED", **_SUCCESS}


def create(request: ApiRequest, scope: Scope, body: Json) -> Json:
    """CreateTranscriptionPhrases."""
    fields = _read(body)
    try:
        with _words_checked():
            made = scope.phrases.create(*fields)
    except LimitExceeded as error:
        return _exceeded(scope, error)
    return {"Status": "SUCCEEDED", "PhraseId": made.id, **_SUCCESS}


def list_all(request: ApiRequest, scope: Scope, body: Json) -> Json:
    """ListTranscriptionPhrases: all lists, without their words."""
    return _SUCCEEDED | {"Phrases": [_head(phrases) for phrases in scope.phrases.all()]}


def get(request: ApiRequest, scope: Scope, body: Json) -> Json:
    """GetTranscriptionPhrases: one list with its words, written as they were sent."""
    phrases = _existing(request, scope)
    return _SUCCEEDED | {"Phrases": [_head(phrases) | {"WordWeights": phrases.weights}]}


def update(request: ApiRequest, scope: Scope, body: Json) -> Json:
    """UpdateTranscriptionPhrases: everything about a list but its id."""
    fields = _read(body)
    phrase_id = _existing(request, scope).id
    try:
        with _words_checked():
            scope.phrases.update(phrase_id, *fields)
    except LimitExceeded as error:
        return _exceeded(scope, error)
    return _SUCCEEDED


def delete(request: ApiRequest, scope: Scope, body: Json) -> Answer:
    """DeleteTranscriptionPhrases.

    The reference declares an answer without the usual envelope, with the outcome beside Data as
    well as in it. What is really sent is open, so here are both (tingwu-openapi 9.7).
    """
    scope.phrases.delete(_existing(request, scope).id)
    return Answer(_SUCCEEDED, extra=_SUCCEEDED)


#: The API's name and the operation that each method of the two paths stands for.
ON_ALL: Final[Mapping[str, tuple[str, Operation]]] = {
    "POST": ("CreateTranscriptionPhrases", create),
    "GET": ("ListTranscriptionPhrases", list_all),
}
ON_ONE: Final[Mapping[str, tuple[str, Operation]]] = {
    "GET": ("GetTranscriptionPhrases", get),
    "PUT": ("UpdateTranscriptionPhrases", update),
    "DELETE": ("DeleteTranscriptionPhrases", delete),
}


def _read(body: Json) -> tuple[str, str | None, str]:
    """Name, description and words of a request.

    Raises:
        ApiFailure: one of them is missing or wrong.
    """
    body = {key: value for key, value in body.items() if value is not None}
    if isinstance(body.get("WordWeights"), dict):
        # The vendor's Python sample sends the map itself, not its text
        # (help.aliyun.com/zh/tingwu/create-a-hotword-vocabulary).
        body["WordWeights"] = msgspec.json.encode(body["WordWeights"]).decode()
    if body.get("Description") == "":  # an empty field of a form
        del body["Description"]
    if found := contract.violations("tingwu/phrases-request", body):
        field = str(found[0].path[0])
        error = missing(field) if found[0].keyword == "required" else invalid(field)
        raise _because(error, f"the request is refused at {found[0].pointer}: {found[0].message}")
    return body["Name"], body.get("Description"), body["WordWeights"]


def _existing(request: ApiRequest, scope: Scope) -> PhraseList:
    """The list that the path names.

    Raises:
        ApiFailure: there is none.
    """
    phrase_id: str = request.path_params["phrase_id"]
    phrases = scope.phrases.get(phrase_id)
    if phrases is None:
        raise _because(invalid("PhraseId"), f"there is no hot-word list {phrase_id}")
    return phrases


def _head(phrases: PhraseList) -> Json:
    described = {} if phrases.description is None else {"Description": phrases.description}
    return {"PhraseId": phrases.id, "Name": phrases.name, **described}


@contextmanager
def _words_checked() -> Iterator[None]:
    try:
        yield
    except InvalidWords as error:
        raise _because(invalid("WordWeights"), f"WordWeights are refused: {error}") from None


def _because(error: ApiFailure, detail: str) -> ApiFailure:
    error.detail = detail
    return error


def _exceeded(scope: Scope, error: LimitExceeded) -> Json:
    scope.journal.record("note", "tingwu", None, text=f"no more hot words: {error}")
    row = PHRASE_ERRORS["PHS.Exceed"]
    return {"Status": "FAILED", "ErrorCode": row.code, "ErrorMessage": row.message}
