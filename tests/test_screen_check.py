"""What is said about the strip, the store and its prices before anything starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent.config.check import check
from agent.config.schema import Config, Device, Lane, Screen, Store
from agent.config.screen_check import SCREEN_RULES

COLA, TEA = "06901234567892", "06901234567885"


def lane(name: str, gtin: str, left: float, price: str = "4.50", **keys: Any) -> Lane:
    kept = {"left_m": left, "right_m": left + 0.3, "bottom_m": 0.9, "top_m": 1.2, "net_amount": 330.0, **keys}
    return Lane(name=name, cells=(name,), gtin=gtin, price=price, **kept)


SHELF = Config(
    device=Device(store="s", id="d"),
    store=Store(country="CN", language="zh", currency="CNY", timezone="Asia/Shanghai"),
    screen=Screen(driver="framebuffer", device="/dev/fb0"),
    lanes=(lane("cola", COLA, 0.0), lane("tea", TEA, 0.3, "6.00", promotion_price="5.00")),
)


def said(config: Config) -> list[tuple[str, str]]:
    """(path, severity) of what the rules say."""
    return [(problem.path, problem.severity) for rule in SCREEN_RULES for problem in rule(config)]


def screen(**keys: Any) -> Config:
    return replace(SHELF, screen=replace(SHELF.screen, **keys))


def store(**keys: Any) -> Config:
    return replace(SHELF, store=replace(SHELF.store, **keys))


def cola(**keys: Any) -> Config:
    return replace(SHELF, lanes=(replace(SHELF.lanes[0], **keys), SHELF.lanes[1]))


def test_a_strip_with_prices_is_fine_and_so_is_a_shelf_without() -> None:
    assert said(SHELF) == []
    assert said(Config(device=Device(store="s", id="d"))) == []
    assert said(screen(driver="drm", device="/dev/dri/card1", left_m=-0.1, right_m=0.7, labels=("tea", "cola"))) == []
    assert said(screen(device="/tmp/strip.bin")) == []
    assert said(screen(driver="drm", device="")) == [], "it looks through all cards"


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (screen(device=""), "screen.device"),
        (screen(device="fb0"), "screen.device"),
        (screen(driver="drm", device="/dev/fb0"), "screen.device"),
        (screen(device="/dev/dri/card0"), "screen.device"),
        (screen(left_m=1.0, right_m=0.0), "screen.left_m"),
        (screen(labels=("cola", "tee")), "screen.labels[1]"),
        (screen(labels=("cola", "cola")), "screen.labels[1]"),
        (cola(promotion_price="4.50"), "lane[0].promotion_price"),
        (cola(promotion_price="5.00"), "lane[0].promotion_price"),
        (cola(price="", promotion_price="4.00"), "lane[0].promotion_price"),
        (cola(price="4.505"), "lane[0].price"),
        (store(currency="JPY"), "lane[0].price"),
        (store(timezone="Asia/Shangai"), "store.timezone"),
        (store(timezone="../../etc/passwd"), "store.timezone"),
        (store(timezone="/etc/localtime"), "store.timezone"),
        (store(timezone="\0"), "store.timezone"),
        (store(timezone="x" * 100_000), "store.timezone"),
    ],
)
def test_what_cannot_be_is_an_error_at_its_key(config: Config, path: str) -> None:
    assert (path, "error") in said(config)


@pytest.mark.parametrize(
    ("config", "path"),
    [
        (screen(driver=""), "screen.driver"),
        (screen(ink="#888888"), "screen.ink"),
        (screen(background="#202020", ink="#6a6a6a"), "screen.ink"),
        (screen(accent="#e09080"), "screen.accent"),
        (screen(left_m=0.35, right_m=1.0), "lane[0].left_m"),
        (store(country=""), "store.country"),
        (store(country="BR"), "store.country"),
        (store(currency=""), "store.currency"),
        (store(currency="CNX"), "store.currency"),
        (cola(price=""), "screen.labels"),
        (cola(gtin=TEA), "lane[1].price"),
        (cola(left_m=0.0, right_m=0.0), "ok"),
    ],
)
def test_what_may_be_meant_is_a_warning(config: Config, path: str) -> None:
    assert [(p, s) for p, s in said(config) if s == "error"] == []
    assert path == "ok" or (path, "warning") in said(config)


def test_a_lane_named_for_a_label_needs_a_place() -> None:
    boxless = cola(left_m=0.0, right_m=0.0, bottom_m=0.0, top_m=0.0)
    assert said(replace(boxless, screen=replace(boxless.screen, labels=("cola", "tea")))) == [
        ("lane[0].left_m", "error")
    ]
    none = tuple(replace(x, left_m=0.0, right_m=0.0) for x in SHELF.lanes)
    assert said(replace(SHELF, lanes=none)) == [("screen.labels", "warning")]
    assert said(replace(SHELF, lanes=none, screen=replace(SHELF.screen, labels=("cola", "tea")))) == []  # evenly


def test_the_rules_are_among_those_that_are_checked() -> None:
    assert "store.timezone" in [problem.path for problem in check(store(timezone="Nowhere/Land"))]
    typo = [p.message for p in check(screen(labels=("teaa",)))]
    assert any("did you mean `tea`" in message for message in typo)
