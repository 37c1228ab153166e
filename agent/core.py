"""Observation in, outputs out: the deterministic middle of the agent.

Owns no clock, thread, file or socket; the same observations give the same outputs, byte for byte.
Not here: weight and hands (attendant.py), visits and hesitations (triggers/), health (health.py), orders (desk.py);
the core hands each observation on, dates what comes back and tells the broker's state when it changes.
"""

from __future__ import annotations

from agent.attendant import Attendant, Movement
from agent.config.schema import Config
from agent.desk import Desk
from agent.eyeview import EyeView
from agent.health import Health
from agent.messages import (
    ButtonPressed,
    Command,
    ConfigSet,
    Counts,
    Detections,
    ErrandDone,
    Event,
    Gap,
    LabelsShown,
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
from agent.notices import Notices
from agent.plain import plain, revive
from agent.shelf.labels import ShelfEdge
from agent.tracking.scene import Scene
from agent.triggers.shoppers import Shoppers, Shown, moment
from wire import state as wire
from wire.events import Clock, EventPayload

EYES = ("tracks", "camera", "vision")  # streams without which nobody knows who is there
VERSION = 5  # of the snapshot


class Core:
    """All judgement of one shelf. `step` is called by one thread, in the order of the observations."""

    def __init__(self, config: Config) -> None:
        self._notices = Notices()
        self._clock = Clock(synced=False)
        self._wall_offset_s: float | None = None
        self._build(config)

    def _build(self, config: Config) -> None:
        """Every part that the configuration shapes."""
        self.config = config
        self.attendant = Attendant(config)
        self.scene = Scene(config)
        self.view = EyeView(config)
        self.health = Health(config)
        self.shoppers = Shoppers(self.attendant.planogram, config.visits)
        self.edge = ShelfEdge(config)
        self.desk = Desk(config, self.attendant, lambda: self.health)

    def step(self, observation: Observation) -> tuple[Output, ...]:
        """What follows from one observation."""
        self.health.observe(observation)
        match observation:
            case Counts():
                return self._weigh(observation)
            case Tracks():
                return self._see(observation)
            case Detections():
                return self._look(observation)
            case Tick():
                return self._tick(observation)
            case Command(t=t) | ErrandDone(t=t) | ButtonPressed(t=t):
                return (*self.desk.hear(observation, self._wall_s(t)), *self._changed())
            case ConfigSet():
                return self._take_config(observation)
            case LabelsShown():
                priced = self.edge.shown(observation, self._clock)
                return (*(self._event(payload, payload.shown_s) for payload in priced), *self._changed())
            case Restored(t=t):
                self.attendant.resume(t)
                self.edge.resume()
                self._forget_visitors(t)
                self.shoppers.forget()
                self._notices.forget()
                return (*self.desk.resume(), *self._changed())
            case SensorLost(stream=stream) if stream in EYES:
                self.attendant.blind()
            case SensorLost(stream="screen"):
                self.edge.dark()
            case Gap(t=t, stream=stream) | SensorLost(t=t, stream=stream) | SensorBack(t=t, stream=stream):
                self.attendant.hole(t, stream.removeprefix("scale/"))  # `health` tells of it at the next Tick
        return ()

    def _take_config(self, new: ConfigSet) -> tuple[Output, ...]:
        """Goes on under another configuration: what is known is handed to parts built anew, as after a restart."""
        known = {key: revive(value) for key, value in self.snapshot().items()}
        self._build(new.config)
        self._load(known)
        self.edge.reconfigure(new.config, new.version, new.by)
        self.health.reconfigured(new.t)
        return self._changed()

    def _forget_visitors(self, t: float) -> None:
        """The camera's names begin anew with each boot: what a visitor of the last one holds is nobody's now."""
        if self.config.camera.driver:
            self.scene.forget(t)
            self.attendant.forget_visitors()

    def _look(self, seen: Detections) -> tuple[Output, ...]:
        tracks = self.scene.see(seen)
        if tracks is None:
            self.attendant.blind()
        told: tuple[Output, ...] = () if tracks is None else self._see(tracks)
        view = self.view.see(seen, tracks, self.attendant.sights, self.attendant.planogram.stretches)
        return told if view is None else (*told, State(view))

    def _see(self, tracks: Tracks) -> tuple[Output, ...]:
        told = self.attendant.see(tracks, self._clock)
        shown = self._shown(self.shoppers.see(tracks, self._clock))
        return (*self._moved(told), *shown)

    def _shown(self, told: list[Shown]) -> tuple[Output, ...]:
        """While staff is at work nobody there is a shopper."""
        if self.attendant.mode != "open":
            self.shoppers.forget()
            return ()
        return tuple(self._event(payload, moment(payload)) for payload in told)

    def _weigh(self, counts: Counts) -> tuple[Output, ...]:
        return self._moved(self.attendant.weigh(counts, self._clock))

    def _moved(self, told: list[Movement]) -> tuple[Output, ...]:
        if not told:
            return ()
        self.shoppers.moved(told)
        return (*(self._event(payload, payload.ended_s) for payload in told), *self._changed())

    def _tick(self, tick: Tick) -> tuple[Output, ...]:
        self._clock = Clock(synced=tick.synced, uncertainty_ms=tick.uncertainty_ms)
        self._wall_offset_s = None if tick.wall_s is None else tick.wall_s - tick.t
        judgement = self.health.judge(tick.t, self._clock)
        told = [self._event(payload, payload.at_s) for payload in judgement.events]
        health = wire.Health(
            streams=judgement.streams,
            mode=self.attendant.mode,
            outbox_waiting=tick.outbox_waiting,
            outbox_parked=tick.outbox_parked,
            outbox_faults=tick.outbox_faults,
        )
        shown = self._shown(self.shoppers.pass_time(tick.t, self._clock))
        return (*told, *shown, *self.desk.pass_time(tick), *self._changed(health))

    def _event(self, payload: EventPayload, at_s: float) -> Event:
        wall_s = self._wall_s(at_s)
        return Event(payload, None if wall_s is None else round(wall_s, 3))

    def _wall_s(self, t: float) -> float | None:
        return None if self._wall_offset_s is None else self._wall_offset_s + t

    def _changed(self, *more: wire.StatePayload) -> tuple[Output, ...]:
        labels = self.edge.changed(self.attendant.ledger.stock.state())
        return (*labels, *self._notices.changed([*self._books(), *more]))

    def _books(self) -> tuple[wire.StatePayload, ...]:
        ledger = self.attendant.ledger
        return ledger.stock.state(), ledger.inventory(), *self.edge.prices()

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The whole core as plain JSON values, sharing nothing with it."""
        state = {
            "version": VERSION,
            "clock": [self._clock.synced, self._clock.uncertainty_ms, self._wall_offset_s],
            "attendant": self.attendant.snapshot(),
            "scene": self.scene.snapshot(),
            "view": self.view.snapshot(),
            "shoppers": self.shoppers.snapshot(),
            "edge": self.edge.snapshot(),
            "desk": self.desk.snapshot(),
            "health": self.health.snapshot(),
            "notices": self._notices.snapshot(),
        }
        return {key: plain(value) for key, value in state.items()}

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Core:
        """A core that goes on exactly where `snapshot` was taken; under another configuration with all that still holds.
        ValueError for what is no snapshot."""
        core = cls(config)
        if snapshot.get("version") != VERSION:
            raise ValueError(f"the snapshot has version {snapshot.get('version')!r}, this agent reads {VERSION}")
        try:
            core._load({key: revive(value) for key, value in snapshot.items()})
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"the snapshot cannot be read ({error!r}): it is of another version") from error
        return core

    def _load(self, state: Snapshot) -> None:
        synced, uncertainty_ms, self._wall_offset_s = state["clock"]
        self._clock = Clock(synced=synced, uncertainty_ms=uncertainty_ms)
        self.attendant.restore(state["attendant"])
        self.scene.restore(state["scene"])
        self.view.restore(state["view"])
        self.shoppers.restore(state["shoppers"])
        self.edge.restore(state["edge"])
        self.health = Health.restore(self.config, state["health"])
        self.desk.restore(state["desk"])
        self._notices.restore(state["notices"], self._books())
