"""The console of a demo's house: everything that its page needs, wired; nothing of it outlives the block.

    shop --samples--> weights --+                        +--> pages (server-sent events)
    broker --------> ear -------+--> model --> server ---+
    framebuffer ---> strip -----+                        +<-- buttons --> desk, hub

Not here: what any of them does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from agent.messages import Tracks
from tools.bench.console.badge import HubBadge
from tools.bench.console.desk import Desk
from tools.bench.console.dress import FRAMEBUFFER
from tools.bench.console.ear import Ear
from tools.bench.console.hub import Hub
from tools.bench.console.model import Model
from tools.bench.console.server import Console
from tools.bench.console.shelf import described
from tools.bench.console.strip import StripWatch
from tools.bench.console.tally import Tally
from tools.bench.console.weights import LaneWeights, Row
from tools.bench.live.people import People
from tools.bench.live.play import LivePlay
from tools.bench.live.shop import LiveShop
from tools.bench.loads import Floats
from tools.bench.shopper import BOTTLES, EVERYDAY
from tools.bench.world import everyday_shop
from tools.demo.board import Board
from tools.demo.house import House
from tools.publish.signing import HubKey

WEIGHTS_HZ = 5.0  # a page is told so often
MOST_ROWS = 1_000  # a minute of curves and a little more
TRACKS_HZ = 5.0


@contextlib.contextmanager
def console(
    home: House, live: LivePlay, board: Board, key: HubKey, *, crowd: int, models: tuple[str, ...] = (), port: int = 0
) -> Iterator[Console]:
    """A page at `.address` while the block lasts. `crowd`: so many shoppers come and go, 0 for none. OSError: the port
    is taken."""
    shop, model = home.shop, Model()
    assert isinstance(shop, LiveShop)
    with contextlib.ExitStack() as stack:
        layout = "bottles" if live.layout.places else "gondola"
        habits = BOTTLES if live.layout.places else EVERYDAY
        stays_s = everyday_shop(1, 1.0, layout).restock_every_s
        expect = home.easel.expect if home.easel is not None else lambda number: None
        model.put(shelf=described(home.config, live.layout, models))
        _hear(shop, model, LaneWeights(home.config), told=not models)
        ear = Ear(home.port, home.config, model, lambda: shop.began_s)
        stack.callback(ear.close)
        badge = HubBadge(home.config, model, ear.client)
        people = People(live, shop.now_s, habits, size=crowd, stays_s=stays_s, expect=expect, badge=badge)
        stack.callback(Tally(board, model).close)
        desk = Desk(model, people, shop, home.relay, home.easel)
        stack.callback(desk.close)
        strip = StripWatch(
            Path(home.config.screen.device or home.log.parent / FRAMEBUFFER),
            lambda number, width, height: model.put(strip={"number": number, "width": width, "height": height}),
        )
        stack.callback(strip.close)
        hub = Hub(home.config, key, model, ear.client)
        hub.begin()
        served = Console(model, desk.asks | {"send": hub.send}, strip.png, port)
        stack.callback(served.close)
        yield served


def _hear(shop: LiveShop, model: Model, weights: LaneWeights, *, told: bool) -> None:
    rows: list[Row] = []
    last: dict[str, float] = {"rows": 0.0, "frames": 0.0}

    def heard(t_s: float, counts: Floats | None) -> None:
        row = weights.hear(t_s, counts)
        if row is not None:
            rows.append(row)
        if rows and t_s - last["rows"] >= 1 / WEIGHTS_HZ:
            last["rows"] = t_s
            model.add("weights", list(rows), MOST_ROWS)
            rows.clear()

    def seen(frame: Tracks) -> None:
        if frame.t - last["frames"] >= 1 / TRACKS_HZ:
            last["frames"] = frame.t
            parts: list[Any] = msgspec.to_builtins(list(frame.parts))
            model.put(tracks={"t": frame.t, "parts": parts})

    shop.heard = heard
    if told:
        shop.seen = seen
