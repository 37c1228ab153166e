"""One-off orders to a shelf (`command/<name>/<id>`) and its answers (`result/<id>`).

A command is done once per id; the answer says `done` or `refused` with a sentence. The comment behind a field becomes
its description in `schemas/` and `docs/events.md`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

from wire.limits import Counted, Gtin, Name


class SetMode(Struct, frozen=True, kw_only=True):
    """How the shelf takes what happens: `open`: shoppers; `staff`: every put is a restock; `maintenance`: cleaning or
    a new planogram, nothing is an event."""

    kind: ClassVar[str] = "set_mode"
    mode: Literal["open", "staff", "maintenance"]  # until the next one


class CountStock(Struct, frozen=True, kw_only=True):
    """A person counted: this lane holds `units` of its product now."""

    kind: ClassVar[str] = "count_stock"
    lane: Name  # as the planogram names it
    units: Counted  # that stand there
    gtin: Gtin | None = None  # needed where a lane carries several products


class Tare(Struct, frozen=True, kw_only=True):
    """The lane is empty now: take the present reading as zero."""

    kind: ClassVar[str] = "tare"
    lane: Name  # as the planogram names it


class Result(Struct, frozen=True, kw_only=True):
    """`result/<id>`: what became of a command."""

    kind: ClassVar[str] = "result"
    id: str  # of the command
    command: str  # its name
    outcome: Literal["done", "refused"]  # refused: nothing was changed
    message: str  # a sentence for people


CommandPayload = SetMode | CountStock | Tare
COMMANDS: tuple[type[CommandPayload], ...] = (SetMode, CountStock, Tare)
