"""An observation survives the line it is written on, bit for bit, and no line can do harm."""

import math
import random

import numpy as np
import pytest
from fuzz_wire import damaged
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.messages import (
    ButtonPressed,
    Command,
    ContentSet,
    Counts,
    Detection,
    Detections,
    ErrandDone,
    Gap,
    Good,
    LabelsShown,
    Observation,
    Part,
    PolicySet,
    Restored,
    SensorBack,
    SensorLost,
    Shown,
    Tick,
    Tracks,
)
from agent.recording.codec import decode_observation, encode_observation
from agent.recording.protocol import RecordingError
from wire.commands import CountStock, SetMode, Tare
from wire.documents import Item, Policy

COLA = "05449000000996"
EVERY_KIND: list[tuple[Observation, bytes]] = [
    (Counts(12.5, "main", np.array([345.0, np.nan, -3.25])), b'["counts",12.5,"main",[345.0,null,-3.25]]'),
    (Counts(12.5, "main", np.array([8388607.0, -12.0])), b'["counts",12.5,"main",[8388607,-12]]'),
    (
        Tracks(1.25, (Part("0001", "hand", 0.5, 1.25, 0.0625, 0.9),)),
        b'["tracks",1.25,[["0001","hand",0.5,1.25,0.0625,0.9,null,null]],null]',
    ),
    (
        Tracks(1.25, (Part("0001", "hand", 0.5, 1.25, 0.0625, 0.9, 0.75, COLA),), (Good(0.5, 0.25, None),)),
        b'["tracks",1.25,[["0001","hand",0.5,1.25,0.0625,0.9,0.75,"05449000000996"]],[[0.5,0.25,null]]]',
    ),
    (Tracks(1.25, ()), b'["tracks",1.25,[],null]'),
    (
        Detections(1.5, "camera", ("hand",), (Detection("hand", 0.75, 10.5, 20.0, 42.0, 60.25),)),
        b'["detections",1.5,"camera",["hand"],[["hand",0.75,10.5,20.0,42.0,60.25,null]]]',
    ),
    (Detections(1.5, "camera", (), ()), b'["detections",1.5,"camera",[],[]]'),
    (Tick(3.0, None, False), b'["tick",3.0,null,false,null,null,null,[],null]'),
    (
        Tick(3.0, 1.7e9, True, 12.5, 20, 0, ("uplink/not_authorised",)),
        b'["tick",3.0,1700000000.0,true,12.5,20,0,["uplink/not_authorised"],null]',
    ),
    (Tick(3.0, 1.7e9, True, None, None, None, (), 28_800), b'["tick",3.0,1700000000.0,true,null,null,null,[],28800]'),
    (Command(4.0, "c1", SetMode(mode="staff")), b'["command",4.0,"c1","set_mode",{"expires":null,"mode":"staff"}]'),
    (Command(4.0, "c2", Tare(lane="cola")), b'["command",4.0,"c2","tare",{"expires":null,"lane":"cola"}]'),
    (
        Command(4.0, "c3", CountStock(lane="cola", units=6)),
        b'["command",4.0,"c3","count_stock",{"expires":null,"lane":"cola","units":6,"gtin":null}]',
    ),
    (SensorLost(5.0, "scale/main", "unplugged", "plug it in"), b'["lost",5.0,"scale/main","unplugged","plug it in"]'),
    (SensorBack(6.0, "scale/main"), b'["back",6.0,"scale/main"]'),
    (Gap(7.0, "tracks", 3, "queue full"), b'["gap",7.0,"tracks",3,"queue full"]'),
    (
        ContentSet(4.0, (Item(name="tea", plays="loop", headline="Tea"),), 3),
        b'["content",4.0,[{"name":"tea","plays":"loop","asset":null,"headline":"Tea","line":null,"link":null,"goods":[],'
        b'"seconds":8.0,"priority":0,"share":null,"valid_from":null,"valid_until":null,"dayparts":[],"segments":[],'
        b'"coupon":null}],3]',
    ),
    (
        PolicySet(4.0, Policy(), None),
        b'["policy",4.0,{"rules":[],"arms":[],"spread":0.2,"least_chance":0.02,"holdout":0.05,"outcome_s":30.0,'
        b'"cooldown_s":20.0,"visitor_most":3,"hour_most":60},null]',
    ),
    (Shown(9.0, "tea", 1.0, 9.0, 8.0, "d-1"), b'["shown",9.0,"tea",1.0,9.0,8.0,"d-1",1]'),
    (LabelsShown(9.0, 4, ("tea",)), b'["labels",9.0,4,["tea"]]'),
    (ButtonPressed(9.0, "tare", 3.25), b'["button",9.0,"tare",3.25]'),
    (ErrandDone(9.0, "c1", "done", "it flashed"), b'["errand",9.0,"c1","done","it flashed"]'),
    (Restored(8.0, None), b'["restored",8.0,null]'),
    (Restored(8.0, 3600.5), b'["restored",8.0,3600.5]'),
]


