"""The recorder keeps what the core saw: in order, within its bounds, and whatever the disk does."""

import errno
import gzip
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from agent.messages import Counts, Observation, SensorBack, SensorLost, Snapshot, Tick
from agent.recording import ring
from agent.recording.disk import FLUSH_S, Limits, RecordingDisk
from agent.recording.protocol import Header, RecordingError
from agent.recording.reader import open_segment
from agent.recording.writer import Recorder

HEADER = Header(store="s1", device="d1", began_s=0.0, versions={"shelfd": "0.1.0"}, config={"device": {"id": "d1"}})
MB = 1 << 20
LIMIT_S = 5.0


class Bench:
    """A recorder with a core that only counts, a clock that is set by hand, and a disk of the size we say."""

    def __init__(self, folder: Path, *, max_bytes: int = MB, segment_s: float = 600.0, queue_size: int = 4096) -> None:
        self.folder = folder
        self.seen = 0  # stands for the core: its whole state is how many observations it saw
        self.now_s = 0.0
        self.free = 10**12
        self.reports: list[SensorLost | SensorBack] = []
        self.recorder = Recorder(segment_s, queue_size)
        self.disk = RecordingDisk(
            folder,
            HEADER,
            Limits(max_bytes=max_bytes),
            ask=self.recorder.ask,
            report=self.reports.append,
            free=lambda _: self.free,
            clock=lambda: self.now_s,
        )

    def see(self, *observations: Observation) -> None:
        for observation in observations:
            self.recorder.record(observation, self.snapshot)
            self.seen += 1

    def snapshot(self) -> Snapshot:
        return {"seen": self.seen}

    def write(self) -> None:
        """The recorder's thread looks once."""
        self.recorder.write(self.disk)

    def finish(self) -> None:
        self.recorder.stop()
        self.recorder.run(self.disk)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "ring")


def ticks(first: int, last: int) -> list[Observation]:
    return [Tick(float(t), None, False) for t in range(first, last)]


def noise(first: int, last: int) -> list[Observation]:
    """Readings that no compressor can make small."""
    rng = np.random.default_rng(first)
    return [Counts(float(t), "main", rng.normal(size=74)) for t in range(first, last)]


def read(path: Path) -> tuple[Snapshot, list[float], str | None]:
    with open_segment(path) as segment:
        times = [observation.t for observation in segment.observations()]
        return segment.snapshot, times, segment.ending


def test_a_segment_starts_with_the_core_as_it_was_and_keeps_the_order(bench: Bench) -> None:
    bench.see(*ticks(0, 20))
    bench.finish()
    (path,) = ring.segments(bench.folder)
    assert read(path) == ({"seen": 0}, [float(t) for t in range(20)], None)
    with open_segment(path) as segment:
        assert segment.header == msgspec.structs.replace(HEADER, began_s=0.0)


def test_a_new_segment_begins_in_time_with_no_observation_lost_or_doubled(tmp_path: Path) -> None:
    bench = Bench(tmp_path, segment_s=10.0)
    bench.see(*ticks(0, 35))
    bench.finish()
    segments = [read(path) for path in ring.segments(tmp_path)]
    assert [snapshot["seen"] for snapshot, _, _ in segments] == [0, 10, 20, 30]
    assert [t for _, times, _ in segments for t in times] == [float(t) for t in range(35)]


def test_the_ring_stays_within_its_size_and_loses_its_oldest(tmp_path: Path) -> None:
    bench = Bench(tmp_path, max_bytes=200_000)
    largest = 0
    for start in range(0, 2000, 20):
        bench.see(*noise(start, start + 20))
        bench.write()
        largest = max(largest, sum(path.stat().st_size for path in tmp_path.iterdir()))
    bench.finish()
    kept = ring.segments(tmp_path)
    assert 100_000 < largest <= 200_000 + 32_000  # 32 kB: a block of the compressor, more than our 20 readings
    assert len(kept) >= 4
    assert kept[0].name > "00000001"
    times = [t for path in kept for t in read(path)[1]]
    assert times == [float(t) for t in range(int(times[0]), 2000)]


def test_a_slow_disk_costs_a_hole_and_never_the_core_its_time(tmp_path: Path) -> None:
    bench = Bench(tmp_path, queue_size=10)
    bench.see(*ticks(0, 15))  # nobody writes: 10 fit, 5 are the hole
    bench.write()
    bench.see(*ticks(15, 20))
    bench.finish()
    first, second = (read(path) for path in ring.segments(tmp_path))
    assert first == ({"seen": 0}, [float(t) for t in range(10)], None)
    assert second == ({"seen": 15}, [15.0, 16.0, 17.0, 18.0, 19.0], None)


def test_a_full_disk_is_reported_once_and_recording_goes_on_when_there_is_room(bench: Bench) -> None:
    bench.see(*ticks(0, 5))
    bench.write()
    bench.free = 1000
    bench.now_s = FLUSH_S + 1
    bench.write()
    (lost,) = bench.reports
    assert isinstance(lost, SensorLost)
    assert (lost.stream, lost.code) == ("recording", "disk_full")
    assert "recording.max_mb" in lost.reason
    for _ in range(3):  # still full at each retry
        bench.now_s += 31
        bench.write()
        bench.see(*ticks(5, 10))
        bench.write()
    bench.free = 10**12
    bench.now_s += 31
    bench.write()
    bench.see(*ticks(10, 12))
    bench.finish()
    assert bench.reports[1:] == [SensorBack(bench.now_s, "recording")]
    torn, whole = (read(path) for path in ring.segments(bench.folder))
    assert torn[1] == []  # the disk gave no room to flush them
    assert whole == ({"seen": 20}, [10.0, 11.0], None)


