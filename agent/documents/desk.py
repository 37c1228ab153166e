"""Takes one document after the other through its life: opened, checked, tried, watched, proven or taken back.

Every step is written down before it is taken (record.py), so that the end of the process at any point leaves the old
or the new, whole. Nothing that is not signed changes anything but what is reported.
Used by one thread. Not here: the thread and its queue (keeper.py), what is in force at a start (beginning.py), being
in force and on trial (trials.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from agent.config.told_check import prices_fit
from agent.documents.beginning import Beginning, Standing
from agent.documents.config_document import ConfigKind
from agent.documents.findings import finding, from_problem
from agent.documents.opening import Opened, decoded, demand_addressed, demand_newer, open_signed, sha256
from agent.documents.pace import Lines
from agent.documents.protocol import Beat, Changes, DocumentError, Files, KeepError, Kind, Signs
from agent.documents.record import Held
from agent.documents.store import Index
from agent.documents.trials import Trials
from agent.documents.trust import Trust
from agent.documents.wishes import Accepted, FileNews, Reports, Said, Wish, first_said
from wire.documents import Asset, ConfigDocument, Document
from wire.limits import MAX_DOCUMENT_BYTES
from wire.reported import ReportedPayload
from wire.topics import DOCUMENTS

LATER_S = 60.0  # until the disk is asked again

log = logging.getLogger(__name__)


class Desk:
    """`start` once, then `take` each message and `turn` about once a second. `tell` gets every new `reported`."""

    def __init__(
        self,
        beginning: Beginning,
        kinds: Sequence[Kind],
        changes: Changes,
        signs: Callable[[], Signs],
        tell: Callable[[ReportedPayload], None],
        *,
        files: Files,
        device_key: bytes,
        wall_s: Callable[[], float | None],
        beat: Beat,
        clock: Callable[[], float],
    ) -> None:
        if beginning.store is None:
            raise ValueError("documents.dir is empty: the hub is not obeyed, and nothing keeps documents")
        self._beginning, self._store, self._device = beginning, beginning.store, beginning.local.device
        self._kinds: dict[str, Kind] = {"config": ConfigKind(beginning.local, changes)}
        self._kinds |= {kind.kind: kind for kind in kinds}
        self._reports = Reports(tell, device_key, clock)
        self._trials = Trials(
            beginning, self._store, self._kinds, changes, signs, self._reports.became, clock=clock, wall_s=wall_s
        )
        self._files, self._beat, self._clock = files, beat, clock
        self._accepted: dict[str, Accepted] = {}
        self._asked: tuple[dict[str, tuple[Asset, ...]], tuple[Asset, ...]] = {}, ()
        self._lacked: dict[str, frozenset[str]] = {}  # by kind, files that what is in force was put in force without
        self._judged_by = self._trials.config
        self._later: dict[str, bytes] = {}  # messages that the disk did not take
        self._lines = Lines(log, clock)  # on refusals
        self._tried_s = clock()

    def start(self) -> None:
        """Puts in force what is, and tells it."""
        for kind in self._kinds:
            findings = self._beginning.findings.get(kind, ())
            self._reports.say(kind, first_said(self._store.index.of(kind), self._whole(kind), findings))
        self._trials.start()
        self._want()
        self._report()

    def take(self, kind: str, body: bytes) -> None:
        """A message of `<kind>/desired`; an empty one clears the topic: nothing is wanted, and nothing changes."""
        message = sha256(body)
        wish = self._reports.wish(kind)
        if kind not in self._kinds or (wish is not None and wish.message == message):
            return
        self._later.pop(kind, None)
        if not body:
            self._reports.wants(kind, None, Said("none"))
        elif not self._reports.refused_lately(kind, message, body):
            self._judge(kind, body, message)
        self._report()

    def turn(self) -> None:
        """What time brings: trials end, files come, what waited begins."""
        self._trials.turn()
        for kind in DOCUMENTS:
            if kind in self._accepted and self._trials.may_begin():
                self._go_on(kind, self._accepted[kind])
        self._judge_again()
        self._try_later()
        self._want()
        self._report()

    def files_changed(self) -> None:
        """A file has become whole, or something of it has come. What lacked it is put in force again, whatever is
        loading beside it."""
        self._refresh()
        for kind, lacked in self._lacked.items():
            self._lacked[kind] = self._lacks(kind)
            if lacked - self._lacked[kind]:
                self._trials.again(kind)

    def end(self) -> None:
        """The process ends because it was told to: what is on trial goes on to be so after the next start."""
        index = self._store.index
        index = index.with_records({kind: index.of(kind).end_in_order() for kind in DOCUMENTS})
        self._save(index.with_starts(0))

    def _judge(self, kind: str, body: bytes, message: str) -> None:
        again = body if len(body) <= MAX_DOCUMENT_BYTES else None
        opened = open_signed(kind, body, Trust(self._trials.config.documents.keys))
        if not isinstance(opened, Opened):
            peek, error = opened
            self._reports.wants(kind, Wish(message, peek.hash, None, again), self._refuse(kind, error, body))
            return
        said = self._known(opened)
        if said is None:
            try:
                self._accepted[kind] = self._accept(opened, body)
                said = Said("loading")
            except DocumentError as error:
                said = self._refuse(kind, error, body)
        refused = said.outcome == "rejected" and kind not in self._later
        wants = self._reports.refused if refused else self._reports.wants
        wants(kind, Wish(message, opened.hash, opened.version, again), said)
        if said.outcome == "loading":
            self._want()
            if self._trials.may_begin():
                self._go_on(kind, self._accepted[kind])

    def _judge_again(self) -> None:
        """Another configuration may trust other keys: what was rejected by the last one is taken as new."""
        if self._trials.config is self._judged_by:
            return
        self._judged_by = self._trials.config
        self._reports.forget_refusals()
        for kind, body in self._reports.rejected():
            self._judge(kind, body, sha256(body))

    def _known(self, opened: Opened) -> Said | None:
        """What to say of a document that was here before; None for one that is new."""
        kind, record = opened.kind, self._store.index.of(opened.kind)
        reason = record.why_harmful(opened.hash)
        if reason is not None:
            hint = "mend it and send it with a higher version: this one is not tried again"
            return Said("rolled_back", (finding("", reason, hint),))
        if kind in self._accepted and self._accepted[kind].opened.hash == opened.hash:
            return Said("loading")
        if record.in_force is None or record.in_force.hash != opened.hash:
            return None
        standing = self._whole(kind)
        if standing is None:
            return Said("rolled_back", self._beginning.findings.get(kind, ()))
        notes = tuple(self._kinds[kind].notes(standing.document))
        return Said("probation" if record.trial else "applied", notes)

    def _accept(self, opened: Opened, body: bytes) -> Accepted:
        """A document that may be tried. DocumentError with everything that is wrong with it. Should its contents end
        the process, the next start knows."""
        demand_addressed(opened, self._device.store, self._device.id)
        kind, index = opened.kind, self._store.index
        record = index.of(kind)
        demand_newer(opened, record)
        held = Held(version=opened.version, hash=opened.hash, by=opened.by)
        self._store.save(index.with_records({kind: record.look(held)}))
        try:
            document = decoded(kind, opened.payload)
            self._examine(opened, document)
        except DocumentError:
            self._save(index.with_records({kind: record}))
            raise
        self._store.save(index.with_records({kind: record.accept(held)}))
        self._reports.forget_refusals()
        return Accepted(opened, document, self._kinds[kind].needs(document), body)

    def _examine(self, opened: Opened, document: Document) -> None:
        kind = self._kinds[opened.kind]
        if findings := kind.check(document):
            raise DocumentError(*findings)
        if isinstance(document, ConfigDocument) and isinstance(kind, ConfigKind):
            config = kind.config_of(document)
            after = Trust(config.documents.keys)
            if objections := after.objections(opened.envelope, opened.payload):
                hint = "sign it with a key that is trusted now and with one that will be trusted then"
                reason = "no key that would be trusted from here on has signed it"
                raise DocumentError(finding("config.documents.key", reason, hint), *objections)
            if too_long := list(prices_fit(config, opened.by)):
                raise DocumentError(*(from_problem(problem, "config") for problem in too_long))
        if findings := self._files.fits(kind.needs(document), self._kept()):
            raise DocumentError(*findings)

    def _go_on(self, kind: str, accepted: Accepted) -> None:
        """Tries it, once its files are whole and it is proven as far as it can be without a change."""
        if self._files.missing(accepted.needs) if accepted.needs else ():
            return
        if kind in ("content", "model"):
            if self._trials.open:
                return  # a proof takes its time, in which nobody would watch
            if not self._ready(kind, accepted):
                return
        del self._accepted[kind]
        try:
            self._trials.try_out(accepted.opened, accepted.document)
        except KeepError as error:
            self._reports.became(kind, accepted.opened.hash, self._refuse(kind, error, accepted.body))
        self._want()

    def _ready(self, kind: str, accepted: Accepted) -> bool:
        """The last proof. Should it end the process, the next start knows."""
        opened, record = accepted.opened, self._store.index.of(kind)
        held = Held(version=opened.version, hash=opened.hash, by=opened.by)
        try:
            self._store.save(self._store.index.with_records({kind: record.look(held)}))
            findings = self._kinds[kind].ready(accepted.document, self._beat)
            self._save(self._store.index.with_records({kind: record}))
            if findings:
                raise DocumentError(*findings)
        except DocumentError as error:
            del self._accepted[kind]
            self._reports.became(kind, opened.hash, self._refuse(kind, error, accepted.body))
            self._want()
            return False
        return True

    def _kept(self) -> tuple[Asset, ...]:
        """Files that may not go: of what is in force, and of what would be so again."""
        documents = (*self._trials.standing.items(), *self._trials.behind.items())
        return tuple(asset for kind, standing in documents for asset in self._kinds[kind].needs(standing.document))

    def _needs(self, kind: str) -> tuple[Asset, ...]:
        """Files of what is in force and of what is to be."""
        standing, accepted = self._trials.standing.get(kind), self._accepted.get(kind)
        needs = self._kinds[kind].needs(standing.document) if standing else ()
        return needs + (accepted.needs if accepted else ())

    def _want(self) -> None:
        asked = {kind: needs for kind in self._kinds if (needs := self._needs(kind))}, self._kept()
        if asked != self._asked:
            self._asked = asked
            self._files.want(*asked)
            self._lacked = {kind: self._lacks(kind, self._lacked.get(kind)) for kind in self._kinds}
            self._refresh()

    def _lacks(self, kind: str, before: frozenset[str] | None = None) -> frozenset[str]:
        """Files of what is in force that are missing, or were `before`."""
        standing = self._trials.standing.get(kind)
        needs = self._kinds[kind].needs(standing.document) if standing else ()
        lacked = frozenset(asset.sha256 for asset in needs) & (before or frozenset())
        return lacked.union(self._files.missing(needs))

    def _refresh(self) -> None:
        self._reports.files = {kind: self._news(kind) for kind in self._kinds if kind in ("content", "model")}

    def _news(self, kind: str) -> FileNews:
        needs = self._needs(kind)
        progress = self._files.progress(needs) if needs else None
        troubles = tuple(self._files.troubles(needs))
        return FileNews(self._files.missing(needs), progress, self._files.cache_bytes(), troubles)

    def _report(self) -> None:
        trusts = tuple(key.name for key in self._trials.config.documents.keys)
        for kind in self._kinds:
            self._reports.send(kind, self._whole(kind), trusts)

    def _whole(self, kind: str) -> Standing | None:
        """The document that is wholly in force."""
        return self._trials.whole_config if kind == "config" else self._trials.standing.get(kind)

    def _refuse(self, kind: str, error: DocumentError, body: bytes) -> Said:
        self._lines.warn(f"{kind} is rejected: {str(error)[:500]}")
        if isinstance(error, KeepError):
            self._later[kind] = body
        return Said("rejected", error.findings)

    def _try_later(self) -> None:
        """What the disk did not take is taken as new after a while, unless something else has come."""
        if self._later and self._clock() - self._tried_s >= LATER_S:
            self._tried_s, later, self._later = self._clock(), self._later, {}
            for kind, body in later.items():
                self._judge(kind, body, sha256(body))

    def _save(self, index: Index) -> None:
        """What would be good to have on disk, but is no condition."""
        try:
            self._store.save(index)
        except DocumentError as error:
            log.error("documents: %s", error)
