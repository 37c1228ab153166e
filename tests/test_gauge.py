"""What a hub reads in health while no event comes: coarse counts of what has waited, and the faults that are open."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Config, Device
from agent.core import Core
from agent.messages import State, Tick
from agent.outbox.faults import Faults
from agent.outbox.gauge import TICKS, Gauge, coarse
from agent.outbox.protocol import Batch, Waiting, unknown_clock
from wire.state import Health

BARE = Config(device=Device(store="s1", id="d1"))  # no scale: nothing but the outbox can make health change


class Box:
    """An outbox of which only the outside is needed."""

    def __init__(self) -> None:
        self.told: list[Batch] = []
        self.faults = Faults(self.told.append, unknown_clock)
        self.count = Waiting(0, 0)

    def waiting(self) -> Waiting:
        return self.count


class Desk:
    """A gauge, its outbox and a core that is told what the gauge reads."""

    def __init__(self) -> None:
        self.box, self.now_s = Box(), 100.0
        self.gauge, self.core = Gauge(self.box), Core(BARE)

    def tick(self, events: int = 0, parked: int = 0, times: int = 1) -> list[Health]:
        """The health that is told in so many seconds with so many events waiting."""
        told: list[Health] = []
        for _ in range(times):
            self.box.count, self.now_s = Waiting(events, parked), self.now_s + 1.0
            told += healths(self.core.step(self.gauge.read(Tick(self.now_s, None, False))))
        return told


def healths(outputs: Sequence[object]) -> list[Health]:
    states = [output.payload for output in outputs if isinstance(output, State)]
    return [payload for payload in states if isinstance(payload, Health)]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.tick(times=60)  # the first health has been told
    return desk


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, 0),
        (1, 1),
        (2, 2),
        (4, 2),
        (5, 5),
        (9, 5),
        (10, 10),
        (19, 10),
        (20, 20),
        (99, 50),
        (100, 100),
        (7_777, 5_000),
    ],
)
def test_counts_are_shown_coarsely(count: int, shown: int) -> None:
    assert coarse(count) == shown


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_coarse_count_keeps_the_order_and_more_than_a_third(one: int, other: int) -> None:
    assert coarse(min(one, other)) <= coarse(max(one, other))
    assert coarse(one) <= one <= 2.5 * coarse(one)
    assert coarse(coarse(one)) == coarse(one)


def test_an_event_that_is_accepted_soon_is_no_news(desk: Desk) -> None:
    for _ in range(10):
        assert desk.tick(events=1, times=TICKS - 1) == []
        assert desk.tick(events=0) == []


def test_a_day_without_a_broker_is_told_in_a_few_words(desk: Desk) -> None:
    told = [health for n in range(10_000) for health in desk.tick(events=n)]
    assert [health.outbox_waiting for health in told] == [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000,
    ]  # fmt: skip
    assert [health.outbox_waiting for health in desk.tick(events=0)] == [0]


def test_before_anything_can_have_waited_nothing_is_claimed() -> None:
    gauge = Gauge(Box())
    read = [gauge.read(Tick(float(t), None, False)) for t in range(TICKS)]
    assert [tick.outbox_waiting for tick in read] == [None] * (TICKS - 1) + [0]


def test_what_is_set_aside_is_told_too(desk: Desk) -> None:
    told = desk.tick(events=3, parked=1, times=TICKS)
    assert [(health.outbox_waiting, health.outbox_parked) for health in told] == [(2, 1)]


def test_a_fault_that_cannot_get_out_as_an_event_stands_in_health(desk: Desk) -> None:
    desk.box.faults.raise_fault("uplink", "not_authorised", "the broker does not let us publish")
    desk.box.faults.raise_fault("outbox", "disk_full", "the disk is full")
    assert [health.outbox_faults for health in desk.tick()] == [("outbox/disk_full", "uplink/not_authorised")]
    assert desk.tick(times=30) == []
    desk.box.faults.clear("uplink", "not_authorised")
    assert [health.outbox_faults for health in desk.tick()] == [("outbox/disk_full",)]


def test_after_a_snapshot_nothing_is_told_twice(desk: Desk) -> None:
    desk.box.faults.raise_fault("uplink", "quota_exceeded", "the quota is used up")
    assert desk.tick(events=7, times=TICKS)
    desk.core = Core.restore(BARE, json.loads(json.dumps(desk.core.snapshot())))
    assert desk.tick(events=7, times=3) == []
