"""Do visits, dwells and hesitations agree with what the simulated people did?

`python -m tools.bench.undecided [--seeds N] [--minutes M] [--json]`. What is so is read off the play: where bodies
really stood, which lanes hands really were in, what was really taken. The rule is the agent's own
(tracking/stance.py), the facts are not: this measures noise, hidden hands, late and wrong picks, and no shopper's
mind. Not here: picks and puts (tools/soak.py).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Visits
from agent.messages import Event
from agent.tracking.stance import ROOM_M
from agent.tracking.visits import STOOD_S
from tools.bench.hands import Visitor
from tools.bench.run import run
from tools.bench.stage import Truth
from tools.bench.world import Play, everyday_shop, simulate
from wire.events import Dwell, EventPayload, Hesitation, Visit

FIRST_SEED = 9_001  # counted up from here, not chosen
STEP_S = 0.1
WALKS_M_PER_S = 0.3
LATE_S = 2.5  # a hesitation told within this of the moment it became one is right
KINDS = ("held", "lingering", "dwell", "visit", "reached")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was so: at which moment it became so at the earliest; `still_s`: and until when."""

    kind: str
    visitor: str
    at_s: float
    still_s: float
    lane: str = ""


@dataclass(slots=True)
class Count:
    right: int = 0
    missed: int = 0
    wrong: int = 0

    def shares(self) -> dict[str, float | int]:
        """Precision and recall; 1 where nothing was said, or nothing was so."""
        said, so = self.right + self.wrong, self.right + self.missed
        precision = self.right / said if said else 1.0
        recall = self.right / so if so else 1.0
        return {"so": so, "said": said, "precision": round(precision, 3), "recall": round(recall, 3)}


def facts(play: Play, config: Visits) -> list[Fact]:
    """What a perfect eye would tell of this play."""
    found: list[Fact] = []
    for visitor in play.visitors:
        moves = [entry for entry in play.truth if entry.get("visitor") == visitor.name]
        times = np.arange(visitor.enters_s, min(visitor.leaves_s, play.until_s), STEP_S)
        if len(times) < 2:
            continue
        stays = _stays(visitor, times)
        came = visitor.reaches or any(ended_s - began_s >= STOOD_S for began_s, ended_s in stays)
        if came and visitor.leaves_s + config.gone_s < play.until_s - 1.0:
            found.append(Fact("visit", visitor.name, visitor.leaves_s, visitor.leaves_s))
            found += [Fact("reached", visitor.name, 0.0, 0.0, lane) for lane in sorted(_lanes(play, visitor))]
        for began_s, ended_s in stays:
            if ended_s - began_s >= config.dwell_s:
                found.append(Fact("dwell", visitor.name, began_s, ended_s))
            found += _undecided(visitor.name, moves, began_s, ended_s, config)
    return found