def test_a_folder_that_cannot_be_made_is_a_fault_that_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    bench = Bench(tmp_path / "file" / "ring")
    bench.see(*ticks(0, 3))
    bench.finish()
    (lost,) = bench.reports
    assert isinstance(lost, SensorLost)
    assert lost.code == "disk_failed"
    assert "recording.dir" in lost.reason


def test_a_disk_that_fails_in_the_middle_of_a_write_stops_recording_only(bench: Bench, monkeypatch: Any) -> None:
    bench.see(*noise(0, 5))
    bench.write()

    def refuse(fd: int, data: bytes) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("agent.recording.segment.os.write", refuse)
    bench.see(*noise(5, 200))
    bench.write()
    assert [report.code for report in bench.reports if isinstance(report, SensorLost)] == ["disk_failed"]
    monkeypatch.undo()
    bench.now_s += 31
    bench.write()
    bench.see(*noise(200, 203))
    bench.finish()
    assert isinstance(bench.reports[-1], SensorBack)
    assert read(ring.segments(bench.folder)[-1])[1] == [200.0, 201.0, 202.0]


def test_the_thread_writes_while_the_core_goes_on_and_stops_when_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    beats: list[None] = []
    thread = threading.Thread(target=bench.recorder.run, args=(bench.disk, lambda: beats.append(None)))
    thread.start()
    bench.see(*ticks(0, 50))
    bench.recorder.stop()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert beats
    assert read(ring.segments(tmp_path)[0])[1] == [float(t) for t in range(50)]


def test_numbers_go_on_after_a_restart_and_foreign_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.jsonl.gz").write_bytes(b"mine")
    (tmp_path / "00000041.jsonl.gz").write_bytes(b"")
    bench = Bench(tmp_path)
    bench.see(*ticks(0, 2))
    bench.finish()
    assert [path.name for path in ring.segments(tmp_path)] == ["00000041.jsonl.gz", "00000042.jsonl.gz"]
    ring.trim(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.jsonl.gz"]


def a_segment(bench: Bench) -> bytes:
    """60 observations, flushed after every ten."""
    for start in range(0, 60, 10):
        bench.see(*noise(start, start + 10))
        bench.write()
        bench.now_s += FLUSH_S + 1
        bench.write()
    bench.finish()
    return ring.segments(bench.folder)[0].read_bytes()


def test_a_power_cut_at_any_byte_leaves_what_was_flushed_or_a_sentence(bench: Bench, tmp_path: Path) -> None:
    whole = a_segment(bench)
    cut = tmp_path / "00000001.jsonl.gz"
    kept = []
    for length in range(0, len(whole), 97):
        cut.write_bytes(whole[:length])
        try:
            _, times, _ = read(cut)
        except RecordingError as error:
            assert str(cut) in str(error)
            continue
        assert times == [float(t) for t in range(len(times))]
        kept.append(len(times))
    assert sorted(set(kept)) == [0, 10, 20, 30, 40, 50]
    assert kept == sorted(kept)


@pytest.mark.parametrize("tail", [bytes(4096), b"\xff" * 4096, b"\x1f\x8b\x08\x00 not really"])
def test_what_the_disk_shows_after_a_cut_is_never_taken_for_readings(bench: Bench, tmp_path: Path, tail: bytes) -> None:
    whole = a_segment(bench)
    cut = tmp_path / "00000001.jsonl.gz"
    for length in range(len(whole) // 2, len(whole) // 2 + 400, 7):
        cut.write_bytes(whole[:length] + tail)
        _, times, ending = read(cut)
        assert times == [float(t) for t in range(len(times))]
        assert len(times) in (20, 30)
        assert ending is not None


def lines(*parts: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(gzip.compress(b"".join(part + b"\n" for part in parts))) and None


HEAD = msgspec.json.encode(HEADER)


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda path: path.write_bytes(b"PK\x03\x04 not gzip"), "no recording of shelfd"),
        (lambda path: path.write_bytes(b""), "no recording of shelfd"),
        (lines(b"t_s,cell"), "no recording of shelfd"),
        (lines(b'{"hello":1}'), "no recording of shelfd"),
        (lines(b"[" * 100_000), "no recording of shelfd"),
        (lines(HEAD.replace(b'"format":1', b'"format":2'), b"{}"), "format 2, this shelfd reads 1"),
        (lines(HEAD.replace(b'"store":"s1",', b""), b"{}"), "no recording of shelfd"),
        (lines(HEAD), "snapshot"),
        (lines(HEAD, b"[]"), "snapshot"),
        (lines(HEAD, b"{}", b'["tick",1.0,null,false,null]', b"rubbish"), "line 4: not an observation"),
        (lines(HEAD, b"{}", b"[" + b" " * 2 * MB + b"]"), "line 3: too long"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
)
def test_what_is_no_recording_gets_a_sentence(tmp_path: Path, write: Callable[[Path], None], says: str) -> None:
    path = tmp_path / "x.jsonl.gz"
    write(path)
    with pytest.raises(RecordingError, match=says):
        read(path)
