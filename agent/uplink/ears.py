"""What this device listens to, and who gets what it hears: orders, documents, and wanted parts of assets.

Orders and documents are subscribed to at each connect; a broker then tells its retained documents again, so that none
is missed. Parts are subscribed to one by one, as `wanted` names them, and let go when it no longer does: how many are
on their way at once is decided there (agent/documents/download.py). A session that the broker kept may remember what
an earlier run wanted; whatever comes without having been asked for is let go of, too, and costs its bytes once.

Used by the courier's thread. Not here: the connection (paho.py), what a document says (agent/documents/).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from agent.uplink.protocol import FaultBook, Received, Subscribed, Uplink
from agent.uplink.refusals import REFUSED_FROM
from wire.limits import PART_BYTES
from wire.topics import Topics

WANTED_MOST = 64  # parts at once: 4 MB that a broker may have on their way to us
NOT_HEARD = "not_heard"

log = logging.getLogger(__name__)


def nothing() -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearers:
    """Who hears what; all are called in the courier's thread and must not wait. `document`: kind and message, empty
    where the topic was cleared: nothing is wanted; None: the hub is not obeyed. `part`: sha256, number, bytes.
    `wanted`: topics of parts (Topics.asset); asked each time round, so it should cost nothing."""

    order: Callable[[str, str, bytes], None]
    document: Callable[[str, bytes], None] | None = None
    part: Callable[[str, int, bytes], None] | None = None
    wanted: Callable[[], frozenset[str]] = nothing


class Ears:
    """One per agent; outlives connections."""

    def __init__(self, link: Uplink, topics: Topics, faults: FaultBook, hearers: Hearers) -> None:
        self._link = link
        self._topics = topics
        self._faults = faults
        self._hearers = hearers
        self._asked: frozenset[str] = frozenset()  # parts, on this connection
        self._refused: set[str] = set()

    def connected(self) -> None:
        """Asks for everything anew."""
        self._asked = frozenset()
        self._refused.clear()
        desired = self._topics.all_desired() if self._hearers.document else ()
        for topics in (self._topics.commands(), *desired):
            self._link.subscribe(topics)
        self.ask()

    def ask(self) -> None:
        """Subscribes to the parts that are wanted now, and no others."""
        wanted = self._hearers.wanted()
        if wanted == self._asked:
            return
        wanted = frozenset(sorted(wanted)[:WANTED_MOST])
        for topic in sorted(self._asked - wanted):
            self._link.unsubscribe(topic)
            self._refused.discard(topic)
        for topic in sorted(wanted - self._asked):
            self._link.subscribe(topic)
        self._asked = wanted

    def answered(self, answer: Subscribed) -> None:
        """A broker that lets us connect but not listen would leave us deaf without a word."""
        if answer.code < REFUSED_FROM:
            self._refused.discard(answer.topics)
            if not self._refused:
                self._faults.clear("uplink", NOT_HEARD)
            return
        self._refused.add(answer.topics)
        sentence = (
            f"the broker does not let this device listen to {answer.topics} (reason 0x{answer.code:02X}): "
            "mend its access list"
        )
        self._faults.raise_fault("uplink", NOT_HEARD, sentence)

    def take(self, message: Received) -> None:
        """Hands it to whom it is for. A retained order is not obeyed: it would come again after each connect, long
        after it was meant."""
        if (kind := self._topics.parse_desired(message.topic)) is not None:
            self._take_document(kind, message)
        elif (part := self._topics.parse_asset(message.topic)) is not None:
            self._take_part(*part, message)
        elif (order := self._topics.parse_command(message.topic)) is None:
            log.warning("uplink: a message on %r is not for us", message.topic)
        elif message.retained:
            log.warning("uplink: a retained order is not obeyed: clear it and send orders without the retain flag")
        else:
            self._hearers.order(*order, message.body)

    def _take_document(self, kind: str, message: Received) -> None:
        if self._hearers.document is None:
            self._link.unsubscribe(message.topic)
        else:
            self._hearers.document(kind, message.body)

    def _take_part(self, sha256: str, part: int, message: Received) -> None:
        if self._hearers.part is None or message.topic not in self._asked:
            self._link.unsubscribe(message.topic)
        elif len(message.body) > PART_BYTES:
            log.warning("uplink: a part of %d bytes on %s; %d go in one", len(message.body), message.topic, PART_BYTES)
        elif message.body:  # empty: the hub has cleared the topic
            self._hearers.part(sha256, part, message.body)
