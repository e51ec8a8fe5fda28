"""A table of what is known, printed by area: what ``rules`` and ``assumptions`` share."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from itertools import groupby


def print_by_area(entries: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
    """Print (area, id, texts), entries of one area standing together, wrapped to the terminal."""
    width = max(60, min(shutil.get_terminal_size().columns, 100))
    for area, group in groupby(entries, key=lambda entry: entry[0]):
        print(f"{area}\n{'-' * len(area)}")
        for _, id, texts in group:
            print(id)
            for text in texts:
                print(textwrap.fill(text, width, initial_indent="  ", subsequent_indent="  "))
        print()
