"""A segment back into its header, its snapshot and its observations.

Nothing in the file is trusted: lines are bounded, a wrong format or garbage is a RecordingError with a sentence, and a
file that stops in the middle (power cut, still being written) gives all that was safe and says so in `ending`.
Not here: the form of a line (codec.py), what the observations lead to (replay.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from agent.messages import Observation, Snapshot
from agent.recording.codec import decode_observation
from agent.recording.protocol import FORMAT, HEAD_BYTES, LINE_BYTES, Header, RecordingError
from agent.recording.segment import read_members

_JSON_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@contextmanager
def open_segment(path: Path) -> Iterator[Segment]:
    """`with open_segment(path) as segment: for observation in segment.observations(): ...`"""
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path}: cannot be opened: {error.strerror}") from error
    with file:
        yield Segment(path, file)


class Segment:
    """One segment while it is open; made by `open_segment`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self.ending: str | None = None  # known once all was read: why the file stops early; None: it does not
        self._lines = self._read_lines(file)
        self._number = 0
        self.header: Header = self._read_header()
        self.snapshot: Snapshot = self._read_snapshot()
        self.ended_s: float = self.header.began_s  # monotonic time of the newest observation read

    def observations(self) -> Iterator[Observation]:
        """What the core saw, in its order. Once only."""
        for line in self._lines:
            if len(line) > LINE_BYTES:
                raise RecordingError(f"{self.path}, line {self._number}: too long for a recording of shelfd")
            try:
                observation = decode_observation(line)
            except RecordingError as error:
                raise RecordingError(f"{self.path}, line {self._number}: {error}") from error
            self.ended_s = observation.t
            yield observation

    def _read_header(self) -> Header:
        try:
            about: Any = msgspec.json.decode(self._head())
            if not isinstance(about, dict) or about.get("shelfd") != "recording":
                raise RecordingError(f"{self.path}: this is no recording of shelfd (its first line is no header)")
            if about.get("format") != FORMAT:
                raise RecordingError(
                    f"{self.path}: format {about.get('format')!r}, this shelfd reads {FORMAT}: "
                    "replay it with the version that wrote it"
                )
            return msgspec.convert(about, Header)
        except _JSON_ERRORS as error:
            raise RecordingError(f"{self.path}: this is no recording of shelfd ({self.ending or error})") from error

    def _read_snapshot(self) -> Snapshot:
        try:
            return msgspec.json.decode(self._head(), type=dict[str, Any])
        except _JSON_ERRORS as error:
            raise RecordingError(f"{self.path}: the snapshot after the header cannot be read ({error})") from error

    def _head(self) -> bytes:
        line = next(self._lines, b"")
        if len(line) > HEAD_BYTES:
            raise RecordingError(f"{self.path}, line {self._number}: too long for a recording of shelfd")
        return line

    def _read_lines(self, file: BinaryIO) -> Iterator[bytes]:
        try:
            for text in read_members(file):
                for line in text.splitlines():
                    self._number += 1
                    yield line
        except RecordingError as error:
            self.ending = f"stops after line {self._number}: {error}"
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot be read: {error.strerror}") from error
