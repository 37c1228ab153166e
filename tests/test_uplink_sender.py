"""What goes to the broker when: order, room, cuts, brokers that forget, and everything at once."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from outbox_scene import TOPICS
from uplink_scene import Shelf, is_event, refusing

from agent.outbox.protocol import ResultRow
from agent.uplink.events import HOLD_MOST_S
from agent.uplink.fake import FakeBroker
from agent.uplink.protocol import Connected
from agent.uplink.sender import NOBODY_S


def test_state_goes_first_then_answers_then_events_in_order() -> None:
    shelf = Shelf(inflight=100)
    shelf.state_bodies = {"stock": b"S"}
    shelf.answers = [ResultRow(1, "o1", b"R")]
    shelf.tell(3)
    shelf.connect()
    assert [message.topic.removeprefix(TOPICS.base) for message in shelf.link.sent] == [
        "/state/online", "/state/stock", "/result/o1", "/event/pick", "/event/pick", "/event/pick",
    ]  # fmt: skip
    online = json.loads(shelf.link.sent[0].body)
    assert online == {"online": True, "boot": "b1", "last_sequence": 3, "version": "1.2.3"}
    assert [message.retain for message in shelf.link.sent] == [True, True, False, False, False, False]
    assert shelf.link.sent[-1].content_type == "application/cloudevents+json"


def test_an_event_leaves_only_when_the_broker_has_accepted_it() -> None:
    shelf = Shelf(FakeBroker(rule=lambda message: None))
    shelf.tell(2)
    shelf.connect()
    shelf.settle()
    assert [row.sequence for row in shelf.rows] == [1, 2] and shelf.sender.in_flight == 3


def test_never_more_on_their_way_than_agreed_nor_than_the_broker_takes() -> None:
    for limits, most in ((Connected(), 4), (Connected(inflight=2), 2)):
        shelf = Shelf(FakeBroker(limits=limits), answers_at_once=1)
        shelf.tell(50)
        shelf.connect()
        shelf.settle()
        assert shelf.arrived() == list(range(1, 51)) and shelf.broker.most_in_flight == most


def test_after_a_cut_everything_unanswered_goes_again_in_order() -> None:
    shelf = Shelf(answers_at_once=3)
    shelf.tell(20)
    shelf.connect()
    for _ in range(4):
        shelf.turn()
    shelf.link.cut()
    shelf.turn()
    shelf.connect()
    shelf.settle()
    assert shelf.arrived() == list(range(1, 21)) and shelf.rows == []


def test_of_a_state_that_changes_fast_only_the_newest_goes() -> None:
    shelf = Shelf(answers_at_once=1)
    shelf.connect()
    shelf.settle()
    for n in range(10):
        shelf.state_bodies = {"stock": f"{n}".encode()}
        shelf.sender.fill(shelf.now_s)
    shelf.settle()
    assert shelf.broker.bodies("state/stock") == [b"0", b"9"]


def test_after_each_connect_all_state_is_told_again() -> None:
    shelf = Shelf()
    shelf.state_bodies = {"stock": b"S", "health": b"H"}
    shelf.connect()
    shelf.settle()
    shelf.link.cut()
    shelf.broker.forget()
    shelf.turn()
    shelf.connect()
    shelf.settle()
    assert {topic.rpartition("/")[2] for topic in shelf.broker.retained} == {"online", "stock", "health"}


# A broker that forgot


def test_a_broker_that_forgot_its_sessions_gets_events_again_until_somebody_listens() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x10, is_event), limits=Connected(remembered=False)))
    shelf.tell(5)
    shelf.connect()
    shelf.run(NOBODY_S / 2)
    assert len(shelf.rows) == 5
    shelf.broker.rule = lambda message: 0
    shelf.run(2.0)
    assert shelf.rows == []


def test_where_nobody_ever_listens_events_are_not_kept_for_ever() -> None:
    shelf = Shelf(FakeBroker(rule=refusing(0x10, is_event), limits=Connected(remembered=False)))
    shelf.tell(5)
    shelf.connect()
    shelf.run(NOBODY_S * 2)
    assert shelf.rows == []


# Everything at once

steps = st.lists(
    st.sampled_from(["tell", "turn", "turn", "turn", "cut", "refuse", "unfit", "mend", "wait"]), min_size=5, max_size=80
)


@settings(max_examples=400)
@given(steps, st.integers(1, 5), st.integers(1, 4))
def test_whatever_happens_nothing_is_lost_and_only_what_was_on_its_way_overtakes_a_refused_event(
    script: list[str], inflight: int, answers_at_once: int
) -> None:
    shelf = Shelf(inflight=inflight, answers_at_once=answers_at_once)
    shelf.connect()
    for step in script:
        if step == "tell":
            shelf.tell(3)
        elif step == "cut":
            shelf.link.cut()
            shelf.turn()
            shelf.connect()
        elif step == "refuse":
            shelf.broker.rule = refusing(0x87, is_event)
        elif step == "unfit":
            shelf.broker.rule = refusing(0x99, is_event)
        elif step == "mend":
            shelf.broker.rule = lambda message: 0
        elif step == "wait":
            shelf.run(7.0)
        else:
            shelf.turn()
        assert sorted({*shelf.arrived(), *(row.sequence for row in shelf.rows), *shelf.set_aside}) == list(
            range(1, shelf.last_sequence + 1)
        )
    shelf.broker.rule = lambda message: 0
    shelf.tell(1)  # as every fault does that is told
    shelf.run(3 * HOLD_MOST_S)
    assert shelf.rows == [] and (not shelf.set_aside or "unfit" in script)
    arrived = shelf.arrived()
    for place, n in enumerate(arrived):
        overtaken_by = [other for other in arrived[:place] if other > n]
        assert len(overtaken_by) <= inflight - 1
    if not {"refuse", "unfit"} & set(script):
        assert arrived == sorted(arrived)