def _stays(visitor: Visitor, times: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Where the body really stood: (from, to) without walking, and no further than a step aside."""
    u = np.interp(times, [t for t, _ in visitor.path], [u for _, u in visitor.path])
    walks = np.abs(np.gradient(u, STEP_S)) > WALKS_M_PER_S
    stays: list[tuple[float, float]] = []
    began: int | None = None
    for i, walking in enumerate(walks):
        if began is not None and abs(u[i] - u[began]) > ROOM_M:
            rested = [j for j in range(began, i) if not walks[j]]
            stays.append((float(times[began]), float(times[rested[-1]])))
            began = None
        if began is None and not walking:
            began = i
    if began is not None:
        stays.append((float(times[began]), float(times[-1])))
    return stays


def _undecided(name: str, moves: Sequence[Truth], began_s: float, ended_s: float, config: Visits) -> list[Fact]:
    here = [move for move in moves if began_s - 1.0 <= move["t_s"] <= ended_s]
    found: list[Fact] = []
    since_s, holds = began_s, 0
    for move, after in zip([None, *here], [*here, None], strict=True):
        if move is not None:
            since_s, holds = float(move["t_s"]), max(0, holds + (1 if move["type"] == "pick" else -1))
        until_s = ended_s if after is None else float(after["t_s"])
        took = move is not None and move["type"] == "pick"
        wait_s = config.hesitation_s if took else config.linger_s
        if (took or not holds) and until_s - since_s >= wait_s:
            lane = str(move["lane"]) if move is not None and took else ""
            found.append(Fact("held" if took else "lingering", name, since_s + wait_s, until_s, lane))
    return found


def _lanes(play: Play, visitor: Visitor) -> set[str]:
    lanes = play.config.lanes
    return {
        lane.name
        for reach in visitor.reaches
        for lane in lanes
        if lane.left_m <= reach.u_m < lane.right_m and lane.bottom_m <= reach.v_m < lane.top_m
    }


def said(payloads: Sequence[EventPayload]) -> list[Fact]:
    """The same of what the agent told."""
    told: list[Fact] = []
    for payload in payloads:
        match payload:
            case Hesitation():
                lane = (payload.lane or "") if payload.reason == "held" else ""
                told.append(Fact(payload.reason, payload.visitor, payload.decided_s, payload.decided_s, lane))
            case Dwell():
                told.append(Fact("dwell", payload.visitor, payload.began_s, payload.ended_s))
            case Visit():
                told.append(Fact("visit", payload.visitor, payload.left_s, payload.left_s))
                told += [Fact("reached", payload.visitor, 0.0, 0.0, reached.lane) for reached in payload.lanes]
            case _:
                pass
    return told


def counted(so: Sequence[Fact], told: Sequence[Fact]) -> dict[str, Count]:
    """Each fact is told once, by the nearest."""
    counts = {kind: Count() for kind in KINDS}
    left = list(so)
    for one in told:
        fits = [fact for fact in left if _same(fact, one)]
        if fits:
            left.remove(min(fits, key=lambda fact: abs(fact.at_s - one.at_s)))
            counts[one.kind].right += 1
        else:
            counts[one.kind].wrong += 1
    for fact in left:
        counts[fact.kind].missed += 1
    return counts


def _same(fact: Fact, told: Fact) -> bool:
    if (fact.kind, fact.visitor, fact.lane) != (told.kind, told.visitor, told.lane):
        return False
    return fact.at_s - LATE_S <= told.at_s <= fact.still_s + LATE_S


def measure(seeds: Sequence[int], minutes: float, layout: str = "gondola") -> dict[str, dict[str, float | int]]:
    """Over all these plays: kind -> how often it was so, was said, and precision and recall."""
    total = {kind: Count() for kind in KINDS}
    for seed in seeds:
        play = simulate(seed, everyday_shop(2, minutes, layout))
        outcome = run(play)
        payloads = [output.payload for output in outcome.outputs if isinstance(output, Event)]
        config = play.config.visits
        so = [fact for fact in facts(play, config) if fact.at_s < play.until_s - LATE_S]
        names = {fact.visitor for fact in so if fact.kind == "visit"}
        told = [one for one in said(payloads) if one.kind != "reached" or one.visitor in names]
        for kind, count in counted(so, told).items():
            total[kind].right += count.right
            total[kind].missed += count.missed
            total[kind].wrong += count.wrong
    return {kind: count.shares() for kind, count in total.items()}


def main(arguments: list[str] | None = None) -> int:
    """Prints a line a kind."""
    parser = argparse.ArgumentParser("python -m tools.bench.undecided", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many plays (default 5)")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help=f"seed to count from (default {FIRST_SEED})")
    parser.add_argument("--minutes", type=float, default=5.0, help="simulated length of each (default 5)")
    parser.add_argument("--layout", choices=("gondola", "small"), default="gondola")
    parser.add_argument("--json", action="store_true", help="the same for machines")
    asked = parser.parse_args(arguments)
    found = measure(range(asked.first, asked.first + asked.seeds), asked.minutes, asked.layout)
    if asked.json:
        print(json.dumps(found))
    else:
        for kind, shares in found.items():
            print(f"{kind:10}", *(f"{name} {value}" for name, value in shares.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
