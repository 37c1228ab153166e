"""A replay says what the live core said, byte for byte."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from agent.config.load import to_dict
from agent.config.schema import Cell, Config, Device, Lane, Scale
from agent.messages import Answer, Command, Counts, Event, Observation, Output, Snapshot, State
from agent.recording import disk as disk_module
from agent.recording import replay as replay_module
from agent.recording.disk import Limits, RecordingDisk
from agent.recording.protocol import Header, RecordingError
from agent.recording.reader import open_segment
from agent.recording.replay import config_of, replay, run_replay
from agent.recording.writer import Recorder
from wire.commands import Result, Tare
from wire.events import Cleared, Clock
from wire.state import Online

CONFIG = Config(
    device=Device(store="s1", id="d1"),
    scales=(Scale(name="main", driver="shelfd-lines", port="/dev/null", cells=(Cell(name="a1", tare_counts=0.1),)),),
    lanes=(Lane(name="cola", cells=("a1",), gtin="06901234567892", unit_g=345.0),),
)


class SumCore:
    """A core small enough to know by heart: adds up what it weighs and tells each sum."""

    def __init__(self, config: Config, total: float = 0.0) -> None:
        self.scale = config.scales[0].cells[0].tare_counts
        self.total = total

    @classmethod
    def restore(cls, config: Config, snapshot: Snapshot) -> "SumCore":
        if "total" not in snapshot:
            raise ValueError("total is missing")
        return cls(config, snapshot["total"])

    def snapshot(self) -> Snapshot:
        return {"total": self.total}

    def step(self, observation: Observation) -> tuple[Output, ...]:
        if isinstance(observation, Command):
            return (Answer(Result(id=observation.id, command="tare", outcome="done", message="done")),)
        if not isinstance(observation, Counts):
            return (State(Online(online=True)),)
        self.total += float(observation.values[0]) * self.scale
        at = Cleared(part="sum", code=repr(self.total), at_s=observation.t, clock=Clock(False))
        return (Event(at, None),)


@pytest.fixture(autouse=True)
def _small_core(monkeypatch: Any) -> None:
    monkeypatch.setattr(replay_module, "Core", SumCore)


def record(
    folder: Path, observations: list[Observation], *, config: Any = None, first: Snapshot | None = None
) -> list[bytes]:
    """A live run with the recorder on; returns what was said, as the outbox encodes it."""
    core = SumCore(CONFIG)
    header = Header(store="s1", device="d1", began_s=0.0, versions={"shelfd": "9"}, config=config or to_dict(CONFIG))
    recorder = Recorder(segment_s=10.0)
    disk = RecordingDisk(folder, header, Limits(max_bytes=1 << 20), ask=recorder.ask, report=lambda _: None)
    said: list[bytes] = []
    for observation in observations:
        recorder.record(observation, (lambda: first) if first is not None else core.snapshot)
        said += [msgspec.json.encode(getattr(o, "payload", None) or o.result) for o in core.step(observation)]  # type: ignore[union-attr]
        recorder.write(disk)
    recorder.stop()
    recorder.run(disk)
    return said


def some_weights() -> list[Observation]:
    rng = np.random.default_rng(7)
    weights: list[Observation] = [Counts(t / 10, "main", rng.normal(size=1) * 1e3) for t in range(250)]
    return [*weights, Command(25.0, "c1", Tare(lane="cola"))]


def test_every_segment_gives_the_live_bytes_though_it_starts_in_the_middle(tmp_path: Path) -> None:
    live = record(tmp_path, some_weights())
    replayed: list[list[bytes]] = []
    for path in sorted(tmp_path.iterdir()):
        with open_segment(path) as segment:
            replayed.append([said.payload for said in replay(segment)])
    assert [len(part) for part in replayed] == [100, 100, 51]
    assert [payload for part in replayed for payload in part] == live
    assert replay_of_last_alone(tmp_path) == live[200:]


def replay_of_last_alone(folder: Path) -> list[bytes]:
    with open_segment(sorted(folder.iterdir())[-1]) as segment:
        return [said.payload for said in replay(segment)]


def test_the_configuration_travels_with_the_recording(tmp_path: Path) -> None:
    record(tmp_path, some_weights()[:1])
    with open_segment(next(tmp_path.iterdir())) as segment:
        assert config_of(segment.header) == CONFIG


@pytest.mark.parametrize(
    ("as_json", "shape"),
    [
        (False, lambda payload: b"event/cleared " + payload),
        (True, lambda payload: b'{"t_s":0.0,"topic":"event/cleared","payload":' + payload + b"}"),
    ],
)
def test_the_command_prints_the_payload_unchanged(
    tmp_path: Path, as_json: bool, shape: Callable[[bytes], bytes]
) -> None:
    (payload,) = record(tmp_path, some_weights()[:1])
    out, err = io.BytesIO(), io.StringIO()
    assert run_replay(next(tmp_path.iterdir()), as_json=as_json, out=out, err=err) == 0
    assert out.getvalue() == shape(payload) + b"\n"
    assert "replayed" in err.getvalue()


def test_a_cut_recording_is_replayed_as_far_as_it_goes_and_says_so(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(disk_module, "FLUSH_S", 0.0)  # a member an observation
    live = record(tmp_path, some_weights()[:90])
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:-100])
    out, err = io.BytesIO(), io.StringIO()
    assert run_replay(path, as_json=False, out=out, err=err) == 0
    told = [line.split(b" ", 1)[1] for line in out.getvalue().splitlines()]
    assert 10 < len(told) < 90
    assert told == live[: len(told)]
    assert "stops" in err.getvalue()


def test_a_snapshot_or_configuration_of_another_kind_is_refused_with_a_sentence(tmp_path: Path) -> None:
    record(tmp_path / "a", some_weights()[:1], first={"sum": 1})
    record(tmp_path / "b", some_weights()[:1], config={"device": {"store": "s1"}})
    for folder, says in (("a", "snapshot does not fit.*total"), ("b", r"written by shelfd 9\) does not fit")):
        with (
            open_segment(next((tmp_path / folder).iterdir())) as segment,
            pytest.raises(RecordingError, match=says),
        ):
            list(replay(segment))


def test_a_reading_of_other_cells_is_refused_with_a_sentence(tmp_path: Path) -> None:
    record(tmp_path, [*some_weights()[:3], Counts(9.0, "main", np.zeros(7))])
    with (
        open_segment(next(tmp_path.iterdir())) as segment,
        pytest.raises(RecordingError, match="does not fit its cells"),
    ):
        list(replay(segment))
