"""Lays what the hub wants over the device's own file: plain values over plain values, by who owns each key.

Tables of the hub alone ([[lane]], [[product]], [[camera.mark]], [[documents.key]]) are replaced as a whole; of a list
whose tables are shared ([[scale]]) each is found by its `name`, and only the hub's keys in it are replaced. What is
not named stays as the file has it: documents are whole, so nothing of an earlier one is left behind.
Not here: whether the result is well written (load.from_dict) and makes sense (check.demand).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import Any, get_origin

from agent.config.problem import Problem, did_you_mean
from agent.config.reading import join, shown
from agent.config.schema import Config
from agent.config.tree import homes, table_in, toml_name, types_of

NAME = "name"  # finds a table of a shared list


@dataclass(slots=True)
class Overlay:
    """What came of it: `values` to be read by load.from_dict, and where each table of a shared list came from:
    `scale[2]` of the values is `scale[0]` of what was wanted."""

    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)

    def wanted_path(self, path: str) -> str:
        """A path in `values`, as the wish has it."""
        head, bracket, rest = path.partition("]")
        origin = self.origins.get(head + bracket)
        return path if origin is None else origin + rest


def overlay(local: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """`wanted` over `local`, and what in `wanted` is not the hub's to say, with what to do. Paths are `wanted`'s."""
    done = lay(local, wanted)
    return done.values, done.problems


def lay(local: Mapping[str, Any], wanted: Mapping[str, Any]) -> Overlay:
    """The same with the origins of shared tables."""
    done = Overlay({})
    done.values = _table(Config, local, wanted, "", done)
    return done


def _table(
    kind: type, local: Mapping[str, Any], wanted: Mapping[str, Any], path: str, done: Overlay, passing: str = ""
) -> dict[str, Any]:
    """One table. `passing`: a key that is the file's and may be repeated, as it found this table."""
    known = {toml_name(key): key for key in fields(kind)}
    values = dict(local)
    for name, value in wanted.items():
        here = join(path, name)
        if name not in known:
            done.problems.append(Problem(here, f"unknown key{_hint(name, known)}"))
        elif name != passing:
            _key(kind, known[name], values, name, value, here, done)
    return values


def _key(kind: type, key: Field[Any], values: dict[str, Any], name: str, value: Any, here: str, done: Overlay) -> None:
    """Puts one wanted key into `values`, or says why not."""
    wanted_type = types_of(kind)[key.name]
    inner, many = table_in(wanted_type), get_origin(wanted_type) is tuple
    if inner is None and key.metadata["owner"] != "remote":
        done.problems.append(Problem(here, _not_yours("this key")))
    elif inner is None or (many and owners(inner) == {"remote"}):
        values[name] = value
    elif owners(inner) == {"local"}:
        done.problems.append(Problem(here, _not_yours("all of this table")))
    elif many:
        values[name] = _shared(inner, values.get(name, []), value, here, done)
    elif isinstance(value, dict):
        values[name] = _table(inner, values.get(name, {}), value, here, done)
    else:
        done.problems.append(Problem(here, f"{shown(value)} stands where a table belongs"))


def _shared(kind: type, local: list[Any], wanted: Any, here: str, done: Overlay) -> list[Any]:
    """A list of tables that both own: the file says which there are."""
    values = list(local)
    if not isinstance(wanted, list):
        done.problems.append(Problem(here, f"{shown(wanted)} stands where a list of tables belongs"))
        return values
    places = {entry[NAME]: i for i, entry in enumerate(local)}
    seen: set[str] = set()
    for i, entry in enumerate(wanted):
        path = f"{here}[{i}]"
        name = entry.get(NAME) if isinstance(entry, dict) else None
        if not isinstance(name, str):
            done.problems.append(Problem(path, f"a table with `{NAME}` belongs here: it says which one is meant"))
        elif name not in places:
            hint = did_you_mean(name, places) or f": the device's file has {', '.join(map(shown, places)) or 'none'}"
            done.problems.append(Problem(f"{path}.{NAME}", f"there is no {shown(name)} on this device{hint}"))
        elif name in seen:
            done.problems.append(Problem(f"{path}.{NAME}", f"{shown(name)} stands here twice: say all in one table"))
        else:
            seen.add(name)
            done.origins[f"{here}[{places[name]}]"] = path
            values[places[name]] = _table(kind, local[places[name]], entry, path, done, passing=NAME)
    return values


@cache
def owners(kind: type) -> frozenset[str]:
    """Who owns keys of this table, and of the tables inside it."""
    found: set[str] = set()
    for key in fields(kind):
        inner = table_in(types_of(kind)[key.name])
        found |= {key.metadata["owner"]} if inner is None else owners(inner)
    return frozenset(found)


def _hint(name: Any, known: Mapping[str, Field[Any]]) -> str:
    elsewhere = homes(str(name))
    return f": it belongs below {' or '.join(elsewhere)}" if elsewhere else did_you_mean(str(name), known)


def _not_yours(what: str) -> str:
    return f"{what} belongs to the device's own file: leave it out"
