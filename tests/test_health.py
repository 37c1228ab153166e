"""Health as scenes: a shelf whose streams stumble, and what is told of it."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from agent.config.schema import Cell, Config, Device, Scale, Tracks
from agent.health import Health
from agent.messages import Counts, Gap, Observation, Restored, SensorBack, SensorLost
from agent.messages import Tracks as Seen
from wire.events import Clock
from wire.state import StreamHealth

CLOCK = Clock(synced=False)
CONFIG = Config(
    device=Device(store="s1", id="d1"),
    scales=(
        Scale(
            name="main",
            driver="shelfd-lines",
            port="/dev/null",
            rate_hz=10.0,
            cells=(Cell(name="a1"), Cell(name="a2", saturation_counts=1000.0), Cell(name="a3", saturation_counts=0.0)),
        ),
    ),
    tracks=Tracks(socket="/run/tracks.sock", rate_hz=20.0),
)
GOOD = (100.0, 200.0, 300.0)


class Shelf:
    """A shelf in time: streams run at a rate until told otherwise, a Tick a second, and everything told is kept.

    With `forgetful`, health goes through its snapshot as JSON before every Tick: nothing may depend on more than that.
    """

    def __init__(self, forgetful: bool) -> None:
        self.health = Health(CONFIG)
        self.forgetful = forgetful
        self.now = 100.0
        self.scale_hz = 10.0
        self.tracks_hz = 20.0
        self.values: tuple[float, ...] = GOOD
        self.told: list[str] = []
        self.payloads: list[Any] = []
        self.states: dict[str, StreamHealth] = {}

    def see(self, observation: Observation) -> None:
        self.health.observe(observation)

    def run(self, seconds: int) -> list[str]:
        """What is told in that time, as `fault scale/main silent`."""
        before = len(self.told)
        for _ in range(seconds):
            due = [(i / self.scale_hz, "scale") for i in range(int(self.scale_hz))]
            due += [(i / self.tracks_hz, "tracks") for i in range(int(self.tracks_hz))]
            for after, stream in sorted(due):
                t = self.now + after
                self.see(Counts(t, "main", np.array(self.values)) if stream == "scale" else Seen(t, ()))
            self.now += 1.0
            self.tick()
        return self.told[before:]

    def tick(self) -> None:
        if self.forgetful:
            self.health = Health.restore(CONFIG, msgspec.json.decode(msgspec.json.encode(self.health.snapshot())))
        judgement = self.health.judge(self.now, CLOCK)
        self.payloads += judgement.events
        self.states = {state.stream: state for state in judgement.streams}
        for event in judgement.events:
            name = f"{event.part} {event.code}" if hasattr(event, "part") else f"{event.stream} {event.lost}"
            self.told.append(f"{event.kind} {name}")


@pytest.fixture(params=[False, True], ids=["lives", "restored-each-second"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    return Shelf(request.param)


def test_a_shelf_that_is_well_tells_nothing(shelf: Shelf) -> None:
    assert shelf.run(60) == []
    assert shelf.states["scale/main"] == StreamHealth(
        stream="scale/main", alive=True, rate_right=True, valid=True, rate_hz=10.0
    )
    assert shelf.states["tracks"].rate_hz == 20.0


def test_what_the_driver_says_is_told_as_it_stands(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.scale_hz = 0
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    assert shelf.run(30) == ["fault scale/main unplugged"]
    assert (shelf.payloads[0].message, shelf.payloads[0].at_s) == ("plug it in", 107.0)
    state = shelf.states["scale/main"]
    assert (state.alive, state.rate_right, state.valid, state.rate_hz) == (False, False, False, None)
    assert state.reason == "plug it in"
    assert shelf.states["tracks"].alive
    shelf.see(SensorBack(shelf.now, "scale/main"))
    shelf.scale_hz = 10.0
    assert shelf.run(30) == ["cleared scale/main unplugged"]
    assert shelf.states["scale/main"].alive


def test_lost_and_back_between_two_ticks_is_told_in_order(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.see(SensorLost(shelf.now + 0.1, "scale/main", "unplugged", "plug it in"))
    shelf.see(SensorBack(shelf.now + 0.2, "scale/main"))
    assert shelf.run(20) == ["fault scale/main unplugged", "cleared scale/main unplugged"]


def test_another_cause_replaces_the_first(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.scale_hz = 0
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    shelf.see(SensorLost(shelf.now, "scale/main", "permission_denied", "add the user to dialout"))
    assert shelf.run(3) == [
        "fault scale/main unplugged",
        "cleared scale/main unplugged",
        "fault scale/main permission_denied",
    ]


def test_a_stream_that_falls_silent_without_a_word_is_noticed(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.tracks_hz = 0
    assert shelf.run(4) == []
    assert shelf.run(4) == ["fault tracks silent"]
    assert "check its cable" in (shelf.states["tracks"].reason or "")
    shelf.tracks_hz = 20.0
    assert shelf.run(4) == ["cleared tracks silent"]


def test_a_stream_that_never_spoke_is_silent_too(shelf: Shelf) -> None:
    shelf.tracks_hz = 0
    assert shelf.run(4) == []
    assert not shelf.states["tracks"].alive
    assert shelf.run(6) == ["fault tracks silent"]


def test_when_the_cause_of_a_silence_is_known_it_takes_its_place(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.scale_hz = 0
    assert shelf.run(8) == ["fault scale/main silent"]
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    assert shelf.run(2) == ["cleared scale/main silent", "fault scale/main unplugged"]


@pytest.mark.parametrize(("rate", "wrong"), [(6.0, True), (8.0, False), (13.0, False), (16.0, True)])
def test_a_wrong_rate_is_a_fault_once_it_lasts(shelf: Shelf, rate: float, wrong: bool) -> None:
    shelf.run(11)
    shelf.scale_hz = rate
    told = shelf.run(60)
    assert told == (["fault scale/main rate"] if wrong else [])
    assert shelf.states["scale/main"].rate_right is not wrong
    shelf.scale_hz = 10.0
    assert shelf.run(60) == (["cleared scale/main rate"] if wrong else [])


def test_a_rate_at_the_edge_does_not_chatter(shelf: Shelf) -> None:
    shelf.scale_hz = 6.0
    assert shelf.run(16) == ["fault scale/main rate"]
    for _ in range(10):
        shelf.scale_hz = 8.0
        shelf.run(5)
        shelf.scale_hz = 6.0
        shelf.run(5)
    assert shelf.told == ["fault scale/main rate"]


def test_a_pause_does_not_count_against_the_rate_that_follows(shelf: Shelf) -> None:
    shelf.run(20)
    shelf.scale_hz = 0
    shelf.run(30)
    shelf.scale_hz = 10.0
    shelf.run(60)
    assert shelf.told == ["fault scale/main silent", "cleared scale/main silent"]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((100.0, 200.0, math.nan), "cell/a3 no_reading"),
        ((8_388_607.0, 200.0, 300.0), "cell/a1 saturated"),
        ((100.0, -1000.0, 300.0), "cell/a2 saturated"),
    ],
)
def test_a_cell_that_gives_nothing_is_named(shelf: Shelf, values: tuple[float, ...], told: str) -> None:
    shelf.run(6)
    shelf.values = values
    assert shelf.run(20) == [f"fault {told}"]
    state = shelf.states["scale/main"]
    assert (state.alive, state.rate_right, state.valid) == (True, True, False)
    shelf.values = GOOD
    assert shelf.run(20) == [f"cleared {told}"]
    assert shelf.states["scale/main"].valid


def test_full_scale_is_a_weight_where_the_cell_has_none(shelf: Shelf) -> None:
    shelf.values = (100.0, 200.0, 1e9)
    assert shelf.run(30) == []


def test_glitches_are_no_fault(shelf: Shelf) -> None:
    for second in range(40):
        shelf.values = (8_388_607.0, 200.0, math.nan) if second % 20 == 0 else GOOD
        shelf.run(1)
    assert shelf.told == []


def test_a_rate_that_wavers_is_not_told_anew_at_each_wavering(shelf: Shelf) -> None:
    rates = set()
    for second in range(60):
        shelf.scale_hz = 10.0 if second % 7 else 11.0
        shelf.run(1)
        rates.add(shelf.states["scale/main"].rate_hz)
    assert len(rates - {None}) == 1
    shelf.scale_hz = 8.0
    shelf.run(60)
    assert shelf.states["scale/main"].rate_hz == pytest.approx(8.5, abs=0.6)


def test_gaps_are_added_up_and_told_in_moderation(shelf: Shelf) -> None:
    shelf.run(3)
    for _ in range(25):
        shelf.see(Gap(shelf.now, "scale/main", 3, "the queue was full"))
        shelf.run(1)
    assert shelf.told == ["gap scale/main 3", "gap scale/main 30", "gap scale/main 30"]


def test_faults_of_other_parts_pass_through(shelf: Shelf) -> None:
    shelf.see(SensorLost(100.0, "recording", "disk_full", "free some"))
    assert shelf.run(2) == ["fault recording disk_full"]
    shelf.see(SensorBack(102.0, "recording"))
    assert shelf.run(2) == ["cleared recording disk_full"]


def test_a_restart_clears_what_the_new_process_does_not_find_ill(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    shelf.see(SensorLost(shelf.now, "recording", "disk_full", "free some"))
    shelf.scale_hz = 0
    shelf.run(2)
    shelf.now = 3.0  # the device was off: its monotonic clock started anew
    shelf.see(Restored(3.0, None))
    assert shelf.run(1) == ["cleared recording disk_full"]
    shelf.scale_hz = 10.0
    assert shelf.run(5) == ["cleared scale/main unplugged"]


def test_a_restart_does_not_tell_twice_what_is_still_ill(shelf: Shelf) -> None:
    shelf.run(7)
    shelf.see(SensorLost(shelf.now, "scale/main", "unplugged", "plug it in"))
    shelf.scale_hz = 0
    shelf.run(2)
    shelf.see(Restored(shelf.now, 10.0))
    shelf.see(SensorLost(shelf.now + 0.5, "scale/main", "unplugged", "plug it in"))
    assert shelf.run(20) == []


def test_streams_and_cells_that_went_from_the_configuration_are_forgotten() -> None:
    shelf = Shelf(forgetful=False)
    shelf.values = (100.0, 200.0, math.nan)
    shelf.tracks_hz = 0
    shelf.run(20)
    scale = CONFIG.scales[0]
    smaller = Config(
        device=CONFIG.device,
        scales=(Scale(name="main", driver="shelfd-lines", port="/dev/null", rate_hz=10.0, cells=scale.cells[:2]),),
    )
    health = Health.restore(smaller, shelf.health.snapshot())
    health.observe(Restored(shelf.now, None))
    judgement = health.judge(shelf.now, CLOCK)
    assert {(event.kind, getattr(event, "part", "")) for event in judgement.events} == {
        ("cleared", "cell/a3"),
        ("cleared", "tracks"),
    }
    assert [state.stream for state in judgement.streams] == ["scale/main"]


@pytest.mark.parametrize("snapshot", [{}, {"streams": []}, {"streams": {}, "open": [1]}, {"streams": {"tracks": {}}}])
def test_a_snapshot_of_another_kind_is_refused(snapshot: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="health part"):
        Health.restore(CONFIG, snapshot)
