"""From a button that goes down and up to presses with a length.

A long press is told as soon as it is long, so that the light answers while the finger is still there; its end then says
nothing. A button that is down at the start, or for half a minute, is a wire, not a finger.
Not here: bouncing contacts (the driver's), what a press means (agent/buttons.py).
"""

from __future__ import annotations

import math

from agent.buttons import HOLD_S
from agent.messages import ButtonPressed

SHORTEST_S = 0.03  # less is a spike on a long wire
STUCK_S = 30.0


class Presses:
    """All buttons of one device."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}
        self._told: set[str] = set()  # of those down: as long, or not to be told at all
        self.stuck: frozenset[str] = frozenset()

    def found_down(self, buttons: frozenset[str]) -> None:
        """They were down when the pins were opened: nobody pressed them now."""
        self._since_s = dict.fromkeys(buttons, -math.inf)
        self._told, self.stuck = set(buttons), buttons

    def edge(self, button: str, down: bool, t: float) -> ButtonPressed | None:
        """It went down or up at `t`; a press that is over."""
        if down:
            self._since_s.setdefault(button, t)
            return None
        since_s, told = self._since_s.pop(button, None), button in self._told
        self._told.discard(button)
        self.stuck -= {button}
        if since_s is None or told or t - since_s < SHORTEST_S:
            return None
        return ButtonPressed(t, button, round(t - since_s, 3))

    def pass_time(self, t: float, down: frozenset[str]) -> list[ButtonPressed]:
        """Presses that have become long by `t`, or are over. `down`: which are down, as the pins say: an edge may have
        been lost."""
        over = [self.edge(button, False, t) for button in sorted(self._since_s.keys() - down)]
        self.stuck |= {button for button, since_s in self._since_s.items() if t - since_s >= STUCK_S}
        long = [b for b, since_s in self._since_s.items() if b not in self._told and t - since_s >= HOLD_S]
        self._told.update(long)
        return [*(press for press in over if press is not None), *(ButtonPressed(t, b, HOLD_S) for b in long)]

    def next_s(self) -> float:
        """When `pass_time` has something to do; inf: not without an edge."""
        waits = [since_s + (STUCK_S if b in self._told else HOLD_S) for b, since_s in self._since_s.items()]
        known = [at for at, button in zip(waits, self._since_s, strict=True) if button not in self.stuck]
        return min(known, default=math.inf)
