"""Of all messages only the one that a trusted key has signed, for this device and kind, is opened."""

from __future__ import annotations

import base64
import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.config.schema import TrustedKey
from agent.documents.opening import MOST_STEP, Opened, demand_newer, open_signed
from agent.documents.protocol import DocumentError
from agent.documents.record import Record
from agent.documents.signing import DeviceKey, SecretKey, from_base64, objection, pae
from agent.documents.trust import Trust
from tests.documents_scene import ISSUED, NEW, OLD, STRANGER, Shelf, priced
from tools.publish.signing import HubKey, new_key, read_key, save_key, sign, sign_payload
from wire.codec import encode_document
from wire.documents import ConfigDocument
from wire.limits import MAX_DOCUMENT_BYTES

TRUST = Trust((TrustedKey(name=OLD.name, ed25519=OLD.public),))
DOCUMENT = ConfigDocument(version=1, store="s", device="d", by="li.wei", issued=ISSUED, config=priced("4.50"))
PAYLOAD = encode_document(DOCUMENT)
GOOD = sign(DOCUMENT, [OLD])


def opened(body: bytes, trust: Trust = TRUST) -> Opened | str:
    """The opened message, or the path of the first thing that is wrong with it and its reason."""
    result = open_signed("config", body, trust)
    if isinstance(result, Opened):
        return result
    return f"{result[1].findings[0].path}: {result[1].findings[0].reason}"


def changed(**keys: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), **keys}).encode()


def resigned(**keys: Any) -> bytes:
    signature = {**json.loads(GOOD)["signatures"][0], **keys}
    return changed(signatures=[signature])


def test_the_good_one() -> None:
    found = opened(GOOD)
    assert isinstance(found, Opened)
    assert (found.payload, found.version, found.by) == (PAYLOAD, 1, "li.wei")


