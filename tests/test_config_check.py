"""What keys must mean together: each rule finds what it is for, and nothing in a sound shelf."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from agent.config.check import MANY_CELLS, check, demand, is_loopback
from agent.config.problem import ConfigError
from agent.config.schema import Broker, Cell, Config, Device, Lane, Product, Scale, Tracks
from agent.sensors.scale.boxes import box_for
from agent.sensors.scale.protocol import ScaleError

COLA = "06901234567892"
CHOCOLATE = "09506000134352"
WRONG_DIGIT = "06901234567890"


def scale(*cells: str, name="main", driver="shelfd-lines", port="/dev/ttyUSB0", **keys) -> Scale:
    return Scale(name=name, driver=driver, port=port, cells=tuple(Cell(name=cell) for cell in cells), **keys)


def lane(name="cola", cells=("a1",), gtin=COLA, unit_g=345.0, **keys) -> Lane:
    return Lane(name=name, cells=cells, gtin=gtin, unit_g=unit_g, **keys)


SOUND = Config(
    device=Device(store="corner-shop", id="aisle-1"),
    scales=(scale("a1", "a2", "a3"),),
    lanes=(
        lane(),
        lane("sweets", ("a2", "a3"), CHOCOLATE, 108.0, facing_units=8),
        lane("sweets", ("a3", "a2"), "00614141007349", 262.0),
    ),
    products=(Product(gtin="10614141007346", unit_g=512.0),),
)


def found(**changes) -> dict[str, tuple[str, str]]:
    """Path -> (severity, message) of the problems of the sound shelf after `changes`; an error before a warning."""
    problems = sorted(check(replace(SOUND, **changes)), key=lambda problem: problem.severity == "error")
    return {problem.path: (problem.severity, problem.message) for problem in problems}


def test_a_sound_shelf_has_no_problems():
    assert check(SOUND) == []
    assert demand(SOUND) == []


@pytest.mark.parametrize(
    ("changes", "path", "severity", "message"),
    [
        # identity and broker
        ({"device": Device(store="a/b", id="d")}, "device.store", "error", "letters, digits"),
        ({"device": Device(store="s", id="+")}, "device.id", "error", "letters, digits"),
        ({"broker": Broker(host="broker.example")}, "broker.tls", "error", "not this machine: set tls = true"),
        ({"broker": Broker(host="mqtt://127.0.0.1")}, "broker.host", "error", "without mqtt://"),
        ({"broker": Broker(host="")}, "broker.host", "error", "no host"),
        ({"broker": Broker(tls=True, port=8884)}, "broker.ca_file", "error", "trusts nobody"),
        ({"broker": Broker(ca_file="ca.pem")}, "broker.tls", "error", "tls is off"),
        ({"broker": Broker(tls=True, port=8883, ca_file="a", cert_file="c")}, "broker.key_file", "error", "both or"),
        ({"broker": Broker(tls=True, port=8883, ca_file="a", key_file="k")}, "broker.cert_file", "error", "both or"),
        ({"broker": Broker(username="u")}, "broker.password_file", "error", "both or neither"),
        ({"broker": Broker(port=8883)}, "broker.port", "warning", "1883 without TLS"),
        ({"broker": Broker(tls=True, ca_file="a", port=1883)}, "broker.port", "warning", "8883 with TLS"),
        # wiring
        ({"scales": (*SOUND.scales, scale("b1", port="/dev/ttyS0"))}, "scale[1].name", "error", '"main" is already at'),
        ({"scales": (scale("a1", "a2", "a3", "a1"),)}, "scale[0].cell[3].name", "error", "already at scale[0].cell[0]"),
        ({"scales": (scale("a1", "a2", "a3", "x\x1b"),)}, "scale[0].cell[3].name", "error", "printable"),
        ({"scales": (*SOUND.scales, scale("b1", name="b"))}, "scale[1].port", "error", "scale[0] already reads"),
        ({"scales": (scale("a1", "a2", "a3", port=""),)}, "scale[0].port", "error", "shelfd doctor"),
        ({"scales": (*SOUND.scales, scale(name="b", port="/dev/b"))}, "scale[1].cell", "error", "has no cell"),
        ({"scales": (scale("a1", "a2", "a3", driver="mt-sics"),)}, "scale[0].cell", "error", "sends one weight"),
        (
            {"scales": (scale("a1", "a2", "a3", driver="modbus-rtu", modbus_register=65531),)},
            "scale[0].modbus_register",
            "error",
            "begin lower",
        ),
        (
            {"scales": (scale("a1", "a2", "a3", *map(str, range(60)), driver="modbus-rtu"),)},
            "scale[0].cell",
            "error",
            "62 cells",
        ),
        ({"tracks": Tracks(socket="run/tracks.sock")}, "tracks.socket", "error", "from / on"),
        ({"tracks": Tracks(socket="/" + "x" * 107)}, "tracks.socket", "error", "107 bytes"),
        # the planogram
        ({"lanes": (lane(cells=()),)}, "lane[0].cells", "error", "has no cell"),
        ({"lanes": (lane(cells=("a11",)),)}, "lane[0].cells[0]", "error", "did you mean `a1`?"),
        ({"lanes": (lane(cells=("a1", "a1")),)}, "lane[0].cells[1]", "error", "named twice"),
        ({"lanes": (lane(name=""),)}, "lane[0].name", "error", "no name"),
        ({"lanes": (lane(), lane(cells=("a2",)))}, "lane[1].name", "error", "with other cells"),
        ({"lanes": (lane(), lane("x", ("a1", "a2")))}, "lane[1].cells", "error", "a1 already carries lane[0]"),
        ({"lanes": (lane(), lane())}, "lane[1].gtin", "error", "the same lane and product"),
        ({"lanes": (lane(), lane("x"))}, "lane[1].gtin", "warning", "one is enough"),
        ({"lanes": (lane(), lane(gtin=CHOCOLATE))}, "lane[1].unit_g", "warning", "cannot tell these products apart"),
        (
            {"lanes": (lane(), lane(gtin=CHOCOLATE, unit_g=None))},
            "lane[1].unit_g",
            "error",
            "told apart by their weight",
        ),
        ({"lanes": (lane(unit_g=None, units=3),)}, "lane[0].units", "error", "counted by weight"),
        ({"lanes": (lane(unit_g=None, facing_units=3),)}, "lane[0].facing_units", "error", "counted by weight"),
        ({"lanes": (lane(min_step_g=346),)}, "lane[0].min_step_g", "error", "would be no event"),
        ({"lanes": (lane(facing_units=4, low_units=5),)}, "lane[0].low_units", "error", "always be low"),
        ({"lanes": (lane(left_m=0.5, right_m=0.2, top_m=1),)}, "lane[0].left_m", "error", "swap or mend"),
        ({"lanes": (lane(left_m=0.5, right_m=0.9),)}, "lane[0].bottom_m", "error", "swap or mend"),
        (
            {"lanes": (lane(right_m=0.3, top_m=0.2), lane("x", ("a2",), left_m=0.1, right_m=0.4, top_m=0.2))},
            "lane[1].left_m",
            "warning",
            "lies over that of lane[0]",
        ),
        ({"lanes": (lane(gtin=WRONG_DIGIT),)}, "lane[0].gtin", "warning", "check digit of 06901234567890 is wrong"),
        ({"lanes": (lane(gtin="x"),)}, "lane[0].gtin", "error", "digits only"),
        ({"lanes": (*SOUND.lanes[1:],)}, "scale[0].cell[0].name", "warning", 'no lane stands on cell "a1"'),
        ({"products": (Product(gtin=COLA, unit_g=350.0),)}, "product[0].unit_g", "warning", "345 g at lane[0]"),
        ({"products": (Product(gtin=WRONG_DIGIT),)}, "product[0].gtin", "warning", "check digit"),
        ({"products": (Product(gtin=COLA),)}, "product[0].unit_g", "warning", "never recognised"),
        (
            {"products": (Product(gtin=COLA, unit_g=345),) * 2},
            "product[1].gtin",
            "error",
            "already listed at product[0]",
        ),
    ],
)
def test_each_rule_finds_what_it_is_for(changes, path, severity, message):
    problems = found(**changes)
    assert path in problems, f"found only {problems}"
    assert problems[path][0] == severity
    assert message in problems[path][1]


@pytest.mark.parametrize(
    "other",
    [
        {"left_m": 0.29, "right_m": 0.6, "top_m": 0.2},  # a finger's breadth over the border
        {"left_m": 0.0, "right_m": 0.3, "bottom_m": 0.2, "top_m": 0.4},  # the board above
        {},  # no box
    ],
)
def test_boxes_side_by_side_and_above_each_other_are_no_overlap(other):
    told = found(lanes=(lane(right_m=0.3, top_m=0.2), lane("x", ("a2",), **other)))
    assert not [message for _, message in told.values() if "lies over" in message]


def test_a_cell_that_turns_weight_into_nothing_or_is_full_when_empty():
    dead = Cell(name="a1", counts_per_gram=0.0)
    full = Cell(name="a2", tare_counts=-8_388_607.0)
    unlimited = Cell(name="a3", tare_counts=9e9, saturation_counts=0.0)
    problems = found(scales=(replace(SOUND.scales[0], cells=(dead, full, unlimited)),))
    assert list(problems) == ["scale[0].cell[0].counts_per_gram", "scale[0].cell[1].tare_counts"]


@pytest.mark.parametrize("driver", MANY_CELLS)
def test_some_boxes_carry_many_cells(driver):
    assert found(scales=(scale("a1", "a2", "a3", driver=driver),)) == {}


@pytest.mark.parametrize(("line", "odd"), [((7, "E", 1), False), ((8, "N", 1), True), ((7, "E", 2), True)])
def test_toledo_8217_talks_7e1(line, odd):
    bytesize, parity, stopbits = line
    box = scale("a1", driver="toledo-8217", bytesize=bytesize, parity=parity, stopbits=stopbits)
    problems = found(scales=(box,), lanes=(lane(),))
    assert problems == ({"scale[0].parity": ("warning", problems["scale[0].parity"][1])} if odd else {})


def box_refuses(one: Scale) -> bool:
    """Whether the driver itself would refuse this table when it opens the box."""
    try:
        box_for(one)
    except ScaleError as error:
        assert error.code == "bad_config"
        return True
    return False


@pytest.mark.parametrize("driver", next(f for f in fields(Scale) if f.name == "driver").metadata["choices"])
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"poll_s": 0.5},
        {"openscale_fields": ("unit", "weight")},
        {"openscale_fields": ("weight",)},
        {"openscale_fields": ("weight", "unit", "unit")},
        {"openscale_fields": ("millis", "weight", "unit", "raw", "local_c", "remote_c")},
    ],
    ids=str,
)
def test_what_a_driver_would_refuse_is_told_before(driver, keys):
    box = scale("a1", driver=driver, **keys)
    told = [problem for problem in check(replace(SOUND, scales=(box,), lanes=(lane(),))) if problem.severity == "error"]
    if driver == "openscale" or "openscale_fields" not in keys:  # elsewhere the key is odd and does no harm
        assert bool(told) == box_refuses(box)


@pytest.mark.parametrize("cells", [62, 63])
def test_as_many_modbus_cells_as_one_question_carries(cells):
    box = scale(*map(str, range(cells)), driver="modbus-rtu")
    assert ("scale[0].cell" in found(scales=(box,), lanes=())) == box_refuses(box) == (cells > 62)


def test_cells_of_two_scales_cannot_be_summed():
    two = (*SOUND.scales, scale("b1", name="other", port="/dev/ttyS0"))
    problems = found(scales=two, lanes=(lane(cells=("a1", "b1")), *SOUND.lanes[1:]))
    assert list(problems) == ["lane[0].cells"]
    assert "cells of 2 scales (main, other)" in problems["lane[0].cells"][1]


def test_two_products_share_a_stretch_whatever_the_order_of_its_cells():
    assert found(lanes=SOUND.lanes) == {}
    heavier = replace(SOUND.lanes[2], name="other name")
    assert found(lanes=(*SOUND.lanes[:2], heavier)) == {}


def test_a_shelf_without_scale_and_lane_is_odd_but_allowed():
    problems = check(Config(device=Device(store="s", id="d")))
    assert [(problem.path, problem.severity) for problem in problems] == [("", "warning"), ("", "warning")]


def test_errors_are_demanded_away_with_all_problems_and_warnings_are_handed_on():
    odd = replace(SOUND, lanes=(lane(gtin=WRONG_DIGIT), *SOUND.lanes[1:]))
    assert [problem.severity for problem in demand(odd)] == ["warning"]
    with pytest.raises(ConfigError) as caught:
        demand(replace(odd, device=Device(store="#", id="d")))
    assert {problem.path for problem in caught.value.problems} == {"device.store", "lane[0].gtin"}


def test_problems_come_in_the_order_of_the_file():
    lanes = tuple(lane(f"lane {i}", gtin=WRONG_DIGIT) for i in range(12))
    paths = [problem.path for problem in check(replace(SOUND, lanes=lanes)) if problem.path.startswith("lane")]
    assert paths.index("lane[2].gtin") < paths.index("lane[10].gtin")


def test_a_thousand_lanes_on_one_cell_do_not_take_for_ever():
    lanes = tuple(lane(f"lane {i}", gtin=f"{i:014}", unit_g=100.0) for i in range(4_000))
    assert len(check(replace(SOUND, lanes=lanes))) < 4 * len(lanes)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("pi", False)],
)
def test_only_this_machine_is_loopback(host, loopback):
    assert is_loopback(host) is loopback
