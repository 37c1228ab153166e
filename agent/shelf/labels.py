"""What the strip's labels say, by whose word, and since when it stands there.

`changed` hands the screen a new edition whenever a price, a name or a level of stock is another; `shown` tells the
broker of each price that was not on the screen before. Who set a price is remembered with it, so that a later document
which leaves it as it is does not claim it. After a restart the prices that stood there are not told as new.
Not here: drawing (screen/face.py), how prices are written (price.py), when the core asks (core.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent.config.schema import Config, Lane
from agent.messages import Label, Labels, LabelsShown, Output, Snapshot
from wire.events import Clock, Priced
from wire.state import LanePrice, Prices, StockState

LaneKey = tuple[str, str]  # name, gtin: two products may share a lane's name
Level = Literal["unknown", "empty", "low", "ok"]
MOST_EDITIONS = 16  # that the screen may be late; it draws only the newest, so two are more than it needs


@dataclass(frozen=True, slots=True)
class Origin:
    """A price and who set it; `by`, `version` None: the device's own file."""

    price: str
    promotion_price: str
    by: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A price as it stands on the strip. `shown_s` None: no screen is known to show it in this boot."""

    origin: Origin
    shown_s: float | None


NOTHING = Origin("", "", None, None)


def labelled(config: Config) -> tuple[Lane, ...]:
    """The lanes that have a label, in the planogram's order."""
    wanted = config.screen.labels
    return tuple(lane for lane in config.lanes if (lane.name in wanted if wanted else _has_place(lane)))


