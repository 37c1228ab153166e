"""A shop with known truth: who comes, what they hold, and how likely each content makes each of them pick.

The chance is a logistic function of things that the agent's features see (time of day, goods held, how long, how many)
and of two that they do not: how a content goes with one certain product, and what kind of shopper it is. So a linear
model can be good here, and cannot be right. Not here: who chooses (shelf.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from agent.shelf.gtin import check_digit
from wire.documents import Item

PRODUCTS, CONTENTS = 4, 6  # contents 0..3 advertise a product each, the others the shelf as a whole
DAYTIMES = ("morning", "afternoon", "evening")
HOURS = (8, 14, 19)  # by the store's clocks
KINDS = (-1.0, 1.0)  # of shoppers; nobody sees it


@dataclass(frozen=True, slots=True)
class Context:
    """What the shelf can know of a shopper who hesitates."""

    held: int  # product
    daytime: int
    long: bool  # in front for long
    picks: int  # 1 or 2, what is held included


@dataclass(frozen=True, slots=True)
class Shopper:
    """One of them; `luck` decides what comes of a showing, so that every policy meets the same people."""

    context: Context
    kind: float
    luck: float


Chooser = Callable[[Context], int]  # a fixed policy: which content


class World:
    """One truth, drawn from its seed."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"truth {seed}")
        self.base = [rng.gauss(-1.5, 0.3) for _ in range(CONTENTS)]
        self.at = [[rng.gauss(0.0, 0.8) for _ in DAYTIMES] for _ in range(CONTENTS)]
        self.same = [rng.gauss(0.8, 0.4) if c < PRODUCTS else 0.0 for c in range(CONTENTS)]
        self.long = [rng.gauss(0.0, 0.6) for _ in range(CONTENTS)]
        self.more = [rng.gauss(0.0, 0.6) for _ in range(CONTENTS)]
        self.pair = [[rng.gauss(0.0, 0.3) for _ in range(PRODUCTS)] for _ in range(CONTENTS)]
        self.taste = [rng.gauss(0.0, 0.7) for _ in range(CONTENTS)]
        shares = [rng.uniform(0.5, 1.5) for _ in range(PRODUCTS)]
        self.popular = [share / sum(shares) for share in shares]
        self._chances: dict[tuple[Context, int], float] = {}

    def pick_chance(self, context: Context, kind: float, content: int) -> float:
        """Of one shopper who is shown this content."""
        worth = self.base[content] + self.at[content][context.daytime] + self.pair[content][context.held]
        worth += self.same[content] * (content == context.held) + self.long[content] * context.long
        worth += self.more[content] * (context.picks > 1) + self.taste[content] * kind
        return 1.0 / (1.0 + math.exp(-worth))

    def chance(self, context: Context, content: int) -> float:
        """Over both kinds of shoppers."""
        known = self._chances.get((context, content))
        if known is None:
            both = [self.pick_chance(context, kind, content) for kind in KINDS]
            known = self._chances[context, content] = sum(both) / len(both)
        return known

    def contexts(self) -> Iterator[tuple[Context, float]]:
        """All there are, and how likely each is."""
        for held, daytime, long, picks in product(range(PRODUCTS), range(3), (False, True), (1, 2)):
            yield Context(held, daytime, long, picks), self.popular[held] / 12.0

    def value(self, choose: Chooser) -> float:
        """Picks a showing, of a fixed policy: exactly."""
        return math.fsum(share * self.chance(context, choose(context)) for context, share in self.contexts())

    def best(self, context: Context) -> int:
        """Who knew the truth would show this."""
        return max(range(CONTENTS), key=lambda content: self.chance(context, content))

    def best_fixed(self) -> int:
        """The one content that does best when it is shown to everybody."""
        return max(range(CONTENTS), key=lambda content: self.value(lambda _: content))

    def shoppers(self, seed: int, n: int) -> Iterator[Shopper]:
        """So many, one after the other."""
        rng = Random(f"shoppers {seed}")
        for _ in range(n):
            held = rng.choices(range(PRODUCTS), self.popular)[0]
            context = Context(held, rng.randrange(3), rng.random() < 0.5, rng.choice((1, 2)))
            yield Shopper(context, rng.choice(KINDS), rng.random())


def gtin(index: int) -> str:
    """Of a product of this shop."""
    body = f"0690123{index:06d}"
    return body + check_digit(body)


def items() -> tuple[Item, ...]:
    """The contents as a content document has them."""
    return tuple(
        Item(name=f"c{c}", plays="answer", headline=f"c{c}", goods=(gtin(c),) if c < PRODUCTS else ())
        for c in range(CONTENTS)
    )
