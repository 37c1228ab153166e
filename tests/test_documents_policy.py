"""Policies: rules that can be followed, sums that the arithmetic can bear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.documents.policy_document import PolicyKind
from tests.documents_scene import ISSUED, Parts
from wire.documents import Arm, Policy, PolicyDocument, Rule


def refusal(policy: Policy) -> str:
    document = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=policy)
    return " | ".join(f"{x.path}: {x.reason}" for x in PolicyKind(Parts(), lambda: None).check(document))


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (Policy(), ""),
        (Policy(arms=(Arm(content="a", a=(3, 1, 2), b=(1, 2)),)), ""),
        (Policy(arms=(Arm(content="a", a=(3, 1), b=(1, 2)),)), "a has 2 numbers and b 2"),
        (Policy(arms=(Arm(content="a", a=(), b=()),)), "a has 0 numbers"),
        (Policy(arms=(Arm(content="a", a=(3, 3, 2), b=(0, 0)),)), "more often than alone"),
        (Policy(arms=(Arm(content="a", a=(3,), b=(4,)),)), "there 3 times and ended in 4"),
        (Policy(arms=(Arm(content="a", a=(10**400,), b=(0,)),)), "above 1000000000"),
        (Policy(arms=(Arm(content="a", a=(9, 9, 9, 9, 0, 9), b=(0, 0, 0)),)), "not positive"),
        (Policy(arms=(Arm(content="a", a=(1,), b=(0,)),) * 2), "'a' stands here 2 times"),
        (Policy(rules=(Rule(name="r", on=("dwell",), show=("a",)),) * 2), "'r' stands here 2 times"),
        (Policy(rules=(Rule(name="r", on=("pick",), show=("a",), reason="held"),)), "only a hesitation"),
        (Policy(rules=(Rule(name="r", on=("pick",), show=("a",), least_s=2),)), "a dwell lasts"),
    ],
)
def test_policies(policy: Policy, told: str) -> None:
    assert (told in refusal(policy)) if told else refusal(policy) == ""


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(st.booleans(), min_size=5, max_size=5), st.booleans()), max_size=60))
def test_every_true_sum_is_taken(showings: list[tuple[list[bool], bool]]) -> None:
    a = [sum(x[i] and x[j] for x, _ in showings) for i in range(5) for j in range(i + 1)]
    b = [sum(x[i] and picked for x, picked in showings) for i in range(5)]
    assert refusal(Policy(arms=(Arm(content="c", a=tuple(a), b=tuple(b)),))) == ""


def test_names_that_no_content_has_are_worth_a_word() -> None:
    rules = (Rule(name="r", on=("dwell",), show=("spring", "sprnig")),)
    kind = PolicyKind(Parts(), lambda: frozenset({"spring"}))
    document = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=Policy(rules=rules))
    assert kind.check(document) == []
    assert [x.reason for x in kind.notes(document)] == ["no item 'sprnig' in the content in force"]


def test_rules_while_there_is_no_content_are_worth_a_word_too() -> None:
    rules = (Rule(name="r", on=("dwell",), show=("spring",)),)
    document = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=Policy(rules=rules))
    told = PolicyKind(Parts(), lambda: None).notes(document)
    assert [(x.path, x.reason) for x in told] == [
        ("policy.rules", "no content is in force, so no rule has anything to show")
    ]
    empty = PolicyDocument(version=1, store="s", device="d", by="x", issued=ISSUED, policy=Policy())
    assert PolicyKind(Parts(), lambda: None).notes(empty) == []
