"""The simulated shop as bytes: every fault of cable and box, and the pty that a real reader opens."""

from __future__ import annotations

import queue
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from agent.messages import Counts, Gap, Observation, SensorBack, SensorLost
from agent.sensors.scale.lines import LinesDecoder
from agent.sensors.scale.reader import ScaleReader
from agent.sensors.tracks.lines import Frame, FrameLines, tracks_of
from tools.bench.cable import KINDS, Fault, cable, random_faults
from tools.bench.run import over_the_line
from tools.bench.shop import Shop
from tools.bench.world import Play, random_shop, simulate

WAIT_S = 10.0


@pytest.fixture(scope="module")
def play() -> Play:
    """Half a minute of a small shelf."""
    return simulate(1, random_shop(1, 0.5, "small"))


def heard(play: Play, *faults: Fault) -> list[Observation]:
    return over_the_line(play, faults, seed=5)


def values(observations: list[Observation]) -> list[tuple[float, ...]]:
    return [tuple(o.values) for o in observations if isinstance(o, Counts)]


# -- the cable -------------------------------------------------------------------------------------------------------
def test_a_line_without_faults_carries_the_play_to_the_count() -> None:
    for play in (simulate(1, random_shop(1, 0.3, layout)) for layout in ("gondola", "small")):
        counts = [o for o in heard(play) if isinstance(o, Counts)]
        assert np.array_equal([o.t for o in counts], play.t_s)
        assert np.array_equal(np.array([o.values for o in counts]), play.counts, equal_nan=True)


def test_an_unplugged_scale_is_reported_lost_once_and_is_back_when_it_is_plugged_in(play: Play) -> None:
    seen = heard(play, Fault("unplug", 10.0, 13.0))
    lost = [o for o in seen if isinstance(o, SensorLost)]
    back = [o for o in seen if isinstance(o, SensorBack)]
    assert [o.code for o in lost] == ["unplugged"]
    assert lost[0].t == pytest.approx(10.0, abs=1.5)  # after the sample in which it happened; gaps are up to 1.3 s
    assert len(back) == 1
    assert 13.0 <= back[0].t <= 18.0  # recovery within 5 s
    assert not [o for o in seen if isinstance(o, Counts) and 10.1 < o.t < 13.0]


def test_a_wrong_baud_rate_is_named_garbage_and_never_a_weight(play: Play) -> None:
    seen = heard(play, Fault("garbage", 10.0, 14.0))
    assert "garbage" in [o.code for o in seen if isinstance(o, SensorLost)]
    assert {*values(seen)} <= {tuple(row) for row in play.counts}


def test_noise_on_the_line_costs_lines_and_says_how_many(play: Play) -> None:
    seen = heard(play, Fault("noise", 5.0, 25.0))
    missing = len(play.t_s) - len(values(seen))
    assert missing > 5
    assert sum(o.lost for o in seen if isinstance(o, Gap)) == missing


def test_a_stall_is_a_gap_whose_length_the_sequence_tells(play: Play) -> None:
    seen = heard(play, Fault("stall", 10.0, 11.0))
    silent = int(((play.t_s >= 10.0) & (play.t_s < 11.0)).sum())
    assert [o.lost for o in seen if isinstance(o, Gap)] == [silent]


def test_glitches_jump_on_one_channel_of_one_sample(play: Play) -> None:
    seen = heard(play, Fault("glitches", 5.0, 25.0))
    got = np.array(values(seen))
    hit = ~np.isclose(got, play.counts, equal_nan=True)
    assert 5 <= hit.sum() <= 0.05 * hit.size


def test_random_faults_are_of_every_kind_and_follow_one_another() -> None:
    faults = random_faults(np.random.default_rng(0), 6000.0)
    assert {*Counter(fault.kind for fault in faults)} == {*KINDS}
    assert all(a.end_s < b.begin_s for a, b in pairwise(faults))
    assert 60 <= len(faults) <= 150


def test_after_an_unplug_the_board_starts_its_numbers_anew(play: Play) -> None:
    decoder, sequences = LinesDecoder(), []
    for _, data in cable(play, [Fault("unplug", 10.0, 12.0)], np.random.default_rng(0)):
        sequences += [reading.sequence for reading in decoder.feed(data or b"")]
    assert sequences.count(0) == 2


# -- live ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def shop(play: Play, tmp_path: Path) -> Iterator[Shop]:
    """The first seconds of the play, with the cable out for a moment."""
    shop = Shop(play, tmp_path, [Fault("unplug", 1.0, 1.3)])
    yield shop
    shop.close()


def seen_until(inbox: queue.Queue[Observation], kind: type[Observation]) -> list[Observation]:
    """Everything up to the first observation of this kind."""
    seen: list[Observation] = []
    while not seen or not isinstance(seen[-1], kind):
        seen.append(inbox.get(timeout=WAIT_S))
    return seen


@pytest.mark.system
def test_a_real_reader_reads_the_shop_through_a_pty_and_survives_an_unplug(shop: Shop, play: Play) -> None:
    inbox: queue.Queue[Observation] = queue.Queue()
    reader = ScaleReader(replace(play.config.scales[0], port=str(shop.port)), inbox.put)
    thread = threading.Thread(target=reader.run)
    thread.start()
    try:
        shop.begin()
        seen = seen_until(inbox, SensorBack)
        seen += seen_until(inbox, Counts)
    finally:
        reader.stop()
        thread.join(WAIT_S)
    assert not thread.is_alive()
    assert {*values(seen)} <= {tuple(row) for row in play.counts}
    assert isinstance(seen[0], Counts)
    assert seen[0].t - (shop.began_s or 0.0) == pytest.approx(play.t_s[0], abs=0.5)
    assert [o.code for o in seen if isinstance(o, SensorLost)] == ["unplugged"]


@pytest.mark.system
def test_tracks_come_as_lines_to_whoever_connects_stamped_when_they_were_seen(shop: Shop, play: Play) -> None:
    frames: list[Frame] = []
    with socket.socket(socket.AF_UNIX) as tracker:
        tracker.settimeout(WAIT_S)
        tracker.connect(str(shop.tracks_socket))
        shop.begin()
        lines = FrameLines()
        while len(frames) < 20:
            frames += lines.feed(tracker.recv(65_536))
    assert lines.dropped == 0
    began_s = shop.began_s or 0.0
    seen = [(round((frame.t or 0.0) - began_s, 3), tracks_of(frame, 0.0).parts) for frame in frames]
    expected = [(frame.t, frame.parts) for frame in play.tracks]
    first = expected.index(seen[0])
    assert seen == expected[first : first + len(seen)]


@pytest.mark.system
def test_a_closed_shop_leaves_neither_port_nor_socket(play: Play, tmp_path: Path) -> None:
    shop = Shop(play, tmp_path)
    shop.close()
    shop.close()
    assert not list(tmp_path.iterdir())
