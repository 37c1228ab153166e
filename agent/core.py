"""Observation in, outputs out: the deterministic middle of the agent.

Owns no clock, thread, file or socket; the same observations give the same outputs, byte for byte.
Not here: the weighing (weighing/), the judgement (fusion/), the books (shelf/, fusion/ledger.py), orders (orders.py).
"""

from __future__ import annotations

import math
from typing import Any

from agent.config.schema import Config
from agent.fusion.hands import Hands
from agent.fusion.evidence import Around, alike
from agent.fusion.judge import Ruling, Verdict, judge
from agent.fusion.ledger import Ledger
from agent.fusion.telling import Mode, restock_reason, tell
from agent.messages import (
    Command,
    Counts,
    Event,
    Gap,
    Observation,
    Output,
    Restored,
    SensorBack,
    SensorLost,
    Snapshot,
    State,
    Tick,
    Tracks,
)
from agent.orders import Orders
from agent.shelf.planogram import Planogram, Stretch
from agent.weighing.calibration import Calibration
from agent.weighing.step import Step
from agent.weighing.weigher import Weigher
from wire import events
from wire.events import Clock, EventPayload

TRACKS = "tracks"  # the stream of heads and hands
BACK_S = 0.2  # the old level held this long: the touch is over
CROSSTALK_S = 1.5  # a neighbour's step is felt this long around it


