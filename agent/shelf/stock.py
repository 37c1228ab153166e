"""How many units stand in each lane, as far as is known."""

from __future__ import annotations

from typing import Literal

from agent.messages import Snapshot
from agent.shelf.planogram import Lane, Planogram
from wire.state import LaneStock, StockState

LaneKey = tuple[str, str]  # name, gtin: two products may share a lane's name
MOST_ABSENT = 400  # lanes that were there and are not, of which the count is kept
ABSENT = 0.9  # that a count still holds which nobody kept for a while


class Stock:
    """Counted once (configuration or command), then kept by events; `probability` says how far the count can be
    trusted after them."""

    def __init__(self, planogram: Planogram) -> None:
        self._lanes = {(x.name, x.product.gtin): x for s in planogram.stretches for x in s.lanes}
        self.units: dict[LaneKey, int | None] = {key: lane.units for key, lane in self._lanes.items()}
        self._probability = dict.fromkeys(self._lanes, 1.0)
        self._absent: dict[LaneKey, tuple[int | None, float]] = {}  # lanes of planograms before this one

    def find(self, lane: str, gtin: str | None) -> LaneKey | None:
        """The lane of this name (and product, where a name stands for two)."""
        fits = [key for key in self._lanes if key[0] == lane and gtin in (None, key[1])]
        return fits[0] if len(fits) == 1 else None

    def count(self, key: LaneKey, units: int) -> None:
        """Somebody counted."""
        self.units[key] = units
        self._probability[key] = 1.0

    def move(self, key: LaneKey, units: int, confidence: float) -> None:
        """`units` came (or went, below 0). Fewer than none means that the count was wrong: it is none, and doubtful."""
        known = self.units.get(key)
        if known is None:
            return
        self.units[key] = max(known + units, 0)
        self._probability[key] *= confidence if known + units >= 0 else 0.5 * confidence

    def state(self) -> StockState:
        """For the broker."""
        return StockState(lanes=tuple(self._lane_state(k, lane) for k, lane in self._lanes.items()))

    def _lane_state(self, key: LaneKey, lane: Lane) -> LaneStock:
        units = self.units[key]
        if units is None:
            return LaneStock(lane=lane.name, gtin=lane.product.gtin, units=None, level="unknown")
        level: Literal["empty", "low", "ok"] = "empty" if units == 0 else "low" if units <= lane.low_units else "ok"
        probability = round(self._probability[key], 3)
        return LaneStock(lane=lane.name, gtin=lane.product.gtin, units=units, level=level, probability=probability)

    def snapshot(self) -> Snapshot:
        """Plain values, in the planogram's order."""
        lanes = [[*key, units, self._probability[key]] for key, units in self.units.items()]
        return {"lanes": lanes, "absent": [[*key, *known] for key, known in self._absent.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave; lanes that are new, or carry another product now, stay as configured. Counts of lanes
        that are no more wait for their return: a planogram may be a mistake, and be taken back."""
        absent = {(lane, gtin): (units, probability) for lane, gtin, units, probability in state["absent"]}
        for lane, gtin, units, probability in state["lanes"]:
            if (lane, gtin) in self._lanes:
                self.units[lane, gtin], self._probability[lane, gtin] = units, probability
            else:
                absent[lane, gtin] = (units, probability)
        for key in [key for key in absent if key in self._lanes]:
            units, probability = absent.pop(key)
            self.units[key], self._probability[key] = units, ABSENT * probability
        self._absent = dict(list(absent.items())[-MOST_ABSENT:])
