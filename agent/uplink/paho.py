"""MQTT 5 and 3.1.1 by paho-mqtt, driven by our own thread through its interface for outside loops.

Each connection gets a new paho client, so that paho never sends anything again by itself: the outbox is the only
queue. Without `clean start` the broker keeps our subscription and the orders that come while we are away.
Not here: when to connect (courier.py), what to send (sender.py).
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.config.check import is_loopback
from agent.config.schema import Broker
from agent.uplink.protocol import (
    Acknowledged,
    Connected,
    Happening,
    Lost,
    Message,
    Received,
    Refused,
    Subscribed,
    UplinkError,
)
from agent.uplink.refusals import TOO_LARGE
from agent.uplink.security import read_password, tls_context, tls_sentence

CONNECT_S = 5.0  # for the TCP connection
TAKE_BYTES = 1_048_576  # larger packets the broker keeps from us (MQTT 5). A document may have a fifth of it: one that
# is too large is still heard, so that its sender is told; MQTT 3.1.1 has no such limit but the broker's own


def _accept_unlisted_codes() -> None:
    """mosquitto 2.0 answers a PUBLISH beyond its `message_size_limit` with a PUBACK of 0x95, which the standard lists
    for other packets only; paho would end the connection over it and we would never learn which message it was."""
    names: dict[int, dict[str, list[int]]] = {code: dict(meaning) for code, meaning in ReasonCode.names.items()}
    for name, packets in names[TOO_LARGE].items():
        if PacketTypes.PUBACK not in packets:
            names[TOO_LARGE][name] = [*packets, PacketTypes.PUBACK]
    ReasonCode.names = names


_accept_unlisted_codes()


class PahoUplink:
    """Implements Uplink. UplinkError "plain_text" at once for a broker elsewhere without TLS."""

    def __init__(self, broker: Broker, client_id: str, will: Message) -> None:
        if not broker.tls and not is_loopback(broker.host):
            raise UplinkError(
                "plain_text",
                f"broker.host {broker.host!r} is not this machine and broker.tls is off: anyone on the way could read "
                "and forge events; set broker.tls = true and broker.ca_file",
            )
        self._broker = broker
        self._client_id = client_id
        self._will = will
        self._client: Client | None = None
        self._happenings: list[Happening] = []
        self._asked: dict[int, str] = {}  # SUBSCRIBE packets that the broker has not answered
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    def open(self) -> None:
        self.close()
        self._happenings = []
        self._asked = {}
        broker = self._broker
        client = self._new_client()
        client.connect_timeout = CONNECT_S
        try:
            if broker.protocol == "5":
                client.connect(
                    broker.host, broker.port, broker.keepalive_s, clean_start=False, properties=self._session()
                )
            else:
                client.connect(broker.host, broker.port, broker.keepalive_s)
        except ssl.SSLError as error:
            raise UplinkError("tls_refused", tls_sentence(broker, error)) from error
        except OSError as error:
            sentence = f"no broker at {broker.host}:{broker.port} ({error}): is it running, is the network up?"
            raise UplinkError("unreachable", sentence) from error
        self._client = client
        sock = client.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def publish(self, message: Message) -> int:
        if self._client is None:
            raise UplinkError("closed", "publish before open: this is a mistake in the agent")
        properties = None
        if self._broker.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ContentType = message.content_type
        sent = self._client.publish(message.topic, message.body, qos=1, retain=message.retain, properties=properties)
        return sent.mid

    def subscribe(self, topics: str) -> None:
        if self._client is not None:
            _, packet = self._client.subscribe(topics, qos=1)
            if packet is not None:
                self._asked[packet] = topics

    def unsubscribe(self, topics: str) -> None:
        if self._client is not None:
            self._client.unsubscribe(topics)

    def wait(self, timeout_s: float) -> list[Happening]:
        if not self._happenings and self._client is not None:
            self._turn(self._client, max(0.0, timeout_s))
        happenings, self._happenings = self._happenings, []
        return happenings

    def wake(self) -> None:
        with contextlib.suppress(BlockingIOError):  # woken many times already
            self._waker.send(b"\0")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        client.on_disconnect = None
        if client.is_connected():
            client.disconnect()
        for _ in range(8):  # what is still to be written, as far as the line takes it without waiting
            if client.socket() is None or not client.want_write():
                break
            client.loop_write()
        if (sock := client.socket()) is not None:
            sock.close()

    def _turn(self, client: Client, timeout_s: float) -> None:
        sock = client.socket()
        if sock is None:
            self._happenings.append(Lost(None, "the connection is closed"))
            return
        poll = select.poll()
        poll.register(sock.fileno(), select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        poll.register(self._woken.fileno(), select.POLLIN)
        pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        ready = dict(poll.poll(0 if pending else timeout_s * 1000))
        if self._woken.fileno() in ready:
            self._woken.recv(4096)
        happened = ready.get(sock.fileno(), 0)
        if pending or happened & ~select.POLLOUT:
            client.loop_read()
        if happened & select.POLLOUT:
            client.loop_write()
        client.loop_misc()

    def _new_client(self) -> Client:
        broker = self._broker
        five = broker.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=None if five else False,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(0)  # no limit: ours is the sender's
        client.will_set(self._will.topic, self._will.body, qos=1, retain=self._will.retain)
        if broker.username:
            client.username_pw_set(broker.username, read_password(broker.password_file))
        if broker.tls:
            client.tls_set_context(tls_context(broker))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _session(self) -> Properties:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = self._broker.session_expiry_s
        properties.MaximumPacketSize = TAKE_BYTES
        return properties

    def _on_connect(
        self, client: Client, _data: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._happenings.append(Refused(reason.value, str(reason)))
            return
        packet_bytes = getattr(properties, "MaximumPacketSize", None)
        inflight = getattr(properties, "ReceiveMaximum", 65_535)
        self._happenings.append(Connected(packet_bytes, inflight, flags.session_present))

    def _on_disconnect(
        self, client: Client, _data: Any, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        told = flags.is_disconnect_packet_from_server
        self._happenings.append(Lost(reason.value if told else None, str(reason)))

    def _on_publish(
        self, client: Client, _data: Any, packet: int, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        self._happenings.append(Acknowledged(packet, reason.value))

    def _on_subscribe(
        self, client: Client, _data: Any, packet: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        topics = self._asked.pop(packet, None)
        if topics is not None and reasons:
            self._happenings.append(Subscribed(topics, reasons[0].value))

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        with contextlib.suppress(UnicodeDecodeError):  # a topic that is no UTF-8 cannot be ours
            self._happenings.append(Received(message.topic, bytes(message.payload), message.retain))
