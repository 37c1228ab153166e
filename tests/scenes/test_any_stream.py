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


@settings(max_examples=120)
@given(streams(), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_any_stream_is_borne_and_a_snapshot_anywhere_goes_on_with_the_same_bytes(
    stream: list[Observation], where: list[float]
) -> None:
    core, told, written = Core(CONFIG), list[list[bytes]](), dict[int, str]()
    for i, observation in enumerate(stream):
        if i in {int(share * len(stream)) for share in where}:
            written[i] = json.dumps(core.snapshot(), allow_nan=False)
        told.append(payloads(core, [observation]))
    for cut, snapshot in written.items():
        restored = Core.restore(CONFIG, json.loads(snapshot))
        assert json.dumps(restored.snapshot(), allow_nan=False) == snapshot
        assert payloads(restored, stream[cut:]) == [data for some in told[cut:] for data in some]
        assert restored.snapshot() == core.snapshot()
    event(f"{sum(b'delta_g' in data for some in told for data in some)} picks and puts")
