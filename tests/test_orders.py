"""Orders to a running core: done once, answered with a sentence, remembered over a restart."""

from __future__ import annotations

import json

import numpy as np
import pytest

from agent.config.schema import Cell, Config, Device, Lane, Scale
from agent.core import Core
from agent.messages import Answer, Command, Counts, State
from agent.orders import REMEMBERED, Orders
from agent.plain import plain
from wire.commands import CommandPayload, CountStock, Result, SetMode, Tare
from wire.state import StockState

COLA, CHIPS, SOAP = "06901234567892", "04006381333931", "00000000000017"
CONFIG = Config(
    device=Device(store="s1", id="d1"),
    scales=(Scale(name="main", driver="shelfd-lines", port="", cells=tuple(Cell(name=c) for c in "abc")),),
    lanes=(
        Lane(name="cola", cells=("a",), gtin=COLA, unit_g=345.0, units=6),
        Lane(name="mixed", cells=("b",), gtin=CHIPS, unit_g=150.0, units=4),
        Lane(name="mixed", cells=("b",), gtin=SOAP, unit_g=90.0, units=4),
        Lane(name="dead", cells=("c",), gtin=SOAP, unit_g=90.0),
    ),
)
LOAD_G = (2070.0, 960.0, float("nan"))


@pytest.fixture
def core() -> Core:
    """Three seconds old: levels are known, except where a cell never answered. People are at work on it."""
    core = Core(CONFIG)
    weigh(core, 0.0, 3.0)
    core.step(Command(2.95, "m0", SetMode(mode="maintenance")))
    return core


def weigh(core: Core, since: float, until: float, load_g: tuple[float, ...] = LOAD_G) -> None:
    for t in np.arange(since, until, 0.05):
        core.step(Counts(float(t), "main", np.array(load_g)))


def order(core: Core, payload: CommandPayload, id: str = "o1", at: float = 3.0) -> Result:
    (answer, *_) = core.step(Command(at, id, payload))
    assert isinstance(answer, Answer)
    return answer.result


def units(core: Core) -> dict[tuple[str, str | None], int | None]:
    return {(x.lane, x.gtin): x.units for x in core.attendant.ledger.stock.state().lanes}


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (SetMode(mode="staff"), "mode is staff"),
        (SetMode(mode="maintenance"), "mode is maintenance"),
        (CountStock(lane="cola", units=11), "lane 'cola' holds 11 units"),
        (CountStock(lane="mixed", units=0, gtin=SOAP), "lane 'mixed' holds 0 units"),
        (Tare(lane="cola"), "lane 'cola' is empty and weighs 0 g"),
    ],
)
def test_an_order_is_done_and_says_what_is_so_now(core: Core, payload: CommandPayload, says: str) -> None:
    assert order(core, payload) == Result(id="o1", command=payload.kind, outcome="done", message=says)


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        (CountStock(lane="nowhere", units=1), "name a lane of the planogram"),
        (CountStock(lane="mixed", units=1), "the gtin where two share it"),
        (CountStock(lane="cola", units=1, gtin=SOAP), "name a lane"),
        (CountStock(lane="cola", units=-1), "a count is 0 or more"),
        (Tare(lane="nowhere"), "name a lane of the planogram"),
        (Tare(lane="dead"), "shelfd doctor"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_to_do_and_changes_nothing(
    core: Core, payload: CommandPayload, hint: str
) -> None:
    before = units(core)
    result = order(core, payload)
    assert result.outcome == "refused"
    assert hint in result.message
    assert units(core) == before


def test_a_lane_under_a_hand_is_not_tared(core: Core) -> None:
    order(core, SetMode(mode="staff"), id="o0")
    weigh(core, 3.0, 3.3, (2900.0, 960.0, float("nan")))
    result = order(core, Tare(lane="cola"), at=3.3)
    assert result.outcome == "refused" and "take the hands off" in result.message
    weigh(core, 3.3, 5.0)
    assert order(core, Tare(lane="cola"), id="o2", at=5.0).outcome == "done"


def test_tare_makes_the_lane_empty_and_zero(core: Core) -> None:
    order(core, Tare(lane="mixed"))
    assert {key: n for key, n in units(core).items() if key[0] == "mixed"} == {("mixed", CHIPS): 0, ("mixed", SOAP): 0}
    assert core.attendant.weighers["main"].level_g(1) == 0.0
    assert core.attendant.weighers["main"].level_g(0) == pytest.approx(2070.0)


def test_an_order_that_comes_again_gets_its_answer_and_is_not_done_again(core: Core) -> None:
    first = order(core, CountStock(lane="cola", units=11))
    order(core, CountStock(lane="cola", units=3), id="o2")
    assert order(core, CountStock(lane="cola", units=11)) == first
    assert units(core)[("cola", COLA)] == 3


def test_an_id_means_one_order_whatever_else_comes_under_it(core: Core) -> None:
    first = order(core, SetMode(mode="staff"))
    assert order(core, Tare(lane="cola")) == first
    assert units(core)[("cola", COLA)] == 6


def test_a_refusal_is_remembered_too(core: Core) -> None:
    assert order(core, Tare(lane="dead")) == order(core, Tare(lane="dead"))


def test_what_an_order_changed_is_told_behind_its_answer(core: Core) -> None:
    answer, *states = core.step(Command(3.0, "o1", CountStock(lane="cola", units=1)))
    assert isinstance(answer, Answer)
    stock = next(s.payload for s in states if isinstance(s, State) and isinstance(s.payload, StockState))
    assert (stock.lanes[0].units, stock.lanes[0].level) == (1, "low")
    assert core.step(Command(3.1, "o1", CountStock(lane="cola", units=1))) == (answer,)


def test_the_oldest_answers_are_forgotten_first(core: Core) -> None:
    for i in range(REMEMBERED + 1):
        order(core, CountStock(lane="cola", units=i), id=f"o{i}")
    kept = [row[0] for row in core.desk.orders.snapshot()["answered"]]
    assert (len(kept), kept[0], kept[-1]) == (REMEMBERED, "o1", f"o{REMEMBERED}")


def test_what_was_answered_is_known_after_a_restart(core: Core) -> None:
    first = order(core, CountStock(lane="cola", units=11))
    refused = order(core, Tare(lane="dead"), id="o2")
    again = Orders()
    again.restore(json.loads(json.dumps(plain(core.desk.orders.snapshot()))))
    core.desk.orders = again
    order(core, CountStock(lane="cola", units=2), id="o3")
    assert order(core, CountStock(lane="cola", units=11)) == first
    assert order(core, Tare(lane="dead"), id="o2") == refused
    assert units(core)[("cola", COLA)] == 2
