"""`shelfd calibrate`: a person empties the scale, puts a known mass on it and takes it off; or is told why not."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_scale import FULL_SCALE, ScriptedScale, one_scale

from agent.commands import calibrate
from agent.commands.given import CommandError
from agent.commands.guide import parse_grams
from agent.messages import Counts
from agent.sensors.scale.protocol import ScaleError
from agent.weighing.diagnose import measure_cell
from agent.weighing.reference import CalibrationError, Limits, counts_per_gram, moved_instead, reference

SHELF = """# the corner shop
[device]
store = "corner"
id = "shelf-1"

[[scale]]
name = "main"     # under the counter
driver = "shelfd-lines"
port = "/dev/ttyUSB0"

[[scale.cell]]
name = "a1"
tare_counts = 17 # from the bench
counts_per_gram = 400.0

[[scale.cell]]
name = "a2"
"""


class Bench:
    """A shelf's file, its scale, and a person who does what is asked."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shelf.toml"
        self.file.write_text(SHELF)
        self.scale = ScriptedScale(one_scale("a1", "a2"))
        self.said: list[str] = []
        self.mass_g = 500.0
        self.after_refusal = ["", "q"]
        self.retries = 0
        self.puts: Callable[[str], None] = lambda cell: self.scale.put(**{cell: self.mass_g})

    def answer(self, question: str) -> str:
        self.said.append(question)
        if question.startswith("Put a known mass"):
            self.puts(question.split("'")[1] if "'" in question else "")
            return f"{self.mass_g:g}"
        if question.startswith("Take"):
            self.scale.put(a1=0.0, a2=0.0)
        if "try again" in question:
            self.retries += 1
            return self.after_refusal[self.retries - 1]
        return ""

    def calibrate(self, *options: str) -> int:
        parser = argparse.ArgumentParser()
        calibrate.add_arguments(parser)
        args = parser.parse_args([str(self.file), *options])
        return calibrate.run(args, self.said.append, self.answer, self.scale.open, self.scale.clock)

    def cells(self) -> dict[str, dict[str, float]]:
        return {cell["name"]: cell for cell in tomllib.loads(self.file.read_text())["scale"][0]["cell"]}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_empty_scale_and_a_known_mass_give_the_two_numbers_of_every_cell(bench: Bench) -> None:
    bench.scale.factor["a2"] = -418.0  # screwed on upside down
    assert bench.calibrate() == 0
    assert bench.cells()["a1"]["counts_per_gram"] == pytest.approx(365.0, rel=1e-3)
    assert bench.cells()["a2"]["counts_per_gram"] == pytest.approx(-418.0, rel=1e-3)
    assert bench.cells()["a2"]["tare_counts"] == pytest.approx(12_000.0, abs=100.0)
    assert any("upside down" in line for line in bench.said)
    assert bench.scale.closed


def test_the_rest_of_the_file_stays_as_it_was_and_a_copy_is_kept(bench: Bench) -> None:
    bench.file.chmod(0o640)
    bench.calibrate("--cell", "a1")
    after = bench.file.read_text().splitlines()
    changed = [(old, new) for old, new in zip(SHELF.splitlines(), after, strict=True) if old != new]
    assert [old for old, _ in changed] == ["tare_counts = 17 # from the bench", "counts_per_gram = 400.0"]
    assert changed[0][1].endswith(" # from the bench")
    assert bench.file.with_name("shelf.toml.bak").read_text() == SHELF
    assert bench.file.stat().st_mode & 0o777 == 0o640


