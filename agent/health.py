"""Says of each stream whether it lives, keeps its rate and gives valid readings; tells faults when they begin and end.

The core shows it every observation and asks at each Tick. What a driver knows itself (`SensorLost`) is told as it
stands, what no driver can see is judged here.
Not here: thresholds (vitals.py); what weight changes mean while a stream is ill (weighing/); faults of outbox and
uplink, which tell their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from agent.config.schema import Config
from agent.messages import (
    Counts,
    Detections,
    Gap,
    LabelsShown,
    Observation,
    Restored,
    SensorBack,
    SensorLost,
    Snapshot,
    Tracks,
)
from agent.vitals import Cells, Stream, Turn
from wire import events as wire
from wire.events import Clock
from wire.state import StreamHealth

IDLE_CAMERA_HZ = 1.0  # what is told of a camera before which nothing moves
SENSES = ("scale/", "cell/", "tracks", "camera", "vision")  # how the parts are named that a configuration may drop
LABEL = "label/"  # and the lane: the part that a label is
GAP_S = 10.0  # gaps of one stream are told at most this often


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one Tick found: events in the order they happened, and every stream as it is now."""

    events: tuple[wire.Fault | wire.Cleared | wire.Gap, ...]
    streams: tuple[StreamHealth, ...]


class Health:
    """The same observations give the same judgements, also across `snapshot` and `restore`."""

    def __init__(self, config: Config) -> None:
        self._streams = {stream.name: stream for stream in _expected(config)}
        self._scales = {scale.name: self._streams[f"scale/{scale.name}"] for scale in config.scales}
        self._open: dict[tuple[str, str], str] = {}  # faults by part and code, with their message
        self._turned: list[Turn] = []  # not yet told
        self._gaps: dict[str, tuple[int, str]] = {}  # stream -> how many are lost and why; not yet told
        self._gap_told_s: dict[str, float] = {}
        self._fresh: set[str] = set()  # streams that come from elsewhere since the last judgement

    def observe(self, observation: Observation) -> None:
        """Takes note. Cheap enough for every reading: 4 us for 74 cells."""
        match observation:
            case Counts(t=t, scale=scale, values=values):
                stream = self._scales.get(scale)
                if stream is not None:
                    stream.count(t)
                    stream.cells.count(values)
            case Tracks(t=t):
                self._count("tracks", t)
            case Detections(t=t, camera=name):
                self._count(name, t)
            case SensorLost(t=t, stream=name, code=code, reason=reason):
                known = self._streams.get(name)
                self._take(known.give_up(t, code, reason) if known else [Turn(t, name, code, reason)])
            case SensorBack(t=t, stream=name):
                known = self._streams.get(name)
                self._take(known.come_back(t) if known else self._all_over(t, name))
            case Gap(stream=name, lost=lost, reason=reason):
                self._gaps[name] = (self._gaps.get(name, (0, ""))[0] + lost, reason)
            case LabelsShown(t=t, left_out=lanes):
                self._take(self._label_turns(t, lanes))
            case Restored(t=t):
                self._start_again(t)
            case _:
                pass

    def _count(self, name: str, t: float) -> None:
        if name in self._streams:
            self._streams[name].count(t)

    def _label_turns(self, t: float, left_out: tuple[str, ...]) -> list[Turn]:
        """A lane whose price nobody can read is a fault."""
        parts = {f"{LABEL}{lane}": lane for lane in left_out}
        over = [part for part, code in self._open if part.startswith(LABEL) and part not in parts]
        advice = "has no room on the strip, nobody reads its price: `shelfd doctor` says why"
        news = [Turn(t, part, "no_room", f'the label of lane "{lane}" {advice}') for part, lane in parts.items()]
        return [*(Turn(t, part, "no_room", None) for part in over), *news]

    def standing(self) -> tuple[tuple[str, str], ...]:
        """Faults that have begun and not ended: part and sentence."""
        return tuple((part, message) for (part, _), message in self._open.items())

    def judge(self, t: float, clock: Clock) -> Judgement:
        """What is to be told at a Tick at `t`."""
        for stream in self._streams.values():
            self._take(stream.judge(t))
        events = (*self._tell_faults(clock), *self._tell_gaps(t, clock))
        return Judgement(events, self.streams())

    def streams(self) -> tuple[StreamHealth, ...]:
        """Every stream as it is now."""
        return tuple(self._state(stream) for stream in self._streams.values())

    def snapshot(self) -> Snapshot:
        """Everything as plain JSON values."""
        return {
            "streams": {name: stream.snapshot() for name, stream in self._streams.items()},
            "open": [[*key, message] for key, message in self._open.items()],
            "turned": [[turn.t, turn.part, turn.code, turn.message] for turn in self._turned],
            "gaps": {stream: [lost, reason] for stream, (lost, reason) in self._gaps.items()},
            "gap_told_s": dict(self._gap_told_s),
        }

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> Health:
        """Goes on where `snapshot` was taken; streams and cells that `config` no longer has are left out.
        ValueError when it is no snapshot of this kind."""
        health = cls(config)
        try:
            for name, stream in health._streams.items():
                if name not in snapshot["streams"]:
                    continue
                if snapshot["streams"][name]["source"] == stream.source:
                    stream.restore(snapshot["streams"][name])
                else:
                    health._fresh.add(name)
            health._open = {(part, code): message for part, code, message in snapshot["open"]}
            health._turned = [Turn(*entry) for entry in snapshot["turned"]]
            health._gaps = {stream: (lost, reason) for stream, (lost, reason) in snapshot["gaps"].items()}
            health._gap_told_s = dict(snapshot["gap_told_s"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"the health part cannot be read ({error!r})") from error
        return health

    def reconfigured(self, t: float) -> None:
        """Another configuration: what it no longer has cannot be ill."""
        self._close_others(t, SENSES)

    def _take(self, turns: Iterable[Turn]) -> None:
        """Keeps what is news: a fault that is open does not begin again, one that is not does not end."""
        for turn in turns:
            known = (turn.part, turn.code) in self._open
            if turn.message is None and known:
                del self._open[turn.part, turn.code]
                self._turned.append(turn)
            elif turn.message is not None and not known:
                self._open[turn.part, turn.code] = turn.message
                self._turned.append(turn)

    def _all_over(self, t: float, part: str) -> list[Turn]:
        return [Turn(t, part, code, None) for known, code in self._open if known == part]

    def _start_again(self, t: float) -> None:
        """A new process: clocks may have started anew, and whatever is still ill will be told again."""
        self._gap_told_s.clear()
        for stream in self._streams.values():
            stream.await_readings(t)
        self._close_others(t, ("",))

    def _close_others(self, t: float, beginnings: tuple[str, ...]) -> None:
        """Faults of parts so named that are none of this configuration are over, and those of streams that now come
        from elsewhere."""
        ours = {*self._streams, *(f"cell/{name}" for stream in self._streams.values() for name in stream.cells.names)}
        for part in sorted({part for part, _ in self._open if part.startswith(beginnings)} - ours):
            self._take(self._all_over(t, part))
        for stream in sorted(self._fresh):
            cells = (f"cell/{name}" for name in self._streams[stream].cells.names)
            self._take(turn for part in (stream, *cells) for turn in self._all_over(t, part))
            self._streams[stream].await_readings(t)
        self._fresh.clear()

    def _tell_faults(self, clock: Clock) -> Iterator[wire.Fault | wire.Cleared]:
        told, self._turned = self._turned, []
        for turn in told:
            at_s = round(turn.t, 3)
            if turn.message is None:
                yield wire.Cleared(part=turn.part, code=turn.code, at_s=at_s, clock=clock)
            else:
                yield wire.Fault(part=turn.part, code=turn.code, message=turn.message, at_s=at_s, clock=clock)

    def _tell_gaps(self, t: float, clock: Clock) -> Iterator[wire.Gap]:
        for stream in sorted(self._gaps):
            if stream in self._gap_told_s and t - self._gap_told_s[stream] < GAP_S:
                continue
            lost, reason = self._gaps.pop(stream)
            self._gap_told_s[stream] = t
            yield wire.Gap(stream=stream, lost=lost, reason=reason, at_s=round(t, 3), clock=clock)

    def _state(self, stream: Stream) -> StreamHealth:
        parts = [stream.name, *(f"cell/{name}" for name in stream.cells.names)]
        reasons = (message for (part, _), message in self._open.items() if part in parts)
        return StreamHealth(
            stream=stream.name,
            alive=stream.alive,
            rate_right=stream.alive and not stream.off_rate.wrong,
            valid=stream.valid,
            rate_hz=stream.rate_hz if stream.alive else None,
            reason=next(reasons, None),
        )


def _expected(config: Config) -> Iterator[Stream]:
    """The streams that a configuration promises."""
    for scale in config.scales:
        names = tuple(cell.name for cell in scale.cells)
        full_scale = [cell.saturation_counts or np.inf for cell in scale.cells]  # 0: the cell has none
        cells = Cells(names, np.array(full_scale))
        source = f"{scale.driver} {scale.port} {scale.baud}"
        yield Stream(f"scale/{scale.name}", scale.rate_hz, cells, source=source)
    if config.tracks.socket:
        yield Stream("tracks", config.tracks.rate_hz, Cells((), np.zeros(0)))
    if config.camera.driver:
        camera = config.camera
        source = f"{camera.driver} {camera.device} {camera.width}x{camera.height}"
        yield Stream("camera", IDLE_CAMERA_HZ, Cells((), np.zeros(0)), paced=False, source=source)
