"""What the console's buttons do: orders to the shopper, faults, and what they look like in the model.

Not here: the hub's form (hub.py), HTTP (server.py).
"""

from __future__ import annotations

import threading
from typing import Any

from tools.bench.camera.live import Easel
from tools.bench.console.model import Model
from tools.bench.console.server import Ask, AskError
from tools.bench.live.obeying import UnwillingError
from tools.bench.live.people import People
from tools.bench.live.relay import Relay
from tools.bench.live.shop import BLIND, LiveShop

STEP_S = 0.1
JOIN_S = 5.0
BROKER = "broker"  # the line to it, as a fault
SAYS = {
    "take": "goes to take one",
    "put_back": "puts it back",
    "hesitate": "takes one and holds it, undecided",
    "linger": "lingers, a hand among the goods",
    "misplace": "lays something where it does not belong",
    "lean": "leans on the shelf",
    "press": "presses on the goods",
    "leave": "leaves",
    "refill": "staff refill lanes that are at most half full, once nobody is there",
}


class Desk:
    """Lets people act from the moment it is made until `close`."""

    def __init__(self, model: Model, people: People, shop: LiveShop, relay: Relay | None, easel: Easel | None) -> None:
        self._model, self._people, self._shop, self._relay, self._easel = model, people, shop, relay, easel
        self.asks: dict[str, Ask] = {"order": self.order, "crowd": self.crowd, "fault": self.fault}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="people")
        self._thread.start()

    def close(self) -> None:
        """May be called twice."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def order(self, wish: dict[str, Any]) -> str:
        """`deed`, `lane` ("": any)."""
        deed = text(wish, "deed")
        if deed == "refill" and self._relay is not None and self._relay.cut:
            raise AskError("The staff cannot tell the shelf that they are at work: mend its line to the broker first.")
        try:
            self._people.order(deed, text(wish, "lane"))
        except UnwillingError as error:
            raise AskError(f"{error}.".capitalize()) from error
        return f"The shopper {SAYS[deed]}." if deed != "refill" else f"{SAYS[deed].capitalize()}."

    def crowd(self, wish: dict[str, Any]) -> str:
        """`on`: shoppers come and go on their own."""
        self._people.crowd(switched(wish))
        return "Shoppers come and go on their own." if wish["on"] else "The shelf is yours."

    def fault(self, wish: dict[str, Any]) -> str:
        """`fault`, `on`."""
        fault, on = text(wish, "fault"), switched(wish)
        if fault == BROKER and self._relay is not None:
            self._relay.switch(on)
        else:
            try:
                self._shop.switch(fault, on)
            except ValueError as error:
                raise AskError(str(error)) from error
        if fault == BLIND and self._easel is not None:
            (self._easel.covered.set if on else self._easel.covered.clear)()
        self._tell()
        again = "off again; the shelf tries by itself, within a minute at most" if fault == BROKER else "off again"
        return f"{fault.capitalize()}: {'on' if on else again}."

    def _run(self) -> None:
        while not self._stop.wait(STEP_S):
            if self._shop.began_s is not None:
                self._people.step()
            self._tell()

    def _tell(self) -> None:
        people, cut = self._people, self._relay is not None and self._relay.cut
        self._model.put(
            people={
                "crowd": people.crowded,
                "present": people.one is not None,
                "doing": people.doing,
                "basket": people.basket(),
                "busy": people.busy_s() > 0,
                "refilling": people.refilling,
            },
            on=sorted([*self._shop.on, *([BROKER] if cut else [])]),
            now=int(self._shop.now_s()),
        )


def text(wish: dict[str, Any], name: str) -> str:
    """AskError for anything else."""
    value = wish.get(name)
    if not isinstance(value, str) or len(value) > 200_000:
        raise AskError(f"{name} is missing, or no text")
    return value


def switched(wish: dict[str, Any]) -> bool:
    """AskError for anything else."""
    if not isinstance(wish.get("on"), bool):
        raise AskError("on is missing, or neither true nor false")
    return bool(wish["on"])
