"""How the parts hang together: the core's thread, what is committed with what, what a start makes of the last run."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from agent.__main__ import main
from agent.app import App
from agent.clock import Discipline, OffsetNews, WallClock
from agent.config.schema import Cell, Config, Device, Lane, Outbox, Recording, Scale, Tracks
from agent.core import Core
from agent.coreloop import SNAPSHOT_S, CoreLoop
from agent.messages import Answer, Command, Counts, Observation, Restored, SensorLost, Snapshot, Tick
from agent.notify import Notifier
from agent.outbox.protocol import Batch, OutboxError, Receipt
from agent.senses import WatchedScale
from agent.streams import Intake, table
from agent.supervisor import Beat
from agent.versions import versions
from wire.commands import SetMode
from wire.events import Fault
from wire.state import ClockState


def config(folder: Path, **keys: Any) -> Config:
    return Config(
        device=Device(store="s1", id="d1"),
        outbox=Outbox(path=str(folder / "outbox.sqlite")),
        scales=(
            Scale(
                name="main", driver="shelfd-lines", port=str(folder / "none"), rate_hz=10.0, cells=(Cell(name="a1"),)
            ),
        ),
        lanes=(Lane(name="cola", cells=("a1",), gtin="06901234567892", unit_g=345.0, units=6),),
        **keys,
    )


class Desk:
    """A core loop without threads: what is recorded and committed lies on the desk."""

    def __init__(self, folder: Path) -> None:
        self.recorded: list[Observation] = []
        self.batches: list[Batch] = []
        self.core = Core(config(folder))
        self.intake = Intake(table(config(folder)))
        self.loop = CoreLoop(self.core, self.intake, self.batches.append, self.record, OffsetNews("b1"))

    def record(self, observation: Observation, snapshot: Callable[[], Snapshot]) -> None:
        assert msgspec.json.encode(snapshot())
        self.recorded.append(observation)

    def at_rest(self, first_s: int, last_s: int) -> None:
        for t in range(first_s, last_s):
            for i in range(10):
                self.loop.step(Counts(t + i / 10, "main", np.array([2070.0 + (i % 3) * 0.1])))
            self.loop.step(Tick(t + 1.0, None, False))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_observation_is_recorded_before_it_is_judged_and_the_clock_state_is_not_the_cores(desk: Desk) -> None:
    desk.loop.step(Tick(1.0, None, False))
    assert desk.recorded == [Tick(1.0, None, False)]
    kinds = [state.payload.kind for batch in desk.batches for state in batch.states]
    assert kinds.count("clock") == 1
    told = next(s.payload for b in desk.batches for s in b.states if isinstance(s.payload, ClockState))
    assert told == ClockState(boot="b1", synced=False, offset_s=None)


def test_an_event_and_the_core_that_told_it_are_committed_as_one(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.at_rest(0, 5)
    before = len(desk.batches)
    desk.loop.step(SensorLost(5.0, "scale/main", "unplugged", "plug it in"))
    desk.loop.step(Tick(6.0, None, False))
    (batch,) = [batch for batch in desk.batches[before:] if batch.events]
    assert isinstance(batch.events[0].payload, Fault)
    assert "scale/main: plug it in" in caplog.text
    assert batch.snapshot is not None
    assert Core.restore(desk.core.config, batch.snapshot).snapshot() == batch.snapshot


def test_a_fault_that_stands_since_before_the_start_is_logged_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.loop.step(SensorLost(5.0, "scale/main", "unplugged", "plug it in"))
    desk.loop.step(Tick(6.0, None, False))
    caplog.clear()
    desk.intake.close()
    desk.loop.run()
    assert "scale/main: plug it in (since before this start)" in caplog.text


def test_an_order_is_answered_together_with_what_it_changed(desk: Desk) -> None:
    desk.loop.step(Command(1.0, "c1", SetMode(mode="staff")))
    batch = desk.batches[-1]
    assert [answer.result.id for answer in batch.answers] == ["c1"]
    assert batch.snapshot is not None
    again = Core.restore(desk.core.config, batch.snapshot).step(Command(2.0, "c1", SetMode(mode="open")))
    assert [output for output in again if isinstance(output, Answer)] == [Answer(batch.answers[0].result)]


def test_a_quiet_shelf_is_saved_once_a_minute_and_no_oftener(desk: Desk) -> None:
    desk.at_rest(0, 150)
    saved = [batch for batch in desk.batches if batch.snapshot is not None]
    assert len(saved) == 1 + 149 // SNAPSHOT_S
    assert not any(batch.events for batch in desk.batches)


def test_a_snapshot_that_was_handed_over_does_not_change_afterwards(desk: Desk) -> None:
    desk.at_rest(0, 2)
    desk.loop.step(Command(2.0, "c1", SetMode(mode="staff")))
    snapshot = desk.batches[-1].snapshot
    then = msgspec.json.encode(snapshot)
    desk.at_rest(2, 30)
    desk.loop.step(SensorLost(30.0, "scale/main", "unplugged", "plug it in"))
    assert msgspec.json.encode(snapshot) == then


def test_closing_the_intake_lets_the_core_finish_and_save(desk: Desk) -> None:
    for t in range(3):
        desk.intake.put(Tick(float(t), None, False))
    desk.intake.close()
    desk.loop.run()
    assert [observation.t for observation in desk.recorded] == [0.0, 1.0, 2.0]
    assert desk.batches[-1].snapshot == desk.core.snapshot()


class Wall:
    """A wall clock that the test sets."""

    def __init__(self, wall_s: float | None) -> None:
        known = wall_s is not None
        self.clock = WallClock(
            lambda: Discipline(known, 1.0), Path("/nonexistent"), lambda: 50.0, lambda: wall_s or 0.0
        )


def app(folder: Path, wall_s: float | None = None, **keys: Any) -> App:
    return App(config(folder, **keys), Notifier(), Wall(wall_s).clock)


def test_every_configured_part_is_there_in_the_order_of_the_flow(tmp_path: Path) -> None:
    full = app(tmp_path, recording=Recording(dir=str(tmp_path / "r")), tracks=Tracks(socket="/run/t.sock"))
    names = [part.name for part in full.supervisor.parts]
    assert names == ["outbox", "uplink", "recorder", "core", "errands", "clock", "tracks", "scale/main"]
    assert [part.name for part in app(tmp_path).supervisor.parts] == [
        "outbox",
        "uplink",
        "core",
        "errands",
        "clock",
        "scale/main",
    ]


def test_a_first_start_begins_with_nothing_to_restore(tmp_path: Path) -> None:
    core, first = app(tmp_path)._restore(None)
    assert first is None
    assert core.snapshot() == Core(config(tmp_path)).snapshot()


@pytest.mark.parametrize(
    ("left_wall_s", "wall_s", "off_s"),
    [(1000.0, 1600.0, 600.0), (None, 1600.0, None), (1000.0, None, None), (9e9, 1.0, 0.0)],
)
def test_a_restart_says_how_long_the_device_was_off_where_the_clock_can_tell(
    tmp_path: Path, left_wall_s: float | None, wall_s: float | None, off_s: float | None, monkeypatch: Any
) -> None:
    again = app(tmp_path, wall_s)
    monkeypatch.setattr(type(again.outbox), "committed_wall_s", left_wall_s)
    snapshot = Core(config(tmp_path)).snapshot()
    core, first = again._restore(snapshot)
    assert first == Restored(50.0, off_s)
    assert core.snapshot() == snapshot


@pytest.mark.parametrize("snapshot", [{}, {"version": 999}, {"version": "of another time", "mode": []}])
def test_a_snapshot_that_does_not_fit_costs_the_stock_and_not_the_start(tmp_path: Path, snapshot: Snapshot) -> None:
    core, first = app(tmp_path)._restore(snapshot)
    assert core.snapshot() == Core(config(tmp_path)).snapshot()
    assert isinstance(first, SensorLost)
    assert (first.stream, first.code) == ("core", "snapshot_refused")
    core.step(first)
    told = core.step(Tick(51.0, None, False))
    faults = [output.payload for output in told if hasattr(output, "payload") and isinstance(output.payload, Fault)]
    assert [fault.part for fault in faults] == ["core"]
    assert "count the stock again" in faults[0].message


def test_an_order_too_many_is_refused_at_once(tmp_path: Path, monkeypatch: Any) -> None:
    busy = app(tmp_path)
    batches: list[Batch] = []

    def commit(batch: Batch) -> Future[Receipt]:
        batches.append(batch)
        return Future()

    monkeypatch.setattr(busy.outbox, "commit", commit)
    for i in range(66):
        busy.order(f"c{i}", SetMode(mode="staff"))
    assert [answer.result.id for batch in batches for answer in batch.answers] == ["c64", "c65"]
    assert {answer.result.outcome for batch in batches for answer in batch.answers} == {"refused"}


def test_a_watched_scale_beats_at_each_read_and_is_otherwise_the_scale() -> None:
    class Two:
        lost = 7
        closed = False

        def read(self) -> Counts | None:
            return None

        def close(self) -> None:
            self.closed = True

    beat, two = Beat(), Two()
    scale = WatchedScale(two, beat)
    assert scale.read() is None
    scale.close()
    assert (beat.count, scale.lost, two.closed) == (1, 7, True)


def test_the_versions_that_made_a_recording_are_known() -> None:
    assert {"python", "shelfd", "numpy", "msgspec"} <= set(versions())
    assert all(versions().values())


def test_a_stock_that_cannot_be_read_now_is_not_taken_for_none(tmp_path: Path) -> None:
    first = app(tmp_path)
    first.outbox.start()
    first.outbox.commit(Batch(snapshot=Core(config(tmp_path)).snapshot())).result(10)
    second = app(tmp_path)
    with pytest.raises(OutboxError, match="stop the second shelfd"):
        second.run()
    first.outbox.stop()
    third = app(tmp_path)
    third._open_outbox()
    assert third.outbox.snapshot == Core(config(tmp_path)).snapshot()
    third.outbox.stop()


def test_an_outbox_that_refuses_ends_the_process_so_that_it_is_tried_again(
    tmp_path: Path, monkeypatch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(app: App) -> int:
        raise OutboxError("locked", "the outbox is held by another process: stop it")

    file = tmp_path / "shelf.toml"
    file.write_text('[device]\nstore = "s1"\nid = "d1"\n[outbox]\npath = "' + str(tmp_path / "outbox.sqlite") + '"\n')
    monkeypatch.setattr(App, "run", refuse)
    assert main(["run", str(file)]) == os.EX_TEMPFAIL
    assert "stop it" in capsys.readouterr().err
