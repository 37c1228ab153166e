"""Types with bounds that several payloads share; what is out of bounds is refused where it is decoded."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

MAX_DOCUMENT_BYTES = 196_608  # of a signed document on the wire; a shelf of 400 lanes needs about 150 kB
PART_BYTES = 65_536  # of one part of an asset; all but the last have just as many
MAX_ASSET_BYTES = 16_777_216  # a model has 4 MB, ten seconds of a bar-shaped animation less
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
Time = Annotated[str, Meta(pattern="^[0-9TZ:.-]+$", max_length=30)]  # as devices write it, in UTC
ZonedTime = Annotated[str, Meta(pattern="^[0-9TZ:.-]+([+-][0-9]{2}:[0-9]{2})?$", max_length=35)]  # as a hub may

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
MAX_VERSION = 9_007_199_254_740_991  # what every JSON reader takes for a whole number
Version = Annotated[int, Meta(ge=1, le=MAX_VERSION)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]  # of text on a screen
Link = Annotated[str, Meta(pattern="^https://[^ ]+$", max_length=300)]
TimeOfDay = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", max_length=5)]
