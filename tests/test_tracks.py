"""The door for an outside tracker: any split, any garbage, any coming and going."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz_wire import damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.messages import Gap, Observation, Part, SensorBack, SensorLost, Tracks
from agent.sensors.tracks import reader as reader_module
from agent.sensors.tracks.driver import open_tracker
from agent.sensors.tracks.fake import FakeTracker
from agent.sensors.tracks.lines import LINE_BYTES, FrameLines, encode_frame, tracks_of
from agent.sensors.tracks.protocol import TracksError
from agent.sensors.tracks.reader import TracksReader

HAND = Part("0001", "hand", 0.5, 1.25, 0.03, 0.9)
HEAD = Part("0001", "head", 0.4, 1.6, 0.5, 0.8)
LIMIT_S = 5.0

metres = st.floats(-100, 100)
parts = st.builds(
    Part, st.text(min_size=1, max_size=64), st.sampled_from(["head", "hand"]), metres, metres, metres, st.floats(0, 1)
)
frames = st.tuples(st.none() | st.floats(0, 1e6), st.lists(parts, max_size=4).map(tuple))


@settings(max_examples=500)
@given(st.lists(frames, max_size=4), st.lists(st.integers(1, 60), max_size=30))
def test_any_split_of_the_stream_gives_the_same_frames(
    sent: list[tuple[float | None, tuple[Part, ...]]], cuts: list[int]
) -> None:
    stream = b"".join(encode_frame(t, seen) for t, seen in sent)
    lines, got = FrameLines(), []
    for size in cuts:
        got += lines.feed(stream[:size])
        stream = stream[size:]
    got += lines.feed(stream)
    assert [(frame.t, tracks_of(frame, 0.0).parts) for frame in got] == sent
    assert lines.dropped == 0


GOOD = encode_frame(1.0, (HAND,))


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n",
        b"{}\n",
        b'{"t":"now","parts":[]}\n',
        b'{"t":1e999,"parts":[]}\n',
        b'{"t":NaN,"parts":[]}\n',
        GOOD.replace(b'"hand"', b'"foot"'),
        GOOD.replace(b"1.25", b"101.0"),
        GOOD.replace(b"0.9", b"1.1"),
        GOOD.replace(b'"0001"', b'""'),
        GOOD.replace(b'"0001"', b'"' + b"x" * 65 + b'"'),
        b'{"t":1.0,"parts":[' + b",".join([GOOD[GOOD.index(b"[") + 1 : GOOD.index(b"]")]] * 129) + b"]}\n",
        b'{"t":1.0,"parts":[]}' + b" " * LINE_BYTES + b"\n",
        b'{"t":1.0,"parts":[],"x":' + b"[" * 20_000 + b"\n",
        b"\xff\xfe\n",
    ],
)
def test_a_line_that_is_no_frame_is_dropped_counted_and_forgotten(line: bytes) -> None:
    lines = FrameLines()
    assert [frame.t for frame in lines.feed(GOOD + line + GOOD)] == [1.0, 1.0]
    assert lines.dropped == 1


def test_fields_that_we_do_not_know_are_allowed() -> None:
    (frame,) = FrameLines().feed(b'{"t":null,"parts":[],"camera":"left"}\n')
    assert frame.t is None


def test_a_line_without_end_costs_bounded_memory_and_one_count() -> None:
    lines = FrameLines()
    for _ in range(100):
        assert lines.feed(b"x" * 10_000) == []
        assert len(lines._rest) <= LINE_BYTES + 10_000
    assert len(lines.feed(b"\n" + GOOD)) == 1
    assert lines.dropped == 1


@settings(max_examples=10_000)
@given(st.integers(0, 2**32))
def test_a_damaged_line_harms_no_other(seed: int) -> None:
    lines = FrameLines()
    got = lines.feed(damaged(random.Random(seed), GOOD, [GOOD]) + b"\n" + GOOD)
    assert tracks_of(got[-1], 0.0).parts == (HAND,)


class Ear:
    """What the core would hear, and a reader in a thread."""

    def __init__(self, path: Path) -> None:
        self.heard: list[Observation] = []
        self._changed = threading.Condition()
        self.reader = TracksReader(str(path), self._put, again_s=0.02)
        self.thread = threading.Thread(target=self.reader.run, daemon=True)
        self.thread.start()

    def _put(self, observation: Observation) -> None:
        with self._changed:
            self.heard.append(observation)
            self._changed.notify()

    def wait(self, *kinds: type[Observation]) -> list[Observation]:
        """Until the last observations are of these kinds."""

        def there() -> bool:
            return tuple(type(x) for x in self.heard[-len(kinds) :]) == kinds

        with self._changed:
            assert self._changed.wait_for(there, LIMIT_S), self.heard
            return self.heard[-len(kinds) :]

    def close(self) -> None:
        self.reader.stop()
        self.thread.join(LIMIT_S)
        assert not self.thread.is_alive()


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[FakeTracker]:
    tracker = FakeTracker(tmp_path / "tracks.sock")
    yield tracker
    tracker.close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    ear = Ear(tmp_path / "tracks.sock")
    yield ear
    ear.close()


def send_until_heard(tracker: FakeTracker, *seen: Part, t: float | None = None) -> None:
    for _ in range(500):
        if tracker.send(seen, t):
            return
        time.sleep(0.01)
    raise AssertionError("nobody listens")


def test_frames_arrive_with_the_trackers_time_or_that_of_the_read(tracker: FakeTracker, ear: Ear) -> None:
    taken_s = time.monotonic()
    send_until_heard(tracker, HAND, HEAD, t=taken_s)
    (frame,) = ear.wait(Tracks)
    assert frame == Tracks(taken_s, (HAND, HEAD))
    tracker.send((), None)
    _, frame = ear.wait(Tracks, Tracks)
    assert taken_s <= frame.t <= time.monotonic()


def test_a_tracker_that_hangs_up_and_comes_back_is_one_loss(tracker: FakeTracker, ear: Ear) -> None:
    send_until_heard(tracker, HAND)
    ear.wait(Tracks)
    tracker.close()
    (lost,) = ear.wait(SensorLost)
    assert isinstance(lost, SensorLost)
    assert (lost.stream, lost.code) == ("tracks", "closed")
    again = FakeTracker(tracker.path)
    send_until_heard(again, HAND)
    ear.wait(SensorLost, SensorBack, Tracks)
    again.close()


def test_a_tracker_that_is_not_there_is_named_once(ear: Ear) -> None:
    (lost,) = ear.wait(SensorLost)
    assert isinstance(lost, SensorLost)
    assert lost.code == "not_found"
    assert "tracks.socket" in lost.reason
    time.sleep(0.1)  # five more tries
    assert len(ear.heard) == 1


def test_lines_that_are_no_frames_become_a_gap(tracker: FakeTracker, ear: Ear) -> None:
    send_until_heard(tracker, HAND)
    ear.wait(Tracks)
    tracker.send_raw(b"what\nis\nthis\n" + encode_frame(None, (HAND,)))
    gap, _ = ear.wait(Gap, Tracks)
    assert isinstance(gap, Gap)
    assert (gap.stream, gap.lost) == ("tracks", 3)


@pytest.mark.parametrize(("data", "code"), [(b"", "silent"), (b"rubbish\n", "garbage")])
def test_silence_and_rubbish_are_told_apart(
    tracker: FakeTracker, ear: Ear, monkeypatch: pytest.MonkeyPatch, data: bytes, code: str
) -> None:
    monkeypatch.setattr(reader_module, "PATIENCE_S", 0.1)
    send_until_heard(tracker, HAND)
    ear.wait(Tracks)
    tracker.send_raw(data)
    (lost,) = ear.wait(SensorLost)
    assert isinstance(lost, SensorLost)
    assert lost.code == code


def test_frames_of_another_clock_are_refused_and_late_ones_counted(tracker: FakeTracker) -> None:
    agent = open_tracker(str(tracker.path), lambda: 1000.0)
    for t in (999.0, 998.0, 999.5):
        tracker.send((HAND,), t)
    seen = [agent.read(), agent.read()]
    assert [frame.t for frame in seen if frame] == [999.0, 999.5]
    assert agent.lost == 1
    tracker.send((HAND,), time.time())
    with pytest.raises(TracksError, match="CLOCK_MONOTONIC") as refused:
        agent.read()
    assert refused.value.code == "wrong_clock"
    agent.close()
    agent.close()


def test_closing_wakes_a_blocked_read(tracker: FakeTracker) -> None:
    agent = open_tracker(str(tracker.path))
    errors: list[str] = []

    def read() -> None:
        try:
            agent.read()
        except TracksError as error:
            errors.append(error.code)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    agent.close()
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert errors in ([], ["closed"])


def test_a_socket_file_that_nobody_serves_says_so(tracker: FakeTracker) -> None:
    tracker.close()
    with socket.socket(socket.AF_UNIX) as died:  # a tracker that was killed leaves its file behind
        died.bind(str(tracker.path))
    with pytest.raises(TracksError, match="start the tracker") as refused:
        open_tracker(str(tracker.path))
    assert refused.value.code == "refused"
