"""What the demo knows and shows, without starting anything: board, screen, settings, usage."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from agent.config.check import demand
from agent.config.load import read_text, usable
from agent.config.schema import Config, Device, Lane
from agent.messages import Event, State
from tools.bench.cable import KINDS
from tools.bench.run import Outcome, run
from tools.bench.world import LAYOUTS, Play, random_shop, simulate
from tools.demo.__main__ import main
from tools.demo.board import Board
from tools.demo.farewell import goodbye, summary
from tools.demo.mishaps import mishaps
from tools.demo.names import called
from tools.demo.picture import canvas, paint
from tools.demo.screen import LABEL, STRIP, Screen, places
from tools.demo.settings import to_toml
from wire.codec import encode, encode_event
from wire.envelope import Envelope, event_type
from wire.events import Clock, Dwell, EventPayload, Fault, Hesitation, Pick
from wire.state import Online

BASE = "shelf/v1/bench/shelf-1"
GTIN = "06901234567892"
CLOCK = Clock(synced=True)
TRUTH = {"type": "pick", "lane": "a", "gtin": GTIN, "units": 1, "t_s": 5.0, "tolerance_s": 2.5, "visitor": "4711"}


@pytest.fixture(scope="module")
def play() -> Play:
    return simulate(2, random_shop(2, 0.7))


@pytest.fixture(scope="module")
def outcome(play: Play) -> Outcome:
    return run(play)


def pick(**changes: object) -> Pick:
    whole = {"lane": "a", "gtin": GTIN, "units": 1, "delta_g": -100.0, "confidence": 0.9, "visitor": "4711"}
    times = {"began_s": 104.8, "ended_s": 105.0, "decided_s": 105.6, "clock": CLOCK}
    return Pick(**(whole | times | changes))


def message(payload: EventPayload, sequence: int = 1) -> bytes:
    """As the agent's outbox writes it."""
    envelope = Envelope(
        specversion="1.0",
        id=f"shelf-1/b/{sequence}",
        source=BASE,
        type=event_type(payload),
        datacontenttype="application/json",
        sequence=f"{sequence:012d}",
        data=payload,
    )
    return encode_event(envelope)


def said(board: Board, *payloads: EventPayload) -> None:
    for sequence, payload in enumerate(payloads, 1):
        board.hear(f"{BASE}/event/{payload.kind}", message(payload, sequence), 106.0)


# -- the board ---------------------------------------------------------------------------------------------------------
def test_a_right_event_scores_and_a_double_of_it_does_not_count_again() -> None:
    board = Board([TRUTH], began_s=100.0)
    said(board, pick())
    said(board, pick())
    told = summary(board, 110.0)
    assert (told["events"], told["truth"], told["f1"], told["delay_p95_s"]) == (1, 1, 1.0, 0.6)


def test_a_wrong_visitor_costs_the_score_but_not_the_one_without_visitors() -> None:
    board = Board([TRUTH], began_s=100.0)
    said(board, pick(visitor="1234"))
    told = summary(board, 110.0)
    assert (told["f1"], told["f1_without_visitor"], told["missed"], told["wrong"]) == (0.0, 1.0, 1, 1)


def test_what_has_just_happened_is_awaited_before_it_counts_as_missed() -> None:
    board = Board([TRUTH], began_s=100.0)
    assert summary(board, 106.0)["missed"] == 0
    assert summary(board, 109.0)["missed"] == 1


def test_before_anything_happened_there_is_no_score_rather_than_a_perfect_one() -> None:
    board = Board([TRUTH], began_s=100.0)
    told = summary(board, 101.0)
    assert (told["f1"], told["f1_without_visitor"], told["delay_p95_s"]) == (None, None, None)
    assert goodbye(board, 101.0) == "0 told, 0 happened: 0 right, 0 missed, 0 wrong, F1 -"


def test_the_good_bye_has_the_score() -> None:
    board = Board([TRUTH], began_s=100.0)
    said(board, pick())
    line = "1 told, 1 happened: 1 right, 0 missed, 0 wrong, F1 1.000, decided within 0.60 s (p95)"
    assert goodbye(board, 110.0) == line


def test_a_lane_is_called_by_goods_that_stand_nowhere_else() -> None:
    device = Device(store="bench", id="shelf-1")
    cola = Lane(name="p1", cells=("p1",), gtin=GTIN, title="01 cola")
    water = replace(cola, name="p4", title="02 water")
    assert called(Config(device=device, lanes=(cola, water))) == {"p1": "cola", "p4": "water"}
    assert called(Config(device=device, lanes=(cola, replace(water, title="02 cola")))) == {"p1": "p1", "p4": "p4"}
    assert called(Config(device=device, lanes=(cola, replace(water, name="p1")))) == {"p1": "p1"}  # shared


