"""Attends one shelf: samples and hands in, picks, puts and restocks out.

Brings weighing, hands, books and judgement together; every step on a scale passes through here once.
Not here: what a step means (fusion/judge.py), clocks, health and the broker's state (core.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from agent.config.schema import Config, Scale
from agent.fusion.evidence import Around, common_load, shares_load
from agent.fusion.hands import CAMERA, TRACKER, Hands
from agent.fusion.hole import dated
from agent.fusion.judge import Ruling, Verdict, judge
from agent.fusion.ledger import Ledger
from agent.fusion.sights import Sights
from agent.fusion.telling import Mode, restock_reason, tell
from agent.fusion.timing import LEANT_S
from agent.fusion.unweighed import Sighting, Unweighed
from agent.messages import Counts, Snapshot, Tracks
from agent.shelf.planogram import Planogram, Stretch
from agent.weighing.calibration import Calibration
from agent.weighing.step import Motion, Step
from agent.weighing.weigher import Weigher
from wire.events import Clock, Pick, Put, Restock

BACK_S = 0.2  # the old level held this long: the touch is over
CROSSTALK_S = 1.5  # a neighbour's step is felt this long around it
STILL = Motion(0.0, 0.0, 0.0, 0.0)
SETTLING_S = 1.0  # what was told comes to rest for good within this time
Movement = Pick | Put | Restock


class Attendant:
    """Everything that is known of one shelf and its visitors."""

    def __init__(self, config: Config) -> None:
        self.planogram = Planogram.of(config)
        self.mode: Mode = "open"
        self.hands = Hands(CAMERA if config.camera.driver else TRACKER)
        self.ledger = Ledger(self.planogram)
        self.weighers = {scale.name: self._weigher(scale) for scale in config.scales}
        self._recent: dict[int, tuple[float, float]] = {}  # stretch -> when it last stepped, by how many grams
        self._levelled: dict[int, tuple[float, Motion]] = {}  # stretch -> when a level without meaning was taken
        self.sights, self._unweighed = Sights(self.planogram), Unweighed(self.planogram)
        self._off: set[int] = set()  # stretches not yet weighed since the device was off

    def _weigher(self, scale: Scale) -> Weigher:
        mine = self.planogram.by_scale(scale.name)
        return Weigher(Calibration.of(scale.cells), [s.cells for s in mine], [s.index for s in mine])

    # -- observations in --------------------------------------------------------------------------------------------

    def see(self, tracks: Tracks, clock: Clock) -> list[Movement]:
        """One frame of heads, hands and goods, and what became clear with it of stretches that nobody weighs."""
        for visitor in self.hands.see(tracks):
            self.ledger.baskets.forget(visitor)
        self.sights.see(tracks, self.hands)
        if self.mode == "maintenance":
            return []
        seen = self._unweighed.look(tracks.t, self.sights, self.hands, lambda stretch: self._silent(stretch, tracks.t))
        return [self._tell_seen(sighting, clock) for sighting in seen]

    def _silent(self, stretch: Stretch, t: float) -> bool:
        return self.weighers[stretch.scale].silent(stretch.index, t)

    def weigh(self, counts: Counts, clock: Clock) -> list[Movement]:
        """One sample of one scale, and what became clear with it."""
        weigher = self.weighers.get(counts.scale)
        steps = [] if weigher is None else weigher.feed(counts.t, counts.values)
        told: list[Movement] = []
        done: set[int] = set()
        for step in steps:
            if weigher is not None and step.stretch not in done:
                told += self._settle(step, weigher, steps, done, clock)
        return told

    def forget_visitors(self) -> None:
        """Their names mean nothing any more; what they hold may come back from anybody."""
        self.hands.forget()
        self.ledger.baskets.disown()

    def blind(self) -> None:
        """The eyes are lost: nothing is known about hands and goods until they see again."""
        self.hands.blind()
        self._unweighed.forget()

    def hole(self, t: float, scale: str) -> None:
        """Readings of this scale are missing: no weight step is trusted across it."""
        if scale in self.weighers:
            self.weighers[scale].hole(t)

    def resume(self, t: float) -> None:
        """A new process: monotonic time may have started anew, and what changed meanwhile is weighed."""
        self.hands.forget_positions(t)
        self._recent.clear()
        self._levelled.clear()
        self.sights.forget()
        self._unweighed.forget()
        for weigher in self.weighers.values():
            weigher.resume(t)
        self._off = {
            s.index for s in self.planogram.stretches if not math.isnan(self.weighers[s.scale].level_g(s.index))
        }

    # -- one step ---------------------------------------------------------------------------------------------------

    def _settle(
        self, step: Step, weigher: Weigher, steps: Iterable[Step], done: set[int], clock: Clock
    ) -> list[Movement]:
        if weigher.insignificant(step):
            self._let_go(step, weigher)
            return []
        if self.mode == "maintenance":
            weigher.accept(step.stretch)
            return []
        stretch = self.planogram.stretches[step.stretch]
        beside = [
            (s, self.planogram.stretches[s.stretch], self._around(s, weigher, stretch.index))
            for s in steps
            if s.stretch in stretch.neighbours and s.stretch not in done
        ]
        around = self._around(step, weigher)
        verdict = judge(step, stretch, around, beside)
        for index in verdict.resolved:
            if verdict.ruling is Ruling.LEVEL:
                self._levelled[index] = (step.now, weigher.motion(index))
            weigher.accept(index, around.lean_g if verdict.ruling is Ruling.TOLD else 0.0)
            done.add(index)
        return self._tell(verdict, clock) if verdict.ruling is Ruling.TOLD else []

    def _let_go(self, step: Step, weigher: Weigher) -> None:
        """The old level is back; or nearly so, where a neighbour's step is felt: many of those must not add up."""
        if step.flat_s < BACK_S:
            return
        self._off.discard(step.stretch)
        if self._next_door_g(step) * step.delta_g > 0.0:
            weigher.accept(step.stretch)
        else:
            weigher.dismiss(step.stretch)

    def _around(self, step: Step, weigher: Weigher, *others: int) -> Around:
        """What is known around a step; `others`: further stretches that are judged with it."""
        strays = [s for i in (step.stretch, *others) for s in self.ledger.contents.strays(i)]
        board = [i for i in self.planogram.stretches[step.stretch].board if i not in others]
        motions = [weigher.motion(i) for i in board]
        told_g = self._next_door_g(step, others)
        return Around(
            hands=self.hands,
            shelf=self.ledger.state(watched=self.hands.watched),
            strays=tuple(strays),
            crosstalk_g=max((told_g, *(motion.away_g for motion in motions)), key=abs),
            next_door_g=told_g,
            leaning=sum(shares_load(step, motion) for motion in (*motions, *self._levelled_since(step, board))),
            lean_g=0.0 if step.across_gap else common_load([motion.away_g for motion in motions]),
            just_told_g=self._just_told_g(step),
            levelled_g=self._levelled_g(step),
            seen=self.sights.change(step.stretch, step.began, step.now),
        )

    def _next_door_g(self, step: Step, but: tuple[int, ...] = ()) -> float:
        """The largest step told on the same board around the same time; signed."""
        felt = [0.0]
        for index in self.planogram.stretches[step.stretch].board:
            at, delta_g = self._recent.get(index, (-math.inf, 0.0))
            if index not in but and step.began - CROSSTALK_S <= at <= step.now:
                felt.append(delta_g)
        return max(felt, key=abs)

    def _levelled_since(self, step: Step, board: Iterable[int]) -> list[Motion]:
        """Stretches of the board that were in motion with this step and are taken for level again: who leans on all of
        them still leans."""
        known = [self._levelled[index] for index in board if index in self._levelled]
        return [motion for at, motion in known if step.began <= at <= step.now]

    def _levelled_g(self, step: Step) -> float:
        """What was taken for this very stretch's level without meaning before the step began; signed, 0 for nothing."""
        at, motion = self._levelled.get(step.stretch, (-math.inf, STILL))
        return motion.away_g if step.began - LEANT_S <= at <= step.began else 0.0

    def _just_told_g(self, step: Step) -> float:
        """What was told of this very stretch right before the step began; signed, 0 for nothing."""
        at, delta_g = self._recent.get(step.stretch, (-math.inf, 0.0))
        return delta_g if step.began - SETTLING_S <= at <= step.now else 0.0

    def _tell(self, verdict: Verdict, clock: Clock) -> list[Movement]:
        step, stretch = verdict.step, verdict.stretch
        while_off = not self._off.isdisjoint(verdict.resolved)
        for index in verdict.resolved:
            self._off.discard(index)
            self._recent[index] = (step.now, step.delta_g)
            self._unweighed.weighed(index, step.now)
        events = dated(step, stretch, verdict.said, self.hands)
        self.ledger.book(step, stretch, tuple(one for _, one in events))
        told: list[Movement] = []
        for at, one in events:
            reason = restock_reason(one, stretch, self.mode, while_off)
            delta_g = step.delta_g if len(events) == 1 else one.move.sign * one.move.mean_g
            told.append(tell(at, one, delta_g, clock, reason))
        return told

    def _tell_seen(self, sighting: Sighting, clock: Clock) -> Movement:
        """What the camera alone saw. The scale finds it when it speaks again, and must not tell it a second time."""
        step, stretch, said = sighting.step, sighting.stretch, sighting.said
        self.ledger.book(step, stretch, (said,))
        self.weighers[stretch.scale].expect(stretch.index, step.delta_g)
        return tell(step, said, None, clock, restock_reason(said, stretch, self.mode, while_off=False))

    # -- orders -----------------------------------------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Open, staff or maintenance. Into and out of maintenance, whatever moved belongs to the mode before: its
        levels are taken as they are."""
        if "maintenance" in (mode, self.mode) and mode != self.mode:
            for weigher in self.weighers.values():
                weigher.take_levels()
            self.sights.forget()
            self._unweighed.forget()
        self.mode = mode

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Everything that is not configuration."""
        return {
            "mode": self.mode,
            "stretches": self._stretches(),
            "recent": [[index, *step] for index, step in self._recent.items()],
            "levelled": [[index, at, asdict(motion)] for index, (at, motion) in self._levelled.items()],
            "off": sorted(self._off),
            "hands": self.hands.snapshot(),
            "sights": self.sights.snapshot(),
            "unweighed": self._unweighed.snapshot(),
            "ledger": self.ledger.snapshot(),
            "weighers": {name: weigher.snapshot() for name, weigher in self.weighers.items()},
        }

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave, also under another configuration: stock goes by lane and product, levels by cell; what
        is known of stretches is kept where they are all the same. ValueError where the state is none."""
        was, here = state["stretches"], self._stretches()
        self.mode = state["mode"]
        self.hands.restore(state["hands"])
        self.ledger.restore(state["ledger"], [here.index(key) if key in here else None for key in was])
        for name, weigher in self.weighers.items():
            if name in state["weighers"]:
                weigher.restore(state["weighers"][name])
        if was == here:
            self._recent = {int(index): (at, delta_g) for index, at, delta_g in state["recent"]}
            self._levelled = {index: (at, Motion(**motion)) for index, at, motion in state["levelled"]}
            self._off = set(state["off"])
            self.sights.restore(state["sights"])
            self._unweighed.restore(state["unweighed"])

    def _stretches(self) -> list[list[Any]]:
        """What each stretch is known by: its scale and cells."""
        return [[stretch.scale, list(stretch.cells)] for stretch in self.planogram.stretches]
