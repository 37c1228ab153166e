"""The chance in a decision: even numbers from its name, the same in every replay.

An event's id is given later, by the outbox; so a decision has a name of its own, and the digest of that is the draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from agent.triggers.features import Trigger


@dataclass(frozen=True, slots=True)
class Draw:
    """Two independent whole numbers of 64 bits: for the holdout, and for the choice."""

    holdout: int
    choice: int

    @classmethod
    def of(cls, device: str, n: int, trigger: Trigger) -> Draw:
        """Of the `n`-th decision of this device. All that goes in is in a recording."""
        told = (device, str(n), trigger.kind, trigger.visitor or "", f"{trigger.t:.3f}")
        digest = hashlib.sha256("\n".join(told).encode()).digest()
        return cls(int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big"))


def coupon_number(device: str, n: int, t: float, wall_s: float) -> str:
    """Of a coupon: its own once and for all, also where a device has lost its memory and counts anew."""
    return hashlib.sha256(f"{device}\n{n}\n{t:.3f}\n{wall_s:.3f}".encode()).hexdigest()[:16]
