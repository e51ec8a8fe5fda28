"""What a request is by its OpenAPI document, as it was sent: whether it fits, and why not.

It reads the request that has left, not what some generator meant it to be, and knows nothing of the
mock. Our documents' own extensions are read here: ``x-forms`` (which body goes with which query)
and ``x-lenient`` (what is taken although it does not fit).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema_rs import Draft202012Validator, ValidationError

Json = dict[str, Any]
Rule = Callable[[Any], Any]

#: Marks a value that counts as not given.
ABSENT: Final = object()
_WHOLE: Final = re.compile(r"\s*-?[0-9]{1,18}\s*")


class Unjudgeable(Exception):
    """The document says nothing of such a request."""


@dataclass(frozen=True)
class Sent:
    """A request on the wire. ``url`` is absolute."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def misfits(document: Json, path: str, sent: Sent, *, leniently: bool = False) -> list[str]:
    """What of a request to ``path`` of ``document`` does not fit, in sentences.

    ``leniently``: what the document declares to be taken all the same does not count.

    Raises:
        Unjudgeable: the document has no such method, or the request names something twice.
    """
    item = document["paths"][path]
    operation = item.get(sent.method.lower())
    if operation is None:
        raise Unjudgeable(f"{sent.method} {path}")
    declared = (*document.get("x-lenient", ()), *operation.get("x-lenient", ()))
    rules = [rule["rule"] for rule in declared] if leniently else []
    parameters = [
        _resolved(document, one)
        for one in (*item.get("parameters", ()), *operation.get("parameters", ()))
    ]
    query = _query(sent.url)
    if "empty parameters are absent" in rules:
        query = {name: text for name, text in query.items() if text.strip()}
    found = []
    if operation.get("x-unknown-parameters") == "refused":
        known = {parameter["name"] for parameter in parameters}
        found += [f"{name} is unknown in the query" for name in query if name not in known]
    for parameter in parameters:
        found += _misfit_parameter(document, path, parameter, query, sent, rules)
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        if not sent.body and not operation["requestBody"].get("required"):
            return found
        schema = content["application/json"]["schema"]
        for form in operation.get("x-forms", ()):
            if _matches(document, parameters, form["query"], query, rules):
                schema = form["schema"]
                break
        else:
            if "x-forms" in operation:
                found.append("no body goes with this query")
        found += _misfit_body(document, schema, sent, rules)
    return found


def fits(document: Json, schema: Json, value: Any) -> bool:
    """Whether ``value`` fits a schema of the document."""
    return _validator(document, schema).is_valid(value)


def refusals(document: Json, path: str, method: str) -> list[str]:
    """The codes (as patterns) with which a request may be refused although it fits."""
    operation = document["paths"][path].get(method.lower(), {})
    listed = (*document.get("x-refusals", ()), *operation.get("x-refusals", ()))
    return [one["code"] for one in listed]


def _resolved(document: Json, node: Json) -> Json:
    while "$ref" in node and node["$ref"].startswith("#/"):
        target: Any = document
        for token in node["$ref"][2:].split("/"):
            target = target[token.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


class _Written:
    """The keyword x-written: an integer is written without a fraction."""

    def __init__(self, parent: Json, value: str, path: list[str | int]) -> None:
        pass

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError(f"{instance} is written with a fraction")


_validators: dict[tuple[int, str], Draft202012Validator] = {}


def _validator(document: Json, schema: Json) -> Draft202012Validator:
    key = (id(document), json.dumps(schema, sort_keys=True))
    if key not in _validators:
        whole = {**schema, "components": document["components"]}
        _validators[key] = Draft202012Validator(whole, keywords={"x-written": _Written})
    return _validators[key]


def _query(url: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, errors="replace")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unjudgeable("a parameter that comes twice")
    return found


def _matches(
    document: Json, parameters: list[Json], wanted: Json, query: Mapping[str, str], rules: list[str]
) -> bool:
    """Whether a query is that of a form; a parameter that is not there is what it is by default."""
    for parameter in parameters:
        name = parameter["name"]
        if name in wanted:
            default = _resolved(document, parameter["schema"]).get("default")
            given = query.get(name)
            if given == "" and "empty query is absent" in rules:
                given = None
            if (default if given is None else given) != wanted[name]:
                return False
    return True


def _misfit_parameter(
    document: Json,
    path: str,
    parameter: Json,
    query: Mapping[str, str],
    sent: Sent,
    rules: list[str],
) -> Iterator[str]:
    name, place, schema = parameter["name"], parameter["in"], parameter["schema"]
    shape = _resolved(document, schema)
    if place == "query" and parameter.get("explode") and shape.get("type") == "object":
        value: Any = {
            key: _read(text, _resolved(document, shape["properties"].get(key, {})), rules)
            for key, text in query.items()
        }
        yield from _errors(document, schema, value, name)
        return
    if place == "query":
        text = query.get(name)
        if text == "" and "empty query is absent" in rules:
            text = None
    elif place == "path":
        text = _in_path(path, sent.url).get(name)
    else:
        text = sent.headers.get(name)
    if text is None:
        if parameter.get("required"):
            yield f"{name} is missing"
        return
    yield from _errors(document, schema, _read(text, shape, rules), name)


@cache
def _pattern(path: str) -> re.Pattern[str]:
    template = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path.partition("#")[0]))
    return re.compile(template)


