"""The access list that docs/security.md recommends lets a device do what it has to, and nothing beside that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from paho.mqtt.client import topic_matches_sub

from wire.events import EVENTS
from wire.state import STATES
from wire.topics import Topics

PAGE = (Path(__file__).resolve().parent.parent / "docs/security.md").read_text("utf-8")
STORE, DEVICE = "corner-shop", "aisle-1-left"
US = Topics(STORE, DEVICE)
PART = US.asset("0" * 64, 12)


def may(access: str, topic: str, device: str = DEVICE) -> bool:
    """Whether the page's list allows a device to `read` or `write` there."""
    patterns = re.findall(rf"^ +pattern {access} (\S+)$", PAGE, re.MULTILINE)
    assert patterns
    return any(topic_matches_sub(pattern.replace("%u", device), topic) for pattern in patterns)


def told() -> list[str]:
    """Every topic that a device publishes on."""
    return [
        *(US.event(payload.kind) for payload in EVENTS),
        *(US.retained(payload.kind) for payload in STATES),
        US.result("c-1"),
    ]


@pytest.mark.parametrize("topic", told())
def test_a_device_may_say_all_that_it_has_to_say_and_nobody_else_in_its_name(topic: str) -> None:
    assert may("write", topic)
    assert not may("write", topic, device="aisle-2") and not may("read", topic, device="aisle-2")


@pytest.mark.parametrize("topic", [US.command("tare", "c-1"), *US.all_desired()])
def test_a_device_hears_what_is_for_it_and_cannot_order_or_wish_anything(topic: str) -> None:
    assert may("read", topic) and not may("read", topic, device="aisle-2")
    assert not may("write", topic) and not may("write", topic, device="aisle-2")


def test_files_are_all_devices_to_read_and_none_s_to_write() -> None:
    assert may("read", PART) and may("read", PART, device="aisle-2")
    assert not may("write", PART)
