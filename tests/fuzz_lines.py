"""What else comes from outside, damaged in every way: a tracker's lines, recorded lines, configurations.

Each reader gives what it reads or its one declared error, and keeps no memory. Run by `make fuzz`; the plain run has
its ten thousand beside each reader's other tests.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence

import pytest
from fuzz_wire import MEMORY_MB, damaged, memory_mb
from test_recording_codec import EVERY_KIND
from test_tracks import GOOD

from agent.config.load import from_dict, read_text, to_dict, usable
from agent.config.problem import ConfigError
from agent.recording.codec import decode_observation, encode_observation
from agent.recording.protocol import RecordingError
from agent.sensors.tracks.lines import LINE_BYTES, FrameLines, tracks_of
from tests.conftest import REPOSITORY

MILLION = int(os.environ.get("SHELFD_FUZZ", "1000000"))
RECORDED = [line for _, line in EVERY_KIND]
CONFIGURATIONS = [path.read_bytes() for path in sorted((REPOSITORY / "examples").glob("*.toml"))]


class Tracker:
    """One reader of a tracker's lines, never reset; a whole line behind each damaged one must come through."""

    def __init__(self) -> None:
        self._lines = FrameLines()
        self._good = tracks_of(FrameLines().feed(GOOD)[0], 0.0)

    def __call__(self, data: bytes) -> bool:
        cut = len(data) // 2
        frames = [*self._lines.feed(data[:cut]), *self._lines.feed(data[cut:] + b"\n" + GOOD)]
        assert tracks_of(frames[-1], 0.0) == self._good
        assert len(vars(self._lines)["_rest"]) <= LINE_BYTES
        return len(frames) > 1


def recording(data: bytes) -> bool:
    try:
        observation = decode_observation(data)
    except RecordingError as error:
        assert str(error)
        return False
    line = encode_observation(observation)
    assert encode_observation(decode_observation(line)) == line
    return True


def configuration(data: bytes) -> bool:
    try:
        config = usable(read_text(data.decode("utf-8", "replace")))
    except ConfigError as error:
        assert error.problems
        return False
    assert from_dict(to_dict(config)) == config
    return True


@pytest.mark.fuzz
@pytest.mark.parametrize(
    ("name", "read", "sound", "rounds"),
    [
        ("tracks", Tracker(), [GOOD], MILLION),
        ("recording", recording, RECORDED, MILLION),
        ("configuration", configuration, CONFIGURATIONS, MILLION // 10),  # 0.5 ms each: TOML is read in Python
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_many_damages(name: str, read: Callable[[bytes], bool], sound: Sequence[bytes], rounds: int) -> None:
    chance, began, before_mb = random.Random(name), time.perf_counter(), memory_mb()
    passed = sum(read(damaged(chance, chance.choice(sound), sound)) for _ in range(rounds))
    took_s, grown_mb = time.perf_counter() - began, memory_mb() - before_mb
    print(f"\n{name}: {rounds} mutations, {passed} still read, {took_s:.1f} s, memory +{grown_mb:.1f} MB")
    assert 0 < passed < rounds
    assert grown_mb < MEMORY_MB
