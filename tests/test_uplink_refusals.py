"""Brokers that refuse or hang up: what is held, what is set aside, and who is to blame."""

from __future__ import annotations

from outbox_scene import TOPICS
from uplink_scene import Shelf, body, is_event, refusing

from agent.outbox.protocol import ResultRow, Row
from agent.uplink.events import HOLD_MOST_S, HOLD_S, PASSED_MOST
from agent.uplink.fake import FakeBroker
from agent.uplink.protocol import Connected

# Refusals that are about us


def test_not_authorised_holds_the_queue_asks_ever_more_slowly_and_goes_on_when_mended() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x87, is_event)))
    shelf.tell(30)
    shelf.connect()
    shelf.run(1.0)
    tries = len([m for m in shelf.link.sent if is_event(m)])
    shelf.run(300.0)
    asked = len([m for m in shelf.link.sent if is_event(m)]) - tries
    assert asked < 300 / HOLD_S and asked >= 300 / HOLD_MOST_S - 1
    assert len(shelf.rows) == 30 and shelf.set_aside == {} and shelf.faults == ["not_authorised"]
    shelf.broker.rule = lambda message: 0
    shelf.run(HOLD_MOST_S)
    assert shelf.arrived() == list(range(1, 31)) and shelf.faults == []


def test_a_used_up_quota_is_its_own_fault() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x97, is_event)))
    shelf.tell(1)
    shelf.connect()
    shelf.run(1.0)
    assert shelf.faults == ["quota_exceeded"] and len(shelf.rows) == 1


def test_when_one_kind_is_not_allowed_nothing_overtakes_it_once_that_is_known() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x87, lambda m: m.topic.endswith("event/fault"))))
    shelf.connect()
    shelf.settle()
    shelf.tell(2)
    shelf.tell(1, kind="fault")
    shelf.tell(20)
    shelf.run(600.0)
    assert shelf.arrived() == [1, 2, 4], "only what was on its way already may pass"
    shelf.broker.rule = lambda message: 0
    shelf.run(HOLD_MOST_S)
    assert shelf.arrived() == [1, 2, 4, 3, *range(5, 24)] and shelf.rows == []


def test_a_refused_state_does_not_stand_in_the_way_of_events() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x87, lambda m: "state/" in m.topic)))
    shelf.state_bodies = {"stock": b"S"}
    shelf.tell(5)
    shelf.connect()
    shelf.run(1.0)
    assert shelf.arrived() == [1, 2, 3, 4, 5] and shelf.faults == ["state_refused"]
    shelf.broker.rule = lambda message: 0
    shelf.run(120.0)
    assert shelf.broker.retained[TOPICS.state("stock")] == b"S" and shelf.faults == []


def test_a_refused_answer_does_not_stand_in_the_way_of_the_next() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x87, lambda m: m.topic.endswith("result/o1"))))
    shelf.answers = [ResultRow(1, "o1", b"1"), ResultRow(2, "o2", b"2")]
    shelf.connect()
    shelf.run(1.0)
    assert shelf.broker.bodies("result/") == [b"2"] and shelf.faults == ["answer_refused"]
    shelf.broker.rule = lambda message: 0
    shelf.run(120.0)
    assert shelf.answers == [] and shelf.faults == []


# Messages that the broker cannot take


def test_an_unfit_event_is_tried_then_parked_and_the_others_go_on() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x99, body("3"))))
    shelf.tell(20)
    shelf.connect()
    shelf.run(60.0)
    assert shelf.arrived() == [n for n in range(1, 21) if n != 3] and shelf.rows == []
    assert list(shelf.set_aside) == [3] and "malformed" in shelf.set_aside[3]
    assert len([m for m in shelf.link.sent if m.body == b"3"]) == 3, "park_after tries, no more"
    assert shelf.faults == ["parked"]


def test_an_unfit_event_that_is_the_last_is_kept_until_a_later_one_proves_it() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x95, body("2"))))
    shelf.tell(2)
    shelf.connect()
    shelf.run(60.0)
    assert shelf.set_aside == {} and [row.sequence for row in shelf.rows] == [2]
    shelf.tell(1)
    shelf.run(1.0)
    assert list(shelf.set_aside) == [2]


