"""Observation in, outputs out: the deterministic middle of the agent.

Owns no clock, thread, file or socket; the same observations give the same outputs, byte for byte.
Not here: weight and hands (attendant.py), visits and hesitations (triggers/), health (health.py), orders (desk.py);
the core hands each observation on, dates what comes back and tells the broker's state when it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.attendant import Attendant, Movement
from agent.config.schema import Config
from agent.desk import Desk
from agent.eyeview import EyeView
from agent.health import Health
from agent.messages import (
    ButtonPressed,
    Command,
    ConfigSet,
    ContentSet,
    Counts,
    Detections,
    ErrandDone,
    Event,
    Gap,
    LabelsShown,
    Observation,
    Output,
    Play,
    PolicySet,
    Restored,
    SensorBack,
    SensorLost,
    Snapshot,
    State,
    Tick,
    Tracks,
)
from agent.messages import Shown as OnScreen
from agent.notices import Notices
from agent.plain import plain, revive
from agent.shelf.labels import ShelfEdge
from agent.tracking.scene import Scene
from agent.triggers.answers import Answers, Said
from agent.triggers.candidates import Now
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
        self._utc_offset_s: int | None = None
        self.answers = Answers(config.device.id)
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
        self.desk = Desk(config, self.attendant, lambda: self.health, self.answers.audience)

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
                said = self.desk.hear(observation, self._wall_s(t))
                return (*said, *self._answer(t, []), *self._changed())
            case ContentSet() | PolicySet() | OnScreen():
                return self._said(self.answers.hear(observation, self._clock))
            case ConfigSet():
                return self._take_config(observation)
            case LabelsShown():
                priced = self.edge.shown(observation, self._clock)
                return (*(self._event(payload, payload.shown_s) for payload in priced), *self._changed())
            case Restored(t=t):
                return self._resume(t)
            case SensorLost() | SensorBack() | Gap():
                self._miss(observation)
        return ()

    def _miss(self, told: SensorLost | SensorBack | Gap) -> None:
        """Readings are missing; `health` tells of it at the next Tick."""
        lost = told.stream if isinstance(told, SensorLost) else ""
        if lost in EYES:
            self.attendant.blind()
        elif lost == "screen":
            self.edge.dark()
        else:
            self.attendant.hole(told.t, told.stream.removeprefix("scale/"))

    def _resume(self, t: float) -> tuple[Output, ...]:
        """A new process goes on from a snapshot."""
        self.attendant.resume(t)
        self.edge.resume()
        self._forget_visitors(t)
        self.shoppers.forget()
        self.answers.resume(t)
        self._notices.forget()
        return (*self.desk.resume(), *self._changed())

    def _take_config(self, new: ConfigSet) -> tuple[Output, ...]:
        """Goes on under another configuration: what is known is handed to parts built anew, as after a restart."""
        known = {key: revive(value) for key, value in self.snapshot().items()}
        self._build(new.config)
        self._load(known)
        self._notices.forget()  # the same facts may read otherwise now: levels, prices
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
        people = self._people(self.shoppers.see(tracks, self._clock))
        moved = self._moved(told)
        answer = self._answer(tracks.t, [*told, *people]) if told or people else ()
        return (*moved, *self._shown(people), *answer)

    def _people(self, told: list[Shown]) -> list[Shown]:
        """While staff is at work nobody there is a shopper."""
        if self.attendant.mode == "open":
            return told
        self.shoppers.forget()
        return []

    def _shown(self, told: list[Shown]) -> tuple[Output, ...]:
        return tuple(self._event(payload, moment(payload)) for payload in told)

    def _answer(self, t: float, told: Sequence[EventPayload]) -> tuple[Output, ...]:
        """What the strip says to it. Most frames and samples tell nothing, and then there is nothing to answer."""
        now = Now(t, self._wall_s(t), self._utc_offset_s)
        stock, people = self.attendant.ledger.stock.state(), self.shoppers.visits.people
        return self._said(self.answers.happened(told, now, self.attendant.mode, stock, people, self._clock))

    def _said(self, said: Iterable[Said | wire.Learned]) -> tuple[Output, ...]:
        return tuple(self._output(one) for one in said)

    def _output(self, said: Said | wire.Learned) -> Output:
        match said:
            case Play():
                return said
            case wire.Learned():
                return State(said)
            case _:
                return self._event(said, said.ended_s)

    def _weigh(self, counts: Counts) -> tuple[Output, ...]:
        told = self.attendant.weigh(counts, self._clock)
        return (*self._moved(told), *self._answer(counts.t, told)) if told else ()

    def _moved(self, told: list[Movement]) -> tuple[Output, ...]:
        if not told:
            return ()
        self.shoppers.moved(told)
        return (*(self._event(payload, payload.ended_s) for payload in told), *self._changed())

    def _tick(self, tick: Tick) -> tuple[Output, ...]:
        self._clock = Clock(synced=tick.synced, uncertainty_ms=tick.uncertainty_ms)
        self._wall_offset_s = None if tick.wall_s is None else tick.wall_s - tick.t
        self._utc_offset_s = tick.utc_offset_s
        judgement = self.health.judge(tick.t, self._clock)
        told = [self._event(payload, payload.at_s) for payload in judgement.events]
        health = wire.Health(
            streams=judgement.streams,
            mode=self.attendant.mode,
            outbox_waiting=tick.outbox_waiting,
            outbox_parked=tick.outbox_parked,
            outbox_faults=tick.outbox_faults,
        )
        people = self._people(self.shoppers.pass_time(tick.t, self._clock))
        learned = self.answers.pass_time(tick.t, self.shoppers.visits.people)
        said = (*self._answer(tick.t, people), *(() if learned is None else (State(learned),)))
        return (*told, *self._shown(people), *said, *self.desk.pass_time(tick), *self._changed(health))

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
            "clock": [self._clock.synced, self._clock.uncertainty_ms, self._wall_offset_s, self._utc_offset_s],
            "attendant": self.attendant.snapshot(),
            "scene": self.scene.snapshot(),
            "view": self.view.snapshot(),
            "shoppers": self.shoppers.snapshot(),
            "answers": self.answers.snapshot(),
            "edge": self.edge.snapshot(),
            "desk": self.desk.snapshot(),
            "health": self.health.snapshot(),
            "notices": self._notices.snapshot(),
        }
        return {key: plain(value) for key, value in state.items()}

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Core:
        """A core that goes on exactly where `snapshot` was taken; under another configuration with all that still
        holds. ValueError for what is no snapshot."""
        core = cls(config)
        if snapshot.get("version") != VERSION:
            raise ValueError(f"the snapshot has version {snapshot.get('version')!r}, this agent reads {VERSION}")
        try:
            core._load({key: revive(value) for key, value in snapshot.items()})
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"the snapshot cannot be read ({error!r}): it is of another version") from error
        return core

    def _load(self, state: Snapshot) -> None:
        synced, uncertainty_ms, self._wall_offset_s, self._utc_offset_s = state["clock"]
        self._clock = Clock(synced=synced, uncertainty_ms=uncertainty_ms)
        self.attendant.restore(state["attendant"])
        self.scene.restore(state["scene"])
        self.view.restore(state["view"])
        self.shoppers.restore(state["shoppers"])
        self.answers.restore(state["answers"])
        self.edge.restore(state["edge"])
        self.health = Health.restore(self.config, state["health"])
        self.desk.restore(state["desk"])
        self._notices.restore(state["notices"], self._books())
