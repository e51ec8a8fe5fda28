"""What Schemathesis needs to know of the mock: checks of our own, and what keeps a run at home.

``SCHEMATHESIS_HOOKS=tests.openapi.hooks schemathesis run …`` loads it.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any
from xml.etree import ElementTree

import requests
import schemathesis
from schemathesis import Case, CheckContext, DeserializationContext, HookContext, Response

from tests.openapi.judge import Json, Sent, Unjudgeable, fits, misfits, refusals

#: A port that nobody listens at.
NOBODY = "127.0.0.1:9"
_HOST = re.compile(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*://)[^/?#]+")


@schemathesis.deserializer("text/xml")
def read_xml(context: DeserializationContext, response: Response) -> dict[str, str]:
    """The elements of an answer in XML that hold a text."""
    return {one.tag: one.text or "" for one in ElementTree.fromstring(response.content)}


def _sent(response: Response) -> Sent:
    request = response.request
    body = request.body.encode() if isinstance(request.body, str) else request.body
    return Sent(str(request.method), str(request.url), body, dict(request.headers))


def _document(case: Case) -> Json:
    document = case.operation.schema.raw_schema
    assert isinstance(document, dict)
    return document


def code_of(content: bytes) -> str:
    """The code of an error, however it is written, or the sentence that stands for one."""
    if content.startswith(b"<"):
        found = re.search(rb"<Code>([^<]*)</Code>", content)
        return found[1].decode() if found else ""
    body = json.loads(content)
    return str(body.get("Code") or body.get("code") or body.get("error") or "")


@schemathesis.check
def refuses_what_does_not_fit(ctx: CheckContext, response: Response, case: Case) -> None:
    """Whatever was done for a request, the request fits, as leniently as the document says."""
    if response.status_code >= 300:
        return
    try:
        found = misfits(_document(case), case.operation.path, _sent(response), leniently=True)
    except Unjudgeable:
        return
    assert not found, f"was accepted although it does not fit: {found}"


@schemathesis.check
def accepts_what_fits(ctx: CheckContext, response: Response, case: Case) -> None:
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
def refuses_with_a_documented_code(ctx: CheckContext, response: Response, case: Case) -> None:
    """The code of a refusal is one of those of its status."""
    document = _document(case)
    operation = document["paths"][case.operation.path].get(str(response.request.method).lower())
    described = (operation or {}).get("responses", {}).get(str(response.status_code))
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
def map_case(context: HookContext, case: Case) -> Case:
    """Have body and query go together: by chance they rarely do."""
    document = _document(case)
    operation = document["paths"][case.operation.path].get(case.method.lower(), {})
    query = case.query or {}
    for form in operation.get("x-forms", ()):
        plausible = all(isinstance(query.get(name, ""), str) for name in form["query"])
        if plausible and isinstance(case.body, dict) and fits(document, form["schema"], case.body):
            case.query = {**query, **form["query"]}
            break
    return case


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Nobody but this machine is pulled from or posted to, and nobody waits for long."""
    for given in (case.query, case.body):
        if not isinstance(given, dict):
            continue
        for name in ("StreamURL", "CallbackURL", "callback", "url"):
            if isinstance(given.get(name), str):
                given[name] = _HOST.sub(rf"\g<1>{NOBODY}", given[name])
        for name in ("wait_ms", "timeout_ms"):
            if re.fullmatch("[0-9]{1,9}", str(given.get(name))):
                given[name] = 1
    if case.operation.path == "/_mock/wait" and isinstance(case.body, dict):
        case.body["timeout_ms"] = case.body.get("timeout_ms") or 1  # null is 10 s, too


_lists: deque[str] = deque()


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Keep fewer lists of hot words than there may be."""
    if case.operation.definition.raw.get("operationId") == "CreateTranscriptionPhrases":
        made = response.json() if response.status_code == 200 else {}
        if made_id := made.get("Data", {}).get("PhraseId"):
            _lists.append(made_id)
        if len(_lists) > 8:
            url = str(response.request.url).partition("?")[0]
            requests.delete(f"{url}/{_lists.popleft()}", timeout=10)
