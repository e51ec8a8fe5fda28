"""What a HAR 1.2 file has to be, by the specification of its fields; our own wording.

Fields that begin with an underscore are anybody's own; of those only Chrome's are described.
"""

from __future__ import annotations

from typing import Any, Final

import jsonschema

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
#: Sizes in bytes and times in ms are -1 where they are not known.
_SIZE: Final[Schema] = {"type": "integer", "minimum": -1}
_TIME: Final[Schema] = {"type": "number", "minimum": -1}


def _object(required: Schema, **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional, "comment": _TEXT},
        "required": list(required),
        # Whatever else there is, is somebody's own.
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_PAIR: Final = _object({"name": _TEXT, "value": _TEXT})
_MESSAGE: Final = {"httpVersion": _TEXT, "cookies": _list(_PAIR), "headers": _list(_PAIR)}
_SIZES: Final = {"headersSize": _SIZE, "bodySize": _SIZE}
_POST_DATA: Final = _object({"mimeType": _TEXT}, text=_TEXT, params=_list({"type": "object"}))
_CONTENT: Final = _object(
    {"size": {"type": "integer", "minimum": 0}, "mimeType": _TEXT}, text=_TEXT, encoding=_TEXT
)
_REQUEST: Final = _object(
    {
        "method": _TEXT,
        "url": {"type": "string", "pattern": r"^(https?|wss?)://[!-~]+$"},
        "queryString": _list(_PAIR),
        **_MESSAGE,
        **_SIZES,
    },
    postData=_POST_DATA,
)
_RESPONSE: Final = _object(
    {
        "status": {"type": "integer"},
        "statusText": _TEXT,
        "content": _CONTENT,
        "redirectURL": _TEXT,
        **_MESSAGE,
        **_SIZES,
    }
)
_FRAME: Final = {
    "type": "object",
    "properties": {
        "type": {"enum": ["send", "receive"]},
        "time": {"type": "number", "minimum": 0},
        "opcode": {"enum": [1, 2]},
        "data": _TEXT,
    },
    "required": ["type", "time", "opcode", "data"],
    "additionalProperties": False,
}
_MOMENT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$"
_ENTRY: Final = _object(
    {
        "startedDateTime": {"type": "string", "pattern": _MOMENT},
        "time": {"type": "number", "minimum": 0},
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": {"type": "object"},
        "timings": _object({"send": _TIME, "wait": _TIME, "receive": _TIME}),
    },
    pageref=_TEXT,
    serverIPAddress=_TEXT,
    connection=_TEXT,
    _resourceType=_TEXT,
    _webSocketMessages=_list(_FRAME),
)
_LOG: Final = _object(
    {
        "version": {"const": "1.2"},
        "creator": _object({"name": _TEXT, "version": _TEXT}),
        "entries": _list(_ENTRY),
    },
    pages=_list({"type": "object"}),
)
_HAR: Final = jsonschema.Draft202012Validator(
    {"type": "object", "properties": {"log": _LOG}, "required": ["log"]}
)


def check(har: object) -> None:
    """See that ``har`` is a HAR file.

    Raises:
        jsonschema.ValidationError: it is none.
    """
    _HAR.validate(har)
