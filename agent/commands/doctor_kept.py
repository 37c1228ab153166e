"""Reads which documents are kept on this device and which are in force, and changes nothing.

What is damaged stays where it lies, a trial that was cut off stays open.

An agent that runs has them as the index says. Where none runs, it is what the next start would make of them.
Not here: that start (documents/beginning.py), what is wrong with any of it (doctor_documents.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.config.schema import Config
from agent.documents.beginning import CRASHES, FOLDER, MOST_TRIAL_STARTS, Standing, document_of
from agent.documents.config_document import build_part
from agent.documents.protocol import DocumentError
from agent.documents.record import Record
from agent.documents.store import Index, Store
from wire.documents import ConfigDocument
from wire.topics import DOCUMENTS


class LookedAt(Store):
    """A store that is only read; its directory has to be there, else it would be made."""

    def _set_aside(self, path: Path, why: str) -> None:
        self._complain(f"{path} is damaged ({why}): the next start sets it aside")

    def _complain(self, sentence: str) -> None:
        self.complaints.append(sentence)


@dataclass(frozen=True, slots=True)
class Kept:
    """`standing`: documents in force, by kind. `complaints`: sentences on what is lost or damaged."""

    index: Index = field(default_factory=Index)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    cut_off: tuple[str, ...] = ()  # kinds whose trial the next start takes back
    complaints: tuple[str, ...] = ()
    restless: bool = False  # starts do not live: some of the hub's wishes are left out


def read_kept(config: Config, *, running: bool) -> Kept:
    """What is in `documents.dir`. Raises nothing."""
    folder = Path(config.documents.dir) / FOLDER
    if not config.documents.dir or not os.access(folder, os.R_OK | os.X_OK) or not folder.is_dir():
        return Kept()
    kept = _read(folder, running)
    return _read(folder, running) if running and kept.complaints else kept  # the agent may have changed it meanwhile


def _read(folder: Path, running: bool) -> Kept:
    store = LookedAt(folder)
    standing, cut_off = {}, []
    for kind in DOCUMENTS:
        before = store.index.of(kind)
        record = before if running else _after_the_end(before)
        if record is not before:
            cut_off.append(kind)
        found = _standing(store, kind, record)
        if found is not None:
            standing[kind] = found
    starts = 1 if cut_off else store.index.starts + (not running)
    return Kept(store.index, standing, tuple(cut_off), tuple(store.complaints), starts > CRASHES)


def in_force(local: Config, kept: Kept) -> tuple[Config, tuple[str, ...]]:
    """The device's own file with the hub's document over it, as far as it fits, and why not all of it does."""
    standing = kept.standing.get("config")
    if standing is None or not isinstance(standing.document, ConfigDocument):
        return local, ()
    config, _, reasons = build_part(local, standing.document.config, 0)
    return config, tuple(f"{reason.path}: {reason.reason}" for reason in reasons)


def _after_the_end(record: Record) -> Record:
    """What the next start makes of it: the same where the last process left nothing open."""
    trial = record.trial
    if trial is not None and not (trial.orderly and trial.starts < MOST_TRIAL_STARTS):
        return record.looked().take_back("")
    return record if record.looked_at is None else record.looked()


def _standing(store: Store, kind: str, record: Record) -> Standing | None:
    """The document in force, or the next older one where it cannot be read."""
    while (held := record.in_force) is not None:
        try:
            return Standing(held, document_of(store, kind, held))
        except DocumentError as error:
            store.complaints.append(f"{kind}: {error}")
            record = record.fall_back()
    return None
