"""The choice of contents in a shop whose truth is known; the long figures are in docs/policy.md."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.triggers.learned import Sums
from tools.bench.bandit.__main__ import main
from tools.bench.bandit.merge import Ledger
from tools.bench.bandit.offline import ESTIMATES, Estimate, coverage, doubly_robust, guesses, ips, snips, x_of
from tools.bench.bandit.regret import regret
from tools.bench.bandit.shelf import Round, Shelf
from tools.bench.bandit.speed import decision_ms
from tools.bench.bandit.world import CONTENTS, Context, World


def seen(rounds: list[Round]) -> dict[str, tuple[int, int]]:
    """Content -> showings and picks, as it really was."""
    shown = [r for r in rounds if r.content is not None]
    contents = sorted({r.content for r in shown if r.content is not None})
    return {
        f"c{c}": (sum(r.content == c for r in shown), sum(r.picked for r in shown if r.content == c)) for c in contents
    }


def told(ledger: Ledger) -> dict[str, tuple[int, int]]:
    return {arm.content: (arm.a[0], arm.b[0]) for arm in ledger.arms()}


def test_the_agent_loses_fewer_picks_than_chance_and_ever_fewer() -> None:
    curve = regret(1, 600)
    assert curve.agent[-1] < 0.7 * curve.random[-1]
    assert curve.agent[-1] - curve.agent[-200] < 0.7 * curve.agent[199]


def test_the_same_seed_gives_the_same_curve() -> None:
    assert regret(2, 60) == regret(2, 60)


def test_what_shelves_tell_adds_up_to_what_happened_under_policies_that_come_and_go() -> None:
    """Three shelves; the hub's next policy is made before two of them have told the last of the one before; one policy
    is taken back; one device loses its memory."""
    world, hub = World(3), Ledger()
    shelves = {f"s{i}": Shelf(world, f"s{i}", holdout=0.1) for i in range(3)}
    rounds: list[Round] = []

    def serve(name: str, n: int) -> None:
        rounds.extend(shelves[name].serve(world.shoppers(len(rounds), n)))

    def listen() -> None:
        for name, shelf in shelves.items():
            for learned in shelf.learned:
                hub.hear(name, learned)
            shelf.learned.clear()

    for name in shelves:
        serve(name, 40)
    listen()
    arms = hub.arms()
    serve("s1", 20)  # learned after the hub had added up
    for name, shelf in shelves.items():
        shelf.policy(2, arms)
        serve(name, 25)
    shelves["s2"].policy(1)  # taken back
    serve("s2", 20)
    listen()
    shelves["s0"] = Shelf(world, "s0-new")  # another card, the same device
    serve("s0", 10)
    listen()
    assert told(hub) == seen(rounds)


def test_three_shelves_together_know_what_one_would() -> None:
    world = World(4)
    merged, one = [Sums() for _ in range(CONTENTS)], [Sums() for _ in range(CONTENTS)]
    hub = Ledger()
    for i in range(3):
        shelf = Shelf(world, f"s{i}")
        for r in shelf.serve(world.shoppers(i, 50)):
            assert r.content is not None
            one[r.content] = one[r.content].after(x_of(r.context, r.content), r.picked)
        hub.hear(f"s{i}", shelf.learned[-1])
    for arm in hub.arms():
        merged[int(arm.content[1:])] = Sums(tuple(arm.a), tuple(arm.b))
    assert merged == one  # also: the features a hub works out are those the agent saw


def test_a_log_written_by_chance_alone_is_read_right() -> None:
    """Even chances, made by hand: all three estimates can be worked out."""
    context = Context(0, 0, False, 1)
    rounds = [Round(context, i % 2, 0.5, i % 4 == 0) for i in range(100)]
    assert ips(rounds, lambda _: 0).value == pytest.approx(0.5)
    assert snips(rounds, lambda _: 0).value == pytest.approx(0.5)
    assert doubly_robust(rounds, lambda _: 0).value == pytest.approx(0.5, abs=0.15)
    assert ips(rounds, lambda _: 1).value == 0.0
    assert snips(rounds, lambda _: 5) == Estimate(0.0, 0.0, 1.0)
    half = 1.959964 * 0.5 / math.sqrt(50 + 1.959964**2)  # Wilson's, of 25 in 50
    share = snips(rounds, lambda _: 0)
    assert (share.low, share.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert share.holds(0.5) and not share.holds(0.9)


def test_a_model_that_is_wrong_is_put_right_by_what_was_seen() -> None:
    """Content 4 makes all pick who hold product 1, and none who hold product 0; no feature tells the two apart. The log
    shows it mostly to those who hold product 0. What was never shown can be anything."""
    rounds = []
    for i in range(90):
        zero, one = Context(0, 0, False, 1), Context(1, 0, False, 1)
        rounds.append(Round(zero, 4, 8 / 9, False) if i % 9 else Round(zero, 5, 1 / 9, False))
        rounds.append(Round(one, 5, 8 / 9, False) if i % 9 else Round(one, 4, 1 / 9, True))
    assert statistics.mean(guesses(rounds, lambda _: 4)) < 0.2
    assert doubly_robust(rounds, lambda _: 4).value == pytest.approx(0.5, abs=0.02)
    never = doubly_robust(rounds, lambda _: 2)
    assert (never.low, never.high) == (0.0, 1.0)


logged = st.builds(
    Round,
    context=st.builds(Context, st.integers(0, 3), st.integers(0, 2), st.booleans(), st.integers(1, 2)),
    content=st.integers(0, CONTENTS - 1),
    propensity=st.floats(0.02, 1.0),
    picked=st.booleans(),
)


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.lists(logged, min_size=1, max_size=8), st.integers(0, CONTENTS - 1))
def test_every_log_gives_a_share_within_its_interval(rounds: list[Round], content: int) -> None:
    for estimate in (snips(rounds, lambda _: content), doubly_robust(rounds, lambda _: content)):
        assert 0.0 <= estimate.value <= 1.0
        assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


def test_a_guess_of_a_round_does_not_know_the_round() -> None:
    """Were a round's own outcome in its guess, the estimate would count some of its luck as known."""
    context = Context(0, 0, False, 1)
    rounds = [Round(context, 0, 1.0, False) for _ in range(20)]
    for i in (0, 7, 19):
        other = [*rounds[:i], Round(context, 0, 1.0, True), *rounds[i + 1 :]]
        before, after = guesses(rounds, lambda _: 0), guesses(other, lambda _: 0)
        assert before[i] == after[i]
        assert before[i - 1] < after[i - 1]


def test_intervals_hold_the_truth_mostly() -> None:
    found = coverage(range(1, 6), 100, least_chance=0.1)
    held = sum(c.held for targets in found.values() for c in targets.values())
    assert set(found["fixed"]) == set(ESTIMATES)
    assert held >= 0.8 * 5 * 2 * 3


def test_a_decision_takes_no_longer_than_it_may() -> None:
    few, many = decision_ms(4, 20)[0], decision_ms(64, 20)[0]
    assert many < 40 * few  # the time itself is measured on an idle machine


def test_the_command_says_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--truths", "1", "--shoppers", "30", "--logs", "2", "--rounds", "20", "--decisions", "20"]
    assert main([*few, "--json", "--svg", str(tmp_path / "x.svg")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"regret", "offline", "decision_ms"}
    assert (tmp_path / "x.svg").read_text().startswith("<?xml")
