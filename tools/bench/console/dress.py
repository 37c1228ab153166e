"""What the demo's bare shelf gets for the console: names and prices, a strip, keys of a hub that it obeys.

Not here: the documents that the hub sends (hub.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agent.config.schema import Config, Documents, Lane, Screen, Store, TrustedKey
from agent.screen.framebuffer import make_file
from tools.publish.signing import HubKey

STRIP_PX = (1920, 290)  # a stretched bar display
FRAMEBUFFER, DOCUMENTS = "strip", "documents"
PROBATION_S = 5.0  # the shortest; somebody waits before the page
BOTTLES_ML = (250.0, 330.0, 500.0, 750.0, 1000.0, 1500.0)
CENTS = {"cola": 179, "water": 89, "beer": 229, "tea": 199, "juice": 249, "coffee": 549, "chocolate": 129, "nuts": 299}


def dressed(config: Config, folder: Path, key: HubKey) -> Config:
    """The same shelf, for sale; the strip's framebuffer lies in `folder`."""
    strip = make_file(folder / FRAMEBUFFER, *STRIP_PX)
    return replace(
        config,
        lanes=tuple(_for_sale(lane) for lane in config.lanes),
        store=Store(country="IE", language="en", currency="EUR"),
        screen=Screen(driver="framebuffer", device=str(strip), link="https://shop.example/shelf-1"),
        documents=Documents(
            dir=str(folder / DOCUMENTS), probation_s=PROBATION_S, keys=(TrustedKey(name=key.name, ed25519=key.public),)
        ),
    )


def _for_sale(lane: Lane) -> Lane:
    """Named and priced by its kind; a drink holds a usual bottle's fill, the rest a little less than it weighs."""
    kind = lane.title[3:]
    cents = CENTS.get(kind, 149)
    holds = 0.0 if lane.unit_g is None else round(lane.unit_g * 0.95, -1)
    unit = "ml" if kind in ("cola", "water", "beer", "juice") else "g"
    if unit == "ml" and holds:
        holds = min(BOTTLES_ML, key=lambda fill_ml: abs(fill_ml - holds))
    return replace(
        lane, title=kind.capitalize(), price=f"{cents // 100}.{cents % 100:02d}", net_amount=holds, net_unit=unit
    )
