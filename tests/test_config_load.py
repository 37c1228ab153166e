"""A TOML file becomes a Config, or a list of everything that is wrong in it."""

from __future__ import annotations

import copy
import functools
import json
import math
import operator
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config import load as loading
from agent.config.load import from_dict, load, read_text, to_dict, usable
from agent.config.problem import ConfigError, did_you_mean
from agent.config.schema import Broker, Cell, Config, Device, Lane, Scale

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
DEVICE = '[device]\nstore = "s"\nid = "d"\n'
SCALE = '[[scale]]\nname = "main"\ndriver = "and"\nport = "/dev/ttyUSB0"\n[[scale.cell]]\nname = "a1"\n'
LANE = '[[lane]]\nname = "cola"\ncells = ["a1"]\ngtin = "6901234567892"\n'


def problems(text: str) -> dict[str, str]:
    """Path -> message of everything wrong with `text`."""
    with pytest.raises(ConfigError) as caught:
        usable(read_text(text))
    return {problem.path: problem.message for problem in caught.value.problems}


def test_a_device_alone_is_a_configuration_with_defaults():
    config = usable(read_text(DEVICE))
    assert config == Config(device=Device(store="s", id="d"))
    assert config.broker == Broker() and config.scales == ()


def test_tables_in_the_singular_become_tuples_in_their_order():
    config = usable(read_text(DEVICE + SCALE + '[[scale.cell]]\nname = "a2"\ncounts_per_gram = -4\n' + LANE))
    assert [cell.name for cell in config.scales[0].cells] == ["a1", "a2"]
    assert config.scales[0].cells[1].counts_per_gram == -4.0
    assert type(config.scales[0].cells[1].counts_per_gram) is float  # an integer is fine where a fraction is wanted
    assert config.lanes[0].gtin == "06901234567892"


def test_all_mistakes_are_told_at_once_each_with_its_path():
    text = """
colour = "red"
[device]
store = 7
[broker]
port = 70000
tls = "yes"
[[scale]]
name = "main"
driver = "toledo-8127"
port = "/dev/ttyUSB0"
rate_hz = nan
[[scale.cell]]
name = "a1"
tear_counts = 5
poll_s = 0.1
[[lane]]
cells = "a1"
gtin = "69-01"
unit_g = 0.5
units = 2.5
"""
    found = problems(text)
    assert found == {
        "colour": "unknown key",
        "device.store": "7 is not text in quotes",
        "device.id": "missing: unique in the store; names the device in topics and event ids",
        "broker.port": "70000 is out of bounds: use 1 to 65535",
        "broker.tls": '"yes" is not true or false',
        "scale[0].driver": found["scale[0].driver"],
        "scale[0].rate_hz": "nan is too large or no number; write what was measured",
        "scale[0].cell[0].tear_counts": "unknown key, did you mean `tare_counts`?",
        "scale[0].cell[0].poll_s": "unknown key; it belongs below [[scale]]",
        "lane[0].name": "missing: unique, except where two products share the same cells",
        "lane[0].cells": '"a1" stands where a list belongs; write square brackets, as in ["a", "b"]',
        "lane[0].gtin": "'69-01' is no GTIN: write digits only, without blanks, dashes or letters",
        "lane[0].unit_g": "0.5 is out of bounds: use 1 to 50000 g",
        "lane[0].units": "2.5 is not a whole number",
    }
    assert found["scale[0].driver"].endswith("did you mean `toledo-8217`?")


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("", "device", "missing: write [device] with store and id"),
        ("device = 3", "device", "3 stands where a table belongs; write [device], its keys below"),
        (DEVICE + "[broker]\nport = true", "broker.port", "true is not a whole number"),
        (DEVICE + "[broker]\nport = 1883.0", "broker.port", "1883.0 is not a whole number"),
        (DEVICE + "[outbox]\nmax_mb = inf", "outbox.max_mb", "inf is too large or no number; write what was measured"),
        (DEVICE + "[outbox]\nmax_mb = false", "outbox.max_mb", "false is not a number"),
        (DEVICE + '[outbox]\nmax_mb = "64"', "outbox.max_mb", '"64" is not a number'),
        (DEVICE + '[lane]\nname = "x"', "lane", "a table stands where a list belongs; write [[lane]]"),
        (DEVICE + "lane = [1]", "device.lane", "unknown key"),
        ("lane = [1]\n" + DEVICE, "lane[0]", "1 stands where a table belongs; write [[lane]], its keys below"),
        (DEVICE + SCALE + "tare_counts = 0x" + "f" * 9000, "scale[0].cell[0].tare_counts", "too large or no number"),
        (DEVICE + '[broker]\n"\\u001b[31m" = 1', 'broker."\\x1b[31m"', "unknown key"),
        (DEVICE + '[broker]\nhost = ["\\u001b[2J"]', "broker.host", "a list is not text in quotes"),
        (DEVICE + "\n[lanes]", "lanes", "unknown key, did you mean `lane`?"),
        (
            DEVICE + '[[scale]]\nname="m"\ndriver="and"\nport="p"',
            "scale[0].cell",
            "missing: write [[scale.cell]] with name",
        ),
        (DEVICE + LANE + "cells = [1]\n", "", "this is no TOML: Cannot overwrite a value (at line 8,"),
        (DEVICE + "x = " + "[" * 60_000, "", "nested too deeply"),
        (DEVICE + "x = 1" + "0" * 5_000, "", "this is no TOML"),
        ("key = ", "", "this is no TOML: Invalid value"),
    ],
)
def test_one_mistake_one_sentence(text, path, message):
    found = problems(text)
    assert list(found) == [path]
    assert message in found[path]


