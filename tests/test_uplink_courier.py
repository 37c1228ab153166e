"""The courier: connects, says who it is, carries orders in and answers out, and says what a broker has against it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from outbox_scene import TOPICS, Box, answer, picks, wait_for

from agent.uplink import courier as courier_module
from agent.uplink.backoff import Backoff
from agent.uplink.courier import Courier
from agent.uplink.fake import FakeBroker, FakeUplink, take
from agent.uplink.protocol import Connected
from wire.commands import CommandPayload, SetMode
from wire.limits import MAX_DOCUMENT_BYTES


class Shelf:
    """An outbox, a courier, a broker in memory."""

    def __init__(self, path: Path) -> None:
        self.box = Box(path)
        self.box.boot()
        self.broker = FakeBroker()
        self.link = FakeUplink(self.broker, waits=True)
        self.orders: list[tuple[str, CommandPayload]] = []
        self.courier = Courier(
            self.link,
            self.box.outbox,
            lambda id, payload: self.orders.append((id, payload)),
            backoff=Backoff(random.Random(0), 0.005, 0.02),
        )

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(body)["data"] for body in self.broker.bodies(f"event/{kind}")]

    def stop(self) -> None:
        self.courier.stop()
        self.box.outbox.stop()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path / "outbox.sqlite")
    yield shelf
    shelf.stop()


def test_it_connects_says_who_it_is_and_listens_for_orders(shelf: Shelf) -> None:
    shelf.box.commit("a")
    shelf.courier.start()
    wait_for(lambda: shelf.told("pick"))
    assert shelf.broker.subscribed == [TOPICS.commands()]
    online = json.loads(shelf.broker.retained[TOPICS.state("online")])
    assert online == {"online": True, "boot": "b1", "last_sequence": 1, "version": None}


def test_what_is_committed_later_goes_at_once(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "WAIT_S", 3600.0)  # so that only the outbox's call can wake it
    shelf.courier.start()
    wait_for(lambda: shelf.courier.connected)
    shelf.box.commit("a")
    wait_for(lambda: shelf.told("pick"))
    wait_for(lambda: shelf.box.outbox.waiting().events == 0)


def test_orders_are_handed_on_and_nonsense_is_answered(shelf: Shelf) -> None:
    shelf.courier.start()
    wait_for(lambda: shelf.courier.connected)
    shelf.link.order(TOPICS.command("set_mode", "o1"), b'{"mode":"staff"}')
    shelf.link.order(TOPICS.command("set_mode", "o2"), b"\xff\xfe")
    shelf.link.order("shelf/v1/shop/other/command/set_mode/o3", b'{"mode":"staff"}')
    wait_for(lambda: shelf.broker.bodies("result/o2"))
    assert shelf.orders == [("o1", SetMode(mode="staff"))]
    assert json.loads(shelf.broker.bodies("result/o2")[0])["outcome"] == "refused"
    assert shelf.broker.bodies("result/o3") == []


def test_answers_are_carried_once(shelf: Shelf) -> None:
    shelf.courier.start()
    shelf.box.outbox.commit(answer("o1")).result(10)
    wait_for(lambda: shelf.broker.bodies("result/o1"))
    wait_for(lambda: not shelf.box.outbox.results())
    shelf.box.commit("later")
    wait_for(lambda: shelf.told("pick"))
    assert len(shelf.broker.bodies("result/o1")) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [(0x86, "bad_login"), (0x87, "not_admitted"), (0x8A, "banned"), (0x84, "wrong_version"), (0xA1, "connect_refused")],
)
def test_a_refused_connection_is_a_fault_that_ends_with_the_first_accepted_one(
    shelf: Shelf, code: int, fault: str
) -> None:
    shelf.broker.admits = code
    shelf.courier.start()
    wait_for(lambda: shelf.box.outbox.faults.open("uplink") == {fault})
    assert not shelf.courier.connected
    shelf.broker.admits = 0
    wait_for(lambda: shelf.told("cleared"))
    assert [x["code"] for x in shelf.told("fault") + shelf.told("cleared")] == [fault, fault]


def test_a_broker_that_takes_the_connection_and_nothing_else_has_accepted_nothing(shelf: Shelf) -> None:
    shelf.broker.rule = lambda message: 0x87
    shelf.courier.start()
    wait_for(lambda: "not_authorised" in shelf.box.outbox.faults.open("uplink"))
    assert (shelf.courier.connected, shelf.courier.accepted) == (True, False)
    shelf.broker.rule = take
    shelf.link.cut()
    wait_for(lambda: shelf.courier.accepted)


def test_what_was_heard_of_the_configuration_is_known(shelf: Shelf) -> None:
    heard: list[tuple[str, bytes]] = []
    hub = Courier(shelf.link, shelf.box.outbox, lambda *_: None, on_document=lambda *said: heard.append(said))
    hub.start()
    wait_for(lambda: hub.connected)
    for kind, body in (("config", b"wanted"), ("policy", b"rules")):
        shelf.link.keep(TOPICS.desired(kind), body)
    wait_for(lambda: len(heard) == 2)
    assert hub.heard == b"wanted"
    shelf.link.keep(TOPICS.desired("config"), b"x" * (MAX_DOCUMENT_BYTES + 1))
    wait_for(lambda: len(heard) == 3)
    assert hub.heard == b"", "what is too long for a document is not kept"
    hub.stop()


def test_another_device_of_the_same_name_is_told(shelf: Shelf) -> None:
    shelf.courier.start()
    wait_for(lambda: shelf.courier.connected)
    shelf.link.cut(0x8E)
    wait_for(lambda: shelf.told("fault"))
    (fault,) = shelf.told("fault")
    assert fault["code"] == "two_of_us" and "device.id" in fault["message"]


def test_a_broker_that_is_not_there_is_no_event_and_is_tried_again(shelf: Shelf) -> None:
    shelf.broker.up = False
    shelf.courier.start()
    shelf.box.commit("a")
    assert shelf.box.outbox.faults.open("uplink") == set()
    shelf.broker.up = True
    wait_for(lambda: shelf.told("pick"))
    assert shelf.told("fault") == []


def test_a_broker_that_says_nothing_is_given_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "ANSWER_S", 0.02)
    monkeypatch.setattr(courier_module, "WAIT_S", 0.005)
    opened = []
    whole_open = shelf.link.open

    def open_silently() -> None:
        whole_open()
        opened.append(True)
        if len(opened) < 3:
            shelf.link._happenings.clear()

    monkeypatch.setattr(shelf.link, "open", open_silently)
    shelf.courier.start()
    wait_for(lambda: shelf.courier.connected)
    assert len(opened) == 3


def test_the_last_word_is_offline_and_what_is_not_accepted_stays(shelf: Shelf) -> None:
    shelf.broker.rule = lambda message: None if "event/" in message.topic else 0
    shelf.courier.start()
    shelf.box.commit("a")
    wait_for(lambda: any("event/" in message.topic for message in shelf.link.sent))
    shelf.courier.stop()
    assert shelf.broker.retained[TOPICS.state("online")] == b'{"online":false}'
    assert not shelf.courier.alive
    shelf.box.restart()
    assert shelf.box.lanes() == ["a"]


def test_a_thousand_events_through_a_broker_that_keeps_hanging_up(shelf: Shelf) -> None:
    chance = random.Random(7)
    shelf.broker.hangs_up_on = lambda message: chance.random() < 0.01
    for n in range(1000):
        shelf.box.outbox.commit(picks(f"{n}"))
    shelf.courier.start()
    wait_for(lambda: shelf.box.outbox.waiting().events == 0 and shelf.box.outbox.last_sequence >= 1000, within_s=30)
    firsts = list(dict.fromkeys(pick["lane"] for pick in shelf.told("pick")))
    assert firsts == [f"{n}" for n in range(1000)] and shelf.told("fault") == []


def test_pauses_grow_to_their_limit_and_no_two_devices_share_them() -> None:
    for seed in range(50):
        backoff = Backoff(random.Random(seed))
        pauses = [backoff.next_s() for _ in range(12)]
        assert pauses[0] == 1.0 and all(1.0 <= pause <= 60.0 for pause in pauses)
        assert all(pause >= 30.0 for pause in pauses[7:])
        backoff.reset()
        assert backoff.next_s() == 1.0
    last = {Backoff(random.Random(seed)).next_s() for seed in range(50)}
    assert last == {1.0}, "the first try after a short break is quick for all"
    tenth = set()
    for seed in range(50):
        backoff = Backoff(random.Random(seed))
        tenth.add([backoff.next_s() for _ in range(10)][-1])
    assert len(tenth) == 50


def test_limits_of_a_broker_hold_for_this_connection_only(shelf: Shelf) -> None:
    shelf.broker.limits = Connected(inflight=1)
    for n in range(20):
        shelf.box.outbox.commit(picks(f"{n}"))
    shelf.courier.start()
    wait_for(lambda: len(shelf.told("pick")) == 20)
    assert shelf.broker.most_in_flight == 1
