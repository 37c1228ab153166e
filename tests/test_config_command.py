"""`shelfd check FILE`, as a person at a terminal meets it."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from agent.config.command import run_check

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.toml"))
GOOD = """\
[device]
store = "s"
id = "d"
[[scale]]
name = "main"
driver = "and"
port = "/dev/ttyUSB0"
[[scale.cell]]
name = "a1"
[[lane]]
name = "cola"
cells = ["a1"]
gtin = "6901234567892"
unit_g = 345
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """`shelf(text)` checks a file of that text: its exit code and the lines that were printed."""
    monkeypatch.chdir(tmp_path)

    def checked(text: str | bytes) -> tuple[int, list[str]]:
        Path("shelf.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        return run_check(Path("shelf.toml"), out), out.getvalue().splitlines()

    return checked


def test_a_sound_file_is_usable(shelf):
    assert shelf(GOOD) == (0, ["shelf.toml: usable: 0 errors, 0 warnings"])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_without_any_problem(path):
    out = io.StringIO()
    assert run_check(path, out) == os.EX_OK
    assert out.getvalue().endswith("usable: 0 errors, 0 warnings\n")


def test_a_warning_is_told_and_allowed(shelf):
    code, lines = shelf(GOOD.replace("6901234567892", "6901234567890"))
    assert code == os.EX_OK
    assert lines[0].startswith("shelf.toml:13: warning: lane[0].gtin: the check digit of 06901234567890 is wrong")
    assert lines[1:] == ["shelf.toml: usable: 0 errors, 1 warning"]


def test_mistakes_of_keys_and_of_meaning_are_told_together_with_their_lines(shelf):
    text = GOOD.replace("[[lane]]", "tear_counts = 5\n[[lane]]").replace('["a1"]', '["a2"]') + "units = -1\n"
    code, lines = shelf(text)
    assert code == os.EX_CONFIG
    assert lines == [
        'shelf.toml:9: warning: scale[0].cell[0].name: no lane stands on cell "a1"',
        "shelf.toml:10: error: scale[0].cell[0].tear_counts: unknown key, did you mean `tare_counts`?",
        'shelf.toml:13: error: lane[0].cells[0]: no scale has a cell "a2"',
        "shelf.toml:16: error: lane[0].units: -1 is out of bounds: use 0 to 10000",
        "shelf.toml: not usable: 3 errors, 1 warning",
    ]


def test_an_unusable_value_is_not_held_against_its_neighbours(shelf):
    code, lines = shelf(GOOD + "left_m = 0\nright_m = 900\nbottom_m = 1\ntop_m = 2\n")
    assert code == os.EX_CONFIG
    assert lines[0] == "shelf.toml:16: error: lane[0].right_m: 900 is out of bounds: use -10 to 100 m"
    assert lines[1:] == ["shelf.toml: not usable: 1 error, 0 warnings"]  # not: left and right are inverted


def test_where_something_needed_is_missing_the_rest_waits(shelf):
    code, lines = shelf(GOOD.replace('driver = "and"\n', ""))
    assert code == os.EX_CONFIG
    assert lines[0] == "shelf.toml:4: error: scale[0].driver: missing: the protocol that the box speaks"
    assert "once the errors above are mended" in lines[1]


def test_an_empty_file_is_told_what_to_write(shelf):
    code, lines = shelf("")
    assert code == os.EX_CONFIG
    assert lines[0] == "shelf.toml: error: device: missing: write [device] with store and id"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (GOOD + "[lane", "shelf.toml:15: error: this is no TOML: "),
        (b"\xff\xfe", "shelf.toml:1: error: line 1 is no UTF-8 text; save the file as UTF-8"),
        ("#" * 2_000_000, "the file is larger than 1048576 bytes"),
    ],
)
def test_a_file_that_is_no_configuration_gets_one_sentence(shelf, text, sentence):
    code, lines = shelf(text)
    assert code == os.EX_CONFIG
    assert sentence in lines[0] and len(lines) == 2


def test_a_file_that_is_not_there_or_not_a_file(shelf, tmp_path):
    for path in (tmp_path / "nowhere.toml", tmp_path):
        out = io.StringIO()
        assert run_check(path, out) == os.EX_NOINPUT
        assert "cannot be read" in out.getvalue() and "examples/shelf.toml" in out.getvalue()
