"""Paths that may go on with anything, as a convertor of Starlette's."""

from __future__ import annotations

from typing import Final

from starlette.convertors import PathConvertor, register_url_convertor

#: ``{key:any}`` takes every rest of a path. Starlette's own ``path`` takes no line feed, which
#: stands in a path as %0A: what has one would be answered by whatever comes next.
ANY: Final = "any"


class _AnyConvertor(PathConvertor):
    regex = "(?s:.*)"


register_url_convertor(ANY, _AnyConvertor())
