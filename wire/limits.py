"""Types with bounds that several payloads share; what is out of bounds is refused where it is decoded."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

MAX_BYTES = 65_536  # of one message; a shelf of 400 lanes reports its stock in about 40 kB

# `$` lets a line feed pass behind it in Python; lengths and codec.py close that door.
Gtin = Annotated[str, Meta(pattern="^[0-9]{14}$", max_length=14)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Units = Annotated[int, Meta(ge=-10_000, le=10_000)]
Counted = Annotated[int, Meta(ge=0, le=10_000)]
Number = Annotated[int, Meta(ge=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]

EventId = Annotated[str, Meta(pattern="^[^/]+/[^/]+/[0-9]{1,19}$")]
Sequence = Annotated[str, Meta(pattern="^[0-9]{1,19}$")]
Time = Annotated[str, Meta(pattern="^[0-9TZ:.-]+$", max_length=30)]
