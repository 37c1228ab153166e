"""Bytes become payloads or a WireError; payloads become bytes that the other end can read."""

from __future__ import annotations

import json
import math
import random

import pytest
from fuzz_wire import EXAMPLES, damaged, memory_mb, withstands
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.codec import WireError, decode_command, decode_event, decode_state, encode, encode_event
from wire.commands import CountStock, SetMode, Tare
from wire.envelope import Envelope, event_id, event_type, parse_event_id, sequence_text
from wire.events import EVENTS, Clock, EventPayload, Pick
from wire.limits import MAX_BYTES
from wire.state import Inventory, LaneStock, Online, StockState

PICK = EXAMPLES["event.pick"]


def event(sequence: int = 7, **changes) -> Envelope[EventPayload]:
    fields = {
        "lane": "cola", "gtin": "06901234567892", "units": 1, "delta_g": -345.0, "confidence": 0.9, "visitor": None,
        "began_s": 1.0, "ended_s": 2.0, "decided_s": 3.0, "clock": Clock(synced=False),
    }  # fmt: skip
    pick = Pick(**(fields | changes))
    return Envelope(
        specversion="1.0",
        id=event_id("d", "b", sequence),
        source="shelf/v1/s/d",
        type=event_type(pick),
        datacontenttype="application/json",
        sequence=sequence_text(sequence),
        data=pick,
    )


def changed(**members) -> bytes:
    """The golden pick with other members of its envelope; None removes one."""
    plain = json.loads(PICK) | members
    return json.dumps({name: value for name, value in plain.items() if value is not None}).encode()


def is_object(data: bytes) -> bool:
    """What Python's own reader thinks, at its most lenient."""
    try:
        return isinstance(json.loads(data.decode("latin-1"), strict=False), dict)
    except ValueError:
        return False


def test_an_event_goes_there_and_back_without_time_while_the_clock_is_unknown():
    data = encode_event(event())
    assert b'"time"' not in data and b'"subject"' not in data
    assert decode_event(data) == event()


def test_a_receiver_passes_over_what_a_newer_shelf_adds():
    data = changed(traceparent="00-x", data=json.loads(PICK)["data"] | {"mood": {"of": ["shopper"]}})
    assert decode_event(data) == decode_event(PICK)
    assert decode_command("tare", b'{"lane":"cola","gently":true}') == Tare(lane="cola")


def test_what_a_newer_shelf_invents_is_told_apart_from_garbage():
    with pytest.raises(WireError, match=r"type 'shelfd\.portrait' is not known here; pass it over") as caught:
        decode_event(changed(type="shelfd.portrait"))
    assert caught.value.code == "unknown_kind"
    with pytest.raises(WireError, match="known are set_mode, count_stock, tare") as caught:
        decode_command("dance", b"{}")
    assert caught.value.code == "unknown_kind"


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"specversion": "0.3"}, "0.3"),
        ({"specversion": None}, "missing required field `specversion`"),
        ({"id": "aisle-1-left/9c41e7d2"}, r"\$.id"),
        ({"id": "aisle-1-left/9c41e7d2/4710"}, "differ"),
        ({"id": "aisle-1-left/9c41e7d2/4711\n"}, "no event id"),
        ({"id": "aisle-1-left/9c41e7d2/٤٧١١"}, r"\$.id"),
        ({"sequence": "4712"}, "differ"),
        ({"sequence": 4711}, "Expected `str`"),
        ({"sequence": "9" * 400}, r"\$.sequence"),
        ({"time": "yesterday"}, r"\$.time"),
        ({"time": "2026-02-30T00:00:00Z"}, "day is out of range"),
        ({"time": "2026-03-14T09:26:53.589Z\n"}, "Invalid isoformat"),
        ({"datacontenttype": "text/plain"}, "text/plain"),
        ({"data": None}, "missing required field `data`"),
        ({"data": []}, "Expected `object`"),
    ],
)
def test_an_envelope_that_is_none_is_refused(members, sentence):
    with pytest.raises(WireError, match=sentence) as caught:
        decode_event(changed(**members))
    assert caught.value.code == "malformed"


