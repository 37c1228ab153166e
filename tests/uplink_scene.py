"""A sender between an outbox of plain lists and a broker of our own, with time that stands until it is told to pass.

shelf = Shelf(FakeBroker(rule=refusing(0x87, is_event)))
shelf.tell(30)
shelf.connect()
shelf.run(300.0)
assert shelf.arrived() == [] and shelf.faults == ["not_authorised"]
"""

from __future__ import annotations

from collections.abc import Callable

from outbox_scene import TOPICS

from agent.outbox.protocol import ResultRow, Row
from agent.uplink.fake import FakeBroker, FakeUplink
from agent.uplink.protocol import Acknowledged, Connected, Lost, Message
from agent.uplink.sender import Sender
from wire.state import Online

EVENT = "/event/"


class Shelf:
    """It is the uplink's Box and its FaultBook."""

    def __init__(
        self, broker: FakeBroker | None = None, *, inflight: int = 4, answers_at_once: int = 1_000_000
    ) -> None:
        self.broker = broker or FakeBroker()
        self.link = FakeUplink(self.broker, answers_at_once)
        self.now_s = 1000.0
        self.rows: list[Row] = []
        self.state_bodies: dict[str, bytes] = {}
        self.answers: list[ResultRow] = []
        self.set_aside: dict[int, str] = {}
        self.faults: list[str] = []
        self.last_sequence = 0
        us = Online(online=True, boot="b1", version="1.2.3")
        self.sender = Sender(self.link, self, TOPICS, us, self, inflight=inflight, park_after=3)

    # The outbox

    def after(self, sequence: int, limit: int) -> list[Row]:
        return [row for row in self.rows if row.sequence > sequence][:limit]

    def accepted(self, sequence: int) -> None:
        self.rows = [row for row in self.rows if row.sequence != sequence]

    def parked(self, sequence: int, reason: str) -> None:
        self.accepted(sequence)
        self.set_aside[sequence] = reason

    def states(self) -> dict[str, bytes]:
        return self.state_bodies

    def results(self) -> list[ResultRow]:
        return list(self.answers)

    def answered(self, number: int) -> None:
        self.answers = [row for row in self.answers if row.number != number]

    # The book of faults

    def raise_fault(self, part: str, code: str, message: str, *, again: bool = False) -> None:
        if code not in self.faults or again:
            self.faults.append(code)

    def clear(self, part: str, *codes: str) -> None:
        self.faults = [code for code in self.faults if code not in codes]

    # The scene

    def tell(self, count: int, kind: str = "pick") -> None:
        for _ in range(count):
            self.last_sequence += 1
            self.rows.append(Row(self.last_sequence, "b1", kind, str(self.last_sequence).encode()))

    def connect(self) -> None:
        self.link.open()
        self.turn()

    def turn(self) -> bool:
        """Once round the courier's loop; False: nothing happened."""
        happenings = self.link.wait(0.0)
        for happening in happenings:
            match happening:
                case Connected():
                    self.sender.connected(happening, self.now_s)
                case Acknowledged():
                    self.sender.acknowledged(happening, self.now_s)
                case Lost():
                    self.sender.disconnected(happening, self.now_s)
                    self.link.close()
        sent = len(self.link.sent)
        self.sender.fill(self.now_s)
        return bool(happenings) or len(self.link.sent) > sent

    def settle(self) -> None:
        """Until nothing happens any more."""
        for _ in range(10_000):
            if not self.turn():
                return
        raise AssertionError("it never settles")

    def run(self, seconds: float, *, reconnect: bool = False) -> None:
        """Lets time pass, from one thing that is due to the next."""
        until_s = self.now_s + seconds
        for _ in range(1000):
            self.settle()
            if reconnect and not self.link._open and self.broker.up:
                self.now_s += 1.0
                self.connect()
                continue
            wake_s = self.sender.wake_s(self.now_s)
            if wake_s is None or wake_s > until_s:
                break
            self.now_s = wake_s
        self.now_s = max(self.now_s, until_s)
        self.settle()

    def arrived(self) -> list[int]:
        """First occurrences of events at the broker, in order."""
        return [int(body) for body in dict.fromkeys(self.broker.bodies(EVENT))]


def refusing(code: int, about: Callable[[Message], bool]) -> Callable[[Message], int]:
    return lambda message: code if about(message) else 0


def is_event(message: Message) -> bool:
    return EVENT in message.topic


def body(text: str) -> Callable[[Message], bool]:
    return lambda message: message.body == text.encode()