def same(left: Observation, right: Observation) -> bool:
    if isinstance(left, Counts) and isinstance(right, Counts):
        bits = left.values.tobytes() == right.values.tobytes() and left.values.dtype == right.values.dtype
        return (left.t, left.scale) == (right.t, right.scale) and bits
    return left == right


@pytest.mark.parametrize(("observation", "line"), EVERY_KIND, ids=lambda x: x.decode()[:30] if type(x) is bytes else "")
def test_each_kind_has_one_short_line(observation: Observation, line: bytes) -> None:
    assert encode_observation(observation) == line
    assert same(decode_observation(line), observation)


def test_hands_of_an_older_recording_were_not_looked_into() -> None:
    line = b'["tracks",1.25,[["0001","hand",0.5,1.25,0.0625,0.9]]]'
    assert decode_observation(line) == Tracks(1.25, (Part("0001", "hand", 0.5, 1.25, 0.0625, 0.9),))


def test_a_tick_of_an_older_recording_knew_nothing_of_the_outbox() -> None:
    assert decode_observation(b'["tick",3.0,1700000000.0,true,12.5]') == Tick(3.0, 1.7e9, True, 12.5)


readings = st.lists(st.floats(allow_infinity=False, allow_nan=False) | st.just(math.nan), max_size=80)
instants = st.floats(allow_infinity=False, allow_nan=False)


@settings(max_examples=2000, derandomize=True)
@given(instants, readings)
def test_every_reading_comes_back_with_the_same_bits(t: float, values: list[float]) -> None:
    observation = Counts(t, "main", np.array(values, dtype=np.float64))
    assert same(decode_observation(encode_observation(observation)), observation)


@settings(max_examples=500, derandomize=True)
@given(st.lists(st.integers(-(2**53), 2**53), max_size=20))
def test_whole_counts_are_written_without_a_point(counts: list[int]) -> None:
    line = encode_observation(Counts(0.0, "main", np.array(counts, dtype=np.float64)))
    assert b"." not in line.removeprefix(b'["counts",0.0,"main",')


def test_minus_zero_keeps_its_sign() -> None:
    back = decode_observation(encode_observation(Counts(0.0, "m", np.array([-0.0, 1.0]))))
    assert isinstance(back, Counts)
    assert np.signbit(back.values).tolist() == [True, False]


def test_an_infinite_reading_becomes_a_missing_one() -> None:
    back = decode_observation(encode_observation(Counts(0.0, "m", np.array([np.inf, 1.5]))))
    assert isinstance(back, Counts)
    assert np.isnan(back.values).tolist() == [True, False]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b'["counts"]',
        b'["counts",1.0,"main",["345"]]',
        b'["counts",1.0,"main",[1e999]]',
        b'["counts",1.0,"main",[1]',
        b'["picture",1.0]',
        b'["tick",1.0,null,"yes",null]',
        b'["command",1.0,"c1","explode",{}]',
        b'["command",1.0,"c1","set_mode",{"mode":"party"}]',
        b'["back",1.0,"\xff\xfe"]',
        b'["command",1.0,"c1","tare",{"lane":"cola","x":' + b"[" * 20_000,
    ],
)
def test_a_line_that_is_no_observation_is_named_so(line: bytes) -> None:
    with pytest.raises(RecordingError):
        decode_observation(line)


LINES = [line for _, line in EVERY_KIND]


@settings(max_examples=10_000, derandomize=True)
@given(st.integers(0, 2**32))
def test_a_damaged_line_is_an_observation_or_a_recording_error(seed: int) -> None:
    chance = random.Random(seed)
    try:
        observation = decode_observation(damaged(chance, chance.choice(LINES), LINES))
    except RecordingError as error:
        assert str(error)
    else:
        line = encode_observation(observation)
        assert encode_observation(decode_observation(line)) == line
