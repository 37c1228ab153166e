"""The clock tells what it knows: a Pi without a time server does not pretend."""

import threading
from pathlib import Path

import pytest

from agent.clock import Discipline, OffsetNews, Ticker, WallClock, kernel_discipline
from agent.messages import Observation, Tick
from wire.events import Clock
from wire.state import ClockState

LIMIT_S = 5.0


class World:
    """A kernel, a file of timesyncd and two clocks, set by hand."""

    def __init__(self, folder: Path) -> None:
        self.discipline: Discipline | None = Discipline(synced=False, error_ms=16_000.0)
        self.synchronized = folder / "synchronized"
        self.t, self.wall_s = 100.0, 1_700_000_000.0
        self.clock = WallClock(lambda: self.discipline, self.synchronized, lambda: self.t, lambda: self.wall_s)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_before_a_time_server_answers_the_wall_clock_is_unknown(world: World) -> None:
    assert world.clock.tick() == Tick(100.0, None, False, None)
    assert world.clock.stamp().wall_s is None
    assert world.clock.stamp().clock == Clock(synced=False)


def test_a_disciplined_clock_is_told_with_its_error(world: World) -> None:
    world.discipline = Discipline(synced=True, error_ms=12.34)
    assert world.clock.tick() == Tick(100.0, 1_700_000_000.0, True, 12.3)


def test_once_known_it_stays_known_though_the_server_is_gone(world: World) -> None:
    world.discipline = Discipline(synced=True, error_ms=5.0)
    world.clock.tick()
    world.discipline = Discipline(synced=False, error_ms=16_000.0)
    assert world.clock.tick() == Tick(100.0, 1_700_000_000.0, False, 16_000.0)


def test_after_a_restart_of_the_agent_the_file_of_timesyncd_still_knows(world: World) -> None:
    world.synchronized.touch()
    assert world.clock.tick() == Tick(100.0, 1_700_000_000.0, False, 16_000.0)


def test_where_the_kernel_may_not_be_asked_nothing_is_claimed(world: World) -> None:
    world.discipline = None
    assert world.clock.tick() == Tick(100.0, None, False, None)
    world.synchronized.touch()
    assert world.clock.tick() == Tick(100.0, 1_700_000_000.0, False, None)


def test_the_real_kernel_answers_within_its_own_bounds() -> None:
    discipline = kernel_discipline()
    assert discipline is None or 0 <= discipline.error_ms <= 16_000.0  # NTP_PHASE_LIMIT: the kernel caps it there


def test_the_offset_is_told_at_the_start_when_it_becomes_known_and_when_it_jumps() -> None:
    news = OffsetNews("b1")
    steps = [
        (Tick(1.0, None, False), ClockState(boot="b1", synced=False, offset_s=None)),
        (Tick(2.0, None, False), None),
        (Tick(3.0, 1003.0, True, 2.0), ClockState(boot="b1", synced=True, offset_s=1000.0, uncertainty_ms=2.0)),
        (Tick(4.0, 1004.02, True, 9.0), None),  # slewing
        (Tick(5.0, 1006.0, True, 9.0), ClockState(boot="b1", synced=True, offset_s=1001.0, uncertainty_ms=9.0)),
        (Tick(6.0, 1007.0, False, 9.0), ClockState(boot="b1", synced=False, offset_s=1001.0, uncertainty_ms=9.0)),
    ]
    assert [news.look(tick) for tick, _ in steps] == [expected for _, expected in steps]


def test_the_ticker_ticks_beats_and_stops_at_once(world: World) -> None:
    seen: list[Observation] = []
    came = threading.Event()
    beats: list[None] = []

    def put(observation: Observation) -> None:
        seen.append(observation)
        came.set()

    ticker = Ticker(world.clock.tick, put, lambda: beats.append(None))
    thread = threading.Thread(target=ticker.run, daemon=True)
    thread.start()
    assert came.wait(LIMIT_S)
    ticker.stop()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert seen[0] == Tick(100.0, None, False, None)
    assert beats