def test_a_restock_in_the_truth_is_no_part_of_the_score() -> None:
    board = Board([TRUTH | {"type": "restock", "units": 6}], began_s=100.0)
    assert summary(board, 120.0)["truth"] == 0


def test_faults_stand_until_they_are_cleared_and_the_last_will_takes_the_shelf_off_line() -> None:
    board = Board([])
    said(board, Fault(part="scale/main", code="unplugged", message="gone", at_s=1.0, clock=CLOCK))
    board.hear(f"{BASE}/state/online", encode(Online(online=True)), 1.0)
    assert board.faults == {("scale/main", "unplugged"): "gone"}
    assert board.online
    board.hear(f"{BASE}/state/online", encode(Online(online=False)), 2.0)
    assert not board.online


def test_a_retained_topic_that_was_emptied_is_no_message() -> None:
    board = Board([])
    board.hear(f"{BASE}/state/stock", b"", 1.0)
    assert board.stock == {}


# -- the screen --------------------------------------------------------------------------------------------------------
def shown(play: Play, outcome: Outcome, at_s: float, width: int) -> str:
    """The screen as text, `at_s` into the play."""
    board = Board(play.truth, began_s=0.0, online=True)
    for output in outcome.outputs:
        if isinstance(output, Event) and getattr(output.payload, "decided_s", at_s) < at_s:
            said_one = message(output.payload, len(board.events))
            board.hear(f"{BASE}/event/{output.payload.kind}", said_one, output.payload.decided_s)
        elif isinstance(output, State) and output.payload.kind in ("stock",):
            board.hear(f"{BASE}/state/stock", encode(output.payload), 0.0)
    console = Console(width=width, height=50, record=True, force_terminal=True, quiet=True)
    console.quiet = False
    with console.capture() as drawn:
        console.print(Screen(play, board, "demo", console).draw(at_s, at_s, ["stall"]))
    return drawn.get()


def plain(drawn: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn)


def test_the_screen_shows_lanes_stock_visitors_truth_and_what_was_said(
    play: Play, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "180")
    entry = next(x for x in play.truth if x["type"] == "pick" and x["gtin"] and x["t_s"] > 8.0)
    text = shown(play, outcome, entry["t_s"] + 4.0, 180)
    title = next(lane.title[3:] for lane in play.config.lanes if lane.gtin == entry["gtin"])
    for word in (entry["lane"], title, entry["visitor"], "▮", "✓", "F1", "stall", "◉"):
        assert word in text, word


def test_a_picture_of_the_screen_calls_nobody(play: Play, tmp_path: Path) -> None:
    drawn_on, picture = canvas(), tmp_path / "demo.svg"
    paint(Screen(play, Board([], began_s=0.0, online=True), "demo", drawn_on), drawn_on, 20.0, 20.0, picture)
    svg = picture.read_text()
    assert play.config.lanes[0].title[3:] in svg
    assert "@font-face" not in svg and not re.search(r"url\(\W?http|@import|href", svg)
    ElementTree.fromstring(svg)


