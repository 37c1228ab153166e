"""Somebody lays a known mass, presses a button, or orders from afar what would do harm."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from store import Store
from told import pick

from agent.config.schema import Buttons
from agent.messages import ButtonPressed, ConfigSet, Lamp, Tick
from wire.commands import Calibrate, CountStock, Restart, SetMode, Tare


@pytest.fixture
def shelf(store: Store) -> Store:
    """Four colas; an empty lane that staff have tared; one that nobody ever counted."""
    store.lane("cola", unit_g=345, units=4, plates=2)
    store.lane("tea", unit_g=280, units=0, stands=0)
    store.lane("nuts", unit_g=200, stands=3)
    store.command(SetMode(mode="maintenance"), at=1.0, id="begin")
    store.command(Tare(lane="tea"), at=1.5, id="tea")
    store.command(SetMode(mode="open"), at=1.6, id="open")
    return store


def with_light(store: Store) -> Store:
    """The same with a light at a pin."""
    physics, config = store._mount()
    store._mounted = physics, replace(config, buttons=Buttons(led_pin=22))
    return store


def messages(store: Store) -> list[str]:
    """What was answered, but for the fixture's own orders."""
    ours = ("begin", "tea", "open")
    return [f"{answer.outcome}: {answer.message}" for answer in store.answers if answer.id not in ours]


def lamps(store: Store) -> list[Lamp]:
    return [output for output in store.outputs if isinstance(output, Lamp)]


def emptied_and_loaded(store: Store, mass_g: float, at: float) -> None:
    """Maintenance begins, the cola goes, the lane is tared, a mass is laid in."""
    store.command(SetMode(mode="maintenance"), at=at)
    store.weight("cola", by=-1380.0, at=at + 1.0)
    store.command(Tare(lane="cola"), at=at + 4.0)
    store.weight("cola", by=mass_g, at=at + 5.0)


# -- calibrate ---------------------------------------------------------------------------------------------------------


def test_a_known_mass_tells_the_lane_what_it_weighs_from_here_on(shelf: Store) -> None:
    emptied_and_loaded(shelf, 1880.0, at=2.0)  # a mass of 2000 g, of which the plates show 6 % too little
    shelf.command(Calibrate(lane="cola", mass_g=2000.0), at=11.0)
    shelf.played(13)
    assert messages(shelf)[-1].startswith("done: lane 'cola' said 1")
    weigher = shelf.core.attendant.weighers["main"]
    assert weigher.level_g(0) == pytest.approx(2000.0, abs=4.0)
    assert not weigher.moving(0)
    shelf.weight("cola", by=-940.0, at=14.0)  # half of it goes
    shelf.played(18)
    assert weigher.level_g(0) == pytest.approx(1000.0, abs=15.0)
    assert weigher.level_g(1) == pytest.approx(0.0, abs=8.0)  # the neighbour weighs as before


def test_what_was_learned_outlives_a_restart(shelf: Store) -> None:
    emptied_and_loaded(shelf, 1880.0, at=2.0)
    shelf.command(Calibrate(lane="cola", mass_g=2000.0), at=11.0)
    shelf.played(13)
    shelf.restart(off_s=5.0)
    shelf.played(26)
    assert shelf.core.attendant.weighers["main"].level_g(0) == pytest.approx(2000.0, abs=4.0)


def test_it_lies_over_the_configured_calibration_and_goes_with_it(shelf: Store) -> None:
    emptied_and_loaded(shelf, 1880.0, at=2.0)
    shelf.command(Calibrate(lane="cola", mass_g=2000.0), at=11.0)
    shelf.tell(ConfigSet(14.0, shelf.config, 2, "li.wei"))
    shelf.played(18)
    trim = shelf.core.attendant.weighers["main"].trimmed
    assert trim(0) == pytest.approx(2000.0 / 1880.0 - 1.0, abs=0.02)
    (scale,) = shelf.config.scales
    cells = tuple(replace(cell, counts_per_gram=cell.counts_per_gram * 0.94) for cell in scale.cells)
    shelf.tell(ConfigSet(19.0, replace(shelf.config, scales=(replace(scale, cells=cells),)), 3, "li.wei"))
    shelf.played(20)
    assert shelf.core.attendant.weighers["main"].trimmed(0) == 0.0


