"""A shelf's outbox and courier, as the agent has them, for a real broker to talk to."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from outbox_scene import TOPICS, picks, stock

from agent.config.schema import Broker
from agent.outbox.outbox import Outbox
from agent.uplink.backoff import Backoff
from agent.uplink.courier import Courier
from agent.uplink.paho import PahoUplink
from agent.uplink.protocol import Message
from agent.uplink.retained import OFFLINE
from wire.commands import CommandPayload

if TYPE_CHECKING:
    from conftest import Heard


class Shelf:
    """An outbox and its courier, as the agent has them."""

    def __init__(self, path: Path, broker: Broker, boot: str = "b1") -> None:
        self.orders: list[tuple[str, CommandPayload]] = []
        self.documents: list[tuple[str, bytes]] = []
        self.parts: dict[tuple[str, int], bytes] = {}
        self.wanted: frozenset[str] = frozenset()
        self.outbox = Outbox(path, TOPICS, boot)
        self.outbox.start()
        link = PahoUplink(broker, "shop:d1", Message(TOPICS.state("online"), OFFLINE, retain=True))
        self.courier = Courier(
            link,
            self.outbox,
            lambda id, payload: self.orders.append((id, payload)),
            on_document=lambda kind, body: self.documents.append((kind, body)),
            on_part=self._on_part,
            wanted=lambda: self.wanted,
            backoff=Backoff(random.Random(1), first_s=0.05, most_s=0.2),
        )
        self.courier.start()

    def tell(self, *lanes: str) -> None:
        """One pick for each lane, on disk when this returns."""
        self.outbox.commit(picks(*lanes)).result(10)

    def stock(self, units: int) -> None:
        self.outbox.commit(stock(units)).result(10)

    def want(self, *topics: str) -> None:
        self.wanted = frozenset(topics)
        self.courier.wake()

    def _on_part(self, sha256: str, part: int, body: bytes) -> None:
        self.parts[sha256, part] = body

    def stop(self) -> None:
        self.courier.stop()
        self.outbox.stop()


def told(*lanes: str) -> Callable[[list[Heard]], bool]:
    """The picks of these lanes have arrived, their first occurrences in this order, and no others."""

    def enough(heard: list[Heard]) -> bool:
        picks = [json.loads(message.body) for message in heard if message.topic.endswith("event/pick")]
        return list(dict.fromkeys(event["data"]["lane"] for event in picks)) == list(lanes)

    return enough
