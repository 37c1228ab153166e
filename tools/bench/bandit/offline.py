"""What another policy would have done, from the log of this one: three estimates with intervals, beside the truth.

IPS weighs each logged outcome by one over the chance it had; SNIPS divides by the sum of the weights; the doubly robust
estimate (DR) is a model's guess, corrected by what was seen instead, weighed as SNIPS weighs. The model is the agent's
own ridge regression, and what it guesses of a round comes from other rounds (cross-fitting).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent.triggers.bandit import Posterior
from agent.triggers.features import FEATURES, SIZE, Features
from agent.triggers.learned import Sums
from tools.bench.bandit.shelf import Round, Shelf
from tools.bench.bandit.world import CONTENTS, DAYTIMES, PRODUCTS, Chooser, Context, World

Z95 = 1.959964
FOLDS = 5  # every fifth round is guessed by a model of all others


@dataclass(frozen=True, slots=True)
class Estimate:
    """Picks a showing, and its 95 % interval."""

    value: float
    low: float
    high: float

    def holds(self, truth: float) -> bool:
        return self.low <= truth <= self.high


def ips(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """Inverse propensity scoring. At the true value v a term has the variance E[w^2] v - v^2."""
    weighed = _weighed(rounds, target)
    n, square = len(weighed), math.fsum(weight * weight for _, weight in weighed)
    value = math.fsum(weight * round_.picked for round_, weight in weighed) / n
    z2 = Z95 * Z95 / n
    return Estimate(value, *_roots(1.0 + z2, 2.0 * value + z2 * square / n, value * value))


def snips(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """Self-normalised: a share of as many showings as the weights are worth, (sum w)^2 / (sum w^2)."""
    weighed = _weighed(rounds, target)
    total, square = math.fsum(weight for _, weight in weighed), math.fsum(weight * weight for _, weight in weighed)
    if total == 0.0:
        return Estimate(0.0, 0.0, 1.0)
    value = math.fsum(weight * round_.picked for round_, weight in weighed) / total
    z2 = Z95 * Z95 * square / (total * total)
    return Estimate(value, *_roots(1.0 + z2, 2.0 * value + z2, value * value))


def doubly_robust(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """See the module. The interval is that of `snips`, and the spread of the guesses over shoppers besides. It holds as
    long as the guesses come no further from the truth than one number for all would: how far they are off on the
    average is found by the correction, and does no harm."""
    weighed = _weighed(rounds, target)
    expected = guesses([round_ for round_, _ in weighed], target)
    total, square = math.fsum(weight for _, weight in weighed), math.fsum(weight * weight for _, weight in weighed)
    mean = math.fsum(expected) / len(expected)
    if total == 0.0:
        return Estimate(mean, 0.0, 1.0)
    both = zip(weighed, expected, strict=True)
    value = mean + math.fsum(weight * (round_.picked - guess) for (round_, weight), guess in both) / total
    value = min(max(value, 0.0), 1.0)
    spread = Z95 * Z95 * math.fsum((guess - mean) ** 2 for guess in expected) / len(expected) ** 2
    z2 = Z95 * Z95 * square / (total * total)
    return Estimate(value, *_roots(1.0 + z2, 2.0 * value + z2, value * value - spread))


def guesses(rounds: Sequence[Round], target: Chooser) -> list[float]:
    """What a model of the other folds expects of the target's content, for each round."""
    expected = [0.0] * len(rounds)
    for fold in range(FOLDS):
        guess = _model([round_ for i, round_ in enumerate(rounds) if i % FOLDS != fold])
        for i in range(fold, len(rounds), FOLDS):
            expected[i] = guess(rounds[i].context, target(rounds[i].context))
    return expected


