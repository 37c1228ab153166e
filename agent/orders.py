"""One-off orders: done once per id, answered with a sentence.

Not here: how an order reaches the device (uplink/), what a mode means (attendant.py).
"""

from __future__ import annotations

from agent.attendant import Attendant
from agent.messages import Answer, Command, Output, Snapshot
from wire.commands import CountStock, Result, SetMode, Tare

REMEMBERED = 256  # ids of orders already done; an order that comes again gets the same answer


class Orders:
    """Remembers what was answered, so that a repeated order changes nothing."""

    def __init__(self) -> None:
        self._answered: dict[str, Result] = {}

    def carry_out(self, command: Command, shelf: Attendant) -> tuple[Output, ...]:
        """Do it, or say why not."""
        known = self._answered.get(command.id)
        if known is not None:
            return (Answer(known),)
        done, message = _do(command, shelf)
        kind = command.payload.kind
        result = Result(id=command.id, command=kind, outcome="done" if done else "refused", message=message)
        self._answered[command.id] = result
        while len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return (Answer(result),)

    def snapshot(self) -> Snapshot:
        """Plain values, oldest first."""
        return {"answered": [[r.id, r.command, r.outcome, r.message] for r in self._answered.values()]}

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        results = [Result(id=i, command=c, outcome=o, message=m) for i, c, o, m in state["answered"]]
        self._answered = {r.id: r for r in results}


def _do(command: Command, shelf: Attendant) -> tuple[bool, str]:
    match command.payload:
        case SetMode(mode=mode):
            shelf.set_mode(mode)
            return True, f"mode is {mode}"
        case CountStock(lane=lane, units=units, gtin=gtin):
            return _count(shelf, lane, units, gtin)
        case Tare(lane=lane):
            return shelf.tare(lane)
        case _:
            return False, f"{command.payload.kind}: this version of shelfd cannot do that yet"


def _count(shelf: Attendant, lane: str, units: int, gtin: str | None) -> tuple[bool, str]:
    if units < 0:
        return False, f"{units} units: a count is 0 or more"
    key = shelf.ledger.stock.find(lane, gtin)
    if key is None:
        hint = "name a lane of the planogram, and the gtin where two share it"
        return False, f"no single lane {lane!r} with gtin {gtin!r} here: {hint}"
    shelf.ledger.stock.count(key, units)
    return True, f"lane {lane!r} holds {units} units"
