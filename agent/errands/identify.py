"""Which shelf is it? The strip and the light flash. Not here: how (screen/, sensors/buttons/)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from agent.errands.protocol import ErrandError
from wire.commands import Identify

Flash = Callable[[float], object]


class IdentifyWork:
    """`flashes`: what there is to flash, by name; each is told for how many seconds and returns at once."""

    def __init__(self, flashes: Mapping[str, Flash]) -> None:
        self._flashes = flashes

    def limit_s(self, payload: Identify) -> float:
        """See Work."""
        return 5.0

    def do(self, payload: Identify, stop: threading.Event) -> str:
        """See Work. Answered while it flashes: whoever asked stands before the shelf."""
        if not self._flashes:
            raise ErrandError("this device has neither a strip nor a light that could flash")
        for flash in self._flashes.values():
            flash(payload.seconds)
        names = " and ".join(self._flashes)
        return f"{names} {'flash' if len(self._flashes) > 1 else 'flashes'} for {payload.seconds:g} s"