def test_a_file_may_not_be_larger_than_its_limit(tmp_path):
    fits = DEVICE + "#" * (loading.MAX_BYTES - len(DEVICE))
    (tmp_path / "fits.toml").write_text(fits)
    (tmp_path / "large.toml").write_text(fits + "#")
    assert load(tmp_path / "fits.toml").device.id == "d"
    with pytest.raises(ConfigError, match="larger than 1048576 bytes"):
        load(tmp_path / "large.toml")


def test_text_of_another_encoding_is_named_by_its_line(tmp_path):
    (tmp_path / "latin.toml").write_bytes(DEVICE.encode() + 'title = "Käse"'.encode("latin-1"))
    with pytest.raises(ConfigError, match="line 4 is no UTF-8 text"):
        load(tmp_path / "latin.toml")


def test_a_byte_order_mark_is_passed_over_and_lines_are_counted_as_ever(tmp_path):
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbf" + DEVICE.encode())
    assert load(tmp_path / "marked.toml").device.id == "d"
    (tmp_path / "latin.toml").write_bytes(b"\xef\xbb\xbf" + DEVICE.encode() + b"\xe4")
    with pytest.raises(ConfigError, match="line 4 is no UTF-8 text"):
        load(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (DEVICE + LANE + "cells = [1]\n", 8),
        ('[device]\nid = "x\n', 2),
        ("a = 1\n[device", 2),
        ("x = 1" + "0" * 5_000, None),
    ],
)
def test_what_is_no_toml_is_named_by_its_line(text, line):
    with pytest.raises(ConfigError) as caught:
        read_text(text)
    assert [problem.line for problem in caught.value.problems] == [line]


def test_a_missing_file_is_no_config_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_survive_the_way_through_json(path):
    config = load(path)
    assert from_dict(json.loads(json.dumps(to_dict(config)))) == config


def test_plain_values_use_the_names_of_the_file_and_leave_out_what_is_not_given():
    lane = Lane(name="cola", cells=("a1",), gtin="06901234567892")
    scale = Scale(name="main", driver="and", port="/dev/ttyUSB0", cells=(Cell(name="a1"),))
    plain = to_dict(Config(device=Device(store="s", id="d"), scales=(scale,), lanes=(lane,)))
    assert plain["scale"][0]["cell"][0]["name"] == "a1" and plain["lane"][0]["cells"] == ["a1"]
    assert "unit_g" not in plain["lane"][0]
    plain["lane"][0]["unit_g"] = None  # JSON can say it, TOML cannot
    assert from_dict(plain).lanes == (lane,)


def test_no_name_is_suggested_where_none_is_near():
    assert did_you_mean("tear_counts", ["tare_counts", "name"]) == ", did you mean `tare_counts`?"
    assert did_you_mean("zzz", ["tare_counts", "name"]) == ""


JUNK = (None, True, 0, -1, 2.5, 10**400, 1e308, math.nan, -math.inf, "", "a1", "69", "x" * 99, "\x1b[2J", [], {}, [{}])
SOUND = to_dict(usable(read_text(DEVICE + SCALE + LANE + 'unit_g = 345\n[[product]]\ngtin = "96385074"\n')))


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Every place inside plain values, as the keys and indices that lead there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, entry in inside for place in places(entry, (*path, key))]


def spoil(data: dict, place: tuple, junk: object, how: str) -> None:
    """Makes something wrong (or merely different) at `place`; nothing where an earlier spoiling took the place away."""
    try:
        holder = functools.reduce(operator.getitem, place[:-1], data)
        if how == "remove":
            del holder[place[-1]]
        elif how == "add" and isinstance(holder, dict):
            holder["odd key"] = junk
        else:
            holder[place[-1]] = junk
    except (TypeError, LookupError):
        return


PLACES = places(SOUND)


@settings(derandomize=True, max_examples=4_000, deadline=None)  # of three damages at most, in one file each
@given(st.integers(0, 2**32))
def test_any_value_in_any_place_gives_a_config_or_a_config_error(seed):
    chance, data = random.Random(seed), copy.deepcopy(SOUND)
    for _ in range(chance.randint(1, 3)):
        spoil(data, chance.choice(PLACES), chance.choice(JUNK), chance.choice(["remove", "add", "replace"]))
    try:
        config = from_dict(data)
    except ConfigError as error:
        assert error.problems and all(str(problem).isprintable() for problem in error.problems)
    else:
        assert from_dict(to_dict(config)) == config


@settings(derandomize=True, max_examples=1_000, deadline=None)
@given(st.text(max_size=80).map(lambda text: DEVICE + text))
def test_any_text_gives_a_config_or_a_config_error(text):
    try:
        assert usable(read_text(text)).device.id == "d"
    except ConfigError as error:
        assert error.problems
