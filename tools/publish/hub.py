"""A hub's connection: publishes documents and files retained, and hears what devices report of them.

    with Hub(broker) as hub:
        message = sign(document, [key])
        hub.files(store, parcel.files)
        hub.document(topics, document.kind, message)
        told = hub.answer(topics, document.kind, payload_hash(message), timeout_s=120)

Every call raises HubError with a sentence where the broker does not do its part.
"""

from __future__ import annotations

import hashlib
import queue
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.schema import Broker
from agent.documents.signing import from_base64
from agent.uplink.protocol import UplinkError
from agent.uplink.security import read_password, tls_context
from tools.publish.folder import parts_of
from wire.codec import WireError, decode_signed, decode_state
from wire.reported import REPORTED, ReportedPayload
from wire.topics import Topics

CONNECT_S = 10.0
SETTLED = ("applied", "rejected", "rolled_back")
MOST_WAITING = 1000  # reports that nobody has looked at


class HubError(Exception):
    """The broker cannot be reached, or has refused."""


def payload_hash(message: bytes) -> str:
    """What `reported` calls the document in a signed message."""
    return hashlib.sha256(from_base64(decode_signed(message).payload)).hexdigest()


class Hub:
    """One connection with a thread of its own. `broker`: as in a device's file."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._reports: queue.Queue[tuple[str, bytes]] = queue.Queue(MOST_WAITING)
        self._connected, self._refusal = threading.Event(), ""
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5 if broker.protocol == "5" else mqtt.MQTTv311
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def __enter__(self) -> Hub:
        broker = self._broker
        try:
            if broker.username:
                self._client.username_pw_set(broker.username, read_password(broker.password_file))
            if broker.tls:
                self._client.tls_set_context(tls_context(broker))
            self._client.connect(broker.host, broker.port)
        except (OSError, ssl.SSLError, UplinkError) as error:
            raise HubError(f"no broker at {broker.host}:{broker.port}: {error}") from error
        self._client.loop_start()
        if not self._connected.wait(CONNECT_S) or self._refusal:
            self.__exit__(None, None, None)
            raise HubError(f"{broker.host}:{broker.port}: {self._refusal or 'the broker does not answer'}")
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def document(self, topics: Topics, kind: str, message: bytes) -> None:
        """Publishes it; an empty message clears the topic."""
        self._publish(topics.desired(kind), message)

    def files(self, topics: Topics, files: Mapping[str, bytes]) -> None:
        """Publishes every part of every file."""
        for sha256, data in files.items():
            for number, part in enumerate(parts_of(data)):
                self._publish(topics.asset(sha256, number), part)

    def kept(self, topics: Topics, kind: str, timeout_s: float) -> bytes:
        """The document of this kind that the broker keeps for the device; b"" where none came in time. Before `hear`:
        what else arrives meanwhile is dropped."""
        topic, until_s = topics.desired(kind), time.monotonic() + timeout_s
        self._client.subscribe(topic, qos=1)
        try:
            while (left_s := until_s - time.monotonic()) > 0:
                heard, body = self._reports.get(timeout=left_s)
                if heard == topic:
                    return body
        except queue.Empty:
            pass
        finally:
            self._client.unsubscribe(topic)
        return b""

    def hear(self, topics: Topics, kind: str) -> None:
        """From here on reports of this kind are heard; the retained one comes first."""
        self._client.subscribe(topics.reported(kind), qos=1)

    def reports(self, topics: Topics, kind: str, timeout_s: float) -> ReportedPayload | None:
        """The next report of this device that can be read; None when none came in time."""
        until_s = time.monotonic() + timeout_s
        while (left_s := until_s - time.monotonic()) > 0:
            try:
                topic, body = self._reports.get(timeout=left_s)
                told = decode_state(f"{kind}/reported", body) if topic == topics.reported(kind) else None
            except queue.Empty:
                return None
            except WireError:
                continue
            if isinstance(told, REPORTED):
                return told
        return None

    def answer(
        self, topics: Topics, kind: str, hash: str, timeout_s: float, show: Callable[[ReportedPayload], None]
    ) -> ReportedPayload | None:
        """Waits until the device has settled what to make of the document with this hash; `show` gets every report on
        the way. None when it has not in time."""
        until_s = time.monotonic() + timeout_s
        while (left_s := until_s - time.monotonic()) > 0:
            told = self.reports(topics, kind, left_s)
            if told is not None and told.desired_hash == hash:
                show(told)
                if told.state in SETTLED:
                    return told
        return None

    def _publish(self, topic: str, body: bytes) -> None:
        sent = self._client.publish(topic, body, qos=1, retain=True)
        try:
            sent.wait_for_publish(CONNECT_S)
        except (ValueError, RuntimeError) as error:
            raise HubError(f"{topic}: {error}") from error
        if not sent.is_published():
            raise HubError(f"{topic}: the broker did not take it within {CONNECT_S:.0f} s")

    def _on_connect(
        self, client: mqtt.Client, data: object, flags: mqtt.ConnectFlags, reason: ReasonCode, more: object
    ) -> None:
        self._refusal = str(reason) if reason.is_failure else ""
        self._connected.set()

    def _on_message(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        if self._reports.full():
            self._reports.get_nowait()
        self._reports.put_nowait((message.topic, bytes(message.payload)))
