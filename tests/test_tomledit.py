"""Two numbers change in a file of anybody's making; everything else stays, or nothing is changed at all."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.commands.tomledit import EditError, replace_file, set_cell_numbers

NUMBERS = {"a1": {"tare_counts": -20.5, "counts_per_gram": 365.0}}
SCALE = '[[scale]]\nname = "main"\n'
CELL = '[[scale.cell]]\nname = "a1"\n'


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_key_that_is_missing_goes_below_the_name_with_its_indent_and_line_end() -> None:
    text = '[[scale]]\r\nname = "main"\r\n  [[scale.cell]]\r\n  name = "a1" # left\r\n'
    edited = set_cell_numbers(text, "main", NUMBERS)
    assert edited == text + "  tare_counts = -20.5\r\n  counts_per_gram = 365.0\r\n"


def test_a_file_without_a_last_line_end_is_no_obstacle() -> None:
    edited = set_cell_numbers((SCALE + CELL).rstrip("\n"), "main", NUMBERS)
    assert tomllib.loads(edited)["scale"][0]["cell"][0]["tare_counts"] == -20.5


def test_the_cell_of_the_same_name_on_another_scale_is_left_alone() -> None:
    other = '[[scale]]\nname = "other"\n' + CELL
    assert set_cell_numbers(other + SCALE + CELL, "main", NUMBERS).startswith(other + SCALE)


def test_a_name_with_a_hash_or_in_other_quotes_is_found() -> None:
    text = SCALE + "[[scale.cell]]\nname = 'a#1'\n"
    assert "tare_counts = 1.0" in set_cell_numbers(text, "main", {"a#1": {"tare_counts": 1.0}})


@pytest.mark.parametrize(
    "text",
    [
        '[[scale]]\nname = "main"\ncell = [{name = "a1"}]\n',
        '[[scale]]\nname = "main"\n[["scale".cell]]\nname = "a1"\n',
        SCALE + '[[scale.cell]]\n"name" = "a1"\n',
        '[[scale]]\nport = """\n[[scale.cell]]\nname = "a1"\n"""\nname = "main"\n' + "[[scale.cell]]\nname = 'a2'\n",
    ],
)
def test_a_layout_that_is_not_followed_is_refused(text: str) -> None:
    with pytest.raises(EditError, match="by hand"):
        set_cell_numbers(text, "main", NUMBERS)


LINES = [
    "",
    "# counts_per_gram = 1",
    "[[scale]]",
    "[[scale.cell]]",
    "[[lane]]",
    'name = "main"',
    'name = "a1"',
    "name = 'a2' # spare",
    "tare_counts = 5 # bench",
    "counts_per_gram=-1e2",
    'text = """',
    '"""',
    "list = [",
    "[1],",
    "]",
]


@given(st.lists(st.sampled_from(LINES), max_size=12), st.lists(st.sampled_from(LINES), max_size=6))
def test_an_edit_changes_the_two_numbers_or_nothing(above: list[str], below: list[str]) -> None:
    text = "\n".join([*above, SCALE + CELL, *below])
    try:
        wanted = tomllib.loads(text)
        edited = set_cell_numbers(text, "main", NUMBERS)
    except (tomllib.TOMLDecodeError, EditError):
        return
    for scale in wanted["scale"]:
        for cell in scale.get("cell", []):
            if scale.get("name") == "main" and cell.get("name") == "a1":
                cell.update(NUMBERS["a1"])
    assert tomllib.loads(edited) == wanted
    assert set(text.split("\n")) - set(edited.split("\n")) <= {"tare_counts = 5 # bench", "counts_per_gram=-1e2"}


def test_a_file_is_replaced_behind_its_link_and_keeps_its_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "shelf.toml"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    backup = replace_file(link, "new\r\n")
    assert link.is_symlink()
    assert (real.read_bytes(), backup.read_text(), real.stat().st_mode & 0o777) == (b"new\r\n", "old", 0o600)
    assert names(tmp_path) == ["real.toml", "real.toml.bak", "shelf.toml"]


def test_a_full_disk_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shelf.toml"
    file.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(file, "new")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["shelf.toml", "shelf.toml.bak"]
