"""Reads plain values into the dataclasses of schema.py by their types and metadata, and collects every mistake.

One mistake must not hide the others: a wrong value is replaced by its key's default, its path is remembered in
`Reading.replaced`, and reading goes on. Not here: files and TOML (load.py).
"""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, get_args, get_origin

from agent.config.forms import in_form
from agent.config.problem import Problem, did_you_mean
from agent.config.schema import Config
from agent.config.tree import homes, table_in, toml_name, types_of, without_none

KIND = {str: "text in quotes", bool: "true or false", int: "a whole number", float: "a number"}
BAD = object()  # a value that could not be read; its problem is already written down
SHOWN_CHARACTERS = 60


@dataclass(slots=True)
class Reading:
    """What came of reading. `config` is None where something needed is missing or wrong; `replaced` are the paths
    whose value is the default because what the file says there cannot be used."""

    config: Config | None = None
    problems: list[Problem] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)

    def wrong(self, path: str, message: str) -> Any:
        self.problems.append(Problem(path, message))
        return BAD


def read_config(data: Any) -> Reading:
    """Reads the whole configuration from plain values (dict, list, str, int, float, bool)."""
    reading = Reading()
    config = _table(Config, data, "", reading)
    reading.config = None if config is BAD else config
    return reading


def _table(table: type, data: Any, path: str, reading: Reading) -> Any:
    """One dataclass from one table; BAD where a key that has no default is missing or wrong."""
    if not isinstance(data, dict):
        return reading.wrong(path, f"{shown(data)} stands where a table belongs; write {_header(path)}, its keys below")
    known = {toml_name(key): key for key in fields(table)}
    for name in data:
        if name not in known:
            reading.wrong(join(path, name), f"unknown key{_hint(name, known)}")
    values = {key.name: _key(table, key, data, join(path, name), reading) for name, key in known.items()}
    return BAD if any(value is BAD for value in values.values()) else table(**values)


def _hint(name: Any, known: dict[str, Field[Any]]) -> str:
    """Where a key belongs that this table does not know."""
    elsewhere = homes(name)
    return f"; it belongs below {' or '.join(elsewhere)}" if elsewhere else did_you_mean(str(name), known)


def _key(table: type, key: Field[Any], data: dict[str, Any], path: str, reading: Reading) -> Any:
    """The value of one key: as the file says, or its default."""
    wanted, name = types_of(table)[key.name], toml_name(key)
    if name not in data and key.default is MISSING:
        return reading.wrong(path, f"missing: {_wanted_table(path, wanted) or key.metadata['why']}")
    if name not in data:
        return key.default
    value = _value(wanted, key, data[name], path, reading)
    if value is BAD and key.default is not MISSING and table_in(wanted) is None:
        reading.replaced.add(path)
        return key.default
    return value


def _wanted_table(path: str, wanted: Any) -> str:
    """What to write for a table that is missing; nothing for a key that is none."""
    table = table_in(wanted)
    needed = [toml_name(key) for key in fields(table) if key.default is MISSING] if table else []
    return f"write {_header(path, wanted)} with {' and '.join(needed)}" if table else ""


def _value(wanted: Any, key: Field[Any], value: Any, path: str, reading: Reading) -> Any:
    """`value` as the type `wanted`, within its bounds and choices; BAD after writing down why not."""
    wanted, may_be_none = without_none(wanted)
    if value is None and may_be_none:
        return None
    if get_origin(wanted) is tuple:
        return _list(wanted, key, value, path, reading)
    if table_in(wanted):
        return _table(wanted, value, path, reading)
    if type(value) is not wanted and not (wanted is float and type(value) is int):
        return reading.wrong(path, f"{shown(value)} is not {KIND[wanted]}")
    if wanted is str:
        return _text(key, value, path, reading)
    return _number(key, value, _fraction(value) if wanted is float else value, path, reading)


def _list(wanted: Any, key: Field[Any], value: Any, path: str, reading: Reading) -> Any:
    if not isinstance(value, list | tuple):
        hint = _header(path, wanted) if table_in(wanted) else 'square brackets, as in ["a", "b"]'
        return reading.wrong(path, f"{shown(value)} stands where a list belongs; write {hint}")
    entries = [_value(get_args(wanted)[0], key, entry, f"{path}[{i}]", reading) for i, entry in enumerate(value)]
    return BAD if any(entry is BAD for entry in entries) else tuple(entries)


def _text(key: Field[Any], value: str, path: str, reading: Reading) -> Any:
    choices = key.metadata["choices"]
    if choices and value not in choices:
        return reading.wrong(path, f"{shown(value)} is none of {', '.join(choices)}{did_you_mean(value, choices)}")
    try:
        return in_form(key.metadata["form"], value)
    except ValueError as error:  # GtinError is one
        return reading.wrong(path, str(error))


def _number(key: Field[Any], written: float, value: float, path: str, reading: Reading) -> Any:
    low, high, unit = (key.metadata[bound] for bound in ("low", "high", "unit"))
    if isinstance(value, float) and not math.isfinite(value):
        return reading.wrong(path, f"{shown(written)} is too large or no number; write what was measured")
    if (low is not None and value < low) or (high is not None and value > high):
        return reading.wrong(path, f"{shown(written)} is out of bounds: use {bounds(low, high, unit)}")
    return value


def _fraction(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def bounds(low: float | None, high: float | None, unit: str = "") -> str:
    """`1 to 50000 g`, `0 g or more`, `at most 5`; empty without bounds."""
    unit = f" {unit}" if unit else ""
    if low is not None and high is not None:
        return f"{low:.10g} to {high:.10g}{unit}"
    if low is not None:
        return f"{low:.10g}{unit} or more"
    return f"at most {high:.10g}{unit}" if high is not None else ""


def shown(value: Any) -> str:
    """A value as the file would show it: cut where long, and without what could upset a terminal."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > 4 * SHOWN_CHARACTERS:
        return "a number of hundreds of digits"
    text = _printable(f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."


def join(path: str, name: Any) -> str:
    """The path of key `name` in the table at `path`; a name that no bare key can have is put in quotes."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,60}", str(name))
    return f"{path}.{name if plain else shown(str(name))}".lstrip(".")


def _header(path: str, wanted: Any = None) -> str:
    """How TOML opens the table at `path`: `[broker]`, `[[scale.cell]]` for one of many."""
    name = re.sub(r"\[\d+\]", "", path)
    return f"[[{name}]]" if path.endswith("]") or get_origin(wanted) is tuple else f"[{name}]"


def _printable(text: str) -> str:
    return text if text.isprintable() else ascii(text)[1:-1]
