"""A broker that lives in the test: takes, refuses, falls silent, hangs up, forgets; as a real one would.

`FakeBroker` is the world's side (rules, what it has got), `FakeUplink` the agent's side of it. Nothing takes time,
unless `waits` is asked for. Not here: real MQTT (paho.py).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.uplink.protocol import (
    Acknowledged,
    Connected,
    Happening,
    Lost,
    Message,
    Received,
    Refused,
    Subscribed,
    UplinkError,
)

Rule = Callable[[Message], int | None]  # reason code of the PUBACK; None: no answer at all


def take(_message: Message) -> int:
    """The rule of a broker in good health."""
    return 0


@dataclass(slots=True)
class FakeBroker:
    """What a broker has been told, and how it answers."""

    rule: Rule = take
    hangs_up_on: Callable[[Message], bool] = lambda _message: False
    hang_up_code: int | None = None
    admits: int = 0  # reason code of CONNACK
    limits: Connected = field(default_factory=Connected)
    up: bool = True
    got: list[Message] = field(default_factory=list)  # accepted, in order, doubles included
    retained: dict[str, bytes] = field(default_factory=dict)
    subscribed: list[str] = field(default_factory=list)
    grants: Callable[[str], int] = lambda _topics: 1  # reason code of SUBACK
    asked: list[str] = field(default_factory=list)  # all SUBSCRIBE and, with a `-` before it, UNSUBSCRIBE
    most_in_flight: int = 0

    def forget(self) -> None:
        """A restart without persistence."""
        self.retained.clear()

    def bodies(self, part: str) -> list[bytes]:
        """What was accepted on topics that contain `part`."""
        return [message.body for message in self.got if part in message.topic]


class FakeUplink:
    """Implements Uplink. Answers come at the next `wait`, at most `answers_at_once` of them, so that messages are on
    their way in between. `waits`: `wait` waits for something to happen, as in a thread of its own."""

    def __init__(self, broker: FakeBroker, answers_at_once: int = 1_000_000, *, waits: bool = False) -> None:
        self.broker = broker
        self.answers_at_once = answers_at_once
        self.sent: list[Message] = []
        self._packet = 0
        self._waits = waits
        self._woken = threading.Event()
        self._open = False
        self._on_the_line: deque[tuple[int, Message]] = deque()
        self._happenings: deque[Happening] = deque()

    def open(self) -> None:
        if not self.broker.up:
            raise UplinkError("unreachable", "no broker: start it")
        self._on_the_line.clear()
        self._happenings.clear()
        self._open = self.broker.admits == 0
        answer = self.broker.limits if self._open else Refused(self.broker.admits, "refused")
        self._happenings.append(answer)

    def publish(self, message: Message) -> int:
        self._packet = self._packet % 65_535 + 1
        self.sent.append(message)
        if self._open:
            self._on_the_line.append((self._packet, message))
            self.broker.most_in_flight = max(self.broker.most_in_flight, len(self._on_the_line))
        return self._packet

    def subscribe(self, topics: str) -> None:
        code = self.broker.grants(topics)
        self.broker.asked.append(topics)
        if code < 0x80 and topics not in self.broker.subscribed:
            self.broker.subscribed.append(topics)
        self._happenings.append(Subscribed(topics, code))
        if code < 0x80 and topics in self.broker.retained:
            self._happenings.append(Received(topics, self.broker.retained[topics], retained=True))

    def unsubscribe(self, topics: str) -> None:
        self.broker.asked.append(f"-{topics}")
        if topics in self.broker.subscribed:
            self.broker.subscribed.remove(topics)

    def wait(self, timeout_s: float) -> list[Happening]:
        if self._waits and not (self._on_the_line or self._happenings):
            self._woken.wait(timeout_s)
        self._woken.clear()
        if self._open and not self.broker.up:
            self.cut()
        for _ in range(min(self.answers_at_once, len(self._on_the_line))):
            if not self._answer(*self._on_the_line.popleft()):
                break
        happened = list(self._happenings)
        self._happenings.clear()
        return happened

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        self._open = False

    def cut(self, code: int | None = None) -> None:
        """The connection ends; what the broker had not read is gone."""
        self._open = False
        self._on_the_line.clear()
        self._happenings.append(Lost(code, "hung up"))
        self.wake()

    def keep(self, topic: str, body: bytes) -> None:
        """Somebody publishes a retained message; we get it if we listen to just this topic. Empty: it is cleared."""
        self.broker.retained[topic] = body
        if not body:
            del self.broker.retained[topic]
        if topic in self.broker.subscribed:
            self.order(topic, body)

    def order(self, topic: str, body: bytes) -> None:
        """Somebody publishes to us."""
        self._happenings.append(Received(topic, body))
        self.wake()

    def _answer(self, packet: int, message: Message) -> bool:
        """False: that was the end of the connection."""
        if self.broker.hangs_up_on(message):
            self.cut(self.broker.hang_up_code)
            return False
        code = self.broker.rule(message)
        if code is not None and code < 0x80:
            self.broker.got.append(message)
            if message.retain:
                self.broker.retained[message.topic] = message.body
        if code is not None:
            self._happenings.append(Acknowledged(packet, code))
        return True
