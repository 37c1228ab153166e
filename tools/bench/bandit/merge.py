"""How a hub adds up what shelves have learned, by the rule in docs/policy.md: nothing twice, nothing lost.

Of each device and version of a policy the newest `state/learned` holds all that this device saw under it, so sums are
replaced and never added to. Sums that have become smaller are those of a device that lost its memory and began anew.
"""

from __future__ import annotations

from agent.triggers.learned import Sums
from wire.documents import Arm
from wire.state import Learned

Book = dict[str, Sums]


class Ledger:
    """All that was ever told."""

    def __init__(self) -> None:
        self._newest: dict[tuple[str, int | None], Book] = {}
        self._closed: list[Book] = []  # of devices that began anew

    def hear(self, device: str, learned: Learned) -> None:
        """A device tells; also late, doubled, or of a policy that is no more."""
        book = {arm.content: Sums(tuple(arm.a), tuple(arm.b)) for arm in learned.arms}
        before = self._newest.get((device, learned.policy), {})
        if any(book.get(content, Sums()).shows < sums.shows for content, sums in before.items()):
            self._closed.append(before)
        self._newest[device, learned.policy] = book

    def arms(self) -> tuple[Arm, ...]:
        """For the next policy."""
        total: Book = {}
        for book in (*self._newest.values(), *self._closed):
            for content, sums in book.items():
                total[content] = total.get(content, Sums()).plus(sums)
        return tuple(Arm(content=content, a=sums.a, b=sums.b) for content, sums in sorted(total.items()))
