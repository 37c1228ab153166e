"""What the device's own parts hand out keeps the contract: a whole simulated shop, sealed, read back, validated."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest

from agent.core import Core
from agent.messages import Answer, Command, Event, State
from agent.outbox.envelope import seal
from tools.bench.cable import random_faults
from tools.bench.run import run
from tools.bench.world import random_shop, simulate
from tools.generate.contract import messages
from tools.generate.schemas import schema_of
from wire.codec import decode_event, decode_result, decode_state, encode
from wire.commands import CountStock
from wire.envelope import parse_event_id
from wire.topics import Topics

TOPICS = Topics("corner-shop", "aisle-1")
VALIDATORS = {message.name: jsonschema.Draft202012Validator(schema_of(message)) for message in messages()}


@pytest.fixture(scope="module")
def outputs() -> list:
    """Everything that the core says of a short play with two shoppers and a bad cable."""
    play = simulate(4, random_shop(2, 0.7))
    return run(play, random_faults(np.random.default_rng(4), until_s=42.0, every_s=10.0), seed=4).outputs


def test_every_event_of_a_shop_is_sealed_as_the_contract_says(outputs):
    events = [output for output in outputs if isinstance(output, Event)]
    assert "pick" in {event.payload.kind for event in events}
    for sequence, event in enumerate(events, 1):
        sealed = seal(event, TOPICS, "b1", sequence)
        envelope = decode_event(sealed)
        assert envelope.data == event.payload
        assert parse_event_id(envelope.id) == ("aisle-1", "b1", sequence)
        assert envelope.source == TOPICS.base
        VALIDATORS[f"event.{event.payload.kind}"].validate(json.loads(sealed))


def test_every_state_of_a_shop_can_be_read_by_the_other_end(outputs):
    states = [output.payload for output in outputs if isinstance(output, State)]
    assert "stock" in {state.kind for state in states}
    for state in states:
        data = encode(state)
        assert decode_state(state.kind, data) == state
        VALIDATORS[f"state.{state.kind}"].validate(json.loads(data))


def test_the_answer_to_a_command_keeps_the_contract():
    config = simulate(4, "small_shop").config
    core, lane = Core(config), config.lanes[0]
    orders = [CountStock(lane=lane.name, units=3, gtin=lane.gtin), CountStock(lane="no such lane", units=3)]
    said = [output for i, order in enumerate(orders) for output in core.step(Command(float(i), f"c{i}", order))]
    answers = [output.result for output in said if isinstance(output, Answer)]
    assert [(answer.id, answer.outcome) for answer in answers] == [("c0", "done"), ("c1", "refused")]
    for answer in answers:
        VALIDATORS["result"].validate(json.loads(encode(answer)))
        assert decode_result(encode(answer)) == answer
