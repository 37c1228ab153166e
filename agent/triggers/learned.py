"""What is known of each content: sums over its showings. `base` came with the policy, `own` this shelf saw since.

The rule that lets a hub add shelves up (docs/policy.md): the sums told with a policy's version only grow while it is
in force, are told a last time as it is replaced, and begin at nothing under the next one. An arm of the next policy
says all there is to know of its content; of a content that it gives no arm, this shelf keeps what it knew as its base.
A policy that returns (a roll-back) finds its sums as they were. Not here: who merges; what is chosen (bandit.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent.messages import Snapshot
from agent.triggers.bandit import NOTHING, Posterior
from agent.triggers.features import FEATURES, SIZE, TRIANGLE, Features
from wire import state as wire
from wire.documents import Arm, Policy

MOST_OWN = 64  # contents with sums of this shelf: `state/learned` stays within one message
MOST_BASE = 256
TELL_S = 60.0  # between two times that it is told; a last time it is told at once
UNTOLD = -math.inf


@dataclass(frozen=True, slots=True)
class Sums:
    """A (lower triangle, row by row) and b of one content."""

    a: tuple[int, ...] = (0,) * TRIANGLE
    b: tuple[int, ...] = (0,) * SIZE

    def plus(self, other: Sums) -> Sums:
        """Of both together."""
        a = tuple(mine + more for mine, more in zip(self.a, other.a, strict=True))
        return Sums(a, tuple(mine + more for mine, more in zip(self.b, other.b, strict=True)))

    def after(self, x: Features, picked: bool) -> Sums:
        """One showing more."""
        a, b = list(self.a), list(self.b)
        for i in x:
            b[i] += picked
            for j in x:
                if j <= i:
                    a[i * (i + 1) // 2 + j] += 1
        return Sums(tuple(a), tuple(b))

    @property
    def shows(self) -> int:
        """How often: "always" is true each time."""
        return self.a[0]

    def written(self) -> str:
        """Short for a snapshot, which is written with every event: one text and not ninety numbers."""
        return " ".join(map(str, (*self.a, *self.b)))

    @classmethod
    def read(cls, text: str) -> Sums:
        """What `written` gave."""
        numbers = tuple(int(number) for number in text.split(" "))
        return cls(numbers[:TRIANGLE], numbers[TRIANGLE:])


Book = dict[str, Sums]  # by content


@dataclass(slots=True)
class Chapter:
    """What is known under one policy."""

    version: int | None = 0  # 0: there was no policy yet
    base: Book = field(default_factory=dict)
    own: Book = field(default_factory=dict)

    def all_of(self, content: str) -> Sums:
        """Base and own together."""
        base, own = self.base.get(content), self.own.get(content)
        if base is None or own is None:
            return base or own or Sums()
        return base.plus(own)


class Knowledge:
    """Under the policy in force, and under the one before, in case it returns."""

    def __init__(self) -> None:
        self._now = Chapter()
        self._before: Chapter | None = None
        self._changed, self._told_s = False, UNTOLD
        self._posteriors: dict[str, Posterior] = {}

    def policy(self, policy: Policy, version: int | None, contents: Iterable[str], t: float) -> wire.Learned | None:
        """Another policy is in force; the last of what was learned under the old one, where it was not told yet.
        `contents`: those that go on. The same version again changes nothing."""
        if version == self._now.version:
            return None
        last = self._learned() if self._changed else None
        old, returned = self._now, self._before
        if returned is not None and returned.version == version:
            self._now = returned
        else:
            base = _base(policy)
            kept = {name: old.all_of(name) for name in sorted({*old.base, *old.own} & {*contents}) if name not in base}
            self._now = Chapter(version, dict([*base.items(), *kept.items()][:MOST_BASE]))
        self._before = old
        self._changed, self._told_s = False, t
        self._work_out()
        return last

    def keep(self, contents: set[str]) -> None:
        """Contents that neither play nor are named by a rule are no more."""
        gone = ({*self._now.base, *self._now.own}) - contents
        for name in gone:
            self._now.base.pop(name, None)
            self._posteriors.pop(name, None)
            self._changed = self._now.own.pop(name, None) is not None or self._changed

    def learn(self, content: str, x: Features, picked: bool) -> None:
        """A showing and what came of it."""
        own = self._now.own
        own[content] = own.get(content, Sums()).after(x, picked)
        if len(own) > MOST_OWN:
            least = min(own, key=lambda name: (own[name].shows, name))
            del own[least]
            self._work_out(least)
        self._work_out(content)
        self._changed = True

    def posterior(self, content: str) -> Posterior:
        """What is known of it now."""
        return self._posteriors.get(content, NOTHING)

    def _work_out(self, *contents: str) -> None:
        """What decisions need of these (of all): beforehand, for it takes a fifth of a millisecond each."""
        if not contents:
            self._posteriors.clear()
        for content in contents or sorted({*self._now.base, *self._now.own}):
            sums = self._now.all_of(content)
            self._posteriors[content] = Posterior.of(sums.a, sums.b)

    def due(self, t: float) -> wire.Learned | None:
        """To be told now, where it changed."""
        if not self._changed or t - self._told_s < TELL_S:
            return None
        self._changed, self._told_s = False, t
        return self._learned()

    def resume(self, t: float) -> None:
        """A new process, maybe with another clock: tells it once more."""
        self._changed, self._told_s = bool(self._now.own), t

    def _learned(self) -> wire.Learned:
        own = sorted(self._now.own.items())
        arms = tuple(Arm(content=name, a=sums.a, b=sums.b) for name, sums in own if sums.shows)
        return wire.Learned(policy=self._now.version or None, features=FEATURES, arms=arms)

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        before = None if self._before is None else _written(self._before)
        return {"now": _written(self._now), "before": before, "changed": self._changed, "told": self._told_s}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._now = _read(state["now"])
        self._before = None if state["before"] is None else _read(state["before"])
        self._changed, self._told_s = state["changed"], state["told"]
        self._work_out()


def _base(policy: Policy) -> Book:
    """The arms of a policy; those with sums of another length are of other features, and nothing is known of them."""
    fit = (arm for arm in policy.arms if (len(arm.a), len(arm.b)) == (TRIANGLE, SIZE))
    return {arm.content: Sums(tuple(arm.a), tuple(arm.b)) for arm in fit}


def _written(chapter: Chapter) -> list[object]:
    books = ([[name, sums.written()] for name, sums in book.items()] for book in (chapter.base, chapter.own))
    return [chapter.version, *books]


def _read(values: Sequence[object]) -> Chapter:
    version, base, own = values
    assert version is None or isinstance(version, int)
    return Chapter(version, _book(base), _book(own))


def _book(rows: object) -> Book:
    assert isinstance(rows, list)
    return {name: Sums.read(text) for name, text in rows}
