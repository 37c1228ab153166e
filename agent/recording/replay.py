"""A recorded segment through the core again: the same payloads, byte for byte.

The core is restored from the snapshot at the segment's beginning and shown the observations in their order. Payloads
are encoded as the outbox encodes them. Not here: files (reader.py); envelopes, which the outbox's transaction gives.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from agent.config.load import from_dict
from agent.config.problem import ConfigError
from agent.config.schema import Config
from agent.core import Core
from agent.messages import Answer, Counts, Errand, Event, Labels, Lamp, Output, Play, State
from agent.recording.protocol import Header, RecordingError
from agent.recording.reader import Segment, open_segment


@dataclass(frozen=True, slots=True)
class Said:
    """One payload the core gave: `topic` below the device's base topic, `payload` its JSON bytes."""

    t: float  # of the observation that led to it
    topic: str
    payload: bytes


def config_of(header: Header) -> Config:
    """The configuration a recording was made with. RecordingError when this version cannot take it."""
    try:
        return from_dict(header.config)
    except ConfigError as error:
        version = header.versions.get("shelfd", "unknown")
        raise RecordingError(
            f"the configuration (written by shelfd {version}) does not fit this one: {error}"
        ) from error


def replay(segment: Segment) -> Iterator[Said]:
    """What the core says to a segment."""
    config = config_of(segment.header)
    try:
        core = Core.restore(config, segment.snapshot)
    except ValueError as error:
        raise RecordingError(f"{segment.path}: its snapshot does not fit this shelfd: {error}") from error
    cells = {scale.name: len(scale.cells) for scale in config.scales}
    for observation in segment.observations():
        if isinstance(observation, Counts) and len(observation.values) != cells.get(observation.scale, -1):
            raise RecordingError(f"{segment.path}: a reading of {observation.scale!r} does not fit its cells: damaged")
        for output in core.step(observation):
            yield Said(observation.t, *_payload(output))


def run_replay(path: Path, *, as_json: bool, out: BinaryIO, err: TextIO) -> int:
    """`shelfd replay FILE`: a line a payload, `TOPIC PAYLOAD` as `mosquitto_sub -v` prints it, or with `as_json` an
    object of time, topic and payload. The payload's bytes are the live ones in both. Returns the exit code."""
    began_s = time.perf_counter()
    with open_segment(path) as segment:
        for said in replay(segment):
            out.write(_line(said, as_json))
        out.flush()
        recorded_s = segment.ended_s - segment.header.began_s
    if segment.ending is not None:
        print(f"shelfd: {path} {segment.ending}; everything before that was replayed", file=err)
    took_s = time.perf_counter() - began_s
    print(f"shelfd: {recorded_s:.1f} s of recording replayed in {took_s:.2f} s", file=err)
    return 0


def _payload(output: Output) -> tuple[str, bytes]:
    match output:
        case Event(payload=event):
            return f"event/{event.kind}", msgspec.json.encode(event)
        case State(payload=state):
            return f"state/{state.kind}", msgspec.json.encode(state)
        case Answer(result=result):
            return f"result/{result.id}", msgspec.json.encode(result)
        case Labels() | Play() | Lamp():
            return f"device/{type(output).__name__.lower()}", msgspec.json.encode(output)
        case Errand(id=id, payload=order):
            return f"device/errand/{id}", msgspec.json.encode(order)


def _line(said: Said, as_json: bool) -> bytes:
    if not as_json:
        return said.topic.encode() + b" " + said.payload + b"\n"
    return msgspec.json.encode({"t_s": said.t, "topic": said.topic, "payload": msgspec.Raw(said.payload)}) + b"\n"
