"""A&D standard format: `ST,+00123.4  g`, with a comparator's or gross/net field in between on some indicators.

The number of an `OL` frame (9999999.9) is dropped by its head, never by its size. Source: EK-L manual p. 28, GC p. 51.
"""

from __future__ import annotations

import re

from agent.sensors.scale.decoder import LineDecoder, Reading, State, no_weight, weight

ASK = b"Q\r\n"  # "send data immediately"
_LINE = re.compile(rb"(ST|US|OL|QT)(?:,[A-Z]{2})?,([+-])(\d{1,9}(?:\.\d{1,6})?) *([A-Za-z%]{1,3}) *")
_STATES = {b"ST": State.STABLE, b"US": State.MOVING}


class AndDecoder(LineDecoder):
    """One channel."""

    def read_line(self, line: bytes) -> Reading | None:
        """See LineDecoder."""
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        head, sign = match[1], match[2]
        if head == b"OL":
            return no_weight(State.OVER if sign == b"+" else State.UNDER)
        if head == b"QT":
            return no_weight(State.ERROR, "the indicator counts pieces (QT): set it to weighing")
        return weight((sign + match[3]).decode(), match[4].decode(), _STATES[head])
