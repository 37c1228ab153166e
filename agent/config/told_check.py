"""Whether what the shelf tells of all its lanes at once goes in one message each: state/stock and state/prices.

Not here: what is told (shelf/stock.py, shelf/labels.py), how many bytes a message may have (wire/limits.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from agent.config.problem import Problem
from agent.config.schema import Config, Lane
from wire.limits import MAX_BYTES
from wire.state import LanePrice, LaneStock, Prices, StockState

# As long as they come to be written; only names and prices are the configuration's.
UNITS, PROBABILITY = 10_000, 0.123
BY = "somebody at the shop"  # 20 bytes; a document with a longer name is checked with that
VERSION = 4_294_967_296  # ten digits, as the seconds since 1970 have
SHOWN_S = 1234567.123456789  # two weeks after the device was switched on


def messages(config: Config) -> Iterator[Problem]:
    """Beyond the bound the hub would never hear of any lane."""
    if not all(lane.name.isprintable() for lane in config.lanes):
        return  # told by planogram_check.py, and not all of it can be written
    yield from _fits("state/stock", len(msgspec.json.encode(_stock(config))))
    yield from prices_fit(config, BY)


def prices_fit(config: Config, by: str) -> Iterator[Problem]:
    """`by`: who set them. A shelf without prices tells none."""
    if any(lane.price or lane.promotion_price for lane in config.lanes):
        yield from _fits("state/prices", len(msgspec.json.encode(_prices(config, by))))


def _fits(topic: str, size: int) -> Iterator[Problem]:
    if size > MAX_BYTES:
        what = f"{topic} would have up to {size} bytes with these lanes, and {MAX_BYTES} go in one message"
        yield Problem("lane", f"{what}: give them shorter names, or part the shelf between two devices")


def _stock(config: Config) -> StockState:
    return StockState(
        lanes=tuple(
            LaneStock(lane=lane.name, gtin=lane.gtin, units=UNITS, level="empty", probability=PROBABILITY)
            for lane in config.lanes
        )
    )


def _prices(config: Config, by: str) -> Prices:
    return Prices(currency=config.store.currency, lanes=tuple(_price(lane, by) for lane in config.lanes))


def _price(lane: Lane, by: str) -> LanePrice:
    return LanePrice(
        lane=lane.name,
        gtin=lane.gtin,
        price=lane.price or None,
        promotion_price=lane.promotion_price or None,
        by=by,
        version=VERSION,
        shown_s=SHOWN_S if lane.price or lane.promotion_price else None,
    )


TOLD_RULES: tuple[Callable[[Config], Iterator[Problem]], ...] = (messages,)
