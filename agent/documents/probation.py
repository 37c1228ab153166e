"""Judges whether a change does harm: pure, from what is seen of the agent once a second.

A reason counts only when it lasts, and a stream only when it lived before the change. A broker that is away says
nothing about a change, unless it changed the way to the broker: then the new one has to take this device, to accept
something of it, and to tell it this very document, as only a broker of its hub's can. Memory that was high before is
not the change's doing: a limit that was set too low must not keep its own correction out.
Not here: what is seen (the app), what follows (keeper.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.documents.protocol import Signs

SETTLE_S = 10.0  # cameras and scales open anew; at most a third of the probation
LASTS_S = 10.0  # a reason that stands so long
DEAD_SHARE = 0.5  # of the looks after settling: a stream that comes and goes
GROWTH_MB = 20.0  # above what was needed before the change


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: why the change does harm; empty: it has proven itself."""

    reason: str

    @property
    def good(self) -> bool:
        return not self.reason


@dataclass(frozen=True, slots=True)
class Terms:
    """What is expected. `alive`: streams that lived before and are still wanted; `broker`: the way to the broker has
    changed; `document`: hash of the document that has to be heard there, empty where none has to; `most_mb`: memory
    that is allowed, None where it is not looked at."""

    lasts_s: float
    alive: frozenset[str] = frozenset()
    broker: bool = False
    most_mb: float | None = None
    document: str = ""

    @property
    def settle_s(self) -> float:
        return min(SETTLE_S, self.lasts_s / 3)


@dataclass(slots=True)
class Probation:
    """One change under watch, from `began_s` on."""

    terms: Terms
    began_s: float
    _since_s: dict[str, float] = field(default_factory=dict)  # what is wrong, and since when
    _looks: int = 0  # after settling
    _dead: dict[str, int] = field(default_factory=dict)  # of these, by stream
    _accepted: bool = False  # since the change, as `_heard`
    _heard: bool = False

    def look(self, signs: Signs, now_s: float) -> Verdict | None:
        """None: it is not decided yet."""
        self._accepted |= signs.connected and signs.accepted
        self._heard |= signs.heard == self.terms.document
        settled = now_s - self.began_s >= self.terms.settle_s
        wrong = self._wrong(signs) if settled else {}
        self._since_s = {what: self._since_s.get(what, now_s) for what in wrong}
        if settled:
            self._count(signs)
        for what, since_s in self._since_s.items():
            if now_s - since_s >= LASTS_S:
                return Verdict(wrong[what])
        if now_s - self.began_s < self.terms.lasts_s:
            return None
        return self._at_the_end(signs, wrong)

    def _at_the_end(self, signs: Signs, wrong: dict[str, str]) -> Verdict | None:
        """Who is ill just now has until it has lasted; who came and went has no excuse."""
        for stream, times in self._dead.items():
            if times > DEAD_SHARE * self._looks:
                return Verdict(f"{stream} lived before the change and comes and goes since")
        return None if wrong else Verdict("")

    def _wrong(self, signs: Signs) -> dict[str, str]:
        wrong = {name: f"{name} lived before the change and is dead since" for name in self.terms.alive - signs.alive}
        if not signs.core_answers:
            wrong[":core"] = "the core does not answer since the change"
        if self.terms.broker and (why := self._cut_off(signs)):
            wrong[":broker"] = f"the change led to a broker that {why}"
        most_mb = self.terms.most_mb
        if most_mb is not None and signs.rss_mb is not None and signs.rss_mb > most_mb:
            wrong[":memory"] = f"memory grew to {signs.rss_mb:.0f} MB since the change; {most_mb:.0f} MB are allowed"
        return wrong

    def _cut_off(self, signs: Signs) -> str:
        """Why no hub can reach this device, or be reached, at the broker of the change; empty: one can."""
        if not signs.connected:
            return "does not take this device"
        if self.terms.document and not self._accepted:
            return "takes nothing of what this device sends: mend its access list"
        if self.terms.document and not self._heard:
            return "does not hold this document for this device: publish it there first, retained"
        return ""

    def _count(self, signs: Signs) -> None:
        self._looks += 1
        for name in self.terms.alive - signs.alive:
            self._dead[name] = self._dead.get(name, 0) + 1


def allowed_mb(limits_mb: tuple[float, ...], before_mb: float | None) -> float:
    """Memory that a change may need: the larger of the limits before and after it, and room for growth where it was
    above them already."""
    return max(*limits_mb, 0.0 if before_mb is None else before_mb + GROWTH_MB)
