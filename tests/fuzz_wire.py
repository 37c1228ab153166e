"""Golden payloads, damaged in every way: each decoder gives a payload or a WireError, and nothing else.

`make fuzz` runs a million mutations; tests/test_wire_codec.py borrows the parts for its ten thousand.
"""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from wire.codec import (
    WireError,
    decode_command,
    decode_event,
    decode_result,
    decode_state,
    encode,
    encode_event,
)
from wire.limits import MAX_BYTES

EXAMPLES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent.parent / "wire/examples").iterdir())}
TOKENS = (
    b"null", b"true", b"-1", b"0", b"1e999", b"-0.0", b"1" * 400, b"9223372036854775808", b'"', b"\\", b"\\ud800",
    b"\\u0000", b"[", b"]", b"{", b"}", b",", b":", b"\xff", b"\xc3\x28", b"\xef\xbb\xbf", b"\x00", b"\n", b"NaN",
    b'"x":', b'"specversion":"1.1"', b'"shelfd.visit"', b"[" * 2_000, b'{"a":' * 2_000,
)  # fmt: skip
MEMORY_MB = 32


def decoder(name: str) -> Callable[[bytes], Any]:
    """The decoder of the example `name`."""
    family, _, kind = name.partition(".")
    if family in ("event", "result"):
        return decode_event if family == "event" else decode_result
    by_kind = decode_state if family == "state" else decode_command
    return lambda data: by_kind(kind, data)


def damaged(chance: random.Random, data: bytes, others: Sequence[bytes] = tuple(EXAMPLES.values())) -> bytes:
    """`data` after one to four mutations: flipped, cut, doubled, filled with tokens, crossed with one of the others."""
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.choices(range(len(data) + 1), k=2))
        match chance.randrange(6):
            case 0:
                data = data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                data = data[:end] + data[start:]
            case 3:
                data = data[:start] + chance.choice(TOKENS) + data[start:]
            case 4:
                data = data[:start] + chance.choice(TOKENS) + data[end:]
            case _:
                data = data[:start] + chance.choice(others)[start:]
    return data


def withstands(name: str, data: bytes) -> bool:
    """Whether `data` is still a payload; fails on any other exception, and on a payload that cannot be sent on."""
    decode = decoder(name)
    try:
        payload = decode(data)
    except WireError as error:
        assert error.code in ("too_large", "malformed", "unknown_kind") and str(error)
        return False
    again = encode_event(payload) if name.startswith("event.") else encode(payload)
    assert len(again) <= MAX_BYTES and decode(again) == payload
    return True


def memory_mb() -> float:
    """The most this process has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.fuzz
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_million_damaged_payloads(name):
    rounds = int(os.environ.get("SHELFD_FUZZ", "1000000")) // len(EXAMPLES) + 1
    chance, began, before_mb = random.Random(name), time.perf_counter(), memory_mb()
    read = sum(withstands(name, damaged(chance, EXAMPLES[name])) for _ in range(rounds))
    took_s, grown_mb = time.perf_counter() - began, memory_mb() - before_mb
    print(f"\n{name}: {rounds} mutations, {read} still read, {took_s:.1f} s, memory +{grown_mb:.1f} MB")
    assert 0 < read < rounds
    assert grown_mb < MEMORY_MB
