"""The demo's subscriber: everything a shelf says, from the broker onto the board."""

from __future__ import annotations

import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tools.demo.board import Board

CONNECT_S = 10.0


def listen(port: int, base: str, board: Board) -> mqtt.Client:
    """A connected client whose thread feeds `board`; `stop(client)` ends it. OSError when nobody answers."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(f"{base}/#", qos=1)
    client.on_message = lambda _client, _data, message: board.hear(message.topic, message.payload, time.monotonic())
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def stop(client: mqtt.Client) -> None:
    """Says good-bye and ends the thread."""
    client.disconnect()
    client.loop_stop()
