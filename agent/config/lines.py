"""Finds the line on which each path of a TOML file stands, so that a problem can name it.

tomllib keeps no positions. This looks at headers and at keys that begin a line; what stands inside inline tables and
arrays gets the line of the key that holds it. Only for text that tomllib has accepted; not a parser.
"""

from __future__ import annotations

import re

KEY = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
DOTTED = rf"{KEY}(?:[ \t]*\.[ \t]*{KEY})*"
HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({DOTTED})[ \t]*\]")
ENTRY = re.compile(rf"[ \t]*({DOTTED})[ \t]*=")
# What may hide brackets or quotes from the count: comments and strings, longest form first.
TOKEN = re.compile(
    r'#[^\n]*|"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|[\[{]|[\]}]|\n', re.DOTALL
)


class LineIndex:
    """Paths of a TOML text and their lines, counted from 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        table = ""
        for number, line in _statements(text):
            header = HEADER.match(line)
            entry = ENTRY.match(line)
            if header:
                table = self._open(_parts(header[2]), many=header[1] == "[[")
                self._lines.setdefault(table, number)
            elif entry:
                self._lines.setdefault(".".join([table, *_parts(entry[1])]).lstrip("."), number)

    def line_of(self, path: str) -> int | None:
        """The line of `path`, or of the nearest thing around it; None where nothing of it is in the file."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = re.sub(r"(\[\d+\]|\.[^.[]*|[^.[]+)$", "", path)
        return None

    def _open(self, parts: list[str], many: bool) -> str:
        """The path of a table header: each array of tables on the way stands at its newest entry."""
        path = ""
        for depth, part in enumerate(parts):
            path = f"{path}.{part}".lstrip(".")
            if many and depth == len(parts) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = f"{path}[{self._counts[path]}]"
        return path


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in re.findall(KEY, dotted)]


def _statements(text: str) -> list[tuple[int, str]]:
    """The first line of each statement: lines inside a string or a bracket of a line above are no statements."""
    lines = text.split("\n")
    found = [(1, lines[0])]
    number, depth = 1, 0
    for token in TOKEN.finditer(text):
        word = token[0]
        depth += (word in "[{") - (word in "]}") if len(word) == 1 and word != "\n" else 0
        number += word.count("\n")
        if word == "\n" and depth == 0:
            found.append((number, lines[number - 1]))
    return found