def _model(rounds: Sequence[Round]) -> Callable[[Context, int], float]:
    """Ridge regression for each content. What is hardly known is drawn to the share of picks among all showings; drawn
    to 0, as where the agent chooses, the guesses were far too low."""
    share = (sum(round_.picked for round_ in rounds) + 0.5) / (len(rounds) + 1.0)

    @cache
    def known(content: int) -> tuple[Posterior, Posterior]:
        sums = Sums()
        for round_ in rounds:
            if round_.content == content:
                sums = sums.after(x_of(round_.context, content), round_.picked)
        first = [sums.a[i * (i + 1) // 2] for i in range(SIZE)]  # column of A
        return Posterior.of(sums.a, sums.b), Posterior.of(sums.a, first)

    def guess(context: Context, content: int) -> float:
        """share + x^T (A + I)^-1 (b - share * first), in two parts, for b and first are whole numbers."""
        x, (picks, shows) = x_of(context, content), known(content)
        return min(max(share + picks.worth(x)[0] - share * shows.worth(x)[0], 0.0), 1.0)

    return guess


ESTIMATES = {"IPS": ips, "SNIPS": snips, "DR": doubly_robust}


def x_of(context: Context, content: int) -> Features:
    """The features that the agent saw, as a hub can work them out from a `shown` event."""
    same = content == context.held
    true = {"always", "held", DAYTIMES[context.daytime], "picked_one" if context.picks == 1 else "picked_several"}
    true |= {"same_goods", "same_lane"} if same and content < PRODUCTS else set()
    true |= {"long_dwell"} if context.long else set()
    return tuple(i for i, name in enumerate(FEATURES) if name in true)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one estimate over many logs: how often its interval held the truth, how wide and how far off it was."""

    held: int
    of: int
    half: float  # mean
    bias: float  # mean of value less truth
    rms: float  # root of the mean square of it

    @property
    def share(self) -> float:
        return self.held / self.of


def coverage(seeds: Sequence[int], rounds: int, **policy: Any) -> dict[str, dict[str, Coverage]]:
    """Target -> estimate -> how good it is, over as many truths and logs as there are seeds. `policy`: of the agent
    that writes the logs."""
    found: dict[tuple[str, str], list[tuple[Estimate, float]]] = {}
    for seed in seeds:
        world = World(seed)
        log = Shelf(world, f"log-{seed}", **policy).serve(world.shoppers(seed, rounds))
        for target, choose in targets(world).items():
            for name, estimate in ESTIMATES.items():
                found.setdefault((target, name), []).append((estimate(log, choose), world.value(choose)))
    names = dict.fromkeys(target for target, _ in found)
    return {target: {name: _covered(found[target, name]) for name in ESTIMATES} for target in names}


def targets(world: World) -> dict[str, Chooser]:
    """Policies that somebody might ask about: the best content for everybody, and the best for each time of day."""
    fixed = world.best_fixed()
    by_time = [
        max(range(CONTENTS), key=lambda content: world.base[content] + world.at[content][daytime])
        for daytime in range(len(DAYTIMES))
    ]
    return {"fixed": lambda _: fixed, "by time": lambda context: by_time[context.daytime]}


def _covered(pairs: Sequence[tuple[Estimate, float]]) -> Coverage:
    n = len(pairs)
    held = sum(estimate.holds(truth) for estimate, truth in pairs)
    half = math.fsum(0.5 * (estimate.high - estimate.low) for estimate, _ in pairs) / n
    off = [estimate.value - truth for estimate, truth in pairs]
    return Coverage(held, n, half, math.fsum(off) / n, math.sqrt(math.fsum(error * error for error in off) / n))


def _weighed(rounds: Sequence[Round], target: Chooser) -> list[tuple[Round, float]]:
    shown = (round_ for round_ in rounds if round_.content is not None)
    return [(r, 1.0 / r.propensity if target(r.context) == r.content else 0.0) for r in shown]


def _roots(a: float, b: float, c: float) -> tuple[float, float]:
    """Where a v^2 - b v + c is 0: the values v that are 1.96 of their own deviations from what was found (a score
    interval, as Wilson's of a share). Deviations taken from the log are too small where it has few picks."""
    root = math.sqrt(max(0.0, b * b - 4.0 * a * c))
    return (b - root) / (2.0 * a), (b + root) / (2.0 * a)