def test_a_broker_that_finds_everything_unfit_parks_nothing() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x95, is_event)))
    shelf.tell(50)
    shelf.connect()
    shelf.run(600.0)
    assert shelf.set_aside == {} and len(shelf.rows) == 50 and "refuses_all" in shelf.faults
    assert len({m.body for m in shelf.link.sent if is_event(m)}) <= PASSED_MOST + 4
    shelf.broker.rule = lambda message: 0
    shelf.run(HOLD_MOST_S)
    assert shelf.arrived() == list(range(1, 51)) and shelf.faults == []


def test_what_is_larger_than_the_broker_says_it_takes_is_not_sent() -> None:
    shelf = Shelf(FakeBroker(limits=Connected(packet_bytes=200)))
    shelf.tell(1)
    shelf.rows.append(Row(2, "b1", "pick", b"x" * 500))
    shelf.last_sequence = 2
    shelf.tell(1)
    shelf.connect()
    shelf.run(1.0)
    assert all(len(m.body) < 500 for m in shelf.link.sent)
    assert list(shelf.set_aside) == [2] and shelf.rows == []


def test_a_limit_below_every_event_is_the_brokers_fault_not_theirs() -> None:
    shelf = Shelf(FakeBroker(limits=Connected(packet_bytes=70)))
    shelf.tell(50)
    shelf.connect()
    shelf.run(100.0)
    assert shelf.set_aside == {} and len(shelf.rows) == 50 and "refuses_all" in shelf.faults


def test_an_event_dropped_by_the_outbox_while_it_was_tried_does_not_slow_the_others() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x99, body("1"))), answers_at_once=1)
    shelf.tell(10)
    shelf.connect()
    for _ in range(12):
        shelf.turn()
    shelf.rows = [row for row in shelf.rows if row.sequence != 1]
    shelf.run(5.0)
    shelf.tell(40)
    shelf.broker.most_in_flight = 0
    shelf.settle()
    assert shelf.rows == [] and shelf.broker.most_in_flight > 1


# Brokers that hang up


def test_a_broker_that_hangs_up_over_one_event_loses_only_that_one() -> None:
    for code in (None, 0x95, 0x81):
        shelf = Shelf(FakeBroker(hangs_up_on=body("7"), hang_up_code=code))
        shelf.state_bodies = {"stock": b"S"}
        shelf.tell(30)
        shelf.connect()
        shelf.run(120.0, reconnect=True)
        assert shelf.arrived() == [n for n in range(1, 31) if n != 7], code
        assert list(shelf.set_aside) == [7] and shelf.rows == []


def test_a_broker_that_hangs_up_over_one_state_still_gets_the_events() -> None:
    shelf = Shelf(FakeBroker(hangs_up_on=lambda m: m.topic.endswith("state/stock")))
    shelf.state_bodies = {"health": b"H", "stock": b"S"}
    shelf.tell(30)
    shelf.connect()
    shelf.run(120.0, reconnect=True)
    assert shelf.arrived() == list(range(1, 31)) and "state_refused" in shelf.faults
    assert shelf.broker.retained[TOPICS.state("health")] == b"H"


def test_a_line_that_is_cut_over_and_over_parks_nothing() -> None:
    shelf = Shelf(answers_at_once=2)
    shelf.tell(40)
    for _ in range(60):
        shelf.connect()
        for _ in range(3):
            shelf.turn()
        shelf.link.cut()
        shelf.turn()
    shelf.connect()
    shelf.run(60.0)
    assert shelf.set_aside == {} and shelf.arrived() == list(range(1, 41))


def test_a_line_that_dies_slowly_blames_nobody() -> None:
    shelf = Shelf(FakeBroker(rule=lambda m: None if is_event(m) else 0))
    shelf.tell(1)
    for _ in range(20):
        shelf.connect()
        shelf.settle()
        shelf.now_s += 45.0  # the keepalive ends it
        shelf.link.cut()
        shelf.turn()
    assert shelf.set_aside == {} and shelf.faults == [] and len(shelf.rows) == 1
