"""A real broker for tests: mosquitto on a free port of loopback, in its own directory, to be stopped, started, killed
and reconfigured; and a subscriber that remembers all it was sent.

    def test_something(mosquitto, subscriber):
        mosquitto.start("max_packet_size 400")
        heard = subscriber(mosquitto.port, "shelf/#")
        ...
        heard.wait_for(lambda messages: len(messages) >= 3)
"""

from __future__ import annotations

import contextlib
import getpass
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from uplink_shelf import Shelf

from agent.config.schema import Broker

LIMIT_S = 15.0  # for anything a broker on this machine should do at once


class Mosquitto:
    """One broker with its directory. `port` and persistence stay the same over restarts."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.acl = directory / "acl"
        self._lines: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *lines: str) -> None:
        """With these lines of mosquitto.conf; without any: those of the last start. Returns when it listens."""
        self._lines = lines or self._lines
        listener = (
            [] if any(line.startswith("listener ") for line in self._lines) else [f"listener {self.port} 127.0.0.1"]
        )
        anonymous = [] if any(line.startswith("allow_anonymous") for line in self._lines) else ["allow_anonymous true"]
        config = self.directory / "mosquitto.conf"
        user = f"user {getpass.getuser()}"  # as root it would become `mosquitto`, who may not read our directory
        config.write_text("\n".join([user, "set_tcp_nodelay true", *listener, *anonymous, *self._lines, ""]))
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(["mosquitto", "-c", str(config), "-v"], stdout=log, stderr=log)
        wait_until(lambda: listens(self.port), what="mosquitto to listen")

    def stop(self) -> None:
        """In order: it saves what it persists."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Reads acl and configuration again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(LIMIT_S)
            self._process = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as a subscriber got it."""

    topic: str
    body: bytes
    retain: bool


class Subscriber:
    """Remembers everything on `topics`, over restarts of the broker, with a session that the broker keeps."""

    def __init__(self, port: int, topics: str, name: str) -> None:
        self.messages: list[Heard] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._topics = topics
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(self._topics, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", port, keepalive=30, clean_start=False, properties=session)
        self._client.loop_start()
        assert self._subscribed.wait(LIMIT_S), "the subscriber could not subscribe"

    def publish(self, topic: str, body: bytes, *, retain: bool = False) -> None:
        """The hub speaks."""
        self._client.publish(topic, body, qos=1, retain=retain).wait_for_publish(LIMIT_S)

    def wait_for(
        self, enough: Callable[[list[Heard]], bool], *, what: str = "messages", within_s: float = LIMIT_S
    ) -> None:
        """Until `enough(messages)`; AssertionError after the limit."""
        with self._changed:
            happened = self._changed.wait_for(lambda: enough(self.messages), within_s)
        assert happened, f"waited {within_s} s for {what}; heard {len(self.messages)}: {self.messages[-3:]}"

    def on(self, part: str) -> list[Heard]:
        """Messages whose topic contains `part`."""
        with self._changed:
            return [message for message in self.messages if part in message.topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        with self._changed:
            self.messages.append(Heard(message.topic, message.payload, message.retain))
            self._changed.notify_all()


class Relay:
    """A line to the broker that can be cut (no DISCONNECT is sent) or go dead (bytes vanish, nobody is told)."""

    def __init__(self, port: int) -> None:
        self.dead = False
        self._target = port
        self._socks: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Both ends see the end of the connection."""
        for sock in self._socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target), timeout=LIMIT_S)
            except OSError:
                return
            self._socks += [near, far]
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65_536):
                if not self.dead:
                    sink.sendall(chunk)
            sink.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """Not yet started, so that the test can say how."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed: apt install mosquitto, or run `make test`, which does")
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    broker = Mosquitto(directory)
    yield broker
    broker.kill()


@pytest.fixture
def subscriber() -> Iterator[Callable[..., Subscriber]]:
    """`subscriber(port, topics)`: as many as the test wants, all closed at its end."""
    opened: list[Subscriber] = []

    def open_one(port: int, topics: str = "shelf/#") -> Subscriber:
        opened.append(Subscriber(port, topics, f"subscriber-{len(opened)}"))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    running: list[Shelf] = []

    def start(port: int, **keys: Any) -> Shelf:
        running.append(Shelf(tmp_path / "outbox.sqlite", Broker(port=port, **keys)))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def relay() -> Iterator[Callable[[int], Relay]]:
    """`relay(port)`: a line to that port, at `.port`."""
    lines: list[Relay] = []

    def lay(port: int) -> Relay:
        lines.append(Relay(port))
        return lines[-1]

    yield lay
    for line in lines:
        line.close()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(0.2)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], bool], *, what: str, within_s: float = LIMIT_S) -> None:
    """Polls; AssertionError after the limit."""
    until_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until_s, f"waited {within_s} s for {what}"
        time.sleep(0.01)