SIGNATURE = json.loads(GOOD)["signatures"][0]["sig"]
HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing but a number": (b"1", ": the message is no signed document"),
    "no JSON": (b"\xff\xfe", ": the message is no signed document"),
    "cut off": (GOOD[:-1], ": the message is no signed document"),
    "too large": (GOOD + b" " * MAX_DOCUMENT_BYTES, ": the message has"),
    "nested": (b"[" * 100_000, ": the message is no signed document"),
    "not signed": (PAYLOAD, ": the message is no signed document"),
    "no signature": (changed(signatures=[]), ": the message is no signed document"),
    "nine signatures": (changed(signatures=[{"keyid": "a", "sig": ""}] * 9), ": the message is no signed document"),
    "another payload": (changed(payload=base64.b64encode(b"{}").decode()), "signatures[0]: the signature does not fit"),
    "payload that is no base64": (changed(payload="###"), "payload: this is no base64"),
    "payload without padding": (changed(payload="QUI"), "payload: this is no base64"),
    "payload with left-over bits": (changed(payload="QUJ="), "payload: this is no base64 as it is written"),
    "payload beyond ASCII": (changed(payload="ａ" * 4), "payload: "),
    "payload in two lines": (changed(payload="QUJD\nQUJD"), "payload: this is no base64"),
    "type that was not signed": (
        changed(payloadType="application/vnd.shelfd.policy+json"),
        "signatures[0]: the signature does not fit",
    ),
    "signed as another type": (sign_payload("policy", PAYLOAD, [OLD]), "payloadType: "),
    "signature of a stranger": (sign(DOCUMENT, [STRANGER]), "signatures[0]: the signature does not fit"),
    "key that is not trusted": (sign(DOCUMENT, [NEW]), "signatures[0]: 'hub-2027' is none of the trusted keys"),
    "signature of 63 bytes": (
        resigned(sig=base64.b64encode(b"x" * 63).decode()),
        "signatures[0]: the signature has 63 bytes",
    ),
    "signature of nulls": (resigned(sig=base64.b64encode(bytes(64)).decode()), "signatures[0]: the signature does not"),
    "signature that is no base64": (resigned(sig="?"), "signatures[0]: this is no base64"),
    "signature in hexadecimal": (
        resigned(sig=base64.b64decode(SIGNATURE).hex()),
        "signatures[0]: the signature has 96 bytes",
    ),
    "key of an empty name": (resigned(keyid=""), ": the message is no signed document"),
    "key whose name is a number": (resigned(keyid=5), ": the message is no signed document"),
    "signed nonsense": (sign_payload("config", b"nonsense", [OLD]), ": "),
    "signed list": (sign_payload("config", b"[]", [OLD]), ": "),
    "signed nesting": (sign_payload("config", b'{"x":' + b"[" * 50_000, [OLD]), ": "),
    "version 0": (sign_payload("config", PAYLOAD.replace(b'"version":1', b'"version":0'), [OLD]), "version: "),
    "version as text": (sign_payload("config", PAYLOAD.replace(b'"version":1', b'"version":"1"'), [OLD]), "version: "),
    "version beyond JSON": (
        sign_payload("config", PAYLOAD.replace(b'"version":1', b'"version":9007199254740992'), [OLD]),
        "version: ",
    ),
    "NaN": (sign_payload("config", PAYLOAD.replace(b'"version":1', b'"version":NaN'), [OLD]), ": "),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_opened(name: str) -> None:
    body, told = HOSTILE[name]
    found = opened(body)
    assert isinstance(found, str) and found.startswith(told), found


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (PAYLOAD.replace(b'"config":{', b'"extra":1,"config":{'), ""),
        (PAYLOAD.replace(b'"config":{', b'"config":[],"x":{'), "config"),
        (PAYLOAD.replace(b'"issued"', b'"isued"'), ""),
        (PAYLOAD.replace(b"2026-03-14T09:26:39.000Z", b"yesterday"), "issued"),
    ],
)
def test_signed_by_the_hub_and_wrong_all_the_same(tmp_path: Path, payload: bytes, path: str) -> None:
    shelf = Shelf(tmp_path)
    told = shelf.hear("config", sign_payload("config", payload, [OLD]))
    assert told.state == "rejected" and told.findings[0].path == path and shelf.price == "1.00"
    assert shelf.hear("config", GOOD).state == "probation", "what was refused has used no version"


def mutations() -> list[Callable[[bytearray, random.Random], None]]:
    def flip(body: bytearray, chance: random.Random) -> None:
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)

    def cut(body: bytearray, chance: random.Random) -> None:
        del body[chance.randrange(len(body)) :]

    def leave_out(body: bytearray, chance: random.Random) -> None:
        at = chance.randrange(len(body))
        del body[at : at + chance.randrange(1, 9)]

    def repeat(body: bytearray, chance: random.Random) -> None:
        at = chance.randrange(len(body))
        body[at:at] = body[at : at + chance.randrange(1, 40)]

    def insert(body: bytearray, chance: random.Random) -> None:
        at = chance.randrange(len(body) + 1)
        body[at:at] = chance.randbytes(chance.randrange(1, 5))

    return [flip, cut, leave_out, repeat, insert]


def test_of_mutations_only_what_says_the_same_is_opened() -> None:
    """The envelope may be written otherwise (a space, another keyid beside the good one); the payload may not."""
    chance, opened_too = random.Random(4), 0
    tracemalloc.start()
    for _ in range(2000):
        body = bytearray(GOOD)
        for mutate in chance.choices(mutations(), k=chance.randrange(1, 3)):
            if body:
                mutate(body, chance)
        found = open_signed("config", bytes(body), TRUST)
        if isinstance(found, Opened):
            opened_too += 1
            assert found.payload == PAYLOAD and json.loads(body)["payloadType"] == json.loads(GOOD)["payloadType"]
        else:
            assert 1 <= len(found[1].findings) <= 8
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert opened_too < 200, "a mutation of the payload or its signature is never opened"
    assert most_bytes < 1_000_000