class ShelfEdge:
    """The labels of one shelf. Prices that nobody has claimed before the first edition are the device's own file's."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._origins: dict[LaneKey, Origin] = {}
        self._standing: dict[LaneKey, Standing] = {}
        self._edition = 0
        self._told: tuple[Label, ...] = ()
        self._editions: dict[int, dict[LaneKey, Origin]] = {}  # handed out; the screen may be at any of them
        self._currency: str | None = None  # of the prices that stand on the screen; None: none stood there yet
        self._priced = False  # a price was told of: from there on state/prices says so too when there is none

    def reconfigure(self, config: Config, version: int | None, by: str | None) -> None:
        """Prices that are other than before, or that nobody has claimed yet, come with this configuration."""
        self._config = config
        self._forget_origins()
        self._claim(version, by)

    def changed(self, stock: StockState) -> tuple[Output, ...]:
        """A new edition of the labels where they are not as they were; nothing where there is no screen."""
        self._claim(None, None)
        if not self._config.screen.driver:
            self.resume()
            return ()
        levels = {(lane.lane, lane.gtin): lane.level for lane in stock.lanes}
        labels = tuple(_label(lane, levels.get(_key(lane), "unknown")) for lane in labelled(self._config))
        if labels == self._told:
            return ()
        self._told = labels
        self._edition += 1
        self._editions[self._edition] = {_key(lane): self._origins[_key(lane)] for lane in labelled(self._config)}
        self._editions = dict(list(self._editions.items())[-MOST_EDITIONS:])
        return (Labels(self._edition, labels),)

    def shown(self, observation: LabelsShown, clock: Clock) -> list[Priced]:
        """What the pixels of this edition brought, and took away. An edition may be told again, after a new start of
        the screen; one that was never handed out says nothing."""
        prices = self._editions.get(observation.edition)
        if prices is None:
            return []
        self._editions = {n: kept for n, kept in self._editions.items() if n >= observation.edition}
        prices = {key: origin for key, origin in prices.items() if key[0] not in observation.left_out}
        before, self._standing = self._standing, {}
        currency = self._config.store.currency
        other_money = self._currency not in (None, currency)
        self._currency = currency
        told = []
        for key in (*prices, *(key for key in before if key not in prices)):
            now, old = prices.get(key, NOTHING), before.get(key, Standing(NOTHING, None))
            same = _sums(now) == _sums(old.origin) and not (other_money and _sums(now) != _sums(NOTHING))
            if key in prices:
                since = old.shown_s if same and old.shown_s is not None else observation.t
                self._standing[key] = Standing(now, since)
            if not same:
                told.append(self._event(key, now, old.origin, observation.t, clock))
        return told

    def dark(self) -> None:
        """The screen was lost: nothing stands there until it says so again."""
        self._standing = {key: Standing(standing.origin, None) for key, standing in self._standing.items()}

    def resume(self) -> None:
        """A new process, or no screen any more: once there is one, the labels are handed out to it anew, and times of
        before mean nothing."""
        self.dark()
        self._told, self._editions = (), {}

    def prices(self) -> tuple[Prices, ...]:
        """For the broker; nothing on a shelf that never had a price."""
        lanes = self._config.lanes
        self._priced = self._priced or any(lane.price or lane.promotion_price for lane in lanes)
        if not self._priced:
            return ()
        return (Prices(currency=self._config.store.currency, lanes=tuple(self._lane_price(lane) for lane in lanes)),)

    def _lane_price(self, lane: Lane) -> LanePrice:
        origin = self._origins.get(_key(lane), Origin(lane.price, lane.promotion_price, None, None))
        standing = self._standing.get(_key(lane))
        stands = standing is not None and _sums(standing.origin) == _sums(origin) and _sums(origin) != _sums(NOTHING)
        return LanePrice(
            lane=lane.name,
            gtin=lane.gtin,
            price=origin.price or None,
            promotion_price=origin.promotion_price or None,
            by=origin.by,
            version=origin.version,
            shown_s=standing.shown_s if standing is not None and stands else None,
        )

    def _event(self, key: LaneKey, now: Origin, before: Origin, t: float, clock: Clock) -> Priced:
        name, gtin = key
        return Priced(
            lane=name,
            gtin=gtin,
            price=now.price or None,
            promotion_price=now.promotion_price or None,
            before=before.promotion_price or before.price or None,
            currency=self._config.store.currency,
            by=now.by,
            version=now.version,
            shown_s=t,
            clock=clock,
        )

    def _claim(self, version: int | None, by: str | None) -> None:
        for lane in self._config.lanes:
            self._origins.setdefault(_key(lane), Origin(lane.price, lane.promotion_price, by, version))

    def _forget_origins(self) -> None:
        """Of prices that are no longer configured."""
        prices = {_key(lane): (lane.price, lane.promotion_price) for lane in self._config.lanes}
        self._origins = {key: origin for key, origin in self._origins.items() if prices.get(key) == _sums(origin)}

    # -- restart ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Plain values."""
        return {
            "origins": [[*key, *_written(origin)] for key, origin in self._origins.items()],
            "standing": [[*key, *_written(s.origin), s.shown_s] for key, s in self._standing.items()],
            "edition": self._edition,
            "told": [[getattr(label, name) for name in Label.__slots__] for label in self._told],
            "editions": [
                [edition, [[*key, *_written(origin)] for key, origin in prices.items()]]
                for edition, prices in self._editions.items()
            ],
            "currency": self._currency,
            "priced": self._priced,
        }

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave; a price that the configuration has changed since is unclaimed."""
        self._origins = dict(_origins(state["origins"]))
        self._standing = {
            (lane, gtin): Standing(Origin(*origin), shown_s) for lane, gtin, *origin, shown_s in state["standing"]
        }
        self._edition = state["edition"]
        self._told = tuple(Label(*label) for label in state["told"])
        self._editions = {edition: dict(_origins(prices)) for edition, prices in state["editions"]}
        self._currency, self._priced = state["currency"], state["priced"]
        self._forget_origins()


def _label(lane: Lane, level: Level) -> Label:
    return Label(
        lane=lane.name,
        gtin=lane.gtin,
        title=lane.title,
        price=lane.price,
        promotion_price=lane.promotion_price,
        net_amount=lane.net_amount,
        net_unit=lane.net_unit,
        level=level,
        left_m=lane.left_m,
        right_m=lane.right_m,
    )


def _key(lane: Lane) -> LaneKey:
    return (lane.name, lane.gtin)


def _has_place(lane: Lane) -> bool:
    return lane.right_m > lane.left_m


def _sums(origin: Origin) -> tuple[str, str]:
    return (origin.price, origin.promotion_price)


def _written(origin: Origin) -> list[str | int | None]:
    return [origin.price, origin.promotion_price, origin.by, origin.version]


def _origins(rows: list[list[object]]) -> Iterator[tuple[LaneKey, Origin]]:
    for lane, gtin, price, promotion_price, by, version in rows:
        yield (lane, gtin), Origin(price, promotion_price, by, version)  # type: ignore[arg-type, misc]