def _in_path(path: str, url: str) -> dict[str, str]:
    found = _pattern(path).fullmatch(urlsplit(url).path)
    if found is None:
        raise Unjudgeable("another path")
    return {name: unquote(text) for name, text in found.groupdict().items()}


def _read(text: str, shape: Json, rules: list[str]) -> Any:
    """A parameter's text as what its schema wants, where it is that."""
    if "texts are stripped" in rules:
        text = text.strip()
    kind = shape.get("type")
    if kind == "integer" and _WHOLE.fullmatch(text):
        return int(text)
    if kind == "boolean":
        flag = text.lower() if "flags in any case" in rules else text
        return {"true": True, "false": False}.get(flag, text)
    return text


def _errors(document: Json, schema: Json, value: Any, what: str) -> list[str]:
    return [
        f"{what} at {'/'.join(map(str, error.instance_path)) or 'the top'}: {error.message[:200]}"
        for error in _validator(document, schema).iter_errors(value)
    ]


def _misfit_body(document: Json, schema: Json, sent: Sent, rules: list[str]) -> list[str]:
    try:
        value = json.loads(sent.body or b"", parse_constant=_no_number)
    except ValueError:
        return ["the body is no JSON"]
    for rule in rules:
        if rule in _EVERYWHERE:
            value = _EVERYWHERE[rule](value)
    kind = sent.headers.get("content-type", "application/json").partition(";")[0]
    if kind != "application/json" and "any Content-Type" not in rules:
        return [f"the Content-Type is {kind}"]
    # One after another, until nothing changes any more: no rule undoes what another did.
    while any(
        _loosened(value, error, rules) for error in _validator(document, schema).iter_errors(value)
    ):
        pass
    return _errors(document, schema, value, "the body")


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _loosened(value: Any, error: ValidationError, rules: list[str]) -> bool:
    """Read what does not fit as the rules allow, in place; whether anything has changed."""
    if not error.instance_path:
        return False
    *steps, last = error.instance_path
    holder = value
    for step in steps:
        holder = holder[step]
    for rule in rules:
        read = _IN_PLACE[rule](holder[last]) if rule in _IN_PLACE else holder[last]
        if read is ABSENT:
            del holder[last]
            return True
        if read is not holder[last]:
            holder[last] = read
            return True
    return False


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _appid(value: Any) -> Any:
    given = value.get("input") if isinstance(value, dict) else None
    if isinstance(given, dict) and "appid" in given:
        given.setdefault("appId", given["appid"])
    return value


#: Rules that change a body wherever they fit.
_EVERYWHERE: Final[dict[str, Rule]] = {
    "null is absent": _without_nulls,
    "appid is appId": _appid,
}
#: Rules that change a value where it does not fit.
_IN_PLACE: Final[dict[str, Rule]] = {
    "numbers in texts": lambda given: (
        int(given) if isinstance(given, str) and _WHOLE.fullmatch(given) else given
    ),
    "flags in texts": lambda given: (
        {"true": True, "false": False}.get(given.lower(), given)
        if isinstance(given, str)
        else given
    ),
    "objects for texts": lambda given: json.dumps(given) if isinstance(given, dict) else given,
    "empty Description is absent": lambda given: ABSENT if given == "" else given,
}
