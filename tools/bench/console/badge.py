"""The staff's word to the shelf, over the broker as from a hub: `set_mode`, and its answer.

Not here: when they give it (tools/bench/live/refill.py).
"""

from __future__ import annotations

from typing import Literal

import paho.mqtt.client as mqtt

from agent.config.schema import Config
from tools.bench.console.model import Model
from wire.codec import encode
from wire.commands import SetMode
from wire.topics import Topics


class HubBadge:
    """Speaks through a client that is connected already; `model` has the shelf's answers (ear.py)."""

    def __init__(self, config: Config, model: Model, client: mqtt.Client) -> None:
        self._topics = Topics(config.device.store, config.device.id)
        self._model, self._client, self._number = model, client, 0

    @property
    def _id(self) -> str:
        return f"staff-{self._number}"

    def show(self, mode: Literal["staff", "open"]) -> None:
        self._number += 1
        self._client.publish(self._topics.command(SetMode.kind, self._id), encode(SetMode(mode=mode)), qos=1)

    def heard(self) -> bool:
        return any(answer["id"] == self._id for answer in self._model.get("answers") or [])
