"""What another policy would have done, from the log of this one: three estimates with intervals, beside the truth.

IPS weighs each logged outcome by one over the chance it had; SNIPS divides by the sum of the weights; the doubly robust
estimate (DR) adds a model's guess and corrects it by what was seen. The model is the agent's own ridge regression on
the rounds before, so each term is unbiased given the past, though who wrote the log was learning meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.triggers.bandit import Posterior
from agent.triggers.features import FEATURES, Features
from agent.triggers.learned import Sums
from tools.bench.bandit.shelf import Round, Shelf
from tools.bench.bandit.world import CONTENTS, DAYTIMES, PRODUCTS, Chooser, Context, World

Z95 = 1.959964
REFIT = 50  # rounds between two fits of the model


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
    """See the module. At the true value v a term has about the variance of the guesses and E[w^2] v (1 - v)."""
    sums = [Sums() for _ in range(CONTENTS)]
    models = [Posterior.of(s.a, s.b) for s in sums]
    terms, guesses, weighed = [], [], _weighed(rounds, target)
    for i, (round_, weight) in enumerate(weighed):
        if i % REFIT == 0:
            models = [Posterior.of(s.a, s.b) for s in sums]
        content = target(round_.context)
        guess, _ = models[content].worth(x_of(round_.context, content))
        guesses.append(guess)
        terms.append(guess + weight * (round_.picked - guess))
        if round_.content is not None:
            sums[round_.content] = sums[round_.content].after(x_of(round_.context, round_.content), round_.picked)
    n, value, mean = len(terms), math.fsum(terms) / len(terms), math.fsum(guesses) / len(guesses)
    z2 = Z95 * Z95 / n
    square = z2 * math.fsum(weight * weight for _, weight in weighed) / n
    spread = z2 * math.fsum((guess - mean) ** 2 for guess in guesses) / n
    return Estimate(value, *_roots(1.0 + square, 2.0 * value + square, value * value - spread))


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
    return Coverage(held, n, half, math.fsum(estimate.value - truth for estimate, truth in pairs) / n)


def _weighed(rounds: Sequence[Round], target: Chooser) -> list[tuple[Round, float]]:
    shown = (round_ for round_ in rounds if round_.content is not None)
    return [(r, 1.0 / r.propensity if target(r.context) == r.content else 0.0) for r in shown]


def _roots(a: float, b: float, c: float) -> tuple[float, float]:
    """Where a v^2 - b v + c is 0: the values v that are 1.96 of their own deviations from what was found (a score
    interval, as Wilson's of a share). Deviations taken from the log are too small where it has few picks."""
    root = math.sqrt(max(0.0, b * b - 4.0 * a * c))
    return (b - root) / (2.0 * a), (b + root) / (2.0 * a)
