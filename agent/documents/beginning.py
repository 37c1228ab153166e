"""What is in force at a start, decided before anything is built from it, whatever lies on the disk.

A trial that is open though the process did not end in order was what ended it, or may have been: it is taken back and
never tried again. A process that ended in order during a trial goes on with it.
Starts in a row that did not live long (STEADY_S) are counted, without any clock. Every CRASHES of them less of the
hub's wishes is built in, until something lives: first without wiring, tuning, content and models, then with no more
than the way to the hub, then with its keys alone, then all of it again, as it is not their doing.
Not here: the disk (store.py), what happens afterwards (keeper.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agent.config.schema import Config
from agent.documents.config_document import PARTS, build, build_part
from agent.documents.findings import bounded, finding
from agent.documents.opening import decoded
from agent.documents.protocol import DocumentError
from agent.documents.record import Held, Record
from agent.documents.store import Index, Store
from wire.documents import ConfigDocument, Document
from wire.reported import Finding
from wire.topics import DOCUMENTS

STEADY_S = 60.0  # a process that lives so long has started
CRASHES = 5  # starts in a row that did not
MOST_TRIAL_STARTS = 5  # starts in order during one trial: more is a change that does not come to rest
FOLDER = "kept"  # in documents.dir

DIED = "the process ended while this was on trial, and not in order: a crash, a hang or a power cut"
DIED_LOOKING = "the process ended while this was looked at, and not in order: a crash, a hang or a power cut"
MEND = "find out why (journal, order `diagnose`), then send a newer version"
RESTLESS = f"the process was started anew {MOST_TRIAL_STARTS} times while this was on trial"


@dataclass(frozen=True, slots=True)
class Standing:
    """A document in force."""

    held: Held
    document: Document


@dataclass(frozen=True, slots=True)
class Beginning:
    """`config` is what everything is to be built from, `version` and `by` of the document that it comes from (None: of
    none, or not of all of it). `standing`: the documents in force by kind. `findings`: why something that was in force
    is not, by kind. `level`: how much was left out (config_document.PARTS)."""

    local: Config
    config: Config
    store: Store | None = None  # None: documents.dir is empty, the hub is not obeyed
    standing: Mapping[str, Standing] = field(default_factory=dict)
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    level: int = 0

    @property
    def version(self) -> int | None:
        whole = self.level == 0 and "config" in self.standing
        return self.standing["config"].held.version if whole else None

    @property
    def by(self) -> str | None:
        return self.standing["config"].held.by if self.version is not None else None

    def document(self, kind: str) -> Document | None:
        """The document of this kind that is in force."""
        standing = self.standing.get(kind)
        return None if standing is None else standing.document


def begin(local: Config, directory: Path | None = None) -> Beginning:
    """What is in force. Raises nothing, whatever lies on the disk. `directory`: another than documents.dir."""
    if directory is None and not local.documents.dir:
        return Beginning(local, local)
    store = Store((directory or Path(local.documents.dir)) / FOLDER)
    findings: dict[str, list[Finding]] = {"config": [finding("", sentence) for sentence in store.complaints]}
    _keep(store, _after_the_end(store.index), findings["config"])
    standing = {}
    for kind in DOCUMENTS:
        found = settle(store, kind, local, findings.setdefault(kind, []))
        if found is not None:
            standing[kind] = found
    store.tidy()
    beginning = Beginning(local, local, store, standing, {}, _level(store.index.starts))
    return _built(beginning, findings)


def settle(store: Store, kind: str, local: Config, findings: list[Finding]) -> Standing | None:
    """The document in force, or the next older one where it can no longer be read or, being on trial, used."""
    record = before = store.index.of(kind)
    standing = None
    while standing is None and record.in_force is not None:
        try:
            standing = Standing(record.in_force, document_of(store, kind, record.in_force))
            if record.trial is not None and isinstance(standing.document, ConfigDocument):
                build(local, standing.document.config)
        except DocumentError as error:
            findings += error.findings
            record, standing = record.fall_back(), None
    if record is not before:
        _keep(store, store.index.with_records({kind: record}), findings)
    return standing


def document_of(store: Store, kind: str, held: Held) -> Document:
    """A document that is kept. DocumentError where it is lost."""
    payload = store.payload(kind, held.hash)
    if payload is None:
        hint = "send it again, or a newer one"
        raise DocumentError(finding("", f"the device's disk has lost version {held.version}", hint))
    return decoded(kind, payload)


def _after_the_end(index: Index) -> Index:
    """The index once the end of the last process has been judged, and this start been counted."""
    records = {kind: _judged(index.of(kind)) for kind in DOCUMENTS}
    blamed = any(len(record.harmful) and record.harmful != index.of(kind).harmful for kind, record in records.items())
    return index.with_records(records).with_starts(1 if blamed else index.starts + 1)


def _judged(record: Record) -> Record:
    record = record.blame_looked_at(DIED_LOOKING)
    if record.trial is None:
        return record
    if not record.trial.orderly:
        return record.take_back(DIED)
    return record.start_again() if record.trial.starts < MOST_TRIAL_STARTS else record.take_back(RESTLESS)


def _keep(store: Store, index: Index, findings: list[Finding]) -> None:
    """Writes the index. Where that cannot be, no trial goes on: its end could not be told from a crash."""
    try:
        store.save(index)
    except DocumentError as error:
        findings += error.findings
        store.assume(
            index.with_records({kind: msgspec.structs.replace(index.of(kind), trial=None) for kind in DOCUMENTS})
        )


def _level(starts: int) -> int:
    """How much to leave out at this start: the first CRASHES nothing, the next more, and round again."""
    return (max(starts, 1) - 1) // CRASHES % len(PARTS)


def _built(beginning: Beginning, findings: dict[str, list[Finding]]) -> Beginning:
    """With the configuration built, and with what is left out left out."""
    level, standing = beginning.level, dict(beginning.standing)
    config = beginning.local
    crashes = f"{CRASHES * level} starts in a row and more did not live {STEADY_S:.0f} s"
    for kind in set(standing) - {"config"} if level else ():
        version = standing.pop(kind).held.version
        findings[kind].append(finding("", f"{crashes}: version {version} is left out of this one", MEND))
    if (document := beginning.document("config")) is not None and isinstance(document, ConfigDocument):
        config, level, reasons = build_part(beginning.local, document.config, level)
        if level:
            findings["config"].append(_left_out(document, level, "it no longer fits" if reasons else crashes))
            findings["config"] += reasons
    told = {kind: bounded(reasons) for kind, reasons in findings.items() if reasons}
    return Beginning(beginning.local, config, beginning.store, standing, told, level)


def _left_out(document: ConfigDocument, level: int, why: str) -> Finding:
    parts = ", ".join(name for name in PARTS[level] if name in document.config) if level < len(PARTS) else ""
    rest = f"{why}: of version {document.version} {f'only {parts} is' if parts else 'nothing is'} in force"
    return finding("config", f"{rest}, all else is as in the device's own file", MEND)
