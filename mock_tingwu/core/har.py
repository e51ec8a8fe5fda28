"""The journal as an HTTP archive (HAR 1.2), for browsers' developer tools and other viewers.

Made from journal entries, so what is masked there is masked here. Headers are not journalled, so
there are none; sizes are those of what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import msgspec

from mock_tingwu import __version__
from mock_tingwu.core.clock import as_datetime
from mock_tingwu.core.journal import Entry, Filter

Json = dict[str, Any]

#: What belongs to a request although it is neither it nor its response, if it has its id.
_REMARKS: Final = ("note", "violation", "fault")
_WS: Final = ("ws_open", "ws_in", "ws_out", "ws_close", "audio")
#: The opcode of text in a WebSocket (RFC 6455 section 5.2).
_TEXT: Final = 1


def archive(
    entries: Iterable[Entry],
    wanted: Filter,
    *,
    since: int = 0,
    limit: int | None = None,
    origin: str,
    comment: str = "",
) -> Json:
    """The exchanges of which any entry is ``wanted`` and comes after the seq ``since``.

    Of these the newest ``limit``. An exchange is a request with its response, a WebSocket session
    with its messages, in the form of Chrome, or a callback that was sent. ``origin`` is where the
    mock is reached, as ``http://host:port``; ``comment`` is one on the whole.
    """
    exchanges = [
        exchange
        for exchange in _exchanges(entries)
        if any(entry["seq"] > since and wanted.fits(entry) for entry in exchange)
    ]
    if limit is not None:
        exchanges = exchanges[max(0, len(exchanges) - limit) :]
    log: Json = {
        "version": "1.2",
        "creator": {"name": "mock-tingwu", "version": __version__},
        "pages": [],
        "entries": [_shown(exchange, origin) for exchange in exchanges],
    }
    if comment:
        log["comment"] = comment
    return {"log": log}


def _exchanges(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries of each exchange, in the order in which they began."""
    found: list[list[Entry]] = []
    by_id: dict[str, list[Entry]] = {}
    by_connection: dict[tuple[str, str], list[Entry]] = {}
    unanswered: dict[tuple[str, str, str], list[list[Entry]]] = {}

    def begin(entry: Entry) -> list[Entry]:
        found.append([entry])
        return found[-1]

    for entry in entries:
        kind, request_id = entry["kind"], entry.get("request_id")
        if kind == "request":
            exchange = begin(entry)
            if request_id is not None:
                by_id[request_id] = exchange
            unanswered.setdefault(_call(entry), []).append(exchange)
        elif kind == "response":
            waiting = unanswered.get(_call(entry), [])
            # A defect's answer has an id of its own, and what is no HTTP has no request.
            exchange = by_id.get(request_id or "") or (waiting[0] if waiting else begin(entry))
            if exchange[-1] is not entry:
                exchange.append(entry)
            if exchange in waiting:
                waiting.remove(exchange)
        elif kind in _WS:
            key = (entry["service"], entry.get("connection") or entry["session"])
            if kind == "ws_open" or key not in by_connection:
                by_connection[key] = begin(entry)
            else:
                by_connection[key].append(entry)
            if kind == "ws_close":
                del by_connection[key]
        elif kind == "callback":
            begin(entry)
        elif request_id in by_id:
            by_id[request_id].append(entry)
    return found


def _call(entry: Entry) -> tuple[str, str, str]:
    return entry["service"], entry["method"], entry["target"]


def _shown(exchange: list[Entry], origin: str) -> Json:
    kinds = {entry["kind"]: entry for entry in exchange}
    if "callback" in kinds:
        return _callback(kinds["callback"])
    if any(kind in kinds for kind in _WS):
        return _session(exchange, origin)
    request, response = kinds.get("request"), kinds.get("response")
    head = request or response or exchange[0]
    remarks = [entry["text"] for entry in exchange if entry["kind"] in _REMARKS]
    if response is None:
        remarks.append("there is no response in the journal")
    if request is None:
        remarks.append("there is no request in the journal")
    content = (kinds.get("result") or response or {}).get("body", "")
    return _entry(
        head["at"],
        0 if response is None else max(0, response["at"] - head["at"]),
        _request(head["method"], _url(origin, head["target"]), _body(request), head["service"]),
        _response(0 if response is None else response["status"], content),
        " ".join(map(str, remarks)),
    )


