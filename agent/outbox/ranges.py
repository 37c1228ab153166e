"""Which numbers are gone: the ranges of dropped events, merged and written as gap events.

A dropped gap event is not forgotten: the ranges it named go into the new gaps. Pure; not here: choosing what
has to go (budget.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent.messages import Event
from agent.outbox.envelope import sealed_gap
from agent.outbox.protocol import Stamp
from wire.events import Gap

STREAM = "event"  # the `stream` of gaps that are about events


@dataclass(slots=True)
class Dropped:
    """Numbers that will never arrive, by the boot that gave them, and events lost before they had a number."""

    sequences: list[tuple[str, int, int]] = field(default_factory=list)  # (boot, first, last); "": not known which
    unnumbered: int = 0

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]]) -> Dropped:
        """Numbers whose boot nobody can tell any more."""
        return cls([("", first, last) for first, last in ranges])

    def add_row(self, boot: str, sequence: int, kind: str, body: bytes) -> None:
        """One row that is deleted unsent."""
        self.sequences.append((boot, sequence, sequence))
        if kind != Gap.kind:
            return
        try:
            gap = sealed_gap(body)
        except ValueError:  # damaged on the card: what it named cannot be told any more
            return
        if gap.stream != STREAM:
            return
        if gap.first_sequence is None or gap.last_sequence is None:
            self.unnumbered += gap.lost
        else:
            self.sequences.append((gap.boot or "", gap.first_sequence, gap.last_sequence))

    def events(self, reason: str, stamp: Stamp) -> list[Event]:
        """The gap events that tell it: one for each range, one for all that had no number."""
        gaps = [
            Gap(
                stream=STREAM,
                lost=last - first + 1,
                reason=reason,
                at_s=stamp.at_s,
                clock=stamp.clock,
                boot=boot or None,
                first_sequence=first,
                last_sequence=last,
            )
            for boot, first, last in merge(self.sequences)
        ]
        if self.unnumbered:
            gaps.append(
                Gap(stream=STREAM, lost=self.unnumbered, reason=reason, at_s=stamp.at_s, clock=stamp.clock),
            )
        return [Event(gap, stamp.wall_s) for gap in gaps]


def merge(ranges: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Ranges of the same boot that touch or overlap become one. Numbers go on over boots, so the order by first
    number, in which they come back, is the order in time."""
    merged: list[tuple[str, int, int]] = []
    for boot, first, last in sorted(ranges):
        if merged and merged[-1][0] == boot and first <= merged[-1][2] + 1:
            merged[-1] = (boot, merged[-1][1], max(last, merged[-1][2]))
        else:
            merged.append((boot, first, last))
    return sorted(merged, key=lambda x: x[1])
