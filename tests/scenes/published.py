"""The situations in which published shelf systems fail most, played by the simulated shop and counted.

`python -m tests.scenes.published [--seeds N] [--minutes M] [--only NAME]` prints the table of docs/failures.md.
Seeds are counted up. Not here: the shop (tools/bench), what counts as right (tools/score/match.py).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace

from agent.core import Core
from agent.messages import Tracks
from tools.bench.layouts import gondola
from tools.bench.looks import Sight
from tools.bench.run import Outcome
from tools.bench.shopper import NOTHING, Habits
from tools.bench.world import Play, Scenario, simulate
from tools.score.match import Matches

EVENTS = replace(NOTHING, pick=6.0, put_back=2.0)
TEMPTATIONS = replace(NOTHING, pick=6.0, pick_several=1.0, press=1.5, lift=1.5, touch=1.5, browse=1.0, lean=1.0)


@dataclass(frozen=True, slots=True)
class Situation:
    """One line of the table. `deeds`: those of the play that the situation is about."""

    title: str
    published_f1: str
    scenario: Scenario
    deeds: tuple[str, ...]


SITUATIONS = {
    "swapped": Situation(
        "another product of the same weight swapped in",
        "0.67",
        Scenario(habits=replace(EVENTS, swap=4.0), layout=lambda rng: gondola(rng, same=0.8)),
        ("swap",),
    ),
    "wrong_place": Situation(
        "laid into the wrong place among goods of the same weight",
        "0.5",
        Scenario(habits=replace(EVENTS, misplace_like=4.0), layout=lambda rng: gondola(rng, same=0.8)),
        ("misplace_like",),
    ),
    "handed_over": Situation(
        "handed to another shopper, who puts it back",
        "0.5",
        Scenario(habits=replace(EVENTS, hand_over=6.0)),
        ("hand_over",),
    ),
    "same_instant": Situation(
        "two take the same product at the same instant",
        "0.67",
        Scenario(habits=replace(EVENTS, together=6.0)),
        ("together",),
    ),
    "held_long": Situation(
        "held long over the plate, kept or set back",
        "0.28-0.33",
        Scenario(habits=replace(EVENTS, hold=4.0, hold_and_return=4.0)),
        ("hold", "hold_and_return"),
    ),
    "chaos": Situation(
        "three people, chaos",
        "0.28",
        Scenario(habits=Habits(together=2.0, browse=2.0, lean=1.5, swap=0.7, pause_s=0.6), shoppers=3, crowded=True),
        (),
    ),
    "floor": Situation("left on the floor: taken, never put", "0.80", Scenario(habits=TEMPTATIONS), ("pick",)),
}


EYES: dict[str, tuple[bool, Sight | None]] = {
    "weight": (False, None),
    "tracks": (True, None),
    "held": (True, Sight(product_read=0.0)),
    "product": (True, Sight()),
}


@dataclass(slots=True)
class Count:
    """Right, missed and wrong over many plays; `asked` and `done`: of the deeds that the situation is about."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    asked: int = 0
    done: int = 0

    @property
    def f1(self) -> float:
        both = 2 * self.right
        return both / (both + self.missed + self.wrong) if both else 0.0

    @property
    def share(self) -> float:
        return self.done / self.asked if self.asked else 1.0

    def add(self, matches: Matches, deeds: tuple[str, ...]) -> None:
        found = [entry for _, entry in matches.pairs]
        self.right, self.missed, self.wrong = (
            self.right + len(found),
            self.missed + len(matches.missed),
            self.wrong + len(matches.wrong),
        )
        self.done += sum(not deeds or entry["deed"] in deeds for entry in found)
        self.asked += sum(not deeds or entry["deed"] in deeds for entry in [*found, *matches.missed])


def measure(name: str, seeds: Iterable[int], minutes: float, *, tracks: bool, sight: Sight | None = None) -> Count:
    """With tracks the visitor must be right too; without, nobody is asked for. `sight`: hands are looked into."""
    situation, count = SITUATIONS[name], Count()
    for seed in seeds:
        play = simulate(seed, replace(situation.scenario, minutes=minutes, sight=sight))
        count.add(played(play, tracks=tracks).matches(with_visitor=tracks), situation.deeds)
    return count


def played(play: Play, *, tracks: bool) -> Outcome:
    """What the core says of a play, with or without somebody looking."""
    core, outcome = Core(play.config), Outcome(play.truth)
    for observation in play.observations():
        if tracks or not isinstance(observation, Tracks):
            outcome.outputs += core.step(observation)
    return outcome


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 measured, 2 bad usage."""
    parser = argparse.ArgumentParser("python -m tests.scenes.published", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="plays of each situation (default 20)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default 1)")
    parser.add_argument("--minutes", type=float, default=3.0, help="simulated length of each play (default 3)")
    parser.add_argument("--only", choices=sorted(SITUATIONS), help="one situation instead of all")
    asked = parser.parse_args(arguments)
    print("| situation | published F1 | weight alone | with tracks | hands looked into | product read | events |")
    print(f"|{' --- |' * 7}")
    for name in [asked.only] if asked.only else SITUATIONS:
        seeds = range(asked.first, asked.first + asked.seeds)
        counts = [measure(name, seeds, asked.minutes, tracks=tracks, sight=sight) for tracks, sight in EYES.values()]
        situation, events = SITUATIONS[name], counts[0].right + counts[0].missed
        figures = (f"{count.f1:.3f} ({count.share:.2f})" for count in counts)
        print(f"| {situation.title} | {situation.published_f1} | {' | '.join(figures)} | {events} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
