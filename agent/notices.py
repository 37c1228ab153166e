"""What the broker was told as retained state: only what changed since is told again.

Not here: the state itself (shelf/stock.py, fusion/ledger.py, health.py), publishing (outbox/, uplink/).
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.messages import Output, Snapshot, State
from wire import state as wire
from wire.state import StatePayload


class Notices:
    """The newest payload of each kind that was handed out."""

    def __init__(self) -> None:
        self._told: dict[str, StatePayload] = {}

    def changed(self, now: Iterable[StatePayload]) -> tuple[Output, ...]:
        """Of `now`, what is news; it counts as told from here on."""
        news = [payload for payload in now if self._told.get(payload.kind) != payload]
        self._told |= {payload.kind: payload for payload in news}
        return tuple(State(payload) for payload in news)

    def forget(self) -> None:
        """A new process tells everything once more."""
        self._told.clear()

    def snapshot(self) -> Snapshot:
        """Stock and inventory are told whenever they change, so their names suffice; health is written out."""
        health = self._told.get(wire.Health.kind)
        known = None
        if isinstance(health, wire.Health):
            known = _fields(health) | {"streams": [_fields(stream) for stream in health.streams]}
        return {"kinds": sorted(self._told), "health": known}

    def restore(self, state: Snapshot, now: Iterable[StatePayload]) -> None:
        """What `snapshot` gave; `now`: stock and inventory as they were then."""
        payloads = list(now)
        if (health := state["health"]) is not None:
            streams = tuple(wire.StreamHealth(**stream) for stream in health["streams"])
            faults = tuple(health["outbox_faults"])
            payloads.append(wire.Health(**health | {"streams": streams, "outbox_faults": faults}))
        self._told = {payload.kind: payload for payload in payloads if payload.kind in state["kinds"]}


def _fields(struct: wire.Health | wire.StreamHealth) -> Snapshot:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
