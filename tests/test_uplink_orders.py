"""Orders from the hub: what they mean, and that nothing a hub could send does any harm."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.uplink.orders import decode_order
from wire.commands import COMMANDS, CountStock, Result, SetMode, Tare
from wire.limits import MAX_BYTES

EXAMPLES = {
    "set_mode": SetMode(mode="staff"),
    "count_stock": CountStock(lane="cola", units=6, gtin="06901234567892"),
    "tare": Tare(lane="cola"),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_order_is_read(name: str) -> None:
    assert decode_order(name, "o1", msgspec.json.encode(EXAMPLES[name])) == EXAMPLES[name]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("dance", b"{}", "set_mode, count_stock, tare"),
        ("tare", b"", "not understood"),
        ("tare", b"{}", "lane"),
        ("tare", b'{"lane":7}', "Expected `str`"),
        ("set_mode", b'{"mode":"party"}', "party"),
        ("count_stock", b'{"lane":"cola","units":1.5}', "int"),
        ("tare", b'{"lane":"\xff"}', "not understood"),
        ("tare", b'{"lane":"' + b"x" * MAX_BYTES + b'"}', "65536"),
        ("tare", b'{"x":' + b"[" * 60_000, "not understood"),
    ],
)
def test_what_is_no_order_is_refused_with_a_reason(name: str, body: bytes, says: str) -> None:
    answer = decode_order(name, "o1", body)
    assert isinstance(answer, Result)
    assert (answer.id, answer.command, answer.outcome) == ("o1", name, "refused")
    assert says in answer.message
    json.loads(msgspec.json.encode(answer))


BODIES = [msgspec.json.encode(example) for example in EXAMPLES.values()]
SNIPPETS = (b"[" * 400, b"{}", b'"', b"\\ud800", b"1e999", b"-0", b"null", b"\xff", b"\x00", b'{"a":')


def mutate(recipe: bytes) -> tuple[str, bytes]:
    """A name and a body, as the bytes of the recipe say: which example, and what is put where."""
    name = (*EXAMPLES, "dance")[recipe[0] % 4]
    body = BODIES[recipe[1] % 3]
    for at, what in zip(recipe[2::2], recipe[3::2], strict=False):
        place = at % (len(body) + 1)
        new = SNIPPETS[what] if what < len(SNIPPETS) else bytes([what])
        body = body[:place] + new + body[place + what % 3 :]
    return name, body if recipe[1] & 0x80 else recipe[2:]


@settings(max_examples=1_000)  # the decoder behind it has its ten thousand in test_wire_codec.py
@given(st.binary(min_size=2, max_size=24))
def test_whatever_comes_is_an_order_or_a_refusal(recipe: bytes) -> None:
    name, body = mutate(recipe)
    answer = decode_order(name, "o1", body)
    if isinstance(answer, Result):
        assert answer.outcome == "refused" and answer.message
        msgspec.json.encode(answer)
    else:
        assert isinstance(answer, COMMANDS) and answer.kind == name
