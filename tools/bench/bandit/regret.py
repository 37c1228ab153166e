"""What choosing costs: picks lost against who knew the truth, by the agent, by chance, by the best fixed content."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from tools.bench.bandit.shelf import Shelf
from tools.bench.bandit.world import CONTENTS, World


@dataclass(frozen=True, slots=True)
class Regret:
    """Picks lost so far, after each shopper, of one truth. Expected picks, so that luck with shoppers is left out."""

    agent: list[float]
    random: list[float]
    fixed: list[float]


def regret(seed: int, shoppers: int, **policy: Any) -> Regret:
    """One truth, one stream of shoppers, three who choose."""
    world, rng = World(seed), Random(f"random {seed}")
    people = list(world.shoppers(seed, shoppers))
    fixed = world.best_fixed()
    chosen = [round_.content for round_ in Shelf(world, f"bench-{seed}", **policy).serve(people)]
    lost = []
    for choices in (chosen, [rng.randrange(CONTENTS) for _ in people], [fixed for _ in people]):
        each = (
            world.chance(person.context, world.best(person.context)) - world.chance(person.context, choice or 0)
            for person, choice in zip(people, choices, strict=True)
        )
        lost.append(list(accumulate(each)))
    return Regret(*lost)
