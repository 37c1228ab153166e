"""Lanes of which the shelf could not tell are refused, in the device's file and in a document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.config.check import check
from agent.config.load import from_dict
from agent.config.schema import Config
from agent.config.told_check import BY
from agent.shelf.labels import ShelfEdge
from agent.shelf.planogram import Planogram
from agent.shelf.stock import Stock
from tests.documents_scene import Shelf, local_config
from wire.codec import encode
from wire.limits import MAX_BYTES

LANES = 400
TEA = "\N{CJK UNIFIED IDEOGRAPH-8336}"  # three bytes
PRICED = {"price": "14.50", "promotion_price": "13.90"}


def wide(name: str, **more: Any) -> dict[str, Any]:
    """A shelf of 400 lanes; `name` gets a number."""
    cells = [{"name": f"c{n}"} for n in range(LANES)]
    return {
        "scale": [{"name": "main", "driver": "shelfd-lines", "port": "/dev/ttyUSB0", "cell": cells}],
        "lane": [
            {"name": f"{name}{n:03}", "cells": [f"c{n}"], "gtin": "6901234567892", "unit_g": 345.0, **more}
            for n in range(LANES)
        ],
    }


def config(name: str, **more: Any) -> Config:
    return from_dict({"device": {"store": "s", "id": "d"}, "store": {"currency": "EUR"}, **wide(name, **more)})


def errors(found: Config) -> list[str]:
    return [str(problem) for problem in check(found) if problem.severity == "error"]


@pytest.mark.parametrize(
    ("name", "more", "topics"),
    [
        ("lane-", PRICED, []),  # what the device is made for
        ("x" * 61, {}, []),
        ("x" * 61, {"price": "4.50"}, ["state/prices"]),
        (TEA * 61, {}, ["state/stock"]),
        (TEA * 61, PRICED, ["state/prices", "state/stock"]),
        ('"' * 61, {}, ["state/stock"]),  # each is written as two
    ],
)
def test_what_goes_in_no_message_is_refused_with_its_size(name: str, more: dict[str, Any], topics: list[str]) -> None:
    said = errors(config(name, **more))
    assert [line.split()[1] for line in said] == topics
    assert all(f"and {MAX_BYTES} go in one message: give them shorter names" in line for line in said)


def test_what_passes_can_be_told() -> None:
    good = config("lane-", **PRICED)
    edge = ShelfEdge(good)
    edge.reconfigure(good, 1_800_000_000, BY)
    assert 50_000 < len(encode(edge.prices()[0])) <= MAX_BYTES
    assert len(encode(Stock(Planogram.of(good)).state())) <= MAX_BYTES


def test_a_document_with_them_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, local_config(tmp_path, scale=wide("")["scale"], lane=[]))
    long, short = wide("x" * 61, **PRICED)["lane"], wide("lane-", **PRICED)["lane"]
    assert shelf.hub.config({"lane": long}).state == "rejected"
    assert shelf.told["config"].findings[0].path == "config.lane" and "state/prices" in shelf.reasons()
    assert shelf.hub.config({"lane": short}, by="w" * 64).state == "rejected", "who set a price is told with each"
    assert "state/prices" in shelf.reasons()
    assert shelf.hub.config({"lane": short}).state == "probation"
