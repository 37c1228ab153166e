"""Orders to a running core: done once, answered with a sentence, remembered over a restart."""

from __future__ import annotations

import json

import numpy as np
import pytest

from agent.config.schema import Cell, Config, Device, Lane, Scale
from agent.core import Core
from agent.messages import Answer, Command, Counts, Errand, ErrandDone, Output, Restored, State, Tick
from agent.orders import MOST_BYTES, MOST_ERRANDS, REMEMBERED, Orders
from agent.plain import plain
from wire.codec import encode
from wire.commands import (
    CommandPayload,
    CountStock,
    Diagnose,
    Identify,
    Introduce,
    Record,
    Restart,
    Result,
    SetMode,
    Tare,
)
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
        (CountStock(lane="mixed", units=1), "lane 'mixed' holds several products: say which with gtin, one of 0"),
        (CountStock(lane="cola", units=1, gtin=SOAP), f"lane 'cola' does not hold {SOAP}: its products are 0"),
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


# -- expiry ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall_s", "expires", "outcome", "hint"),
    [
        (1000.0, None, "done", "mode is staff"),
        (None, None, "done", "mode is staff"),
        (1000.0, 1003.0, "done", "mode is staff"),
        (1000.0, 1002.9, "refused", "expired"),
        (1000.0, 0.0, "refused", "expired"),
        (None, 1e11, "refused", "does not know the time"),
    ],
)
def test_an_order_is_not_done_after_its_time(
    core: Core, wall_s: float | None, expires: float | None, outcome: str, hint: str
) -> None:
    core.step(Tick(2.0, None if wall_s is None else wall_s + 2.0, wall_s is not None))
    result = order(core, SetMode(mode="staff", expires=expires))
    assert (result.outcome, core.attendant.mode) == (outcome, "staff" if outcome == "done" else "maintenance")
    assert hint in result.message


def test_what_was_done_in_time_is_answered_again_after_it(core: Core) -> None:
    core.step(Tick(2.0, 1002.0, True))
    first = order(core, SetMode(mode="staff", expires=1004.0))
    core.step(Tick(60.0, 1060.0, True))
    assert order(core, SetMode(mode="staff", expires=1004.0), at=60.0) == first


# -- errands -----------------------------------------------------------------------------------------------------------


def sent(outputs: tuple[Output, ...]) -> list[str]:
    return [output.id for output in outputs if isinstance(output, Errand)]


def answers(outputs: tuple[Output, ...]) -> list[tuple[str, str, str]]:
    results = [output.result for output in outputs if isinstance(output, Answer)]
    return [(result.id, result.outcome, result.message) for result in results]


@pytest.mark.parametrize("payload", [Identify(), Diagnose(), Record(seconds=5.0), Restart()])
def test_what_the_core_cannot_do_leaves_as_an_errand_and_is_answered_when_it_is_back(
    core: Core, payload: CommandPayload
) -> None:
    assert core.step(Command(3.0, "o1", payload))[0] == Errand("o1", payload)
    assert core.step(Command(3.1, "o1", payload)) == ()  # it is under way
    (id, outcome, message), *_ = answers(core.step(ErrandDone(9.0, "o1", "done", "as it should be")))
    assert (id, outcome) == ("o1", "done") and message.startswith("as it should be")
    assert sent(core.step(Command(10.0, "o1", payload))) == []
    assert core.step(ErrandDone(11.0, "o1", "done", "twice")) == ()


def test_a_refusal_of_the_shell_is_the_answer(core: Core) -> None:
    core.step(Command(3.0, "o1", Identify()))
    assert answers(core.step(ErrandDone(3.5, "o1", "refused", "no strip"))) == [("o1", "refused", "no strip")]


def test_an_errand_that_nobody_sent_says_nothing(core: Core) -> None:
    assert core.step(ErrandDone(3.0, "never", "done", "x")) == ()


def test_only_so_many_are_under_way(core: Core) -> None:
    for i in range(MOST_ERRANDS):
        assert sent(core.step(Command(3.0, f"o{i}", Identify()))) == [f"o{i}"]
    ((_, outcome, message),) = answers(core.step(Command(3.0, "more", Identify())))
    assert outcome == "refused" and "under way" in message
    assert sent(core.step(Command(3.0, "r", Restart()))) == ["r"]  # the way out stays open


def test_what_was_under_way_when_the_process_died_is_answered_by_the_next(core: Core) -> None:
    for id, payload in (("rec", Record(seconds=60.0)), ("off", Restart()), ("see", Diagnose())):
        core.step(Command(3.0, id, payload))
    core.step(ErrandDone(4.0, "see", "done", "all is well"))
    again = Core.restore(CONFIG, json.loads(json.dumps(core.snapshot())))
    told = answers(again.step(Restored(0.5, 2.0)))
    assert told == [
        ("rec", "refused", "the device restarted before it was done: send it again under another id"),
        ("off", "done", "the device has restarted"),
    ]
    assert answers(again.step(Command(1.0, "off", Restart()))) == [("off", "done", "the device has restarted")]
    assert sent(again.step(Command(1.0, "rec", Record(seconds=60.0)))) == []


def test_a_diagnosis_has_what_the_core_knows_of_streams_and_lanes(core: Core) -> None:
    core.step(Command(3.0, "o1", Diagnose()))
    ((_, _, message),) = answers(core.step(ErrandDone(3.5, "o1", "done", "four cores")))
    lines = message.splitlines()
    assert lines[0] == "four cores"
    assert "mode: maintenance" in lines and "faults: none" in lines
    assert "lane cola: 2070.0 g, noise 1.7 g, 6 units" in lines
    assert "lane dead: no reading yet, not counted" in lines


@pytest.mark.parametrize(
    "text", ["\x00" * 40_000, "\udcff" * 20_000, "\n" * 40_000, "\U0001f525" * 40_000, "长" * 40_000]
)
def test_whatever_the_shell_says_fits_into_one_message(core: Core, text: str) -> None:
    core.step(Command(3.0, "o1", Diagnose()))
    (answer, *_) = core.step(ErrandDone(3.5, "o1", "done", text))
    assert isinstance(answer, Answer)
    assert len(answer.result.message.encode()) <= MOST_BYTES
    assert encode(answer.result)
    (again,) = core.step(Command(4.0, "o1", Diagnose()))
    assert isinstance(again, Answer)
    assert len(again.result.message) < 500  # what is remembered goes into each snapshot


def test_nobody_is_introduced_who_is_not_there(core: Core) -> None:
    result = order(core, Introduce(visitor="v7", segments=("tea",)))
    assert result.outcome == "refused" and result.message
