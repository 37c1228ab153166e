"""Mistakes in a TOML file, in words: which table, which key, what belongs there.

`made` turns plain tables into the structs of a document one by one, so that each mistake is said with the name of its
item or rule. GTINs may have 8, 12, 13 or 14 digits, as in a planogram; documents carry 14.
Not here: what the sentences are about (wire/documents.py), reading files (folder.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import msgspec

from agent.config.problem import did_you_mean
from agent.shelf.gtin import GtinError, gtin_14
from wire.documents import TriggerKind

Table = TypeVar("Table", bound=msgspec.Struct)
WORDS = {"plays": ("loop", "answer"), "on": get_args(TriggerKind), "reason": ("held", "lingering")}
FORMS = (  # what msgspec says, and what a person understands
    (r"Expected `str` matching regex '\^\[0-9\]\{14\}\$'", "a GTIN belongs here, as text: digits in quotes"),
    (r"Expected `str` matching regex '.*T.*'", 'a time belongs here, as in "2026-03-14T08:00:00Z"'),
    (r"Expected `str` matching regex '.*24.*'", 'a time of day belongs here, as in "08:00"'),
    (r"Expected `str` matching regex '.*https.*'", "a link belongs here, all of it, beginning with https://"),
    (r"Expected `str` matching regex .*", "this text has characters that do not belong here"),
    (r"Expected `str`, got `.*`", "text belongs here, in quotes"),
    (r"Expected `(?:str \| null|null \| str)`, got `.*`", "text belongs here, in quotes"),
    (r"Expected `array(?: \| null)?`, got `.*`", "a list belongs here, in square brackets"),
    (r"Expected `object(?: \| null)?`, got `.*`", "a table belongs here, in braces or below a heading of its own"),
    (r"Expected `(?:int|float)(?: \| null)?`, got `.*`", "a number belongs here, without quotes"),
    (r"Expected `(?:int|float)` ([<>]=?) (\S+)", r"the number must be \1 \2"),
    (r"Expected `str` of length >= 1", "it is empty: write something or leave it out"),
    (r"Expected `str` of length <= (\d+)", r"the text is too long: at most \1 characters"),
    (r"Expected `array` of length >= 1", "the list is empty: name at least one"),
    (r"Expected `array` of length <= (\d+)", r"the list is too long: at most \1 entries"),
)


def made(kind: type[Table], table: Any, where: str, gtins: tuple[str, ...] = ()) -> Table:
    """One table as a struct. `where`: what the table is called in a sentence; `gtins`: keys that hold lists of GTINs.
    ValueError with a sentence."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{where}: a table belongs here, not {table!r}"[:300])
    values = dict(table)
    for key in gtins:
        if isinstance(values.get(key), list):
            values[key] = [_gtin(code, f"{where}, {key}[{i}]") for i, code in enumerate(values[key])]
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise ValueError(_sentence(str(error), kind, where)) from error


def each(kind: type[Table], tables: Any, heading: str, path: object, gtins: tuple[str, ...] = ()) -> tuple[Table, ...]:
    """The tables below `[[heading]]`. ValueError with a sentence that names table and key."""
    if not isinstance(tables, list):
        raise ValueError(f"{path}: `{heading}` is a list of tables: write [[{heading}]] above each")
    return tuple(made(kind, table, f"{path}: {_called(heading, i, table)}", gtins) for i, table in enumerate(tables))


def _called(heading: str, i: int, table: Any) -> str:
    name = (
        next((table[key] for key in ("name", "content") if isinstance(table.get(key), str)), None)
        if isinstance(table, Mapping)
        else None
    )
    return f"{heading}[{i}]" + (f' "{name[:64]}"' if name else "")


def _gtin(code: Any, where: str) -> str:
    if not isinstance(code, str):
        raise ValueError(f"{where}: a GTIN is text: put {code!r} into quotes, or leading zeros are lost"[:300])
    try:
        return gtin_14(code)
    except GtinError as error:
        raise ValueError(f"{where}: {error}") from error


def _sentence(told: str, kind: type[msgspec.Struct], where: str) -> str:
    told, _, place = told.partition(" - at `")
    key = place.rstrip("`").removeprefix("key in ").removeprefix("$").removeprefix(".").replace("[...]", "")
    at = f"{where}, {key}" if key else where
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", told, re.DOTALL):
        known = () if key else kind.__struct_fields__
        hint = did_you_mean(unknown[1], known) or (f"; there are {', '.join(known)}" if known else "")
        return f"{at}: `{unknown[1]}` is not known{hint}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", told):
        return f"{at}: `{missing[1]}` is missing"
    if value := re.fullmatch(r"Invalid enum value (.*)", told, re.DOTALL):
        known = WORDS.get(key.partition("[")[0], ())
        return f"{at}: {value[1]} does not belong here{did_you_mean(value[1], known) or '; take ' + ' or '.join(known)}"
    for pattern, words in FORMS:
        if (found := re.fullmatch(pattern, told, re.DOTALL)) is not None:
            return f"{at}: {found.expand(words)}"
    return f"{at}: {told}"