def test_a_sequence_without_zeros_in_front_is_the_same_number():
    assert decode_event(changed(sequence="4711")).data == decode_event(PICK).data


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("count_stock", b'{"lane":"cola","units":-1}', r">= 0 - at `\$.units`"),
        ("count_stock", b'{"lane":"cola","units":10001}', "<= 10000"),
        ("count_stock", b'{"lane":"cola","units":1.5}', "Expected `int`"),
        ("count_stock", b'{"lane":"cola","units":true}', "Expected `int`"),
        ("count_stock", b'{"lane":"cola","units":1' + b"0" * 5_000 + b"}", "out of range"),
        ("count_stock", b'{"lane":"cola","units":1,"gtin":"06901234567892\\n"}', "length <= 14"),
        ("tare", b'{"lane":""}', "length >= 1"),
        ("tare", b'{"lane":"' + b"x" * 65 + b'"}', "length <= 64"),
        ("tare", b'{"lane":"\\ud800"}', "truncated"),
        ("tare", b'{"lane":"\xff"}', "utf-8|UTF-8|malformed"),
        ("tare", b"", "truncated"),
        ("tare", b"[" * 60_000, "Expected `object`"),
        ("tare", b'{"lane":"cola","x":' + b"[" * 60_000, "nested too deeply"),
        ("set_mode", b'{"mode":"party"}', "party"),
    ],
)
def test_an_order_that_is_none_is_refused_with_a_sentence(kind, data, sentence):
    with pytest.raises(WireError, match=sentence) as caught:
        decode_command(kind, data)
    assert caught.value.code == "malformed"


def test_a_message_may_fill_its_limit_and_no_more():
    order = b'{"mode":"staff"}'
    full = order + b" " * (MAX_BYTES - len(order))
    assert decode_command("set_mode", full) == SetMode(mode="staff")
    with pytest.raises(WireError, match="65537 bytes; 65536 go in one message") as caught:
        decode_command("set_mode", full + b" ")
    assert caught.value.code == "too_large"
    with pytest.raises(WireError) as caught:
        encode(StockState(lanes=(LaneStock(lane="x" * 64, gtin=None, units=None, level="unknown"),) * 600))
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "changes",
    [{"began_s": math.nan}, {"began_s": math.inf}, {"confidence": 1.01}, {"gtin": "123"}, {"lane": "\ud800"}],
)
def test_nothing_leaves_that_the_other_end_could_not_read(changes):
    with pytest.raises(WireError):
        encode_event(event(**changes))


def test_nothing_leaves_as_state_that_the_other_end_could_not_read():
    with pytest.raises(WireError):
        encode(CountStock(lane="cola", units=-1))


def test_the_last_will_and_a_cleared_state():
    assert decode_state("online", b'{"online":false}') == Online(online=False)
    assert decode_state("inventory", b'{"misplaced":[]}') == Inventory(misplaced=())
    with pytest.raises(WireError):
        decode_state("online", b"")


def test_every_event_has_its_own_type():
    assert len({event_type(kind) for kind in EVENTS}) == len(EVENTS)


@pytest.mark.parametrize(
    "text", ["", "a/b", "a/b/c", "a/b/-1", "a//1", "/b/1", "a/b/1/2", "a/b/1\n", "a/b/" + "1" * 20]
)
def test_what_is_no_event_id(text):
    with pytest.raises(ValueError, match="is no event id"):
        parse_event_id(text)


@settings(derandomize=True)
@given(st.integers(0, 10**12 - 1), st.integers(0, 10**12 - 1))
def test_sequences_sort_as_text_as_they_do_as_numbers(one, other):
    assert (sequence_text(one) < sequence_text(other)) == (one < other)
    assert parse_event_id(event_id("d", "b", one)) == ("d", "b", one)


@pytest.mark.parametrize("family", ["event", "state", "command", "result"])
@settings(derandomize=True, max_examples=10_000, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_damaged_bytes_give_a_payload_or_a_wire_error(family, seed):
    chance = random.Random(seed)
    name = chance.choice([name for name in EXAMPLES if name.startswith(family)])
    withstands(name, damaged(chance, EXAMPLES[name]))


@settings(derandomize=True, max_examples=500, deadline=None)
@given(data=st.binary(max_size=60))
def test_bytes_that_are_no_json_object_give_a_wire_error(data):
    """hypothesis borrows constants from the modules under test, the last will among them: that one is a payload."""
    assert [name for name in EXAMPLES if withstands(name, data)] == [] or is_object(data)


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b'"a"', b"7", b"{", b'{"online":false', b"{}{}", b"\xff{}"])
def test_what_begins_like_a_payload_and_is_none(data):
    assert not is_object(data) and not any(withstands(name, data) for name in EXAMPLES)


def test_a_large_message_is_refused_before_it_takes_memory():
    huge, before_mb = b'{"lane":"' + b"x" * 50_000_000 + b'"}', memory_mb()
    with pytest.raises(WireError, match="50000011 bytes"):
        decode_command("tare", huge)
    assert memory_mb() - before_mb < 8