class Core:
    """All judgement of one shelf. `step` is called by one thread, in the order of the observations."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.planogram = Planogram.of(config)
        self.mode: Mode = "open"
        self.hands = Hands()
        self.ledger = Ledger(self.planogram)
        self._weighers = self._build_weighers(config)
        self._clock = Clock(synced=False)
        self._wall_offset_s: float | None = None
        self._recent: dict[int, tuple[float, float]] = {}  # stretch -> when it last stepped, by how much
        self._off: set[int] = set()  # stretches not yet weighed since the device was off
        self._orders = Orders()
        self._told_state: list[Any] = [None, None]

    def _build_weighers(self, config: Config) -> dict[str, Weigher]:
        weighers = {}
        ordered: list[Stretch] = []
        for scale in config.scales:
            mine = self.planogram.by_scale(scale.name)
            weighers[scale.name] = Weigher(Calibration.of(scale.cells), [s.cells for s in mine], [s.index for s in mine])
            ordered += mine
        return weighers

    # -- one observation --------------------------------------------------------------------------------------------

    def step(self, observation: Observation) -> tuple[Output, ...]:
        """What follows from one observation."""
        match observation:
            case Counts():
                return self._weigh(observation)
            case Tracks():
                return self._see(observation)
            case Tick():
                return self._tick(observation)
            case Command():
                return (*self._orders.carry_out(observation, self), *self._changed_state())
            case Gap():
                return self._gap(observation)
            case Restored():
                return self._restored(observation)
            case SensorLost() | SensorBack():
                return self._sensor(observation)

    def _see(self, tracks: Tracks) -> tuple[Output, ...]:
        for visitor in self.hands.see(tracks):
            self.ledger.baskets.forget(visitor)
        return ()

    def _tick(self, tick: Tick) -> tuple[Output, ...]:
        self._clock = Clock(synced=tick.synced, uncertainty_ms=tick.uncertainty_ms)
        self._wall_offset_s = None if tick.wall_s is None else tick.wall_s - tick.t
        return self._changed_state()

    def _gap(self, gap: Gap) -> tuple[Output, ...]:
        weigher = self._weighers.get(gap.stream.removeprefix("scale/"))
        if weigher is not None:
            weigher.hole(gap.t)
        payload = events.Gap(
            stream=gap.stream, lost=gap.lost, reason=gap.reason, at_s=round(gap.t, 3), clock=self._clock
        )
        return (self._event(payload, gap.t),)

    def _sensor(self, change: SensorLost | SensorBack) -> tuple[Output, ...]:
        weigher = self._weighers.get(change.stream.removeprefix("scale/"))
        if weigher is not None:
            weigher.hole(change.t)
        if change.stream == TRACKS and isinstance(change, SensorLost):
            self.hands.blind()
        return ()

    # -- weight -----------------------------------------------------------------------------------------------------

    def _weigh(self, counts: Counts) -> tuple[Output, ...]:
        weigher = self._weighers.get(counts.scale)
        if weigher is None:
            return ()
        steps = weigher.feed(counts.t, counts.values)
        if not steps:
            return ()
        told: list[Output] = []
        done: set[int] = set()
        for step in steps:
            if step.stretch not in done:
                told += self._settle(step, weigher, steps, done)
        return (*told, *self._changed_state()) if told else ()

    def _settle(self, step: Step, weigher: Weigher, steps: list[Step], done: set[int]) -> list[Output]:
        if weigher.insignificant(step):
            if step.flat_s >= BACK_S:
                weigher.dismiss(step.stretch)
                self._off.discard(step.stretch)
            return []
        if self.mode == "maintenance":
            weigher.accept(step.stretch)
            return []
        stretch = self.planogram.stretches[step.stretch]
        beside = [(s, self.planogram.stretches[s.stretch], self._around(s, steps, stretch.index)) for s in steps
                  if s.stretch in stretch.neighbours and s.stretch not in done]
        verdict = judge(step, stretch, self._around(step, steps), beside)
        for index in verdict.resolved:
            weigher.accept(index)
            done.add(index)
        return self._tell(verdict) if verdict.ruling is Ruling.TOLD else []

    def _around(self, step: Step, steps: list[Step], *others: int) -> Around:
        """What is known around a step; `others`: further stretches that are judged with it."""
        strays = [s for i in (step.stretch, *others) for s in self.ledger.contents.strays(i)]
        board = self.planogram.stretches[step.stretch].board
        leaning = sum(s.stretch in board and alike(s, step) for s in steps)
        return Around(self.hands, self.ledger.state(), tuple(strays), self._crosstalk_g(step, others), leaning)

    def _tell(self, verdict: Verdict) -> list[Output]:
        step, stretch = verdict.step, verdict.stretch
        while_off = not self._off.isdisjoint(verdict.resolved)
        for index in verdict.resolved:
            self._off.discard(index)
            self._recent[index] = (step.now, abs(step.delta_g))
        self.ledger.book(step, stretch, verdict.said)
        outputs: list[Output] = []
        for one in verdict.said:
            reason = restock_reason(one, stretch, self.mode, while_off)
            delta = step.delta_g if len(verdict.said) == 1 else one.move.sign * one.move.mean_g
            payload = tell(step, one, delta, self._clock, reason)
            outputs.append(self._event(payload, payload.ended_s))
        return outputs

    def _crosstalk_g(self, step: Step, but: tuple[int, ...]) -> float:
        """The largest step on the same board around the same time."""
        felt = 0.0
        for index in self.planogram.stretches[step.stretch].board:
            at, size_g = self._recent.get(index, (-math.inf, 0.0))
            if index not in but and step.began - CROSSTALK_S <= at <= step.now:
                felt = max(felt, size_g)
        return felt

    # -- outputs ----------------------------------------------------------------------------------------------------

    def _event(self, payload: EventPayload, at_s: float) -> Event:
        wall = None if self._wall_offset_s is None else round(self._wall_offset_s + at_s, 3)
        return Event(payload, wall)

    def _changed_state(self) -> tuple[Output, ...]:
        now = [self.ledger.stock.state(), self.ledger.inventory()]
        changed = tuple(State(new) for new, old in zip(now, self._told_state, strict=True) if new != old)
        self._told_state = list(now)
        return changed

    # -- restart ----------------------------------------------------------------------------------------------------

    def _restored(self, restored: Restored) -> tuple[Output, ...]:
        return ()

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Core:
        """A core that goes on exactly where `snapshot` was taken. ValueError when the snapshot does not fit `config`."""
        core = cls(config)
        return core

    def snapshot(self) -> Snapshot:
        """The whole core as plain JSON values."""
        return {}
