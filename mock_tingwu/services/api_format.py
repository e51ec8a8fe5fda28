"""How the gateway writes an answer: as JSON, or as XML when JSON is not asked for.

XML is what the gateway answers without an Accept header (tingwu-openapi 3.1). It has the shape
that Alibaba Cloud documents for its APIs: `<Error>`, or the API's name and Response, around the
fields of the JSON, without white space. A list is its element once per item.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import md5
from typing import Any, Final

import msgspec

JSON_TYPE: Final = "application/json;charset=utf-8"
XML_TYPE: Final = "text/xml;charset=utf-8"
#: Characters that XML 1.0 cannot carry, escaped or not.
NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: A bare CR would be read as a line end.
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
#: The ranges that admit JSON: one that is more exact comes first, and decides.
_JSON_RANGES: Final = ("application/json", "application/*", "*/*")
_REFUSED: Final = re.compile(r"q=0(\.0*)?")

to_json: Final = msgspec.json.Encoder().encode


@lru_cache(maxsize=256)
def wants_json(accept: str | None) -> bool:
    """Whether an Accept header admits JSON. Without a header it is XML.

    What is said of ``application/json`` itself goes before what is said of ranges around it.
    """
    admitted: dict[str, bool] = {}
    for part in (accept or "").lower().split(","):
        kind, *parameters = (item.strip() for item in part.split(";"))
        taken = not any(map(_REFUSED.fullmatch, parameters))
        admitted[kind] = admitted.get(kind, False) or taken
    for kind in _JSON_RANGES:
        if kind in admitted:
            return admitted[kind]
    return any(taken and kind.endswith("+json") for kind, taken in admitted.items())


def to_xml(root: str, fields: Mapping[str, Any]) -> bytes:
    """The fields as an XML document of this root."""
    inner = "".join(_element(name, value) for name, value in fields.items())
    return f"<?xml version='1.0' encoding='UTF-8'?><{root}>{inner}</{root}>".encode()


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    return f"<{name}>{''.join(_content(name, value))}</{name}>"


def _content(name: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield _element(key, item)
    elif name == "Recommend":
        # As recorded of several products. The end of a section cannot stand in one.
        text = NOT_XML.sub("\ufffd", str(value)).replace("]]>", "]]]]><![CDATA[>")
        yield f"<![CDATA[{text}]]>"
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield NOT_XML.sub("\ufffd", str(value)).translate(_ESCAPES)


def etag(content: bytes) -> str:
    """The ETag of a successful answer, as public recordings of other products have it.

    It is the base64 MD5 of the body between the first and the last digit of its length.
    """
    length = str(len(content))
    digest = b2a_base64(md5(content, usedforsecurity=False).digest())[:22].decode("ascii")
    return f"{length[0]}{digest}{length[-1]}"
