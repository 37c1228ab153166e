"""What the keys of [store], [screen] and the lanes' prices must mean together.

Not here: whether the panel is there and a price fits on it (the strip says so when it is drawn, and `shelfd doctor`),
whether fonts have the names' characters (the same), forms of single keys (forms.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.config.problem import Problem, did_you_mean
from agent.config.schema import Config, Lane
from agent.screen.colours import LEAST_CONTRAST, LEAST_LARGE_CONTRAST, contrast, rgb
from agent.shelf.labels import labelled
from agent.shelf.money import currency_digits, is_known_currency
from agent.shelf.price import RULES, is_payable

ZONE_CHARACTERS = 64
UNREADABLE = 2.0  # of contrast: prices that nobody can read are hidden ones


def screen_device(config: Config) -> Iterator[Problem]:
    """Each driver has its own kind of device."""
    screen = config.screen
    if not screen.driver:
        if screen.device or screen.labels:
            yield Problem(
                "screen.driver", "the section has a device or labels but no driver: nothing is shown", "warning"
            )
        return
    usual = {"framebuffer": "/dev/fb0", "drm": "/dev/dri/card0"}[screen.driver]
    if not screen.device:
        if screen.driver != "drm":  # which looks through all cards for a panel
            yield Problem("screen.device", f"the driver {screen.driver} needs it: name {usual}")
    elif not screen.device.startswith("/"):
        yield Problem("screen.device", f'"{screen.device}" depends on where the agent was started: begin with /')
    elif screen.driver == "drm" and screen.device.startswith("/dev/fb"):
        yield Problem(
            "screen.device", f'{screen.device} is a framebuffer: write driver = "framebuffer", or name {usual}'
        )
    elif screen.driver == "framebuffer" and screen.device.startswith("/dev/dri/"):
        yield Problem("screen.device", f'{screen.device} is a DRM card: write driver = "drm", or name {usual}')


def screen_edges(config: Config) -> Iterator[Problem]:
    """The strip begins left of where it ends."""
    screen = config.screen
    if (screen.left_m or screen.right_m) and screen.left_m >= screen.right_m:
        shown = f"left_m {screen.left_m:g} m, right_m {screen.right_m:g} m"
        yield Problem("screen.left_m", f"{shown}: no strip left between them; swap or mend them")


def screen_labels(config: Config) -> Iterator[Problem]:
    """Labels are of lanes that exist, each once, with a place above which they can stand."""
    names, screen = {lane.name for lane in config.lanes}, config.screen
    for i, name in enumerate(screen.labels):
        if name not in names:
            yield Problem(f"screen.labels[{i}]", f'there is no lane "{name}"{did_you_mean(name, names)}')
        elif name in screen.labels[:i]:
            yield Problem(f"screen.labels[{i}]", f'"{name}" is named twice: once is enough')
    if not screen.driver:
        return
    shown = labelled(config)
    if config.lanes and not shown and not screen.labels:
        yield Problem(
            "screen.labels", "no lane has a box, so none has a label: give them left_m and right_m", "warning"
        )
    placed = [lane for lane in shown if lane.right_m > lane.left_m]
    fixed = screen.right_m > screen.left_m
    for lane in shown:
        path = f"lane[{config.lanes.index(lane)}].left_m"
        if placed and lane not in placed:
            yield Problem(path, f'"{lane.name}" is to have a label and has no place: give it left_m and right_m')
        elif fixed and lane in placed and (lane.right_m <= screen.left_m or lane.left_m >= screen.right_m):
            strip = f"{screen.left_m:g} to {screen.right_m:g} m"
            yield Problem(path, f'"{lane.name}" is not beneath the strip ({strip}): its label is not shown', "warning")


def screen_colours(config: Config) -> Iterator[Problem]:
    """Who cannot see well reads prices too (WCAG 2.2, level AA)."""
    screen = config.screen
    ground = rgb(screen.background)
    for name, colour, least in (
        ("ink", screen.ink, LEAST_CONTRAST),
        ("accent", screen.accent, LEAST_LARGE_CONTRAST),
    ):
        found = contrast(rgb(colour), ground)
        if found < UNREADABLE or (screen.driver and found < least):
            pair = f"{colour} on {screen.background} has a contrast of {found:.1f}"
            severity: Literal["error", "warning"] = "error" if found < UNREADABLE else "warning"
            yield Problem(f"screen.{name}", f"{pair}: take a colour with {least:g} or more", severity)


def lane_prices(config: Config) -> Iterator[Problem]:
    """A promotion is below the price that it strikes out; both can be paid."""
    currency = config.store.currency
    for i, lane in enumerate(config.lanes):
        path = f"lane[{i}]"
        if lane.promotion_price and not lane.price:
            yield Problem(f"{path}.promotion_price", "a promotion of no price: give price, or write this one there")
        elif lane.promotion_price and Decimal(lane.promotion_price) >= Decimal(lane.price):
            higher = f"{lane.promotion_price} is not below the price {lane.price}"
            yield Problem(f"{path}.promotion_price", f"{higher}: swap them, or leave it out")
        for key in ("price", "promotion_price"):
            if currency and not is_payable(getattr(lane, key), currency):
                digits = f"{currency} has {currency_digits(currency)} decimals"
                yield Problem(f"{path}.{key}", f"{digits}, {getattr(lane, key)} cannot be paid: round it")
    yield from _doubtful_prices(config)


def _doubtful_prices(config: Config) -> Iterator[Problem]:
    priced = [(i, lane) for i, lane in enumerate(config.lanes) if lane.price]
    if priced and not config.store.currency:
        yield Problem("store.currency", "prices are bare numbers: name their currency", "warning")
    if len(priced) < len(labelled(config)) and priced and config.screen.driver:
        bare = ", ".join(lane.name for lane in labelled(config) if not lane.price)
        yield Problem("screen.labels", f"labels without a price: {bare[:100]}", "warning")
    prices: dict[str, Lane] = {}
    for i, lane in priced:
        other = prices.setdefault(lane.gtin, lane)
        if (other.price, other.promotion_price) != (lane.price, lane.promotion_price):
            same = f'"{other.name}" sells the same product for {other.promotion_price or other.price}'
            yield Problem(f"lane[{i}].price", f"{same}: the till knows but one price", "warning")


def store_names(config: Config) -> Iterator[Problem]:
    """Countries, currencies and time zones that something is known of."""
    store = config.store
    uses = Counter(lane.net_amount > 0 for lane in config.lanes)[True]
    if store.country and store.country not in RULES and uses:
        known = f"no rule of unit prices is known for {store.country}: none are shown"
        yield Problem("store.country", known, "warning")
    if not store.country and uses and any(lane.price for lane in config.lanes):
        yield Problem("store.country", "without it no unit prices are shown: name the store's country", "warning")
    if store.currency and not is_known_currency(store.currency):
        near = did_you_mean(store.currency, ("EUR", "USD", "GBP", "CNY", "JPY", "CHF"))
        yield Problem("store.currency", f"{store.currency} is written as it is, with two decimals{near}", "warning")
    if store.timezone and not _is_zone(store.timezone):
        yield Problem("store.timezone", f'{store.timezone[:40]!a} is no time zone: write it as in "Asia/Shanghai"')


def _is_zone(name: str) -> bool:
    """Known to this device; names that lead out of the folder of zones are ValueErrors of zoneinfo."""
    if len(name) > ZONE_CHARACTERS:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


SCREEN_RULES = (screen_device, screen_edges, screen_labels, screen_colours, lane_prices, store_names)
