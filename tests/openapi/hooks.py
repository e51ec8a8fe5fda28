"""What Schemathesis needs to know of the mock: checks of our own, and what keeps a run at home.

``SCHEMATHESIS_HOOKS=tests.openapi.hooks schemathesis run …`` loads it.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree

import requests
import schemathesis
from schemathesis import Case, CheckContext, DeserializationContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import UseAfterFree

from tests.openapi.judge import Json, Sent, Unjudgeable, fits, misfits, refusals

#: A port that nobody listens at.
NOBODY = "127.0.0.1:9"
_HOST = re.compile(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*://)[^/?#]+")


@schemathesis.deserializer("text/xml")
def read_xml(context: DeserializationContext, response: Response) -> dict[str, str]:
    """What links are followed with."""
    return read_elements(response.content)


def read_elements(content: bytes) -> dict[str, str]:
    """The elements of an answer in XML that hold a text."""
    return {one.tag: one.text or "" for one in ElementTree.fromstring(content)}


def _sent(response: Response) -> Sent:
    request = response.request
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    return Sent(str(request.method), str(request.url), _body(response), headers)


def _body(response: Response) -> bytes:
    """The body of the request that was answered."""
    body = response.request.body or b""
    assert isinstance(body, bytes | str), "bodies are not streamed here"
    return body.encode() if isinstance(body, str) else body


def _document(case: Case[Any]) -> Json:
    document = case.operation.schema.raw_schema
    assert isinstance(document, dict)
    return document


def _operation(case: Case[Any]) -> Json:
    operation = case.operation.definition.raw
    assert isinstance(operation, dict)
    return operation


def code_of(content: bytes) -> str:
    """The code of an error, however it is written, or the sentence that stands for one."""
    if content.startswith(b"<"):
        found = re.search(rb"<Code>([^<]*)</Code>", content)
        return found[1].decode() if found else ""
    body = json.loads(content)
    return str(body.get("Code") or body.get("code") or body.get("error") or "")


@schemathesis.check
def refuses_what_does_not_fit(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """Whatever was done for a request, the request fits, as leniently as the document says."""
    if response.status_code >= 300:
        return
    try:
        found = misfits(_document(case), case.operation.path, _sent(response), leniently=True)
    except Unjudgeable:
        return
    assert not found, f"was accepted although it does not fit: {found}"


@schemathesis.check
def accepts_what_fits(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """A request that fits is refused only for one of the reasons that the document lists."""
    if not 400 <= response.status_code < 500 or response.status_code == 401:
        return  # of keys the check ignored_auth knows more
    document, sent = _document(case), _sent(response)
    try:
        found = misfits(document, case.operation.path, sent)
    except Unjudgeable:
        return
    code = code_of(response.content)
    listed = refusals(document, case.operation.path, sent.method)
    assert found or any(re.fullmatch(pattern, code, re.DOTALL) for pattern in listed), (
        f"was refused with {code} although it fits; x-refusals are {listed}"
    )


@schemathesis.check
def refuses_with_a_documented_code(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The code of a refusal is one of those of its status."""
    document = _document(case)
    item = document["paths"][case.operation.path]
    operation = item.get(str(response.request.method).lower(), {})
    described = operation.get("responses", {}).get(str(response.status_code))
    if described is None:
        return
    name = described.get("$ref", "").rpartition("/")[2]
    codes = document["components"]["responses"][name].get("x-codes") if name else None
    if codes is not None:
        code = code_of(response.content)
        assert any(re.fullmatch(pattern, code) for pattern in codes), (
            f"{code} is no code of {response.status_code}: {codes}"
        )


@schemathesis.hook
def map_case(context: HookContext, case: Case[Any]) -> Case[Any]:
    """Have body and query go together where they do not: by chance they rarely do."""
    forms = _operation(case).get("x-forms", ())
    query = dict(case.query or {})
    if not isinstance(case.body, dict) or not _all_texts(query, forms):
        return case
    document = _document(case)
    fitting = [form["query"] for form in forms if fits(document, form["schema"], case.body)]
    if fitting and not any({**query, **form} == query for form in fitting):
        case.query = {**query, **fitting[0]}
    return case


