"""Zero, scale and count of the lanes of a running shelf, as people order them; each is refused where it would do harm.

Whoever orders may be far away and mean another lane, so in the open shop a lane must look empty before it is tared.
Not here: ids, expiry and answers (orders.py), buttons (buttons.py), the numbers themselves (weighing/).
"""

from __future__ import annotations

import math

from agent.attendant import Attendant
from agent.fusion.telling import Mode
from agent.messages import Snapshot
from agent.shelf.planogram import Stretch
from agent.weighing.weigher import Weigher

DRIFTED_G = 100.0  # a lane counted empty may read this much: load cells creep, dust and price rails come
NEAR_G = 20.0  # a lane that nobody counted is empty if it reads no more, nor half of its lightest unit
TARED_S = 900.0  # a tare is good for so long before a calibration; store plates drift 1.6 g in 17 s at most
MOST_CHANGE = 0.2  # of the configured factor; a cell that is off by more is broken, or the mass is not what was said
NOISE_SHARE = 0.005  # of the mass: the factor is then good to 0.5 %
Reply = tuple[bool, str]  # done or not, and a sentence
Cells = tuple[str, tuple[int, ...]]  # a stretch by its scale and columns: its index may be another's tomorrow


class Upkeep:
    """What people may do to the lanes of one shelf while it runs."""

    def __init__(self, shelf: Attendant) -> None:
        self.shelf = shelf
        self._tared_s: dict[Cells, float] = {}  # when they were last tared, in this boot and this mode

    def set_mode(self, mode: Mode) -> Reply:
        """Open, staff or maintenance."""
        if mode != self.shelf.mode:
            self._tared_s.clear()
        self.shelf.set_mode(mode)
        return True, f"mode is {mode}"

    def count(self, t: float, lane: str, units: int, gtin: str | None) -> Reply:
        """Somebody counted. Not while goods move there: what is about to be told would be counted twice."""
        if units < 0:
            return False, f"{units} units: a count is 0 or more"
        stock = self.shelf.ledger.stock
        key = stock.find(lane, gtin)
        if key is None:
            return False, self._not_found(lane, gtin)
        stretch = self._stretch(lane)
        if stretch is not None and self.shelf.mode != "maintenance" and self._in_motion(stretch, t):
            return False, f"lane {lane!r} is in motion: count again when nobody reaches into it"
        stock.count(key, units)
        return True, f"lane {lane!r} holds {units} units"

    def tare(self, t: float, lane: str) -> Reply:
        """The lane is empty: its present reading is zero."""
        stretch = self._stretch(lane)
        if stretch is None:
            return False, f"no lane {lane!r} here: name a lane of the planogram"
        refusal = self._restless(stretch, t) or (self._not_empty(stretch) if self.shelf.mode == "open" else None)
        if refusal is not None:
            return False, f"lane {lane!r} {refusal}"
        self._zero(stretch, t)
        return True, f"lane {lane!r} is empty and weighs 0 g"

    def tare_empty(self, t: float) -> Reply:
        """Tares every lane that looks empty and stands still: what a button can mean, which names no lane."""
        empty = [s for s in self.shelf.planogram.stretches if s.lanes and self._not_empty(s) is None]
        still = [s for s in empty if self._restless(s, t) is None]
        for stretch in still:
            self._zero(stretch, t)
        moved = ", ".join(s.name for s in empty if s not in still)
        if not still:
            why = f"; in motion or without reading: {moved}" if moved else ""
            return False, f"no lane was tared: none looks empty and stands still{why}"
        rest = f"; not tared, for it moves or gives no reading: {moved}" if moved else ""
        return not moved, f"tared, as they are empty: {', '.join(s.name for s in still)}{rest}"

    def calibrate(self, t: float, lane: str, mass_g: float) -> Reply:
        """`mass_g` lies in the lane that was tared empty before: what its cells count for a gram is learned anew."""
        stretch = self._stretch(lane)
        if stretch is None:
            return False, f"no lane {lane!r} here: name a lane of the planogram"
        refusal = self._uncertain(stretch, t) or self._restless(stretch, t)
        if refusal is not None:
            return False, f"lane {lane!r} {refusal}"
        weigher = self.shelf.weighers[stretch.scale]
        level_g, noise_g = weigher.level_g(stretch.index), weigher.noise_g(stretch.index)
        if noise_g > NOISE_SHARE * mass_g:
            least_g = math.ceil(noise_g / NOISE_SHARE / 10.0) * 10
            return False, f"lane {lane!r} trembles by {noise_g:.1f} g: take a mass of {least_g} g or more"
        factor = mass_g / level_g if level_g > 0.0 else math.inf
        if weigher.trimmed(stretch.index, factor) > MOST_CHANGE:
            return False, (
                f"lane {lane!r} says {level_g:.1f} g of the {mass_g:g} g: that would change its configured"
                f" counts_per_gram by more than {100 * MOST_CHANGE:.0f} %; look at the mass, at"
                " what else lies there and at the cells"
            )
        weigher.rescale(stretch.index, factor)
        numbers = ", ".join(f"{counts:.6g}" for counts in weigher.counts_per_gram(stretch.index))
        return True, f"lane {lane!r} said {level_g:.1f} g of {mass_g:g} g; counts_per_gram is {numbers} from here on"

    def why_not_restart(self, t: float) -> str | None:
        """Goods that move while the device is off are told as a restock, and nobody knows who took them."""
        if self.shelf.mode != "open":
            return None
        busy = [s.name for s in self.shelf.planogram.stretches if s.lanes and self._in_motion(s, t)]
        if not busy:
            return None
        return f"somebody reaches into {', '.join(busy[:3])}: send it when nobody does, or set_mode maintenance first"

    def resume(self) -> None:
        """A new process: what was tared before may have been loaded since."""
        self._tared_s.clear()

    # -- what speaks against it ---------------------------------------------------------------------------------------

    def _not_found(self, lane: str, gtin: str | None) -> str:
        """Which lane or product is meant, as far as the planogram can tell."""
        here = [x for s in self.shelf.planogram.stretches for x in s.lanes if x.name == lane]
        if not here:
            return f"no lane {lane!r} here: name a lane of the planogram"
        codes = ", ".join(x.product.gtin for x in here)
        if gtin is None:
            return f"lane {lane!r} holds several products: say which with gtin, one of {codes}"
        return f"lane {lane!r} does not hold {gtin}: its products are {codes}"

    def _stretch(self, lane: str) -> Stretch | None:
        return next((s for s in self.shelf.planogram.stretches if any(x.name == lane for x in s.lanes)), None)

    def _weigher(self, stretch: Stretch) -> Weigher:
        return self.shelf.weighers[stretch.scale]

    def _in_motion(self, stretch: Stretch, t: float) -> bool:
        """A lane that gives no reading does not move, as far as anybody knows."""
        weigher = self._weigher(stretch)
        moves = weigher.moving(stretch.index) and not weigher.silent(stretch.index, t)
        return moves or bool(self.shelf.hands.inside(stretch, t))

    def _restless(self, stretch: Stretch, t: float) -> str | None:
        """Why its reading cannot be relied on right now."""
        weigher = self._weigher(stretch)
        if weigher.silent(stretch.index, t):
            return "gives no reading: look at its scale first (shelfd doctor)"
        if weigher.moving(stretch.index):
            return "is in motion: take the hands off and send the order again"
        if self.shelf.hands.inside(stretch, t):
            return "has a hand in it: take the hands off and send the order again"
        return None

    def _not_empty(self, stretch: Stretch) -> str | None:
        """Why it does not look empty, by count, by what was laid there and by weight."""
        ledger, level_g = self.shelf.ledger, self._weigher(stretch).level_g(stretch.index)
        units = [ledger.stock.units[lane.name, lane.product.gtin] for lane in stretch.lanes]
        anyway = "empty it, or order it in mode staff or maintenance, where nobody asks"
        if any(units):
            return f"holds {sum(n or 0 for n in units)} units by count: {anyway}"
        if ledger.contents.strays(stretch.index):
            return f"has something lying in it that does not belong there: {anyway}"
        unknown = any(n is None for n in units)
        if level_g > (self._near_g(stretch) if unknown else DRIFTED_G) or (unknown and level_g < -NEAR_G):
            return f"weighs {level_g:.0f} g: {anyway}"
        return None

    def _near_g(self, stretch: Stretch) -> float:
        return min([NEAR_G, *(0.5 * lane.product.unit_g for lane in stretch.lanes if lane.product.unit_g is not None)])

    def _uncertain(self, stretch: Stretch, t: float) -> str | None:
        """Why a reference mass would tell nothing."""
        if self.shelf.mode != "maintenance":
            return "would tell of the mass as of goods: order set_mode maintenance, tare, lay the mass, then calibrate"
        if t - self._tared_s.get((stretch.scale, stretch.cells), -math.inf) > TARED_S:
            return f"was not tared in the last {TARED_S / 60:.0f} minutes: empty it, tare, lay the mass, then calibrate"
        return None

    def _zero(self, stretch: Stretch, t: float) -> None:
        self._weigher(stretch).tare(stretch.index)
        self.shelf.ledger.empty(stretch)
        self._tared_s[stretch.scale, stretch.cells] = t

    # -- restart ------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {"tared_s": [[scale, list(cells), t] for (scale, cells), t in self._tared_s.items()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        self._tared_s = {(scale, tuple(cells)): t for scale, cells, t in state["tared_s"]}
