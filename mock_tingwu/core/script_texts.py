"""Scripts as texts and files of every format: YAML, JSON, SubRip and WebVTT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec

from mock_tingwu.core.nesting import deeper_than
from mock_tingwu.core.script import Script
from mock_tingwu.core.scripts import ScriptError, parse_script, parse_yaml, read
from mock_tingwu.core.subtitles import subtitle_script

Format = Literal["srt", "vtt", "yaml", "json"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_SUFFIXES: Final[Mapping[str, Format]] = {".srt": "srt", ".vtt": "vtt", ".json": "json"}
_MAX_DEPTH: Final = 32


def script_of_text(
    text: str,
    format: Format,
    source: str = "script",
    *,
    language: str | None = None,
    translations: Mapping[str, str] | None = None,
) -> Script:
    """The script that ``text`` is; ``source`` names it in errors and gives it an id.

    ``translations`` are the same subtitles in other languages, in the same format. YAML and JSON
    have languages and translations of their own.

    Raises:
        ScriptError: it is not in the format.
    """
    if format in ("srt", "vtt"):
        others = {
            target: (other, format, f"translations.{target}")
            for target, other in (translations or {}).items()
        }
        name = Path(source).stem
        return subtitle_script(
            text, format, source, name=name, language=language, translations=others
        )
    _refuse_beside(source, format, language, translations)
    text = text.removeprefix("\ufeff")
    return parse_script(
        parse_yaml(text, source) if format == "yaml" else _parse_json(text, source), source
    )


def script_of_file(
    path: Path,
    *,
    language: str | None = None,
    translations: Mapping[str, Path] | None = None,
) -> Script:
    """The script in the file ``path``: ``.srt``, ``.vtt``, ``.json``, else YAML.

    ``translations`` are the files of the same subtitles in other languages.

    Raises:
        ScriptError: a file cannot be read or is not in its format.
    """
    source, format = str(path), _format_of(path)
    if format == "yaml":
        _refuse_beside(source, format, language, translations)
        return parse_script(parse_yaml(read(path), source), source)
    text = decoded(read(path), source)
    if format == "json":
        _refuse_beside(source, format, language, translations)
        return parse_script(_parse_json(text, source), source)
    others = {}
    for target, other in (translations or {}).items():
        kind = _format_of(other)
        if kind not in ("srt", "vtt"):
            raise ScriptError(f"translations.{target} is {str(other)!r}, expected a .srt or .vtt")
        others[target] = decoded(read(other), str(other)), kind, str(other)
    return subtitle_script(
        text, format, source, name=path.stem, language=language, translations=others
    )


def decoded(text: bytes, source: str) -> str:
    """``text`` as UTF-8, without a byte order mark.

    Raises:
        ScriptError: it is none.
    """
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} is 0x{text[error.start]:02x}"
        raise ScriptError(f"{source}: {byte}, expected text in UTF-8") from None


def _format_of(path: Path) -> Format:
    return _SUFFIXES.get(path.suffix.lower(), "yaml")


def _refuse_beside(source: str, format: str, language: object, translations: object) -> None:
    for name, value in (("language", language), ("translations", translations)):
        if value:
            raise ScriptError(f"{name} is given, expected none: {format} has it in {source} itself")


def _parse_json(text: str, source: str) -> Any:
    try:
        data = msgspec.json.decode(text)
        deep = deeper_than(_MAX_DEPTH, data)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ScriptError(f"{source}: expected JSON, but it cannot be parsed: {error}") from None
    except RecursionError:
        deep = True
    if deep:
        raise ScriptError(f"{source}: nested too deeply, expected a script")
    return data
