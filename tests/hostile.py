"""Documents and commands that mean harm, or were made by somebody tired: none may change anything, each gets an answer.

    for case in documents(key, stranger): publish(case.kind, case.body)
    for case in commands(): ...

Every case is a whole message as a broker would carry it. Not here: who answers (agent/documents/, agent/orders.py).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.documents.signing import SecretKey, pae
from wire.documents import PAYLOAD_TYPE
from wire.limits import MAX_DOCUMENT_BYTES

KINDS = ("config", "content", "policy", "model")
SHA = "0" * 64
LANE = {"name": "cola", "cells": ["a1"], "gtin": "06901234567892", "unit_g": 345.0}
ITEM = {"name": "tea", "plays": "loop", "headline": "Tea"}
BODIES: dict[str, dict[str, Any]] = {
    "config": {"config": {"visits": {"dwell_s": 4.0}}},
    "content": {"items": [ITEM]},
    "policy": {"policy": {"rules": [{"name": "r", "on": ["dwell"], "show": ["tea"]}]}},
    "model": {"manifest": "", "files": [{"name": "hands.tflite", "sha256": SHA, "bytes": 10}]},
}


@dataclass(frozen=True, slots=True)
class Case:
    """One message. `files`: assets that the hub sends with it."""

    name: str
    kind: str
    body: bytes
    files: tuple[bytes, ...] = field(default=())

    @property
    def hash(self) -> str:
        """By which the answer names it: of the payload where it can be read, else of the whole message."""
        try:
            payload = base64.b64decode(json.loads(self.body)["payload"], validate=True)
            signatures = json.loads(self.body)["signatures"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return hashlib.sha256(self.body).hexdigest()
        readable = isinstance(signatures, list) and 1 <= len(signatures) <= 8 and len(self.body) <= MAX_DOCUMENT_BYTES
        return hashlib.sha256(payload if readable else self.body).hexdigest()


def head(version: int = 1000, **keys: Any) -> dict[str, Any]:
    """What every document begins with."""
    whom = {"store": "shop", "device": "d1", "by": "mallory", "issued": "2026-03-14T09:26:39Z"}
    return {"version": version, **whom, **keys}


def envelope(kind: str, payload: bytes, key: SecretKey, **keys: Any) -> dict[str, Any]:
    payload_type = PAYLOAD_TYPE.format(kind)
    signature = base64.b64encode(key.sign(pae(payload_type, payload))).decode()
    text = base64.b64encode(payload).decode()
    return {"payloadType": payload_type, "payload": text, "signatures": [{"keyid": "hub", "sig": signature}], **keys}


def signed(kind: str, document: dict[str, Any] | bytes, key: SecretKey, **keys: Any) -> bytes:
    """A message whose signature holds, whatever is in it."""
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return json.dumps(envelope(kind, payload, key, **keys)).encode()


def documents(key: SecretKey, stranger: SecretKey) -> Iterator[Case]:
    """About 190 of them; all but those about versions carry one that would be new."""
    for kind in KINDS:
        yield from _envelopes(kind, key, stranger)
        yield from _heads(kind, key)
    for kind, bodies in (
        ("config", _configs()),
        ("content", _contents()),
        ("policy", _policies()),
        ("model", _models()),
    ):
        for version, (name, body) in enumerate(bodies, 2000):
            yield Case(name, kind, signed(kind, {**head(version), **body}, key))
    yield from _files(key)


def _envelopes(kind: str, key: SecretKey, stranger: SecretKey) -> Iterator[Case]:
    payload = json.dumps({**head(), **BODIES[kind]}).encode()
    good = envelope(kind, payload, key)
    other = envelope(kind, payload.replace(b"mallory", b"somebody"), key)
    alien = "policy" if kind == "config" else "config"
    bodies: dict[str, bytes] = {
        "no JSON": b"\xff\xfe\x00config",
        "an empty object": b"{}",
        "a number": b"7",
        "cut off": json.dumps(good).encode()[:-40],
        "nested deeply": b"[" * 100_000,
        "too large": json.dumps({**good, "payload": "A" * MAX_DOCUMENT_BYTES}).encode(),
        "no signature": json.dumps({**good, "signatures": []}).encode(),
        "nine signatures": json.dumps({**good, "signatures": good["signatures"] * 9}).encode(),
        "signature of a stranger": signed(kind, payload, stranger),
        "unknown key": json.dumps({**good, "signatures": [{**good["signatures"][0], "keyid": "else"}]}).encode(),
        "signature of another document": json.dumps({**good, "payload": other["payload"]}).encode(),
        "signature is no base64": json.dumps({**good, "signatures": [{"keyid": "hub", "sig": "%%%"}]}).encode(),
        "signature of length 0": json.dumps({**good, "signatures": [{"keyid": "hub", "sig": ""}]}).encode(),
        "payload is no base64": json.dumps({**good, "payload": "!" * 40}).encode(),
        "type of another kind": json.dumps({**good, "payloadType": PAYLOAD_TYPE.format(alien)}).encode(),
        "meant for another topic": signed(alien, payload, key),
        "payload is no JSON": signed(kind, b"\x00\x01\x02" * 20, key),
        "payload is a list": signed(kind, b"[1,2,3]", key),
        "payload nested deeply": signed(kind, b'{"version":' + b"[" * 50_000, key),
    }
    return (Case(f"{kind}: {name}", kind, body) for name, body in bodies.items())


def _heads(kind: str, key: SecretKey) -> Iterator[Case]:
    changes: dict[str, dict[str, Any]] = {
        "version 0": {"version": 0},
        "version is text": {"version": "12"},
        "version is a fraction": {"version": 12.5},
        "version beyond whole numbers": {"version": 2**60},
        "another store": {"store": "elsewhere"},
        "another device": {"device": "d2"},
        "nobody wanted it": {"by": ""},
        "a key more": {"invented": True},
        "issued is no time": {"issued": "tomorrow, maybe"},
    }
    for name, change in changes.items():
        yield Case(f"{kind}: {name}", kind, signed(kind, {**head(), **BODIES[kind], **change}, key))
    text = json.dumps({**head(), **BODIES[kind]})
    yield Case(f"{kind}: version is NaN", kind, signed(kind, text.replace("1000", "NaN").encode(), key))
    without = {name: value for name, value in head().items() if name != "store"}
    yield Case(f"{kind}: for no store", kind, signed(kind, {**without, **BODIES[kind]}, key))


def _configs() -> Iterator[tuple[str, dict[str, Any]]]:
    tables: dict[str, dict[str, Any]] = {
        "unknown table": {"visit": {"dwell_s": 4.0}},
        "a key nobody has": {"visits": {"dwel_s": 4.0}},
        "table is a list": {"visits": []},
        "list is a table": {"lane": {"name": "x"}},
        "number is text": {"visits": {"dwell_s": "4"}},
        "number is true": {"visits": {"dwell_s": True}},
        "number out of bounds": {"visits": {"dwell_s": 1e9}},
        "number beyond floats": {"visits": {"dwell_s": 10**400}},
        "number of 3,000 digits": {"lane": [{**LANE, "units": 10**3000}]},
        "identity": {"device": {"id": "d2"}},
        "where events lie": {"outbox": {"path": "/etc/passwd"}},
        "where models lie": {"vision": {"manifest": "/tmp/evil.toml"}},
        "TLS is off": {"broker": {"tls": False}},
        "another authority": {"broker": {"ca_file": "/tmp/evil.pem"}},
        "a broker elsewhere without TLS": {"broker": {"host": "broker.example.com"}},
        "host with a path": {"broker": {"host": "mqtt://x/y"}},
        "host with a line feed": {"broker": {"host": "a\nb"}},
        "port 0": {"broker": {"port": 0}},
        "unknown scale": {"scale": [{"name": "else", "baud": 9600}]},
        "the same scale twice": {"scale": [{"name": "main", "baud": 9600}, {"name": "main", "baud": 4800}]},
        "cells of a scale": {"scale": [{"name": "main", "cell": []}]},
        "scale without a name": {"scale": [{"baud": 9600}]},
        "lane on no cell": {"lane": [{**LANE, "cells": []}]},
        "lane on unknown cells": {"lane": [{**LANE, "cells": ["z9"]}]},
        "lane without a product": {"lane": [{"name": "cola", "cells": ["a1"]}]},
        "GTIN of letters": {"lane": [{**LANE, "gtin": "0690123456789X"}]},
        "weight below 0": {"lane": [{**LANE, "unit_g": -345.0}]},
        "price below 0": {"lane": [{**LANE, "price": "-1.00"}]},
        "price is a number": {"lane": [{**LANE, "price": 4.5}]},
        "price with an exponent": {"lane": [{**LANE, "price": "1e5"}]},
        "price in other digits": {"lane": [{**LANE, "price": "\u0664.50"}]},
        "promotion dearer than the price": {"lane": [{**LANE, "price": "1.00", "promotion_price": "2.00"}]},
        "box turned inside out": {"lane": [{**LANE, "left_m": 1.0, "right_m": 0.5, "bottom_m": 0.0, "top_m": 0.3}]},
        "name of 10,000 letters": {"lane": [{**LANE, "name": "x" * 10_000}]},
        "name that turns the terminal red": {"lane": [{**LANE, "name": "\x1b[31mcola"}]},
        "2,000 lanes": {"lane": [{"name": f"l{i}", "cells": ["a1"], "gtin": "x"} for i in range(2000)]},
        "camera as wide as a house": {"camera": {"width": 10**9}},
        "camera with odd marks": {"camera": {"mark": [{"x_px": 1.0}]}},
        "a zone outside the folder": {"store": {"timezone": "../../../etc/passwd"}},
        "colour": {"screen": {"ink": "red;drop table"}},
        "white on white": {"screen": {"ink": "#ffffff", "background": "#ffffff"}},
        "a link that is a script": {"screen": {"link": "javascript:alert(1)"}},
        "labels of lanes that are not there": {"screen": {"labels": ["nowhere"]}},
        "country": {"store": {"country": "china"}},
        "no key any more": {"documents": {"key": []}},
        "a key that nobody proved": {"documents": {"key": [{"name": "mine", "ed25519": "A" * 43 + "="}]}},
        "a key that is none": {"documents": {"key": [{"name": "hub", "ed25519": "AAAA"}]}},
        "probation of no time": {"documents": {"probation_s": 0}},
        "where documents lie": {"documents": {"dir": "/"}},
    }
    yield "config: tables are a list", {"config": []}
    yield "config: nothing at all", {"config": None}
    for name, table in tables.items():
        yield f"config: {name}", {"config": table}


def _contents() -> Iterator[tuple[str, dict[str, Any]]]:
    def item(**keys: Any) -> dict[str, Any]:
        return {"items": [{**ITEM, **keys}]}

    bodies: dict[str, dict[str, Any]] = {
        "nothing to show": {"items": [{"name": "x", "plays": "loop"}]},
        "two of a name": {"items": [ITEM, ITEM]},
        "a file that is not listed": item(asset=SHA),
        "a file that nobody needs": {"assets": [{"sha256": SHA, "bytes": 5}], "items": [ITEM]},
        "a path as a file": item(asset="../../../../etc/passwd"),
        "a file of no bytes": {"assets": [{"sha256": SHA, "bytes": 0}], "items": [{**ITEM, "asset": SHA}]},
        "a file of a terabyte": {"assets": [{"sha256": SHA, "bytes": 10**12}], "items": [{**ITEM, "asset": SHA}]},
        "501 files": {"assets": [{"sha256": f"{i:064x}", "bytes": 1} for i in range(501)]},
        "201 items": {"items": [{**ITEM, "name": f"i{i}"} for i in range(201)]},
        "link without TLS": item(link="http://example.com"),
        "headline of 10,000 letters": item(headline="x" * 10_000),
        "0 seconds": item(seconds=0),
        "a year": item(seconds=3e7),
        "share of 2": item(share=2.0),
        "share of nothing": item(share=0.0),
        "an hour that is none": item(dayparts=[{"begins": "25:00", "ends": "26:00"}]),
        "a day that is none": item(dayparts=[{"begins": "08:00", "ends": "09:00", "days": [8]}]),
        "valid from yesterday": item(valid_from="yesterday"),
        "coupon for no time": item(coupon={"campaign": "c", "says": "x", "valid_s": -1}),
        "goods that are none": item(goods=["cola"]),
        "plays as it likes": item(plays="always"),
        "a name that is a path": item(name=""),
    }
    return ((f"content: {name}", body) for name, body in bodies.items())


def _policies() -> Iterator[tuple[str, dict[str, Any]]]:
    rule = {"name": "r", "on": ["dwell"], "show": ["tea"]}
    arm = {"content": "tea", "a": [1], "b": [1]}

    def policy(**keys: Any) -> dict[str, Any]:
        return {"policy": {"rules": [rule], **keys}}

    bodies: dict[str, dict[str, Any]] = {
        "shows nothing": policy(rules=[{**rule, "show": []}]),
        "upon nothing": policy(rules=[{**rule, "on": []}]),
        "upon what does not happen": policy(rules=[{**rule, "on": ["earthquake"]}]),
        "101 rules": policy(rules=[{**rule, "name": f"r{i}"} for i in range(101)]),
        "two rules of a name": policy(rules=[rule, rule]),
        "sums that are no triangle": policy(arms=[{**arm, "a": [1, 1]}]),
        "sums of another length": policy(arms=[{**arm, "b": [1, 1, 1]}]),
        "sums below 0": policy(arms=[{**arm, "a": [-1]}]),
        "more picks than showings": policy(arms=[{**arm, "a": [1] * 78, "b": [5] * 12}]),
        "65 arms": policy(arms=[{**arm, "content": f"c{i}"} for i in range(65)]),
        "two arms of a content": policy(arms=[arm, arm]),
        "no spread": policy(spread=0),
        "everybody held out": policy(holdout=1.0),
        "chance of 1 each": policy(least_chance=1.0),
        "outcome in no time": policy(outcome_s=0),
        "policy is a list": {"policy": []},
    }
    return ((f"policy: {name}", body) for name, body in bodies.items())


def _models() -> Iterator[tuple[str, dict[str, Any]]]:
    file = {"name": "hands.tflite", "sha256": SHA, "bytes": 10}
    bodies: dict[str, dict[str, Any]] = {
        "no files": {"manifest": "", "files": []},
        "a file outside the folder": {"manifest": "", "files": [{**file, "name": "../../usr/lib/x.tflite"}]},
        "a file that is no model": {"manifest": "", "files": [{**file, "name": "run.sh"}]},
        "two files of a name": {"manifest": "", "files": [file, file]},
        "a manifest that is none": {"manifest": "][", "files": [file]},
        "a manifest of nothing": {"manifest": "", "files": [file]},
        "a manifest of 100 kB": {"manifest": "#" * 100_000, "files": [file]},
        "a manifest that names other files": {
            "manifest": '[[model]]\nname = "x"\nfile = "/etc/passwd"\n',
            "files": [file],
        },
        "17 files": {"manifest": "", "files": [{**file, "name": f"m{i}.tflite"} for i in range(17)]},
    }
    return ((f"model: {name}", body) for name, body in bodies.items())


def _files(key: SecretKey) -> Iterator[Case]:
    """Contents whose files arrive, and are not what they should be."""
    files = {
        "a font": b"\x00\x01\x00\x00\x00\x0c\x00\x80\x00\x03\x00\x40" + b"glyf" * 200,
        "a text": b"this is no picture\n" * 50,
        "a script": b"#!/bin/sh\nrm -rf /\n",
        "a picture cut off": png(64, 64)[:-30],
        "a picture that unpacks to 3.6 GB": png(60_000, 20_000, rows=2),
        "a picture of no height": png(64, 0),
        "a zip": b"PK\x03\x04" + b"\0" * 400,
        "an SVG that reads files": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "an animation of 65,535 frames": gif(65_535),
    }
    for name, data in files.items():
        sha = hashlib.sha256(data).hexdigest()
        body = {"assets": [{"sha256": sha, "bytes": len(data)}], "items": [{**ITEM, "asset": sha}]}
        yield Case(f"content: {name}", "content", signed("content", {**head(), **body}, key), (data,))


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """A grey picture; `rows`: as if it had so many, whatever its header says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + b"\x80" * width for _ in range(height if rows is None else rows))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def gif(frames: int) -> bytes:
    """One grey dot, shown as often."""
    out = io.BytesIO()
    out.write(b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\x80\x80\x80\x00\x00\x00")
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    out.write(frame * frames + b";")
    return out.getvalue()


def commands() -> Iterator[tuple[str, str, bytes]]:
    """(what, name, body): none of them may be done."""
    bodies: list[tuple[str, str, bytes]] = [
        ("no JSON", "tare", b"\xff\xfe"),
        ("nothing", "tare", b""),
        ("a list", "tare", b"[]"),
        ("nested deeply", "tare", b"[" * 60_000),
        ("too large", "tare", b'{"lane":"' + b"x" * 70_000 + b'"}'),
        ("lane is a number", "tare", b'{"lane":7}'),
        ("no lane", "tare", b"{}"),
        ("unknown lane", "tare", b'{"lane":"nowhere"}'),
        ("too late", "tare", b'{"lane":"cola","expires":1.0}'),
        ("expires in words", "tare", b'{"lane":"cola","expires":"soon"}'),
        ("expires is NaN", "tare", b'{"lane":"cola","expires":NaN}'),
        ("expires beyond time", "tare", b'{"lane":"cola","expires":1e300}'),
        ("an order nobody knows", "self_destruct", b"{}"),
        ("unknown mode", "set_mode", b'{"mode":"party"}'),
        ("mode is a table", "set_mode", b'{"mode":{}}'),
        ("fewer than none", "count_stock", b'{"lane":"cola","units":-1}'),
        ("more than can stand there", "count_stock", b'{"lane":"cola","units":1000000}'),
        ("half a can", "count_stock", b'{"lane":"cola","units":1.5}'),
        ("another product", "count_stock", b'{"lane":"cola","units":1,"gtin":"09999999999994"}'),
        ("a mass of nothing", "calibrate", b'{"lane":"cola","mass_g":0}'),
        ("a mass of a house", "calibrate", b'{"lane":"cola","mass_g":1e9}'),
        ("shoppers are there", "calibrate", b'{"lane":"cola","mass_g":1000}'),
        ("for a year", "identify", b'{"seconds":31536000}'),
        ("for a year", "record", b'{"seconds":31536000}'),
        ("outside the folder", "record", b'{"seconds":5,"name":"../../etc/x"}'),
        ("1,000 segments", "introduce", b'{"visitor":"v1","segments":[' + b",".join([b'"a"'] * 1000) + b"]}"),
        ("nobody of that name", "introduce", b'{"visitor":"v99","segments":["tea"]}'),
    ]
    return iter(bodies)
