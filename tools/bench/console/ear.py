"""What the broker delivers of one shelf, into the model: events, state, what became of documents, answers.

Times are moved from the device's monotonic clock onto the play's. Not here: judging it (tally.py), the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.config.schema import Config
from agent.tracking.plane import Plane
from tools.bench.console.model import Model
from wire.codec import WireError, decode_event, decode_result, decode_state
from wire.state import Eyes, StatePayload
from wire.topics import Topics

MOST_EVENTS, MOST_ANSWERS = 200, 20
MOMENTS = ("ended_s", "decided_s", "left_s", "shown_s", "began_s", "at_s")  # the first that an event has dates it


class Ear:
    """A connected client until `close`. `began_s`: the monotonic moment of the play's 0. OSError: nobody answers."""

    def __init__(self, port: int, config: Config, model: Model, began_s: Callable[[], float | None]) -> None:
        self._base = Topics(config.device.store, config.device.id).base
        self._model, self._began_s = model, began_s
        self._plane = Plane.of(config.camera)
        self._ids: set[str] = set()
        self.broken: str | None = None  # the first message that was against the contract of wire/
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.on_connect = lambda client, *_: client.subscribe(f"{self._base}/#", qos=1)
        self.client.on_message = lambda _client, _data, message: self.hear(message.topic, bytes(message.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def hear(self, topic: str, body: bytes) -> None:
        """One message."""
        path = topic.removeprefix(self._base + "/")
        try:
            if path.startswith("event/"):
                self._event(body)
            elif path.startswith("state/") and body:
                self._state(decode_state(path.removeprefix("state/"), body))
            elif path.endswith("/reported") and body:
                self._reported(path.removesuffix("/reported"), decode_state(path, body))
            elif path.startswith("result/"):
                self._model.add("answers", [msgspec.to_builtins(decode_result(body))], MOST_ANSWERS)
        except WireError as error:
            self.broken = self.broken or f"{topic}: {error}"
            self._model.put(broken=self.broken)

    def _event(self, body: bytes) -> None:
        event = decode_event(body)
        if event.id in self._ids:  # delivered twice
            return
        self._ids.add(event.id)
        data: dict[str, Any] = msgspec.to_builtins(event.data)
        at_s = next((data[name] for name in MOMENTS if data.get(name) is not None), None)
        entry = {"id": event.id, "kind": event.data.kind, "t": self._played(at_s), "data": data}
        self._model.add("events", [entry], MOST_EVENTS)
        if event.data.kind in ("fault", "cleared"):
            open_faults = dict(self._model.get("faults") or {})
            open_faults.pop(f"{data['part']}/{data['code']}", None)
            if event.data.kind == "fault":
                open_faults[f"{data['part']}/{data['code']}"] = data["message"]
            self._model.put(faults=open_faults)

    def _state(self, state: StatePayload) -> None:
        if isinstance(state, Eyes):
            self._model.put(eyes=self._on_plane(state))
        else:
            self._model.put(**{state.kind: msgspec.to_builtins(state)})

    def _reported(self, document: str, state: StatePayload) -> None:
        reported = dict(self._model.get("reported") or {})
        self._model.put(reported=reported | {document: msgspec.to_builtins(state)})

    def _on_plane(self, eyes: Eyes) -> dict[str, Any]:
        """Boxes in metres of the shelf plane, where the camera has marks."""
        boxes = []
        for box in eyes.found:
            place = None
            if self._plane is not None:
                corners = ((box.left_px, box.bottom_px), (box.right_px, box.top_px))
                place = [round(x, 3) for corner in corners for x in self._plane.to_m(*corner)]
            boxes.append({"kind": box.kind, "score": box.score, "gtin": box.gtin, "m": place})
        parts = [msgspec.to_builtins(part) for part in eyes.parts]
        return {"t": self._played(eyes.at_s), "boxes": boxes, "parts": parts, "lanes": _counts(eyes)}

    def _played(self, at_s: float | None) -> float | None:
        began_s = self._began_s()
        return None if at_s is None or began_s is None else round(at_s - began_s, 3)


def _counts(eyes: Eyes) -> dict[str, int | None]:
    return {lane.lane: lane.containers for lane in eyes.lanes}


def titles(config: Config) -> dict[str, str]:
    """What people call each product."""
    goods: Iterable[Any] = (*config.lanes, *config.products)
    return {good.gtin: good.title or good.gtin for good in goods}
