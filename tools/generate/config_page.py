"""docs/config.md: every key of the configuration with its type, unit, default, bounds, owner and reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field
from typing import Any, get_origin

from agent.config.reading import bounds
from agent.config.tree import Table, keys_of, tables, toml_name, types_of, without_none

TYPES = {str: "text", int: "whole number", float: "number", bool: "true or false"}
HEAD = """\
# Configuration

One TOML file. `shelfd check FILE` prints every error and warning in it at once, each with its line (what keys must
mean together once each is right by itself); exit code 0 when it can be used, 78 when not. `examples/shelf.toml` is a
file to begin with.

A key that is not on this page is an error. A whole number may stand where a number is wanted, nothing else is
converted. *Owner* says who may change a key: `local` keys (identity, broker, wiring) only this file; `remote` keys
the hub may change by a signed document ([documents](documents.md)), which lies over this file. This page is written
from `agent/config/schema.py` by `make generate`.

| table | what it is |
| --- | --- |
"""


def config_page() -> str:
    """The whole page."""
    contents = "".join(f"| [`{table.header}`](#{_anchor(table)}) | {_about(table)} |\n" for table in tables())
    return HEAD + contents + "".join(_section(table) for table in tables())


def _section(table: Table) -> str:
    repeated = " Repeat the table for each." if table.many else ""
    rows = "".join(_row(key, types_of(table.kind)[key.name]) for key in keys_of(table.kind))
    return (
        f"\n## {table.path}\n\n`{table.header}` {_about(table)}{repeated}\n\n"
        "| key | type | unit | default | bounds | owner | why |\n| --- | --- | --- | --- | --- | --- | --- |\n" + rows
    )


def _row(key: Field[Any], wanted: Any) -> str:
    about = key.metadata
    cells = (
        f"`{toml_name(key)}`", _type(wanted), about["unit"], _default(key), _limits(key), about["owner"], about["why"],
    )  # fmt: skip
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _type(wanted: Any) -> str:
    wanted, _ = without_none(wanted)
    return "list of text" if get_origin(wanted) is tuple else TYPES[wanted]


def _default(key: Field[Any]) -> str:
    if key.default is MISSING:
        return "**needed**"
    return "none" if key.default is None else f"`{_toml(key.default)}`"


def _toml(value: Any) -> str:
    """A default as the file would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value:.10g}"


def _limits(key: Field[Any]) -> str:
    choices: Iterator[str] = (f"`{choice}`" for choice in key.metadata["choices"])
    return ", ".join(choices) or bounds(key.metadata["low"], key.metadata["high"])


def _about(table: Table) -> str:
    return " ".join((table.kind.__doc__ or "").split())


def _anchor(table: Table) -> str:
    return table.path.replace(".", "")
