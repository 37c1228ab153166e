"""The vital signs of one stream: when it was last seen, at which rate it comes, which of its cells give no reading.

Each sign has a threshold to begin a fault and an easier one to end it, both confirmed, so that a stream at the edge
does not chatter. Not here: which streams there are, and what is told (health.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.messages import Floats, Snapshot

WINDOW_S = 5.0  # a rate is taken over this: 50 readings of the slowest HX711
WINDOW_READINGS = 10  # and over at least this many, for boxes that are asked once in a while
SILENT_S = 4.0  # longer than a driver's own patience (scale/protocol.py), which knows the cause better
SILENT_READINGS = 6
RATE_LOW, RATE_LOW_OVER = 0.7, 0.8  # of the nominal rate; a Pi that reads an HX711 itself gets 0.76 to 0.94 (measured)
RATE_HIGH, RATE_HIGH_OVER = 1.5, 1.3  # an HX711's own clock may be a fifth fast
RATE_WEIGHT = 0.25  # of a window in the mean: an HX711 on a busy Pi wavers by 1 Hz in 10 from window to window
RATE_NEWS = 0.1  # of the nominal rate: smaller changes are not told, as each telling is a write to the card
BAD_SHARE, BAD_SHARE_OVER = 0.5, 0.1  # of a cell's readings; real glitches are 2 % at most
CONFIRM = 2  # judgements in a row before anything begins or ends


@dataclass(frozen=True, slots=True)
class Turn:
    """A fault begins (`message`) or ends (None)."""

    t: float
    part: str
    code: str
    message: str | None


class Verdict:
    """A fault that begins after CONFIRM bad judgements in a row and ends after as many good ones."""

    def __init__(self, wrong: bool = False, streak: int = 0) -> None:
        self.wrong, self.streak = wrong, streak

    def turns(self, *, bad: bool, good: bool) -> bool:
        """Takes one judgement (neither bad nor good: between the thresholds); True when the verdict has turned."""
        self.streak = self.streak + 1 if (good if self.wrong else bad) else 0
        if self.streak < CONFIRM:
            return False
        self.wrong, self.streak = not self.wrong, 0
        return True


class Cells:
    """Which cells of a scale give no valid reading, over one window."""

    def __init__(self, names: tuple[str, ...], saturation_counts: Floats) -> None:
        self.names = names
        self.saturation_counts = saturation_counts
        self.missing = np.zeros(len(names))
        self.saturated = np.zeros(len(names))
        self.verdicts: dict[tuple[str, str], Verdict] = {}  # cell and code; only those not plainly right

    def count(self, values: Floats) -> None:
        if len(values) == len(self.names):
            self.missing += np.isnan(values)
            self.saturated += np.abs(values) >= self.saturation_counts

    def judge(self, t: float, readings: int) -> Iterator[Turn]:
        for code, counts, advice in (
            ("no_reading", self.missing, "gives no reading: check its wiring"),
            ("saturated", self.saturated, "reads full scale: take the load off, then check its wiring"),
        ):
            share = counts / readings
            suspects = {self.names[i] for i in np.flatnonzero(share > BAD_SHARE_OVER)}
            for cell in (name for name in self.names if name in suspects or (name, code) in self.verdicts):
                verdict = self.verdicts.setdefault((cell, code), Verdict())
                cell_share = share[self.names.index(cell)]
                if verdict.turns(bad=bool(cell_share > BAD_SHARE), good=bool(cell_share <= BAD_SHARE_OVER)):
                    yield Turn(t, f"cell/{cell}", code, f'cell "{cell}" {advice}' if verdict.wrong else None)
                if not verdict.wrong and not verdict.streak:
                    del self.verdicts[cell, code]

    def new_window(self) -> None:
        self.missing[:] = self.saturated[:] = 0

    def snapshot(self) -> Snapshot:
        return {
            "names": list(self.names),
            "missing": self.missing.tolist(),
            "saturated": self.saturated.tolist(),
            "verdicts": [[*key, verdict.wrong, verdict.streak] for key, verdict in self.verdicts.items()],
        }

    def restore(self, snapshot: Snapshot) -> None:
        """What was known of cells that are still there; the window only where they are the same."""
        if tuple(snapshot["names"]) == self.names:
            self.missing = np.array(snapshot["missing"], dtype=np.float64)
            self.saturated = np.array(snapshot["saturated"], dtype=np.float64)
        known = (entry for entry in snapshot["verdicts"] if entry[0] in self.names)
        self.verdicts = {(cell, code): Verdict(wrong, streak) for cell, code, wrong, streak in known}


_PLAIN = ("seen_s", "began_s", "readings", "mean_hz", "rate_hz", "lost", "returned", "alive")  # in a snapshot


class Stream:
    """One stream: whether a driver gave it up, when it was last seen, and the window in which its rate is taken."""

    def __init__(self, name: str, nominal_hz: float, cells: Cells, *, paced: bool = True, source: str = "") -> None:
        """`paced` False: it comes as it can, at least at `nominal_hz`, and no rate is wrong. `source`: where it comes
        from; what was known of another source says nothing about this one."""
        self.name, self.nominal_hz, self.cells, self.paced = name, nominal_hz, cells, paced
        self.source = f"{source} at {nominal_hz:g} Hz"
        self.window_s = max(WINDOW_S, WINDOW_READINGS / nominal_hz)
        self.silence_s = max(SILENT_S, SILENT_READINGS / nominal_hz)
        self.seen_s: float | None = None  # newest reading, or the moment from which one is awaited
        self.began_s: float | None = None  # of the window
        self.readings = 0  # in the window
        self.mean_hz: float | None = None
        self.rate_hz: float | None = None  # as told
        self.lost: str | None = None  # code of the driver's SensorLost that is not over
        self.returned = 0  # judgements in a row that saw readings though the driver has not called it back
        self.alive = False
        self.silent = Verdict()
        self.off_rate = Verdict()

    def await_readings(self, t: float) -> None:
        """From here on readings are due."""
        self.seen_s = t
        self.returned = 0
        self.alive = False
        self._begin_rate(t)

    def count(self, t: float) -> None:
        if not self.alive and self.lost is None:
            self._begin_rate(t)
        self.seen_s = t
        self.readings += 1
        self.alive = self.lost is None

    def give_up(self, t: float, code: str, reason: str) -> Iterator[Turn]:
        """The driver says the stream is lost, and why."""
        if self.lost == code:
            return
        if self.silent.wrong and code != "silent":
            yield Turn(t, self.name, "silent", None)  # the cause is known now
        if self.lost is not None:
            yield Turn(t, self.name, self.lost, None)
        self.lost, self.silent = code, Verdict()
        self.await_readings(t)
        yield Turn(t, self.name, code, reason)

    def come_back(self, t: float) -> Iterator[Turn]:
        """The driver, or evidence, says it delivers again."""
        if self.lost is not None:
            yield Turn(t, self.name, self.lost, None)
        self.lost = None
        self.await_readings(t)

    def judge(self, t: float) -> Iterator[Turn]:
        if self.seen_s is None:
            self.await_readings(t)
        elif self.began_s is None:
            self._new_window(t)
        elif self.lost is not None:
            self.returned = self.returned + 1 if self.readings else 0
            self.readings = 0
            if self.returned >= CONFIRM:  # after a restart nobody remembers to call it back
                yield from self.come_back(t)
        else:
            yield from self._judge_silence(t, t - self.seen_s > self.silence_s)
            if t - self.began_s >= self.window_s:
                yield from self._judge_window(t, t - self.began_s)

    def _begin_rate(self, t: float) -> None:
        """What was counted before says nothing about the rate from now on."""
        self.mean_hz = None
        self._new_window(t)

    def _new_window(self, t: float) -> None:
        self.began_s, self.readings = t, 0
        self.cells.new_window()

    def _judge_silence(self, t: float, silent: bool) -> Iterator[Turn]:
        self.alive = self.alive and not silent
        if self.silent.turns(bad=silent, good=self.alive):
            advice = f"{self.name} has sent nothing for {self.silence_s:.0f} s: check its cable and power"
            yield Turn(t, self.name, "silent", advice if self.silent.wrong else None)

    def _judge_window(self, t: float, elapsed_s: float) -> Iterator[Turn]:
        rate_hz = self.readings / elapsed_s
        self.mean_hz = rate_hz if self.mean_hz is None else self.mean_hz + RATE_WEIGHT * (rate_hz - self.mean_hz)
        if self.rate_hz is None or abs(self.mean_hz - self.rate_hz) > RATE_NEWS * self.nominal_hz:
            self.rate_hz = float(f"{self.mean_hz:.3g}")
        if self.alive:
            yield from self._judge_rate(t, self.mean_hz) if self.paced else ()
            if self.readings:
                yield from self.cells.judge(t, self.readings)
        self._new_window(t)

    def _judge_rate(self, t: float, rate_hz: float) -> Iterator[Turn]:
        share = rate_hz / self.nominal_hz
        bad, good = not RATE_LOW <= share <= RATE_HIGH, RATE_LOW_OVER <= share <= RATE_HIGH_OVER
        if self.off_rate.turns(bad=bad, good=good):
            advice = (
                f"{self.name} sends {rate_hz:.3g} readings a second, configured are {self.nominal_hz:g}: "
                "correct the rate in the box or rate_hz"
            )
            yield Turn(t, self.name, "rate", advice if self.off_rate.wrong else None)

    def snapshot(self) -> Snapshot:
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "source": self.source,
            "silent": [self.silent.wrong, self.silent.streak],
            "off_rate": [self.off_rate.wrong, self.off_rate.streak],
            "cells": self.cells.snapshot(),
        }

    def restore(self, snapshot: Snapshot) -> None:
        for name in _PLAIN:
            setattr(self, name, snapshot[name])
        self.silent, self.off_rate = Verdict(*snapshot["silent"]), Verdict(*snapshot["off_rate"])
        self.cells.restore(snapshot["cells"])

    @property
    def valid(self) -> bool:
        return self.alive and not any(verdict.wrong for verdict in self.cells.verdicts.values())
