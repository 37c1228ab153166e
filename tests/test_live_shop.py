"""The live shop on the wire: a real reader on its pty, faults that are switched, a line to the broker that is cut."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.messages import Counts, Observation, SensorBack, SensorLost
from agent.sensors.scale.reader import ScaleReader
from agent.sensors.tracks.lines import FrameLines
from tools.bench.console.desk import BROKER, Desk
from tools.bench.console.model import Model
from tools.bench.console.server import AskError
from tools.bench.live.people import People
from tools.bench.live.play import LivePlay
from tools.bench.live.relay import Relay
from tools.bench.live.shop import LINE_FAULTS, LiveShop
from tools.bench.shopper import BOTTLES

WAIT_S = 10.0
pytestmark = pytest.mark.system


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[LiveShop]:
    shop = LiveShop(LivePlay("bottles", 3, 60.0), tmp_path, tracked=True, seed=1)
    yield shop
    shop.close()
    assert not list(tmp_path.iterdir())


@contextmanager
def read(shop: LiveShop) -> Iterator[queue.Queue[Observation]]:
    """What a real reader of its port puts into the inbox."""
    inbox: queue.Queue[Observation] = queue.Queue()
    reader = ScaleReader(replace(shop.live.play.config.scales[0], port=str(shop.port), baud=921_600), inbox.put)
    thread = threading.Thread(target=reader.run)
    thread.start()
    yield inbox
    reader.stop()
    thread.join(WAIT_S)
    assert not thread.is_alive()


def until(inbox: queue.Queue[Observation], kind: type[Any]) -> Any:
    while not isinstance(seen := inbox.get(timeout=WAIT_S), kind):
        pass
    return seen


def test_a_reader_loses_the_scale_when_it_is_unplugged_and_finds_it_again(shop: LiveShop) -> None:
    with read(shop) as inbox:
        shop.begin()
        assert len(until(inbox, Counts).values) == shop.live.layout.physics.n
        shop.switch("unplug", True)
        assert until(inbox, SensorLost).code == "unplugged"
        shop.switch("unplug", False)
        until(inbox, SensorBack)
        until(inbox, Counts)


def test_a_dead_cell_is_a_missing_reading_and_the_curves_hear_what_the_reader_hears(shop: LiveShop) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    shop.heard = lambda t_s, counts: heard.put(counts)
    shop.switch("dead cell", True)
    with read(shop) as inbox:
        shop.begin()
        values = until(inbox, Counts).values
    middle = len(values) // 2
    assert np.isnan(values[middle])
    assert any(np.array_equal(values, heard.get(timeout=WAIT_S), equal_nan=True) for _ in range(200))
    shop.switch("stall", True)
    while heard.get(timeout=WAIT_S) is not None:
        pass


def test_a_blind_tracker_says_nothing(shop: LiveShop) -> None:
    with socket.socket(socket.AF_UNIX) as tracker:
        tracker.settimeout(WAIT_S)
        tracker.connect(str(shop.tracks_socket))
        shop.begin()
        assert FrameLines().feed(tracker.recv(65_536))
        shop.switch("blind", True)
        tracker.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while tracker.recv(65_536):
                pass


def test_the_line_to_the_broker_is_cut_and_mended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as broker:
        broker.settimeout(WAIT_S)
        relay = Relay(broker.getsockname()[1])
        try:
            with socket.create_connection(("127.0.0.1", relay.port), WAIT_S) as shelf:
                far, _ = broker.accept()
                far.settimeout(WAIT_S)
                shelf.sendall(b"hello")
                assert far.recv(10) == b"hello"
                far.sendall(b"yes?")
                assert shelf.recv(10) == b"yes?"
                relay.switch(True)
                assert far.recv(10) == b""
                assert shelf.recv(10) == b""
                far.close()
            with socket.create_connection(("127.0.0.1", relay.port), WAIT_S) as shelf:
                assert shelf.recv(10) == b""  # nobody answers
            relay.switch(False)
            with socket.create_connection(("127.0.0.1", relay.port), WAIT_S) as shelf:
                far, _ = broker.accept()
                with far:
                    shelf.sendall(b"again")
                    assert far.recv(10) == b"again"
        finally:
            relay.close()
            relay.close()


@pytest.fixture
def desk(shop: LiveShop) -> Iterator[tuple[Desk, Model, Relay]]:
    model, relay = Model(), Relay(1)
    people = People(shop.live, shop.now_s, BOTTLES, size=0, stays_s=30.0)
    desk = Desk(model, people, shop, relay, None)
    yield desk, model, relay
    desk.close()
    relay.close()


def test_buttons_do_what_they_say_and_the_model_shows_it(shop: LiveShop, desk: tuple[Desk, Model, Relay]) -> None:
    board, model, relay = desk
    for fault in (*LINE_FAULTS, BROKER):
        assert "on" in board.asks["fault"]({"fault": fault, "on": True})
        assert model.get("on") == [fault]
        board.asks["fault"]({"fault": fault, "on": False})
    assert not relay.cut
    assert "take" in board.asks["order"]({"deed": "take", "lane": ""})
    assert [entry["deed"] for entry in shop.live.play.truth] == ["take"]
    board.asks["crowd"]({"on": True})
    assert not any(visitor.present for visitor in shop.live.stage.visitors)


def test_staff_do_not_come_while_they_cannot_tell_the_shelf(desk: tuple[Desk, Model, Relay]) -> None:
    desk[0].asks["order"]({"deed": "take", "lane": "p1"})
    desk[0].asks["fault"]({"fault": BROKER, "on": True})
    with pytest.raises(AskError, match="mend its line"):
        desk[0].asks["order"]({"deed": "refill", "lane": ""})


@pytest.mark.parametrize(
    ("button", "wish"),
    [
        ("order", {}),
        ("order", {"deed": "take"}),
        ("order", {"deed": 3, "lane": ""}),
        ("order", {"deed": "fly", "lane": ""}),
        ("order", {"deed": "put_back", "lane": ""}),
        ("crowd", {"on": "yes"}),
        ("fault", {"fault": "earthquake", "on": True}),
        ("fault", {"fault": "stall"}),
    ],
)
def test_a_wish_that_cannot_be_met_is_answered(
    desk: tuple[Desk, Model, Relay], button: str, wish: dict[str, Any]
) -> None:
    with pytest.raises(AskError, match=r"\w+ \w+"):
        desk[0].asks[button](wish)
