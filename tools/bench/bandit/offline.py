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
    """Picks a showing, and half the width of its 95 % interval."""

    value: float
    half: float

    def holds(self, truth: float) -> bool:
        return abs(truth - self.value) <= self.half


def ips(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """Inverse propensity scoring."""
    return _mean([weight * round_.picked for round_, weight in _weighed(rounds, target)])


def snips(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """Self-normalised; the interval by the delta method."""
    weighed = _weighed(rounds, target)
    total = math.fsum(weight for _, weight in weighed)
    if total == 0.0:
        return Estimate(0.0, math.inf)
    value = math.fsum(weight * round_.picked for round_, weight in weighed) / total
    square = math.fsum((weight * (round_.picked - value)) ** 2 for round_, weight in weighed)
    return Estimate(value, Z95 * math.sqrt(square) / total)


def doubly_robust(rounds: Sequence[Round], target: Chooser) -> Estimate:
    """See the module."""
    sums = [Sums() for _ in range(CONTENTS)]
    models = [Posterior.of(s.a, s.b) for s in sums]
    terms = []
    for i, (round_, weight) in enumerate(_weighed(rounds, target)):
        if i % REFIT == 0:
            models = [Posterior.of(s.a, s.b) for s in sums]
        guess, _ = models[target(round_.context)].worth(x_of(round_.context, target(round_.context)))
        terms.append(guess + weight * (round_.picked - guess))
        if round_.content is not None:
            sums[round_.content] = sums[round_.content].after(x_of(round_.context, round_.content), round_.picked)
    return _mean(terms)


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
    half = math.fsum(estimate.half for estimate, _ in pairs) / n
    return Coverage(held, n, half, math.fsum(estimate.value - truth for estimate, truth in pairs) / n)


def _weighed(rounds: Sequence[Round], target: Chooser) -> list[tuple[Round, float]]:
    shown = (round_ for round_ in rounds if round_.content is not None)
    return [(r, 1.0 / r.propensity if target(r.context) == r.content else 0.0) for r in shown]


def _mean(terms: Sequence[float]) -> Estimate:
    mean = math.fsum(terms) / len(terms)
    square = math.fsum((term - mean) ** 2 for term in terms) / (len(terms) - 1)
    return Estimate(mean, Z95 * math.sqrt(square / len(terms)))
