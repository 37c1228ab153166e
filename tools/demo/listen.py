"""The demo's subscriber: everything a shelf says, from the broker onto the board."""

from __future__ import annotations

import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tools.demo.board import Board
from wire.codec import WireError


def listen(port: int, base: str, board: Board) -> mqtt.Client:
    """A connected client whose thread feeds `board`; `stop(client)` ends it. OSError when nobody answers."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(f"{base}/#", qos=1)
    client.on_message = lambda _client, _data, message: _hear(board, message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def _hear(board: Board, message: mqtt.MQTTMessage) -> None:
    try:
        board.hear(message.topic, bytes(message.payload), time.monotonic())
    except WireError as error:
        board.broken = board.broken or f"{message.topic}: {error}"


def stop(client: mqtt.Client) -> None:
    """Says good-bye and ends the thread."""
    client.disconnect()
    client.loop_stop()