@given(st.binary(max_size=300))
def test_any_bytes_get_a_sentence(body: bytes) -> None:
    found = open_signed("config", body, TRUST)
    assert not isinstance(found, Opened) and isinstance(found[1], DocumentError) and found[1].findings[0].reason


def test_a_device_without_keys_says_how_it_gets_one() -> None:
    found = open_signed("config", GOOD, Trust(()))
    assert not isinstance(found, Opened) and "[[documents.key]]" in (found[1].findings[0].suggestion or "")


def test_the_pre_authentication_encoding_is_that_of_the_standard() -> None:
    """Source: DSSE 1.0, protocol.md, its own example."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_ed25519_is_that_of_the_standard() -> None:
    """Source: RFC 8032, 7.1, test 2."""
    key = SecretKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert key.sign(b"\x72").hex().startswith("92a009a9f0d4cab8720e820b5f642540")
    assert objection(key.public, b"\x72", key.sign(b"\x72")) is None


@given(st.binary(max_size=70), st.binary(max_size=70))
def test_no_key_and_no_signature_is_an_exception(public: bytes, signature: bytes) -> None:
    assert objection(public, b"x", signature)


@given(st.binary(max_size=90))
def test_base64_has_one_text_for_each_bytes(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert from_base64(text) == data
    for other in (text + "\n", " " + text, text + "=", text.rstrip("=") if text.endswith("=") else text + "A"):
        with pytest.raises(ValueError, match="base64"):
            from_base64(other)


def test_the_devices_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    made = DeviceKey.load_or_make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert DeviceKey.load_or_make(path).public == made.public
    path.write_text("AAAA")
    assert DeviceKey.load_or_make(path).public != made.public
    assert (tmp_path / "device.key.damaged").read_text() == "AAAA"


def test_a_device_that_can_keep_no_key_has_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    key = DeviceKey.load_or_make(tmp_path / "no-folder" / "device.key")
    assert objection(key.public, b"coupon", key.sign(b"coupon")) is None


def test_a_hubs_key_is_never_overwritten(tmp_path: Path) -> None:
    key = new_key("hub")
    path = save_key(tmp_path, key)
    assert read_key(path).public == key.public == (tmp_path / "hub.pub").read_text().strip()
    with pytest.raises(FileExistsError, match="another name"):
        save_key(tmp_path, HubKey("hub", SecretKey.make()))


CLOSING = 2**53 - 1  # the highest number that JSON carries


@pytest.mark.parametrize(
    ("highest", "version", "grows"),
    [
        (0, 1, True),
        (0, 1_800_000_000, True),  # seconds since 1970
        (41, 1_800_000_000, True),  # a hub that counted until now
        (1_800_000_000, 1_840_000_000, True),  # quiet for a year
        (0, MOST_STEP, True),
        (0, MOST_STEP + 1, False),
        (MOST_STEP, 2 * MOST_STEP, True),  # a slip as far as it can go: there is as much room again
        (12, CLOSING, False),
        (CLOSING - 1, CLOSING, True),
    ],
)
def test_no_version_takes_the_room_of_those_to_come(highest: int, version: int, grows: bool) -> None:
    found = opened(sign(replace(DOCUMENT, version=version), [OLD]))
    assert isinstance(found, Opened)
    if grows:
        demand_newer(found, Record(highest=highest))
        return
    with pytest.raises(DocumentError) as error:
        demand_newer(found, Record(highest=highest))
    said = error.value.findings[0]
    assert said.path == "version" and f"more than {MOST_STEP} above {highest}" in said.reason
    assert said.suggestion == f"send it as version {highest + 1} or higher, at most {highest + MOST_STEP}"


def test_no_version_is_suggested_that_cannot_be_sent() -> None:
    found = opened(GOOD)
    assert isinstance(found, Opened)
    with pytest.raises(DocumentError) as error:
        demand_newer(found, Record(highest=CLOSING))
    suggestion = error.value.findings[0].suggestion or ""
    assert str(CLOSING + 1) not in suggestion and "a person has to" in suggestion
