"""Whatever comes, the core bears it, says only what can be read, and goes on from a snapshot as if nothing had been."""

from __future__ import annotations

import json

import msgspec
from hypothesis import event, given, settings
from hypothesis import strategies as st
from streams import config, streams

from agent.core import Core
from agent.messages import Answer, Event, Observation, Output

CONFIG = config()


def payloads(core: Core, stream: list[Observation]) -> list[bytes]:
    """Everything the core tells, as bytes; each can be read again at the other end."""
    told = []
    for observation in stream:
        for output in core.step(observation):
            payload = output.result if isinstance(output, Answer) else output.payload
            data = msgspec.json.encode(payload)
            assert msgspec.json.decode(data, type=type(payload)) == payload
            told.append(data + repr(dated(output)).encode())
    return told


def dated(output: Output) -> float | None:
    return output.wall_s if isinstance(output, Event) else None


@settings(max_examples=100)
@given(streams(), st.floats(0.0, 1.0))
def test_any_stream_is_borne_and_a_snapshot_anywhere_goes_on_with_the_same_bytes(
    stream: list[Observation], where: float
) -> None:
    cut = int(where * len(stream))
    core = Core(CONFIG)
    payloads(core, stream[:cut])
    written = json.dumps(core.snapshot(), allow_nan=False)
    after = payloads(core, stream[cut:])
    restored = Core.restore(CONFIG, json.loads(written))
    assert json.dumps(restored.snapshot(), allow_nan=False) == written
    assert payloads(restored, stream[cut:]) == after
    assert restored.snapshot() == core.snapshot()
    event(f"{sum(b'delta_g' in told for told in after)} picks and puts behind the snapshot")