def _all_texts(query: Json, forms: Sequence[Json]) -> bool:
    """Whether what tells the forms apart is absent or a text: other things are wrong on purpose."""
    return all(isinstance(query.get(name, ""), str) for form in forms for name in form["query"])


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Nobody but this machine is pulled from or posted to, and nobody waits for long."""
    for given in (case.query, case.body):
        if not isinstance(given, dict):
            continue
        for name in ("StreamURL", "CallbackURL", "callback", "url"):
            url = given.get(name)
            if isinstance(url, str):
                given[name] = _HOST.sub(rf"\g<1>{NOBODY}", url)
        for name in ("wait_ms", "timeout_ms"):
            if re.fullmatch(r"[0-9]+(\.0)?", str(given.get(name))):
                given[name] = 1
    if case.operation.path == "/_mock/wait" and isinstance(case.body, dict):
        case.body["timeout_ms"] = case.body.get("timeout_ms") or 1  # null is 10 s, too


@schemathesis.hook
def filter_failure(
    context: HookContext, failure: Failure, case: Case[Any], response: Response
) -> bool:
    """Which failures count: the default scope alone is there again when it was dropped."""
    dropped = (case.path_parameters or {}).get("scope_name")
    return not (isinstance(failure, UseAfterFree) and dropped == "default")


#: Where the id of what was made stands in an answer, by the call that made it.
_IDS: Final = {
    "CreateTask": ("Data", "TaskId"),
    "CreateTranscriptionPhrases": ("Data", "PhraseId"),
    "CreateRtcAsrTask": ("TaskId",),
    "generation": ("output", "dataId"),
}
#: Calls after which nothing of an id is left.
_DELETIONS: Final = ("DeleteTranscriptionPhrases", "DeleteRtcAsrTask")
#: Codes with which an id is said to be unknown, by the calls that can only mean that.
_UNKNOWN: Final = {
    "GetTranscriptionPhrases": "InvalidPhraseId",
    "StopRtcAsrTask": "ConfigNotFound",
}
_made: set[str] = set()
_lists: deque[str] = deque()


@schemathesis.check
def remembers_what_it_made(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """What an answer has named, and nobody has deleted, is not unknown to a later call."""
    called = _operation(case).get("operationId")
    named = {made for made in _made if made in unquote(str(response.request.url))}
    named |= {made for made in _made if made.encode() in _body(response)}
    if not named:
        return
    answer = _answer(response)
    data = answer.get("Data")
    assert not (isinstance(data, dict) and data.get("TaskStatus") == "INVALID"), (
        f"{named} was made and is INVALID"
    )
    if called in _UNKNOWN and response.status_code >= 400:
        code = code_of(response.content)
        assert code != _UNKNOWN[called], f"{named} was made and is unknown: {code}"


def _answer(response: Response) -> Json:
    if response.content.startswith(b"<"):
        return read_elements(response.content)
    try:
        answer = json.loads(response.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Keep in mind what was made; keep fewer lists of hot words than there may be."""
    called = str(_operation(case).get("operationId"))
    if called in _DELETIONS:
        _made.difference_update({made for made in _made if made in str(response.request.url)})
    found: Any = _answer(response)
    for name in _IDS.get(called, ()):
        found = found.get(name, {}) if isinstance(found, dict) else {}
    if response.status_code != 200 or not isinstance(found, str) or not found:
        return
    # Tasks that are INVALID have been made by nobody.
    if called != "CreateTask" or b'"INVALID"' not in response.content:
        _made.add(found)
    if called == "CreateTranscriptionPhrases":
        _lists.append(found)
        if len(_lists) > 8:
            oldest = _lists.popleft()
            _made.discard(oldest)
            url = str(response.request.url).partition("?")[0]
            requests.delete(f"{url}/{oldest}", timeout=10)
