"""Mettler Toledo MT-SICS, level 0: `S S     100.00 g`.

The value is right-aligned with a varying number of blanks, so the line is split at white space, not at columns.
Source: "MT-SICS" 11780711B.
"""

from __future__ import annotations

import re

from agent.sensors.scale.decoder import LineDecoder, Reading, State, no_weight, weight

STREAM = b"SIR\r\n"  # the weight at once and from then on, stable or not
ASK = b"SI\r\n"  # the weight now
_WEIGHT = re.compile(rb"S +([SD]) +(-?\d{1,9}(?:\.\d{1,6})?) +([A-Za-z%]{1,5}) *")
_NO_WEIGHT = re.compile(rb"S +([I+-]) *|(E[STL])")
_STATES = {b"S": State.STABLE, b"D": State.MOVING}
_ANSWERS = {
    b"+": no_weight(State.OVER),
    b"-": no_weight(State.UNDER),
    b"I": no_weight(State.ERROR, "the balance cannot weigh just now: it is starting, in a menu or being calibrated"),
    b"ES": no_weight(State.ERROR, "the balance does not know our command (ES): switch its interface to MT-SICS"),
    b"ET": no_weight(State.ERROR, "the balance saw a transmission error (ET): check cable, `baud` and `parity`"),
    b"EL": no_weight(State.ERROR, "the balance refuses our command (EL): switch its interface to MT-SICS"),
}


class MtSicsDecoder(LineDecoder):
    """One channel."""

    def read_line(self, line: bytes) -> Reading | None:
        """See LineDecoder."""
        if match := _WEIGHT.fullmatch(line):
            return weight(match[2].decode(), match[3].decode(), _STATES[match[1]])
        if match := _NO_WEIGHT.fullmatch(line):
            return _ANSWERS[match[1] or match[2]]
        return None
