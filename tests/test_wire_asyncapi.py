"""wire/asyncapi.yaml against AsyncAPI's own schema, and against the topics that the code uses."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from tools.generate.contract import messages
from wire.topics import Topics

REPOSITORY = Path(__file__).parent.parent
SPECIFICATION = REPOSITORY / "build/asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0.json"
DOCUMENT = yaml.safe_load((REPOSITORY / "wire/asyncapi.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def specification() -> jsonschema.Draft7Validator:
    if not SPECIFICATION.exists():
        reason = "AsyncAPI's own schema is missing: run tools/setup.sh test-tools (needs npm and the network once)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return jsonschema.Draft7Validator(json.loads(SPECIFICATION.read_bytes()))


def resolved(reference: str, document: dict | None = None):
    """What a reference points to, in this document or in a file beside it."""
    file, _, path = reference.partition("#")
    found = json.loads((REPOSITORY / "wire" / file).read_bytes()) if file else document or DOCUMENT
    for step in path.strip("/").split("/") if path else ():
        found = found[step]
    return found


def references(value: object) -> list[str]:
    """Every reference in the document, none of those inside examples."""
    if isinstance(value, list):
        return [found for entry in value for found in references(entry)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [found for name, entry in value.items() if name != "examples" for found in references(entry)]


def test_the_document_is_valid_by_the_specification(specification):
    assert [error.message for error in specification.iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["operations"]["send.event.pick"].update(action="publish"),
        lambda document: document["operations"]["send.event.pick"]["bindings"]["mqtt"].update(qos=3),
        lambda document: document["channels"]["event.pick"].update(adress="x"),
        lambda document: document["servers"]["loopback"].pop("protocol"),
        lambda document: document.update(asyncapi="2.6.0"),
    ],
)
def test_the_specification_would_notice_a_mistake(specification, spoil):
    document = copy.deepcopy(DOCUMENT)
    spoil(document)
    assert not specification.is_valid(document)


def test_every_reference_leads_somewhere():
    found = references(DOCUMENT)
    assert len(found) > 50
    for reference in found:
        assert resolved(reference), reference


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.name)
def test_every_message_has_its_channel_and_its_operation(message):
    channel = DOCUMENT["channels"][message.name]
    action = "send" if message.sender == "device" else "receive"
    operation = DOCUMENT["operations"][f"{action}.{message.name}"]
    assert operation["action"] == action
    assert operation["bindings"]["mqtt"]["qos"] == 1
    assert operation["bindings"]["mqtt"]["retain"] is (message.family in ("state", "document"))
    assert set(channel["parameters"]) == {part.strip("{}") for part in channel["address"].split("/") if "{" in part}
    assert ("reply" in operation) is (message.family == "command")


def test_the_addresses_are_those_of_the_code():
    topics = Topics("s", "d")
    addresses = {
        name: channel["address"].format(store="s", device="d", id="x1")
        for name, channel in DOCUMENT["channels"].items()
    }
    assert addresses["event.pick"] == topics.event("pick") == "shelf/v1/s/d/event/pick"
    assert addresses["state.stock"] == topics.state("stock") == "shelf/v1/s/d/state/stock"
    assert addresses["command.tare"] == topics.command("tare", "x1")
    assert addresses["result"] == topics.result("x1")
    assert topics.parse_command(addresses["command.tare"]) == ("tare", "x1")


def test_the_examples_in_the_document_are_valid_by_the_schemas_they_stand_beside():
    for message in DOCUMENT["components"]["messages"].values():
        schema = resolved(message["payload"]["$ref"])
        assert message["examples"]
        for example in message["examples"]:
            jsonschema.Draft202012Validator(schema).validate(example["payload"])


def test_the_last_will_is_the_state_that_says_offline():
    will = DOCUMENT["components"]["serverBindings"]["shelf"]["mqtt"]["lastWill"]
    assert will["topic"] == DOCUMENT["channels"]["state.online"]["address"]
    assert json.loads(will["message"]) == {"online": False}
    assert will["retain"] is True and will["qos"] == 1
