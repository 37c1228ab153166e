"""Documents of the kind `config`: what the hub wants lies over the device's own file, and the whole must make sense.

A document that was good may no longer fit after a technician changed the file, or may be what ends the process again
and again. Then as much of it stays as can (`PARTS`): prices must be right, and the hub must reach the device.
Not here: the overlay itself (config/overlay.py), the rules (config/load.py, config/check.py), when (keeper.py).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.config.check import demand
from agent.config.load import from_dict, to_dict
from agent.config.overlay import Overlay, lay
from agent.config.problem import ConfigError, Problem
from agent.config.schema import Config
from agent.documents.findings import bounded, finding, from_problem
from agent.documents.protocol import Changes, DocumentError, Fileless
from agent.shelf.labels import labelled
from wire.documents import ConfigDocument
from wire.reported import Finding

MOST_VALUES = 20_000  # a shelf of 400 lanes with every key has 9,000; naming the mistakes of more would take minutes
PARTS: tuple[tuple[str, ...], ...] = (
    (),  # all of it
    ("lane", "product", "store", "broker", "documents"),  # wiring and tuning as the file has them: these end processes
    ("broker", "documents"),  # the way to the hub, and whose documents are obeyed
    ("documents",),  # the way to the hub as the file has it: the document's may be what ends these processes
)


@dataclass(frozen=True, slots=True)
class Built:
    """The whole configuration with a document in it, and what is worth knowing about it."""

    config: Config
    notes: tuple[Finding, ...]


def build(local: Config, wanted: Mapping[str, Any]) -> Built:
    """The device's own configuration with `wanted` over it. DocumentError with everything that is wrong."""
    if _values(wanted) > MOST_VALUES:
        hint = "send what belongs on one shelf"
        raise DocumentError(
            finding("config", f"more than {MOST_VALUES} values: this is no shelf's configuration", hint)
        )
    laid = lay(to_dict(local), wanted)
    if laid.problems:
        raise DocumentError(*_findings(laid, laid.problems))
    try:
        config = from_dict(laid.values)
        warnings = demand(config)
    except ConfigError as error:
        errors = [problem for problem in error.problems if problem.severity == "error"]
        raise DocumentError(*_findings(laid, errors)) from error
    return Built(config, _findings(laid, warnings))


def build_part(local: Config, wanted: Mapping[str, Any], level: int) -> tuple[Config, int, tuple[Finding, ...]]:
    """As much of `wanted` as fits, from `PARTS[level]` on: the configuration, the level that it came from
    (`len(PARTS)`: the file alone) and why it is not all of it."""
    reasons: list[Finding] = []
    for at in range(level, len(PARTS)):
        part = {name: table for name, table in wanted.items() if not PARTS[at] or name in PARTS[at]}
        try:
            return build(local, part).config, at, bounded(reasons)
        except DocumentError as error:
            reasons += error.findings
    return local, len(PARTS), bounded(reasons)


def _findings(laid: Overlay, problems: list[Problem] | tuple[Problem, ...]) -> tuple[Finding, ...]:
    named = (Problem(laid.wanted_path(x.path), x.message, x.severity) for x in problems)
    return bounded(from_problem(problem, "config") for problem in named)


def _prices_unseen(config: Config) -> list[Finding]:
    """A price that was sent and stands nowhere, though the strip has labels. Where it has none at all, or `labels`
    chooses them, the rules of the configuration have spoken (screen_check.py)."""
    shown = labelled(config)
    if not config.screen.driver or config.screen.labels or not shown:
        return []
    bare = [lane.name for lane in config.lanes if lane.price and lane not in shown]
    if not bare:
        return []
    reason = f"priced, and without a label on the strip: {', '.join(dict.fromkeys(bare))[:200]}"
    return [finding("config.lane", reason, "give them left_m and right_m: lanes are replaced as a whole, boxes too")]


def _values(wanted: Mapping[str, Any]) -> int:
    """How many keys and entries there are, as far as it matters."""
    count, rest = 0, deque[Any]([wanted])
    while rest and count <= MOST_VALUES:
        value = rest.popleft()
        if isinstance(value, dict | list):
            count += len(value)
            rest.extend(value.values() if isinstance(value, dict) else value)
    return count


class ConfigKind(Fileless):
    """Implements Kind. What was built last is kept, so that checking and applying build once."""

    kind = "config"

    def __init__(self, local: Config, changes: Changes) -> None:
        self._local, self._changes = local, changes
        self._built: tuple[ConfigDocument, Built] | None = None

    def config_of(self, document: ConfigDocument | None) -> Config:
        """What would be in force. DocumentError where it cannot be."""
        return self._local if document is None else self._build(document).config

    def check(self, document: ConfigDocument) -> list[Finding]:
        try:
            config = self._build(document).config
        except DocumentError as error:
            return list(error.findings)
        if config.documents.keys:
            return []
        hint = "name at least one key, or leave the list out: then it is as in the device's own file"
        return [finding("config.documents.key", "no key would be trusted any more", hint)]

    def notes(self, document: ConfigDocument) -> list[Finding]:
        built = self._build(document)
        return list(bounded([*built.notes, *_prices_unseen(built.config)]))

    def apply(self, document: ConfigDocument | None) -> None:
        if document is None:
            self._changes.apply_config(self._local, None, None)
        else:
            self._changes.apply_config(self._build(document).config, document.version, document.by)

    def _build(self, document: ConfigDocument) -> Built:
        if self._built is None or self._built[0] is not document:
            self._built = (document, build(self._local, document.config))
        return self._built[1]
