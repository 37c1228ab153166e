"""What a recording is: its format, its bounds, its one error.

A recording is a ring of segments. A segment is a gzip file of JSON lines: the header, a whole snapshot of the core,
then the observations in the order the core saw them. A segment that lost its end replays up to there.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

FORMAT = 1  # raised when an old reader would misread a new file; fields added at the end of a line do not raise it
SUFFIX = ".jsonl.gz"
HEAD_BYTES = 32 << 20  # header and snapshot: far above the largest shelf (1000 cells: 1 MB)
LINE_BYTES = 1 << 20  # an observation: 1000 cells are 20 kB


class RecordingError(Exception):
    """A recording cannot be read or written; the message says what to do."""


class Header(Struct, frozen=True, kw_only=True):
    """First line of a segment: enough to build the same core again."""

    shelfd: Literal["recording"] = "recording"
    format: int = FORMAT
    store: str
    device: str
    began_s: float  # monotonic clock of the device
    versions: dict[str, str]  # package -> version: which judgement made the payloads
    config: dict[str, Any]
