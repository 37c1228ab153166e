"""Finds the classes in a data.yaml as labelling programs write them, without a YAML library.

`names: ['a', 'b']`, `names:` with `- a` lines, `names:` with `0: a` lines. Not here: what a name means (folder.py).
"""

from __future__ import annotations

import re

MOST_NAMES = 1000


def names_of(text: str) -> list[str]:
    """In the order of their numbers. ValueError, with the rest of a sentence, where there are none to find."""
    lines = [line.rstrip() for line in text.replace("\t", " ").splitlines()]
    for number, line in enumerate(lines):
        if re.match(r"names\s*:", line):
            names = _names(line.partition(":")[2].strip(), lines[number + 1 :])
            return _held(names)
    raise ValueError("it has no line names:")


def _names(rest: str, following: list[str]) -> list[str]:
    if rest.startswith(("[", "{")):
        for line in following:
            if rest.rstrip().endswith(("]", "}")):
                break
            rest += " " + line.strip()
        inner = rest.rstrip()[1:-1]
        return _numbered(_split(inner)) if rest.startswith("{") else _split(inner)
    items = []
    for line in following:
        if line and not line.startswith((" ", "-")):
            break
        if line.strip() and not line.strip().startswith("#"):
            items.append(line.strip())
    if items and all(item.startswith("-") for item in items):
        return [_plain(item[1:]) for item in items]
    return _numbered(items)


def _split(inner: str) -> list[str]:
    """At the commas that stand outside quotes; a comma behind the last name is welcome."""
    names, name, quote = [], "", ""
    for character in inner.strip().removesuffix(","):
        if character == "," and not quote:
            names.append(_plain(name))
            name = ""
            continue
        if character == quote:
            quote = ""
        elif character in "'\"" and not quote and not name.strip(" 0123456789:"):
            quote = character
        name += character
    return [*names, _plain(name)] if name.strip() or names else []


def _numbered(items: list[str]) -> list[str]:
    """`0: a`, `1: b` -> a, b."""
    found: dict[int, str] = {}
    for item in items:
        number, colon, name = item.partition(":")
        if not colon or not re.fullmatch("[0-9]{1,4}", number.strip(" '\""), re.ASCII):
            raise ValueError("its names are neither a list nor numbered")
        found[int(number.strip(" '\""))] = _plain(name)
    if sorted(found) != list(range(len(found))):
        raise ValueError("its names are not numbered from 0 without holes")
    return [found[number] for number in range(len(found))]


def _plain(name: str) -> str:
    bare = name.strip()
    quoted = len(bare) >= 2 and bare[0] == bare[-1] and bare[0] in "'\""
    return bare[1:-1] if quoted else bare.partition(" #")[0].strip()


def _held(names: list[str]) -> list[str]:
    if len(names) < 2:
        raise ValueError(f'it names {len(names)} classes, at least two are needed; "other" may be one')
    if len(names) > MOST_NAMES:
        raise ValueError(f"it names more than {MOST_NAMES} classes")
    if any(not name for name in names) or len(set(names)) < len(names):
        raise ValueError("a name is empty or occurs twice")
    return names
