"""Our own line protocol: the page that firmware authors read is right, and no lost line goes unseen."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.sensors.scale.decoder import Reading, State
from agent.sensors.scale.lines import LONGEST_LINE, LinesDecoder, Status, checksum, encode_line

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "protocol-shelfd-lines.md").read_text()
EXAMPLES = re.findall(r"^\| `(w1,[^`]*)` \|", PAGE, re.MULTILINE)


def read(*lines: bytes) -> list[Reading]:
    return LinesDecoder().feed(b"".join(lines))


def lost(*lines: bytes) -> list[int]:
    return [reading.lost for reading in read(*lines)]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_have_the_right_checksums(example: str):
    (reading,) = read(example.encode() + b"\r\n")
    head, _, sent = example.partition("*")
    _, sequence, status, *channels = head.split(",")
    assert reading.sequence == int(sequence)
    assert [str(int(value)) if value is not None else "" for value in reading.values] == channels
    again = encode_line(int(sequence), [int(c) if c else None for c in channels], int(status, 16))
    assert again.decode() == example + "\r\n"
    assert checksum(head.encode()) == int(sent, 16)


def test_the_page_has_an_example_of_a_missing_channel_and_of_full_scale():
    values = [value for example in EXAMPLES for reading in read(example.encode() + b"\n") for value in reading.values]
    assert None in values
    assert {8_388_607.0, -8_388_608.0} <= set(values)


def test_the_checksum_is_the_one_the_page_names():
    assert f"{checksum(b'123456789'):04X}" == "29B1"
    assert "`123456789` gives `29B1`" in PAGE


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: apt install gcc")
def test_the_c_code_of_the_page_compiles_and_agrees(tmp_path: Path):
    code = re.search(r"```c\n(.*?)```", PAGE, re.DOTALL)
    assert code is not None
    main = """
        #include <stdio.h>
        int main(void) { unsigned char d[2048]; printf("%u", crc16(d, fread(d, 1, sizeof d, stdin))); return 0; }"""
    (tmp_path / "crc.c").write_text(code[1] + main.replace("        ", ""))
    subprocess.run(["cc", "-Wall", "-Werror", "-o", tmp_path / "crc", tmp_path / "crc.c"], check=True, timeout=30)
    for data in (b"", b"123456789", bytes(range(256)) * 4):
        ran = subprocess.run([tmp_path / "crc"], input=data, capture_output=True, check=True, timeout=10)
        assert int(ran.stdout) == checksum(data)


@pytest.mark.parametrize(
    ("channels", "rate_hz", "baud", "setting"),
    [
        tuple(int(part.replace(",", "")) for part in row)
        for row in re.findall(r"^\| (\d+) \| (\d+) \| ([\d,]+) \| (\d+)", PAGE, re.MULTILINE)
    ],
)
def test_the_table_of_speeds_is_computed_from_the_widest_line(channels: int, rate_hz: int, baud: int, setting: int):
    widest = encode_line(65_535, [-8_388_608] * channels)
    assert len(widest) <= LONGEST_LINE
    assert len(widest) * rate_hz * 10 == baud
    assert baud < setting


@given(
    sequence=st.integers(0, 65_535),
    counts=st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=80),
)
def test_what_is_encoded_is_what_is_read(sequence: int, counts: list[int | None]):
    (reading,) = read(encode_line(sequence, counts))
    assert reading.values == tuple(counts)
    assert (reading.sequence, reading.lost) == (sequence, 0)


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.integers(0, 65_535))
def test_every_lost_line_is_counted_across_the_wrap(arrives: list[bool], start: int):
    """Between the first and the last line that arrive, received + lost = sent."""
    lines = [encode_line(start + i, [i]) for i, whole in enumerate(arrives) if whole]
    got = lost(*lines)
    if got:
        first, last = arrives.index(True), len(arrives) - 1 - arrives[::-1].index(True)
        assert got[0] == 0
        assert len(got) + sum(got) == last - first + 1


def test_a_damaged_line_is_seen_in_the_next_one():
    damaged = encode_line(6, [200]).replace(b"200", b"900")
    readings = read(encode_line(5, [100]), damaged, encode_line(7, [300]))
    assert [(r.values, r.lost) for r in readings] == [((100.0,), 0), ((300.0,), 1)]


def test_a_restarted_board_leaves_a_gap_whether_it_says_so_or_not():
    assert lost(encode_line(500, [1]), encode_line(0, [1], Status.STARTED)) == [0, 1]
    assert lost(encode_line(500, [1]), encode_line(501, [1], Status.STARTED)) == [0, 1]
    assert lost(encode_line(500, [1]), encode_line(0, [1])) == [0, 1]
    assert lost(encode_line(500, [1]), encode_line(500, [1])) == [0, 1]


def test_samples_the_board_skipped_are_a_gap():
    assert lost(encode_line(5, [1]), encode_line(6, [1], Status.OVERRUN)) == [0, 1]
    assert lost(encode_line(5, [1]), encode_line(9, [1], Status.OVERRUN)) == [0, 3]


def test_counts_under_too_low_a_supply_are_missing_and_say_why():
    (reading,) = read(encode_line(5, [100, 200], Status.LOW_SUPPLY))
    assert (reading.values, reading.state) == ((None, None), State.ERROR)
    assert "power supply" in reading.note


def test_noise_and_half_a_line_before_a_line_do_not_cost_it():
    line = encode_line(5, [100])
    assert [r.values for r in read(b"\xff\x00w1,4,00,99" + line)] == [(100.0,)]


@pytest.mark.parametrize(
    "body", [b"w1,70000,00,5", b"w1,5,0,5", b"w1,5,00,5.5", b"w1,5,00,+5", b"w2,5,00,5", b"w1,,00,5"]
)
def test_lines_that_break_the_rules_are_dropped_whatever_their_checksum(body: bytes):
    assert read(b"%s*%04X\r\n" % (body, checksum(body))) == []
