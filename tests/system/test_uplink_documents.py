"""Documents and parts of assets from a real mosquitto: retained, large, wanted and not, in both versions of MQTT."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from outbox_scene import TOPICS, wait_for
from uplink_shelf import Shelf, told

from wire.limits import MAX_DOCUMENT_BYTES, PART_BYTES

if TYPE_CHECKING:
    from conftest import Mosquitto, Subscriber

pytestmark = pytest.mark.system

SHA = "cd" * 32
PARTS = [bytes([n]) * PART_BYTES for n in range(12)]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_documents_and_wanted_parts_come_and_no_others(
    mosquitto: Mosquitto, subscriber: Callable[..., Subscriber], shelf: Callable[..., Shelf], protocol: str
) -> None:
    mosquitto.start("persistence true", f"persistence_location {mosquitto.directory}/")
    hub = subscriber(mosquitto.port, "shelf/v1/shop/d1/event/#")
    whole = b"D" * MAX_DOCUMENT_BYTES
    hub.publish(TOPICS.desired("config"), whole, retain=True)
    hub.publish(TOPICS.desired("policy"), b"P", retain=True)
    for n, body in enumerate(PARTS):
        hub.publish(TOPICS.asset(SHA, n), body, retain=True)
    one = shelf(mosquitto.port, protocol=protocol)
    wait_for(lambda: sorted(one.documents) == [("config", whole), ("policy", b"P")])
    one.want(*(TOPICS.asset(SHA, n) for n in (3, 11, 12)))
    wait_for(lambda: one.parts == {(SHA, n): PARTS[n] for n in (3, 11)})
    hub.publish(TOPICS.asset(SHA, 12), b"late", retain=True)
    wait_for(lambda: one.parts.get((SHA, 12)) == b"late")
    one.want()
    wait_for(lambda: mosquitto.log.count("Received UNSUBSCRIBE from shop:d1") == 3)
    hub.publish(TOPICS.asset(SHA, 3), b"nobody wants it", retain=True)
    hub.publish(TOPICS.desired("policy"), b"", retain=True)
    wait_for(lambda: ("policy", b"") in one.documents)
    one.tell("a")
    hub.wait_for(told("a"))
    assert len(one.parts) == 3 and one.parts[SHA, 3] == PARTS[3]


def test_a_document_that_is_too_large_is_heard_all_the_same_so_that_it_can_be_answered(
    mosquitto: Mosquitto, subscriber: Callable[..., Subscriber], shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port, "shelf/v1/shop/d1/event/#")
    hub.publish(TOPICS.desired("content"), b"x" * (4 * MAX_DOCUMENT_BYTES), retain=True)
    hub.publish(TOPICS.desired("model"), b"x" * 2_000_000, retain=True)  # the broker keeps it from us
    hub.publish(TOPICS.desired("policy"), b"P", retain=True)
    one = shelf(mosquitto.port)
    wait_for(lambda: len(one.documents) == 2)
    one.tell("a")
    hub.wait_for(told("a"))
    assert sorted((kind, len(body)) for kind, body in one.documents) == [
        ("content", 4 * MAX_DOCUMENT_BYTES),
        ("policy", 1),
    ]


def test_a_session_that_remembers_what_an_earlier_run_wanted_is_tidied(
    mosquitto: Mosquitto, subscriber: Callable[..., Subscriber], shelf: Callable[..., Shelf]
) -> None:
    mosquitto.start()
    hub = subscriber(mosquitto.port, "shelf/v1/shop/d1/event/#")
    one = shelf(mosquitto.port)
    one.want(TOPICS.asset(SHA, 0))
    wait_for(lambda: mosquitto.log.count("Sending SUBACK to shop:d1") == 6)
    one.stop()
    hub.publish(TOPICS.asset(SHA, 0), b"queued", retain=True)
    two = shelf(mosquitto.port)
    wait_for(lambda: "Received UNSUBSCRIBE from shop:d1" in mosquitto.log)
    hub.publish(TOPICS.asset(SHA, 0), b"again", retain=True)
    two.tell("a")
    hub.wait_for(told("a"))
    assert two.parts == {} and mosquitto.log.count("Received UNSUBSCRIBE") == 1
