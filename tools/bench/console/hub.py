"""The hub of the console: what is wanted, signed with the bench's key, retained at the broker as a hub would.

A device's answer is in the model as `reported` (ear.py). Not here: signatures (tools/publish), what a document may hold
(wire/documents.py): what is wrong is for the shelf to say.
"""

from __future__ import annotations

import json
import threading
from typing import Any

import msgspec
import paho.mqtt.client as mqtt

from agent.config.load import to_dict
from agent.config.schema import Config
from tools.bench.console.desk import text
from tools.bench.console.model import Model
from tools.bench.console.server import AskError
from tools.bench.console.wishes import CONTENT, POLICY
from tools.publish.signing import HubKey, now, sign_payload
from wire.codec import WireError
from wire.topics import Topics

BY = "console"
KINDS = ("price", "planogram", "content", "policy")


class Hub:
    """Speaks through a client that is connected already."""

    def __init__(self, config: Config, key: HubKey, model: Model, client: mqtt.Client) -> None:
        self._device, self._key, self._model, self._client = config.device, key, model, client
        self._topics = Topics(config.device.store, config.device.id)
        self._lock = threading.Lock()
        self._versions = dict.fromkeys(("config", "content", "policy"), 0)
        lanes = [{name: value for name, value in lane.items() if value != ""} for lane in to_dict(config)["lane"]]
        self._wanted: dict[str, Any] = {"config": {"lane": lanes}, "content": CONTENT, "policy": POLICY}
        model.put(wanted=self._wanted)

    def begin(self) -> None:
        """Wants content and policy from the start; the configuration is the device's own until somebody asks."""
        for kind in ("content", "policy"):
            self._publish(kind, self._wanted[kind])

    def send(self, wish: dict[str, Any]) -> str:
        """`kind`; of a price `lane`, `price`, `promotion_price` ("": none); else `document`, JSON text."""
        kind = text(wish, "kind")
        if kind not in KINDS:
            raise AskError(f"{kind[:20]} is no kind of document")
        if kind == "price":
            document = self._priced(text(wish, "lane"), text(wish, "price"), text(wish, "promotion_price"))
        else:
            document = _parsed(text(wish, "document"))
        what = "config" if kind in ("price", "planogram") else kind
        version = self._publish(what, document)
        return f"Sent as version {version} of {what}; the shelf reports:"

    def _priced(self, name: str, price: str, promotion_price: str) -> dict[str, Any]:
        """The planogram as it is wanted, with another price."""
        lanes = [dict(lane) for lane in self._wanted["config"]["lane"]]
        meant = [lane for lane in lanes if lane["name"] == name]
        if not meant:
            raise AskError(f"there is no lane {name[:20]}")
        meant[0].pop("promotion_price", None)
        meant[0] |= {"price": price} | ({"promotion_price": promotion_price} if promotion_price else {})
        return {**self._wanted["config"], "lane": lanes}

    def _publish(self, kind: str, document: dict[str, Any]) -> int:
        inside = {kind: document} if kind in ("config", "policy") else document
        with self._lock:
            self._versions[kind] += 1
            head: dict[str, Any] = {
                "version": self._versions[kind],
                "store": self._device.store,
                "device": self._device.id,
                "by": BY,
                "issued": now(),
            }
            try:
                body = sign_payload(kind, msgspec.json.encode(head | inside), [self._key])
            except (WireError, TypeError, ValueError) as error:
                raise AskError(f"this cannot be sent: {error}") from error
            self._client.publish(self._topics.desired(kind), body, qos=1, retain=True)
            self._wanted = self._wanted | {kind: document}
        self._model.put(wanted=self._wanted, shelf=self._named())
        return int(head["version"])

    def _named(self) -> dict[str, Any]:
        """The page's shelf with the names of all products that are wanted now."""
        shelf: dict[str, Any] = dict(self._model.get("shelf") or {})
        lanes = self._wanted["config"].get("lane")
        goods = dict(shelf.get("goods", {}))
        for lane in lanes if isinstance(lanes, list) else []:
            if isinstance(lane, dict) and isinstance(lane.get("gtin"), str) and lane.get("title"):
                gtin = lane["gtin"].zfill(14)
                goods[gtin] = {"look": None} | goods.get(gtin, {}) | {"title": str(lane["title"])}
        return shelf | {"goods": goods}


def _parsed(document: str) -> dict[str, Any]:
    try:
        value = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise AskError(f"this is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise AskError("a document is a JSON object")
    return value
