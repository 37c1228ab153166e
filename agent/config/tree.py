"""The schema as a tree of tables: what each is called in the file, which keys it has and of what type.

Reading, looking up a misplaced key and the reference page all walk this. Not here: the keys themselves (schema.py).
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from agent.config.schema import Config


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file. `path` is dotted, without numbers: `scale.cell`; `many`: it may stand there repeatedly."""

    path: str
    kind: type
    many: bool

    @property
    def header(self) -> str:
        return f"[[{self.path}]]" if self.many else f"[{self.path}]"


@cache
def tables() -> tuple[Table, ...]:
    """Every table that the file may have, each before the tables inside it."""
    return tuple(_below(Config, ""))


@cache
def keys_of(table: type) -> tuple[Field[Any], ...]:
    """The fields of a table that are no tables themselves."""
    return tuple(key for key in fields(table) if table_in(types_of(table)[key.name]) is None)


@cache
def needed() -> frozenset[str]:
    """`lane.cells`: every key that has no default, without numbers."""
    found = ((table, key) for table in tables() for key in keys_of(table.kind) if key.default is MISSING)
    return frozenset(f"{table.path}.{toml_name(key)}" for table, key in found)


@cache
def types_of(table: type) -> dict[str, Any]:
    """Field name -> type."""
    return get_type_hints(table)


def toml_name(key: Field[Any]) -> str:
    """The key's name in the file."""
    return key.metadata["name"] or key.name


def table_in(wanted: Any) -> type | None:
    """The dataclass that a field of type `Table` or `tuple[Table, ...]` holds; None for any other type."""
    inner = get_args(wanted)[0] if get_origin(wanted) is tuple else wanted
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def without_none(wanted: Any) -> tuple[Any, bool]:
    """`X | None` -> X and True, any other type -> itself and False. The schema has no other unions."""
    kinds = [kind for kind in get_args(wanted) if kind is not NoneType]
    return (kinds[0], True) if NoneType in get_args(wanted) else (wanted, False)


def homes(name: str) -> list[str]:
    """Headers of the tables that have a key of this name."""
    return [table.header for table in tables() if name in map(toml_name, keys_of(table.kind))]


def _below(kind: type, path: str) -> list[Table]:
    found = []
    for key in fields(kind):
        wanted = types_of(kind)[key.name]
        inner = table_in(wanted)
        if inner is not None:
            table = Table(f"{path}.{toml_name(key)}".lstrip("."), inner, many=get_origin(wanted) is tuple)
            found += [table, *_below(inner, table.path)]
    return found
