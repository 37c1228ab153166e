"""Writes a `Config` as the TOML file that `shelfd run` reads; keys at their default are left out."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

from agent.config.schema import Config


def to_toml(config: Config) -> str:
    """The whole file. Names follow the schema: a list of tables stands in the singular."""
    return "\n".join(_table(config, "")).lstrip("\n") + "\n"


def _table(thing: Any, path: str) -> list[str]:
    lines, below = [], []
    for field in fields(thing):
        value = getattr(thing, field.name)
        name = field.metadata["name"] or field.name
        inner = f"{path}.{name}" if path else name
        if is_dataclass(value):
            inside = _table(value, inner)
            below += ["", f"[{inner}]", *inside] if inside else []
        elif _holds_tables(value):
            for one in value:
                below += ["", f"[[{inner}]]", *_table(one, inner)]
        elif value is not None and value != field.default:
            lines.append(f"{name} = {_plain(value)}")
    return lines + below


def _holds_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and is_dataclass(value[0])


def _plain(value: Any) -> str:
    """Strings, numbers, booleans and lists of them are written in TOML as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)
