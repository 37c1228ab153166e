"""SparkFun OpenScale: CSV lines whose fields are chosen in the board's own menu.

`[millis,]<weight>,<kg|lbs>,[raw,][local °C,][remote °C,]`. The line says neither how many fields it has nor whether it
is whole, so the field set comes from the configuration and the first, possibly halved line is never believed.
Never send this board an `x`: it stops weighing and opens its menu. Source: firmware OpenScale.ino, `loop()`.
"""

from __future__ import annotations

import re

from agent.sensors.scale.decoder import LineDecoder, Reading, State, weight

FIELDS = ("millis", "weight", "unit", "raw", "local_c", "remote_c")  # in the order the firmware prints them
_NUMBER = rb"-?\d{1,9}(?:\.\d{1,6})?"
_PATTERNS = {
    "millis": rb"\d{1,10}",
    "weight": rb"(?P<weight>" + _NUMBER + rb")",
    "unit": rb"(?P<unit>kg|lbs)",
    "raw": rb"-?\d{1,10}",
    "local_c": _NUMBER,
    "remote_c": _NUMBER,
}


class OpenScaleDecoder(LineDecoder):
    """One channel; the board knows no stability, so every weight counts as moving."""

    def __init__(self, fields: tuple[str, ...] = ("weight", "unit")) -> None:
        """ValueError when `fields` are not in the firmware's order or leave out the weight or its unit."""
        super().__init__()
        order = [FIELDS.index(name) if name in FIELDS else -1 for name in fields]
        if -1 in order or order != sorted(set(order)) or not {"weight", "unit"} <= set(fields):
            known = ", ".join(FIELDS)
            raise ValueError(f"openscale_fields must name, in this order, some of: {known}; weight and unit always")
        self._pattern = re.compile(b",".join(_PATTERNS[name] for name in fields) + b",?")
        self._joined = False

    def read_line(self, line: bytes) -> Reading | None:
        """See LineDecoder. The boot banner and the menu do not look like a sample."""
        if not self._joined:  # "23.4,kg" may be the tail of "123.4,kg"
            self._joined = True
            return None
        match = self._pattern.fullmatch(line)
        return None if match is None else weight(match["weight"].decode(), match["unit"].decode(), State.MOVING)
