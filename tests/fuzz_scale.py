"""A million mutations of the documented frames for each scale decoder: no exception, no number that is no weight, no
memory that grows. Run by `make fuzz`; the plain run has 10^4 derandomised examples a decoder in test_scale_decoders.py.
"""

from __future__ import annotations

import math
import random
import sys
import time
from dataclasses import dataclass

import pytest

from agent.sensors.scale.decoder import Decoder, Reading, State
from tests.scale_frames import PROTOCOLS

MUTATIONS = 1_000_000
KEPT_BYTES = 2048  # a decoder's longest line or frame, and Python's own share of it


@dataclass(frozen=True)
class Fuzzed:
    """What a run saw."""

    mutations: int
    readings: int
    seconds: float


def fuzz(name: str, mutations: int = MUTATIONS, seed: int = 1) -> Fuzzed:
    """Feeds one decoder, never reset, with mutated frames in random pieces. AssertionError where it breaks a rule."""
    chance, frames = random.Random(f"{name} {seed}"), [frame.data for frame in PROTOCOLS[name].frames]
    decoder, readings, began = PROTOCOLS[name].decoder(), 0, time.perf_counter()
    for number in range(mutations):
        data = mutated(chance, frames)
        cut = chance.randrange(len(data) + 1)
        for piece in (data[:cut], data[cut:]):
            for reading in decoder.feed(piece):
                check(name, data, reading)
                readings += 1
        if number % 64 == 0:
            assert kept_bytes(decoder) <= KEPT_BYTES, f"{name} keeps {kept_bytes(decoder)} bytes after {data!r}"
    return Fuzzed(mutations, readings, time.perf_counter() - began)


def mutated(chance: random.Random, frames: list[bytes]) -> bytes:
    """One to four damages to a frame: a bit, a byte, a hole, noise, a repetition, another frame's tail."""
    data = bytearray(chance.choice(frames))
    for _ in range(chance.randrange(1, 5)):
        place, kind = chance.randrange(len(data) + 1), chance.randrange(6)
        if kind == 0 and place < len(data):
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1 and place < len(data):
            data[place] = chance.randrange(256)
        elif kind == 2:
            del data[place : place + chance.randrange(1, 6)]
        elif kind == 3:
            data[place:place] = chance.randbytes(chance.randrange(1, 6))
        elif kind == 4:
            data[place:place] = data[:place] * chance.randrange(1, 3)
        else:
            data[place:] = chance.choice(frames)[place:]
    return bytes(data[:4096])


def check(name: str, data: bytes, reading: Reading) -> None:
    """The rules that hold for every reading whatever came before it."""
    numbers = [value for value in reading.values if value is not None]
    assert all(math.isfinite(number) for number in numbers), f"{name}: {reading} from {data!r}"
    assert not numbers or reading.state in (State.STABLE, State.MOVING), f"{name}: {reading} from {data!r}"
    assert reading.lost >= 0
    assert len(reading.values) == 1 or name == "shelfd-lines", f"{name}: {reading} from {data!r}"


def kept_bytes(decoder: Decoder) -> int:
    return sum(sys.getsizeof(value) for value in vars(decoder).values() if isinstance(value, (bytes, bytearray)))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_a_million_mutations(name: str):
    fuzzed = fuzz(name)
    print(f"\n{name}: {fuzzed.mutations:,} mutations, {fuzzed.readings:,} readings, {fuzzed.seconds:.0f} s")
    assert fuzzed.readings > 0, "mutations that never leave a whole frame try only the first step"
