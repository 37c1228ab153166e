"""What goes to the broker when: order, room, holds, unfit messages, and who is to blame when a broker hangs up."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from outbox_scene import TOPICS

from agent.outbox.protocol import ResultRow, Row
from agent.uplink.events import HOLD_MOST_S, HOLD_S, PASSED_MOST
from agent.uplink.fake import FakeBroker, FakeUplink
from agent.uplink.protocol import Acknowledged, Connected, Lost, Message
from agent.uplink.sender import NOBODY_S, Sender
from wire.state import Online

EVENT = "/event/"


class Shelf:
    """A sender over an outbox of plain lists, with time that stands until it is told to pass. It is the uplink's Box
    and its FaultBook."""

    def __init__(
        self, broker: FakeBroker | None = None, *, inflight: int = 4, answers_at_once: int = 1_000_000
    ) -> None:
        self.broker = broker or FakeBroker()
        self.link = FakeUplink(self.broker, answers_at_once)
        self.now_s = 1000.0
        self.rows: list[Row] = []
        self.state_bodies: dict[str, bytes] = {}
        self.answers: list[ResultRow] = []
        self.set_aside: dict[int, str] = {}
        self.faults: list[str] = []
        self.last_sequence = 0
        us = Online(online=True, boot="b1", version="1.2.3")
        self.sender = Sender(self.link, self, TOPICS, us, self, inflight=inflight, park_after=3)

    # The outbox

    def after(self, sequence: int, limit: int) -> list[Row]:
        return [row for row in self.rows if row.sequence > sequence][:limit]

    def accepted(self, sequence: int) -> None:
        self.rows = [row for row in self.rows if row.sequence != sequence]

    def parked(self, sequence: int, reason: str) -> None:
        self.accepted(sequence)
        self.set_aside[sequence] = reason

    def states(self) -> dict[str, bytes]:
        return self.state_bodies

    def results(self) -> list[ResultRow]:
        return list(self.answers)

    def answered(self, number: int) -> None:
        self.answers = [row for row in self.answers if row.number != number]

    # The book of faults

    def raise_fault(self, part: str, code: str, message: str, *, again: bool = False) -> None:
        if code not in self.faults or again:
            self.faults.append(code)

    def clear(self, part: str, *codes: str) -> None:
        self.faults = [code for code in self.faults if code not in codes]

    # The scene

    def tell(self, count: int, kind: str = "pick") -> None:
        for _ in range(count):
            self.last_sequence += 1
            self.rows.append(Row(self.last_sequence, "b1", kind, str(self.last_sequence).encode()))

    def connect(self) -> None:
        self.link.open()
        self.turn()

    def turn(self) -> bool:
        """Once round the courier's loop; False: nothing happened."""
        happenings = self.link.wait(0.0)
        for happening in happenings:
            match happening:
                case Connected():
                    self.sender.connected(happening, self.now_s)
                case Acknowledged():
                    self.sender.acknowledged(happening, self.now_s)
                case Lost():
                    self.sender.disconnected(happening, self.now_s)
                    self.link.close()
        sent = len(self.link.sent)
        self.sender.fill(self.now_s)
        return bool(happenings) or len(self.link.sent) > sent

    def settle(self) -> None:
        """Until nothing happens any more."""
        for _ in range(10_000):
            if not self.turn():
                return
        raise AssertionError("it never settles")

    def run(self, seconds: float, *, reconnect: bool = False) -> None:
        """Lets time pass, from one thing that is due to the next."""
        until_s = self.now_s + seconds
        for _ in range(1000):
            self.settle()
            if reconnect and not self.link._open and self.broker.up:
                self.now_s += 1.0
                self.connect()
                continue
            wake_s = self.sender.wake_s(self.now_s)
            if wake_s is None or wake_s > until_s:
                break
            self.now_s = wake_s
        self.now_s = max(self.now_s, until_s)
        self.settle()

    def arrived(self) -> list[int]:
        """First occurrences of events at the broker, in order."""
        return [int(body) for body in dict.fromkeys(self.broker.bodies(EVENT))]


def refusing(code: int, about: Callable[[Message], bool]) -> Callable[[Message], int]:
    return lambda message: code if about(message) else 0


def is_event(message: Message) -> bool:
    return EVENT in message.topic


def body(text: str) -> Callable[[Message], bool]:
    return lambda message: message.body == text.encode()


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