def test_more_than_a_fifth_is_no_calibration_also_in_two_steps(shelf: Store) -> None:
    emptied_and_loaded(shelf, 1880.0, at=2.0)
    shelf.command(Calibrate(lane="cola", mass_g=2500.0), at=10.0)
    shelf.command(Calibrate(lane="cola", mass_g=2150.0), at=11.0)
    shelf.command(Calibrate(lane="cola", mass_g=2400.0), at=12.0)
    shelf.played(13)
    assert [said.partition(":")[0] for said in messages(shelf)[-3:]] == ["refused", "done", "refused"]
    assert "20 %" in messages(shelf)[-1]
    assert shelf.core.attendant.weighers["main"].trimmed(0) == pytest.approx(2150.0 / 1880.0 - 1.0, abs=0.02)


@pytest.mark.parametrize(
    ("mode", "tare", "mass_g", "hint"),
    [
        ("open", True, 2000.0, "order set_mode maintenance"),
        ("staff", True, 2000.0, "order set_mode maintenance"),
        ("maintenance", False, 2000.0, "not tared in the last 15 minutes"),
        ("maintenance", True, 12.0, "take a mass of"),
    ],
)
def test_a_mass_that_would_tell_nothing_is_refused(
    shelf: Store, mode: str, tare: bool, mass_g: float, hint: str
) -> None:
    shelf.command(SetMode(mode=mode), at=2.5)  # type: ignore[arg-type]
    if tare:
        shelf.command(Tare(lane="tea"), at=4.0)
    shelf.command(Calibrate(lane="tea", mass_g=mass_g), at=6.0)
    shelf.played(7)
    assert hint in messages(shelf)[-1]
    assert shelf.core.attendant.weighers["main"].trimmed(1) == 0.0


def test_a_tare_of_before_the_restart_does_not_count(shelf: Store) -> None:
    emptied_and_loaded(shelf, 1880.0, at=2.0)
    shelf.played(10)
    shelf.restart(off_s=5.0)
    shelf.command(Calibrate(lane="cola", mass_g=2000.0), at=22.0)
    shelf.played(23)
    assert "not tared" in messages(shelf)[-1]


# -- tare and count ----------------------------------------------------------------------------------------------------


def test_in_the_open_shop_only_a_lane_that_looks_empty_is_tared(shelf: Store) -> None:
    for at, lane in ((3.0, "cola"), (4.0, "tea"), (5.0, "nuts")):
        shelf.command(Tare(lane=lane), at=at)
    shelf.played(6)
    anyway = "empty it, or order it in mode staff or maintenance, where nobody asks"
    assert [re.sub(r"-?[0-9]+ g: ", "? g: ", said) for said in messages(shelf)] == [
        f"refused: lane 'cola' holds 4 units by count: {anyway}",
        "done: lane 'tea' is empty and weighs 0 g",
        f"refused: lane 'nuts' weighs ? g: {anyway}",
    ]


def test_staff_may_say_that_a_lane_is_empty_whatever_was_counted(shelf: Store) -> None:
    shelf.command(SetMode(mode="staff"), at=2.0)
    shelf.command(Tare(lane="nuts"), at=4.0)
    shelf.played(5)
    assert messages(shelf)[-1] == "done: lane 'nuts' is empty and weighs 0 g"
    assert shelf.stock("nuts").units == 0


def test_a_lane_with_a_hand_in_it_is_neither_tared_nor_counted(shelf: Store) -> None:
    shelf.press("tea", by=0.5, at=3.0, lasts_s=3.0, visitor="ann")  # touches it, and hardly weighs
    shelf.command(Tare(lane="tea"), at=4.5)
    shelf.command(CountStock(lane="tea", units=3), at=4.6)
    shelf.command(CountStock(lane="tea", units=3), at=9.0)
    shelf.played(10)
    assert [said.partition(":")[0] for said in messages(shelf)] == ["refused", "refused", "done"]
    assert "hand" in messages(shelf)[0] and "in motion" in messages(shelf)[1]


def test_a_lane_whose_scale_is_away_can_be_counted_but_not_tared(shelf: Store) -> None:
    shelf.scale_lost(since=3.0, until=20.0)
    shelf.command(Tare(lane="tea"), at=8.0)
    shelf.command(CountStock(lane="tea", units=3), at=9.0)
    shelf.played(10)
    assert "gives no reading" in messages(shelf)[0]
    assert messages(shelf)[1].startswith("done")


