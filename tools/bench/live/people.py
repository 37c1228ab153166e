"""Who is in the live shop: a shopper who does as told, a crowd that does as it likes, and staff who refill.

The first order sends the crowd away: two strangers' hands in one lane would only hide what the ordered one did.
Everything is planned at least LEAD_S ahead of the clock. Not here: what a deed does (stage.py, obeying.py).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from tools.bench.hands import Visitor
from tools.bench.live.obeying import ORDERS, UnwillingError
from tools.bench.live.play import LEAD_S, LivePlay
from tools.bench.live.refill import Badge, NoBadge, gaps, refill
from tools.bench.shopper import Habits, Turn, shopper
from tools.bench.world import EMPTY_S

IDLE_S = 25.0  # without an order the obedient one leaves
BUSY_S = 12.0  # orders wait in a queue no longer than this
STAGGER_S = 3.0  # the crowd does not come all at once


class People:
    """`step()` several times a second, `order()` from any thread. `expect(number)` is told of each new visitor before
    their first deed is planned: to draw a hand takes half a second."""

    def __init__(
        self,
        live: LivePlay,
        now_s: Callable[[], float],
        habits: Habits,
        *,
        size: int,
        stays_s: float,
        expect: Callable[[int], None] = lambda number: None,
        badge: Badge | None = None,
    ) -> None:
        """`size` of the crowd; `stays_s`: then it goes, and staff refill before the next. `badge`: how they tell the
        shelf that they are at work."""
        self.live, self.crowded, self.expect = live, size > 0, expect
        self._now_s, self._habits, self._size, self._stays_s = now_s, habits, max(1, size), stays_s
        self._turns: list[tuple[float, int, Turn]] = []
        self._next_s = 0.0  # nobody of the crowd comes, and no staff, before this
        self._badge: Badge = badge or NoBadge()
        self._refill = False  # somebody called the staff
        self._staff: Iterator[None] | None = None  # while they are there
        self._one: Visitor | None = None
        self._known = 0
        self.doing = ""

    @property
    def one(self) -> Visitor | None:
        """Who does as told, while present."""
        return self._one if self._one is not None and self._one.present else None

    @property
    def refilling(self) -> bool:
        """Staff are there, and nobody else."""
        return self._staff is not None

    def busy_s(self) -> float:
        """So long until the last order is carried out."""
        return 0.0 if self.one is None else max(0.0, self.one.busy_until_s - self._now_s())

    def basket(self) -> list[str]:
        """GTINs of what the obedient one has taken."""
        return [] if self.one is None else [x.gtin or "" for x in self.live.stage.baskets[self.one.name]]

    def crowd(self, on: bool) -> None:
        """Lets the crowd in, or sends it away."""
        with self.live.lock:
            self.crowded = on
            if on:
                self._leave()
            else:
                self._send_away()

    def order(self, deed: str, lane: str = "") -> None:
        """One of ORDERS, "leave" or "refill". `lane` empty: any. UnwillingError says why it cannot be done."""
        if deed not in (*ORDERS, "leave", "refill"):
            raise UnwillingError(f"nobody here knows how to {deed!r}")
        if lane and lane not in self.live.stage.lanes:
            raise UnwillingError(f"there is no lane {lane!r}")
        if self.refilling and deed != "leave":
            self.crowd(False)
            raise UnwillingError("the staff are still refilling: ask again in a moment")
        if deed == "refill" and not gaps(self.live.stage):
            raise UnwillingError("there is nothing to refill: every lane is more than half full, or has no room")
        if self.busy_s() > BUSY_S:
            raise UnwillingError(f"the shopper is busy for another {self.busy_s():.0f} s")
        with self.live.lock:
            if deed in ("leave", "refill"):
                self._leave()
                self._refill = self._refill or deed == "refill"
                return
            self.crowd(False)
            if self.one is None:
                self._one = self.live.stage.enter(self._now_s() + LEAD_S)
        self._introduce()
        with self.live.lock:
            one = self.one
            if one is not None:
                self.live.stage.deed = self.doing = deed
                ORDERS[deed](self.live.stage, one, lane, max(one.busy_until_s, self._now_s() + LEAD_S))

    def step(self) -> None:
        """Whoever may act next does; who has nothing to do leaves; the staff come when nobody is there."""
        now_s = self._now_s()
        with self.live.lock:
            one = self.one
            if one is not None and now_s > one.busy_until_s + IDLE_S:
                self._leave()
            if self._refill:
                self._send_away()
            while self._turns and self._turns[0][0] <= now_s + LEAD_S:
                _, number, turn = heapq.heappop(self._turns)
                if (t_s := next(turn, None)) is not None:
                    heapq.heappush(self._turns, (t_s, number, turn))
            if self._staff is not None:
                self._work(now_s)
            elif not self._turns and now_s >= self._next_s and (self._refill or self.crowded) and self._empty(now_s):
                self._staff = refill(self.live.stage, self._badge, self._now_s) if gaps(self.live.stage) else iter(())
                self._work(now_s)
        self._introduce()

    def _work(self, now_s: float) -> None:
        """Staff go on; when they are done the crowd comes, if it may."""
        try:
            next(self._staff or iter(()))
        except StopIteration:
            self._staff, self._refill, self._next_s = None, False, now_s + EMPTY_S
            if self.crowded:
                self._begin()

    def _begin(self) -> None:
        begins = [self._next_s + STAGGER_S * i for i in range(self._size)]
        until_s = self._next_s + self._stays_s
        turns = [shopper(self.live.stage, self._habits, begin_s, until_s) for begin_s in begins]
        self._turns = [(begin_s, i, turn) for i, (begin_s, turn) in enumerate(zip(begins, turns, strict=True))]
        heapq.heapify(self._turns)

    def _empty(self, now_s: float) -> bool:
        return not any(x.present or now_s < x.leaves_s + EMPTY_S for x in self.live.stage.visitors)

    def _leave(self) -> None:
        if self.one is not None:
            self.live.stage.leave(self.one, self._now_s())
            self._one, self.doing = None, ""

    def _send_away(self) -> None:
        self._turns = []
        for visitor in self.live.stage.visitors:
            if visitor.present and visitor is not self._one:
                self.live.stage.leave(visitor, self._now_s())

    def _introduce(self) -> None:
        while self._known < len(self.live.stage.visitors):
            self._known += 1
            self.expect(self._known - 1)
