"""What the uplink listens to: documents at each connect, parts while they are wanted, and nothing else for long."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from outbox_scene import TOPICS, Box, wait_for

from agent.uplink.backoff import Backoff
from agent.uplink.courier import Courier
from agent.uplink.ears import WANTED_MOST
from agent.uplink.fake import FakeBroker, FakeUplink
from agent.uplink.paho import TAKE_BYTES
from wire.limits import MAX_DOCUMENT_BYTES, PART_BYTES

SHA = "ab" * 32


class Shelf:
    """A courier that obeys a hub; `wanted` may be changed at any time."""

    def __init__(self, path: Path, *, obeys: bool = True) -> None:
        self.box = Box(path)
        self.box.boot()
        self.broker = FakeBroker()
        self.link = FakeUplink(self.broker, waits=True)
        self.documents: list[tuple[str, bytes]] = []
        self.parts: list[tuple[str, int, bytes]] = []
        self.wanted: frozenset[str] = frozenset()
        self.courier = Courier(
            self.link,
            self.box.outbox,
            lambda *_: None,
            on_document=(lambda kind, body: self.documents.append((kind, body))) if obeys else None,
            on_part=lambda *part: self.parts.append(part),
            wanted=lambda: self.wanted,
            backoff=Backoff(random.Random(0), 0.005, 0.02),
        )

    def want(self, *parts: int) -> None:
        self.wanted = frozenset(TOPICS.asset(SHA, part) for part in parts)
        self.courier.wake()

    def hears(self) -> set[int]:
        """Parts that are subscribed to."""
        return {asset[1] for topic in self.broker.subscribed if (asset := TOPICS.parse_asset(topic))}

    def start(self) -> None:
        self.courier.start()
        wait_for(lambda: self.courier.connected)

    def stop(self) -> None:
        self.courier.stop()
        self.box.outbox.stop()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "outbox.sqlite")
    yield shelf
    shelf.stop()


def test_documents_that_stand_at_the_broker_are_heard_at_each_connect(shelf: Shelf) -> None:
    shelf.broker.retained[TOPICS.desired("config")] = b"c1"
    shelf.start()
    wait_for(lambda: shelf.documents == [("config", b"c1")])
    shelf.link.keep(TOPICS.desired("policy"), b"p1")
    shelf.link.keep(TOPICS.desired("config"), b"")
    wait_for(lambda: shelf.documents[1:] == [("policy", b"p1"), ("config", b"")])
    shelf.link.cut()
    wait_for(lambda: shelf.documents[3:] == [("policy", b"p1")])


def test_parts_are_subscribed_to_while_they_are_wanted(shelf: Shelf) -> None:
    shelf.broker.retained[TOPICS.asset(SHA, 0)] = b"first"
    shelf.want(0, 1)
    shelf.start()
    wait_for(lambda: shelf.parts == [(SHA, 0, b"first")] and shelf.hears() == {0, 1})
    shelf.want(1, 2)
    wait_for(lambda: shelf.hears() == {1, 2})
    shelf.link.keep(TOPICS.asset(SHA, 2), b"third")  # it was not there when we asked
    wait_for(lambda: shelf.parts[1:] == [(SHA, 2, b"third")])
    shelf.link.cut()
    wait_for(lambda: shelf.parts[2:] == [(SHA, 2, b"third")])
    shelf.want()
    wait_for(lambda: shelf.hears() == set())


def test_more_parts_than_a_window_are_not_asked_for_at_once(shelf: Shelf) -> None:
    shelf.want(*range(10_000))
    shelf.start()
    wait_for(lambda: len(shelf.hears()) == WANTED_MOST)


def test_parts_that_nobody_asked_for_are_let_go_of(shelf: Shelf) -> None:
    shelf.want(1)
    shelf.start()
    wait_for(lambda: shelf.hears() == {1})
    shelf.broker.subscribed.append(TOPICS.asset(SHA, 7))  # a session that remembers more than we do
    shelf.link.keep(TOPICS.asset(SHA, 7), b"x" * 100)
    wait_for(lambda: shelf.hears() == {1})
    shelf.link.keep(TOPICS.asset(SHA, 1), b"y" * (PART_BYTES + 1))
    shelf.link.keep(TOPICS.asset(SHA, 1), b"")
    shelf.link.order(f"shelf/v1/shop/asset/{SHA}/1/2", b"z")
    shelf.link.order(f"shelf/v1/other/asset/{SHA}/1", b"z")
    shelf.link.keep(TOPICS.asset(SHA, 1), b"good")
    wait_for(lambda: shelf.parts == [(SHA, 1, b"good")])


def test_a_device_that_obeys_no_hub_does_not_listen_to_one(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "outbox.sqlite", obeys=False)
    shelf.broker.subscribed.append(TOPICS.desired("config"))  # of an earlier run
    shelf.start()
    shelf.link.keep(TOPICS.desired("config"), b"c1")
    wait_for(lambda: shelf.broker.subscribed == [TOPICS.commands()])
    shelf.stop()


def test_a_broker_that_will_not_let_us_listen_is_a_fault_until_it_does(shelf: Shelf) -> None:
    shelf.broker.grants = lambda topics: 0x87 if topics.endswith("policy/desired") else 1
    shelf.start()
    wait_for(lambda: shelf.box.outbox.faults.open("uplink") == {"not_heard"})
    shelf.broker.grants = lambda topics: 1
    shelf.link.cut()
    wait_for(lambda: shelf.box.outbox.faults.open("uplink") == set())


def test_the_largest_document_fits_what_we_take() -> None:
    assert TAKE_BYTES >= 4 * MAX_DOCUMENT_BYTES >= 4 * PART_BYTES