def test_no_restart_while_a_hand_is_in_the_open_shelf(shelf: Store) -> None:
    shelf.press("cola", by=300.0, at=3.0, lasts_s=3.0, visitor="ann")
    shelf.command(Restart(), at=4.0, id="r1")
    shelf.command(SetMode(mode="maintenance"), at=4.5)
    shelf.command(Restart(), at=4.6, id="r2")
    shelf.played(5)
    assert "somebody reaches into cola" in messages(shelf)[0]
    assert [answer.id for answer in shelf.answers][3:] == ["r1", "order-4.5"]  # r2 is under way


# -- buttons -----------------------------------------------------------------------------------------------------------


def test_the_staff_button_goes_there_and_back(shelf: Store) -> None:
    shelf.tell(ButtonPressed(3.0, "staff", 0.2))
    shelf.picks("sam", "cola", at=5.0)
    shelf.tell(ButtonPressed(9.0, "staff", 0.2))
    shelf.picks("ann", "cola", at=11.0)
    assert shelf.played(14)[-1] == pick("cola", by="ann")
    assert shelf.stock("cola").units == 2
    assert [(lamp.pattern, lamp.signal, lamp.says) for lamp in lamps(shelf)] == [
        ("staff", "done", "button staff: mode is staff"),
        ("on", "done", "button staff: mode is open"),
    ]
    assert messages(shelf) == []


def test_maintenance_is_ended_by_a_long_press_only(shelf: Store) -> None:
    shelf.command(SetMode(mode="maintenance"), at=2.0)
    shelf.tell(ButtonPressed(3.0, "staff", 0.2))
    shelf.played(4)
    assert (lamps(shelf)[-1].pattern, lamps(shelf)[-1].signal) == ("maintenance", "refused")
    shelf.tell(ButtonPressed(5.0, "staff", 3.0))
    shelf.played(6)
    assert lamps(shelf)[-1] == Lamp("on", "done", "button staff: mode is open")


def test_the_tare_button_held_tares_what_is_empty_and_nothing_else(shelf: Store) -> None:
    shelf.tell(ButtonPressed(3.0, "tare", 0.4))
    shelf.tell(ButtonPressed(5.0, "tare", 3.0))
    shelf.played(4.9)
    weigher = shelf.core.attendant.weighers["main"]
    before = [weigher.level_g(i) for i in (0, 2)]
    shelf.played(5.5)
    assert [(lamp.signal, lamp.says) for lamp in lamps(shelf)] == [
        ("refused", "button tare: hold it for 3 s to tare empty lanes"),
        ("done", "button tare: tared, as they are empty: tea"),
    ]
    assert weigher.level_g(1) == pytest.approx(0.0, abs=0.5)
    assert [weigher.level_g(i) for i in (0, 2)] == pytest.approx(before, abs=2.0)
    assert (shelf.stock("cola").units, shelf.stock("nuts").units) == (4, None)


def test_the_tare_button_says_so_where_no_lane_is_empty(store: Store) -> None:
    store.lane("cola", unit_g=345, units=4)
    store.tell(ButtonPressed(3.0, "tare", 3.0))
    store.played(4)
    assert lamps(store)[-1].signal == "refused"
    assert "none looks empty" in lamps(store)[-1].says


def test_the_light_follows_mode_and_faults_where_there_is_one(shelf: Store) -> None:
    with_light(shelf)
    shelf.scale_lost(since=3.0, until=8.0)
    shelf.command(SetMode(mode="staff"), at=5.0)
    shelf.command(SetMode(mode="open"), at=6.0)
    shelf.played(20)
    assert [lamp.pattern for lamp in lamps(shelf)][2:] == ["on", "fault", "staff", "fault", "on"]
    assert all(lamp.signal == lamp.says == "" for lamp in lamps(shelf))


def test_a_new_process_tells_the_light_again(shelf: Store) -> None:
    with_light(shelf)
    shelf.played(3)
    shelf.restart(off_s=2.0)
    shelf.played(8)
    assert [lamp.pattern for lamp in lamps(shelf)][-2:] == ["on", "on"]


def test_a_fault_of_the_outbox_lights_up_too(shelf: Store) -> None:
    with_light(shelf)
    shelf.tell(Tick(2.5, None, False, outbox_faults=("uplink/not_authorised",)))
    shelf.played(2.9)
    assert lamps(shelf)[-1].pattern == "fault"
