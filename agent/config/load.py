"""Turns a TOML file (or plain JSON values) into a `schema.Config`, or names all that is wrong in it at once.

Types are strict: a bool is no number, text is no number, an integer may stand where a fraction is wanted.
Not here: the keys and their bounds (schema.py), what keys must mean together (check.py), printing (command.py).
"""

from __future__ import annotations

import codecs
import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from agent.config.problem import ConfigError, Problem, in_order
from agent.config.reading import Reading, read_config
from agent.config.schema import Config
from agent.config.tree import toml_name

MAX_BYTES = 1_048_576  # a shelf of 1,000 lanes needs about 250 kB


def load(path: Path) -> Config:
    """The configuration in the file. ConfigError names everything wrong with it; OSError where it cannot be read.

    `check.demand` is the second half: what is well written may still make no sense."""
    return usable(read_text(load_text(path)))


def load_text(path: Path) -> str:
    """The text of a configuration file. ConfigError for one that is too large or no UTF-8; OSError as of `open`."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ConfigError([Problem("", f"the file is larger than {MAX_BYTES} bytes; this is no shelf's configuration")])
    data = data.removeprefix(codecs.BOM_UTF8)  # some editors begin a file with it; TOML does not know it
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        sentence = f"line {line} is no UTF-8 text; save the file as UTF-8"
        raise ConfigError([Problem("", sentence, line=line)]) from error


def read_text(text: str) -> Reading:
    """What TOML text says: a configuration as far as one can be built, and every problem. ConfigError for no TOML."""
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(
            [Problem("", "brackets are nested too deeply; no key of shelfd needs more than two")]
        ) from error
    except ValueError as error:  # TOMLDecodeError is one; so is a number of more than 4,300 digits
        raise ConfigError([Problem("", f"this is no TOML: {error}", line=_line(error, text))]) from error
    return read_config(data)


def _line(error: ValueError, text: str) -> int | None:
    """Where tomllib stopped; only its sentence says it. None for what has no place."""
    told = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)$", str(error))
    if told is None:
        return None
    return int(told[1]) if told[1] else text.rstrip("\n").count("\n") + 1


def from_dict(data: Any) -> Config:
    """The configuration in plain values as `to_dict` makes them. ConfigError names everything wrong with them."""
    return usable(read_config(data))


def to_dict(config: Config) -> dict[str, Any]:
    """Plain JSON values under the names the file has; what is None is left out. `from_dict` turns them back."""
    plain: dict[str, Any] = _plain(config)
    return plain


def usable(reading: Reading) -> Config:
    """The configuration that was read; ConfigError where anything was wrong."""
    if reading.config is None or reading.problems:
        raise ConfigError(in_order(reading.problems))
    return reading.config


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        entries = ((toml_name(key), getattr(value, key.name)) for key in fields(value))
        return {name: _plain(entry) for name, entry in entries if entry is not None}
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
