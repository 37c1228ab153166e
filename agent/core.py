"""Observation in, outputs out: the deterministic middle of the agent.

Owns no clock, thread, file or socket; the same observations give the same outputs, byte for byte.
Not here: the weighing (weighing/), the judgement (fusion/), the books (shelf/, fusion/ledger.py), orders (orders.py).
"""

from __future__ import annotations

import math
from dataclasses import replace

from agent.config.schema import Config
from agent.fusion.evidence import Around, shares_load
from agent.fusion.hands import Hands
from agent.fusion.judge import Ruling, Verdict, judge
from agent.fusion.ledger import Ledger
from agent.fusion.telling import Mode, restock_reason, tell
from agent.health import Health
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
from agent.state import load, save
from agent.weighing.calibration import Calibration
from agent.weighing.step import Step
from agent.weighing.weigher import Weigher
from wire import state as wire
from wire.events import Clock, EventPayload
from wire.state import StatePayload

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
        self.weighers = self._buildweighers(config)
        self.clock = Clock(synced=False)
        self.wall_offset_s: float | None = None
        self.recent: dict[int, tuple[float, float]] = {}  # stretch -> when it last stepped, by how much
        self.off: set[int] = set()  # stretches not yet weighed since the device was off
        self.orders = Orders()
        self.health = Health(config)
        self.told_state: dict[str, StatePayload] = {}

    def _buildweighers(self, config: Config) -> dict[str, Weigher]:
        weighers = {}
        for scale in config.scales:
            mine = self.planogram.by_scale(scale.name)
            weighers[scale.name] = Weigher(
                Calibration.of(scale.cells), [s.cells for s in mine], [s.index for s in mine]
            )
        return weighers

    # -- one observation --------------------------------------------------------------------------------------------

    def step(self, observation: Observation) -> tuple[Output, ...]:
        """What follows from one observation."""
        self.health.observe(observation)
        match observation:
            case Counts():
                return self._weigh(observation)
            case Tracks():
                return self._see(observation)
            case Tick():
                return self._tick(observation)
            case Command():
                return (*self.orders.carry_out(observation, self), *self._changed_state())
            case Restored():
                return self._restored(observation)
            case SensorLost(stream=stream) if stream == TRACKS:
                self.hands.blind()
                return ()
            case Gap(t=t, stream=stream) | SensorLost(t=t, stream=stream) | SensorBack(t=t, stream=stream):
                return self._hole(t, stream)

    def _see(self, tracks: Tracks) -> tuple[Output, ...]:
        for visitor in self.hands.see(tracks):
            self.ledger.baskets.forget(visitor)
        return ()

    def _tick(self, tick: Tick) -> tuple[Output, ...]:
        self.clock = Clock(synced=tick.synced, uncertainty_ms=tick.uncertainty_ms)
        self.wall_offset_s = None if tick.wall_s is None else tick.wall_s - tick.t
        judgement = self.health.judge(tick.t, self.clock)
        told = [self._event(payload, payload.at_s) for payload in judgement.events]
        health = wire.Health(
            streams=judgement.streams,
            mode=self.mode,
            outbox_waiting=tick.outbox_waiting,
            outbox_parked=tick.outbox_parked,
            outbox_faults=tick.outbox_faults,
        )
        return (*told, *self._changed_state(health=health))

    def _hole(self, t: float, stream: str) -> tuple[Output, ...]:
        """Readings are missing: no weight step is trusted across it. `health` tells of it at the next Tick."""
        weigher = self.weighers.get(stream.removeprefix("scale/"))
        if weigher is not None:
            weigher.hole(t)
        return ()

    # -- weight -----------------------------------------------------------------------------------------------------

    def _weigh(self, counts: Counts) -> tuple[Output, ...]:
        weigher = self.weighers.get(counts.scale)
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
        verdict = judge(step, stretch, self._around(step, weigher), beside)
        for index in verdict.resolved:
            weigher.accept(index)
            done.add(index)
        return self._tell(verdict) if verdict.ruling is Ruling.TOLD else []

    def _let_go(self, step: Step, weigher: Weigher) -> None:
        """The old level is back; or nearly so, where a neighbour's step is felt: many of those must not add up."""
        if step.flat_s < BACK_S:
            return
        self.off.discard(step.stretch)
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
            crosstalk_g=max((told_g, *(away_g for away_g, _ in motions)), key=abs),
            next_door_g=told_g,
            leaning=sum(shares_load(step, *motion) for motion in motions),
        )

    def _tell(self, verdict: Verdict) -> list[Output]:
        step, stretch = verdict.step, verdict.stretch
        while_off = not self.off.isdisjoint(verdict.resolved)
        for index in verdict.resolved:
            self.off.discard(index)
            self.recent[index] = (step.now, step.delta_g)
        self.ledger.book(step, stretch, verdict.said)
        outputs: list[Output] = []
        for one in verdict.said:
            reason = restock_reason(one, stretch, self.mode, while_off)
            delta = step.delta_g if len(verdict.said) == 1 else one.move.sign * one.move.mean_g
            payload = tell(self._dated(step, stretch, one.move.visitor), one, delta, self.clock, reason)
            outputs.append(self._event(payload, payload.ended_s))
        return outputs

    def _dated(self, step: Step, stretch: Stretch, visitor: str | None) -> Step:
        """Behind a hole in the stream only the hand tells when it happened."""
        if not step.across_gap or visitor is None:
            return step
        hand = self.hands.nearest(stretch, visitor, step.began, step.settled)
        return step if hand is None else replace(step, fell=hand[0], rose=hand[0])

    def _next_door_g(self, step: Step, but: tuple[int, ...] = ()) -> float:
        """The largest step told on the same board around the same time; signed."""
        felt = [0.0]
        for index in self.planogram.stretches[step.stretch].board:
            at, delta_g = self.recent.get(index, (-math.inf, 0.0))
            if index not in but and step.began - CROSSTALK_S <= at <= step.now:
                felt.append(delta_g)
        return max(felt, key=abs)

    # -- outputs ----------------------------------------------------------------------------------------------------

    def _event(self, payload: EventPayload, at_s: float) -> Event:
        wall = None if self.wall_offset_s is None else round(self.wall_offset_s + at_s, 3)
        return Event(payload, wall)

    def _changed_state(self, health: wire.Health | None = None) -> tuple[Output, ...]:
        now: list[StatePayload] = [self.ledger.stock.state(), self.ledger.inventory()]
        now += [] if health is None else [health]
        changed = [payload for payload in now if self.told_state.get(payload.kind) != payload]
        self.told_state |= {payload.kind: payload for payload in changed}
        return tuple(State(payload) for payload in changed)

    # -- orders -----------------------------------------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Open, staff or maintenance. Whatever moved until now belongs to the mode before: its levels are taken as they
        are."""
        if "maintenance" in (mode, self.mode) and mode != self.mode:
            for weigher in self.weighers.values():
                weigher.take_levels()
        self.mode = mode

    def tare(self, lane: str) -> tuple[bool, str]:
        """The lane is empty: its present reading is zero. False and a reason when that cannot be."""
        found = [s for s in self.planogram.stretches if any(x.name == lane for x in s.lanes)]
        if not found:
            return False, f"no lane {lane!r} here: name a lane of the planogram"
        stretch = found[0]
        weigher = self.weighers[stretch.scale]
        if weigher.moving(stretch.index):
            return False, f"lane {lane!r} is in motion: take the hands off and send the order again"
        if math.isnan(weigher.level_g(stretch.index)):
            return False, f"lane {lane!r} gives no reading: look at its scale first (shelfd doctor)"
        weigher.tare(stretch.index)
        self.ledger.empty(stretch)
        return True, f"lane {lane!r} is empty and weighs 0 g"

    # -- restart ----------------------------------------------------------------------------------------------------

    def _restored(self, restored: Restored) -> tuple[Output, ...]:
        """A new process goes on: monotonic time may have started anew, and what changed meanwhile is weighed."""
        self.hands.forget_positions(restored.t)
        self.recent.clear()
        self.told_state.clear()
        for weigher in self.weighers.values():
            weigher.resume(restored.t)
        self.off = {s.index for s in self.planogram.stretches}
        return self._changed_state()

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Core:
        """A core that goes on exactly where `snapshot` was taken. ValueError when it does not fit `config`."""
        core = cls(config)
        try:
            load(core, snapshot)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"the snapshot cannot be read ({error!r}): it is of another version") from error
        return core

    def snapshot(self) -> Snapshot:
        """The whole core as plain JSON values."""
        return save(self)
