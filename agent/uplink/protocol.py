"""What the agent asks of a connection to a broker, what a connection tells, and what the outbox offers.

Not here: MQTT itself (paho.py), what to send when (sender.py), when to connect again (courier.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.outbox.protocol import ResultRow, Row


class UplinkError(Exception):
    """There is no connection. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message, always QoS 1."""

    topic: str
    body: bytes
    retain: bool = False
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker took us. What it can take: packets of `packet_bytes` (None: no limit told), `inflight` at once.
    `remembered`: it still had our session; one that had not may have lost those of others too."""

    packet_bytes: int | None = None
    inflight: int = 65_535
    remembered: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered and said no (CONNACK). The connection is over."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """PUBACK. Below 0x80 the broker has the message; MQTT 3.1.1 knows no other answer than 0."""

    packet: int
    code: int


@dataclass(frozen=True, slots=True)
class Received:
    """A message to us. `retained`: it had stood at the broker when we subscribed."""

    topic: str
    body: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer to `subscribe`; a code from 0x80 on is a refusal."""

    topics: str
    code: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is over. `code`: what the broker gave as its reason (MQTT 5), None when it gave none."""

    code: int | None
    message: str


Happening = Connected | Refused | Acknowledged | Subscribed | Received | Lost


class Uplink(Protocol):
    """A connection to one broker, used by one thread, except `wake`."""

    def open(self) -> None:
        """Starts a new connection; `Connected` or `Refused` follows. Raises UplinkError when nobody is there."""
        ...

    def publish(self, message: Message) -> int:
        """Sends it and returns the packet number of its acknowledgement to come. Keeps no copy: what is not
        acknowledged when the connection ends is the caller's to send again."""
        ...

    def subscribe(self, topics: str) -> None:
        """`Subscribed` follows, and what stands retained on these topics."""
        ...

    def unsubscribe(self, topics: str) -> None:
        """What is on its way already may still come."""
        ...

    def wait(self, timeout_s: float) -> list[Happening]:
        """What has happened since, in order; waits for the first of it at most `timeout_s`, or until woken."""
        ...

    def wake(self) -> None:
        """Ends a `wait`, now or the next. From any thread."""
        ...

    def close(self) -> None:
        """Ends the connection in order, so that the broker drops the will. May be called twice."""
        ...


class Box(Protocol):
    """The side of the outbox that the uplink sees (agent/outbox/outbox.py)."""

    @property
    def last_sequence(self) -> int: ...

    def after(self, sequence: int, limit: int) -> list[Row]: ...

    def accepted(self, sequence: int) -> None: ...

    def parked(self, sequence: int, reason: str) -> None: ...

    def states(self) -> dict[str, bytes]: ...

    def results(self) -> list[ResultRow]: ...

    def answered(self, number: int) -> None: ...


class FaultBook(Protocol):
    """Where faults are told (agent/outbox/faults.py)."""

    def raise_fault(self, part: str, code: str, message: str, *, again: bool = False) -> None: ...

    def clear(self, part: str, *codes: str) -> None: ...
