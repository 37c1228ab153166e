"""One-off orders: done once per id, answered with a sentence, also across a restart.

An order that the core cannot carry out itself leaves as an `Errand`; its answer is given when `ErrandDone` comes back,
or after a restart that came in between. Not here: how an order reaches the device (uplink/), what may be done to a lane
and when (upkeep.py), what the shell does on an errand (errands/).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from agent.messages import Answer, Command, Errand, ErrandDone, Output, Snapshot
from agent.upkeep import Reply, Upkeep
from wire.commands import (
    MOST_MESSAGE,
    Calibrate,
    CommandPayload,
    CountStock,
    Diagnose,
    Identify,
    Introduce,
    Record,
    Restart,
    Result,
    SetMode,
    Tare,
)

REMEMBERED = 256  # ids of orders already done; an order that comes again gets the same answer
MOST_ERRANDS = 8  # under way at once; each kind has one place in the shell
MOST_REMEMBERED = 400  # characters of an answer: a snapshot with each event carries them all
MOST_BYTES = 32_768  # of an answer's text; JSON may double it, and MAX_BYTES go in one message


class Audience(Protocol):
    """Who stands before the shelf, as far as the hub may know them (triggers/audience.py)."""

    def introduce(self, visitor: str, segments: tuple[str, ...]) -> Reply:
        """The visitor belongs to these segments from here on, until they leave."""
        ...


@dataclass(frozen=True, slots=True)
class Staff:
    """Those who carry orders out. `figures` is what the core itself has to say in a diagnosis."""

    upkeep: Upkeep
    audience: Audience
    figures: Callable[[], str]


class Orders:
    """Remembers what was answered and what is under way, so that a repeated order changes nothing."""

    def __init__(self) -> None:
        self._answered: dict[str, Result] = {}
        self._errands: dict[str, str] = {}  # id -> kind, of orders that the shell is busy with

    def carry_out(self, command: Command, staff: Staff, wall_s: float | None) -> tuple[Output, ...]:
        """Do it, or say why not. `wall_s`: unix time of the command, None while the clock is unknown."""
        id, kind = command.id, command.payload.kind
        known = self._answered.get(id)
        if known is not None:
            return (Answer(known),)
        if id in self._errands:
            return ()  # its answer comes when it is done
        late = _late(command.payload.expires, wall_s)
        if late is not None:
            return self._answer(id, kind, (False, late))
        match command.payload:
            case Identify() | Diagnose() | Record() | Restart():
                return self._send(command, staff)
            case _:
                return self._answer(id, kind, _do(command, staff))

    def returned(self, done: ErrandDone, staff: Staff) -> tuple[Output, ...]:
        """The shell has come back from an errand. One that was answered already, or that nobody sent, says nothing."""
        kind = self._errands.pop(done.id, None)
        if kind is None:
            return ()
        message = done.message
        if kind == Diagnose.kind and done.outcome == "done":
            message = f"{message}\n{staff.figures()}"
        return self._answer(done.id, kind, (done.outcome == "done", message))

    def resume(self) -> tuple[Output, ...]:
        """A new process: what the old one was busy with will not come back."""
        lost, self._errands = self._errands, {}
        told: list[Output] = []
        for id, kind in lost.items():
            reply = (False, "the device restarted before it was done: send it again under another id")
            told += self._answer(id, kind, (True, "the device has restarted") if kind == Restart.kind else reply)
        return tuple(told)

    def _send(self, command: Command, staff: Staff) -> tuple[Output, ...]:
        id, kind = command.id, command.payload.kind
        refusal = None
        if isinstance(command.payload, Restart):
            refusal = staff.upkeep.why_not_restart(command.t)
        elif len(self._errands) >= MOST_ERRANDS:
            refusal = f"{MOST_ERRANDS} orders are under way: wait for their answers"
        if refusal is not None:
            return self._answer(id, kind, (False, refusal))
        self._errands[id] = kind
        return (Errand(id, command.payload),)

    def _answer(self, id: str, kind: str, reply: Reply) -> tuple[Output, ...]:
        done, message = reply
        outcome: Literal["done", "refused"] = "done" if done else "refused"
        text = _bounded(message)
        self._answered[id] = Result(id=id, command=kind, outcome=outcome, message=_short(text))
        while len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return (Answer(Result(id=id, command=kind, outcome=outcome, message=text)),)

    def snapshot(self) -> Snapshot:
        """Plain values, oldest first."""
        return {
            "answered": [[r.id, r.command, r.outcome, r.message] for r in self._answered.values()],
            "errands": [[id, kind] for id, kind in self._errands.items()],
        }

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        results = [Result(id=i, command=c, outcome=o, message=m) for i, c, o, m in state["answered"]]
        self._answered = {r.id: r for r in results}
        self._errands = {id: kind for id, kind in state["errands"]}


def _late(expires: float | None, wall_s: float | None) -> str | None:
    """Why an order with this expiry is not done now."""
    if expires is None:
        return None
    if wall_s is None:
        return "the device does not know the time, so nobody can say whether this order has expired: send it without"
    if wall_s > expires:
        return f"it expired {wall_s - expires:.0f} s before it could be done: send it anew if it is still wanted"
    return None


def _do(command: Command, staff: Staff) -> Reply:
    t, upkeep = command.t, staff.upkeep
    match command.payload:
        case SetMode(mode=mode):
            return upkeep.set_mode(mode)
        case CountStock(lane=lane, units=units, gtin=gtin):
            return upkeep.count(t, lane, units, gtin)
        case Tare(lane=lane):
            return upkeep.tare(t, lane)
        case Calibrate(lane=lane, mass_g=mass_g):
            return upkeep.calibrate(t, lane, mass_g)
        case Introduce(visitor=visitor, segments=segments):
            return staff.audience.introduce(visitor, segments)
        case other:
            return _nobody(other)


def _nobody(payload: CommandPayload) -> Reply:
    return False, f"{payload.kind}: nobody here can do that"


def _bounded(message: str) -> str:
    """What fits into one message, whatever a file name or a driver's sentence brings along."""
    text = "".join(c if c.isprintable() or c == "\n" else "?" for c in message[:MOST_MESSAGE])
    return text.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")


def _short(message: str) -> str:
    if len(message) <= MOST_REMEMBERED:
        return message
    return message[:MOST_REMEMBERED] + " ... (told in full the first time; order it anew under another id)"
