"""The thread `uplink`: connects, carries, connects again.

One thread does all of MQTT, so nothing here needs a lock; the outbox wakes it when there is something to send.
Not here: what to send (sender.py), what is heard (ears.py), MQTT (paho.py).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from agent.messages import Answer
from agent.outbox.outbox import Outbox
from agent.outbox.protocol import Batch
from agent.uplink.backoff import Backoff
from agent.uplink.ears import Ears, Hearers, nothing
from agent.uplink.orders import decode_order
from agent.uplink.protocol import (
    Acknowledged,
    Connected,
    Happening,
    Lost,
    Message,
    Received,
    Refused,
    Subscribed,
    Uplink,
    UplinkError,
)
from agent.uplink.refusals import CONNECT_CODES, DISCONNECT_FAULTS, connect_fault
from agent.uplink.retained import OFFLINE
from agent.uplink.sender import Sender
from wire.commands import CommandPayload, Result
from wire.limits import MAX_DOCUMENT_BYTES
from wire.state import Online

ANSWER_S = 10.0  # a broker that took the connection and says nothing for so long is given up
WAIT_S = 1.0  # MQTT's own clockwork (keepalive) is looked after at least so often
STEADY_S = 10.0  # a connection that ends sooner (two devices of one name) does not shorten the next pause
GOODBYE_S = 1.0  # for the last word
STOP_S = 10.0
LINK_CODES = ("tls_files", "tls_refused", "password_file")  # faults of connecting that are not the broker's answer

log = logging.getLogger(__name__)


class Courier:
    """Carries events, state and answers to the broker, and orders back: `on_order(id, payload)` in this thread, as all
    that is heard; `on_document`, `on_part` and `wanted` as Hearers has them."""

    def __init__(
        self,
        link: Uplink,
        outbox: Outbox,
        on_order: Callable[[str, CommandPayload], None],
        *,
        on_document: Callable[[str, bytes], None] | None = None,
        on_part: Callable[[str, int, bytes], None] | None = None,
        wanted: Callable[[], frozenset[str]] = nothing,
        inflight: int = 16,
        park_after: int = 5,
        version: str | None = None,
        backoff: Backoff | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link = link
        self._outbox = outbox
        self._topics = outbox.topics
        self._on_order = on_order
        self._on_document = on_document
        self._heard = b""
        hearers = Hearers(
            order=self._take_order,
            document=self._take_document if on_document else None,
            part=on_part,
            wanted=wanted,
        )
        self._ears = Ears(link, outbox.topics, outbox.faults, hearers)
        self._backoff = backoff or Backoff(random.Random())
        self._now_s = monotonic_s
        us = Online(online=True, boot=outbox.boot, version=version)
        self._sender = Sender(link, outbox, outbox.topics, us, outbox.faults, inflight=inflight, park_after=park_after)
        self._stop = threading.Event()
        self._connected = False
        self._over = True
        self._steady_from_s = 0.0
        self._unreachable = ""  # the sentence last logged, so that a day without a broker is one line
        self._thread = threading.Thread(target=self._run, name="uplink", daemon=True)
        outbox.listen(link.wake)

    @property
    def connected(self) -> bool:
        """The broker has taken us."""
        return self._connected

    @property
    def accepted(self) -> bool:
        """The broker has taken something of ours since then: whoever may connect need not be allowed to publish."""
        return self._connected and self._sender.accepted

    @property
    def heard(self) -> bytes:
        """The newest message of `config/desired`, whatever it is worth; empty before the first."""
        return self._heard

    @property
    def alive(self) -> bool:
        """The thread runs. Once started it ends only by `stop` or by a mistake of ours."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something has changed, e.g. which parts are wanted. From any thread."""
        self._link.wake()

    def stop(self) -> None:
        """Says goodbye to the broker; events that it has not accepted stay in the outbox. May be called twice."""
        self._stop.set()
        self._link.wake()
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._link.open()
                self._carry()
            except UplinkError as error:
                self._cannot_connect(error)
            self._link.close()
            self._stop.wait(self._backoff.next_s())

    def _carry(self) -> None:
        """One connection, from its opening to its end."""
        self._over = False
        answer_until_s = self._now_s() + ANSWER_S
        while self._take_all(self._wait_s()):
            if self._stop.is_set():
                self._say_goodbye()
                break
            if not self._connected and self._now_s() > answer_until_s:
                raise UplinkError("silent", f"the broker did not answer within {ANSWER_S:.0f} s: is it one?")
            self._sender.fill(self._now_s())
            if self._connected:
                self._ears.ask()
        if self._connected and self._now_s() >= self._steady_from_s:
            self._backoff.reset()
        self._connected = False

    def _wait_s(self) -> float:
        now_s = self._now_s()
        wake_s = self._sender.wake_s(now_s)
        return WAIT_S if wake_s is None else min(WAIT_S, wake_s - now_s)

    def _take_all(self, timeout_s: float) -> bool:
        """What has happened; False when that was the connection's end."""
        for happening in self._link.wait(timeout_s):
            self._take(happening)
        return not self._over

    def _take(self, happening: Happening) -> None:
        match happening:
            case Connected():
                self._take_connected(happening)
            case Acknowledged():
                self._sender.acknowledged(happening, self._now_s())
            case Received():
                self._ears.take(happening)
            case Subscribed():
                self._ears.answered(happening)
            case Refused(code=code, message=message):
                self._over = True
                self._outbox.faults.raise_fault("uplink", *connect_fault(code, message))
            case Lost():
                self._take_lost(happening)

    def _take_connected(self, limits: Connected) -> None:
        log.info("uplink: connected")
        self._connected, self._unreachable = True, ""
        self._steady_from_s = self._now_s() + STEADY_S
        self._outbox.faults.clear("uplink", *CONNECT_CODES, *LINK_CODES)
        self._sender.connected(limits, self._now_s())
        self._ears.connected()

    def _take_lost(self, loss: Lost) -> None:
        if not self._over:  # a refusal has said it already
            log.info("uplink: connection lost: %s", loss.message)
            if loss.code in DISCONNECT_FAULTS:
                self._outbox.faults.raise_fault("uplink", *connect_fault(loss.code, loss.message))
        self._over = True
        self._sender.disconnected(loss, self._now_s())

    def _take_order(self, name: str, id: str, body: bytes) -> None:
        order = decode_order(name, id, body)
        if isinstance(order, Result):
            self._outbox.commit(Batch(answers=(Answer(order),)))
        else:
            self._on_order(id, order)

    def _take_document(self, kind: str, body: bytes) -> None:
        if kind == "config":
            self._heard = body if len(body) <= MAX_DOCUMENT_BYTES else b""
        if self._on_document is not None:
            self._on_document(kind, body)

    def _cannot_connect(self, error: UplinkError) -> None:
        self._connected = False
        self._sender.disconnected(Lost(None, str(error)), self._now_s())
        if error.code in LINK_CODES:
            self._outbox.faults.raise_fault("uplink", error.code, str(error))
        if str(error) != self._unreachable:
            log.warning("uplink: %s", error)
            self._unreachable = str(error)

    def _say_goodbye(self) -> None:
        """The last word is ours, not the will's: offline, on purpose."""
        if not self._connected:
            return
        last = self._link.publish(Message(self._topics.state("online"), OFFLINE, retain=True))
        until_s = self._now_s() + GOODBYE_S
        while not self._over and (left_s := until_s - self._now_s()) > 0:
            for happening in self._link.wait(left_s):
                self._take(happening)
                if isinstance(happening, Acknowledged) and happening.packet == last:
                    return
