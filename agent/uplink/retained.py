"""Retained state: all of it again after each connect, since brokers lose it; then whatever changes, newest only.

`state/online` goes first and says which boot speaks and how far its numbers go. Not here: events (events.py).
"""

from __future__ import annotations

import msgspec

from agent.uplink.parcels import Parcel
from agent.uplink.protocol import Box, FaultBook, Message
from wire.state import Online
from wire.topics import Topics

AGAIN_S = 60.0  # a refused state is tried again after this, or when it changes
OFFLINE = b'{"online":false}'  # the last will, and the last word of an orderly end


class StateLane:
    """Newest states on their way to the broker. Implements Lane."""

    def __init__(self, box: Box, topics: Topics, us: Online, faults: FaultBook) -> None:
        """`us`: who is online, told at each connect with the newest number."""
        self._box = box
        self._topics = topics
        self._us = us
        self._faults = faults
        self._online = OFFLINE
        self._told: dict[str, bytes] = {}  # on this connection
        self._flying: dict[str, bytes] = {}
        self._again_s: dict[str, float] = {}
        self._unfit: dict[str, bytes] = {}  # not offered again until it changes

    def connected(self) -> None:
        """Everything is to be told again."""
        self._told.clear()
        self._online = msgspec.json.encode(msgspec.structs.replace(self._us, last_sequence=self._box.last_sequence))

    def due(self, room: int, now_s: float) -> list[Parcel]:
        states = {Online.kind: self._online, **self._box.states()}
        kinds = [kind for kind, body in states.items() if self._is_due(kind, body, now_s)][: max(0, room)]
        for kind in kinds:
            self._flying[kind] = states[kind]
        return [
            Parcel("state", kind, Message(self._topics.retained(kind), states[kind], retain=True)) for kind in kinds
        ]

    def accepted(self, parcel: Parcel, now_s: float) -> None:
        kind = str(parcel.key)
        self._told[kind] = self._flying.pop(kind, parcel.message.body)
        self._again_s.pop(kind, None)
        self._unfit.pop(kind, None)
        if not (self._again_s or self._unfit):
            self._faults.clear("uplink", "state_refused")

    def held(self, parcel: Parcel, code: int, now_s: float) -> None:
        self._refused(parcel, f"reason 0x{code:02X}, mend its access list")
        self._again_s[str(parcel.key)] = now_s + AGAIN_S

    def unfit(self, parcel: Parcel, why: str, now_s: float, *, final: bool = False) -> None:
        self._refused(parcel, why)
        self._unfit[str(parcel.key)] = parcel.message.body

    def disconnected(self) -> None:
        self._flying.clear()
        self._again_s.clear()

    def wake_s(self) -> float | None:
        return min(self._again_s.values(), default=None)

    def _is_due(self, kind: str, body: bytes, now_s: float) -> bool:
        return (
            kind not in self._flying
            and self._told.get(kind) != body
            and self._unfit.get(kind) != body
            and now_s >= self._again_s.get(kind, now_s)
        )

    def _refused(self, parcel: Parcel, why: str) -> None:
        self._flying.pop(str(parcel.key), None)
        sentence = f"the broker refuses the retained state {parcel.message.topic} ({why}); events go on"
        self._faults.raise_fault("uplink", "state_refused", sentence)
