"""Topic names: what is built, and what is taken for a command."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.topics import NAME, Topics

TOPICS = Topics("corner-shop", "aisle-1")
names = st.from_regex(NAME, fullmatch=True)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "$SYS", ".a", "-a", "ä", "a b", "a\n", "a" * 65, "a\x00"])
def test_a_name_that_is_no_single_level_is_refused(name):
    with pytest.raises(ValueError, match="use letters, digits"):
        Topics(name, "d")
    with pytest.raises(ValueError, match="use letters, digits"):
        Topics("s", name)
    assert TOPICS.parse_command(f"{TOPICS.base}/command/tare/{name}") is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "shelf/v1/corner-shop/aisle-1/command",
        "shelf/v1/corner-shop/aisle-1/command/tare",
        "shelf/v1/corner-shop/aisle-1/command/tare/1/2",
        "shelf/v1/corner-shop/aisle-1/event/tare/1",
        "shelf/v1/corner-shop/aisle-11/command/tare/1",
        "shelf/v2/corner-shop/aisle-1/command/tare/1",
        "/shelf/v1/corner-shop/aisle-1/command/tare/1",
    ],
)
def test_another_topic_is_no_command_of_this_shelf(topic):
    assert TOPICS.parse_command(topic) is None


@settings(derandomize=True)
@given(names, names, names, names)
def test_a_command_topic_is_read_as_it_was_built(store, device, kind, id):
    topics = Topics(store, device)
    assert topics.parse_command(topics.command(kind, id)) == (kind, id)
    assert topics.command(kind, id).count("/") == topics.commands().count("/")


@settings(derandomize=True, max_examples=1_000)
@given(st.text(max_size=60))
def test_any_topic_is_a_command_or_none(text):
    for topic in (text, f"{TOPICS.base}/command/{text}"):
        found = TOPICS.parse_command(topic)
        assert found is None or TOPICS.command(*found) == topic
