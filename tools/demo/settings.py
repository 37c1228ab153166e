"""Writes a `Config` as the TOML file that `shelfd run` reads."""

from __future__ import annotations

import json
from typing import Any

from agent.config.load import to_dict
from agent.config.schema import Config


def to_toml(config: Config) -> str:
    """The whole file, defaults included."""
    return "\n".join(_table(to_dict(config), "")).lstrip("\n") + "\n"


def _table(table: dict[str, Any], path: str) -> list[str]:
    """Keys first: in TOML what follows a header belongs to it."""
    lines, below = [], []
    for name, value in table.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            below += ["", f"[{inner}]", *_table(value, inner)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for one in value:
                below += ["", f"[[{inner}]]", *_table(one, inner)]
        elif value != []:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")  # plain values are written as in JSON
    return lines + below