def test_print_changes_no_file(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.calibrate("--print", "--cell", "a1") == 0
    printed = tomllib.loads(capsys.readouterr().out)["scale"]["cell"][0]
    assert printed["counts_per_gram"] == pytest.approx(365.0, rel=1e-3)
    assert bench.file.read_text() == SHELF


def test_readings_that_waited_while_the_person_thought_are_not_used(bench: Bench) -> None:
    """The person leaves the mass lying about on the cell until asked to empty it."""
    bench.scale.put(a1=2_000.0)
    usual = bench.answer

    def answer(question: str) -> str:
        if question.startswith("Take everything off"):
            bench.scale.put(a1=0.0, a2=0.0)
        return usual(question)

    bench.answer = answer  # type: ignore[method-assign]
    assert bench.calibrate("--cell", "a1") == 0
    assert bench.cells()["a1"]["tare_counts"] == pytest.approx(12_000.0, abs=100.0)


def test_one_mass_on_a_platform_of_several_cells_gives_one_factor(bench: Bench) -> None:
    bench.scale.tare = {"a1": 9_000.0, "a2": -3_000.0}
    bench.puts = lambda _: bench.scale.put(a1=700.0, a2=300.0)
    bench.mass_g = 1_000.0
    assert bench.calibrate("--together") == 0
    factors = {cell["counts_per_gram"] for cell in bench.cells().values()}
    assert len(factors) == 1
    assert factors.pop() == pytest.approx(365.0, rel=1e-3)
    assert bench.cells()["a2"]["tare_counts"] == pytest.approx(-3_000.0, abs=100.0)


def test_a_box_that_speaks_grams_can_be_corrected(bench: Bench) -> None:
    bench.file.write_text(SHELF.replace("shelfd-lines", "openscale"))
    bench.scale.factor["a1"], bench.scale.tare["a1"] = 1.004, 3.0
    assert bench.calibrate("--cell", "a1") == 0
    assert bench.cells()["a1"]["counts_per_gram"] == pytest.approx(1.004, rel=1e-3)


def refused(bench: Bench, *options: str) -> str:
    """The code of the refusal that ended it; nothing may have been written."""
    with pytest.raises(CalibrationError) as error:
        bench.calibrate(*options)
    assert bench.file.read_text() == SHELF
    assert bench.scale.closed
    return error.value.code


def test_equal_readings_are_refused_and_point_to_the_wiring(bench: Bench) -> None:
    bench.scale.factor["a1"] = 0.001
    assert refused(bench, "--cell", "a1") == "equal"
    assert any("check wiring" in line for line in bench.said)


def test_a_mass_on_the_neighbour_is_noticed(bench: Bench) -> None:
    bench.puts = lambda _: bench.scale.put(a2=500.0)
    assert refused(bench, "--cell", "a1") == "other_cell"


def test_a_tare_that_moved_is_refused(bench: Bench) -> None:
    bench.puts = lambda cell: (bench.scale.put(a1=500.0), bench.scale.tare.update(a1=bench.scale.tare["a1"] + 5_000.0))[
        0
    ]
    assert refused(bench, "--cell", "a1") == "tare_moved"


def test_an_overloaded_cell_is_refused(bench: Bench) -> None:
    bench.mass_g = 30_000.0
    assert refused(bench, "--cell", "a1") == "saturated"


def test_a_restless_shelf_is_refused(bench: Bench) -> None:
    bench.scale.noise_g = 20.0
    assert refused(bench, "--cell", "a1") == "noisy"


@pytest.mark.parametrize("said_g", [50.0, 50_000.0])
def test_a_mass_that_is_not_what_was_said_shows_in_the_capacity(bench: Bench, said_g: float) -> None:
    bench.puts = lambda _: bench.scale.put(a1=2_000.0 if said_g < 100 else 500.0)
    bench.mass_g = said_g
    assert refused(bench, "--cell", "a1") == "capacity"


def test_a_wrong_rate_is_refused_before_the_person_is_troubled_further(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.scale = ScriptedScale(one_scale("a1", "a2"), rate_hz=80.0)
    assert refused(bench, "--cell", "a1") == "rate"
    assert not any("known mass" in line for line in bench.said)


def test_too_few_samples_are_refused(bench: Bench) -> None:
    assert refused(bench, "--seconds", "1") == "too_few_samples"


def test_a_cell_that_gives_no_reading_is_refused(bench: Bench) -> None:
    bench.scale.fault(lambda _, sample: Counts(sample.t, sample.scale, np.array([np.nan, sample.values[1]])))
    assert refused(bench, "--cell", "a1") == "too_few_samples"


def test_after_a_refusal_the_cell_may_be_tried_again(bench: Bench) -> None:
    bench.puts = lambda cell: bench.scale.put(**{cell: 500.0 if bench.retries else 0.0})
    assert bench.calibrate("--cell", "a1") == 0
    assert any(line.startswith("Refused") for line in bench.said)


def test_a_cell_that_will_not_be_calibrated_can_be_skipped(bench: Bench) -> None:
    bench.scale.factor["a1"] = 0.001
    bench.after_refusal = ["", "s"]
    assert bench.calibrate() == 0
    assert bench.cells()["a1"]["counts_per_gram"] == 400.0
    assert bench.cells()["a2"]["counts_per_gram"] == pytest.approx(365.0, rel=1e-3)


def test_skipping_everything_changes_nothing(bench: Bench) -> None:
    bench.scale.factor["a1"] = 0.001
    bench.after_refusal = ["s"]
    assert refused(bench, "--cell", "a1") == "nothing"


def test_a_box_that_is_unplugged_meanwhile_ends_it_with_the_drivers_sentence(bench: Bench) -> None:
    def pulled(k: int, sample: Counts) -> Counts:
        if bench.scale.grams["a1"]:
            raise ScaleError("unplugged", "the box was unplugged")
        return sample

    bench.scale.fault(pulled)
    with pytest.raises(ScaleError, match="unplugged"):
        bench.calibrate("--cell", "a1")
    assert bench.file.read_text() == SHELF


@pytest.mark.parametrize(
    ("options", "code", "hint"),
    [(["--scale", "mian"], 64, "did you mean `main`"), (["--cell", "b1"], 64, "has a1, a2 and no cell")],
)
def test_what_is_not_in_the_file_is_named(bench: Bench, options: list[str], code: int, hint: str) -> None:
    with pytest.raises(CommandError, match=hint) as error:
        bench.calibrate(*options)
    assert error.value.code == code


def test_a_missing_file_and_a_wrong_file_have_their_own_exit_codes(bench: Bench) -> None:
    bench.file.write_text("[device]\nstor = 1\n")
    with pytest.raises(CommandError, match="store") as wrong:
        bench.calibrate()
    bench.file.unlink()
    with pytest.raises(CommandError, match="cannot be read") as missing:
        bench.calibrate()
    assert (wrong.value.code, missing.value.code) == (78, 66)


@given(
    tare=st.integers(-3_000_000, 3_000_000),
    factor=st.floats(200.0, 2_000.0),
    upside_down=st.booleans(),
    mass_g=st.floats(500.0, 2_000.0),
)
def test_any_cell_within_its_range_is_found_to_a_thousandth(
    tare: int, factor: float, upside_down: bool, mass_g: float
) -> None:
    factor = -factor if upside_down else factor
    wobble = 100.0 * np.sin(np.arange(50.0))
    empty, loaded = (measure_cell(np.round(tare + factor * g + wobble), FULL_SCALE) for g in (0.0, mass_g))
    found = counts_per_gram("a1", empty, loaded, empty, mass_g, FULL_SCALE)
    assert found == pytest.approx(factor, rel=1e-3)
    numbers = reference("a1", empty, found, FULL_SCALE, Limits(0.0, 1_000.0))
    assert numbers.tare_counts == pytest.approx(tare, abs=30.0)


def test_no_cell_is_blamed_where_none_moved() -> None:
    still = measure_cell(np.sin(np.arange(50.0)), FULL_SCALE)
    assert moved_instead({"a1": still, "a2": still}, {"a1": still, "a2": still}) is None


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("500", 500.0),
        (" 500 g", 500.0),
        ("0.5 kg", 500.0),
        ("0,5KG", 500.0),
        ("", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("a pound", None),
    ],
)
def test_a_mass_is_read_as_people_write_it(text: str, grams: float | None) -> None:
    assert parse_grams(text) == grams
