"""What somebody wrote as YAML or JSON, and in which line each part of it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from mock_tingwu.core.nesting import deeper_than

if TYPE_CHECKING:
    import yaml

Format = Literal["yaml", "json"]
#: The way to a part: names of members and numbers of items, outermost first.
Path = tuple[str | int, ...]

#: How deep a document may be nested: nothing of ours goes deeper than a script's points.
MAX_DEPTH: Final = 32
#: So many parts may stand there as aliases of others, each counted with all that is in it.
MOST_ALIASED: Final = 100_000
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:\s"]+')
_DEEP: Final = "nested too deeply"


class DocumentError(ValueError):
    """A text is not in its format. ``line`` (from 1) is where, if that is known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says, as plain data; ``lines_of`` finds the lines (from 1) of parts.

    Where there is no such part, it is the line of the nearest around it.
    """

    data: Any
    lines_of: Callable[[Sequence[Path]], list[int]]

    def line_of(self, *path: str | int) -> int:
        """The line of one part."""
        return self.lines_of([path])[0]


def parse(text: str, format: Format) -> Document:
    """Read a text that is one document. What is in it is only as large as it looks.

    Raises:
        DocumentError: it is not in the format, is nested too deeply, or names a member twice.
    """
    return _parse_yaml(text) if format == "yaml" else _parse_json(text)


def refusal(events: Iterable[yaml.Event]) -> str | None:
    """Why a YAML document is not to be built: too deep, in a circle, or grown by its aliases.

    Nested too deeply it would break the stack of the loader, which is not Python's. Aliases of
    aliases stand for more than fits into memory as soon as somebody walks through them.
    """
    import yaml

    # By their anchors, how many parts there are in each and how deep they go; None: not yet known.
    anchored: dict[str, tuple[int, int] | None] = {}
    around: list[tuple[str | None, list[int]]] = []
    aliased = 0
    for event in events:
        anchor: str | None = getattr(event, "anchor", None)
        if isinstance(event, yaml.CollectionStartEvent):
            if anchor is not None:
                anchored[anchor] = None
            around.append((anchor, [1, 1]))
            if len(around) > MAX_DEPTH:
                return _DEEP
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, (size, depth) = around.pop()
        elif isinstance(event, yaml.ScalarEvent):
            size, depth = 1, 0
        elif isinstance(event, yaml.AliasEvent):
            found = anchored.get(anchor or "", (1, 0))
            if found is None:
                return f"the alias *{anchor} is a part of itself"
            anchor, (size, depth) = None, found
            aliased += size
            if aliased > MOST_ALIASED:
                return f"its aliases stand for more than {MOST_ALIASED} parts"
        else:
            continue
        if len(around) + depth > MAX_DEPTH:
            return _DEEP
        if anchor is not None:
            anchored[anchor] = size, depth
        if around:
            counts = around[-1][1]
            counts[0] += size
            counts[1] = max(counts[1], depth + 1)
    return None


def _parse_yaml(text: str) -> Document:
    import yaml

    loader_class: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if (why := refusal(yaml.parse(text, Loader=loader_class))) is not None:
            raise DocumentError(why)
        loader = loader_class(text)
        try:
            root = loader.get_single_node()
            for node, name in _doubles(root):
                raise DocumentError(f"{name!r} stands there twice", node.start_mark.line + 1)
            # It is None for a document without anything, though the types do not say so.
            data = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except DocumentError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = [" ".join(part.split()) for part in (error.context, error.problem) if part]
        why = ", ".join(told)
        # What is missing at the end is missed behind the last line.
        line = None if mark is None else min(mark.line, text.rstrip().count("\n")) + 1
        raise DocumentError(f"expected YAML, but it cannot be parsed: {why}", line) from None
    # Dates and numbers that are none have other errors than the library's own.
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        why = " ".join(str(error).split())
        raise DocumentError(f"expected YAML, but it cannot be parsed: {why}") from None
    return Document(data, lambda paths: [_yaml_line(root, path) for path in paths])


def _doubles(root: yaml.Node | None) -> Iterator[tuple[yaml.Node, str]]:
    """Names that stand in their mapping for a second time: the first would be lost silently."""
    import yaml

    parts, seen = [root], set()
    while parts:
        part = parts.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, yaml.SequenceNode):
            parts += part.value
        elif isinstance(part, yaml.MappingNode):
            names = set()
            for key, value in part.value:
                if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                    if (key.tag, key.value) in names:
                        yield key, key.value
                    names.add((key.tag, key.value))
                parts += [key, value]


def _yaml_line(root: yaml.Node | None, path: Path) -> int:
    import yaml

    if root is None:
        return 1
    node: yaml.Node = root
    line: int = root.start_mark.line
    for step in path:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if getattr(pair[0], "value", None) == str(step)]
            if not found:
                break
            key, node = found[-1]
            line = key.start_mark.line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1


def _parse_json(text: str) -> Document:
    try:
        data = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
        deep = deeper_than(MAX_DEPTH, data)
    except json.JSONDecodeError as error:
        why = f"expected JSON, but it cannot be parsed: {error.msg}"
        raise DocumentError(why, error.lineno) from None
    except RecursionError:
        deep = True
    except DocumentError:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise DocumentError(f"expected JSON, but it cannot be parsed: {error}") from None
    if deep:
        raise DocumentError(_DEEP)
    return Document(data, lambda paths: _json_lines(text, paths))


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise DocumentError(f"{double!r} stands there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise DocumentError(f"expected JSON, but it cannot be parsed: {name} is no number")


def _json_lines(text: str, paths: Sequence[Path]) -> list[int]:
    """The lines in a text that is known to be JSON, found in one go."""
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    deepest = max(map(len, wanted), default=0)
    found: dict[Path, int] = {(): 1}
    line, at = 1, 0
    # Of what is open: the name or number of the part that comes next; a name not read yet is "".
    steps: list[str | int] = []
    named: list[bool] = []
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        line += text.count("\n", at, token.start())
        at = token.start()
        if first in "]}":
            steps.pop()
            named.pop()
        elif first == ",":
            last = steps[-1]
            steps[-1] = last + 1 if isinstance(last, int) else ""
            named[-1] = isinstance(last, int)
        elif first != ":":
            if steps and not named[-1]:
                steps[-1] = json.loads(token[0])
                named[-1] = True
            # The line of a name counts, where there is one.
            if len(steps) <= deepest and (place := tuple(steps)) in wanted:
                found.setdefault(place, line)
            if first in "[{":
                steps.append(0 if first == "[" else "")
                named.append(first == "[")
    return [found[_nearest(path, found)] for path in paths]


def _nearest(path: Path, found: Mapping[Path, int]) -> Path:
    while path not in found:
        path = path[:-1]
    return path