def _session(exchange: list[Entry], origin: str) -> Json:
    first, last = exchange[0], exchange[-1]
    target = first["target"] if first["kind"] == "ws_open" else ""
    remarks = [
        f"{entry['frames']} frames of audio with {entry['bytes']} bytes are not in the journal."
        for entry in exchange
        if entry["kind"] == "audio"
    ]
    if last["kind"] == "ws_close":
        remarks.append(f"The {last['by']} closed it with {last['code']}.")
    entry = _entry(
        first["at"],
        max(0, last["at"] - first["at"]),
        _request("GET", _url("ws" + origin.removeprefix("http"), target), "", first["service"]),
        _response(101, ""),
        " ".join(remarks),
    )
    entry["_resourceType"] = "websocket"
    entry["_webSocketMessages"] = [
        {
            "type": "send" if message["kind"] == "ws_in" else "receive",
            "time": message["at"] / 1000,
            "opcode": _TEXT,
            "data": _text(message["text" if message["kind"] == "ws_in" else "message"]),
        }
        for message in exchange
        if message["kind"] in ("ws_in", "ws_out")
    ]
    return entry


def _callback(callback: Entry) -> Json:
    remark = f"A callback that the mock sent: {callback['outcome']}, attempt {callback['attempt']}."
    if callback.get("error"):
        remark += f" {callback['error']}"
    return _entry(
        callback["at"],
        0,
        _request("POST", _url("", callback["url"]), callback["body"], callback["service"]),
        _response(callback.get("status") or 0, callback.get("answer") or ""),
        remark,
    )


def _entry(at: int, duration: int, request: Json, response: Json, comment: str) -> Json:
    duration = max(0, duration)  # a machine's clock may be set back
    moment = as_datetime(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entry: Json = {
        "startedDateTime": moment,
        "time": duration,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": duration, "receive": 0},
    }
    if comment:
        entry["comment"] = comment
    return entry


def _request(method: str, url: str, body: bytes | str, service: str) -> Json:
    query = url.partition("?")[2].partition("#")[0]
    request: Json = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(query, keep_blank_values=True, errors="replace")
        ],
        "headersSize": -1,
        "bodySize": len(_text(body).encode("utf-8", "surrogatepass")),
    }
    if body:
        form = service == "live" and isinstance(body, str)
        mime = "application/x-www-form-urlencoded" if form else _type(body)
        request["postData"] = {"mimeType": mime, "text": _text(body)}
    return request


def _response(status: int, body: bytes | str) -> Json:
    text = _text(body)
    size = len(text.encode("utf-8", "surrogatepass"))
    content: Json = {"size": size, "mimeType": _type(body)}
    if text:
        content["text"] = text
    known = status in HTTPStatus.__members__.values()
    return {
        "status": status,
        "statusText": HTTPStatus(status).phrase if known else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size if text else -1,
    }


def _body(request: Entry | None) -> bytes | str:
    body: bytes | str = (request or {}).get("body", "")
    return body


def _text(body: bytes | str) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body


def _type(body: bytes | str) -> str:
    """The media type, by what it looks like: it is not journalled."""
    if not body:
        return "x-unknown"
    if _text(body).startswith("<"):
        return "application/xml"
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return "text/plain"
    return "application/json"


def _url(origin: str, target: str) -> str:
    """An absolute URL: what masking left of a secret is no character of one."""
    slash = "" if not origin or target.startswith("/") else "/"
    return origin + slash + quote(target, safe="/?&=%:;,@!$'()*+~#[]", errors="replace")
