"""One-off orders to a shelf (`command/<name>/<id>`) and its answers (`result/<id>`).

A command is done once per id; the answer says `done` or `refused` with a sentence.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct


class SetMode(Struct, frozen=True, kw_only=True):
    """How the shelf takes what happens: `open`: shoppers; `staff`: every put is a restock; `maintenance`: cleaning or
    a new planogram, nothing is an event."""

    kind: ClassVar[str] = "set_mode"
    mode: Literal["open", "staff", "maintenance"]


class CountStock(Struct, frozen=True, kw_only=True):
    """A person counted: this lane holds `units` of its product now. `gtin` is needed where a lane carries several."""

    kind: ClassVar[str] = "count_stock"
    lane: str
    units: int
    gtin: str | None = None


class Tare(Struct, frozen=True, kw_only=True):
    """The lane is empty now: take the present reading as zero."""

    kind: ClassVar[str] = "tare"
    lane: str


class Result(Struct, frozen=True, kw_only=True):
    """`result/<id>`."""

    kind: ClassVar[str] = "result"
    id: str
    command: str
    outcome: Literal["done", "refused"]
    message: str


CommandPayload = SetMode | CountStock | Tare
COMMANDS: tuple[type[CommandPayload], ...] = (SetMode, CountStock, Tare)
