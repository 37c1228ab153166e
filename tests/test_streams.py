"""The queue before the core: one order for all, a bound for each, and nothing lost in silence."""

import threading

import numpy as np
import pytest

from agent.config.schema import Cell, Config, Device, Scale, Tracks
from agent.messages import Command, Counts, Gap, LabelsShown, Observation, Restored, SensorBack, SensorLost, Tick
from agent.messages import Tracks as Seen
from agent.streams import Intake, QueueError, Stream, stream_of, table
from wire.commands import Tare

CONFIG = Config(
    device=Device(store="s1", id="d1"),
    scales=tuple(
        Scale(name=name, driver="shelfd-lines", port=f"/dev/{name}", rate_hz=rate_hz, cells=(Cell(name=name),))
        for name, rate_hz in (("fast", 60.0), ("slow", 0.1))
    ),
    tracks=Tracks(socket="/run/tracks.sock", rate_hz=15.0),
)


def counts(t: float, scale: str = "fast") -> Counts:
    return Counts(t, scale, np.zeros(1))


def everything(intake: Intake) -> list[Observation]:
    found = []
    while (observation := intake.take(0.0)) is not None:
        found.append(observation)
    return found


def test_every_stream_has_a_row() -> None:
    rows = table(CONFIG)
    assert rows["scale/fast"] == Stream("scale/fast", 60.0, 300, "gap")
    assert rows["scale/slow"] == Stream("scale/slow", 0.1, 2, "gap")
    assert rows["tracks"] == Stream("tracks", 15.0, 75, "gap")
    observations = (
        counts(0.0), counts(0.0, "slow"), Seen(0.0, ()), Tick(0.0, None, False), Command(0.0, "c1", Tare(lane="cola")),
        SensorLost(0.0, "x", "y", "z"), SensorBack(0.0, "x"), Gap(0.0, "x", 1, "y"), Restored(0.0, None),
        LabelsShown(0.0, 1),
    )  # fmt: skip
    assert {stream_of(observation) for observation in observations} == set(rows)


def test_the_order_of_arrival_is_kept_across_streams() -> None:
    intake = Intake(table(CONFIG))
    sent: list[Observation] = [counts(1.0), Seen(1.1, ()), Tick(2.0, None, False), counts(1.9)]
    for observation in sent:
        assert intake.put(observation)
    assert everything(intake) == sent


def test_a_flood_of_one_stream_leaves_the_others_their_room_and_tells_what_was_lost() -> None:
    intake = Intake(table(CONFIG))
    kept = [intake.put(counts(t / 60)) for t in range(350)]
    assert kept == [True] * 300 + [False] * 50
    assert intake.put(Seen(6.0, ()))
    assert intake.put(SensorLost(6.0, "scale/slow", "unplugged", "plug it in"))
    assert len(everything(intake)) == 302
    assert intake.put(counts(7.0))
    assert intake.put(counts(7.1))
    gap, first, second = everything(intake)
    assert gap == Gap(7.0, "scale/fast", 50, "the core did not keep up")
    assert (first.t, second.t) == (7.0, 7.1)


def test_ticks_that_nobody_takes_are_skipped() -> None:
    intake = Intake(table(CONFIG))
    assert [intake.put(Tick(float(t), None, False)) for t in range(5)] == [True, True, True, False, False]
    assert [observation.t for observation in everything(intake)] == [0.0, 1.0, 2.0]


def test_a_command_too_many_is_refused_to_its_sender() -> None:
    intake = Intake(table(CONFIG))
    taken = [intake.put(Command(0.0, f"c{i}", Tare(lane="cola"))) for i in range(65)]
    assert taken == [True] * 64 + [False]
    assert len(everything(intake)) == 64


def test_what_must_not_be_lost_ends_the_process_rather_than_going_missing() -> None:
    intake = Intake(table(CONFIG))
    for i in range(1000):
        intake.put(SensorBack(float(i), "scale/fast"))
    with pytest.raises(QueueError, match="1000 observations of stream status"):
        intake.put(SensorBack(1000.0, "scale/fast"))


def test_a_waiting_core_wakes_when_something_comes_and_when_it_is_closed() -> None:
    intake = Intake(table(CONFIG))
    taken: list[Observation | None] = []

    def core() -> None:
        while not intake.drained:
            taken.append(intake.take(10.0))

    thread = threading.Thread(target=core, daemon=True)
    thread.start()
    intake.put(Restored(1.0, None))
    intake.close()
    thread.join(5.0)
    assert not thread.is_alive()
    assert taken[0] == Restored(1.0, None)
    assert intake.put(Restored(2.0, None)) is False
