"""The measure of visits and hesitations: what it takes for true, and what the agent makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.bench.hands import Visitor
from tools.bench.undecided import Fact, counted, facts, main, measure
from tools.bench.world import Play, simulate


def play_of(visitor: Visitor, *moves: tuple[float, str]) -> Play:
    """A shop in which nobody else is, and in which these moves were made."""
    quiet = simulate(1, "quiet")
    truth = [{"t_s": t, "type": what, "lane": "s1p1", "visitor": "ann"} for t, what in moves]
    return replace(quiet, visitors=[visitor], truth=truth)


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        ([], [("lingering", 10.0)]),
        ([(4.0, "pick")], [("held", 7.0)]),
        ([(4.0, "pick"), (6.0, "put")], [("lingering", 14.0)]),
        ([(4.0, "pick"), (6.0, "pick")], [("held", 9.0)]),
    ],
)
def test_what_is_so_is_read_off_where_somebody_stood_and_what_they_took(
    moves: list[tuple[float, str]], expected: list[tuple[str, float]]
) -> None:
    ann = Visitor("ann", 2.0, 18.0, [(2.0, 0.5)])
    play = play_of(ann, *moves)
    found = [fact for fact in facts(play, play.config.visits) if fact.kind in ("held", "lingering")]
    assert [(fact.kind, fact.at_s) for fact in found] == expected


def test_who_walks_past_stands_nowhere() -> None:
    ann = Visitor("ann", 2.0, 8.0, [(2.0, 0.0), (8.0, 4.8)])
    play = play_of(ann)
    assert facts(play, play.config.visits) == []


def test_each_fact_is_told_once() -> None:
    so = [Fact("held", "ann", 5.0, 9.0, "cola"), Fact("held", "bob", 5.0, 9.0, "cola")]
    told = [Fact("held", "ann", 5.1, 5.1, "cola"), Fact("held", "ann", 6.0, 6.0, "cola")]
    count = counted(so, told)["held"]
    assert (count.right, count.missed, count.wrong) == (1, 1, 1)


def test_on_a_few_minutes_most_of_it_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    found = measure([1], 2.0)
    assert found["visit"]["recall"] == 1.0
    assert found["held"]["precision"] >= 0.8
    assert found["dwell"]["recall"] >= 0.9
    assert main(["--seeds", "1", "--minutes", "0.5", "--json"]) == 0
    assert '"lingering"' in capsys.readouterr().out
