"""Puts documents in force, watches how the agent does with them, and takes them back where it does badly.

A trial is written down before anything is changed. One that does harm takes all open trials back with it, as nobody
can tell which of them it was; what lived before must then live again, or the process starts anew.
Not here: the judgement (probation.py), the end of the process (beginning.py), what may be tried (desk.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from agent.config.schema import Config
from agent.documents.beginning import STEADY_S, Beginning, Standing, document_of, settle
from agent.documents.config_document import ConfigKind, build_part
from agent.documents.expected import blame, promised, terms_of, wanted
from agent.documents.opening import Opened
from agent.documents.patience import Patience
from agent.documents.probation import SETTLE_S, Probation, Terms, Verdict, allowed_mb
from agent.documents.protocol import ApplyError, Changes, DocumentError, Kind, Signs
from agent.documents.record import Held, Trial
from agent.documents.store import Index, Store
from agent.documents.wishes import Said, written
from wire.documents import ConfigDocument, Document
from wire.reported import Finding

SHORT_S = 15.0  # probation of content and policy: they touch no sensor
HEAL_S = 20.0  # after the way back
MOST_STREAMS = 200  # remembered of a trial

log = logging.getLogger(__name__)
Told = Callable[[str, str, Said], None]  # kind, hash of the document, what became of it


class Trials:
    """`standing`: the documents in force by kind; `config`: the configuration in force."""

    def __init__(
        self,
        beginning: Beginning,
        store: Store,
        kinds: Mapping[str, Kind],
        changes: Changes,
        signs: Callable[[], Signs],
        tell: Told,
        clock: Callable[[], float],
        wall_s: Callable[[], float | None],
    ) -> None:
        self.config, self.standing = beginning.config, dict(beginning.standing)
        self._beginning, self._store, self._kinds, self._changes = beginning, store, kinds, changes
        self._signs, self._tell, self._clock, self._wall_s = signs, tell, clock, wall_s
        self._level = beginning.level
        self._proven = beginning.config  # before any open trial; after a start as good as can be known
        self.behind: dict[str, Standing] = {}  # what is good, of kinds of which something is on trial
        self._open: dict[str, Probation] = {}  # by kind, in the order of their beginning
        self._healing: tuple[Probation, str] | None = None  # and why it was taken back
        self._began_s = clock()
        self._patience = Patience(clock)
        self._leaving = False  # the process is to start anew

    @property
    def open(self) -> bool:
        """Something is on trial, or what was taken back has not come to rest."""
        return bool(self._open) or self._healing is not None

    @property
    def whole_config(self) -> Standing | None:
        """The configuration's document, where all of it is in force."""
        return None if self._level else self.standing.get("config")

    def document(self, kind: str) -> Document | None:
        """The document of this kind that is in force."""
        standing = self.standing.get(kind)
        return None if standing is None else standing.document

    def start(self) -> None:
        """Puts in force what is (the configuration is so already), and goes on watching what is on trial."""
        for kind in self._kinds:
            trial = self._store.index.of(kind).trial
            if trial is not None:
                self._open[kind] = Probation(terms_of(trial), self._clock())
                self._remember_good(kind)
        for kind in [kind for kind in self._kinds if kind != "config"]:
            self._put(kind)

    def _remember_good(self, kind: str) -> None:
        good = self._store.index.of(kind).good
        if good is not None:
            try:
                self.behind[kind] = Standing(good, document_of(self._store, kind, good))
            except DocumentError as error:
                log.error("documents: the way back of %s: %s", kind, error)

    def again(self, kind: str) -> None:
        """What is in force is put in force again: files of it have come back."""
        self._put(kind)

    def may_begin(self) -> bool:
        """Whether it is known how the agent does without a change, so that one can be judged by it."""
        if self._healing is not None or self._leaving:
            return False
        if self._open or self._clock() - self._began_s >= SETTLE_S:
            return True
        return promised(self.config) <= self._signs().alive

    def try_out(self, opened: Opened, document: Document) -> None:
        """Writes the trial down, then puts the document in force. DocumentError where it cannot be kept: then nothing
        has changed."""
        kind = opened.kind
        after = self._after(document)
        held = Held(version=opened.version, hash=opened.hash, by=opened.by, since=written(self._wall_s()))
        trial = self._trial(held, kind, after)
        self._store.keep(kind, held.hash, opened.payload)
        self._store.save(self._store.index.with_records({kind: self._store.index.of(kind).try_out(trial)}))
        self._store.tidy()
        log.info("documents: %s version %d by %s is tried for %.0f s", kind, held.version, held.by, trial.lasts_s)
        if kind not in self._open and kind in self.standing:
            self.behind[kind] = self.standing[kind]
        self.standing[kind] = Standing(held, document)
        self._open.pop(kind, None)
        self._open[kind] = Probation(terms_of(trial), self._clock())
        self._tell(kind, held.hash, Said("probation", tuple(self._kinds[kind].notes(document))))
        if kind == "config":
            self._expect(after)
            self.config, self._level = after, 0
        self._put(kind)
        if kind in self._open:
            self._open[kind].began_s = self._clock()

    def _after(self, document: Document) -> Config:
        """The configuration with this document in force."""
        config = self._kinds["config"]
        if isinstance(document, ConfigDocument) and isinstance(config, ConfigKind):
            return config.config_of(document)
        return self.config

    def _trial(self, held: Held, kind: str, after: Config) -> Trial:
        """Its terms are those from before it: what it says of probation counts for the next. Of a trial that it
        replaces, or that is open beside it, what lived before goes on to be expected."""
        signs, before = self._signs(), self._proven.documents
        others = [trial for other in self._open if (trial := self._store.index.of(other).trial) is not None]
        alive = signs.alive.union(*(trial.alive for trial in others))
        return Trial(
            held=held,
            lasts_s=before.probation_s if kind in ("config", "model") else min(SHORT_S, before.probation_s),
            most_mb=allowed_mb((before.most_memory_mb, after.documents.most_memory_mb), signs.rss_mb),
            alive=tuple(sorted(name for name in alive if wanted(name, after)))[:MOST_STREAMS],
            broker=kind == "config" and (after.broker != self._proven.broker or any(trial.broker for trial in others)),
        )

    def _expect(self, config: Config) -> None:
        """Nobody on trial has to account for a stream that is no longer wanted."""
        for probation in self._open.values():
            alive = frozenset(name for name in probation.terms.alive if wanted(name, config))
            probation.terms = replace(probation.terms, alive=alive)

    def turn(self) -> None:
        """Looks how the agent does; about once a second."""
        if self._store.index.starts and self._clock() - self._began_s >= STEADY_S:
            self._write(self._store.index.with_starts(0), "this start counts as one that did not live")
        if not self.open:
            return
        signs, now_s = self._signs(), self._clock()
        for kind, probation in list(self._open.items()):
            verdict = probation.look(signs, now_s)
            if verdict is not None and not verdict.good:
                self.take_back(verdict.reason)
                return
            if verdict is not None:
                self._prove(kind)
        if self._healing is not None:
            self._heal(*self._healing, self._healing[0].look(signs, now_s))

    def take_back(self, reason: str) -> None:
        """All that is on trial."""
        index = self._store.index
        trials = {kind: trial for kind in self._open if (trial := index.of(kind).trial) is not None}
        log.error("documents: %s taken back: %s", " and ".join(trials), reason)
        index = index.with_records({kind: index.of(kind).take_back(reason) for kind in trials})
        try:
            self._store.save(index)
        except DocumentError as error:  # should the process die now, the next start finds the trial open
            log.error("documents: %s", error)
            self._store.assume(index)
        self._open.clear()
        self.behind.clear()
        alive = frozenset(name for trial in trials.values() for name in trial.alive)
        most_mb = max((trial.most_mb for trial in trials.values()), default=None)
        terms = Terms(HEAL_S, alive, any(trial.broker for trial in trials.values()), most_mb)
        self._healing = Probation(terms, self._clock()), reason
        for kind, trial in reversed(trials.items()):
            self._tell(kind, trial.held.hash, Said("rolled_back", blame(reason, list(trials))))
            self._go_back(kind, reason)
        if self._healing is not None:
            self._healing[0].began_s = self._clock()

    def _go_back(self, kind: str, reason: str) -> None:
        """To the last good one; to what this start has left of it, where it was begun with less."""
        notes: list[Finding] = []
        standing = settle(self._store, kind, self._beginning.local, notes)
        for note in notes:
            log.error("documents: %s", note.reason)
        if kind != "config" and self._beginning.level and kind in self._beginning.findings:
            standing = None
        if standing is None:
            self.standing.pop(kind, None)
        else:
            self.standing[kind] = standing
        if kind == "config":
            self._rebuild()
        self._put(kind)

    def _rebuild(self) -> None:
        document, local = self.document("config"), self._beginning.local
        if isinstance(document, ConfigDocument):
            self.config, self._level, _ = build_part(local, document.config, self._beginning.level)
        else:
            self.config, self._level = local, 0

    def _put(self, kind: str) -> None:
        """Applies what stands; what cannot be applied is taken back, and the process starts anew where even that
        cannot be done."""
        try:
            if kind == "config":
                whole = self.whole_config
                version, by = (whole.held.version, whole.held.by) if whole else (None, None)
                self._changes.apply_config(self.config, version, by)
            else:
                self._kinds[kind].apply(self.document(kind))
        except ApplyError as error:
            self._cannot(kind, error)

    def _cannot(self, kind: str, error: ApplyError) -> None:
        reason = f"{kind} cannot be put in force: {error}"
        standing = self.standing.get(kind)
        if kind in self._open:
            self.take_back(reason)
        elif self._healing is not None or kind == "config":
            self._restart(reason)
        elif standing is not None:
            log.error("documents: %s", reason)
            del self.standing[kind]
            self._tell(kind, standing.held.hash, Said("rolled_back", error.findings))

    def _prove(self, kind: str) -> None:
        record = self._store.index.of(kind).prove()
        if not self._write(self._store.index.with_records({kind: record}), f"{kind} is good and stays on trial"):
            return
        del self._open[kind]
        self.behind.pop(kind, None)
        self._store.tidy()
        if kind == "config":
            self._proven = self.config
        standing = self.standing[kind]
        log.info("documents: %s version %d is good", kind, standing.held.version)
        self._tell(kind, standing.held.hash, Said("applied", tuple(self._kinds[kind].notes(standing.document))))

    def _write(self, index: Index, else_: str) -> bool:
        """What may wait until the disk takes it; `else_` is so until then. Whether it is written."""
        if not self._patience.due:
            return False
        try:
            self._store.save(index)
        except DocumentError as error:
            if self._patience.failed():
                log.error("documents: %s until it can be written down: %s", else_, error)
            return False
        self._patience.worked()
        return True

    def _restart(self, reason: str) -> None:
        """Nothing is begun any more: it would be on trial when the process ends."""
        self._leaving = True
        self._changes.restart(reason)

    def _heal(self, healing: Probation, reason: str, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        self._healing = None
        if not verdict.good:
            self._restart(f"after the way back ({reason}) it is no better: {verdict.reason}")
