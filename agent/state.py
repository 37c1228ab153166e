"""Writes the whole core down as plain JSON values, and reads it back: for recordings, and for going on after a restart.

NaN becomes None, infinities become `{"float": "inf"}`; everything else is as it is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from agent.health import Health
from agent.messages import Snapshot
from wire import state as wire
from wire.events import Clock

if TYPE_CHECKING:
    from agent.core import Core

VERSION = 1


def save(core: Core) -> Snapshot:
    """Everything in `core` that is not configuration."""
    state = {
        "version": VERSION,
        "mode": core.mode,
        "clock": [core.clock.synced, core.clock.uncertainty_ms, core.wall_offset_s],
        "recent": [[index, *step] for index, step in core.recent.items()],
        "off": sorted(core.off),
        "told": _told(core),
        "hands": core.hands.snapshot(),
        "ledger": core.ledger.snapshot(),
        "orders": core.orders.snapshot(),
        "health": core.health.snapshot(),
        "weighers": {name: weigher.snapshot() for name, weigher in core.weighers.items()},
    }
    return {key: plain(value) for key, value in state.items()}


def load(core: Core, state: Snapshot) -> None:
    """Into a fresh `core` of the same configuration. ValueError when it is of another one."""
    if state.get("version") != VERSION:
        raise ValueError(f"the snapshot has version {state.get('version')!r}, this agent reads {VERSION}")
    if set(state["weighers"]) != set(core.weighers):
        raise ValueError("the snapshot knows other scales than the configuration")
    state = {key: revive(value) for key, value in state.items()}
    synced, uncertainty_ms, core.wall_offset_s = state["clock"]
    core.mode, core.clock = state["mode"], Clock(synced=synced, uncertainty_ms=uncertainty_ms)
    core.recent = {int(index): (at, size_g) for index, at, size_g in state["recent"]}
    core.off = set(state["off"])
    core.hands.restore(state["hands"])
    core.ledger.restore(state["ledger"])
    core.orders.restore(state["orders"])
    core.health = Health.restore(core.config, state["health"])
    for name, weigher in core.weighers.items():
        weigher.restore(state["weighers"][name])
    _remember_told(core, state["told"])


def _told(core: Core) -> Snapshot:
    """Which state the broker was told. Stock and inventory are told whenever they change, so their names suffice."""
    health = core.told_state.get(wire.Health.kind)
    known = _fields(health) | {"streams": [_fields(s) for s in health.streams]} if type(health) is wire.Health else None
    return {"kinds": sorted(core.told_state), "health": known}


def _remember_told(core: Core, told: Snapshot) -> None:
    now: list[wire.StatePayload] = [core.ledger.stock.state(), core.ledger.inventory()]
    if (health := told["health"]) is not None:
        streams = tuple(wire.StreamHealth(**stream) for stream in health["streams"])
        now.append(wire.Health(**health | {"streams": streams, "outbox_faults": tuple(health["outbox_faults"])}))
    core.told_state = {payload.kind: payload for payload in now if payload.kind in told["kinds"]}


def _fields(struct: wire.Health | wire.StreamHealth) -> Snapshot:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def plain(value: Any) -> Any:
    """numpy and non-finite numbers to JSON values."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else {"float": str(value)}  # no bare string: a visitor may be called inf
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def revive(value: Any) -> Any:
    """Infinities back to numbers; None stays None, each part knows where it stands for NaN."""
    if isinstance(value, dict):
        infinite = next((x for x in (math.inf, -math.inf) if value == {"float": str(x)}), None)
        return {key: revive(item) for key, item in value.items()} if infinite is None else infinite
    return [revive(item) for item in value] if isinstance(value, list) else value