def test_a_narrow_terminal_shows_what_was_said_and_no_shelf(
    play: Play, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = shown(play, outcome, 20.0, 80)
    assert "what was so" in text
    assert "▮" not in text


@pytest.mark.parametrize("width", [80, 100, 120, 150, 200])
def test_truth_mark_event_and_figures_are_whole_at_every_width(
    play: Play, outcome: Outcome, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    entry = next(x for x in play.truth if x["type"] == "pick" and x["gtin"] and x["t_s"] > 8.0)
    lines = plain(shown(play, outcome, entry["t_s"] + 4.0, width)).splitlines()
    assert max(len(line) for line in lines) <= width
    assert next(line for line in lines if "truth" in line).split()[-3:-1] == ["sure", "after"]
    move = rf"[▲▼] {entry['lane']} .* x .{{10}} {entry['visitor']}"
    assert any(re.search(rf"{move} +✓ +{move} +[01]\.\d\d +\d\.\d s ", line) for line in lines), lines


@pytest.mark.parametrize("width", [80, 100, 150])
def test_the_head_ends_with_the_score_and_faults_have_their_own_line(
    play: Play, outcome: Outcome, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = plain(shown(play, outcome, 40.0, width)).splitlines()
    assert re.search(r"\d+ right \d+ missed \d+ wrong F1 \d\.\d{3} *│", lines[1])
    assert "! stall" in lines[2]


def test_one_is_no_plural_and_no_score_is_a_dash(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    console = Console(width=120, height=30, force_terminal=True)
    screen = Screen(play, Board([TRUTH], began_s=0.0, online=True), "demo", console)
    with console.capture() as drawn:
        console.print(screen.draw(6.0, 6.0, ()))
    lines = plain(drawn.get()).splitlines()
    assert "1 pick or put,  0 right 0 missed 0 wrong F1 - " in lines[1]
    assert "no faults" in lines[2]


@given(st.lists(st.floats(-0.2, 1.2), max_size=9))
@settings(derandomize=True, max_examples=300)
def test_visitors_never_stand_upon_each_other(shares: list[float]) -> None:
    at = places(sorted(shares))
    assert all(later - earlier > LABEL for earlier, later in pairwise(at))
    assert all(0 <= place <= STRIP - LABEL for place in at)


def test_a_visitor_stands_where_there_is_room_near_their_place() -> None:
    assert places([0.5]) == [27]
    assert places([0.5, 0.5]) == [27, 33]
    assert places([1.0, 1.0]) == [49, 55]


# -- faults on demand --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(20))
def test_the_first_fault_is_seen_soon_and_then_about_one_a_minute(seed: int) -> None:
    faults = mishaps(np.random.default_rng(seed), 600.0)
    begins = [fault.begin_s for fault in faults]
    assert 10.0 <= begins[0] <= 15.0
    assert all(50.0 <= later - earlier <= 70.0 for earlier, later in pairwise(begins))
    assert all(fault.end_s <= 595.0 for fault in faults)
    assert {fault.kind for fault in faults[:5]} == set(KINDS)
    assert 9 <= len(faults) <= 12


def test_a_demo_too_short_for_a_fault_has_none() -> None:
    assert mishaps(np.random.default_rng(1), 15.0) == []


# -- settings and usage ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("seed", range(3))
def test_the_settings_that_are_written_are_those_that_are_read(layout: str, seed: int) -> None:
    config = simulate(seed, random_shop(1, 0.2, layout)).config
    assert usable(read_text(to_toml(config))) == config
    demand(config)


@pytest.mark.parametrize(
    "arguments",
    [["--seconds", "5"], ["--shoppers", "4"], ["--seed", "x"], ["--layout", "fridge"], ["--what"], ["--seed", "-1"]],
)
def test_bad_usage_is_a_sentence_and_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 64
    assert capsys.readouterr().err.startswith("tools.demo: ")


def test_what_is_told_of_people_is_shown_beside_the_moves(play: Play) -> None:
    board = Board([], began_s=100.0)
    about = {"visitor": "4711", "lane": "s1p1", "before": ("s1p1",), "clock": CLOCK}
    undecided = Hesitation(reason="held", gtin=GTIN, began_s=103.0, decided_s=106.0, **about)
    stood = Dwell(began_s=101.0, ended_s=107.0, dwell_s=6.0, **about)
    for sequence, payload in enumerate((undecided, stood), start=1):
        board.hear(f"{BASE}/event/{payload.kind}", message(payload, sequence), 107.0)
    console = Console(width=100, height=30, record=True)
    console.print(Screen(play, board, "demo", console).draw(108.0, 8.0, []))
    shown = console.export_text()
    assert "? held" in shown and "stood   6 s" in shown


def test_a_screen_looks_back_ten_minutes_and_the_last_line_on_everything() -> None:
    truth = [TRUTH | {"t_s": t_s} for t_s in (5.0, 300.0, 1000.0)]
    board = Board(truth, began_s=100.0)
    for sequence, t_s in enumerate((105.0, 1100.0), start=1):
        told = pick(began_s=t_s - 0.2, ended_s=t_s, decided_s=t_s + 0.6)
        board.hear(f"{BASE}/event/pick", message(told, sequence), at_s=t_s + 1.0)
    past, matches, score = board.now(1200.0, last_s=600.0)
    assert ([entry["t_s"] for entry in past], len(matches.pairs), matches.missed, score) == ([1100.0], 1, [], 1.0)
    past, matches, _ = board.now(1200.0)
    assert (len(past), len(matches.pairs), len(matches.missed)) == (3, 2, 1)
