"""One-off orders to a shelf (`command/<name>/<id>`) and its answers (`result/<id>`).

A command is done once per id; the answer says `done` or `refused` with a sentence. The comment behind a field becomes
its description in `schemas/` and `docs/events.md`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from wire.limits import Counted, Gtin, Name

MOST_MESSAGE = 16_384  # characters of an answer; a whole diagnosis has about 3,000


class _Order(Struct, frozen=True, kw_only=True):
    expires: Annotated[float, Meta(ge=0, le=1e11)] | None = None  # unix time; not done later; null: whenever it arrives


class SetMode(_Order, frozen=True, kw_only=True):
    """How the shelf takes what happens: `open`: shoppers; `staff`: every put is a restock; `maintenance`: cleaning or
    a new planogram, nothing is an event."""

    kind: ClassVar[str] = "set_mode"
    mode: Literal["open", "staff", "maintenance"]  # until the next one


class CountStock(_Order, frozen=True, kw_only=True):
    """A person counted: this lane holds `units` of its product now."""

    kind: ClassVar[str] = "count_stock"
    lane: Name  # as the planogram names it
    units: Counted  # that stand there
    gtin: Gtin | None = None  # needed where a lane carries several products


class Tare(_Order, frozen=True, kw_only=True):
    """The lane is empty now: take the present reading as zero."""

    kind: ClassVar[str] = "tare"
    lane: Name  # as the planogram names it


class Calibrate(_Order, frozen=True, kw_only=True):
    """A reference mass lies in the lane, which was empty and tared before: learn its counts per gram anew."""

    kind: ClassVar[str] = "calibrate"
    lane: Name  # as the planogram names it
    mass_g: Annotated[float, Meta(ge=10, le=200_000)]  # of what lies there now, known by a better scale


class Identify(_Order, frozen=True, kw_only=True):
    """Which shelf is it? The strip and the light flash."""

    kind: ClassVar[str] = "identify"
    seconds: Annotated[float, Meta(ge=1, le=300)] = 10.0  # for so long


class Diagnose(_Order, frozen=True, kw_only=True):
    """Look at everything and answer with the report."""

    kind: ClassVar[str] = "diagnose"


class Record(_Order, frozen=True, kw_only=True):
    """Keep what the senses say, for replay on the bench; never pictures. It stays on the device."""

    kind: ClassVar[str] = "record"
    seconds: Annotated[float, Meta(ge=1, le=3600)] = 60.0  # for so long
    name: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,40}$", max_length=40)] = "record"  # of the recording


class Restart(_Order, frozen=True, kw_only=True):
    """End in order and start anew."""

    kind: ClassVar[str] = "restart"


class Introduce(_Order, frozen=True, kw_only=True):
    """A visitor has opted in at the strip's code, and the hub knows them: content may be chosen by their segments."""

    kind: ClassVar[str] = "introduce"
    visitor: Name  # as the shelf's events name them
    segments: Annotated[tuple[Name, ...], Meta(max_length=32)]  # forgotten when the visitor leaves


class Result(Struct, frozen=True, kw_only=True):
    """`result/<id>`: what became of a command."""

    kind: ClassVar[str] = "result"
    id: str  # of the command
    command: str  # its name
    outcome: Literal["done", "refused"]  # refused: nothing was changed
    message: str  # a sentence for people


CommandPayload = SetMode | CountStock | Tare | Calibrate | Identify | Diagnose | Record | Restart | Introduce
COMMANDS: tuple[type[CommandPayload], ...] = (
    SetMode,
    CountStock,
    Tare,
    Calibrate,
    Identify,
    Diagnose,
    Record,
    Restart,
    Introduce,
)
