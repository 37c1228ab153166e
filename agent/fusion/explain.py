"""Holds all explanations of a step against each other: Bayes over moves, pairs of moves, a passing touch, and nothing.

Pure: a step, what is known, and the hands go in; explanations with probabilities come out. Logs and exps are scalar
`math`, sums run in a fixed order: the same bits on every machine. Not here: how the single cells fit (place.py), when
to believe it (timing.py), what is said of it (judge.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from agent.fusion.evidence import Evidence
from agent.fusion.moves import RESTOCK, RESTOCK_AMONG, Move, ShelfState, picks, puts, restocks
from agent.fusion.place import parts, place
from agent.weighing.step import Step

SCALE_ERROR = 0.004  # of the step: linearity and corner load of a plate
YOUNG_ERROR, YOUNG_S = 0.02, 0.15  # of the step: the tail of a hand letting go, while the level is young
TAIL = 0.5  # of the roughness, too much: what is set down comes to rest from above
LEAN_SPREAD = 0.6  # of what leaning adds: it is not the same everywhere
CROSSTALK, CROSSTALK_SPREAD = 0.01, 0.008  # of a neighbour's step (measured: 10.4 g of 621 g, same sign)
UNDONE, UNDONE_SPREAD = 0.5, 0.15  # a load that was taken for the level goes again: how often, and how exactly
DRIFT_SHARE, DRIFT_G = 0.02, 15.0  # levels creep, cables are leant on: shifts of this size that mean nothing
TOUCH_G = 800.0  # presses and lifts spread over about this much, with a long tail: a person leans with 15 kg
UNREST_S, UNREST_MOST = 0.5, 6.0  # goods come to rest at once; the longer it took, the longer the rest must last
TREMBLE = 0.02  # of a hand's force (15 kg presses on a real platform: 100-300 g)
RINGING = 0.003  # of the step: a full flask sloshes
REST_ROUGH_G = 4.0  # goods set down on a shaken shelf
PAIR_TOGETHER = 4.0  # two visitors with both hands in the lane take one each; two units at a grasp are 0.08
PAIR_SEVERAL = 0.2  # ... of whom one takes several
PAIR_LAID = 0.05  # ... lay something down at the same moment
PAIR_UNSEEN = 0.03  # ... of whom one is not seen
PAIR_LINGERS = 0.15  # ... of whom one's hand was there long before, or still is
PAIR_SAME = 0.004  # one visitor, two different things at once
PAIR_SWAP = 0.03  # one thing comes as another goes
PAIR_SIGMAS = 4.0
HIDDEN_BEHIND = 0.5  # goods stand one behind the other: of so many changes the camera sees nothing
MISCOUNTED = 0.1  # of changes that are seen, one is seen as more or less than it is
DOUBT, DOUBTED_SEEN = 0.02, 0.2  # of steps are nothing that is thought of here; then the camera may see any number
MOST_OF_PAIR = 40  # candidates for each half: a crowd must not make one step cost seconds
LEAST_OF_PAIR = 3e-3  # prior of each of two: two unlikely things at once are not worth the search
HOPELESS_SIGMAS = 9.0  # a billion times less likely than what fits
POOR_SIGMAS = 2.5  # a single move that fits worse than this makes pairs worth a look


@dataclass(frozen=True, slots=True)
class Explanation:
    """`moves` empty: nothing, or a touch that will pass."""

    moves: tuple[Move, ...]
    probability: float


Measured = tuple[float, float]  # grams, sigma
Weighted = tuple[tuple[Move, ...], float]  # moves, prior times likelihood (per gram)


def weigh(evidence: Evidence, *, pairs: bool = True) -> list[Weighted]:
    """Every explanation with its weight. `pairs`: also two moves at once, where one alone fits badly."""
    shelf, measured = evidence.around.shelf, _measured(evidence)
    unmoved = sight(evidence, ())
    weighted: list[Weighted] = [((), unmoved * _nothing(evidence, measured)), ((), unmoved * _touch(evidence))]
    singles = list(_singles(evidence, shelf))
    ways: list[tuple[Move, ...]] = [(move,) for move in singles]
    if pairs and (_poor(evidence, measured, singles) or len(evidence.both) > 2):
        ways += _pairs(evidence, measured, shelf)
    weighted += [(moves, weight) for moves in ways if (weight := _fit(evidence, measured, moves)) > 0.0]
    return weighted if evidence.around.seen is None else [*weighted, ((), _doubt(evidence, weighted))]


def normalise(weighted: list[Weighted]) -> list[Explanation]:
    """Explanations with a probability worth naming, most probable first; they add up to 1."""
    total = math.fsum(w for _, w in weighted)
    if total <= 0.0:
        return [Explanation((), 1.0)]
    told = [Explanation(moves, w / total) for moves, w in weighted if w / total > 1e-6]
    return sorted(told, key=lambda e: -e.probability)


# -- nothing, or a touch ----------------------------------------------------------------------------------------------


def _nothing(e: Evidence, measured: Measured) -> float:
    delta, sigma = measured
    drift = DRIFT_SHARE / (2.0 * DRIFT_G) * math.exp(-abs(delta) / DRIFT_G)
    return (1.0 - DRIFT_SHARE) * _normal(delta, sigma) + drift + _undone(e, sigma)


def _undone(e: Evidence, sigma: float) -> float:
    """What was there for a while and meant nothing is gone: somebody leaned, and went."""
    level_g = e.around.levelled_g
    if level_g == 0.0:
        return 0.0
    return UNDONE * _normal(e.step.delta_g + level_g, math.hypot(sigma, UNDONE_SPREAD * level_g))


def _touch(e: Evidence) -> float:
    """A hand holds a level for moments only, and it trembles: roughness in proportion to the force."""
    at_rest = REST_ROUGH_G + e.step.rest_g + RINGING * abs(e.step.delta_g)
    held = at_rest + TREMBLE * abs(e.step.delta_g)
    tremble = at_rest / held * math.exp(e.step.rough_g / at_rest - e.step.rough_g / held)
    density = 1.0 / (TOUCH_G * (1.0 + abs(e.step.delta_g) / TOUCH_G) ** 2)
    unrest = max(e.step.settled - e.step.moment, 0.0)
    tremble *= math.exp(min(unrest / UNREST_S, UNREST_MOST))
    return e.touch * density * math.exp(-e.step.flat_s / e.touch_s) * tremble


# -- moves ------------------------------------------------------------------------------------------------------------


def _singles(e: Evidence, shelf: ShelfState) -> Iterable[Move]:
    size = abs(e.step.delta_g)
    ways, people = (_ways_out, e.took) if e.step.delta_g < 0 else (_ways_in, e.laid)
    for visitor in people:
        yield from ways(e, size, visitor, shelf)
    if e.step.delta_g > 0:
        yield from restocks(e.stretch, size, RESTOCK if e.alone else RESTOCK_AMONG)


def _ways_out(e: Evidence, size_g: float, visitor: str | None, shelf: ShelfState) -> Iterator[Move]:
    return picks(e.stretch, size_g, visitor, shelf, e.around.strays)


def _ways_in(e: Evidence, size_g: float, visitor: str | None, shelf: ShelfState) -> Iterator[Move]:
    return puts(e.stretch, size_g, visitor, shelf)


def _pairs(e: Evidence, measured: Measured, shelf: ShelfState) -> Iterable[tuple[Move, Move]]:
    came, went = parts(e.step)
    takes = _candidates(e, (m for v in e.both for m in _ways_out(e, went, v, shelf))) if went else []
    lays = _candidates(e, (m for v in e.both for m in _ways_in(e, came, v, shelf))) if came else []
    limit = PAIR_SIGMAS * measured[1]
    for takings in takes:
        for laying in lays:
            off = abs(laying.mean_g - takings.mean_g - e.step.delta_g)
            if off < limit + PAIR_SIGMAS * (takings.sigma_g + laying.sigma_g):
                yield takings, laying
    yield from _together(e, shelf, limit)


def _together(e: Evidence, shelf: ShelfState, limit: float) -> Iterable[tuple[Move, Move]]:
    """Two moves in the same direction: two visitors at once, or one with two different things."""
    size = abs(e.step.delta_g)
    ways = _ways_out if e.step.delta_g < 0 else _ways_in
    units_g = (lane.product.unit_g for lane in e.stretch.lanes)
    sizes = sorted({0.5 * size, size, *(unit_g for unit_g in units_g if unit_g is not None and unit_g < size)})
    singles = _candidates(e, (m for v in e.both for g in sizes for m in ways(e, g, v, shelf)))
    for one, other in combinations(singles, 2):
        same_thing = one.gtin == other.gtin and one.visitor == other.visitor
        same_stray = one.stray is not None and one.stray is other.stray
        same_held = one.held is not None and one.held is other.held
        if same_thing or same_stray or same_held:
            continue
        if abs(one.mean_g + other.mean_g - size) < limit + PAIR_SIGMAS * (one.sigma_g + other.sigma_g):
            yield one, other


def _candidates(e: Evidence, moves: Iterable[Move]) -> list[Move]:
    """Halves of a pair worth the search: each once, of a known weight, the likeliest of them."""
    likely = {m: p for m in moves if not m.broad and (p := m.prior * e.both[m.visitor]) > LEAST_OF_PAIR}
    return sorted(likely, key=lambda m: -likely[m])[:MOST_OF_PAIR]


def _poor(e: Evidence, measured: Measured, singles: list[Move]) -> bool:
    """Does no single known thing explain this well?"""
    delta, sigma = abs(e.step.delta_g), measured[1]
    fits = any(
        not m.broad and abs(m.mean_g - delta) < POOR_SIGMAS * math.hypot(m.sigma_g, sigma) and m.prior > 1e-3
        for m in singles
    )
    came, went = parts(e.step)
    return not fits or min(came, went) > 0.0


def _fit(e: Evidence, measured: Measured, moves: tuple[Move, ...]) -> float:
    """Prior times likelihood of the weight, of the hands, and of its place on the cells; 0 for what is hopeless."""
    if any(m.broad for m in moves):
        scale = max(m.scale_g for m in moves)
        weight = math.exp(-abs(e.step.delta_g) / scale) / scale
    else:
        off_g = measured[0] - sum(m.sign * m.mean_g for m in moves)
        sigma = math.sqrt(measured[1] ** 2 + sum(m.sigma_g**2 for m in moves))
        if abs(off_g) > HOPELESS_SIGMAS * sigma:
            return 0.0
        weight = _normal(off_g, sigma)
    weight *= _coupling(e, moves)
    for move in moves:
        weight *= move.prior * _hands(e, moves, move) * _grip(e, moves, move)
    return weight * place(e, moves) * sight(e, moves)


def sight(e: Evidence, moves: tuple[Move, ...]) -> float:
    """Likelihood of the change in number that the camera saw; 1 where nobody looked."""
    seen, truly = e.around.seen, sum(move.sign * (move.units or 1) for move in moves)
    if seen is None:
        return 1.0
    counted = 1.0 - 2.0 * MISCOUNTED if seen == truly else MISCOUNTED / max(abs(seen - truly), 1)
    if truly == 0:
        return counted
    return HIDDEN_BEHIND * (seen == 0) + (1.0 - HIDDEN_BEHIND) * counted


def _doubt(e: Evidence, weighted: list[Weighted]) -> float:
    """Something else happened: only where scale and camera contradict each other is that worth a thought."""
    return DOUBT * DOUBTED_SEEN * max((weight / sight(e, moves) for moves, weight in weighted if moves), default=0.0)


def _coupling(e: Evidence, moves: tuple[Move, ...]) -> float:
    if len(moves) == 1:
        return 1.0
    one, other = moves
    if one.sign != other.sign:
        return PAIR_SWAP
    if one.visitor == other.visitor:
        return PAIR_SAME
    together = PAIR_TOGETHER if one.sign < 0 else PAIR_LAID
    if max(one.units or 1, other.units or 1) > 1:
        together *= PAIR_SEVERAL
    if one.visitor is None or other.visitor is None:
        return together * PAIR_UNSEEN
    lingering = sum(v in e.lingering for v in (one.visitor, other.visitor))
    return float(together * PAIR_LINGERS**lingering)


def _hands(e: Evidence, moves: tuple[Move, ...], move: Move) -> float:
    if len(moves) > 1 and moves[0].sign == moves[1].sign:
        return e.both[move.visitor]
    people = e.took if move.sign < 0 else e.laid
    return people.get(move.visitor, e.both.get(move.visitor, 0.0))


def _grip(e: Evidence, moves: tuple[Move, ...], move: Move) -> float:
    """What was seen in the hand; of one who lays one thing down as he takes another, only which it was."""
    grip = e.grips.get(move.visitor) if move.visitor is not None else None
    if grip is None:
        return 1.0
    swaps = any(other.visitor == move.visitor and other.sign != move.sign for other in moves)
    return grip.reads(move.sign, move.gtin) if swaps else grip.fits(move.sign, move.gtin)


# -- the measured weight ----------------------------------------------------------------------------------------------


def _measured(e: Evidence) -> Measured:
    """The step without what the neighbour's step, or a body on the board, does to this stretch; and its sigma."""
    return _own_delta_g(e), _sigma(e)


def _own_delta_g(e: Evidence) -> float:
    return e.step.delta_g - CROSSTALK * e.around.crosstalk_g - e.around.lean_g - tail_g(e.step)


def tail_g(step: Step) -> float:
    """What a hand that sets something down still adds, as far as the roughness of the level tells."""
    return TAIL * max(step.rough_g - step.rest_g, 0.0) if step.delta_g > 0.0 else 0.0


def _sigma(e: Evidence) -> float:
    """Of the step's size, whatever caused it."""
    relative = SCALE_ERROR + YOUNG_ERROR * math.exp(-e.step.flat_s / YOUNG_S)
    parts_g = (
        e.step.sigma_g,
        relative * e.step.delta_g,
        CROSSTALK_SPREAD * e.around.crosstalk_g,
        LEAN_SPREAD * e.around.lean_g,
        tail_g(e.step),
    )
    return math.sqrt(math.fsum(g * g for g in parts_g))


def _normal(x: float, sigma: float) -> float:
    return math.exp(-0.5 * (x / sigma) ** 2) / (sigma * 2.5066282746310002)
