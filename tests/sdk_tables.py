"""Tables of what the official SDKs know of answers and events: ``python -m tests.sdk_tables``.

They are made of the installed packages and written to ``schemas/sdk/``.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from mock_tingwu.cassettes.sdk import EVENTS, MODELS
from mock_tingwu.resources import folder

_TYPES: Final = {"str": "string", "int": "integer", "bool": "boolean", "float": "number"}
#: Of Live's thousand calls.
_CALLS: Final = {
    "alibabacloud_live20161101": re.compile("(Create|Query|Stop|Delete)RtcAsrTasks?ResponseBody"),
    "alibabacloud_tingwu20230930": re.compile("ResponseBody"),
}


def models(package: str) -> Iterator[str]:
    """A line for each field of the answers that a package has models for."""
    module = import_module(f"{package}.models")
    for name in sorted(vars(module)):
        if not _CALLS[package].search(name):
            continue
        model = getattr(module, name)
        source = inspect.getsource(model.from_map)
        wire = dict(
            re.findall(r"if m\.get\('(\w+)'\) is not None:.*?self\.(\w+)", source, re.DOTALL)
        )
        wire = {attribute: key for key, attribute in wire.items()}
        for attribute, parameter in inspect.signature(model.__init__).parameters.items():
            if attribute != "self":
                yield f"{name}\t{wire[attribute]}\t{_type(str(parameter.annotation))}"


def _type(annotation: str) -> str:
    """A type as JSON has it, with the class of what is in it: ``array GetTaskInfo…``."""
    if "Dict[" in annotation:
        return "object"
    inner = re.search(r"main_models\.(\w+)", annotation)
    if "List[" in annotation:
        kind = "array"
        item = inner[1] if inner else _TYPES[annotation.partition("List[")[2].rstrip("]'")]
        return f"{kind} {item}"
    if inner:
        return f"object {inner[1]}"
    found = re.search(r"\b(str|int|bool|float)\b", annotation)
    return _TYPES[found[1]] if found else "object"


def events() -> Iterator[str]:
    """A line for each event that the SDKs for the WebSockets have a branch for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nls
        from dashscope.multimodal.tingwu import tingwu_realtime
        from dashscope.v2.transport import ws
    source = inspect.getsource(nls.NlsSpeechTranscriber)
    for name in re.findall(r"'([A-Z]\w+)': self\.__\w+", source):
        yield f"realtime\t{name}"
    known = [value for name, value in vars(ws).items() if name.startswith("EVENT_")]
    known += re.findall(r'action == "([\w-]+)"', inspect.getsource(tingwu_realtime))
    for name in dict.fromkeys(known):
        yield f"inference\t{name}"


def tables() -> dict[str, str]:
    """The files by their names."""
    made: dict[str, str] = {}
    for package in _CALLS:
        head = f"# {package} {version(package)}: the fields of its answers\nclass\tfield\ttype\n"
        made[MODELS[package]] = head + "".join(f"{line}\n" for line in models(package))
    sdks = " and ".join(
        f"{name} {version(name)}" for name in ("alibabacloud-nls-python-sdk", "dashscope")
    )
    head = f"# {sdks}: the events that they know\nsession\tevent\n"
    made[EVENTS] = head + "".join(f"{line}\n" for line in events())
    return made


def main() -> None:
    """Write the tables."""
    place: Any = folder("schemas") / "sdk"
    place.mkdir(exist_ok=True)
    for name, text in tables().items():
        (place / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
