"""The golden examples are what crosses the wire, byte for byte, and other people's tools read them too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat

from tools.generate.contract import EXAMPLES, Message, messages
from tools.generate.schemas import schema_of
from wire.codec import (
    decode_command,
    decode_document,
    decode_event,
    decode_result,
    decode_state,
    encode,
    encode_event,
)
from wire.envelope import TYPE_PREFIX, parse_event_id, sequence_text
from wire.topics import Topics

MESSAGES = {message.name: message for message in messages()}
EVENTS = {name: message for name, message in MESSAGES.items() if message.family == "event"}


def decoded(message: Message):
    """The example as a receiver reads it."""
    kind = message.payload.kind
    if message.family == "document":
        return decode_document(kind, message.example)
    if message.family in ("state", "command"):
        return (decode_state if message.family == "state" else decode_command)(kind, message.example)
    return decode_event(message.example) if message.family == "event" else decode_result(message.example)


def unknown_members(plain: object, schema: dict, defs: dict) -> list[str]:
    """Names in `plain` that its schema does not have, anywhere inside."""
    if "$ref" in schema:
        return unknown_members(plain, defs[schema["$ref"].rpartition("/")[2]], defs)
    if not isinstance(plain, list) and "properties" not in schema:
        return []  # any object: the tables of a configuration
    if isinstance(plain, list):
        return [name for entry in plain for name in unknown_members(entry, schema["items"], defs)]
    if not isinstance(plain, dict):
        return []
    inside = (
        unknown_members(plain[name], about, defs) for name, about in schema["properties"].items() if name in plain
    )
    return [name for name in plain if name not in schema["properties"]] + [name for names in inside for name in names]


def test_every_message_has_an_example_and_every_example_a_message():
    assert {path.name for path in EXAMPLES.iterdir()} == {f"{name}.json" for name in MESSAGES}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_an_example_is_read_and_written_byte_for_byte(message):
    payload = decoded(message)
    assert (encode_event if message.family == "event" else encode)(payload) == message.example


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_an_example_says_nothing_that_the_types_do_not_know(message):
    schema = schema_of(message)
    plain = json.loads(message.example)
    assert unknown_members(plain, schema, schema.get("$defs", {})) == []
    plain["invented"] = 1
    assert unknown_members(plain, schema, schema.get("$defs", {})) == ["invented"]


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_an_example_is_valid_by_its_json_schema_and_an_emptied_one_is_not(message):
    schema = json.loads((EXAMPLES.parent / "schemas" / f"{message.name}.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    plain = json.loads(message.example)
    validator.validate(plain)
    required = schema.get("required", [])
    for name in required:
        assert not validator.is_valid({key: value for key, value in plain.items() if key != name})
    for wrong in (None, [], "x", {**plain, [*required, *plain][0]: {"no": ["scalar"]}}):
        assert not validator.is_valid(wrong)


@pytest.mark.parametrize("message", EVENTS.values(), ids=EVENTS)
def test_the_schema_of_one_event_refuses_the_others(message):
    validator = jsonschema.Draft202012Validator(schema_of(message))
    others = [other for other in EVENTS.values() if other is not message]
    assert not any(validator.is_valid(json.loads(other.example)) for other in others)


@pytest.mark.parametrize("message", EVENTS.values(), ids=EVENTS)
def test_the_cloudevents_sdk_reads_an_event(message):
    ours, theirs = decoded(message), JSONFormat().read(None, message.example)
    assert theirs.get_specversion() == "1.0"
    assert theirs.get_id() == ours.id
    assert theirs.get_type() == TYPE_PREFIX + message.payload.kind
    assert theirs.get_subject() == ours.subject
    assert theirs.get_extension("sequence") == ours.sequence
    assert theirs.get_datacontenttype() == "application/json"
    assert theirs.get_data() == json.loads(message.example)["data"]
    assert theirs.get_source() == Topics("corner-shop", parse_event_id(ours.id).device).base


def test_time_comes_with_milliseconds_and_utc():
    event = JSONFormat().read(None, EVENTS["event.pick"].example)
    assert event.get_time() == datetime(2026, 3, 14, 9, 26, 53, 589_000, tzinfo=UTC)


def test_without_time_the_sdk_puts_in_the_moment_of_arrival_so_look_at_the_clock():
    """The reason for the sentence in docs/events.md; when a later SDK stops doing so, the sentence can go."""
    plain = json.loads(EVENTS["event.fault"].example)
    assert "time" not in plain and plain["data"]["clock"]["synced"] is False
    event = JSONFormat().read(None, EVENTS["event.fault"].example)
    assert abs(datetime.now(UTC) - event.get_time()) < timedelta(minutes=1)


@pytest.mark.parametrize("message", EVENTS.values(), ids=EVENTS)
def test_an_event_comes_back_from_the_sdk_as_the_same_event(message):
    ours = decoded(message)
    back = decode_event(JSONFormat().write(JSONFormat().read(None, message.example)))
    assert msgspec.structs.replace(back, time=ours.time) == ours
    if ours.time is not None:  # the SDK writes microseconds
        assert datetime.fromisoformat(back.time) == datetime.fromisoformat(ours.time)


def test_ids_sequences_and_the_clock_of_the_examples_agree():
    pick, clock = decoded(MESSAGES["event.pick"]), decoded(MESSAGES["state.clock"])
    assert pick.sequence == sequence_text(parse_event_id(pick.id).sequence)
    assert parse_event_id(pick.id).boot == clock.boot
    assert datetime.fromisoformat(pick.time).timestamp() == pytest.approx(
        clock.offset_s + pick.data.decided_s, abs=1e-3
    )


def test_the_examples_are_compact_as_they_are_sent():
    for message in MESSAGES.values():
        assert msgspec.json.format(message.example, indent=-1) == message.example
