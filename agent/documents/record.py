"""What the device remembers of the documents of one kind, and how that changes: plain values, one step at a time.

    nothing -> looked at -> on trial -> good, and what was good before
                  |            +-----> harmful: never tried again
                  +-> refused (only its version is remembered, where it was accepted)

`looked_at` is written down before anything of a document's contents is looked at, and `trial` before anything is
changed: whatever then happens to the process, the next start knows whose doing it was (beginning.py).
Not here: the disk (store.py).
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from wire.limits import Name, Sha256, Time, Version

MOST_HARMFUL = 16  # hashes remembered; the version alone keeps all older ones out
MOST_REASON = 400  # characters


class Held(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One document whose payload is kept on the device."""

    version: Version
    hash: Sha256
    by: Name
    since: Time | None = None  # when it came into force


class Trial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document in force that has not proven itself."""

    held: Held
    lasts_s: float  # these terms were set before it, see probation.Terms
    most_mb: float
    alive: tuple[str, ...] = ()  # streams that lived before it and that it wants
    broker: bool = False  # it changed the way to the broker
    orderly: bool = False  # the process has ended in order since; never true while one runs
    starts: int = 0  # how often the process was started anew in order meanwhile


class Harmful(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document that was taken back."""

    version: Version
    hash: Sha256
    reason: Annotated[str, Meta(max_length=MOST_REASON)]


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All about one kind. Each method gives the record after it."""

    highest: int = 0  # version of the newest document ever accepted or tried
    highest_hash: str = ""
    good: Held | None = None  # the last that has proven itself; None: what the device brought along
    before: Held | None = None  # the good one before it
    looked_at: Held | None = None
    trial: Trial | None = None
    harmful: Annotated[tuple[Harmful, ...], Meta(max_length=MOST_HARMFUL)] = ()

    @property
    def in_force(self) -> Held | None:
        return self.trial.held if self.trial else self.good

    @property
    def held(self) -> tuple[Held, ...]:
        """All whose payload has to be kept."""
        trial = self.trial.held if self.trial else None
        return tuple(held for held in (self.good, self.before, trial) if held is not None)

    def why_harmful(self, hash: str) -> str | None:
        """Why this document was taken back; None for one that was not."""
        return next((harmful.reason for harmful in self.harmful if harmful.hash == hash), None)

    def grows(self, version: int, hash: str) -> bool:
        """Newer than all that were accepted or tried, or the newest of these itself."""
        return version > self.highest or (version == self.highest and hash == self.highest_hash)

    def look(self, held: Held) -> Record:
        return replace(self, looked_at=held)

    def looked(self) -> Record:
        """It was refused, or put off."""
        return replace(self, looked_at=None)

    def accept(self, held: Held) -> Record:
        return replace(self, highest=held.version, highest_hash=held.hash)

    def try_out(self, trial: Trial) -> Record:
        """From here on it is in force. One that was on trial until now has neither won nor lost."""
        return replace(self.accept(trial.held), looked_at=None, trial=trial)

    def prove(self) -> Record:
        """The trial is over, and it was good."""
        if self.trial is None:
            return self
        return replace(self, good=self.trial.held, before=self.good, trial=None)

    def take_back(self, reason: str) -> Record:
        """The trial is over, and it did harm."""
        return self._blame(self.trial.held if self.trial else None, reason, replace(self, trial=None))

    def blame_looked_at(self, reason: str) -> Record:
        """The process died while it was looked at."""
        return self._blame(self.looked_at, reason, self.looked())

    def _blame(self, held: Held | None, reason: str, rest: Record) -> Record:
        if held is None:
            return rest
        harmful = Harmful(version=held.version, hash=held.hash, reason=reason[:MOST_REASON])
        others = tuple(other for other in rest.harmful if other.hash != held.hash)
        rest = replace(rest, harmful=(*others, harmful)[-MOST_HARMFUL:])
        return rest.accept(held) if held.version >= rest.highest else rest

    def end_in_order(self) -> Record:
        """The process ends because it was told to: whatever was open goes on at the next start."""
        return replace(self.looked(), trial=self.trial and replace(self.trial, orderly=True))

    def start_again(self) -> Record:
        """The process runs again after an end in order."""
        return replace(self, trial=self.trial and replace(self.trial, orderly=False, starts=self.trial.starts + 1))

    def fall_back(self) -> Record:
        """What is in force cannot be read any more. As it was accepted, it may come again."""
        if self.trial is not None:
            return replace(self, trial=None)
        return replace(self, good=self.before, before=None)
