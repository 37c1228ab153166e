"""Recorded shelves through the real core: whatever segment one starts with, the replay says the live bytes."""

from pathlib import Path

import msgspec
import pytest

from agent.config.load import to_dict
from agent.core import Core
from agent.messages import Answer
from agent.recording import ring
from agent.recording.disk import Limits, RecordingDisk
from agent.recording.protocol import Header
from agent.recording.reader import open_segment
from agent.recording.replay import replay
from agent.recording.writer import Recorder
from tools.score.case import Case, load

SEGMENT_S = 2.0  # many beginnings, each in the middle of something


def live(case: Case, folder: Path) -> list[bytes]:
    """Plays the case with the recorder on; what was said, as the outbox encodes it."""
    core, recorder = Core(case.config), Recorder(SEGMENT_S, queue_size=100_000)
    header = Header(store="shop", device="d1", began_s=0.0, versions={}, config=to_dict(case.config))
    disk = RecordingDisk(folder, header, Limits(max_bytes=1 << 28), ask=recorder.ask, report=lambda _: None)
    said = []
    for observation in case.observations():
        recorder.record(observation, core.snapshot)
        for output in core.step(observation):
            said.append(msgspec.json.encode(output.result if isinstance(output, Answer) else output.payload))
    recorder.stop()
    recorder.run(disk)
    return said


@pytest.mark.parametrize("name", ["nanostore-gondola-1", "reenacted-a", "reenacted-d", "coffee-pot-1", "bottles-1"])
def test_segments_replayed_one_after_the_other_say_the_live_bytes(shared: Path, tmp_path: Path, name: str) -> None:
    folder = shared / "cases" / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    said = live(load(folder), tmp_path)
    segments, again = ring.segments(tmp_path), []
    for path in segments:
        with open_segment(path) as segment:
            again += [one.payload for one in replay(segment)]
            assert segment.ending is None
    assert len(segments) >= 5
    assert again == said
    assert any(b'"gtin"' in payload for payload in said)
